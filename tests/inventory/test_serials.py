"""Facts about parts whose every piece has a number."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import DomainError
from inventory import errors, ledger, reservations, tracing
from inventory.audit import DifferenceKind
from inventory.models import Movement, MovementKind, Part, PlaceKind, Serial
from tests.inventory.stock import StockRoom, add_part


@pytest.fixture
def board(session: Session, room: StockRoom) -> int:
    """A serial-tracked part: M1, M2 and M3 in the north, M4 in the van."""
    part_id = add_part(session, "BRD-1", serial_tracked=True)
    receive(session, room.north, part_id, "M1", "M2", "M3")
    receive(session, room.van, part_id, "M4")
    return part_id


def receive(session: Session, place_id: int, part_id: int, *numbers: str) -> None:
    ledger.receive(
        session,
        place_id=place_id,
        pieces={part_id: len(numbers)},
        serials={part_id: numbers},
        reference="PO-1",
        actor_id=None,
    )


def transfer(session: Session, room: StockRoom, part_id: int, *numbers: str, quantity: int = 0) -> Movement:
    return ledger.transfer(
        session,
        part_id=part_id,
        quantity=quantity or len(numbers),
        from_place_id=room.north,
        to_place_id=room.van,
        reference="T-1",
        actor_id=None,
        serials=numbers,
    )


def whereabouts(session: Session) -> dict[str, str]:
    return {serial.number: serial.place.code for serial in session.scalars(sa.select(Serial))}


def test_pieces_move_with_their_numbers(session: Session, room: StockRoom, board: int) -> None:
    moved = transfer(session, room, board, "M2")

    assert whereabouts(session) == {"M1": "NORTH", "M2": "VAN-1", "M3": "NORTH", "M4": "VAN-1"}
    assert [serial.number for serial in moved.serials] == ["M2"]
    assert room.level(room.van, board) == (2, 0)
    assert ledger.find_differences(session) == []


REFUSED = [
    # One number too few, one too many, one twice.
    (("M1",), 2, errors.WrongNumberOfSerials, "2 pieces were to be booked and 1 serial"),
    (("M1", "M2"), 1, errors.WrongNumberOfSerials, "1 pieces were to be booked and 2 serial"),
    (("M1", "M1"), 2, errors.SerialNamedTwice, "M1 of BRD-1 was named twice"),
    # Nobody knows it; it is in the van already.
    (("X9",), 1, errors.SerialUnknown, "no piece of BRD-1 with the serial number X9"),
    (("M1", "M4"), 2, errors.SerialElsewhere, "M4 is at VAN-1, not at NORTH"),
    # A label that could not be read.
    (("",), 1, errors.SerialUnknown, "no piece of BRD-1"),
]


@pytest.mark.parametrize("case", REFUSED)
def test_wrong_numbers_are_refused_and_nothing_moves(
    session: Session, room: StockRoom, board: int, case: tuple[tuple[str, ...], int, type[DomainError], str]
) -> None:
    numbers, quantity, error, words = case
    before = room.levels(), whereabouts(session)

    with pytest.raises(error, match=words):
        transfer(session, room, board, *numbers, quantity=quantity)

    assert (room.levels(), whereabouts(session)) == before
    assert ledger.find_differences(session) == []


def test_a_serial_is_not_received_twice(session: Session, room: StockRoom, board: int) -> None:
    with pytest.raises(errors.SerialReceivedTwice, match="M4 was received before and is at VAN-1"):
        receive(session, room.south, board, "M5", "M4")

    assert "M5" not in whereabouts(session)
    assert room.level(room.south, board) == (0, 0)


def test_a_serial_that_went_back_to_the_supplier_may_come_again(session: Session, room: StockRoom, board: int) -> None:
    supplier = ledger.place_of_kind(session, PlaceKind.SUPPLIER)
    back = ledger.entry(
        MovementKind.RETURN,
        part_id=board,
        quantity=1,
        from_place_id=room.north,
        to_place_id=supplier.id,
        reference="RMA-1",
        actor_id=None,
        serials=["M1"],
    )
    ledger.book(session, entries=[back])

    receive(session, room.south, board, "M1")

    assert whereabouts(session)["M1"] == "SOUTH"
    assert ledger.find_differences(session) == []


def test_parts_by_quantity_take_no_numbers(session: Session, room: StockRoom) -> None:
    with pytest.raises(errors.SerialsNotTracked, match="BAT-1 is kept by quantity"):
        receive(session, room.north, room.battery, "B1")


def test_two_entries_of_one_booking_do_not_name_a_piece_twice(session: Session, room: StockRoom, board: int) -> None:
    lines = [
        ledger.entry(
            MovementKind.TRANSFER,
            part_id=board,
            quantity=1,
            from_place_id=room.north,
            to_place_id=place_id,
            reference="T-1",
            actor_id=None,
            serials=["M1"],
        )
        for place_id in (room.van, room.other_van)
    ]

    with pytest.raises(errors.SerialNamedTwice):
        ledger.book(session, entries=lines)


def test_a_promised_piece_is_used_up_by_its_number(session: Session, room: StockRoom, board: int) -> None:
    [promise] = reservations.reserve_all(session, wants={board: 1}, place_ids=[room.van], reference="J-1").values()

    used = reservations.use(session, reservation_id=promise.id, quantity=1, actor_id=None, serials=["M4"])

    assert [serial.number for serial in used.serials] == ["M4"]
    assert whereabouts(session)["M4"] == "@customer"


def test_a_promise_stays_open_when_the_wrong_piece_is_scanned(session: Session, room: StockRoom, board: int) -> None:
    [promise] = reservations.reserve_all(session, wants={board: 1}, place_ids=[room.van], reference="J-1").values()

    with pytest.raises(errors.SerialElsewhere):
        reservations.use(session, reservation_id=promise.id, quantity=1, actor_id=None, serials=["M1"])

    assert room.level(room.van, board) == (1, 1)
    assert promise.state.value == "open"


def test_a_count_takes_missing_pieces_away_and_takes_found_ones_in(
    session: Session, room: StockRoom, board: int
) -> None:
    ledger.correct(
        session,
        place_id=room.north,
        part_id=board,
        counted=3,
        reason="yearly count",
        actor_id=None,
        serials=["M1", "M3", "M9"],
    )

    assert whereabouts(session) == {
        "M1": "NORTH", "M2": "@correction", "M3": "NORTH", "M4": "VAN-1", "M9": "NORTH"
    }  # fmt: skip
    assert ledger.find_differences(session) == []


def test_custody_goes_back_to_the_receipt(session: Session, room: StockRoom, board: int) -> None:
    transfer(session, room, board, "M2")
    ledger.consume(
        session, part_id=board, quantity=1, place_id=room.van, reference="J-7", actor_id=None, serials=["M2"]
    )

    found = tracing.custody(session, sku="BRD-1", number="M2")

    assert found.serial.place.kind is PlaceKind.CUSTOMER
    assert [(step.reference, step.from_place.code, step.to_place.code) for step in found.movements] == [
        ("PO-1", "@supplier", "NORTH"),
        ("T-1", "NORTH", "VAN-1"),
        ("J-7", "VAN-1", "@customer"),
    ]


def test_a_scan_means_a_part_or_a_piece(session: Session, board: int) -> None:
    session.get_one(Part, board).barcode = "4006381333931"

    assert tracing.scan(session, " BRD-1 ").part.id == board
    assert tracing.scan(session, "4006381333931").part.id == board
    piece = tracing.scan(session, "M3")
    assert (piece.part.id, piece.serial and piece.serial.number) == (board, "M3")
    with pytest.raises(errors.ScanUnknown, match="has the code X1"):
        tracing.scan(session, "X1")


def test_a_serial_number_of_two_parts_is_not_guessed(session: Session, room: StockRoom, board: int) -> None:
    other = add_part(session, "BRD-2", serial_tracked=True)
    receive(session, room.north, other, "M1")

    with pytest.raises(errors.ScanAmbiguous, match="M1: BRD-1, BRD-2"):
        tracing.scan(session, "M1")
    assert len(tracing.find(session, "M1").serials) == 2


def test_finding_falls_back_to_what_contains_the_text(session: Session, board: int) -> None:
    assert [part.id for part in tracing.find(session, "brd").parts] == [board]
    assert [piece.number for piece in tracing.find(session, "m").serials] == ["M1", "M2", "M3", "M4"]
    assert tracing.find(session, "  ") == tracing.Found([], [])


def test_an_entry_keeps_what_a_piece_was_worth(session: Session, room: StockRoom) -> None:
    [dear] = ledger.receive(
        session,
        place_id=room.north,
        pieces={room.battery: 2},
        prices={room.battery: 130},
        reference="PO-1",
        actor_id=None,
    )
    session.flush()
    moved = ledger.consume(
        session, part_id=room.battery, quantity=1, place_id=room.north, reference="J-1", actor_id=None
    )
    session.get_one(Part, room.battery).unit_cost_cents = 900

    assert (dear.unit_cost_cents, moved.unit_cost_cents) == (130, 100)


def test_the_audit_finds_a_piece_that_was_moved_behind_the_ledger(
    session: Session, room: StockRoom, board: int
) -> None:
    session.execute(sa.update(Serial).where(Serial.number == "M1").values(place_id=room.south))

    found = ledger.find_differences(session)

    assert {(line.kind, line.place, line.expected, line.found) for line in found} == {
        (DifferenceKind.SERIALS, "NORTH", 3, 2),
        (DifferenceKind.SERIALS, "SOUTH", 0, 1),
        (DifferenceKind.CUSTODY, "NORTH", 1, 0),
    }
    assert "BRD-1 M1 at NORTH: custody is 0, should be 1" in map(str, found)
