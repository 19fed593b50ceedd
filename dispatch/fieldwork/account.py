"""What a phone is told of its technician's days, so that it notices what left them while it had no signal."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core.accounts import User
from dispatch.lifecycle import Action
from dispatch.models import Job, JobEvent, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.visits import VisitStatus

# A phone keeps today and tomorrow.
DAYS_KEPT = 2


@dataclass(frozen=True)
class LeftVisit:
    """
    A visit that was taken off a technician's days.

    Of a cancelled job ``by``, ``at`` and ``reason`` say who cancelled it, when and why; ``now`` is the visit that the
    job has instead, a colleague's or one of another day. Neither: the job waits to be planned.
    """

    visit: Visit
    by: str = ""
    at: dt.datetime | None = None
    reason: str = ""
    now: Visit | None = None


def visits_kept(session: Session, *, technician_id: int, today: dt.date) -> Sequence[Visit]:
    """Return a technician's visits of the days that a phone keeps, in their order."""
    return session.scalars(
        _of_days(technician_id, today)
        .where(Visit.status != VisitStatus.WITHDRAWN)
        .order_by(Visit.day, Visit.position, Visit.id)
    ).all()


def visits_left(session: Session, *, technician_id: int, today: dt.date) -> list[LeftVisit]:
    """Return the visits that were taken off these days, each with what became of its job."""
    withdrawn = session.scalars(
        _of_days(technician_id, today).where(Visit.status == VisitStatus.WITHDRAWN).order_by(Visit.id)
    )
    return [_left(session, visit) for visit in withdrawn]


def _of_days(technician_id: int, today: dt.date) -> sa.Select[Visit]:
    days = [today + dt.timedelta(days=ahead) for ahead in range(DAYS_KEPT)]
    return (
        sa.select(Visit)
        .where(Visit.technician_id == technician_id, Visit.day.in_(days))
        .options(joinedload(Visit.job).joinedload(Job.site))
    )


def _left(session: Session, visit: Visit) -> LeftVisit:
    if visit.job.status is JobStatus.CANCELLED:
        return _cancelled(session, visit)
    now = session.scalar(
        sa.select(Visit)
        .where(Visit.job_id == visit.job_id, Visit.status != VisitStatus.WITHDRAWN)
        .options(joinedload(Visit.technician))
        .order_by(Visit.id.desc())
        .limit(1)
    )
    return LeftVisit(visit, now=now)


def _cancelled(session: Session, visit: Visit) -> LeftVisit:
    event = session.scalar(
        sa.select(JobEvent)
        .where(JobEvent.job_id == visit.job_id, JobEvent.action == Action.CANCEL.value)
        .order_by(JobEvent.id.desc())
        .limit(1)
    )
    if event is None:
        return LeftVisit(visit)
    by = session.get(User, event.user_id) if event.user_id is not None else None
    return LeftVisit(visit, by=by.name if by else "", at=event.at, reason=event.note)
