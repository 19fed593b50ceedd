"""Writing down what was computed of a day, if it is still the day it was computed from."""

from typing import Any

from sqlalchemy.orm import Session

from dispatch.live.errors import DayMovesOn
from dispatch.live.present import Present, read_state
from dispatch.models import Plan
from dispatch.planning.record import Computed, record_plans


def write(session: Session, present: Present, computed: Computed, *, actor_id: int | None, **facts: Any) -> Plan:
    """
    Write a computed day as its next draft; ``facts`` go into its history.

    Raises DayMovesOn if somebody changed the day since it was read: a job, a visit, working times, the plan.
    """
    refuse_another_day(session, present)
    return record_plans(session, computed, actor_id=actor_id, **facts)[0]


def refuse_another_day(session: Session, present: Present) -> None:
    """Raise DayMovesOn unless everything is as it was when the day was read."""
    job_ids = [job_id for job_id, _ in present.state.jobs]
    if read_state(session, present.day, job_ids) != present.state:
        raise DayMovesOn(day=present.day.isoformat())
