"""When somebody was on site and when the work was done, with the clocks and the promise that this decides."""

import datetime as dt
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dispatch.clockwork import correct_stop, stop_clock
from dispatch.models import Job, Promise, Visit
from dispatch.models.clocks import ClockKind
from dispatch.models.promises import PromiseState
from dispatch.promises import judge_promise, open_promise


def note_arrival(session: Session, visit: Visit, at: dt.datetime, actor_id: int | None) -> None:
    """
    Write down when the technician was on site; a time that was assumed or told before gives way.

    What is promised now is judged the first time only. A time that is told anew concerns the promise that was in force
    then; what was promised since is for the next visit.
    """
    job, was = visit.job, visit.arrived_at
    visit.arrived_at = at
    if job.responded_at is None:
        stop_clock(session, job, ClockKind.RESPONSE, at, actor_id=actor_id)
    elif job.responded_at == was or at < job.responded_at:
        # It was this visit that stopped the clock, or should have; unless a colleague was there earlier.
        session.flush()
        first = session.scalar(
            sa.select(sa.func.min(Visit.arrived_at)).where(Visit.job_id == job.id, Visit.arrived_at.is_not(None))
        )
        correct_stop(session, job, ClockKind.RESPONSE, first or at, actor_id=actor_id)
    promise = None
    if was is None and not _is_for_a_later_visit(open_promise(session, job), visit, at):
        promise = judge_promise(session, job, at, actor_id=actor_id)
    if promise is None:
        _judge_again(session, job, at)


def note_completion(session: Session, visit: Visit, at: dt.datetime, actor_id: int | None) -> None:
    """Write down when the work was done; where two technicians did it, the earlier of them stopped the clock."""
    job, was = visit.job, visit.ended_at
    visit.ended_at = at
    if job.completed_at is None:
        stop_clock(session, job, ClockKind.RESOLUTION, at, actor_id=actor_id)
    elif job.completed_at == was or at < job.completed_at:
        correct_stop(session, job, ClockKind.RESOLUTION, at, actor_id=actor_id)


def _is_for_a_later_visit(promise: Promise | None, visit: Visit, at: dt.datetime) -> bool:
    """Whether a promise was given after the arrival, which was not told yet, and for another day."""
    if promise is None or promise.made_at <= at:
        return False
    return promise.starts_at.astimezone(ZoneInfo(visit.job.site.zone)).date() > visit.day


def _judge_again(session: Session, job: Job, at: dt.datetime) -> None:
    """
    Judge the promise that was in force at an arrival that is told late, however it was judged meanwhile.

    While a phone is offline, its promise may be taken for broken; one that somebody broke knowingly stays broken.
    """
    promise = session.scalar(
        sa.select(Promise)
        .where(
            Promise.job_id == job.id,
            Promise.state.in_([PromiseState.KEPT, PromiseState.BROKEN]),
            Promise.reason == "",
            Promise.made_at <= at,
            Promise.ended_at >= at,
        )
        .order_by(Promise.id.desc())
        .limit(1)
    )
    if promise is not None:
        promise.state = PromiseState.KEPT if at <= promise.ends_at else PromiseState.BROKEN
