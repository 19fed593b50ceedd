"""One field for everything: what a text on a label, a shelf or a paper may stand for."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from inventory.gs1 import read_label
from inventory.models import Count, PickList, Place, PlaceKind, PurchaseOrder, Rma, StockLevel, Transfer
from inventory.tracing import FOUND_AT_MOST, Found, find

Document = PurchaseOrder | Transfer | Count | Rma | PickList
# What the numbers on papers begin with.
_DOCUMENTS: dict[str, type[Document]] = {
    "PO": PurchaseOrder,
    "T": Transfer,
    "C": Count,
    "RMA": Rma,
    "PL": PickList,
}
_NUMBER = re.compile(r"([A-Z]+)-(\d{1,9})", re.IGNORECASE)


@dataclass(frozen=True)
class Anything:
    """What a text may mean: parts and pieces, what lies in a bin of that name, places, and the document it numbers."""

    found: Found
    in_bin: Sequence[StockLevel]
    places: Sequence[Place]
    document: Document | None = None

    @property
    def is_empty(self) -> bool:
        return not (self.found.parts or self.found.serials or self.in_bin or self.places or self.document)


def find_anything(session: Session, text: str) -> Anything:
    """Return all that a text may mean, marks of a scanner left aside; nothing for no text."""
    text = read_label(text).text
    if not text:
        return Anything(Found([], []), [], [])
    return Anything(find(session, text), _in_bin(session, text), _places(session, text), _document(session, text))


def _in_bin(session: Session, text: str) -> Sequence[StockLevel]:
    levels = (
        sa.select(StockLevel)
        .where(sa.func.lower(StockLevel.bin) == text.lower())
        .options(joinedload(StockLevel.part), joinedload(StockLevel.place))
        .order_by(StockLevel.place_id, StockLevel.part_id)
        .limit(FOUND_AT_MOST)
    )
    return session.scalars(levels).all()


def _places(session: Session, text: str) -> Sequence[Place]:
    """Return warehouses and trunks of this code, or else whose name contains the text."""
    serving = sa.select(Place).where(Place.kind.in_([PlaceKind.WAREHOUSE, PlaceKind.TRUNK])).order_by(Place.code)
    coded = session.scalars(serving.where(sa.func.lower(Place.code) == text.lower())).all()
    return coded or session.scalars(serving.where(Place.name.icontains(text, autoescape=True)).limit(10)).all()


def _document(session: Session, text: str) -> Document | None:
    numbered = _NUMBER.fullmatch(text)
    kind = _DOCUMENTS.get(numbered[1].upper()) if numbered else None
    if numbered is None or kind is None:
        return None
    document = session.get(kind, int(numbered[2]))
    return document if isinstance(document, Document) else None
