"""
A plan after one change: a visit taken out or longer, a technician late or absent. What moved is listed.

Routes that a change does not touch stay exactly as they are. Where a route no longer holds all of its visits, the
dearest to leave out stay; ``repair`` looks for a place elsewhere for the others.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from routing.explain import with_reasons
from routing.insertion import OpenPlan
from routing.live import timing_of
from routing.loads import loads_of
from routing.objective import cost_by_term
from routing.problem import Previous, Problem, ProblemError, Shift
from routing.rehouse import ChangeLimit, Rehousing
from routing.reuse import reuse
from routing.solution import Route, Solution, StopKind, Unserved
from routing.tables import Ints
from routing.timing import OrderError, Timing


@dataclass(frozen=True)
class Slot:
    """Where a plan has a visit."""

    technician: str
    shift: str
    start: int


@dataclass(frozen=True)
class Change:
    """A visit that is not where it was; None: it was, or is, not served."""

    visit: str
    was: Slot | None
    now: Slot | None


@dataclass(frozen=True)
class Difference:
    """Every visit whose shift or start differs between two plans, in order of id, and the cost by term of both."""

    changes: tuple[Change, ...]
    cost_before: Mapping[str, float]
    cost_after: Mapping[str, float]


@dataclass(frozen=True)
class Amended:
    """The problem as it is now, a plan of it that passes the check, and what differs from the plan before."""

    problem: Problem
    solution: Solution
    difference: Difference


def remove(problem: Problem, solution: Solution, visit: str) -> Amended:
    """Cancel a visit: it leaves problem and plan, and so does a depot stop made for it alone."""
    gone = _visit_position(problem, visit)
    smaller = replace(problem, visits=problem.visits[:gone] + problem.visits[gone + 1 :])
    work = _Work(problem, solution, smaller)
    work.shed(_shifts_serving(problem, solution, visit))
    return work.amended()


def extend(problem: Problem, solution: Solution, visit: str, seconds: int) -> Amended:
    """Let a visit take longer by some time units, or less long; visits that no longer fit behind it are left out."""
    position = _visit_position(problem, visit)
    old = problem.visits[position]
    if old.duration + seconds < 0:
        raise ProblemError("seconds", f"at least {-old.duration}, the duration of {visit!r}", seconds)
    longer = replace(old, duration=old.duration + seconds)
    visits = (*problem.visits[:position], longer, *problem.visits[position + 1 :])
    work = _Work(problem, solution, replace(problem, visits=visits))
    work.shed(_shifts_serving(problem, solution, visit))
    return work.amended()


def delay(problem: Problem, solution: Solution, shift: str, not_before: int) -> Amended:
    """Let a shift depart no earlier than ``not_before``; visits that no longer fit are left out."""
    work = _Work(problem, solution, _with_shifts(problem, (), {shift: not_before}))
    work.shed([problem.shift_index[shift]])
    return work.amended()


def repair(
    problem: Problem,
    solution: Solution,
    *,
    absent: Collection[str] = (),
    late: Mapping[str, int] | None = None,
    limit: ChangeLimit | None = None,
) -> Amended:
    """
    Plan around technicians who do not come, or come late.

    The visits of absent shifts, and those that late ones cannot hold, go where they cost most if they had to go
    elsewhere (regret), unless leaving them out costs less; then visits of the routes touched move where that is
    cheaper. Changes cost what ``Visit.previous`` says; ``hold`` sets that.

    Parameters
    ----------
    absent
        Ids of shifts that do nothing. In the problem returned they end when they start.
    late
        Earliest departure by id of the shift.
    limit
        How many visits of all other shifts may change; None: any number.

    Raises
    ------
    ProblemError
        If a shift is not in the problem.
    """
    late = dict(late or {})
    work = _Work(problem, solution, _with_shifts(problem, absent, late))
    affected = [problem.shift_index[shift] for shift in (*absent, *late)]
    closed = {problem.shift_index[shift] for shift in absent}
    free = {node for s in affected for node in work.plan.orders.get(s, ())}
    homeless = work.shed(affected, closed)
    was = {
        problem.visit_index[visit]: (slot.technician, slot.start) for visit, slot in slots(problem, solution).items()
    }
    rehousing = Rehousing(work.plan, closed, was, free | set(homeless), limit)
    rehousing.house(homeless)
    rehousing.improve(set(affected) - closed)
    work.touched |= rehousing.touched
    return work.amended()


def settle(problem: Problem, stale: Solution) -> tuple[Solution, tuple[str, ...]]:
    """
    What still holds of a plan made for an earlier problem, timed anew, and the visits that lost their place.

    ``stale`` need not pass any check: shifts and visits of it may be gone, may have moved or may no longer fit. Nobody
    is moved; where a route no longer holds all of its visits, those dearest to leave out stay. No reasons are given.
    """
    work, homeless = _settled(problem, stale)
    return work.timed_anew(), tuple(problem.visits[node].id for node in homeless)


def mend(problem: Problem, stale: Solution, limit: ChangeLimit | None = None) -> Solution:
    """
    As ``settle``, and a place elsewhere for the visits that lost theirs, as ``repair`` finds it.

    Where nothing lost its place, nothing moves.
    """
    work, homeless = _settled(problem, stale)
    if homeless:
        starts = {stop.id: (route.shift, stop.start) for route in stale.routes for stop in route.stops}
        index = problem.visit_index
        was = {index[visit]: slot for visit, slot in starts.items() if visit in index}
        rehousing = Rehousing(work.plan, (), was, set(homeless), limit)
        rehousing.house(homeless)
        rehousing.improve(())
    return with_reasons(timing_of(problem), work.timed_anew())


def _settled(problem: Problem, stale: Solution) -> "tuple[_Work, list[int]]":
    """The plan as far as it holds, and the visits of it that are still to be served and lost their place."""
    plan = reuse(timing_of(problem), stale)
    work = _Work(problem, stale, problem, plan)
    wanted = _wanted(plan.timing, stale)
    for chain in problem.shifts_of.values():
        if any(plan.orders.get(s, []) != wanted.get(s, []) for s in chain):
            plan.orders |= {s: wanted.get(s, []) for s in chain}
            work.shed(chain)
    served = {node for order in plan.orders.values() for node in order}
    visits = dict.fromkeys(stop.id for route in stale.routes for stop in route.stops if stop.kind is StopKind.VISIT)
    planned = (problem.visit_index[visit] for visit in visits if visit in problem.visit_index)
    return work, [node for node in planned if node not in served]


def _wanted(timing: Timing, stale: Solution) -> dict[int, list[int]]:
    """The orders of an earlier plan: of what is still there, each visit once and where its shift may serve it."""
    index, visits = timing.problem.shift_index, len(timing.problem.visits)
    wanted: dict[int, list[int]] = {}
    seen: set[int] = set()
    for route in (route for route in stale.routes if route.shift in index and index[route.shift] not in wanted):
        s = index[route.shift]
        order = timing.orders([_without_strangers(route, timing.problem)])[s]
        kept = [n for n in order if n >= visits or (n not in seen and timing.tables.allowed[n, s])]
        # Nobody drives to a depot for visits that are gone.
        wanted[s] = kept if any(n < visits for n in kept) else []
        seen.update(wanted[s])
    return wanted


def hold(
    problem: Problem, solution: Solution, *, technician_change_cost: float, start_change_cost: float = 0.0
) -> Problem:
    """The problem with a price on moving any visit away from where the plan has it; a start's is per source unit."""
    at = slots(problem, solution)
    visits = tuple(
        replace(v, previous=Previous(at[v.id].shift, at[v.id].start, technician_change_cost, start_change_cost))
        if v.id in at
        else v
        for v in problem.visits
    )
    return replace(problem, visits=visits)


def slots(problem: Problem, solution: Solution) -> dict[str, Slot]:
    """Where the plan has each visit it serves."""
    return {
        stop.id: Slot(problem.shifts[problem.shift_index[route.shift]].technician, route.shift, stop.start)
        for route in solution.routes
        for stop in route.stops
        if stop.kind is StopKind.VISIT
    }


def difference(problem: Problem, before: Solution, now: Problem, after: Solution) -> Difference:
    """What differs between a plan of ``problem`` and a later one of ``now``."""
    was, is_ = slots(problem, before), slots(now, after)
    moved = sorted(visit for visit in {*was, *is_} if was.get(visit) != is_.get(visit))
    changes = tuple(Change(visit, was.get(visit), is_.get(visit)) for visit in moved)
    return Difference(changes, cost_by_term(problem, before), cost_by_term(now, after))


def _visit_position(problem: Problem, visit: str) -> int:
    if visit not in problem.visit_index:
        raise ProblemError("visit", "the id of a visit", repr(visit))
    return problem.visit_index[visit]


def _shifts_serving(problem: Problem, solution: Solution, visit: str) -> list[int]:
    at = slots(problem, solution).get(visit)
    return [] if at is None else [problem.shift_index[at.shift]]


def _with_shifts(problem: Problem, absent: Collection[str], late: Mapping[str, int]) -> Problem:
    for shift in (*absent, *late):
        if shift not in problem.shift_index:
            raise ProblemError("shift", "the id of a shift", repr(shift))
    return replace(problem, shifts=tuple(_later(shift, absent, late) for shift in problem.shifts))


def _later(shift: Shift, absent: Collection[str], late: Mapping[str, int]) -> Shift:
    not_before = late.get(shift.id, shift.start)
    # It keeps its start, which is its place among the technician's shifts.
    if shift.id in absent or not_before >= max(shift.end, shift.start + 1):
        return replace(shift, end=shift.start, overtime=None)
    return replace(shift, start=max(shift.start, not_before))


class _Work:
    """A plan on its way from one problem to the next."""

    def __init__(self, problem: Problem, solution: Solution, now: Problem, plan: OpenPlan | None = None) -> None:
        self.before, self.solution, self.problem = problem, solution, now
        self.plan = _open(solution, now) if plan is None else plan
        self.touched: set[int] = set()

    def shed(self, shifts: Iterable[int], closed: Collection[int] = ()) -> list[int]:
        """Drop what no longer fits into some shifts, all of it if they are closed; the visits dropped."""
        names = dict.fromkeys(self.problem.shifts[s].technician for s in shifts)
        dropped = [visit for technician in names for visit in self._shed(technician, closed)]
        self.plan.drop_idle_depot_stops(s for name in names for s in self.problem.shifts_of[name])
        return dropped

    def _shed(self, technician: str, closed: Collection[int]) -> list[int]:
        plan, chain = self.plan, self.problem.shifts_of[technician]
        wanted = {s: plan.orders.pop(s, []) for s in chain}
        plan.loads[technician] = plan.loads[technician][:0]
        keeper = _Keeper(plan.timing, technician, plan.stock_for(technician))
        for s in chain:
            order = [] if s in closed else keeper.keep(s, wanted[s])
            if order:
                plan.orders[s] = order
        plan.loads[technician] = plan.timing.load(technician, plan.orders, keeper.stock.copy())
        self.touched |= set(chain)
        kept = {node for s in chain for node in plan.orders.get(s, ())}
        visits = len(self.problem.visits)
        return [node for order in wanted.values() for node in order if node < visits and node not in kept]

    def timed_anew(self) -> Solution:
        """The plan with all its times worked out again; why visits are left out is not said."""
        inside = {node for order in self.plan.orders.values() for node in order}
        left_out = tuple(Unserved(visit.id) for v, visit in enumerate(self.problem.visits) if v not in inside)
        plan = replace(self.solution, routes=self.plan.routes(), unserved=left_out, bound=None, values=())
        return replace(plan, cost=cost_by_term(self.problem, plan), loads=loads_of(self.problem, plan.routes))

    def amended(self) -> Amended:
        index = self.problem.shift_index
        routes = {index[route.shift]: route for route in self.solution.routes}
        technicians = dict.fromkeys(self.problem.shifts[s].technician for s in self.touched)
        for s in (s for technician in technicians for s in self.problem.shifts_of[technician]):
            routes.pop(s, None)
        fresh = {index[route.shift]: route for route in self.plan.routes_of(technicians)}
        routes |= fresh
        # A bound of another problem says nothing about this one.
        plan = replace(
            self.solution, routes=tuple(routes[s] for s in sorted(routes)), unserved=(), bound=None, values=()
        )
        plan = replace(plan, cost=cost_by_term(self.problem, plan), loads=loads_of(self.problem, plan.routes))
        plan = with_reasons(timing_of(self.problem), plan)
        return Amended(self.problem, plan, difference(self.before, self.solution, self.problem, plan))


def _open(solution: Solution, now: Problem) -> OpenPlan:
    timing = timing_of(now)
    routes = [_without_strangers(route, now) for route in solution.routes]
    return OpenPlan(timing, timing.orders(routes), timing.stated_loads(routes))


def _without_strangers(route: Route, problem: Problem) -> Route:
    stops = (stop for stop in route.stops if stop.kind is not StopKind.VISIT or stop.id in problem.visit_index)
    return replace(route, stops=tuple(stops))


class _Keeper:
    """What one technician can still do of what was planned, shift by shift in order of time."""

    def __init__(self, timing: Timing, technician: str, stock: Ints) -> None:
        self.timing, self.technician, self.stock = timing, technician, stock
        self.num_visits = len(timing.problem.visits)
        self.orders: dict[int, list[int]] = {}

    def keep(self, s: int, order: list[int]) -> list[int]:
        """The stops of a shift that stay, in their order; depot stops stay with any visit if that is possible."""
        depots = {i for i, node in enumerate(order) if node >= self.num_visits}
        options = [self._fill(s, order, depots), self._fill(s, order, set())] if not self._runs(s, order) else [order]
        kept = max(options, key=self._worth)
        self.orders[s] = kept if any(node < self.num_visits for node in kept) else []
        return self.orders[s]

    def _fill(self, s: int, order: list[int], positions: set[int]) -> list[int]:
        visits = [i for i, node in enumerate(order) if node < self.num_visits]
        worth = self.timing.problem.visits
        for i in sorted(visits, key=lambda i: -worth[order[i]].unserved_cost):
            if self._runs(s, [order[k] for k in sorted({*positions, i})]):
                positions = {*positions, i}
        return [order[i] for i in sorted(positions)]

    def _worth(self, order: list[int]) -> float:
        return sum(self.timing.problem.visits[node].unserved_cost for node in order if node < self.num_visits)

    def _runs(self, s: int, order: list[int]) -> bool:
        if not order:
            return True
        try:
            self.timing.load(self.technician, self.orders | {s: order}, self.stock.copy())
        except OrderError:
            return False
        return self.timing.route(s, order) is not None
