"""
The events of a day, one line each, and what follows from them at once: when everybody is expected.

Other rooms of dispatch call this when something happens in their own family: a job taken in or cancelled, a visit that
was begun or ended.
"""

import datetime as dt
from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.firm import read_firm
from customers.models import Priority
from dispatch.live.arrivals import renew_arrivals
from dispatch.live.errors import UnknownDayEvent
from dispatch.models import DayEvent, Job, Plan, Visit
from dispatch.models.live import DayEventKind
from dispatch.models.plans import PlanState
from dispatch.models.visits import VisitStatus

URGENT = frozenset({Priority.P1})


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
    """A job came in that should be done today although the day is published; None if it is not like that."""
    today = read_firm(session).today()
    if job.priority not in URGENT or not _is_published(session, today):
        return None
    return record(session, DayEventKind.URGENT_JOB, day=today, job_id=job.id, actor_id=actor_id)


def note_cancelled(session: Session, job: Job, visits: Collection[Visit], *, actor_id: int | None) -> None:
    """Visits were taken back with their job; who was to make them is free earlier."""
    for visit in visits:
        record(
            session,
            DayEventKind.CANCELLATION,
            day=visit.day,
            technician_id=visit.technician_id,
            job_id=job.id,
            actor_id=actor_id,
        )
        renew_arrivals(session, day=visit.day, technician_ids=[visit.technician_id])


def note_progress(session: Session, visit: Visit, *, at: dt.datetime, actor_id: int | None) -> None:
    """Somebody set off for a visit, arrived or ended it: from now on the next ones are expected at other times."""
    session.flush()
    over = visit.status in {VisitStatus.COMPLETED, VisitStatus.INCOMPLETE}
    kind = DayEventKind.VISIT_FINISHED if over else DayEventKind.VISIT_STARTED
    if visit.status is not VisitStatus.EN_ROUTE:
        record(
            session,
            kind,
            day=visit.day,
            technician_id=visit.technician_id,
            job_id=visit.job_id,
            at=at,
            actor_id=actor_id,
        )
    renew_arrivals(session, day=visit.day, technician_ids=[visit.technician_id])


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


def _is_published(session: Session, day: dt.date) -> bool:
    return session.scalar(sa.select(Plan.id).where(Plan.day == day, Plan.state == PlanState.PUBLISHED)) is not None
