"""
The days on which technicians work.

A shift comes from the weekly pattern or from a person. What a person wrote is an exception, which no pattern overrules:
another time, an extra day. A day off is an absence.
"""

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from core.firm import read_firm
from dispatch.models import Shift, Technician
from dispatch.workforce.errors import (
    BreakOutsideShift,
    DayIsOver,
    OvertimeTooLong,
    ShiftChanged,
    ShiftExists,
    ShiftOutOfOrder,
    ShiftTooLong,
    TechnicianIsInactive,
)

LONGEST = dt.timedelta(hours=16)
MOST_OVERTIME = dt.timedelta(hours=6)


@dataclass(frozen=True)
class Break:
    """A break of so many seconds that starts somewhere between two times."""

    seconds: int
    earliest: dt.datetime
    latest: dt.datetime


@dataclass(frozen=True)
class Hours:
    """When somebody works on a day: from, until, the break, and the overtime that is allowed."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    rest: Break | None = None
    overtime_seconds: int = 0


def add_shift(
    session: Session,
    technician: Technician,
    *,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    rest: Break | None = None,
    overtime_seconds: int = 0,
) -> Shift:
    """
    Add the working time of a technician for the day on which it starts in the technician's zone, whatever the pattern.

    Refused are a shift that ends before it starts, a break that can fall outside it, and a second shift on the day.
    """
    hours = Hours(starts_at, ends_at, rest, overtime_seconds)
    day = check_hours(technician, hours)
    if shift_of(session, technician, day) is not None:
        raise ShiftExists(technician=technician.code, day=day.isoformat())
    shift = Shift(technician=technician, day=day, is_exception=True, version=1)
    write_hours(shift, hours)
    session.add(shift)
    return shift


def put_shift(session: Session, technician: Technician, hours: Hours, *, version: int | None = None) -> Shift:
    """
    Set by hand when a technician works on a day, whatever the pattern says and whether there was a shift or not.

    ``version`` is that of the shift as it was seen, 0 if there was none; None not to ask. Raises DayIsOver,
    ShiftChanged and what ``add_shift`` refuses.
    """
    if not technician.active:
        raise TechnicianIsInactive(technician=technician.code)
    day = check_hours(technician, hours)
    if day < read_firm(session).today():
        raise DayIsOver(day=day.isoformat())
    return write_shift(session, technician, hours, version=version)


def write_shift(session: Session, technician: Technician, hours: Hours, *, version: int | None = None) -> Shift:
    """Write the hours of a day by hand, whether it is over or not, as files of a firm's past bring them."""
    day = check_hours(technician, hours)
    shift = session.scalar(
        sa.select(Shift)
        .where(Shift.technician_id == technician.id, Shift.day == day)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if version is not None and version != (shift.version if shift else 0):
        raise ShiftChanged(technician=technician.code, day=day.isoformat())
    if shift is None:
        shift = Shift(technician=technician, day=day, version=0)
        session.add(shift)
    write_hours(shift, hours)
    shift.is_exception = True
    shift.version += 1
    return shift


def hand_back_to_pattern(session: Session, technician: Technician, day: dt.date) -> None:
    """Give up what a person wrote for a day; whoever calls makes shifts from the pattern next."""
    shift = shift_of(session, technician, day)
    if shift is not None and shift.is_exception:
        shift.is_exception = False
        shift.version += 1


def write_hours(shift: Shift, hours: Hours) -> None:
    """Write checked hours into a shift."""
    shift.starts_at, shift.ends_at = hours.starts_at, hours.ends_at
    shift.overtime_seconds = hours.overtime_seconds
    rest = hours.rest
    shift.break_seconds = rest.seconds if rest else 0
    shift.break_earliest, shift.break_latest = (rest.earliest, rest.latest) if rest else (None, None)


def check_hours(technician: Technician, hours: Hours) -> dt.date:
    """Refuse working hours that cannot be; returns the day they belong to where the technician lives."""
    zone = ZoneInfo(technician.zone)
    starts_at, ends_at, rest = hours.starts_at, hours.ends_at, hours.rest
    day = starts_at.astimezone(zone).date()
    facts = {
        "technician": technician.code,
        "day": day.isoformat(),
        "starts": _local_time(starts_at, zone),
        "ends": _local_time(ends_at, zone),
    }
    if ends_at <= starts_at:
        raise ShiftOutOfOrder(**facts)
    if ends_at - starts_at > LONGEST:
        raise ShiftTooLong(
            **facts, hours=(ends_at - starts_at) // dt.timedelta(hours=1), most=LONGEST // dt.timedelta(hours=1)
        )
    if not 0 <= hours.overtime_seconds <= MOST_OVERTIME.total_seconds():
        raise OvertimeTooLong(minutes=hours.overtime_seconds // 60, most=MOST_OVERTIME // dt.timedelta(minutes=1))
    if rest is not None and not fits(rest, starts_at, ends_at):
        raise BreakOutsideShift(
            **facts,
            minutes=rest.seconds // 60,
            earliest=_local_time(rest.earliest, zone),
            latest=_local_time(rest.latest, zone),
        )
    return day


def fits(rest: Break, starts_at: dt.datetime, ends_at: dt.datetime) -> bool:
    """Whether the break lies within the shift however late it starts."""
    latest_end = rest.latest + dt.timedelta(seconds=rest.seconds)
    return rest.seconds > 0 and starts_at <= rest.earliest <= rest.latest and latest_end <= ends_at


def shift_of(session: Session, technician: Technician, day: dt.date) -> Shift | None:
    """Return the shift of a technician on a day, absences left aside, or None on a day off."""
    return session.scalar(sa.select(Shift).where(Shift.technician_id == technician.id, Shift.day == day))


def shifts_of_day(session: Session, day: dt.date) -> list[Shift]:
    """Return the shifts of a day, absences left aside, by technician's code, with technicians, skills and trunks."""
    return list(
        session.scalars(
            sa.select(Shift)
            .join(Shift.technician)
            .where(Shift.day == day, Technician.active)
            .options(
                joinedload(Shift.technician).options(selectinload(Technician.skills), joinedload(Technician.trunk))
            )
            .order_by(Technician.code)
        )
    )


def _local_time(at: dt.datetime, zone: ZoneInfo) -> str:
    return at.astimezone(zone).strftime("%H:%M")
