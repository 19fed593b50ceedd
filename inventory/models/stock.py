"""Places, what they hold, the ledger of movements, and what is promised."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base import Base, enum_column, index_of_open
from inventory.models.catalogue import Part


class PlaceKind(enum.StrEnum):
    """
    Where parts can be.

    The kind tells their condition as well: good pieces are in warehouses, trunks and in transit, or lent to a site;
    defective and doubtful ones in core boxes, quarantine and on the bench. The last four are the ledger's other side
    and hold no countable stock.
    """

    WAREHOUSE = "warehouse"
    TRUNK = "trunk"
    TRANSIT = "transit"
    SITE = "site"
    CORE_BOX = "core_box"
    QUARANTINE = "quarantine"
    BENCH = "bench"
    SUPPLIER = "supplier"
    CUSTOMER = "customer"
    SCRAP = "scrap"
    CORRECTION = "correction"


# Places from which jobs are served and which people restock.
SERVING = frozenset({PlaceKind.WAREHOUSE, PlaceKind.TRUNK})
# Places that hold countable stock.
STOCKED = SERVING | {
    PlaceKind.TRANSIT,
    PlaceKind.SITE,
    PlaceKind.CORE_BOX,
    PlaceKind.QUARANTINE,
    PlaceKind.BENCH,
}


class MovementKind(enum.StrEnum):
    """Why a part changed place."""

    RECEIPT = "receipt"
    TRANSFER = "transfer"
    CONSUMPTION = "consumption"
    # A defective part comes off a shop's device.
    CORE = "core"
    # A piece is mended on the bench and good again.
    REPAIR = "repair"
    # To a supplier under an RMA, and what comes back.
    RETURN = "return"
    SCRAP = "scrap"
    CORRECTION = "correction"


class ReservationState(enum.StrEnum):
    """What became of a promise of parts."""

    OPEN = "open"
    USED = "used"
    RELEASED = "released"


class Place(Base):
    """
    Somewhere parts are, or the ledger's other side.

    ``home`` is the warehouse that a quarantine or a bench belongs to, and the trunk that a core box rides in.
    """

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
    home_id: Mapped[int | None] = mapped_column(sa.ForeignKey("places.id"), index=True)

    home: Mapped["Place | None"] = relationship(remote_side="Place.id")


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
        sa.CheckConstraint("unit_cost_cents >= 0", name="cost_not_negative"),
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
    # What one piece was worth when it moved.
    unit_cost_cents: Mapped[int] = mapped_column(default=0)

    part: Mapped[Part] = relationship()
    serials: Mapped[list["Serial"]] = relationship(secondary="movement_serials", order_by="Serial.number")
    from_place: Mapped[Place] = relationship(foreign_keys=from_place_id)
    to_place: Mapped[Place] = relationship(foreign_keys=to_place_id)


class Serial(Base):
    """One piece of a serial-tracked part, and where it is now; ``Movement.serials`` tell where it was before."""

    __tablename__ = "serials"
    __table_args__ = (sa.UniqueConstraint("part_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"))
    number: Mapped[str] = mapped_column(sa.String(60), index=True)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"), index=True)

    part: Mapped[Part] = relationship()
    place: Mapped[Place] = relationship()


class MovementSerial(Base):
    """A piece that an entry of the ledger moved."""

    __tablename__ = "movement_serials"

    movement_id: Mapped[int] = mapped_column(sa.ForeignKey("movements.id"), primary_key=True)
    serial_id: Mapped[int] = mapped_column(sa.ForeignKey("serials.id"), primary_key=True, index=True)


class Reservation(Base):
    """Pieces of a part at a place that are promised to the document named in ``reference``."""

    __tablename__ = "reservations"
    __table_args__ = (
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        index_of_open("ix_reservations_open", "expires_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"), index=True)
    place_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"), index=True)
    quantity: Mapped[int]
    state: Mapped[ReservationState] = mapped_column(enum_column(ReservationState), default=ReservationState.OPEN)
    reference: Mapped[str] = mapped_column(sa.String(80), index=True)
    created_at: Mapped[dt.datetime]
    # When the document needs the pieces; a short count lets go first what is needed last, and None is last of all.
    needed_at: Mapped[dt.datetime | None]
    # When the promise ends by itself; None means never.
    expires_at: Mapped[dt.datetime | None]

    part: Mapped[Part] = relationship()
    place: Mapped[Place] = relationship()


class BackOrder(Base):
    """Pieces of a part that a document waits for; it goes when they are promised or not wanted any more."""

    __tablename__ = "back_orders"
    __table_args__ = (
        sa.UniqueConstraint("reference", "part_id"),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"), index=True)
    quantity: Mapped[int]
    reference: Mapped[str] = mapped_column(sa.String(80))
    needed_at: Mapped[dt.datetime | None]
    created_at: Mapped[dt.datetime]

    part: Mapped[Part] = relationship()
