"""
Ruin and recreate with simulated annealing, on all threads given: the engine to use.

Every thread searches an island of its own; now and then the worse ones go on from where the best one is. Times, breaks
and costs of the plan come from the exact code that all engines share.
"""

from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import numpy as np

from routing.assemble import assemble
from routing.engines import Progress, SolveOptions, hybrid_territories
from routing.engines.watch import Watch
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
    is_stopped = bool(options.should_stop and options.should_stop())
    seconds = monotonic() - began
    return assemble(plan, engine="hybrid", seed=options.seed, seconds=seconds, is_hurried=is_stopped)


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
        self._watch = Watch(options, self._progress)
        self._islands = [Island(world, options.seed, k, self._watch.stop) for k in range(max(1, options.threads))]
        self._joins = Joins(options, len(timing.problem.visits), began)
        self._started = monotonic()
        self._seconds = max(options.seconds - (self._started - began), 0.25 * options.seconds)

    def search(self) -> Island:
        """All moves of all islands; the one with the best plan."""
        with ThreadPoolExecutor(len(self._islands)) as threads:
            try:
                self._search(threads)
            finally:
                # Also when an exception ends the wait: the pool lets nobody go before the islands are done.
                self._watch.end()
        return self._best()

    def _search(self, threads: ThreadPoolExecutor) -> None:
        self._watch.wait([threads.submit(self._begin, island) for island in self._islands])
        for until in sorted({*EXCHANGES, *FRACTIONS, 1.0}):
            self._watch.wait([threads.submit(self._run, island, until) for island in self._islands])
            self._join(until, threads)
            if until in EXCHANGES:
                self._exchange()
        self._watch.finish(self._best().cost)

    def _progress(self) -> Progress | None:
        cost = self._best().cost
        return Progress(min(map(self._used, self._islands)), cost) if np.isfinite(cost) else None

    def _begin(self, island: Island) -> None:
        technicians = self._start.problem.shifts_of
        island.begin(self._start.orders, np.stack([self._start.taken_by(technician) for technician in technicians]))

    def _used(self, island: Island) -> float:
        """The fraction of the budget that an island has used."""
        if self._options.iterations is not None:
            return island.num_moves / self._options.iterations if self._options.iterations else 1.0
        return min(1.0, (monotonic() - self._started) / self._seconds)

    def _run(self, island: Island, until: float) -> None:
        """Let an island make its moves up to a fraction of the budget."""
        num_moves = 1
        while (used := self._used(island)) < until and not self._watch.is_stopped:
            began = monotonic()
            if self._options.iterations is not None:
                num_moves = min(CHUNK_MOVES, self._options.iterations - island.num_moves)
            island.run(num_moves, temperature(used, self._unit))
            ratio = CHUNK_SECONDS / max(monotonic() - began, 1e-6)
            num_moves = max(1, int(num_moves * min(4.0, max(0.25, ratio))))

    def _join(self, fraction: float, threads: ThreadPoolExecutor) -> None:
        if self._joins.is_due(fraction) and not self._watch.is_stopped:
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
