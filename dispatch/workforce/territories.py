"""
Territories: where technicians work.

A site belongs to one territory or to none; a technician works in those that are named, or everywhere if none is. A
technician of other territories is not sent to a site, unless the firm's prices say what that is worth.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from customers.errors import UnknownSite
from customers.models import Site, Territory
from dispatch.models import Technician
from dispatch.models.workforce import technician_territories
from dispatch.workforce.errors import (
    CodeNotUsable,
    NameMissing,
    TerritoryCodeTaken,
    TerritoryInUse,
    UnknownTerritory,
)
from dispatch.workforce.technicians import CODE_LENGTH, NAME_LENGTH, touch_shifts


@dataclass(frozen=True)
class TerritoryRow:
    """A territory with how many sites lie in it and who works there by name, besides those who work everywhere."""

    territory: Territory
    sites: int
    technicians: tuple[str, ...]


def territory_by_code(session: Session, code: str) -> Territory:
    """Return the territory with this code; raises UnknownTerritory."""
    territory = session.scalar(sa.select(Territory).where(Territory.code == code.strip()))
    if territory is None:
        raise UnknownTerritory(territory=code)
    return territory


def territories(session: Session) -> list[TerritoryRow]:
    """All territories by code, with what lies in them."""
    sites: Mapping[int | None, int] = dict(
        session.execute(sa.select(Site.territory_id, sa.func.count()).group_by(Site.territory_id)).all()
    )
    people: dict[int, list[str]] = {}
    for territory_id, name in session.execute(
        sa.select(technician_territories.c.territory_id, Technician.name)
        .join(Technician, Technician.id == technician_territories.c.technician_id)
        .where(Technician.active)
        .order_by(Technician.code)
    ):
        people.setdefault(territory_id, []).append(name)
    return [
        TerritoryRow(row, sites.get(row.id, 0), tuple(people.get(row.id, ())))
        for row in session.scalars(sa.select(Territory).order_by(Territory.code))
    ]


def add_territory(session: Session, *, code: str, name: str) -> Territory:
    """Add a territory; sites and technicians are assigned afterwards."""
    code, name = code.strip(), name.strip()
    if not 1 <= len(code) <= CODE_LENGTH:
        raise CodeNotUsable(code=code[:40], most=CODE_LENGTH)
    _check_name(name)
    if session.scalar(sa.select(Territory.id).where(Territory.code == code)) is not None:
        raise TerritoryCodeTaken(territory=code)
    territory = Territory(code=code, name=name)
    session.add(territory)
    # Callers keep the id.
    session.flush()
    return territory


def rename_territory(session: Session, *, code: str, name: str) -> Territory:
    """Give a territory another name."""
    territory = territory_by_code(session, code)
    _check_name(name.strip())
    territory.name = name.strip()
    return territory


def remove_territory(session: Session, *, code: str) -> None:
    """Remove a territory that nobody and nothing belongs to; raises TerritoryInUse."""
    territory = territory_by_code(session, code)
    sites = session.scalar(sa.select(sa.func.count(Site.id)).where(Site.territory_id == territory.id)) or 0
    people = (
        session.scalar(
            sa.select(sa.func.count())
            .select_from(technician_territories)
            .where(technician_territories.c.territory_id == territory.id)
        )
        or 0
    )
    if sites or people:
        raise TerritoryInUse(territory=territory.code, sites=sites, technicians=people)
    session.delete(territory)


def assign_sites(session: Session, *, codes: Collection[str], territory: Territory | None) -> int:
    """Put sites into a territory, or into none; returns how many changed. Raises UnknownSite before anything does."""
    found = {site.code: site for site in session.scalars(sa.select(Site).where(Site.code.in_(set(codes))))}
    for code in codes:
        if code not in found:
            raise UnknownSite(site=code)
    territory_id = territory.id if territory is not None else None
    moved = [site for site in found.values() if site.territory_id != territory_id]
    concerned = {site.territory_id for site in moved} | {territory_id}
    for site in moved:
        site.territory_id = territory_id
    if moved:
        touch_shifts(session, _technicians_in(session, concerned))
    return len(moved)


def _technicians_in(session: Session, territory_ids: Collection[int | None]) -> list[int]:
    """Whoever works in one of these territories; where a site had or gets none, whoever works in any."""
    query = sa.select(technician_territories.c.technician_id).distinct()
    if None not in territory_ids:
        query = query.where(technician_territories.c.territory_id.in_(territory_ids))
    return list(session.scalars(query))


def _check_name(name: str) -> None:
    if not 1 <= len(name) <= NAME_LENGTH:
        raise NameMissing(most=NAME_LENGTH)
