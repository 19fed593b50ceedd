"""What is left of everybody's working time on a day, as the planner is told it."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from customers.calendars import Interval
from dispatch.models import Partner, Plan, PlannedRoute, PlannedStop
from dispatch.models.plans import StopKind
from dispatch.whereabouts import told_late, whereabouts
from dispatch.workforce import Break, WorkingTime, skills_on, working_times
from routing.travel import Point

# A plan made at 10:02:17 lets nobody depart before 10:05, when it can have been read and published.
DEPARTURE_STEP = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class Rates:
    """What a partner firm charges for a technician, instead of what one of our own costs."""

    shift_cents: int
    travel_cents_per_hour: int
    work_cents_per_hour: int

    @classmethod
    def of(cls, partner: Partner | None) -> "Rates | None":
        """The rates of a partner firm; None for one of our own."""
        if partner is None:
            return None
        return cls(partner.shift_cents, partner.travel_cents_per_hour, partner.work_cents_per_hour)


@dataclass(frozen=True)
class ShiftToPlan:
    """
    What is left of a technician's day, with the pieces of the trunk that the jobs to plan may use.

    ``away`` are absences in the middle of it. ``rates`` is None for technicians of our own.
    """

    day: dt.date
    version: int
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
    trunk: Mapping[int, int]
    away: tuple[Interval, ...] = ()
    rates: Rates | None = None

    @property
    def id(self) -> str:
        """What the problem calls it: somebody has a shift on each day of a horizon."""
        return f"{self.technician}/{self.day.isoformat()}"


def crew_of_day(
    session: Session, day: dt.date, now: dt.datetime, free: Mapping[int, Counter[int]]
) -> list[ShiftToPlan]:
    """Everybody who still works on a day, from where they are and when they are free; ``free`` are pieces by place."""
    times = working_times(session, day)
    places, late = whereabouts(session, day, now), told_late(session, day)
    rested = _ends_of_breaks(session, day, now, {time.technician.id: time.shift.break_seconds for time in times})
    found = []
    for time in times:
        technician = time.technician
        here, free_from = places.get(technician.id, (Point(technician.home_lat, technician.home_lon), now))
        free_from = max(free_from, rested.get(technician.id, now), late.get(technician.id, now))
        starts_at = _start(time, free_from)
        if starts_at < time.ends_at:
            rest = None if technician.id in rested else _break_to_come(time.rest, starts_at)
            found.append(_shift(time, starts_at, here, rest, free))
    return found


def _shift(
    time: WorkingTime, starts_at: dt.datetime, here: Point, rest: Break | None, free: Mapping[int, Counter[int]]
) -> ShiftToPlan:
    technician = time.technician
    return ShiftToPlan(
        day=time.day,
        version=time.shift.version,
        technician_id=technician.id,
        technician=technician.code,
        trunk_id=technician.trunk_id,
        start_point=here,
        end_point=Point(technician.home_lat, technician.home_lon),
        starts_at=starts_at,
        ends_at=time.ends_at,
        break_seconds=rest.seconds if rest else 0,
        break_window=(rest.earliest, rest.latest) if rest else None,
        overtime_seconds=time.overtime_seconds,
        skills=skills_on(technician, time.day),
        trunk=dict(free.get(technician.trunk_id, {})),
        away=tuple((begins, ends) for begins, ends in time.away if begins > starts_at),
        rates=Rates.of(technician.partner),
    )


def _start(time: WorkingTime, free_from: dt.datetime) -> dt.datetime:
    """When somebody can depart: not before the working time, not while busy, and not while away."""
    starts_at = max(time.starts_at, _next_step(free_from) if free_from > time.starts_at else time.starts_at)
    for begins, ends in time.away:
        if begins <= starts_at < ends:
            starts_at = ends
    return starts_at


def _break_to_come(rest: Break | None, starts_at: dt.datetime) -> Break | None:
    """What is left of the window in which a break begins; None if there is none, or none any more."""
    if rest is None or rest.latest < starts_at:
        return None
    return Break(rest.seconds, max(rest.earliest, starts_at), rest.latest)


def _ends_of_breaks(
    session: Session, day: dt.date, now: dt.datetime, lengths: Mapping[int, int]
) -> dict[int, dt.datetime]:
    """
    When the breaks end that have begun, by technician; ``lengths`` tells them from absences, which plans keep free too.

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
        seconds = (rest.leaves_at - rest.starts_at).total_seconds()
        if in_force and in_force[-1] == rest.plan_id and seconds == lengths.get(rest.technician_id):
            ends[rest.technician_id] = rest.leaves_at
    return ends


def _next_step(moment: dt.datetime) -> dt.datetime:
    past = (moment - dt.datetime.min.replace(tzinfo=dt.UTC)) % DEPARTURE_STEP
    return moment if not past else moment - past + DEPARTURE_STEP
