"""
OR-Tools' routing solver as an engine: the reference the others are measured against.

The solver proposes who visits whom in which order; times, breaks, depot stops and costs come from the exact code that
all engines share. The plan is never worse than the greedy one it starts from, and says so when it is that one.
"""

import time
from importlib.metadata import version

from routing.assemble import assemble
from routing.engines import Progress, SolveOptions
from routing.engines.greedy import fill
from routing.engines.ortools_copies import GRACE_SECONDS, Copies, copies_of
from routing.engines.ortools_rounds import Plan, Rounds, Task
from routing.insertion import OpenPlan
from routing.problem import Problem
from routing.reuse import reuse
from routing.solution import Solution
from routing.timing import Timing

# Of the budget: what the greedy plan may take, and what the search gets even when that took longer.
START_SHARE, LEAST_SEARCH_SHARE = 0.5, 0.25
# Starting a process, importing and loading compiled code takes two to three seconds.
SECONDS_WORTH_A_PROCESS = 5.0


def solve(problem: Problem, options: SolveOptions) -> Solution:
    """
    The best plan within the budget.

    With ``iterations`` (solutions the solver visits, over all rounds) the same input, seed and thread count give the
    same plan. With ``threads`` above 1 and enough seconds, that many searches run in processes with other labels; where
    processes may not be started, one search runs.
    """
    began = time.monotonic()
    timing = Timing(problem)
    first = Plan.of(_start(timing, options, began))
    is_stopped = bool(options.should_stop and options.should_stop())
    best = first if is_stopped else _Run(timing, options, began, first).search()
    return assemble(
        OpenPlan(timing, best.orders, best.loads),
        engine="ortools" if best is not first else "greedy",
        seed=options.seed,
        seconds=time.monotonic() - began,
        versions={"ortools": version("ortools")},
    )


def _start(timing: Timing, options: SolveOptions, began: float) -> OpenPlan:
    """The plan to go on from with the rest inserted, or as much of it as half of the budget allows."""
    until = began + START_SHARE * options.seconds if options.iterations is None else float("inf")

    def must_stop() -> bool:
        return time.monotonic() > until or bool(options.should_stop and options.should_stop())

    plan = fill(reuse(timing, options.start), SolveOptions(should_stop=must_stop))
    plan.drop_idle_depot_stops()
    return plan


class _Run:
    """The caller's search and its copies, watched together."""

    def __init__(self, timing: Timing, options: SolveOptions, began: float, first: Plan) -> None:
        self._timing, self._options, self._began = timing, options, began
        self.best = first

    def search(self) -> Plan:
        """All searches to their end; the best plan."""
        left = self._options.seconds - (time.monotonic() - self._began)
        # The first run on a machine compiles for a minute before it gets here.
        left = max(left, LEAST_SEARCH_SHARE * self._options.seconds)
        tasks = [
            Task(
                self._timing.problem,
                self.best,
                time.time() + left,
                self._options.iterations,
                self._options.seed,
                copy,
            )
            for copy in range(self._num_searches())
        ]
        with copies_of(tasks[1:]) as copies:
            rounds = Rounds(self._timing, tasks[0], self._keep, lambda: self._look(copies))
            rounds.search()
            if not rounds.stopped:
                copies.wait(GRACE_SECONDS if self._options.iterations is None else float("inf"))
            self._gather(copies)
        return self.best

    def _num_searches(self) -> int:
        worth_it = self._options.iterations is not None or self._options.seconds >= SECONDS_WORTH_A_PROCESS
        return max(1, self._options.threads) if worth_it else 1

    def _look(self, copies: Copies) -> bool:
        self._gather(copies)
        options = self._options
        if options.on_progress:
            elapsed = min(1.0, (time.monotonic() - self._began) / max(options.seconds, 1e-9))
            options.on_progress(Progress(elapsed, self.best.cost))
        return bool(options.should_stop and options.should_stop())

    def _gather(self, copies: Copies) -> None:
        plan = copies.collect()
        if plan is not None:
            self._keep(plan)

    def _keep(self, plan: Plan) -> None:
        if plan.cost < self.best.cost:
            self.best = plan
