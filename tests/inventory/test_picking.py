"""Facts about pick lists."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory import errors, ledger, picking, reservations
from inventory.models import Movement, PickList, PickState, Reservation, ReservationState
from inventory.picking import PickWanted
from tests.inventory.stock import DAY, StockRoom


@pytest.fixture
def promise(session: Session, room: StockRoom) -> Reservation:
    """Two of five batteries in the north are promised to J-1."""
    room.stock(room.north, room.battery, 5)
    taken = reservations.reserve_all(session, wants={room.battery: 2}, place_ids=[room.north], reference="J-1")
    return taken[room.battery]


def promised_line(promise: Reservation) -> PickWanted:
    return PickWanted(promise.part_id, promise.quantity, promise.id, promise.reference)


def draw_up(room: StockRoom, *lines: PickWanted) -> PickList:
    return picking.draw_up(room.session, warehouse_id=room.north, trunk_id=room.van, day=DAY, lines=lines)


def test_nothing_moves_before_the_list_is_confirmed(room: StockRoom, promise: Reservation) -> None:
    pick_list = draw_up(room, promised_line(promise))

    assert pick_list.state is PickState.OPEN
    assert room.levels() == {(room.north, room.battery): (5, 2)}


def test_a_confirmed_line_brings_pieces_and_promise_into_the_trunk(
    session: Session, room: StockRoom, promise: Reservation
) -> None:
    pick_list = draw_up(room, promised_line(promise))

    line = picking.confirm_line(session, line_id=pick_list.lines[0].id, actor_id=None)

    assert line.state is PickState.CONFIRMED
    assert line.confirmed_at is not None
    assert room.levels() == {(room.north, room.battery): (3, 0), (room.van, room.battery): (2, 2)}
    assert (promise.place_id, promise.state) == (room.van, ReservationState.OPEN)
    assert session.scalars(sa.select(Movement.reference).order_by(Movement.id)).all() == ["DN-1", "J-1"]
    assert ledger.find_differences(session) == []


def test_a_line_without_a_promise_brings_free_pieces(session: Session, room: StockRoom, promise: Reservation) -> None:
    pick_list = draw_up(room, PickWanted(room.battery, 3))

    picking.confirm_list(session, pick_list_id=pick_list.id, actor_id=None)

    assert room.levels() == {(room.north, room.battery): (2, 2), (room.van, room.battery): (3, 0)}
    last = session.scalars(sa.select(Movement.reference).order_by(Movement.id.desc())).first()
    assert last == f"PL-{pick_list.id}"


def test_confirming_twice_moves_once(session: Session, room: StockRoom, promise: Reservation) -> None:
    pick_list = draw_up(room, promised_line(promise))
    line_id = pick_list.lines[0].id

    first = picking.confirm_line(session, line_id=line_id, actor_id=None).confirmed_at
    again = picking.confirm_line(session, line_id=line_id, actor_id=None).confirmed_at
    picking.confirm_list(session, pick_list_id=pick_list.id, actor_id=None)

    assert first == again
    assert room.levels() == {(room.north, room.battery): (3, 0), (room.van, room.battery): (2, 2)}


def test_a_list_is_confirmed_with_its_last_line(session: Session, room: StockRoom, promise: Reservation) -> None:
    pick_list = draw_up(room, promised_line(promise), PickWanted(room.battery, 1))

    picking.confirm_line(session, line_id=pick_list.lines[0].id, actor_id=None)
    after_first = pick_list.state
    picking.confirm_line(session, line_id=pick_list.lines[1].id, actor_id=None)

    assert (after_first, pick_list.state) == (PickState.OPEN, PickState.CONFIRMED)


def test_a_short_line_leaves_the_whole_list_open(session: Session, room: StockRoom, promise: Reservation) -> None:
    room.stock(room.north, room.printer, 1)
    pick_list = draw_up(room, promised_line(promise), PickWanted(room.printer, 2), PickWanted(room.battery, 4))

    with pytest.raises(errors.InsufficientStock, match=r"BAT-1 @ NORTH 4 / 3 / 3; PRN-1 @ NORTH 2 / 1 / 1"):
        picking.confirm_list(session, pick_list_id=pick_list.id, actor_id=None)

    assert pick_list.state is PickState.OPEN
    assert [line.state for line in pick_list.lines] == [PickState.OPEN] * 3
    assert promise.place_id == room.north
    assert room.levels() == {(room.north, room.battery): (5, 2), (room.north, room.printer): (1, 0)}


def test_a_short_line_stays_open_alone(session: Session, room: StockRoom, promise: Reservation) -> None:
    pick_list = draw_up(room, PickWanted(room.battery, 4))

    with pytest.raises(errors.InsufficientStock, match="4 / 3 / 3"):
        picking.confirm_line(session, line_id=pick_list.lines[0].id, actor_id=None)

    assert pick_list.lines[0].state is PickState.OPEN


def test_a_cancelled_list_keeps_the_promise_at_the_warehouse(
    session: Session, room: StockRoom, promise: Reservation
) -> None:
    pick_list = draw_up(room, promised_line(promise))

    picking.cancel_open(session, pick_list_ids=[pick_list.id])

    assert pick_list.state is pick_list.lines[0].state is PickState.CANCELLED
    assert promise.state is ReservationState.OPEN
    assert room.levels() == {(room.north, room.battery): (5, 2)}


def test_what_was_confirmed_before_a_cancellation_stays_confirmed(
    session: Session, room: StockRoom, promise: Reservation
) -> None:
    pick_list = draw_up(room, promised_line(promise), PickWanted(room.battery, 1))
    picking.confirm_line(session, line_id=pick_list.lines[0].id, actor_id=None)

    picking.cancel_open(session, pick_list_ids=[pick_list.id])

    assert [line.state for line in pick_list.lines] == [PickState.CONFIRMED, PickState.CANCELLED]
    assert pick_list.state is PickState.CONFIRMED


def test_a_cancelled_line_is_not_confirmed(session: Session, room: StockRoom, promise: Reservation) -> None:
    pick_list = draw_up(room, promised_line(promise))
    picking.cancel_open(session, pick_list_ids=[pick_list.id])

    with pytest.raises(errors.PickCancelled, match=str(pick_list.id)):
        picking.confirm_line(session, line_id=pick_list.lines[0].id, actor_id=None)
    with pytest.raises(errors.PickCancelled):
        picking.confirm_list(session, pick_list_id=pick_list.id, actor_id=None)


def test_a_released_promise_is_not_picked_any_more(session: Session, room: StockRoom, promise: Reservation) -> None:
    pick_list = draw_up(room, promised_line(promise), PickWanted(room.battery, 1))

    reservations.release(session, [promise.id])
    picking.confirm_list(session, pick_list_id=pick_list.id, actor_id=None)

    assert [line.state for line in pick_list.lines] == [PickState.CANCELLED, PickState.CONFIRMED]
    assert room.levels() == {(room.north, room.battery): (4, 0), (room.van, room.battery): (1, 0)}


def test_a_list_that_loses_its_only_promise_is_cancelled(
    session: Session, room: StockRoom, promise: Reservation
) -> None:
    pick_list = draw_up(room, promised_line(promise))

    ledger.correct(session, place_id=room.north, part_id=room.battery, counted=0, reason="fire", actor_id=None)

    assert pick_list.state is PickState.CANCELLED


def test_a_promise_that_moved_elsewhere_is_not_picked(session: Session, room: StockRoom, promise: Reservation) -> None:
    room.stock(room.van, room.battery, 2)
    pick_list = draw_up(room, promised_line(promise))

    reservations.move(session, reservation_id=promise.id, to_place_id=room.van)

    assert pick_list.lines[0].state is PickState.CANCELLED


def test_a_refused_move_leaves_the_pick_line_open(session: Session, room: StockRoom, promise: Reservation) -> None:
    pick_list = draw_up(room, promised_line(promise))

    with pytest.raises(errors.InsufficientStock):
        reservations.move(session, reservation_id=promise.id, to_place_id=room.south)

    assert pick_list.state is pick_list.lines[0].state is PickState.OPEN


def test_a_promise_is_on_one_open_list_only(session: Session, room: StockRoom, promise: Reservation) -> None:
    first = draw_up(room, promised_line(promise))

    with pytest.raises(errors.AlreadyOnPickList, match=f"J-1.*{first.id}"):
        draw_up(room, promised_line(promise))
    picking.cancel_open(session, pick_list_ids=[first.id])

    assert draw_up(room, promised_line(promise)).state is PickState.OPEN


def test_a_promise_is_on_one_line_only(room: StockRoom, promise: Reservation) -> None:
    with pytest.raises(errors.PromiseNamedTwice, match="J-1"):
        draw_up(room, promised_line(promise), promised_line(promise))


def test_a_line_carries_exactly_what_is_promised(room: StockRoom, promise: Reservation) -> None:
    with pytest.raises(errors.ReservationDiffers, match=r"2 of BAT-1.*1 of BAT-1"):
        draw_up(room, PickWanted(room.battery, 1, promise.id))
    with pytest.raises(errors.ReservationDiffers, match="2 of PRN-1"):
        draw_up(room, PickWanted(room.printer, 2, promise.id))


def test_a_line_for_a_promise_elsewhere_is_refused(session: Session, room: StockRoom, promise: Reservation) -> None:
    with pytest.raises(errors.ReservationElsewhere, match="NORTH, not at SOUTH"):
        picking.draw_up(session, warehouse_id=room.south, trunk_id=room.van, day=DAY, lines=[promised_line(promise)])


def test_a_line_for_a_closed_promise_is_refused(session: Session, room: StockRoom, promise: Reservation) -> None:
    reservations.release(session, [promise.id])

    with pytest.raises(errors.ReservationNotOpen, match="released"):
        draw_up(room, promised_line(promise))


def test_a_pick_list_leads_from_a_warehouse_to_a_trunk(session: Session, room: StockRoom) -> None:
    for warehouse_id, trunk_id in ((room.van, room.other_van), (room.north, room.south)):
        with pytest.raises(errors.PlaceOfWrongKind):
            picking.draw_up(
                session,
                warehouse_id=warehouse_id,
                trunk_id=trunk_id,
                day=DAY,
                lines=[PickWanted(room.battery, 1)],
            )


def test_an_empty_list_and_an_unsound_line_are_refused(room: StockRoom) -> None:
    with pytest.raises(errors.NothingWanted):
        draw_up(room)
    with pytest.raises(errors.QuantityOutOfRange):
        draw_up(room, PickWanted(room.battery, 0))
    with pytest.raises(errors.UnknownPart, match="999"):
        draw_up(room, PickWanted(999, 1))


def test_unknown_lists_and_lines_are_named(session: Session, room: StockRoom) -> None:
    with pytest.raises(errors.UnknownPickLine, match="55"):
        picking.confirm_line(session, line_id=55, actor_id=None)
    with pytest.raises(errors.UnknownPickList, match="56"):
        picking.confirm_list(session, pick_list_id=56, actor_id=None)
    with pytest.raises(errors.UnknownPickList, match="57"):
        picking.cancel_open(session, pick_list_ids=[57])
