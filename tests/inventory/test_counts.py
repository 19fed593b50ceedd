"""Facts about counts: blind, counted again where they differ, approved where that is worth much, and posted."""

import datetime as dt

import pytest
from sqlalchemy.orm import Session
from time_machine import travel

from inventory import counts, ledger
from inventory.audit import find_differences
from inventory.count_plan import Accuracy, ValueClass, accuracy, classes, due_today
from inventory.counts_errors import CountedElsewhere, CountNotInState, NotCountedYet, NotOnCount, OwnCount, UnknownCount
from inventory.errors import NothingWanted, QuantityOutOfRange, WrongNumberOfSerials
from inventory.models import Count, CountState, ReservationState, Serial
from inventory.queries import recent_movements
from inventory.reservations import reserve_all
from tests.factories import add_person
from tests.inventory.stock import StockRoom, add_part

MONDAY = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)


@pytest.fixture
def people(session: Session) -> list[int]:
    """Somebody who counts, and somebody who approves."""
    return [add_person(session, name=name).id for name in ("Ana", "Rui")]


def begin(room: StockRoom, *part_ids: int) -> Count:
    return counts.open_count(room.session, place_id=room.north, part_ids=part_ids, reason="cycle count", actor_id=None)


def count(room: StockRoom, document: Count, found: dict[int, int], *, by: int | None = None) -> list[int]:
    """Record what was found and finish; the reservations that were released."""
    for part_id, pieces in found.items():
        counts.record(room.session, count_id=document.id, part_id=part_id, pieces=pieces, actor_id=by)
    return [freed.id for freed in counts.finish(room.session, count_id=document.id, actor_id=by)]


def test_a_count_that_agrees_is_posted_without_an_entry(room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)
    document = begin(room, room.battery)

    count(room, document, {room.battery: 5})

    assert document.state is CountState.POSTED
    assert recent_movements(room.session, reference=document.number) == []


def test_what_differs_is_counted_again_and_then_posted(room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)
    room.stock(room.north, room.printer, 2)
    document = begin(room, room.battery, room.printer)

    count(room, document, {room.battery: 4, room.printer: 2})
    again = [line.part_id for line in counts.lines_to_count(document)]
    halfway = (document.state, room.level(room.north, room.battery))
    count(room, document, {room.battery: 4})

    assert halfway == (CountState.SECOND, (5, 0))
    assert again == [room.battery]
    assert document.state is CountState.POSTED
    assert room.level(room.north, room.battery) == (4, 0)
    [entry] = recent_movements(room.session, reference=document.number)
    assert (entry.quantity, entry.reason) == (1, "cycle count")
    assert find_differences(room.session) == []


def test_a_second_counting_that_finds_the_pieces_posts_nothing(room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)
    document = begin(room, room.battery)

    count(room, document, {room.battery: 3})
    count(room, document, {room.battery: 5})

    assert document.state is CountState.POSTED
    assert recent_movements(room.session, reference=document.number) == []


def test_pieces_that_move_between_counting_and_posting_are_no_difference(room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)
    document = begin(room, room.battery)
    count(room, document, {room.battery: 4})
    counts.record(room.session, count_id=document.id, part_id=room.battery, pieces=4, actor_id=None)

    room.stock(room.north, room.battery, 10)
    counts.finish(room.session, count_id=document.id, actor_id=None)

    assert room.level(room.north, room.battery) == (14, 0)


def expensive(room: StockRoom, people: list[int]) -> Count:
    """A count by the first of the people that is short of more than may be posted without approval."""
    room.stock(room.north, room.battery, 500)
    document = begin(room, room.battery)
    counts.write_limit(room.session, 30_000)
    for _ in range(2):
        count(room, document, {room.battery: 100}, by=people[0])
    return document


def test_a_difference_worth_much_waits_for_somebody_who_did_not_count(room: StockRoom, people: list[int]) -> None:
    document = expensive(room, people)
    waiting = (document.state, room.level(room.north, room.battery))

    with pytest.raises(OwnCount, match=document.number):
        counts.approve(room.session, count_id=document.id, actor_id=people[0])
    counts.approve(room.session, count_id=document.id, actor_id=people[1])

    assert waiting == (CountState.APPROVAL, (500, 0))
    assert (document.state, document.approved_by_id) == (CountState.POSTED, people[1])
    assert room.level(room.north, room.battery) == (100, 0)


def test_a_difference_up_to_the_limit_is_posted_at_once(room: StockRoom, people: list[int]) -> None:
    room.stock(room.north, room.battery, 500)
    document = begin(room, room.battery)
    counts.write_limit(room.session, 40_000)

    for _ in range(2):
        count(room, document, {room.battery: 100}, by=people[0])

    assert document.state is CountState.POSTED


def test_a_rejected_count_begins_anew(room: StockRoom, people: list[int]) -> None:
    document = expensive(room, people)

    counts.reject(room.session, count_id=document.id)
    count(room, document, {room.battery: 500}, by=people[1])

    assert document.state is CountState.POSTED
    assert room.level(room.north, room.battery) == (500, 0)


def test_who_counted_before_a_count_was_rejected_may_approve_the_new_one(room: StockRoom, people: list[int]) -> None:
    document = expensive(room, people)

    counts.reject(room.session, count_id=document.id)
    for _ in range(2):
        count(room, document, {room.battery: 100}, by=people[1])
    counts.approve(room.session, count_id=document.id, actor_id=people[0])

    assert document.state is CountState.POSTED


def test_a_short_count_releases_the_least_urgent_promises_and_tells(room: StockRoom) -> None:
    room.stock(room.north, room.battery, 3)
    promises = [
        reserve_all(
            room.session,
            wants={room.battery: 1},
            place_ids=[room.north],
            reference=f"J-{nth}",
            needed_at=MONDAY + dt.timedelta(hours=hours),
        )[room.battery]
        for nth, hours in enumerate((8, 4, 6))
    ]
    document = begin(room, room.battery)

    count(room, document, {room.battery: 1})
    released = count(room, document, {room.battery: 1})

    assert released == [promises[0].id, promises[2].id]
    assert [promise.state for promise in promises] == [
        ReservationState.RELEASED,
        ReservationState.OPEN,
        ReservationState.RELEASED,
    ]
    assert room.level(room.north, room.battery) == (1, 1)


def test_nobody_who_counted_a_part_of_it_approves_a_count(room: StockRoom) -> None:
    early, late, other = (add_person(room.session, name=name).id for name in ("early", "late", "other"))
    counts.write_limit(room.session, 1)
    for part in (room.battery, room.printer):
        room.stock(room.north, part, 50)
    document = begin(room, room.battery, room.printer)
    for _ in range(2):
        for part, person in ((room.battery, early), (room.printer, late)):
            counts.record(room.session, count_id=document.id, part_id=part, pieces=0, actor_id=person)
        counts.finish(room.session, count_id=document.id, actor_id=late)
    assert document.counted_by(second=False) == document.counted_by(second=True) == [early, late]

    for person in (early, late):
        with pytest.raises(OwnCount, match=document.number):
            counts.approve(room.session, count_id=document.id, actor_id=person)
    counts.approve(room.session, count_id=document.id, actor_id=other)

    assert document.state is CountState.POSTED


def test_who_counted_what_was_rejected_may_approve_what_others_count_anew(room: StockRoom) -> None:
    early, late = (add_person(room.session, name=name).id for name in ("early", "late"))
    counts.write_limit(room.session, 1)
    room.stock(room.north, room.battery, 50)
    document = begin(room, room.battery)
    for person in (early, late):
        for _ in range(2):
            counts.record(room.session, count_id=document.id, part_id=room.battery, pieces=0, actor_id=person)
            counts.finish(room.session, count_id=document.id, actor_id=person)
        if person == early:
            counts.reject(room.session, count_id=document.id)

    counts.approve(room.session, count_id=document.id, actor_id=early)

    assert (document.counted_by(second=False), document.approved_by_id) == ([late], early)


def test_tracked_pieces_are_counted_by_their_numbers(room: StockRoom) -> None:
    reader = add_part(room.session, "RDR-1", serial_tracked=True)
    for place, numbers in ((room.north, ["A", "B"]), (room.van, ["C"])):
        ledger.receive(
            room.session,
            place_id=place,
            pieces={reader: len(numbers)},
            reference="DN-1",
            actor_id=None,
            serials={reader: numbers},
        )
    document = begin(room, reader)

    with pytest.raises(WrongNumberOfSerials):
        counts.record(room.session, count_id=document.id, part_id=reader, pieces=2, serials=["A"], actor_id=None)
    for _ in range(2):
        counts.record(room.session, count_id=document.id, part_id=reader, pieces=2, serials=["A", "X"], actor_id=None)
        counts.finish(room.session, count_id=document.id, actor_id=None)

    assert document.state is CountState.POSTED
    where = {serial.number: serial.place.code for serial in room.session.query(Serial)}
    assert where == {"A": "NORTH", "B": "@correction", "C": "VAN-1", "X": "NORTH"}
    assert room.level(room.north, reader) == (2, 0)
    assert find_differences(room.session) == []


def test_a_count_is_finished_only_when_everything_was_counted(room: StockRoom) -> None:
    document = begin(room, room.battery, room.printer)
    counts.record(room.session, count_id=document.id, part_id=room.battery, pieces=0, actor_id=None)

    with pytest.raises(NotCountedYet, match="PRN-1"):
        counts.finish(room.session, count_id=document.id, actor_id=None)

    assert document.state is CountState.OPEN


def test_a_shelf_is_counted_by_one_count_at_a_time(room: StockRoom) -> None:
    first = begin(room, room.battery)

    with pytest.raises(CountedElsewhere, match=first.number):
        begin(room, room.printer, room.battery)
    counts.cancel(room.session, count_id=first.id)

    assert begin(room, room.battery).state is CountState.OPEN


def test_what_is_not_on_the_list_is_refused(room: StockRoom) -> None:
    document = begin(room, room.battery)
    session = room.session

    with pytest.raises(NothingWanted):
        begin(room)
    with pytest.raises(NotOnCount, match="PRN-1"):
        counts.record(session, count_id=document.id, part_id=room.printer, pieces=1, actor_id=None)
    with pytest.raises(QuantityOutOfRange):
        counts.record(session, count_id=document.id, part_id=room.battery, pieces=-1, actor_id=None)
    with pytest.raises(UnknownCount):
        counts.cancel(session, count_id=document.id + 1)
    with pytest.raises(CountNotInState, match="open"):
        counts.approve(session, count_id=document.id, actor_id=1)

    assert [line.first for line in document.lines] == [None]


def test_parts_fall_into_classes_by_the_value_of_what_is_used() -> None:
    found = classes({1: 7000, 2: 1500, 3: 1000, 4: 500, 5: 0})

    assert found == {1: ValueClass.A, 2: ValueClass.A, 3: ValueClass.B, 4: ValueClass.C, 5: ValueClass.C}


def test_a_part_is_due_when_its_time_has_come_and_not_twice_a_day(room: StockRoom) -> None:
    with travel(MONDAY, tick=False):
        room.stock(room.north, room.battery, 5)
        ledger.consume(
            room.session, part_id=room.battery, quantity=1, place_id=room.north, reference="J-1", actor_id=None
        )
        [first] = due_today(room.session, place_id=room.north)
        count(room, begin(room, room.battery), {room.battery: 4})
        after = due_today(room.session, place_id=room.north)
    with travel(MONDAY + dt.timedelta(days=29), tick=False):
        early = due_today(room.session, place_id=room.north)
    with travel(MONDAY + dt.timedelta(days=30), tick=False):
        [again] = due_today(room.session, place_id=room.north)

    assert (first.value_class, first.last, after, early) == (ValueClass.A, None, [], [])
    assert again.last == MONDAY


def test_a_day_takes_only_its_share_and_those_first_that_waited_longest(room: StockRoom) -> None:
    parts = [add_part(room.session, f"P-{nth:03}") for nth in range(366)]
    for part_id in parts:
        room.stock(room.north, part_id, 1)

    found = due_today(room.session, place_id=room.north)

    # Class C, once a year: two a day.
    assert [due.level.part_id for due in found] == parts[:2]


def test_a_part_that_is_being_counted_is_not_due(room: StockRoom) -> None:
    room.stock(room.north, room.battery, 1)
    begin(room, room.battery)

    assert due_today(room.session, place_id=room.north) == []


def test_accuracy_counts_the_lines_that_the_books_had_right(room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)
    room.stock(room.north, room.printer, 5)
    with travel(MONDAY, tick=False):
        document = begin(room, room.battery, room.printer)
        count(room, document, {room.battery: 5, room.printer: 4})
        count(room, document, {room.printer: 4})

    found = accuracy(room.session, since=MONDAY - dt.timedelta(days=1))

    assert found == {room.north: Accuracy(counted=2, right=1)}
    assert accuracy(room.session, since=MONDAY + dt.timedelta(days=1)) == {}
