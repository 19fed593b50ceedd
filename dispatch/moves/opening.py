"""
A day's plan laid open to be changed by hand: the published one as it goes, or a draft.

Its routes are kept in their orders even where they can no longer be made as planned; what they break already is known,
so that a move answers only for what it breaks itself.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import reading
from dispatch.live.present import Present, kept, read_present
from dispatch.models import Job, JobPart, Plan, PlannedRoute, PlannedStop, Technician
from dispatch.models.plans import PlanState, StopKind
from dispatch.moves.errors import RouteCutOff
from dispatch.planning.compute import Workbench, with_paths
from dispatch.planning.errors import NotADraft
from dispatch.planning.publish import plan_by_id
from dispatch.planning.record import Computed
from inventory.models import Reservation, ReservationState
from routing.check import Violation
from routing.moves import NoWay, as_ordered, bent, order_of
from routing.objective import cost_by_term
from routing.problem import Problem
from routing.solution import Route, Solution, Stop
from routing.solution import StopKind as RoutingStopKind

# Pieces by place and part.
Pieces = Mapping[tuple[int, int], int]


@dataclass(frozen=True)
class Draft:
    """The draft that is changed, and the run that made it; None: it was made otherwise."""

    id: int
    version: int
    run_id: int | None


@dataclass(frozen=True)
class OpenDay:
    """
    A day at this moment and the plan of it that is to be changed.

    ``plan`` keeps every route in its order, though that breaks the rules that ``broken`` lists; ``cost`` is what it
    comes to with these bent. ``dropped`` are visits whose technician does not work any more.
    """

    present: Present
    plan: Solution
    cost: Mapping[str, float]
    broken: tuple[Violation, ...]
    dropped: tuple[str, ...]
    # The jobs whose promised pieces the routes may use already; those of others are theirs alone.
    sharing: frozenset[int]
    draft: Draft | None = None

    @property
    def problem(self) -> Problem:
        return self.present.problem

    def for_job(self, job_id: int, held: Pieces, *, comes: bool) -> "OpenDay":
        """
        The same for a job that comes onto the plan, or goes, with the pieces that are promised to it.

        Whoever has yet to come brings them along for everybody; nobody takes them from whoever goes.
        """
        if comes == (job_id in self.sharing):
            return self
        pieces = held if comes else {piece: -count for piece, count in held.items()}
        return replace(self, present=_with_pieces(self.present, pieces)) if pieces else self


def open_day(bench: Workbench, day: dt.date, plan_id: int | None, also: Collection[int] = ()) -> OpenDay:
    """Lay a draft open, or the published plan of a day if none is named."""

    def make() -> OpenDay:
        return open_published(bench, day, also) if plan_id is None else open_draft(bench, plan_id, also)

    return kept(bench, day, ("open", day, plan_id, frozenset(also)), make)


def open_published(bench: Workbench, day: dt.date, also: Collection[int] = ()) -> OpenDay:
    """
    Lay the published plan of a day open; ``also`` as in ``read_present``, which raises NoDayToRepair.

    Raises RouteCutOff if a route of it cannot be driven at all any more.
    """
    return _opened(bench, read_present(bench, day, also=also), also)


def open_draft(bench: Workbench, plan_id: int, also: Collection[int] = ()) -> OpenDay:
    """
    Lay a draft open; ``also`` as in ``read_present``.

    Its visits may use their pieces wherever they are, as when it was computed. Jobs that drafts of the same run have on
    other days stay there. Raises UnknownPlan, NotADraft and RouteCutOff.
    """
    with reading(), bench.sessions() as session:
        plan = plan_by_id(session, plan_id)
        if plan.state is not PlanState.DRAFT:
            raise NotADraft(version=plan.version, day=plan.day.isoformat(), state=plan.state.value)
        draft, day = Draft(plan.id, plan.version, plan.run_id), plan.day
        drafted = {stop.job_id for route in plan.routes for stop in route.stops if stop.job_id is not None}
        elsewhere = _of_other_days(session, draft)
        routes = [(route.technician_id, _halts(route)) for route in plan.routes]
    present = read_present(bench, day, also=drafted.union(also), must_be_published=False)
    jobs = tuple(job for job in present.snapshot.jobs if job.id not in elsewhere)
    kept = {job.number for job in jobs}
    visits = tuple(visit for visit in present.problem.visits if visit.id in kept)
    present = replace(
        present,
        snapshot=replace(present.snapshot, jobs=jobs),
        problem=replace(present.problem, visits=visits),
    )
    return _opened(bench, replace(present, published=_as_drafted(present, routes)), drafted.union(also), draft)


def _opened(bench: Workbench, present: Present, also: Collection[int], draft: Draft | None = None) -> OpenDay:
    problem, stale = present.problem, present.published
    try:
        plan = as_ordered(problem, stale)
        standing = bent(problem, plan, overtime_cost=bench.prices.overtime_per_second)
    except NoWay as error:
        raise RouteCutOff(technician=whose(bench, present, error.shift), day=present.day.isoformat()) from error
    planned = {stop.id for route in stale.routes for stop in route.stops if stop.kind is RoutingStopKind.VISIT}
    served = {stop.id for route in plan.routes for stop in route.stops}
    sharing = {job.id for job in present.snapshot.jobs if job.previous is not None}.union(also)
    return OpenDay(
        present,
        plan,
        cost_by_term(standing.problem, plan),
        standing.broken,
        dropped=tuple(sorted(planned - served)),
        sharing=frozenset(sharing),
        draft=draft,
    )


def whose(bench: Workbench, present: Present, shift: str) -> str:
    """The name of the technician whose shift that is."""
    technician_id = present.snapshot.shift(shift).technician_id
    with reading(), bench.sessions() as session:
        return session.get_one(Technician, technician_id).name


def with_streets(bench: Workbench, opened: OpenDay, computed: Computed) -> Computed:
    """
    The changed plan with its routes as lines along the streets, for drawing; outside any transaction.

    Only those that changed are looked up, the others are drawn as in the plan before.
    """
    before = {route.shift: order_of(route) for route in opened.plan.routes}
    solution = computed.solution
    fresh = tuple(route for route in solution.routes if before.get(route.shift) != order_of(route))
    found = with_paths(bench.travel_times(), replace(computed, solution=replace(solution, routes=fresh))).paths
    plan_id = opened.draft.id if opened.draft is not None else opened.present.state.plan_id
    return replace(computed, paths=found, drawn_in=plan_id)


# (job, warehouse) of each halt; one of them is None.
_Halts = list[tuple[int | None, int | None]]


def _halts(route: PlannedRoute) -> _Halts:
    return [(stop.job_id, stop.warehouse_id) for stop in route.stops if stop.kind is not StopKind.BREAK]


def _as_drafted(present: Present, drafted: list[tuple[int, _Halts]]) -> Solution:
    """The routes of a draft as far as shift, job and warehouse are still there; only their orders matter."""
    snapshot, problem = present.snapshot, present.problem
    numbers = {job.id: job.number for job in snapshot.jobs}
    depots = {place.place_id: d for d, place in enumerate(snapshot.warehouses)}
    shifts = {shift.technician_id: shift.id for shift in snapshot.shifts}
    routes = []
    for technician_id, halts in drafted:
        stops = []
        for job_id, warehouse_id in halts:
            if job_id in numbers:
                location = problem.visits[problem.visit_index[numbers[job_id]]].location
                stops.append(Stop(RoutingStopKind.VISIT, numbers[job_id], location, 0, 0, 0))
            elif warehouse_id in depots:
                depot = depots[warehouse_id]
                stops.append(Stop(RoutingStopKind.DEPOT, str(depot), problem.depots[depot].location, 0, 0, 0))
        if technician_id in shifts and any(stop.kind is RoutingStopKind.VISIT for stop in stops):
            routes.append(Route(shifts[technician_id], tuple(stops), 0, 0))
    return Solution(tuple(routes))


def _of_other_days(session: Session, draft: Draft) -> set[int]:
    if draft.run_id is None:
        return set()
    rows = session.scalars(
        sa.select(PlannedStop.job_id)
        .join(PlannedStop.route)
        .join(PlannedRoute.plan)
        .where(
            Plan.run_id == draft.run_id,
            Plan.state == PlanState.DRAFT,
            Plan.id != draft.id,
            PlannedStop.job_id.is_not(None),
        )
    )
    return {job_id for job_id in rows if job_id is not None}


def held_by(session: Session, job_id: int) -> dict[tuple[int, int], int]:
    """The pieces that are promised to a job, by place and part."""
    rows = session.execute(
        sa.select(Reservation.place_id, Reservation.part_id, Reservation.quantity)
        .join(JobPart, JobPart.reservation_id == Reservation.id)
        .join(Job, Job.id == JobPart.job_id)
        .where(Job.id == job_id, Reservation.state == ReservationState.OPEN)
    )
    pieces = Counter[tuple[int, int]]()
    for row in rows:
        pieces[row.place_id, row.part_id] += row.quantity
    return dict(pieces)


def _with_pieces(present: Present, pieces: Pieces) -> Present:
    snapshot, problem = present.snapshot, present.problem

    def at_place(place_id: int, there: Mapping[int, int]) -> dict[int, int]:
        more = {part: count for (place, part), count in pieces.items() if place == place_id}
        return {part: max(0, there.get(part, 0) + more.get(part, 0)) for part in {*there, *more}}

    def by_sku(counts: Mapping[int, int]) -> dict[str, int]:
        return {snapshot.skus[part]: count for part, count in sorted(counts.items()) if count and part in snapshot.skus}

    shifts = tuple(replace(one, trunk=at_place(one.trunk_id, one.trunk)) for one in snapshot.shifts)
    warehouses = tuple(replace(one, parts=at_place(one.place_id, one.parts)) for one in snapshot.warehouses)
    return replace(
        present,
        snapshot=replace(snapshot, shifts=shifts, warehouses=warehouses),
        problem=replace(
            problem,
            shifts=tuple(
                replace(own, trunk=by_sku(planned.trunk)) for own, planned in zip(problem.shifts, shifts, strict=True)
            ),
            depots=tuple(
                replace(own, parts=by_sku(planned.parts))
                for own, planned in zip(problem.depots, warehouses, strict=True)
            ),
        ),
    )
