"""Asking for a plan, and taking the request back."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core import clock
from dispatch.models import PlanRun, Shift
from dispatch.models.plans import RunState
from dispatch.planning.errors import (
    BudgetOutOfRange,
    NobodyWorks,
    PlanningUnderWay,
    RunIsOver,
    UnknownEngine,
    UnknownRun,
)
from routing.solve import ENGINES

SECONDS_ALLOWED = (0.5, 600.0)
OPEN = (RunState.QUEUED, RunState.RUNNING)


def request_plan(
    session: Session, *, day: dt.date, engine: str, seconds: float, seed: int = 1, actor_id: int | None
) -> PlanRun:
    """
    Ask the background worker for a plan of a day.

    Raises
    ------
    UnknownEngine, BudgetOutOfRange
        For values that cannot be computed with.
    NobodyWorks
        If every shift of that day is over or there is none.
    PlanningUnderWay
        If the day is being planned already.
    """
    if engine not in ENGINES:
        raise UnknownEngine(engine=engine, engines=", ".join(sorted(ENGINES)))
    low, high = SECONDS_ALLOWED
    if not low <= seconds <= high:
        raise BudgetOutOfRange(seconds=seconds, low=low, high=high)
    now = clock.now()
    if not session.scalar(sa.select(sa.func.count(Shift.id)).where(Shift.day == day, Shift.ends_at > now)):
        raise NobodyWorks(day=day.isoformat())
    _refuse_second_run(session, day)
    run = PlanRun(
        day=day, last_day=day, engine=engine, seconds=seconds, seed=seed, requested_at=now, requested_by_id=actor_id
    )
    try:
        with session.begin_nested():
            session.add(run)
    except IntegrityError:
        # Somebody else asked in the same moment.
        _refuse_second_run(session, day)
        raise
    return run


def _refuse_second_run(session: Session, day: dt.date) -> None:
    under_way = session.scalar(sa.select(PlanRun.id).where(PlanRun.day == day, PlanRun.state.in_(OPEN)))
    if under_way is not None:
        raise PlanningUnderWay(day=day.isoformat(), run_id=under_way)


def run_by_id(session: Session, run_id: int) -> PlanRun:
    """Return a run; raises UnknownRun."""
    run = session.get(PlanRun, run_id)
    if run is None:
        raise UnknownRun(run_id=run_id)
    return run


def cancel_run(session: Session, *, run_id: int) -> PlanRun:
    """Stop a run: at once if it still waits, otherwise as soon as its worker looks, within a second or so."""
    run = run_by_id(session, run_id)
    if run.state not in OPEN:
        raise RunIsOver(run_id=run_id, state=run.state.value)
    run.cancel_requested = True
    if run.state is RunState.QUEUED:
        run.state = RunState.CANCELLED
    return run
