"""Spare parts: what they fit, what can stand in for them, and who supplies them."""

import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base import Base, enum_column


class PartFamily(enum.StrEnum):
    """The kinds of parts that terminals are repaired with."""

    BATTERY = "battery"
    KEYBOARD = "keyboard"
    PRINTER = "printer"
    SCREEN = "screen"
    MAINBOARD = "mainboard"
    CARD_READER = "card_reader"
    POWER_SUPPLY = "power_supply"
    CONSUMABLE = "consumable"


class Part(Base):
    """A kind of spare part."""

    __tablename__ = "parts"
    __table_args__ = (sa.CheckConstraint("unit_cost_cents >= 0", name="cost_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name_en: Mapped[str] = mapped_column(sa.String(160))
    name_zh: Mapped[str] = mapped_column(sa.String(160))
    family: Mapped[PartFamily] = mapped_column(enum_column(PartFamily), index=True)
    unit_cost_cents: Mapped[int]
    # What the barcode on the piece says, when it is not the SKU.
    barcode: Mapped[str | None] = mapped_column(sa.String(60), unique=True)
    serial_tracked: Mapped[bool] = mapped_column(default=False)
    # Whether the defective piece must come back.
    core_due: Mapped[bool] = mapped_column(default=False)

    fits: Mapped[list["PartFit"]] = relationship(
        back_populates="part", cascade="all, delete-orphan", order_by="PartFit.device_model"
    )
    substitutes: Mapped[list["Substitute"]] = relationship(
        foreign_keys="Substitute.part_id", cascade="all, delete-orphan", order_by="Substitute.rank"
    )
    supplies: Mapped[list["Supply"]] = relationship(
        back_populates="part", cascade="all, delete-orphan", order_by="Supply.rank"
    )


class PartFit(Base):
    """A device model that a part fits."""

    __tablename__ = "part_fits"

    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id", ondelete="CASCADE"), primary_key=True)
    device_model: Mapped[str] = mapped_column(sa.String(60), primary_key=True, index=True)

    part: Mapped[Part] = relationship(back_populates="fits")


class Substitute(Base):
    """A part that may be used instead of another; the lowest rank first."""

    __tablename__ = "substitutes"
    __table_args__ = (sa.CheckConstraint("part_id <> substitute_id", name="another_part"),)

    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id", ondelete="CASCADE"), primary_key=True)
    substitute_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"), primary_key=True)
    rank: Mapped[int]

    substitute: Mapped[Part] = relationship(foreign_keys=substitute_id)


class Supplier(Base):
    """A firm that parts are bought from; ``place_id`` is its side of the ledger."""

    __tablename__ = "suppliers"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(30), unique=True)
    name: Mapped[str] = mapped_column(sa.String(160))
    email: Mapped[str] = mapped_column(sa.String(254), default="")
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"), unique=True)


class Supply(Base):
    """How a supplier sells a part; of several suppliers the one with the lowest rank is asked first."""

    __tablename__ = "supplies"
    __table_args__ = (
        sa.CheckConstraint("lead_time_days >= 0", name="lead_time_not_negative"),
        sa.CheckConstraint("pack_size >= 1", name="pack_size_positive"),
        sa.CheckConstraint("price_cents >= 0", name="price_not_negative"),
    )

    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id", ondelete="CASCADE"), primary_key=True)
    supplier_id: Mapped[int] = mapped_column(sa.ForeignKey("suppliers.id"), primary_key=True, index=True)
    rank: Mapped[int] = mapped_column(default=1)
    supplier_sku: Mapped[str] = mapped_column(sa.String(60), default="")
    lead_time_days: Mapped[int]
    pack_size: Mapped[int] = mapped_column(default=1)
    price_cents: Mapped[int]

    part: Mapped[Part] = relationship(back_populates="supplies")
    supplier: Mapped[Supplier] = relationship()
