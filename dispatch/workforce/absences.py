"""
When technicians do not work: sick, on leave, in training, a day off.

An absence takes its time out of the working time wherever that is asked for (``working_time``); shifts stay as they
are, so a withdrawn absence brings the time back.
"""

import datetime as dt
from collections.abc import Collection
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from dispatch.models import Absence, Technician
from dispatch.models.workforce import AbsenceReason
from dispatch.workforce.errors import (
    AbsenceExists,
    AbsenceIsOver,
    AbsenceOutOfOrder,
    AbsenceTooLong,
    AbsenceWithdrawn,
    UnknownAbsence,
    UnknownTechnician,
)
from dispatch.workforce.technicians import lock_technician, note_change

LONGEST = dt.timedelta(days=366)
NOTE_LENGTH = 300


def note_absence(
    session: Session,
    *,
    technician_id: int,
    starts_at: dt.datetime,
    ends_at: dt.datetime,
    reason: AbsenceReason,
    note: str = "",
    actor_id: int | None,
) -> Absence:
    """
    Write down that a technician does not work for a while, which may be hours or months.

    Plans made before notice it. Visits that are published stay: whoever repairs the day moves them. Raises
    AbsenceOutOfOrder, AbsenceIsOver, AbsenceTooLong, and AbsenceExists if another absence covers it already.
    """
    code = session.scalar(sa.select(Technician.code).where(Technician.id == technician_id))
    if code is None:
        raise UnknownTechnician(technician=technician_id)
    technician = lock_technician(session, code)
    zone = ZoneInfo(technician.zone)
    _check(starts_at, ends_at, zone)
    covering = session.scalar(
        sa.select(Absence).where(
            Absence.technician_id == technician.id,
            Absence.withdrawn_at.is_(None),
            Absence.starts_at <= starts_at,
            Absence.ends_at >= ends_at,
        )
    )
    if covering is not None:
        raise AbsenceExists(
            technician=technician.code, starts=_told(covering.starts_at, zone), ends=_told(covering.ends_at, zone)
        )
    absence = Absence(
        technician=technician,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
        note=note.strip()[:NOTE_LENGTH],
        noted_at=clock.now(),
        noted_by_id=actor_id,
    )
    session.add(absence)
    # Callers keep the id.
    session.flush()
    note_change(session, technician, actor_id=actor_id, since=starts_at.astimezone(zone).date())
    return absence


def give_day_off(session: Session, *, technician: Technician, day: dt.date, actor_id: int | None) -> Absence:
    """Make a day free for a technician, whatever the pattern says."""
    zone = ZoneInfo(technician.zone)
    midnight, next_midnight = (
        dt.datetime.combine(day + dt.timedelta(days=later), dt.time(), zone).astimezone(dt.UTC) for later in (0, 1)
    )
    return note_absence(
        session,
        technician_id=technician.id,
        starts_at=midnight,
        ends_at=next_midnight,
        reason=AbsenceReason.DAY_OFF,
        actor_id=actor_id,
    )


def withdraw_absence(session: Session, *, absence_id: int, actor_id: int | None) -> Absence:
    """Take an absence back: the technician works after all. It stays in the list as withdrawn."""
    absence = session.get(Absence, absence_id, options=[joinedload(Absence.technician)])
    if absence is None:
        raise UnknownAbsence(absence_id=absence_id)
    # Whoever changes anything about a technician holds their row first.
    technician = lock_technician(session, absence.technician.code)
    session.refresh(absence, ["withdrawn_at"])
    zone = ZoneInfo(technician.zone)
    if absence.withdrawn_at is not None:
        raise AbsenceWithdrawn(technician=technician.code, at=_told(absence.withdrawn_at, zone))
    if absence.ends_at <= clock.now():
        raise AbsenceIsOver(ends=_told(absence.ends_at, zone), now=_told(clock.now(), zone))
    absence.withdrawn_at = clock.now()
    note_change(session, technician, actor_id=actor_id, since=absence.starts_at.astimezone(zone).date())
    return absence


def absences_of(session: Session, technician: Technician, *, since: dt.datetime) -> list[Absence]:
    """The absences of a technician that end after a moment, withdrawn ones too, in order."""
    return list(
        session.scalars(
            sa.select(Absence)
            .where(Absence.technician_id == technician.id, Absence.ends_at > since)
            .order_by(Absence.starts_at, Absence.id)
        )
    )


def absences_between(
    session: Session, starts_at: dt.datetime, ends_at: dt.datetime, *, technician_ids: Collection[int] | None = None
) -> list[Absence]:
    """The absences that touch a span of time, with their technicians, in order; withdrawn ones are left aside."""
    query = (
        sa.select(Absence)
        .where(Absence.withdrawn_at.is_(None), Absence.starts_at < ends_at, Absence.ends_at > starts_at)
        .options(joinedload(Absence.technician))
        .order_by(Absence.starts_at, Absence.id)
    )
    if technician_ids is not None:
        query = query.where(Absence.technician_id.in_(technician_ids))
    return list(session.scalars(query))


def _check(starts_at: dt.datetime, ends_at: dt.datetime, zone: ZoneInfo) -> None:
    now = clock.now()
    facts = {"starts": _told(starts_at, zone), "ends": _told(ends_at, zone)}
    if ends_at <= starts_at:
        raise AbsenceOutOfOrder(**facts)
    if ends_at <= now:
        raise AbsenceIsOver(ends=facts["ends"], now=_told(now, zone))
    if ends_at - starts_at > LONGEST or abs(starts_at - now) > LONGEST:
        raise AbsenceTooLong(**facts, days=LONGEST.days)


def _told(at: dt.datetime, zone: ZoneInfo) -> str:
    # Dates at the edge of the calendar cannot be told in another zone.
    return (at if at.year in (1, 9999) else at.astimezone(zone)).strftime("%Y-%m-%d %H:%M")
