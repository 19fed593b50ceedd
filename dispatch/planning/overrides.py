"""
Rules that somebody bent by hand, as planning reads them.

They count for a visit as long as it is with the technician for whom they were bent: nothing that plans the day anew
then takes the visit back because of them, and nothing else gets more freedom by it.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from customers.calendars import Interval
from dispatch.models import Override, Plan
from dispatch.models.plans import PlanState

# A day slips after somebody bent its rules; by so much more it may.
SLIP = dt.timedelta(minutes=30)


@dataclass(frozen=True)
class Leave:
    """What was bent for one visit of one technician."""

    rules: frozenset[str] = frozenset()
    skus: frozenset[str] = frozenset()
    # Until when the work may begin, and the technician be back; None: as everybody.
    start_until: dt.datetime | None = None
    back_until: dt.datetime | None = None

    def lets_in(self) -> bool:
        """Whether the technician may come although the customer, the territory or a tie speaks against it."""
        return not self.rules.isdisjoint({"excluded", "territory", "not_allowed"})

    def windows(self, windows: tuple[Interval, ...]) -> tuple[Interval, ...]:
        """When the work may start: as everybody's, and until as late as was agreed to."""
        if self.start_until is None or not windows:
            return windows
        return (*windows, (min(windows[-1][1], self.start_until), self.start_until + SLIP))


# By job, technician and day.
Leaves = Mapping[tuple[int, int, dt.date], Leave]


def read_leaves(session: Session, days: Collection[dt.date]) -> Leaves:
    """Read what was bent for the visits of some days; what was bent in a draft goes when that is thrown away."""
    rows = session.scalars(
        sa.select(Override)
        .join(Plan, Plan.id == Override.plan_id)
        .where(Override.day.in_(days), Plan.state != PlanState.DISCARDED)
        .order_by(Override.id)
    )
    of_visit: dict[tuple[int, int, dt.date], list[Override]] = defaultdict(list)
    for row in rows:
        of_visit[row.job_id, row.technician_id, row.day].append(row)
    return {visit: _leave(bent) for visit, bent in of_visit.items()}


def _leave(bent: Sequence[Override]) -> Leave:
    return Leave(
        rules=frozenset(one.rule for one in bent),
        skus=frozenset(one.what for one in bent if one.rule == "part"),
        start_until=_latest(one.until for one in bent if one.rule in {"opening_hours", "tie"}),
        back_until=_latest(one.until for one in bent if one.rule == "overtime"),
    )


def _latest(moments: Iterable[dt.datetime]) -> dt.datetime | None:
    return max(moments, default=None)
