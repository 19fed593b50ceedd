"""Technicians, their skills and their shifts."""

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.accounts import User
from core.base import Base, enum_column
from customers.models import Customer, Territory
from inventory.models import Place


class Partner(Base):
    """A firm that lends technicians, with rates of its own."""

    __tablename__ = "partners"
    __table_args__ = (
        sa.CheckConstraint(
            "shift_cents >= 0 AND travel_cents_per_hour >= 0 AND work_cents_per_hour >= 0", name="rates_not_negative"
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(20), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    # Paid once for a shift that is used, and by the hour.
    shift_cents: Mapped[int] = mapped_column(default=0)
    travel_cents_per_hour: Mapped[int]
    work_cents_per_hour: Mapped[int]
    active: Mapped[bool] = mapped_column(default=True)


technician_territories = sa.Table(
    "technician_territories",
    Base.metadata,
    sa.Column("technician_id", sa.ForeignKey("technicians.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("territory_id", sa.ForeignKey("territories.id", ondelete="CASCADE"), primary_key=True),
)


class Technician(Base):
    """Who drives out, from where, and with which trunk."""

    __tablename__ = "technicians"
    __table_args__ = (
        sa.CheckConstraint("home_lat BETWEEN -90 AND 90 AND home_lon BETWEEN -180 AND 180", name="home_on_earth"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(20), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), unique=True)
    trunk_id: Mapped[int] = mapped_column(sa.ForeignKey("places.id"), unique=True)
    home_lat: Mapped[float]
    home_lon: Mapped[float]
    home_address: Mapped[str] = mapped_column(sa.String(200), default="")
    zone: Mapped[str] = mapped_column(sa.String(60))
    phone: Mapped[str] = mapped_column(sa.String(40), default="")
    active: Mapped[bool] = mapped_column(default=True)
    # None: one of our own.
    partner_id: Mapped[int | None] = mapped_column(sa.ForeignKey("partners.id"))
    # Counts up with every change that a person makes, so that a form made from an older state is noticed.
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[dt.datetime | None]
    changed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))

    user: Mapped[User | None] = relationship(foreign_keys=user_id)
    partner: Mapped[Partner | None] = relationship()
    # Where the technician works; everywhere if it is empty.
    territories: Mapped[list[Territory]] = relationship(secondary=technician_territories, order_by=Territory.code)
    trunk: Mapped[Place] = relationship()
    skills: Mapped[list["TechnicianSkill"]] = relationship(
        back_populates="technician", cascade="all, delete-orphan", order_by="TechnicianSkill.skill"
    )


class TechnicianSkill(Base):
    """What a technician can do, and how well (1 to 3)."""

    __tablename__ = "technician_skills"
    __table_args__ = (sa.CheckConstraint("level BETWEEN 1 AND 3", name="level_in_range"),)

    technician_id: Mapped[int] = mapped_column(sa.ForeignKey("technicians.id", ondelete="CASCADE"), primary_key=True)
    skill: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    level: Mapped[int]
    # The last day on which a certificate holds; None if it does not expire.
    valid_until: Mapped[dt.date | None]

    technician: Mapped[Technician] = relationship(back_populates="skills")


class WeeklyPattern(Base):
    """
    The working week of a technician from a day on, from which shifts are made.

    ``hours`` are those of customers.calendars.WeeklyHours, one span a day; the break may move between two times of day.
    """

    __tablename__ = "weekly_patterns"
    __table_args__ = (
        sa.UniqueConstraint("technician_id", "valid_from"),
        sa.CheckConstraint("break_minutes >= 0 AND overtime_minutes >= 0", name="lengths_not_negative"),
        sa.CheckConstraint("(break_earliest IS NULL) = (break_latest IS NULL)", name="break_whole"),
        sa.CheckConstraint("valid_until >= valid_from", name="pattern_in_order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    technician_id: Mapped[int] = mapped_column(sa.ForeignKey("technicians.id", ondelete="CASCADE"), index=True)
    valid_from: Mapped[dt.date]
    valid_until: Mapped[dt.date | None]
    hours: Mapped[dict[str, Any]]
    break_minutes: Mapped[int] = mapped_column(default=0)
    # Wall times, "11:30".
    break_earliest: Mapped[str | None] = mapped_column(sa.String(5))
    break_latest: Mapped[str | None] = mapped_column(sa.String(5))
    overtime_minutes: Mapped[int] = mapped_column(default=0)
    # Two-letter country whose public holidays are days off; None if they are worked.
    holidays: Mapped[str | None] = mapped_column(sa.String(2))

    technician: Mapped[Technician] = relationship()


class AbsenceReason(enum.StrEnum):
    """Why a technician does not work."""

    SICK = "sick"
    LEAVE = "leave"
    TRAINING = "training"
    # A day that the weekly pattern would make a working day and a person made free.
    DAY_OFF = "day_off"
    OTHER = "other"


class Absence(Base):
    """A span in which a technician does not work, whatever the shifts say."""

    __tablename__ = "absences"
    __table_args__ = (sa.CheckConstraint("ends_at > starts_at", name="absence_in_order"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    technician_id: Mapped[int] = mapped_column(sa.ForeignKey("technicians.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    reason: Mapped[AbsenceReason] = mapped_column(enum_column(AbsenceReason))
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    noted_at: Mapped[dt.datetime]
    noted_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    withdrawn_at: Mapped[dt.datetime | None]

    technician: Mapped[Technician] = relationship()


class Preference(enum.StrEnum):
    """What a customer thinks of a technician."""

    PREFERRED = "preferred"
    EXCLUDED = "excluded"


class CustomerPreference(Base):
    """A technician whom a customer prefers, or does not want."""

    __tablename__ = "customer_preferences"

    customer_id: Mapped[int] = mapped_column(sa.ForeignKey("customers.id", ondelete="CASCADE"), primary_key=True)
    technician_id: Mapped[int] = mapped_column(sa.ForeignKey("technicians.id", ondelete="CASCADE"), primary_key=True)
    preference: Mapped[Preference] = mapped_column(enum_column(Preference))
    reason: Mapped[str] = mapped_column(sa.String(300), default="")

    customer: Mapped[Customer] = relationship()
    technician: Mapped[Technician] = relationship()


class Shift(Base):
    """One technician's working time on one day, with a movable lunch break and the overtime allowed."""

    __tablename__ = "shifts"
    __table_args__ = (
        sa.UniqueConstraint("technician_id", "day"),
        sa.CheckConstraint("ends_at > starts_at", name="shift_in_order"),
        sa.CheckConstraint("break_seconds >= 0 AND overtime_seconds >= 0", name="lengths_not_negative"),
        sa.CheckConstraint("(break_earliest IS NULL) = (break_latest IS NULL)", name="break_whole"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    technician_id: Mapped[int] = mapped_column(sa.ForeignKey("technicians.id", ondelete="CASCADE"))
    # The calendar day in the technician's zone.
    day: Mapped[dt.date] = mapped_column(index=True)
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    break_seconds: Mapped[int] = mapped_column(default=0)
    break_earliest: Mapped[dt.datetime | None]
    break_latest: Mapped[dt.datetime | None]
    overtime_seconds: Mapped[int] = mapped_column(default=0)
    # Made by a person, who is not overruled by the weekly pattern.
    is_exception: Mapped[bool] = mapped_column(default=False)
    # Counts up with every change of what a plan of the day was told of the technician: the hours, absences, skills,
    # home, territories, rates, preferences. So a plan that was made for other facts is noticed.
    version: Mapped[int] = mapped_column(default=1)

    technician: Mapped[Technician] = relationship()
