"""
Repairs that nobody asked for: what a phone or a cancellation changed may leave the day worse than it need be.

The worker looks for a better plan a moment after such an event and writes it as a draft, which a dispatcher compares
and publishes, or throws away. Nothing is written if nothing gets better, or if somebody else's draft waits.
"""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.db import reading
from core.firm import read_firm
from dispatch.live.answers import (
    ENGINE,
    Repair,
    compute_and_write,
    difference,
    mended,
    repair_of,
    write_repair,
)
from dispatch.live.bending import as_it_goes
from dispatch.live.choices import brought_in
from dispatch.live.log import event_by_id, waiting_jobs
from dispatch.live.present import Present, read_present
from dispatch.models import DayEvent, Plan
from dispatch.models.plans import PlanState
from dispatch.planning.compute import Workbench
from routing.amend import settle, slots
from routing.live import LivePlan
from routing.problem import Problem, Visit
from routing.solution import Solution

# What happened so long ago is not answered any more: the day went on, and later events ask again.
ANSWERED_WITHIN = dt.timedelta(minutes=15)
# Whoever took an event and has not answered it by then has died.
CLAIM = dt.timedelta(minutes=1)
# So many late visits are tried elsewhere, the latest first.
LATE_TRIED = 8
# Being late by so much less in all is worth moving somebody, even if as many targets are missed.
WORTH_MOVING = 15 * 60
# Prices are sums of floats; smaller differences are none.
TOLERANCE = 1.0


@dataclass(frozen=True)
class Misses:
    """What a plan misses of the day: promises, jobs that nobody makes, response targets, and by how many seconds."""

    promises: int
    undone: int
    targets: int
    late_seconds: int

    def is_better_than(self, other: "Misses") -> bool:
        counts, others = (self.promises, self.undone, self.targets), (other.promises, other.undone, other.targets)
        if counts != others:
            return counts < others
        return other.late_seconds - self.late_seconds >= WORTH_MOVING


def claim_events(session: Session) -> list[int]:
    """
    Take the events of today that ask for a proposal and that nobody works at.

    A claim runs out, so that an event whose worker died is answered by another one.
    """
    now = clock.now()
    rows = session.scalars(
        sa.select(DayEvent)
        .where(
            DayEvent.day == read_firm(session).today(),
            DayEvent.facts["asked_at"].as_string() > (now - ANSWERED_WITHIN).isoformat(),
        )
        .order_by(DayEvent.id)
        .with_for_update(of=DayEvent, skip_locked=True)
    )
    asking = [event for event in rows if _asks(event, now)]
    for event in asking:
        event.facts = {**event.facts, "claimed_at": now.isoformat()}
    return [event.id for event in asking]


def propose(bench: Workbench, event_id: int) -> DayEvent:
    """
    Answer an event that nobody asked to be answered; a second time it returns what was found before.

    Raises DayMovesOn if the day did not keep still, and NoDayToRepair.
    """
    with reading(), bench.sessions() as session:
        event = event_by_id(session, event_id)
        day, answered, taken = event.day, "answer" in event.facts, _draft_of_others(session, event.day)
    if answered:
        return event
    return compute_and_write(bench, event_id, lambda: None if taken else prepare_proposal(bench, day), _write)


def prepare_proposal(bench: Workbench, day: dt.date) -> Repair | None:
    """
    Compute a better way for a published day to go on; None if there is none. Outside any transaction.

    1. Visits that can no longer be made as promised go elsewhere, as for every repair.
    2. The latest of those that miss their target, and urgent jobs that wait, go where they cost least, one by one.
    3. The result counts if it misses less than the day does as it goes.
    """
    with reading(), bench.sessions() as session:
        waiting = {job.id: job.number for job in waiting_jobs(session)}
    present = read_present(bench, day, also=waiting)
    settled, lost = settle(present.problem, present.published)
    problem, solution = mended(present, lost)
    wanted = [number for number in waiting.values() if number in problem.visit_index]
    better = _improved(problem, solution, wanted)
    due = {*wanted, *(job.number for job in present.snapshot.jobs if job.previous is not None)}
    if not _misses(present, better, due).is_better_than(_misses(present, as_it_goes(present).plan, due)):
        return None
    return repair_of(present, problem, better, settled)


def _write(session: Session, event_id: int, repair: Repair | None) -> DayEvent:
    event = event_by_id(session, event_id)
    if _draft_of_others(session, event.day):
        event.facts = {**event.facts, "answer": "draft_waits"}
    elif repair is None:
        event.facts = {**event.facts, "answer": "nothing_better"}
    else:
        event.plan = write_repair(session, repair, actor_id=None, event=event.id)
        event.facts = {**event.facts, "answer": "proposed", **difference(repair)}
    return event


def _asks(event: DayEvent, now: dt.datetime) -> bool:
    facts = event.facts
    if "answer" in facts:
        return False
    return "claimed_at" not in facts or dt.datetime.fromisoformat(facts["claimed_at"]) + CLAIM <= now


def _draft_of_others(session: Session, day: dt.date) -> bool:
    """Whether a draft of the day waits that somebody asked for; one that was only proposed gives way to a newer one."""
    asked_for = sa.or_(Plan.engine != ENGINE, Plan.created_by_id.is_not(None))
    draft = sa.select(Plan.id).where(Plan.day == day, Plan.state == PlanState.DRAFT, asked_for).limit(1)
    return session.scalar(draft) is not None


def _improved(problem: Problem, solution: Solution, wanted: Collection[str]) -> Solution:
    """The plan with visits brought to where they cost least, as long as that pays; moving anybody has its price."""
    for number in (*_late(problem, solution), *wanted):
        visit = problem.visits[problem.visit_index[number]]
        moved = _elsewhere(problem, solution, visit)
        if moved is not None and moved.cost["total"] < solution.cost["total"] - TOLERANCE:
            solution = moved
    return solution


def _late(problem: Problem, solution: Solution) -> list[str]:
    """The visits that begin after their target, the latest first."""
    late = {number: lateness for number, lateness in _lateness(problem, solution) if lateness > 0}
    return sorted(late, key=lambda number: (-late[number], number))[:LATE_TRIED]


def _lateness(problem: Problem, solution: Solution) -> Iterator[tuple[str, int]]:
    for number, slot in slots(problem, solution).items():
        due = problem.visits[problem.visit_index[number]].due
        if due is not None:
            yield number, max(0, slot.start - due)


def _elsewhere(problem: Problem, solution: Solution, visit: Visit) -> Solution | None:
    """The plan with one visit where it costs least; None if nobody can make it."""
    base = solution
    if visit.id in slots(problem, solution):
        routes = (
            replace(route, stops=tuple(stop for stop in route.stops if stop.id != visit.id))
            for route in solution.routes
        )
        base, _ = settle(problem, replace(solution, routes=tuple(route for route in routes if route.stops)))
    best = LivePlan(problem, base).rank(visit)[0]
    return brought_in(problem, base, visit, best) if best.reason is None else None


def _misses(present: Present, solution: Solution, wanted: Collection[str]) -> Misses:
    """What a plan misses, judged by what was promised and is due, however windows were bent to find it."""
    made = slots(present.problem, solution)
    starts = {number: present.at(slot.start) for number, slot in made.items()}
    promised = {job.number: job.promise for job in present.snapshot.jobs if job.promise is not None}
    late = [seconds for _, seconds in _lateness(present.problem, solution) if seconds]
    return Misses(
        promises=sum(
            number not in starts or not begins <= starts[number] <= ends
            for number, (begins, ends) in promised.items()
            if number in wanted
        ),
        undone=sum(number not in starts for number in wanted),
        targets=len(late),
        late_seconds=sum(late),
    )
