"""
Tickets from the report to the end: taking them in, completing them, closing them, and handing them over as jobs.

Whoever changes a ticket locks its row first (``lock_ticket``) and leaves a line in its history (``note``), which raises
its version: of two people on one ticket the second hears who was faster.
"""

import datetime as dt
import uuid
from dataclasses import dataclass
from typing import Any, TypedDict

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.attributes import flag_modified

from core import clock
from core.accounts import User
from core.attachments import Attachment, store
from customers.calendars import Interval
from customers.entitlement import Entitlement, from_json, to_json
from customers.models import Priority
from desk.errors import (
    ClosingReasonMissing,
    EstimateNeeded,
    FieldTooLong,
    NothingSaid,
    TextTooLong,
    TicketChanged,
    TicketChangedAutomatically,
    TicketHandedOver,
    TicketIncomplete,
    TicketNotOpen,
    TooManyFiles,
    UnknownTicket,
)
from desk.machines import Machine, find_machine
from desk.models import Channel, Estimate, EstimateState, Ticket, TicketEvent, TicketFile, TicketState
from dispatch.cover import cover_of
from dispatch.faults import fault_by_code
from dispatch.jobs import LONGEST_DESCRIPTION, NewJob, check_reported_at, take_in_job
from dispatch.models import FaultCode, Job, JobFile
from dispatch.repeats import job_before

SUBJECT_LENGTH = 200
# Subject and text together are the description of the job.
LONGEST_TEXT = LONGEST_DESCRIPTION - SUBJECT_LENGTH - 1
LENGTHS = {"reporter": 120, "contact": 160, "subject": SUBJECT_LENGTH, "external_id": 60}
NOTE_LENGTH = 300
MOST_FILES = 20

# In which states somebody is still busy with a ticket.
UNSETTLED = (TicketState.OPEN, TicketState.ESTIMATED)
ENDED = (TicketState.FIXED_REMOTELY, TicketState.CLOSED)


@dataclass(frozen=True, kw_only=True)
class Report:
    """
    What came in through a channel.

    The device is named by its serial number, or by the site and its model; a report that names none is completed by the
    desk. ``external_id`` is the number of the reporting system, by which a report that comes again is the same ticket.
    """

    channel: Channel
    device_serial: str = ""
    site_code: str = ""
    model: str = ""
    fault_code: str = ""
    priority: Priority | None = None
    reporter: str = ""
    contact: str = ""
    subject: str = ""
    text: str = ""
    external_id: str | None = None
    reported_at: dt.datetime | None = None


class TicketChanges(TypedDict, total=False):
    """What to change; what is absent stays, and an empty code takes back what was there."""

    device_serial: str
    site_code: str
    fault_code: str
    priority: Priority | None
    reporter: str
    contact: str
    subject: str
    text: str


def take_in_ticket(session: Session, *, report: Report, actor_id: int | None) -> Ticket:
    """
    Take in a report; one that came before, by its external number, is the ticket that it became then.

    What contract and warranty cover and whether it is a repeat is told as soon as device and symptom are known.
    """
    if (known := ticket_by_external_id(session, report.external_id)) is not None:
        return known
    machine = find_machine(session, serial=report.device_serial, site_code=report.site_code, model=report.model)
    fault = fault_by_code(session, report.fault_code) if report.fault_code.strip() else None
    _check_said(report, machine, fault)
    ticket = Ticket(
        # The number follows from the id, which is known once the row is written; until then it is only unique.
        number=uuid.uuid4().hex[:20],
        external_id=(report.external_id or "").strip() or None,
        channel=report.channel,
        state=TicketState.OPEN,
        reporter=_fitting("reporter", report.reporter),
        contact=_fitting("contact", report.contact),
        subject=_fitting("subject", report.subject),
        text=_fitting_text(report.text),
        site=machine.site,
        device=machine.device,
        fault=fault,
        priority=report.priority,
        reported_at=_checked_moment(report.reported_at),
    )
    session.add(ticket)
    session.flush()
    ticket.number = f"T-{ticket.id:06}"
    _settle(session, ticket)
    note(session, ticket, "take_in", actor_id=actor_id, channel=report.channel.value)
    return ticket


def change_ticket(
    session: Session, *, ticket_id: int, version: int, changes: TicketChanges, actor_id: int | None
) -> Ticket:
    """
    Change a ticket as somebody saw it in ``version``; raises TicketChanged if somebody else did meanwhile.

    Another device, site, symptom or priority makes another price: an estimate on offer no longer holds then.
    """
    ticket = lock_ticket(session, ticket_id, version=version)
    refuse_unless(ticket, *UNSETTLED)
    before = _told(ticket)
    _apply_changes(session, ticket, changes)
    changed = {
        name: [was, is_] for (name, was), is_ in zip(before.items(), _told(ticket).values(), strict=True) if was != is_
    }
    if not changed:
        return ticket
    if changed.keys() & {"device", "site", "fault", "priority"}:
        _settle(session, ticket)
        withdraw_estimate(ticket)
    note(session, ticket, "change", actor_id=actor_id, **changed)
    return ticket


def fix_remotely(
    session: Session, *, ticket_id: int, version: int | None = None, text: str = "", actor_id: int | None
) -> Ticket:
    """Close a ticket because it works again and nobody has to drive."""
    ticket = lock_ticket(session, ticket_id, version=version)
    refuse_unless(ticket, *UNSETTLED)
    end(session, ticket, TicketState.FIXED_REMOTELY, "fix_remotely", text, actor_id=actor_id)
    return ticket


def close_ticket(
    session: Session, *, ticket_id: int, version: int | None = None, reason: str, actor_id: int | None
) -> Ticket:
    """Close a ticket that comes to nothing: a mistake, a report that came twice, a customer who no longer wants it."""
    ticket = lock_ticket(session, ticket_id, version=version)
    refuse_unless(ticket, *UNSETTLED)
    if not reason.strip():
        raise ClosingReasonMissing(number=ticket.number)
    end(session, ticket, TicketState.CLOSED, "close", reason, actor_id=actor_id)
    return ticket


def reopen_ticket(
    session: Session, *, ticket_id: int, version: int | None = None, reason: str, actor_id: int | None
) -> Ticket:
    """Go on with a ticket that was closed or fixed remotely: it does not work after all."""
    ticket = lock_ticket(session, ticket_id, version=version)
    refuse_unless(ticket, *ENDED)
    if not reason.strip():
        raise ClosingReasonMissing(number=ticket.number)
    _reopen(session, ticket, actor_id=actor_id, reason=_short(reason))
    return ticket


def hand_over(
    session: Session,
    *,
    ticket_id: int,
    version: int | None = None,
    window: Interval | None = None,
    free_because: str = "",
    actor_id: int | None,
) -> Job:
    """
    Make a job of a ticket that nobody could fix from afar.

    Raises TicketIncomplete without site or symptom, and EstimateNeeded if the customer has to pay and has not accepted:
    nobody drives before. ``free_because`` says why the firm does it for nothing all the same.
    """
    ticket = lock_ticket(session, ticket_id, version=version)
    refuse_unless(ticket, TicketState.OPEN)
    require_complete(ticket)
    # Days may have gone by, and with them a warranty.
    _settle(session, ticket)
    cover, facts = from_json(ticket.cover), {}
    if cover is not None and cover.is_chargeable:
        if not free_because.strip():
            raise EstimateNeeded(number=ticket.number, charged=", ".join(_charged(cover)))
        ticket.cover = to_json(cover.free_of_charge())
        facts = {"free": _short(free_because)}
    return make_job(session, ticket, window=window, reported_at=ticket.reported_at, actor_id=actor_id, **facts)


def make_job(
    session: Session,
    ticket: Ticket,
    *,
    window: Interval | None,
    reported_at: dt.datetime,
    actor_id: int | None,
    **facts: Any,
) -> Job:
    """Turn a locked, complete ticket into a job that has everything the ticket has; files are shared, not copied."""
    site, fault = require_complete(ticket)
    new = NewJob(
        site=site,
        device=ticket.device,
        fault=fault,
        priority=ticket.priority or fault.default_priority,
        description="\n".join(filter(None, (ticket.subject, ticket.text))),
        reported_at=reported_at,
        window=window,
        cover=from_json(ticket.cover),
    )
    job = take_in_job(session, new=new, actor_id=actor_id)
    session.add_all(JobFile(job_id=job.id, attachment_id=file.attachment_id) for file in ticket.files)
    ticket.job, ticket.state, ticket.closed_at = job, TicketState.HANDED_OVER, clock.now()
    note(session, ticket, "hand_over", actor_id=actor_id, job=job.number, **facts)
    return job


def add_message(session: Session, *, ticket_id: int, sender: str, text: str, actor_id: int | None) -> Ticket:
    """
    Add what was said later, on a chat or in another mail.

    A ticket that was closed opens again, since somebody still has something to say; one that was handed over stays,
    and the message is read on the job.
    """
    ticket = lock_ticket(session, ticket_id)
    if not text.strip():
        raise NothingSaid
    facts = {"sender": _fitting("reporter", sender), "text": _fitting_text(text)}
    if ticket.state in ENDED:
        _reopen(session, ticket, actor_id=actor_id)
    note(session, ticket, "message", actor_id=actor_id, **facts)
    return ticket


def attach_file(
    session: Session, *, ticket_id: int, name: str, media_type: str, content: bytes, actor_id: int | None
) -> Attachment:
    """Add a file to a ticket, and to its job if it has become one; the same file again changes nothing."""
    ticket = lock_ticket(session, ticket_id)
    attachment = store(session, name=name, media_type=media_type, content=content, actor_id=actor_id)
    if any(file.attachment_id == attachment.id for file in ticket.files):
        return attachment
    if len(ticket.files) >= MOST_FILES:
        raise TooManyFiles(number=ticket.number, most=MOST_FILES)
    ticket.files.append(TicketFile(attachment=attachment))
    if ticket.job_id is not None:
        session.add(JobFile(job_id=ticket.job_id, attachment_id=attachment.id))
    note(session, ticket, "attach", actor_id=actor_id, file=attachment.name)
    return attachment


def lock_ticket(session: Session, ticket_id: int, *, version: int | None = None) -> Ticket:
    """
    Return the ticket as it is now and keep others from changing it until the transaction ends.

    Raises UnknownTicket, and TicketChanged if it is not in ``version`` any more. On SQLite the transaction is the lock.
    """
    # Not by session.get: that refuses a row which somebody changed since the session read it, without saying who.
    ticket = session.scalar(
        sa.select(Ticket)
        .where(Ticket.id == ticket_id)
        .with_for_update(of=Ticket, key_share=True)
        .execution_options(populate_existing=True)
    )
    if ticket is None:
        raise UnknownTicket(ticket=ticket_id)
    if version is not None and ticket.version != version:
        raise _changed_meanwhile(session, ticket)
    return ticket


def ticket_by_number(session: Session, number: str) -> Ticket:
    """Return the ticket with this number; raises UnknownTicket."""
    ticket = session.scalar(sa.select(Ticket).where(Ticket.number == number.strip()))
    if ticket is None:
        raise UnknownTicket(ticket=number)
    return ticket


def ticket_by_external_id(session: Session, external_id: str | None) -> Ticket | None:
    """Return the ticket that a report of another system became, or None if it is new."""
    wanted = (external_id or "").strip()
    if len(wanted) > LENGTHS["external_id"]:
        raise FieldTooLong(field="external_id", length=len(wanted), most=LENGTHS["external_id"])
    return session.scalar(sa.select(Ticket).where(Ticket.external_id == wanted)) if wanted else None


def note(session: Session, ticket: Ticket, action: str, *, actor_id: int | None, **facts: Any) -> None:
    """Write a line of a ticket's history; its version rises, also where only rows beside it changed."""
    session.add(TicketEvent(ticket=ticket, at=clock.now(), user_id=actor_id, action=action, facts=facts))
    flag_modified(ticket, "state")
    # Forms that are shown next carry the version that this change makes.
    session.flush()


def refuse_unless(ticket: Ticket, *states: TicketState) -> None:
    """Raise TicketNotOpen unless the ticket is in one of the states."""
    if ticket.state in states:
        return
    if ticket.job is not None:
        raise TicketHandedOver(number=ticket.number, ticket_state=ticket.state.value, job=ticket.job.number)
    raise TicketNotOpen(number=ticket.number, ticket_state=ticket.state.value)


def require_complete(ticket: Ticket) -> tuple[Any, FaultCode]:
    """Return site and symptom; raises TicketIncomplete."""
    if ticket.site is None:
        raise TicketIncomplete(number=ticket.number, missing="site")
    if ticket.fault is None:
        raise TicketIncomplete(number=ticket.number, missing="fault")
    return ticket.site, ticket.fault


def end(
    session: Session, ticket: Ticket, state: TicketState, action: str, why: str, *, actor_id: int | None, **facts: Any
) -> None:
    """Bring a locked ticket to an end without a job."""
    withdraw_estimate(ticket)
    ticket.state, ticket.closed_at, ticket.closing_note = state, clock.now(), _short(why)
    told = {"why": ticket.closing_note} if ticket.closing_note else {}
    note(session, ticket, action, actor_id=actor_id, **told, **facts)


def estimate_on_offer(ticket: Ticket) -> Estimate | None:
    """The estimate that waits for an answer, or None."""
    return next((made for made in ticket.estimates if made.state is EstimateState.OFFERED), None)


def withdraw_estimate(ticket: Ticket) -> None:
    """Take back an estimate that is on offer; the ticket is looked at again."""
    offered = estimate_on_offer(ticket)
    if offered is not None:
        offered.state = EstimateState.REPLACED
    if ticket.state is TicketState.ESTIMATED:
        ticket.state = TicketState.OPEN


def use_fault(session: Session, ticket: Ticket, fault: FaultCode) -> None:
    """Give a locked ticket another symptom, with what follows from it."""
    ticket.fault = fault
    _settle(session, ticket)


def _settle(session: Session, ticket: Ticket) -> None:
    """Tell anew what is covered, and whether the report repeats an earlier one."""
    if ticket.site is None:
        ticket.cover = {}
    else:
        cover = cover_of(site=ticket.site, device=ticket.device, fault=ticket.fault, at=ticket.reported_at)
        ticket.cover = to_json(cover)
    ticket.repeat_of = None
    if ticket.device is not None and ticket.fault is not None:
        ticket.repeat_of = job_before(
            session, device_id=ticket.device.id, fault_id=ticket.fault.id, at=ticket.reported_at
        )


def _apply_changes(session: Session, ticket: Ticket, changes: TicketChanges) -> None:
    if "device_serial" in changes or "site_code" in changes:
        machine = _machine(session, ticket, changes)
        ticket.site, ticket.device = machine.site, machine.device
    if "fault_code" in changes:
        code = changes["fault_code"].strip()
        ticket.fault = fault_by_code(session, code) if code else None
    if "priority" in changes:
        ticket.priority = changes["priority"]
    for name in ("reporter", "contact", "subject"):
        if name in changes:
            setattr(ticket, name, _fitting(name, changes[name]))
    if "text" in changes:
        ticket.text = _fitting_text(changes["text"])


def _machine(session: Session, ticket: Ticket, changes: TicketChanges) -> Machine:
    """The machine that the changes name; another device brings its site along, another site must have the device."""
    serial = changes.get("device_serial", ticket.device.serial if ticket.device else "")
    stays = ticket.site.code if ticket.site and not serial.strip() else ""
    return find_machine(session, serial=serial, site_code=changes.get("site_code", stays))


def _told(ticket: Ticket) -> dict[str, Any]:
    """What a change is told by; of a long text that it is another one is enough."""
    return {
        "device": ticket.device.serial if ticket.device else None,
        "site": ticket.site.code if ticket.site else None,
        "fault": ticket.fault.code if ticket.fault else None,
        "priority": ticket.priority.value if ticket.priority else None,
        "reporter": ticket.reporter,
        "contact": ticket.contact,
        "subject": ticket.subject,
        "text": _short(ticket.text),
    }


def _check_said(report: Report, machine: Machine, fault: FaultCode | None) -> None:
    if machine.site is None and fault is None and not (report.subject.strip() or report.text.strip()):
        raise NothingSaid


def _checked_moment(reported_at: dt.datetime | None) -> dt.datetime:
    now = clock.now()
    if reported_at is None:
        return now
    check_reported_at(reported_at, now)
    return reported_at


def _fitting(field: str, value: str) -> str:
    value = " ".join(value.replace("\0", "").split())
    if len(value) > LENGTHS[field]:
        raise FieldTooLong(field=field, length=len(value), most=LENGTHS[field])
    return value


def _fitting_text(text: str) -> str:
    text = text.replace("\0", "").strip()
    if len(text) > LONGEST_TEXT:
        raise TextTooLong(length=len(text), most=LONGEST_TEXT)
    return text


def _short(text: str) -> str:
    text = text.strip()
    return text if len(text) <= NOTE_LENGTH else text[: NOTE_LENGTH - 1] + "…"


def _charged(cover: Entitlement) -> list[str]:
    return [kind.value for kind, line in cover.lines() if not line.covered]


def _reopen(session: Session, ticket: Ticket, *, actor_id: int | None, **facts: Any) -> None:
    ticket.state, ticket.closed_at, ticket.closing_note = TicketState.OPEN, None, ""
    note(session, ticket, "reopen", actor_id=actor_id, **facts)


def _changed_meanwhile(session: Session, ticket: Ticket) -> TicketChanged:
    last = session.execute(
        sa.select(TicketEvent.at, User.name)
        .outerjoin(User, User.id == TicketEvent.user_id)
        .where(TicketEvent.ticket_id == ticket.id)
        .order_by(TicketEvent.id.desc())
        .limit(1)
    ).first()
    at = last.at if last else clock.now()
    if last is None or last.name is None:
        return TicketChangedAutomatically(number=ticket.number, at=at)
    return TicketChanged(number=ticket.number, name=last.name, at=at)
