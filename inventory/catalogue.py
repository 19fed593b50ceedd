"""The catalogue: what parts there are, what stands in for what, and the warehouses with their bins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory.checks import check_parts, check_text, find_place
from inventory.errors import (
    CodeTaken,
    CostOutOfRange,
    PositionIncomplete,
    SubstituteOfItself,
    TrackingWithStock,
    UnknownPart,
)
from inventory.levels import find_level
from inventory.models import Part, PartFamily, PartFit, Place, PlaceKind, StockLevel, Substitute
from inventory.queries import part_by_sku, place_by_code

SKU_LENGTH = 40
NAME_LENGTH = 160
MODEL_LENGTH = 60
BARCODE_LENGTH = 60
PLACE_CODE_LENGTH = 30
PLACE_NAME_LENGTH = 120
ADDRESS_LENGTH = 200
BIN_LENGTH = 20
MOST_CENTS = 100_000_000


@dataclass(frozen=True, kw_only=True)
class PartFacts:
    """What the catalogue says about a part; ``substitutes`` are SKUs, the best first."""

    name_en: str
    name_zh: str
    family: PartFamily
    unit_cost_cents: int
    barcode: str = ""
    serial_tracked: bool = False
    core_due: bool = False
    fits: Sequence[str] = ()
    substitutes: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class WarehouseFacts:
    """What is known of a warehouse. Without a position no van can be sent there to pick up."""

    name: str
    address: str = ""
    lat: float | None = None
    lon: float | None = None


def add_part(session: Session, *, sku: str, facts: PartFacts) -> Part:
    """Take a new part into the catalogue; raises CodeTaken when another part has this SKU or barcode."""
    sku = check_text("sku", sku, SKU_LENGTH)
    part = Part(sku=sku, serial_tracked=facts.serial_tracked)
    check_codes(session, part, sku, facts.barcode)
    _write(part, facts)
    session.add(part)
    # Substitutes are found by the ids of both parts.
    session.flush()
    set_substitutes(session, part, facts.substitutes)
    return part


def change_part(session: Session, *, sku: str, facts: PartFacts) -> Part:
    """
    Change what the catalogue says about a part.

    Whether single pieces are tracked may change only while there are none: nobody knows the numbers of those on the
    shelf.
    """
    part = part_by_sku(session, sku)
    check_codes(session, part, part.sku, facts.barcode)
    track(session, part, serial_tracked=facts.serial_tracked)
    _write(part, facts)
    set_substitutes(session, part, facts.substitutes)
    return part


def track(session: Session, part: Part, *, serial_tracked: bool) -> None:
    """Begin or end tracking the pieces of a part by serial number; refused while any place has some."""
    if part not in session:
        # It is new: nobody has any.
        part.serial_tracked = serial_tracked
    if part.serial_tracked is serial_tracked:
        return
    # Whoever books the part holds it until the booking is done, so none comes between the look and the change.
    session.refresh(part, with_for_update=True)
    held = session.execute(
        sa.select(sa.func.sum(StockLevel.on_hand), sa.func.min(Place.code))
        .join(StockLevel.place)
        .where(StockLevel.part_id == part.id, StockLevel.on_hand > 0)
    ).one()
    pieces, place = held
    if pieces:
        raise TrackingWithStock(sku=part.sku, pieces=pieces, place=place)
    part.serial_tracked = serial_tracked


def set_substitutes(session: Session, part: Part, skus: Iterable[str]) -> None:
    """Say what may stand in for a part, the best first."""
    wanted = list(dict.fromkeys(sku.strip() for sku in skus if sku.strip()))
    others = {other.sku: other for other in session.scalars(sa.select(Part).where(Part.sku.in_(wanted)))}
    for sku in wanted:
        if sku not in others:
            raise UnknownPart(part=sku)
        if others[sku] is part:
            raise SubstituteOfItself(sku=sku)
    known = {row.substitute_id: row for row in part.substitutes}
    ranked = []
    for rank, sku in enumerate(wanted, start=1):
        row = known.get(others[sku].id) or Substitute(part_id=part.id, substitute=others[sku])
        row.rank = rank
        ranked.append(row)
    part.substitutes = ranked


def add_warehouse(session: Session, *, code: str, facts: WarehouseFacts) -> Place:
    """Set up a warehouse; vans come with their technicians, and other places are made when they are needed."""
    code = check_text("code", code, PLACE_CODE_LENGTH)
    if code.startswith("@") or session.scalar(sa.select(Place.id).where(Place.code == code)) is not None:
        raise CodeTaken(code=code)
    place = Place(code=code, kind=PlaceKind.WAREHOUSE)
    _describe(place, facts)
    session.add(place)
    session.flush()
    return place


def change_warehouse(session: Session, *, code: str, facts: WarehouseFacts) -> Place:
    """Change the name, the address or the position of a warehouse."""
    place = find_place(session, place_by_code(session, code).id, [PlaceKind.WAREHOUSE])
    _describe(place, facts)
    return place


def set_bin(session: Session, *, place_id: int, part_id: int, bin_code: str) -> StockLevel:
    """Write down where at a place a part lies; empty for nowhere in particular."""
    find_place(session, place_id)
    check_parts(session, [part_id])
    level = find_level(session, place_id, part_id)
    level.bin = _optional("bin", bin_code, BIN_LENGTH)
    return level


def _write(part: Part, facts: PartFacts) -> None:
    if not 0 <= facts.unit_cost_cents <= MOST_CENTS:
        raise CostOutOfRange(cents=facts.unit_cost_cents, most=MOST_CENTS)
    part.name_en = check_text("name_en", facts.name_en, NAME_LENGTH)
    part.name_zh = check_text("name_zh", facts.name_zh, NAME_LENGTH)
    part.family, part.unit_cost_cents, part.core_due = facts.family, facts.unit_cost_cents, facts.core_due
    part.barcode = _optional("barcode", facts.barcode, BARCODE_LENGTH) or None
    models = sorted({check_text("fits", model, MODEL_LENGTH) for model in facts.fits if model.strip()})
    known = {fit.device_model: fit for fit in part.fits}
    part.fits = [known.get(model) or PartFit(device_model=model) for model in models]


def check_codes(session: Session, part: Part, sku: str, barcode: str) -> None:
    """Refuse a SKU or a barcode that a scanner would take for another part."""
    for code in filter(None, (sku, barcode.strip())):
        other = session.scalar(
            sa.select(Part).where(sa.or_(Part.sku == code, Part.barcode == code), Part.id.is_distinct_from(part.id))
        )
        if other is not None:
            raise CodeTaken(code=code)


def _describe(place: Place, facts: WarehouseFacts) -> None:
    if (facts.lat is None) != (facts.lon is None):
        raise PositionIncomplete(place=place.code)
    if facts.lat is not None and facts.lon is not None and not (abs(facts.lat) <= 90 and abs(facts.lon) <= 180):
        raise PositionIncomplete(place=place.code)
    place.name = check_text("name", facts.name, PLACE_NAME_LENGTH)
    place.address = _optional("address", facts.address, ADDRESS_LENGTH)
    place.lat, place.lon = facts.lat, facts.lon


def _optional(field: str, text: str, most: int) -> str:
    return check_text(field, text, most) if text.strip() else ""
