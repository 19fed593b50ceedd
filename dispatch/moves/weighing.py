"""
What moving a visit by hand costs, before it takes effect.

The routes concerned are timed anew with the visit where the dispatcher wants it, whatever rule that breaks; the
independent checker says what is broken and by how much, and only what the move breaks itself is told.
"""

import datetime as dt
import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core.db import reading
from dispatch.errors import UnknownJob
from dispatch.lifecycle import can_be_moved
from dispatch.models import Job, Technician, Visit
from dispatch.models.visits import VisitStatus
from dispatch.moves.errors import (
    NobodyToMoveTo,
    NothingMoves,
    NotOfThisDay,
    NotToBeMoved,
    NoWayThere,
    OnAnotherDay,
    PlaceGone,
)
from dispatch.moves.opening import OpenDay, held_by, open_day, whose
from dispatch.planning.compute import Workbench
from dispatch.planning.record import Computed
from dispatch.planning.snapshot import JobToPlan, Snapshot
from dispatch.workforce import lacking_skills
from routing.amend import Slot, slots
from routing.check import Violation, ViolationCode
from routing.moves import Bent, NoWay, bent, moved, order_of
from routing.objective import TERMS, cost_by_term
from routing.problem import Visit as VisitToPlan
from routing.solution import Solution

ENGINE = "move"
# A start that moves by less is the same start, and a rule that is broken by so much more was broken before.
SAME_SECONDS = 60


@dataclass(frozen=True)
class Move:
    """
    A visit, by the number of its job, to go to a technician; off the plan without one.

    It goes before another visit of that technician, which is named by its job, or last if none is named.
    """

    number: str
    technician_id: int | None = None
    before: str | None = None


@dataclass(frozen=True)
class Place:
    """Where a plan has a visit."""

    technician_id: int
    technician: str
    start: dt.datetime


@dataclass(frozen=True)
class Shifted:
    """A visit that begins at another time, with whom it is, or was and is no more."""

    number: str
    technician: str
    was: dt.datetime
    now: dt.datetime

    @property
    def later_seconds(self) -> int:
        return int((self.now - self.was).total_seconds())


@dataclass(frozen=True)
class Target:
    """A job whose target is missed by more, or by less, than before; None: nobody makes it then, or did before."""

    number: str
    due: dt.datetime
    late_before: int | None
    late_after: int | None

    @property
    def is_worse(self) -> bool:
        """Whether it is later than it was; what nobody makes is worst."""
        return self.late_after is None or (self.late_before is not None and self.late_after > self.late_before)


@dataclass(frozen=True)
class BrokenRule:
    """
    A rule that the move breaks, for which job and technician, and by how much: seconds, levels or pieces.

    Rules are "promise", "opening_hours", "tie", "excluded", "territory", "not_allowed", "skill", "tool", "part" and
    "overtime"; ``facts`` are values by name, worded by whoever shows them.
    """

    rule: str
    number: str
    technician_id: int
    technician: str
    amount: int
    # When the work begins, or for overtime when the technician is back.
    until: dt.datetime
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PromiseTouched:
    """A promised visit that begins at another time, or that nobody makes any more (None)."""

    number: str
    window: tuple[dt.datetime, dt.datetime]
    was: dt.datetime | None
    now: dt.datetime | None

    @property
    def is_broken(self) -> bool:
        """Whether the move breaks it, or makes it later still."""
        if self.now is None or self._keeps(self.now):
            return False
        return self.was is None or self._keeps(self.was) or self.now > self.was

    def _keeps(self, start: dt.datetime) -> bool:
        return self.window[0] <= start <= self.window[1]


@dataclass(frozen=True)
class Party:
    """Whom a visit is for, and whom to call."""

    site: str
    zone: str
    contact: str
    phone: str


@dataclass(frozen=True)
class Weighed:
    """
    A move with all that it does, computed and not made yet.

    ``basis`` is the same as long as the visit, the routes concerned and the rules that break are.
    """

    move: Move
    day: OpenDay
    computed: Computed
    was: Place | None
    now: Place | None
    shifted: tuple[Shifted, ...]
    targets: tuple[Target, ...]
    broken: tuple[BrokenRule, ...]
    promises: tuple[PromiseTouched, ...]
    # In cents by term; what does not change is not listed.
    costs: Mapping[str, int]
    parties: Mapping[str, Party]
    basis: str

    @property
    def cost_cents(self) -> int:
        """What the day costs more."""
        return self.costs.get("total", 0)

    @property
    def dropped(self) -> tuple[str, ...]:
        """The visits that go with the move because their technician does not work any more."""
        return tuple(number for number in self.day.dropped if number != self.move.number)

    @property
    def promises_broken(self) -> list[PromiseTouched]:
        return [one for one in self.promises if one.is_broken]

    @property
    def needs_consent(self) -> list[str]:
        """The jobs whose promise somebody has to agree to break; a draft breaks none before it is published."""
        return [] if self.day.draft is not None else [one.number for one in self.promises_broken]

    @property
    def is_quiet(self) -> bool:
        """Whether nobody but the visit itself notices."""
        return not (self.shifted or self.targets or self.broken or self.promises or self.dropped)


def weigh(bench: Workbench, day: dt.date, move: Move, plan_id: int | None = None) -> Weighed:
    """
    Work out what a move does to the published plan of a day, or to a draft; outside any transaction.

    Raises
    ------
    UnknownJob, NotToBeMoved, OnAnotherDay, NotOfThisDay
        For a job that cannot be on a plan of that day.
    NobodyToMoveTo, PlaceGone, NothingMoves, NoWayThere
        For a place that there is not.
    NoDayToRepair, UnknownPlan, NotADraft, RouteCutOff
        If there is no such plan, or one that cannot be driven at all.
    """
    opened, job = _opened_for(bench, day, move, plan_id)
    shift = _shift_of(bench, opened, move)
    try:
        plan = moved(opened.problem, opened.plan, move.number, shift, _before(bench, opened, move, shift))
        found = bent(opened.problem, plan, moved=move.number, overtime_cost=bench.prices.overtime_per_second)
    except NoWay as error:
        technician = whose(bench, opened.present, error.shift)
        raise NoWayThere(technician=technician, day=opened.present.day.isoformat()) from error
    if _orders(plan) == _orders(opened.plan):
        raise NothingMoves(number=move.number)
    return _Comparison(bench, opened, move, job, found, plan).weighed()


def _opened_for(bench: Workbench, day: dt.date, move: Move, plan_id: int | None) -> tuple[OpenDay, JobToPlan]:
    """The plan to change, with the pieces of the job at hand where it comes in and set aside where it goes."""
    with reading(), bench.sessions() as session:
        row = session.scalar(sa.select(Job).where(Job.number == move.number))
        if row is None:
            raise UnknownJob(job=move.number)
        job_id, status = row.id, row.status
        held = held_by(session, job_id)
    if not can_be_moved(status):
        raise NotToBeMoved(number=move.number, status=status.value)
    opened = open_day(bench, day, plan_id)
    if opened.present.job(job_id) is None:
        # Its time may be over; who is sent there comes late.
        opened = open_day(bench, day, plan_id, (job_id,))
    job = opened.present.job(job_id)
    if job is None:
        raise _not_of_this_day(bench, job_id, move.number, opened.present.day)
    return opened.for_job(job_id, held, comes=move.technician_id is not None), job


def _not_of_this_day(bench: Workbench, job_id: int, number: str, day: dt.date) -> OnAnotherDay | NotOfThisDay:
    with reading(), bench.sessions() as session:
        other = session.scalar(
            sa.select(Visit.day).where(Visit.job_id == job_id, Visit.status == VisitStatus.DISPATCHED, Visit.day != day)
        )
    if other is not None:
        return OnAnotherDay(number=number, day=day.isoformat(), other=other.isoformat())
    return NotOfThisDay(number=number, day=day.isoformat())


def _shift_of(bench: Workbench, opened: OpenDay, move: Move) -> str | None:
    """The shift to go to; None: off the plan."""
    if move.technician_id is None:
        return None
    shift = next((one.id for one in opened.present.snapshot.shifts if one.technician_id == move.technician_id), None)
    if shift is None:
        raise NobodyToMoveTo(technician=_name(bench, move.technician_id), day=opened.present.day.isoformat())
    return shift


def _before(bench: Workbench, opened: OpenDay, move: Move, shift: str | None) -> str | None:
    if shift is None or not move.before:
        return None
    route = next((one for one in opened.plan.routes if one.shift == shift), None)
    if move.before == move.number or route is None or move.before not in order_of(route):
        raise PlaceGone(before=move.before, technician=_name(bench, move.technician_id))
    return move.before


def _name(bench: Workbench, technician_id: int | None) -> str:
    with reading(), bench.sessions() as session:
        technician = session.get(Technician, technician_id)
        return technician.name if technician is not None else str(technician_id)


def without_lacking_parts(snapshot: Snapshot, broken: Collection[Violation]) -> Snapshot:
    """
    The snapshot in which visits do not need the parts that they go without.

    Nobody asks the places for these when the plan is written, which would take the visit off for want of them.
    """
    short = {(one.where, one.what) for one in broken if one.code is ViolationCode.PART}
    skus, without = snapshot.skus, {number for number, _ in short}
    jobs = tuple(
        job
        if job.number not in without
        else replace(job, parts={part: n for part, n in job.parts.items() if (job.number, skus[part]) not in short})
        for job in snapshot.jobs
    )
    return replace(snapshot, jobs=jobs)


def _orders(plan: Solution) -> dict[str, tuple[str | int, ...]]:
    return {route.shift: order_of(route) for route in plan.routes}


def _parties(session: Session, numbers: Collection[str]) -> dict[str, Party]:
    rows = session.scalars(sa.select(Job).where(Job.number.in_(numbers)).options(joinedload(Job.site)))
    return {row.number: Party(row.site.name, row.site.zone, row.site.contact_name, row.site.phone) for row in rows}


class _Comparison:
    """The plan before a move beside the plan after it."""

    def __init__(  # noqa: PLR0917 -- what a move is made of
        self, bench: Workbench, opened: OpenDay, move: Move, job: JobToPlan, found: Bent, plan: Solution
    ) -> None:
        self.bench, self.opened, self.move, self.job, self.found, self.plan = bench, opened, move, job, found, plan
        self.snapshot = opened.present.snapshot
        self.jobs = {one.number: one for one in self.snapshot.jobs}
        self.before = slots(opened.problem, opened.plan)
        self.after = slots(opened.problem, plan)
        self.cost = cost_by_term(found.problem, plan)
        with reading(), bench.sessions() as session:
            rows = session.execute(sa.select(Technician.id, Technician.name)).all()
        self.names = {row.id: row.name for row in rows}
        orders, others = _orders(opened.plan), _orders(plan)
        self.touched = {shift for shift in {*orders, *others} if orders.get(shift) != others.get(shift)}

    def weighed(self) -> Weighed:
        shifted, targets = tuple(self._shifted()), tuple(sorted(self._targets(), key=lambda one: not one.is_worse))
        broken, promises = tuple(self._broken()), tuple(self._promises())
        concerned = {self.move.number, *self.opened.dropped}
        for lines in (shifted, targets, broken, promises):
            concerned.update(one.number for one in lines)
        with reading(), self.bench.sessions() as session:
            parties = _parties(session, concerned)
        return Weighed(
            move=self.move,
            day=self.opened,
            computed=self._computed(),
            was=self._place(self.before.get(self.move.number)),
            now=self._place(self.after.get(self.move.number)),
            shifted=shifted,
            targets=targets,
            broken=broken,
            promises=promises,
            costs=self._costs(),
            parties=parties,
            basis=self._basis(broken),
        )

    def _computed(self) -> Computed:
        """What is to be written down."""
        solution = replace(self.plan, engine=ENGINE, cost=self.cost)
        snapshot = without_lacking_parts(self.snapshot, self.found.broken)
        return Computed(snapshot, self.found.problem, solution, self.opened.plan)

    def _place(self, slot: Slot | None) -> Place | None:
        if slot is None:
            return None
        technician_id = self.snapshot.shift(slot.shift).technician_id
        return Place(technician_id, self.names[technician_id], self.opened.present.at(slot.start))

    def _shifted(self) -> Iterator[Shifted]:
        """The other visits that begin earlier or later, in the order of the day."""
        for number, was in sorted(self.before.items(), key=lambda one: one[1].start):
            now = self.after.get(number)
            if number == self.move.number or now is None or abs(now.start - was.start) < SAME_SECONDS:
                continue
            name = self.names[self.snapshot.shift(now.shift).technician_id]
            at = self.opened.present.at
            yield Shifted(number, name, at(was.start), at(now.start))

    def _targets(self) -> Iterator[Target]:
        visits = {visit.id: visit for visit in self.opened.problem.visits}
        for number in self._moved_numbers():
            visit = visits[number]
            if visit.due is None:
                continue
            due = self.opened.present.at(visit.due)
            before, after = (_late(visit, places.get(number)) for places in (self.before, self.after))
            # What nobody makes today may be made in time on another day.
            is_missed = due < self.snapshot.next_chance if after is None else bool(before or after)
            if before != after and is_missed:
                yield Target(number, due, before, after)

    def _moved_numbers(self) -> list[str]:
        """The visits that are not where, or when, they were, by the time they begin."""
        numbers = {number for number in {*self.before, *self.after} if self._is_elsewhere(number)}
        return sorted(numbers, key=lambda number: (self.after.get(number) or self.before[number]).start)

    def _is_elsewhere(self, number: str) -> bool:
        was, now = self.before.get(number), self.after.get(number)
        return was is None or now is None or was.shift != now.shift or abs(was.start - now.start) >= SAME_SECONDS

    def _promises(self) -> Iterator[PromiseTouched]:
        at = self.opened.present.at
        for number in self._moved_numbers():
            window = self.jobs[number].promise
            if window is None:
                continue
            was, now = self.before.get(number), self.after.get(number)
            yield PromiseTouched(number, window, at(was.start) if was else None, at(now.start) if now else None)

    def _broken(self) -> Iterator[BrokenRule]:
        """What the checker says of the moved plan and did not say of the one before."""
        known = {(one.code, one.where, one.what): one.amount for one in self.opened.broken}
        for one in self.found.broken:
            was = known.get((one.code, one.where, one.what))
            if was is None or one.where == self.move.number or one.amount - was >= SAME_SECONDS:
                yield self._rule(one)

    def _rule(self, violation: Violation) -> BrokenRule:
        if violation.code is ViolationCode.OVERTIME:
            return self._overtime(violation)
        slot, job = self.after[violation.where], self.jobs[violation.where]
        shift = self.snapshot.shift(slot.shift)
        rule, facts = _WORDS[violation.code](self, violation, slot, job)
        return BrokenRule(
            rule,
            job.number,
            shift.technician_id,
            self.names[shift.technician_id],
            round(violation.amount),
            self.opened.present.at(slot.start),
            facts,
        )

    def _overtime(self, violation: Violation) -> BrokenRule:
        shift = self.snapshot.shift(violation.where)
        route = next(route for route in self.plan.routes if route.shift == shift.id)
        back, ends = self.opened.present.at(route.return_), shift.ends_at + dt.timedelta(seconds=shift.overtime_seconds)
        name, facts = self.names[shift.technician_id], {"back": back, "ends": ends}
        return BrokenRule("overtime", "", shift.technician_id, name, round(violation.amount), back, facts)

    def _costs(self) -> dict[str, int]:
        before = self.opened.cost
        more = {term: round(self.cost[term] - before[term]) for term in (*TERMS, "total")}
        return {term: cents for term, cents in more.items() if cents}

    def _basis(self, broken: Collection[BrokenRule]) -> str:
        """Names what the move concerns: the visit, who does what in which order before it, and which rules break."""
        orders = _orders(self.opened.plan)
        routes = sorted((shift, orders.get(shift, ())) for shift in self.touched)
        # Without the amounts, which grow by the minute where the day runs late.
        rules = sorted((one.rule, one.number, one.technician_id) for one in broken)
        told = (self.move.number, self.job.version, routes, rules)
        return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def _late(visit: VisitToPlan, slot: Slot | None) -> int | None:
    return None if slot is None or visit.due is None else max(0, slot.start - visit.due)


def _window(told: _Comparison, _violation: Violation, slot: Slot, job: JobToPlan) -> tuple[str, dict[str, Any]]:
    rule = "promise" if job.promise is not None else "opening_hours"
    return rule, {"start": told.opened.present.at(slot.start), "windows": job.windows}


def _tie(told: _Comparison, _violation: Violation, slot: Slot, job: JobToPlan) -> tuple[str, dict[str, Any]]:
    pin = job.pin
    facts: dict[str, Any] = {"start": told.opened.present.at(slot.start)}
    if pin is not None and pin.technician_id is not None:
        facts["tied_to"] = told.names[pin.technician_id]
    if pin is not None and (pin.start is not None or pin.window is not None):
        facts["window"] = pin.window or (pin.start, pin.start)
    return "tie", facts


def _who(told: _Comparison, _violation: Violation, slot: Slot, job: JobToPlan) -> tuple[str, dict[str, Any]]:
    shift = told.snapshot.shift(slot.shift)
    technician_id, lacking = shift.technician_id, lacking_skills(shift.skills, job.skills)
    if technician_id in job.excluded:
        return "excluded", {}
    if lacking:
        # Somebody else was trusted with it; that leaves the skill as it is for all others.
        skill, needed = next(iter(lacking.items()))
        return "skill", {"skill": skill, "needed": needed, "held": shift.skills.get(skill, 0)}
    if job.pin is not None and job.pin.technician_id is not None:
        return "tie", {"tied_to": told.names[job.pin.technician_id]}
    return ("territory" if technician_id in job.outside else "not_allowed"), {}


def _skill(told: _Comparison, violation: Violation, slot: Slot, job: JobToPlan) -> tuple[str, dict[str, Any]]:
    held = told.snapshot.shift(slot.shift).skills.get(violation.what, 0)
    return "skill", {"skill": violation.what, "needed": job.skills[violation.what], "held": held}


def _part(_told: _Comparison, violation: Violation, _slot: Slot, _job: JobToPlan) -> tuple[str, dict[str, Any]]:
    return "part", {"sku": violation.what}


_WORDS = {
    ViolationCode.WINDOW: _window,
    ViolationCode.PIN: _tie,
    ViolationCode.NOT_ALLOWED: _who,
    ViolationCode.SKILL: _skill,
    ViolationCode.PART: _part,
}
