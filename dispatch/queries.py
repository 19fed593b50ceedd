"""Reads for the dispatcher's pages: the day on the board, one job with everything about it, lists of jobs."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload, raiseload, selectinload, undefer

from core import clock
from core.accounts import names_of
from customers.models import Device, Priority, Site
from dispatch import planning, workforce
from dispatch.errors import UnknownJob
from dispatch.lifecycle import Action, possible_actions
from dispatch.models import (
    Absence,
    Job,
    JobPart,
    LeftOut,
    Pin,
    Plan,
    PlannedRoute,
    PlannedStop,
    PlanRun,
    Shift,
    Technician,
    Visit,
)
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState, RunState, StopKind
from dispatch.models.visits import VisitStatus
from dispatch.outlook import PartOutlook, parts_outlook, ready_days
from dispatch.parts import MissingPart, missing_parts
from dispatch.workforce import WorkingTime
from inventory.models import Core, Place, PlaceKind, Reservation
from inventory.returns import cores_of

# Jobs that somebody still has to find a visit for.
UNPLANNED = (JobStatus.NEW, JobStatus.READY, JobStatus.WAITING_PARTS, JobStatus.INCOMPLETE)
PAGE_SIZE = 50

# What a list shows of a job; touching anything else fails instead of asking the database for each row.
LISTED = (
    joinedload(Job.site).options(defer(Site.opening_hours), joinedload(Site.customer)),
    joinedload(Job.fault),
    joinedload(Job.device),
    joinedload(Job.pin).raiseload("*"),
    raiseload("*"),
)


@dataclass(frozen=True)
class JobFilter:
    """Which jobs to list; what is not given does not restrict."""

    status: JobStatus | None = None
    priority: Priority | None = None
    text: str = ""

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """The filter in SQL, on jobs joined with their sites and devices."""
        found: list[sa.ColumnElement[bool]] = []
        if self.status is not None:
            found.append(Job.status == self.status)
        if self.priority is not None:
            found.append(Job.priority == self.priority)
        if text := self.text.strip():
            columns = (Job.number, Job.description, Site.code, Site.name, Site.address, Device.serial, Device.model)
            found.append(sa.or_(*(column.icontains(text, autoescape=True) for column in columns)))
        return found


@dataclass(frozen=True)
class LaneStop:
    """One stop on a technician's lane: as planned, or as it went once somebody is under way."""

    kind: StopKind
    arrives_at: dt.datetime
    starts_at: dt.datetime
    ends_at: dt.datetime
    job: Job | None = None
    visit: Visit | None = None
    warehouse: Place | None = None

    @property
    def left_unfinished(self) -> bool:
        """Whether somebody was there and could not complete the work."""
        return self.visit is not None and self.visit.status is VisitStatus.INCOMPLETE

    @property
    def late_seconds(self) -> int:
        """How long after its due time the visit starts; 0 if in time."""
        due = self.due
        return max(0, int((self.starts_at - due).total_seconds())) if due is not None else 0

    @property
    def due(self) -> dt.datetime | None:
        """The response due time, or the resolution's if somebody was on site before; None for other stops."""
        if self.job is None:
            return None
        first = self.job.responded_at is None or self.job.responded_at >= self.starts_at
        return self.job.response_due if first else self.job.resolution_due


@dataclass(frozen=True)
class Lane:
    """One technician's day."""

    technician: Technician
    # The working time, absences taken out; None if there is none.
    shift: WorkingTime | None
    departs_at: dt.datetime | None
    returns_at: dt.datetime | None
    travel_seconds: int
    stops: tuple[LaneStop, ...]
    # Absences that touch the shift of the day, in order.
    absences: tuple[Absence, ...] = ()

    @property
    def visits(self) -> list[LaneStop]:
        return [stop for stop in self.stops if stop.kind is StopKind.VISIT]


class _Hours(NamedTuple):
    working: WorkingTime | None
    absences: Sequence[Absence]


@dataclass(frozen=True)
class Counts:
    """The day in five numbers, and how many of the unplanned jobs are overdue already."""

    jobs: int
    waiting_parts: int
    planned: int
    late: int
    unplanned: int
    overdue: int


@dataclass(frozen=True)
class BoardView:
    """
    Everything that the dispatcher's page shows of a day.

    ``plan`` is the plan on display: the draft if there is one, unless the published one was asked for. ``run`` is the
    last computation of the day while it is under way or when it failed, else None.
    """

    day: dt.date
    counts: Counts
    queue: Sequence[Job]
    lanes: Sequence[Lane]
    left_out: Sequence[LeftOut]
    technicians: dict[int, Technician]
    plan: Plan | None
    draft: Plan | None
    published: Plan | None
    run: PlanRun | None
    worker_is_alive: bool
    # By job id, of those in the queue that wait for parts, when they will probably have them.
    parts_on: Mapping[int, dt.date | None] = field(default_factory=dict)

    @property
    def late(self) -> list[tuple[Lane, LaneStop]]:
        """The visits that come too late, the latest first."""
        found = [(lane, stop) for lane in self.lanes for stop in lane.visits if stop.late_seconds]
        return sorted(found, key=lambda pair: -pair[1].late_seconds)


@dataclass(frozen=True)
class JobDetail:
    """One job with its parts, visits and history, and what can be done with it now."""

    job: Job
    missing: Sequence[MissingPart]
    # When it can have the parts that it waits for.
    outlook: Sequence[PartOutlook]
    visits: Sequence[Visit]
    people: dict[int, str]
    possible: Sequence[Action]
    # The old parts that came, or have to come, out of its device.
    cores: Sequence[Core]


@dataclass(frozen=True)
class JobPage:
    """One page of a list of jobs."""

    jobs: Sequence[Job]
    total: int
    page: int
    # By job id, of those that wait for parts, when they will probably have them; None when nobody knows.
    parts_on: Mapping[int, dt.date | None] = field(default_factory=dict)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


@dataclass(frozen=True)
class MapView:
    """What the map shows: where everything is, and the routes along the streets."""

    jobs: Sequence[Job]
    warehouses: Sequence[Place]
    technicians: Sequence[Technician]
    routes: Sequence[PlannedRoute] = field(default_factory=tuple)


def board(session: Session, *, day: dt.date, only: JobFilter = JobFilter(), published: bool = False) -> BoardView:
    """Return the day for the dispatcher; ``only`` restricts the queue, ``published`` prefers the plan in force."""
    plans = _plans_of(session, day)
    draft, in_force = plans.get(PlanState.DRAFT), plans.get(PlanState.PUBLISHED)
    shown = in_force if published and in_force else draft or in_force
    routes = _routes(session, shown)
    left_out = _left_out(session, shown)
    lanes = _lanes(session, day, routes, _moved_elsewhere(session, shown))
    on_lanes = set(_jobs_on(lanes))
    technicians = {technician.id: technician for technician in workforce.technicians(session, include_inactive=True)}
    queue = _queue(session, only, on_lanes)
    return BoardView(
        day=day,
        counts=_counts(session, lanes, on_lanes),
        queue=queue,
        parts_on=ready_days(session, queue),
        lanes=lanes,
        left_out=left_out,
        technicians=technicians,
        plan=shown,
        draft=draft,
        published=in_force,
        run=_run_to_show(session, day),
        worker_is_alive=planning.worker_is_alive(session),
    )


def map_of(session: Session, *, day: dt.date, published: bool = False) -> MapView:
    """Return what the map of a day shows; the same plan as on the board."""
    plans = _plans_of(session, day)
    draft, in_force = plans.get(PlanState.DRAFT), plans.get(PlanState.PUBLISHED)
    shown = in_force if published and in_force else draft or in_force
    routes = _routes(session, shown, with_path=True)
    lanes = _lanes(session, day, routes, _moved_elsewhere(session, shown))
    on_lanes = _jobs_on(lanes)
    queue = _queue(session, JobFilter(), set(on_lanes))
    warehouses = session.scalars(sa.select(Place).where(Place.kind == PlaceKind.WAREHOUSE).order_by(Place.code)).all()
    return MapView([*on_lanes.values(), *queue], warehouses, [lane.technician for lane in lanes], routes)


def job_detail(session: Session, number: str) -> JobDetail:
    """Return one job with everything about it; raises UnknownJob."""
    job = session.scalar(
        sa.select(Job)
        .where(Job.number == number)
        .options(
            joinedload(Job.site).options(joinedload(Site.customer), joinedload(Site.contract)),
            joinedload(Job.device),
            joinedload(Job.fault),
            joinedload(Job.pin).joinedload(Pin.technician),
            selectinload(Job.parts).options(
                joinedload(JobPart.part), joinedload(JobPart.reservation).joinedload(Reservation.place)
            ),
            selectinload(Job.events),
        )
    )
    if job is None:
        raise UnknownJob(job=number)
    return JobDetail(
        job=job,
        missing=missing_parts(session, job) if job.status is JobStatus.WAITING_PARTS else (),
        outlook=parts_outlook(session, job) if job.status is JobStatus.WAITING_PARTS else (),
        visits=_visits_of(session, job),
        people=names_of(session, {event.user_id for event in job.events if event.user_id is not None}),
        possible=possible_actions(job.status),
        cores=cores_of(session, reference=job.number),
    )


def list_jobs(session: Session, *, only: JobFilter = JobFilter(), page: int = 1) -> JobPage:
    """Return one page of all jobs that pass the filter, the latest reports first; pages are counted from 1."""
    found = sa.select(Job).join(Job.site).outerjoin(Job.device).where(*only.conditions())
    total = session.scalar(sa.select(sa.func.count()).select_from(found.with_only_columns(Job.id).subquery())) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), pages)
    jobs = session.scalars(
        found.options(*LISTED)
        .order_by(Job.reported_at.desc(), Job.id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return JobPage(jobs, total, page, ready_days(session, jobs))


def plan_run(session: Session, run_id: int) -> PlanRun | None:
    """Return a plan run with its plan, or None if there is none with this number."""
    return session.get(PlanRun, run_id, options=[joinedload(PlanRun.plan)])


def _plans_of(session: Session, day: dt.date) -> dict[PlanState, Plan]:
    """The latest draft and the plan in force."""
    plans = session.scalars(
        sa.select(Plan)
        .where(Plan.day == day, Plan.state.in_((PlanState.DRAFT, PlanState.PUBLISHED)))
        .options(raiseload("*"))
        .order_by(Plan.version)
    )
    return {plan.state: plan for plan in plans}


def _routes(session: Session, plan: Plan | None, *, with_path: bool = False) -> Sequence[PlannedRoute]:
    """The routes of a plan; the lines along the streets are long and only the map draws them."""
    if plan is None:
        return ()
    stops = selectinload(PlannedRoute.stops)
    return session.scalars(
        sa.select(PlannedRoute)
        .where(PlannedRoute.plan_id == plan.id)
        .options(
            undefer(PlannedRoute.path) if with_path else defer(PlannedRoute.path),
            stops.selectinload(PlannedStop.job).options(*LISTED),
            raiseload("*"),
        )
    ).all()


def _left_out(session: Session, plan: Plan | None) -> Sequence[LeftOut]:
    if plan is None:
        return ()
    return session.scalars(
        sa.select(LeftOut)
        .where(LeftOut.plan_id == plan.id)
        .join(LeftOut.job)
        .options(joinedload(LeftOut.job).options(*LISTED), raiseload("*"))
        .order_by(Job.response_due, Job.id)
    ).all()


def _moved_elsewhere(session: Session, plan: Plan | None) -> frozenset[int]:
    """The jobs of a plan in force that the plan of another day has taken over since."""
    if plan is None or plan.state is not PlanState.PUBLISHED:
        return frozenset()
    planned = sa.select(PlannedStop.job_id).join(PlannedStop.route).where(PlannedRoute.plan_id == plan.id)
    waiting = sa.select(Visit.job_id).where(
        Visit.job_id.in_(planned), Visit.day != plan.day, Visit.status == VisitStatus.DISPATCHED
    )
    return frozenset(session.scalars(waiting))


def _lanes(session: Session, day: dt.date, routes: Iterable[PlannedRoute], moved: Collection[int]) -> list[Lane]:
    """One lane for everybody who was to work that day or has something to do, by code; who is absent is shown so."""
    visits = _visits_on(session, day)
    shifts = {shift.technician_id: shift for shift in workforce.shifts_of_day(session, day)}
    working = {time.technician.id: time for time in workforce.working_times(session, day)}
    absences = _absences(session, shifts.values())
    route_of = {route.technician_id: route for route in routes}
    warehouses = _warehouses(session, route_of.values())
    busy = {*route_of, *(visit.technician_id for visit in visits)} - set(shifts)
    technicians = [shift.technician for shift in shifts.values()]
    if busy:
        technicians += session.scalars(sa.select(Technician).where(Technician.id.in_(busy)).options(raiseload("*")))
    return [
        _lane(
            technician,
            _Hours(working.get(technician.id), absences.get(technician.id, ())),
            route_of.get(technician.id),
            [visit for visit in visits if visit.technician_id == technician.id],
            warehouses,
            moved=moved,
        )
        for technician in sorted(technicians, key=lambda technician: technician.code)
    ]


def _lane(
    technician: Technician,
    hours: _Hours,
    route: PlannedRoute | None,
    visits: Sequence[Visit],
    warehouses: dict[int, Place],
    *,
    moved: Collection[int],
) -> Lane:
    """What is planned, and what has begun already and is therefore in no later plan."""
    visit_of: dict[int | None, Visit] = {
        visit.job_id: visit for visit in visits if visit.status is not VisitStatus.INCOMPLETE
    }
    # A job that was left unfinished may come again on the same lane; the visit belongs to the stop it was planned for.
    failed_at: dict[tuple[int | None, dt.datetime], Visit] = {
        (visit.job_id, visit.planned_start): visit for visit in visits if visit.status is VisitStatus.INCOMPLETE
    }
    planned = [
        _planned_stop(stop, visit_of.get(stop.job_id) or failed_at.get((stop.job_id, stop.starts_at)), warehouses)
        for stop in _standing_stops(route)
        if stop.job_id not in moved
    ]
    shown = {stop.visit.id for stop in planned if stop.visit is not None}
    begun = [_begun_stop(visit) for visit in visits if visit.id not in shown and visit.set_off_at is not None]
    return Lane(
        technician=technician,
        shift=hours.working,
        departs_at=route.departs_at if route else None,
        returns_at=route.returns_at if route else None,
        travel_seconds=route.travel_seconds if route else 0,
        stops=tuple(sorted([*begun, *planned], key=lambda stop: stop.starts_at)),
        absences=tuple(hours.absences),
    )


def _absences(session: Session, shifts: Collection[Shift]) -> dict[int, list[Absence]]:
    """The absences that touch these shifts of one day, by technician."""
    found: dict[int, list[Absence]] = {}
    if not shifts:
        return found
    begins, ends = min(shift.starts_at for shift in shifts), max(shift.ends_at for shift in shifts)
    spans = {shift.technician_id: shift for shift in shifts}
    for absence in workforce.absences_between(session, begins, ends, technician_ids=spans):
        shift = spans[absence.technician_id]
        if absence.starts_at < shift.ends_at and absence.ends_at > shift.starts_at:
            found.setdefault(absence.technician_id, []).append(absence)
    return found


def _standing_stops(route: PlannedRoute | None) -> list[PlannedStop]:
    """The stops of a route that still stand: a job that was cancelled since takes its stop along."""
    stops = route.stops if route is not None else []
    return [stop for stop in stops if stop.job is None or stop.job.status is not JobStatus.CANCELLED]


def _jobs_on(lanes: Iterable[Lane]) -> dict[int, Job]:
    """The jobs that somebody is to do or has done; one that a visit left unfinished is back in the queue."""
    return {stop.job.id: stop.job for lane in lanes for stop in lane.visits if stop.job and not stop.left_unfinished}


def _planned_stop(stop: PlannedStop, visit: Visit | None, warehouses: dict[int, Place]) -> LaneStop:
    if visit is not None and visit.set_off_at is not None:
        return _begun_stop(visit)
    return LaneStop(
        kind=stop.kind,
        arrives_at=stop.arrives_at,
        starts_at=stop.starts_at,
        ends_at=stop.leaves_at,
        job=stop.job,
        visit=visit,
        warehouse=warehouses.get(stop.warehouse_id) if stop.warehouse_id is not None else None,
    )


def _begun_stop(visit: Visit) -> LaneStop:
    """A visit as it went so far; what is still to come keeps its planned length."""
    arrived = visit.arrived_at or max(visit.planned_arrival, visit.set_off_at or visit.planned_arrival)
    starts = visit.arrived_at or max(arrived, visit.planned_start)
    ends = visit.ended_at or starts + (visit.planned_end - visit.planned_start)
    return LaneStop(StopKind.VISIT, arrived, starts, max(starts, ends), job=visit.job, visit=visit)


def _visits_on(session: Session, day: dt.date) -> Sequence[Visit]:
    return session.scalars(
        sa.select(Visit)
        .where(Visit.day == day, Visit.status != VisitStatus.WITHDRAWN)
        .options(selectinload(Visit.job).options(*LISTED), raiseload("*"))
        .order_by(Visit.technician_id, Visit.position)
    ).all()


def _warehouses(session: Session, routes: Iterable[PlannedRoute]) -> dict[int, Place]:
    ids = {stop.warehouse_id for route in routes for stop in route.stops if stop.warehouse_id is not None}
    if not ids:
        return {}
    return {place.id: place for place in session.scalars(sa.select(Place).where(Place.id.in_(ids)))}


def _queue(session: Session, only: JobFilter, on_lanes: set[int]) -> list[Job]:
    """Unplanned jobs by due time; a draft on display counts as planned."""
    jobs = session.scalars(
        sa.select(Job)
        .join(Job.site)
        .outerjoin(Job.device)
        .where(Job.status.in_(UNPLANNED), *only.conditions())
        .options(*LISTED)
        .order_by(Job.response_due, Job.id)
    )
    return [job for job in jobs if job.id not in on_lanes]


def _counts(session: Session, lanes: Sequence[Lane], on_lanes: set[int]) -> Counts:
    rows: Sequence[Any] = session.execute(
        sa.select(Job.id, Job.status, Job.response_due, Job.responded_at).where(Job.status.in_(UNPLANNED))
    ).all()
    now = clock.now()
    unplanned = [row for row in rows if row.id not in on_lanes]
    return Counts(
        jobs=len(unplanned) + len(on_lanes),
        waiting_parts=sum(row.status is JobStatus.WAITING_PARTS for row in unplanned),
        planned=len(on_lanes),
        late=sum(stop.late_seconds > 0 for lane in lanes for stop in lane.visits),
        unplanned=len(unplanned),
        overdue=sum(row.responded_at is None and row.response_due < now for row in unplanned),
    )


def _run_to_show(session: Session, day: dt.date) -> PlanRun | None:
    run = session.scalar(
        sa.select(PlanRun)
        .where(PlanRun.day <= day, PlanRun.last_day >= day)
        .options(raiseload("*"))
        .order_by(PlanRun.id.desc())
        .limit(1)
    )
    return run if run is not None and run.state in {RunState.QUEUED, RunState.RUNNING, RunState.FAILED} else None


def _visits_of(session: Session, job: Job) -> Sequence[Visit]:
    return session.scalars(
        sa.select(Visit).where(Visit.job_id == job.id).options(joinedload(Visit.technician)).order_by(Visit.id)
    ).all()
