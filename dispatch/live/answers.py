"""
What to do about an event: the published plan repaired, with as little moved as possible.

Whatever happened, the facts are in the database when this is asked, so there is one rule. The published plan is settled
on the day as it is now; the visits that lost their place go where they cost least, and who can come only late comes
late. Where everything still holds, nothing is written.
"""

import datetime as dt
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from dispatch.live.bending import late_rather_than_never
from dispatch.live.errors import DayMovesOn
from dispatch.live.log import event_by_id
from dispatch.live.present import Present, read_present
from dispatch.live.writing import write
from dispatch.models import DayEvent, Plan
from dispatch.planning.compute import Workbench
from dispatch.planning.publish import publish
from dispatch.planning.record import Computed
from dispatch.planning.search import moved_promises
from dispatch.planning.standing import stand
from routing.amend import Slot, mend, settle, slots
from routing.problem import Problem
from routing.rehouse import ChangeLimit
from routing.solution import Solution

ENGINE = "repair"
# Somebody else may change the day while an answer is computed, seldom twice in a row.
ATTEMPTS = 3
# A start that moves by less is no change to tell anybody.
SAME_START = dt.timedelta(minutes=5)


@dataclass(frozen=True)
class Moved:
    """A visit that is not where it was published; technicians by id, None if nobody makes it, or made it."""

    number: str
    was: int | None
    now: int | None
    was_at: dt.datetime | None
    now_at: dt.datetime | None

    def as_json(self) -> list[Any]:
        times = [at and at.isoformat() for at in (self.was_at, self.now_at)]
        return [self.number, self.was, self.now, *times]


@dataclass(frozen=True)
class Repair:
    """A repaired day that is not written yet: what moved, and which promises it breaks."""

    present: Present
    computed: Computed
    moved: tuple[Moved, ...]
    broken: frozenset[str]

    @property
    def left_out(self) -> list[str]:
        return [one.number for one in self.moved if one.now is None]

    def is_harmless(self, technician_ids: Collection[int]) -> bool:
        """Whether no promise is broken, no visit is lost, and nobody but these technicians drives otherwise."""
        concerned = all({one.was, one.now} <= set(technician_ids) for one in self.moved)
        return concerned and not self.broken


def prepare_repair(bench: Workbench, day: dt.date, limit: ChangeLimit | None = None) -> Repair | None:
    """
    Compute how a published day goes on; None if all of it still holds. Outside any transaction.

    1. What begins soon stays with its technician wherever that is possible.
    2. Visits that lost their place go elsewhere in their windows.
    3. Those that nobody can make in their window come late, if anybody can make them at all.
    """
    present = read_present(bench, day)
    settled, lost = settle(present.problem, present.published)
    if not lost:
        return None
    problem, solution = mended(present, lost, limit)
    return repair_of(present, problem, solution, settled)


def mended(present: Present, lost: Collection[str], limit: ChangeLimit | None = None) -> tuple[Problem, Solution]:
    """A day whose lost visits have a place again as far as there is one, and the problem that this solves."""
    problem = stand(present.snapshot, present.problem).problem
    solution = mend(problem, present.published, limit)
    never = set(lost) - slots(problem, solution).keys()
    if never:
        problem = late_rather_than_never(problem, never)
        solution = mend(problem, present.published, limit)
    return problem, solution


def repair_of(present: Present, problem: Problem, solution: Solution, settled: Solution) -> Repair:
    """A solution told as what it changes; ``settled`` is what holds of the published plan."""
    computed = Computed(present.snapshot, problem, replace(solution, engine=ENGINE), settled)
    return Repair(present, computed, tuple(_moved(present, solution)), frozenset(moved_promises(computed)))


def answer(bench: Workbench, event_id: int) -> DayEvent:
    """
    Repair the day of an event and write the result as a draft; a second time it returns what was answered before.

    If whoever told of it asked for that, a repair that breaks no promise and touches nobody else is published at once.
    Raises DayMovesOn if the day did not keep still, NoDayToRepair, and whatever publishing refuses.
    """
    with bench.sessions() as session:
        event = event_by_id(session, event_id)
        day, answered = event.day, "answer" in event.facts
    if answered:
        return event
    return compute_and_write(bench, event_id, lambda: prepare_repair(bench, day), write_answer)


def compute_and_write(
    bench: Workbench,
    event_id: int,
    compute: Callable[[], Repair | None],
    write_down: Callable[[Session, int, Repair | None], DayEvent],
) -> DayEvent:
    """Compute what answers an event and write it down, some times anew if the day did not keep still meanwhile."""
    for tried in range(1, ATTEMPTS + 1):
        repair = compute()
        with bench.sessions() as session:
            try:
                write_down(session, event_id, repair)
            except DayMovesOn:
                if tried == ATTEMPTS:
                    raise
                continue
            session.commit()
            return event_by_id(session, event_id)
    raise AssertionError("Not reached: the last attempt returns or raises.")


def write_answer(session: Session, event_id: int, repair: Repair | None) -> DayEvent:
    """Write a repair as the answer to an event, and publish it where that was asked for and does no harm."""
    event = event_by_id(session, event_id)
    if repair is None:
        event.facts = {**event.facts, "answer": "holds"}
        return event
    concerned = {event.technician_id} if event.technician_id is not None else set[int]()
    plan = write_repair(session, repair, actor_id=event.user_id, event=event.id)
    event.plan = plan
    outcome = "draft"
    if event.facts.get("publish") and repair.is_harmless(concerned):
        publish(session, plan_id=plan.id, actor_id=event.user_id)
        outcome = "published"
    event.facts = {**event.facts, "answer": outcome, **difference(repair)}
    return event


def difference(repair: Repair) -> dict[str, Any]:
    """What a repair changes, as the facts of an event keep it."""
    return {"moved": [one.as_json() for one in repair.moved], "broken": sorted(repair.broken)}


def write_repair(session: Session, repair: Repair, *, actor_id: int | None, **facts: Any) -> Plan:
    """Write a repair as a draft; raises DayMovesOn if the day is no longer the one that was repaired."""
    return write(session, repair.present, repair.computed, actor_id=actor_id, moved=len(repair.moved), **facts)


def _moved(present: Present, solution: Solution) -> Iterator[Moved]:
    """The visits that are with somebody else now, with nobody, or at a time worth telling; and those that are new."""
    now = slots(present.problem, solution)
    technicians = {shift.technician: shift.technician_id for shift in present.snapshot.shifts}
    for job in present.snapshot.jobs:
        slot: Slot | None = now.get(job.number)
        if job.previous is None:
            if slot is not None:
                yield Moved(job.number, None, technicians[slot.technician], None, present.at(slot.start))
            continue
        if slot is None:
            yield Moved(job.number, job.previous.technician_id, None, job.previous.start, None)
            continue
        technician, start = technicians[slot.technician], present.at(slot.start)
        if technician != job.previous.technician_id or abs(start - job.previous.start) >= SAME_START:
            yield Moved(job.number, job.previous.technician_id, technician, job.previous.start, start)
