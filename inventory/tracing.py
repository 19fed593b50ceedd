"""Finding a part or a piece by whatever is printed on it, and the way that a piece has come."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from inventory.errors import ScanAmbiguous, ScanUnknown
from inventory.gs1 import read_label
from inventory.models import Movement, MovementSerial, Part, Serial

FOUND_AT_MOST = 50


@dataclass(frozen=True)
class Scan:
    """What a code stands for: a part, or one piece of it when the code is a serial number."""

    part: Part
    serial: Serial | None = None
    # The serial number on the label, also of a piece that nobody has received yet; empty when it names none.
    number: str = ""


@dataclass(frozen=True)
class Found:
    """Parts and pieces that a text may mean, the closest first."""

    parts: Sequence[Part]
    serials: Sequence[Serial]


@dataclass(frozen=True)
class Custody:
    """A piece, and every entry of the ledger that moved it, from its receipt to where it is now."""

    serial: Serial
    movements: Sequence[Movement]


def scan(session: Session, code: str) -> Scan:
    """
    Return the part, or the piece, whose label says ``code``: a SKU, a barcode or a serial number, in this order.

    Marks of the scanner are left aside, and of a GS1 code trade number and serial number are looked up. Raises
    ScanUnknown when no label says so, and ScanAmbiguous when pieces of several parts have this serial number.
    """
    label = read_label(code)
    for barcodes in ([label.text], label.barcodes):
        named = sa.or_(Part.sku.in_(barcodes), Part.barcode.in_(barcodes))
        part = session.scalar(sa.select(Part).where(named).order_by(Part.id).limit(1))
        if part is not None:
            return _piece_of(session, part, label.serial)
    serials = _serials_numbered(session, label.text)
    if not serials:
        raise ScanUnknown(scanned=label.text)
    if len(serials) > 1:
        raise ScanAmbiguous(scanned=label.text, skus=", ".join(serial.part.sku for serial in serials))
    return Scan(serials[0].part, serials[0], serials[0].number)


def _piece_of(session: Session, part: Part, number: str) -> Scan:
    if not (number and part.serial_tracked):
        return Scan(part)
    pieces = _serials_numbered(session, number)
    return Scan(part, next((piece for piece in pieces if piece.part_id == part.id), None), number)


def scan_all(session: Session, text: str) -> list[Scan]:
    """Return what a text stands for as a whole or, when it is no code itself, each of its words: one at least."""
    try:
        return [scan(session, text)]
    except ScanUnknown:
        codes = text.replace(",", " ").split()
        if len(codes) < 2:
            raise
        return [scan(session, code) for code in codes]


def find(session: Session, text: str) -> Found:
    """Return what has this SKU, barcode or serial number, else what contains it, names included; empty for no text."""
    label = read_label(text)
    text = label.text
    if not text:
        return Found([], [])
    codes = [text, *label.barcodes]
    exact = session.scalars(sa.select(Part).where(sa.or_(Part.sku.in_(codes), Part.barcode.in_(codes)))).all()
    serials = _serials_numbered(session, label.serial or text)
    if label.serial and serials:
        # The label of a piece names its part besides; the piece is meant.
        return Found([], [piece for piece in serials if piece.part in exact] or serials)
    if exact or serials:
        return Found(exact, serials)
    named = (column.icontains(text, autoescape=True) for column in (Part.sku, Part.barcode, Part.name_en, Part.name_zh))
    parts = sa.select(Part).where(sa.or_(*named)).order_by(Part.sku).limit(FOUND_AT_MOST)
    pieces = (
        sa.select(Serial)
        .where(Serial.number.icontains(text, autoescape=True))
        .options(joinedload(Serial.part), joinedload(Serial.place))
        .order_by(Serial.number, Serial.id)
        .limit(FOUND_AT_MOST)
    )
    return Found(session.scalars(parts).all(), session.scalars(pieces).all())


def custody(session: Session, *, sku: str, number: str) -> Custody:
    """Return every place and hand that a piece passed through; raises ScanUnknown."""
    serial = next((piece for piece in _serials_numbered(session, number) if piece.part.sku == sku.strip()), None)
    if serial is None:
        raise ScanUnknown(scanned=number)
    movements = (
        sa.select(Movement)
        .join(MovementSerial, MovementSerial.movement_id == Movement.id)
        .where(MovementSerial.serial_id == serial.id)
        .options(joinedload(Movement.from_place), joinedload(Movement.to_place))
        .order_by(Movement.id)
    )
    return Custody(serial, session.scalars(movements).all())


def serials_at(session: Session, *, part_id: int, place_id: int | None = None) -> Sequence[Serial]:
    """Return the pieces of a part, at one place or anywhere, by number."""
    pieces = (
        sa.select(Serial).where(Serial.part_id == part_id).options(joinedload(Serial.place)).order_by(Serial.number)
    )
    if place_id is not None:
        pieces = pieces.where(Serial.place_id == place_id)
    return session.scalars(pieces.order_by(Serial.number)).all()


def _serials_numbered(session: Session, number: str) -> Sequence[Serial]:
    numbered = (
        sa.select(Serial)
        .where(Serial.number == number.strip())
        .options(joinedload(Serial.part), joinedload(Serial.place))
        .order_by(Serial.id)
    )
    return session.scalars(numbered).all()
