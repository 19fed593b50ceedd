"""
Where the parts of a job could come from, tried in thought.

A technician's own trunk comes first, then the warehouses. When that does not do, a fitting substitute is taken; when
that does not do either, a colleague's trunk, from which somebody has to bring the pieces.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.firm import read_firm
from dispatch.distances import metres_if_known
from dispatch.models import Job, Technician
from dispatch.workforce import lacking_skills, skills_on, technicians
from inventory.models import Part, PartFit, Substitute
from inventory.queries import availability, warehouses
from inventory.sourcing import Choice, Shortage, choose_with_substitutes

# Place ids in order of preference.
Sources = list[int]
# Pieces per (place id, part id).
Available = Mapping[tuple[int, int], int]


@dataclass(frozen=True)
class MissingPart:
    """A line of a job that cannot be promised now, or is promised where the job cannot have it yet."""

    part_id: int
    sku: str
    wanted: int
    # The most that one place has from which the job could be served.
    available: int
    # Pieces in other trunks and warehouses: of no use to this job unless somebody brings them.
    elsewhere: int
    # Pieces that are promised to the job and on their way, or asked for, to the technician's trunk.
    coming: int = 0


@dataclass(frozen=True)
class Offer:
    """A way to have all the wanted pieces: part and place per wanted part id."""

    choices: Mapping[int, Choice]
    # The technician's own trunk; None when only warehouses were asked.
    trunk_id: int | None
    # Trunks of colleagues that pieces have to be brought from.
    colleagues: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Search:
    """Ways to have the pieces, best first, or what is missing when there is none."""

    offers: Sequence[Offer]
    missing: list[MissingPart] = field(default_factory=list)


@dataclass(frozen=True)
class _Team:
    """Who could do a job, and the places around them, the nearest to the site first."""

    able: Sequence[Technician]
    colleagues: Sequence[Technician]
    stores: Sources

    def sources(self) -> list[Sources]:
        """
        Return where one technician could have the parts from: the own trunk first, then the warehouses.

        Trunks come first because what is in the van needs neither a pick-up stop nor a pick list. It is one trunk and
        never two: parts in two vans meet at no site. When nobody can do the work, the warehouses keep the parts until
        somebody does.
        """
        return [[technician.trunk_id, *self.stores] for technician in self.able] or [self.stores]


def search_parts(
    session: Session,
    job: Job,
    wants: Mapping[int, int],
    *,
    held: Available | None = None,
    ask_colleagues: bool = True,
) -> Search:
    """
    Look for all the wanted pieces (per part id) of a job.

    ``held`` is what the job itself holds and would let go: it counts as available.
    """
    if not wants:
        return Search([])
    team = _team(session, job)
    substitutes = _substitutes(session, job, wants)
    part_ids = set(wants).union(*substitutes.values())
    available = availability(session, part_ids=part_ids)
    for level, pieces in (held or {}).items():
        available[level] = available.get(level, 0) + pieces
    offers = _offers(wants, available, team, {})
    if not offers and substitutes:
        offers = _offers(wants, available, team, substitutes)
    if not offers and ask_colleagues:
        offers = _offers_of_colleagues(wants, available, team)
    return Search(offers) if offers else Search([], _missing(session, wants, available, team))


def _offers(
    wants: Mapping[int, int], available: Available, team: _Team, substitutes: Mapping[int, Sources]
) -> list[Offer]:
    """Return the ways without colleagues: those with the fewest substitutes first, then with the fewest pick-ups."""
    found = []
    for sources in team.sources():
        choices = choose_with_substitutes(wants, available, sources, substitutes)
        if isinstance(choices, dict):
            found.append(Offer(choices, sources[0] if team.able else None))
    # Sorting keeps the order of sources with as many of both, which is by distance.
    return sorted(found, key=lambda offer: (_swaps(offer), _pick_ups(offer)))


def _offers_of_colleagues(wants: Mapping[int, int], available: Available, team: _Team) -> list[Offer]:
    """Return the ways in which colleagues bring pieces, those with the fewest lines to bring first."""
    found = []
    for technician in team.able:
        others = [colleague.trunk_id for colleague in team.colleagues if colleague is not technician]
        sources = [technician.trunk_id, *team.stores, *others]
        choices = choose_with_substitutes(wants, available, sources, {})
        if isinstance(choices, dict):
            bring = [choice.place_id for choice in choices.values() if choice.place_id in others]
            found.append((len(bring), Offer(choices, technician.trunk_id, frozenset(bring))))
    return [offer for _, offer in sorted(found, key=lambda ranked: ranked[0])]


def _swaps(offer: Offer) -> int:
    return sum(choice.part_id != part_id for part_id, choice in offer.choices.items())


def _pick_ups(offer: Offer) -> int:
    return sum(choice.place_id != offer.trunk_id for choice in offer.choices.values())


def _team(session: Session, job: Job) -> _Team:
    site = job.site
    here = (site.lat, site.lon)
    stores = sorted(warehouses(session), key=lambda place: metres_if_known(here, (place.lat, place.lon)))
    everybody = sorted(technicians(session), key=lambda one: metres_if_known(here, (one.home_lat, one.home_lon)))
    today = read_firm(session).today()
    able = [one for one in everybody if not lacking_skills(skills_on(one, today), job.skills)]
    return _Team(able, everybody, [store.id for store in stores])


def _substitutes(session: Session, job: Job, part_ids: Iterable[int]) -> dict[int, Sources]:
    """Return what may stand in for each part, the best first: only what fits the device of the job."""
    ranked = (
        sa.select(Substitute.part_id, Substitute.substitute_id)
        .where(Substitute.part_id.in_(part_ids))
        .order_by(Substitute.part_id, Substitute.rank, Substitute.substitute_id)
    )
    if job.device is not None:
        fits = sa.exists().where(PartFit.part_id == Substitute.substitute_id, PartFit.device_model == job.device.model)
        ranked = ranked.where(fits)
    on_job = {line.part_id for line in job.parts}
    found: dict[int, Sources] = defaultdict(list)
    for part_id, substitute_id in session.execute(ranked).all():
        # A job has one line of each part.
        if substitute_id not in on_job:
            found[part_id].append(substitute_id)
    return found


def _missing(session: Session, wants: Mapping[int, int], available: Available, team: _Team) -> list[MissingPart]:
    """Tell what is short in the best case: the sources that leave the fewest lines open."""
    failures = [
        (found, sources)
        for sources in team.sources()
        if isinstance(found := choose_with_substitutes(wants, available, sources, {}), list)
    ]
    shortages, sources = min(failures, key=lambda failure: len(failure[0]))
    return [_missing_part(session, shortage, sources, available) for shortage in shortages]


def _missing_part(session: Session, shortage: Shortage, sources: Sources, available: Available) -> MissingPart:
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
