"""
What the planner needs to know of a day, read in one transaction and then left alone.

A solver never runs inside a transaction: it works on these values, and `record` compares them with the database again.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from core import clock
from core.firm import read_firm
from customers.calendars import Interval, WeeklyHours
from customers.models import Priority
from dispatch.models import Job, JobPart, Plan, PlannedRoute, PlannedStop, Shift, Technician, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import StopKind
from dispatch.models.visits import UNDER_WAY, VisitStatus
from inventory.models import Place, PlaceKind, ReservationState, StockLevel
from routing.travel import Point

# Jobs that a plan may still move: nobody has set off for them.
MOVABLE = frozenset({JobStatus.READY, JobStatus.PLANNED, JobStatus.DISPATCHED})
OPEN_BEFORE_WORK = MOVABLE | {JobStatus.NEW, JobStatus.WAITING_PARTS}

# A plan made at 10:02:17 lets nobody depart before 10:05, when it can have been read and published.
DEPARTURE_STEP = dt.timedelta(minutes=5)

Pieces = Mapping[int, int]


@dataclass(frozen=True)
class PreviousVisit:
    """Where the published plan has a job."""

    technician_id: int
    start: dt.datetime


@dataclass(frozen=True)
class JobToPlan:
    """A job that can be planned. ``windows`` bound the start of the service; ``parts`` are pieces by part id."""

    id: int
    number: str
    version: int
    point: Point
    duration_seconds: int
    windows: tuple[Interval, ...]
    due: dt.datetime
    late_cents_per_minute: int
    breach_cents: int
    priority: Priority
    skills: Mapping[str, int]
    parts: Pieces
    previous: PreviousVisit | None


@dataclass(frozen=True)
class ShiftToPlan:
    """What is left of a technician's day, with the pieces of the trunk that the jobs to plan may use."""

    technician_id: int
    technician: str
    trunk_id: int
    start_point: Point
    end_point: Point
    starts_at: dt.datetime
    ends_at: dt.datetime
    break_seconds: int
    break_window: Interval | None
    overtime_seconds: int
    skills: Mapping[str, int]
    trunk: Pieces


@dataclass(frozen=True)
class WarehouseToPlan:
    """A warehouse with the pieces that the jobs to plan may use."""

    place_id: int
    point: Point
    parts: Pieces


@dataclass(frozen=True)
class Obstacle:
    """A job that cannot be planned today at all, and why in one word."""

    job_id: int
    reason: str


@dataclass(frozen=True)
class Snapshot:
    """A day as the planner sees it. ``origin`` is second 0 of the problem."""

    day: dt.date
    origin: dt.datetime
    jobs: tuple[JobToPlan, ...]
    shifts: tuple[ShiftToPlan, ...]
    warehouses: tuple[WarehouseToPlan, ...]
    skus: Mapping[int, str]
    obstacles: tuple[Obstacle, ...]

    @property
    def points(self) -> list[Point]:
        """Every place of the day, each once."""
        places = [job.point for job in self.jobs]
        places += [point for shift in self.shifts for point in (shift.start_point, shift.end_point)]
        places += [warehouse.point for warehouse in self.warehouses]
        return list(dict.fromkeys(places))


def take_snapshot(session: Session, day: dt.date) -> Snapshot:
    """Read everything that a plan of the day depends on."""
    # The problem counts whole seconds; a fraction in its origin would shift every time by a moment.
    now = clock.now().replace(microsecond=0)
    rows = _open_jobs(session, day)
    previous = _published_visits(session, day)
    jobs, obstacles = [], []
    for row in rows:
        windows = _start_windows(row, day, now)
        reason = _obstacle(row, windows, now)
        if reason is None and windows:
            jobs.append(_job(row, windows, previous.get(row.id)))
        elif reason is not None:
            obstacles.append(Obstacle(row.id, reason))
    free = _free_pieces(session, rows, {job.id for job in jobs})
    shifts = _shifts(session, day, now, free)
    warehouses = _warehouses(session, free)
    return Snapshot(
        day=day,
        # Never after the present, so that a window which is still open ends at or after second 0.
        origin=min([now, *(shift.starts_at for shift in shifts)]),
        jobs=tuple(jobs),
        shifts=tuple(shifts),
        warehouses=tuple(warehouses),
        skus={line.part_id: line.part.sku for row in rows for line in row.parts},
        obstacles=tuple(obstacles),
    )


def _open_jobs(session: Session, day: dt.date) -> Sequence[Job]:
    """
    Jobs that somebody has yet to set off for.

    Those that are on the plan of another day stay there, unless that day is over: what was left then is planned anew.
    """
    today = read_firm(session).today()
    on_another_day = sa.select(Visit.job_id).where(
        Visit.status == VisitStatus.DISPATCHED, Visit.day != day, Visit.day >= today
    )
    return session.scalars(
        sa.select(Job)
        .where(Job.status.in_(OPEN_BEFORE_WORK), Job.id.not_in(on_another_day))
        .options(
            joinedload(Job.site),
            selectinload(Job.parts).joinedload(JobPart.part),
            selectinload(Job.parts).joinedload(JobPart.reservation),
        )
        .order_by(Job.id)
    ).all()


def _published_visits(session: Session, day: dt.date) -> dict[int, PreviousVisit]:
    waiting = sa.select(Visit).where(Visit.day == day, Visit.status == VisitStatus.DISPATCHED)
    return {visit.job_id: PreviousVisit(visit.technician_id, visit.planned_start) for visit in session.scalars(waiting)}


def _start_windows(job: Job, day: dt.date, now: dt.datetime) -> tuple[Interval, ...] | None:
    """
    When the service may start that day: the promise, or else the opening hours.

    None if it is promised for another day; a promise that was missed is nobody's day any more.
    """
    zone = ZoneInfo(job.site.zone)
    if job.window_start is not None and job.window_end is not None:
        is_today = job.window_start.astimezone(zone).date() == day
        return ((job.window_start, job.window_end),) if is_today or job.window_end < now else None
    hours = WeeklyHours.parse(job.site.opening_hours)
    if hours.is_never_open():
        # Nobody has said when the shop is open: no reason to stay away.
        hours = WeeklyHours.always()
    duration = dt.timedelta(seconds=job.duration_seconds)
    return tuple(
        (opens, closes - duration) for opens, closes in hours.windows_on(day, zone) if closes - opens >= duration
    )


def _obstacle(job: Job, windows: tuple[Interval, ...] | None, now: dt.datetime) -> str | None:
    if job.site.lat is None:
        return "no_position"
    if job.status not in MOVABLE:
        return "waiting_parts"
    if windows is None:
        return None
    if not windows:
        return "closed_today"
    if windows[-1][1] < now:
        return "window_passed"
    return None


def _job(row: Job, windows: tuple[Interval, ...], previous: PreviousVisit | None) -> JobToPlan:
    assert row.site.lat is not None and row.site.lon is not None  # noqa: S101, PT018 -- _obstacle saw to it
    return JobToPlan(
        id=row.id,
        number=row.number,
        version=row.version,
        point=Point(row.site.lat, row.site.lon),
        duration_seconds=row.duration_seconds,
        windows=windows,
        # A second visit no longer races the response clock, which stopped with the first.
        due=row.response_due if row.responded_at is None else row.resolution_due,
        late_cents_per_minute=row.late_cents_per_minute,
        breach_cents=row.breach_cents,
        priority=row.priority,
        skills=dict(row.skills),
        parts={line.part_id: line.quantity - line.used for line in row.parts if line.quantity > line.used},
        previous=previous,
    )


def _free_pieces(session: Session, rows: Sequence[Job], planned_ids: set[int]) -> dict[int, Counter[int]]:
    """Pieces by place and part that are free or promised to the very jobs that are being planned."""
    parts = {line.part_id for row in rows if row.id in planned_ids for line in row.parts}
    free: dict[int, Counter[int]] = defaultdict(Counter)
    for level in session.scalars(sa.select(StockLevel).where(StockLevel.part_id.in_(parts))):
        free[level.place_id][level.part_id] += level.available
    for row in rows:
        for line in row.parts if row.id in planned_ids else ():
            held = line.reservation
            if held is not None and held.state is ReservationState.OPEN:
                free[held.place_id][held.part_id] += held.quantity
    return free


def _shifts(session: Session, day: dt.date, now: dt.datetime, free: Mapping[int, Counter[int]]) -> list[ShiftToPlan]:
    rows = session.scalars(
        sa.select(Shift)
        .join(Shift.technician)
        .where(Shift.day == day, Technician.active)
        .options(joinedload(Shift.technician).selectinload(Technician.skills))
        .order_by(Technician.code)
    )
    places = _whereabouts(session, day, now)
    rested = _ends_of_breaks(session, day, now)
    found = []
    for row in rows:
        home = Point(row.technician.home_lat, row.technician.home_lon)
        here, free_from = places.get(row.technician_id, (home, now))
        free_from = max(free_from, rested.get(row.technician_id, now))
        starts_at = max(row.starts_at, _next_step(free_from) if free_from > row.starts_at else row.starts_at)
        if starts_at < row.ends_at:
            rest = None if row.technician_id in rested else _break_to_come(row, starts_at)
            found.append(_shift(row, starts_at, here, rest, free))
    return found


def _shift(
    row: Shift, starts_at: dt.datetime, here: Point, rest: Interval | None, free: Mapping[int, Counter[int]]
) -> ShiftToPlan:
    technician = row.technician
    return ShiftToPlan(
        technician_id=technician.id,
        technician=technician.code,
        trunk_id=technician.trunk_id,
        start_point=here,
        end_point=Point(technician.home_lat, technician.home_lon),
        starts_at=starts_at,
        ends_at=row.ends_at,
        break_seconds=row.break_seconds if rest else 0,
        break_window=rest,
        overtime_seconds=row.overtime_seconds,
        skills={skill.skill: skill.level for skill in technician.skills},
        trunk=dict(free.get(technician.trunk_id, {})),
    )


def _break_to_come(row: Shift, starts_at: dt.datetime) -> Interval | None:
    """Between when the break of a shift begins; None if it has none, or none any more."""
    if row.break_seconds and row.break_earliest and row.break_latest and row.break_latest >= starts_at:
        return max(row.break_earliest, starts_at), row.break_latest
    return None


def _ends_of_breaks(session: Session, day: dt.date, now: dt.datetime) -> dict[int, dt.datetime]:
    """
    When the breaks end that have begun, by technician.

    Nobody reports a break: it was taken when the plan that was in force at its beginning said so.
    """
    plans = session.execute(
        sa.select(Plan.id, Plan.published_at)
        .where(Plan.day == day, Plan.published_at.is_not(None))
        .order_by(Plan.published_at)
    ).all()
    breaks = session.execute(
        sa.select(PlannedRoute.plan_id, PlannedRoute.technician_id, PlannedStop.starts_at, PlannedStop.leaves_at)
        .join(PlannedStop.route)
        .where(
            PlannedRoute.plan_id.in_([plan.id for plan in plans]),
            PlannedStop.kind == StopKind.BREAK,
            PlannedStop.starts_at <= now,
        )
    ).all()
    ends: dict[int, dt.datetime] = {}
    for rest in breaks:
        in_force = [plan.id for plan in plans if plan.published_at <= rest.starts_at]
        if in_force and in_force[-1] == rest.plan_id:
            ends[rest.technician_id] = rest.leaves_at
    return ends


def _whereabouts(session: Session, day: dt.date, now: dt.datetime) -> dict[int, tuple[Point, dt.datetime]]:
    """Where each technician who already works today is free next, and from when."""
    begun = session.scalars(
        sa.select(Visit)
        .where(Visit.day == day, Visit.set_off_at.is_not(None))
        .options(joinedload(Visit.job).joinedload(Job.site))
        .order_by(Visit.set_off_at)
    )
    places: dict[int, tuple[Point, dt.datetime]] = {}
    for visit in begun:
        site = visit.job.site
        if site.lat is not None and site.lon is not None:
            places[visit.technician_id] = (Point(site.lat, site.lon), _free_from(visit, now))
    return places


def _free_from(visit: Visit, now: dt.datetime) -> dt.datetime:
    if visit.status not in UNDER_WAY:
        # It has ended, or was withdrawn on the way there.
        return now
    begins = visit.arrived_at or max(now, visit.planned_arrival)
    return max(now, begins + dt.timedelta(seconds=visit.job.duration_seconds))


def _warehouses(session: Session, free: Mapping[int, Counter[int]]) -> list[WarehouseToPlan]:
    rows = session.scalars(sa.select(Place).where(Place.kind == PlaceKind.WAREHOUSE).order_by(Place.id))
    return [
        WarehouseToPlan(row.id, Point(row.lat, row.lon), dict(free.get(row.id, {})))
        for row in rows
        if row.lat is not None and row.lon is not None
    ]


def _next_step(moment: dt.datetime) -> dt.datetime:
    past = (moment - dt.datetime.min.replace(tzinfo=dt.UTC)) % DEPARTURE_STEP
    return moment if not past else moment - past + DEPARTURE_STEP
