"""Suppliers: who they are, and what they sell at which price, in which packs and within which time."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from inventory.checks import check_parts, check_quantities, check_text
from inventory.models import Part, PlaceKind, Supplier, Supply
from inventory.places import place_of_owner
from inventory.purchasing_errors import LeadTimeOutOfRange, NotSupplied, PriceOutOfRange, UnknownSupplier

# Its place is called after the code, and both must fit.
CODE_LENGTH = 20
MOST_DAYS = 3_650
MOST_CENTS = 1_000_000_000


def add_supplier(session: Session, *, code: str, name: str, email: str = "") -> Supplier:
    """Write a supplier down, or change the name and the address of one whose code is known."""
    code, name = check_text("code", code, CODE_LENGTH), check_text("name", name, 160)
    email = check_text("e-mail", email, 254) if email.strip() else ""
    supplier = session.scalar(sa.select(Supplier).where(Supplier.code == code))
    if supplier is None:
        place = place_of_owner(session, PlaceKind.SUPPLIER, owner=code, name=name)
        supplier = Supplier(code=code, place_id=place.id)
        session.add(supplier)
    supplier.name, supplier.email = name, email
    # Callers keep the id.
    session.flush()
    return supplier


def set_supply(
    session: Session,
    *,
    supplier_id: int,
    part_id: int,
    lead_time_days: int,
    price_cents: int,
    pack_size: int = 1,
    rank: int = 1,
    supplier_sku: str = "",
) -> Supply:
    """Write down how a supplier sells a part; of several suppliers the one with the lowest rank is asked first."""
    find_supplier(session, supplier_id)
    check_parts(session, [part_id])
    check_quantities([pack_size, rank])
    check_price(price_cents)
    if not 0 <= lead_time_days <= MOST_DAYS:
        raise LeadTimeOutOfRange(days=lead_time_days, most=MOST_DAYS)
    supply = session.get(Supply, (part_id, supplier_id))
    if supply is None:
        supply = Supply(part_id=part_id, supplier_id=supplier_id)
        session.add(supply)
    supply.lead_time_days, supply.price_cents, supply.pack_size = lead_time_days, price_cents, pack_size
    supply.rank = rank
    supply.supplier_sku = check_text("supplier's part number", supplier_sku, 60) if supplier_sku.strip() else ""
    # The next proposal must find it.
    session.flush()
    return supply


def end_supply(session: Session, *, supplier_id: int, part_id: int) -> None:
    """Write down that a supplier does not sell a part any more; a repeat does nothing."""
    supply = session.get(Supply, (part_id, supplier_id))
    if supply is not None:
        session.delete(supply)
        session.flush()


def suppliers(session: Session) -> list[Supplier]:
    """Return every supplier, by code."""
    return list(session.scalars(sa.select(Supplier).order_by(Supplier.code)))


def supplier_by_code(session: Session, code: str) -> Supplier:
    """Return the supplier with this code; raises UnknownSupplier."""
    supplier = session.scalar(sa.select(Supplier).where(Supplier.code == code.strip()))
    if supplier is None:
        raise UnknownSupplier(supplier=code)
    return supplier


def supplies_of(session: Session, supplier_id: int) -> Sequence[Supply]:
    """Return what a supplier sells, with the parts, by SKU."""
    found = sa.select(Supply).where(Supply.supplier_id == supplier_id).options(joinedload(Supply.part))
    return sorted(session.scalars(found), key=lambda supply: supply.part.sku)


def supplies_by_part(session: Session, part_ids: Collection[int]) -> dict[int, list[Supply]]:
    """Return per part all supplies of it, the one that is asked first in front."""
    found = (
        sa.select(Supply)
        .where(Supply.part_id.in_(part_ids))
        .options(selectinload(Supply.supplier))
        .order_by(Supply.part_id, Supply.rank, Supply.supplier_id)
    )
    supplies: dict[int, list[Supply]] = {part_id: [] for part_id in part_ids}
    for supply in session.scalars(found):
        supplies[supply.part_id].append(supply)
    return supplies


def first_supplies(session: Session, part_ids: Collection[int] | None = None) -> dict[int, Supply]:
    """Return per part, or per each of these, the supply that is asked first; what nobody sells has no entry."""
    found = (
        sa.select(Supply)
        .options(selectinload(Supply.supplier))
        .order_by(Supply.part_id, Supply.rank.desc(), Supply.supplier_id.desc())
    )
    if part_ids is not None:
        found = found.where(Supply.part_id.in_(part_ids))
    # Of several the last one read stays, which is the one with the lowest rank.
    return {supply.part_id: supply for supply in session.scalars(found)}


def find_supplier(session: Session, supplier_id: int) -> Supplier:
    """Return the supplier; raises UnknownSupplier."""
    supplier = session.get(Supplier, supplier_id)
    if supplier is None:
        raise UnknownSupplier(supplier=supplier_id)
    return supplier


def find_supply(session: Session, supplier: Supplier, part_id: int) -> Supply:
    """Return how a supplier sells a part; raises NotSupplied."""
    check_parts(session, [part_id])
    supply = session.get(Supply, (part_id, supplier.id))
    if supply is None:
        raise NotSupplied(supplier=supplier.code, sku=_sku(session, part_id))
    return supply


def check_price(price_cents: int) -> None:
    """Refuse what is no price of a piece."""
    if not 0 <= price_cents <= MOST_CENTS:
        raise PriceOutOfRange(price_cents=price_cents, most=MOST_CENTS)


def _sku(session: Session, part_id: int) -> str:
    return session.get_one(Part, part_id).sku
