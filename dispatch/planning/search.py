"""
From a problem to the best plan that was found for it: going on from what is published, and what is frozen stays.

Promises are kept at first. Only if a dispatcher allows so many of them to be moved, the promised jobs that would be
left out are let into the opening hours of their sites, those with the most to lose first, and the search goes on.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace

from dispatch.planning.problem import open_windows_of
from dispatch.planning.record import Computed
from dispatch.planning.snapshot import JobToPlan, Snapshot
from dispatch.planning.standing import Standing, stand
from routing.engines import Progress, SolveOptions
from routing.live import LivePlan
from routing.problem import Problem, Visit
from routing.solution import Solution
from routing.solve import solve

# Of the time allowed, what the search with moved promises gets.
SECOND_SHARE = 0.3


@dataclass(frozen=True)
class Order:
    """What was asked for: an engine, its budget, and how many promises may be moved."""

    engine: str
    seconds: float
    seed: int = 1
    most_changed_promises: int = 0


def search(
    snapshot: Snapshot,
    problem: Problem,
    order: Order,
    *,
    threads: int = 1,
    on_progress: Callable[[Progress], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Computed:
    """
    Plan a problem of a snapshot.

    1. Pin what is about to begin, and go on from what is published.
    2. Search with every promise kept.
    3. If promises may be moved and promised jobs were left out, let the best of these move and search once more.
    """
    standing = stand(snapshot, problem)
    options = SolveOptions(
        seconds=order.seconds,
        seed=order.seed,
        threads=threads,
        on_progress=on_progress,
        should_stop=should_stop,
        start=_start(standing, order.engine),
    )
    solution = solve(standing.problem, order.engine, options)
    found = Computed(snapshot, standing.problem, solution, standing.plan)
    if not order.most_changed_promises:
        return found
    return _with_moved_promises(found, order, replace(options, on_progress=None, seconds=order.seconds * SECOND_SHARE))


def _start(standing: Standing, engine: str) -> Solution | None:
    """The plan to go on from; greedy never takes back what it was given, so it is given only what may not move."""
    return standing.frozen_part if engine == "greedy" else standing.plan


def _with_moved_promises(found: Computed, order: Order, options: SolveOptions) -> Computed:
    chosen = _worth_moving(found, order.most_changed_promises)
    if not chosen:
        return found
    visits = tuple(chosen.get(visit.id, visit) for visit in found.problem.visits)
    problem = replace(found.problem, visits=visits)
    solution = solve(problem, order.engine, replace(options, start=found.solution))
    return replace(found, problem=problem, solution=solution)


def _worth_moving(found: Computed, most: int) -> dict[str, Visit]:
    """
    The visits whose promise is moved, by id, with the windows of the opening hours.

    Asked are the promised jobs that the plan leaves out; what counts is what one more costs against leaving it out.
    """
    gains = sorted(_gains(found), key=lambda gain: (-gain[0], gain[1].id))
    return {visit.id: visit for gain, visit in gains[:most] if gain > 0}


def _gains(found: Computed) -> Iterator[tuple[float, Visit]]:
    left_out = {one.visit for one in found.solution.unserved}
    promised = [job for job in found.snapshot.jobs if job.promise is not None and job.number in left_out]
    if not promised:
        return
    for job in promised:
        visit = _without_promise(found, job)
        others = _with_visit(found.problem, visit)
        best = LivePlan(others, found.solution).rank(visit)[0]
        yield visit.unserved_cost - best.cost - found.snapshot.settings.promise_change_cents, visit


def _with_visit(problem: Problem, visit: Visit) -> Problem:
    return replace(problem, visits=tuple(visit if one.id == visit.id else one for one in problem.visits))


def _without_promise(found: Computed, job: JobToPlan) -> Visit:
    visit = found.problem.visits[found.problem.visit_index[job.number]]
    return replace(visit, windows=open_windows_of(found.snapshot, job))


def moved_promises(computed: Computed) -> Collection[str]:
    """The jobs that a plan serves outside the window that was promised, by number."""
    promised = {job.number: job for job in computed.snapshot.jobs if job.promise is not None}
    return {
        stop.id
        for route in computed.solution.routes
        for stop in route.stops
        if stop.id in promised and not _keeps(computed.snapshot, promised[stop.id], stop.start)
    }


def _keeps(snapshot: Snapshot, job: JobToPlan, start: int) -> bool:
    assert job.promise is not None  # noqa: S101 -- the caller asks about promised jobs alone
    low, high = ((moment - snapshot.origin).total_seconds() for moment in job.promise)
    return low <= start <= high
