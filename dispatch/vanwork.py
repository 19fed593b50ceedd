"""
What technicians do about parts between visits.

They ask for them, hand them over, receive what is brought to them, count their van, and set aside what is damaged.
"""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy.orm import Session

from core.errors import N_, DomainError, Kind
from dispatch.fieldwork.parts import Pieces
from dispatch.models import Technician
from dispatch.stockwork import Received, finish_count, receive_transfer, set_aside
from inventory import counts, transfers
from inventory.arrivals import Arrived
from inventory.models import Count, Place, Transfer, TransferState
from inventory.queries import stock_of
from inventory.transfers import TransferWanted


class NotYourTransfer(DomainError):
    code = "not_your_transfer"
    kind = Kind.FORBIDDEN
    sentence = N_(
        "Transfer %(transfer)s goes from %(origin)s to %(destination)s; your van is %(trunk)s. "
        "Load the page of your van again."
    )


class NotYourCount(DomainError):
    code = "not_your_count"
    kind = Kind.FORBIDDEN
    sentence = N_("Count %(count)s is of %(place)s; your van is %(trunk)s. Load the page of your van again.")


def of_van(session: Session, technician: Technician) -> list[Transfer]:
    """Return the transfers under way to a technician's van and out of it, the newest first."""
    return transfers.transfers(session, place_id=technician.trunk_id, states=transfers.UNDER_WAY)


def ask_for(
    session: Session, technician: Technician, *, source: Place, pieces: Mapping[int, int], reason: str
) -> Transfer:
    """Ask a warehouse or a colleague for parts (pieces per part id) to be brought to the technician's van."""
    return transfers.request(
        session,
        from_place_id=source.id,
        to_place_id=technician.trunk_id,
        lines=[TransferWanted(part_id, quantity) for part_id, quantity in sorted(pieces.items())],
        reason=reason,
        actor_id=technician.user_id,
    )


def transfer_in(session: Session, technician: Technician, transfer_id: int) -> Transfer:
    """Return a transfer if it goes to the technician's own van; raises UnknownTransfer and NotYourTransfer."""
    transfer = transfers.transfer_by_id(session, transfer_id)
    if transfer.to_place_id != technician.trunk_id:
        raise _not_yours(transfer, technician)
    return transfer


def transfer_out(session: Session, technician: Technician, transfer_id: int) -> Transfer:
    """Return a transfer if it goes out of the technician's own van; raises UnknownTransfer and NotYourTransfer."""
    transfer = transfers.transfer_by_id(session, transfer_id)
    if transfer.from_place_id != technician.trunk_id:
        raise _not_yours(transfer, technician)
    return transfer


def hand_over(
    session: Session, technician: Technician, *, transfer_id: int, serials: Mapping[int, Sequence[str]] | None = None
) -> Transfer:
    """Give what was asked for out of the technician's own van; it is on its way from then on."""
    transfer = transfer_out(session, technician, transfer_id)
    if transfer.state is TransferState.REQUESTED:
        transfers.pick(session, transfer_id=transfer_id)
    return transfers.ship(session, transfer_id=transfer_id, serials=serials, actor_id=technician.user_id)


def receive(session: Session, technician: Technician, *, transfer_id: int, arrived: Sequence[Arrived] = ()) -> Received:
    """Take what was brought into the technician's own van; waiting jobs that it serves are ready then."""
    transfer_in(session, technician, transfer_id)
    return receive_transfer(session, transfer_id=transfer_id, arrived=arrived, actor_id=technician.user_id)


def counts_of_van(session: Session, technician: Technician) -> list[Count]:
    """Return the counts of a technician's van that are under way, the newest first."""
    return [count for count in counts.counts(session, states=counts.UNDER_WAY) if count.place_id == technician.trunk_id]


def begin_count(
    session: Session, technician: Technician, *, reason: str, part_ids: Collection[int] | None = None
) -> Count:
    """Begin a count of the technician's own van: of some parts, or of everything that the books have there."""
    if part_ids is None:
        levels = stock_of(session, place_id=technician.trunk_id)
        part_ids = [level.part_id for level in levels if level.on_hand or level.target]
    return counts.open_count(
        session, place_id=technician.trunk_id, part_ids=part_ids, reason=reason, actor_id=technician.user_id
    )


def count_of_van(session: Session, technician: Technician, count_id: int) -> Count:
    """Return a count if it is of the technician's own van; raises UnknownCount and NotYourCount."""
    count = counts.count_by_id(session, count_id)
    if count.place_id != technician.trunk_id:
        raise NotYourCount(count=count.number, place=count.place.name, trunk=technician.trunk.name)
    return count


def end_count(session: Session, technician: Technician, *, count_id: int) -> Sequence[str]:
    """End a counting of the own van; returns the documents whose promises it could not keep."""
    count_of_van(session, technician, count_id)
    return finish_count(session, count_id=count_id, actor_id=technician.user_id)


def report_damaged(session: Session, technician: Technician, *, pieces: Pieces, reason: str) -> Sequence[str]:
    """Put damaged pieces of the own van with the old parts; returns the documents that lost a promise by it."""
    return set_aside(
        session,
        place_id=technician.trunk_id,
        part_id=pieces.part.id,
        quantity=pieces.quantity,
        serials=pieces.serials,
        reason=reason,
        actor_id=technician.user_id,
    )


def _not_yours(transfer: Transfer, technician: Technician) -> NotYourTransfer:
    return NotYourTransfer(
        transfer=transfer.number,
        origin=transfer.from_place.name,
        destination=transfer.to_place.name,
        trunk=technician.trunk.name,
    )
