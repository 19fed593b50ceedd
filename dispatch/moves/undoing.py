"""
Taking the last move back, exactly: the routes that it changed get their orders again.

That is done only while nothing else has happened to them; otherwise it is a move like any other.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import reading
from customers.calendars import Interval
from dispatch.jobs import lock_job, record_fact
from dispatch.live.choices import late_promises
from dispatch.models import Job, Override, Plan
from dispatch.models.plans import PlanState
from dispatch.moves.errors import NoMoveToUndo, NoWayThere, UndoTooLate
from dispatch.moves.making import first_event, versions_of, written
from dispatch.moves.opening import OpenDay, held_by, open_day, whose, with_streets
from dispatch.moves.weighing import ENGINE, without_lacking_parts
from dispatch.planning.compute import Workbench
from dispatch.planning.publish import plan_by_id, publish
from dispatch.planning.record import Computed
from dispatch.promises import book_window
from inventory.models import Place
from routing.moves import NoWay, Order, bent, reordered
from routing.objective import cost_by_term

UNDO = "undo"


@dataclass(frozen=True)
class Undoing:
    """A day with its last move taken back, computed and not written yet; ``facts`` are those of the move."""

    day: OpenDay
    plan_id: int
    facts: Mapping[str, Any]
    computed: Computed

    @property
    def number(self) -> str:
        """The job that was moved."""
        return str(self.facts["moved"])


def prepare_undo(bench: Workbench, plan_id: int) -> Undoing:
    """
    Compute the day without the move that made a plan; outside any transaction.

    Raises UnknownPlan, NoMoveToUndo, UndoTooLate, which names what has changed since, and NoWayThere.
    """
    with reading(), bench.sessions() as session:
        plan = plan_by_id(session, plan_id)
        state, day, facts = plan.state, plan.day, _facts(session, plan)
        job_id = session.scalars(sa.select(Job.id).where(Job.number == facts["moved"])).one()
        held = held_by(session, job_id)
    draft_id = plan_id if state is PlanState.DRAFT else None
    opened = open_day(bench, day, draft_id)
    if opened.present.job(job_id) is None:
        # Its time may be over; it comes back late.
        opened = open_day(bench, day, draft_id, (job_id,))
    opened = opened.for_job(job_id, held, comes=facts["from"] is not None)
    orders = _orders_before(bench, opened, facts)
    try:
        back = reordered(opened.problem, opened.plan, orders)
        found = bent(opened.problem, back, moved=facts["moved"], overtime_cost=bench.prices.overtime_per_second)
    except NoWay as error:
        raise NoWayThere(technician=whose(bench, opened.present, error.shift), day=day.isoformat()) from error
    solution = replace(back, engine=UNDO, cost=cost_by_term(found.problem, back))
    snapshot = without_lacking_parts(opened.present.snapshot, found.broken)
    computed = Computed(snapshot, found.problem, solution, opened.plan)
    return Undoing(opened, plan_id, facts, with_streets(bench, opened, computed))


def undo(session: Session, undoing: Undoing, *, actor_id: int | None) -> Plan:
    """
    Take a move back: the plan as it was before is published, or is the draft again.

    Promises that were broken for the move are open again, unless their time is over. Raises UndoTooLate, DayMovesOn and
    PlanOutdated.
    """
    facts = _facts(session, plan_by_id(session, undoing.plan_id))
    told = {"undone": undoing.number, "from": facts["to"], "to": facts["from"]}
    plan = written(session, undoing.day, undoing.computed, actor_id=actor_id, facts=told)
    session.execute(sa.delete(Override).where(Override.id.in_(facts["overrides"])))
    if undoing.day.draft is None:
        # Nobody is asked when a move is taken back, so nothing that was promised is broken by it.
        late = late_promises(undoing.day.present, undoing.computed.solution)
        publish(session, plan_id=plan.id, late_anyway=late, actor_id=actor_id)
    for number, moments in facts["promises"].items():
        start, end = (dt.datetime.fromisoformat(moment) for moment in moments)
        # One that is over would be told as missed a minute later.
        if end > clock.now():
            _promise_again(session, number, (start, end), actor_id)
    if undoing.day.draft is None:
        _note(session, undoing, plan, actor_id)
    return plan


def _facts(session: Session, plan: Plan) -> Mapping[str, Any]:
    """What the move changed that made a plan, if it is the last thing that happened to what it changed."""
    facts = first_event(session, plan.id).facts
    if plan.engine != ENGINE or "overrides" not in facts:
        raise NoMoveToUndo(version=plan.version, day=plan.day.isoformat())
    if plan.state not in {PlanState.PUBLISHED, PlanState.DRAFT}:
        raise UndoTooLate(number=facts["moved"], since=_later_plan(session, plan))
    now = versions_of(session, facts["versions"])
    changed = sorted(number for number, version in facts["versions"].items() if now.get(number) != version)
    if changed:
        raise UndoTooLate(number=facts["moved"], since=", ".join(changed))
    return facts


def _later_plan(session: Session, plan: Plan) -> str:
    latest = session.scalar(
        sa.select(sa.func.max(Plan.version)).where(Plan.day == plan.day, Plan.version > plan.version)
    )
    return f"#{latest or plan.version}"


def _orders_before(bench: Workbench, opened: OpenDay, facts: Mapping[str, Any]) -> dict[str, Order]:
    """The orders that the routes had, by shift; raises UndoTooLate if something in them is no more."""
    snapshot, visits = opened.present.snapshot, opened.problem.visit_index
    shifts = {shift.technician_id: shift.id for shift in snapshot.shifts}
    depots = {place.place_id: d for d, place in enumerate(snapshot.warehouses)}
    gone: list[str] = []
    orders: dict[str, Order] = {}
    # First of the one that gives the visit back.
    for technician_id, halts in sorted(facts["orders"].items(), key=lambda one: facts["moved"] in one[1]):
        if int(technician_id) not in shifts:
            gone.append(facts["names"][technician_id])
            continue
        there = [halt for halt in halts if halt in visits or halt in depots]
        gone += [halt if isinstance(halt, str) else _name(bench, halt) for halt in halts if halt not in there]
        orders[shifts[int(technician_id)]] = tuple(halt if isinstance(halt, str) else depots[halt] for halt in there)
    if gone:
        raise UndoTooLate(number=facts["moved"], since=", ".join(gone))
    return orders


def _name(bench: Workbench, place_id: int) -> str:
    with reading(), bench.sessions() as session:
        return session.get_one(Place, place_id).name


def _promise_again(session: Session, number: str, window: Interval, actor_id: int | None) -> None:
    job = session.scalars(sa.select(Job).where(Job.number == number)).one()
    job = lock_job(session, job.id)
    job.window_start, job.window_end = window
    book_window(session, job, actor_id=actor_id)


def _note(session: Session, undoing: Undoing, plan: Plan, actor_id: int | None) -> None:
    way = undoing.facts
    facts = {name: [(way["to"] or {}).get(name), (way["from"] or {}).get(name)] for name in ("technician", "start")}
    job = session.scalars(sa.select(Job).where(Job.number == undoing.number)).one()
    record_fact(session, job, "undo_move", actor_id=actor_id, facts=facts | {"plan": plan.version})
