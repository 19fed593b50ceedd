"""
Transfers: pieces that go from one warehouse or trunk to another, in transit in between.

A transfer is requested, picked, shipped and received. What is picked is held for it, what is shipped is nowhere but in
transit, and what does not arrive stays in transit, visible, until it is found or written off. A line may carry the
promise of its pieces to a job; the promise then travels with them.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from core import clock
from inventory.checks import REASON_LENGTH, check_parts, check_quantities, check_text, find_place
from inventory.closing import close_reservations
from inventory.documents import hold
from inventory.errors import (
    NothingWanted,
    SamePlace,
)
from inventory.ledger import Promise, book, entry
from inventory.locking import all_or_none, lock_rows
from inventory.models import (
    MovementKind,
    PlaceKind,
    Reservation,
    ReservationState,
    Transfer,
    TransferLine,
    TransferState,
)
from inventory.places import place_of_kind
from inventory.queries import lines_carrying
from inventory.reservations import Wanted, check_carried, find_reservation, follow, reserve_at
from inventory.transfer_errors import (
    AlreadyOnTransfer,
    LineNamedTwice,
    NothingPicked,
    PickedTooMany,
    PromiseGoesWhole,
    RemarkMissing,
    TransferHasLeft,
    TransferNotInState,
    UnknownTransfer,
    UnknownTransferLine,
)

# Transfers whose pieces have not arrived.
UNDER_WAY = (TransferState.REQUESTED, TransferState.PICKED, TransferState.SHIPPED)


@dataclass(frozen=True)
class TransferWanted:
    """A line of a transfer: pieces for the reservation that they carry along, or for nobody in particular."""

    part_id: int
    quantity: int
    reservation_id: int | None = None


@dataclass(frozen=True)
class Picked:
    """How many pieces of a line were found; fewer than requested need a remark."""

    line_id: int
    quantity: int
    remark: str = ""


def request(
    session: Session,
    *,
    from_place_id: int,
    to_place_id: int,
    lines: Sequence[TransferWanted],
    reason: str,
    expected_at: dt.datetime | None = None,
    actor_id: int | None,
) -> Transfer:
    """Ask for pieces to be brought from one warehouse or trunk to another. Nothing moves and nothing is held yet."""
    origin, destination = find_place(session, from_place_id), find_place(session, to_place_id)
    if origin is destination:
        raise SamePlace(place=destination.code)
    if not lines:
        raise NothingWanted
    check_quantities(line.quantity for line in lines)
    check_parts(session, (line.part_id for line in lines))
    _check_not_carried(session, check_carried(session, lines, origin))
    transfer = Transfer(
        state=TransferState.REQUESTED,
        from_place=origin,
        to_place=destination,
        reason=check_text("reason", reason, REASON_LENGTH),
        requested_at=clock.now(),
        requested_by_id=actor_id,
        expected_at=expected_at,
        lines=[
            TransferLine(part_id=line.part_id, requested=line.quantity, reservation_id=line.reservation_id)
            for line in lines
        ],
    )
    session.add(transfer)
    # Callers print the number, and the next transfer must find the promises that this one carries.
    session.flush()
    return transfer


def pick(session: Session, *, transfer_id: int, picked: Sequence[Picked] = ()) -> Transfer:
    """
    Lay the pieces ready, and hold them for the transfer until it leaves.

    Lines that are not named are picked whole; one whose promise has ended meanwhile is left on the shelf. Pieces that
    are promised to a job go all together or not at all.
    """
    found = {line.line_id: line for line in picked}
    with all_or_none(session):
        transfer = take_transfer(session, transfer_id, TransferState.REQUESTED)
        check_lines(transfer, [line.line_id for line in picked])
        for line in transfer.lines:
            _pick_line(session, transfer, line, found.get(line.id))
        if not any(line.picked for line in transfer.lines):
            raise NothingPicked(transfer=transfer.number, origin=transfer.from_place.code)
        _hold_pieces(session, transfer)
        transfer.state = TransferState.PICKED
    return transfer


def ship(
    session: Session,
    *,
    transfer_id: int,
    serials: Mapping[int, Sequence[str]] | None = None,
    expected_at: dt.datetime | None = None,
    actor_id: int | None,
) -> Transfer:
    """
    Send what was picked on its way: the pieces, and the promises that they carry, are in transit from now on.

    ``serials`` names the pieces of serial-tracked parts, per line id.
    """
    numbers = serials or {}
    with all_or_none(session):
        transfer = take_transfer(session, transfer_id, TransferState.PICKED)
        check_lines(transfer, list(numbers))
        transfer.state, transfer.shipped_at = TransferState.SHIPPED, clock.now()
        transfer.expected_at = expected_at or transfer.expected_at
        transit = place_of_kind(session, PlaceKind.TRANSIT)
        held = _let_go(session, transfer)
        carried = carried_promises(session, transfer, transfer.from_place_id)
        promises = follow(session, carried, from_place_id=transfer.from_place_id, to_place_id=transit.id)
        entries = [
            entry(
                MovementKind.TRANSFER,
                part_id=line.part_id,
                quantity=line.picked,
                from_place_id=transfer.from_place_id,
                to_place_id=transit.id,
                reference=transfer.number,
                actor_id=actor_id,
                serials=numbers.get(line.id, ()),
            )
            for line in transfer.lines
            if line.picked
        ]
        book(session, entries=entries, promises=[*held, *promises])
    return transfer


def cancel(session: Session, *, transfer_id: int) -> Transfer:
    """Call a transfer off that has not left yet. What it would have carried stays promised where it is."""
    with all_or_none(session):
        transfer = take_transfer(session, transfer_id)
        if transfer.state is TransferState.SHIPPED:
            raise TransferHasLeft(**_way(transfer), pieces=sum(line.picked for line in transfer.lines))
        if transfer.state not in (TransferState.REQUESTED, TransferState.PICKED):
            raise _not_in_state(transfer, TransferState.REQUESTED)
        book(session, promises=_let_go(session, transfer))
        transfer.state, transfer.closed_at = TransferState.CANCELLED, clock.now()
    return transfer


def transfers(
    session: Session, *, place_id: int | None = None, states: Collection[TransferState] = (), limit: int | None = None
) -> list[Transfer]:
    """Return the transfers to or from a place, or all, in these states, or in any; the newest first."""
    found = sa.select(Transfer).options(*_WHOLE).order_by(Transfer.id.desc()).limit(limit)
    if place_id is not None:
        found = found.where(sa.or_(Transfer.from_place_id == place_id, Transfer.to_place_id == place_id))
    if states:
        found = found.where(Transfer.state.in_(states))
    return list(session.scalars(found))


def transfer_by_id(session: Session, transfer_id: int) -> Transfer:
    """Return one transfer with its lines and parts; raises UnknownTransfer."""
    transfer = session.get(Transfer, transfer_id, options=_WHOLE)
    if transfer is None:
        raise UnknownTransfer(transfer=transfer_id)
    return transfer


_WHOLE = (
    joinedload(Transfer.from_place),
    joinedload(Transfer.to_place),
    selectinload(Transfer.lines).options(joinedload(TransferLine.part), joinedload(TransferLine.reservation)),
)


def take_transfer(session: Session, transfer_id: int, needed: TransferState | None = None) -> Transfer:
    """Hold a transfer until the transaction ends; raises UnknownTransfer, or TransferNotInState with another state."""
    transfer = hold(session, Transfer, transfer_id)
    if transfer is None:
        raise UnknownTransfer(transfer=transfer_id)
    if needed is not None and transfer.state is not needed:
        raise _not_in_state(transfer, needed)
    return transfer


def check_lines(transfer: Transfer, line_ids: Sequence[int]) -> None:
    """Refuse a line that is not on the transfer, and one that is named twice."""
    known = {line.id for line in transfer.lines}
    for position, line_id in enumerate(line_ids):
        if line_id not in known:
            raise UnknownTransferLine(transfer=transfer.number, line=line_id)
        if line_id in line_ids[:position]:
            raise LineNamedTwice(document=transfer.number, line=line_id)


def carried_promises(session: Session, transfer: Transfer, place_id: int) -> list[int]:
    """
    Return the promises that ride along from a place, held until the transaction ends.

    A line whose promise has ended meanwhile, or was moved to other pieces, carries none any more: its pieces go on as
    free ones.
    """
    named = {line.reservation_id: line for line in transfer.lines if line.reservation_id is not None}
    lock_rows(session, Reservation, named)
    for reservation_id, line in named.items():
        promise = find_reservation(session, reservation_id)
        if promise.state is not ReservationState.OPEN or promise.place_id != place_id or not line.picked:
            line.reservation_id = None
    return sorted(line.reservation_id for line in transfer.lines if line.reservation_id is not None)


def _pick_line(session: Session, transfer: Transfer, line: TransferLine, found: Picked | None) -> None:
    facts = {"transfer": transfer.number, "sku": line.part.sku}
    promise = None if line.reservation_id is None else find_reservation(session, line.reservation_id)
    wanted = promise is None or _is_there(promise, transfer.from_place_id)
    if found is None:
        line.picked = line.requested if wanted else 0
        return
    check_quantities([found.quantity], least=0)
    if found.quantity > line.requested:
        raise PickedTooMany(**facts, requested=line.requested, quantity=found.quantity)
    if promise is not None and wanted and found.quantity not in (0, line.requested):
        raise PromiseGoesWhole(**facts, requested=line.requested, reference=promise.reference, quantity=found.quantity)
    if found.quantity < line.requested and wanted and not found.remark.strip():
        raise RemarkMissing(**facts, quantity=found.quantity, expected=line.requested)
    line.picked = found.quantity
    line.remark = check_text("remark", found.remark, REASON_LENGTH) if found.remark.strip() else ""


def _is_there(promise: Reservation, place_id: int) -> bool:
    return promise.state is ReservationState.OPEN and promise.place_id == place_id


def _hold_pieces(session: Session, transfer: Transfer) -> None:
    """
    Promise the picked pieces that nobody is promised to the transfer itself, so that no job counts on them.

    These promises bear the transfer's own number, which tells them from those that ride along.
    """
    free = [line for line in transfer.lines if line.picked and line.reservation_id is None]
    wanted = [Wanted(line.part_id, line.picked, transfer.from_place_id, transfer.number) for line in free]
    for line, promise in zip(free, reserve_at(session, wanted), strict=True):
        line.reservation_id = promise.id


def _let_go(session: Session, transfer: Transfer) -> list[Promise]:
    """End the promises to the transfer itself; returns what that changes, for the caller to book in the same breath."""
    own = (
        sa.select(TransferLine)
        .join(TransferLine.reservation)
        .where(TransferLine.transfer_id == transfer.id, Reservation.reference == transfer.number)
    )
    lines = {line.reservation_id: line for line in session.scalars(own)}
    closed = close_reservations(session, [held for held in lines if held is not None], ReservationState.RELEASED)
    for line in lines.values():
        line.reservation_id = None
    return [Promise(freed.place_id, freed.part_id, -freed.quantity) for freed in closed]


def _not_in_state(transfer: Transfer, needed: TransferState) -> TransferNotInState:
    return TransferNotInState(**_way(transfer), state=transfer.state.value, needed=needed.value)


def _way(transfer: Transfer) -> dict[str, str]:
    return {
        "transfer": transfer.number,
        "origin": transfer.from_place.code,
        "destination": transfer.to_place.code,
    }


def _check_not_carried(session: Session, promises: Mapping[int, Reservation]) -> None:
    """Refuse the first promise that another transfer carries already."""
    carrying = lines_carrying(session, promises) if promises else ()
    for line in carrying:
        if line.reservation_id is not None:
            raise AlreadyOnTransfer(reference=promises[line.reservation_id].reference, transfer=line.transfer.number)
