"""Asking for a plan, and taking the request back."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import take_turn
from core.firm import read_firm
from dispatch.models import PlanRun, Shift
from dispatch.models.plans import SECONDS_ALLOWED, RunState
from dispatch.planning.errors import (
    BudgetOutOfRange,
    DayIsOver,
    HorizonOutOfRange,
    LimitOutOfRange,
    NobodyWorks,
    PlanningUnderWay,
    RunIsOver,
    UnknownEngine,
    UnknownRun,
)
from routing.solve import ENGINES

MOST_DAYS = 14
MOST_CHANGED = 100
OPEN = (RunState.QUEUED, RunState.RUNNING)


def request_plan(
    session: Session,
    *,
    day: dt.date,
    last_day: dt.date | None = None,
    engine: str,
    seconds: float,
    seed: int = 1,
    most_changed_promises: int = 0,
    actor_id: int | None,
) -> PlanRun:
    """
    Ask the background worker for a plan of a day, or of the days up to ``last_day``.

    Raises
    ------
    UnknownEngine, BudgetOutOfRange, HorizonOutOfRange, LimitOutOfRange
        For values that cannot be computed with.
    DayIsOver, NobodyWorks
        If the days are over, or all of their shifts are, or there are none.
    PlanningUnderWay
        If one of the days is being planned already.
    """
    last_day = last_day or day
    if engine not in ENGINES:
        raise UnknownEngine(engine=engine, engines=", ".join(sorted(ENGINES)))
    low, high = SECONDS_ALLOWED
    if not low <= seconds <= high:
        raise BudgetOutOfRange(seconds=seconds, low=low, high=high)
    _check_days(session, day, last_day)
    if not 0 <= most_changed_promises <= MOST_CHANGED:
        raise LimitOutOfRange(number=most_changed_promises, most=MOST_CHANGED)
    # Days may overlap in more ways than a unique index can tell: of those who ask together one looks at a time.
    take_turn(session, "request_plan")
    _refuse_second_run(session, day, last_day)
    run = PlanRun(
        day=day,
        last_day=last_day,
        engine=engine,
        seconds=seconds,
        seed=seed,
        most_changed_promises=most_changed_promises,
        requested_at=clock.now(),
        requested_by_id=actor_id,
    )
    session.add(run)
    session.flush()
    return run


def _check_days(session: Session, day: dt.date, last_day: dt.date) -> None:
    days = (last_day - day).days + 1
    if not 1 <= days <= MOST_DAYS:
        raise HorizonOutOfRange(days=days, most=MOST_DAYS)
    if last_day < read_firm(session).today():
        raise DayIsOver(day=last_day.isoformat())
    working = sa.select(sa.func.count(Shift.id)).where(Shift.day.between(day, last_day), Shift.ends_at > clock.now())
    if not session.scalar(working):
        raise NobodyWorks(day=day.isoformat())


def _refuse_second_run(session: Session, day: dt.date, last_day: dt.date) -> None:
    under_way = session.scalar(
        sa.select(PlanRun.id).where(PlanRun.day <= last_day, PlanRun.last_day >= day, PlanRun.state.in_(OPEN)).limit(1)
    )
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
