"""
Transfers: pieces that go from one warehouse or trunk to another, in transit in between.

A transfer is requested, picked, shipped and received. What is picked is held for it, what is shipped is nowhere but in
transit, and what does not arrive stays in transit, visible, until it is found or written off. A line may carry the
promise of its pieces to a job; the promise then travels with them.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.errors import N_, DomainError, Kind
from inventory.checks import REASON_LENGTH, check_parts, check_quantities, check_text, find_place
from inventory.errors import (
    AlreadyOnPickList,
    NothingWanted,
    ReservationDiffers,
    ReservationElsewhere,
    ReservationNotOpen,
    SamePlace,
)
from inventory.models import (
    Part,
    PickLine,
    PickState,
    Place,
    Reservation,
    ReservationState,
    Transfer,
    TransferLine,
    TransferState,
)
from inventory.reservations import find_reservation

# Transfers that can still carry what a line names.
_UNDER_WAY = (TransferState.REQUESTED, TransferState.PICKED, TransferState.SHIPPED)


class AlreadyOnTransfer(DomainError):
    code = "already_on_transfer"
    kind = Kind.CONFLICT
    sentence = N_(
        "The pieces for %(reference)s are on transfer %(transfer)s already. Receive or cancel that one first."
    )


@dataclass(frozen=True)
class TransferWanted:
    """A line of a transfer: pieces for the reservation that they carry along, or for nobody in particular."""

    part_id: int
    quantity: int
    reservation_id: int | None = None


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
    for line in lines:
        if line.reservation_id is not None:
            _check_promise(session, line, find_reservation(session, line.reservation_id), origin)
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


def _check_promise(session: Session, line: TransferWanted, promise: Reservation, origin: Place) -> None:
    """Refuse a line that would not carry exactly the pieces that are promised where the transfer leaves."""
    if promise.state is not ReservationState.OPEN:
        raise ReservationNotOpen(reservation_id=promise.id, reference=promise.reference, state=promise.state.value)
    if promise.place_id != origin.id:
        raise ReservationElsewhere(reference=promise.reference, place=promise.place.code, expected=origin.code)
    if (promise.part_id, promise.quantity) != (line.part_id, line.quantity):
        raise ReservationDiffers(
            reference=promise.reference,
            reserved=promise.quantity,
            sku=promise.part.sku,
            quantity=line.quantity,
            other=session.get_one(Part, line.part_id).sku,
        )
    _check_not_carried(session, promise)


def _check_not_carried(session: Session, promise: Reservation) -> None:
    """Refuse a promise that an open pick list or another transfer carries already."""
    pick_list_id = session.scalar(
        sa.select(PickLine.pick_list_id).where(PickLine.reservation_id == promise.id, PickLine.state == PickState.OPEN)
    )
    if pick_list_id is not None:
        raise AlreadyOnPickList(reference=promise.reference, pick_list_id=pick_list_id)
    carrying = session.scalar(
        sa.select(Transfer)
        .join(Transfer.lines)
        .where(TransferLine.reservation_id == promise.id, Transfer.state.in_(_UNDER_WAY))
    )
    if carrying is not None:
        raise AlreadyOnTransfer(reference=promise.reference, transfer=carrying.number)
