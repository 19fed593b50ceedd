"""Suppliers, how they sell parts, and what was used in the weeks before the ledger began."""

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import N_
from desk.csv_import import cells
from desk.csv_import.forms import Column, Form, Key, Row, known_by, reference
from desk.csv_import.parts import UNKNOWN_PART
from desk.csv_import.problems import ImportProblem, Reason
from inventory.models import Part, PastDemand, Supplier, Supply
from inventory.suppliers import CODE_LENGTH, MOST_DAYS, add_supplier, set_supply

UNKNOWN_SUPPLIER = Reason(
    "unknown_supplier",
    N_("There is no supplier “%(value)s”. Correct the code, or import the file of suppliers first."),
)
NOT_A_MONDAY = Reason(
    "not_a_monday", N_("%(value)s is no Monday. Name a week by its Monday; this one begins on %(monday)s.")
)
MOST_RANKS = 99


def _save_supplier(session: Session, row: Row, supplier: Supplier | None, _actor_id: int | None) -> Supplier:
    email = row.values.get("email", supplier.email if supplier else "")
    return add_supplier(session, code=row["code"], name=row["name"], email=email)


def _known_supplies(session: Session, rows: Sequence[Row]) -> dict[Key, Supply]:
    supplier_ids = {row["supplier"].id for row in rows if row.is_filled("supplier")}
    found = session.scalars(sa.select(Supply).where(Supply.supplier_id.in_(supplier_ids)))
    return {(supply.supplier, supply.part): supply for supply in found}


def _save_supply(session: Session, row: Row, supply: Supply | None, _actor_id: int | None) -> Supply:
    """Write how a supplier sells a part; a column that the file does not have stays as it was."""
    kept: dict[str, Any] = {
        name: row[name] if name in row else getattr(supply, name) if supply else empty
        for name, empty in (("pack_size", 1), ("rank", 1), ("supplier_sku", ""))
    }
    return set_supply(
        session,
        supplier_id=row["supplier"].id,
        part_id=row["sku"].id,
        lead_time_days=row["lead_time_days"],
        price_cents=row["price"],
        **kept,
    )


def _known_weeks(session: Session, rows: Sequence[Row]) -> dict[Key, PastDemand]:
    weeks = {row["week"] for row in rows if row.is_filled("week")}
    parts = {row["sku"].id: row["sku"] for row in rows if row.is_filled("sku")}
    if not weeks:
        return {}
    found = session.scalars(sa.select(PastDemand).where(PastDemand.week.between(min(weeks), max(weeks))))
    return {(parts[demand.part_id], demand.week): demand for demand in found if demand.part_id in parts}


def _check_week(row: Row) -> Iterator[ImportProblem]:
    week = row.get("week")
    if week is not None and week.weekday():
        monday = week - dt.timedelta(days=week.weekday())
        yield ImportProblem.of(row.line, "week", NOT_A_MONDAY, value=week.isoformat(), monday=monday.isoformat())


def _save_week(session: Session, row: Row, demand: PastDemand | None, _actor_id: int | None) -> PastDemand:
    if demand is None:
        demand = PastDemand(part_id=row["sku"].id, week=row["week"])
        session.add(demand)
    demand.quantity = row["quantity"]
    return demand


SUPPLIERS = Form(
    columns=(
        Column("code", cells.text(CODE_LENGTH), "ACME"),
        Column("name", cells.text(160), "Acme Parts"),
        Column("email", cells.text(254), "orders@acme.example", required=False, empty=""),
    ),
    key=("code",),
    known=known_by("code", Supplier.code),
    save=_save_supplier,
)

SUPPLIES = Form(
    columns=(
        Column("supplier", cells.text(CODE_LENGTH), "ACME", refers_to=reference(Supplier.code, UNKNOWN_SUPPLIER)),
        Column("sku", cells.text(40), "P-1042", refers_to=reference(Part.sku, UNKNOWN_PART)),
        Column("lead_time_days", cells.whole(0, MOST_DAYS), "7"),
        Column("price", cells.cents, "9.80"),
        Column("pack_size", cells.whole(1), "10", required=False, empty=1),
        Column("rank", cells.whole(1, MOST_RANKS), "1", required=False, empty=1),
        Column("supplier_sku", cells.text(60), "AC-77120", required=False, empty=""),
    ),
    key=("supplier", "sku"),
    known=_known_supplies,
    save=_save_supply,
)

HISTORY = Form(
    columns=(
        Column("sku", cells.text(40), "P-1042", refers_to=reference(Part.sku, UNKNOWN_PART)),
        Column("week", cells.date, "2026-11-16"),
        Column("quantity", cells.whole(0), "3"),
    ),
    key=("sku", "week"),
    known=_known_weeks,
    check=_check_week,
    save=_save_week,
)
