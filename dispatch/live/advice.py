"""
Why nobody makes a job, or makes it in time, and the cheapest single changes that would help.

Each change that is named was made on paper, the job was brought in, and the checker passed the plan
(``routing.relax``): its cost is what the day then costs more.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dispatch.live.bending import Going, as_it_goes
from dispatch.live.choices import Asked, people
from dispatch.live.errors import NoDayToRepair
from dispatch.live.present import Present, read_present
from dispatch.live.reasons import Why, explained
from dispatch.planning.compute import Workbench
from dispatch.planning.snapshot import JobToPlan
from dispatch.workforce import lacking_skills
from routing.amend import slots
from routing.live import LivePlan
from routing.relax import Advice, Relaxation, RelaxationKind, advise

# How many days ahead to look for a technician who can come.
DAYS_AHEAD = 4
QUARTER = dt.timedelta(minutes=15)
FIXES_PER_KIND = 2
# What a person can carry out by pressing a button; the rest has to be done in the world first.
APPLICABLE = frozenset({"as_it_is", "overtime", "promise", "pin", "hand_over", "another_day"})


@dataclass(frozen=True)
class Against:
    """What stands against one technician; ``cost_cents`` is what the day would cost more without it, if that is so."""

    technician_id: int
    technician: str
    why: Why
    cost_cents: int | None


@dataclass(frozen=True)
class Fix:
    """
    One change that brings the job in: who comes then, when, and what the day costs more.

    Kinds are "as_it_is" (nothing has to change), "overtime", "promise" (another window), "pin" (untie it),
    "opening_hours", "technician" (somebody who is not welcome), "skill", "part" (a piece in the van), "hand_over" (the
    same, from a colleague's van), "stock" (a piece at a warehouse) and "another_day".
    """

    kind: str
    technician_id: int
    technician: str
    starts_at: dt.datetime
    cost_cents: int
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """By which a form names it."""
        return f"{self.kind}-{self.technician_id}"

    @property
    def is_applicable(self) -> bool:
        return self.kind in APPLICABLE


@dataclass(frozen=True)
class WhyNot:
    """
    The answer about a job.

    ``state`` is "left_out", "late", "in_time" or, if nothing could be asked, the word for what stands against planning
    it on that day at all. ``without_it_cents`` is what leaving the job out costs.
    """

    number: str
    day: dt.date
    state: str
    starts_at: dt.datetime | None = None
    late_seconds: int = 0
    without_it_cents: int = 0
    against: tuple[Against, ...] = ()
    fixes: tuple[Fix, ...] = ()


@dataclass(frozen=True)
class Found:
    """The answer, and by the key of each fix what a plan with it would be."""

    answer: WhyNot
    going: Going
    relaxations: Mapping[str, Relaxation]


def why_not(bench: Workbench, asked: Asked, day: dt.date) -> WhyNot:
    """
    Say what stands against a job on a day, technician by technician, and what would help, cheapest first.

    ``asked`` is the job; one that waits for parts is weighed as if it did not.
    """
    found = find(bench, asked, day)
    return found if isinstance(found, WhyNot) else found.answer


def find(bench: Workbench, asked: Asked, day: dt.date) -> "Found | WhyNot":
    """As ``why_not``, with the plans behind the fixes; without them if the job is not part of the day."""
    present = read_present(bench, day, also=[asked.id], must_be_published=False)
    job = present.job(asked.id)
    if job is None:
        return WhyNot(asked.number, day, _obstacle(present, asked.id))
    if not present.snapshot.shifts:
        return WhyNot(asked.number, day, "nobody_works")
    going = as_it_goes(present)
    names = people(bench)
    slot = slots(going.present.problem, going.plan).get(job.number)
    visit = going.present.problem.visits[going.present.problem.visit_index[job.number]]
    starts = going.present.at(slot.start) if slot is not None else None
    late = max(0, slot.start - visit.due) if slot is not None and visit.due is not None else 0
    if starts is not None and not late:
        return WhyNot(job.number, day, "in_time", starts)
    advice = advise(going.present.problem, going.plan, job.number, per_kind=FIXES_PER_KIND)
    fixes = {fix.key: (fix, relaxation) for fix, relaxation in _fixes(going.present, job, advice, names)}
    ahead = list(_another_day(bench, asked, day, names))
    answer = WhyNot(
        job.number,
        day,
        "left_out" if starts is None else "late",
        starts,
        late,
        round(visit.unserved_cost),
        tuple(_against(going.present, job, advice, names)),
        tuple(sorted([*(fix for fix, _ in fixes.values()), *ahead], key=lambda fix: fix.cost_cents)),
    )
    return Found(answer, going, {key: relaxation for key, (_, relaxation) in fixes.items()})


def _obstacle(present: Present, job_id: int) -> str:
    return next((one.reason for one in present.snapshot.obstacles if one.job_id == job_id), "not_on_this_day")


def _against(
    present: Present, job: JobToPlan, advice: Advice, names: Mapping[int, tuple[str, str]]
) -> Iterator[Against]:
    visit = present.problem.visits[present.problem.visit_index[job.number]]
    for obstacle in advice.obstacles:
        technician_id = present.snapshot.shift(obstacle.reason.shift).technician_id
        why = Why("nothing") if obstacle.could_come else explained(present, visit, obstacle.reason)
        cost = round(obstacle.cost) if obstacle.cost < float("inf") else None
        yield Against(technician_id, names[technician_id][0], why, cost)


def _fixes(
    present: Present, job: JobToPlan, advice: Advice, names: Mapping[int, tuple[str, str]]
) -> Iterator[tuple[Fix, Relaxation]]:
    for relaxation in advice.relaxations:
        technician_id = present.snapshot.shift(relaxation.shift).technician_id
        told = _told(present, job, relaxation, names)
        if told is not None:
            kind, facts = told
            starts = present.at(relaxation.start)
            yield (
                Fix(kind, technician_id, names[technician_id][0], starts, round(relaxation.cost), facts),
                relaxation,
            )


def _told(
    present: Present, job: JobToPlan, relaxation: Relaxation, names: Mapping[int, tuple[str, str]]
) -> tuple[str, dict[str, Any]] | None:
    """What gives way, and its facts; None for what the service does not know (tools)."""
    tell = _TELL.get(relaxation.kind)
    return tell(present, job, relaxation, names) if tell is not None else None


def _nothing(*_: object) -> tuple[str, dict[str, Any]]:
    return "as_it_is", {}


def _somebody_unwelcome(*_: object) -> tuple[str, dict[str, Any]]:
    return "technician", {}


def _less_skill(present: Present, job: JobToPlan, relaxation: Relaxation, _: object) -> tuple[str, dict[str, Any]]:
    held = present.problem.shifts[present.problem.shift_index[relaxation.shift]].skills
    lacking = lacking_skills(held, job.skills)
    return "skill", {"skills": lacking, "held": {name: held.get(name, 0) for name in lacking}}


def _overtime(present: Present, _job: JobToPlan, relaxation: Relaxation, _: object) -> tuple[str, dict[str, Any]]:
    shift = present.problem.shifts[present.problem.shift_index[relaxation.shift]]
    route = next(route for route in relaxation.solution.routes if route.shift == relaxation.shift)
    more = route.return_ - shift.latest_return
    allowed = route.return_ - shift.end
    return "overtime", {"minutes": -(-more // 60), "seconds": allowed, "until": present.at(route.return_)}


def _other_time(present: Present, job: JobToPlan, relaxation: Relaxation, _: object) -> tuple[str, dict[str, Any]]:
    starts = present.at(relaxation.start)
    if job.pin is not None and (job.pin.start is not None or job.pin.window is not None):
        return "pin", {}
    if job.promise is None:
        return "opening_hours", {}
    return "promise", {"window": _wider(present, job, starts)}


def _wider(present: Present, job: JobToPlan, starts: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """The promise stretched to a start, to the full quarter of an hour where the shop is still open then."""
    assert job.promise is not None  # noqa: S101 -- the caller asks about promised jobs alone
    first = max(min(job.promise[0], starts), _next_quarter(present.snapshot.now))
    first = min(first, starts)
    last = max(job.promise[1], _next_quarter(starts), first + QUARTER)
    closes = [
        end + dt.timedelta(seconds=job.duration_seconds) for begin, end in job.open_windows if begin <= starts <= end
    ]
    return first, min([last, *closes])


def _next_quarter(moment: dt.datetime) -> dt.datetime:
    past = (moment - dt.datetime.min.replace(tzinfo=dt.UTC)) % QUARTER
    return moment if not past else moment - past + QUARTER


def _in_van(
    present: Present, _job: JobToPlan, relaxation: Relaxation, names: Mapping[int, tuple[str, str]]
) -> tuple[str, dict[str, Any]]:
    """The pieces that would have to be in the van, from which colleague's if one has them to spare, and by when."""
    gains: dict[str, int] = {}
    giver: str | None = None
    for was, now in zip(present.problem.shifts, relaxation.problem.shifts, strict=True):
        for sku in {*was.trunk, *now.trunk}:
            change = now.trunk.get(sku, 0) - was.trunk.get(sku, 0)
            if change > 0:
                gains[sku] = change
            elif change < 0:
                giver = was.technician
    by = present.at(relaxation.start)
    if giver is None:
        return "part", {"pieces": gains, "by": by}
    holder = next(shift.technician_id for shift in present.snapshot.shifts if shift.technician == giver)
    return "hand_over", {"pieces": gains, "by": by, "from_id": holder, "from": names[holder][0]}


def _at_warehouse(present: Present, _job: JobToPlan, relaxation: Relaxation, _: object) -> tuple[str, dict[str, Any]]:
    for name, was, now in zip(present.warehouse_names, present.problem.depots, relaxation.problem.depots, strict=True):
        more = {sku: (now.parts.get(sku) or 0) - (was.parts.get(sku) or 0) for sku in now.parts}
        gains = {sku: count for sku, count in more.items() if count > 0}
        if gains:
            return "stock", {"pieces": gains, "warehouse": name}
    return "stock", {"pieces": {}, "warehouse": ""}


_TELL: Mapping[RelaxationKind, Callable[..., tuple[str, dict[str, Any]]]] = {
    RelaxationKind.NONE: _nothing,
    RelaxationKind.OVERTIME: _overtime,
    RelaxationKind.WINDOW: _other_time,
    # The shift begins after all windows.
    RelaxationKind.NEXT_DAY: _other_time,
    RelaxationKind.SKILL: _less_skill,
    RelaxationKind.PART_IN_VAN: _in_van,
    RelaxationKind.PART_AT_DEPOT: _at_warehouse,
    RelaxationKind.TECHNICIAN: _somebody_unwelcome,
}


def _another_day(bench: Workbench, asked: Asked, day: dt.date, names: Mapping[int, tuple[str, str]]) -> Iterator[Fix]:
    """The next day on which somebody can come: who, when and at what cost; lateness until then is part of it."""
    for later in range(1, DAYS_AHEAD + 1):
        other = day + dt.timedelta(days=later)
        try:
            present = read_present(bench, other, also=[asked.id], must_be_published=False)
        except NoDayToRepair:
            continue
        job = present.job(asked.id)
        if job is None or not present.snapshot.shifts:
            continue
        going = as_it_goes(present.without(job.number))
        problem = going.present.problem
        best = LivePlan(problem, going.plan).rank(problem.visits[problem.visit_index[job.number]])[0]
        if best.reason is None:
            technician_id = going.present.snapshot.shift(best.shift).technician_id
            starts = going.present.at(best.start)
            facts = {"day": other, "is_published": present.state.plan_id is not None}
            yield Fix("another_day", technician_id, names[technician_id][0], starts, round(best.cost), facts)
            return
