"""Pausing the clocks of a job and letting them run on, by people, with a reason."""

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from core import clock
from core.accounts import User
from core.errors import N_, DomainError, Kind
from dispatch.clockwork import end_pause, note_pause, open_pause
from dispatch.jobs import lock_job, record_fact, refuse_changed
from dispatch.lifecycle import FINAL, refuse
from dispatch.models import ClockEvent, ClockPause, Job
from dispatch.models.clocks import PauseReason

NOTE_LENGTH = 300


class AlreadyPaused(DomainError):
    code = "already_paused"
    kind = Kind.CONFLICT
    sentence = N_(
        "The clocks of job %(number)s stand still already, since %(since)s (%(pause_reason)s). "
        "Let them run on first if the reason has changed."
    )


class NotPaused(DomainError):
    code = "not_paused"
    kind = Kind.CONFLICT
    sentence = N_("The clocks of job %(number)s run, so there is no pause to end. Reload the job to see its clocks.")


class PauseNoteTooLong(DomainError):
    code = "pause_note_too_long"
    sentence = N_("The note has %(length)s characters; at most %(limit)s fit. Shorten it.")


def pause_clocks(
    session: Session,
    *,
    job_id: int,
    reason: PauseReason,
    note: str = "",
    actor_id: int | None,
    version: int | None = None,
) -> ClockPause:
    """
    Let both clocks of a job stand still from now on.

    Raises AlreadyPaused with since when and why, JobIsOver when nothing runs any more, and JobChanged when ``version``
    is given and the job is another by now.
    """
    job, note = lock_job(session, job_id), note.strip()
    refuse_changed(session, job, version)
    if len(note) > NOTE_LENGTH:
        raise PauseNoteTooLong(length=len(note), limit=NOTE_LENGTH)
    if job.status in FINAL:
        refuse(job.status, "pause_clocks", number=job.number)
    running = open_pause(session, job)
    if running is not None:
        raise AlreadyPaused(number=job.number, since=running.began_at, pause_reason=running.reason)
    pause = ClockPause(job_id=job.id, reason=reason, note=note, began_at=clock.now(), began_by_id=actor_id)
    session.add(pause)
    note_pause(session, job, at=pause.began_at, actor_id=actor_id)
    record_fact(session, job, "pause_clocks", actor_id=actor_id, note=note, facts={"pause_reason": reason.value})
    _count_up(job)
    return pause


def resume_clocks(session: Session, *, job_id: int, actor_id: int | None, version: int | None = None) -> ClockPause:
    """Let the clocks of a job run on; their due times move by the service that has passed meanwhile."""
    job = lock_job(session, job_id)
    refuse_changed(session, job, version)
    if job.status in FINAL:
        refuse(job.status, "resume_clocks", number=job.number)
    pause = open_pause(session, job)
    if pause is None:
        raise NotPaused(number=job.number)
    before = (job.response_due, job.resolution_due)
    # The clock of the house may have been set back meanwhile.
    end_pause(session, job, pause, max(clock.now(), pause.began_at), actor_id=actor_id)
    after = (job.response_due, job.resolution_due)
    facts = {
        name: [was.isoformat(), due.isoformat()]
        for name, was, due in zip(("response_due", "resolution_due"), before, after, strict=True)
        if was != due
    }
    record_fact(session, job, "resume_clocks", actor_id=actor_id, facts=facts)
    _count_up(job)
    return pause


def pauses_of_job(session: Session, job: Job) -> list[ClockPause]:
    """Every pause of a job, in order."""
    return list(session.scalars(sa.select(ClockPause).where(ClockPause.job_id == job.id).order_by(ClockPause.id)))


def clock_history(session: Session, job: Job) -> list[tuple[ClockEvent, str | None]]:
    """What happened to the clocks of a job, in order, with the name of whoever did it; None: by itself."""
    rows = session.execute(
        sa.select(ClockEvent, User.name)
        .outerjoin(User, User.id == ClockEvent.user_id)
        .where(ClockEvent.job_id == job.id)
        .order_by(ClockEvent.at, ClockEvent.id)
    )
    return [(event, name) for event, name in rows]


def _count_up(job: Job) -> None:
    """Let the version of the job rise even when no due time moved, so that plans and forms notice."""
    flag_modified(job, "response_due")
