"""Facts about suppliers and purchase orders."""

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import DomainError
from inventory import errors, ledger, purchasing, purchasing_errors, suppliers
from inventory.models import Movement, OrderState, Part, Place, PurchaseOrder, PurchaseOrderLine, StockLevel, Supplier
from inventory.purchasing import Delivered, OrderWanted
from tests.inventory.stock import DAY, StockRoom


@pytest.fixture
def supplier(session: Session, room: StockRoom) -> Supplier:
    """Sells batteries in packs of five at 90 cents within twelve days, and printers one by one."""
    sold = suppliers.add_supplier(session, code="ACME", name="Acme Parts")
    suppliers.set_supply(
        session, supplier_id=sold.id, part_id=room.battery, lead_time_days=12, price_cents=90, pack_size=5
    )
    suppliers.set_supply(session, supplier_id=sold.id, part_id=room.printer, lead_time_days=3, price_cents=4_000)
    return sold


def draft(room: StockRoom, supplier: Supplier, *lines: OrderWanted) -> PurchaseOrder:
    return purchasing.draft(room.session, supplier_id=supplier.id, warehouse_id=room.north, lines=lines, actor_id=None)


def sent(room: StockRoom, supplier: Supplier, *lines: OrderWanted) -> PurchaseOrder:
    return purchasing.send(room.session, order_id=draft(room, supplier, *lines).id, today=DAY)


def receive(room: StockRoom, order: PurchaseOrder, *delivered: Delivered) -> list[Movement]:
    return purchasing.receive(room.session, order_id=order.id, delivered=delivered, actor_id=None)


def test_a_draft_takes_the_price_of_the_supplier(room: StockRoom, supplier: Supplier) -> None:
    order = draft(room, supplier, OrderWanted(room.battery, 10), OrderWanted(room.printer, 1, price_cents=3_500))

    assert (order.number, order.state) == (f"PO-{order.id}", OrderState.DRAFT)
    assert [line.price_cents for line in order.lines] == [90, 3_500]


def test_what_is_sent_is_due_after_the_lead_time_unless_a_day_was_named(room: StockRoom, supplier: Supplier) -> None:
    friday = DAY + dt.timedelta(days=4)

    order = sent(room, supplier, OrderWanted(room.battery, 10), OrderWanted(room.printer, 1, due_on=friday))

    assert order.state is OrderState.SENT
    assert [line.due_on for line in order.lines] == [DAY + dt.timedelta(days=12), friday]


def test_an_order_is_received_bit_by_bit(session: Session, room: StockRoom, supplier: Supplier) -> None:
    order = sent(room, supplier, OrderWanted(room.battery, 10, price_cents=80))

    receive(room, order, Delivered(room.battery, 4))
    assert (order.state, order.lines[0].received, order.closed_at) == (OrderState.PARTLY_RECEIVED, 4, None)

    receive(room, order, Delivered(room.battery, 6))
    assert (order.state, order.lines[0].received) == (OrderState.RECEIVED, 10)
    assert order.closed_at is not None
    assert room.levels() == {(room.north, room.battery): (10, 0)}
    booked = session.execute(
        sa.select(Movement.reference, Movement.unit_cost_cents, Place.code).join(Movement.from_place)
    ).all()
    assert [tuple(row) for row in booked] == [(order.number, 80, "@supplier-ACME")] * 2
    assert ledger.find_differences(session) == []


def test_pieces_of_a_tracked_part_are_received_by_their_numbers(
    session: Session, room: StockRoom, supplier: Supplier
) -> None:
    session.get_one(Part, room.printer).serial_tracked = True
    order = sent(room, supplier, OrderWanted(room.printer, 2))

    [movement] = receive(
        room, order, Delivered(room.printer, 1, serials=["P1"]), Delivered(room.printer, 1, serials=["P2"])
    )

    assert [serial.number for serial in movement.serials] == ["P1", "P2"]


def test_the_rest_of_an_order_can_be_given_up(room: StockRoom, supplier: Supplier) -> None:
    order = sent(room, supplier, OrderWanted(room.battery, 10))
    receive(room, order, Delivered(room.battery, 5))

    purchasing.close(room.session, order_id=order.id)

    assert (order.state, order.lines[0].quantity, order.lines[0].received) == (OrderState.RECEIVED, 10, 5)


def test_a_draft_can_be_changed(room: StockRoom, supplier: Supplier) -> None:
    order = draft(room, supplier, OrderWanted(room.battery, 10))

    purchasing.put_line(room.session, order_id=order.id, line=OrderWanted(room.battery, 15))
    purchasing.put_line(room.session, order_id=order.id, line=OrderWanted(room.printer, 2))
    purchasing.remove_line(room.session, order_id=order.id, part_id=room.battery)

    assert [(line.part_id, line.quantity) for line in order.lines] == [(room.printer, 2)]


def test_a_supplier_may_promise_another_day(room: StockRoom, supplier: Supplier) -> None:
    order = sent(room, supplier, OrderWanted(room.battery, 10))

    purchasing.postpone(room.session, order_id=order.id, part_id=room.battery, due_on=DAY + dt.timedelta(days=30))

    assert order.lines[0].due_on == DAY + dt.timedelta(days=30)


def test_of_several_suppliers_the_one_with_the_lowest_rank_is_asked_first(
    session: Session, room: StockRoom, supplier: Supplier
) -> None:
    other = suppliers.add_supplier(session, code="BEST", name="Best Parts")
    suppliers.set_supply(
        session, supplier_id=other.id, part_id=room.printer, lead_time_days=1, price_cents=5_000, rank=2
    )
    assert suppliers.first_supplies(session)[room.printer].supplier is supplier

    suppliers.end_supply(session, supplier_id=supplier.id, part_id=room.printer)
    assert suppliers.first_supplies(session)[room.printer].supplier is other


def test_a_supplier_is_written_down_once(session: Session, supplier: Supplier) -> None:
    again = suppliers.add_supplier(session, code="ACME", name="Acme Parts Ltd", email="sales@acme.example")

    assert again is supplier
    assert (supplier.name, supplier.email) == ("Acme Parts Ltd", "sales@acme.example")


Refusal = tuple[type[DomainError], Callable[[StockRoom, Supplier], Callable[[], Any]]]


def _receive_too_many(room: StockRoom, supplier: Supplier) -> Callable[[], Any]:
    order = sent(room, supplier, OrderWanted(room.battery, 10))
    receive(room, order, Delivered(room.battery, 8))
    return lambda: receive(room, order, Delivered(room.battery, 3))


def _receive_too_many_in_two_lines(room: StockRoom, supplier: Supplier) -> Callable[[], Any]:
    order = sent(room, supplier, OrderWanted(room.battery, 10))
    return lambda: receive(room, order, Delivered(room.battery, 6), Delivered(room.battery, 6))


def _receive_a_draft(room: StockRoom, supplier: Supplier) -> Callable[[], Any]:
    order = draft(room, supplier, OrderWanted(room.battery, 10))
    return lambda: receive(room, order, Delivered(room.battery, 5))


def _receive_what_was_not_ordered(room: StockRoom, supplier: Supplier) -> Callable[[], Any]:
    order = sent(room, supplier, OrderWanted(room.battery, 10))
    return lambda: receive(room, order, Delivered(room.battery, 5), Delivered(room.printer, 1))


def _receive_without_numbers(room: StockRoom, supplier: Supplier) -> Callable[[], Any]:
    room.session.get_one(Part, room.printer).serial_tracked = True
    order = sent(room, supplier, OrderWanted(room.printer, 2))
    return lambda: receive(room, order, Delivered(room.printer, 2))


def _receive_nothing(room: StockRoom, supplier: Supplier) -> Callable[[], Any]:
    order = sent(room, supplier, OrderWanted(room.battery, 10))
    return lambda: receive(room, order)


def _cancel_what_has_arrived(room: StockRoom, supplier: Supplier) -> Callable[[], Any]:
    order = sent(room, supplier, OrderWanted(room.battery, 10))
    receive(room, order, Delivered(room.battery, 5))
    return lambda: purchasing.cancel(room.session, order_id=order.id)


def _cancel_a_draft_that_was_sent_meanwhile(room: StockRoom, supplier: Supplier) -> Callable[[], Any]:
    order = sent(room, supplier, OrderWanted(room.battery, 10))
    return lambda: purchasing.cancel(room.session, order_id=order.id, seen=OrderState.DRAFT)


def _cancel_twice(room: StockRoom, supplier: Supplier) -> Callable[[], Any]:
    order = sent(room, supplier, OrderWanted(room.battery, 10))
    purchasing.cancel(room.session, order_id=order.id)
    return lambda: purchasing.cancel(room.session, order_id=order.id)


def _send_twice(room: StockRoom, supplier: Supplier) -> Callable[[], Any]:
    order = sent(room, supplier, OrderWanted(room.battery, 10))
    return lambda: purchasing.send(room.session, order_id=order.id, today=DAY)


def _send_an_empty_one(room: StockRoom, supplier: Supplier) -> Callable[[], Any]:
    order = draft(room, supplier, OrderWanted(room.battery, 10))
    purchasing.remove_line(room.session, order_id=order.id, part_id=room.battery)
    return lambda: purchasing.send(room.session, order_id=order.id, today=DAY)


def _close_what_has_not_begun_to_arrive(room: StockRoom, supplier: Supplier) -> Callable[[], Any]:
    order = sent(room, supplier, OrderWanted(room.battery, 10))
    return lambda: purchasing.close(room.session, order_id=order.id)


REFUSALS: list[Refusal] = [
    (purchasing_errors.ReceivedTooMany, _receive_too_many),
    (purchasing_errors.ReceivedTooMany, _receive_too_many_in_two_lines),
    (purchasing_errors.OrderNotInState, _receive_a_draft),
    (purchasing_errors.NotOrdered, _receive_what_was_not_ordered),
    (errors.WrongNumberOfSerials, _receive_without_numbers),
    (errors.NothingWanted, _receive_nothing),
    (purchasing_errors.OrderReceived, _cancel_what_has_arrived),
    (purchasing_errors.OrderNotInState, _cancel_twice),
    (purchasing_errors.OrderNotInState, _cancel_a_draft_that_was_sent_meanwhile),
    (purchasing_errors.OrderNotInState, _send_twice),
    (purchasing_errors.OrderEmpty, _send_an_empty_one),
    (purchasing_errors.OrderNotInState, _close_what_has_not_begun_to_arrive),
    (purchasing_errors.NotWholePacks, lambda room, by: lambda: draft(room, by, OrderWanted(room.battery, 7))),
    (errors.QuantityOutOfRange, lambda room, by: lambda: draft(room, by, OrderWanted(room.battery, -5))),
    (purchasing_errors.PriceOutOfRange, lambda room, by: lambda: draft(room, by, OrderWanted(room.battery, 5, -1))),
    (
        purchasing_errors.OrderedTwice,
        lambda room, by: lambda: draft(room, by, OrderWanted(room.printer, 1), OrderWanted(room.printer, 1)),
    ),
    (errors.UnknownPart, lambda room, by: lambda: draft(room, by, OrderWanted(999_999, 5))),
    (errors.NothingWanted, lambda room, by: lambda: draft(room, by)),
    (purchasing_errors.UnknownOrder, lambda room, _: lambda: purchasing.cancel(room.session, order_id=999_999)),
]


@pytest.mark.parametrize(("refusal", "prepare"), REFUSALS, ids=[f"{n}-{r.code}" for n, (r, _) in enumerate(REFUSALS)])
def test_a_refusal_changes_nothing(
    session: Session,
    room: StockRoom,
    supplier: Supplier,
    refusal: type[DomainError],
    prepare: Callable[[StockRoom, Supplier], Callable[[], Any]],
) -> None:
    act = prepare(room, supplier)
    before = everything(session)

    with pytest.raises(refusal):
        act()

    assert everything(session) == before


def test_too_many_pieces_are_refused_with_all_the_numbers(room: StockRoom, supplier: Supplier) -> None:
    order = sent(room, supplier, OrderWanted(room.battery, 10))
    receive(room, order, Delivered(room.battery, 8))

    with pytest.raises(purchasing_errors.ReceivedTooMany) as refused:
        receive(room, order, Delivered(room.battery, 3))

    assert str(refused.value) == (
        f"{order.number}, line 1, BAT-1: 10 ordered, 8 received before, 3 more are too many. "
        "Receive at most 2; the rest goes back to the supplier or on a delivery of its own."
    )


def everything(session: Session) -> list[Any]:
    """What the tables say, to be compared before and after a refusal."""
    session.flush()
    session.expire_all()
    tables = (PurchaseOrder, PurchaseOrderLine, StockLevel, Movement)
    return [session.execute(sa.select(table.__table__).order_by(table.__table__.c.id)).all() for table in tables]
