"""The rounds of one search: solve under premises about supply, make the plan exact, correct the premises, repeat."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from routing.engines.ortools_model import RoutingModel
from routing.engines.ortools_plan import plan_cost, realise
from routing.engines.ortools_search import Budget, Incumbent, run
from routing.engines.ortools_supply import Premises, Supply
from routing.insertion import OpenPlan
from routing.problem import Problem
from routing.tables import Ints
from routing.timing import Timing

# Shares of the budget. One round is enough when no shift lacks anything that a depot has.
ROUNDS = (0.3, 0.7)
# A limit on a part is one more dimension, which slows the solver down; up to so many all are watched from the start.
FEW_PARTS = 6
# Making a plan exact takes some ten milliseconds; more often would slow the search down.
SECONDS_BETWEEN_PLANS = 1.0


@dataclass(frozen=True)
class Plan:
    """A feasible plan: nodes per shift, depot stops included, what they load, and the exact total cost."""

    cost: float
    orders: Mapping[int, Sequence[int]]
    loads: Mapping[str, Ints]

    @classmethod
    def of(cls, plan: OpenPlan) -> "Plan":
        """The plan as it stands, priced."""
        return cls(plan_cost(plan.timing, plan.orders), plan.orders, plan.loads)


@dataclass(frozen=True)
class Task:
    """
    One search to be done, here or in another process.

    ``until`` is a time of the wall clock; it is ignored when ``iterations`` is not None. ``copy`` tells searches with
    the same seed apart: each has its own order of shifts and visits.
    """

    problem: Problem
    start: Plan
    until: float
    iterations: int | None
    seed: int
    copy: int = 0


class Rounds:
    """
    Everything one search knows.

    Parameters
    ----------
    on_better
        Called with every plan better than all before it.
    must_stop
        Asked about twenty times a second.
    """

    def __init__(
        self, timing: Timing, task: Task, on_better: Callable[[Plan], None], must_stop: Callable[[], bool]
    ) -> None:
        self._timing, self._task = timing, task
        self._on_better, self._must_stop = on_better, must_stop
        self._supply = Supply(timing.tables)
        self._seen: Incumbent = Incumbent()
        self._looked = time.monotonic()
        self.best = task.start
        self.stopped = False

    def search(self) -> Plan:
        """Run all rounds; the best plan found, at worst the one to start from."""
        calls = self._supply.likely_calls() | self._supply.calls(self.best.orders)
        premises = Premises(calls, limited=self._few_limits())
        shares = ROUNDS if self._supply.is_scarce else (1.0,)
        for number in range(len(shares)):
            budget = self._budget(shares[number:])
            model = self._model(premises, number)
            if not model.num_visits:
                break
            wanted = run(model, budget, self._watch).orders
            if wanted is not None:
                plan = self._take(wanted)
                premises = self._supply.learn(premises, wanted, plan.orders)
            if self.stopped:
                break
        return self.best

    def _few_limits(self) -> frozenset[int]:
        """All parts, when so few can run out in a trunk that watching every one is cheap."""
        short = self._supply.short_parts()
        return frozenset(short) if len(short) <= FEW_PARTS else frozenset()

    def _model(self, premises: Premises, number: int) -> RoutingModel:
        problem, random = self._timing.problem, np.random.default_rng([self._task.seed, self._task.copy, number])
        shifts, visits = random.permutation(len(problem.shifts)), random.permutation(len(problem.visits))
        return RoutingModel(problem, self._supply, premises, shifts=shifts, visits=visits)

    def _budget(self, shares: Sequence[float]) -> Budget:
        share = shares[0] / sum(shares)
        if self._task.iterations is not None:
            return Budget(solutions=max(1, round(self._task.iterations * shares[0])))
        return Budget(seconds=max(0.0, share * (self._task.until - time.time())))

    def _watch(self, incumbent: Incumbent) -> bool:
        self.stopped = self._must_stop()
        now = time.monotonic()
        # Without a budget in seconds nothing may depend on the clock.
        timed = self._task.iterations is None
        if timed and incumbent is not self._seen and incumbent.orders and now - self._looked > SECONDS_BETWEEN_PLANS:
            self._seen, self._looked = incumbent, now
            self._take(incumbent.orders)
        return self.stopped

    def _take(self, wanted: Mapping[int, Sequence[int]]) -> Plan:
        """Make the solver's orders exact, and keep the plan if it is the best so far."""
        plan = Plan.of(realise(self._timing, wanted))
        if plan.cost < self.best.cost:
            self.best = plan
            self._on_better(plan)
        return plan
