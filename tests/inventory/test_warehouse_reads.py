"""Facts about what the pages of the warehouse read."""

import datetime as dt

import pytest
from sqlalchemy.orm import Session

from inventory import picking
from inventory.models import PartFit, PlaceKind
from inventory.picking import PickWanted
from inventory.queries import bins, levels, parts, pick_lists_of_day
from inventory.replenishment import is_low
from tests import factories as make
from tests.inventory.stock import DAY, StockRoom


@pytest.fixture
def room(session: Session) -> StockRoom:
    return StockRoom(session)


def test_pick_lists_of_a_day_stand_open_ones_first_without_the_cancelled(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 9)

    def draw_up(day: dt.date) -> int:
        lines = [PickWanted(room.battery, 1)]
        return picking.draw_up(session, warehouse_id=room.north, trunk_id=room.van, day=day, lines=lines).id

    confirmed, cancelled, still_open = (draw_up(DAY) for _ in range(3))
    draw_up(DAY + dt.timedelta(days=1))
    picking.confirm_list(session, pick_list_id=confirmed, actor_id=None)
    picking.cancel_open(session, pick_list_ids=[cancelled])

    assert [pick_list.id for pick_list in pick_lists_of_day(session, day=DAY)] == [still_open, confirmed]


def test_a_part_without_a_bin_has_an_empty_one(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 1)
    levels(session, place_id=room.north)[0].bin = "A-01"
    session.flush()

    found = bins(session, place_id=room.north, part_ids=[room.battery, room.printer])

    assert found == {room.battery: "A-01", room.printer: ""}


def test_parts_are_those_that_fit_a_model(session: Session, room: StockRoom) -> None:
    session.add(PartFit(part_id=room.printer, device_model="T200"))
    session.flush()

    assert [part.sku for part in parts(session)] == ["BAT-1", "PRN-1"]
    assert [part.sku for part in parts(session, device_model="T200")] == ["PRN-1"]


@pytest.mark.parametrize(
    ("kind", "on_hand", "minimum", "target", "low"),
    [
        (PlaceKind.TRUNK, 1, 2, 4, True),
        # A trunk at its minimum has enough, a warehouse at its reorder point has not.
        (PlaceKind.TRUNK, 2, 2, 4, False),
        (PlaceKind.WAREHOUSE, 2, 2, 4, True),
        (PlaceKind.WAREHOUSE, 3, 2, 4, False),
        # Nothing can be ordered up to a level that is reached.
        (PlaceKind.WAREHOUSE, 2, 2, 2, False),
        # Not kept there.
        (PlaceKind.TRUNK, 0, 0, 0, False),
    ],
)
def test_a_level_is_low(
    session: Session, kind: PlaceKind, on_hand: int, minimum: int, target: int, *, low: bool
) -> None:
    place, part = make.add_place(session, kind=kind), make.add_part(session)

    assert is_low(make.add_stock(session, place, part, on_hand, minimum=minimum, target=target)) is low
