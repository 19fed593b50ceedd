"""
What the bound falls by with one more hour, skill or part.

Everything shared keeps the prices the bound was proven with. A change to one shift then matters only through the least
reduced cost of its routes: the bound of the changed problem is the old one less by how much further that lies below. So
no plan of the changed problem costs less than the bound minus the value, however the rest is planned anew; what could
be gained in fact may be less. A piece more at a depot lowers the bound by its price.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from routing.bound.prices import Cut, Prices
from routing.bound.pricing import Pricer
from routing.bound.relaxed import Relaxation, TooLargeError
from routing.problem import Shift
from routing.solution import Value, ValueKind
from routing.tables import Tables, has_skills, part_names

# What an hour more is, in source units of time.
HOUR = 3600
# Values below this are noise of the prices.
SMALL = 1e-4


@dataclass(frozen=True, eq=False)
class Proof:
    """The prices of a bound, the cuts they belong to, and each group's least reduced cost with them."""

    prices: Prices
    cuts: tuple[Cut, ...]
    least: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Change:
    """One more of something, the value's amount still open; the shifts it matters to, and the tables with it."""

    value: Value
    shifts: tuple[int, ...]
    apply: Callable[[Tables], Tables]


def values(relaxation: Relaxation, proof: Proof, pricer: Pricer) -> tuple[Value, ...]:
    """What every change by itself is worth, the largest first, without those worth nothing or not found in time."""
    changes = [*_hours(relaxation), *_skills(relaxation), *_pieces(relaxation)]
    amounts = pricer.each(partial(_amount, relaxation, proof, pricer), changes)
    found = [replace(change.value, amount=amount) for change, amount in zip(changes, amounts, strict=True)]
    found += _depot_pieces(relaxation, proof.prices)
    worth = [value for value in found if SMALL < value.amount < np.inf]
    return tuple(sorted(worth, key=lambda value: -value.amount))


def _amount(relaxation: Relaxation, proof: Proof, pricer: Pricer, change: Change) -> float:
    """By how much the least reduced costs fall; infinite if there is no time to find out."""
    if pricer.is_stopped:
        return np.inf
    before = {s: least for group, least in zip(relaxation.groups, proof.least, strict=True) for s in group.shifts}
    amount = 0.0
    try:
        changed = Relaxation(relaxation.problem, change.apply(relaxation.tables), lambda: pricer.is_stopped)
        for s in change.shifts:
            threshold = before.get(s, 0.0)
            amount += threshold - pricer.least(changed.group((s,)), proof.prices, proof.cuts, threshold)
    except TooLargeError:
        return np.inf
    return amount


def _hours(relaxation: Relaxation) -> Iterator[Change]:
    longer = HOUR * relaxation.problem.time_scale
    for s, shift in _kinds(relaxation):
        yield Change(Value(ValueKind.HOUR, 0.0, shift=shift.id), (s,), partial(_lengthen, s, longer))


def _lengthen(s: int, seconds: int, tables: Tables) -> Tables:
    end, back = tables.shift_end.copy(), tables.latest_return.copy()
    end[s] += seconds
    back[s] += seconds
    return tables._replace(shift_end=end, latest_return=back)


def _skills(relaxation: Relaxation) -> Iterator[Change]:
    highest: dict[str, int] = {}
    for visit in relaxation.problem.visits:
        for skill, level in visit.skills.items():
            highest[skill] = max(level, highest.get(skill, 0))
    for skill, level in sorted(highest.items()):
        for s, shift in _kinds(relaxation):
            if shift.skills.get(skill, 0) < level:
                value = Value(ValueKind.SKILL, 0.0, name=skill, level=level, shift=shift.id)
                able = replace(shift, skills={**shift.skills, skill: level})
                yield Change(value, (s,), partial(_train, relaxation, s, able))


def _train(relaxation: Relaxation, s: int, able: Shift, tables: Tables) -> Tables:
    problem, allowed = relaxation.problem, tables.allowed.copy()
    tools = able.tools.union(*(depot.tools for depot in problem.depots))
    for v, visit in enumerate(problem.visits):
        allowed[v, s] = has_skills(able, visit) and visit.admits(able.technician) and visit.tools <= tools
    return tables._replace(allowed=allowed)


def _pieces(relaxation: Relaxation) -> Iterator[Change]:
    for p, part in enumerate(part_names(relaxation.problem)):
        for s, shift in _kinds(relaxation):
            if s in relaxation.first_shifts:
                value = Value(ValueKind.PART, 0.0, name=part, shift=shift.id)
                yield Change(value, relaxation.problem.shifts_of[shift.technician], partial(_load, s, p))


def _load(s: int, p: int, tables: Tables) -> Tables:
    trunk = tables.trunk.copy()
    trunk[s, p] += 1
    return tables._replace(trunk=trunk)


def _depot_pieces(relaxation: Relaxation, prices: Prices) -> list[Value]:
    parts = part_names(relaxation.problem)
    return [
        Value(ValueKind.PART, float(price), name=parts[stock.part], depot=stock.depot)
        for stock, price in zip(relaxation.stocks, prices.stocks, strict=True)
    ]


def _kinds(relaxation: Relaxation) -> Iterator[tuple[int, Shift]]:
    """One of each lot of shifts that are alike."""
    for shifts in relaxation.alike:
        yield shifts[0], relaxation.problem.shifts[shifts[0]]
