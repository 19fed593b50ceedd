"""
The search of ``hybrid`` for large problems: territory by territory, with other borders every round.

All rounds together are one annealing. In each one the plan of the moment is split anew, every territory goes on from
its part at the temperatures of that round, and the parts make the plan of the next one.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from threading import Lock
from time import monotonic

import numpy as np

from routing.engines import Progress, SolveOptions
from routing.engines.watch import Watch
from routing.insertion import OpenPlan
from routing.problem import Problem
from routing.search.islands import Island, temperature, temperature_unit
from routing.search.resume import read_off
from routing.search.world import build_world
from routing.tables import Ints
from routing.territories import Atlas, Draft, Territory, plan_of
from routing.timing import Timing

# What a territory holds at most, and from how many of them on a problem is split: smaller ones are found no better.
VISITS, SHIFTS, FEWEST = 250, 75, 3
# A first plan is made for so many territories together, as long as nothing is searched.
TOGETHER = 4
# Where on the way from hot to cold the annealing begins.
WARM = 0.5
# Moves at one temperature, between two looks at the clock.
CHUNK_SECONDS, CHUNK_MOVES = 0.02, 50
# A territory searches this long at least before borders move, and they move so often at most.
LEAST_SECONDS, LEAST_MOVES, MOST_ROUNDS = 1.0, 1000, 24


def num_territories(problem: Problem, threads: int) -> int:
    """How many territories a problem is searched in; 1 if it is small enough for one search."""
    num = max(-(-len(problem.visits) // VISITS), -(-len(problem.shifts) // SHIFTS))
    num = min(num, len(problem.shifts_of))
    if num < FEWEST:
        return 1
    # A whole number of turns for every thread.
    return min(-(-num // threads) * threads, len(problem.shifts_of))


def search(timing: Timing, options: SolveOptions, began: float, start: OpenPlan) -> OpenPlan:
    """
    The best plan within the budget, going on from a plan that may be empty.

    With ``iterations`` the threads make as many moves together as they would in one search.
    """
    return _Campaign(timing, options, began, start).search()


@dataclass(frozen=True)
class Task:
    """
    A territory to search: for so many moves or seconds, while a fraction of the whole budget goes by.

    ``latest`` is when to end at the latest, by ``time.monotonic``; ``stop[0]`` other than 0 ends it at once.
    """

    territory: Territory
    seed: int
    number: int
    since: float
    until: float
    seconds: float
    latest: float
    moves: int | None
    stop: Ints


@dataclass(frozen=True)
class Found:
    """What a search made of a territory: the plan it stands at, the best one it passed, and what they cost."""

    now: OpenPlan
    best: OpenPlan
    cost_before: float
    cost: float
    best_cost: float


def search_territory(task: Task) -> Found | None:
    """Carry out a task; None if there is nothing to do, or it is to stop before it has begun."""
    if not len(task.territory.visits) or task.stop[0]:
        return None
    ends, timing = min(monotonic() + task.seconds, task.latest), Timing(task.territory.problem)
    before = task.territory.plan(timing).total()
    world = build_world(timing.problem, timing.tables)
    if task.stop[0]:
        return None
    island = Island(world, task.seed, task.number, task.stop)
    island.begin(task.territory.orders, task.territory.taken)
    _anneal(island, task, ends)
    now, best = (plan_of(timing, *read_off(plan, world)) for plan in (island.kept, island.best))
    return Found(now, best, before, now.total(), best.total())


def _anneal(island: Island, task: Task, ends: float) -> None:
    unit, done, moves = temperature_unit(island.world), 0, 1
    used = 0.0 if task.since < task.until and task.moves != 0 else 1.0
    while used < 1.0 and not task.stop[0]:
        now = monotonic()
        if task.moves is not None:
            moves = min(CHUNK_MOVES, task.moves - done)
        island.run(moves, temperature(task.since + used * (task.until - task.since), unit))
        done += moves
        if task.moves is None:
            moves = max(1, int(moves * min(2.0, max(0.5, CHUNK_SECONDS / max(monotonic() - now, 1e-6)))))
        used = done / task.moves if task.moves is not None else 1.0 - (ends - monotonic()) / max(task.seconds, 1e-9)


class _Campaign:
    """The plan of the moment, the best one, and the budget."""

    def __init__(self, timing: Timing, options: SolveOptions, began: float, start: OpenPlan) -> None:
        self._timing, self._options, self._began = timing, options, began
        self._threads = max(1, options.threads)
        self._num = num_territories(timing.problem, self._threads)
        self._atlas, self._random = Atlas(timing), np.random.default_rng(options.seed)
        self._now, self._best = Draft.of(start), Draft.of(start)
        self._cost = self._best_cost = self._shown_cost = self._round_cost = start.total()
        self._watch, self._lock, self._done = Watch(options, self._progress), Lock(), 0.0
        now = monotonic()
        # Putting the answer together takes about as long as laying out the problem did.
        self._end = max(began + options.seconds - (now - began), now + 0.25 * options.seconds)

    def search(self) -> OpenPlan:
        """A first plan of all territories, then the rounds of the annealing; the best plan."""
        with ThreadPoolExecutor(self._threads) as threads:
            try:
                self._search_all(threads)
            finally:
                # Also when an exception ends the wait: the pool lets nobody go before the territories are done.
                self._watch.end()
        return plan_of(self._timing, self._best.orders, self._best.taken)

    def _search_all(self, threads: ThreadPoolExecutor) -> None:
        self._round(threads, 0, 0.0, 0.0, 0.0)
        num = self._num_rounds()
        temperatures = np.linspace(WARM, 1.0, num + 1).tolist()
        for k, (since, until) in enumerate(pairwise(temperatures)):
            if not self._watch.is_stopped:
                self._round(threads, k + 1, since, until, (self._end - monotonic()) / (num - k))
        self._watch.finish(self._best_cost)

    def _num_rounds(self) -> int:
        """As many as leave each territory enough to get somewhere."""
        if self._options.iterations is not None:
            each = self._options.iterations * self._threads / self._num / LEAST_MOVES
        else:
            each = (self._end - monotonic()) * self._threads / self._num / LEAST_SECONDS
        return int(max(1, min(MOST_ROUNDS, each)))

    def _round(self, threads: ThreadPoolExecutor, number: int, since: float, until: float, seconds: float) -> None:
        num = self._num if number else -(-self._num // TOGETHER)
        territories = self._atlas.split(self._now, num, self._random)
        tasks = [
            self._task(territory, number * self._num + k, since, until, seconds)
            for k, territory in enumerate(territories)
        ]
        best, saved = self._now.copy(), 0.0
        answers = self._watch.wait([threads.submit(self._search, task) for task in tasks])
        for territory, found in zip(territories, answers, strict=True):
            if found is not None:
                best.put(territory, found.best, len(self._timing.problem.visits))
                self._now.put(territory, found.now, len(self._timing.problem.visits))
                self._cost += found.cost - found.cost_before
                saved += found.cost - found.best_cost
        if self._cost - saved < self._best_cost:
            self._best, self._best_cost = best, self._cost - saved
        self._round_cost = self._cost

    def _task(self, territory: Territory, number: int, since: float, until: float, seconds: float) -> Task:
        share = len(territory.visits) / max(1, len(self._timing.problem.visits))
        moves = None
        if self._options.iterations is not None:
            part = (until - since) / (1.0 - WARM)
            moves = round(part * share * self._threads * self._options.iterations)
        return Task(
            territory=territory,
            seed=self._options.seed,
            number=number,
            since=since,
            until=until,
            seconds=seconds * share * self._threads,
            latest=self._end,
            moves=moves,
            stop=self._watch.stop,
        )

    def _search(self, task: Task) -> Found | None:
        found = search_territory(task)
        if found is not None:
            with self._lock:
                self._round_cost += found.best_cost - found.cost_before
                self._shown_cost = min(self._shown_cost, self._round_cost)
                share = len(task.territory.visits) / len(self._timing.problem.visits)
                self._done += share * (task.until - task.since) / (1.0 - WARM)
        return found

    def _progress(self) -> Progress:
        with self._lock:
            if self._options.iterations is not None:
                return Progress(min(1.0, self._done), self._shown_cost)
            used = (monotonic() - self._began) / max(1e-9, self._end - self._began)
            return Progress(min(1.0, used), self._shown_cost)
