"""Transfers: pieces on their way from one place to another, in transit in between."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base import Base, enum_column
from inventory.models.catalogue import Part
from inventory.models.stock import Place, Reservation


class TransferState(enum.StrEnum):
    """How far a transfer is."""

    REQUESTED = "requested"
    PICKED = "picked"
    SHIPPED = "shipped"
    RECEIVED = "received"
    # Received back where it had left.
    TURNED_BACK = "turned_back"
    CANCELLED = "cancelled"


class Transfer(Base):
    """A request to bring pieces from one place to another, and what became of it."""

    __tablename__ = "transfers"
    __table_args__ = (sa.CheckConstraint("from_place_id <> to_place_id", name="two_places"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[TransferState] = mapped_column(
        enum_column(TransferState), default=TransferState.REQUESTED, index=True
    )
    from_place_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"), index=True)
    to_place_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"), index=True)
    reason: Mapped[str] = mapped_column(sa.String(200), default="")
    requested_at: Mapped[dt.datetime]
    requested_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    shipped_at: Mapped[dt.datetime | None]
    # When the pieces should be there; the availability curve counts on it.
    expected_at: Mapped[dt.datetime | None]
    closed_at: Mapped[dt.datetime | None]

    from_place: Mapped[Place] = relationship(foreign_keys=from_place_id)
    to_place: Mapped[Place] = relationship(foreign_keys=to_place_id)
    lines: Mapped[list["TransferLine"]] = relationship(
        back_populates="transfer", cascade="all, delete-orphan", order_by="TransferLine.id"
    )

    @property
    def number(self) -> str:
        return f"T-{self.id}"


class TransferLine(Base):
    """
    Pieces of one part on a transfer, for the reservation they carry along or for nobody in particular.

    ``picked`` left, ``received`` arrived in good order and ``damaged`` arrived and went into quarantine; these two
    together may differ from what left. What is missing stays in transit until it is found, and received after all, or
    written off as ``lost``.
    """

    __tablename__ = "transfer_lines"
    __table_args__ = (
        sa.CheckConstraint("requested > 0", name="requested_positive"),
        sa.CheckConstraint("picked >= 0 AND received >= 0 AND damaged >= 0 AND lost >= 0", name="not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transfer_id: Mapped[int] = mapped_column(sa.ForeignKey("transfers.id", ondelete="CASCADE"), index=True)
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"), index=True)
    requested: Mapped[int]
    picked: Mapped[int] = mapped_column(default=0)
    received: Mapped[int] = mapped_column(default=0)
    damaged: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)
    reservation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reservations.id"), index=True)
    # Why fewer were picked than requested, or what was wrong on arrival.
    remark: Mapped[str] = mapped_column(sa.String(200), default="")

    transfer: Mapped[Transfer] = relationship(back_populates="lines")
    part: Mapped[Part] = relationship()
    reservation: Mapped[Reservation | None] = relationship()

    @property
    def missing(self) -> int:
        """Pieces that left and neither arrived nor were written off."""
        return max(0, self.picked - self.received - self.damaged - self.lost)
