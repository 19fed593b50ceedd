"""Facts about what there will be of a part, and who gets it."""

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory import arrivals, purchasing, suppliers, transfers
from inventory.back_orders import back_orders, wait_for
from inventory.models import BackOrder, Core, CoreState, PlaceKind
from inventory.purchasing import Delivered, OrderWanted
from inventory.supply_curve import Claim, Curve, Inflow, Outlook, Source, supply_curves
from inventory.transfers import TransferWanted
from tests.inventory.stock import DAY, StockRoom


def day(after: int) -> dt.date:
    return DAY + dt.timedelta(days=after)


def noon(after: int) -> dt.datetime:
    return dt.datetime.combine(day(after), dt.time(12), dt.UTC)


CURVE = Curve(
    DAY,
    available={PlaceKind.WAREHOUSE: 1, PlaceKind.TRUNK: 9},
    inflows=[
        Inflow(day(2), 0.6, Source.REPAIR),
        Inflow(day(4), 2, Source.IN_TRANSIT, "T-1"),
        Inflow(day(9), 0.6, Source.REPAIR),
        Inflow(day(20), 10, Source.ON_ORDER, "PO-1"),
        Inflow(None, 50, Source.ON_ORDER, "PO-2"),
    ],
)


@pytest.mark.parametrize(
    ("quantity", "promised", "likely"),
    [
        (1, 0, 0),
        (3, 4, 4),
        # Two repairs together make one more piece likely.
        (4, 20, 9),
        (13, 20, 20),
        (14, None, 20),
        # What nobody has set a day for is not counted on.
        (15, None, None),
    ],
)
def test_pieces_can_be_had_when_enough_has_come(quantity: int, promised: int | None, likely: int | None) -> None:
    days = [None if after is None else day(after) for after in (promised, likely)]

    assert CURVE.outlook(quantity) == Outlook(*days)


def test_a_curve_can_be_drawn() -> None:
    assert list(CURVE.points()) == [
        (DAY, 1),
        (day(2), 1.6),
        (day(4), 3.6),
        (day(9), pytest.approx(4.2)),
        (day(20), pytest.approx(14.2)),
    ]


def test_who_needs_it_first_is_served_first() -> None:
    claims = [Claim("J-1", 1, None), Claim("J-2", 2, None), Claim("J-3", 1, None)]
    curve = Curve(DAY, CURVE.available, CURVE.inflows, claims)

    assert curve.outlook_for("J-1") == Outlook(DAY, DAY)
    assert curve.outlook_for("J-2") == Outlook(day(4), day(4))
    assert curve.outlook_for("J-3") == Outlook(day(20), day(9))
    assert curve.outlook_for("J-4") is None


def test_documents_wait_in_the_order_of_need(session: Session, room: StockRoom) -> None:
    for reference, needed in (("J-1", None), ("J-2", noon(3)), ("J-3", noon(1))):
        wait_for(session, reference=reference, pieces={room.battery: 1}, needed_at=needed)

    assert [row.reference for row in back_orders(session, [room.battery])[room.battery]] == ["J-3", "J-2", "J-1"]


def test_waiting_ends_when_nothing_is_waited_for(session: Session, room: StockRoom) -> None:
    wait_for(session, reference="J-1", pieces={room.battery: 1, room.printer: 2}, needed_at=None)
    wait_for(session, reference="J-1", pieces={room.printer: 1}, needed_at=noon(1))
    row = session.scalars(sa.select(BackOrder)).one()
    assert (row.part_id, row.quantity, row.needed_at) == (room.printer, 1, noon(1))

    wait_for(session, reference="J-1", pieces={}, needed_at=None)
    assert back_orders(session, [room.battery, room.printer]) == {}


def test_orders_and_transfers_are_on_the_curve_until_they_arrive(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 4)
    maker = suppliers.supplier_by_code(session, "MAKER")
    order = purchasing.draft(
        session,
        supplier_id=maker.id,
        warehouse_id=room.north,
        lines=[OrderWanted(room.battery, 10)],
        actor_id=None,
    )

    def inflows() -> list[Inflow]:
        return list(supply_curves(session, [room.battery], today=DAY)[room.battery].inflows)

    assert inflows() == []
    purchasing.send(session, order_id=order.id, today=DAY)
    assert inflows() == [Inflow(day(7), 10, Source.ON_ORDER, order.number)]
    purchasing.receive(session, order_id=order.id, delivered=[Delivered(room.battery, 5)], actor_id=None)
    assert inflows() == [Inflow(day(7), 5, Source.ON_ORDER, order.number)]

    moved = transfers.request(
        session,
        from_place_id=room.north,
        to_place_id=room.south,
        lines=[TransferWanted(room.battery, 3)],
        reason="Share",
        expected_at=noon(2),
        actor_id=None,
    )
    transfers.pick(session, transfer_id=moved.id)
    transfers.ship(session, transfer_id=moved.id, actor_id=None)
    assert inflows()[0] == Inflow(day(2), 3, Source.IN_TRANSIT, moved.number)
    arrivals.receive(session, transfer_id=moved.id, actor_id=None)

    curve = supply_curves(session, [room.battery], today=DAY)[room.battery]
    assert (dict(curve.available), len(curve.inflows)) == ({PlaceKind.WAREHOUSE: 9}, 1)


def test_what_is_overdue_is_expected_tomorrow(session: Session, room: StockRoom) -> None:
    maker = suppliers.supplier_by_code(session, "MAKER")
    wanted = [OrderWanted(room.battery, 5, due_on=day(-3))]
    order = purchasing.draft(session, supplier_id=maker.id, warehouse_id=room.north, lines=wanted, actor_id=None)
    purchasing.send(session, order_id=order.id, today=day(-9))

    [inflow] = supply_curves(session, [room.battery], today=DAY)[room.battery].inflows

    assert inflow.on == day(1)


def test_likely_repairs_are_on_the_curve(session: Session, room: StockRoom) -> None:
    ended = {"trunk_id": room.van, "due_since": noon(-30), "reference": "J-1", "part_id": room.printer}
    for state in (CoreState.REPAIRED, CoreState.SCRAPPED):
        session.add(Core(state=state, received_at=noon(-20), closed_at=noon(-10), **ended))
    session.add(Core(state=CoreState.ON_BENCH, received_at=noon(-4), **ended))
    session.flush()

    curve = supply_curves(session, [room.printer], today=DAY)[room.printer]

    assert list(curve.inflows) == [Inflow(day(6), 0.5, Source.REPAIR)]
