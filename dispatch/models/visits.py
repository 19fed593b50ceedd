"""Visits: a technician's appearances at a site, as published and as they went."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base import Base, enum_column
from dispatch.models.jobs import Job
from dispatch.models.workforce import Technician


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

    job: Mapped[Job] = relationship()
    technician: Mapped[Technician] = relationship()
