"""Finding stock levels; the rows are made on first use, also when two people are the first."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.db import insert_missing
from inventory.models import STOCKED, Place, StockLevel

# (place_id, part_id), which names a stock level.
LevelKey = tuple[int, int]


class HeldLevel(NamedTuple):
    """A level as it is and stays until the transaction ends, or somebody changes it in this one."""

    id: int
    on_hand: int
    reserved: int

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


def hold_levels(session: Session, keys: Iterable[LevelKey]) -> dict[LevelKey, HeldLevel]:
    """
    Hold stock levels until the transaction ends, taken in the order of their ids; those that do not exist yet are made.

    Suppliers, customers, scrap and corrections have no levels, and are left out. On SQLite the transaction itself is
    the lock.
    """
    wanted = set(keys)
    held = _held(session, wanted)
    missing = _at_stocked_places(session, sorted(wanted - held.keys()))
    if missing:
        # Rows that are new have higher ids than those that are held already.
        insert_missing(session, StockLevel, [{"place_id": key[0], "part_id": key[1]} for key in missing])
        held |= _held(session, missing)
    return held


def _held(session: Session, keys: Iterable[LevelKey]) -> dict[LevelKey, HeldLevel]:
    rows = (
        sa.select(StockLevel.place_id, StockLevel.part_id, StockLevel.id, StockLevel.on_hand, StockLevel.reserved)
        .where(_is_among(keys))
        .order_by(StockLevel.id)
        .with_for_update(key_share=True)
    )
    return {(place_id, part_id): HeldLevel(*numbers) for place_id, part_id, *numbers in session.execute(rows).all()}


def _at_stocked_places(session: Session, keys: Sequence[LevelKey]) -> list[LevelKey]:
    if not keys:
        return []
    stocked = sa.select(Place.id).where(Place.id.in_({place_id for place_id, _ in keys}), Place.kind.in_(STOCKED))
    stocked_ids = set(session.scalars(stocked))
    return [key for key in keys if key[0] in stocked_ids]


def find_level(session: Session, place_id: int, part_id: int) -> StockLevel:
    """Return a part's level at a place as the database has it now, made if it does not exist yet."""
    [level] = find_levels(session, [(place_id, part_id)])
    return level


def find_levels(session: Session, keys: Iterable[LevelKey]) -> list[StockLevel]:
    """Return levels as the database has them now, by id; those that do not exist yet are made."""
    wanted = set(keys)
    found = _levels(session, wanted)
    missing = _at_stocked_places(session, sorted(wanted - {(level.place_id, level.part_id) for level in found}))
    if missing:
        insert_missing(session, StockLevel, [{"place_id": key[0], "part_id": key[1]} for key in missing])
        found += _levels(session, missing)
    return found


def _levels(session: Session, keys: Iterable[LevelKey]) -> list[StockLevel]:
    levels = sa.select(StockLevel).where(_is_among(keys)).order_by(StockLevel.id)
    return list(session.scalars(levels.execution_options(populate_existing=True)))


def _is_among(keys: Iterable[LevelKey]) -> sa.ColumnElement[bool]:
    return sa.tuple_(StockLevel.place_id, StockLevel.part_id).in_(keys)
