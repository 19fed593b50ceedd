"""Facts about picking with a scanner in hand, and about shelves that hold less than they should."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory import errors, ledger, picking, reservations
from inventory.models import (
    Movement,
    MovementKind,
    Part,
    PickList,
    PickState,
    Reservation,
    ReservationState,
    StockLevel,
)
from inventory.picking import PickWanted
from tests.inventory.stock import DAY, StockRoom, add_part


@pytest.fixture
def board(session: Session, room: StockRoom) -> int:
    """A serial-tracked part with M1 and M2 in the north."""
    part_id = add_part(session, "BRD-1", serial_tracked=True)
    ledger.receive(
        session,
        place_id=room.north,
        pieces={part_id: 2},
        serials={part_id: ["M1", "M2"]},
        reference="PO-1",
        actor_id=None,
    )
    return part_id


def draw_up(session: Session, room: StockRoom, *lines: PickWanted) -> PickList:
    return picking.draw_up(session, warehouse_id=room.north, trunk_id=room.van, day=DAY, lines=lines)


def scan(session: Session, pick_list: PickList, text: str) -> PickState:
    return picking.confirm_scan(session, pick_list_id=pick_list.id, scanned=text, actor_id=None).line.state


def promise(session: Session, room: StockRoom, part_id: int, quantity: int, reference: str) -> Reservation:
    return reservations.reserve_all(session, wants={part_id: quantity}, place_ids=[room.north], reference=reference)[
        part_id
    ]


def test_a_scanned_part_is_in_the_van(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)
    session.get_one(Part, room.battery).barcode = "4006381333931"
    drawn = draw_up(session, room, PickWanted(room.battery, 2), PickWanted(room.battery, 1))

    assert scan(session, drawn, "4006381333931") is PickState.CONFIRMED
    assert room.level(room.van, room.battery) == (2, 0)
    assert scan(session, drawn, "BAT-1") is PickState.CONFIRMED
    assert room.level(room.van, room.battery) == (3, 0)


def test_a_scan_too_many_does_nothing(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)
    drawn = draw_up(session, room, PickWanted(room.battery, 2))
    scan(session, drawn, "BAT-1")

    assert scan(session, drawn, "BAT-1") is PickState.CONFIRMED

    assert room.level(room.van, room.battery) == (2, 0)


def test_a_wrong_scan_is_refused_with_what_comes_next(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)
    room.stock(room.north, room.printer, 5)
    other = add_part(session, "KEY-1")
    session.scalars(sa.select(StockLevel).where(StockLevel.part_id == room.printer)).one().bin = "A-1"
    drawn = draw_up(session, room, PickWanted(room.battery, 2), PickWanted(room.printer, 1))

    with pytest.raises(errors.ScanNotExpected, match=r"KEY-1 is not .* into bin –. Expected next: PRN-1, BAT-1"):
        scan(session, drawn, "KEY-1")

    assert other
    assert room.level(room.van, room.battery) == (0, 0)


def test_tracked_pieces_are_scanned_each(session: Session, room: StockRoom, board: int) -> None:
    drawn = draw_up(session, room, PickWanted(board, 2))

    with pytest.raises(errors.SerialNotScanned):
        scan(session, drawn, "BRD-1")
    with pytest.raises(errors.WrongNumberOfSerials, match="2 pieces were to be booked and 1"):
        scan(session, drawn, "M1")
    assert scan(session, drawn, "M1 M2") is PickState.CONFIRMED

    assert room.level(room.van, board) == (2, 0)
    assert scan(session, drawn, "M2") is PickState.CONFIRMED
    assert ledger.find_differences(session) == []


def test_confirming_all_asks_for_the_pieces_that_need_a_number(session: Session, room: StockRoom, board: int) -> None:
    room.stock(room.north, room.battery, 5)
    drawn = draw_up(session, room, PickWanted(room.battery, 2), PickWanted(board, 1))

    with pytest.raises(errors.WrongNumberOfSerials, match="BRD-1"):
        picking.confirm_list(session, pick_list_id=drawn.id, actor_id=None)
    assert room.level(room.van, room.battery) == (0, 0)

    line = drawn.lines[1]
    picking.confirm_list(session, pick_list_id=drawn.id, serials={line.id: ["M2"]}, actor_id=None)
    assert drawn.state is PickState.CONFIRMED
    assert room.level(room.van, board) == (1, 0)


def test_a_short_pick_takes_along_what_is_there(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)
    drawn = draw_up(session, room, PickWanted(room.battery, 4))
    [line] = drawn.lines

    released = picking.pick_short(session, line_id=line.id, found=3, reason="one box was empty", actor_id=None)

    assert released == []
    assert (line.state, line.quantity, line.remark) == (PickState.CONFIRMED, 3, "one box was empty")
    assert room.levels() == {(room.van, room.battery): (3, 0)}
    correction = session.scalars(sa.select(Movement).where(Movement.kind == MovementKind.CORRECTION)).one()
    assert (correction.quantity, correction.reason) == (2, "one box was empty")
    assert drawn.state is PickState.CONFIRMED


def test_a_job_gets_all_its_pieces_or_none_of_a_short_shelf(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 3)
    held = promise(session, room, room.battery, 2, "J-1")
    drawn = draw_up(session, room, PickWanted(room.battery, 2, held.id, "J-1"))
    [line] = drawn.lines

    released = picking.pick_short(session, line_id=line.id, found=1, reason="not there", actor_id=None)

    assert [freed.reference for freed in released] == ["J-1"]
    assert held.state is ReservationState.RELEASED
    assert (line.state, line.remark) == (PickState.CANCELLED, "not there")
    assert room.levels() == {(room.north, room.battery): (1, 0)}


def test_a_short_shelf_keeps_the_promise_that_it_can(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 4)
    first, second = (promise(session, room, room.battery, 1, number) for number in ("J-1", "J-2"))
    drawn = draw_up(session, room, PickWanted(room.battery, 2))
    [line] = drawn.lines

    released = picking.pick_short(session, line_id=line.id, found=1, reason="not there", actor_id=None)

    assert [freed.reference for freed in released] == ["J-2"]
    assert (first.state, second.state) == (ReservationState.OPEN, ReservationState.RELEASED)
    assert line.state is PickState.CANCELLED


def test_a_short_pick_of_numbered_pieces_takes_the_one_that_is_there(
    session: Session, room: StockRoom, board: int
) -> None:
    drawn = draw_up(session, room, PickWanted(board, 2))
    [line] = drawn.lines

    picking.pick_short(session, line_id=line.id, found=1, reason="lost", serials=["M2"], actor_id=None)

    assert (line.state, line.quantity) == (PickState.CONFIRMED, 1)
    assert room.levels() == {(room.van, board): (1, 0)}
    assert ledger.find_differences(session) == []


def test_a_short_pick_of_enough_or_of_a_closed_line_is_refused(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 4)
    drawn = draw_up(session, room, PickWanted(room.battery, 2))
    [line] = drawn.lines

    with pytest.raises(errors.NotShort, match="2 pieces of BAT-1 were found and 2 are asked for"):
        picking.pick_short(session, line_id=line.id, found=2, reason="?", actor_id=None)
    picking.confirm_line(session, line_id=line.id, actor_id=None)
    with pytest.raises(errors.PickLineClosed, match="BAT-1 on pick list"):
        picking.pick_short(session, line_id=line.id, found=1, reason="?", actor_id=None)

    assert room.level(room.north, room.battery) == (2, 0)
