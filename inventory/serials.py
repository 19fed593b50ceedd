"""
The single pieces of serial-tracked parts: which of them an entry of the ledger moves.

Where a piece is stands in ``Serial.place_id``, and only ``ledger.book`` moves it, by an UPDATE that asks for the place
it comes from. What comes from a supplier, a customer or a correction may be seen for the first time.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core.db import insert_missing
from inventory.errors import (
    SerialElsewhere,
    SerialNamedTwice,
    SerialReceivedTwice,
    SerialsNotTracked,
    SerialUnknown,
    WrongNumberOfSerials,
)
from inventory.locking import FRESH
from inventory.models import STOCKED, Part, Place, PlaceKind, Serial

SERIAL_LENGTH = 60


@dataclass(frozen=True)
class Pieces:
    """Pieces of a serial-tracked part that go from one place to another."""

    part: Part
    numbers: tuple[str, ...]
    from_place_id: int
    to_place_id: int


def check_numbers(part: Part, quantity: int, numbers: Sequence[str]) -> None:
    """Refuse serial numbers that do not stand for exactly this many pieces of the part."""
    if not part.serial_tracked:
        if numbers:
            raise SerialsNotTracked(sku=part.sku)
        return
    if len(numbers) != quantity:
        raise WrongNumberOfSerials(sku=part.sku, quantity=quantity, named=len(numbers))
    check_named_once(part, numbers)


def check_named_once(part: Part, numbers: Iterable[str]) -> None:
    """Refuse a serial number that is named twice, is empty or too long."""
    for number, times in Counter(numbers).items():
        if not 1 <= len(number) <= SERIAL_LENGTH:
            raise SerialUnknown(sku=part.sku, serial=number)
        if times > 1:
            raise SerialNamedTwice(sku=part.sku, serial=number)


def check_pieces_there(session: Session, pieces: Sequence[Pieces]) -> None:
    """Refuse the first piece that is not where it is said to come from, with where it is."""
    if not pieces:
        return
    places = _places_by_id(session, {line.from_place_id for line in pieces} | {line.to_place_id for line in pieces})
    known = {(serial.part_id, serial.number): serial for serial in _find(session, pieces)}
    for line in pieces:
        source = places[line.from_place_id]
        for number in line.numbers:
            _check_there(line.part, number, known.get((line.part.id, number)), source)


def move_pieces(session: Session, pieces: Sequence[Pieces]) -> dict[tuple[int, str], Serial]:
    """
    Move each piece to its next place, and return them by part id and number.

    The levels of both places are held by then, so a piece that is somewhere else now is one that
    ``check_pieces_there`` saw before somebody else moved it.
    """
    if not pieces:
        return {}
    _insert_unseen(session, pieces)
    moved: dict[tuple[int, str], Serial] = {}
    for line in sorted(pieces, key=lambda line: (line.part.id, line.numbers)):
        moving = (
            sa.update(Serial)
            .where(
                Serial.part_id == line.part.id,
                Serial.number.in_(line.numbers),
                Serial.place_id == line.from_place_id,
            )
            .values(place_id=line.to_place_id)
            .returning(Serial)
        )
        for serial in session.scalars(moving, execution_options=FRESH).all():
            moved[serial.part_id, serial.number] = serial
    if len(moved) < sum(len(line.numbers) for line in pieces):
        check_pieces_there(session, [_left_behind(line, moved) for line in pieces])
    return moved


def _left_behind(line: Pieces, moved: Collection[tuple[int, str]]) -> Pieces:
    numbers = tuple(number for number in line.numbers if (line.part.id, number) not in moved)
    return Pieces(line.part, numbers, line.from_place_id, line.to_place_id)


def _insert_unseen(session: Session, pieces: Sequence[Pieces]) -> None:
    """Write down pieces that come from outside for the first time; they are there until they are moved."""
    places = _places_by_id(session, {line.from_place_id for line in pieces})
    # By part and number: two deliveries that name the same pieces then wait for each other in one order.
    unseen = sorted(
        (line.part.id, number, line.from_place_id)
        for line in pieces
        if places[line.from_place_id].kind not in STOCKED
        for number in line.numbers
    )
    if unseen:
        rows = [{"part_id": part_id, "number": number, "place_id": place_id} for part_id, number, place_id in unseen]
        insert_missing(session, Serial, rows)


def _check_there(part: Part, number: str, serial: Serial | None, source: Place) -> None:
    if serial is None:
        if source.kind in STOCKED:
            raise SerialUnknown(sku=part.sku, serial=number)
        return
    if serial.place_id == source.id:
        return
    if source.kind is PlaceKind.SUPPLIER:
        raise SerialReceivedTwice(sku=part.sku, serial=number, place=serial.place.code)
    raise SerialElsewhere(sku=part.sku, serial=number, place=serial.place.code, expected=source.code)


def _find(session: Session, pieces: Sequence[Pieces]) -> Sequence[Serial]:
    named = (
        sa.and_(Serial.part_id == line.part.id, Serial.number.in_(line.numbers)) for line in pieces if line.numbers
    )
    found = sa.select(Serial).where(sa.or_(sa.false(), *named)).options(joinedload(Serial.place))
    return session.scalars(found.execution_options(populate_existing=True)).all()


def _places_by_id(session: Session, place_ids: Iterable[int]) -> dict[int, Place]:
    places = session.scalars(sa.select(Place).where(Place.id.in_(set(place_ids))))
    return {place.id: place for place in places}
