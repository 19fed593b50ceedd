"""Facts about pieces that are lent to shops."""

import pytest
import sqlalchemy as sa

from inventory import ledger, loans
from inventory.audit import find_differences
from inventory.errors import (
    InsufficientStock,
    NothingWanted,
    PlaceOfWrongKind,
    SerialElsewhere,
    TextNotUsable,
    WrongNumberOfSerials,
)
from inventory.loans_errors import NotOut, UnknownLoan
from inventory.models import Core, Loan, Movement, Place, PlaceKind
from inventory.reservations import reserve_all
from inventory.tracing import custody
from tests.inventory.stock import StockRoom, add_part


def lend(room: StockRoom, part_id: int, quantity: int, *, serials: tuple[str, ...] = ()) -> list[Loan]:
    return loans.lend(
        room.session,
        part_id=part_id,
        quantity=quantity,
        from_place_id=room.north,
        site="17",
        site_name="Café Central",
        reference="J-000042",
        serials=serials,
        actor_id=None,
    )


def tracked(room: StockRoom, *numbers: str) -> int:
    part_id = add_part(room.session, "TRM-1", serial_tracked=True)
    ledger.receive(
        room.session,
        place_id=room.north,
        pieces={part_id: len(numbers)},
        serials={part_id: numbers},
        reference="DN-1",
        actor_id=None,
    )
    return part_id


def site_of(room: StockRoom) -> Place:
    return room.session.scalars(sa.select(Place).where(Place.kind == PlaceKind.SITE)).one()


def test_lent_pieces_stay_in_the_books_at_the_site(room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)

    [loan] = lend(room, room.battery, 2)

    assert (loan.site.name, loan.from_place_id, loan.reference, loan.out) == (
        "Café Central",
        room.north,
        "J-000042",
        2,
    )
    assert room.level(room.north, room.battery) == (3, 0)
    assert room.level(site_of(room).id, room.battery) == (2, 0)
    assert loans.loans(room.session) == [loan]
    assert find_differences(room.session) == []


def test_a_second_loan_to_a_shop_goes_to_the_same_place(room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)

    [first], [second] = lend(room, room.battery, 1), lend(room, room.battery, 2)

    assert first.site is second.site


def test_pieces_come_back_bit_by_bit_good_and_damaged(room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)
    [loan] = lend(room, room.battery, 4)

    loans.take_back(room.session, loan_id=loan.id, place_id=room.van, good=1, actor_id=None)
    loans.take_back(room.session, loan_id=loan.id, place_id=room.north, good=1, damaged=1, actor_id=None)
    still_out = loan.out, loan.closed_at
    loans.write_off(room.session, loan_id=loan.id, quantity=1, reason="fell off the counter", actor_id=None)

    assert still_out == (1, None)
    assert (loan.returned, loan.lost, loan.out) == (3, 1, 0)
    assert loan.closed_at is not None
    assert (loans.loans(room.session), loans.loans(room.session, only_out=False)) == ([], [loan])
    assert room.level(room.van, room.battery) == (1, 0)
    assert room.level(room.north, room.battery) == (2, 0)
    [core] = room.session.scalars(sa.select(Core)).all()
    assert core.place is not None
    assert (core.place.kind, core.reference) == (PlaceKind.QUARANTINE, loan.number)
    assert find_differences(room.session) == []


def test_the_way_of_a_piece_leads_over_the_shop(room: StockRoom) -> None:
    part_id = tracked(room, "A", "B")

    first, second = lend(room, part_id, 2, serials=("A", "B"))
    loans.take_back(room.session, loan_id=first.id, place_id=room.south, good=1, actor_id=None)

    found = custody(room.session, sku="TRM-1", number="A")
    assert [(step.to_place.name, step.reference, step.reason) for step in found.movements] == [
        ("North", "DN-1", ""),
        ("Café Central", first.number, "J-000042"),
        ("South", first.number, "J-000042"),
    ]
    assert second.serial is not None
    assert (second.serial.number, second.serial.place.name) == ("B", "Café Central")
    assert find_differences(room.session) == []


def test_a_tracked_piece_that_comes_back_damaged_goes_to_the_bench_by_its_number(room: StockRoom) -> None:
    part_id = tracked(room, "A")
    [loan] = lend(room, part_id, 1, serials=("A",))

    loans.take_back(room.session, loan_id=loan.id, place_id=room.van, good=0, damaged=1, actor_id=None)

    [core] = room.session.scalars(sa.select(Core)).all()
    assert core.serial is not None
    assert core.place is not None
    assert (core.serial.number, core.place.kind) == ("A", PlaceKind.CORE_BOX)
    assert find_differences(room.session) == []


def test_what_is_promised_is_not_lent(room: StockRoom) -> None:
    room.stock(room.north, room.battery, 2)
    reserve_all(room.session, wants={room.battery: 1}, place_ids=[room.north], reference="J-1")

    with pytest.raises(InsufficientStock):
        lend(room, room.battery, 2)

    assert room.session.scalars(sa.select(Loan)).all() == []


def test_more_than_is_out_does_not_come_back(room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)
    [loan] = lend(room, room.battery, 2)
    booked = room.session.scalar(sa.select(sa.func.count()).select_from(Movement))

    with pytest.raises(NotOut, match="2 pieces are still out, not 3"):
        loans.take_back(room.session, loan_id=loan.id, place_id=room.north, good=2, damaged=1, actor_id=None)
    with pytest.raises(NotOut):
        loans.write_off(room.session, loan_id=loan.id, quantity=3, reason="gone", actor_id=None)
    with pytest.raises(NothingWanted):
        loans.take_back(room.session, loan_id=loan.id, place_id=room.north, good=0, actor_id=None)
    with pytest.raises(TextNotUsable):
        loans.write_off(room.session, loan_id=loan.id, quantity=1, reason=" ", actor_id=None)
    with pytest.raises(PlaceOfWrongKind):
        loans.take_back(room.session, loan_id=loan.id, place_id=loan.site_id, good=1, actor_id=None)
    with pytest.raises(UnknownLoan):
        loans.take_back(room.session, loan_id=loan.id + 1, place_id=room.north, good=1, actor_id=None)

    assert loan.out == 2
    assert room.session.scalar(sa.select(sa.func.count()).select_from(Movement)) == booked


def test_the_pieces_of_a_tracked_part_are_named(room: StockRoom) -> None:
    part_id = tracked(room, "A")
    lend(room, part_id, 1, serials=("A",))

    with pytest.raises(WrongNumberOfSerials):
        lend(room, part_id, 1)
    with pytest.raises(SerialElsewhere, match="A"):
        lend(room, part_id, 1, serials=("A",))
