"""
Carrying out one of the changes that ``advice`` names: the fact and the plan with it in one act.

What was told to the dispatcher is computed anew first, so that nobody is promised by a page of an hour ago.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from dispatch.jobs import apply, lock_job
from dispatch.lifecycle import Action
from dispatch.live.advice import Fix, Found, find
from dispatch.live.choices import ENGINE, Asked, Assignment, assign, late_promises, prepare_assignment
from dispatch.live.errors import FixGone
from dispatch.live.present import Present
from dispatch.live.writing import refuse_another_day
from dispatch.models import Job, Shift, Technician
from dispatch.models.jobs import JobStatus
from dispatch.parts import needed_at, release_for
from dispatch.planning.compute import Workbench
from dispatch.planning.pins import NewPin, pin_job, unpin_job
from dispatch.planning.publish import publish
from dispatch.planning.record import Computed, record_plans
from dispatch.promise_book import renegotiate
from inventory import transfers
from inventory.reservations import Wanted, reserve_at

# How far a planned start on another day may be from the one that was told.
PIN_WIDTH = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Prepared:
    """A fix computed anew, with the plan that it makes possible; None if that is made on another day."""

    asked: Asked
    fix: Fix
    found: Found
    assignment: Assignment | None


def prepare_fix(bench: Workbench, asked: Asked, day: dt.date, key: str) -> Prepared:
    """Compute a fix again, outside any transaction; raises FixGone if it no longer helps."""
    found = find(bench, asked, day)
    if not isinstance(found, Found):
        raise FixGone(number=asked.number)
    fix = next((fix for fix in found.answer.fixes if fix.key == key and fix.is_applicable), None)
    if fix is None:
        raise FixGone(number=asked.number)
    assignment = None
    if fix.kind == "another_day" and fix.facts["is_published"]:
        assignment = prepare_assignment(bench, asked.id, fix.technician_id, fix.facts["day"])
    return Prepared(asked, fix, found, assignment)


def apply_fix(session: Session, prepared: Prepared, *, actor_id: int | None) -> Job:
    """
    Carry a fix out; returns the job.

    Overtime is granted, a window renegotiated or a pin taken off, and the technician is sent, in one act. A piece in a
    colleague's van is asked for: the job waits until it has been handed over. For another day the job goes onto that
    day's plan, or is tied to technician and time until that day is planned. Raises DayMovesOn, and what the single
    acts refuse.
    """
    refuse_another_day(session, prepared.found.going.present)
    _CARRY_OUT[prepared.fix.kind](session, prepared, actor_id)
    return session.get_one(Job, prepared.asked.id)


def _send(session: Session, prepared: Prepared, actor_id: int | None) -> None:
    """Publish the plan that the fix was proven with; what was changed for it is not news to it."""
    relaxation = prepared.found.relaxations[prepared.fix.key]
    job = lock_job(session, prepared.asked.id)
    if job.status is JobStatus.WAITING_PARTS:
        # The plan finds its parts, and promises them below.
        apply(session, job, Action.READY, actor_id=actor_id)
    present = _refreshed(session, prepared.found.going.present)
    solution = replace(relaxation.solution, engine=ENGINE)
    computed = Computed(present.snapshot, relaxation.problem, solution, prepared.found.going.plan)
    (plan,) = record_plans(session, computed, actor_id=actor_id, assigned=prepared.asked.number)
    late, before = late_promises(present, solution), late_promises(present, prepared.found.going.plan)
    publish(session, plan_id=plan.id, consent=late, late_anyway=late & before, actor_id=actor_id)


def _refreshed(session: Session, present: Present) -> Present:
    """The same day with the versions that our own change gave to its job and its shift."""
    session.flush()
    snapshot = present.snapshot
    jobs = _versions(session, Job, [job.id for job in snapshot.jobs])
    shifts = {
        row.technician_id: row.version
        for row in session.execute(sa.select(Shift.technician_id, Shift.version).where(Shift.day == present.day))
    }
    windows = {
        row.id: (row.window_start, row.window_end)
        for row in session.execute(sa.select(Job.id, Job.window_start, Job.window_end).where(Job.id.in_(jobs)))
    }
    snapshot = replace(
        snapshot,
        jobs=tuple(
            replace(job, version=jobs[job.id], promise=windows[job.id] if windows[job.id][0] else None)
            for job in snapshot.jobs
        ),
        shifts=tuple(replace(shift, version=shifts[shift.technician_id]) for shift in snapshot.shifts),
    )
    return replace(present, snapshot=snapshot)


def _versions(session: Session, table: type[Job], ids: list[int]) -> dict[int, int]:
    return {row.id: row.version for row in session.execute(sa.select(table.id, table.version).where(table.id.in_(ids)))}


def _with_overtime(session: Session, prepared: Prepared, actor_id: int | None) -> None:
    fix = prepared.fix
    shift = session.scalars(
        sa.select(Shift)
        .where(Shift.technician_id == fix.technician_id, Shift.day == prepared.found.answer.day)
        .with_for_update()
    ).one()
    planned = prepared.found.going.present.snapshot
    # What is allowed already stays, and so does an end that an absence brought forward.
    ends = next(one.ends_at for one in planned.shifts if one.technician_id == fix.technician_id)
    until = ends + dt.timedelta(seconds=fix.facts["seconds"])
    shift.overtime_seconds = max(shift.overtime_seconds, int((until - shift.ends_at).total_seconds()))
    shift.is_exception = True
    shift.version += 1
    _send(session, prepared, actor_id)


def _with_other_promise(session: Session, prepared: Prepared, actor_id: int | None) -> None:
    renegotiate(
        session,
        job_id=prepared.asked.id,
        window=prepared.fix.facts["window"],
        # Who can come then; the same in every language.
        reason=f"{prepared.fix.technician} {prepared.fix.starts_at:%H:%M} UTC",
        actor_id=actor_id,
    )
    _send(session, prepared, actor_id)


def _without_pin(session: Session, prepared: Prepared, actor_id: int | None) -> None:
    unpin_job(session, job_id=prepared.asked.id, actor_id=actor_id)
    _send(session, prepared, actor_id)


def _ask_for_hand_over(session: Session, prepared: Prepared, actor_id: int | None) -> None:
    """Promise the pieces in the colleague's van and ask for them; the job waits until they are there."""
    fix, job = prepared.fix, lock_job(session, prepared.asked.id)
    giver = session.get_one(Technician, fix.facts["from_id"])
    taker = session.get_one(Technician, fix.technician_id)
    release_for(session, job)
    lines = [line for line in job.parts if line.part.sku in fix.facts["pieces"]]
    wanted = [
        Wanted(line.part_id, line.quantity - line.used, giver.trunk_id, job.number, needed_at(job)) for line in lines
    ]
    for line, held in zip(lines, reserve_at(session, wanted), strict=True):
        line.reservation = held
    transfers.request(
        session,
        from_place_id=giver.trunk_id,
        to_place_id=taker.trunk_id,
        lines=[
            transfers.TransferWanted(one.part_id, one.quantity, line.reservation_id)
            for line, one in zip(lines, wanted, strict=True)
        ],
        reason=job.number,
        expected_at=fix.facts["by"],
        actor_id=actor_id,
    )
    if job.status is JobStatus.READY:
        apply(session, job, Action.WAIT_FOR_PARTS, actor_id=actor_id)


def _on_another_day(session: Session, prepared: Prepared, actor_id: int | None) -> None:
    if prepared.assignment is not None:
        assign(session, prepared.assignment, actor_id=actor_id)
        return
    fix = prepared.fix
    window = (fix.starts_at, fix.starts_at + PIN_WIDTH)
    pin_job(
        session,
        job_id=prepared.asked.id,
        to=NewPin(technician_id=fix.technician_id, window=window),
        reason=f"{fix.facts['day']:%Y-%m-%d}",
        actor_id=actor_id,
    )


_CARRY_OUT: Mapping[str, Callable[[Session, Prepared, int | None], Any]] = {
    "as_it_is": _send,
    "overtime": _with_overtime,
    "promise": _with_other_promise,
    "pin": _without_pin,
    "hand_over": _ask_for_hand_over,
    "another_day": _on_another_day,
}
