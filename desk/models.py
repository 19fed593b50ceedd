"""Tickets: what was reported, what was tried, and what it comes to."""

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from core.attachments import Attachment
from core.base import Base, enum_column
from customers.models import Device, Priority, Site
from dispatch.models import FaultCode, Job


class Channel(enum.StrEnum):
    """How a report came in."""

    PHONE = "phone"
    WEB = "web"
    API = "api"
    EMAIL = "email"
    CHAT = "chat"
    ALARM = "alarm"


class TicketState(enum.StrEnum):
    """How far a ticket is."""

    # Being looked at: device, symptom, steps to try.
    OPEN = "open"
    # The work is chargeable, and the customer has not answered the estimate.
    ESTIMATED = "estimated"
    FIXED_REMOTELY = "fixed_remotely"
    # A job was made of it.
    HANDED_OVER = "handed_over"
    # The customer refused the estimate, the report was a mistake, or came twice.
    CLOSED = "closed"


class Ticket(Base):
    """A report through a channel."""

    __tablename__ = "tickets"
    __table_args__ = (sa.CheckConstraint("(state = 'handed_over') = (job_id IS NOT NULL)", name="handed_over"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    # The number that the reporting system gave, by which a repeated report is noticed; None if there is none.
    external_id: Mapped[str | None] = mapped_column(sa.String(60), unique=True)
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    state: Mapped[TicketState] = mapped_column(enum_column(TicketState), default=TicketState.OPEN, index=True)
    # As the caller gave it; a report whose device nobody recognises has a subject and a text only.
    reporter: Mapped[str] = mapped_column(sa.String(120), default="")
    contact: Mapped[str] = mapped_column(sa.String(160), default="")
    subject: Mapped[str] = mapped_column(sa.String(200), default="")
    text: Mapped[str] = mapped_column(sa.Text, default="")
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    device_id: Mapped[int | None] = mapped_column(sa.ForeignKey("devices.id"), index=True)
    fault_id: Mapped[int | None] = mapped_column(sa.ForeignKey("fault_codes.id"))
    priority: Mapped[Priority | None] = mapped_column(enum_column(Priority))
    reported_at: Mapped[dt.datetime] = mapped_column(index=True)
    # What a device sent by itself, how often since, and when last; empty and 0 for reports of people.
    alarm_code: Mapped[str] = mapped_column(sa.String(40), default="")
    alarm_count: Mapped[int] = mapped_column(default=0)
    alarmed_at: Mapped[dt.datetime | None]
    # What contract and warranty say, as customers.entitlement tells it; empty until the device is known.
    cover: Mapped[dict[str, Any]] = mapped_column(default=dict)
    job_id: Mapped[int | None] = mapped_column(sa.ForeignKey("jobs.id"), unique=True)
    # The job before, if the same fault was on the same device not long ago.
    repeat_of_id: Mapped[int | None] = mapped_column(sa.ForeignKey("jobs.id"))
    closed_at: Mapped[dt.datetime | None]
    closing_note: Mapped[str] = mapped_column(sa.String(300), default="")
    version: Mapped[int] = mapped_column(default=1)

    site: Mapped[Site | None] = relationship()
    device: Mapped[Device | None] = relationship()
    fault: Mapped[FaultCode | None] = relationship()
    job: Mapped[Job | None] = relationship(foreign_keys=job_id)
    repeat_of: Mapped[Job | None] = relationship(foreign_keys=repeat_of_id)
    trials: Mapped[list["TicketTrial"]] = relationship(
        back_populates="ticket", cascade="all, delete-orphan", order_by="TicketTrial.id"
    )
    events: Mapped[list["TicketEvent"]] = relationship(
        back_populates="ticket", cascade="all, delete-orphan", order_by="TicketEvent.id"
    )
    files: Mapped[list["TicketFile"]] = relationship(cascade="all, delete-orphan")
    estimates: Mapped[list["Estimate"]] = relationship(
        back_populates="ticket", cascade="all, delete-orphan", order_by="Estimate.id"
    )

    __mapper_args__ = {"version_id_col": version}  # noqa: RUF012 -- SQLAlchemy reads a plain dict


class TicketTrial(Base):
    """A step that was tried and what came of it; the text stays as it was asked, whatever becomes of the catalogue."""

    __tablename__ = "ticket_trials"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    at: Mapped[dt.datetime]
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    fault_id: Mapped[int] = mapped_column(sa.ForeignKey("fault_codes.id"))
    step_key: Mapped[str] = mapped_column(sa.String(30))
    text_en: Mapped[str] = mapped_column(sa.String(300))
    text_zh: Mapped[str] = mapped_column(sa.String(300))
    answer: Mapped[bool]
    note: Mapped[str] = mapped_column(sa.String(300), default="")

    ticket: Mapped[Ticket] = relationship(back_populates="trials")


class TicketEvent(Base):
    """One line of a ticket's history."""

    __tablename__ = "ticket_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    at: Mapped[dt.datetime]
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    action: Mapped[str] = mapped_column(sa.String(30))
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)

    ticket: Mapped[Ticket] = relationship(back_populates="events")


class TicketFile(Base):
    """A file that came with a report."""

    __tablename__ = "ticket_files"

    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id", ondelete="CASCADE"), primary_key=True)
    attachment_id: Mapped[int] = mapped_column(sa.ForeignKey("attachments.id"), primary_key=True)

    attachment: Mapped[Attachment] = relationship()


class EstimateState(enum.StrEnum):
    """What the customer said."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    # A newer one was offered instead.
    REPLACED = "replaced"
    EXPIRED = "expired"


class Estimate(Base):
    """What chargeable work will cost, as it was offered; nobody drives before it is accepted."""

    __tablename__ = "estimates"
    __table_args__ = (sa.CheckConstraint("net_cents >= 0 AND tax_cents >= 0", name="amounts_not_negative"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(sa.String(20), unique=True)
    ticket_id: Mapped[int] = mapped_column(sa.ForeignKey("tickets.id", ondelete="CASCADE"), index=True)
    state: Mapped[EstimateState] = mapped_column(enum_column(EstimateState), default=EstimateState.OFFERED)
    currency: Mapped[str] = mapped_column(sa.String(3))
    # In the order of the offer: {"kind": "labour", "quantity": 3, "unit_cents": 1500, "cents": 4500, "facts": {...}}.
    lines: Mapped[list[Any]]
    net_cents: Mapped[int]
    tax_cents: Mapped[int]
    offered_at: Mapped[dt.datetime]
    offered_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    expires_at: Mapped[dt.datetime]
    answered_at: Mapped[dt.datetime | None]
    answered_by: Mapped[str] = mapped_column(sa.String(120), default="")

    ticket: Mapped[Ticket] = relationship(back_populates="estimates")
