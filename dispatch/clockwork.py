"""
The clocks of a job in the database: started at intake, set anew when something else is owed, stopped by the work.

These are steps of other use cases: whoever calls them has locked the job. What a clock shows is told by
`dispatch.clocks`; the due times in the job's row hold every pause that has ended.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock as present
from customers.calendars import ServiceCalendar
from customers.contracts import calendar_of, due_times
from customers.models import Contract, Priority
from dispatch.clocks import Clock, Pause, Reading, due_after_pauses, joined, moved_due, read_clock
from dispatch.lifecycle import FINAL
from dispatch.models.clocks import ClockEvent, ClockKind, ClockPause, ClockSign, ClockWatch, NoticeKind
from dispatch.models.jobs import Job
from dispatch.notices import close_notices

CLOCK_NOTICES = (NoticeKind.CLOCK_WARNING, NoticeKind.CLOCK_BREACHED)


def start_clocks(session: Session, job: Job, *, actor_id: int | None) -> None:
    """Let both clocks of a new job run from its report."""
    for kind in ClockKind:
        _note(session, job, kind, ClockSign.STARTED, at=job.reported_at, actor_id=actor_id)
    watch(session, job.id, present.now())


def owed_anew(session: Session, job: Job, priority: Priority) -> dict[str, Any]:
    """
    What the contract owes for another priority, counted from the report and past the pauses, as columns of the job.

    A clock that has stopped keeps its target: it was kept or missed as it was owed then.
    """
    owed = due_times(job.contract, priority, job.reported_at)
    calendar, pauses = calendar_of(job.contract), _pauses(session, job)
    columns: dict[str, Any] = {
        "resolution_seconds": owed.resolution_seconds,
        "resolution_due": due_after_pauses(calendar, owed.resolution_due, pauses),
        "late_cents_per_minute": owed.late_cents_per_minute,
        "breach_cents": owed.breach_cents,
    }
    if job.responded_at is None:
        columns["response_seconds"] = owed.response_seconds
        columns["response_due"] = due_after_pauses(calendar, owed.response_due, pauses)
    return columns


def note_reset(session: Session, job: Job, before: Mapping[ClockKind, dt.datetime], *, actor_id: int | None) -> None:
    """Write down which due times have become others than ``before``, and look at the clocks anew."""
    moved = [kind for kind in ClockKind if due_of(job, kind) != before[kind]]
    for kind in moved:
        _note(session, job, kind, ClockSign.RESET, at=present.now(), due_was=before[kind], actor_id=actor_id)
    if moved:
        # What was said of the old due times is no news any more.
        close_notices(session, job_id=job.id, kinds=CLOCK_NOTICES)
        if open_pause(session, job) is None:
            watch(session, job.id, present.now())


def stop_clock(session: Session, job: Job, kind: ClockKind, at: dt.datetime, *, actor_id: int | None) -> None:
    """
    Stop a clock at the moment of the first arrival or of the completion, which may be reported later than it was.

    Whoever is on site ends a pause. When a clock was stopped at another moment before, this one is the truth.
    """
    if _stopped_at(job, kind) == at:
        return
    pause = open_pause(session, job)
    if pause is not None:
        end_pause(session, job, pause, max(at, pause.began_at), actor_id=actor_id)
    if kind is ClockKind.RESPONSE:
        job.responded_at = at
    else:
        job.completed_at = at
    sign = ClockSign.MET if at <= due_of(job, kind) else ClockSign.MISSED
    _note(session, job, kind, sign, at=at, actor_id=actor_id)
    close_notices(session, job_id=job.id, kinds=CLOCK_NOTICES, about=kind.value)
    if kind is ClockKind.RESOLUTION:
        give_up_clocks(session, job, actor_id=actor_id)


def correct_stop(session: Session, job: Job, kind: ClockKind, at: dt.datetime, *, actor_id: int | None) -> None:
    """Say that a clock was stopped at another moment than it was told before, as phones that were offline may tell."""
    if _stopped_at(job, kind) == at:
        return
    if kind is ClockKind.RESPONSE:
        job.responded_at = at
    else:
        job.completed_at = at
    sign = ClockSign.MET if at <= due_of(job, kind) else ClockSign.MISSED
    _note(session, job, kind, sign, at=at, actor_id=actor_id)


def give_up_clocks(session: Session, job: Job, *, actor_id: int | None) -> None:
    """Nothing is owed any more, as after a cancellation: no clock is watched, and nobody needs to hear of one."""
    pause = open_pause(session, job)
    if pause is not None:
        end_pause(session, job, pause, present.now(), actor_id=actor_id)
    close_notices(session, job_id=job.id, kinds=CLOCK_NOTICES)
    watch(session, job.id, None)


def end_pause(session: Session, job: Job, pause: ClockPause, at: dt.datetime, *, actor_id: int | None) -> None:
    """Let the clocks run on from ``at``; what they have not run meanwhile moves their due times."""
    pause.ended_at, pause.ended_by_id = at, actor_id
    calendar, span = calendar_of(job.contract), Pause(pause.began_at, at)
    for kind in ClockKind:
        if _stopped_at(job, kind) is None:
            was = due_of(job, kind)
            _set_due(job, kind, moved_due(calendar, was, span, at))
            _note(session, job, kind, ClockSign.RESUMED, at=at, due_was=was, actor_id=actor_id)
    watch(session, job.id, present.now())


def note_pause(session: Session, job: Job, *, at: dt.datetime, actor_id: int | None) -> None:
    """Write down that the clocks that still run stand still now; nobody needs to watch them meanwhile."""
    for kind in ClockKind:
        if _stopped_at(job, kind) is None:
            _note(session, job, kind, ClockSign.PAUSED, at=at, actor_id=actor_id)
    close_notices(session, job_id=job.id, kinds=CLOCK_NOTICES)
    watch(session, job.id, None)


def watch(session: Session, job_id: int, look_at: dt.datetime | None) -> None:
    """Say when the clocks of a job are to be looked at next; None: not at all."""
    wanted = sa.select(ClockWatch).where(ClockWatch.job_id == job_id).with_for_update()
    # Sweeps write the rows without telling this session.
    kept = session.scalar(wanted.execution_options(populate_existing=True))
    if look_at is None:
        if kept is not None:
            session.delete(kept)
    elif kept is None:
        session.add(ClockWatch(job_id=job_id, look_at=look_at))
    else:
        kept.look_at = look_at


def open_pause(session: Session, job: Job) -> ClockPause | None:
    """The pause in which the clocks of a job stand still now; None if they do not."""
    return session.scalar(sa.select(ClockPause).where(ClockPause.job_id == job.id, ClockPause.ended_at.is_(None)))


def due_of(job: Job | sa.Row[Any], kind: ClockKind) -> dt.datetime:
    """By when the response or the resolution of a job is due."""
    return job.response_due if kind is ClockKind.RESPONSE else job.resolution_due


def clock_of(job: Job | sa.Row[Any], kind: ClockKind, pauses: tuple[Pause, ...]) -> Clock:
    """One of a job's clocks as a value, from the job or a row of its columns; ``pauses`` are all its pauses, joined."""
    seconds = job.response_seconds if kind is ClockKind.RESPONSE else job.resolution_seconds
    return Clock(
        began_at=job.reported_at,
        due=due_of(job, kind),
        target=None if seconds is None else dt.timedelta(seconds=seconds),
        pauses=pauses,
        stopped_at=_stopped_at(job, kind),
        is_over=job.status in FINAL,
    )


def read_clocks(session: Session, job: Job) -> dict[ClockKind, Reading]:
    """What both clocks of a job show now."""
    calendar, pauses, now = calendar_of(job.contract), _pauses(session, job), present.now()
    return {kind: read_clock(calendar, clock_of(job, kind, pauses), now) for kind in ClockKind}


def running_clocks(session: Session, jobs: Collection[Job]) -> dict[int, Reading]:
    """What the clock shows that a job's next visit races, by job: the response until somebody was there, then the
    resolution. For many jobs in two statements; their contracts need not be loaded.
    """
    calendars = _calendars(session, {job.contract_id for job in jobs})
    pauses, now = pauses_of(session, {job.id for job in jobs}), present.now()
    found = {}
    for job in jobs:
        kind = ClockKind.RESPONSE if job.responded_at is None else ClockKind.RESOLUTION
        clock = clock_of(job, kind, pauses.get(job.id, ()))
        found[job.id] = read_clock(calendars[job.contract_id], clock, now)
    return found


def open_pauses(session: Session, job_ids: Collection[int]) -> dict[int, Pause]:
    """The pauses that last, by job."""
    rows = session.execute(
        sa.select(ClockPause.job_id, ClockPause.began_at).where(
            ClockPause.ended_at.is_(None), ClockPause.job_id.in_(job_ids)
        )
    )
    return {row.job_id: Pause(row.began_at, None) for row in rows}


def pauses_of(session: Session, job_ids: Collection[int]) -> dict[int, tuple[Pause, ...]]:
    """All pauses, joined, by job; a job that was never paused is absent."""
    rows = session.execute(
        sa.select(ClockPause.job_id, ClockPause.began_at, ClockPause.ended_at).where(ClockPause.job_id.in_(job_ids))
    )
    found: dict[int, list[Pause]] = defaultdict(list)
    for row in rows:
        found[row.job_id].append(Pause(row.began_at, row.ended_at))
    return {job_id: joined(pauses) for job_id, pauses in found.items()}


def owed_by(job: Job, pause: Pause | None, now: dt.datetime) -> dt.datetime:
    """
    The due time that planning races: that of the response until somebody was on site, then that of the resolution.

    Of a job that is paused it is the due time as if the clocks ran on from now: the earliest that it can become.
    """
    due = job.response_due if job.responded_at is None else job.resolution_due
    return due if pause is None else moved_due(calendar_of(job.contract), due, pause, now)


def _calendars(session: Session, contract_ids: Collection[int]) -> dict[int, ServiceCalendar]:
    columns = (Contract.id, Contract.calendar, Contract.zone, Contract.service_hours, Contract.holidays)
    rows = session.execute(sa.select(*columns).where(Contract.id.in_(contract_ids)))
    return {row.id: calendar_of(row) for row in rows}


def _pauses(session: Session, job: Job) -> tuple[Pause, ...]:
    return pauses_of(session, [job.id]).get(job.id, ())


def _stopped_at(job: Job | sa.Row[Any], kind: ClockKind) -> dt.datetime | None:
    return job.responded_at if kind is ClockKind.RESPONSE else job.completed_at


def _set_due(job: Job, kind: ClockKind, due: dt.datetime) -> None:
    if kind is ClockKind.RESPONSE:
        job.response_due = due
    else:
        job.resolution_due = due


def _note(
    session: Session,
    job: Job,
    kind: ClockKind,
    sign: ClockSign,
    *,
    at: dt.datetime,
    actor_id: int | None,
    due_was: dt.datetime | None = None,
) -> None:
    session.add(
        ClockEvent(
            job_id=job.id, clock=kind, sign=sign, at=at, user_id=actor_id, due_was=due_was, due=due_of(job, kind)
        )
    )
