"""
Transfers that arrive: whole, short, with too much, or with damaged pieces.

Everything that arrives is booked where it really is. What is missing stays in transit, where it can be seen, until it
is found or written off; pieces that nobody had announced come off the books of the place that sent them, or from a
correction when its books do not have them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from inventory.checks import REASON_LENGTH, check_quantities, check_text
from inventory.closing import close_reservations
from inventory.errors import InsufficientStock, StockBusy
from inventory.ledger import Entry, Promise, book, entry
from inventory.locking import all_or_none, undisturbed
from inventory.models import (
    Movement,
    MovementKind,
    MovementSerial,
    Place,
    PlaceKind,
    Reservation,
    ReservationState,
    Serial,
    Transfer,
    TransferLine,
    TransferState,
)
from inventory.places import place_for_damaged, place_of_kind
from inventory.queries import availability
from inventory.reservations import follow
from inventory.returns import admit_damaged
from inventory.transfer_errors import NotMissing, NotOnTheWay, RemarkMissing, UnknownLine
from inventory.transfers import carried_promises, check_lines, take_transfer


@dataclass(frozen=True)
class Arrived:
    """What arrived of a line; a number that differs from what left, and any damage, need a remark."""

    line_id: int
    good: int
    damaged: int = 0
    remark: str = ""
    # Of serial-tracked parts; a line that arrived whole need not name them.
    serials: Sequence[str] = ()
    damaged_serials: Sequence[str] = ()


@dataclass(frozen=True)
class Receipt:
    """A transfer that was received, and the promises that its pieces could not keep."""

    transfer: Transfer
    released: Sequence[Reservation]


@dataclass(frozen=True)
class _Arrival:
    """A transfer while it is taken in: between which places, by whom, and the numbers of pieces that are in transit."""

    transfer: Transfer
    transit: Place
    place: Place
    actor_id: int | None
    # Serial numbers per part id.
    in_transit: Mapping[int, list[str]]


def receive(
    session: Session,
    *,
    transfer_id: int,
    arrived: Sequence[Arrived] = (),
    turned_back: bool = False,
    actor_id: int | None,
) -> Receipt:
    """
    Take a transfer in where it was sent to, or ``turned_back`` where it had left.

    1. Lines that are not named arrived whole.
    2. Good pieces go on the shelf or into the van, damaged ones into quarantine or the core box.
    3. A promise goes along when all of its pieces arrived in good order; otherwise it ends and is returned.
    """
    check_quantities((number for line in arrived for number in (line.good, line.damaged)), least=0)

    def take_in() -> Receipt:
        transfer = take_transfer(session, transfer_id, TransferState.SHIPPED)
        check_lines(transfer, [line.line_id for line in arrived])
        named = {line.line_id: line for line in arrived}
        arrival = _Arrival(
            transfer,
            transit=place_of_kind(session, PlaceKind.TRANSIT),
            place=transfer.from_place if turned_back else transfer.to_place,
            actor_id=actor_id,
            in_transit=_numbers_in_transit(session, transfer),
        )
        found = [_found(arrival, line, named) for line in transfer.lines]
        released, promises = _settle_promises(session, arrival)
        entries = [made for line in found for made in _entries(session, arrival, line)]
        transfer.state = TransferState.TURNED_BACK if turned_back else TransferState.RECEIVED
        transfer.closed_at = clock.now()
        try:
            book(session, entries=entries, promises=promises)
        except InsufficientStock as overtaken:
            # Somebody took what the origin seemed to have beyond what it sent.
            raise StockBusy from overtaken
        for line, found_of_line in found:
            if line.damaged:
                admit_damaged(
                    session,
                    part_id=line.part_id,
                    quantity=line.damaged,
                    place_id=place_for_damaged(session, arrival.place).id,
                    reference=transfer.number,
                    serials=found_of_line.damaged_serials,
                )
        return Receipt(transfer, released)

    return undisturbed(session, take_in)


def find_missing(
    session: Session,
    *,
    line_id: int,
    quantity: int,
    place_id: int,
    actor_id: int | None,
    serials: Sequence[str] = (),
) -> TransferLine:
    """Book pieces that were missing and have turned up, at the place that sent them or at the one that waited."""
    check_quantities([quantity])
    with all_or_none(session):
        line = _hold_line(session, line_id)
        transfer = line.transfer
        if place_id not in (transfer.from_place_id, transfer.to_place_id):
            raise NotOnTheWay(
                transfer=transfer.number,
                origin=transfer.from_place.code,
                destination=transfer.to_place.code,
                place=session.get_one(Place, place_id).code,
            )
        _check_missing(line, quantity)
        _book_missing(session, line, quantity, place_id, serials=serials, actor_id=actor_id)
        line.received += quantity
    return line


def write_off_missing(
    session: Session,
    *,
    line_id: int,
    quantity: int,
    reason: str,
    actor_id: int | None,
    serials: Sequence[str] = (),
) -> TransferLine:
    """Give up on pieces that are missing; the ledger keeps why."""
    check_quantities([quantity])
    reason = check_text("reason", reason, REASON_LENGTH)
    with all_or_none(session):
        line = _hold_line(session, line_id)
        _check_missing(line, quantity)
        correction = place_of_kind(session, PlaceKind.CORRECTION)
        _book_missing(session, line, quantity, correction.id, serials=serials, actor_id=actor_id, reason=reason)
        line.lost += quantity
    return line


def missing_in_transit(session: Session) -> list[TransferLine]:
    """Return the lines of closed transfers of which pieces are still missing, the oldest first."""
    unaccounted = TransferLine.picked > TransferLine.received + TransferLine.damaged + TransferLine.lost
    found = (
        sa.select(TransferLine)
        .join(TransferLine.transfer)
        .where(Transfer.state.in_([TransferState.RECEIVED, TransferState.TURNED_BACK]), unaccounted)
        .options(joinedload(TransferLine.part), joinedload(TransferLine.transfer).joinedload(Transfer.from_place))
        .options(joinedload(TransferLine.transfer).joinedload(Transfer.to_place))
        .order_by(TransferLine.id)
    )
    return list(session.scalars(found))


def _numbers_in_transit(session: Session, transfer: Transfer) -> dict[int, list[str]]:
    """Return the serial numbers that left with a transfer and are still in transit, per part id."""
    found = (
        sa.select(Serial.part_id, Serial.number)
        .join(MovementSerial, MovementSerial.serial_id == Serial.id)
        .join(Movement, Movement.id == MovementSerial.movement_id)
        .join(Place, Place.id == Serial.place_id)
        .where(
            Movement.reference == transfer.number,
            Movement.to_place_id == Place.id,
            Place.kind == PlaceKind.TRANSIT,
        )
        .distinct()
        .order_by(Serial.number)
    )
    numbers: dict[int, list[str]] = {}
    for part_id, number in session.execute(found).all():
        numbers.setdefault(part_id, []).append(number)
    return numbers


def _found(arrival: _Arrival, line: TransferLine, named: Mapping[int, Arrived]) -> tuple[TransferLine, Arrived]:
    """Write down what arrived of a line; what differs from what left must be explained."""
    arrived = named.get(line.id) or Arrived(line.id, line.picked)
    remark = arrived.remark.strip()
    if arrived.good != line.picked and not remark:
        raise RemarkMissing(
            transfer=line.transfer.number, sku=line.part.sku, quantity=arrived.good, expected=line.picked
        )
    line.received, line.damaged = arrived.good, arrived.damaged
    if remark:
        line.remark = check_text("remark", remark, REASON_LENGTH)
    if arrived.good == line.picked and not arrived.serials:
        arrived = replace(arrived, serials=_whole(arrival, line, named))
    return line, arrived


def _whole(arrival: _Arrival, line: TransferLine, named: Mapping[int, Arrived]) -> Sequence[str]:
    """Return the numbers of a line that arrived whole: those in transit that no other line names, in order."""
    taken = {number for arrived in named.values() for number in (*arrived.serials, *arrived.damaged_serials)}
    before = sum(
        other.picked
        for other in arrival.transfer.lines
        if other.part_id == line.part_id and other.id < line.id and other.id not in named
    )
    free = [number for number in arrival.in_transit.get(line.part_id, ()) if number not in taken]
    return free[before : before + line.picked]


def _settle_promises(session: Session, arrival: _Arrival) -> tuple[list[Reservation], list[Promise]]:
    """Let the promises of what arrived whole follow, and end the others; tells which ended, and what to book."""
    transit_id, lines = arrival.transit.id, arrival.transfer.lines
    carried = set(carried_promises(session, arrival.transfer, transit_id))
    kept = {line.reservation_id for line in lines if line.reservation_id and line.received >= line.picked} & carried
    released = close_reservations(session, carried - kept, ReservationState.RELEASED)
    ended = [Promise(transit_id, freed.part_id, -freed.quantity) for freed in released]
    followed = follow(session, sorted(kept), from_place_id=transit_id, to_place_id=arrival.place.id)
    return released, [*ended, *followed]


def _entries(session: Session, arrival: _Arrival, found: tuple[TransferLine, Arrived]) -> Iterator[Entry]:
    """Make out the entries of a line: announced pieces come from transit, the rest from where they were taken."""
    line, arrived = found
    damaged_announced = min(line.damaged, line.picked)
    good_announced = min(line.received, line.picked - damaged_announced)
    announced_numbers = set(arrival.in_transit.get(line.part_id, ()))
    for quantity, announced, numbers, damaged in (
        (line.received, good_announced, arrived.serials, False),
        (line.damaged, damaged_announced, arrived.damaged_serials, True),
    ):
        if not quantity:
            continue
        to = place_for_damaged(session, arrival.place) if damaged else arrival.place
        # Numbers that were announced come first, so that the others are those of the surplus.
        ordered = sorted(numbers, key=lambda number: number not in announced_numbers)
        if announced:
            yield _moved(line, announced, arrival.transit, to, serials=ordered[:announced], actor_id=arrival.actor_id)
        if quantity > announced:
            origin = _surplus_origin(session, arrival.transfer, line)
            yield _moved(
                line,
                quantity - announced,
                origin,
                to,
                serials=ordered[announced:],
                actor_id=arrival.actor_id,
                reason=line.remark,
            )


def _surplus_origin(session: Session, transfer: Transfer, line: TransferLine) -> Place:
    """Tell from where pieces that nobody announced must have come."""
    surplus = line.received + line.damaged - line.picked
    key = (transfer.from_place_id, line.part_id)
    free = availability(session, part_ids=[line.part_id], place_ids=[transfer.from_place_id]).get(key, 0)
    if surplus <= 0 or free >= surplus:
        return transfer.from_place
    return place_of_kind(session, PlaceKind.CORRECTION)


def _book_missing(
    session: Session,
    line: TransferLine,
    quantity: int,
    to_place_id: int,
    *,
    serials: Sequence[str],
    actor_id: int | None,
    reason: str = "",
) -> None:
    in_transit = _numbers_in_transit(session, line.transfer).get(line.part_id, [])
    if not serials and len(in_transit) == quantity:
        serials = in_transit
    transit, to = place_of_kind(session, PlaceKind.TRANSIT), session.get_one(Place, to_place_id)
    book(session, entries=[_moved(line, quantity, transit, to, serials=serials, actor_id=actor_id, reason=reason)])


def _moved(
    line: TransferLine,
    quantity: int,
    origin: Place,
    to: Place,
    *,
    serials: Sequence[str],
    actor_id: int | None,
    reason: str = "",
) -> Entry:
    correction = PlaceKind.CORRECTION in (origin.kind, to.kind)
    return entry(
        MovementKind.CORRECTION if correction else MovementKind.TRANSFER,
        part_id=line.part_id,
        quantity=quantity,
        from_place_id=origin.id,
        to_place_id=to.id,
        reference=line.transfer.number,
        actor_id=actor_id,
        reason=reason,
        serials=serials,
    )


def _hold_line(session: Session, line_id: int) -> TransferLine:
    line = session.get(TransferLine, line_id)
    if line is None:
        raise UnknownLine(line=line_id)
    transfer = take_transfer(session, line.transfer_id)
    check_lines(transfer, [line_id])
    return line


def _check_missing(line: TransferLine, quantity: int) -> None:
    missing = line.missing if line.transfer.closed_at else 0
    if quantity > missing:
        raise NotMissing(transfer=line.transfer.number, sku=line.part.sku, missing=missing, quantity=quantity)
