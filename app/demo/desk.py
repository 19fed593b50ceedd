"""The service desk of the demonstration's morning: reports through every channel, some of them handed over already."""

import datetime as dt
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from email.message import EmailMessage

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.demo import firm
from app.demo.day import Report
from customers.models import Contract, Device, PriceList, Site
from desk.channels import take_in_alarm, take_in_chat
from desk.estimates import make_estimate
from desk.mail import take_in_mail
from desk.models import Channel, Ticket
from desk.tickets import Report as Call
from desk.tickets import add_message, fix_remotely, hand_over, take_in_ticket
from desk.triage import record_trial, standing
from dispatch.fault_trees import OTHER_FAULT, End
from dispatch.models import Job

At = Callable[[dt.date, dt.time], AbstractContextManager[None]]

# The contract that leaves something for the customer to pay.
CHARGED = firm.TRADES[-1].contract.code
# How many of the morning's repairs were talked through before they were handed over.
TALKED_THROUGH = 8
CALLERS = ("Eva Dias", "Rui Tavares", "Inês Pacheco", "Tomás Leal")


def add_prices(session: Session) -> None:
    """Give every contract a price list, and let one of them leave parts and travel out."""
    prices = PriceList(
        code="2026",
        name="Preços 2026",
        call_out_cents=3500,
        labour_cents_per_hour=5600,
        travel_cents_per_km=45,
        parts_markup_percent=20,
        urgent_percent=50,
        tax_percent=23,
    )
    for contract in session.scalars(sa.select(Contract)):
        contract.price_list = prices
        if contract.code == CHARGED:
            contract.covers_parts = contract.covers_travel = False
    # Reports are taken in with what the contracts say now.
    session.flush()


def take_in_call(session: Session, report: Report, position: int, *, actor_id: int) -> Job:
    """Take in a repair by phone, try the first step in vain, and hand it over."""
    ticket = take_in_ticket(
        session,
        report=Call(
            channel=Channel.PHONE,
            device_serial=report.machine.serial,
            fault_code=report.fault.code,
            reporter=CALLERS[position % len(CALLERS)],
            text=report.description,
            reported_at=report.reported_at,
        ),
        actor_id=actor_id,
    )
    _try_in_vain(session, ticket, actor_id=actor_id)
    return hand_over(
        session, ticket_id=ticket.id, window=report.promise, free_because="Agreed by phone", actor_id=actor_id
    )


def add_tickets(session: Session, day: dt.date, *, actor_id: int, at: At) -> None:
    """Add the tickets that wait at half past seven, one through each channel, and one that was fixed from afar."""
    devices = _devices_without_trouble(session)
    with at(day, dt.time(6, 50)):
        _report_by_mail(session, devices[0])
        jammed = take_in_ticket(session, report=_call(devices[1], "PRINTER-JAM", 0), actor_id=actor_id)
        record_trial(
            session,
            ticket_id=jammed.id,
            fault_code="PRINTER-JAM",
            step_key="open_lid",
            answer=True,
            text="",
            actor_id=actor_id,
        )
        fixed = take_in_ticket(session, report=_call(devices[2], "SOFTWARE-LOGIN", 1), actor_id=actor_id)
        fix_remotely(session, ticket_id=fixed.id, text="Novo código enviado", actor_id=actor_id)
    for minute in (0, 8, 16):
        with at(day, dt.time(7, minute)):
            take_in_alarm(session, device_serial=devices[3].serial, alarm_code="BAT-HEALTH", actor_id=None)
    with at(day, dt.time(7, 10)):
        chat = take_in_chat(
            session, conversation="demo-chat-1", sender=CALLERS[2], text="Sem rede no balcão 2.", actor_id=None
        )
        add_message(session, ticket_id=chat.id, sender=CALLERS[2], text="O telemóvel tem rede.", actor_id=None)
        charged = _device_of(session, CHARGED)
        estimated = take_in_ticket(session, report=_call(charged, "POWER-LOOSE", 3), actor_id=actor_id)
        make_estimate(session, ticket_id=estimated.id, actor_id=actor_id)


def _try_in_vain(session: Session, ticket: Ticket, *, actor_id: int) -> None:
    step = standing(ticket).step
    if step is None or ticket.fault is None or step.on_no == End.FIXED or step.on_no.startswith(OTHER_FAULT):
        return
    record_trial(
        session,
        ticket_id=ticket.id,
        fault_code=ticket.fault.code,
        step_key=step.key,
        answer=False,
        text="",
        actor_id=actor_id,
    )


def _call(device: Device, fault_code: str, position: int) -> Call:
    return Call(
        channel=Channel.PHONE,
        device_serial=device.serial,
        fault_code=fault_code,
        reporter=CALLERS[position],
        contact=device.site.phone,
    )


def _report_by_mail(session: Session, device: Device) -> None:
    mail = EmailMessage()
    mail["From"] = f"{CALLERS[1]} <loja@demo.example>"
    mail["Subject"] = "Terminal avariado"
    mail["Message-ID"] = "<demo-1@demo.example>"
    mail.set_content(f"Bom dia,\n\no terminal {device.serial} não imprime nada.\n\n{CALLERS[1]}")
    take_in_mail(session, content=mail.as_bytes(), actor_id=None)


def _devices_without_trouble(session: Session) -> Sequence[Device]:
    """A few devices with a printer, about which nobody has reported anything."""
    busy = sa.select(Job.device_id).where(Job.device_id.is_not(None))
    return session.scalars(
        sa.select(Device)
        .join(Device.site)
        .where(Device.id.not_in(busy), Site.lat.is_not(None), Device.model.like("Celtis%"))
        .order_by(Device.serial)
        .limit(4)
    ).all()


def _device_of(session: Session, contract_code: str) -> Device:
    return session.scalars(
        sa.select(Device)
        .join(Device.site)
        .join(Site.contract)
        .where(Contract.code == contract_code, Site.lat.is_not(None))
        .order_by(Device.serial)
        .limit(1)
    ).one()
