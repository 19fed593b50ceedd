"""
A published day as it stands at this moment: what is still to be done, by whom, and the problem that this is a plan of.

It is read in one short transaction. Whatever is computed from it is written only if the day is still the one that was
read (``DayState``); travel times come from the cache and are computed outside any transaction.
"""

import datetime as dt
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import reading
from core.settings import Setting
from dispatch.lifecycle import BEFORE_WORK
from dispatch.live.errors import NoDayToRepair
from dispatch.models import Absence, DayEvent, Job, JobEvent, Override, Plan, PlanEvent, Shift, Visit
from dispatch.models.plans import PlanState
from dispatch.planning.compute import Workbench
from dispatch.planning.errors import TravelTimesUnavailable
from dispatch.planning.problem import at, reachable_part, to_problem
from dispatch.planning.settings import SETTING
from dispatch.planning.snapshot import JobToPlan, Snapshot, take_snapshot
from dispatch.planning.standing import as_published
from dispatch.planning.travel import known_travel
from inventory.models import Movement, PickList, PickState, Place, PlaceKind, Reservation
from routing.problem import Problem
from routing.solution import Route, Solution, Stop, StopKind
from routing.travel import TravelError

T = TypeVar("T")

# The route of those who are gone; no shift has this name.
NOBODY = "nobody"


@dataclass(frozen=True)
class DayState:
    """What an answer about a day was computed from; another one means that the answer may be wrong."""

    plan_id: int | None
    visits: frozenset[tuple[int, str]]
    jobs: frozenset[tuple[int, int]]
    shifts: frozenset[tuple[int, int]]
    absences: frozenset[int]


@dataclass(frozen=True)
class Present:
    """
    A day at this moment.

    ``published`` are the stops that are still to come, as routes of ``problem``; it may no longer be possible to make
    them all. ``state`` tells later whether the day is still the same.
    """

    snapshot: Snapshot
    problem: Problem
    published: Solution
    state: DayState

    # Names of the warehouses, in the order of the problem's depots.
    warehouse_names: tuple[str, ...] = ()

    @property
    def day(self) -> dt.date:
        return self.snapshot.day

    def at(self, seconds: int) -> dt.datetime:
        """The moment that a second of the problem is."""
        return at(self.snapshot, seconds)

    def job(self, job_id: int) -> JobToPlan | None:
        """The job if it can be planned at all."""
        return next((job for job in self.snapshot.jobs if job.id == job_id), None)

    def number_of(self, job_id: int) -> str:
        """The name of the job's visit."""
        return next(job.number for job in self.snapshot.jobs if job.id == job_id)

    def without(self, number: str) -> "Present":
        """The same, as if the job was on nobody's route."""
        routes = (
            replace(route, stops=tuple(stop for stop in route.stops if not _is_visit_of(stop, number)))
            for route in self.published.routes
        )
        return replace(self, published=replace(self.published, routes=tuple(route for route in routes if route.stops)))


def read_present(
    bench: Workbench, day: dt.date, *, also: Collection[int] = (), must_be_published: bool = True
) -> Present:
    """
    Read a day as it stands; ``also`` are jobs to weigh although something still stands against planning them.

    Raises NoDayToRepair if no plan of it is published, unless it need not be.
    """

    def read() -> Present:
        with reading(), bench.sessions() as session:
            found = _read(session, day, also)
        return _present(bench, day, found, must_be_published=must_be_published)

    return kept(bench, day, ("present", day, frozenset(also), must_be_published), read)


def kept(bench: Workbench, day: dt.date, question: Hashable, make: Callable[[], T]) -> T:
    """
    Return an answer about a day, the one that this process has already if nothing has happened since.

    What is written down because of it is compared with the day once more (``DayState``).
    """
    if bench.kept.is_off:
        return make()
    with reading(), bench.sessions() as session:
        signs = _signs(session, day)
    return bench.kept.get(question, signs, make)


def _signs(session: Session, day: dt.date) -> tuple[Any, ...]:
    """
    Values of which one is another as soon as anything happens that a day is read from.

    Not among them are the positions of phones, which move all the time, and what is imported about shops (opening
    hours, position, territory), which no number tells of: they are seen when the answer is too old.
    """
    latest = [
        sa.select(sa.func.max(table.id)).scalar_subquery()
        for table in (Job, JobEvent, PlanEvent, DayEvent, Movement, Reservation, Absence, Override)
    ]
    # A van that leaves the rest of its list calls nowhere any more, and no piece moves by it.
    open_lists = sa.and_(PickList.day == day, PickList.state == PickState.OPEN)
    versions = [
        sa.select(sa.func.sum(Shift.version)).where(Shift.day == day).scalar_subquery(),
        sa.select(sa.func.sum(Job.version)).where(Job.status.in_(BEFORE_WORK)).scalar_subquery(),
        sa.select(sa.func.count()).where(Absence.withdrawn_at.is_(None)).select_from(Absence).scalar_subquery(),
        sa.select(sa.func.count()).where(open_lists).select_from(PickList).scalar_subquery(),
        sa.select(sa.func.max(PickList.id)).where(open_lists).scalar_subquery(),
        sa.select(sa.cast(Setting.value, sa.Text)).where(Setting.name == SETTING).scalar_subquery(),
    ]
    return tuple(session.execute(sa.select(*latest, *versions)).one())


def suppose_present(bench: Workbench, day: dt.date, take_in: Callable[[Session], Job]) -> tuple[Present, Job]:
    """
    Read a day as if a job had just been taken in, which is undone at once; nothing of it stays.

    Writes for a moment, so it must not be called while something is only read. Raises NoDayToRepair, and whatever
    ``take_in`` refuses.
    """
    with bench.sessions() as session:
        supposition = session.begin_nested()
        try:
            job = take_in(session)
            session.flush()
            read = _read(session, day, [job.id])
            # Whoever asks wants to know what became of it.
            session.expunge(job)
        finally:
            supposition.rollback()
    return _present(bench, day, read, must_be_published=True), job


def _read(session: Session, day: dt.date, also: Collection[int]) -> tuple[Snapshot, DayState, dict[int, str]]:
    snapshot = take_snapshot(session, day, also=also, living=True)
    state = read_state(session, day, [job.id for job in snapshot.jobs])
    names = dict(session.execute(sa.select(Place.id, Place.name).where(Place.kind == PlaceKind.WAREHOUSE)).all())
    return snapshot, state, names


def _present(
    bench: Workbench, day: dt.date, read: tuple[Snapshot, DayState, dict[int, str]], *, must_be_published: bool
) -> Present:
    snapshot, state, names = read
    if state.plan_id is None and must_be_published:
        raise NoDayToRepair(day=day.isoformat())
    try:
        travel = known_travel(bench.sessions, bench.travel_times(), snapshot.points)
    except TravelError as error:
        raise TravelTimesUnavailable(cause=str(error)) from error
    snapshot = reachable_part(snapshot, travel)
    problem = to_problem(snapshot, travel, bench.prices)
    warehouses = tuple(names[place.place_id] for place in snapshot.warehouses)
    return Present(snapshot, problem, _published(snapshot, problem), state, warehouses)


def _published(snapshot: Snapshot, problem: Problem) -> Solution:
    """The stops to come; those of technicians who do not work any more are on a route of no shift."""
    working = {shift.technician_id for shift in snapshot.shifts}
    orphans = [job for job in snapshot.jobs if job.previous is not None and job.previous.technician_id not in working]
    published = as_published(snapshot, problem)
    if not orphans:
        return published
    stops = tuple(
        Stop(StopKind.VISIT, job.number, problem.visits[problem.visit_index[job.number]].location, 0, 0, 0)
        for job in orphans
    )
    return replace(published, routes=(*published.routes, Route(NOBODY, stops, 0, 0)))


def read_state(session: Session, day: dt.date, job_ids: Collection[int]) -> DayState:
    """Everything about a day whose change makes an answer doubtful."""
    plan_id = session.scalar(sa.select(Plan.id).where(Plan.day == day, Plan.state == PlanState.PUBLISHED))
    visits = session.execute(sa.select(Visit.id, Visit.status).where(Visit.day == day))
    jobs = session.execute(sa.select(Job.id, Job.version).where(Job.id.in_(job_ids)))
    shifts = session.execute(sa.select(Shift.id, Shift.version).where(Shift.day == day))
    midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
    absences = session.scalars(sa.select(Absence.id).where(Absence.withdrawn_at.is_(None), Absence.ends_at > midnight))
    return DayState(
        plan_id,
        frozenset((row.id, row.status.value) for row in visits),
        frozenset((row.id, row.version) for row in jobs),
        frozenset((row.id, row.version) for row in shifts),
        frozenset(absences),
    )


def _is_visit_of(stop: Stop, number: str) -> bool:
    return stop.kind is StopKind.VISIT and stop.id == number
