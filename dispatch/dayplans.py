"""Which plans of a day the board chooses from."""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, raiseload

from dispatch.models import Plan
from dispatch.models.plans import PlanState


class BoardPlans(NamedTuple):
    """The latest draft of a day and the plan in force."""

    draft: Plan | None
    published: Plan | None

    def shown(self, *, published: bool) -> Plan | None:
        """The one to show: the draft, unless the plan in force is preferred."""
        return self.published if published and self.published else self.draft or self.published


def plans_of_board(session: Session, day: dt.date) -> BoardPlans:
    """Return the plans that the board can show of a day."""
    return plans_of_days(session, [day])[day]


def plans_of_days(session: Session, days: Collection[dt.date]) -> dict[dt.date, BoardPlans]:
    """Return the plans that the board can show of each of some days."""
    rows = session.scalars(
        sa.select(Plan)
        .where(Plan.day.in_(days), Plan.state.in_((PlanState.DRAFT, PlanState.PUBLISHED)))
        .options(raiseload("*"))
        .order_by(Plan.version)
    )
    latest: dict[dt.date, dict[PlanState, Plan]] = defaultdict(dict)
    for plan in rows:
        latest[plan.day][plan.state] = plan
    return {day: BoardPlans(latest[day].get(PlanState.DRAFT), latest[day].get(PlanState.PUBLISHED)) for day in days}
