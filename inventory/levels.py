"""Finding stock levels; the rows are made on first use, also when two people are the first."""

from collections.abc import Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import insert_missing
from inventory.models import STOCKED, Place, StockLevel

# (place_id, part_id), which names a stock level.
LevelKey = tuple[int, int]


def level_ids(session: Session, keys: Iterable[LevelKey]) -> dict[LevelKey, int]:
    """
    Return the id of each stock level; those that do not exist yet are made.

    Suppliers, customers, scrap and corrections have no levels, and are left out.
    """
    wanted = sorted(set(keys))
    found = _known_level_ids(session, wanted)
    missing = _at_stocked_places(session, [key for key in wanted if key not in found])
    if missing:
        insert_missing(session, StockLevel, [{"place_id": key[0], "part_id": key[1]} for key in missing])
        found |= _known_level_ids(session, missing)
    return found


def _at_stocked_places(session: Session, keys: Sequence[LevelKey]) -> list[LevelKey]:
    if not keys:
        return []
    stocked = sa.select(Place.id).where(Place.id.in_({place_id for place_id, _ in keys}), Place.kind.in_(STOCKED))
    stocked_ids = set(session.scalars(stocked))
    return [key for key in keys if key[0] in stocked_ids]


def _known_level_ids(session: Session, keys: Sequence[LevelKey]) -> dict[LevelKey, int]:
    rows = sa.select(StockLevel.place_id, StockLevel.part_id, StockLevel.id).where(
        sa.tuple_(StockLevel.place_id, StockLevel.part_id).in_(keys)
    )
    return {(place_id, part_id): level_id for place_id, part_id, level_id in session.execute(rows).all()}


def find_level(session: Session, place_id: int, part_id: int) -> StockLevel:
    """Return a part's level at a place as the database has it now, made if it does not exist yet."""
    [level] = find_levels(session, [(place_id, part_id)])
    return level


def find_levels(session: Session, keys: Iterable[LevelKey]) -> list[StockLevel]:
    """Return levels as the database has them now, by id; those that do not exist yet are made."""
    ids = level_ids(session, keys).values()
    levels = sa.select(StockLevel).where(StockLevel.id.in_(ids)).order_by(StockLevel.id)
    return list(session.scalars(levels.execution_options(populate_existing=True)))
