"""Reads for the pages about technicians: everybody today, and one of them with the weeks to come."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from core import clock
from core.accounts import names_of
from core.firm import read_firm
from dispatch.models import (
    Absence,
    CustomerPreference,
    Shift,
    Technician,
    TechnicianSkill,
    Visit,
    WeeklyPattern,
)
from dispatch.models.visits import UNDER_WAY, VisitStatus
from dispatch.workforce.absences import absences_between, absences_of
from dispatch.workforce.changes import work_ahead
from dispatch.workforce.errors import UnknownTechnician
from dispatch.workforce.patterns import DAYS_AHEAD, patterns_of
from dispatch.workforce.preferences import preferences_of
from dispatch.workforce.technicians import expiring_skills
from dispatch.workforce.working_time import WorkingTime, left_of, working_times

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class RosterRow:
    """A technician as today finds them; ``working`` is None on a free day."""

    technician: Technician
    working: WorkingTime | None
    absence: Absence | None
    under_way: Visit | None
    visits: int
    done: int


@dataclass(frozen=True)
class Roster:
    """Everybody, and the certificates that end soon or have ended."""

    rows: Sequence[RosterRow]
    expiring: Sequence[TechnicianSkill]
    today: dt.date


@dataclass(frozen=True)
class DayRow:
    """One day of a technician: the shift as it was made, what absences leave of it, and those absences."""

    day: dt.date
    shift: Shift | None
    working: WorkingTime | None
    absences: Sequence[Absence]
    visits: int


@dataclass(frozen=True)
class TechnicianDetail:
    """One technician with everything that bears on when and where they work."""

    technician: Technician
    days: Sequence[DayRow]
    patterns: Sequence[WeeklyPattern]
    absences: Sequence[Absence]
    preferences: Sequence[CustomerPreference]
    ahead: Sequence[Visit]
    people: dict[int, str]
    today: dt.date


def roster(session: Session) -> Roster:
    """Return all technicians by code, those who left last, as today finds them."""
    today = read_firm(session).today()
    people = session.scalars(
        sa.select(Technician)
        .options(selectinload(Technician.skills), selectinload(Technician.territories), joinedload(Technician.partner))
        .order_by(Technician.active.desc(), Technician.code)
    ).all()
    working = {time.technician.id: time for time in working_times(session, today)}
    now = clock.now()
    absent = {one.technician_id: one for one in absences_between(session, now, now + dt.timedelta(seconds=1))}
    visits = session.scalars(
        sa.select(Visit)
        .where(Visit.day == today, Visit.status != VisitStatus.WITHDRAWN)
        .options(joinedload(Visit.job))
        .order_by(Visit.position)
    ).all()
    planned = Counter(visit.technician_id for visit in visits)
    done = Counter(visit.technician_id for visit in visits if visit.ended_at is not None)
    under_way = {visit.technician_id: visit for visit in visits if visit.status in UNDER_WAY}
    rows = [
        RosterRow(
            technician=one,
            working=working.get(one.id),
            absence=absent.get(one.id),
            under_way=under_way.get(one.id),
            visits=planned[one.id],
            done=done[one.id],
        )
        for one in people
    ]
    return Roster(rows, expiring_skills(session, today=today), today)


def technician_detail(session: Session, code: str) -> TechnicianDetail:
    """Return one technician with the next four weeks; raises UnknownTechnician."""
    technician = session.scalar(
        sa.select(Technician)
        .where(Technician.code == code)
        .options(selectinload(Technician.skills), selectinload(Technician.territories), joinedload(Technician.partner))
    )
    if technician is None:
        raise UnknownTechnician(technician=code)
    today = read_firm(session).today()
    absences = absences_of(session, technician, since=clock.now() - DAYS_AHEAD * _DAY)
    ahead = work_ahead(session, technician, today=today)
    people = {technician.changed_by_id, *(absence.noted_by_id for absence in absences)}
    return TechnicianDetail(
        technician=technician,
        days=week_days(session, technician, today, DAYS_AHEAD),
        patterns=patterns_of(session, technician),
        absences=absences,
        preferences=preferences_of(session, technician),
        ahead=ahead,
        people=names_of(session, {one for one in people if one is not None}),
        today=today,
    )


def week_days(session: Session, technician: Technician, first: dt.date, count: int) -> list[DayRow]:
    """Return so many days of a technician from the first on, free ones included."""
    last = first + (count - 1) * _DAY
    shifts = {
        shift.day: shift
        for shift in session.scalars(
            sa.select(Shift).where(Shift.technician_id == technician.id, Shift.day.between(first, last))
        )
    }
    zone = ZoneInfo(technician.zone)
    begins, ends = (dt.datetime.combine(day, dt.time(), zone) for day in (first, last + _DAY))
    absences = absences_between(session, begins, ends, technician_ids=[technician.id])
    visits = Counter(
        session.scalars(
            sa.select(Visit.day).where(
                Visit.technician_id == technician.id,
                Visit.day.between(first, last),
                Visit.status != VisitStatus.WITHDRAWN,
            )
        )
    )
    days = (first + number * _DAY for number in range(count))
    return [_day_row(day, zone, shifts.get(day), absences, visits[day]) for day in days]


def _day_row(day: dt.date, zone: ZoneInfo, shift: Shift | None, absences: Sequence[Absence], visits: int) -> DayRow:
    begins, ends = (dt.datetime.combine(midnight, dt.time(), zone) for midnight in (day, day + _DAY))
    on_day = [one for one in absences if one.starts_at < ends and one.ends_at > begins]
    working = left_of(shift, [(one.starts_at, one.ends_at) for one in absences]) if shift is not None else None
    return DayRow(day, shift, working, on_day, visits)
