"""
The parts of a job: what a fault takes, where it is promised, and what is missing.

A job's parts are promised all or none: a technician with half of them drives for nothing.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from customers.models import Device, Site
from dispatch.errors import NoFittingPart
from dispatch.models import FaultCode, Job, JobPart, Technician
from dispatch.workforce import technicians
from inventory.errors import InsufficientStock
from inventory.models import Part, PartFit, ReservationState
from inventory.queries import availability, warehouses
from inventory.reservations import release, reserve_all
from inventory.sourcing import Shortage, choose_places

# Place ids in order of preference.
Sources = list[int]


@dataclass(frozen=True)
class MissingPart:
    """A line of a job that cannot be promised now."""

    part_id: int
    sku: str
    wanted: int
    # The most that one place has from which the job could be served.
    available: int
    # Pieces in other trunks and warehouses: of no use to this job unless somebody brings them.
    elsewhere: int


@dataclass(frozen=True)
class _Search:
    """Sources that have all the wanted pieces, best first, or what is missing when none has."""

    # First those from which the fewest lines must be picked up at a warehouse.
    suffice: list[Sources]
    missing: list[MissingPart]


def demand_of(session: Session, fault: FaultCode, device: Device) -> dict[int, int]:
    """
    Pieces per part id that a fault usually takes on this device.

    For each family it is the part that fits the model, of several the cheapest, of equally cheap ones the first SKU.
    Raises NoFittingPart when a family has none.
    """
    fitting: dict[str, Part] = {}
    for part in _parts_that_fit(session, fault, device):
        fitting.setdefault(part.family, part)
    for line in sorted(fault.parts, key=lambda line: line.family):
        if line.family not in fitting:
            raise NoFittingPart(fault_code=fault.code, family=line.family.value, model=device.model)
    return {fitting[line.family].id: line.quantity for line in fault.parts}


def reserve_for(session: Session, job: Job) -> list[MissingPart]:
    """
    Promise all parts that the job still needs, or none; returns what is missing, so nothing means success.

    Promises from an earlier attempt are let go first, so that all lines are sought together.
    """
    release_for(session, job)
    # Lines that the caller has just added know their part and that nothing is used only once they are written.
    session.flush()
    wants = wanted_pieces(job)
    search = _search(session, job, wants)
    while search.suffice:
        try:
            reservations = reserve_all(session, wants=wants, place_ids=search.suffice[0], reference=job.number)
        except InsufficientStock:
            # Somebody was faster, so things stand otherwise now.
            search = _search(session, job, wants)
            continue
        for line in job.parts:
            line.reservation = reservations.get(line.part_id, line.reservation)
        return []
    return search.missing


def release_for(session: Session, job: Job) -> None:
    """Let go what is promised to the job; what it has used up stays on record."""
    let_go = {line.reservation.id: line for line in job.parts if line.reservation is not None and not _is_used(line)}
    if not let_go:
        return
    release(session, let_go.keys())
    for line in let_go.values():
        line.reservation = None


def missing_parts(session: Session, job: Job) -> list[MissingPart]:
    """
    What the job waits for, as things stand now; empty when all its parts are promised or could be.

    It is told for the best case: the technician whose trunk, with the warehouses, leaves the fewest lines open.
    """
    return _search(session, job, wanted_pieces(job)).missing


def wanted_pieces(job: Job) -> dict[int, int]:
    """Pieces per part id that the job still needs and that are not promised."""
    open_lines = (line for line in job.parts if not _is_promised(line))
    return {line.part_id: line.quantity - line.used for line in open_lines if line.used < line.quantity}


def _parts_that_fit(session: Session, fault: FaultCode, device: Device) -> Iterable[Part]:
    return session.scalars(
        sa.select(Part)
        .join(Part.fits)
        .where(PartFit.device_model == device.model, Part.family.in_([line.family for line in fault.parts]))
        .order_by(Part.unit_cost_cents, Part.sku)
    )


def _search(session: Session, job: Job, wants: Mapping[int, int]) -> _Search:
    """Try in thought each of the sources of the job."""
    if not wants:
        return _Search([], [])
    available = availability(session, part_ids=wants)
    pick_ups: list[tuple[int, Sources]] = []
    failures: list[tuple[list[Shortage], Sources]] = []
    for sources in _sources(session, job):
        found = choose_places(wants, available, sources)
        if isinstance(found, list):
            failures.append((found, sources))
        else:
            pick_ups.append((sum(place_id != sources[0] for place_id in found.values()), sources))
    if not pick_ups:
        shortages, sources = min(failures, key=lambda failure: len(failure[0]))
        return _Search([], [_missing(session, shortage, sources, available) for shortage in shortages])
    # Sorting keeps the order of sources with as many pick-ups, which is by distance.
    return _Search([sources for _, sources in sorted(pick_ups, key=lambda found: found[0])], [])


def _sources(session: Session, job: Job) -> list[Sources]:
    """
    Where one technician could have the parts from: the own trunk first, then the warehouses.

    Trunks come first because what is in the van needs neither a pick-up stop nor a pick list, and among them that of
    the technician who lives nearest. It is one trunk and never two: parts in two vans meet at no site. Only trunks of
    technicians who can do the work count; when nobody can, the warehouses keep the parts until somebody does.
    """
    site = job.site
    stores = sorted(warehouses(session), key=lambda place: _distance(site, place.lat, place.lon))
    able = [technician for technician in technicians(session) if _can_do(technician, job.skills)]
    able.sort(key=lambda technician: _distance(site, technician.home_lat, technician.home_lon))
    store_ids = [place.id for place in stores]
    return [[technician.trunk_id, *store_ids] for technician in able] or [store_ids]


def _can_do(technician: Technician, skills: Mapping[str, int]) -> bool:
    levels = {known.skill: known.level for known in technician.skills}
    return all(levels.get(skill, 0) >= level for skill, level in skills.items())


def _distance(site: Site, lat: float | None, lon: float | None) -> float:
    """Distance in degrees of latitude, good enough to put places in order; nothing known counts as near."""
    if site.lat is None or site.lon is None or lat is None or lon is None:
        return 0.0
    return math.hypot(lat - site.lat, (lon - site.lon) * math.cos(math.radians(site.lat)))


def _missing(
    session: Session, shortage: Shortage, sources: Sources, available: Mapping[tuple[int, int], int]
) -> MissingPart:
    elsewhere = sum(
        pieces
        for (place_id, part_id), pieces in available.items()
        if part_id == shortage.part_id and place_id not in sources
    )
    return MissingPart(
        part_id=shortage.part_id,
        sku=session.get_one(Part, shortage.part_id).sku,
        wanted=shortage.wanted,
        available=shortage.at_one_place,
        elsewhere=elsewhere,
    )


def _is_promised(line: JobPart) -> bool:
    return line.reservation is not None and line.reservation.state is ReservationState.OPEN


def _is_used(line: JobPart) -> bool:
    return line.reservation is not None and line.reservation.state is ReservationState.USED
