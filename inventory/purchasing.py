"""
Purchase orders: drafted, sent, received bit by bit, and closed or cancelled.

Never more is received than was ordered; what a supplier sent besides is refused, or the order is raised to it. What
arrives is booked at the price of its line, from the supplier's side of the ledger.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from core import clock
from inventory import ledger
from inventory.checks import check_quantities, check_text, find_place
from inventory.documents import hold
from inventory.errors import NothingWanted
from inventory.locking import all_or_none
from inventory.models import (
    Movement,
    MovementKind,
    OrderState,
    Part,
    PlaceKind,
    PurchaseOrder,
    PurchaseOrderLine,
    Supplier,
)
from inventory.places import place_for_damaged
from inventory.purchasing_errors import (
    NotOrdered,
    NotWholePacks,
    OrderedTwice,
    OrderEmpty,
    OrderNotInState,
    OrderReceived,
    ReceivedTooMany,
    UnknownOrder,
)
from inventory.returns import admit_damaged
from inventory.suppliers import check_price, find_supplier, find_supply

REASON_LENGTH = 300
# Orders from which pieces are still to come.
AWAITED = (OrderState.SENT, OrderState.PARTLY_RECEIVED)


@dataclass(frozen=True)
class OrderWanted:
    """A line of an order; without a price it is the supplier's, without a day it follows from the lead time."""

    part_id: int
    quantity: int
    price_cents: int | None = None
    due_on: dt.date | None = None
    reason: str = ""


@dataclass(frozen=True)
class Delivered:
    """Pieces of a part that arrived for an order, good and damaged; of a serial-tracked part with their numbers."""

    part_id: int
    quantity: int
    serials: Sequence[str] = ()
    damaged: int = 0
    damaged_serials: Sequence[str] = ()
    # What the supplier sent beyond the order is kept and the order raised to it; else it is refused.
    keeps_surplus: bool = False


def draft(
    session: Session, *, supplier_id: int, warehouse_id: int, lines: Sequence[OrderWanted], actor_id: int | None
) -> PurchaseOrder:
    """Draft an order to a supplier for a warehouse. Nothing is on order before it is sent."""
    supplier = find_supplier(session, supplier_id)
    warehouse = find_place(session, warehouse_id, [PlaceKind.WAREHOUSE])
    if not lines:
        raise NothingWanted
    order = PurchaseOrder(
        supplier=supplier,
        warehouse=warehouse,
        state=OrderState.DRAFT,
        created_at=clock.now(),
        created_by_id=actor_id,
        lines=[],
    )
    for line in lines:
        if any(known.part_id == line.part_id for known in order.lines):
            raise OrderedTwice(sku=session.get_one(Part, line.part_id).sku)
        _put(session, order, line)
    session.add(order)
    # Callers print the number.
    session.flush()
    return order


def put_line(session: Session, *, order_id: int, line: OrderWanted) -> PurchaseOrder:
    """Put a part on a draft, or change the line that it has there."""
    with all_or_none(session):
        order = take_order(session, order_id, OrderState.DRAFT)
        _put(session, order, line)
        # A new line gets its id.
        session.flush()
    return order


def remove_line(session: Session, *, order_id: int, part_id: int) -> PurchaseOrder:
    """Take a part off a draft; a repeat does nothing."""
    with all_or_none(session):
        order = take_order(session, order_id, OrderState.DRAFT)
        order.lines[:] = [line for line in order.lines if line.part_id != part_id]
        session.flush()
    return order


def send(session: Session, *, order_id: int, today: dt.date) -> PurchaseOrder:
    """
    Send a draft to the supplier; its pieces are on order from now on.

    A line without a day is due after the lead time, counted from ``today``.
    """
    with all_or_none(session):
        order = take_order(session, order_id, OrderState.DRAFT)
        if not order.lines:
            raise OrderEmpty(order=order.number)
        for line in order.lines:
            if line.due_on is None:
                lead_time_days = find_supply(session, order.supplier, line.part_id).lead_time_days
                line.due_on = today + dt.timedelta(days=lead_time_days)
        order.state, order.sent_at = OrderState.SENT, clock.now()
    return order


def postpone(session: Session, *, order_id: int, part_id: int, due_on: dt.date) -> PurchaseOrder:
    """Write down when the supplier now promises what is still to come of a part."""
    with all_or_none(session):
        order = _take_awaited(session, order_id)
        _line(session, order, part_id).due_on = due_on
    return order


def receive(session: Session, *, order_id: int, delivered: Sequence[Delivered], actor_id: int | None) -> list[Movement]:
    """
    Put what arrived for an order on the shelf and what is damaged into quarantine, all or none.

    Raises ReceivedTooMany for pieces beyond those that are still to come, unless they are to be kept.
    """
    if not delivered:
        raise NothingWanted
    for arrived in delivered:
        check_quantities([arrived.quantity, arrived.damaged], least=0)
        check_quantities([arrived.quantity + arrived.damaged])
    with all_or_none(session):
        order = _take_awaited(session, order_id)
        for arrived in delivered:
            _note(order, _line(session, order, arrived.part_id), arrived)
        movements = [*_shelve(session, order, delivered, actor_id), *_set_aside(session, order, delivered, actor_id)]
        is_complete = all(line.received == line.quantity for line in order.lines)
        order.state = OrderState.RECEIVED if is_complete else OrderState.PARTLY_RECEIVED
        order.closed_at = clock.now() if is_complete else None
    return movements


def _shelve(
    session: Session, order: PurchaseOrder, delivered: Sequence[Delivered], actor_id: int | None
) -> list[Movement]:
    pieces: Counter[int] = Counter()
    serials: dict[int, list[str]] = defaultdict(list)
    for arrived in delivered:
        pieces[arrived.part_id] += arrived.quantity
        serials[arrived.part_id] += arrived.serials
    if not pieces.total():
        return []
    return ledger.receive(
        session,
        place_id=order.warehouse_id,
        pieces=+pieces,
        reference=order.number,
        actor_id=actor_id,
        serials=serials,
        prices={line.part_id: line.price_cents for line in order.lines},
        supplier_place_id=order.supplier.place_id,
    )


def _set_aside(
    session: Session, order: PurchaseOrder, delivered: Sequence[Delivered], actor_id: int | None
) -> list[Movement]:
    """Book damaged pieces into quarantine, worth nothing, from where they are repaired or go back to the supplier."""
    damaged = [arrived for arrived in delivered if arrived.damaged]
    if not damaged:
        return []
    quarantine = place_for_damaged(session, order.warehouse)
    movements = ledger.book(
        session,
        entries=[
            ledger.entry(
                MovementKind.RECEIPT,
                part_id=arrived.part_id,
                quantity=arrived.damaged,
                from_place_id=order.supplier.place_id,
                to_place_id=quarantine.id,
                reference=order.number,
                actor_id=actor_id,
                serials=arrived.damaged_serials,
                unit_cost_cents=0,
            )
            for arrived in damaged
        ],
    )
    for arrived in damaged:
        admit_damaged(
            session,
            part_id=arrived.part_id,
            quantity=arrived.damaged,
            place_id=quarantine.id,
            reference=order.number,
            serials=arrived.damaged_serials,
        )
    return movements


def close(session: Session, *, order_id: int) -> PurchaseOrder:
    """Stop waiting for the rest of an order of which something has arrived."""
    with all_or_none(session):
        order = take_order(session, order_id, OrderState.PARTLY_RECEIVED)
        order.state, order.closed_at = OrderState.RECEIVED, clock.now()
    return order


def cancel(session: Session, *, order_id: int, seen: OrderState | None = None) -> PurchaseOrder:
    """
    Call off an order of which nothing has arrived.

    ``seen`` is the state in which the caller saw it: whoever means to drop a draft must not call off what was sent
    meanwhile.
    """
    with all_or_none(session):
        order = take_order(session, order_id, seen)
        received = sum(line.received for line in order.lines)
        if received:
            ordered = sum(line.quantity for line in order.lines)
            raise OrderReceived(order=order.number, received=received, ordered=ordered)
        if order.state not in (OrderState.DRAFT, OrderState.SENT):
            raise _not_in_state(order, OrderState.DRAFT, OrderState.SENT)
        order.state, order.closed_at = OrderState.CANCELLED, clock.now()
    return order


def orders(session: Session, *, states: Sequence[OrderState] = (), limit: int | None = None) -> list[PurchaseOrder]:
    """Return the orders in these states, or all, the newest first."""
    found = sa.select(PurchaseOrder).options(*_WHOLE).order_by(PurchaseOrder.id.desc()).limit(limit)
    if states:
        found = found.where(PurchaseOrder.state.in_(states))
    return list(session.scalars(found))


def order_by_id(session: Session, order_id: int) -> PurchaseOrder:
    """Return one order with its lines and parts; raises UnknownOrder."""
    order = session.get(PurchaseOrder, order_id, options=_WHOLE)
    if order is None:
        raise UnknownOrder(order=order_id)
    return order


_WHOLE = (
    joinedload(PurchaseOrder.supplier),
    joinedload(PurchaseOrder.warehouse),
    selectinload(PurchaseOrder.lines).joinedload(PurchaseOrderLine.part),
)


def take_order(session: Session, order_id: int, needed: OrderState | None = None) -> PurchaseOrder:
    """Hold an order until the transaction ends; raises UnknownOrder, or OrderNotInState with another state."""
    order = hold(session, PurchaseOrder, order_id)
    if order is None:
        raise UnknownOrder(order=order_id)
    if needed is not None and order.state is not needed:
        raise _not_in_state(order, needed)
    return order


def _take_awaited(session: Session, order_id: int) -> PurchaseOrder:
    order = take_order(session, order_id)
    if order.state not in AWAITED:
        raise _not_in_state(order, *AWAITED)
    return order


def _not_in_state(order: PurchaseOrder, *needed: OrderState) -> OrderNotInState:
    return OrderNotInState(
        order=order.number,
        supplier=order.supplier.code,
        state=order.state.value,
        needed=", ".join(state.value for state in needed),
    )


def _put(session: Session, order: PurchaseOrder, wanted: OrderWanted) -> None:
    check_quantities([wanted.quantity])
    supply = find_supply(session, order.supplier, wanted.part_id)
    price_cents = supply.price_cents if wanted.price_cents is None else wanted.price_cents
    check_price(price_cents)
    _check_packs(order.supplier, supply.part, wanted.quantity, supply.pack_size)
    line = next((line for line in order.lines if line.part_id == wanted.part_id), None)
    if line is None:
        line = PurchaseOrderLine(part_id=wanted.part_id, received=0)
        order.lines.append(line)
    line.quantity, line.price_cents, line.due_on = wanted.quantity, price_cents, wanted.due_on
    line.reason = check_text("reason", wanted.reason, REASON_LENGTH) if wanted.reason.strip() else ""


def _check_packs(supplier: Supplier, part: Part, quantity: int, pack_size: int) -> None:
    packs, loose = divmod(quantity, pack_size)
    if loose:
        raise NotWholePacks(
            supplier=supplier.code,
            sku=part.sku,
            pack_size=pack_size,
            quantity=quantity,
            whole=(packs + 1) * pack_size,
        )


def _line(session: Session, order: PurchaseOrder, part_id: int) -> PurchaseOrderLine:
    line = next((line for line in order.lines if line.part_id == part_id), None)
    if line is None:
        part = session.get(Part, part_id)
        raise NotOrdered(sku=part.sku if part else part_id, order=order.number, supplier=order.supplier.code)
    return line


def _note(order: PurchaseOrder, line: PurchaseOrderLine, arrived: Delivered) -> None:
    still_open, came = line.quantity - line.received, arrived.quantity + arrived.damaged
    if came > still_open and not arrived.keeps_surplus:
        raise ReceivedTooMany(
            order=order.number,
            line=order.lines.index(line) + 1,
            sku=line.part.sku,
            ordered=line.quantity,
            received=line.received,
            tried=came,
            open=still_open,
        )
    line.received += came
    line.quantity = max(line.quantity, line.received)
