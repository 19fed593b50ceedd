"""Parts of a visit: what is used up out of the van, and what is loaded into it."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy.orm import Session

from core import clock
from dispatch.fieldwork.errors import NotYourPickList, PartInOtherTrunk, PartNotInTrunk, PartNotLoaded
from dispatch.fieldwork.moves import happened
from dispatch.fieldwork.visits import visit_at
from dispatch.jobs import record_fact
from dispatch.models import JobPart, Technician, Visit, VisitPart
from dispatch.models.visits import VisitStatus
from inventory import ledger, picking, reservations
from inventory.checks import check_parts, check_quantities
from inventory.errors import InsufficientStock
from inventory.locking import all_or_none
from inventory.models import Part, PickList, PlaceKind, Reservation, ReservationState
from inventory.queries import pick_list_by_id
from inventory.returns import owe
from inventory.serials import check_numbers
from inventory.tracing import scan


class Pieces(NamedTuple):
    """Pieces of a part that a technician uses, with their serial numbers when the part is tracked by them."""

    part: Part
    quantity: int
    serials: Sequence[str]


def use_part(
    session: Session,
    *,
    visit_id: int,
    part_id: int,
    quantity: int,
    technician_id: int,
    actor_id: int | None,
    serials: Sequence[str] = (),
) -> JobPart:
    """
    Use up pieces from the van: first those reserved for the job, then free ones.

    More than planned may be used, and parts that were not planned at all, as long as the van has them. All or nothing.
    Of a serial-tracked part ``serials`` names each piece. What must come back from the shop is owed from then on.
    """
    visit = visit_at(session, visit_id, technician_id, VisitStatus.ON_SITE)
    pieces = pieces_of(session, part_id, quantity, serials)
    return use_up(session, visit, pieces, clock.now(), actor_id)


def pieces_of(session: Session, part_id: int, quantity: int, serials: Sequence[str]) -> Pieces:
    """Return the pieces that are named, which must be of a part that there is and have the numbers it asks for."""
    check_quantities([quantity])
    check_parts(session, [part_id])
    part = session.get_one(Part, part_id)
    check_numbers(part, quantity, serials)
    return Pieces(part, quantity, serials)


def pieces_named(session: Session, code: str, quantity: int, serials: Sequence[str]) -> Pieces:
    """Return the pieces whose label says ``code``: a part's number or barcode, or the serial number of one piece."""
    found = scan(session, code)
    if found.serial is not None and not serials:
        serials = [found.serial.number]
    return pieces_of(session, found.part.id, quantity, serials)


def use_up(session: Session, visit: Visit, pieces: Pieces, at: dt.datetime, actor_id: int | None) -> JobPart:
    """Book pieces out of the van for a visit that is held; ``at`` is when they were used."""
    job, (part, quantity, serials) = visit.job, pieces
    line = next((line for line in job.parts if line.part_id == part.id), None)
    with all_or_none(session):
        reserved = _use_reserved(session, visit, line, pieces, actor_id)
        if reserved < quantity:
            free = Pieces(part, quantity - reserved, serials[reserved:])
            _use_free(session, visit, line, free, actor_id)
    if line is None:
        line = JobPart(part=part, quantity=quantity, used=0)
        job.parts.append(line)
    line.used += quantity
    visit.parts.append(VisitPart(part=part, quantity=quantity, serials=list(serials), used_at=at))
    if part.core_due:
        owe(session, part_id=part.id, quantity=quantity, trunk_id=visit.technician.trunk_id, reference=job.number)
    facts = {"sku": part.sku, "quantity": quantity} | ({"serials": list(serials)} if serials else {})
    record_fact(session, job, "use_part", actor_id=actor_id, facts=facts | happened(at) | {"visit": visit.id})
    return line


def own_pick_list(session: Session, pick_list_id: int, technician_id: int) -> PickList:
    """Return a pick list if it is of the technician's own van; raises UnknownPickList and NotYourPickList."""
    technician = session.get_one(Technician, technician_id)
    pick_list = pick_list_by_id(session, pick_list_id)
    if pick_list.trunk_id != technician.trunk_id:
        raise NotYourPickList(pick_list_id=pick_list_id, trunk=pick_list.trunk.name)
    return pick_list


def load_pick_list(
    session: Session,
    *,
    pick_list_id: int,
    technician_id: int,
    actor_id: int | None,
    serials: Mapping[int, Sequence[str]] | None = None,
) -> PickList:
    """
    Load the pieces of a pick list into the van; what was loaded already stays as it is.

    ``serials`` names, by the id of their line, the pieces of serial-tracked parts.
    """
    own_pick_list(session, pick_list_id, technician_id)
    return picking.confirm_list(session, pick_list_id=pick_list_id, actor_id=actor_id, serials=serials)


def open_reservation(line: JobPart | None) -> Reservation | None:
    """Return the promise that a line of a job still has, or None."""
    reservation = line.reservation if line is not None else None
    return reservation if reservation is not None and reservation.state is ReservationState.OPEN else None


def _use_reserved(session: Session, visit: Visit, line: JobPart | None, wanted: Pieces, actor_id: int | None) -> int:
    """Use up as many as possible of what the van holds for the job, and return how many that were."""
    reservation = open_reservation(line)
    if line is None or reservation is None or reservation.place_id != visit.technician.trunk_id:
        return 0
    promised = reservation.quantity
    movement = reservations.use(
        session,
        reservation_id=reservation.id,
        quantity=wanted.quantity,
        actor_id=actor_id,
        serials=wanted.serials[:promised],
    )
    if movement.quantity < promised:
        # Using ends the whole promise, but the rest is still meant for this job until the visit ends.
        renewed = reservations.reserve_all(
            session,
            wants={line.part_id: promised - movement.quantity},
            place_ids=[reservation.place_id],
            reference=visit.job.number,
            needed_at=reservation.needed_at,
        )
        line.reservation = renewed[line.part_id]
    return movement.quantity


def _use_free(session: Session, visit: Visit, line: JobPart | None, wanted: Pieces, actor_id: int | None) -> None:
    """Use up pieces of the van that are not promised to any job."""
    sku = wanted.part.sku
    try:
        ledger.consume(
            session,
            part_id=wanted.part.id,
            quantity=wanted.quantity,
            place_id=visit.technician.trunk_id,
            reference=visit.job.number,
            actor_id=actor_id,
            serials=wanted.serials,
        )
    except InsufficientStock as short:
        reservation = open_reservation(line)
        if reservation is None or reservation.place_id == visit.technician.trunk_id:
            free = short.facts["shortages"][0]["available"]
            raise PartNotInTrunk(sku=sku, missing=wanted.quantity - free) from short
        place = reservation.place
        refusal = PartNotLoaded if place.kind is PlaceKind.WAREHOUSE else PartInOtherTrunk
        raise refusal(sku=sku, place=place.name) from short
