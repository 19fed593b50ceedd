"""The response and the resolution clock of a job: pauses, what they told, and notices to roles."""

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.accounts import RoleName, User
from core.base import Base, enum_column
from dispatch.models.jobs import Job


class ClockKind(enum.StrEnum):
    """Which of a job's clocks."""

    RESPONSE = "response"
    RESOLUTION = "resolution"


class PauseReason(enum.StrEnum):
    """Why the clocks of a job stand still."""

    CUSTOMER_ASKED = "customer_asked"
    NO_ACCESS = "no_access"
    CUSTOMER_SUPPLIES = "customer_supplies"
    FORCE_MAJEURE = "force_majeure"


class ClockPause(Base):
    """A span in which both clocks of a job stand still; ``ended_at`` is None while they do."""

    __tablename__ = "clock_pauses"
    __table_args__ = (
        sa.CheckConstraint("ended_at >= began_at", name="pause_in_order"),
        sa.Index(
            "uq_clock_pauses_open",
            "job_id",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(sa.ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    reason: Mapped[PauseReason] = mapped_column(enum_column(PauseReason))
    note: Mapped[str] = mapped_column(sa.String(300), default="")
    began_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
    began_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    ended_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))

    job: Mapped[Job] = relationship()


class ClockSign(enum.StrEnum):
    """What happened to a clock."""

    STARTED = "started"
    PAUSED = "paused"
    RESUMED = "resumed"
    # The target itself became another one: another priority, another agreement.
    RESET = "reset"
    HALF = "half"
    THREE_QUARTERS = "three_quarters"
    NINE_TENTHS = "nine_tenths"
    BREACHED = "breached"
    # Stopped in time, or too late.
    MET = "met"
    MISSED = "missed"


# Each of these is recorded once for a due time; a due time that moved may be warned of again.
WARNINGS = (ClockSign.HALF, ClockSign.THREE_QUARTERS, ClockSign.NINE_TENTHS, ClockSign.BREACHED)


class ClockEvent(Base):
    """One line of a clock's history; ``due_was`` differs from ``due`` where the due time moved."""

    __tablename__ = "clock_events"
    __table_args__ = (
        # Two sweeps that warn at the same moment meet here.
        sa.Index(
            "uq_clock_events_warning",
            "job_id",
            "clock",
            "sign",
            "due",
            unique=True,
            sqlite_where=sa.text("sign IN ('half', 'three_quarters', 'nine_tenths', 'breached')"),
            postgresql_where=sa.text("sign IN ('half', 'three_quarters', 'nine_tenths', 'breached')"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(sa.ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    clock: Mapped[ClockKind] = mapped_column(enum_column(ClockKind))
    sign: Mapped[ClockSign] = mapped_column(enum_column(ClockSign))
    at: Mapped[dt.datetime]
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    due_was: Mapped[dt.datetime | None]
    due: Mapped[dt.datetime]

    job: Mapped[Job] = relationship()


class ClockWatch(Base):
    """
    When somebody has to look at the clocks of a job next; a job without a row has nothing to be looked at.

    A table of its own: who watches the clocks changes nothing about the jobs, and waits for nobody who does.
    """

    __tablename__ = "clock_watches"

    job_id: Mapped[int] = mapped_column(sa.ForeignKey("jobs.id", ondelete="CASCADE"), primary_key=True)
    look_at: Mapped[dt.datetime] = mapped_column(index=True)


class NoticeKind(enum.StrEnum):
    """What somebody should look at."""

    CLOCK_WARNING = "clock_warning"
    CLOCK_BREACHED = "clock_breached"
    PHONE_CONFLICT = "phone_conflict"
    PROMISE_AT_RISK = "promise_at_risk"
    PART_MISSING = "part_missing"
    JOB_UNPLANNED = "job_unplanned"


class Notice(Base):
    """
    Something that a role should look at; whoever has dealt with it closes it.

    The sentence is made from ``kind`` and ``facts`` when it is shown, in the language of the reader. ``about`` is the
    subject, such as which clock: of the same kind, role, job and subject one notice is open at a time.
    """

    __tablename__ = "notices"
    __table_args__ = (
        # Those who tell the same at the same moment meet here; to an index, no job is unlike every other.
        sa.Index(
            "uq_notices_open",
            "job_id",
            "role",
            "kind",
            "about",
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL"),
        ),
        sa.Index(
            "uq_notices_open_without_job",
            "role",
            "kind",
            "about",
            unique=True,
            sqlite_where=sa.text("closed_at IS NULL AND job_id IS NULL"),
            postgresql_where=sa.text("closed_at IS NULL AND job_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[NoticeKind] = mapped_column(enum_column(NoticeKind))
    role: Mapped[RoleName] = mapped_column(enum_column(RoleName), index=True)
    job_id: Mapped[int | None] = mapped_column(sa.ForeignKey("jobs.id", ondelete="CASCADE"), index=True)
    about: Mapped[str] = mapped_column(sa.String(80), default="")
    at: Mapped[dt.datetime]
    facts: Mapped[dict[str, Any]]
    closed_at: Mapped[dt.datetime | None] = mapped_column(index=True)
    closed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))

    job: Mapped[Job | None] = relationship()
    taken: Mapped["TakenOn | None"] = relationship(cascade="all, delete-orphan")


class TakenOn(Base):
    """Who sees to a notice, so that two people do not do the same."""

    __tablename__ = "notices_taken_on"

    notice_id: Mapped[int] = mapped_column(sa.ForeignKey("notices.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    at: Mapped[dt.datetime]

    user: Mapped[User] = relationship()
