"""
Publishing some of the changes of a draft: the chosen ones are made, everything else stays as it is published.

The mixture is a plan of its own. It is computed with every visit tied to where it is to be, checked by the independent
checker as every plan is, and recorded and published in one act; what does not fit together is refused by name.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from core.db import reading
from dispatch.models import Plan
from dispatch.models.plans import PlanState
from dispatch.planning.comparison import Appointment, Comparison, compare
from dispatch.planning.compute import Workbench, with_paths
from dispatch.planning.errors import (
    ChoiceClashes,
    NotADraft,
    NothingChosen,
    NothingToPlan,
    NotInComparison,
    PlanOutdated,
)
from dispatch.planning.problem import reachable_part, seconds_of, to_problem
from dispatch.planning.publish import plan_by_id, publish_together
from dispatch.planning.record import Computed, changed_meanwhile, record_plans, refuse_broken_plan
from dispatch.planning.snapshot import Snapshot, take_snapshot
from dispatch.planning.standing import TOO_LATE_TO_DROP, stand
from dispatch.planning.travel import known_travel
from routing.engines import SolveOptions
from routing.objective import cost_by_term
from routing.problem import Pin, Problem, Visit
from routing.solution import Solution
from routing.solve import solve

# A thorough search has so long to fit in what a quick one could not.
SECONDS = 1.0


@dataclass(frozen=True)
class Mixture:
    """The chosen changes of a draft together with what else is published, computed and checked."""

    plan_id: int
    chosen: frozenset[str]
    computed: Computed


def mix(bench: Workbench, *, plan_id: int, chosen: Collection[str]) -> Mixture:
    """
    Compute what is published with the chosen changes of a draft, which are named by the numbers of their jobs.

    Runs outside any transaction of the caller.

    Raises
    ------
    NotADraft, NothingChosen, NotInComparison
        For a choice that cannot be made.
    PlanOutdated
        If a chosen job is no longer as it was planned.
    ChoiceClashes
        Naming the jobs that would not fit.
    """
    with reading(), bench.sessions() as session:
        plan = plan_by_id(session, plan_id)
        if plan.state is not PlanState.DRAFT:
            raise NotADraft(version=plan.version, day=plan.day.isoformat(), state=plan.state.value)
        comparison = compare(session, plan)
        wanted = _wanted(comparison, chosen)
        days = sorted({plan.day, *(one.day for one in wanted.values() if one is not None)})
        snapshot = take_snapshot(session, days[0], days[-1])
        _refuse_changed(plan, snapshot, chosen)
    travel = known_travel(bench.sessions, bench.travel_times(), snapshot.points)
    snapshot = reachable_part(snapshot, travel)
    if not snapshot.jobs:
        raise NothingToPlan(day=plan.day.isoformat())
    computed = _mixed(snapshot, to_problem(snapshot, travel, bench.prices), wanted)
    refuse_broken_plan(computed.problem, computed.solution)
    return Mixture(plan_id, frozenset(chosen), with_paths(bench.travel_times(), computed))


def publish_mixture(
    session: Session, mixture: Mixture, *, consent: Collection[str] = (), actor_id: int | None
) -> list[Plan]:
    """Record a mixture and publish it in the same transaction; the draft it was taken from is discarded."""
    draft = plan_by_id(session, mixture.plan_id)
    if draft.state is not PlanState.DRAFT:
        raise NotADraft(version=draft.version, day=draft.day.isoformat(), state=draft.state.value)
    snapshot = mixture.computed.snapshot
    changed = changed_meanwhile(session, snapshot.jobs)
    if changed:
        numbers = [job.number for job in snapshot.jobs if job.id in changed]
        raise PlanOutdated(draft, [{"number": number, "change": "change"} for number in numbers])
    plans = record_plans(
        session, mixture.computed, actor_id=actor_id, chosen=sorted(mixture.chosen), of_version=draft.version
    )
    chosen = {job.id for job in snapshot.jobs if job.number in mixture.chosen}
    for row in (row for plan in plans for row in plan.left_out if row.details and row.job_id not in chosen):
        row.reason = "not_chosen"
    return publish_together(session, [plan.id for plan in plans], consent, actor_id)


def _wanted(comparison: Comparison, chosen: Collection[str]) -> dict[str, Appointment | None]:
    """Where the chosen jobs are to be; None: on no plan."""
    if not chosen:
        raise NothingChosen
    changes = {change.job.number: change.now for change in comparison.changes}
    strange = sorted(set(chosen) - changes.keys())
    if strange:
        raise NotInComparison(numbers=", ".join(strange))
    return {number: changes[number] for number in chosen}


def _refuse_changed(plan: Plan, snapshot: Snapshot, chosen: Collection[str]) -> None:
    planned = {stop.job.number: stop.job_version for route in plan.routes for stop in route.stops if stop.job}
    now = {job.number: job.version for job in snapshot.jobs}
    changed = [
        {"number": number, "change": "change"}
        for number in sorted(chosen)
        if number in planned and planned[number] != now.get(number)
    ]
    if changed:
        raise PlanOutdated(plan, changed)


def _mixed(snapshot: Snapshot, problem: Problem, wanted: Mapping[str, Appointment | None]) -> Computed:
    kept = {job.number for job in snapshot.jobs if job.previous is not None and job.number not in wanted}
    closed = replace(problem, visits=tuple(_closed(visit, visit.id not in kept) for visit in problem.visits))
    standing = stand(snapshot, closed, keep=kept)
    visits = tuple(_placed(snapshot, visit, wanted.get(visit.id)) for visit in standing.problem.visits)
    mixed = replace(standing.problem, visits=visits)
    expected = standing.frozen | {number for number, place in wanted.items() if place is not None}
    solution = _fitted(mixed, standing.plan, expected)
    _refuse_clashes(solution, expected | kept)
    # It was computed with prices that leave no choice; it is told with those that every plan has.
    priced = _priced_as(problem, mixed)
    told = replace(solution, engine="chosen", cost=cost_by_term(priced, solution))
    return Computed(snapshot, priced, told, stand(snapshot, problem, keep=()).plan)


def _priced_as(problem: Problem, mixed: Problem) -> Problem:
    visits = zip(mixed.visits, problem.visits, strict=True)
    return replace(mixed, visits=tuple(replace(tied, unserved_cost=visit.unserved_cost) for tied, visit in visits))


def _closed(visit: Visit, is_closed: bool) -> Visit:
    return replace(visit, technicians=frozenset(), unserved_cost=0.0) if is_closed else visit


def _placed(snapshot: Snapshot, visit: Visit, place: Appointment | None) -> Visit:
    """A visit that goes exactly where the draft has it, even if that moves its promise: publication asks for that."""
    if place is None:
        return visit
    start = seconds_of(snapshot, place.start)
    return replace(
        visit,
        technicians=None,
        windows=((start, start),),
        pin=Pin(technician=place.technician.code, start=start),
        unserved_cost=TOO_LATE_TO_DROP,
    )


def _fitted(problem: Problem, standing: Solution | None, expected: Collection[str]) -> Solution:
    """Fit the chosen visits in: quickly if that serves them all, otherwise with some thought."""
    quick = solve(problem, "greedy", SolveOptions(start=standing))
    if not _missing(quick, expected):
        return quick
    return solve(problem, "hybrid", SolveOptions(seconds=SECONDS, start=quick))


def _missing(solution: Solution, expected: Collection[str]) -> dict[str, str]:
    """The visits that a plan leaves out though they are to be on it, each with the softest reason in one word."""
    return {
        one.visit: str(one.reasons[-1].code) if one.reasons else "full"
        for one in solution.unserved
        if one.visit in expected
    }


def _refuse_clashes(solution: Solution, expected: Collection[str]) -> None:
    missing = _missing(solution, expected)
    if missing:
        raise ChoiceClashes([{"number": number, "reason": missing[number]} for number in sorted(missing)])
