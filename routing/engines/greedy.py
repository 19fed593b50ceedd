"""
Cheapest insertion: the baseline, and a first plan for other engines.

Again and again the visit goes in whose place costs least compared with leaving it out, until no visit is worth its
place. What it lacks is fetched at a depot on the way.
"""

from time import monotonic

import numpy as np

from routing.assemble import assemble
from routing.engines import Progress, SolveOptions
from routing.insertion import OpenPlan, Spot
from routing.problem import Problem
from routing.reuse import reuse
from routing.solution import Solution
from routing.timing import Timing

# Prices are sums of a few dozen floats; what differs by less is the same price.
TOLERANCE = 1e-6
# After an insertion only the nearest visits get much cheaper in that shift; the others are priced again when chosen.
NEIGHBOURS = 30


def solve(problem: Problem, options: SolveOptions) -> Solution:
    """A feasible plan in one pass; the budget is not used, the seed changes nothing."""
    began = monotonic()
    timing = Timing(problem)
    plan = fill(reuse(timing, options.start), options)
    plan.drop_idle_depot_stops()
    return assemble(plan, engine="greedy", seed=options.seed, seconds=monotonic() - began)


def fill(plan: OpenPlan, options: SolveOptions) -> OpenPlan:
    """Insert every visit that is worth its place and not in the plan yet."""
    market = _Market(plan)
    while market.visits and not (options.should_stop and options.should_stop()):
        if not market.buy():
            break
        if options.on_progress:
            options.on_progress(Progress(1 - len(market.visits) / len(plan.problem.visits), market.cost))
    return plan


class _Market:
    """The price of every visit that is left (rows) in every shift (columns), kept up while visits go in."""

    def __init__(self, plan: OpenPlan) -> None:
        self.plan = plan
        inside = {node for order in plan.orders.values() for node in order}
        self.visits = [v for v in range(len(plan.problem.visits)) if v not in inside]
        self.worth = np.array([visit.unserved_cost for visit in plan.problem.visits])
        shape = (len(plan.problem.visits), len(plan.problem.shifts))
        self.price = np.full(shape, np.inf)
        self.spot = np.full((*shape, 3), -1, np.int64)
        self.cost = float(self.worth[self.visits].sum())
        self._look_everywhere()

    def buy(self) -> bool:
        """Insert the visit with the best price against its worth; False if none is worth its price."""
        return self._buy_at_known_prices() or (self._look_everywhere() and self._buy_at_known_prices())

    def _buy_at_known_prices(self) -> bool:
        while self.visits and self.price.size:
            net = self.price[self.visits] - self.worth[self.visits, None]
            row, s = divmod(int(np.argmin(net)), net.shape[1])
            if not net[row, s] <= TOLERANCE:
                return False
            visit = self.visits[row]
            stated = self.price[visit, s]
            # The shift may be fuller, or a depot emptied by others, since this price was found.
            self._look(s, [visit])
            if self.price[visit, s] <= stated + TOLERANCE:
                self._insert(visit, s)
                return True
        return False

    def _insert(self, visit: int, s: int) -> None:
        self.plan.insert(visit, s, Spot(*self.spot[visit, s].tolist()))
        self.cost += self.price[visit, s] - self.worth[visit]
        self.visits.remove(visit)
        for sibling in self.plan.problem.shifts_of[self.plan.problem.shifts[s].technician]:
            self._look(sibling, self._nearest(visit))

    def _nearest(self, visit: int) -> list[int]:
        tables = self.plan.timing.tables
        near = np.argsort(tables.travel[tables.node_location[visit], tables.node_location[self.visits]], kind="stable")
        return [self.visits[i] for i in near[:NEIGHBOURS].tolist()]

    def _look_everywhere(self) -> bool:
        for s in range(self.price.shape[1]):
            self._look(s, self.visits)
        return True

    def _look(self, s: int, visits: list[int]) -> None:
        if visits:
            self.price[visits, s], self.spot[visits, s] = self.plan.prices(s, visits)
