"""Defective parts on their way back: cores, the bench, and returns to suppliers."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base import Base, enum_column
from inventory.models.catalogue import Part, Supplier
from inventory.models.stock import Place, Serial


class CoreState(enum.StrEnum):
    """How far a defective piece is on its way."""

    # Still at the shop, owed by the technician.
    DUE = "due"
    # In the core box of the technician's van.
    TAKEN = "taken"
    # In the warehouse's quarantine.
    RECEIVED = "received"
    ON_BENCH = "on_bench"
    REPAIRED = "repaired"
    SCRAPPED = "scrapped"
    # On an RMA, until the supplier has decided.
    RETURNING = "returning"
    RETURNED = "returned"
    # Never came back.
    LOST = "lost"


class RmaState(enum.StrEnum):
    """How far a return to a supplier is."""

    OPEN = "open"
    SHIPPED = "shipped"
    CREDITED = "credited"
    REPLACED = "replaced"
    REFUSED = "refused"
    CANCELLED = "cancelled"


class Rma(Base):
    """A return of defective pieces to a supplier."""

    __tablename__ = "rmas"

    id: Mapped[int] = mapped_column(primary_key=True)
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("suppliers.id"), index=True)
    warehouse_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"))
    state: Mapped[RmaState] = mapped_column(enum_column(RmaState), default=RmaState.OPEN, index=True)
    # The number that the supplier gave.
    supplier_reference: Mapped[str] = mapped_column(sa.String(80), default="")
    credit_cents: Mapped[int | None]
    opened_at: Mapped[dt.datetime]
    shipped_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]

    supplier: Mapped[Supplier] = relationship()
    warehouse: Mapped[Place] = relationship()
    cores: Mapped[list["Core"]] = relationship(back_populates="rma", order_by="Core.id")

    @property
    def number(self) -> str:
        return f"RMA-{self.id}"


class Core(Base):
    """One defective piece that must come back, from the shop to its end."""

    __tablename__ = "cores"

    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"), index=True)
    serial_id: Mapped[int | None] = mapped_column(sa.ForeignKey("serials.id"), index=True)
    state: Mapped[CoreState] = mapped_column(enum_column(CoreState), default=CoreState.DUE, index=True)
    # The van whose technician owes it; None for a piece that came damaged to a warehouse.
    trunk_id: Mapped[int | None] = mapped_column(sa.ForeignKey("places.id"), index=True)
    # Where it was last; None while it is still at the shop.
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("places.id"))
    # The job that it comes from, or the transfer that it was damaged on.
    reference: Mapped[str] = mapped_column(sa.String(80), index=True)
    due_since: Mapped[dt.datetime]
    received_at: Mapped[dt.datetime | None]
    tested_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]
    # What the test found, or why it was written off.
    finding: Mapped[str] = mapped_column(sa.String(200), default="")
    rma_id: Mapped[int | None] = mapped_column(sa.ForeignKey("rmas.id"), index=True)

    part: Mapped[Part] = relationship()
    serial: Mapped[Serial | None] = relationship()
    trunk: Mapped[Place | None] = relationship(foreign_keys=trunk_id)
    place: Mapped[Place | None] = relationship(foreign_keys=place_id)
    rma: Mapped[Rma | None] = relationship(back_populates="cores")
