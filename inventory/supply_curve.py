"""
What there will be of a part, day by day, and who gets it: available now, in transit, on order and expected repairs.

One curve per part answers when a document that waits can have its pieces. Those who wait are served in the order of
need, so the answer to one is what is left after those before it. Pieces in vans are told apart, for they serve the jobs
of their own technician.
"""

import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory.back_orders import back_orders
from inventory.models import (
    SERVING,
    Place,
    PlaceKind,
    PurchaseOrder,
    PurchaseOrderLine,
    Reservation,
    StockLevel,
    Transfer,
    TransferLine,
    TransferState,
)
from inventory.purchasing import AWAITED
from inventory.yields import expected_repairs


class Source(enum.StrEnum):
    """Where pieces come from."""

    IN_TRANSIT = "in_transit"
    ON_ORDER = "on_order"
    REPAIR = "repair"


@dataclass(frozen=True)
class Inflow:
    """Pieces that will be there on a day; of repairs a part of a piece, for nobody knows which one is mended."""

    # None when nobody has said when.
    on: dt.date | None
    quantity: float
    source: Source
    # The number of the transfer or order; empty for repairs.
    document: str = ""


@dataclass(frozen=True)
class Outlook:
    """When pieces can be had: as suppliers and senders promised, and with likely repairs; None when nobody knows."""

    promised_on: dt.date | None
    likely_on: dt.date | None


@dataclass(frozen=True)
class Claim:
    """Pieces that a document waits for."""

    reference: str
    quantity: int
    needed_at: dt.datetime | None


@dataclass(frozen=True)
class Curve:
    """All that is known of one part's supply. Pure: the answers follow from these values."""

    today: dt.date
    # Pieces that are promised to nobody, by the kind of place.
    available: Mapping[PlaceKind, int]
    # The earliest first; those without a day last.
    inflows: Sequence[Inflow] = ()
    # In the order of need.
    claims: Sequence[Claim] = field(default=())

    def points(self) -> Iterator[tuple[dt.date, float]]:
        """Yield, for each day on which it changes, the pieces that warehouses can count on, before any claim."""
        pieces = float(self.available.get(PlaceKind.WAREHOUSE, 0))
        steps: dict[dt.date, float] = defaultdict(float)
        for inflow in self.inflows:
            if inflow.on is not None:
                steps[inflow.on] += inflow.quantity
        yield self.today, pieces
        for on, quantity in sorted(steps.items()):
            pieces += quantity
            yield on, pieces

    def outlook(self, quantity: int, *, after: Sequence[Claim] = ()) -> Outlook:
        """Say when so many pieces can be had once the claims before are served."""
        needed = quantity + sum(claim.quantity for claim in after)
        return Outlook(
            promised_on=self._reached(needed, (Source.IN_TRANSIT, Source.ON_ORDER)),
            likely_on=self._reached(needed, tuple(Source)),
        )

    def outlook_for(self, reference: str) -> Outlook | None:
        """Say when a document that waits can have its pieces; None when it does not wait for this part."""
        for position, claim in enumerate(self.claims):
            if claim.reference == reference:
                return self.outlook(claim.quantity, after=self.claims[:position])
        return None

    def _reached(self, needed: float, sources: Collection[Source]) -> dt.date | None:
        pieces, day = float(self.available.get(PlaceKind.WAREHOUSE, 0)), self.today
        dated = (inflow for inflow in self.inflows if inflow.on is not None and inflow.source in sources)
        for inflow in dated:
            if pieces >= needed:
                break
            pieces += inflow.quantity
            day = inflow.on or day
        return day if pieces >= needed else None


def supply_curves(session: Session, part_ids: Collection[int], *, today: dt.date) -> dict[int, Curve]:
    """Return the curve of each part. What is overdue is not expected before tomorrow."""
    wanted = set(part_ids)
    available, inflows = _available(session, wanted), _inflows(session, wanted, today)
    waiting = back_orders(session, wanted)
    return {
        part_id: Curve(
            today,
            available.get(part_id, {}),
            sorted(inflows[part_id], key=lambda inflow: (inflow.on is None, inflow.on or today, inflow.document)),
            [Claim(row.reference, row.quantity, row.needed_at) for row in waiting.get(part_id, ())],
        )
        for part_id in wanted
    }


def _available(session: Session, part_ids: Collection[int]) -> dict[int, dict[PlaceKind, int]]:
    pieces = sa.func.sum(StockLevel.on_hand - StockLevel.reserved)
    found = (
        sa.select(StockLevel.part_id, Place.kind, pieces)
        .join(StockLevel.place)
        .where(StockLevel.part_id.in_(part_ids), Place.kind.in_(SERVING))
        .group_by(StockLevel.part_id, Place.kind)
    )
    available: dict[int, dict[PlaceKind, int]] = defaultdict(dict)
    for part_id, kind, quantity in session.execute(found).all():
        available[part_id][kind] = int(quantity)
    return available


def _inflows(session: Session, part_ids: Collection[int], today: dt.date) -> dict[int, list[Inflow]]:
    inflows: dict[int, list[Inflow]] = defaultdict(list)
    tomorrow = today + dt.timedelta(days=1)
    for part_id, order_id, due_on, quantity in session.execute(_ordered(part_ids)).all():
        on = max(due_on, tomorrow) if due_on else None
        inflows[part_id].append(Inflow(on, quantity, Source.ON_ORDER, f"PO-{order_id}"))
    for part_id, transfer_id, expected_at, quantity in session.execute(_shipped(part_ids)).all():
        # A transfer within the firm takes a day if nobody has said otherwise.
        on = max(expected_at.date(), today) if expected_at else tomorrow
        inflows[part_id].append(Inflow(on, quantity, Source.IN_TRANSIT, f"T-{transfer_id}"))
    for repair in expected_repairs(session, part_ids=part_ids, today=today):
        inflows[repair.part_id].append(Inflow(repair.on, repair.quantity, Source.REPAIR))
    return inflows


def _ordered(part_ids: Collection[int]) -> sa.Select[int, int, dt.date | None, int]:
    still_open = PurchaseOrderLine.quantity - PurchaseOrderLine.received
    return (
        sa.select(PurchaseOrderLine.part_id, PurchaseOrder.id, PurchaseOrderLine.due_on, still_open)
        .join(PurchaseOrderLine.order)
        .where(PurchaseOrderLine.part_id.in_(part_ids), PurchaseOrder.state.in_(AWAITED), still_open > 0)
    )


def _shipped(part_ids: Collection[int]) -> sa.Select[int, int, dt.datetime | None, int]:
    """Pieces on their way to a warehouse that nobody is promised."""
    return (
        sa.select(TransferLine.part_id, Transfer.id, Transfer.expected_at, TransferLine.picked)
        .join(TransferLine.transfer)
        .join(Transfer.to_place)
        .outerjoin(TransferLine.reservation)
        .where(
            TransferLine.part_id.in_(part_ids),
            Transfer.state == TransferState.SHIPPED,
            TransferLine.picked > 0,
            Place.kind == PlaceKind.WAREHOUSE,
            Reservation.id.is_(None),
        )
    )
