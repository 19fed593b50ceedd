"""Looking up what a caller named, and refusing what is not there or not usable."""

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory.errors import PlaceOfWrongKind, QuantityOutOfRange, TextNotUsable, UnknownPart, UnknownPlace
from inventory.models import SERVING, Part, Place, PlaceKind

# Far above any real delivery and far below what a 32-bit column holds.
MOST_PIECES = 1_000_000
REFERENCE_LENGTH = 80
REASON_LENGTH = 200


def check_quantities(quantities: Iterable[int], *, least: int = 1) -> None:
    """Refuse a quantity that is not a sound number of pieces."""
    for quantity in quantities:
        if not least <= quantity <= MOST_PIECES:
            raise QuantityOutOfRange(quantity=quantity, least=least, most=MOST_PIECES)


def check_text(field: str, text: str, most: int) -> str:
    """Return the text without blanks around it; refuses an empty one and one that does not fit its column."""
    text = text.strip()
    if not 1 <= len(text) <= most:
        raise TextNotUsable(field=field, most=most, length=len(text))
    return text


def check_reference(text: str) -> str:
    """Return the number of the document that asked for something, as it will be printed."""
    return check_text("reference", text, REFERENCE_LENGTH)


def check_parts(session: Session, part_ids: Iterable[int]) -> None:
    """Refuse the first part that does not exist."""
    wanted = set(part_ids)
    if not wanted:
        return
    known = set(session.scalars(sa.select(Part.id).where(Part.id.in_(wanted))))
    for part_id in sorted(wanted - known):
        raise UnknownPart(part=part_id)


def check_places(session: Session, place_ids: Iterable[int], kinds: Iterable[PlaceKind] = SERVING) -> None:
    """Refuse the first place that does not exist or is of another kind."""
    wanted, allowed = set(place_ids), set(kinds)
    sound = set(session.scalars(sa.select(Place.id).where(Place.id.in_(wanted), Place.kind.in_(allowed))))
    for place_id in sorted(wanted - sound):
        find_place(session, place_id, allowed)


def find_place(session: Session, place_id: int, kinds: Iterable[PlaceKind] = SERVING) -> Place:
    """Return the place if it is of one of these kinds; without ``kinds``, if it is a warehouse or a trunk."""
    place = session.get(Place, place_id)
    if place is None:
        raise UnknownPlace(place=place_id)
    if place.kind not in kinds:
        raise PlaceOfWrongKind(place=place.code, kind=place.kind.value, needed=", ".join(sorted(kinds)))
    return place
