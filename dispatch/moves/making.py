"""
Making a move that was weighed.

It is a plan of the whole day, written as every plan is written: checked, with its history, and published in the same
act when it is the published plan that changes.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from dispatch.jobs import lock_jobs, record_fact
from dispatch.live.choices import late_promises
from dispatch.live.writing import refuse_another_day
from dispatch.models import Job, Override, Plan, PlanEvent, PlanRun
from dispatch.models.plans import PlanState
from dispatch.moves.errors import MoveOutdated, MoveReasonMissing, PromisesNeedConsent
from dispatch.moves.opening import OpenDay, with_streets
from dispatch.moves.weighing import BrokenRule, Move, Place, Weighed, weigh
from dispatch.planning.compute import Workbench
from dispatch.planning.errors import NotADraft
from dispatch.planning.publish import publish
from dispatch.planning.record import Computed, record_plans
from routing.moves import order_of

REASON_LENGTH = 300


def prepare_move(bench: Workbench, day: dt.date, move: Move, plan_id: int | None = None) -> Weighed:
    """Weigh a move that is to be made, with its routes as they are drawn; raises as ``weigh``."""
    weighed = weigh(bench, day, move, plan_id)
    return replace(weighed, computed=with_streets(bench, weighed.day, weighed.computed))


def make_move(
    session: Session,
    weighed: Weighed,
    *,
    reason: str = "",
    consent: Collection[str] = (),
    basis: str | None = None,
    actor_id: int | None,
) -> Plan:
    """
    Make a move: the published plan is replaced by the changed one, or a draft by another draft.

    Parameters
    ----------
    reason
        Why rules are broken; asked for where the move breaks any.
    consent
        Jobs whose promise may be broken, by number. A draft breaks none before it is published.
    basis
        ``Weighed.basis`` as it was when somebody agreed; None: they did not look.

    Raises
    ------
    MoveOutdated, DayMovesOn, PlanOutdated, NotADraft
        If the day is not as it was weighed.
    MoveReasonMissing, PromisesNeedConsent
        For want of a reason or of consent.
    """
    if basis is not None and basis != weighed.basis:
        raise MoveOutdated(number=weighed.move.number)
    reason = reason.strip()
    _refuse_without_reason(weighed, reason)
    _refuse_without_consent(weighed, consent)
    plan = written(session, weighed.day, weighed.computed, actor_id=actor_id, facts=_facts(weighed, reason))
    overrides = _note_overrides(session, plan, weighed, reason, actor_id)
    _note_in_histories(session, plan, weighed, reason, actor_id)
    if weighed.day.draft is None:
        late = late_promises(weighed.day.present, weighed.computed.solution)
        anyway = late.difference(weighed.needs_consent)
        publish(session, plan_id=plan.id, consent=consent, late_anyway=anyway, actor_id=actor_id)
    _note_what_undo_needs(session, plan, overrides)
    return plan


def _refuse_without_reason(weighed: Weighed, reason: str) -> None:
    if weighed.broken and not 1 <= len(reason) <= REASON_LENGTH:
        rules = [{"rule": one.rule, "number": one.number, "technician": one.technician} for one in weighed.broken]
        raise MoveReasonMissing(weighed.move.number, rules, REASON_LENGTH)


def _refuse_without_consent(weighed: Weighed, consent: Collection[str]) -> None:
    missing = [number for number in weighed.needs_consent if number not in consent]
    if missing:
        raise PromisesNeedConsent(missing)


def written(
    session: Session, day: OpenDay, computed: Computed, *, actor_id: int | None, facts: Mapping[str, Any]
) -> Plan:
    """Write a day that was changed by hand as a draft; raises DayMovesOn or NotADraft if it is another one by now."""
    refuse_another_day(session, day.present)
    run, draft_id = None, None
    if day.draft is not None:
        draft = session.scalar(
            sa.select(Plan).where(Plan.id == day.draft.id).with_for_update().execution_options(populate_existing=True)
        )
        if draft is None or draft.state is not PlanState.DRAFT:
            state = draft.state.value if draft is not None else PlanState.DISCARDED.value
            raise NotADraft(version=day.draft.version, day=day.present.day.isoformat(), state=state)
        run = session.get(PlanRun, day.draft.run_id) if day.draft.run_id is not None else None
        draft_id = draft.id
    (plan,) = record_plans(session, computed, run=run, changed_draft=draft_id, actor_id=actor_id, **facts)
    if draft_id is not None:
        # What was bent for the draft before holds for the one in its place.
        session.execute(sa.update(Override).where(Override.plan_id == draft_id).values(plan_id=plan.id))
    return plan


def _facts(weighed: Weighed, reason: str) -> dict[str, Any]:
    """What the plan's history tells of a move, and what it takes to undo it."""
    snapshot = weighed.day.present.snapshot
    before = {route.shift: order_of(route) for route in weighed.day.plan.routes}
    after = {route.shift: order_of(route) for route in weighed.computed.solution.routes}
    touched = sorted(shift for shift in {*before, *after} if before.get(shift) != after.get(shift))
    # Publication ends the promises that the move breaks, and only those.
    promises = {one.number: [moment.isoformat() for moment in one.window] for one in weighed.promises_broken}
    return {
        "moved": weighed.move.number,
        "from": _told(weighed.was),
        "to": _told(weighed.now),
        "why": reason,
        "bent": [_rule_told(one) for one in weighed.broken],
        "promises": promises if weighed.day.draft is None else {},
        "names": {str(shift.technician_id): shift.technician for shift in snapshot.shifts if shift.id in touched},
        "orders": {
            str(snapshot.shift(shift).technician_id): [
                halt if isinstance(halt, str) else snapshot.warehouses[halt].place_id for halt in before.get(shift, ())
            ]
            for shift in touched
        },
    }


def _told(place: Place | None) -> dict[str, str] | None:
    return None if place is None else {"technician": place.technician, "start": place.start.isoformat()}


def _rule_told(one: BrokenRule) -> dict[str, Any]:
    return {"rule": one.rule, "number": one.number, "technician": one.technician, "amount": one.amount}


def _note_overrides(
    session: Session, plan: Plan, weighed: Weighed, reason: str, actor_id: int | None
) -> list[Override]:
    ids = {job.number: job.id for job in weighed.day.present.snapshot.jobs}
    overrides = [
        Override(
            plan_id=plan.id,
            day=plan.day,
            job_id=ids[one.number or weighed.move.number],
            technician_id=one.technician_id,
            rule=one.rule,
            what=str(one.facts.get("skill", one.facts.get("sku", ""))),
            amount=one.amount,
            until=one.until,
            reason=reason,
            at=clock.now(),
            user_id=actor_id,
        )
        for one in weighed.broken
    ]
    session.add_all(overrides)
    # Publication asks which of them there are.
    session.flush()
    return overrides


def _note_in_histories(session: Session, plan: Plan, weighed: Weighed, reason: str, actor_id: int | None) -> None:
    """Tell the history of the job, and those of the others for which a rule is broken."""
    rules: dict[str, dict[str, int]] = {weighed.move.number: {}}
    for one in weighed.broken:
        rules.setdefault(one.number or weighed.move.number, {})[one.rule] = one.amount
    if weighed.day.draft is not None and not weighed.broken:
        return
    was, now = weighed.was, weighed.now
    way = {
        "technician": [was.technician if was else None, now.technician if now else None],
        "start": [was.start.isoformat() if was else None, now.start.isoformat() if now else None],
    }
    for job in lock_jobs(session, rules):
        own = job.number == weighed.move.number
        facts = (way if own else {"with": weighed.move.number}) | {"plan": plan.version}
        told = {"rules": rules[job.number]} if rules[job.number] else {}
        action = "move" if own else "make_room"
        record_fact(session, job, action, actor_id=actor_id, note=reason, facts=facts | told)


def _note_what_undo_needs(session: Session, plan: Plan, overrides: Sequence[Override]) -> None:
    """
    Note what was bent, which ends with an undo, and the versions of the jobs concerned as publication left them.

    An undo refuses if one of these is another by then: of those on routes that changed, and of broken promises.
    """
    session.flush()
    event = first_event(session, plan.id)
    numbers = {halt for order in event.facts["orders"].values() for halt in order if isinstance(halt, str)}
    touched = {event.facts["moved"], *event.facts["promises"], *numbers}
    versions, ids = versions_of(session, touched), [override.id for override in overrides]
    event.facts = {**event.facts, "versions": versions, "overrides": ids}


def first_event(session: Session, plan_id: int) -> PlanEvent:
    """Return the first line of a plan's history, which tells how it was made."""
    return session.scalars(
        sa.select(PlanEvent).where(PlanEvent.plan_id == plan_id).order_by(PlanEvent.id).limit(1)
    ).one()


def versions_of(session: Session, numbers: Collection[str]) -> dict[str, int]:
    """Return the versions of jobs, by number."""
    rows = session.execute(sa.select(Job.number, Job.version).where(Job.number.in_(numbers)))
    return {row.number: row.version for row in rows}
