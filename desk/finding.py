"""One field for the whole house: which jobs, tickets, technicians, parts and pieces a few typed letters may mean."""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, raiseload

from customers.models import Site
from desk.models import Ticket
from desk.queries import TicketFilter
from dispatch.models import Job, Technician
from dispatch.queries import JobFilter
from inventory.finding import Anything, find_anything
from inventory.gs1 import read_label

# Of each kind; whoever sees more does not find the one sooner.
OFFERED = 6


class Sought(enum.StrEnum):
    """What may be looked for; who looks decides."""

    JOBS = "jobs"
    TICKETS = "tickets"
    TECHNICIANS = "technicians"
    STOCK = "stock"


@dataclass(frozen=True)
class Findings:
    """What a text may mean, the newest first; ``stock`` is None if it was not looked for."""

    jobs: Sequence[Job] = ()
    tickets: Sequence[Ticket] = ()
    technicians: Sequence[Technician] = ()
    stock: Anything | None = None

    @property
    def is_empty(self) -> bool:
        nothing_in_stock = self.stock is None or self.stock.is_empty
        return nothing_in_stock and not (self.jobs or self.tickets or self.technicians)


def find_everything(session: Session, text: str, sought: frozenset[Sought]) -> Findings:
    """Return what a text of at least two characters may mean, marks of a scanner left aside; nothing for less."""
    text = read_label(text).text
    if len(text) < 2:
        return Findings()
    return Findings(
        jobs=_jobs(session, text) if Sought.JOBS in sought else (),
        tickets=_tickets(session, text) if Sought.TICKETS in sought else (),
        technicians=_technicians(session, text) if Sought.TECHNICIANS in sought else (),
        stock=find_anything(session, text) if Sought.STOCK in sought else None,
    )


def _jobs(session: Session, text: str) -> Sequence[Job]:
    found = (
        sa.select(Job)
        .join(Job.site)
        .outerjoin(Job.device)
        .where(*JobFilter(text=text).conditions())
        .options(joinedload(Job.site).load_only(Site.name, Site.zone), joinedload(Job.fault), raiseload("*"))
    )
    return session.scalars(found.order_by(Job.id.desc()).limit(OFFERED)).all()


def _tickets(session: Session, text: str) -> Sequence[Ticket]:
    found = (
        sa.select(Ticket)
        .outerjoin(Ticket.site)
        .outerjoin(Ticket.device)
        .outerjoin(Ticket.fault)
        .where(*TicketFilter(text=text, everything=True).conditions())
        .options(joinedload(Ticket.site).load_only(Site.name), joinedload(Ticket.fault), raiseload("*"))
    )
    return session.scalars(found.order_by(Ticket.id.desc()).limit(OFFERED)).all()


def _technicians(session: Session, text: str) -> Sequence[Technician]:
    named = (column.icontains(text, autoescape=True) for column in (Technician.code, Technician.name))
    found = sa.select(Technician).where(sa.or_(*named)).options(raiseload("*"))
    return session.scalars(found.order_by(Technician.code).limit(OFFERED)).all()
