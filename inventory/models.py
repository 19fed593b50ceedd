"""Parts, the places that hold them, and the ledger of their movements."""

import datetime as dt
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


class PlaceKind(enum.StrEnum):
    """Where parts can be. Only warehouses and trunks hold countable stock; the rest are the ledger's other side."""

    WAREHOUSE = "warehouse"
    TRUNK = "trunk"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    CORRECTION = "correction"


STOCKED = frozenset({PlaceKind.WAREHOUSE, PlaceKind.TRUNK})


class MovementKind(enum.StrEnum):
    """Why a part changed place."""

    RECEIPT = "receipt"
    TRANSFER = "transfer"
    CONSUMPTION = "consumption"
    CORRECTION = "correction"


class ReservationState(enum.StrEnum):
    """What became of a promise of parts."""

    OPEN = "open"
    USED = "used"
    RELEASED = "released"


class PickState(enum.StrEnum):
    """How far a pick list or one of its lines is."""

    OPEN = "open"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Part(Base):
    """A kind of spare part."""

    __tablename__ = "parts"
    __table_args__ = (
        sa.CheckConstraint("unit_cost_cents >= 0", name="cost_not_negative"),
        sa.CheckConstraint("pack_size >= 1", name="pack_size_positive"),
        sa.CheckConstraint("lead_time_days >= 0", name="lead_time_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(sa.String(40), unique=True)
    name_en: Mapped[str] = mapped_column(sa.String(160))
    name_zh: Mapped[str] = mapped_column(sa.String(160))
    family: Mapped[PartFamily] = mapped_column(enum_column(PartFamily), index=True)
    unit_cost_cents: Mapped[int]
    pack_size: Mapped[int] = mapped_column(default=1)
    lead_time_days: Mapped[int] = mapped_column(default=7)

    fits: Mapped[list["PartFit"]] = relationship(
        back_populates="part", cascade="all, delete-orphan", order_by="PartFit.device_model"
    )


class PartFit(Base):
    """A device model that a part fits."""

    __tablename__ = "part_fits"

    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id", ondelete="CASCADE"), primary_key=True)
    device_model: Mapped[str] = mapped_column(sa.String(60), primary_key=True, index=True)

    part: Mapped[Part] = relationship(back_populates="fits")


class Place(Base):
    """Somewhere parts are: a warehouse, a trunk, or the ledger's other side (supplier, customer, correction)."""

    __tablename__ = "places"
    __table_args__ = (sa.CheckConstraint("(lat IS NULL) = (lon IS NULL)", name="position_whole"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(30), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    kind: Mapped[PlaceKind] = mapped_column(enum_column(PlaceKind), index=True)
    address: Mapped[str] = mapped_column(sa.String(200), default="")
    # Warehouses only: trunks move and the rest is nowhere.
    lat: Mapped[float | None]
    lon: Mapped[float | None]


class StockLevel(Base):
    """
    How many pieces of a part a place holds, how many of them are promised, and the par level there.

    ``on_hand`` is the running total of the ledger and is written by ``inventory.ledger`` alone. In a trunk ``minimum``
    and ``target`` are its par level; in a warehouse they are the reorder point and the order-up-to level.
    """

    __tablename__ = "stock_levels"
    __table_args__ = (
        sa.UniqueConstraint("place_id", "part_id"),
        sa.CheckConstraint("on_hand >= 0 AND reserved >= 0 AND reserved <= on_hand", name="reserved_within_on_hand"),
        sa.CheckConstraint("minimum >= 0 AND target >= minimum", name="par_level_in_order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"))
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"), index=True)
    on_hand: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
    minimum: Mapped[int] = mapped_column(default=0)
    target: Mapped[int] = mapped_column(default=0)
    bin: Mapped[str] = mapped_column(sa.String(20), default="")

    place: Mapped[Place] = relationship()
    part: Mapped[Part] = relationship()

    @property
    def available(self) -> int:
        return self.on_hand - self.reserved


class Movement(Base):
    """
    One append-only entry of the ledger: pieces of a part that left one place and arrived at another.

    Every entry has both sides, so over all places, suppliers, customers and corrections the sum is always zero.
    """

    __tablename__ = "movements"
    __table_args__ = (
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        sa.CheckConstraint("from_place_id <> to_place_id", name="two_sides"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[dt.datetime] = mapped_column(index=True)
    kind: Mapped[MovementKind] = mapped_column(enum_column(MovementKind))
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"), index=True)
    quantity: Mapped[int]
    from_place_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"), index=True)
    to_place_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"), index=True)
    # Printed, never joined: a job number, a delivery note, a pick list number.
    reference: Mapped[str] = mapped_column(sa.String(80))
    reason: Mapped[str] = mapped_column(sa.String(200), default="")
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))

    part: Mapped[Part] = relationship()
    from_place: Mapped[Place] = relationship(foreign_keys=from_place_id)
    to_place: Mapped[Place] = relationship(foreign_keys=to_place_id)


class Reservation(Base):
    """Pieces of a part at a place that are promised to the document named in ``reference``."""

    __tablename__ = "reservations"
    __table_args__ = (sa.CheckConstraint("quantity > 0", name="quantity_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"), index=True)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"), index=True)
    quantity: Mapped[int]
    state: Mapped[ReservationState] = mapped_column(enum_column(ReservationState), default=ReservationState.OPEN)
    reference: Mapped[str] = mapped_column(sa.String(80), index=True)
    created_at: Mapped[dt.datetime]

    part: Mapped[Part] = relationship()
    place: Mapped[Place] = relationship()


class PickList(Base):
    """What leaves a warehouse for a trunk."""

    __tablename__ = "pick_lists"

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
    __table_args__ = (sa.CheckConstraint("quantity > 0", name="quantity_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    pick_list_id: Mapped[int] = mapped_column(sa.ForeignKey("pick_lists.id", ondelete="CASCADE"), index=True)
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"))
    quantity: Mapped[int]
    reservation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reservations.id"), index=True)
    reference: Mapped[str] = mapped_column(sa.String(80), default="")
    state: Mapped[PickState] = mapped_column(enum_column(PickState), default=PickState.OPEN)
    confirmed_at: Mapped[dt.datetime | None]
    confirmed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))

    pick_list: Mapped[PickList] = relationship(back_populates="lines")
    part: Mapped[Part] = relationship()
    reservation: Mapped[Reservation | None] = relationship()
