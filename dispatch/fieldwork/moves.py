"""
What happens at each step of a visit, whoever asked for it and whenever it is told.

These functions take a visit that is held and do not ask whether the step is the next one: ``steps`` does so for a phone
that is connected, ``late`` merges what a phone tells afterwards. ``at`` is when it happened.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from core import clock
from dispatch.fieldwork.arrivals import note_arrival, note_completion
from dispatch.fieldwork.checklists import filled_in
from dispatch.fieldwork.devices import Swap, swap_devices
from dispatch.fieldwork.errors import NameTooLong, NoteTooLong, SkillNotUsable
from dispatch.jobs import apply, record_fact, reopen_job
from dispatch.lifecycle import FINAL, Action
from dispatch.live.log import note_progress
from dispatch.models import Job, JobPart, Visit
from dispatch.models.visits import CannotComplete, VisitStatus
from dispatch.parts import release_for
from inventory.checks import check_parts, check_quantities

NOTE_LENGTH = 500
NAME_LENGTH = 120
SKILL_LENGTH = 40
SKILL_LEVELS = range(1, 4)
# Below this a time told and the time it was told at are the same to a reader.
SOON = dt.timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class Ending:
    """How a visit was completed: what the technician wrote, who signed, what was looked at, which device went in."""

    note: str = ""
    signed_by: str = ""
    checklist: Sequence[Mapping[str, Any]] = ()
    swap: Swap = field(default_factory=Swap)


@dataclass(frozen=True, kw_only=True)
class Failure:
    """Why a visit was not completed, and what the next one must bring: pieces of a part, a skill at a level."""

    reason: CannotComplete
    note: str = ""
    part_id: int | None = None
    quantity: int = 1
    skill: str = ""
    level: int = 1


def leave_for(session: Session, visit: Visit, at: dt.datetime, actor_id: int | None) -> None:
    """The technician sets off."""
    _move_job(session, visit, Action.SET_OFF, at, actor_id)
    visit.status, visit.set_off_at = VisitStatus.EN_ROUTE, at
    note_progress(session, visit, at=at, actor_id=actor_id)


def be_there(session: Session, visit: Visit, at: dt.datetime, actor_id: int | None) -> None:
    """The technician is on site; the first arrival for a job stops its response clock and keeps its promise or not."""
    _move_job(session, visit, Action.ARRIVE, at, actor_id)
    visit.status = VisitStatus.ON_SITE
    note_arrival(session, visit, at, actor_id)
    note_progress(session, visit, at=at, actor_id=actor_id)


def finish(session: Session, visit: Visit, at: dt.datetime, ending: Ending, actor_id: int | None) -> None:
    """The job is done: its resolution clock stops, and parts that were not used are free again."""
    job = visit.job
    note = checked_note(ending.note)
    signed_by = _checked_name(ending.signed_by)
    checklist = filled_in(job.kind, ending.checklist)
    swap_devices(session, visit, ending.swap, at, actor_id)
    visit.status, visit.note = VisitStatus.COMPLETED, note
    visit.signed_by, visit.checklist, visit.cannot_complete = signed_by, checklist, None
    _move_job(session, visit, Action.COMPLETE, at, actor_id, note=note)
    note_completion(session, visit, at, actor_id=actor_id)
    release_for(session, job)
    note_progress(session, visit, at=at, actor_id=actor_id)


def give_up(session: Session, visit: Visit, at: dt.datetime, failure: Failure, actor_id: int | None) -> None:
    """
    The job is not done: keep why, and ask for what is missing so that the next visit can do it.

    1. After a wrong part, what was planned and not used is no longer wanted. A part that is named is.
    2. A skill that is named is asked for from then on, at the level named.
    3. The job is ready again, or waits when its parts are nowhere to be had. After a refusal by the customer it waits
       for a dispatcher: to send somebody again or to cancel is a decision.
    """
    note, needs = checked_note(failure.note), _needs(session, failure)
    job = visit.job
    visit.status, visit.ended_at, visit.note = VisitStatus.INCOMPLETE, at, note
    visit.cannot_complete, visit.needs = failure.reason, needs
    facts = {"reason": failure.reason.value} | needs
    _move_job(session, visit, Action.LEAVE_INCOMPLETE, at, actor_id, note=note, facts=facts)
    note_progress(session, visit, at=at, actor_id=actor_id)
    if job.status in FINAL:
        return
    if failure.reason is CannotComplete.WRONG_PART:
        _want_no_longer(session, job)
    ask_for_missing(visit)
    # Reopening reads the job anew, and would read it as it was.
    session.flush()
    if failure.reason is not CannotComplete.CUSTOMER_REFUSED:
        reopen_job(session, job_id=job.id, actor_id=actor_id)


def ask_for_missing(visit: Visit) -> None:
    """Let the job ask for what its visit found missing; to ask again changes nothing."""
    job, needs = visit.job, visit.needs
    if "part_id" in needs:
        _want(job, needs["part_id"], needs["quantity"])
    if "skill" in needs:
        level = max(needs["level"], job.skills.get(needs["skill"], 0))
        job.skills = job.skills | {needs["skill"]: level}


def happened(at: dt.datetime) -> dict[str, Any]:
    """When something happened, for the history, unless that is now."""
    return {"happened_at": at.isoformat()} if abs(clock.now() - at) >= SOON else {}


def checked_note(note: str) -> str:
    """Return a note as it is kept; raises NoteTooLong."""
    note = note.strip()
    if len(note) > NOTE_LENGTH:
        raise NoteTooLong(length=len(note), limit=NOTE_LENGTH)
    return note


def _checked_name(name: str) -> str:
    name = name.strip()
    if len(name) > NAME_LENGTH:
        raise NameTooLong(length=len(name), limit=NAME_LENGTH)
    return name


def _move_job(
    session: Session,
    visit: Visit,
    action: Action,
    at: dt.datetime,
    actor_id: int | None,
    *,
    note: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:
    """Move the job along with its visit; of a job that is over, the visit is only written into its history."""
    told = dict(facts or {}) | happened(at) | {"visit": visit.id}
    if visit.job.status in FINAL:
        record_fact(session, visit.job, action.value, actor_id=actor_id, note=note, facts=told)
    else:
        apply(session, visit.job, action, actor_id=actor_id, note=note, facts=told)


def _needs(session: Session, failure: Failure) -> dict[str, Any]:
    needs: dict[str, Any] = {}
    if failure.part_id is not None:
        check_quantities([failure.quantity])
        check_parts(session, [failure.part_id])
        needs |= {"part_id": failure.part_id, "quantity": failure.quantity}
    skill = failure.skill.strip()
    if skill:
        if len(skill) > SKILL_LENGTH or failure.level not in SKILL_LEVELS:
            raise SkillNotUsable(skill=skill, level=failure.level)
        needs |= {"skill": skill, "level": failure.level}
    return needs


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
