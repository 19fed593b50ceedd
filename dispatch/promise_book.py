"""What people do about promises: agree on another window, break one knowingly, tell the customer; and the ledger."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.errors import N_, DomainError, Kind
from core.firm import read_firm
from customers.calendars import Interval
from dispatch.errors import UnknownPromise
from dispatch.jobs import lock_job, record_fact, refuse_changed
from dispatch.lifecycle import FINAL, refuse
from dispatch.models import Job, Promise, Visit
from dispatch.models.promises import PromiseState
from dispatch.models.visits import VisitStatus
from dispatch.promises import REASON_LENGTH, book_window, break_promise, check_window

# How many of those that are over the ledger shows.
LATEST = 100
LOADED = joinedload(Promise.job).joinedload(Job.site)


class PromiseReasonMissing(DomainError):
    code = "promise_reason_missing"
    sentence = N_("Write in 1 to %(most)s characters why the promise for job %(number)s changes.")


class NothingPromised(DomainError):
    code = "nothing_promised"
    kind = Kind.CONFLICT
    sentence = N_("Nothing is promised for job %(number)s any more. Reload the page.")


class NothingToTell(DomainError):
    code = "nothing_to_tell"
    kind = Kind.CONFLICT
    sentence = N_("The promise for job %(number)s still stands or was kept, so there is nothing to tell the customer.")


@dataclass(frozen=True)
class PromiseLine:
    """A promise with the visit that is to keep it, if one is planned."""

    promise: Promise
    visit: Visit | None

    @property
    def expected_at(self) -> dt.datetime | None:
        """When the work is expected to begin, as far as that is known."""
        if self.visit is None:
            return None
        return self.visit.expected_at or self.visit.planned_start

    @property
    def is_at_risk(self) -> bool:
        """Whether an open promise will be missed as things are: nobody comes, or too late."""
        expected = self.expected_at
        return expected is None or expected > self.promise.ends_at


@dataclass(frozen=True)
class Ledger:
    """
    The promises of a day.

    ``at_risk`` are some of ``open``. ``untold`` are those broken, on whatever day, of which no customer was told yet.
    """

    day: dt.date
    open: Sequence[PromiseLine]
    at_risk: Sequence[PromiseLine]
    untold: Sequence[Promise]
    over: Sequence[Promise]


def renegotiate(
    session: Session,
    *,
    job_id: int,
    window: Interval,
    reason: str,
    actor_id: int | None,
    version: int | None = None,
) -> Promise:
    """
    Agree with the customer on another window, or on a first one; the promise before ends as renegotiated.

    Raises PromiseReasonMissing where another one stood, WindowNotPossible, JobIsOver, and JobChanged for an old
    ``version``.
    """
    job = _open_job(session, job_id, version, "renegotiate")
    before = _window_of(job)
    if before is not None:
        _check_reason(job, reason)
    check_window(window, job.site, now=clock.now())
    job.window_start, job.window_end = window
    promise = book_window(session, job, reason=reason, actor_id=actor_id)
    assert promise is not None  # noqa: S101 -- the job has a window now
    _tell_history(session, job, before, reason, actor_id)
    session.flush()
    return promise


def withdraw_promise(
    session: Session, *, job_id: int, reason: str, actor_id: int | None, version: int | None = None
) -> Job:
    """Take a promise back because the customer needs none any more; the job is planned at any open time."""
    job = _promised_job(session, job_id, version, "withdraw_promise")
    _check_reason(job, reason)
    before = _window_of(job)
    job.window_start = job.window_end = None
    book_window(session, job, reason=reason, actor_id=actor_id)
    _tell_history(session, job, before, reason, actor_id)
    return job


def give_up_promise(
    session: Session, *, job_id: int, reason: str, actor_id: int | None, version: int | None = None
) -> Job:
    """Break a promise knowingly; it stands in the ledger until the customer was told."""
    job = _promised_job(session, job_id, version, "break_promise")
    _check_reason(job, reason)
    before = _window_of(job)
    break_promise(session, job, reason=reason, actor_id=actor_id)
    _tell_history(session, job, before, reason, actor_id)
    return job


def note_told(session: Session, *, promise_id: int, actor_id: int | None) -> Promise:
    """Write down that the customer was told of a broken promise; the first time counts."""
    promise = session.get(
        Promise, promise_id, options=[LOADED], with_for_update={"of": Promise}, populate_existing=True
    )
    if promise is None:
        raise UnknownPromise(promise_id=promise_id)
    if promise.state is not PromiseState.BROKEN:
        raise NothingToTell(number=promise.job.number)
    if promise.told_at is None:
        promise.told_at, promise.told_by_id = clock.now(), actor_id
    return promise


def ledger(session: Session, *, day: dt.date) -> Ledger:
    """Return the promises whose window begins on a day of the firm, and all that customers are still to be told of."""
    zone = read_firm(session).zone
    begins = dt.datetime.combine(day, dt.time(), zone)
    of_day = session.scalars(
        sa.select(Promise)
        .where(Promise.starts_at >= begins, Promise.starts_at < begins + dt.timedelta(days=1))
        .options(LOADED)
        .order_by(Promise.starts_at, Promise.id)
    ).all()
    visits = _visits(session, [promise.job_id for promise in of_day])
    still_open = [
        PromiseLine(promise, visits.get(promise.job_id)) for promise in of_day if promise.state is PromiseState.OPEN
    ]
    untold = session.scalars(
        sa.select(Promise)
        .where(Promise.state == PromiseState.BROKEN, Promise.told_at.is_(None))
        .options(LOADED)
        .order_by(Promise.ended_at.desc(), Promise.id.desc())
        .limit(LATEST)
    ).all()
    return Ledger(
        day=day,
        open=still_open,
        at_risk=[line for line in still_open if line.is_at_risk],
        untold=untold,
        over=[promise for promise in of_day if promise.state is not PromiseState.OPEN],
    )


def promises_of(session: Session, job: Job) -> list[Promise]:
    """Return every promise of a job, the latest first."""
    return list(session.scalars(sa.select(Promise).where(Promise.job_id == job.id).order_by(Promise.id.desc())))


def _visits(session: Session, job_ids: Sequence[int]) -> dict[int, Visit]:
    """The visits that have yet to begin, by job."""
    rows = session.scalars(
        sa.select(Visit)
        .where(Visit.job_id.in_(job_ids), Visit.status.in_((VisitStatus.DISPATCHED, VisitStatus.EN_ROUTE)))
        .options(joinedload(Visit.technician))
        .order_by(Visit.id)
    )
    return {visit.job_id: visit for visit in rows}


def _open_job(session: Session, job_id: int, version: int | None, action: str) -> Job:
    job = lock_job(session, job_id)
    refuse_changed(session, job, version)
    if job.status in FINAL:
        refuse(job.status, action, number=job.number)
    return job


def _promised_job(session: Session, job_id: int, version: int | None, action: str) -> Job:
    job = _open_job(session, job_id, version, action)
    if job.window_start is None:
        raise NothingPromised(number=job.number)
    return job


def _check_reason(job: Job, reason: str) -> None:
    if not 1 <= len(reason.strip()) <= REASON_LENGTH:
        raise PromiseReasonMissing(number=job.number, most=REASON_LENGTH)


def _window_of(job: Job) -> list[str] | None:
    if job.window_start is None or job.window_end is None:
        return None
    return [job.window_start.isoformat(), job.window_end.isoformat()]


def _tell_history(session: Session, job: Job, before: list[str] | None, reason: str, actor_id: int | None) -> None:
    facts = {"window": [before, _window_of(job)]}
    record_fact(session, job, "promise", actor_id=actor_id, note=reason.strip(), facts=facts)
