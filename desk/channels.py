"""Reports that machines and programs bring: alarms of devices, and conversations on a chat."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from customers.models import Device
from customers.queries import device_by_serial
from desk.errors import FieldTooLong
from desk.models import Channel, Ticket
from desk.tickets import UNSETTLED, Report, add_message, note, take_in_ticket, ticket_by_external_id
from dispatch.lifecycle import FINAL
from dispatch.models import FaultAlarm, FaultCode, Job

ALARM_LENGTH = 40
# The same alarm every minute for a weekend is one line of history a day, not thousands.
NOTED_EVERY = dt.timedelta(days=1)


def take_in_alarm(
    session: Session,
    *,
    device_serial: str,
    alarm_code: str,
    text: str = "",
    external_id: str | None = None,
    actor_id: int | None,
) -> Ticket:
    """
    Take in what a device noticed by itself.

    While a ticket about it is still being worked on, or its job is, the alarm is counted there. A code that the fault
    catalogue does not know makes a ticket without a symptom, which the desk completes. Raises UnknownDevice.
    """
    code = alarm_code.strip()
    if not 1 <= len(code) <= ALARM_LENGTH:
        raise FieldTooLong(field="alarm", length=len(code), most=ALARM_LENGTH)
    if (known := ticket_by_external_id(session, external_id)) is not None:
        return known
    device = device_by_serial(session, device_serial)
    # Of two alarms at the same moment the second finds the ticket of the first.
    session.execute(sa.select(Device.id).where(Device.id == device.id).with_for_update(key_share=True))
    fault = session.scalar(sa.select(FaultCode).join(FaultCode.alarms).where(FaultAlarm.code == code))
    ticket = _ticket_about(session, device, code, fault)
    if ticket is not None:
        _count(session, ticket, code, actor_id=actor_id)
        return ticket
    report = Report(
        channel=Channel.ALARM,
        device_serial=device.serial,
        fault_code=fault.code if fault else "",
        subject=code,
        text=text,
        external_id=external_id,
    )
    ticket = take_in_ticket(session, report=report, actor_id=actor_id)
    ticket.alarm_code, ticket.alarm_count, ticket.alarmed_at = code, 1, clock.now()
    session.flush()
    return ticket


def take_in_chat(
    session: Session,
    *,
    conversation: str,
    sender: str,
    text: str,
    device_serial: str = "",
    actor_id: int | None,
) -> Ticket:
    """
    Take in one message of a conversation: the first makes a ticket, those after it are added to that.

    Whoever sends a message twice gives the same command id; the conversation itself says nothing about that.
    """
    known = ticket_by_external_id(session, conversation)
    if known is not None:
        return add_message(session, ticket_id=known.id, sender=sender, text=text, actor_id=actor_id)
    report = Report(
        channel=Channel.CHAT,
        device_serial=device_serial,
        reporter=sender,
        text=text,
        external_id=conversation,
    )
    return take_in_ticket(session, report=report, actor_id=actor_id)


def _ticket_about(session: Session, device: Device, code: str, fault: FaultCode | None) -> Ticket | None:
    """The latest ticket for the same alarm or the same fault of the device that is not over yet, held until we end."""
    same = [Ticket.alarm_code == code]
    if fault is not None:
        same.append(Ticket.fault_id == fault.id)
    return session.scalar(
        sa.select(Ticket)
        .outerjoin(Job, Job.id == Ticket.job_id)
        .where(
            Ticket.device_id == device.id,
            sa.or_(*same),
            sa.or_(Ticket.state.in_(UNSETTLED), Job.status.not_in(FINAL)),
        )
        .order_by(Ticket.id.desc())
        .limit(1)
        .with_for_update(of=Ticket, key_share=True)
        .execution_options(populate_existing=True)
    )


def _count(session: Session, ticket: Ticket, code: str, *, actor_id: int | None) -> None:
    before = ticket.alarmed_at
    ticket.alarm_code, ticket.alarm_count, ticket.alarmed_at = code, ticket.alarm_count + 1, clock.now()
    if before is None or clock.now() - before >= NOTED_EVERY or ticket.alarm_count == 2:
        note(session, ticket, "alarm", actor_id=actor_id, alarm=code, count=ticket.alarm_count)
    session.flush()
