"""
What to restock, how much of it, and why.

The rule is pure: a trunk below its minimum is filled up to its target from a warehouse; a warehouse whose available
pieces are at or below the reorder point orders whole packs until its target is reached, an (s, S) policy rounded to
packs.
"""

import datetime as dt
import enum
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core.errors import N_
from inventory.checks import check_parts, check_quantities, find_place
from inventory.errors import ParLevelOutOfOrder
from inventory.levels import LevelKey, find_level
from inventory.locking import lock_rows
from inventory.models import Part, PickLine, PickList, PickState, Place, PlaceKind, StockLevel
from inventory.picking import PickWanted, draw_up
from inventory.queries import availability, warehouses


class ReasonCode(enum.StrEnum):
    """Why something is to be restocked, or cannot be."""

    BELOW_MINIMUM = "below_minimum"
    WAREHOUSE_SHORT = "warehouse_short"
    WAREHOUSE_EMPTY = "warehouse_empty"
    AT_REORDER_POINT = "at_reorder_point"


_SENTENCES = {
    ReasonCode.BELOW_MINIMUM: N_(
        "Available %(available)s, on the way %(coming)s, minimum %(minimum)s, target %(target)s."
    ),
    ReasonCode.WAREHOUSE_SHORT: N_(
        "Available %(available)s, on the way %(coming)s, minimum %(minimum)s, target %(target)s; "
        "the warehouse can spare only %(in_warehouse)s of %(missing)s."
    ),
    ReasonCode.WAREHOUSE_EMPTY: N_(
        "Available %(available)s, on the way %(coming)s, minimum %(minimum)s, target %(target)s; "
        "no warehouse can spare one."
    ),
    ReasonCode.AT_REORDER_POINT: N_(
        "Available %(available)s, reorder point %(reorder_point)s, target %(target)s, pack %(pack_size)s, "
        "lead time %(lead_time_days)s days."
    ),
}


@dataclass(frozen=True)
class Reason:
    """A reason as a code and the numbers behind it; ``sentence`` is a template that is translated where it is shown."""

    code: ReasonCode
    facts: Mapping[str, int]

    @property
    def sentence(self) -> str:
        return _SENTENCES[self.code]

    def __str__(self) -> str:
        return self.sentence % self.facts


@dataclass(frozen=True)
class Restock:
    """What the rule says about one level: how many pieces, and why. Zero pieces when there is nobody to give them."""

    quantity: int
    reason: Reason


@dataclass(frozen=True)
class RestockProposal:
    """A level that should be restocked."""

    place: Place
    part: Part
    quantity: int
    reason: Reason
    # The warehouse that fills up a trunk; None when none can, and for orders from a supplier.
    source: Place | None = None

    @property
    def kind(self) -> PlaceKind:
        """``trunk`` for a transfer from a warehouse, ``warehouse`` for an order from a supplier."""
        return self.place.kind


def top_up(*, available: int, coming: int, minimum: int, target: int, in_warehouse: int) -> Restock | None:
    """
    Return what a trunk should get from a warehouse, or None if it has enough.

    Parameters
    ----------
    available
        Pieces in the trunk that are not reserved.
    coming
        Pieces on open pick lists that will fill up the trunk.
    minimum, target
        The par level.
    in_warehouse
        Pieces that the warehouse can spare.
    """
    position = available + coming
    if position >= minimum:
        return None
    missing = target - position
    quantity = max(0, min(missing, in_warehouse))
    facts = {"available": available, "coming": coming, "minimum": minimum, "target": target}
    if quantity == missing:
        return Restock(quantity, Reason(ReasonCode.BELOW_MINIMUM, facts))
    code = ReasonCode.WAREHOUSE_SHORT if quantity else ReasonCode.WAREHOUSE_EMPTY
    return Restock(quantity, Reason(code, {**facts, "missing": missing, "in_warehouse": quantity}))


def order(*, available: int, reorder_point: int, target: int, pack_size: int, lead_time_days: int) -> Restock | None:
    """
    Return what a warehouse should order from its supplier, or None if it has enough.

    The quantity is the smallest number of whole packs that brings what is available to the target. A target of zero
    means that the part is not kept there.
    """
    if not target or available > reorder_point or available >= target:
        return None
    packs = -(-(target - available) // pack_size)
    facts = {
        "available": available,
        "reorder_point": reorder_point,
        "target": target,
        "pack_size": pack_size,
        "lead_time_days": lead_time_days,
    }
    return Restock(packs * pack_size, Reason(ReasonCode.AT_REORDER_POINT, facts))


def is_low(level: StockLevel) -> bool:
    """Whether a level calls for restocking: a trunk below its minimum, a warehouse at or below its reorder point."""
    if not level.target:
        return False
    if level.place.kind is PlaceKind.TRUNK:
        return level.available < level.minimum
    return level.available <= level.minimum and level.available < level.target


def restock_proposals(session: Session) -> list[RestockProposal]:
    """
    Return what to restock today: trunks first, then warehouses, each by place and SKU.

    Trunks that compete for the same pieces get them in the order of need: who has least is served first, and together
    they are never proposed more than the warehouses can spare.
    """
    levels = _par_levels(session)
    on_lists = _fill_ups_on_open_lists(session)
    spare = _spare_pieces(session, on_lists)
    trunk_levels = [level for level in levels if level.place.kind is PlaceKind.TRUNK]
    neediest_first = sorted(trunk_levels, key=lambda level: (level.available + on_lists.coming[_key(level)], level.id))
    proposals = [
        proposal
        for level in neediest_first
        if (proposal := _propose_top_up(session, level, on_lists.coming[_key(level)], spare))
    ]
    proposals += [
        proposal for level in levels if level.place.kind is PlaceKind.WAREHOUSE and (proposal := _propose_order(level))
    ]
    return sorted(proposals, key=lambda proposal: (proposal.kind, proposal.place.code, proposal.part.sku))


def draw_up_top_up(session: Session, *, trunk_id: int, warehouse_id: int, day: dt.date) -> PickList | None:
    """Draw up the pick list that fills a trunk up from one warehouse, or None if there is nothing to bring."""
    find_place(session, trunk_id, [PlaceKind.TRUNK])
    find_place(session, warehouse_id, [PlaceKind.WAREHOUSE])
    # Two people who press the button at the same time must not fill the trunk up twice, nor promise a piece to both.
    lock_rows(session, Place, [trunk_id, warehouse_id])
    on_lists = _fill_ups_on_open_lists(session)
    spare = _spare_pieces(session, on_lists)
    lines = []
    for level in _par_levels(session, place_id=trunk_id):
        restock = top_up(
            available=level.available,
            coming=on_lists.coming[_key(level)],
            minimum=level.minimum,
            target=level.target,
            in_warehouse=spare[warehouse_id, level.part_id],
        )
        if restock is not None and restock.quantity:
            lines.append(PickWanted(part_id=level.part_id, quantity=restock.quantity))
    if not lines:
        return None
    return draw_up(session, warehouse_id=warehouse_id, trunk_id=trunk_id, day=day, lines=lines)


def set_par_level(session: Session, *, place_id: int, part_id: int, minimum: int, target: int) -> StockLevel:
    """Set when and how far a place is restocked with a part; zero and zero means not at all."""
    check_quantities([minimum, target], least=0)
    if target < minimum:
        raise ParLevelOutOfOrder(minimum=minimum, target=target)
    check_parts(session, [part_id])
    find_place(session, place_id)
    level = find_level(session, place_id, part_id)
    level.minimum, level.target = minimum, target
    return level


def _propose_top_up(
    session: Session, level: StockLevel, coming: int, spare: Counter[LevelKey]
) -> RestockProposal | None:
    """Propose to fill a trunk up from the warehouse that can spare most, and take the pieces from ``spare``."""
    at_warehouses = {place_id: pieces for (place_id, part_id), pieces in spare.items() if part_id == level.part_id}
    source_id = max(at_warehouses, key=lambda place_id: (at_warehouses[place_id], -place_id), default=None)
    restock = top_up(
        available=level.available,
        coming=coming,
        minimum=level.minimum,
        target=level.target,
        in_warehouse=0 if source_id is None else at_warehouses[source_id],
    )
    if restock is None:
        return None
    source = None
    if source_id is not None and restock.quantity:
        spare[source_id, level.part_id] -= restock.quantity
        source = session.get_one(Place, source_id)
    return RestockProposal(level.place, level.part, restock.quantity, restock.reason, source)


def _propose_order(level: StockLevel) -> RestockProposal | None:
    restock = order(
        available=level.available,
        reorder_point=level.minimum,
        target=level.target,
        pack_size=level.part.pack_size,
        lead_time_days=level.part.lead_time_days,
    )
    if restock is None:
        return None
    return RestockProposal(level.place, level.part, restock.quantity, restock.reason)


def _par_levels(session: Session, *, place_id: int | None = None) -> list[StockLevel]:
    """Return the levels that are kept at all, as the database has them now."""
    found = (
        sa.select(StockLevel)
        .join(StockLevel.part)
        .where(StockLevel.target > 0)
        .options(joinedload(StockLevel.part), joinedload(StockLevel.place))
        .order_by(Part.sku)
        .execution_options(populate_existing=True)
    )
    if place_id is not None:
        found = found.where(StockLevel.place_id == place_id)
    return list(session.scalars(found))


@dataclass(frozen=True)
class _FillUps:
    """Pieces on open pick lines without a reservation, by where they go and by where they leave."""

    coming: Counter[LevelKey]
    leaving: Counter[LevelKey]


def _fill_ups_on_open_lists(session: Session) -> _FillUps:
    lines = (
        sa.select(PickList.trunk_id, PickList.warehouse_id, PickLine.part_id, sa.func.sum(PickLine.quantity))
        .join(PickLine.pick_list)
        .where(PickLine.state == PickState.OPEN, PickLine.reservation_id.is_(None))
        .group_by(PickList.trunk_id, PickList.warehouse_id, PickLine.part_id)
    )
    fill_ups = _FillUps(Counter(), Counter())
    for trunk_id, warehouse_id, part_id, quantity in session.execute(lines).all():
        fill_ups.coming[trunk_id, part_id] += quantity
        fill_ups.leaving[warehouse_id, part_id] += quantity
    return fill_ups


def _spare_pieces(session: Session, on_lists: _FillUps) -> Counter[LevelKey]:
    """Return what each warehouse can give away: available and not on its way to another trunk already."""
    available = availability(session, place_ids=[warehouse.id for warehouse in warehouses(session)])
    spare = Counter(available)
    spare.subtract(on_lists.leaving)
    return spare


def _key(level: StockLevel) -> LevelKey:
    return level.place_id, level.part_id
