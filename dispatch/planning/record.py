"""
Writing a computed plan down, beside what has happened since it was begun.

Only a plan that the independent checker passes is written. Jobs that were changed or cancelled while it was computed
are taken out of their routes, which makes no other visit later, and are listed as left out. So are those with a part
that no place has whole, for the solver counts what a van carries and not where it came from.
"""

import datetime as dt
import functools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from core import clock
from dispatch.models import Job, LeftOut, Plan, PlannedRoute, PlannedStop, PlanRun
from dispatch.models.plans import PlanState, StopKind
from dispatch.planning.errors import PlanBreaksRules
from dispatch.planning.problem import at
from dispatch.planning.snapshot import JobToPlan, Snapshot
from dispatch.planning.sources import PartSource, part_sources
from dispatch.planning.states import enter
from routing.check import check
from routing.objective import cost_by_term
from routing.problem import Problem
from routing.solution import Route, Solution, Stop, Unserved
from routing.solution import StopKind as RoutingStopKind

# Why a job is left out, in one word; the last of those that technicians have tells most, as it is the softest.
REASONS = ("not_allowed", "pin", "skill", "tool", "part", "window", "shift", "full")
# A plan that was changed by hand asked nobody about the jobs that it leaves out.
TAKEN_OFF, NOT_ASKED = "taken_off", "not_asked"

# [[lat, lon], ...] by shift.
Paths = Mapping[str, list[list[float]]]


@dataclass(frozen=True)
class Computed:
    """A plan as it was computed: from what, and what the published days would come to instead (None if none are)."""

    snapshot: Snapshot
    problem: Problem
    solution: Solution
    standing: Solution | None = None
    paths: Paths = field(default_factory=dict)
    # The plan that has the lines of all other routes; None: they are not drawn.
    drawn_in: int | None = None


def refuse_broken_plan(problem: Problem, solution: Solution) -> None:
    """
    Let the independent checker judge.

    Raises
    ------
    PlanBreaksRules
        With the number of violations and the first of them in words.
    """
    violations = check(problem, solution)
    if violations:
        raise PlanBreaksRules(count=len(violations), first=violations[0].sentence)


def record_plans(
    session: Session,
    computed: Computed,
    *,
    run: PlanRun | None = None,
    changed_draft: int | None = None,
    actor_id: int | None,
    **facts: Any,
) -> list[Plan]:
    """
    Write a plan down as the next draft of each of its days; older drafts of these days are discarded.

    A job that is left out is left out of every day, and its cost stands in the plan of the first one, so that the
    costs of all days add up to that of the whole plan. ``facts`` go into the history of the drafts.

    Where the plan does not say why a job is left out, since a day was changed by hand, the plan before tells it:
    ``changed_draft``, or the one in force.
    """
    snapshot = computed.snapshot
    refuse_broken_plan(computed.problem, computed.solution)
    changed = changed_meanwhile(session, snapshot.jobs)
    writer = _Writer(snapshot, changed, part_sources(snapshot, computed.solution))
    _discard_drafts(session, snapshot.days, actor_id)
    return [
        _write_day(session, computed, writer, day, run=run, changed_draft=changed_draft, actor_id=actor_id, facts=facts)
        for day in snapshot.days
    ]


def _write_day(
    session: Session,
    computed: Computed,
    writer: "_Writer",
    day: dt.date,
    *,
    run: PlanRun | None,
    changed_draft: int | None,
    actor_id: int | None,
    facts: Mapping[str, Any],
) -> Plan:
    solution, snapshot = computed.solution, computed.snapshot
    first = day == snapshot.day
    in_force = session.scalar(sa.select(Plan.id).where(Plan.day == day, Plan.state == PlanState.PUBLISHED))
    standing = computed.standing
    plan = Plan(
        day=day,
        version=_next_version(session, day),
        engine=solution.engine,
        seed=solution.seed,
        seconds=solution.seconds,
        cost=cost_of_day(computed, solution, day, with_left_out=first),
        standing_cost=cost_of_day(computed, standing, day, with_left_out=first) if standing and in_force else None,
        created_at=clock.now(),
        created_by_id=actor_id,
        run_id=run.id if run is not None else None,
        base_id=in_force,
        routes=[
            writer.route(route, computed.paths.get(route.shift, []))
            for route in solution.routes
            if snapshot.shift(route.shift).day == day
        ],
        left_out=writer.left_out(solution, _reasons_before(session, changed_draft or in_force)),
    )
    enter(session, plan, PlanState.DRAFT, actor_id=actor_id, **facts)
    if computed.drawn_in is not None:
        _draw_as_before(session, plan, computed.drawn_in, {snapshot.shift(one).technician_id for one in computed.paths})
    return plan


def _draw_as_before(session: Session, plan: Plan, drawn_in: int, fresh: Collection[int]) -> None:
    """
    Copy the lines of those technicians whose routes are not fresh from another plan.

    The database does so itself: the lines of a large day are hundreds of thousands of points.
    """
    before = aliased(PlannedRoute)
    line = sa.select(before.path).where(before.plan_id == drawn_in, before.technician_id == PlannedRoute.technician_id)
    session.execute(
        sa.update(PlannedRoute)
        .where(PlannedRoute.plan_id == plan.id, PlannedRoute.technician_id.not_in(fresh), line.exists())
        .values(path=line.scalar_subquery()),
        execution_options={"synchronize_session": False},
    )
    for route in plan.routes:
        session.expire(route, ["path"])


def _reasons_before(session: Session, plan_id: int | None) -> dict[int, str]:
    """Why a plan leaves jobs out, by job; those that it serves are taken off by whoever changes it."""
    served = session.scalars(
        sa.select(PlannedStop.job_id)
        .join(PlannedStop.route)
        .where(PlannedRoute.plan_id == plan_id, PlannedStop.job_id.is_not(None))
    )
    # What stood against planning a job at all is asked anew each time.
    lasting = (*REASONS, "not_chosen", TAKEN_OFF)
    left_out = session.execute(
        sa.select(LeftOut.job_id, LeftOut.reason).where(LeftOut.plan_id == plan_id, LeftOut.reason.in_(lasting))
    )
    taken_off = {job_id: TAKEN_OFF for job_id in served if job_id is not None}
    return taken_off | {row.job_id: row.reason for row in left_out}


def cost_of_day(computed: Computed, solution: Solution, day: dt.date, *, with_left_out: bool) -> dict[str, float]:
    """The cost by term of what a plan does on one day, with what it leaves out altogether if that is asked for."""
    problem, snapshot = computed.problem, computed.snapshot
    routes = tuple(route for route in solution.routes if snapshot.shift(route.shift).day == day)
    cost = cost_by_term(problem, replace(solution, routes=routes))
    cost["unserved"] = cost_by_term(problem, solution)["unserved"] if with_left_out else 0.0
    cost["total"] = sum(cents for term, cents in cost.items() if term != "total")
    return cost


def _discard_drafts(session: Session, days: Sequence[dt.date], actor_id: int | None) -> None:
    drafts = session.scalars(
        sa.select(Plan).where(Plan.day.in_(days), Plan.state == PlanState.DRAFT).order_by(Plan.id).with_for_update()
    )
    for draft in drafts.all():
        enter(session, draft, PlanState.DISCARDED, actor_id=actor_id)


def changed_meanwhile(session: Session, jobs: Sequence[JobToPlan]) -> frozenset[int]:
    """Return the jobs that are no longer as they were read."""
    planned = {job.id: job.version for job in jobs}
    rows = session.execute(sa.select(Job.id, Job.version).where(Job.id.in_(planned)))
    versions = {row.id: row.version for row in rows}
    return frozenset(job_id for job_id, version in planned.items() if versions.get(job_id) != version)


def _next_version(session: Session, day: dt.date) -> int:
    latest = session.scalar(sa.select(sa.func.max(Plan.version)).where(Plan.day == day))
    return (latest or 0) + 1


@dataclass(frozen=True)
class _Writer:
    """Turns the solver's names and seconds back into rows."""

    snapshot: Snapshot
    changed: frozenset[int]
    sources: Mapping[str, list[PartSource]]

    def route(self, route: Route, path: list[list[float]]) -> PlannedRoute:
        shift = self.snapshot.shift(route.shift)
        kept = [stop for stop in route.stops if not self._is_gone(stop)]
        travelled = route.return_ - route.depart - sum(stop.leave - stop.arrive for stop in route.stops)
        return PlannedRoute(
            technician_id=shift.technician_id,
            departs_at=at(self.snapshot, route.depart),
            returns_at=at(self.snapshot, route.return_),
            travel_seconds=travelled,
            shift_version=shift.version,
            path=path,
            stops=[self._stop(position, stop) for position, stop in enumerate(kept, start=1)],
        )

    def left_out(self, solution: Solution, before: Mapping[int, str]) -> list[LeftOut]:
        """What the plan leaves out and why; ``before`` has the reasons of the plan that was changed by hand."""
        technicians = {shift.technician: shift.technician_id for shift in self.snapshot.shifts}
        rows = {job_id: LeftOut(job_id=job_id, reason="changed_meanwhile", details=[]) for job_id in self.changed}
        unserved = self._unserved(solution.unserved, before)
        for job_id, reason, by_technician in (*self._split_lines(solution.routes), *unserved):
            details = [{"technician_id": technicians[code], "reason": why} for code, why in by_technician.items()]
            rows.setdefault(job_id, LeftOut(job_id=job_id, reason=reason, details=details))
        for obstacle in self.snapshot.obstacles:
            rows.setdefault(obstacle.job_id, LeftOut(job_id=obstacle.job_id, reason=obstacle.reason, details=[]))
        return list(rows.values())

    def _unserved(
        self, unserved: Sequence[Unserved], before: Mapping[int, str]
    ) -> Iterator[tuple[int, str, dict[str, str]]]:
        """The jobs that the solver left out: why in one word, and why by technician."""
        # Where nobody works, there is nobody to ask.
        otherwise = NOT_ASKED if self.snapshot.shifts else "full"
        for one in unserved:
            reasons: dict[str, str] = {}
            for reason in one.reasons:
                reasons[reason.technician] = max(
                    reasons.get(reason.technician, REASONS[0]), str(reason.code), key=REASONS.index
                )
            job_id = self._jobs[one.visit].id
            untold = before.get(job_id, otherwise)
            # The softest, since the technician it holds for was the closest to serving it.
            yield job_id, max(reasons.values(), key=REASONS.index, default=untold), reasons

    def _split_lines(self, routes: Sequence[Route]) -> Iterator[tuple[int, str, dict[str, str]]]:
        """The jobs with a line that no place has whole, as their technicians lack a part."""
        for route in routes:
            for stop in route.stops:
                if self._is_gone(stop):
                    yield self._job(stop).id, "part", {self.snapshot.shift(route.shift).technician: "part"}

    def _is_gone(self, stop: Stop) -> bool:
        """Whether a visit falls out of its route: its job was changed, or no place has the whole of a line."""
        return stop.kind is RoutingStopKind.VISIT and (
            self._job(stop).id in self.changed or stop.id not in self.sources
        )

    @functools.cached_property
    def _jobs(self) -> dict[str, JobToPlan]:
        return {job.number: job for job in self.snapshot.jobs}

    def _job(self, stop: Stop) -> JobToPlan:
        return self._jobs[stop.id]

    def _stop(self, position: int, stop: Stop) -> PlannedStop:
        row = PlannedStop(
            position=position,
            kind=StopKind(stop.kind),
            arrives_at=at(self.snapshot, stop.arrive),
            starts_at=at(self.snapshot, stop.start),
            leaves_at=at(self.snapshot, stop.leave),
            parts=[],
        )
        if stop.kind is RoutingStopKind.VISIT:
            job = self._job(stop)
            row.job_id, row.job_version = job.id, job.version
            row.parts = [source.as_json() for source in self.sources[job.number]]
        elif stop.kind is RoutingStopKind.DEPOT:
            row.warehouse_id = self.snapshot.warehouses[int(stop.id)].place_id
        return row
