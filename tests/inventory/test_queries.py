"""Facts about what pages read."""

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory import errors, ledger, picking, queries, reservations
from inventory.models import PartFamily, PlaceKind, StockLevel
from inventory.picking import PickWanted
from tests.inventory.stock import DAY, StockRoom


@pytest.fixture
def stocked(room: StockRoom) -> StockRoom:
    for place_id in (room.north, room.van):
        for part_id in (room.printer, room.battery):
            room.stock(place_id, part_id, 3)
    return room


def names(levels: list[StockLevel]) -> list[tuple[str, str]]:
    return [(level.place.code, level.part.sku) for level in levels]


def test_stock_of_a_place_is_listed_by_sku(session: Session, stocked: StockRoom) -> None:
    assert names(queries.stock_of(session, place_id=stocked.van)) == [("VAN-1", "BAT-1"), ("VAN-1", "PRN-1")]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("bat", ["BAT-1"]),
        ("配件 PRN", ["PRN-1"]),
        (" part ", ["BAT-1", "PRN-1"]),
        # A percent sign is a percent sign.
        ("%", []),
    ],
)
def test_levels_are_found_by_sku_or_name(session: Session, stocked: StockRoom, text: str, expected: list[str]) -> None:
    found = queries.levels(session, text=text, place_id=stocked.north)

    assert [level.part.sku for level in found] == expected


def test_levels_are_found_by_family(session: Session, stocked: StockRoom) -> None:
    assert names(queries.levels(session, family=PartFamily.PRINTER)) == [("NORTH", "PRN-1"), ("VAN-1", "PRN-1")]
    assert len(queries.levels(session, limit=1)) == 1


def test_stock_of_an_unknown_place_is_refused(session: Session) -> None:
    with pytest.raises(errors.UnknownPlace, match="404"):
        queries.stock_of(session, place_id=404)


def test_availability_leaves_out_what_is_reserved(session: Session, stocked: StockRoom) -> None:
    reservations.reserve_all(session, wants={stocked.battery: 3}, place_ids=[stocked.van], reference="J-1")
    reservations.reserve_all(session, wants={stocked.battery: 1}, place_ids=[stocked.north], reference="J-2")

    assert queries.availability(session, part_ids=[stocked.battery]) == {(stocked.north, stocked.battery): 2}
    assert queries.availability(session, part_ids=[stocked.battery], place_ids=[stocked.van]) == {}


def test_only_open_lists_of_the_day_are_listed(session: Session, stocked: StockRoom) -> None:
    def draw_up(day: dt.date, trunk_id: int) -> int:
        lines = [PickWanted(stocked.battery, 1)]
        return picking.draw_up(session, warehouse_id=stocked.north, trunk_id=trunk_id, day=day, lines=lines).id

    yesterday = draw_up(DAY - dt.timedelta(days=1), stocked.van)
    second, first = draw_up(DAY, stocked.other_van), draw_up(DAY, stocked.van)
    confirmed = draw_up(DAY, stocked.van)
    picking.confirm_list(session, pick_list_id=confirmed, actor_id=None)

    assert [pick_list.id for pick_list in queries.open_pick_lists(session, day=DAY)] == [first, second]
    assert [pick_list.id for pick_list in queries.overdue_pick_lists(session, before=DAY)] == [yesterday]


def test_a_pick_list_is_read_with_its_parts(session: Session, stocked: StockRoom) -> None:
    lines = [PickWanted(stocked.battery, 1)]
    drawn = picking.draw_up(session, warehouse_id=stocked.north, trunk_id=stocked.van, day=DAY, lines=lines)

    assert [line.part.sku for line in queries.pick_list_by_id(session, drawn.id).lines] == ["BAT-1"]
    with pytest.raises(errors.UnknownPickList, match="404"):
        queries.pick_list_by_id(session, 404)


def test_the_newest_movements_come_first(session: Session, stocked: StockRoom) -> None:
    ledger.consume(session, part_id=stocked.battery, quantity=1, place_id=stocked.van, reference="J-1", actor_id=None)
    customer = ledger.place_of_kind(session, PlaceKind.CUSTOMER)

    assert [movement.reference for movement in queries.recent_movements(session, limit=2)] == ["J-1", "DN-1"]
    assert len(queries.recent_movements(session, place_id=stocked.van)) == 3
    assert len(queries.recent_movements(session, place_id=customer.id)) == 1
    assert len(queries.recent_movements(session, place_id=stocked.van, part_id=stocked.battery)) == 2
    assert [movement.quantity for movement in queries.recent_movements(session, reference="J-1")] == [1]


def test_places_and_parts_are_found(session: Session, room: StockRoom) -> None:
    assert [place.code for place in queries.warehouses(session)] == ["NORTH", "SOUTH"]
    assert [place.code for place in queries.trunks(session)] == ["VAN-1", "VAN-2"]
    assert queries.part_by_sku(session, " BAT-1 ").id == room.battery
    assert queries.place_by_code(session, "NORTH").id == room.north
    with pytest.raises(errors.UnknownPart, match="BAT-9"):
        queries.part_by_sku(session, "BAT-9")
    with pytest.raises(errors.UnknownPlace, match="WEST"):
        queries.place_by_code(session, "WEST")


def test_a_page_of_levels_is_one_statement(session: Session, stocked: StockRoom) -> None:
    session.expire_all()
    statements: list[str] = []
    connection = session.connection()
    sa.event.listen(connection, "before_cursor_execute", lambda *call: statements.append(call[2]))

    names(queries.levels(session))

    assert len(statements) == 1
