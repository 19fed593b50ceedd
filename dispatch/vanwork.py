"""What technicians do about parts between visits: ask for them, hand them over, and receive what is brought to them."""

from collections.abc import Mapping, Sequence

from sqlalchemy.orm import Session

from core.errors import N_, DomainError, Kind
from dispatch.models import Technician
from dispatch.stockwork import Received, receive_transfer
from inventory import transfers
from inventory.arrivals import Arrived
from inventory.models import Place, Transfer, TransferState
from inventory.transfers import TransferWanted


class NotYourTransfer(DomainError):
    code = "not_your_transfer"
    kind = Kind.FORBIDDEN
    sentence = N_(
        "Transfer %(transfer)s goes from %(origin)s to %(destination)s; your van is %(trunk)s. "
        "Load the page of your van again."
    )


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


def hand_over(
    session: Session, technician: Technician, *, transfer_id: int, serials: Mapping[int, Sequence[str]] | None = None
) -> Transfer:
    """Give what was asked for out of the technician's own van; it is on its way from then on."""
    transfer = transfers.transfer_by_id(session, transfer_id)
    if transfer.from_place_id != technician.trunk_id:
        raise _not_yours(transfer, technician)
    if transfer.state is TransferState.REQUESTED:
        transfers.pick(session, transfer_id=transfer_id)
    return transfers.ship(session, transfer_id=transfer_id, serials=serials, actor_id=technician.user_id)


def receive(session: Session, technician: Technician, *, transfer_id: int, arrived: Sequence[Arrived] = ()) -> Received:
    """Take what was brought into the technician's own van; waiting jobs that it serves are ready then."""
    transfer = transfers.transfer_by_id(session, transfer_id)
    if transfer.to_place_id != technician.trunk_id:
        raise _not_yours(transfer, technician)
    return receive_transfer(session, transfer_id=transfer_id, arrived=arrived, actor_id=technician.user_id)


def _not_yours(transfer: Transfer, technician: Technician) -> NotYourTransfer:
    return NotYourTransfer(
        transfer=transfer.number,
        origin=transfer.from_place.name,
        destination=transfer.to_place.name,
        trunk=technician.trunk.name,
    )
