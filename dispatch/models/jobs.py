"""Fault catalogue and jobs."""

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base import Base, enum_column
from customers.models import Device, Priority, Site
from inventory.models import Part, PartFamily, Reservation


class JobKind(enum.StrEnum):
    """What is to be done at the site."""

    REPAIR = "repair"
    INSTALLATION = "installation"
    SWAP = "swap"
    COLLECTION = "collection"
    MAINTENANCE = "maintenance"
    UPGRADE = "upgrade"
    TRAINING = "training"
    DATA_RECOVERY = "data_recovery"


class JobStatus(enum.StrEnum):
    """Where a job is in its life; the moves between them stand in ``dispatch.lifecycle``."""

    NEW = "new"
    READY = "ready"
    WAITING_PARTS = "waiting_parts"
    PLANNED = "planned"
    DISPATCHED = "dispatched"
    EN_ROUTE = "en_route"
    ON_SITE = "on_site"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    CANCELLED = "cancelled"


class FaultCode(Base):
    """A symptom with the work, the skills and the parts that it usually takes."""

    __tablename__ = "fault_codes"
    __table_args__ = (sa.CheckConstraint("duration_seconds > 0", name="duration_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(30), unique=True)
    name_en: Mapped[str] = mapped_column(sa.String(160))
    name_zh: Mapped[str] = mapped_column(sa.String(160))
    duration_seconds: Mapped[int]
    default_priority: Mapped[Priority] = mapped_column(enum_column(Priority), default=Priority.P3)

    skills: Mapped[list["FaultSkill"]] = relationship(back_populates="fault", cascade="all, delete-orphan")
    parts: Mapped[list["FaultPart"]] = relationship(back_populates="fault", cascade="all, delete-orphan")


class FaultSkill(Base):
    """A skill that a fault asks for, and at which level (1 to 3)."""

    __tablename__ = "fault_skills"

    fault_id: Mapped[int] = mapped_column(sa.ForeignKey("fault_codes.id", ondelete="CASCADE"), primary_key=True)
    skill: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    level: Mapped[int] = mapped_column(default=1)

    fault: Mapped[FaultCode] = relationship(back_populates="skills")


class FaultPart(Base):
    """The family of part that a fault usually takes; the SKU follows from the device's model."""

    __tablename__ = "fault_parts"
    __table_args__ = (sa.CheckConstraint("quantity > 0", name="quantity_positive"),)

    fault_id: Mapped[int] = mapped_column(sa.ForeignKey("fault_codes.id", ondelete="CASCADE"), primary_key=True)
    family: Mapped[PartFamily] = mapped_column(enum_column(PartFamily), primary_key=True)
    quantity: Mapped[int] = mapped_column(default=1)

    fault: Mapped[FaultCode] = relationship(back_populates="parts")


class Job(Base):
    """Work at a site, with what is owed and by when."""

    __tablename__ = "jobs"
    __table_args__ = (
        sa.CheckConstraint("duration_seconds > 0", name="duration_positive"),
        sa.CheckConstraint("(window_start IS NULL) = (window_end IS NULL)", name="window_whole"),
        sa.CheckConstraint("window_end > window_start", name="window_in_order"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    # The number that the reporting system gave, by which a repeated import is noticed; None if there is none.
    external_id: Mapped[str | None] = mapped_column(sa.String(60), unique=True)
    kind: Mapped[JobKind] = mapped_column(enum_column(JobKind))
    status: Mapped[JobStatus] = mapped_column(enum_column(JobStatus), index=True)
    priority: Mapped[Priority] = mapped_column(enum_column(Priority))
    site_id: Mapped[int] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    device_id: Mapped[int | None] = mapped_column(sa.ForeignKey("devices.id"), index=True)
    fault_id: Mapped[int | None] = mapped_column(sa.ForeignKey("fault_codes.id"))
    description: Mapped[str] = mapped_column(sa.Text, default="")
    # {"printer": 2}: the skill and the level it is needed at.
    skills: Mapped[dict[str, Any]]
    duration_seconds: Mapped[int]
    reported_at: Mapped[dt.datetime]
    response_due: Mapped[dt.datetime] = mapped_column(index=True)
    resolution_due: Mapped[dt.datetime]
    # The promise: the window that was told to the customer; None if none was.
    window_start: Mapped[dt.datetime | None]
    window_end: Mapped[dt.datetime | None]
    # When the first technician was on site, which stops the response clock.
    responded_at: Mapped[dt.datetime | None]
    completed_at: Mapped[dt.datetime | None]
    late_cents_per_minute: Mapped[int]
    breach_cents: Mapped[int]
    # Counts up with every change, so that a plan or a form made from an older state is noticed.
    version: Mapped[int] = mapped_column(default=1)

    site: Mapped[Site] = relationship()
    device: Mapped[Device | None] = relationship()
    fault: Mapped[FaultCode | None] = relationship()
    parts: Mapped[list["JobPart"]] = relationship(
        back_populates="job", cascade="all, delete-orphan", order_by="JobPart.id"
    )
    events: Mapped[list["JobEvent"]] = relationship(
        back_populates="job", cascade="all, delete-orphan", order_by="JobEvent.id"
    )

    # Every UPDATE of a job asks for the version it read; a second writer's is refused instead of overwriting.
    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 -- SQLAlchemy reads a plain dict


class JobPart(Base):
    """
    A part that a job needs, where it is promised, and how many were used up.

    ``instead_of`` is the part that was wanted when this one is its substitute.
    """

    __tablename__ = "job_parts"
    __table_args__ = (
        sa.UniqueConstraint("job_id", "part_id"),
        sa.CheckConstraint("quantity > 0 AND used >= 0", name="quantities_sound"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(sa.ForeignKey("jobs.id", ondelete="CASCADE"))
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"), index=True)
    quantity: Mapped[int]
    used: Mapped[int] = mapped_column(default=0)
    reservation_id: Mapped[int | None] = mapped_column(sa.ForeignKey("reservations.id"))
    instead_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("parts.id"))

    job: Mapped[Job] = relationship(back_populates="parts")
    part: Mapped[Part] = relationship(foreign_keys=part_id)
    instead_of: Mapped[Part | None] = relationship(foreign_keys=instead_of_id)
    reservation: Mapped[Reservation | None] = relationship()


class JobEvent(Base):
    """One line of a job's history: who did what when, and what changed."""

    __tablename__ = "job_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(sa.ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    at: Mapped[dt.datetime]
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(sa.String(30))
    from_status: Mapped[JobStatus | None] = mapped_column(enum_column(JobStatus))
    to_status: Mapped[JobStatus] = mapped_column(enum_column(JobStatus))
    note: Mapped[str] = mapped_column(sa.String(300), default="")

    job: Mapped[Job] = relationship(back_populates="events")
