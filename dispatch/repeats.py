"""Repeats: the same fault on the same device soon after it was repaired."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dispatch.models import Job
from dispatch.models.jobs import JobStatus

WITHIN = dt.timedelta(days=30)


def job_before(session: Session, *, device_id: int, fault_id: int, at: dt.datetime) -> Job | None:
    """
    Return the job that a report repeats: the last one for this fault on this device, completed at most 30 days before.

    None if there is none, and then the report is a new fault.
    """
    return session.scalar(
        sa.select(Job)
        .where(
            Job.device_id == device_id,
            Job.fault_id == fault_id,
            Job.status == JobStatus.COMPLETED,
            Job.completed_at.between(at - WITHIN, at),
        )
        .order_by(Job.completed_at.desc(), Job.id.desc())
        .limit(1)
    )
