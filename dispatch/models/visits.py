"""Visits: a technician's appearances at a site, as published and as they went."""

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.attachments import Attachment
from core.base import Base, enum_column
from customers.models import ChargeKind
from dispatch.models.jobs import Job
from dispatch.models.workforce import Technician
from inventory.models import Part


class VisitStatus(enum.StrEnum):
    """How far a visit is."""

    DISPATCHED = "dispatched"
    EN_ROUTE = "en_route"
    ON_SITE = "on_site"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    WITHDRAWN = "withdrawn"


# Somebody drives to the site or works there.
UNDER_WAY = frozenset({VisitStatus.EN_ROUTE, VisitStatus.ON_SITE})


class CannotComplete(enum.StrEnum):
    """Why a technician left without having finished."""

    NO_ACCESS = "no_access"
    WRONG_PART = "wrong_part"
    NEEDS_PART = "needs_part"
    NEEDS_SKILL = "needs_skill"
    CUSTOMER_REFUSED = "customer_refused"


class Visit(Base):
    """One appearance of one technician for a job."""

    __tablename__ = "visits"

    id: Mapped[int] = mapped_column(primary_key=True)
    job_id: Mapped[int] = mapped_column(sa.ForeignKey("jobs.id"), index=True)
    technician_id: Mapped[int] = mapped_column(sa.ForeignKey("technicians.id"), index=True)
    day: Mapped[dt.date] = mapped_column(index=True)
    position: Mapped[int]
    status: Mapped[VisitStatus] = mapped_column(enum_column(VisitStatus), default=VisitStatus.DISPATCHED)
    planned_arrival: Mapped[dt.datetime]
    planned_start: Mapped[dt.datetime]
    planned_end: Mapped[dt.datetime]
    set_off_at: Mapped[dt.datetime | None]
    arrived_at: Mapped[dt.datetime | None]
    ended_at: Mapped[dt.datetime | None]
    cannot_complete: Mapped[CannotComplete | None] = mapped_column(enum_column(CannotComplete))
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    # When the technician is expected, from positions and how the day went; None: as planned.
    expected_at: Mapped[dt.datetime | None]
    # The device that was taken away and the one that was put in its place, by serial.
    serial_out: Mapped[str] = mapped_column(sa.String(60), default="")
    serial_in: Mapped[str] = mapped_column(sa.String(60), default="")
    # Who signed for the work; empty if nobody did.
    signed_by: Mapped[str] = mapped_column(sa.String(120), default="")
    # [{"key": ..., "done": true, "note": ...}, ...] in the order of the list for the kind of job.
    checklist: Mapped[list[Any]] = mapped_column(default=list)
    # Which of the times nobody told: "set_off_at", "arrived_at". A phone that was offline may still tell them.
    implied: Mapped[list[Any]] = mapped_column(default=list)
    # What the next visit must bring, {"part_id": 3, "quantity": 1} and {"skill": "network", "level": 2}.
    needs: Mapped[dict[str, Any]] = mapped_column(default=dict)

    job: Mapped[Job] = relationship()
    technician: Mapped[Technician] = relationship()
    parts: Mapped[list["VisitPart"]] = relationship(
        back_populates="visit", cascade="all, delete-orphan", order_by="VisitPart.used_at"
    )
    files: Mapped[list["VisitFile"]] = relationship(cascade="all, delete-orphan", order_by="VisitFile.attachment_id")
    charges: Mapped[list["ExtraCharge"]] = relationship(cascade="all, delete-orphan", order_by="ExtraCharge.id")


class VisitPart(Base):
    """Pieces of a part that were used up at a visit."""

    __tablename__ = "visit_parts"
    __table_args__ = (sa.CheckConstraint("quantity > 0", name="quantity_positive"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visits.id", ondelete="CASCADE"), index=True)
    part_id: Mapped[int] = mapped_column(sa.ForeignKey("parts.id"), index=True)
    quantity: Mapped[int]
    serials: Mapped[list[Any]] = mapped_column(default=list)
    # By the technician's account, which may have reached us later.
    used_at: Mapped[dt.datetime]

    visit: Mapped[Visit] = relationship(back_populates="parts")
    part: Mapped[Part] = relationship()


# What a technician may charge beyond the cover; the way and urgency follow from the price list alone.
CHARGED_EXTRA = (ChargeKind.LABOUR, ChargeKind.CALL_OUT, ChargeKind.PARTS)


class ExtraCharge(Base):
    """Something the customer pays although the cover would pay for its kind, and why."""

    __tablename__ = "extra_charges"
    __table_args__ = (
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        sa.CheckConstraint("(kind = 'parts') = (part_id IS NOT NULL)", name="part_named"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visits.id", ondelete="CASCADE"), index=True)
    kind: Mapped[ChargeKind] = mapped_column(enum_column(ChargeKind))
    # Minutes of labour, pieces of a part; one for a call-out.
    quantity: Mapped[int]
    part_id: Mapped[int | None] = mapped_column(sa.ForeignKey("parts.id"))
    reason: Mapped[str] = mapped_column(sa.String(200))
    at: Mapped[dt.datetime]
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))

    part: Mapped[Part | None] = relationship()


class FileKind(enum.StrEnum):
    """What a file of a visit shows."""

    PHOTO = "photo"
    SIGNATURE = "signature"
    DOCUMENT = "document"


class VisitFile(Base):
    """A file that was made at a visit."""

    __tablename__ = "visit_files"

    visit_id: Mapped[int] = mapped_column(sa.ForeignKey("visits.id", ondelete="CASCADE"), primary_key=True)
    attachment_id: Mapped[int] = mapped_column(sa.ForeignKey("attachments.id"), primary_key=True)
    kind: Mapped[FileKind] = mapped_column(enum_column(FileKind))

    attachment: Mapped[Attachment] = relationship()
