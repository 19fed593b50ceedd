"""Warehouse work that jobs have a part in: a delivery makes waiting jobs ready, a short count takes promises back."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dispatch.jobs import renew_promises, retry_waiting
from dispatch.models import Job
from inventory import ledger
from inventory.models import StockLevel
from inventory.queries import part_by_sku, place_by_code


@dataclass(frozen=True)
class DeliveryLine:
    """Pieces of a part on a delivery note."""

    sku: str
    quantity: int


@dataclass(frozen=True)
class Received:
    """How many pieces came in, and which waiting jobs are ready now."""

    pieces: int
    ready: Sequence[Job]


@dataclass(frozen=True)
class Counted:
    """What is on hand after a count, and the documents whose promises it could not keep."""

    on_hand: int
    references: Sequence[str]


def receive_delivery(
    session: Session, *, warehouse_code: str, reference: str, lines: Sequence[DeliveryLine], actor_id: int | None
) -> Received:
    """Put a delivery on the shelf and give jobs that waited for its parts their promises."""
    pieces: Counter[int] = Counter()
    for line in lines:
        pieces[part_by_sku(session, line.sku).id] += line.quantity
    place = place_by_code(session, warehouse_code)
    ledger.receive(session, place_id=place.id, pieces=pieces, reference=reference, actor_id=actor_id)
    return Received(pieces.total(), retry_waiting(session, actor_id=actor_id))


def record_count(
    session: Session, *, place_code: str, sku: str, counted: int, reason: str, actor_id: int | None
) -> Counted:
    """
    Set the stock of a part at a place to what was counted.

    Jobs whose promises the count could not keep look for the part elsewhere, or wait for it.
    """
    place, part = place_by_code(session, place_code), part_by_sku(session, sku)
    released = ledger.correct(
        session, place_id=place.id, part_id=part.id, counted=counted, reason=reason, actor_id=actor_id
    )
    references = sorted({reservation.reference for reservation in released})
    renew_promises(session, references=references, actor_id=actor_id)
    on_hand = session.scalar(
        sa.select(StockLevel.on_hand).where(StockLevel.place_id == place.id, StockLevel.part_id == part.id)
    )
    return Counted(on_hand or 0, references)
