"""Maintenance plans: work that comes back, and the jobs that were made of it."""

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.base import Base, enum_column
from customers.models import Contract, Device, Priority, Site
from dispatch.models.jobs import Job, JobKind


class MaintenancePlan(Base):
    """Recurring work for the devices of a contract, or of one site, or for one device."""

    __tablename__ = "maintenance_plans"
    __table_args__ = (
        sa.CheckConstraint("duration_seconds > 0", name="duration_positive"),
        sa.CheckConstraint("ahead_days >= 0 AND tolerance_days >= 0", name="days_not_negative"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(30), unique=True)
    name: Mapped[str] = mapped_column(sa.String(160))
    contract_id: Mapped[int] = mapped_column(sa.ForeignKey("contracts.id"), index=True)
    # None: every site of the contract.
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sites.id"))
    # None: every device, or those of ``model``.
    device_id: Mapped[int | None] = mapped_column(sa.ForeignKey("devices.id"))
    model: Mapped[str | None] = mapped_column(sa.String(60))
    kind: Mapped[JobKind] = mapped_column(enum_column(JobKind), default=JobKind.MAINTENANCE)
    priority: Mapped[Priority] = mapped_column(enum_column(Priority), default=Priority.P4)
    # RFC 5545, without DTSTART: "FREQ=MONTHLY;INTERVAL=3;BYDAY=1TU".
    rule: Mapped[str] = mapped_column(sa.String(200))
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date | None]
    # How many days before it is due a job is made, and how many days around the due day it may be done.
    ahead_days: Mapped[int] = mapped_column(default=14)
    tolerance_days: Mapped[int] = mapped_column(default=7)
    duration_seconds: Mapped[int]
    skills: Mapped[dict[str, Any]]
    # Pieces by SKU.
    parts: Mapped[dict[str, Any]]
    description: Mapped[str] = mapped_column(sa.Text, default="")
    active: Mapped[bool] = mapped_column(default=True)
    # Counts up with every change, so that a form made from an older state is noticed.
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[dt.datetime | None]
    changed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    # Why jobs could not be made the last time, as {"code": ..., "sentence": ..., "facts": {...}}; None if all could.
    problem: Mapped[dict[str, Any] | None]

    contract: Mapped[Contract] = relationship()
    site: Mapped[Site | None] = relationship()
    device: Mapped[Device | None] = relationship()


class MaintenanceJob(Base):
    """One turn of a maintenance plan at one device, made into a job once."""

    __tablename__ = "maintenance_jobs"
    __table_args__ = (sa.UniqueConstraint("plan_id", "device_id", "due_on"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(sa.ForeignKey("maintenance_plans.id"), index=True)
    device_id: Mapped[int] = mapped_column(sa.ForeignKey("devices.id"), index=True)
    due_on: Mapped[dt.date]
    job_id: Mapped[int] = mapped_column(sa.ForeignKey("jobs.id", ondelete="CASCADE"), unique=True)
    # Other work at the site that it is to be done together with; None if it stands alone.
    together_with_id: Mapped[int | None] = mapped_column(sa.ForeignKey("jobs.id"))

    plan: Mapped[MaintenancePlan] = relationship()
    device: Mapped[Device] = relationship()
    job: Mapped[Job] = relationship(foreign_keys=job_id)
    together_with: Mapped[Job | None] = relationship(foreign_keys=together_with_id)
