"""The clocks of the demonstration's morning: two jobs that were paused, and what the clocks have told so far."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager

import sqlalchemy as sa
from sqlalchemy.orm import Session

from customers.models import Priority
from dispatch.models import Job
from dispatch.models.clocks import PauseReason
from dispatch.pauses import pause_clocks, resume_clocks
from dispatch.signs import LATE, sweep_clocks

PAUSED_AT, RESUMED_AT = dt.time(7, 5), dt.time(7, 20)
FIRST_SWEEP, LAST_SWEEP = dt.time(6, 10), dt.time(7, 30)
# What the dispatcher wrote down; kept as it was typed.
STILL_PAUSED = "The shop is being painted; they call when we may come."
PAUSED_BEFORE = "Nobody picked up the phone; the owner called back."


def add_pauses_and_signs(
    session: Session, day: dt.date, *, actor_id: int, at: Callable[[dt.date, dt.time], AbstractContextManager[None]]
) -> None:
    """Pause two jobs that are not urgent, and let the clocks tell what they have told by half past seven."""
    patient = session.scalars(
        sa.select(Job.id).where(Job.priority == Priority.P4, Job.window_start.is_(None)).order_by(Job.id).limit(2)
    ).all()
    for job_id, reason, note in zip(
        patient,
        (PauseReason.CUSTOMER_ASKED, PauseReason.NO_ACCESS),
        (STILL_PAUSED, PAUSED_BEFORE),
        strict=False,
    ):
        with at(day, PAUSED_AT):
            pause_clocks(session, job_id=job_id, reason=reason, note=note, actor_id=actor_id)
    if len(patient) == 2:
        with at(day, RESUMED_AT):
            resume_clocks(session, job_id=patient[1], actor_id=actor_id)
    _sweep(session, day, at)


def _sweep(session: Session, day: dt.date, at: Callable[[dt.date, dt.time], AbstractContextManager[None]]) -> None:
    """Sweep so often that no sign comes late."""
    moment, end = dt.datetime.combine(day, FIRST_SWEEP), dt.datetime.combine(day, LAST_SWEEP)
    while moment <= end:
        with at(day, moment.time()):
            sweep_clocks(session)
        moment += LATE
