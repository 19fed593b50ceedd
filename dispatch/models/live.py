"""The living day: where technicians are, what happened, and what phones sent that could not be carried out."""

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base import Base, enum_column
from dispatch.models.jobs import Job
from dispatch.models.plans import Plan
from dispatch.models.visits import Visit
from dispatch.models.workforce import Technician


class Position(Base):
    """Where a technician was last seen."""

    __tablename__ = "positions"
    __table_args__ = (sa.CheckConstraint("lat BETWEEN -90 AND 90 AND lon BETWEEN -180 AND 180", name="on_earth"),)

    technician_id: Mapped[int] = mapped_column(sa.ForeignKey("technicians.id", ondelete="CASCADE"), primary_key=True)
    at: Mapped[dt.datetime]
    lat: Mapped[float]
    lon: Mapped[float]
    # Metres; None if the phone did not say.
    accuracy: Mapped[float | None]

    technician: Mapped[Technician] = relationship()


class JobViewer(Base):
    """Who looks at a job at this moment, so that two people who edit it see each other; told again and again."""

    __tablename__ = "job_viewers"

    job_id: Mapped[int] = mapped_column(sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    seen_at: Mapped[dt.datetime]
    # Whether something was typed or chosen that is not sent yet.
    edits: Mapped[bool] = mapped_column(default=False)


class DayEventKind(enum.StrEnum):
    """What can happen to a published day."""

    URGENT_JOB = "urgent_job"
    CANCELLATION = "cancellation"
    VISIT_STARTED = "visit_started"
    VISIT_FINISHED = "visit_finished"
    VISIT_OVERRUNS = "visit_overruns"
    TECHNICIAN_ABSENT = "technician_absent"
    TECHNICIAN_LATE = "technician_late"
    PART_MISSING = "part_missing"
    POSITION = "position"


class DayEvent(Base):
    """Something that happened to a published day, and the plan by which it was answered; None if none was needed."""

    __tablename__ = "day_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[dt.date] = mapped_column(index=True)
    kind: Mapped[DayEventKind] = mapped_column(enum_column(DayEventKind))
    at: Mapped[dt.datetime]
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    technician_id: Mapped[int | None] = mapped_column(sa.ForeignKey("technicians.id"))
    job_id: Mapped[int | None] = mapped_column(sa.ForeignKey("jobs.id"), index=True)
    facts: Mapped[dict[str, Any]]
    plan_id: Mapped[int | None] = mapped_column(sa.ForeignKey("plans.id"))

    technician: Mapped[Technician | None] = relationship()
    job: Mapped[Job | None] = relationship()
    plan: Mapped[Plan | None] = relationship()


class ConflictState(enum.StrEnum):
    """What became of a conflict."""

    OPEN = "open"
    # A dispatcher let the command take effect after all.
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


class FieldConflict(Base):
    """A command of a phone that could not be carried out when it arrived; kept until a dispatcher decides."""

    __tablename__ = "field_conflicts"

    id: Mapped[int] = mapped_column(primary_key=True)
    # The id that the phone gave its command.
    command_id: Mapped[str] = mapped_column(sa.String(64), unique=True)
    technician_id: Mapped[int] = mapped_column(sa.ForeignKey("technicians.id"), index=True)
    visit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("visits.id"))
    job_id: Mapped[int | None] = mapped_column(sa.ForeignKey("jobs.id"), index=True)
    action: Mapped[str] = mapped_column(sa.String(30))
    payload: Mapped[dict[str, Any]]
    # By the phone's clock, and by ours.
    happened_at: Mapped[dt.datetime]
    received_at: Mapped[dt.datetime]
    # The refusal: {"code": ..., "sentence": ..., "facts": {...}}.
    refusal: Mapped[dict[str, Any]]
    state: Mapped[ConflictState] = mapped_column(enum_column(ConflictState), default=ConflictState.OPEN, index=True)
    resolved_at: Mapped[dt.datetime | None]
    resolved_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    note: Mapped[str] = mapped_column(sa.String(300), default="")

    technician: Mapped[Technician] = relationship()
    visit: Mapped[Visit | None] = relationship()
    job: Mapped[Job | None] = relationship()
