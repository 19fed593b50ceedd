"""Pick lists: what leaves a warehouse for a trunk this morning."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base import Base, enum_column, index_of_open
from inventory.models.catalogue import Part
from inventory.models.stock import Place, Reservation


class PickState(enum.StrEnum):
    """How far a pick list or one of its lines is."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class PickList(Base):
    """What leaves a warehouse for a trunk."""

    __tablename__ = "pick_lists"
    __table_args__ = (index_of_open("ix_pick_lists_open", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    warehouse_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"), index=True)
    trunk_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"), index=True)
    day: Mapped[dt.date] = mapped_column(index=True)
    state: Mapped[PickState] = mapped_column(enum_column(PickState), default=PickState.OPEN)
    created_at: Mapped[dt.datetime]

    warehouse: Mapped[Place] = relationship(foreign_keys=warehouse_id)
    trunk: Mapped[Place] = relationship(foreign_keys=trunk_id)
    lines: Mapped[list["PickLine"]] = relationship(
        back_populates="pick_list", cascade="all, delete-orphan", order_by="PickLine.id"
    )


class PickLine(Base):
    """Pieces of one part on a pick list, for the reservation they will fulfil or, without one, to fill up the trunk."""

    __tablename__ = "pick_lines"
    __table_args__ = (
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        index_of_open("ix_pick_lines_open", "pick_list_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    pick_list_id: Mapped[int] = mapped_column(sa.ForeignKey("pick_lists.id", ondelete="CASCADE"), index=True)
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"))
    quantity: Mapped[int]
    reservation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reservations.id"), index=True)
    reference: Mapped[str] = mapped_column(sa.String(80), default="")
    state: Mapped[PickState] = mapped_column(enum_column(PickState), default=PickState.OPEN)
    # Why fewer pieces went along than were asked for.
    remark: Mapped[str] = mapped_column(sa.String(200), default="")
    confirmed_at: Mapped[dt.datetime | None]
    confirmed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))

    pick_list: Mapped[PickList] = relationship(back_populates="lines")
    part: Mapped[Part] = relationship()
    reservation: Mapped[Reservation | None] = relationship()
