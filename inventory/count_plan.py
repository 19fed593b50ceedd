"""
Which parts to count today: often what is worth much and moves much, seldom the rest.

Parts are put into classes by the value of what a year uses up (ABC analysis): class A are those that together make
up the first 80 % of it, class B the next 15 %, class C the rest and everything that did not move.
"""

import datetime as dt
import enum
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.base import UtcDateTime
from inventory.checks import find_place
from inventory.counts import UNDER_WAY
from inventory.models import Count, CountLine, CountState, Movement, MovementKind, Part, StockLevel

YEAR = dt.timedelta(days=365)
# Of the yearly value, in percent, up to where a class goes.
SHARES = (80, 95)


class ValueClass(enum.StrEnum):
    """How much a part is worth counting."""

    A = "a"
    B = "b"
    C = "c"


# Days after which a part of the class is counted again.
EVERY_DAYS = {ValueClass.A: 30, ValueClass.B: 91, ValueClass.C: 365}


@dataclass(frozen=True)
class Due:
    """A part that should be counted at a place; ``last`` is when it was, None for never."""

    level: StockLevel
    value_class: ValueClass
    last: dt.datetime | None


@dataclass(frozen=True)
class Accuracy:
    """Of the lines that were counted, how many the books had right."""

    counted: int
    right: int


def classes(yearly_value: Mapping[int, int]) -> dict[int, ValueClass]:
    """Put parts into classes by the value (cents) of what a year uses of them; equal values go by part id."""
    total, before = sum(yearly_value.values()), 0
    found = {}
    for part_id, value in sorted(yearly_value.items(), key=lambda item: (-item[1], item[0])):
        # A part belongs where its first cent lies, so the most valuable one is always in A.
        found[part_id] = _class_at(before, total) if value else ValueClass.C
        before += value
    return found


def due_today(session: Session, *, place_id: int) -> list[Due]:
    """
    Return the parts to count at a place today, those first that have waited longest.

    Of each class it is as many as a day must take for all of them to have their turn, and no part before its time.
    """
    place, now = find_place(session, place_id), clock.now()
    levels = session.scalars(
        sa.select(StockLevel)
        .join(StockLevel.part)
        .where(StockLevel.place_id == place.id, sa.or_(StockLevel.on_hand > 0, StockLevel.target > 0))
        .options(joinedload(StockLevel.part), joinedload(StockLevel.place))
        .order_by(StockLevel.bin, Part.sku)
    ).all()
    known, last = classes(_yearly_value(session, now)), _last_counted(session, place.id)
    counting = _being_counted(session, place.id)
    dues = [Due(level, known.get(level.part_id, ValueClass.C), last.get(level.part_id)) for level in levels]
    waiting = [due for due in dues if due.level.part_id not in counting and _is_due(due, now)]
    waiting.sort(key=lambda due: due.last or dt.datetime.min.replace(tzinfo=dt.UTC))
    return [
        due
        for kind in ValueClass
        for due in [due for due in waiting if due.value_class is kind][: _left_today(dues, kind, now)]
    ]


def accuracy(session: Session, *, since: dt.datetime) -> dict[int, Accuracy]:
    """Return per place how often the books were right in number, of counts posted since then."""
    right = sa.case((sa.func.coalesce(CountLine.second, CountLine.first) == CountLine.booked, 1), else_=0)
    found = (
        sa.select(Count.place_id, sa.func.count(), sa.func.sum(right))
        .join(Count.lines)
        .where(Count.state == CountState.POSTED, Count.closed_at >= since)
        .group_by(Count.place_id)
    )
    return {place_id: Accuracy(counted, int(agreed)) for place_id, counted, agreed in session.execute(found).all()}


def _class_at(before: int, total: int) -> ValueClass:
    first, second = (share * total / 100 for share in SHARES)
    if before < first:
        return ValueClass.A
    return ValueClass.B if before < second else ValueClass.C


def _is_due(due: Due, now: dt.datetime) -> bool:
    return due.last is None or now - due.last >= dt.timedelta(days=EVERY_DAYS[due.value_class])


def _left_today(dues: Sequence[Due], kind: ValueClass, now: dt.datetime) -> int:
    """Return how many parts of a class are still to be counted today; what was counted in the last 12 hours is done."""
    of_kind = [due for due in dues if due.value_class is kind]
    done = sum(due.last is not None and now - due.last < dt.timedelta(hours=12) for due in of_kind)
    return max(0, math.ceil(len(of_kind) / EVERY_DAYS[kind]) - done)


def _yearly_value(session: Session, now: dt.datetime) -> dict[int, int]:
    used = (
        sa.select(Part.id, sa.func.sum(Movement.quantity * Part.unit_cost_cents))
        .join(Movement, Movement.part_id == Part.id)
        .where(Movement.kind == MovementKind.CONSUMPTION, Movement.at >= now - YEAR)
        .group_by(Part.id)
    )
    return {part_id: int(value) for part_id, value in session.execute(used).all()}


def _last_counted(session: Session, place_id: int) -> dict[int, dt.datetime]:
    last = (
        sa.select(CountLine.part_id, sa.func.max(Count.closed_at, type_=UtcDateTime()))
        .join(CountLine.count)
        .where(Count.place_id == place_id, Count.state == CountState.POSTED)
        .group_by(CountLine.part_id)
    )
    return {part_id: closed_at for part_id, closed_at in session.execute(last).all() if closed_at is not None}


def _being_counted(session: Session, place_id: int) -> set[int]:
    under_way = (
        sa.select(CountLine.part_id).join(CountLine.count).where(Count.place_id == place_id, Count.state.in_(UNDER_WAY))
    )
    return set(session.scalars(under_way))
