"""
Tying a job to a technician, to an exact start, to both, or to a window of the start, for a reason.

A pin that contradicts what is known is refused with the facts. What becomes impossible later (somebody falls ill)
is named before planning and in the plan that leaves the job out; a pin is never loosened by itself.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from customers.calendars import Interval, WeeklyHours
from dispatch.jobs import count_up, lock_job, record_fact, refuse_changed
from dispatch.lifecycle import FINAL, refuse
from dispatch.models import Job, Pin, Shift, Technician
from dispatch.models.jobs import JobStatus
from dispatch.planning import errors
from dispatch.workforce import (
    Welcome,
    WorkingTime,
    absences_between,
    lacking_skills,
    read_welcome,
    skills_on,
    working_time_of,
)

REASON_LENGTH = 300
UNDER_WAY = frozenset({JobStatus.EN_ROUTE, JobStatus.ON_SITE})


@dataclass(frozen=True, kw_only=True)
class NewPin:
    """What a job is tied to; what is None stays free. A start and a window exclude each other."""

    technician_id: int | None = None
    starts_at: dt.datetime | None = None
    window: Interval | None = None

    @property
    def span(self) -> Interval | None:
        """Between when the work may begin; None if any time will do."""
        return (self.starts_at, self.starts_at) if self.starts_at is not None else self.window


def pin_job(
    session: Session, *, job_id: int, to: NewPin, reason: str, actor_id: int | None, version: int | None = None
) -> Pin:
    """
    Tie a job; a pin that it has already is replaced.

    Raises
    ------
    PinSaysNothing, PinReasonMissing, PinInPast, PinContradicts
        If nothing is tied, nobody says why, the time is over, or technician, skills, absences, shift, opening hours or
        promise stand against it.
    JobChanged
        If ``version`` is given and the job is another by now.
    """
    job = lock_job(session, job_id)
    refuse_changed(session, job, version)
    if job.status in FINAL | UNDER_WAY:
        refuse(job.status, "pin", number=job.number)
    _check_form(job, to, reason)
    for contradiction in contradictions(session, job, to):
        raise contradiction
    facts = {"pin": [_told(session, job.pin), _told_new(session, to)]}
    job.pin = _filled(job.pin or Pin(), to, reason, actor_id)
    count_up(job)
    record_fact(session, job, "pin", actor_id=actor_id, note=reason.strip(), facts=facts)
    return job.pin


def unpin_job(session: Session, *, job_id: int, actor_id: int | None, version: int | None = None) -> Job:
    """Let planning move a job again; nothing happens if it is not tied."""
    job = lock_job(session, job_id)
    refuse_changed(session, job, version)
    if job.pin is not None:
        facts = {"pin": [_told(session, job.pin), None]}
        job.pin = None
        count_up(job)
        record_fact(session, job, "unpin", actor_id=actor_id, facts=facts)
    return job


def as_new(pin: Pin) -> NewPin:
    """A pin as it was asked for."""
    window = (pin.window_start, pin.window_end) if pin.window_start and pin.window_end else None
    return NewPin(technician_id=pin.technician_id, starts_at=pin.starts_at, window=window)


def contradictions(
    session: Session, job: Job, to: NewPin, welcome: Welcome | None = None
) -> Iterator[errors.PinContradicts]:
    """
    What stands against a pin, each with its facts; nothing if it can be kept.

    Whoever asks about many jobs reads once who is ``welcome`` where.
    """
    yield from _against_site(job, to)
    if to.technician_id is None:
        return
    technician = session.get(Technician, to.technician_id)
    if technician is None or not technician.active:
        yield errors.PinnedTechnicianGone(number=job.number, technician=technician.name if technician else "?")
        return
    facts = {"number": job.number, "technician": technician.name}
    welcome = welcome or read_welcome(session)
    if welcome.obstacle(technician.id, job.site) is not None:
        yield errors.PinnedTechnicianUnwelcome(**facts, site=job.site.name)
    yield from _against_skills(job, technician, _day(to, technician), facts)
    if to.span is not None:
        yield from _against_shift(session, job, technician, to.span, facts)


def _check_form(job: Job, to: NewPin, reason: str) -> None:
    if to.technician_id is None and to.span is None:
        raise errors.PinSaysNothing(number=job.number)
    if not reason.strip() or len(reason.strip()) > REASON_LENGTH:
        raise errors.PinReasonMissing(number=job.number, most=REASON_LENGTH)
    if to.span is None:
        return
    begins, ends = to.span
    if ends < begins or (to.starts_at is not None and to.window is not None):
        raise errors.PinOutOfOrder(number=job.number)
    if ends < clock.now():
        raise errors.PinInPast(number=job.number, ends=_local(ends, job.site.zone))


def _against_site(job: Job, to: NewPin) -> Iterator[errors.PinContradicts]:
    if to.span is None:
        return
    begins, ends = to.span
    facts = {"number": job.number, "time": _span_told(to.span, job.site.zone)}
    if job.window_start is not None and job.window_end is not None:
        promised = (job.window_start, job.window_end)
        if ends < promised[0] or begins > promised[1]:
            yield errors.PinAgainstPromise(**facts, window=_span_told(promised, job.site.zone))
        return
    hours = WeeklyHours.parse(job.site.opening_hours)
    if hours.is_never_open():
        return
    zone, duration = ZoneInfo(job.site.zone), dt.timedelta(seconds=job.duration_seconds)
    openings = hours.openings_between(begins, ends + duration, zone)
    if not any(max(opens, begins) <= min(closes - duration, ends) for opens, closes in openings):
        on_day = hours.text_on(begins.astimezone(zone).date())
        yield errors.PinWhileClosed(**facts, site=job.site.name, hours=on_day or "-")


def _against_skills(
    job: Job, technician: Technician, day: dt.date, facts: dict[str, str]
) -> Iterator[errors.PinContradicts]:
    lacking = lacking_skills(skills_on(technician, day), job.skills)
    if lacking:
        skills = ", ".join(f"{skill} {level}" for skill, level in lacking.items())
        yield errors.PinnedTechnicianLacksSkill(**facts, skills=skills, day=day.isoformat())


def _against_shift(
    session: Session, job: Job, technician: Technician, span: Interval, facts: dict[str, str]
) -> Iterator[errors.PinContradicts]:
    begins, ends = span
    day = begins.astimezone(ZoneInfo(technician.zone)).date()
    time = _span_told(span, technician.zone)
    works = working_time_of(session, technician, day)
    if works is not None and _has_room(works, span, dt.timedelta(seconds=job.duration_seconds)):
        return
    absent = [one for one in absences_between(session, begins, ends) if one.technician_id == technician.id]
    if absent:
        away = _span_told((absent[0].starts_at, absent[0].ends_at), technician.zone)
        yield errors.PinnedTechnicianAbsent(**facts, time=time, away=away)
        return
    shift = session.scalar(sa.select(Shift).where(Shift.technician_id == technician.id, Shift.day == day))
    hours = _span_told((shift.starts_at, shift.ends_at), technician.zone) if shift is not None else "-"
    yield errors.PinnedOutsideShift(**facts, time=time, hours=hours)


def _has_room(works: WorkingTime, span: Interval, duration: dt.timedelta) -> bool:
    """Whether the work can be begun and done within the span and the working time, overtime included."""
    first = max(works.starts_at, span[0])
    last = min(works.ends_at + dt.timedelta(seconds=works.overtime_seconds) - duration, span[1])
    for begins, ends in works.away:
        if begins < first + duration and first < ends:
            first = ends
    return first <= last


def _day(to: NewPin, technician: Technician) -> dt.date:
    moment = to.span[0] if to.span is not None else clock.now()
    return moment.astimezone(ZoneInfo(technician.zone)).date()


def _filled(pin: Pin, to: NewPin, reason: str, actor_id: int | None) -> Pin:
    pin.technician_id, pin.starts_at = to.technician_id, to.starts_at
    pin.window_start, pin.window_end = to.window or (None, None)
    pin.reason, pin.pinned_at, pin.pinned_by_id = reason.strip(), clock.now(), actor_id
    return pin


def _told(session: Session, pin: Pin | None) -> dict[str, str] | None:
    return _told_new(session, as_new(pin)) if pin is not None else None


def _told_new(session: Session, to: NewPin) -> dict[str, str]:
    """A pin as facts of the history."""
    technician = session.get(Technician, to.technician_id) if to.technician_id is not None else None
    told = {"technician": technician.name} if technician is not None else {}
    if to.starts_at is not None:
        told["start"] = to.starts_at.isoformat()
    if to.window is not None:
        told |= {"from": to.window[0].isoformat(), "to": to.window[1].isoformat()}
    return told


def _local(moment: dt.datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


def _span_told(span: Interval, zone: str) -> str:
    begins, ends = (moment.astimezone(ZoneInfo(zone)) for moment in span)
    if begins == ends:
        return f"{begins:%Y-%m-%d %H:%M}"
    return f"{begins:%Y-%m-%d %H:%M} - {ends:{'%H:%M' if begins.date() == ends.date() else '%Y-%m-%d %H:%M'}}"
