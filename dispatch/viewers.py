"""Who looks at a job at this moment, and whether they have typed something, so that two people see each other."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.accounts import User
from core.db import insert_missing
from dispatch.models import Job, JobViewer

# A page gives a sign every ten seconds; whoever gave none for so long is gone: two may get lost on the way.
GONE_AFTER = dt.timedelta(seconds=25)


@dataclass(frozen=True)
class Viewer:
    """Somebody who looks at a job; ``edits`` if something is typed there and not sent yet."""

    user_id: int
    name: str
    edits: bool


def note_viewer(session: Session, *, job_id: int, user_id: int, edits: bool) -> None:
    """Write down that somebody looks at a job; those who are long gone are forgotten."""
    now = clock.now()
    session.execute(sa.delete(JobViewer).where(JobViewer.seen_at <= now - GONE_AFTER))
    insert_missing(session, JobViewer, [{"job_id": job_id, "user_id": user_id, "seen_at": now, "edits": edits}])
    session.execute(_own(sa.update(JobViewer), job_id, user_id).values(seen_at=now, edits=edits))


def note_gone(session: Session, *, job_id: int, user_id: int) -> None:
    """Write down that somebody left the page of a job."""
    session.execute(_own(sa.delete(JobViewer), job_id, user_id))


def viewers_of(session: Session, job_id: int, *, besides: int) -> list[Viewer]:
    """Who else looks at a job, by name; ``besides`` is the person who asks."""
    rows = _present().where(JobViewer.job_id == job_id, JobViewer.user_id != besides)
    return [Viewer(row.user_id, row.name, row.edits) for row in session.execute(rows)]


def viewers_by_job(session: Session) -> dict[str, tuple[Viewer, ...]]:
    """Everybody who looks at some job, by the number of the job."""
    found: dict[str, list[Viewer]] = defaultdict(list)
    for row in session.execute(_present().add_columns(Job.number).join(Job, Job.id == JobViewer.job_id)):
        found[row.number].append(Viewer(row.user_id, row.name, row.edits))
    return {number: tuple(viewers) for number, viewers in found.items()}


def _present() -> Any:
    return (
        sa.select(JobViewer.user_id, User.name, JobViewer.edits)
        .join(User, User.id == JobViewer.user_id)
        .where(JobViewer.seen_at > clock.now() - GONE_AFTER)
        .order_by(User.name, User.id)
    )


def _own(statement: Any, job_id: int, user_id: int) -> Any:
    own = statement.where(JobViewer.job_id == job_id, JobViewer.user_id == user_id)
    return own.execution_options(synchronize_session=False)
