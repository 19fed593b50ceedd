"""Stock as a list that is searched, filtered and turned over page by page; a firm has up to 200,000 levels."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from inventory.models import Part, PartFamily, Place, PlaceKind, StockLevel
from inventory.queries import is_named


@dataclass(frozen=True)
class LevelsAsked:
    """Which levels are asked for: whose SKU, barcode or name contains ``text``, of a family, at a place, low ones."""

    text: str = ""
    family: PartFamily | None = None
    place_id: int | None = None
    only_low: bool = False


def num_levels(session: Session, asked: LevelsAsked) -> int:
    """Return how many levels are asked for."""
    counted = sa.select(sa.func.count()).select_from(StockLevel).join(StockLevel.part).join(StockLevel.place)
    return session.scalar(counted.where(*_conditions(asked))) or 0


def levels_asked(session: Session, asked: LevelsAsked, *, offset: int, limit: int) -> Sequence[StockLevel]:
    """Return some of the levels that are asked for, by SKU and place."""
    found = (
        sa.select(StockLevel)
        .join(StockLevel.part)
        .join(StockLevel.place)
        .where(*_conditions(asked))
        .options(joinedload(StockLevel.part), joinedload(StockLevel.place))
        .order_by(Part.sku, Place.code)
        .offset(offset)
        .limit(limit)
    )
    return session.scalars(found).all()


def _conditions(asked: LevelsAsked) -> list[sa.ColumnElement[bool]]:
    conditions = []
    if asked.text.strip():
        conditions.append(is_named(asked.text))
    if asked.family is not None:
        conditions.append(Part.family == asked.family)
    if asked.place_id is not None:
        conditions.append(StockLevel.place_id == asked.place_id)
    if asked.only_low:
        conditions.append(_is_low())
    return conditions


def _is_low() -> sa.ColumnElement[bool]:
    """Say of each level what ``replenishment.is_low`` says of one."""
    available = StockLevel.on_hand - StockLevel.reserved
    at_reorder_point = sa.and_(available <= StockLevel.minimum, available < StockLevel.target)
    return sa.and_(
        StockLevel.target > 0,
        sa.case((Place.kind == PlaceKind.TRUNK, available < StockLevel.minimum), else_=at_reorder_point),
    )
