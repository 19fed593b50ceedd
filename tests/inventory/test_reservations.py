"""Facts about promises of parts."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory import errors, ledger, reservations
from inventory.models import Movement, MovementKind, Reservation, ReservationState
from tests.inventory.stock import StockRoom


def reserve(
    room: StockRoom, quantity: int, *places: int, part_id: int | None = None, reference: str = "J-1"
) -> Reservation:
    part_id = part_id or room.battery
    return reservations.reserve_all(
        room.session, wants={part_id: quantity}, place_ids=places or (room.north,), reference=reference
    )[part_id]


def test_the_preferred_place_is_taken_when_it_has_the_whole_line(session: Session, room: StockRoom) -> None:
    room.stock(room.van, room.battery, 1)
    room.stock(room.north, room.battery, 9)
    room.stock(room.north, room.printer, 9)

    taken = reservations.reserve_all(
        session, wants={room.battery: 1, room.printer: 2}, place_ids=[room.van, room.north], reference="J-1"
    )

    assert {part_id: reservation.place_id for part_id, reservation in taken.items()} == {
        room.battery: room.van,
        room.printer: room.north,
    }
    assert room.level(room.van, room.battery) == (1, 1)
    assert room.level(room.north, room.printer) == (9, 2)


def test_one_short_line_leaves_the_others_unreserved(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)
    room.stock(room.north, room.printer, 1)
    room.stock(room.van, room.printer, 1)

    with pytest.raises(errors.InsufficientStock, match="PRN-1 2 / 1 / 2") as refused:
        reservations.reserve_all(
            session, wants={room.battery: 1, room.printer: 2}, place_ids=[room.north, room.van], reference="J-1"
        )

    assert [(line["sku"], line["wanted"], line["available"]) for line in refused.value.facts["shortages"]] == [
        ("PRN-1", 2, 2)
    ]
    assert all(reserved == 0 for _, reserved in room.levels().values())
    assert session.scalars(sa.select(Reservation)).all() == []


def test_every_short_part_is_named(session: Session, room: StockRoom) -> None:
    with pytest.raises(errors.InsufficientStock, match="BAT-1 1 / 0 / 0; PRN-1 2 / 0 / 0"):
        reservations.reserve_all(
            session, wants={room.battery: 1, room.printer: 2}, place_ids=[room.north], reference="J-1"
        )


def test_what_is_reserved_is_not_reserved_again(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 2)
    reserve(room, 2)

    with pytest.raises(errors.InsufficientStock):
        reserve(room, 1, reference="J-2")


def test_nothing_wanted_reserves_nothing(session: Session, room: StockRoom) -> None:
    assert reservations.reserve_all(session, wants={}, place_ids=[room.north], reference="J-1") == {}


def test_a_place_named_twice_counts_once(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 1)

    with pytest.raises(errors.InsufficientStock, match="BAT-1 2 / 1 / 1"):
        reserve(room, 2, room.north, room.north)


def test_a_released_promise_is_available_again(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 2)
    promise = reserve(room, 2)

    released = reservations.release(session, [promise.id])

    assert released == [promise]
    assert promise.state is ReservationState.RELEASED
    assert room.level(room.north, room.battery) == (2, 0)


def test_releasing_twice_frees_the_pieces_once(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 4)
    promise = reserve(room, 2)
    reserve(room, 2, reference="J-2")

    reservations.release(session, [promise.id, promise.id])
    again = reservations.release(session, [promise.id])

    assert again == []
    assert room.level(room.north, room.battery) == (4, 2)


def test_a_used_promise_leaves_the_place(session: Session, room: StockRoom) -> None:
    room.stock(room.van, room.battery, 3)
    promise = reserve(room, 2, room.van)

    movement = reservations.use(session, reservation_id=promise.id, quantity=2, actor_id=None)

    assert (movement.kind, movement.quantity, movement.reference) == (MovementKind.CONSUMPTION, 2, "J-1")
    assert promise.state is ReservationState.USED
    assert room.level(room.van, room.battery) == (1, 0)


def test_what_was_not_used_of_a_promise_is_available_again(session: Session, room: StockRoom) -> None:
    room.stock(room.van, room.battery, 3)
    promise = reserve(room, 3, room.van)

    movement = reservations.use(session, reservation_id=promise.id, quantity=1, actor_id=None)

    assert (movement.quantity, promise.quantity) == (1, 1)
    assert room.level(room.van, room.battery) == (2, 0)
    assert ledger.find_differences(session) == []


def test_no_more_is_used_than_was_promised(session: Session, room: StockRoom) -> None:
    room.stock(room.van, room.battery, 3)
    promise = reserve(room, 2, room.van)

    movement = reservations.use(session, reservation_id=promise.id, quantity=3, actor_id=None)

    assert movement.quantity == 2
    assert room.level(room.van, room.battery) == (1, 0)


def test_a_promise_is_used_once(session: Session, room: StockRoom) -> None:
    room.stock(room.van, room.battery, 3)
    promise = reserve(room, 1, room.van)
    reservations.use(session, reservation_id=promise.id, quantity=1, actor_id=None)

    with pytest.raises(errors.ReservationNotOpen, match=r"J-1 is closed \(used\)"):
        reservations.use(session, reservation_id=promise.id, quantity=1, actor_id=None)

    assert room.level(room.van, room.battery) == (2, 0)


def test_a_promise_moves_to_a_place_that_has_the_pieces(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 2)
    room.stock(room.van, room.battery, 2)
    promise = reserve(room, 2)

    moved = reservations.move(session, reservation_id=promise.id, to_place_id=room.van)

    assert moved.place_id == room.van
    assert room.levels() == {(room.north, room.battery): (2, 0), (room.van, room.battery): (2, 2)}
    assert session.scalars(sa.select(Movement.kind).distinct()).all() == [MovementKind.RECEIPT]


def test_a_promise_stays_when_the_other_place_has_too_few(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 2)
    room.stock(room.van, room.battery, 1)
    promise = reserve(room, 2)

    with pytest.raises(errors.InsufficientStock, match="BAT-1 @ VAN-1 2 / 1 / 1"):
        reservations.move(session, reservation_id=promise.id, to_place_id=room.van)

    assert promise.place_id == room.north
    assert room.levels() == {(room.north, room.battery): (2, 2), (room.van, room.battery): (1, 0)}


def test_a_promise_that_is_there_already_stays(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 2)
    promise = reserve(room, 2)

    assert reservations.move(session, reservation_id=promise.id, to_place_id=room.north) is promise
    assert room.level(room.north, room.battery) == (2, 2)


def test_a_closed_promise_does_not_move(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 2)
    promise = reserve(room, 2)
    reservations.release(session, [promise.id])

    for place_id in (room.north, room.van):
        with pytest.raises(errors.ReservationNotOpen, match="released"):
            reservations.move(session, reservation_id=promise.id, to_place_id=place_id)


def test_an_unknown_promise_is_named(session: Session, room: StockRoom) -> None:
    with pytest.raises(errors.UnknownReservation, match="77"):
        reservations.release(session, [77])
    with pytest.raises(errors.UnknownReservation, match="77"):
        reservations.use(session, reservation_id=77, quantity=1, actor_id=None)
    with pytest.raises(errors.UnknownReservation, match="77"):
        reservations.move(session, reservation_id=77, to_place_id=room.north)


def test_lines_are_reserved_at_the_very_places_they_name_or_not_at_all(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 2)
    room.stock(room.south, room.battery, 1)
    wanted = [
        reservations.Wanted(room.battery, 1, place_id=room.north, reference="J-1"),
        reservations.Wanted(room.battery, 1, place_id=room.south, reference="J-2"),
    ]

    held = reservations.reserve_at(session, wanted)

    assert [(one.place_id, one.reference) for one in held] == [(room.north, "J-1"), (room.south, "J-2")]
    with pytest.raises(errors.InsufficientStock, match="BAT-1 @ SOUTH 1 / 0 / 0"):
        reservations.reserve_at(session, wanted)
    assert room.level(room.north, room.battery) == (2, 1)
