"""
What the planner needs to know of the days to plan, read in one transaction and then left alone.

A solver never runs inside a transaction: it works on these values, and `record` compares them with the database again.
"""

import datetime as dt
import functools
import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from core import clock
from core.firm import read_firm
from customers.calendars import Interval, WeeklyHours
from dispatch.clockwork import open_pauses
from dispatch.lifecycle import BEFORE_WORK, MOVABLE
from dispatch.maintenance.jobs import not_before
from dispatch.models import Job, JobPart, Pin, Plan, PlannedRoute, PlannedStop, Technician, Visit
from dispatch.models.plans import PlanState, StopKind
from dispatch.models.visits import VisitStatus
from dispatch.objective import Stake
from dispatch.planning.crew import ShiftToPlan, crew_of_day
from dispatch.planning.overrides import SLIP, Leave, read_leaves
from dispatch.planning.penalty import next_chance, stake_of
from dispatch.planning.settings import PlanningSettings, read_planning_settings
from dispatch.workforce import Welcome, read_welcome
from inventory.models import PickList, PickState, Place, PlaceKind, ReservationState, StockLevel
from routing.travel import Point

# Why a job is not planned whose time went by; who is on the way there comes late.
MISSED = frozenset({"window_passed", "pin_passed"})
LATE_AT_MOST = dt.timedelta(hours=12)

Pieces = Mapping[int, int]


@dataclass(frozen=True)
class PreviousVisit:
    """Where the published plan has a job."""

    technician_id: int
    start: dt.datetime
    day: dt.date


@dataclass(frozen=True)
class PinToPlan:
    """What a dispatcher tied a job to; what is None is free. The window bounds the start of the service."""

    technician_id: int | None
    start: dt.datetime | None
    window: Interval | None


@dataclass(frozen=True)
class JobToPlan:
    """
    A job that can be planned. ``windows`` bound the start of the service; ``parts`` are pieces by part id.

    With a promise they are the promised window, and ``open_windows`` say when the site is open besides.
    """

    id: int
    number: str
    version: int
    point: Point
    duration_seconds: int
    windows: tuple[Interval, ...]
    stake: Stake
    skills: Mapping[str, int]
    parts: Pieces
    previous: PreviousVisit | None
    open_windows: tuple[Interval, ...] = ()
    promise: Interval | None = None
    pin: PinToPlan | None = None
    # Technicians by id: whom the customer does not want, who works in other territories, whom the customer prefers.
    excluded: frozenset[int] = frozenset()
    outside: frozenset[int] = frozenset()
    preferred: frozenset[int] = frozenset()
    # Who may come although they lack a skill.
    trusted: frozenset[int] = frozenset()


@dataclass(frozen=True)
class WarehouseToPlan:
    """A warehouse with the pieces that the jobs to plan may use."""

    place_id: int
    point: Point
    parts: Pieces


@dataclass(frozen=True)
class StandingStop:
    """
    A stop of a published day that is still to come: a visit, or a call at a warehouse.

    ``sources`` are what the published plan takes where for a visit, as pieces by place and part.
    """

    technician_id: int
    day: dt.date
    at: dt.datetime
    job_id: int | None = None
    warehouse_id: int | None = None
    sources: Mapping[tuple[int, int], int] = field(default_factory=dict)


@dataclass(frozen=True)
class Obstacle:
    """A job that cannot be planned on these days at all, and why in one word."""

    job_id: int
    reason: str


@dataclass(frozen=True)
class Snapshot:
    """The days from ``day`` to ``last_day`` as the planner sees them. ``origin`` is second 0 of the problem."""

    day: dt.date
    last_day: dt.date
    now: dt.datetime
    origin: dt.datetime
    jobs: tuple[JobToPlan, ...]
    shifts: tuple[ShiftToPlan, ...]
    warehouses: tuple[WarehouseToPlan, ...]
    skus: Mapping[int, str]
    obstacles: tuple[Obstacle, ...]
    # When a job that is left out can be served at the earliest.
    next_chance: dt.datetime
    standing: tuple[StandingStop, ...] = ()
    settings: PlanningSettings = field(default_factory=PlanningSettings)

    @property
    def days(self) -> list[dt.date]:
        """Every day to plan, in order."""
        return days_between(self.day, self.last_day)

    def shift(self, shift_id: str) -> ShiftToPlan:
        """The shift that the problem calls so."""
        return next(shift for shift in self.shifts if shift.id == shift_id)

    def is_frozen(self, job: JobToPlan) -> bool:
        """Whether the published start of a job is so near that it may not move any more."""
        horizon = dt.timedelta(minutes=self.settings.freeze_minutes)
        return bool(horizon) and job.previous is not None and job.previous.start <= self.now + horizon

    @property
    def points(self) -> list[Point]:
        """Every place of the day, each once."""
        places = [job.point for job in self.jobs]
        places += [point for shift in self.shifts for point in (shift.start_point, shift.end_point)]
        places += [warehouse.point for warehouse in self.warehouses]
        return list(dict.fromkeys(places))


def days_between(day: dt.date, last_day: dt.date) -> list[dt.date]:
    """Every day from one to another, both included."""
    return [day + dt.timedelta(days=later) for later in range((last_day - day).days + 1)]


def take_snapshot(
    session: Session,
    day: dt.date,
    last_day: dt.date | None = None,
    *,
    also: Collection[int] = (),
    living: bool = False,
) -> Snapshot:
    """
    Read everything that a plan of a day, or of the days up to ``last_day``, depends on.

    ``also`` are ids of jobs to weigh as if their parts were promised and their window was not over. In the ``living``
    day those that are on the plan are made late, too; a new plan asks for another window first.
    """
    # The problem counts whole seconds; a fraction in its origin would shift every time by a moment.
    now = clock.now().replace(microsecond=0)
    days = days_between(day, last_day or day)
    rows = _open_jobs(session, days)
    previous = _published_visits(session, days)
    welcome = read_welcome(session)
    paused = open_pauses(session, {row.id for row in rows})
    first_days = not_before(session, {row.id for row in rows})
    leaves = _leaves_in_force(session, days, previous)
    jobs, obstacles = [], []
    for row in rows:
        open_days = _days_for(row, days, first_days.get(row.id))
        if not open_days:
            continue
        windows = start_windows(row, open_days, now)
        reason = _obstacle(row, windows, now)
        if reason in MISSED and ((living and row.id in previous) or row.id in also):
            windows, reason = _rather_late(row, days, now), None
        if reason == "waiting_parts" and row.id in also:
            reason = None
        if reason is None and windows:
            job = _job(
                row,
                windows,
                open_windows=opening_windows(row, open_days),
                previous=previous.get(row.id),
                welcome=welcome,
                stake=stake_of(row, paused.get(row.id), now),
            )
            jobs.append(_with_leave(row, job, leaves[row.id]) if row.id in leaves else job)
        elif reason is not None:
            obstacles.append(Obstacle(row.id, reason))
    # In the living day nobody takes the pieces of a job that waits for its turn.
    weighed = [job for job in jobs if not living or job.previous is not None or job.id in also]
    free = _free_pieces(session, rows, {job.id for job in weighed})
    shifts = [shift for one in days for shift in crew_of_day(session, one, now, free)]
    shifts = _longer(shifts, previous, leaves)
    warehouses = _warehouses(session, free)
    return Snapshot(
        day=day,
        last_day=days[-1],
        now=now,
        # Never after the present, so that a window which is still open ends at or after second 0.
        origin=min([now, *(shift.starts_at for shift in shifts)]),
        jobs=tuple(jobs),
        shifts=_one_after_another(shifts),
        warehouses=tuple(warehouses),
        skus={line.part_id: line.part.sku for row in rows for line in row.parts},
        obstacles=tuple(obstacles),
        next_chance=next_chance(session, days[-1]),
        standing=_standing(session, days),
        settings=read_planning_settings(session),
    )


def _leaves_in_force(
    session: Session, days: Sequence[dt.date], previous: Mapping[int, PreviousVisit]
) -> dict[int, Leave]:
    """What was bent by hand for visits that are still where they were then, by job."""
    leaves = read_leaves(session, days)
    places = {job_id: (job_id, was.technician_id, was.day) for job_id, was in previous.items()}
    return {job_id: leaves[place] for job_id, place in places.items() if place in leaves}


def _with_leave(row: Job, job: JobToPlan, leave: Leave) -> JobToPlan:
    """A job with the rules bent for the technician who has it."""
    assert job.previous is not None  # noqa: S101 -- a leave is one of a visit
    own = frozenset({job.previous.technician_id})
    kept_away = frozenset[int]() if not leave.lets_in() else own
    lacking = {line.part_id for line in row.parts if line.part.sku in leave.skus}
    pin = PinToPlan(job.previous.technician_id, None, None) if job.pin and "tie" in leave.rules else job.pin
    return replace(
        job,
        windows=leave.windows(job.windows),
        parts={part: count for part, count in job.parts.items() if part not in lacking},
        excluded=job.excluded - kept_away,
        outside=job.outside - kept_away,
        trusted=own if "skill" in leave.rules else frozenset(),
        pin=pin,
    )


def _longer(
    shifts: Sequence[ShiftToPlan], previous: Mapping[int, PreviousVisit], leaves: Mapping[int, Leave]
) -> list[ShiftToPlan]:
    """The shifts, those longer for which somebody was let to come home later."""
    until: dict[tuple[int, dt.date], dt.datetime] = {}
    for job_id, leave in leaves.items():
        if leave.back_until is not None:
            was = previous[job_id]
            until[was.technician_id, was.day] = max(
                leave.back_until + SLIP, until.get((was.technician_id, was.day), leave.back_until)
            )
    found = []
    for shift in shifts:
        back = until.get((shift.technician_id, shift.day), shift.ends_at)
        allowed = int((back - shift.ends_at).total_seconds())
        found.append(replace(shift, overtime_seconds=max(shift.overtime_seconds, allowed)))
    return found


def _one_after_another(shifts: Sequence[ShiftToPlan]) -> tuple[ShiftToPlan, ...]:
    """Let overtime end where the technician's next shift begins: nobody works two of them at once."""
    found: list[ShiftToPlan] = []
    for shift in shifts:
        later = [other.starts_at for other in shifts if _is_next(shift, other)]
        free = int((min(later) - shift.ends_at).total_seconds()) if later else shift.overtime_seconds
        found.append(replace(shift, overtime_seconds=max(0, min(shift.overtime_seconds, free))))
    return tuple(found)


def _is_next(shift: ShiftToPlan, other: ShiftToPlan) -> bool:
    return other.technician_id == shift.technician_id and other.day > shift.day


def _open_jobs(session: Session, days: Sequence[dt.date]) -> Sequence[Job]:
    """
    Jobs that somebody has yet to set off for.

    Those that are on the plan of another day stay there, unless that day is over: what was left then is planned anew.
    """
    today = read_firm(session).today()
    on_another_day = sa.select(Visit.job_id).where(
        Visit.status == VisitStatus.DISPATCHED, Visit.day.not_in(days), Visit.day >= today
    )
    return session.scalars(
        sa.select(Job)
        .where(Job.status.in_(BEFORE_WORK), Job.id.not_in(on_another_day))
        .options(
            defer(Job.description),
            defer(Job.cover),
            joinedload(Job.site),
            # Hundreds of jobs share a few of these.
            selectinload(Job.contract),
            joinedload(Job.pin),
            selectinload(Job.parts).options(selectinload(JobPart.part), joinedload(JobPart.reservation)),
        )
        .order_by(Job.id)
    ).all()


def _published_visits(session: Session, days: Sequence[dt.date]) -> dict[int, PreviousVisit]:
    waiting = sa.select(Visit.job_id, Visit.technician_id, Visit.planned_start, Visit.day).where(
        Visit.day.in_(days), Visit.status == VisitStatus.DISPATCHED
    )
    return {
        row.job_id: PreviousVisit(row.technician_id, row.planned_start, row.day) for row in session.execute(waiting)
    }


def _standing(session: Session, days: Sequence[dt.date]) -> tuple[StandingStop, ...]:
    """What technicians still have to do of the published days, in order of time."""
    visits = session.execute(
        sa.select(Visit.job_id, Visit.technician_id, Visit.planned_start, Visit.day).where(
            Visit.day.in_(days), Visit.status == VisitStatus.DISPATCHED
        )
    ).all()
    # Rows: the stops of a day are far more than what is asked about each of them.
    planned = session.execute(
        sa.select(
            PlannedStop.job_id,
            PlannedStop.warehouse_id,
            PlannedStop.starts_at,
            PlannedStop.parts,
            PlannedRoute.technician_id,
            Plan.day,
            Technician.trunk_id,
        )
        .join(PlannedStop.route)
        .join(PlannedRoute.plan)
        .join(PlannedRoute.technician)
        .where(Plan.day.in_(days), Plan.state == PlanState.PUBLISHED, PlannedStop.kind != StopKind.BREAK)
    ).all()
    open_lists = sa.select(PickList.trunk_id, PickList.warehouse_id, PickList.day).where(
        PickList.day.in_(days), PickList.state == PickState.OPEN
    )
    to_fetch = {(one.trunk_id, one.warehouse_id, one.day) for one in session.execute(open_lists)}
    sources = {
        stop.job_id: {(part["place_id"], part["part_id"]): part["quantity"] for part in stop.parts} for stop in planned
    }
    stops = [
        StandingStop(
            visit.technician_id, visit.day, visit.planned_start, visit.job_id, sources=sources.get(visit.job_id, {})
        )
        for visit in visits
    ]
    stops += [
        StandingStop(stop.technician_id, stop.day, stop.starts_at, warehouse_id=stop.warehouse_id)
        for stop in planned
        # Whoever is late still has to call there; whoever has been there has the pieces.
        if (stop.trunk_id, stop.warehouse_id, stop.day) in to_fetch
    ]
    return tuple(sorted(stops, key=lambda stop: (stop.at, stop.technician_id)))


def _days_for(job: Job, days: Sequence[dt.date], first: dt.date | None) -> Sequence[dt.date]:
    """The days on which a job may be done: from the first that its maintenance plan allows, unless it was promised."""
    return days if first is None or job.window_start is not None else [day for day in days if day >= first]


def start_windows(job: Job, days: Sequence[dt.date], now: dt.datetime) -> tuple[Interval, ...] | None:
    """
    When the service may start on these days: the promise, or else the opening hours.

    None if it is promised for, or pinned to, another day; a promise or pin that was missed is nobody's day any more.
    """
    zone = ZoneInfo(job.site.zone)
    pinned = pinned_span(job.pin)
    if pinned is not None and not _concerns(pinned, days, zone, now):
        return None
    if job.window_start is not None and job.window_end is not None:
        promised = (job.window_start, job.window_end)
        return (promised,) if _concerns(promised, days, zone, now) else None
    return opening_windows(job, days)


def pinned_span(pin: Pin | None) -> Interval | None:
    """Between when a pin lets the service start; None if it says nothing about the time."""
    if pin is None:
        return None
    if pin.starts_at is not None:
        return pin.starts_at, pin.starts_at
    if pin.window_start is not None and pin.window_end is not None:
        return pin.window_start, pin.window_end
    return None


def opening_windows(job: Job, days: Sequence[dt.date]) -> tuple[Interval, ...]:
    """When the service may start on these days so that it ends before the site closes."""
    written = json.dumps(job.site.opening_hours)
    duration = dt.timedelta(seconds=job.duration_seconds)
    return tuple(
        (opens, closes - duration)
        for day in days
        for opens, closes in _open_on(written, day, job.site.zone)
        if closes - opens >= duration
    )


@functools.lru_cache(maxsize=20_000)
def _open_on(written: str, day: dt.date, zone: str) -> tuple[Interval, ...]:
    """When a shop with these opening hours is open on a day; a firm's shops have some dozen kinds of them."""
    hours = WeeklyHours.parse(json.loads(written))
    # Nobody has said when the shop is open: no reason to stay away.
    known = WeeklyHours.always() if hours.is_never_open() else hours
    return tuple(known.windows_on(day, ZoneInfo(zone)))


def _concerns(span: Interval, days: Sequence[dt.date], zone: ZoneInfo, now: dt.datetime) -> bool:
    """Whether a span begins or ends on one of the days, or is over: then it concerns whoever plans next."""
    starts, ends = (moment.astimezone(zone).date() for moment in span)
    return span[1] < now or (starts <= days[-1] and days[0] <= ends)


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
    pinned = pinned_span(job.pin)
    return "pin_passed" if pinned is not None and pinned[1] < now else None


def _rather_late(job: Job, days: Sequence[dt.date], now: dt.datetime) -> tuple[Interval, ...]:
    """What is on a plan and missed its time is made late rather than forgotten: while the shop is open, or at once."""
    still = tuple((max(opens, now), closes) for opens, closes in opening_windows(job, days) if closes >= now)
    return still or ((now, now + LATE_AT_MOST),)


def _job(
    row: Job,
    windows: tuple[Interval, ...],
    *,
    open_windows: tuple[Interval, ...],
    previous: PreviousVisit | None,
    welcome: Welcome,
    stake: Stake,
) -> JobToPlan:
    assert row.site.lat is not None and row.site.lon is not None  # noqa: S101, PT018 -- _obstacle saw to it
    return JobToPlan(
        id=row.id,
        number=row.number,
        version=row.version,
        point=Point(row.site.lat, row.site.lon),
        duration_seconds=row.duration_seconds,
        windows=windows,
        stake=stake,
        skills=dict(row.skills),
        parts={line.part_id: line.quantity - line.used for line in row.parts if line.quantity > line.used},
        previous=previous,
        open_windows=open_windows,
        promise=(row.window_start, row.window_end) if row.window_start and row.window_end else None,
        pin=_pin(row.pin, windows[0][0]),
        excluded=welcome.excluded.get(row.site.customer_id, frozenset()),
        outside=welcome.outside(row.site),
        preferred=welcome.preferred.get(row.site.customer_id, frozenset()),
    )


def _pin(pin: Pin | None, from_: dt.datetime) -> PinToPlan | None:
    if pin is None:
        return None
    span = pinned_span(pin)
    if span is not None and span[1] < from_:
        # Its time went by; whom the job is tied to still counts.
        return PinToPlan(pin.technician_id, None, None) if pin.technician_id is not None else None
    window = (pin.window_start, pin.window_end) if pin.window_start and pin.window_end else None
    return PinToPlan(pin.technician_id, pin.starts_at, window)


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


def _warehouses(session: Session, free: Mapping[int, Counter[int]]) -> list[WarehouseToPlan]:
    rows = session.scalars(sa.select(Place).where(Place.kind == PlaceKind.WAREHOUSE).order_by(Place.id))
    return [
        WarehouseToPlan(row.id, Point(row.lat, row.lon), dict(free.get(row.id, {})))
        for row in rows
        if row.lat is not None and row.lon is not None
    ]
