"""Spare parts, and how many of them lie where."""

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from core.errors import N_
from desk.csv_import import cells
from desk.csv_import.forms import Column, Form, Key, Row, known_by, overwrite, reference
from desk.csv_import.problems import ImportProblem, Reason
from dispatch.jobs import renew_promises, retry_waiting
from inventory import ledger
from inventory.models import STOCKED, Part, PartFamily, PartFit, Place, Reservation, StockLevel
from inventory.replenishment import set_par_level

UNKNOWN_PLACE = Reason(
    "unknown_place",
    N_("There is no warehouse or van “%(value)s”. Correct the code; a van is called VAN-T-07 and the like."),
)
UNKNOWN_PART = Reason(
    "unknown_part", N_("There is no part “%(value)s”. Correct the SKU, or import the file of parts first.")
)
NO_STOCK_HERE = Reason("no_stock_here", N_("“%(value)s” holds no stock. Name a warehouse or a van."))
COUNT_REASON = "CSV import"


def _save_part(session: Session, row: Row, part: Part | None, _actor_id: int | None) -> None:
    if part is None:
        part = Part(sku=row["sku"])
        session.add(part)
    overwrite(part, row, "name_en", "name_zh", "family", "pack_size", "lead_time_days")
    part.unit_cost_cents = row["unit_cost"]
    if "fits" in row:
        known = {fit.device_model: fit for fit in part.fits}
        part.fits = [known.get(model) or PartFit(device_model=model) for model in row["fits"]]


def _check_stock(row: Row) -> Iterator[ImportProblem]:
    if row.is_filled("place") and row["place"].kind not in STOCKED:
        yield ImportProblem.of(row.line, "place", NO_STOCK_HERE, value=row["place"].code)


def _known_levels(session: Session, rows: Sequence[Row]) -> dict[Key, StockLevel]:
    """Find the levels by the rows of place and part that the references have put into place."""
    places = {row["place"] for row in rows if row.is_filled("place")}
    levels = session.scalars(sa.select(StockLevel).where(StockLevel.place_id.in_([place.id for place in places])))
    return {(level.place, level.part): level for level in levels}


def _save_stock(session: Session, row: Row, level: StockLevel | None, actor_id: int | None) -> list[Reservation]:
    """Write par level and bin, book the count, and return the reservations that the count had to release."""
    place, part = row["place"], row["sku"]
    minimum, target = (row[name] if name in row else getattr(level, name, 0) for name in ("minimum", "target"))
    level = set_par_level(session, place_id=place.id, part_id=part.id, minimum=minimum, target=target)
    overwrite(level, row, "bin")
    if not row.is_filled("on_hand"):
        return []
    return ledger.correct(
        session, place_id=place.id, part_id=part.id, counted=row["on_hand"], reason=COUNT_REASON, actor_id=actor_id
    )


def _renew_promises(session: Session, released: Sequence[list[Reservation]], actor_id: int | None) -> None:
    """Seek parts anew for jobs that lost theirs, once all places are counted, and then for those that waited before."""
    references = {reservation.reference for freed in released for reservation in freed}
    if references:
        renew_promises(session, references=references, actor_id=actor_id)
    retry_waiting(session, actor_id=actor_id)


PARTS = Form(
    columns=(
        Column("sku", cells.text(40), "P-1042"),
        Column("name_en", cells.text(160), "Battery A920, 5250 mAh"),
        Column("name_zh", cells.text(160), "A920 电池 5250 mAh"),
        Column("family", cells.choice(PartFamily), "battery"),
        Column("unit_cost", cells.cents, "12.50"),
        Column("pack_size", cells.whole(1), "10", required=False, empty=1),
        Column("lead_time_days", cells.whole(0, 3650), "7", required=False, empty=7),
        Column("fits", cells.words(60), "A920;V200", required=False, empty=()),
    ),
    key=("sku",),
    known=known_by("sku", Part.sku, selectinload(Part.fits)),
    save=_save_part,
)

STOCK = Form(
    columns=(
        Column("place", cells.text(30), "VAN-T-07", refers_to=reference(Place.code, UNKNOWN_PLACE)),
        Column("sku", cells.text(40), "P-1042", refers_to=reference(Part.sku, UNKNOWN_PART)),
        Column("on_hand", cells.whole(0), "3", required=False),
        Column("minimum", cells.whole(0), "1", required=False, empty=0),
        Column("target", cells.whole(0), "4", required=False, empty=0),
        Column("bin", cells.text(20), "A-03", required=False, empty=""),
    ),
    key=("place", "sku"),
    known=_known_levels,
    check=_check_stock,
    save=_save_stock,
    finish=_renew_promises,
)
