"""What still holds of an earlier plan: where a search goes on instead of beginning with nothing."""

from collections.abc import Iterable, Iterator

import numpy as np

from routing.insertion import OpenPlan
from routing.kernels import INFEASIBLE
from routing.solution import Route, Solution, StopKind
from routing.tables import UNLIMITED, Ints
from routing.timing import OrderError, Timing

Orders = dict[int, list[int]]


def reuse(timing: Timing, start: Solution | None) -> OpenPlan:
    """
    The orders of an earlier plan, as far as the problem of ``timing`` still allows them; none without such a plan.

    Only who comes, in which order, and what is loaded where is read; all times are worked out anew. Shifts, visits and
    depots that are no longer there are passed over. A technician whose stops cannot be run as they stand keeps, from
    the first to the last, those that can. What is dropped is left out; nobody is moved.
    """
    kept = OpenPlan(timing)
    if start is None:
        return kept
    orders, stock = _known_orders(timing, start), timing.tables.depot_stock.copy()
    changed: list[str] = []
    stated = _stated_stock(timing, start)
    for technician, chain in timing.problem.shifts_of.items():
        own = np.minimum(stated[technician], stock) if technician in stated else np.zeros_like(stock)
        loads = _loads(timing, technician, orders, chain, np.where(stock >= UNLIMITED, stock, own))
        if loads is None:
            changed.append(technician)
        else:
            _keep(kept, technician, orders, loads, stock)
    # Those who must change take of the stock what the others leave.
    for technician in changed:
        _keep_possible(kept, technician, orders, stock)
    kept.drop_idle_depot_stops([s for technician in changed for s in timing.problem.shifts_of[technician]])
    return kept


def _known_orders(timing: Timing, start: Solution) -> Orders:
    """Orders of the shifts that are still there, without unknown and repeated stops and visits they may not serve."""
    problem, orders, seen = timing.problem, Orders(), set[int]()
    for route in start.routes:
        s = problem.shift_index.get(route.shift)
        if s is None or s in orders:
            continue
        orders[s] = []
        for node in _nodes(timing, route):
            if node < len(problem.visits) and (node in seen or not timing.tables.allowed[node, s]):
                continue
            seen.add(node)
            orders[s].append(node)
        if not any(node < len(problem.visits) for node in orders[s]):
            # Nobody drives to a depot for visits that are gone.
            orders[s] = []
    return orders


def _nodes(timing: Timing, route: Route) -> Iterator[int]:
    problem = timing.problem
    for stop in route.stops:
        if stop.kind is StopKind.VISIT and stop.id in problem.visit_index:
            yield problem.visit_index[stop.id]
        elif stop.kind is StopKind.DEPOT and _is_there(stop.id, timing):
            yield len(problem.visits) + int(stop.id)


def _is_there(depot: str, timing: Timing) -> bool:
    return depot.isdecimal() and int(depot) < len(timing.problem.depots)


def _stated_stock(timing: Timing, start: Solution) -> dict[str, Ints]:
    """Depots x parts by technician: what the earlier plan says they load there."""
    problem, number = timing.problem, {part: p for p, part in enumerate(timing.parts)}
    stated: dict[str, Ints] = {}
    for route in start.routes:
        if route.shift not in problem.shift_index:
            continue
        technician = problem.shifts[problem.shift_index[route.shift]].technician
        taken = stated.setdefault(technician, np.zeros_like(timing.tables.depot_stock))
        for stop in route.stops:
            if stop.kind is StopKind.DEPOT and _is_there(stop.id, timing):
                for part in stop.taken.keys() & number.keys():
                    taken[int(stop.id), number[part]] += max(0, stop.taken[part])
    return stated


def _loads(timing: Timing, technician: str, orders: Orders, changed: Iterable[int], stock: Ints) -> Ints | None:
    """What a technician loads out of a stock, or None if something lacks or one of the changed shifts has no times."""
    if any(timing.cost(s, orders[s]) == INFEASIBLE for s in changed if orders.get(s)):
        return None
    try:
        return timing.load(technician, orders, stock.copy())
    except OrderError:
        return None


def _keep(kept: OpenPlan, technician: str, orders: Orders, loads: Ints, stock: Ints) -> None:
    """Take over the orders of a technician; what they load is no longer in the stock."""
    kept.orders |= {s: orders[s] for s in kept.problem.shifts_of[technician] if orders.get(s)}
    kept.loads[technician] = loads
    stock -= np.where(stock >= UNLIMITED, 0, kept.taken_by(technician))


def _keep_possible(kept: OpenPlan, technician: str, orders: Orders, stock: Ints) -> None:
    """Stop by stop, keep what a technician can still do."""
    possible, loads = Orders(), kept.loads[technician]
    for s in kept.problem.shifts_of[technician]:
        for node in orders.get(s, ()):
            trial = possible | {s: [*possible.get(s, ()), node]}
            more = _loads(kept.timing, technician, trial, [s], stock)
            if more is not None:
                possible, loads = trial, more
    _keep(kept, technician, possible, loads, stock)
