"""
The least cost of any plan of a tiny problem, by trying everything.

Every order of every shift is scheduled second by second in whatever way the checker lets pass: departing late, waiting
anywhere, breaks at any place in any order. Shares no code with the planner.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import permutations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.problem import MAX_TIME, Problem, Shift, Visit

Floats = npt.NDArray[np.float64]
# A stop: ("visit" or "depot", position in the problem).
Stop = tuple[str, int]


class Choice(NamedTuple):
    """One order of a shift and the least it costs."""

    cost: float
    visits: frozenset[int]
    stops: tuple[Stop, ...]


def least_cost(problem: Problem) -> float:
    """The cost of the best plan there is."""
    choices = [sorted(_choices(problem, s)) for s in range(len(problem.shifts))]
    prices = [visit.unserved_cost for visit in problem.visits]
    best = [sum(prices)]

    def go_on(s: int, cost: float, served: frozenset[int], orders: dict[int, tuple[Stop, ...]]) -> None:
        if s == len(choices):
            total = cost + sum(price for v, price in enumerate(prices) if v not in served)
            if total < best[0] and _is_supplied(problem, orders):
                best[0] = total
            return
        for choice in choices[s]:
            if not choice.visits & served:
                go_on(s + 1, cost + choice.cost, served | choice.visits, orders | {s: choice.stops})

    go_on(0, 0.0, frozenset(), {})
    return best[0]


def _choices(problem: Problem, s: int) -> Iterator[Choice]:
    yield Choice(0.0, frozenset(), ())
    shift = problem.shifts[s]
    able = [v for v, visit in enumerate(problem.visits) if _may_serve(shift, visit)]
    for count in range(1, len(able) + 1):
        for order in permutations(able, count):
            for stops in _with_depots([("visit", v) for v in order], len(problem.depots)):
                cost = _order_cost(problem, shift, stops)
                if cost < np.inf:
                    yield Choice(cost, frozenset(order), tuple(stops))


def _with_depots(stops: Sequence[Stop], num_depots: int) -> Iterator[list[Stop]]:
    """The order with every depot at most once, anywhere."""
    if num_depots == 0:
        yield list(stops)
        return
    for order in _with_depots(stops, num_depots - 1):
        yield order
        for i in range(len(order) + 1):
            yield [*order[:i], ("depot", num_depots - 1), *order[i:]]


def _may_serve(shift: Shift, visit: Visit) -> bool:
    skilled = all(shift.skills.get(skill, 0) >= level for skill, level in visit.skills.items())
    return skilled and visit.admits(shift.technician)


def _order_cost(problem: Problem, shift: Shift, stops: Sequence[Stop]) -> float:
    """The least that an order costs: by set of breaks taken, the cost of being free at each second."""
    scale, times = problem.time_scale, np.arange(shift.start, shift.latest_return + 1)
    if times.size == 0:
        return np.inf
    free = {}
    for taken in range(1 << len(shift.breaks)):
        over = [rest.earliest + rest.duration for b, rest in enumerate(shift.breaks) if taken >> b & 1]
        free[taken] = np.where(times >= max(over, default=shift.start), -shift.work_cost * times / scale, np.inf)
    here, driven = shift.start_location, 0
    for kind, i in stops:
        node = problem.visits[i] if kind == "visit" else problem.depots[i]
        drive = int(problem.travel[here, node.location])
        free = _rest(free, shift, times)
        free = _rest({taken: _later(cost, drive) for taken, cost in free.items()}, shift, times)
        starts = _start_costs(problem, problem.visits[i], times) if kind == "visit" else np.zeros(times.size)
        free = {k: _later(np.minimum.accumulate(cost) + starts, node.duration) for k, cost in free.items()}
        here, driven = node.location, driven + drive
    drive = int(problem.travel[here, shift.end_location])
    free = {taken: _later(cost, drive) for taken, cost in _rest(free, shift, times).items()}
    overtime = (shift.overtime.cost if shift.overtime else 0.0) * np.maximum(0, times - shift.end) / scale
    best = np.inf
    for taken, cost in free.items():
        missed = [rest.latest for b, rest in enumerate(shift.breaks) if not taken >> b & 1]
        total = cost + shift.work_cost * times / scale + overtime
        best = min(best, float(np.where(times <= min(missed, default=MAX_TIME), total, np.inf).min()))
    who = sum(_technician_cost(problem, problem.visits[i], shift) for kind, i in stops if kind == "visit")
    return best + shift.fixed_cost + shift.travel_cost * (driven + drive) / scale + who


def _later(cost: Floats, seconds: int) -> Floats:
    moved = np.full(cost.size, np.inf)
    if seconds < cost.size:
        moved[seconds:] = cost[: cost.size - seconds]
    return moved


def _rest(free: Mapping[int, Floats], shift: Shift, times: npt.NDArray[np.int64]) -> dict[int, Floats]:
    """The same place, after any further breaks."""
    free = dict(free)
    for taken in range(1 << len(shift.breaks)):
        for b, rest in enumerate(shift.breaks):
            if not taken >> b & 1:
                allowed = (times >= rest.earliest) & (times <= rest.latest)
                begun = np.where(allowed, np.minimum.accumulate(free[taken]), np.inf)
                free[taken | 1 << b] = np.minimum(free[taken | 1 << b], _later(begun, rest.duration))
    return free


def _start_costs(problem: Problem, visit: Visit, times: npt.NDArray[np.int64]) -> Floats:
    cost = np.full(times.size, np.inf)
    for first, last in visit.start_windows:
        cost[(times >= first) & (times <= last)] = 0.0
    if visit.due is not None:
        late = times > visit.due
        cost += late * (visit.lateness_cost * (times - visit.due) / problem.time_scale + visit.breach_cost)
    if visit.previous:
        cost += visit.previous.start_change_cost * np.abs(times - visit.previous.start) / problem.time_scale
    return cost


def _technician_cost(problem: Problem, visit: Visit, shift: Shift) -> float:
    cost = max(visit.preferred.values(), default=0.0) - visit.preferred.get(shift.technician, 0.0)
    before = visit.previous and next(s for s in problem.shifts if s.id == visit.previous.shift)
    if before and visit.previous and before.technician != shift.technician:
        cost += visit.previous.technician_change_cost
    return cost


def _is_supplied(problem: Problem, orders: Mapping[int, Sequence[Stop]]) -> bool:
    """Whether everybody has the tools and parts they need, the trunk used up first."""
    lacking: list[tuple[str, frozenset[int]]] = []
    for technician in {shift.technician for shift in problem.shifts}:
        chain = [s for s, shift in enumerate(problem.shifts) if shift.technician == technician]
        chain.sort(key=lambda s: problem.shifts[s].start)
        trunk, passed = Counter(problem.shifts[chain[0]].trunk), set[int]()
        for s, (kind, i) in [(k, stop) for k in chain for stop in orders.get(k, ())]:
            if kind == "depot":
                passed.add(i)
                continue
            lent = {tool for d in passed for tool in problem.depots[d].tools}
            if not problem.visits[i].tools <= problem.shifts[s].tools | lent:
                return False
            for part, count in problem.visits[i].parts.items():
                own = min(count, trunk[part])
                trunk[part] -= own
                lacking += [(part, frozenset(passed))] * (count - own)
    return _can_load(problem, lacking, Counter())


def _can_load(problem: Problem, lacking: Sequence[tuple[str, frozenset[int]]], taken: Counter[tuple[int, str]]) -> bool:
    if not lacking:
        return True
    part, passed = lacking[0]
    for d in passed:
        stock = problem.depots[d].parts.get(part, 0)
        is_there = stock is None or taken[d, part] < stock
        if is_there and _can_load(problem, lacking[1:], taken + Counter({(d, part): 1})):
            return True
    return False
