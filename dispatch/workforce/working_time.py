"""
When somebody really works: the shift less the absences.

Shifts stay as they are while absences come and go; every reader that asks who works when asks here, so that a withdrawn
absence brings the time back by itself.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from customers.calendars import Interval
from dispatch.models import Absence, Shift, Technician
from dispatch.workforce.shifts import Break


@dataclass(frozen=True)
class WorkingTime:
    """
    What is left of a shift once absences are taken out.

    ``away`` are absences that begin and end within it; the technician goes on afterwards. ``rest`` keeps clear of them,
    and is None if there is none or no room is left for it.
    """

    shift: Shift
    starts_at: dt.datetime
    ends_at: dt.datetime
    rest: Break | None
    overtime_seconds: int
    away: tuple[Interval, ...] = ()

    @property
    def technician(self) -> Technician:
        return self.shift.technician

    @property
    def day(self) -> dt.date:
        return self.shift.day


def left_of(shift: Shift, absences: Iterable[Interval]) -> WorkingTime | None:
    """
    Take absences out of a shift; None if nothing is left.

    1. An absence over the start lets the technician begin when it ends, one over the end lets them stop when it begins.
    2. Overtime goes as far as the next absence, and none is left once the end itself is cut.
    3. The break keeps the longest part of its window that is free; if none is, it falls into the absence.
    """
    starts_at, ends_at = shift.starts_at, shift.ends_at
    overtime = dt.timedelta(seconds=shift.overtime_seconds)
    away: list[Interval] = []
    for begins, ends in _merged(absences):
        if ends <= starts_at or begins >= ends_at + overtime:
            continue
        if begins <= starts_at:
            starts_at = ends
        elif ends >= ends_at:
            overtime = max(begins - ends_at, dt.timedelta(0))
            ends_at = min(begins, ends_at)
        else:
            away.append((begins, ends))
    if starts_at >= ends_at:
        return None
    return WorkingTime(
        shift=shift,
        starts_at=starts_at,
        ends_at=ends_at,
        rest=_rest(shift, starts_at, ends_at, away),
        overtime_seconds=int(overtime.total_seconds()),
        away=tuple(away),
    )


def working_times(
    session: Session, first: dt.date, last: dt.date | None = None, *, technician_ids: Collection[int] | None = None
) -> list[WorkingTime]:
    """
    Return who works when, from the first to the last day (the first alone if None), by day and technician's code.

    Technicians come with skills, territories, trunks and partners.
    """
    query = (
        sa.select(Shift)
        .join(Shift.technician)
        .where(Shift.day.between(first, last or first), Technician.active)
        .options(
            joinedload(Shift.technician).options(
                selectinload(Technician.skills),
                selectinload(Technician.territories),
                joinedload(Technician.trunk),
                joinedload(Technician.partner),
            )
        )
        .order_by(Shift.day, Technician.code)
    )
    if technician_ids is not None:
        query = query.where(Shift.technician_id.in_(technician_ids))
    shifts = session.scalars(query).all()
    away = spans_of_absence(session, shifts)
    found = (left_of(shift, away.get(shift.technician_id, ())) for shift in shifts)
    return [one for one in found if one is not None]


def working_time_of(session: Session, technician: Technician, day: dt.date) -> WorkingTime | None:
    """Return when a technician works on a day, or None if they do not."""
    return next(iter(working_times(session, day, technician_ids=[technician.id])), None)


def spans_of_absence(session: Session, shifts: Sequence[Shift]) -> dict[int, list[Interval]]:
    """When the technicians of some shifts are absent while those last, by the id of the technician."""
    if not shifts:
        return {}
    latest = max(shift.ends_at + dt.timedelta(seconds=shift.overtime_seconds) for shift in shifts)
    rows = session.execute(
        sa.select(Absence.technician_id, Absence.starts_at, Absence.ends_at).where(
            Absence.withdrawn_at.is_(None),
            Absence.technician_id.in_({shift.technician_id for shift in shifts}),
            Absence.starts_at < latest,
            Absence.ends_at > min(shift.starts_at for shift in shifts),
        )
    )
    spans: dict[int, list[Interval]] = {}
    for row in rows:
        spans.setdefault(row.technician_id, []).append((row.starts_at, row.ends_at))
    return spans


def _rest(shift: Shift, starts_at: dt.datetime, ends_at: dt.datetime, away: Sequence[Interval]) -> Break | None:
    """The longest part of the break's window in which it can begin."""
    if not shift.break_seconds or shift.break_earliest is None or shift.break_latest is None:
        return None
    length = dt.timedelta(seconds=shift.break_seconds)
    windows = [(max(shift.break_earliest, starts_at), min(shift.break_latest, ends_at - length))]
    for begins, ends in away:
        windows = [
            part for low, high in windows for part in ((low, min(high, begins - length)), (max(low, ends), high))
        ]
    free = [(low, high) for low, high in windows if low <= high]
    if not free:
        return None
    low, high = max(free, key=lambda window: window[1] - window[0])
    return Break(shift.break_seconds, low, high)


def _merged(spans: Iterable[Interval]) -> list[Interval]:
    """The same times in order, those that touch put together."""
    merged: list[Interval] = []
    for begins, ends in sorted(spans):
        if merged and begins <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], ends))
        else:
            merged.append((begins, ends))
    return merged
