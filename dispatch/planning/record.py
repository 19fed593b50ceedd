"""
Writing a computed plan down, beside what has happened since it was begun.

Only a plan that the independent checker passes is written. Jobs that were changed or cancelled while it was computed
are taken out of their routes, which makes no other visit later, and are listed as left out. So are those with a part
that no place has whole, for the solver counts what a van carries and not where it came from.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from dispatch.models import Job, LeftOut, Plan, PlannedRoute, PlannedStop, PlanRun
from dispatch.models.plans import PlanState, StopKind
from dispatch.planning.errors import PlanBreaksRules
from dispatch.planning.problem import at
from dispatch.planning.snapshot import JobToPlan, Snapshot
from dispatch.planning.sources import PartSource, part_sources
from routing.check import check
from routing.problem import Problem
from routing.solution import Route, Solution, Stop, Unserved
from routing.solution import StopKind as RoutingStopKind

# [[lat, lon], ...] by technician code.
Paths = Mapping[str, list[list[float]]]


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


def record_plan(
    session: Session, *, run: PlanRun, snapshot: Snapshot, problem: Problem, solution: Solution, paths: Paths
) -> Plan:
    """Write the plan as the day's next draft; older drafts of the day are discarded."""
    refuse_broken_plan(problem, solution)
    changed = _changed_meanwhile(session, snapshot.jobs)
    sources = part_sources(snapshot, solution)
    writer = _Writer(snapshot, changed, sources)
    plan = Plan(
        day=snapshot.day,
        version=_next_version(session, snapshot.day),
        state=PlanState.DRAFT,
        engine=solution.engine,
        seed=solution.seed,
        seconds=solution.seconds,
        cost=dict(solution.cost),
        created_at=clock.now(),
        created_by_id=run.requested_by_id,
        routes=[writer.route(route, paths.get(route.shift, [])) for route in solution.routes],
        left_out=writer.left_out(solution),
    )
    session.execute(
        sa.update(Plan)
        .where(Plan.day == snapshot.day, Plan.state == PlanState.DRAFT)
        .values(state=PlanState.DISCARDED)
        .execution_options(synchronize_session="fetch")
    )
    session.add(plan)
    return plan


def _changed_meanwhile(session: Session, jobs: Sequence[JobToPlan]) -> frozenset[int]:
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
        shift = next(shift for shift in self.snapshot.shifts if shift.technician == route.shift)
        kept = [stop for stop in route.stops if not self._is_gone(stop)]
        travelled = route.return_ - route.depart - sum(stop.leave - stop.arrive for stop in route.stops)
        return PlannedRoute(
            technician_id=shift.technician_id,
            departs_at=at(self.snapshot, route.depart),
            returns_at=at(self.snapshot, route.return_),
            travel_seconds=travelled,
            path=path,
            stops=[self._stop(position, stop) for position, stop in enumerate(kept, start=1)],
        )

    def left_out(self, solution: Solution) -> list[LeftOut]:
        technicians = {shift.technician: shift.technician_id for shift in self.snapshot.shifts}
        rows = {job_id: LeftOut(job_id=job_id, reason="changed_meanwhile", details=[]) for job_id in self.changed}
        for job_id, reason, by_technician in (*self._split_lines(solution.routes), *self._unserved(solution.unserved)):
            details = [{"technician_id": technicians[code], "reason": why} for code, why in by_technician.items()]
            rows.setdefault(job_id, LeftOut(job_id=job_id, reason=reason, details=details))
        for obstacle in self.snapshot.obstacles:
            rows.setdefault(obstacle.job_id, LeftOut(job_id=obstacle.job_id, reason=obstacle.reason, details=[]))
        return list(rows.values())

    def _unserved(self, unserved: Sequence[Unserved]) -> Iterator[tuple[int, str, dict[str, str]]]:
        """The jobs that the solver left out: why in one word, and why by technician."""
        jobs = {job.number: job for job in self.snapshot.jobs}
        # In one word: the softest of the reasons, since the technician it holds for was the closest to serving it.
        order = ["not_allowed", "pin", "skill", "tool", "part", "window", "shift", "full"]
        for one in unserved:
            reasons = {reason.technician: str(reason.code) for reason in one.reasons}
            yield jobs[one.visit].id, max(reasons.values(), key=order.index, default="full"), reasons

    def _split_lines(self, routes: Sequence[Route]) -> Iterator[tuple[int, str, dict[str, str]]]:
        """The jobs with a line that no place has whole, as their technicians lack a part."""
        for route in routes:
            for stop in route.stops:
                if self._is_gone(stop):
                    yield self._job(stop).id, "part", {route.shift: "part"}

    def _is_gone(self, stop: Stop) -> bool:
        """Whether a visit falls out of its route: its job was changed, or no place has the whole of a line."""
        return stop.kind is RoutingStopKind.VISIT and (
            self._job(stop).id in self.changed or stop.id not in self.sources
        )

    def _job(self, stop: Stop) -> JobToPlan:
        return next(job for job in self.snapshot.jobs if job.number == stop.id)

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
