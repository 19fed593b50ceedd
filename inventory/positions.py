"""What comes to a place, what leaves it, what is on order for it and what is waited for, added up by the database."""

from collections import Counter

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from core.base import is_open
from inventory.levels import LevelKey
from inventory.models import (
    BackOrder,
    OrderState,
    PickLine,
    PickList,
    PurchaseOrder,
    PurchaseOrderLine,
    Reservation,
    Transfer,
    TransferLine,
    TransferState,
)

# A draft counts, lest the same need be drafted twice.
ORDERED = (OrderState.DRAFT, OrderState.SENT, OrderState.PARTLY_RECEIVED)


def coming(place_id: int | None = None) -> sa.Subquery:
    """
    Pieces that are on their way to a place and promised to nobody: ``place_id``, ``part_id``, ``quantity``.

    On open pick lists, and on transfers from their request until they are received; to all places or to one.
    """
    under_way = (TransferState.REQUESTED, TransferState.PICKED, TransferState.SHIPPED)
    pieces = sa.case((Transfer.state == TransferState.REQUESTED, TransferLine.requested), else_=TransferLine.picked)
    transferred = _free_transfer_lines(Transfer.to_place_id, pieces).where(Transfer.state.in_(under_way))
    return _added_up(_fill_ups(PickList.trunk_id), transferred, place_id=place_id)


def leaving(place_id: int | None = None) -> sa.Subquery:
    """
    Pieces that are to leave a place, or one, and are not held there yet: ``place_id``, ``part_id``, ``quantity``.

    What is picked for a transfer is held by a reservation, and what has left is not there any more.
    """
    requested = _free_transfer_lines(Transfer.from_place_id, TransferLine.requested)
    requested = requested.where(Transfer.state == TransferState.REQUESTED)
    return _added_up(_fill_ups(PickList.warehouse_id), requested, place_id=place_id)


def on_order() -> sa.Subquery:
    """Pieces that were ordered, or drafted, and did not arrive yet: ``place_id``, ``part_id``, ``quantity``."""
    still_open = PurchaseOrderLine.quantity - PurchaseOrderLine.received
    lines = (
        sa.select(
            PurchaseOrder.warehouse_id.label("place_id"),
            PurchaseOrderLine.part_id.label("part_id"),
            still_open.label("quantity"),
        )
        .join(PurchaseOrderLine.order)
        .where(PurchaseOrder.state.in_(ORDERED), still_open > 0)
    )
    return _added_up(lines)


def waited_for(session: Session) -> dict[int, int]:
    """Return the pieces that documents wait for, per part id."""
    totals = sa.select(BackOrder.part_id, sa.func.sum(BackOrder.quantity)).group_by(BackOrder.part_id)
    return {part_id: int(quantity) for part_id, quantity in session.execute(totals).all()}


def counted(session: Session, pieces: sa.Subquery) -> Counter[LevelKey]:
    """Return the pieces of one of the sums above per ``(place_id, part_id)``."""
    rows = session.execute(sa.select(pieces.c.place_id, pieces.c.part_id, pieces.c.quantity)).all()
    return Counter({(place_id, part_id): int(quantity) for place_id, part_id, quantity in rows})


def _fill_ups(place: InstrumentedAttribute[int]) -> sa.Select[int, int, int]:
    return (
        sa.select(place.label("place_id"), PickLine.part_id.label("part_id"), PickLine.quantity.label("quantity"))
        .join(PickLine.pick_list)
        .where(is_open(PickLine.state), PickLine.reservation_id.is_(None))
    )


def _free_transfer_lines(
    place: InstrumentedAttribute[int], pieces: sa.ColumnElement[int] | InstrumentedAttribute[int]
) -> sa.Select[int, int, int]:
    """Lines that carry no promise to a job; a promise to the transfer itself bears its number."""
    own_number = sa.literal("T-") + sa.cast(Transfer.id, sa.String)
    return (
        sa.select(place.label("place_id"), TransferLine.part_id.label("part_id"), pieces.label("quantity"))
        .join(TransferLine.transfer)
        .outerjoin(TransferLine.reservation)
        .where(sa.or_(Reservation.id.is_(None), Reservation.reference == own_number))
    )


def _added_up(*lines: sa.Select[int, int, int], place_id: int | None = None) -> sa.Subquery:
    every = sa.union_all(*lines).subquery()
    total = sa.select(every.c.place_id, every.c.part_id, sa.func.sum(every.c.quantity).label("quantity"))
    if place_id is not None:
        total = total.where(every.c.place_id == place_id)
    return total.group_by(every.c.place_id, every.c.part_id).subquery()
