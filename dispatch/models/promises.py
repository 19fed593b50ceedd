"""What customers were told, and what may not move."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base import Base, enum_column
from dispatch.models.jobs import Job
from dispatch.models.workforce import Technician


class PromiseState(enum.StrEnum):
    """What became of a promise."""

    OPEN = "open"
    KEPT = "kept"
    # Another window was agreed with the customer before this one was missed.
    RENEGOTIATED = "renegotiated"
    BROKEN = "broken"
    # The job was cancelled, or the customer no longer needs a window.
    WITHDRAWN = "withdrawn"


class Promise(Base):
    """
    A window in which a visit will begin, as it was told to a customer; never changed, only ended.

    The open promise of a job stands in ``jobs.window_start`` and ``window_end`` too, where planning reads it.
    """

    __tablename__ = "promises"
    __table_args__ = (
        sa.CheckConstraint("ends_at > starts_at", name="promise_in_order"),
        sa.Index(
            "uq_promises_open",
            "job_id",
            unique=True,
            sqlite_where=sa.text("state = 'open'"),
            postgresql_where=sa.text("state = 'open'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(sa.ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    starts_at: Mapped[dt.datetime]
    ends_at: Mapped[dt.datetime]
    state: Mapped[PromiseState] = mapped_column(enum_column(PromiseState), default=PromiseState.OPEN, index=True)
    made_at: Mapped[dt.datetime]
    made_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    ended_at: Mapped[dt.datetime | None]
    ended_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    # Why it was renegotiated, broken or withdrawn.
    reason: Mapped[str] = mapped_column(sa.String(300), default="")
    # When the customer was told that it cannot be kept; None if nobody has.
    told_at: Mapped[dt.datetime | None]
    told_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))

    job: Mapped[Job] = relationship()


class Pin(Base):
    """
    What planning may not change about a job: who comes, the exact start, both, or the window of the start.

    What is None is free.
    """

    __tablename__ = "pins"
    __table_args__ = (
        sa.CheckConstraint("(window_start IS NULL) = (window_end IS NULL)", name="window_whole"),
        sa.CheckConstraint("window_end > window_start", name="window_in_order"),
        sa.CheckConstraint("starts_at IS NULL OR window_start IS NULL", name="start_or_window"),
        sa.CheckConstraint(
            "technician_id IS NOT NULL OR starts_at IS NOT NULL OR window_start IS NOT NULL", name="pins_something"
        ),
    )

    job_id: Mapped[int] = mapped_column(sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    technician_id: Mapped[int | None] = mapped_column(sa.ForeignKey("technicians.id"))
    starts_at: Mapped[dt.datetime | None]
    window_start: Mapped[dt.datetime | None]
    window_end: Mapped[dt.datetime | None]
    reason: Mapped[str] = mapped_column(sa.String(300), default="")
    pinned_at: Mapped[dt.datetime]
    pinned_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))

    job: Mapped[Job] = relationship(back_populates="pin")
    technician: Mapped[Technician | None] = relationship()
