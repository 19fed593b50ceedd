"""
When and how much to restock, and why. Pure: numbers in, a quantity with its reason out.

A trunk below its minimum is filled up to its target from a warehouse. A warehouse whose position (in hand + coming + on
order - waited for) is at or below the reorder point orders whole packs until its target is reached, an (s, S) policy
rounded to packs.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from core.errors import N_

Fact = int | float | str


class ReasonCode(enum.StrEnum):
    """Why something is to be restocked, or cannot be."""

    BELOW_MINIMUM = "below_minimum"
    WAREHOUSE_SHORT = "warehouse_short"
    WAREHOUSE_EMPTY = "warehouse_empty"
    AT_REORDER_POINT = "at_reorder_point"
    WAITED_FOR = "waited_for"
    NOBODY_SELLS = "nobody_sells"


_IN_TRUNK = N_("Available %(available)s, on the way %(coming)s, minimum %(minimum)s, target %(target)s.")
_SENTENCES = {
    ReasonCode.BELOW_MINIMUM: _IN_TRUNK,
    ReasonCode.WAREHOUSE_SHORT: N_(
        "Available %(available)s, on the way %(coming)s, minimum %(minimum)s, target %(target)s; "
        "the warehouse can spare only %(in_warehouse)s of %(missing)s."
    ),
    ReasonCode.WAREHOUSE_EMPTY: N_(
        "Available %(available)s, on the way %(coming)s, minimum %(minimum)s, target %(target)s; "
        "no warehouse can spare one."
    ),
    ReasonCode.AT_REORDER_POINT: N_(
        "Lead time %(lead_time_days)s days, %(per_week)s per week, %(in_hand)s in hand, %(on_order)s on order, "
        "%(waited_for)s waited for; reorder point %(reorder_point)s, target %(target)s, packs of %(pack_size)s."
    ),
    ReasonCode.WAITED_FOR: N_(
        "Jobs wait for %(waited_for)s, %(in_hand)s in hand, %(on_order)s on order; lead time %(lead_time_days)s days, "
        "packs of %(pack_size)s."
    ),
    ReasonCode.NOBODY_SELLS: N_(
        "%(in_hand)s in hand, %(on_order)s on order, %(waited_for)s waited for, reorder point %(reorder_point)s, "
        "target %(target)s; no supplier is known to sell it."
    ),
}


@dataclass(frozen=True)
class Reason:
    """A reason as a code and the numbers behind it; ``sentence`` is a template that is translated where it is shown."""

    code: ReasonCode
    facts: Mapping[str, Fact]

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
class Terms:
    """How the supplier that is asked first sells a part."""

    pack_size: int
    lead_time_days: int


@dataclass(frozen=True)
class Position:
    """What a warehouse can count on of a part."""

    # Neither reserved nor leaving for another place.
    in_hand: int
    # Ordered or drafted, and on the way from another warehouse.
    on_order: int = 0
    # What documents wait for and nobody could promise.
    waited_for: int = 0

    @property
    def pieces(self) -> int:
        return self.in_hand + self.on_order - self.waited_for


def top_up(*, available: int, coming: int, minimum: int, target: int, in_warehouse: int) -> Restock | None:
    """
    Return what a trunk should get from a warehouse, or None if it has enough.

    Parameters
    ----------
    available
        Pieces in the trunk that are not reserved.
    coming
        Pieces on open pick lists and transfers that will fill up the trunk.
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


def order(
    position: Position, *, reorder_point: int, target: int, terms: Terms | None, per_week: float | None = None
) -> Restock | None:
    """
    Return what a warehouse should order from a supplier, or None if it has enough.

    The quantity is the smallest number of whole packs that brings the position to the target. A target of zero means
    that the part is not kept there; then it is ordered only for those who wait for it. Nothing can be ordered without
    ``terms``, and the reason says so.
    """
    if not _is_due(position, reorder_point, target):
        return None
    missing = target - position.pieces
    facts: dict[str, Fact] = {
        "in_hand": position.in_hand,
        "on_order": position.on_order,
        "waited_for": position.waited_for,
        "reorder_point": reorder_point,
        "target": target,
    }
    if terms is None:
        return Restock(0, Reason(ReasonCode.NOBODY_SELLS, facts))
    packs = -(-missing // terms.pack_size)
    facts |= {
        "pack_size": terms.pack_size,
        "lead_time_days": terms.lead_time_days,
        "per_week": "?" if per_week is None else f"{per_week:.1f}",
    }
    code = ReasonCode.AT_REORDER_POINT if target else ReasonCode.WAITED_FOR
    return Restock(packs * terms.pack_size, Reason(code, facts))


def _is_due(position: Position, reorder_point: int, target: int) -> bool:
    if not target:
        return position.waited_for > 0 and position.pieces < 0
    return position.pieces <= reorder_point and position.pieces < target
