"""Spare parts, and how many of them lie where."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from core.errors import N_, DomainError
from desk.csv_import import cells
from desk.csv_import.forms import Column, Form, Key, Row, known_by, overwrite, reference
from desk.csv_import.problems import ImportProblem, ImportRefused, Reason
from dispatch.jobs import renew_promises, retry_waiting
from inventory import catalogue, ledger
from inventory.errors import ParLevelOutOfOrder
from inventory.models import SERVING, Part, PartFamily, PartFit, Place, Reservation, StockLevel
from inventory.serials import check_numbers

UNKNOWN_PLACE = Reason(
    "unknown_place",
    N_("There is no warehouse or van “%(value)s”. Correct the code; a van is called VAN-T-07 and the like."),
)
UNKNOWN_PART = Reason(
    "unknown_part", N_("There is no part “%(value)s”. Correct the SKU, or import the file of parts first.")
)
NO_STOCK_HERE = Reason("no_stock_here", N_("“%(value)s” holds no stock. Name a warehouse or a van."))
# Printed in the ledger as reference of opening stock and as reason of corrections.
IMPORTED = "CSV import"


@dataclass(frozen=True)
class _Saved:
    """A part whose substitutes can only be found when every line is written."""

    line: int
    part: Part
    # None when the file does not say.
    substitutes: Sequence[str] | None


def _save_part(session: Session, row: Row, part: Part | None, _actor_id: int | None) -> _Saved:
    if part is None:
        part = Part(sku=row["sku"])
    if "barcode" in row:
        catalogue.check_codes(session, part, row["sku"], row["barcode"] or "")
    if "serial_tracked" in row:
        catalogue.track(session, part, serial_tracked=row["serial_tracked"])
    overwrite(part, row, "name_en", "name_zh", "family", "barcode", "core_due")
    part.unit_cost_cents = row["unit_cost"]
    if "fits" in row:
        known = {fit.device_model: fit for fit in part.fits}
        part.fits = [known.get(model) or PartFit(device_model=model) for model in row["fits"]]
    session.add(part)
    return _Saved(row.line, part, row.get("substitutes"))


def _finish_parts(session: Session, saved: Sequence[_Saved], _actor_id: int | None) -> None:
    """Rank the substitutes; a part may name one that stands further down in the file."""
    problems = []
    for line in saved:
        if line.substitutes is None:
            continue
        try:
            catalogue.set_substitutes(session, line.part, line.substitutes)
        except DomainError as refusal:
            problems.append(ImportProblem(line.line, "substitutes", refusal.code, refusal.sentence, refusal.facts))
    if problems:
        raise ImportRefused("parts", problems)


def _check_stock(row: Row) -> Iterator[ImportProblem]:
    if row.is_filled("place") and row["place"].kind not in SERVING:
        yield ImportProblem.of(row.line, "place", NO_STOCK_HERE, value=row["place"].code)


def _known_levels(session: Session, rows: Sequence[Row]) -> dict[Key, StockLevel]:
    """Find the levels by the rows of place and part that the references have put into place."""
    places = {row["place"] for row in rows if row.is_filled("place")}
    levels = session.scalars(sa.select(StockLevel).where(StockLevel.place_id.in_([place.id for place in places])))
    return {(level.place, level.part): level for level in levels}


@dataclass(frozen=True)
class _Counted:
    """What a line leaves to do when all are read: pieces to book in, or reservations that its count released."""

    place_id: int
    part_id: int
    opening: int = 0
    serials: Sequence[str] = ()
    released: Sequence[Reservation] = ()


def _save_stock(session: Session, row: Row, level: StockLevel | None, actor_id: int | None) -> _Counted:
    """
    Write par level and bin, and book the count.

    Where a part was never kept before, its pieces are opening stock and are booked in at the end, all at once; a count
    of what was kept before is a correction.
    """
    place, part, counted = row["place"], row["sku"], row.get("on_hand")
    serials = row.get("serials") or ()
    is_new = level is None
    level = level or StockLevel(place=place, part=part, minimum=0, target=0)
    minimum, target = (row[name] if name in row else getattr(level, name) for name in ("minimum", "target"))
    if target < minimum:
        raise ParLevelOutOfOrder(minimum=minimum, target=target)
    overwrite(level, row, "minimum", "target", "bin")
    session.add(level)
    if is_new:
        check_numbers(part, counted or 0, serials)
        return _Counted(place.id, part.id, opening=counted or 0, serials=serials)
    if counted is None or (counted == level.on_hand and not serials):
        return _Counted(place.id, part.id)
    released = ledger.correct(
        session,
        place_id=place.id,
        part_id=part.id,
        counted=counted,
        reason=IMPORTED,
        actor_id=actor_id,
        serials=serials,
    )
    return _Counted(place.id, part.id, released=released)


def _finish_stock(session: Session, lines: Sequence[_Counted], actor_id: int | None) -> None:
    """
    Book the opening stock in, then seek parts for jobs.

    Jobs that lost theirs come first, once every place is counted, and then those that waited before.
    """
    opening: dict[int, list[_Counted]] = defaultdict(list)
    for line in lines:
        if line.opening:
            opening[line.place_id].append(line)
    for place_id, kept in sorted(opening.items()):
        ledger.receive(
            session,
            place_id=place_id,
            pieces={line.part_id: line.opening for line in kept},
            serials={line.part_id: line.serials for line in kept},
            reference=IMPORTED,
            actor_id=actor_id,
        )
    references = {reservation.reference for line in lines for reservation in line.released}
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
        Column("fits", cells.words(60), "A920;V200", required=False, empty=()),
        Column("substitutes", cells.words(40), "P-1043;P-1044", required=False, empty=()),
        Column("barcode", cells.text(60), "4006381333931", required=False),
        Column("serial_tracked", cells.yes_or_no, "no", required=False, empty=False),
        Column("core_due", cells.yes_or_no, "no", required=False, empty=False),
    ),
    key=("sku",),
    known=known_by("sku", Part.sku, selectinload(Part.fits), selectinload(Part.substitutes)),
    save=_save_part,
    finish=_finish_parts,
)

STOCK = Form(
    columns=(
        Column("place", cells.text(30), "VAN-T-07", refers_to=reference(Place.code, UNKNOWN_PLACE)),
        Column("sku", cells.text(40), "P-1042", refers_to=reference(Part.sku, UNKNOWN_PART)),
        Column("on_hand", cells.whole(0), "3", required=False),
        Column("minimum", cells.whole(0), "1", required=False, empty=0),
        Column("target", cells.whole(0), "4", required=False, empty=0),
        Column("bin", cells.text(20), "A-03", required=False, empty=""),
        Column("serials", cells.words(60), "SN-001;SN-002;SN-003", required=False, empty=()),
    ),
    key=("place", "sku"),
    known=_known_levels,
    check=_check_stock,
    save=_save_stock,
    finish=_finish_stock,
)
