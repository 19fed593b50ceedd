"""
The rows of `plan_runs` as the truth about background work.

A worker claims a run for a while and keeps renewing the claim; when it dies, the claim runs out and the next sweep
hands the run to another. Whatever is written is written only by the attempt that still holds the claim. All times here
are world time in seconds since 1970: a claim must run out even if the firm's clock is moved.
"""

import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import insert_missing, returned_rows
from core.errors import DomainError
from dispatch.models import PlanRun, WorkerPulse
from dispatch.models.plans import RunState
from dispatch.planning.errors import RunKeepsFailing

MAX_ATTEMPTS = 5
PULSE_ID = 1
# A worker that was not heard of for so long is taken for dead. Sweeps come every second.
PULSE_SECONDS = 8.0
# How long a run that was handed to the queue may wait for a free worker before it is handed over again.
HANDED_OVER_SECONDS = 60.0


@dataclass(frozen=True)
class Claim:
    """The right of one attempt to compute one run."""

    run_id: int
    attempt: int


def claim(session: Session, run_id: int, lease_seconds: float) -> Claim | None:
    """Take a waiting run, or one whose worker died; None if it belongs to somebody else or is over."""
    now = time.time()
    rows = returned_rows(
        session,
        sa.update(PlanRun)
        .where(PlanRun.id == run_id, _is_free(now))
        .values(
            state=RunState.RUNNING,
            attempt=PlanRun.attempt + 1,
            lease_until=now + lease_seconds,
            # Should this attempt die, the next sweep after the end of its claim hands the run over again.
            enqueued_until=0.0,
        )
        .returning(PlanRun.attempt),
    )
    return Claim(run_id, rows[0].attempt) if rows else None


def renew(session: Session, held: Claim, lease_seconds: float, progress: float, best_cost: float | None) -> bool:
    """
    Keep a claim and tell how far the run is; False when it is to stop: cancelled, or somebody else's by now.

    A worker that computes is alive even while all processes compute and none of them sweeps.
    """
    session.execute(sa.update(WorkerPulse).values(seen_at=time.time()))
    rows = returned_rows(
        session,
        sa.update(PlanRun)
        .where(_is_mine(held), PlanRun.cancel_requested.is_(False))
        .values(lease_until=time.time() + lease_seconds, progress=progress, best_cost=best_cost)
        .returning(PlanRun.id),
    )
    return bool(rows)


def finish(session: Session, held: Claim, plan_id: int) -> bool:
    """End a run with its plan; False, and nothing written, if the claim was lost or the run cancelled meanwhile."""
    return _end(session, held, state=RunState.DONE, plan_id=plan_id, progress=1.0)


def fail(session: Session, held: Claim, error: DomainError) -> None:
    """End a run with the reason why there is no plan; one that somebody cancelled meanwhile is cancelled."""
    problem = {"code": error.code, "sentence": error.sentence, "facts": error.facts}
    if not _end(session, held, state=RunState.FAILED, problem=problem):
        end_cancelled(session, held)


def give_back(session: Session, held: Claim) -> None:
    """Let a run wait again that its worker was told to drop, so that nobody waits for the end of the claim."""
    session.execute(sa.update(PlanRun).where(_is_mine(held)).values(state=RunState.QUEUED, lease_until=0))


def end_cancelled(session: Session, held: Claim) -> None:
    """End a run that somebody cancelled; does nothing if the claim was lost instead."""
    session.execute(
        sa.update(PlanRun)
        .where(_is_mine(held), PlanRun.cancel_requested)
        .values(state=RunState.CANCELLED, lease_until=0)
    )


def hand_over(session: Session) -> list[int]:
    """
    Return the runs that some worker should claim now, each once in a while.

    Runs that killed their worker again and again are given up.
    """
    now = time.time()
    _give_up(session, now)
    rows = returned_rows(
        session,
        sa.update(PlanRun)
        .where(_is_free(now), PlanRun.enqueued_until < now)
        .values(enqueued_until=now + HANDED_OVER_SECONDS)
        .returning(PlanRun.id),
    )
    return [row.id for row in rows]


def start_pulse(session: Session) -> int | None:
    """Begin a chain of sweeps and return its number; None while another chain is alive."""
    # The conditional update below must find the row, also when several workers start at once on an empty table.
    insert_missing(session, WorkerPulse, [{"id": PULSE_ID}])
    now = time.time()
    rows = returned_rows(
        session,
        sa.update(WorkerPulse)
        .where(WorkerPulse.id == PULSE_ID, WorkerPulse.seen_at < now - PULSE_SECONDS)
        .values(chain=WorkerPulse.chain + 1, seen_at=now)
        .returning(WorkerPulse.chain),
    )
    return rows[0].chain if rows else None


def beat(session: Session, chain: int) -> bool:
    """Give a sign of life; False if a younger chain has taken over."""
    rows = returned_rows(
        session,
        sa.update(WorkerPulse).where(WorkerPulse.chain == chain).values(seen_at=time.time()).returning(WorkerPulse.id),
    )
    return bool(rows)


def worker_is_alive(session: Session) -> bool:
    """Whether some background worker gave a sign of life lately."""
    seen_at = session.scalar(sa.select(WorkerPulse.seen_at))
    return seen_at is not None and seen_at > time.time() - PULSE_SECONDS


def _is_free(now: float) -> sa.ColumnElement[bool]:
    abandoned = sa.and_(PlanRun.state == RunState.RUNNING, PlanRun.lease_until < now)
    return sa.and_(PlanRun.attempt < MAX_ATTEMPTS, sa.or_(PlanRun.state == RunState.QUEUED, abandoned))


def _is_mine(held: Claim) -> sa.ColumnElement[bool]:
    return sa.and_(PlanRun.id == held.run_id, PlanRun.attempt == held.attempt, PlanRun.state == RunState.RUNNING)


def _end(session: Session, held: Claim, **values: Any) -> bool:
    rows = returned_rows(
        session,
        sa.update(PlanRun)
        .where(_is_mine(held), PlanRun.cancel_requested.is_(False))
        .values(lease_until=0, **values)
        .returning(PlanRun.id),
    )
    return bool(rows)


def _give_up(session: Session, now: float) -> None:
    error = RunKeepsFailing(attempts=MAX_ATTEMPTS)
    session.execute(
        sa.update(PlanRun)
        .where(PlanRun.state == RunState.RUNNING, PlanRun.lease_until < now, PlanRun.attempt >= MAX_ATTEMPTS)
        .values(
            state=RunState.FAILED,
            problem={"code": error.code, "sentence": error.sentence, "facts": error.facts},
        )
    )
