"""The technician's own visit, held for a step, and what may not happen twice at once."""

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dispatch.fieldwork.errors import (
    AlreadyEnRoute,
    AlreadyOnSite,
    BusyElsewhere,
    NotSetOff,
    NotYourVisit,
    StepNotPossible,
    UnknownVisit,
    VisitOver,
    VisitWithdrawn,
)
from dispatch.jobs import lock_job
from dispatch.models import Technician, Visit
from dispatch.models.visits import UNDER_WAY, VisitStatus

OVER = frozenset({VisitStatus.COMPLETED, VisitStatus.INCOMPLETE})

# What a technician hears who asks for another step than the next, by how far the visit is.
_REFUSALS: dict[VisitStatus, type[StepNotPossible]] = {
    VisitStatus.DISPATCHED: NotSetOff,
    VisitStatus.EN_ROUTE: AlreadyEnRoute,
    VisitStatus.ON_SITE: AlreadyOnSite,
    VisitStatus.COMPLETED: VisitOver,
    VisitStatus.INCOMPLETE: VisitOver,
    VisitStatus.WITHDRAWN: VisitWithdrawn,
}


def own_visit(session: Session, visit_id: int, technician_id: int) -> Visit:
    """Return the technician's own visit as it is now, and keep others from changing it meanwhile."""
    visit = session.get(Visit, visit_id)
    if visit is None:
        raise UnknownVisit(visit_id=visit_id)
    if visit.technician_id != technician_id:
        raise NotYourVisit(number=visit.job.number)
    # The job is the lock of its visits too: whoever cancels a job takes it first.
    lock_job(session, visit.job_id)
    session.refresh(visit)
    return visit


def visit_at(session: Session, visit_id: int, technician_id: int, status: VisitStatus) -> Visit:
    """Return the technician's own visit if it is this far, held; raises StepNotPossible with the next step."""
    visit = own_visit(session, visit_id, technician_id)
    if visit.status is not status:
        raise not_the_next_step(visit)
    return visit


def not_the_next_step(visit: Visit) -> StepNotPossible:
    """Return what a technician hears who asks for another step than the next."""
    return _REFUSALS[visit.status](**facts_of(visit))


def facts_of(visit: Visit) -> dict[str, str]:
    """Which job and which shop."""
    return {"number": visit.job.number, "site": visit.job.site.name}


def refuse_two_at_once(session: Session, visit: Visit) -> None:
    """Raise BusyElsewhere while the technician is under way to, or at, another shop of the day."""
    # Two phones of one technician that set off to two shops at once lock two different jobs.
    session.get_one(Technician, visit.technician_id, with_for_update={"of": Technician, "key_share": True})
    under_way = session.scalar(
        sa.select(Visit).where(
            Visit.technician_id == visit.technician_id,
            Visit.day == visit.day,
            Visit.status.in_(UNDER_WAY),
        )
    )
    if under_way is not None:
        raise BusyElsewhere(**facts_of(under_way))
