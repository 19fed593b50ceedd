"""
The parts of a job: what a fault takes, where it is promised, and what is missing.

A job's parts are promised all or none: a technician with half of them drives for nothing.
"""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from customers.models import Device
from dispatch.errors import NoFittingPart
from dispatch.models import FaultCode, Job, JobPart
from dispatch.part_search import MissingPart, Offer, search_parts
from inventory import transfers
from inventory.back_orders import wait_for
from inventory.errors import InsufficientStock
from inventory.models import Part, PartFit, Reservation, ReservationState, TransferLine, TransferState
from inventory.queries import lines_carrying
from inventory.reservations import Wanted, release, reserve_at

# A job that nobody has planned this long after it was due lets its parts go to others.
HELD_PAST_DUE = dt.timedelta(days=7)
# A part that a fault takes at least this often is taken along; carrying it in vain costs less than driving twice.
WANTED_PERCENT = 50

__all__ = [
    "LikelyPart",
    "MissingPart",
    "demand_of",
    "likely_parts",
    "missing_parts",
    "needed_at",
    "note_waiting",
    "release_for",
    "reserve_for",
    "wanted_pieces",
]


@dataclass(frozen=True)
class LikelyPart:
    """A part that a fault takes in ``percent`` of the cases."""

    part: Part
    quantity: int
    percent: int

    @property
    def is_wanted(self) -> bool:
        """Whether a job for the fault asks for it; less likely ones are only shown to those who go there."""
        return self.percent >= WANTED_PERCENT


def demand_of(session: Session, fault: FaultCode, device: Device) -> dict[int, int]:
    """
    Pieces per part id that a job for this fault on this device asks for: of all likely parts those that are wanted.

    Raises NoFittingPart when a wanted family has none that fits.
    """
    return {likely.part.id: likely.quantity for likely in likely_parts(session, fault, device) if likely.is_wanted}


def likely_parts(session: Session, fault: FaultCode, device: Device) -> list[LikelyPart]:
    """
    Return the parts that a fault takes on this device, the likeliest first.

    For each family it is the part that fits the model, of several the cheapest, of equally cheap ones the first SKU.
    Raises NoFittingPart when a wanted family has none; an unlikely one is left out then.
    """
    fitting: dict[str, Part] = {}
    for part in _parts_that_fit(session, fault, device):
        fitting.setdefault(part.family, part)
    found = []
    for line in sorted(fault.parts, key=lambda line: (-line.percent, line.family)):
        if line.family in fitting:
            found.append(LikelyPart(fitting[line.family], line.quantity, line.percent))
        elif line.percent >= WANTED_PERCENT:
            raise NoFittingPart(fault_code=fault.code, family=line.family.value, model=device.model)
    return found


def reserve_for(session: Session, job: Job) -> list[MissingPart]:
    """
    Promise all parts that the job still needs, or none; returns what is missing, so nothing means success.

    1. Promises from an earlier attempt are let go first, so that all lines are sought together; but not when a
       colleague brings pieces and nothing better has turned up since.
    2. Of a part that is short, a fitting substitute is promised.
    3. As a last resort the pieces are promised in a colleague's trunk and asked for; the job still misses them.
    """
    missing = _reserve(session, job)
    note_waiting(session, job)
    return missing


def _reserve(session: Session, job: Job) -> list[MissingPart]:
    coming = _lines_coming(session, job)
    if coming and not _is_better_without(session, job, coming):
        return _still_coming(session, job, coming)
    _let_go(session, job)
    # Lines that the caller has just added know their part and that nothing is used only once they are written.
    session.flush()
    wants = wanted_pieces(job)
    search = search_parts(session, job, wants)
    while search.offers:
        offer = search.offers[0]
        try:
            _promise(session, job, offer)
        except InsufficientStock:
            # Somebody was faster, so things stand otherwise now.
            search = search_parts(session, job, wants)
            continue
        return _ask_colleagues(session, job, offer)
    return search.missing


def release_for(session: Session, job: Job) -> None:
    """
    Let go what is promised to the job; what it has used up stays on record.

    A substitute of which nothing was used gives way to the part that was wanted, and what a colleague was asked for is
    called off unless it is laid ready already. The job waits for nothing any more.
    """
    _let_go(session, job)
    wait_for(session, reference=job.number, pieces={}, needed_at=None)


def _let_go(session: Session, job: Job) -> None:
    let_go = {line.reservation.id: line for line in job.parts if line.reservation is not None and not _is_used(line)}
    if not let_go:
        return
    for asked in _lines_coming(session, job):
        if asked.transfer.state is TransferState.REQUESTED:
            transfers.cancel(session, transfer_id=asked.transfer_id)
    release(session, let_go.keys())
    for line in let_go.values():
        line.reservation = None
        if line.instead_of is not None and not line.used:
            line.part, line.instead_of = line.instead_of, None


def note_waiting(session: Session, job: Job) -> None:
    """Write down which pieces the job waits for that nobody has promised it; none ends its waiting."""
    wait_for(session, reference=job.number, pieces=wanted_pieces(job), needed_at=needed_at(job))


def missing_parts(session: Session, job: Job) -> list[MissingPart]:
    """
    What the job waits for, as things stand now; empty when all its parts are promised or could be.

    It is told for the best case: the technician whose trunk, with the warehouses, leaves the fewest lines open.
    """
    if coming := _lines_coming(session, job):
        return _still_coming(session, job, coming)
    return search_parts(session, job, wanted_pieces(job), ask_colleagues=False).missing


def wanted_pieces(job: Job) -> dict[int, int]:
    """Pieces per part id that the job still needs and that are not promised."""
    open_lines = (line for line in job.parts if not _is_promised(line))
    return {line.part_id: line.quantity - line.used for line in open_lines if line.used < line.quantity}


def needed_at(job: Job) -> dt.datetime:
    """When the job needs its parts, which tells whose promise a short count takes back first."""
    return job.window_start or job.response_due


def _parts_that_fit(session: Session, fault: FaultCode, device: Device) -> Iterable[Part]:
    return session.scalars(
        sa.select(Part)
        .join(Part.fits)
        .where(PartFit.device_model == device.model, Part.family.in_([line.family for line in fault.parts]))
        .order_by(Part.unit_cost_cents, Part.sku)
    )


def _promise(session: Session, job: Job, offer: Offer) -> None:
    """Promise the pieces of an offer, and put substitutes in the place of what was wanted."""
    due = needed_at(job)
    ends = max(due, clock.now()) + HELD_PAST_DUE
    lines = [line for line in job.parts if not _is_promised(line) and line.part_id in offer.choices]
    wanted = []
    for line in lines:
        choice = offer.choices[line.part_id]
        pieces = line.quantity - line.used
        wanted.append(Wanted(choice.part_id, pieces, choice.place_id, job.number, due, ends))
    for line, reservation in zip(lines, reserve_at(session, wanted), strict=True):
        line.reservation = reservation
        if line.part_id != reservation.part_id:
            line.instead_of, line.part = line.part, session.get_one(Part, reservation.part_id)


def _ask_colleagues(session: Session, job: Job, offer: Offer) -> list[MissingPart]:
    """Ask for what is promised in other trunks; returns the lines that have to be brought, none as a rule."""
    by_trunk: dict[int, list[Reservation]] = defaultdict(list)
    for line in job.parts:
        if line.reservation is not None and line.reservation.place_id in offer.colleagues:
            by_trunk[line.reservation.place_id].append(line.reservation)
    if not by_trunk or offer.trunk_id is None:
        return []
    for place_id, promises in sorted(by_trunk.items()):
        lines = [transfers.TransferWanted(held.part_id, held.quantity, held.id) for held in promises]
        transfers.request(
            session,
            from_place_id=place_id,
            to_place_id=offer.trunk_id,
            lines=lines,
            reason=job.number,
            actor_id=None,
        )
    return _still_coming(session, job, _lines_coming(session, job))


def _lines_coming(session: Session, job: Job) -> Sequence[TransferLine]:
    """Return the lines of transfers under way that carry a promise of the job."""
    promised = [line.reservation.id for line in job.parts if line.reservation is not None and _is_promised(line)]
    return lines_carrying(session, promised) if promised else ()


def _is_better_without(session: Session, job: Job, coming: Sequence[TransferLine]) -> bool:
    """Whether the job could have all its parts now without what colleagues were only asked for yet."""
    if any(line.transfer.state is not TransferState.REQUESTED for line in coming):
        return False
    held = Counter[tuple[int, int]]()
    wants = wanted_pieces(job)
    for line in job.parts:
        if line.reservation is not None and _is_promised(line):
            held[line.reservation.place_id, line.part_id] += line.reservation.quantity
            wants[line.part_id] = line.reservation.quantity
    return bool(search_parts(session, job, wants, held=held, ask_colleagues=False).offers)


def _still_coming(session: Session, job: Job, coming: Sequence[TransferLine]) -> list[MissingPart]:
    """Tell of the lines that have to be brought, and of those that lost their promise meanwhile."""
    pieces = {line.part_id: line.requested for line in coming}
    on_their_way = [
        MissingPart(line.part_id, line.part.sku, pieces[line.part_id], 0, 0, coming=pieces[line.part_id])
        for line in job.parts
        if line.part_id in pieces
    ]
    lost = search_parts(session, job, wanted_pieces(job), ask_colleagues=False)
    return [*on_their_way, *lost.missing]


def _is_promised(line: JobPart) -> bool:
    return line.reservation is not None and line.reservation.state is ReservationState.OPEN


def _is_used(line: JobPart) -> bool:
    return line.reservation is not None and line.reservation.state is ReservationState.USED
