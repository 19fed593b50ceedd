"""Reads for the desk: the queue of tickets, one ticket with everything about it, and what jobs came from."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload, raiseload, selectinload

from core.accounts import names_of
from core.attachments import Attachment, UnknownAttachment, read
from customers.entitlement import Entitlement, from_json
from customers.models import Device, Priority, Site
from desk.errors import UnknownTicket
from desk.models import Channel, Ticket, TicketEvent, TicketFile, TicketState, TicketTrial
from desk.tickets import UNSETTLED, ticket_by_number
from desk.triage import Standing, standing
from dispatch.errors import NoFittingPart
from dispatch.jobs import job_by_number
from dispatch.models import FaultCode, Job, JobFile, Technician, Visit
from dispatch.parts import LikelyPart, likely_parts

PAGE_SIZE = 50

_EVERYTHING = (
    joinedload(Ticket.site).options(joinedload(Site.customer), joinedload(Site.contract)),
    joinedload(Ticket.device),
    joinedload(Ticket.fault).selectinload(FaultCode.steps),
    joinedload(Ticket.job),
    joinedload(Ticket.repeat_of),
    selectinload(Ticket.trials),
    selectinload(Ticket.events),
    selectinload(Ticket.files).joinedload(TicketFile.attachment),
    selectinload(Ticket.estimates),
)


@dataclass(frozen=True)
class TicketFilter:
    """Which tickets to list; what is not given does not restrict, but without a state only those not settled yet."""

    state: TicketState | None = None
    channel: Channel | None = None
    priority: Priority | None = None
    text: str = ""
    everything: bool = False

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """The filter in SQL, on tickets joined with their sites, devices and faults."""
        found: list[sa.ColumnElement[bool]] = []
        if self.state is not None:
            found.append(Ticket.state == self.state)
        elif not self.everything:
            found.append(Ticket.state.in_(UNSETTLED))
        if self.channel is not None:
            found.append(Ticket.channel == self.channel)
        if self.priority is not None:
            found.append(sa.func.coalesce(Ticket.priority, FaultCode.default_priority) == self.priority)
        if text := self.text.strip():
            columns = (Ticket.number, Ticket.subject, Ticket.text, Ticket.reporter, Ticket.contact, Ticket.external_id)
            found.append(
                sa.or_(
                    *(column.icontains(text, autoescape=True) for column in columns),
                    *(column.icontains(text, autoescape=True) for column in (Site.code, Site.name, Site.address)),
                    Device.serial.icontains(text, autoescape=True),
                )
            )
        return found


@dataclass(frozen=True)
class TicketPage:
    """One page of a list of tickets."""

    tickets: Sequence[Ticket]
    total: int
    page: int
    # Of all tickets, how many are in each state that somebody has to do something about.
    counts: Mapping[TicketState, int]

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


@dataclass(frozen=True)
class TicketDetail:
    """One ticket, where it stands in the tree, and what is known beside it."""

    ticket: Ticket
    standing: Standing
    cover: Entitlement | None
    # What the fault may take on this device; empty where either is not known.
    parts: Sequence[LikelyPart]
    # Other tickets and jobs of the same device that are not over.
    others: Sequence[Ticket]
    people: Mapping[int, str]


def list_tickets(session: Session, *, only: TicketFilter = TicketFilter(), page: int = 1) -> TicketPage:
    """
    Return one page of the tickets that pass the filter; pages are counted from 1.

    Those that somebody has to look at come first come, first served, the others latest first.
    """
    found = (
        sa.select(Ticket)
        .outerjoin(Ticket.site)
        .outerjoin(Ticket.device)
        .outerjoin(Ticket.fault)
        .where(*only.conditions())
    )
    total = session.scalar(sa.select(sa.func.count()).select_from(found.with_only_columns(Ticket.id).subquery())) or 0
    page = min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
    waits = only.state in UNSETTLED or (only.state is None and not only.everything)
    order = (Ticket.reported_at, Ticket.id) if waits else (Ticket.reported_at.desc(), Ticket.id.desc())
    tickets = session.scalars(
        found.options(
            joinedload(Ticket.site).options(defer(Site.opening_hours)),
            joinedload(Ticket.device),
            joinedload(Ticket.fault),
            joinedload(Ticket.job),
            raiseload("*"),
        )
        .order_by(*order)
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return TicketPage(tickets, total, page, _counts(session))


def ticket_detail(session: Session, number: str) -> TicketDetail:
    """Return one ticket with everything about it; raises UnknownTicket."""
    ticket = session.scalar(
        sa.select(Ticket)
        .where(Ticket.number == number.strip())
        .options(*_EVERYTHING)
        .execution_options(populate_existing=True)
    )
    if ticket is None:
        raise UnknownTicket(ticket=number)
    known = {event.user_id for event in ticket.events} | {made.offered_by_id for made in ticket.estimates}
    return TicketDetail(
        ticket=ticket,
        standing=standing(ticket),
        cover=from_json(ticket.cover),
        parts=parts_of(session, ticket.fault, ticket.device),
        others=_others(session, ticket),
        people=names_of(session, {user_id for user_id in known if user_id is not None}),
    )


def ticket_of_job(session: Session, job_id: int) -> Ticket | None:
    """Return the ticket that a job was made of, with what was tried, said and attached; None if it had none."""
    return session.scalar(sa.select(Ticket).where(Ticket.job_id == job_id).options(*_EVERYTHING))


@dataclass(frozen=True)
class JobOrigin:
    """What a job came from: its ticket if it had one, who pays, what it may need besides its parts, and its files."""

    ticket: Ticket | None
    cover: Entitlement | None
    may_need: Sequence[LikelyPart]
    files: Sequence[JobFile]


def origin_of(session: Session, job: Job) -> JobOrigin:
    """Return what a job came from."""
    return JobOrigin(
        ticket=ticket_of_job(session, job.id),
        cover=from_json(job.cover),
        may_need=may_need(session, job),
        files=session.scalars(
            sa.select(JobFile)
            .where(JobFile.job_id == job.id)
            .options(joinedload(JobFile.attachment))
            .order_by(JobFile.attachment_id)
        ).all(),
    )


@dataclass(frozen=True)
class Briefing:
    """What whoever goes to a job should know of what was before it; all of it may be empty."""

    trials: Sequence[TicketTrial] = ()
    # What was said after the report.
    messages: Sequence[TicketEvent] = ()
    files: Sequence[JobFile] = ()
    may_need: Sequence[LikelyPart] = ()


def briefings(session: Session, jobs: Sequence[Job]) -> Mapping[int, Briefing]:
    """Return the briefing for each of these jobs, by job id."""
    job_ids = [job.id for job in jobs]
    tickets = session.scalars(
        sa.select(Ticket)
        .where(Ticket.job_id.in_(job_ids))
        .options(selectinload(Ticket.trials), selectinload(Ticket.events), raiseload("*"))
    )
    ticket_of = {ticket.job_id: ticket for ticket in tickets}
    files: dict[int, list[JobFile]] = {job_id: [] for job_id in job_ids}
    for file in session.scalars(
        sa.select(JobFile).where(JobFile.job_id.in_(job_ids)).options(joinedload(JobFile.attachment))
    ):
        files[file.job_id].append(file)
    return {job.id: _briefing(session, job, ticket_of.get(job.id), files[job.id]) for job in jobs}


def _briefing(session: Session, job: Job, ticket: Ticket | None, files: Sequence[JobFile]) -> Briefing:
    messages = [event for event in ticket.events if event.action == "message"] if ticket else []
    return Briefing(ticket.trials if ticket else (), messages, files, may_need(session, job))


def file_of_ticket(session: Session, *, number: str, attachment_id: int) -> Attachment:
    """Return a file that belongs to this ticket, with its content; raises UnknownTicket and UnknownAttachment."""
    ticket = ticket_by_number(session, number)
    if session.get(TicketFile, (ticket.id, attachment_id)) is None:
        raise UnknownAttachment
    return read(session, attachment_id)


def file_of_job(session: Session, *, number: str, attachment_id: int, visited_by: int | None = None) -> Attachment:
    """
    Return a file that belongs to this job, with its content; raises UnknownJob and UnknownAttachment.

    ``visited_by`` is the person who asks for it as a technician, who sees the files of the own visits alone.
    """
    job = job_by_number(session, number)
    visited = sa.select(Visit.id).join(Visit.technician).where(Visit.job_id == job.id, Technician.user_id == visited_by)
    if visited_by is not None and session.scalar(visited.limit(1)) is None:
        raise UnknownAttachment
    if session.get(JobFile, (job.id, attachment_id)) is None:
        raise UnknownAttachment
    return read(session, attachment_id)


def may_need(session: Session, job: Job) -> list[LikelyPart]:
    """Return the parts that a job does not ask for but may take, for whoever packs the van or goes there."""
    return [likely for likely in parts_of(session, job.fault, job.device) if not likely.is_wanted]


def parts_of(session: Session, fault: FaultCode | None, device: Device | None) -> list[LikelyPart]:
    """Return the parts that a fault may take on a device, the likeliest first; none where nothing fits."""
    if fault is None or device is None:
        return []
    try:
        return likely_parts(session, fault, device)
    except NoFittingPart:
        # Handing over says so; a page that only shows the ticket does not fail for it.
        return []


def _others(session: Session, ticket: Ticket) -> Sequence[Ticket]:
    if ticket.device_id is None:
        return ()
    return session.scalars(
        sa.select(Ticket)
        .outerjoin(Job, Job.id == Ticket.job_id)
        .where(
            Ticket.device_id == ticket.device_id,
            Ticket.id != ticket.id,
            sa.or_(Ticket.state.in_(UNSETTLED), Job.completed_at.is_(None) & Ticket.job_id.is_not(None)),
        )
        .options(joinedload(Ticket.job), joinedload(Ticket.fault), raiseload("*"))
        .order_by(Ticket.id.desc())
        .limit(10)
    ).all()


def _counts(session: Session) -> Mapping[TicketState, int]:
    rows = session.execute(
        sa.select(Ticket.state, sa.func.count()).where(Ticket.state.in_(UNSETTLED)).group_by(Ticket.state)
    )
    return dict(rows.all())


def ticket_marks(session: Session) -> dict[str, object]:
    """Return what differs after any change of a ticket, for those who look on (``dispatch.live.pulse``)."""
    return {"tickets": session.scalar(sa.select(sa.func.max(TicketEvent.id)))}
