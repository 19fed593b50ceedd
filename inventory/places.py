"""Places that nobody sets up: the ledger's other sides, and where pieces are between two places of the firm."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import insert_missing
from inventory.checks import find_place
from inventory.models import Place, PlaceKind

# Of these there is one each.
_LONE = frozenset({PlaceKind.TRANSIT, PlaceKind.SUPPLIER, PlaceKind.CUSTOMER, PlaceKind.SCRAP, PlaceKind.CORRECTION})
# Of these there is one at each place of the kind beside it.
_AT_HOME = {
    PlaceKind.CORE_BOX: PlaceKind.TRUNK,
    PlaceKind.QUARANTINE: PlaceKind.WAREHOUSE,
    PlaceKind.BENCH: PlaceKind.WAREHOUSE,
}
# Of these there is one for each supplier and each site, which inventory knows by a code.
_OWNED = frozenset({PlaceKind.SUPPLIER, PlaceKind.SITE})


def place_of_kind(session: Session, kind: PlaceKind, *, home_id: int | None = None) -> Place:
    """
    Return the one place of this kind, made on first use.

    That is one for the firm (transit, customer, scrap, correction, and a supplier that nobody named) or one per home: a
    trunk's core box, a warehouse's quarantine and bench.
    """
    if home_id is None:
        if kind not in _LONE:
            raise ValueError(f"Expected a kind of which there is one, got {kind.value}: name its home.")
        return _made(session, kind, code=kind.value, name=kind.value.capitalize())
    if kind not in _AT_HOME:
        raise ValueError(f"Expected core_box, quarantine or bench, got {kind.value}: it has no home.")
    home = find_place(session, home_id, [_AT_HOME[kind]])
    return _made(session, kind, code=f"{kind.value}-{home.id}", name=home.name, home_id=home.id)


def place_of_owner(session: Session, kind: PlaceKind, *, owner: str, name: str) -> Place:
    """Return the place of a supplier or a site, which ``owner`` names by its code; made on first use."""
    if kind not in _OWNED:
        raise ValueError(f"Expected supplier or site, got {kind.value}: nobody else owns it.")
    return _made(session, kind, code=f"{kind.value}-{owner}", name=name)


def place_for_damaged(session: Session, place: Place) -> Place:
    """Return where damaged pieces go that arrive at a warehouse or in a trunk: its quarantine or its core box."""
    kind = PlaceKind.QUARANTINE if place.kind is PlaceKind.WAREHOUSE else PlaceKind.CORE_BOX
    return place_of_kind(session, kind, home_id=place.id)


def _made(session: Session, kind: PlaceKind, *, code: str, name: str, home_id: int | None = None) -> Place:
    # The at sign keeps the code out of the way of the firm's own place codes.
    code = f"@{code}"
    made = sa.select(Place).where(Place.code == code)
    place = session.scalar(made)
    if place is None:
        insert_missing(session, Place, [{"code": code, "name": name, "kind": kind, "home_id": home_id}])
        place = session.scalars(made).one()
    return place
