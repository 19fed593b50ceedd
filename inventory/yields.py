"""What returns of a part come to: how many are repaired, how long that takes, what those on the way will bring."""

import datetime as dt
import statistics
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory.models import Core, CoreState

# So many closed cores of a part are looked at, the latest first.
LATEST = 50
# What became of a core once it had come to a warehouse.
_ENDS = (CoreState.REPAIRED, CoreState.SCRAPPED, CoreState.RETURNED)
# Upper ends of the classes in which debts of cores are told, in days; the last class is open.
AGES = (7, 14, 30)


@dataclass(frozen=True)
class Yield:
    """How the latest returns of a part ended."""

    closed: int
    repaired: int
    # From the warehouse's door back to the shelf, the median; None when none was repaired.
    turnaround_days: float | None

    @property
    def share(self) -> float:
        """Repaired of closed."""
        return self.repaired / self.closed


@dataclass(frozen=True)
class ExpectedRepair:
    """Pieces of a part that repairs will probably bring by a day."""

    part_id: int
    on: dt.date
    quantity: float


def yields(session: Session, part_ids: Collection[int] | None = None) -> dict[int, Yield]:
    """Return how the latest returns of each part ended; parts of which none has ended have no entry."""
    latest = sa.func.row_number().over(partition_by=Core.part_id, order_by=(Core.closed_at.desc(), Core.id.desc()))
    ended = sa.select(Core.part_id, Core.state, Core.received_at, Core.closed_at, latest.label("nth")).where(
        Core.state.in_(_ENDS)
    )
    if part_ids is not None:
        ended = ended.where(Core.part_id.in_(part_ids))
    rows = ended.subquery()
    by_part = defaultdict(list)
    for row in session.execute(sa.select(rows).where(rows.c.nth <= LATEST)).all():
        by_part[row.part_id].append(row)
    return {part_id: _yield_of(found) for part_id, found in by_part.items()}


def expected_repairs(session: Session, *, part_ids: Collection[int], today: dt.date) -> list[ExpectedRepair]:
    """
    Return what the cores in vans and warehouses will probably come to, by day.

    Each counts for the share of its part that was repaired, on the day that the usual turnaround leads to, and not
    before tomorrow. Of a part that was never repaired nothing is expected.
    """
    known = yields(session, part_ids)
    under_way = sa.select(Core.part_id, Core.received_at).where(
        Core.part_id.in_(part_ids), Core.state.in_([CoreState.TAKEN, CoreState.RECEIVED, CoreState.ON_BENCH])
    )
    expected: dict[tuple[int, dt.date], float] = defaultdict(float)
    for part_id, received_at in session.execute(under_way).all():
        history = known.get(part_id)
        if history is not None and history.turnaround_days is not None:
            begun = today if received_at is None else received_at.date()
            ready = begun + dt.timedelta(days=round(history.turnaround_days))
            expected[part_id, max(ready, today + dt.timedelta(days=1))] += history.share
    return [ExpectedRepair(part_id, on, pieces) for (part_id, on), pieces in sorted(expected.items())]


def age_class(days: int) -> int:
    """Return the class of ``AGES`` that a debt of so many days falls into; the last one is ``len(AGES)``."""
    return sum(days > end for end in AGES)


def debts(cores: Iterable[Core], *, now: dt.datetime) -> dict[int, list[int]]:
    """Count cores that a van owes or carries, per van and class of age."""
    counted: dict[int, list[int]] = {}
    for core in cores:
        if core.trunk_id is not None:
            classes = counted.setdefault(core.trunk_id, [0] * (len(AGES) + 1))
            classes[age_class((now - core.due_since).days)] += 1
    return counted


def _yield_of(ended: Sequence[sa.Row[tuple[int, CoreState, dt.datetime | None, dt.datetime, int]]]) -> Yield:
    repaired = [row for row in ended if row.state == CoreState.REPAIRED]
    days = [(row.closed_at - row.received_at) / dt.timedelta(days=1) for row in repaired]
    return Yield(len(ended), len(repaired), statistics.median(days) if days else None)
