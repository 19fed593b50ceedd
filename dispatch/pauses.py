"""Pausing the clocks of a job and letting them run on, by people, with a reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.accounts import names_of
from core.errors import N_, DomainError, Kind
from dispatch.clocks import Reading
from dispatch.clockwork import end_pause, note_pause, open_pause, read_clocks
from dispatch.jobs import count_up, lock_job, record_fact, refuse_changed
from dispatch.lifecycle import FINAL, refuse
from dispatch.models import ClockEvent, ClockPause, Job
from dispatch.models.clocks import ClockKind, PauseReason

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
    count_up(job)
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
    count_up(job)
    return pause


@dataclass(frozen=True)
class ClockSheet:
    """All about the clocks of a job; ``pause`` is the one in which they stand still now, or None."""

    job: Job
    readings: Mapping[ClockKind, Reading]
    pause: ClockPause | None
    pauses: Sequence[ClockPause]
    history: Sequence[ClockEvent]
    # The names of those who did something, by their ids.
    people: Mapping[int, str]


def clock_sheet(session: Session, job: Job) -> ClockSheet:
    """Read what the clocks of a job show now, and all that happened to them."""
    pauses = session.scalars(sa.select(ClockPause).where(ClockPause.job_id == job.id).order_by(ClockPause.id)).all()
    history = session.scalars(
        sa.select(ClockEvent).where(ClockEvent.job_id == job.id).order_by(ClockEvent.at, ClockEvent.id)
    ).all()
    ids = {event.user_id for event in history} | {pause.began_by_id for pause in pauses}
    return ClockSheet(
        job=job,
        readings=read_clocks(session, job),
        pause=next((pause for pause in pauses if pause.ended_at is None), None),
        pauses=pauses,
        history=history,
        people=names_of(session, {one for one in ids if one is not None}),
    )
