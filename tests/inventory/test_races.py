"""Facts about people who book at the same moment, each with a connection of their own, on both databases."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory import ledger, picking, reservations
from inventory.models import Movement, PickList, PickState, Place, Reservation, StockLevel
from inventory.picking import PickWanted
from inventory.replenishment import draw_up_top_up, set_par_level
from tests.conftest import BACKENDS
from tests.inventory.stock import DAY, StockRoom
from tests.races import PEOPLE, open_arena, race


class Ids(NamedTuple):
    """The stock room of a race, by ids that any session can use."""

    north: int
    south: int
    van: int
    other_van: int
    battery: int
    printer: int


@pytest.fixture(params=BACKENDS)
def arena(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A database of its own, because these tests commit."""
    with open_arena(request, tmp_path) as engine:
        yield engine


@pytest.fixture
def ids(arena: sa.Engine) -> Ids:
    with Session(arena) as session, session.begin():
        room = StockRoom(session)
        return Ids(room.north, room.south, room.van, room.other_van, room.battery, room.printer)


def stock(arena: sa.Engine, place_id: int, part_id: int, quantity: int) -> None:
    with Session(arena) as session, session.begin():
        ledger.receive(session, place_id=place_id, pieces={part_id: quantity}, reference="DN-1", actor_id=None)


def levels(arena: sa.Engine) -> dict[tuple[int, int], tuple[int, int]]:
    with Session(arena) as session:
        return {
            (row.place_id, row.part_id): (row.on_hand, row.reserved) for row in session.scalars(sa.select(StockLevel))
        }


def assert_numbers_agree(arena: sa.Engine) -> None:
    with Session(arena) as session:
        assert ledger.find_differences(session) == []


def test_exactly_the_stock_is_reserved_when_many_want_it(arena: sa.Engine, ids: Ids) -> None:
    stock(arena, ids.north, ids.battery, 17)
    stock(arena, ids.south, ids.battery, 6)

    def reserve(session: Session) -> None:
        reservations.reserve_all(session, wants={ids.battery: 1}, place_ids=[ids.north, ids.south], reference="J-1")

    endings = race(arena, *[reserve] * PEOPLE, rounds=5)

    assert endings == {"done": 23, "insufficient_stock": 7}
    assert levels(arena) == {(ids.north, ids.battery): (17, 17), (ids.south, ids.battery): (6, 6)}
    assert_numbers_agree(arena)


def test_all_lines_or_none_when_many_want_both(arena: sa.Engine, ids: Ids) -> None:
    stock(arena, ids.north, ids.battery, 20)
    stock(arena, ids.north, ids.printer, 7)

    def reserve(session: Session) -> None:
        wants = {ids.battery: 1, ids.printer: 1}
        reservations.reserve_all(session, wants=wants, place_ids=[ids.north], reference="J-1")

    endings = race(arena, *[reserve] * PEOPLE, rounds=2)

    assert endings == {"done": 7, "insufficient_stock": 5}
    assert levels(arena) == {(ids.north, ids.battery): (20, 7), (ids.north, ids.printer): (7, 7)}
    assert_numbers_agree(arena)


def test_transfers_in_both_directions_do_not_block_each_other(arena: sa.Engine, ids: Ids) -> None:
    stock(arena, ids.north, ids.battery, 5)
    stock(arena, ids.van, ids.battery, 5)

    def transfer(from_place_id: int, to_place_id: int) -> Callable[[Session], object]:
        return lambda session: ledger.transfer(
            session,
            part_id=ids.battery,
            quantity=1,
            from_place_id=from_place_id,
            to_place_id=to_place_id,
            reference="T-1",
            actor_id=None,
        )

    there, back = transfer(ids.north, ids.van), transfer(ids.van, ids.north)
    endings = race(arena, *[there, back] * 3, rounds=5)

    assert set(endings) <= {"done", "insufficient_stock"}
    assert sum(on_hand for on_hand, _ in levels(arena).values()) == 10
    assert_numbers_agree(arena)


def test_two_who_are_the_first_to_use_a_place_make_one_level(arena: sa.Engine, ids: Ids) -> None:
    def receive(session: Session) -> None:
        pieces = {ids.battery: 1, ids.printer: 1}
        ledger.receive(session, place_id=ids.van, pieces=pieces, reference="DN-1", actor_id=None)

    endings = race(arena, *[receive] * PEOPLE)

    assert endings == {"done": PEOPLE}
    assert levels(arena) == {(ids.van, ids.battery): (PEOPLE, 0), (ids.van, ids.printer): (PEOPLE, 0)}
    with Session(arena) as session:
        assert session.scalar(sa.select(sa.func.count()).where(Place.code == "@supplier")) == 1


def test_a_list_that_many_confirm_is_moved_once(arena: sa.Engine, ids: Ids) -> None:
    stock(arena, ids.north, ids.battery, 9)
    with Session(arena) as session, session.begin():
        promise = reservations.reserve_all(session, wants={ids.battery: 2}, place_ids=[ids.north], reference="J-1")[
            ids.battery
        ]
        lines = [PickWanted(ids.battery, 2, promise.id), PickWanted(ids.battery, 3)]
        drawn = picking.draw_up(session, warehouse_id=ids.north, trunk_id=ids.van, day=DAY, lines=lines)
        list_id, line_ids = drawn.id, [line.id for line in drawn.lines]

    def confirm_line(line_id: int) -> Callable[[Session], object]:
        return lambda session: picking.confirm_line(session, line_id=line_id, actor_id=None)

    def confirm_list(session: Session) -> None:
        picking.confirm_list(session, pick_list_id=list_id, actor_id=None)

    endings = race(arena, *map(confirm_line, line_ids * 2), confirm_list, confirm_list)

    assert endings == {"done": 6}
    assert levels(arena) == {(ids.north, ids.battery): (4, 0), (ids.van, ids.battery): (5, 2)}
    with Session(arena) as session:
        assert session.get_one(PickList, list_id).state is PickState.CONFIRMED
        assert len(session.scalars(sa.select(Movement.id)).all()) == 3
    assert_numbers_agree(arena)


def test_counts_amid_bookings_end_at_what_was_counted(arena: sa.Engine, ids: Ids) -> None:
    stock(arena, ids.north, ids.battery, 20)
    after_counts: list[int] = []

    def count(session: Session) -> None:
        ledger.correct(session, place_id=ids.north, part_id=ids.battery, counted=4, reason="count", actor_id=None)
        on_hand = session.scalar(sa.select(StockLevel.on_hand).where(StockLevel.place_id == ids.north))
        after_counts.append(on_hand or 0)

    def reserve(session: Session) -> None:
        reservations.reserve_all(session, wants={ids.battery: 1}, place_ids=[ids.north], reference="J-1")

    def use_newest(session: Session) -> None:
        newest = session.scalars(sa.select(Reservation.id).order_by(Reservation.id.desc()).limit(1)).first()
        reservations.use(session, reservation_id=newest or 0, quantity=1, actor_id=None)

    def receive(session: Session) -> None:
        ledger.receive(session, place_id=ids.north, pieces={ids.battery: 1}, reference="DN-1", actor_id=None)

    endings = race(arena, count, count, reserve, reserve, use_newest, receive, rounds=5)

    assert set(endings) <= {"done", "insufficient_stock", "reservation_not_open", "unknown_reservation"}
    assert after_counts == [4] * 10
    assert_numbers_agree(arena)


def test_two_who_fill_up_a_trunk_at_once_draw_up_one_list(arena: sa.Engine, ids: Ids) -> None:
    stock(arena, ids.north, ids.battery, 9)
    with Session(arena) as session, session.begin():
        set_par_level(session, place_id=ids.van, part_id=ids.battery, minimum=2, target=4)

    def fill_up(session: Session) -> None:
        draw_up_top_up(session, trunk_id=ids.van, warehouse_id=ids.north, day=DAY)

    race(arena, *[fill_up] * 4)

    with Session(arena) as session:
        assert len(session.scalars(sa.select(PickList.id)).all()) == 1
