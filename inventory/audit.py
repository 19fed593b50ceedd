"""Whether the running totals agree with the ledger, with the promises and with the single pieces."""

import enum
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory.models import (
    STOCKED,
    BackOrder,
    Movement,
    MovementSerial,
    Part,
    Place,
    Reservation,
    ReservationState,
    Serial,
    StockLevel,
)

_NUMBERS = ("on_hand", "reserved", "booked", "promised", "pieces")


class DifferenceKind(enum.StrEnum):
    """Which two numbers disagree."""

    ON_HAND = "on_hand"
    RESERVED = "reserved"
    LEDGER_SUM = "ledger_sum"
    # Serial numbers at a place, against its pieces on hand.
    SERIALS = "serials"
    # A piece that is elsewhere than its last entry in the ledger says: 0 found there, 1 should be.
    CUSTODY = "custody"
    # A document that waits for pieces which are promised to it.
    BACK_ORDER = "back_order"


@dataclass(frozen=True)
class Difference:
    """Two numbers that should be equal and are not."""

    kind: DifferenceKind
    # Code of the place; empty for a sum over all places.
    place: str
    sku: str
    # What the ledger or the open reservations say.
    expected: int
    # What the stock levels say.
    found: int

    # The piece or the document that it is about; empty for totals.
    subject: str = ""

    def __str__(self) -> str:
        what = f"{self.sku} {self.subject}".strip()
        where = self.place or "all places"
        return f"{what} at {where}: {self.kind.value} is {self.found}, should be {self.expected}"


def find_differences(session: Session) -> list[Difference]:
    """
    Compare the running totals with the ledger, with the open reservations and with the single pieces.

    Per place and part, on hand is the sum of the movements (and nothing at suppliers, customers and corrections), and
    reserved the sum of the open reservations. Per part, stock and the ledger's other side add up to zero. Of
    serial-tracked parts a place holds as many pieces by number as it has on hand, and each piece is where its last
    entry brought it. Totals are read by one statement, so that nobody's booking falls between two sums.
    """
    differences: list[Difference] = []
    sums = Counter[str]()
    for line in session.execute(_balances()).all():
        sums[line.sku] += line.on_hand if line.place_kind in STOCKED else line.booked
        differences += [
            Difference(kind, line.place, line.sku, expected, found)
            for kind, expected, found in _compared(line)
            if expected != found
        ]
    return [*differences, *_sums_not_zero(sums), *_lost_pieces(session), *_needless_back_orders(session)]


def _compared(line: Any) -> Iterator[tuple[DifferenceKind, int, int]]:
    """Yield what should be and what is, of one part at one place."""
    stocked = line.place_kind in STOCKED
    yield DifferenceKind.ON_HAND, line.booked if stocked else 0, line.on_hand
    yield DifferenceKind.RESERVED, line.promised, line.reserved
    if stocked and line.serial_tracked:
        yield DifferenceKind.SERIALS, line.on_hand, line.pieces


def _lost_pieces(session: Session) -> Iterator[Difference]:
    last_entry = (
        sa.select(MovementSerial.serial_id, sa.func.max(MovementSerial.movement_id).label("movement_id"))
        .group_by(MovementSerial.serial_id)
        .subquery()
    )
    lost = (
        sa.select(Part.sku, Serial.number, Place.code)
        .join(Part, Part.id == Serial.part_id)
        .outerjoin(last_entry, last_entry.c.serial_id == Serial.id)
        .outerjoin(Movement, Movement.id == last_entry.c.movement_id)
        .outerjoin(Place, Place.id == Movement.to_place_id)
        .where(Movement.to_place_id.is_distinct_from(Serial.place_id))
        .order_by(Part.sku, Serial.number)
    )
    for sku, number, place in session.execute(lost).all():
        yield Difference(DifferenceKind.CUSTODY, place or "", sku, expected=1, found=0, subject=number)


def _needless_back_orders(session: Session) -> Iterator[Difference]:
    promised = sa.exists().where(
        Reservation.part_id == BackOrder.part_id,
        Reservation.reference == BackOrder.reference,
        Reservation.state == ReservationState.OPEN,
    )
    needless = (
        sa.select(Part.sku, BackOrder.reference, BackOrder.quantity)
        .join(Part, Part.id == BackOrder.part_id)
        .where(promised)
        .order_by(BackOrder.reference, Part.sku)
    )
    for sku, reference, quantity in session.execute(needless).all():
        yield Difference(DifferenceKind.BACK_ORDER, "", sku, expected=0, found=quantity, subject=reference)


def _sums_not_zero(sums: Mapping[str, int]) -> Iterator[Difference]:
    for sku, total in sorted(sums.items()):
        if total:
            yield Difference(DifferenceKind.LEDGER_SUM, "", sku, expected=0, found=total)


def _balances() -> Any:
    """Per place and part: on hand and reserved as the levels have them, booked, promised and pieces beside them."""
    none = sa.literal(0)
    promised = sa.case((Reservation.state == ReservationState.OPEN, Reservation.quantity), else_=0)
    lines = sa.union_all(
        _lines(StockLevel.place_id, StockLevel.part_id, StockLevel.on_hand, StockLevel.reserved, none, none, none),
        _lines(Movement.to_place_id, Movement.part_id, none, none, Movement.quantity, none, none),
        _lines(Movement.from_place_id, Movement.part_id, none, none, -Movement.quantity, none, none),
        _lines(Reservation.place_id, Reservation.part_id, none, none, none, promised, none),
        _lines(Serial.place_id, Serial.part_id, none, none, none, none, sa.literal(1)),
    ).subquery()
    totals = [sa.func.sum(lines.c[name]).label(name) for name in _NUMBERS]
    return (
        sa.select(
            Place.code.label("place"),
            Place.kind.label("place_kind"),
            Part.sku.label("sku"),
            Part.serial_tracked,
            *totals,
        )
        .select_from(lines)
        .join(Place, Place.id == lines.c.place_id)
        .join(Part, Part.id == lines.c.part_id)
        .group_by(Place.id, Place.code, Place.kind, Part.id, Part.sku, Part.serial_tracked)
        .order_by(Part.sku, Place.code)
    )


def _lines(*columns: Any) -> sa.Select[Any]:
    names = ("place_id", "part_id", *_NUMBERS)
    return sa.select(*(column.label(name) for column, name in zip(columns, names, strict=True)))
