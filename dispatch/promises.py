"""
The window that is promised to a customer: which promises can be given, and what became of each.

A promise is a row that is never changed, only ended. The open one stands in the job too, where planning reads it; one
that was missed stays there until another is agreed or somebody arrives, so that nobody drives unannounced.
"""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from customers.calendars import Interval, WeeklyHours, zone_named
from customers.models import Site
from dispatch.errors import (
    WindowInPast,
    WindowOnClosedDay,
    WindowOutOfOrder,
    WindowOutsideOpeningHours,
    WindowTooFar,
    WindowTooShort,
)
from dispatch.models import Job, Promise
from dispatch.models.promises import PromiseState

SHORTEST = dt.timedelta(minutes=15)
FURTHEST = dt.timedelta(days=366)
REASON_LENGTH = 300


def check_window(window: Interval, site: Site, *, now: dt.datetime) -> None:
    """
    Refuse a window that cannot be kept: past, out of order, too short, too far ahead, or while the site is closed.

    A window over the lunch break of a shop is refused too, since the promise would hold in the break as well.
    """
    start, end = window
    zone = zone_named(site.zone)
    # Dates at the edge of the calendar cannot be told in the time of another zone.
    if not now - FURTHEST < start < now + FURTHEST or not now - FURTHEST < end < now + FURTHEST:
        raise WindowTooFar(start=start.isoformat(), end=end.isoformat(), days=FURTHEST.days)
    facts = {"window": _told(window, site), "site": site.name}
    if end <= start:
        raise WindowOutOfOrder(**facts)
    if start < now:
        raise WindowInPast(**facts, now=f"{now.astimezone(zone):%Y-%m-%d %H:%M}")
    if end - start < SHORTEST:
        raise WindowTooShort(**facts, least=SHORTEST // dt.timedelta(minutes=1))
    _check_opening_hours(window, site, facts)


def book_window(session: Session, job: Job, *, reason: str = "", actor_id: int | None) -> Promise | None:
    """
    Write the window of a job down as a promise, and end the one before; returns the new one, or None without a window.

    The one before was renegotiated if another takes its place, and withdrawn if none does.
    """
    state = PromiseState.RENEGOTIATED if job.window_start is not None else PromiseState.WITHDRAWN
    end_promise(session, job, state, reason=reason, actor_id=actor_id)
    if job.window_start is None or job.window_end is None:
        return None
    promise = Promise(
        job_id=job.id, starts_at=job.window_start, ends_at=job.window_end, made_at=clock.now(), made_by_id=actor_id
    )
    session.add(promise)
    return promise


def end_promise(
    session: Session, job: Job, state: PromiseState, *, reason: str = "", actor_id: int | None
) -> Promise | None:
    """End the open promise of a job, if it has one, and return it; the job's window stays as it is."""
    promise = open_promise(session, job)
    if promise is not None:
        _end(promise, state, reason=reason, actor_id=actor_id)
        # Another one may follow, and there is one open promise at a time.
        session.flush()
    return promise


def judge_promise(session: Session, job: Job, at: dt.datetime, *, actor_id: int | None) -> Promise | None:
    """
    Say at the first arrival whether the promise was kept, and return it; None if none was open.

    Who comes early waits, so only the end of the window counts. The next visit of the job is not bound by it.
    """
    promise = open_promise(session, job)
    if promise is not None:
        kept = at <= promise.ends_at
        _end(promise, PromiseState.KEPT if kept else PromiseState.BROKEN, reason="", actor_id=actor_id)
    job.window_start = job.window_end = None
    return promise


def break_promise(session: Session, job: Job, *, reason: str, actor_id: int | None) -> Promise | None:
    """Break the promise of a job knowingly; it is planned within the opening hours from now on."""
    promise = end_promise(session, job, PromiseState.BROKEN, reason=reason, actor_id=actor_id)
    job.window_start = job.window_end = None
    return promise


def note_missed(session: Session) -> list[Promise]:
    """End the promises whose window has passed without anybody arriving; returns them."""
    now = clock.now()
    missed = session.scalars(
        sa.select(Promise)
        .where(Promise.state == PromiseState.OPEN, Promise.ends_at < now)
        .order_by(Promise.id)
        .with_for_update(skip_locked=True)
    ).all()
    for promise in missed:
        _end(promise, PromiseState.BROKEN, reason="", actor_id=None)
    return list(missed)


def open_promise(session: Session, job: Job) -> Promise | None:
    """Return the open promise of a job, or None."""
    return session.scalar(
        sa.select(Promise).where(Promise.job_id == job.id, Promise.state == PromiseState.OPEN).with_for_update()
    )


def is_broken_by(job: Job, start: dt.datetime) -> bool:
    """Whether work that starts then breaks what was promised for the job."""
    if job.window_start is None or job.window_end is None:
        return False
    return not job.window_start <= start <= job.window_end


def _end(promise: Promise, state: PromiseState, *, reason: str, actor_id: int | None) -> None:
    promise.state = state
    promise.ended_at = clock.now()
    promise.ended_by_id = actor_id
    # Whoever cancels a job may say more than the ledger holds; the history of the job has it.
    promise.reason = reason.strip()[:REASON_LENGTH]


def _check_opening_hours(window: Interval, site: Site, facts: dict[str, str]) -> None:
    start, end = window
    zone = zone_named(site.zone)
    hours = WeeklyHours.parse(site.opening_hours)
    if hours.is_never_open():
        # Nobody has said when the shop is open, and planning does not stay away from it either.
        return
    if any(opening <= start and end <= closing for opening, closing in hours.openings_between(start, end, zone)):
        return
    day = start.astimezone(zone).date()
    on_day = hours.text_on(day)
    if on_day:
        raise WindowOutsideOpeningHours(**facts, hours=on_day)
    while not hours.text_on(day):
        day += dt.timedelta(days=1)
    raise WindowOnClosedDay(**facts, hours=f"{day.isoformat()} {hours.text_on(day)}")


def _told(window: Interval, site: Site) -> str:
    start, end = (moment.astimezone(zone_named(site.zone)) for moment in window)
    same_day = start.date() == end.date()
    return f"{start:%Y-%m-%d %H:%M} - {end:{'%H:%M' if same_day else '%Y-%m-%d %H:%M'}}"
