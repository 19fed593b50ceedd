"""Facts about transfers: how pieces and promises get from one place to another."""

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import DomainError
from inventory import arrivals, errors, ledger, reservations, returns, transfer_errors, transfers
from inventory.arrivals import Arrived
from inventory.models import (
    CoreState,
    Movement,
    Part,
    Place,
    PlaceKind,
    Reservation,
    ReservationState,
    Serial,
    StockLevel,
    Transfer,
    TransferLine,
    TransferState,
)
from inventory.picking import PickWanted, draw_up
from inventory.places import place_of_kind
from inventory.transfers import Picked, TransferWanted
from tests.inventory.stock import DAY, StockRoom


@pytest.fixture
def promise(session: Session, room: StockRoom) -> Reservation:
    """Two of five batteries in the north are promised to J-1."""
    room.stock(room.north, room.battery, 5)
    taken = reservations.reserve_all(session, wants={room.battery: 2}, place_ids=[room.north], reference="J-1")
    return taken[room.battery]


def request(room: StockRoom, *lines: TransferWanted) -> Transfer:
    return transfers.request(
        room.session, from_place_id=room.north, to_place_id=room.van, lines=lines, reason="Top-up", actor_id=None
    )


def send(room: StockRoom, *lines: TransferWanted) -> Transfer:
    transfer = request(room, *lines)
    transfers.pick(room.session, transfer_id=transfer.id)
    return transfers.ship(room.session, transfer_id=transfer.id, actor_id=None)


def promised(promise: Reservation) -> TransferWanted:
    return TransferWanted(promise.part_id, promise.quantity, promise.id)


def transit(room: StockRoom) -> int:
    return place_of_kind(room.session, PlaceKind.TRANSIT).id


def everything(session: Session) -> list[Any]:
    """What the stock room's tables say, to be compared before and after a refusal."""
    session.expire_all()
    tables = (StockLevel, Reservation, Movement, Transfer, TransferLine, Serial)
    return [session.execute(sa.select(table.__table__).order_by(table.__table__.c.id)).all() for table in tables]


def test_a_request_neither_moves_nor_holds_anything(room: StockRoom, promise: Reservation) -> None:
    transfer = request(room, TransferWanted(room.battery, 3))

    assert (transfer.number, transfer.state) == (f"T-{transfer.id}", TransferState.REQUESTED)
    assert room.levels() == {(room.north, room.battery): (5, 2)}


def test_what_is_picked_is_held_until_it_leaves(session: Session, room: StockRoom, promise: Reservation) -> None:
    transfer = request(room, TransferWanted(room.battery, 3))

    transfers.pick(session, transfer_id=transfer.id)

    assert room.levels() == {(room.north, room.battery): (5, 5)}
    with pytest.raises(errors.InsufficientStock):
        ledger.consume(session, part_id=room.battery, quantity=1, place_id=room.north, reference="J-2", actor_id=None)


def test_what_is_shipped_is_in_transit_and_nowhere_else(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)

    send(room, TransferWanted(room.battery, 3))

    assert room.levels() == {(room.north, room.battery): (2, 0), (transit(room), room.battery): (3, 0)}
    assert ledger.find_differences(session) == []


def test_pieces_and_promise_arrive_together(session: Session, room: StockRoom, promise: Reservation) -> None:
    transfer = send(room, promised(promise), TransferWanted(room.battery, 1))
    assert promise.place_id == transit(room)

    receipt = arrivals.receive(session, transfer_id=transfer.id, actor_id=None)

    assert receipt.released == []
    assert transfer.state is TransferState.RECEIVED
    assert transfer.closed_at is not None
    assert room.levels() == {(room.north, room.battery): (2, 0), (room.van, room.battery): (3, 2)}
    assert (promise.place_id, promise.state) == (room.van, ReservationState.OPEN)
    assert ledger.find_differences(session) == []


def test_pieces_that_do_not_arrive_stay_in_transit_until_found_or_written_off(
    session: Session, room: StockRoom
) -> None:
    room.stock(room.north, room.battery, 5)
    transfer = send(room, TransferWanted(room.battery, 4))
    [line] = transfer.lines

    arrivals.receive(
        session, transfer_id=transfer.id, arrived=[Arrived(line.id, 1, remark="Box was open")], actor_id=None
    )

    assert arrivals.missing_in_transit(session) == [line]
    assert line.missing == 3
    assert room.level(transit(room), room.battery) == (3, 0)

    arrivals.find_missing(session, line_id=line.id, quantity=2, place_id=room.van, actor_id=None)
    arrivals.write_off_missing(session, line_id=line.id, quantity=1, reason="Never turned up", actor_id=None)

    assert (line.received, line.lost, line.missing) == (3, 1, 0)
    assert arrivals.missing_in_transit(session) == []
    assert room.levels() == {(room.north, room.battery): (1, 0), (room.van, room.battery): (3, 0)}
    assert session.scalars(sa.select(Movement.reason).order_by(Movement.id.desc())).first() == "Never turned up"
    assert ledger.find_differences(session) == []


def test_damaged_pieces_go_into_the_quarantine_of_a_warehouse(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 2)
    wanted = [TransferWanted(room.battery, 2)]
    transfer = transfers.request(
        session, from_place_id=room.north, to_place_id=room.south, lines=wanted, reason="Share", actor_id=None
    )
    transfers.pick(session, transfer_id=transfer.id)
    transfers.ship(session, transfer_id=transfer.id, actor_id=None)

    arrived = [Arrived(transfer.lines[0].id, 1, damaged=1, remark="Swollen")]
    arrivals.receive(session, transfer_id=transfer.id, arrived=arrived, actor_id=None)

    quarantine = place_of_kind(session, PlaceKind.QUARANTINE, home_id=room.south)
    assert room.levels() == {(room.south, room.battery): (1, 0), (quarantine.id, room.battery): (1, 0)}
    assert transfer.lines[0].missing == 0
    [core] = returns.cores_of(session, reference=transfer.number)
    assert (core.state, core.place_id, core.trunk_id) == (CoreState.RECEIVED, quarantine.id, None)


def test_damaged_pieces_in_a_van_go_into_its_core_box(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 1)
    transfer = send(room, TransferWanted(room.battery, 1))

    arrived = [Arrived(transfer.lines[0].id, 0, damaged=1, remark="Crushed")]
    arrivals.receive(session, transfer_id=transfer.id, arrived=arrived, actor_id=None)

    core_box = place_of_kind(session, PlaceKind.CORE_BOX, home_id=room.van)
    assert room.levels() == {(core_box.id, room.battery): (1, 0)}
    [core] = returns.cores_of(session, reference=transfer.number)
    assert (core.state, core.place_id, core.trunk_id) == (CoreState.TAKEN, core_box.id, room.van)


@pytest.mark.parametrize(("on_the_shelf", "kind"), [(5, "transfer"), (3, "correction")])
def test_a_surplus_comes_off_the_books_of_the_origin_or_is_a_correction(
    session: Session, room: StockRoom, on_the_shelf: int, kind: str
) -> None:
    room.stock(room.north, room.battery, on_the_shelf)
    transfer = send(room, TransferWanted(room.battery, 3))

    arrived = [Arrived(transfer.lines[0].id, 5, remark="Two more in the box")]
    arrivals.receive(session, transfer_id=transfer.id, arrived=arrived, actor_id=None)

    assert room.levels() == {(room.van, room.battery): (5, 0)}
    last = session.scalars(sa.select(Movement).order_by(Movement.id.desc())).first()
    assert last is not None
    assert (last.kind, last.quantity, last.reason) == (kind, 2, "Two more in the box")
    assert ledger.find_differences(session) == []


def test_a_promise_ends_when_its_pieces_do_not_all_arrive(
    session: Session, room: StockRoom, promise: Reservation
) -> None:
    transfer = send(room, promised(promise))

    arrived = [Arrived(transfer.lines[0].id, 1, damaged=1, remark="One is crushed")]
    receipt = arrivals.receive(session, transfer_id=transfer.id, arrived=arrived, actor_id=None)

    assert receipt.released == [promise]
    assert promise.state is ReservationState.RELEASED
    assert room.level(room.van, room.battery) == (1, 0)
    assert ledger.find_differences(session) == []


def test_a_shipped_transfer_can_come_back(session: Session, room: StockRoom, promise: Reservation) -> None:
    transfer = send(room, promised(promise))

    arrivals.receive(session, transfer_id=transfer.id, turned_back=True, actor_id=None)

    assert transfer.state is TransferState.TURNED_BACK
    assert room.levels() == {(room.north, room.battery): (5, 2)}
    assert promise.place_id == room.north


def test_a_cancelled_transfer_lets_go_what_it_held(session: Session, room: StockRoom, promise: Reservation) -> None:
    transfer = request(room, promised(promise), TransferWanted(room.battery, 3))
    transfers.pick(session, transfer_id=transfer.id)

    transfers.cancel(session, transfer_id=transfer.id)

    assert transfer.state is TransferState.CANCELLED
    assert room.levels() == {(room.north, room.battery): (5, 2)}
    assert promise.state is ReservationState.OPEN


def test_a_line_whose_promise_has_ended_is_left_on_the_shelf(
    session: Session, room: StockRoom, promise: Reservation
) -> None:
    transfer = request(room, promised(promise), TransferWanted(room.battery, 1))
    reservations.release(session, [promise.id])

    transfers.pick(session, transfer_id=transfer.id)

    assert [line.picked for line in transfer.lines] == [0, 1]


def test_pieces_whose_promise_ends_on_the_way_arrive_as_free_ones(
    session: Session, room: StockRoom, promise: Reservation
) -> None:
    transfer = send(room, promised(promise))
    reservations.release(session, [promise.id])

    receipt = arrivals.receive(session, transfer_id=transfer.id, actor_id=None)

    assert receipt.released == []
    assert room.level(room.van, room.battery) == (2, 0)


def test_a_hold_that_a_short_count_took_away_does_not_keep_the_rest_from_leaving(
    session: Session, room: StockRoom
) -> None:
    room.stock(room.north, room.battery, 5)
    transfer = request(room, TransferWanted(room.battery, 3))
    transfers.pick(session, transfer_id=transfer.id)
    ledger.correct(session, place_id=room.north, part_id=room.battery, counted=2, reason="Recount", actor_id=None)

    with pytest.raises(errors.InsufficientStock):
        transfers.ship(session, transfer_id=transfer.id, actor_id=None)

    ledger.correct(session, place_id=room.north, part_id=room.battery, counted=3, reason="Found", actor_id=None)
    transfers.ship(session, transfer_id=transfer.id, actor_id=None)
    assert room.level(transit(room), room.battery) == (3, 0)


def test_of_a_tracked_part_each_piece_is_followed(session: Session, room: StockRoom) -> None:
    session.get_one(Part, room.printer).serial_tracked = True
    numbers = ["P1", "P2", "P3"]
    ledger.receive(
        session,
        place_id=room.north,
        pieces={room.printer: 3},
        serials={room.printer: numbers},
        reference="DN-1",
        actor_id=None,
    )
    transfer = request(room, TransferWanted(room.printer, 3))
    line_id = transfer.lines[0].id
    transfers.pick(session, transfer_id=transfer.id)
    transfers.ship(session, transfer_id=transfer.id, serials={line_id: numbers}, actor_id=None)

    arrived = [Arrived(line_id, 1, damaged=1, remark="One short", serials=["P2"], damaged_serials=["P3"])]
    arrivals.receive(session, transfer_id=transfer.id, arrived=arrived, actor_id=None)

    at = dict(session.execute(sa.select(Serial.number, Place.kind).join(Place)).all())
    assert at == {"P1": PlaceKind.TRANSIT, "P2": PlaceKind.TRUNK, "P3": PlaceKind.CORE_BOX}

    arrivals.find_missing(session, line_id=line_id, quantity=1, place_id=room.north, actor_id=None)
    assert session.scalar(sa.select(Place.code).join(Serial).where(Serial.number == "P1")) == "NORTH"
    assert ledger.find_differences(session) == []


def test_a_tracked_line_that_arrives_whole_needs_no_numbers(session: Session, room: StockRoom) -> None:
    session.get_one(Part, room.printer).serial_tracked = True
    numbers = ["P1", "P2"]
    ledger.receive(
        session,
        place_id=room.north,
        pieces={room.printer: 2},
        serials={room.printer: numbers},
        reference="DN-1",
        actor_id=None,
    )
    transfer = request(room, TransferWanted(room.printer, 1), TransferWanted(room.printer, 1))
    transfers.pick(session, transfer_id=transfer.id)
    serials = {line.id: [number] for line, number in zip(transfer.lines, numbers, strict=True)}
    transfers.ship(session, transfer_id=transfer.id, serials=serials, actor_id=None)

    arrivals.receive(session, transfer_id=transfer.id, actor_id=None)

    assert set(session.scalars(sa.select(Serial.place_id))) == {room.van}


REFUSALS: list[tuple[str, type[DomainError]]] = [
    ("same place", errors.SamePlace),
    ("nothing", errors.NothingWanted),
    ("no reason", errors.TextNotUsable),
    ("a promise elsewhere", errors.ReservationElsewhere),
    ("half a promise", errors.ReservationDiffers),
    ("a promise on a pick list", errors.AlreadyOnPickList),
    ("a promise on another transfer", transfer_errors.AlreadyOnTransfer),
    ("a promise twice", errors.PromiseNamedTwice),
    ("unknown", transfer_errors.UnknownTransfer),
    ("pick too many", transfer_errors.PickedTooMany),
    ("pick short without a word", transfer_errors.RemarkMissing),
    ("pick part of a promise", transfer_errors.PromiseGoesWhole),
    ("pick nothing", transfer_errors.NothingPicked),
    ("pick a line of nobody", transfer_errors.UnknownTransferLine),
    ("pick a line twice", transfer_errors.LineNamedTwice),
    ("pick more than there is", errors.InsufficientStock),
    ("ship what is not picked", transfer_errors.TransferNotInState),
    ("receive what has not left", transfer_errors.TransferNotInState),
    ("cancel what has left", transfer_errors.TransferHasLeft),
    ("receive short without a word", transfer_errors.RemarkMissing),
    ("receive twice", transfer_errors.TransferNotInState),
    ("find what is not missing", transfer_errors.NotMissing),
    ("find a line of nobody", transfer_errors.UnknownLine),
]


@pytest.mark.parametrize(("what", "refusal"), REFUSALS, ids=[what for what, _ in REFUSALS])
def test_a_refusal_changes_nothing(
    session: Session, room: StockRoom, promise: Reservation, what: str, refusal: type[DomainError]
) -> None:
    act = prepared(room, promise, what)
    session.flush()
    before = everything(session)

    with pytest.raises(refusal):
        act()

    assert everything(session) == before


def prepared(room: StockRoom, promise: Reservation, what: str) -> Any:  # noqa: C901, PLR0911, PLR0912 -- a table
    """Bring the stock room to where the refusal can happen; returns the act that is refused."""
    session = room.session

    def ask(from_place: int, to_place: int, *lines: TransferWanted, reason: str = "Top-up") -> Any:
        return lambda: transfers.request(
            session, from_place_id=from_place, to_place_id=to_place, lines=lines, reason=reason, actor_id=None
        )

    def pick(transfer: Transfer, *picked: Picked) -> Any:
        return lambda: transfers.pick(session, transfer_id=transfer.id, picked=picked)

    def receive(transfer: Transfer, *arrived: Arrived) -> Any:
        return lambda: arrivals.receive(session, transfer_id=transfer.id, arrived=arrived, actor_id=None)

    three = TransferWanted(room.battery, 3)
    match what:
        case "same place":
            return ask(room.north, room.north, three)
        case "nothing":
            return ask(room.north, room.van)
        case "no reason":
            return ask(room.north, room.van, three, reason=" ")
        case "a promise elsewhere":
            return ask(room.south, room.van, promised(promise))
        case "half a promise":
            return ask(room.north, room.van, TransferWanted(room.battery, 1, promise.id))
        case "a promise on a pick list":
            line = PickWanted(room.battery, 2, promise.id)
            draw_up(session, warehouse_id=room.north, trunk_id=room.van, day=DAY, lines=[line])
            return ask(room.north, room.van, promised(promise))
        case "a promise on another transfer":
            request(room, promised(promise))
            return ask(room.north, room.van, promised(promise))
        case "a promise twice":
            return ask(room.north, room.van, promised(promise), promised(promise))
        case "unknown":
            return lambda: transfers.pick(session, transfer_id=999_999)
        case "pick too many":
            transfer = request(room, three)
            return pick(transfer, Picked(transfer.lines[0].id, 4))
        case "pick short without a word":
            transfer = request(room, three)
            return pick(transfer, Picked(transfer.lines[0].id, 2))
        case "pick part of a promise":
            transfer = request(room, promised(promise))
            return pick(transfer, Picked(transfer.lines[0].id, 1, "One is gone"))
        case "pick nothing":
            transfer = request(room, three)
            return pick(transfer, Picked(transfer.lines[0].id, 0, "All gone"))
        case "pick a line of nobody":
            return pick(request(room, three), Picked(999_999, 1))
        case "pick a line twice":
            transfer = request(room, three)
            return pick(transfer, Picked(transfer.lines[0].id, 3), Picked(transfer.lines[0].id, 3))
        case "pick more than there is":
            return pick(request(room, TransferWanted(room.battery, 4)))
        case "ship what is not picked":
            transfer = request(room, three)
            return lambda: transfers.ship(session, transfer_id=transfer.id, actor_id=None)
        case "receive what has not left":
            return receive(request(room, three))
        case "cancel what has left":
            transfer = send(room, three)
            return lambda: transfers.cancel(session, transfer_id=transfer.id)
        case "receive short without a word":
            transfer = send(room, three)
            return receive(transfer, Arrived(transfer.lines[0].id, 2))
        case "receive twice":
            transfer = send(room, three)
            receive(transfer)()
            return receive(transfer)
        case "find what is not missing":
            transfer = send(room, three)
            line_id = transfer.lines[0].id
            return lambda: arrivals.find_missing(session, line_id=line_id, quantity=1, place_id=room.van, actor_id=None)
        case "find a line of nobody":
            return lambda: arrivals.find_missing(session, line_id=999_999, quantity=1, place_id=room.van, actor_id=None)
    raise AssertionError(f"Nobody prepared {what}.")
