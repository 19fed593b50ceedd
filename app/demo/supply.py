"""Who the demonstration's firm buys from."""

from dataclasses import dataclass
from math import ceil

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.demo.catalogue import PARTS, PartSpec
from inventory.models import Part, PartFamily
from inventory.suppliers import add_supplier, set_supply


@dataclass(frozen=True)
class SupplierSpec:
    """A supplier, the families that it is asked for first, and those that it sells as well: dearer, but sooner."""

    code: str
    name: str
    email: str
    first_for: frozenset[PartFamily]
    second_for: frozenset[PartFamily] = frozenset()


SUPPLIERS = (
    SupplierSpec(
        "LUSO",
        "Lusoterm Componentes",
        "encomendas@lusoterm.example",
        frozenset({PartFamily.BATTERY, PartFamily.KEYBOARD, PartFamily.POWER_SUPPLY, PartFamily.CONSUMABLE}),
        frozenset({PartFamily.PRINTER}),
    ),
    SupplierSpec(
        "SHENG",
        "Shengtai Terminal Parts",
        "orders@shengtai.example",
        frozenset({PartFamily.PRINTER, PartFamily.SCREEN, PartFamily.CARD_READER}),
    ),
    SupplierSpec(
        "NORDIC",
        "Nordic Boards",
        "sales@nordicboards.example",
        frozenset({PartFamily.MAINBOARD}),
        frozenset({PartFamily.SCREEN}),
    ),
)
SECOND_PRICE, SECOND_LEAD_TIME = 1.18, 0.5


def add_suppliers(session: Session) -> None:
    """Write down the suppliers and how they sell what is in the catalogue."""
    part_ids = dict(session.execute(sa.select(Part.sku, Part.id)).all())
    for supplier in SUPPLIERS:
        supplier_id = add_supplier(session, code=supplier.code, name=supplier.name, email=supplier.email).id
        for part in PARTS:
            if part.family in supplier.first_for:
                _set_supply(session, supplier_id, part_ids[part.sku], part, rank=1)
            elif part.family in supplier.second_for:
                _set_supply(session, supplier_id, part_ids[part.sku], part, rank=2)


def _set_supply(session: Session, supplier_id: int, part_id: int, part: PartSpec, *, rank: int) -> None:
    is_first = rank == 1
    set_supply(
        session,
        supplier_id=supplier_id,
        part_id=part_id,
        rank=rank,
        lead_time_days=part.lead_time_days if is_first else ceil(part.lead_time_days * SECOND_LEAD_TIME),
        price_cents=part.cost_cents if is_first else round(part.cost_cents * SECOND_PRICE),
        pack_size=part.pack_size if is_first else 1,
        supplier_sku="" if is_first else f"{part.sku}/S",
    )
