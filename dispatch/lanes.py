"""The technicians' lanes on the board: what each one's day holds, as planned or as it went, with what bears on it."""

import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, raiseload, selectinload, undefer

from core import clock
from dispatch import workforce
from dispatch.clocks import ClockState, Reading
from dispatch.clockwork import running_clocks
from dispatch.models import (
    Absence,
    Job,
    JobPart,
    Plan,
    PlannedRoute,
    PlannedStop,
    Shift,
    Technician,
    Visit,
)
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState, StopKind
from dispatch.models.visits import VisitStatus
from dispatch.planning.settings import read_planning_settings
from dispatch.queries import LISTED
from dispatch.workforce import WorkingTime
from inventory.models import Place, PlaceKind, Reservation, ReservationState

# A clock that has used so much of its target is marked as warned.
WARNED_PERCENT = 75


class ClockLook(enum.StrEnum):
    """How the clock of a job that still runs is to be looked at."""

    RUNNING = "running"
    WARNED = "warned"
    PAUSED = "paused"
    BREACHED = "breached"


class PartsState(enum.StrEnum):
    """Where the pieces for a visit are, seen from the technician's van; the worst of them counts."""

    IN_VAN = "in_van"
    TO_PICK = "to_pick"
    MISSING = "missing"


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
    # How the clock that still runs looks; None if none does.
    clock: ClockLook | None = None
    # None if the job needs no parts any more.
    parts: PartsState | None = None
    # So near that no plan moves it.
    is_frozen: bool = False

    @property
    def is_movable(self) -> bool:
        """Whether it is a visit that can still be moved: nobody has set off to it, and it is not over."""
        return self.job is not None and (self.visit is None or self.visit.status is VisitStatus.DISPATCHED)

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
        """When the job of a visit is due; None for other stops."""
        return due_of(self.job, self.starts_at) if self.job is not None else None


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

    @property
    def work_seconds(self) -> int:
        """The time at stops, breaks left out."""
        spans = (stop.ends_at - stop.starts_at for stop in self.stops if stop.kind is not StopKind.BREAK)
        return int(sum(spans, dt.timedelta(0)).total_seconds())


@dataclass(frozen=True)
class _Known:
    """What was read once for all lanes of a day."""

    working: Mapping[int, WorkingTime]
    absences: Mapping[int, Sequence[Absence]]
    warehouses: Mapping[int, Place]
    clocks: Mapping[int, Reading]
    pieces: Mapping[int, Sequence["_Piece"]]
    moved: Collection[int]
    frozen_until: dt.datetime


class Went(NamedTuple):
    """A visit that has begun, as it went so far; what is still to come of it keeps its planned length."""

    arrives_at: dt.datetime
    starts_at: dt.datetime
    ends_at: dt.datetime
    # What it took to get there.
    travel_seconds: int


class _Piece(NamedTuple):
    """A part that a job still needs: the place where it is promised, or None."""

    place_id: int | None
    at_warehouse: bool


def due_of(job: Job | sa.Row[Any], at: dt.datetime) -> dt.datetime:
    """When a job is due that somebody comes for at this time: the response, or the resolution after a first visit."""
    is_first = job.responded_at is None or job.responded_at >= at
    due: dt.datetime = job.response_due if is_first else job.resolution_due
    return due


def look_of(reading: Reading | None) -> ClockLook | None:
    """How a clock is to be looked at; None for one that does not run, or that nobody knows of."""
    if reading is None or reading.state is ClockState.STOPPED:
        return None
    if reading.state is ClockState.RUNNING:
        return ClockLook.WARNED if reading.elapsed_percent >= WARNED_PERCENT else ClockLook.RUNNING
    return ClockLook(reading.state.value)


def routes_of(session: Session, plan: Plan | None, *, with_path: bool = False) -> Sequence[PlannedRoute]:
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


def lanes_of(session: Session, day: dt.date, routes: Sequence[PlannedRoute], moved: Collection[int] = ()) -> list[Lane]:
    """
    One lane for everybody who was to work that day or has something to do, by code; who is absent is shown so.

    ``moved`` are the jobs on the routes that belong to another day by now.
    """
    visits = _visits_on(session, day)
    shifts = {shift.technician_id: shift for shift in workforce.shifts_of_day(session, day)}
    route_of = {route.technician_id: route for route in routes}
    jobs = [stop.job for route in routes for stop in route.stops if stop.job is not None]
    known = _Known(
        working={time.technician.id: time for time in workforce.working_times(session, day)},
        absences={one: found for (one, _), found in absences_touching(session, shifts.values()).items()},
        warehouses=_warehouses(session, routes),
        clocks=running_clocks(session, [*jobs, *(visit.job for visit in visits)]),
        pieces=_pieces(session, {job.id for job in jobs} | {visit.job_id for visit in visits}),
        moved=moved,
        frozen_until=_frozen_until(session),
    )
    busy = {*route_of, *(visit.technician_id for visit in visits)} - set(shifts)
    technicians = [shift.technician for shift in shifts.values()]
    if busy:
        technicians += session.scalars(sa.select(Technician).where(Technician.id.in_(busy)).options(raiseload("*")))
    visits_of = defaultdict(list)
    for visit in visits:
        visits_of[visit.technician_id].append(visit)
    return [
        _lane(one, route_of.get(one.id), visits_of[one.id], known)
        for one in sorted(technicians, key=lambda technician: technician.code)
    ]


def moved_elsewhere(session: Session, plans: Collection[Plan]) -> set[tuple[int, int]]:
    """Of each plan in force (by id) the jobs that the plan of another day has taken over since."""
    in_force = [plan.id for plan in plans if plan.state is PlanState.PUBLISHED]
    if not in_force:
        return set()
    rows = session.execute(
        sa.select(Plan.id, Visit.job_id)
        .join(Plan.routes)
        .join(PlannedRoute.stops)
        .join(Visit, Visit.job_id == PlannedStop.job_id)
        .where(Plan.id.in_(in_force), Visit.day != Plan.day, Visit.status == VisitStatus.DISPATCHED)
    )
    return {(plan_id, job_id) for plan_id, job_id in rows}


def absences_touching(session: Session, shifts: Collection[Shift]) -> dict[tuple[int, dt.date], list[Absence]]:
    """The absences that touch shifts, by technician and day."""
    if not shifts:
        return {}
    begins, ends = min(shift.starts_at for shift in shifts), max(shift.ends_at for shift in shifts)
    away: dict[int, list[Absence]] = defaultdict(list)
    for absence in workforce.absences_between(session, begins, ends):
        away[absence.technician_id].append(absence)
    touching = {
        (shift.technician_id, shift.day): [
            absence
            for absence in away[shift.technician_id]
            if absence.starts_at < shift.ends_at and absence.ends_at > shift.starts_at
        ]
        for shift in shifts
    }
    return {key: found for key, found in touching.items() if found}


def jobs_on(lanes: Iterable[Lane]) -> dict[int, Job]:
    """The jobs that somebody is to do or has done; one that a visit left unfinished is back in the queue."""
    return {stop.job.id: stop.job for lane in lanes for stop in lane.visits if stop.job and not stop.left_unfinished}


def went(visit: Visit | sa.Row[Any]) -> Went:
    """How a visit that somebody has set off for went so far."""
    set_off = visit.set_off_at or visit.planned_arrival
    arrives = visit.arrived_at or max(visit.planned_arrival, set_off)
    starts = visit.arrived_at or max(arrives, visit.planned_start)
    ends = visit.ended_at or starts + (visit.planned_end - visit.planned_start)
    return Went(arrives, starts, max(starts, ends), int((arrives - set_off).total_seconds()))


def is_stop_of(visit: Visit | sa.Row[Any], stop: PlannedStop | sa.Row[Any]) -> bool:
    """
    Whether a stop of the visit's technician and day is the one that was planned for it.

    A job that was left unfinished may come again on the same lane; the visit belongs to its own stop.
    """
    again = visit.status is VisitStatus.INCOMPLETE and stop.starts_at != visit.planned_start
    return bool(stop.job_id == visit.job_id and not again)


def unplanned_travel(begun: Iterable[Visit | sa.Row[Any]], stops: Sequence[PlannedStop | sa.Row[Any]]) -> int:
    """The seconds on the way to visits begun before the plan with these stops was made, which leaves them out."""
    return sum(went(visit).travel_seconds for visit in begun if not any(is_stop_of(visit, stop) for stop in stops))


def _frozen_until(session: Session) -> dt.datetime:
    """Up to which start a published visit is not moved any more; without a freeze horizon nothing is held."""
    freeze = read_planning_settings(session).freeze_minutes
    return clock.now() + dt.timedelta(minutes=freeze) if freeze else dt.datetime.min.replace(tzinfo=dt.UTC)


def _pieces(session: Session, job_ids: Collection[int]) -> dict[int, list[_Piece]]:
    """Where the pieces are that jobs still need, by job."""
    found: dict[int, list[_Piece]] = defaultdict(list)
    promised = sa.and_(JobPart.reservation_id == Reservation.id, Reservation.state == ReservationState.OPEN)
    rows = session.execute(
        sa.select(JobPart.job_id, Place.id.label("place_id"), Place.kind)
        .outerjoin(Reservation, promised)
        .outerjoin(Place, Reservation.place_id == Place.id)
        .where(JobPart.job_id.in_(job_ids), JobPart.used < JobPart.quantity)
    )
    for row in rows:
        found[row.job_id].append(_Piece(row.place_id, row.kind is PlaceKind.WAREHOUSE))
    return found


def _parts_state(pieces: Sequence[_Piece], technician: Technician) -> PartsState | None:
    if not pieces:
        return None
    if any(piece.place_id is None for piece in pieces):
        return PartsState.MISSING
    in_van = all(piece.place_id == technician.trunk_id for piece in pieces)
    return PartsState.IN_VAN if in_van else PartsState.TO_PICK


def _lane(technician: Technician, route: PlannedRoute | None, visits: Sequence[Visit], known: _Known) -> Lane:
    """What is planned, and what has begun already and is therefore in no later plan."""
    visit_of: dict[int | None, Visit] = {
        visit.job_id: visit for visit in visits if visit.status is not VisitStatus.INCOMPLETE
    }
    # A job that was left unfinished may come again on the same lane; the visit belongs to the stop it was planned for.
    failed_at: dict[tuple[int | None, dt.datetime], Visit] = {
        (visit.job_id, visit.planned_start): visit for visit in visits if visit.status is VisitStatus.INCOMPLETE
    }
    planned = [
        _planned_stop(stop, visit_of.get(stop.job_id) or failed_at.get((stop.job_id, stop.starts_at)), known)
        for stop in _standing_stops(route)
        if stop.job_id not in known.moved
    ]
    shown = {stop.visit.id for stop in planned if stop.visit is not None}
    begun = [_begun_stop(visit) for visit in visits if visit.id not in shown and visit.set_off_at is not None]
    stops = sorted([*begun, *planned], key=lambda stop: stop.starts_at)
    return Lane(
        technician=technician,
        shift=known.working.get(technician.id),
        departs_at=route.departs_at if route else None,
        returns_at=route.returns_at if route else None,
        travel_seconds=_travel_seconds(route, visits),
        stops=tuple(_with_signs(stop, technician, known) for stop in stops),
        absences=tuple(known.absences.get(technician.id, ())),
    )


def _travel_seconds(route: PlannedRoute | None, visits: Iterable[Visit]) -> int:
    planned, stops = (route.travel_seconds, route.stops) if route is not None else (0, [])
    return planned + unplanned_travel((visit for visit in visits if visit.set_off_at is not None), stops)


def _planned_stop(stop: PlannedStop, visit: Visit | None, known: _Known) -> LaneStop:
    if visit is not None and visit.set_off_at is not None:
        return _begun_stop(visit)
    return LaneStop(
        kind=stop.kind,
        arrives_at=stop.arrives_at,
        starts_at=stop.starts_at,
        ends_at=stop.leaves_at,
        job=stop.job,
        visit=visit,
        warehouse=known.warehouses.get(stop.warehouse_id) if stop.warehouse_id is not None else None,
    )


def _begun_stop(visit: Visit) -> LaneStop:
    arrives, starts, ends, _ = went(visit)
    return LaneStop(StopKind.VISIT, arrives, starts, ends, job=visit.job, visit=visit)


def _with_signs(stop: LaneStop, technician: Technician, known: _Known) -> LaneStop:
    """A stop with what bears on it besides the plan: the clock, the parts, the freeze horizon."""
    if stop.job is None:
        return stop
    waits = stop.visit is not None and stop.visit.status is VisitStatus.DISPATCHED
    return replace(
        stop,
        clock=look_of(known.clocks.get(stop.job.id)),
        parts=_parts_state(known.pieces.get(stop.job.id, ()), technician),
        is_frozen=waits and stop.visit is not None and stop.visit.planned_start <= known.frozen_until,
    )


def _standing_stops(route: PlannedRoute | None) -> list[PlannedStop]:
    """The stops of a route that still stand: a job that was cancelled since takes its stop along."""
    stops = route.stops if route is not None else []
    return [stop for stop in stops if stop.job is None or stop.job.status is not JobStatus.CANCELLED]


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
