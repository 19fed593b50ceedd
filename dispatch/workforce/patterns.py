"""
Weekly patterns, and the shifts that are made of them ahead of time.

A pattern holds from its first day until its last, or until another begins. Shifts are made for the next 28 days every
night and after every change; what a person wrote (``Shift.is_exception``) stays as it is.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.firm import read_firm
from customers.calendars import ServiceCalendar, WeeklyHours, holiday_country_named
from dispatch.models import Shift, Technician, WeeklyPattern
from dispatch.workforce.errors import (
    PatternBreakNowhere,
    PatternDayInParts,
    PatternInPast,
    PatternOutOfOrder,
    PatternsOverlap,
    PatternWithoutHours,
    TechnicianIsInactive,
    UnknownPattern,
)
from dispatch.workforce.shifts import Break, Hours, check_hours, fits, write_hours
from dispatch.workforce.technicians import lock_technician, note_change

DAYS_AHEAD = 28
FURTHEST = dt.timedelta(days=366)
_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Week:
    """
    A working week: hours by weekday, one span a day; the break may begin between two times of day.

    ``holidays`` is the two-letter country whose public holidays are free, None if they are worked.
    """

    valid_from: dt.date
    hours: WeeklyHours
    valid_until: dt.date | None = None
    break_minutes: int = 0
    break_earliest: dt.time | None = None
    break_latest: dt.time | None = None
    overtime_minutes: int = 0
    holidays: str | None = None


def set_week(
    session: Session, *, code: str, week: Week, version: int | None = None, actor_id: int | None
) -> WeeklyPattern:
    """
    Let a technician work by a weekly pattern, and make the shifts that follow from it.

    A pattern that begins on the same day is replaced. One that began earlier makes room: it ends the day before, and
    goes on afterwards if it lasts longer than the new one. One that begins later within its days is refused as
    PatternsOverlap.
    """
    technician = lock_technician(session, code, version=version)
    if not technician.active:
        raise TechnicianIsInactive(technician=technician.code)
    _check(technician, week, today=read_firm(session).today())
    known = patterns_of(session, technician)
    _make_room(session, technician, week, known)
    pattern = next((one for one in known if one.valid_from == week.valid_from), None)
    if pattern is None:
        pattern = WeeklyPattern(technician=technician, valid_from=week.valid_from)
        session.add(pattern)
    _write(pattern, week)
    # Shifts are made from what the database holds.
    session.flush()
    note_change(session, technician, actor_id=actor_id, since=week.valid_from)
    make_shifts(session, technicians=[technician])
    return pattern


def remove_week(
    session: Session, *, code: str, pattern_id: int, version: int | None = None, actor_id: int | None
) -> None:
    """Take a pattern away, with the shifts to come that were made of it."""
    technician = lock_technician(session, code, version=version)
    pattern = session.get(WeeklyPattern, pattern_id)
    if pattern is None or pattern.technician_id != technician.id:
        raise UnknownPattern(pattern_id=pattern_id)
    since = pattern.valid_from
    session.delete(pattern)
    _drop_shifts(session, pattern)
    note_change(session, technician, actor_id=actor_id, since=since)
    make_shifts(session, technicians=[technician])


def patterns_of(session: Session, technician: Technician) -> list[WeeklyPattern]:
    """The patterns of a technician by their first day."""
    return list(
        session.scalars(
            sa.select(WeeklyPattern)
            .where(WeeklyPattern.technician_id == technician.id)
            .order_by(WeeklyPattern.valid_from)
        )
    )


def make_shifts(session: Session, *, technicians: Iterable[Technician] | None = None, days: int = DAYS_AHEAD) -> int:
    """
    Bring the shifts of the next days into line with the patterns; returns how many were written, changed or removed.

    From today on, for these technicians or for all active ones. Exceptions stay, and who has no pattern at all is left
    alone. Run twice, it changes nothing.
    """
    first = read_firm(session).today()
    if technicians is None:
        technicians = session.scalars(sa.select(Technician).where(Technician.active).order_by(Technician.id)).all()
    people = list(technicians)
    ids = [technician.id for technician in people]
    patterns: dict[int, list[WeeklyPattern]] = {}
    for row in session.scalars(
        sa.select(WeeklyPattern).where(WeeklyPattern.technician_id.in_(ids)).order_by(WeeklyPattern.valid_from)
    ):
        patterns.setdefault(row.technician_id, []).append(row)
    last = first + (days - 1) * _DAY
    there = {
        (shift.technician_id, shift.day): shift
        for shift in session.scalars(
            sa.select(Shift).where(Shift.technician_id.in_(ids), Shift.day.between(first, last)).order_by(Shift.id)
        )
    }
    ahead = [first + number * _DAY for number in range(days)]
    return sum(
        _align(session, technician, day, patterns.get(technician.id, ()), there.get((technician.id, day)))
        for technician in people
        if technician.id in patterns
        for day in ahead
    )


def hours_on(technician: Technician, patterns: Sequence[WeeklyPattern], day: dt.date) -> Hours | None:
    """When a technician works on a day by their patterns; None on a free day. Patterns come in order."""
    pattern = next(
        (one for one in patterns if one.valid_from <= day and (one.valid_until is None or day <= one.valid_until)), None
    )
    if pattern is None:
        return None
    zone = ZoneInfo(technician.zone)
    calendar = ServiceCalendar(WeeklyHours.parse(pattern.hours), zone, pattern.holidays)
    windows = calendar.windows_on(day)
    if not windows:
        return None
    starts_at, ends_at = windows[0]
    return Hours(starts_at, ends_at, _break_on(pattern, day, zone, starts_at, ends_at), pattern.overtime_minutes * 60)


def _align(
    session: Session, technician: Technician, day: dt.date, patterns: Sequence[WeeklyPattern], shift: Shift | None
) -> bool:
    """Write, change or remove the shift of one day; tells whether anything had to be done."""
    if shift is not None and shift.is_exception:
        return False
    hours = hours_on(technician, patterns, day) if technician.active else None
    if hours is None:
        if shift is not None:
            session.delete(shift)
        return shift is not None
    if shift is not None and hours == _hours_of(shift):
        return False
    if shift is None:
        shift = Shift(technician=technician, day=day, is_exception=False, version=0)
        session.add(shift)
    write_hours(shift, hours)
    shift.version += 1
    return True


def _drop_shifts(session: Session, pattern: WeeklyPattern) -> None:
    """Take back the shifts to come that were made of a pattern."""
    first = max(pattern.valid_from, read_firm(session).today())
    for shift in session.scalars(
        sa.select(Shift).where(
            Shift.technician_id == pattern.technician_id,
            Shift.is_exception.is_(False),
            Shift.day.between(first, pattern.valid_until or dt.date.max),
        )
    ):
        session.delete(shift)
    # What is made next looks at the rows that are left.
    session.flush()


def _hours_of(shift: Shift) -> Hours:
    rest = None
    if shift.break_seconds and shift.break_earliest is not None and shift.break_latest is not None:
        rest = Break(shift.break_seconds, shift.break_earliest, shift.break_latest)
    return Hours(shift.starts_at, shift.ends_at, rest, shift.overtime_seconds)


def _break_on(
    pattern: WeeklyPattern | Week, day: dt.date, zone: ZoneInfo, starts_at: dt.datetime, ends_at: dt.datetime
) -> Break | None:
    """The break of the week on a day; None where it does not fit, as on a short Saturday."""
    if not pattern.break_minutes or pattern.break_earliest is None or pattern.break_latest is None:
        return None
    earliest, latest = (
        dt.datetime.combine(day, _time(time), zone).astimezone(dt.UTC)
        for time in (pattern.break_earliest, pattern.break_latest)
    )
    rest = Break(pattern.break_minutes * 60, earliest, latest)
    return rest if fits(rest, starts_at, ends_at) else None


def _time(time: dt.time | str) -> dt.time:
    return dt.time.fromisoformat(time) if isinstance(time, str) else time


def _write(pattern: WeeklyPattern, week: Week) -> None:
    pattern.valid_until = week.valid_until
    pattern.hours = week.hours.as_json()
    pattern.break_minutes = week.break_minutes
    pattern.break_earliest, pattern.break_latest = (
        time.strftime("%H:%M") if time is not None and week.break_minutes else None
        for time in (week.break_earliest, week.break_latest)
    )
    pattern.overtime_minutes = week.overtime_minutes
    pattern.holidays = week.holidays


def _check(technician: Technician, week: Week, *, today: dt.date) -> None:
    if not today - FURTHEST <= week.valid_from <= today + FURTHEST:
        raise PatternInPast(first=week.valid_from.isoformat())
    if week.valid_until is not None and week.valid_until < week.valid_from:
        raise PatternOutOfOrder(first=week.valid_from.isoformat(), last=week.valid_until.isoformat())
    if week.hours.is_never_open():
        raise PatternWithoutHours
    for weekday, spans in week.hours.as_json().items():
        if len(spans) > 1:
            raise PatternDayInParts(weekday=weekday, hours=", ".join("-".join(span) for span in spans))
    if week.holidays is not None:
        holiday_country_named(week.holidays)
    _check_days(technician, week)


def _check_days(technician: Technician, week: Week) -> None:
    """Refuse hours or a break that fit no shift; looked at in a week without a change of the clocks."""
    zone = ZoneInfo("UTC")
    monday = dt.date(2026, 1, 5)
    has_break = False
    for number in range(7):
        for starts_at, ends_at in week.hours.windows_on(monday + number * _DAY, zone):
            check_hours(technician, Hours(starts_at, ends_at, None, week.overtime_minutes * 60))
            has_break = has_break or _break_on(week, monday + number * _DAY, zone, starts_at, ends_at) is not None
    if week.break_minutes and not has_break:
        raise PatternBreakNowhere(
            minutes=week.break_minutes, earliest=_told(week.break_earliest), latest=_told(week.break_latest)
        )


def _told(time: dt.time | None) -> str:
    return "-" if time is None else time.strftime("%H:%M")


def _make_room(session: Session, technician: Technician, week: Week, known: Sequence[WeeklyPattern]) -> None:
    """Interrupt the pattern that began earlier; refuse the new one if another begins on one of its days."""
    last = week.valid_until or dt.date.max
    for pattern in known:
        ends = pattern.valid_until or dt.date.max
        if week.valid_from < pattern.valid_from <= last:
            raise PatternsOverlap(
                technician=technician.code,
                first=pattern.valid_from.isoformat(),
                last=pattern.valid_until.isoformat() if pattern.valid_until else "…",
            )
        if pattern.valid_from < week.valid_from <= ends:
            if last < ends:
                session.add(_continued(pattern, last + _DAY))
            pattern.valid_until = week.valid_from - _DAY


def _continued(pattern: WeeklyPattern, since: dt.date) -> WeeklyPattern:
    """The same week up to its end, from a later day on."""
    return WeeklyPattern(
        technician_id=pattern.technician_id,
        valid_from=since,
        valid_until=pattern.valid_until,
        hours=dict(pattern.hours),
        break_minutes=pattern.break_minutes,
        break_earliest=pattern.break_earliest,
        break_latest=pattern.break_latest,
        overtime_minutes=pattern.overtime_minutes,
        holidays=pattern.holidays,
    )
