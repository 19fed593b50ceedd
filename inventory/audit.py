"""Whether the running totals agree with the ledger and with the promises."""

import enum
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory.models import STOCKED, Movement, Part, Place, Reservation, ReservationState, StockLevel

_NUMBERS = ("on_hand", "reserved", "booked", "promised")


class DifferenceKind(enum.StrEnum):
    """Which two numbers disagree."""

    ON_HAND = "on_hand"
    RESERVED = "reserved"
    LEDGER_SUM = "ledger_sum"


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

    def __str__(self) -> str:
        where = self.place or "all places"
        return f"{self.sku} at {where}: {self.kind.value} is {self.found}, should be {self.expected}"


def find_differences(session: Session) -> list[Difference]:
    """
    Compare the running totals with the ledger and with the open reservations.

    Per place and part, on hand is the sum of the movements (and nothing at suppliers, customers and corrections), and
    reserved the sum of the open reservations. Per part, stock and the ledger's other side add up to zero. All is read
    by one statement, so that nobody's booking falls between two sums.
    """
    differences: list[Difference] = []
    sums = Counter[str]()
    for line in session.execute(_balances()).all():
        stocked = line.place_kind in STOCKED
        sums[line.sku] += line.on_hand if stocked else line.booked
        for kind, expected, found in (
            (DifferenceKind.ON_HAND, line.booked if stocked else 0, line.on_hand),
            (DifferenceKind.RESERVED, line.promised, line.reserved),
        ):
            if expected != found:
                differences.append(Difference(kind, line.place, line.sku, expected, found))
    return differences + list(_sums_not_zero(sums))


def _sums_not_zero(sums: Mapping[str, int]) -> Iterator[Difference]:
    for sku, total in sorted(sums.items()):
        if total:
            yield Difference(DifferenceKind.LEDGER_SUM, "", sku, expected=0, found=total)


def _balances() -> Any:
    """Per place and part: on hand and reserved as the levels have them, booked and promised as they should be."""
    none = sa.literal(0)
    promised = sa.case((Reservation.state == ReservationState.OPEN, Reservation.quantity), else_=0)
    lines = sa.union_all(
        _lines(StockLevel.place_id, StockLevel.part_id, StockLevel.on_hand, StockLevel.reserved, none, none),
        _lines(Movement.to_place_id, Movement.part_id, none, none, Movement.quantity, none),
        _lines(Movement.from_place_id, Movement.part_id, none, none, -Movement.quantity, none),
        _lines(Reservation.place_id, Reservation.part_id, none, none, none, promised),
    ).subquery()
    totals = [sa.func.sum(lines.c[name]).label(name) for name in _NUMBERS]
    return (
        sa.select(Place.code.label("place"), Place.kind.label("place_kind"), Part.sku.label("sku"), *totals)
        .select_from(lines)
        .join(Place, Place.id == lines.c.place_id)
        .join(Part, Part.id == lines.c.part_id)
        .group_by(Place.id, Place.code, Place.kind, Part.id, Part.sku)
        .order_by(Part.sku, Place.code)
    )


def _lines(*columns: Any) -> sa.Select[Any]:
    names = ("place_id", "part_id", *_NUMBERS)
    return sa.select(*(column.label(name) for column, name in zip(columns, names, strict=True)))
