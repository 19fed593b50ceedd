"""Fault catalogue and jobs."""

import datetime as dt
import enum
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.attachments import Attachment
from core.base import Base, enum_column
from customers.models import Contract, Device, Priority, Site
from inventory.models import Part, PartFamily, Reservation

if TYPE_CHECKING:
    from dispatch.models.promises import Pin


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
    # What is broken, by which people find the fault: "printer", "screen", "network", ...
    subject: Mapped[str] = mapped_column(sa.String(30), default="")
    # The key of the first step to try; None if there is nothing to try before somebody drives.
    first_step: Mapped[str | None] = mapped_column(sa.String(30))
    # Whether it comes from a fall, a spill or the like, which no maker's warranty covers.
    by_damage: Mapped[bool] = mapped_column(default=False)

    steps: Mapped[list["FaultStep"]] = relationship(
        back_populates="fault", cascade="all, delete-orphan", order_by="FaultStep.id"
    )
    causes: Mapped[list["FaultCause"]] = relationship(
        back_populates="fault", cascade="all, delete-orphan", order_by="FaultCause.probability.desc()"
    )
    skills: Mapped[list["FaultSkill"]] = relationship(back_populates="fault", cascade="all, delete-orphan")
    parts: Mapped[list["FaultPart"]] = relationship(back_populates="fault", cascade="all, delete-orphan")
    alarms: Mapped[list["FaultAlarm"]] = relationship(
        back_populates="fault", cascade="all, delete-orphan", order_by="FaultAlarm.code"
    )


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
    # How often the fault takes the part, in per cent of the cases.
    percent: Mapped[int] = mapped_column(default=100)

    fault: Mapped[FaultCode] = relationship(back_populates="parts")


class FaultStep(Base):
    """
    One question or trial of a fault's decision tree.

    A yes or a no leads to the step named, or ends the tree: "fixed" (a remote fix) or "visit" (somebody has to come);
    "fault:CODE" goes on with another fault.
    """

    __tablename__ = "fault_steps"
    __table_args__ = (sa.UniqueConstraint("fault_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    fault_id: Mapped[int] = mapped_column(sa.ForeignKey("fault_codes.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(sa.String(30))
    text_en: Mapped[str] = mapped_column(sa.String(300))
    text_zh: Mapped[str] = mapped_column(sa.String(300))
    on_yes: Mapped[str] = mapped_column(sa.String(40))
    on_no: Mapped[str] = mapped_column(sa.String(40))

    fault: Mapped[FaultCode] = relationship(back_populates="steps")


class FaultCause(Base):
    """What a fault comes from, and how often."""

    __tablename__ = "fault_causes"
    __table_args__ = (sa.CheckConstraint("probability BETWEEN 0 AND 100", name="probability_in_range"),)

    fault_id: Mapped[int] = mapped_column(sa.ForeignKey("fault_codes.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    name_en: Mapped[str] = mapped_column(sa.String(160))
    name_zh: Mapped[str] = mapped_column(sa.String(160))
    # Per cent of the cases.
    probability: Mapped[int]

    fault: Mapped[FaultCode] = relationship(back_populates="causes")


class FaultAlarm(Base):
    """What devices send when they notice a fault themselves."""

    __tablename__ = "fault_alarms"

    code: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    fault_id: Mapped[int] = mapped_column(sa.ForeignKey("fault_codes.id", ondelete="CASCADE"), index=True)

    fault: Mapped[FaultCode] = relationship(back_populates="alarms")


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
    # The contract whose clocks run, and its targets in seconds of service; None where a due time was agreed otherwise.
    contract_id: Mapped[int] = mapped_column(sa.ForeignKey("contracts.id"))
    response_seconds: Mapped[int | None]
    resolution_seconds: Mapped[int | None]
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
    # The job before, if the same fault was on the same device not long ago.
    repeat_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("jobs.id"))
    # What contract or warranty covers, as customers.entitlement tells it; empty where nobody has asked.
    cover: Mapped[dict[str, Any]] = mapped_column(default=dict)

    site: Mapped[Site] = relationship()
    contract: Mapped[Contract] = relationship()
    repeat_of: Mapped["Job | None"] = relationship(remote_side="Job.id")
    pin: Mapped["Pin | None"] = relationship(back_populates="job", cascade="all, delete-orphan")
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
    # What changed, as {"field": [was, is], ...}, and other facts by name; worded when it is shown.
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)

    job: Mapped[Job] = relationship(back_populates="events")


class JobFile(Base):
    """A file that came with the report, or was added to the job later."""

    __tablename__ = "job_files"

    job_id: Mapped[int] = mapped_column(sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    attachment_id: Mapped[int] = mapped_column(sa.ForeignKey("attachments.id"), primary_key=True)

    attachment: Mapped[Attachment] = relationship()
