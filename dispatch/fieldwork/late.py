"""
What a phone tells after it happened: commands that come late, out of order, or twice, are merged by these rules.

A phone without a signal keeps each command with an id and the time by its own clock, and sends them when it can. What
was really done counts from when it was done, so a later step implies the steps before it, a time that is told takes the
place of one that was assumed, and a step that was told twice happened at the earlier time. The order in which commands
arrive makes no difference. What cannot be merged becomes a conflict (``conflicts``); nothing is dropped.

The table of all cases stands in docs/dispatch.md.
"""

import datetime as dt
import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from customers.models import ChargeKind
from dispatch.fieldwork import late_van
from dispatch.fieldwork.arrivals import note_arrival, note_completion
from dispatch.fieldwork.charges import add_charge
from dispatch.fieldwork.devices import Swap, swap_devices
from dispatch.fieldwork.errors import EndedOtherwise, UnknownVisit, UsedOnAnotherDay
from dispatch.fieldwork.late_van import ToldOfVan, refuse_counted_since
from dispatch.fieldwork.moves import Ending, Failure, ask_for_missing, be_there, finish, give_up, leave_for
from dispatch.fieldwork.parts import Pieces, open_reservation, pieces_named, use_up
from dispatch.fieldwork.times import correct_times, time_on_site
from dispatch.fieldwork.visits import OVER, not_the_next_step, own_visit
from dispatch.jobs import seek_parts_again
from dispatch.lifecycle import FINAL, refuse
from dispatch.models import JobPart, Technician, Visit
from dispatch.models.visits import CannotComplete, VisitStatus
from inventory.queries import part_by_sku
from inventory.reservations import release
from inventory.tracing import scan

# So little is the way that a message took, and each takes its own: taken for a wrong clock, it would put what one
# message tells before what the message before it told.
ON_THE_WAY = dt.timedelta(minutes=1)


class PhoneAction(enum.StrEnum):
    """What a phone can tell."""

    SET_OFF = "set_off"
    ARRIVE = "arrive"
    USE_PART = "use_part"
    TAKE_SERIALS = "take_serials"
    COMPLETE = "complete"
    CANNOT_COMPLETE = "cannot_complete"
    ADD_CHARGE = "add_charge"
    CORRECT_TIMES = "correct_times"
    LOAD = "load"
    TAKE_CORE = "take_core"
    LEAVE_CORE = "leave_core"
    ASK_PARTS = "ask_parts"
    RECEIVE_TRANSFER = "receive_transfer"
    HAND_OVER = "hand_over"
    REPORT_DAMAGED = "report_damaged"


class Outcome(enum.StrEnum):
    """What became of a command."""

    DONE = "done"
    # Carried out along with steps it implies, or put together with what was known.
    MERGED = "merged"
    # Kept for a dispatcher to decide.
    CONFLICT = "conflict"
    # Never possible: it is about nothing of this technician's.
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class PhoneCommand:
    """A command of a phone. ``happened_at`` is by our clock already; ``values`` are plain JSON values by name."""

    id: str
    action: PhoneAction
    happened_at: dt.datetime
    visit_id: int | None
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Told:
    """A command at work: the visit it is about, held; ``accepted`` when a dispatcher let it count after all."""

    session: Session
    visit: Visit
    at: dt.datetime
    values: Mapping[str, Any]
    actor_id: int | None
    accepted: bool


def by_our_clock(told: dt.datetime, *, phone_now: dt.datetime | None, now: dt.datetime) -> dt.datetime:
    """
    Return when something happened by our clock.

    ``phone_now`` is what the phone's clock showed when it sent; None: it is taken to be right. Never in the future.
    """
    wrong_by = now - phone_now if phone_now is not None else dt.timedelta(0)
    if abs(wrong_by) <= ON_THE_WAY:
        return min(told, now)
    return min(told + wrong_by, now)


def carry_out(
    session: Session, command: PhoneCommand, technician: Technician, *, actor_id: int | None, accepted: bool = False
) -> Outcome:
    """Carry a command out by the rules of this file; raises a DomainError that says why it cannot be."""
    if command.action in _VAN:
        # These belong to the van and not to a visit.
        of_van = ToldOfVan(session, technician, command.happened_at, command.values, actor_id, accepted)
        return Outcome.MERGED if _VAN[command.action](of_van) else Outcome.DONE
    if command.visit_id is None:
        raise UnknownVisit(visit_id="?")
    visit = own_visit(session, command.visit_id, technician.id)
    if visit.status is VisitStatus.WITHDRAWN:
        raise not_the_next_step(visit)
    if visit.job.status in FINAL and visit.status not in OVER and not accepted:
        refuse(visit.job.status, command.action.value, number=visit.job.number)
    told = Told(session, visit, command.happened_at, command.values, actor_id, accepted)
    merged = _VISIT[command.action](told)
    _settle_implied(told)
    return Outcome.MERGED if merged else Outcome.DONE


def earliest_arrival(visit: Visit, *, ended_at: dt.datetime, done: bool, floor: dt.datetime | None) -> dt.datetime:
    """
    When a technician who did not say so was on site, as early as makes sense.

    Work that was done began no later than its planned length before its end, and before the first part was used; but
    not before the technician set off, nor before the visit before this one ended (``floor``).
    """
    length = visit.planned_end - visit.planned_start if done else dt.timedelta(0)
    seen = [ended_at, *(line.used_at for line in visit.parts if line.used_at <= ended_at)]
    began = min([ended_at - length, *seen])
    return min([max([began, *_known(floor)]), *seen])


def _set_off(told: Told) -> bool:
    if told.visit.status is VisitStatus.DISPATCHED:
        # While another visit seems to be under way, its end is still to be told: nobody is at two places at once.
        leave_for(told.session, told.visit, told.at, told.actor_id)
        return False
    _tell(told.visit, "set_off_at", _within(told.visit, "set_off_at", told.at))
    return True


def _arrive(told: Told) -> bool:
    visit = told.visit
    if visit.status in {VisitStatus.DISPATCHED, VisitStatus.EN_ROUTE}:
        at = _within(visit, "arrived_at", told.at)
        implied = _imply_setting_off(told, at)
        be_there(told.session, visit, at, told.actor_id)
        return implied
    was = visit.arrived_at
    _tell(visit, "arrived_at", _within(visit, "arrived_at", told.at))
    now, visit.arrived_at = visit.arrived_at, was
    if now is not None:
        note_arrival(told.session, visit, now, told.actor_id)
    return True


def _use_part(told: Told) -> bool:
    visit, values = told.visit, told.values
    pieces = pieces_named(told.session, values["sku"], values["quantity"], values.get("serials", ()))
    at = max([told.at, *_known(_told(visit, "arrived_at"))])
    if not told.accepted:
        _refuse_doubtful(told, pieces, at)
    implied = visit.status not in OVER and _imply_arrival(told, at)
    line = use_up(told.session, visit, pieces, at, told.actor_id)
    if visit.status in OVER:
        _settle_parts(told, line)
        return True
    return implied


def _take_serials(told: Told) -> bool:
    visit = told.visit
    implied = visit.status not in OVER and _imply_arrival(told, told.at)
    swap_devices(told.session, visit, _swap(told.values), told.at, told.actor_id)
    return implied or visit.status in OVER


def _complete(told: Told) -> bool:
    visit, values = told.visit, told.values
    if visit.status is VisitStatus.INCOMPLETE:
        raise _ended_otherwise(visit)
    if visit.status is VisitStatus.COMPLETED:
        return _complete_again(told)
    at = _within(visit, "ended_at", told.at)
    implied = _imply_arrival(told, earliest_arrival(visit, ended_at=at, done=True, floor=_floor(told)))
    finish(told.session, visit, at, _ending(values), told.actor_id)
    return implied


def _complete_again(told: Told) -> bool:
    """The same end was told twice: it was at the earlier time, and what was left open before is filled in."""
    visit, ending = told.visit, _ending(told.values)
    if visit.ended_at is not None and told.at < visit.ended_at:
        note_completion(told.session, visit, _within(visit, "ended_at", told.at), told.actor_id)
    visit.note = visit.note or ending.note.strip()
    visit.signed_by = visit.signed_by or ending.signed_by.strip()
    swap_devices(told.session, visit, ending.swap, told.at, told.actor_id)
    return True


def _cannot_complete(told: Told) -> bool:
    visit, failure = told.visit, _failure(told)
    if visit.status is VisitStatus.COMPLETED:
        raise _ended_otherwise(visit)
    if visit.status is VisitStatus.INCOMPLETE:
        if visit.cannot_complete is not failure.reason:
            raise _ended_otherwise(visit)
        visit.ended_at = min([told.at, *_known(visit.ended_at)])
        visit.note = visit.note or failure.note.strip()
        return True
    at = _within(visit, "ended_at", told.at)
    implied = _imply_arrival(told, earliest_arrival(visit, ended_at=at, done=False, floor=_floor(told)))
    give_up(told.session, visit, at, failure, told.actor_id)
    return implied


def _add_charge(told: Told) -> bool:
    visit, values = told.visit, told.values
    sku = values.get("sku")
    add_charge(
        told.session,
        visit_id=visit.id,
        technician_id=visit.technician_id,
        kind=ChargeKind(values["kind"]),
        quantity=values.get("quantity", 1),
        reason=values["reason"],
        part_id=part_by_sku(told.session, sku).id if sku else None,
        at=told.at,
        actor_id=told.actor_id,
    )
    return False


def _correct_times(told: Told) -> bool:
    visit, ended = told.visit, told.values.get("ended_at")
    correct_times(
        told.session,
        visit_id=visit.id,
        technician_id=visit.technician_id,
        arrived_at=time_on_site(visit, "arrived_at", dt.time.fromisoformat(told.values["arrived_at"])),
        ended_at=time_on_site(visit, "ended_at", dt.time.fromisoformat(ended)) if ended else None,
        reason=told.values["reason"],
        actor_id=told.actor_id,
    )
    return False


_VISIT: Mapping[PhoneAction, Callable[[Told], bool]] = {
    PhoneAction.SET_OFF: _set_off,
    PhoneAction.ARRIVE: _arrive,
    PhoneAction.USE_PART: _use_part,
    PhoneAction.TAKE_SERIALS: _take_serials,
    PhoneAction.COMPLETE: _complete,
    PhoneAction.CANNOT_COMPLETE: _cannot_complete,
    PhoneAction.ADD_CHARGE: _add_charge,
    PhoneAction.CORRECT_TIMES: _correct_times,
}
_VAN: Mapping[PhoneAction, Callable[[ToldOfVan], bool]] = {
    PhoneAction.LOAD: late_van.load,
    PhoneAction.TAKE_CORE: late_van.take_core,
    PhoneAction.LEAVE_CORE: late_van.leave_core,
    PhoneAction.ASK_PARTS: late_van.ask_parts,
    PhoneAction.RECEIVE_TRANSFER: late_van.receive_transfer,
    PhoneAction.HAND_OVER: late_van.hand_over,
    PhoneAction.REPORT_DAMAGED: late_van.report_damaged,
}


# Times that were told, and times that were assumed.

STEPS = ("set_off_at", "arrived_at", "ended_at")


def _told(visit: Visit, step: str) -> dt.datetime | None:
    """When a step was, as somebody told it; None if nobody did."""
    at: dt.datetime | None = getattr(visit, step)
    return None if step in visit.implied else at


def _within(visit: Visit, step: str, at: dt.datetime) -> dt.datetime:
    """Return the time, not before the steps before it and not after those after it, as far as they were told."""
    place = STEPS.index(step)
    earlier = [known for before in STEPS[:place] for known in _known(_told(visit, before))]
    later = [known for after in STEPS[place + 1 :] for known in _known(_told(visit, after))]
    return min([max([at, *earlier]), *later])


def _tell(visit: Visit, step: str, at: dt.datetime) -> None:
    """Put a time that is told in the place of one that was assumed; of two that were told the earlier one holds."""
    known = _told(visit, step)
    setattr(visit, step, at if known is None else min(at, known))
    visit.implied = [assumed for assumed in visit.implied if assumed != step]


def _imply_setting_off(told: Told, at: dt.datetime) -> bool:
    if told.visit.status is not VisitStatus.DISPATCHED:
        return False
    leave_for(told.session, told.visit, at, told.actor_id)
    told.visit.implied = [*told.visit.implied, "set_off_at"]
    return True


def _imply_arrival(told: Told, at: dt.datetime) -> bool:
    """Bring the technician on site if nobody told so; tells whether anything had to be assumed."""
    implied = _imply_setting_off(told, at)
    if told.visit.status is not VisitStatus.EN_ROUTE:
        return implied
    at = max([at, *_known(_told(told.visit, "set_off_at"))])
    be_there(told.session, told.visit, at, told.actor_id)
    told.visit.implied = [*told.visit.implied, "arrived_at"]
    return True


def _settle_implied(told: Told) -> None:
    """Let assumed times follow from all that was told by now, so that the order of telling makes no difference."""
    visit = told.visit
    if "arrived_at" in visit.implied:
        ended = visit.ended_at
        last = ended or max(line.used_at for line in visit.parts) if visit.parts or ended else visit.arrived_at
        if last is not None:
            done = visit.status is VisitStatus.COMPLETED
            arrived = earliest_arrival(visit, ended_at=last, done=done, floor=_floor(told))
            if arrived != visit.arrived_at:
                note_arrival(told.session, visit, arrived, told.actor_id)
    if "set_off_at" in visit.implied:
        visit.set_off_at = visit.arrived_at


def _floor(told: Told) -> dt.datetime | None:
    """Before this the technician cannot have been there: setting off as told, the end of the visit before."""
    visit = told.visit
    before = told.session.scalar(
        sa.select(sa.func.max(Visit.ended_at)).where(
            Visit.technician_id == visit.technician_id,
            Visit.day == visit.day,
            Visit.id != visit.id,
            Visit.ended_at <= (visit.ended_at or told.at),
        )
    )
    return max([*_known(before), *_known(_told(visit, "set_off_at"))], default=None)


def _known(at: dt.datetime | None) -> list[dt.datetime]:
    return [] if at is None else [at]


# Parts that are told late.


def _refuse_doubtful(told: Told, pieces: Pieces, at: dt.datetime) -> None:
    """Leave to the dispatcher what may be booked already, or does not belong to the day of the visit."""
    visit = told.visit
    if visit.status in OVER and visit.ended_at is not None and at > visit.ended_at:
        zone = ZoneInfo(visit.technician.zone)
        if at.astimezone(zone).date() != visit.ended_at.astimezone(zone).date():
            raise UsedOnAnotherDay(number=visit.job.number, ended_at=visit.ended_at, sku=pieces.part.sku, used_at=at)
    refuse_counted_since(told.session, trunk_id=visit.technician.trunk_id, part=pieces.part, at=at)


def _settle_parts(told: Told, line: JobPart) -> None:
    """Bring what the job asks for in line with a part that was used before its visit ended, and is told only now."""
    job, reservation = told.visit.job, open_reservation(line)
    if told.visit.status is VisitStatus.INCOMPLETE:
        if told.visit.cannot_complete is CannotComplete.WRONG_PART:
            # What was used is all that is left of what had been planned.
            line.quantity = max(line.quantity, line.used)
        ask_for_missing(told.visit)
    if reservation is not None and line.used >= line.quantity:
        release(told.session, [reservation.id])
        line.reservation = None
    told.session.flush()
    seek_parts_again(told.session, job, actor_id=told.actor_id)


# Values as the phone sends them.


def _swap(values: Mapping[str, Any]) -> Swap:
    return Swap(
        serial_out=values.get("serial_out", ""),
        serial_in=values.get("serial_in", ""),
        model_in=values.get("model_in", ""),
    )


def _ending(values: Mapping[str, Any]) -> Ending:
    checklist: Iterable[Mapping[str, Any]] = values.get("checklist", ())
    return Ending(
        note=values.get("note", ""),
        signed_by=values.get("signed_by", ""),
        checklist=tuple(checklist),
        swap=_swap(values),
    )


def _failure(told: Told) -> Failure:
    values = told.values
    sku = values.get("sku")
    return Failure(
        reason=CannotComplete(values["reason"]),
        note=values.get("note", ""),
        part_id=scan(told.session, sku).part.id if sku else None,
        quantity=values.get("quantity", 1),
        skill=values.get("skill", ""),
        level=values.get("level", 1),
    )


def _ended_otherwise(visit: Visit) -> EndedOtherwise:
    ended = visit.cannot_complete or visit.status
    return EndedOtherwise(number=visit.job.number, ended=ended.value)
