"""Purchasing: orders to suppliers, and what decides when and how much to order."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base import Base, enum_column
from inventory.models.catalogue import Part, Supplier
from inventory.models.stock import Place


class OrderState(enum.StrEnum):
    """How far a purchase order is."""

    DRAFT = "draft"
    SENT = "sent"
    PARTLY_RECEIVED = "partly_received"
    RECEIVED = "received"
    CANCELLED = "cancelled"


class PurchaseOrder(Base):
    """Parts ordered from a supplier for a warehouse."""

    __tablename__ = "purchase_orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("suppliers.id"), index=True)
    warehouse_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"), index=True)
    state: Mapped[OrderState] = mapped_column(enum_column(OrderState), default=OrderState.DRAFT, index=True)
    created_at: Mapped[dt.datetime]
    created_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    sent_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]

    supplier: Mapped[Supplier] = relationship()
    warehouse: Mapped[Place] = relationship()
    lines: Mapped[list["PurchaseOrderLine"]] = relationship(
        back_populates="order", cascade="all, delete-orphan", order_by="PurchaseOrderLine.id"
    )

    @property
    def number(self) -> str:
        return f"PO-{self.id}"


class PurchaseOrderLine(Base):
    """Pieces of one part on a purchase order; never more are received than were ordered."""

    __tablename__ = "purchase_order_lines"
    __table_args__ = (
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        sa.CheckConstraint("received >= 0 AND received <= quantity", name="received_within_ordered"),
        sa.CheckConstraint("price_cents >= 0", name="price_not_negative"),
        sa.UniqueConstraint("order_id", "part_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    order_id: Mapped[int] = mapped_column(sa.ForeignKey("purchase_orders.id", ondelete="CASCADE"))
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"), index=True)
    quantity: Mapped[int]
    received: Mapped[int] = mapped_column(default=0)
    # Of one piece.
    price_cents: Mapped[int]
    # When the supplier promised it.
    due_on: Mapped[dt.date | None]
    # Why it was ordered.
    reason: Mapped[str] = mapped_column(sa.String(300), default="")

    order: Mapped[PurchaseOrder] = relationship(back_populates="lines")
    part: Mapped[Part] = relationship()


class PastDemand(Base):
    """Pieces of a part that a week used before the ledger began, imported for forecasting."""

    __tablename__ = "past_demands"
    __table_args__ = (
        sa.UniqueConstraint("part_id", "week"),
        sa.CheckConstraint("quantity >= 0", name="quantity_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"))
    # Its Monday.
    week: Mapped[dt.date]
    quantity: Mapped[int]


class ReorderRule(Base):
    """
    Where the reorder point and the order-up-to level of a part in a warehouse come from.

    ``minimum`` and ``target`` are what was computed; the level has them too, unless a person has set it otherwise
    (``by_hand``), and then both are shown.
    """

    __tablename__ = "reorder_rules"
    __table_args__ = (sa.CheckConstraint("minimum >= 0 AND target >= minimum", name="levels_in_order"),)

    place_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"), primary_key=True)
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"), primary_key=True)
    method: Mapped[str] = mapped_column(sa.String(20))
    # Share of replenishment cycles without a stock-out that was asked for.
    service_level: Mapped[float]
    # Pieces.
    demand_per_week: Mapped[float]
    lead_time_days: Mapped[int]
    minimum: Mapped[int]
    target: Mapped[int]
    by_hand: Mapped[bool] = mapped_column(default=False)
    computed_at: Mapped[dt.datetime]

    part: Mapped[Part] = relationship()
    place: Mapped[Place] = relationship()
