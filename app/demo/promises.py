"""The promises of the demonstration's morning: one agreed anew, one broken, and two jobs that are tied."""

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, suppress
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dispatch.errors import WindowNotPossible
from dispatch.models import Job, Technician
from dispatch.models.jobs import JobStatus
from dispatch.planning.errors import PinContradicts
from dispatch.planning.pins import NewPin, pin_job
from dispatch.promise_book import give_up_promise, renegotiate

CALLED_AT = dt.time(7, 25)
# So much later is what a customer asked for; the first that the shop's hours allow.
LATER = tuple(dt.timedelta(minutes=minutes) for minutes in (60, 30, -30, -60))
# What the dispatcher wrote down; kept as it was typed.
AGREED_ANEW = "The owner opens later today."
CANNOT_KEEP = "The delivery with its part comes only at noon."
KNOWS_THE_SHOP = "Knows the shop and has the key."
AFTER_THE_RUSH = "Not while people queue for breakfast."


def add_promises_and_ties(
    session: Session, day: dt.date, *, actor_id: int, at: Callable[[dt.date, dt.time], AbstractContextManager[None]]
) -> None:
    """Let a dispatcher have called two customers and tied two jobs before the day begins."""
    promised = session.scalars(
        sa.select(Job).where(Job.window_start.is_not(None)).order_by(Job.response_due.desc(), Job.id).limit(2)
    ).all()
    patient = session.scalars(
        sa.select(Job)
        .where(Job.window_start.is_(None), Job.status == JobStatus.READY)
        .order_by(Job.response_due.desc(), Job.id)
        .limit(2)
    ).all()
    with at(day, CALLED_AT):
        if len(promised) == 2:
            _agree_anew(session, promised[0], actor_id)
            give_up_promise(session, job_id=promised[1].id, reason=CANNOT_KEEP, actor_id=actor_id)
        if len(patient) == 2:
            _tie_to_somebody(session, patient[0], actor_id)
            _tie_to_the_afternoon(session, patient[1], day, actor_id)


def _agree_anew(session: Session, job: Job, actor_id: int) -> None:
    start, end = job.window_start, job.window_end
    for later in LATER:
        with suppress(WindowNotPossible):
            assert start is not None and end is not None  # noqa: S101, PT018 -- promised jobs were chosen
            window = (start + later, end + later)
            renegotiate(session, job_id=job.id, window=window, reason=AGREED_ANEW, actor_id=actor_id)
            return


def _tie_to_somebody(session: Session, job: Job, actor_id: int) -> None:
    technicians: Sequence[Technician] = session.scalars(sa.select(Technician).order_by(Technician.code)).all()
    for technician in technicians:
        with suppress(PinContradicts):
            to = NewPin(technician_id=technician.id)
            pin_job(session, job_id=job.id, to=to, reason=KNOWS_THE_SHOP, actor_id=actor_id)
            return


def _tie_to_the_afternoon(session: Session, job: Job, day: dt.date, actor_id: int) -> None:
    noon = dt.datetime.combine(day, dt.time(12), ZoneInfo(job.site.zone)).astimezone(dt.UTC)
    with suppress(PinContradicts):
        to = NewPin(window=(noon, noon + dt.timedelta(hours=4)))
        pin_job(session, job_id=job.id, to=to, reason=AFTER_THE_RUSH, actor_id=actor_id)
