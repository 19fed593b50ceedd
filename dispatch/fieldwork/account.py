"""What a phone is told of its technician's days, so that it notices what left them while it had no signal."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
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
    left = withdrawn.all()
    now = _visits_now(session, [visit.job_id for visit in left])
    cancelled = _cancellations(session, [visit.job_id for visit in left if visit.job.status is JobStatus.CANCELLED])
    return [_left(visit, now, cancelled) for visit in left]


def _of_days(technician_id: int, today: dt.date) -> sa.Select[Visit]:
    days = [today + dt.timedelta(days=ahead) for ahead in range(DAYS_KEPT)]
    return (
        sa.select(Visit)
        .where(Visit.technician_id == technician_id, Visit.day.in_(days))
        .options(joinedload(Visit.job).joinedload(Job.site))
    )


def _left(visit: Visit, now: Mapping[int, Visit], cancelled: Mapping[int, tuple[JobEvent, str | None]]) -> LeftVisit:
    if visit.job.status is not JobStatus.CANCELLED:
        return LeftVisit(visit, now=now.get(visit.job_id))
    if visit.job_id not in cancelled:
        return LeftVisit(visit)
    event, by = cancelled[visit.job_id]
    return LeftVisit(visit, by=by or "", at=event.at, reason=event.note)


def _visits_now(session: Session, job_ids: Collection[int]) -> dict[int, Visit]:
    """The latest visit that each of these jobs has, if it has one."""
    rows = session.scalars(
        sa.select(Visit)
        .where(Visit.job_id.in_(job_ids), Visit.status != VisitStatus.WITHDRAWN)
        .options(joinedload(Visit.technician))
        .order_by(Visit.id)
    )
    return {visit.job_id: visit for visit in rows}


def _cancellations(session: Session, job_ids: Collection[int]) -> dict[int, tuple[JobEvent, str | None]]:
    """How each of these jobs was cancelled last, and by whom; None: by itself."""
    rows = session.execute(
        sa.select(JobEvent, User.name)
        .outerjoin(User, User.id == JobEvent.user_id)
        .where(JobEvent.job_id.in_(job_ids), JobEvent.action == Action.CANCEL.value)
        .order_by(JobEvent.id)
    )
    return {event.job_id: (event, by) for event, by in rows}
