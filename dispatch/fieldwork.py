"""
The technician's day: what happens at each visit.

A technician sets off, arrives, uses parts and ends the visit, in this order. The job moves along its own transition
table; how far the visit is stands in ``Visit.status``. These commands are not harmless to repeat by themselves: whoever
takes them from a phone wraps them with ``core.commands.once``.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.errors import N_, DomainError, Kind
from dispatch.clockwork import stop_clock
from dispatch.jobs import apply, lock_job, reopen_job
from dispatch.lifecycle import Action
from dispatch.models import Job, JobEvent, JobPart, Technician, Visit
from dispatch.models.clocks import ClockKind
from dispatch.models.visits import UNDER_WAY, CannotComplete, VisitStatus
from dispatch.parts import release_for
from dispatch.stops import stops_of_day
from inventory import ledger, picking, reservations
from inventory.checks import check_parts, check_quantities
from inventory.errors import InsufficientStock
from inventory.locking import all_or_none
from inventory.models import Part, PickList, PlaceKind, Reservation, ReservationState
from inventory.queries import pick_list_by_id
from inventory.returns import owe
from inventory.serials import check_numbers

__all__ = ["arrive", "cannot_complete", "complete", "load_pick_list", "set_off", "stops_of_day", "use_part"]

NOTE_LENGTH = 500


class UnknownVisit(DomainError):
    code = "unknown_visit"
    kind = Kind.NOT_FOUND
    sentence = N_("There is no visit %(visit_id)s. Load today's stops again.")


class NotYourVisit(DomainError):
    code = "not_your_visit"
    kind = Kind.FORBIDDEN
    sentence = N_("The visit for job %(number)s is not yours. Load today's stops again, or ask the dispatcher.")


class NotYourPickList(DomainError):
    code = "not_your_pick_list"
    kind = Kind.FORBIDDEN
    sentence = N_("Pick list %(pick_list_id)s is for %(trunk)s, not for your van. Load the list of your own stop.")


class StepNotPossible(DomainError):
    """A step that is not the next one of its visit; nothing was changed."""

    code = "step_not_possible"
    kind = Kind.CONFLICT


class NotSetOff(StepNotPossible):
    code = "not_set_off"
    sentence = N_("You have not set off to %(site)s for job %(number)s yet. Set off first.")


class AlreadyEnRoute(StepNotPossible):
    code = "already_en_route"
    sentence = N_("You are on the way to %(site)s for job %(number)s. Arrive there next.")


class AlreadyOnSite(StepNotPossible):
    code = "already_on_site"
    sentence = N_(
        "You are on site at %(site)s for job %(number)s already. Complete the visit next, or say why you cannot."
    )


class VisitOver(StepNotPossible):
    code = "visit_over"
    sentence = N_("The visit at %(site)s for job %(number)s has ended. Go on to your next stop.")


class VisitWithdrawn(StepNotPossible):
    code = "visit_withdrawn"
    sentence = N_(
        "The dispatcher took this job off your day: %(number)s at %(site)s. Load today's stops again and go on."
    )


class BusyElsewhere(StepNotPossible):
    code = "busy_elsewhere"
    sentence = N_(
        "You have not finished at %(site)s (job %(number)s). Complete that visit or say why you cannot, then set off."
    )


class PartNotLoaded(DomainError):
    code = "part_not_loaded"
    kind = Kind.CONFLICT
    sentence = N_("%(sku)s is still at %(place)s: load the pick list first.")


class PartInOtherTrunk(DomainError):
    code = "part_in_other_trunk"
    kind = Kind.CONFLICT
    sentence = N_("%(sku)s for this job is in %(place)s, not in your van. Ask the dispatcher who brings it to you.")


class PartNotInTrunk(DomainError):
    code = "part_not_in_trunk"
    kind = Kind.CONFLICT
    sentence = N_(
        "Your van has too few free pieces of %(sku)s: %(missing)s are missing. Use fewer, or end the visit with "
        "the reason that it needs a part."
    )


class NoteTooLong(DomainError):
    code = "note_too_long"
    sentence = N_("The note has %(length)s characters; at most %(limit)s fit. Shorten it.")


class Pieces(NamedTuple):
    """Pieces of a part that a technician uses, with their serial numbers when the part is tracked by them."""

    part: Part
    quantity: int
    serials: Sequence[str]


# What a technician hears who asks for another step than the next, by how far the visit is.
_REFUSALS: dict[VisitStatus, type[StepNotPossible]] = {
    VisitStatus.DISPATCHED: NotSetOff,
    VisitStatus.EN_ROUTE: AlreadyEnRoute,
    VisitStatus.ON_SITE: AlreadyOnSite,
    VisitStatus.COMPLETED: VisitOver,
    VisitStatus.INCOMPLETE: VisitOver,
    VisitStatus.WITHDRAWN: VisitWithdrawn,
}


def set_off(session: Session, *, visit_id: int, technician_id: int, actor_id: int | None) -> Visit:
    """Leave for a visit; refused while another one of the day is under way."""
    visit = _visit_at(session, visit_id, technician_id, VisitStatus.DISPATCHED)
    _refuse_two_at_once(session, visit)
    apply(session, visit.job, Action.SET_OFF, actor_id=actor_id)
    visit.status, visit.set_off_at = VisitStatus.EN_ROUTE, clock.now()
    return visit


def arrive(session: Session, *, visit_id: int, technician_id: int, actor_id: int | None) -> Visit:
    """Arrive on site; the first arrival for a job stops its response clock."""
    visit = _visit_at(session, visit_id, technician_id, VisitStatus.EN_ROUTE)
    job = visit.job
    apply(session, job, Action.ARRIVE, actor_id=actor_id)
    visit.status, visit.arrived_at = VisitStatus.ON_SITE, clock.now()
    stop_clock(session, job, ClockKind.RESPONSE, visit.arrived_at, actor_id=actor_id)
    return visit


def use_part(
    session: Session,
    *,
    visit_id: int,
    part_id: int,
    quantity: int,
    technician_id: int,
    actor_id: int | None,
    serials: Sequence[str] = (),
) -> JobPart:
    """
    Use up pieces from the van: first those reserved for the job, then free ones.

    More than planned may be used, and parts that were not planned at all, as long as the van has them. All or nothing.
    Of a serial-tracked part ``serials`` names each piece. What must come back from the shop is owed from then on.
    """
    visit = _visit_at(session, visit_id, technician_id, VisitStatus.ON_SITE)
    check_quantities([quantity])
    check_parts(session, [part_id])
    job, part = visit.job, session.get_one(Part, part_id)
    line = next((line for line in job.parts if line.part_id == part_id), None)
    check_numbers(part, quantity, serials)
    with all_or_none(session):
        reserved = _use_reserved(session, visit, line, Pieces(part, quantity, serials), actor_id)
        if reserved < quantity:
            free = Pieces(part, quantity - reserved, serials[reserved:])
            _use_free(session, visit, line, free, actor_id)
    if line is None:
        line = JobPart(part=part, quantity=quantity, used=0)
        job.parts.append(line)
    line.used += quantity
    if part.core_due:
        owe(session, part_id=part.id, quantity=quantity, trunk_id=visit.technician.trunk_id, reference=job.number)
    _record_use(session, job, " ".join([f"{quantity} × {part.sku}", *serials]), actor_id)
    return line


def complete(session: Session, *, visit_id: int, technician_id: int, actor_id: int | None, note: str = "") -> Visit:
    """End a visit with the job done: the resolution clock stops, parts that were not used are free again."""
    visit = _end(session, visit_id, technician_id, VisitStatus.COMPLETED, note)
    apply(session, visit.job, Action.COMPLETE, actor_id=actor_id, note=visit.note)
    stop_clock(session, visit.job, ClockKind.RESOLUTION, visit.ended_at or clock.now(), actor_id=actor_id)
    release_for(session, visit.job)
    return visit


def cannot_complete(
    session: Session,
    *,
    visit_id: int,
    reason: CannotComplete,
    technician_id: int,
    actor_id: int | None,
    note: str = "",
    part_id: int | None = None,
    quantity: int = 1,
) -> Visit:
    """
    End a visit with the job not done, and prepare the next visit.

    1. The visit and the job's history keep the reason.
    2. After a wrong part, what was planned and not used is no longer wanted. A part named with ``part_id`` is.
    3. The job is ready again, or waits when its parts are nowhere to be had.
    """
    if part_id is not None:
        check_quantities([quantity])
        check_parts(session, [part_id])
    visit = _end(session, visit_id, technician_id, VisitStatus.INCOMPLETE, note)
    visit.cannot_complete = reason
    job = visit.job
    told = f"{reason.value}: {visit.note}" if visit.note else reason.value
    apply(session, job, Action.LEAVE_INCOMPLETE, actor_id=actor_id, note=told)
    if reason is CannotComplete.WRONG_PART:
        _want_no_longer(session, job)
    if part_id is not None:
        _want(job, part_id, quantity)
    # Reopening reads the job anew, and would read it as it was.
    session.flush()
    reopen_job(session, job_id=job.id, actor_id=actor_id)
    return visit


def load_pick_list(
    session: Session,
    *,
    pick_list_id: int,
    technician_id: int,
    actor_id: int | None,
    serials: Mapping[int, Sequence[str]] | None = None,
) -> PickList:
    """
    Load the pieces of a pick list into the van; what was loaded already stays as it is.

    ``serials`` names, by the id of their line, the pieces of serial-tracked parts.
    """
    technician = session.get_one(Technician, technician_id)
    pick_list = pick_list_by_id(session, pick_list_id)
    if pick_list.trunk_id != technician.trunk_id:
        raise NotYourPickList(pick_list_id=pick_list_id, trunk=pick_list.trunk.name)
    return picking.confirm_list(session, pick_list_id=pick_list_id, actor_id=actor_id, serials=serials)


def _visit_at(session: Session, visit_id: int, technician_id: int, status: VisitStatus) -> Visit:
    """Return the technician's own visit if it is this far, and keep others from changing it meanwhile."""
    visit = session.get(Visit, visit_id)
    if visit is None:
        raise UnknownVisit(visit_id=visit_id)
    if visit.technician_id != technician_id:
        raise NotYourVisit(number=visit.job.number)
    # The job is the lock of its visits too: whoever cancels a job takes it first.
    lock_job(session, visit.job_id)
    session.refresh(visit)
    if visit.status is not status:
        raise _REFUSALS[visit.status](**_facts(visit))
    return visit


def _facts(visit: Visit) -> dict[str, str]:
    return {"number": visit.job.number, "site": visit.job.site.name}


def _refuse_two_at_once(session: Session, visit: Visit) -> None:
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
        raise BusyElsewhere(**_facts(under_way))


def _end(session: Session, visit_id: int, technician_id: int, status: VisitStatus, note: str) -> Visit:
    visit = _visit_at(session, visit_id, technician_id, VisitStatus.ON_SITE)
    note = note.strip()
    if len(note) > NOTE_LENGTH:
        raise NoteTooLong(length=len(note), limit=NOTE_LENGTH)
    visit.status, visit.ended_at, visit.note = status, clock.now(), note
    return visit


def _use_reserved(session: Session, visit: Visit, line: JobPart | None, wanted: Pieces, actor_id: int | None) -> int:
    """Use up as many as possible of what the van holds for the job, and return how many that were."""
    reservation = _open_reservation(line)
    if line is None or reservation is None or reservation.place_id != visit.technician.trunk_id:
        return 0
    promised = reservation.quantity
    movement = reservations.use(
        session,
        reservation_id=reservation.id,
        quantity=wanted.quantity,
        actor_id=actor_id,
        serials=wanted.serials[:promised],
    )
    if movement.quantity < promised:
        # Using ends the whole promise, but the rest is still meant for this job until the visit ends.
        renewed = reservations.reserve_all(
            session,
            wants={line.part_id: promised - movement.quantity},
            place_ids=[reservation.place_id],
            reference=visit.job.number,
            needed_at=reservation.needed_at,
        )
        line.reservation = renewed[line.part_id]
    return movement.quantity


def _use_free(session: Session, visit: Visit, line: JobPart | None, wanted: Pieces, actor_id: int | None) -> None:
    """Use up pieces of the van that are not promised to any job."""
    sku = wanted.part.sku
    try:
        ledger.consume(
            session,
            part_id=wanted.part.id,
            quantity=wanted.quantity,
            place_id=visit.technician.trunk_id,
            reference=visit.job.number,
            actor_id=actor_id,
            serials=wanted.serials,
        )
    except InsufficientStock as short:
        reservation = _open_reservation(line)
        if reservation is None or reservation.place_id == visit.technician.trunk_id:
            free = short.facts["shortages"][0]["available"]
            raise PartNotInTrunk(sku=sku, missing=wanted.quantity - free) from short
        place = reservation.place
        refusal = PartNotLoaded if place.kind is PlaceKind.WAREHOUSE else PartInOtherTrunk
        raise refusal(sku=sku, place=place.name) from short


def _open_reservation(line: JobPart | None) -> Reservation | None:
    reservation = line.reservation if line is not None else None
    return reservation if reservation is not None and reservation.state is ReservationState.OPEN else None


def _record_use(session: Session, job: Job, note: str, actor_id: int | None) -> None:
    session.add(
        JobEvent(
            job=job,
            at=clock.now(),
            user_id=actor_id,
            action="use_part",
            from_status=job.status,
            to_status=job.status,
            note=note,
        )
    )


def _want_no_longer(session: Session, job: Job) -> None:
    """Forget what was planned and not used; what was used stays on record."""
    release_for(session, job)
    for line in list(job.parts):
        if line.used:
            line.quantity = line.used
        else:
            job.parts.remove(line)


def _want(job: Job, part_id: int, quantity: int) -> None:
    """Let the next visit bring so many pieces, beyond those that were used."""
    line = next((line for line in job.parts if line.part_id == part_id), None)
    if line is None:
        job.parts.append(JobPart(part_id=part_id, quantity=quantity, used=0))
    else:
        line.quantity = max(line.quantity, line.used + quantity)
