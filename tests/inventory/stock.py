"""A small stock room for the tests: places and parts by short names, and what they hold."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory import ledger
from inventory.models import Part, PartFamily, Place, PlaceKind, StockLevel
from inventory.suppliers import add_supplier, set_supply

DAY = dt.date(2026, 11, 23)


def add_part(
    session: Session,
    sku: str,
    *,
    pack_size: int = 1,
    family: PartFamily = PartFamily.BATTERY,
    serial_tracked: bool = False,
) -> int:
    part = Part(
        sku=sku,
        name_en=f"Part {sku}",
        name_zh=f"配件 {sku}",
        family=family,
        unit_cost_cents=100,
        serial_tracked=serial_tracked,
    )
    session.add(part)
    session.flush()
    maker = add_supplier(session, code="MAKER", name="Maker")
    set_supply(
        session, supplier_id=maker.id, part_id=part.id, lead_time_days=7, price_cents=100, pack_size=pack_size, rank=9
    )
    return part.id


def add_place(session: Session, code: str, kind: PlaceKind) -> int:
    place = Place(code=code, name=code.title(), kind=kind)
    session.add(place)
    session.flush()
    return place.id


class StockRoom:
    """Two warehouses, two trunks, two parts."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.north = add_place(session, "NORTH", PlaceKind.WAREHOUSE)
        self.south = add_place(session, "SOUTH", PlaceKind.WAREHOUSE)
        self.van = add_place(session, "VAN-1", PlaceKind.TRUNK)
        self.other_van = add_place(session, "VAN-2", PlaceKind.TRUNK)
        self.battery = add_part(session, "BAT-1", pack_size=5)
        self.printer = add_part(session, "PRN-1", family=PartFamily.PRINTER)

    def stock(self, place_id: int, part_id: int, quantity: int) -> None:
        ledger.receive(self.session, place_id=place_id, pieces={part_id: quantity}, reference="DN-1", actor_id=None)

    def level(self, place_id: int, part_id: int) -> tuple[int, int]:
        """On hand and reserved, as the database has them."""
        row = self.session.execute(
            sa.select(StockLevel.on_hand, StockLevel.reserved).where(
                StockLevel.place_id == place_id, StockLevel.part_id == part_id
            )
        ).one_or_none()
        return (row.on_hand, row.reserved) if row else (0, 0)

    def levels(self) -> dict[tuple[int, int], tuple[int, int]]:
        """Every level that is not empty."""
        rows = self.session.execute(
            sa.select(StockLevel.place_id, StockLevel.part_id, StockLevel.on_hand, StockLevel.reserved)
        ).all()
        return {(row.place_id, row.part_id): (row.on_hand, row.reserved) for row in rows if row.on_hand}
