"""Back orders: what documents wait for because nobody could promise it."""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from inventory.checks import check_quantities, check_reference
from inventory.models import BackOrder


def wait_for(session: Session, *, reference: str, pieces: Mapping[int, int], needed_at: dt.datetime | None) -> None:
    """
    Write down what a document waits for from now on, in pieces per part id; nothing ends its waiting.

    Its place in the order of those who wait stays, unless it is needed at another time.
    """
    reference = check_reference(reference)
    check_quantities(pieces.values())
    known = {row.part_id: row for row in session.scalars(sa.select(BackOrder).where(BackOrder.reference == reference))}
    for part_id, row in known.items():
        if part_id not in pieces:
            session.delete(row)
    for part_id, quantity in sorted(pieces.items()):
        row = known.get(part_id) or BackOrder(part_id=part_id, reference=reference, created_at=clock.now())
        row.quantity, row.needed_at = quantity, needed_at
        session.add(row)
    # Positions and curves are added up by the database.
    session.flush()


def back_orders(session: Session, part_ids: Collection[int]) -> dict[int, Sequence[BackOrder]]:
    """Return who waits for each part, in the order of need: needed first, then waiting longest."""
    rows = session.scalars(
        sa.select(BackOrder)
        .where(BackOrder.part_id.in_(part_ids))
        .order_by(BackOrder.needed_at.is_(None), BackOrder.needed_at, BackOrder.created_at, BackOrder.id)
    )
    waiting: dict[int, list[BackOrder]] = {}
    for row in rows:
        waiting.setdefault(row.part_id, []).append(row)
    return dict(waiting)
