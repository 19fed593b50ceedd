"""
The events of a day, one line each, and what follows from them at once: when everybody is expected.

Other rooms of dispatch call this when something happens in their own family: a job taken in or cancelled, a visit that
was begun or ended.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.firm import read_firm
from customers.models import Priority
from dispatch.live.arrivals import Renewed, renew_arrivals
from dispatch.live.errors import UnknownDayEvent
from dispatch.models import DayEvent, Job, Plan, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.live import DayEventKind
from dispatch.models.plans import PlanState
from dispatch.models.visits import VisitStatus

URGENT = frozenset({Priority.P1, Priority.P2})

# What is told so that the day is repaired at once; because of other events the worker proposes something better.
REPAIRED = frozenset(
    {
        DayEventKind.VISIT_OVERRUNS,
        DayEventKind.TECHNICIAN_ABSENT,
        DayEventKind.TECHNICIAN_LATE,
        DayEventKind.PART_MISSING,
    }
)
# So many urgent jobs are tried at once.
WAITING_AT_MOST = 5
# What else somebody comes to is the end of the visit.
_PROGRESS: Mapping[VisitStatus, DayEventKind] = {
    VisitStatus.EN_ROUTE: DayEventKind.TECHNICIAN_LATE,
    VisitStatus.ON_SITE: DayEventKind.VISIT_STARTED,
}


def record(
    session: Session,
    kind: DayEventKind,
    *,
    day: dt.date,
    technician_id: int | None = None,
    job_id: int | None = None,
    actor_id: int | None,
    at: dt.datetime | None = None,
    **facts: Any,
) -> DayEvent:
    """Write a line; the caller says what it means in ``facts``."""
    event = DayEvent(
        day=day,
        kind=kind,
        at=at or clock.now(),
        user_id=actor_id,
        technician_id=technician_id,
        job_id=job_id,
        facts=facts,
    )
    session.add(event)
    # Callers keep the number.
    session.flush()
    return event


def note_urgent(session: Session, job: Job, *, actor_id: int | None) -> DayEvent | None:
    """An urgent job came in while today is published already; None if it is not like that."""
    today = read_firm(session).today()
    if job.priority not in URGENT or not _is_published(session, today):
        return None
    return record(session, DayEventKind.URGENT_JOB, day=today, job_id=job.id, actor_id=actor_id)


def note_cancelled(session: Session, job: Job, visits: Collection[Visit], *, actor_id: int | None) -> None:
    """
    Visits were taken back with their job; who was to make them is free earlier.

    If urgent jobs wait on nobody's route, one of them may fit in now, and a repair is asked for.
    """
    for visit in visits:
        event = record(
            session,
            DayEventKind.CANCELLATION,
            day=visit.day,
            technician_id=visit.technician_id,
            job_id=job.id,
            actor_id=actor_id,
        )
        renewed = renew_arrivals(session, day=visit.day, technician_ids=[visit.technician_id])
        ask_for_proposal(event, renewed, waiting=waiting_jobs(session))


def note_progress(session: Session, visit: Visit, *, at: dt.datetime, actor_id: int | None) -> None:
    """
    Somebody set off for a visit, arrived or ended it: from now on the next ones are expected at other times.

    Setting off is an event only if something is at risk because it was late.
    """
    session.flush()
    renewed = renew_arrivals(session, day=visit.day, technician_ids=[visit.technician_id])
    if visit.status is VisitStatus.EN_ROUTE and not renewed.at_risk:
        return
    event = record(
        session,
        _PROGRESS.get(visit.status, DayEventKind.VISIT_FINISHED),
        day=visit.day,
        technician_id=visit.technician_id,
        job_id=visit.job_id,
        at=at,
        actor_id=actor_id,
    )
    ask_for_proposal(event, renewed)


def ask_for_proposal(event: DayEvent, renewed: Renewed, *, waiting: Collection[Job] = ()) -> None:
    """Let the worker look for a better plan because of an event: something is at risk, an urgent job may fit in."""
    at_risk = sorted({risk.visit.job.number for risk in renewed.at_risk})
    if at_risk or waiting:
        numbers = sorted(job.number for job in waiting)
        event.facts = {**event.facts, "asked_at": clock.now().isoformat(), "at_risk": at_risk, "waiting": numbers}


def waiting_jobs(session: Session) -> Sequence[Job]:
    """Urgent jobs that could be done and that nobody is to make, the most urgent first."""
    return session.scalars(
        sa.select(Job)
        .where(Job.status == JobStatus.READY, Job.priority.in_(URGENT))
        .order_by(Job.priority, Job.response_due, Job.id)
        .limit(WAITING_AT_MOST)
    ).all()


def event_by_id(session: Session, event_id: int) -> DayEvent:
    """Return an event with whom and what it is about; raises UnknownDayEvent."""
    event = session.get(
        DayEvent,
        event_id,
        options=[joinedload(DayEvent.technician), joinedload(DayEvent.job), joinedload(DayEvent.plan)],
    )
    if event is None:
        raise UnknownDayEvent(event_id=event_id)
    return event


def events_of_day(session: Session, day: dt.date, *, limit: int = 100) -> list[DayEvent]:
    """The events of a day, the latest first."""
    return list(
        session.scalars(
            sa.select(DayEvent)
            .where(DayEvent.day == day)
            .options(joinedload(DayEvent.technician), joinedload(DayEvent.job), joinedload(DayEvent.plan))
            .order_by(DayEvent.id.desc())
            .limit(limit)
        )
    )


def unanswered(session: Session) -> sa.Select[DayEvent]:
    """Select what was told of today so that it is repaired, and has no answer yet; the latest first."""
    return (
        sa.select(DayEvent)
        .where(
            DayEvent.day == read_firm(session).today(),
            DayEvent.kind.in_(REPAIRED),
            DayEvent.facts["answer"].as_string().is_(None),
            DayEvent.facts["asked_at"].as_string().is_(None),
        )
        .options(joinedload(DayEvent.technician), joinedload(DayEvent.job))
        .order_by(DayEvent.id.desc())
    )


def _is_published(session: Session, day: dt.date) -> bool:
    return session.scalar(sa.select(Plan.id).where(Plan.day == day, Plan.state == PlanState.PUBLISHED)) is not None
