"""Facts about booking movements."""

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.errors import DomainError
from inventory import errors, ledger, reservations
from inventory.models import Movement, MovementKind, Place, PlaceKind, ReservationState, StockLevel
from tests.inventory.stock import StockRoom


def test_a_delivery_is_on_hand_and_came_from_the_supplier(session: Session, room: StockRoom) -> None:
    booked = ledger.receive(
        session, place_id=room.north, pieces={room.battery: 4, room.printer: 1}, reference="DN-7", actor_id=None
    )

    assert room.levels() == {(room.north, room.battery): (4, 0), (room.north, room.printer): (1, 0)}
    assert {movement.from_place.kind for movement in booked} == {PlaceKind.SUPPLIER}
    assert [(movement.kind, movement.quantity, movement.reference) for movement in booked] == [
        (MovementKind.RECEIPT, 4, "DN-7"),
        (MovementKind.RECEIPT, 1, "DN-7"),
    ]


def test_a_movement_carries_the_clock_and_the_one_who_booked_it(session: Session, room: StockRoom) -> None:
    [movement] = ledger.receive(session, place_id=room.north, pieces={room.battery: 1}, reference="DN-7", actor_id=None)

    assert abs(clock.now() - movement.at) < dt.timedelta(minutes=1)
    assert movement.user_id is None


def test_a_transfer_takes_here_and_gives_there(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)

    ledger.transfer(
        session,
        part_id=room.battery,
        quantity=2,
        from_place_id=room.north,
        to_place_id=room.van,
        reference="T-1",
        actor_id=None,
    )

    assert room.levels() == {(room.north, room.battery): (3, 0), (room.van, room.battery): (2, 0)}


@pytest.mark.parametrize("backwards", [False, True])
def test_reserved_pieces_are_not_transferred(session: Session, room: StockRoom, backwards: bool) -> None:
    # Backwards the receiving level is the older row and is changed first: it must be undone.
    source, destination = (room.van, room.north) if backwards else (room.north, room.van)
    room.stock(room.north, room.battery, 3)
    room.stock(room.van, room.battery, 3)
    reservations.reserve_all(session, wants={room.battery: 2}, place_ids=[source], reference="J-1")
    before = room.levels()

    with pytest.raises(errors.InsufficientStock, match=r"BAT-1 @ .* 2 / 1 / 1"):
        ledger.transfer(
            session,
            part_id=room.battery,
            quantity=2,
            from_place_id=source,
            to_place_id=destination,
            reference="T-1",
            actor_id=None,
        )

    assert room.levels() == before
    assert ledger.find_differences(session) == []


def test_reserved_pieces_are_not_consumed_by_others(session: Session, room: StockRoom) -> None:
    room.stock(room.van, room.battery, 1)
    reservations.reserve_all(session, wants={room.battery: 1}, place_ids=[room.van], reference="J-1")

    with pytest.raises(errors.InsufficientStock) as refused:
        ledger.consume(session, part_id=room.battery, quantity=1, place_id=room.van, reference="J-2", actor_id=None)

    assert refused.value.facts["shortages"] == [
        {"part_id": room.battery, "sku": "BAT-1", "place": "VAN-1", "wanted": 1, "available": 0, "at_one_place": 0}
    ]


def test_consumed_pieces_went_to_the_customer(session: Session, room: StockRoom) -> None:
    room.stock(room.van, room.battery, 2)

    movement = ledger.consume(
        session, part_id=room.battery, quantity=1, place_id=room.van, reference="J-2", actor_id=None
    )

    assert movement.to_place.kind is PlaceKind.CUSTOMER
    assert room.level(room.van, room.battery) == (1, 0)


def test_an_object_read_before_shows_the_new_numbers(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)
    level = session.scalars(sa.select(StockLevel)).one()

    reservations.reserve_all(session, wants={room.battery: 2}, place_ids=[room.north], reference="J-1")
    room.stock(room.north, room.battery, 1)

    assert (level.on_hand, level.reserved, level.available) == (6, 2, 4)


def test_an_object_read_before_shows_the_old_numbers_after_a_refusal(session: Session, room: StockRoom) -> None:
    room.stock(room.van, room.battery, 1)
    room.stock(room.north, room.battery, 1)
    held = session.scalars(sa.select(StockLevel)).all()

    with pytest.raises(errors.InsufficientStock):
        ledger.transfer(
            session,
            part_id=room.battery,
            quantity=2,
            from_place_id=room.north,
            to_place_id=room.van,
            reference="T-1",
            actor_id=None,
        )

    assert [level.on_hand for level in held] == [1, 1]


def test_a_par_level_that_was_not_flushed_survives_a_booking(session: Session, room: StockRoom) -> None:
    room.stock(room.van, room.battery, 1)
    level = session.scalars(sa.select(StockLevel)).one()
    level.target = 9

    room.stock(room.van, room.battery, 1)

    assert (level.on_hand, level.target) == (2, 9)


def test_a_count_writes_the_difference_with_its_reason(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)

    released = ledger.correct(
        session, place_id=room.north, part_id=room.battery, counted=3, reason="two fell down", actor_id=None
    )

    assert released == []
    movement = session.scalars(sa.select(Movement).order_by(Movement.id.desc())).first()
    assert movement is not None
    assert (movement.kind, movement.quantity, movement.reason) == (MovementKind.CORRECTION, 2, "two fell down")
    assert room.level(room.north, room.battery) == (3, 0)


def test_a_count_that_finds_more_adds_them(session: Session, room: StockRoom) -> None:
    ledger.correct(session, place_id=room.van, part_id=room.battery, counted=3, reason="found", actor_id=None)

    assert room.level(room.van, room.battery) == (3, 0)
    assert ledger.find_differences(session) == []


def test_a_count_that_agrees_writes_nothing(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)

    ledger.correct(session, place_id=room.north, part_id=room.battery, counted=5, reason="yearly", actor_id=None)

    assert session.scalars(sa.select(Movement.kind)).all() == [MovementKind.RECEIPT]


def test_a_count_below_reserved_releases_the_newest_reservation(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)
    older, newer, newest = (
        reservations.reserve_all(session, wants={room.battery: 1}, place_ids=[room.north], reference=f"J-{number}")
        for number in (1, 2, 3)
    )

    released = ledger.correct(
        session, place_id=room.north, part_id=room.battery, counted=1, reason="theft", actor_id=None
    )

    assert [reservation.reference for reservation in released] == ["J-2", "J-3"]
    assert older[room.battery].state is ReservationState.OPEN
    assert newer[room.battery].state is newest[room.battery].state is ReservationState.RELEASED
    assert room.level(room.north, room.battery) == (1, 1)
    assert ledger.find_differences(session) == []


def test_a_count_needs_a_reason(session: Session, room: StockRoom) -> None:
    with pytest.raises(errors.TextNotUsable, match="reason"):
        ledger.correct(session, place_id=room.north, part_id=room.battery, counted=1, reason="  ", actor_id=None)


@pytest.mark.parametrize("quantity", [0, -1, 1_000_001])
def test_a_quantity_that_is_none_is_refused(session: Session, room: StockRoom, quantity: int) -> None:
    with pytest.raises(errors.QuantityOutOfRange, match=str(quantity)):
        room.stock(room.north, room.battery, quantity)
    with pytest.raises(errors.QuantityOutOfRange):
        reservations.reserve_all(session, wants={room.battery: quantity}, place_ids=[room.north], reference="J-1")


def test_a_negative_count_is_refused(session: Session, room: StockRoom) -> None:
    with pytest.raises(errors.QuantityOutOfRange, match="from 0"):
        ledger.correct(session, place_id=room.north, part_id=room.battery, counted=-1, reason="x", actor_id=None)


def test_what_does_not_exist_is_named(session: Session, room: StockRoom) -> None:
    with pytest.raises(errors.UnknownPart, match="999"):
        room.stock(room.north, 999, 1)
    with pytest.raises(errors.UnknownPlace, match="998"):
        room.stock(998, room.battery, 1)


def test_a_place_without_stock_holds_none(session: Session, room: StockRoom) -> None:
    customer = ledger.place_of_kind(session, PlaceKind.CUSTOMER)

    with pytest.raises(errors.PlaceOfWrongKind, match="trunk, warehouse"):
        room.stock(customer.id, room.battery, 1)


def test_pieces_are_not_sent_to_where_they_are(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 1)

    with pytest.raises(errors.SamePlace, match="NORTH"):
        ledger.transfer(
            session,
            part_id=room.battery,
            quantity=1,
            from_place_id=room.north,
            to_place_id=room.north,
            reference="T-1",
            actor_id=None,
        )


def test_an_empty_delivery_is_refused(session: Session, room: StockRoom) -> None:
    with pytest.raises(errors.NothingWanted):
        ledger.receive(session, place_id=room.north, pieces={}, reference="DN-1", actor_id=None)


def test_a_reference_that_does_not_fit_is_refused(session: Session, room: StockRoom) -> None:
    with pytest.raises(errors.TextNotUsable, match="81"):
        ledger.receive(session, place_id=room.north, pieces={room.battery: 1}, reference="x" * 81, actor_id=None)


def test_the_other_side_of_the_ledger_is_made_once(session: Session, room: StockRoom) -> None:
    places = [ledger.place_of_kind(session, kind) for kind in (PlaceKind.SUPPLIER, PlaceKind.SUPPLIER)]

    assert places[0] is places[1]
    assert session.scalar(sa.select(sa.func.count()).where(Place.code == "@supplier")) == 1


def test_there_is_no_one_warehouse(session: Session) -> None:
    with pytest.raises(ValueError, match="name its home"):
        ledger.place_of_kind(session, PlaceKind.WAREHOUSE)


def test_the_audit_names_each_number_that_is_wrong(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)
    session.execute(sa.update(StockLevel).values(on_hand=7, reserved=1))

    differences = ledger.find_differences(session)

    assert [str(difference) for difference in differences] == [
        "BAT-1 at NORTH: on_hand is 7, should be 5",
        "BAT-1 at NORTH: reserved is 1, should be 0",
        "BAT-1 at all places: ledger_sum is 2, should be 0",
    ]


def test_the_audit_finds_stock_at_a_place_that_holds_none(session: Session, room: StockRoom) -> None:
    supplier = ledger.place_of_kind(session, PlaceKind.SUPPLIER)
    session.add(StockLevel(place_id=supplier.id, part_id=room.battery, on_hand=3))
    session.flush()

    [difference] = ledger.find_differences(session)

    assert (difference.place, difference.expected, difference.found) == ("@supplier", 0, 3)


def test_the_database_itself_refuses_to_promise_what_is_not_there(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 1)

    with pytest.raises(sa.exc.IntegrityError):
        session.execute(sa.update(StockLevel).values(reserved=2))


def test_every_refusal_can_be_written_with_its_facts(session: Session, room: StockRoom) -> None:
    with pytest.raises(DomainError) as refused:
        reservations.reserve_all(session, wants={room.battery: 2}, place_ids=[room.north], reference="J-1")

    assert refused.value.sentence % refused.value.facts == str(refused.value)
