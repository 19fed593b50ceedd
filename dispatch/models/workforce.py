"""Technicians, their skills and their shifts."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.accounts import User
from core.base import Base
from inventory.models import Place


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

    user: Mapped[User | None] = relationship()
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

    technician: Mapped[Technician] = relationship(back_populates="skills")


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

    technician: Mapped[Technician] = relationship()
