"""The one writer of a plan's state, and of the history that tells it."""

from typing import Any

from sqlalchemy.orm import Session

from core import clock
from dispatch.models import Plan, PlanEvent
from dispatch.models.plans import PlanState


def enter(session: Session, plan: Plan, state: PlanState, *, actor_id: int | None, **facts: Any) -> None:
    """Let a plan enter a state and write who did so when; a plan that was not written yet is made in that state."""
    # A plan that is new has no number yet, by which the event names it.
    was = plan.state if plan.id is not None else None
    plan.state = state
    session.add(plan)
    session.flush()
    session.add(
        PlanEvent(plan_id=plan.id, at=clock.now(), user_id=actor_id, from_state=was, to_state=state, facts=facts)
    )
