"""
Ruin and recreate with simulated annealing, on all threads given: the engine to use.

Every thread searches an island of its own; now and then the worse ones go on from where the best one is. Times, breaks
and costs of the plan come from the exact code that all engines share.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from time import monotonic

import numpy as np

from routing.assemble import assemble
from routing.engines import Progress, SolveOptions, hybrid_territories
from routing.insertion import OpenPlan
from routing.pool.joins import Joins
from routing.problem import Problem
from routing.reuse import reuse
from routing.search.islands import Island, temperature, temperature_unit
from routing.search.world import build_world
from routing.solution import Solution
from routing.timing import Timing

# Seconds between two looks at the clock and the caller's wishes.
ROUND_SECONDS = 0.02
# Moves between two such looks when moves are the budget, so that the clock decides nothing.
ROUND_MOVES = 200
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
    if hybrid_territories.num_territories(timing.problem, options.threads) > 1:
        return hybrid_territories.search(timing, options, began, start)
    return _plan_of(_Run(timing, options, began, start).search(), timing)


def _plan_of(island: Island, timing: Timing) -> OpenPlan:
    orders = island.orders()
    technicians = enumerate(timing.problem.shifts_of)
    loads = {technician: timing.load(technician, orders, island.stock_of(t)) for t, technician in technicians}
    return OpenPlan(timing, orders, loads)


class _Run:
    """The islands and the budget they share."""

    def __init__(self, timing: Timing, options: SolveOptions, began: float, start: OpenPlan) -> None:
        self._options, self._began, self._start = options, began, start
        world = build_world(timing.problem, timing.tables)
        self._unit = temperature_unit(world)
        self._islands = [Island(world, timing.tables, options.seed, k) for k in range(max(1, options.threads))]
        self._num_moves, self._moves_done = 1, 0
        self._exchanges = list(EXCHANGES)
        self._timing, self._joins = timing, Joins(options, len(timing.problem.visits), began)

    def search(self) -> Island:
        """All rounds; the island with the best plan."""
        with ThreadPoolExecutor(len(self._islands)) as threads:
            list(threads.map(self._begin, self._islands))
            for fraction in self._rounds():
                list(threads.map(partial(self._round, temperature(fraction, self._unit)), self._islands))
                self._moves_done += self._num_moves
                self._join(fraction, threads)
                self._exchange(fraction)
        return self._best()

    def _begin(self, island: Island) -> None:
        technicians = self._start.problem.shifts_of
        island.begin(self._start.orders, np.stack([self._start.taken_by(technician) for technician in technicians]))

    def _round(self, heat: float, island: Island) -> None:
        island.run(self._num_moves, heat)

    def _rounds(self) -> Iterator[float]:
        """How much of the budget is used, as long as there is some left and nobody says stop; sets the moves to do."""
        options, started = self._options, monotonic()
        self._num_moves = 1 if options.iterations is None else ROUND_MOVES
        while not (options.should_stop and options.should_stop()):
            now = monotonic()
            if options.iterations is not None:
                used = self._moves_done / options.iterations
                self._num_moves = min(ROUND_MOVES, options.iterations - self._moves_done)
            else:
                used = (now - started) / max(options.seconds - (started - self._began), 0.25 * options.seconds)
            if options.on_progress and self._moves_done:
                options.on_progress(Progress(min(1.0, used), self._best().cost))
            if used >= 1.0:
                return
            yield used
            if options.iterations is None:
                ratio = ROUND_SECONDS / max(monotonic() - now, 1e-6)
                self._num_moves = max(1, int(self._num_moves * min(2.0, max(0.5, ratio))))

    def _join(self, fraction: float, threads: ThreadPoolExecutor) -> None:
        if self._joins.is_due(fraction):
            best = self._best()
            choice = self._joins.choose(self._islands, _plan_of(best, self._timing), threads)
            if choice is not None:
                best.go_on_from(choice.orders, choice.taken)

    def _exchange(self, fraction: float) -> None:
        if self._exchanges and fraction >= self._exchanges[0]:
            self._exchanges.pop(0)
            best = self._best()
            for island in self._islands:
                if island.cost > best.cost:
                    island.adopt(best)

    def _best(self) -> Island:
        return min(self._islands, key=lambda island: island.cost)
