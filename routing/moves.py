"""
A plan changed by hand: one visit elsewhere, everything else in the order that it had, whatever rule that breaks.

Whoever changes a plan by hand decides, so nothing is refused here for a broken rule. A route that changes is timed
anew: within the rules if they leave a way, otherwise as near to them as its order allows. What is broken then the
checker says, and ``bent`` makes the problem of it that the plan solves.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import TypeAlias

import numpy as np

from routing.amend import settle
from routing.check import Violation, ViolationCode, check
from routing.loads import loads_of
from routing.objective import cost_by_term
from routing.problem import MAX_TIME, Depot, Overtime, Pin, Problem, ProblemError, Shift, Visit
from routing.solution import Route, Solution, Stop, StopKind, Unserved
from routing.tables import Ints
from routing.timing import OrderError, Timing

# What a second costs by which a window is missed, and one of overtime that is not allowed: far more than any real
# price, so that nobody is later or longer on the road against the rules than the order asks for.
LATE_RATE = 1e6
LONG_RATE = 1e4

# A halt is a visit by its id or a depot by its position; breaks find their places by themselves.
Halt: TypeAlias = str | int
Order: TypeAlias = tuple[Halt, ...]


class NoWay(ValueError):
    """
    An order of stops that cannot be driven whatever rule is bent: no road leads there, or an absence forbids it.

    ``shift`` is the id of the one whose stops they are.
    """

    def __init__(self, shift: str, sentence: str) -> None:
        super().__init__(sentence)
        self.shift = shift


@dataclass(frozen=True)
class Bent:
    """A problem with its rules bent as far as a plan breaks them and no further, and what the plan breaks."""

    problem: Problem
    broken: tuple[Violation, ...]


def order_of(route: Route) -> Order:
    """The halts of a route."""
    return tuple(
        stop.id if stop.kind is StopKind.VISIT else int(stop.id)
        for stop in route.stops
        if stop.kind is not StopKind.BREAK
    )


def as_ordered(problem: Problem, stale: Solution) -> Solution:
    """
    An earlier plan with all its routes in their orders, timed anew, though that may break rules.

    Shifts, visits and depots that are gone are passed over; the visits of shifts that are gone are left out.

    Raises
    ------
    NoWay
        If a route cannot be driven at all.
    """
    plan, lost = settle(problem, stale)
    routes = plan.routes
    for route in stale.routes:
        if route.shift in problem.shift_index and not {stop.id for stop in route.stops}.isdisjoint(lost):
            routes = _redriven(problem, routes, route.shift, _still_there(problem, routes, route))
    return _told(problem, plan, routes) if lost else plan


def moved(problem: Problem, plan: Solution, visit: str, shift: str | None, before: str | None = None) -> Solution:
    """
    The plan with one visit taken to a shift, or taken off the plan if that is None.

    The other visits keep their order. Pick-ups that nothing needs any more are left out, and a pick-up goes in, or goes
    forward, where the visit lacks a part otherwise.

    Parameters
    ----------
    plan
        Its routes are driven as they are, maybe against rules of ``problem``.
    before
        The visit of that shift that comes next; None: the visit comes last.

    Raises
    ------
    ProblemError
        If the visit, the shift or the visit behind it is not there.
    NoWay
        If a route cannot be driven at all.
    """
    _refuse_unknown(problem, plan, visit, shift, before)
    routes = plan.routes
    old = next((route for route in routes if visit in order_of(route)), None)
    if old is not None and old.shift != shift:
        left = tuple(halt for halt in order_of(old) if halt != visit)
        needs_parts = bool(problem.visits[problem.visit_index[visit]].parts)
        routes = _redriven(problem, routes, old.shift, left, tidy=needs_parts)
    if shift is not None:
        halts = [halt for halt in _order_in(routes, shift) if halt != visit]
        halts.insert(halts.index(before) if before is not None else len(halts), visit)
        routes = _redriven(problem, routes, shift, tuple(halts), moved=visit)
    return _told(problem, plan, routes)


def reordered(problem: Problem, plan: Solution, orders: Mapping[str, Order]) -> Solution:
    """
    The plan with the halts of some shifts in other orders, one shift after the other.

    A visit that goes from one to another is given up by the first before the second gets it.
    """
    routes = plan.routes
    for shift, order in orders.items():
        routes = _redriven(problem, routes, shift, order)
    return _told(problem, plan, routes)


def _redriven(
    problem: Problem, routes: Sequence[Route], shift: str, order: Order, *, moved: str = "", tidy: bool = False
) -> tuple[Route, ...]:
    """
    The routes with the halts of one shift in another order.

    ``moved`` is the visit for which a pick-up may go in; with ``tidy``, pick-ups that nothing needs are left out.
    """
    chain = problem.shifts_of[problem.shifts[problem.shift_index[shift]].technician]
    own = {problem.shifts[s].id for s in chain}
    others = [route for route in routes if route.shift not in own]
    orders = {route.shift: order_of(route) for route in routes if route.shift in own} | {shift: order}
    # Nobody drives to a depot for nothing.
    orders = {one: halts for one, halts in orders.items() if any(isinstance(halt, str) for halt in halts)}
    van = _Van(problem, chain, orders, _left_by(problem, others))
    van.supply(shift, moved=moved, tidy=tidy)
    return (*others, *van.routes())


def bent(problem: Problem, plan: Solution, *, moved: str = "", overtime_cost: float = 0.0) -> Bent:
    """
    Bend the rules of a problem by exactly what a plan breaks of them; the plan then passes the check.

    Parameters
    ----------
    plan
        As ``moved`` and ``as_ordered`` of the same problem give it.
    moved
        The visit that lacks a part where it and another one ask for the last piece.
    overtime_cost
        The rate of overtime where none was allowed.

    Raises
    ------
    NoWay
        If the plan breaks what cannot be bent.
    """
    broken = tuple(_blamed(problem, plan, violation, moved) for violation in check(problem, plan))
    bending = _Bending(problem, plan, overtime_cost)
    for violation in broken:
        bending.bend(violation)
    return Bent(bending.problem(), broken)


def _refuse_unknown(problem: Problem, plan: Solution, visit: str, shift: str | None, before: str | None) -> None:
    if visit not in problem.visit_index:
        raise ProblemError("visit", "the id of a visit", repr(visit))
    if shift is not None and shift not in problem.shift_index:
        raise ProblemError("shift", "the id of a shift", repr(shift))
    if before is not None and (shift is None or before == visit or before not in _order_in(plan.routes, shift)):
        raise ProblemError("before", "the id of another visit of that shift", repr(before))


def _order_in(routes: Sequence[Route], shift: str) -> Order:
    return next((order_of(route) for route in routes if route.shift == shift), ())


def _still_there(problem: Problem, routes: Sequence[Route], route: Route) -> Order:
    """The halts of an earlier route that are still to be made, and by nobody else."""
    elsewhere = {halt for other in routes if other.shift != route.shift for halt in order_of(other)}
    return tuple(
        halt
        for halt in dict.fromkeys(order_of(route))
        if (halt in problem.visit_index and halt not in elsewhere if isinstance(halt, str) else halt < _depots(problem))
    )


def _depots(problem: Problem) -> int:
    return len(problem.depots)


def _left_by(problem: Problem, routes: Collection[Route]) -> tuple[Depot, ...]:
    """The depots with what some routes leave in them."""
    taken = Counter[tuple[int, str]]()
    for load in loads_of(problem, routes):
        taken.update({(load.depot, part): count for part, count in load.parts.items()})
    return tuple(
        replace(
            depot,
            parts={
                part: None if count is None else max(0, count - taken[d, part]) for part, count in depot.parts.items()
            },
        )
        for d, depot in enumerate(problem.depots)
    )


def _told(problem: Problem, plan: Solution, routes: Sequence[Route]) -> Solution:
    """A plan of these routes; why visits are left out is not said."""
    by_shift = {route.shift: route for route in routes}
    routes = tuple(by_shift[shift.id] for shift in problem.shifts if shift.id in by_shift)
    served = {stop.id for route in routes for stop in route.stops if stop.kind is StopKind.VISIT}
    unserved = tuple(Unserved(visit.id) for visit in problem.visits if visit.id not in served)
    told = replace(plan, routes=routes, unserved=unserved, bound=None, values=())
    return replace(told, cost=cost_by_term(problem, told), loads=loads_of(problem, routes))


class _Van:
    """One technician alone, with the halts of all shifts in orders that somebody chose."""

    def __init__(
        self, problem: Problem, chain: Sequence[int], orders: Mapping[str, Order], depots: tuple[Depot, ...]
    ) -> None:
        self.orders = dict(orders)
        shifts = tuple(problem.shifts[s] for s in chain)
        ids = [halt for order in orders.values() for halt in order if isinstance(halt, str)]
        visits = tuple(_alone(problem.visits[problem.visit_index[visit]], shifts[0].id) for visit in ids)
        # A technician sees a few places of hundreds; the travel times among them are laid out in no time.
        ends = [place for shift in shifts for place in (shift.start_location, shift.end_location)]
        self.places = sorted({*ends, *(visit.location for visit in visits), *(depot.location for depot in depots)})
        here = {place: i for i, place in enumerate(self.places)}
        self._lay_out(
            Problem(
                travel=problem.travel[np.ix_(self.places, self.places)],
                shifts=tuple(
                    replace(one, start_location=here[one.start_location], end_location=here[one.end_location])
                    for one in shifts
                ),
                visits=tuple(replace(one, location=here[one.location]) for one in visits),
                depots=tuple(replace(one, location=here[one.location]) for one in depots),
                time_scale=problem.time_scale,
            )
        )

    def _lay_out(self, problem: Problem) -> None:
        self.problem, self.timing = problem, Timing(problem)

    def supply(self, shift: str, *, moved: str, tidy: bool) -> None:
        """
        See to it that everybody gets their parts and tools.

        1. As the order is; without the pick-ups that nothing needs, where that is asked for.
        2. With a pick-up for the moved visit, where that costs least.
        3. The moved visit goes without what nobody can give it.
        4. So do others, the first in order first.
        """
        if self._is_supplied(self.orders):
            if tidy and shift in self.orders:
                self._leave_out_idle(shift)
            return
        if moved and (self._fetch(shift, moved) or self._fetch_what_there_is(shift, moved)):
            return
        self._go_without()

    def routes(self) -> tuple[Route, ...]:
        """All routes with their times; raises NoWay."""
        orders = self._nodes(self.orders)
        (technician,) = self.problem.shifts_of
        loads, (_, owners) = self.timing.loads(orders)[technician], self.timing.chain(technician, orders)
        routes = [self._timed(s, order, loads[owners == s]) for s, order in sorted(orders.items())]
        return tuple(
            replace(route, stops=tuple(replace(stop, location=self.places[stop.location]) for stop in route.stops))
            for route in routes
        )

    def _timed(self, s: int, order: Sequence[int], taken: Ints) -> Route:
        route = self.timing.route(s, order, taken)
        if route is not None:
            return route
        loose = Timing(_loosened(self.problem))
        rough = loose.route(s, order, taken)
        if rough is None:
            shift = self.problem.shifts[s].id
            raise NoWay(shift, f"The {len(order)} stops of {shift} cannot be driven in that order.")
        # Within what that takes the departure is chosen as for every route.
        return Timing(_fitted(self.problem, rough)).route(s, order, taken) or rough

    def _nodes(self, orders: Mapping[str, Order]) -> dict[int, list[int]]:
        index, visits = self.problem.visit_index, len(self.problem.visits)
        return {
            self.problem.shift_index[shift]: [index[halt] if isinstance(halt, str) else visits + halt for halt in order]
            for shift, order in orders.items()
        }

    def _is_supplied(self, orders: Mapping[str, Order]) -> bool:
        try:
            self.timing.loads(self._nodes(orders))
        except OrderError:
            return False
        return True

    def _leave_out_idle(self, shift: str) -> None:
        for at in reversed([i for i, halt in enumerate(self.orders[shift]) if isinstance(halt, int)]):
            order = self.orders[shift][:at] + self.orders[shift][at + 1 :]
            if self._is_supplied(self.orders | {shift: order}):
                self.orders[shift] = order

    def _fetch(self, shift: str, moved: str) -> bool:
        """Let a pick-up go in, or one that is planned go forward, where it costs least; whether that helps."""
        ways = list(self._pick_ups(self.orders[shift], moved))
        ways = [way for way in ways if self._is_supplied(self.orders | {shift: way})]
        if ways:
            s, loose = self.problem.shift_index[shift], Timing(_loosened(self.problem))
            nodes = {way: self._nodes({shift: way})[s] for way in ways}
            # Within the rules if possible, then by price.
            self.orders[shift] = min(
                ways,
                key=lambda way: (
                    not isfinite(self.timing.cost(s, nodes[way])),
                    min(self.timing.cost(s, nodes[way]), loose.cost(s, nodes[way])),
                ),
            )
        return bool(ways)

    def _pick_ups(self, order: Order, moved: str) -> Iterator[Order]:
        for depot in range(_depots(self.problem)):
            for at in range(order.index(moved) + 1):
                later = tuple(halt for halt in order[at:] if halt != depot)
                # One call instead of two, where it costs no more.
                if len(later) < len(order) - at:
                    yield (*order[:at], depot, *later)
                yield (*order[:at], depot, *order[at:])

    def _fetch_what_there_is(self, shift: str, moved: str) -> bool:
        """Let the moved visit go without what nobody can give it; whether the others then have what they need."""
        visit = self.problem.visits[self.problem.visit_index[moved]]
        whole = self.problem
        found = {}
        for part, count in visit.parts.items():
            self._need(moved, {part: count})
            if self._is_supplied(self.orders) or self._fetch(shift, moved):
                found[part] = count
        self._lay_out(whole)
        for parts in (found, {}):
            self._need(moved, parts)
            if self._is_supplied(self.orders) or self._fetch(shift, moved):
                return True
        return False

    def _go_without(self) -> None:
        """Let the first who lacks something go without, then the next, until nobody lacks anything."""
        done: dict[str, Order] = {}
        for shift in [shift.id for shift in self.problem.shifts if shift.id in self.orders]:
            done[shift] = ()
            for halt in self.orders[shift]:
                done[shift] = (*done[shift], halt)
                if isinstance(halt, str) and not self._is_supplied(done):
                    self._need(halt, {})

    def _need(self, visit: str, parts: Mapping[str, int]) -> None:
        """Let a visit need these parts, and no tool."""
        visits = tuple(
            replace(one, parts=parts, tools=frozenset()) if one.id == visit else one for one in self.problem.visits
        )
        self._lay_out(replace(self.problem, visits=visits))


def _alone(visit: Visit, shift: str) -> Visit:
    """A visit as it is for the times of whoever has it: who may come is no matter of time."""
    pin = replace(visit.pin, technician=None) if visit.pin else None
    previous = replace(visit.previous, shift=shift, technician_change_cost=0.0) if visit.previous else None
    return replace(visit, pin=pin, previous=previous)


def _loosened(problem: Problem) -> Problem:
    """The problem in which everybody may come later than they may, and be back later, at a price above all others."""
    return replace(
        problem,
        visits=tuple(_at_any_later_time(visit) for visit in problem.visits),
        shifts=tuple(_with_overtime(problem, shift, MAX_TIME, LONG_RATE) for shift in problem.shifts),
    )


def _at_any_later_time(visit: Visit) -> Visit:
    windows = visit.start_windows
    if not windows:
        # Pin and windows exclude each other; the pin is what somebody asked for.
        windows = ((visit.pin.start,) * 2,) if visit.pin and visit.pin.start is not None else ((visit.release,) * 2,)
    last = windows[-1][1]
    if last >= MAX_TIME:
        return visit
    return replace(
        visit,
        windows=(*windows, (last, MAX_TIME)),
        release=0,
        pin=None,
        due=last,
        lateness_cost=LATE_RATE,
        breach_cost=0.0,
    )


def _with_overtime(problem: Problem, shift: Shift, until: int, cost: float) -> Shift:
    """A shift that lasts until a moment at the latest, or until the technician's next one begins."""
    if until <= shift.latest_return:
        return shift
    later = [other.start for other in problem.shifts if other.technician == shift.technician]
    until = min([until, *(start for start in later if start > shift.start)])
    return replace(shift, overtime=Overtime(max(0, until - shift.end), cost))


def _fitted(problem: Problem, rough: Route) -> Problem:
    """The problem that allows a route at its times, and nothing later."""
    starts = {stop.id: stop.start for stop in rough.stops if stop.kind is StopKind.VISIT}
    visits = tuple(_starting(visit, starts[visit.id]) if visit.id in starts else visit for visit in problem.visits)
    shifts = tuple(
        _with_overtime(problem, shift, rough.return_, _overtime_cost(shift, 0.0)) if shift.id == rough.shift else shift
        for shift in problem.shifts
    )
    return replace(problem, visits=visits, shifts=shifts)


def _overtime_cost(shift: Shift, otherwise: float) -> float:
    return shift.overtime.cost if shift.overtime else otherwise


def _starting(visit: Visit, start: int) -> Visit:
    """The visit with its start allowed, whatever stood against it."""
    if any(low <= start <= high for low, high in visit.start_windows):
        return visit
    pin = replace(visit.pin, start=None, window=None) if visit.pin else None
    return replace(visit, windows=(*visit.start_windows, (start, start)), release=min(visit.release, start), pin=pin)


def _blamed(problem: Problem, plan: Solution, violation: Violation, moved: str) -> Violation:
    """
    The violation, at the moved visit if that took the part away.

    Whoever had the piece before keeps it.
    """
    if violation.code is not ViolationCode.PART or not moved or violation.where == moved:
        return violation
    route = next(route for route in plan.routes if violation.where in order_of(route))
    wanted = problem.visits[problem.visit_index[moved]].parts.get(violation.what, 0)
    if moved in order_of(route) and wanted >= violation.amount:
        return replace(violation, where=moved)
    return violation


class _Bending:
    """Rules of a problem, bent one by one as a plan breaks them."""

    def __init__(self, problem: Problem, plan: Solution, overtime_cost: float) -> None:
        self._problem, self._overtime_cost = problem, overtime_cost
        self._visits = {visit.id: visit for visit in problem.visits}
        self._shifts = {shift.id: shift for shift in problem.shifts}
        self._routes = {route.shift: route for route in plan.routes}
        self._stops: dict[str, tuple[Shift, Stop]] = {
            stop.id: (self._shifts[route.shift], stop)
            for route in plan.routes
            for stop in route.stops
            if stop.kind is StopKind.VISIT
        }

    def problem(self) -> Problem:
        return replace(self._problem, visits=tuple(self._visits.values()), shifts=tuple(self._shifts.values()))

    def bend(self, violation: Violation) -> None:
        """Bend what a violation breaks; raises NoWay where that means nothing."""
        if violation.code is ViolationCode.OVERTIME:
            shift, back = self._shifts[violation.where], self._routes[violation.where].return_
            cost = _overtime_cost(shift, self._overtime_cost)
            self._shifts[shift.id] = replace(shift, overtime=Overtime(back - shift.end, cost))
            return
        bend = _BENDS.get(violation.code)
        if bend is None:
            at_stop = self._stops.get(violation.where)
            raise NoWay(at_stop[0].id if at_stop else violation.where, violation.sentence)
        shift, stop = self._stops[violation.where]
        self._visits[stop.id] = bend(self._visits[stop.id], shift, stop, violation)


def _other_time(visit: Visit, _shift: Shift, stop: Stop, _violation: Violation) -> Visit:
    return _starting(visit, stop.start)


def _pinned_here(visit: Visit, shift: Shift, stop: Stop, _violation: Violation) -> Visit:
    visit = _starting(visit, stop.start)
    pin = visit.pin or Pin()
    return replace(visit, pin=replace(pin, technician=shift.technician)) if pin.technician else visit


def _admitted(visit: Visit, shift: Shift, _stop: Stop, _violation: Violation) -> Visit:
    allowed = None if visit.technicians is None else visit.technicians | {shift.technician}
    return replace(visit, technicians=allowed, forbidden=visit.forbidden - {shift.technician})


def _skilled(visit: Visit, shift: Shift, _stop: Stop, violation: Violation) -> Visit:
    return replace(visit, skills={**visit.skills, violation.what: shift.skills.get(violation.what, 0)})


def _without_part(visit: Visit, _shift: Shift, _stop: Stop, violation: Violation) -> Visit:
    left = visit.parts[violation.what] - int(violation.amount)
    return replace(visit, parts={**visit.parts, violation.what: left})


def _without_tools(visit: Visit, _shift: Shift, _stop: Stop, _violation: Violation) -> Visit:
    return replace(visit, tools=frozenset())


_BENDS: Mapping[ViolationCode, Callable[[Visit, Shift, Stop, Violation], Visit]] = {
    ViolationCode.WINDOW: _other_time,
    ViolationCode.RELEASE: _other_time,
    ViolationCode.PIN: _pinned_here,
    ViolationCode.NOT_ALLOWED: _admitted,
    ViolationCode.SKILL: _skilled,
    ViolationCode.PART: _without_part,
    ViolationCode.TOOL: _without_tools,
}
