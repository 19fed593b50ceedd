"""Facts about people who act on the same transfer or order at the same moment, on both databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory import arrivals, ledger, purchasing, suppliers, transfers
from inventory.models import PlaceKind, PurchaseOrder, PurchaseOrderLine, StockLevel, Transfer
from inventory.places import place_of_kind
from inventory.purchasing import Delivered, OrderWanted
from inventory.replenishment import draft_orders, set_par_level
from inventory.transfers import TransferWanted
from tests.conftest import BACKENDS
from tests.inventory.stock import DAY, StockRoom
from tests.races import PEOPLE, open_arena, race


@pytest.fixture(params=BACKENDS)
def arena(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A database of its own, because these tests commit."""
    with open_arena(request, tmp_path) as engine:
        yield engine


class Room:
    """The ids of a stock room with a transfer of three batteries from the north to the van."""

    def __init__(self, arena: sa.Engine) -> None:
        with Session(arena) as session, session.begin():
            room = StockRoom(session)
            room.stock(room.north, room.battery, 10)
            self.north, self.van, self.battery = room.north, room.van, room.battery
            self.maker = suppliers.supplier_by_code(session, "MAKER").id
            self.transit = place_of_kind(session, PlaceKind.TRANSIT).id
            self.transfer = transfers.request(
                session,
                from_place_id=room.north,
                to_place_id=room.van,
                lines=[TransferWanted(room.battery, 3)],
                reason="Top-up",
                actor_id=None,
            ).id


@pytest.fixture
def room(arena: sa.Engine) -> Room:
    return Room(arena)


def on_hand(arena: sa.Engine, place_id: int) -> int:
    with Session(arena) as session:
        assert ledger.find_differences(session) == []
        return session.scalar(sa.select(StockLevel.on_hand).where(StockLevel.place_id == place_id)) or 0


def test_a_transfer_is_picked_shipped_and_received_once(arena: sa.Engine, room: Room) -> None:
    def pick(session: Session) -> None:
        transfers.pick(session, transfer_id=room.transfer)

    def ship(session: Session) -> None:
        transfers.ship(session, transfer_id=room.transfer, actor_id=None)

    def receive(session: Session) -> None:
        arrivals.receive(session, transfer_id=room.transfer, actor_id=None)

    for step in (pick, ship, receive):
        assert race(arena, *[step] * PEOPLE) == {"done": 1, "transfer_not_in_state": PEOPLE - 1}

    assert (on_hand(arena, room.north), on_hand(arena, room.van), on_hand(arena, room.transit)) == (7, 3, 0)


def test_a_transfer_is_either_sent_or_cancelled(arena: sa.Engine, room: Room) -> None:
    with Session(arena) as session, session.begin():
        transfers.pick(session, transfer_id=room.transfer)

    endings = race(
        arena,
        lambda session: transfers.ship(session, transfer_id=room.transfer, actor_id=None),
        lambda session: transfers.cancel(session, transfer_id=room.transfer),
    )

    assert endings["done"] == 1
    with Session(arena) as session:
        state = session.get_one(Transfer, room.transfer).state.value
    assert (state, on_hand(arena, room.transit)) in {("shipped", 3), ("cancelled", 0)}


def test_never_more_is_received_than_was_ordered(arena: sa.Engine, room: Room) -> None:
    with Session(arena) as session, session.begin():
        order = purchasing.draft(
            session,
            supplier_id=room.maker,
            warehouse_id=room.north,
            lines=[OrderWanted(room.battery, 10)],
            actor_id=None,
        )
        order_id = purchasing.send(session, order_id=order.id, today=DAY).id

    def receive(session: Session) -> None:
        purchasing.receive(session, order_id=order_id, delivered=[Delivered(room.battery, 4)], actor_id=None)

    endings = race(arena, *[receive] * PEOPLE)

    assert endings == {"done": 2, "received_too_many": PEOPLE - 2}
    with Session(arena) as session:
        assert session.scalars(sa.select(PurchaseOrderLine.received)).one() == 8
    assert on_hand(arena, room.north) == 18


def test_what_is_short_is_drafted_once(arena: sa.Engine, room: Room) -> None:
    with Session(arena) as session, session.begin():
        set_par_level(session, place_id=room.north, part_id=room.battery, minimum=20, target=30)

    race(arena, *[lambda session: draft_orders(session, actor_id=None)] * PEOPLE)

    with Session(arena) as session:
        assert session.scalar(sa.select(sa.func.count(PurchaseOrder.id))) == 1
