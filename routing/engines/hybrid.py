"""
Ruin and recreate with simulated annealing, on all threads given: the engine to use.

Every thread searches an island of its own; now and then the worse ones go on from where the best one is. Times, breaks
and costs of the plan come from the exact code that all engines share.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from time import monotonic

import numpy as np

from routing.assemble import assemble
from routing.engines import Progress, SolveOptions, hybrid_territories
from routing.insertion import OpenPlan
from routing.pool.joins import FRACTIONS, Joins
from routing.problem import Problem
from routing.reuse import reuse
from routing.search.islands import Island, temperature, temperature_unit
from routing.search.resume import read_off
from routing.search.world import build_world
from routing.solution import Solution
from routing.territories import plan_of
from routing.timing import Timing

# Seconds an island goes on at one temperature, or moves when they are the budget, so that the clock decides nothing.
CHUNK_SECONDS, CHUNK_MOVES = 0.02, 200
# Seconds between two looks at the caller's wishes, and between two reports of progress.
LOOK_SECONDS, REPORT_SECONDS = 0.02, 0.25
# Fractions of the budget at which the worse islands go on from the best one.
EXCHANGES = (0.4, 0.6, 0.75, 0.9)


def solve(problem: Problem, options: SolveOptions) -> Solution:
    """
    The best plan within the budget.

    With ``iterations`` (moves of every thread) the same input, seed and thread count give the same plan.
    """
    began = monotonic()
    timing = Timing(problem)
    plan = reuse(timing, options.start)
    if problem.visits and problem.shifts:
        plan = min(_search(timing, options, began, plan), plan, key=OpenPlan.total)
    return assemble(plan, engine="hybrid", seed=options.seed, seconds=monotonic() - began)


def _search(timing: Timing, options: SolveOptions, began: float, start: OpenPlan) -> OpenPlan:
    if hybrid_territories.num_territories(timing.problem, max(1, options.threads)) > 1:
        return hybrid_territories.search(timing, options, began, start)
    return _plan_of(_Run(timing, options, began, start).search(), timing)


def _plan_of(island: Island, timing: Timing) -> OpenPlan:
    return plan_of(timing, *read_off(island.best, island.world))


class _Run:
    """The islands and the budget they share."""

    def __init__(self, timing: Timing, options: SolveOptions, began: float, start: OpenPlan) -> None:
        self._timing, self._options, self._start = timing, options, start
        world = build_world(timing.problem, timing.tables)
        self._unit = temperature_unit(world)
        self._islands = [Island(world, options.seed, k) for k in range(max(1, options.threads))]
        self._is_stopped, self._joins = False, Joins(options, len(timing.problem.visits), began)
        self._started = self._next_report = monotonic()
        self._seconds = max(options.seconds - (self._started - began), 0.25 * options.seconds)

    def search(self) -> Island:
        """All moves of all islands; the one with the best plan."""
        with ThreadPoolExecutor(len(self._islands)) as threads:
            try:
                self._search(threads)
            finally:
                # Also when an exception ends the wait: the pool lets nobody go before the islands are done.
                self._is_stopped = True
        return self._best()

    def _search(self, threads: ThreadPoolExecutor) -> None:
        self._wait([threads.submit(self._begin, island) for island in self._islands])
        for until in sorted({*EXCHANGES, *FRACTIONS, 1.0}):
            self._wait([threads.submit(self._run, island, until) for island in self._islands])
            self._join(until, threads)
            if until in EXCHANGES:
                self._exchange()
        if self._options.on_progress and not self._is_stopped:
            self._options.on_progress(Progress(1.0, self._best().cost))

    def _wait(self, runs: Sequence[Future[None]]) -> None:
        """Wait for the islands, and tell them when to stop."""
        while wait(runs, LOOK_SECONDS).not_done:
            self._is_stopped |= bool(self._options.should_stop and self._options.should_stop())
            if self._options.on_progress and monotonic() >= self._next_report and np.isfinite(self._best().cost):
                self._next_report = monotonic() + REPORT_SECONDS
                self._options.on_progress(Progress(min(map(self._used, self._islands)), self._best().cost))
        for run in runs:
            run.result()

    def _begin(self, island: Island) -> None:
        technicians = self._start.problem.shifts_of
        island.begin(self._start.orders, np.stack([self._start.taken_by(technician) for technician in technicians]))

    def _used(self, island: Island) -> float:
        """The fraction of the budget that an island has used."""
        if self._options.iterations is not None:
            return island.num_moves / self._options.iterations
        return min(1.0, (monotonic() - self._started) / self._seconds)

    def _run(self, island: Island, until: float) -> None:
        """Let an island make its moves up to a fraction of the budget."""
        num_moves = 1
        while (used := self._used(island)) < until and not self._is_stopped:
            began = monotonic()
            if self._options.iterations is not None:
                num_moves = min(CHUNK_MOVES, self._options.iterations - island.num_moves)
            island.run(num_moves, temperature(used, self._unit))
            ratio = CHUNK_SECONDS / max(monotonic() - began, 1e-6)
            num_moves = max(1, int(num_moves * min(4.0, max(0.25, ratio))))

    def _join(self, fraction: float, threads: ThreadPoolExecutor) -> None:
        if self._joins.is_due(fraction) and not self._is_stopped:
            best = self._best()
            choice = self._joins.choose(self._islands, _plan_of(best, self._timing), threads)
            if choice is not None:
                best.go_on_from(choice.orders, choice.taken)

    def _exchange(self) -> None:
        best = self._best()
        for island in self._islands:
            if island.cost > best.cost:
                island.adopt(best)

    def _best(self) -> Island:
        return min(self._islands, key=lambda island: island.cost)
