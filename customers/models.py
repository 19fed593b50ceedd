"""Customers, their contracts, sites and devices."""

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base import Base, enum_column


class Priority(enum.StrEnum):
    """How urgent a fault is; P1 stops the shop from taking money at all."""

    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


class CalendarKind(enum.StrEnum):
    """When the clocks of a contract run."""

    ALWAYS = "24x7"
    SERVICE_HOURS = "service_hours"


class ChargeKind(enum.StrEnum):
    """What a customer can be charged for."""

    CALL_OUT = "call_out"
    LABOUR = "labour"
    TRAVEL = "travel"
    PARTS = "parts"
    # What an urgent visit costs on top.
    URGENT = "urgent"


class PriceList(Base):
    """What work costs that no contract and no warranty covers."""

    __tablename__ = "price_lists"
    __table_args__ = (
        sa.CheckConstraint(
            "call_out_cents >= 0 AND labour_cents_per_hour >= 0 AND travel_cents_per_km >= 0"
            " AND parts_markup_percent >= 0 AND urgent_percent >= 0",
            name="prices_not_negative",
        ),
        sa.CheckConstraint("labour_step_minutes > 0", name="step_positive"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(30), unique=True)
    name: Mapped[str] = mapped_column(sa.String(160))
    # Paid once for each visit.
    call_out_cents: Mapped[int]
    labour_cents_per_hour: Mapped[int]
    # Labour is counted in begun steps of so many minutes.
    labour_step_minutes: Mapped[int] = mapped_column(default=15)
    travel_cents_per_km: Mapped[int]
    # On top of what the part costs us.
    parts_markup_percent: Mapped[int]
    # On top of call-out and labour for P1.
    urgent_percent: Mapped[int] = mapped_column(default=0)
    tax_percent: Mapped[int] = mapped_column(default=0)


class Territory(Base):
    """A part of the country that technicians are responsible for."""

    __tablename__ = "territories"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(20), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))


class Customer(Base):
    """Who pays."""

    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(30), unique=True)
    name: Mapped[str] = mapped_column(sa.String(160))

    contracts: Mapped[list["Contract"]] = relationship(back_populates="customer")


class Contract(Base):
    """What is owed to a customer, and on which calendar its clocks run."""

    __tablename__ = "contracts"

    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    code: Mapped[str] = mapped_column(sa.String(30), unique=True)
    calendar: Mapped[CalendarKind] = mapped_column(enum_column(CalendarKind))
    zone: Mapped[str] = mapped_column(sa.String(60))
    # The weekly hours of customers.calendars.WeeklyHours, as {"mon": [["08:00", "18:00"]], ...}; unused when 24x7.
    service_hours: Mapped[dict[str, Any]]
    # Two-letter country whose public holidays are no service days; None if holidays do not matter.
    holidays: Mapped[str | None] = mapped_column(sa.String(2))
    # The days between which the contract holds; None: from or for ever.
    starts_on: Mapped[dt.date | None]
    ends_on: Mapped[dt.date | None]
    covers_parts: Mapped[bool] = mapped_column(default=True)
    covers_labour: Mapped[bool] = mapped_column(default=True)
    covers_travel: Mapped[bool] = mapped_column(default=True)
    # For what is not covered; None if there is none, and then nothing chargeable can be estimated.
    price_list_id: Mapped[int | None] = mapped_column(sa.ForeignKey("price_lists.id"))
    # Who hears of a clock that nears its end (a role's name of core.accounts), and of one that is over.
    warned_role: Mapped[str] = mapped_column(sa.String(20), default="dispatcher")
    breach_role: Mapped[str] = mapped_column(sa.String(20), default="manager")

    customer: Mapped[Customer] = relationship(back_populates="contracts")
    price_list: Mapped[PriceList | None] = relationship()
    targets: Mapped[list["ServiceTarget"]] = relationship(
        back_populates="contract", cascade="all, delete-orphan", order_by="ServiceTarget.priority"
    )


class ServiceTarget(Base):
    """Response and resolution targets of a contract for one priority, and what missing them costs."""

    __tablename__ = "service_targets"
    __table_args__ = (
        sa.UniqueConstraint("contract_id", "priority"),
        sa.CheckConstraint("response_minutes > 0 AND resolution_minutes >= response_minutes", name="targets_in_order"),
        sa.CheckConstraint("late_cents_per_minute >= 0 AND breach_cents >= 0", name="penalties_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    contract_id: Mapped[int] = mapped_column(sa.ForeignKey("contracts.id", ondelete="CASCADE"))
    priority: Mapped[Priority] = mapped_column(enum_column(Priority))
    response_minutes: Mapped[int]
    resolution_minutes: Mapped[int]
    late_cents_per_minute: Mapped[int]
    breach_cents: Mapped[int]

    contract: Mapped[Contract] = relationship(back_populates="targets")


class Site(Base):
    """Where devices stand: a shop with an address, a position if known, and opening hours."""

    __tablename__ = "sites"
    __table_args__ = (
        sa.CheckConstraint("(lat IS NULL) = (lon IS NULL)", name="position_whole"),
        sa.CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name="position_on_earth"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(30), unique=True)
    name: Mapped[str] = mapped_column(sa.String(160))
    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id"), index=True)
    contract_id: Mapped[int] = mapped_column(sa.ForeignKey("contracts.id"), index=True)
    address: Mapped[str] = mapped_column(sa.String(200))
    lat: Mapped[float | None]
    lon: Mapped[float | None]
    zone: Mapped[str] = mapped_column(sa.String(60))
    # Weekly hours as in Contract.service_hours.
    opening_hours: Mapped[dict[str, Any]]
    contact_name: Mapped[str] = mapped_column(sa.String(120), default="")
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    territory_id: Mapped[int | None] = mapped_column(sa.ForeignKey("territories.id"), index=True)

    customer: Mapped[Customer] = relationship()
    territory: Mapped[Territory | None] = relationship()
    contract: Mapped[Contract] = relationship()
    devices: Mapped[list["Device"]] = relationship(back_populates="site", order_by="Device.serial")


class Device(Base):
    """A machine at a site."""

    __tablename__ = "devices"

    id: Mapped[int] = mapped_column(primary_key=True)
    serial: Mapped[str] = mapped_column(sa.String(60), unique=True)
    model: Mapped[str] = mapped_column(sa.String(60), index=True)
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    software_version: Mapped[str] = mapped_column(sa.String(30), default="")
    warranty_until: Mapped[dt.date | None]
    # When it was taken away from its site, where it stays on record; None while it stands there.
    removed_at: Mapped[dt.datetime | None]

    site: Mapped[Site] = relationship(back_populates="devices")
