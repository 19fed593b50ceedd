"""Several searches side by side on one problem, each with its own plan and chance, that now and then share the best."""

from collections.abc import Mapping

import numpy as np

from routing.search.anneal import search
from routing.search.chance import random_state
from routing.search.changes import NUM_COUNTS, Work
from routing.search.pool import empty_pool
from routing.search.reference import by_address
from routing.search.resume import fill
from routing.search.state import copy_plan, empty_cache, empty_plan, replace_plan
from routing.search.world import (
    BREACH,
    CHANGE,
    DURATION,
    FIXED,
    LATENESS,
    OVERTIME_RATE,
    TRAVEL_RATE,
    WORK_RATE,
    WORTH,
    World,
    mean_travel_nearby,
)
from routing.tables import Ints

# Temperatures at the beginning and at the end, in units of what the way to a visit nearby costs.
HOT, COLD = 7.0, 0.35


def temperature(fraction: float, unit: float) -> float:
    """Temperature after a fraction of the budget, falling by the same factor all the time."""
    return float(unit * HOT * (COLD / HOT) ** min(1.0, fraction))


def temperature_unit(world: World) -> float:
    """
    What the way to a visit nearby costs, on average.

    Where ways cost nothing, what it costs to be later by a visit, or else the smallest of all prices.
    """
    rates, prices = world.rates, world.prices[: world.num_visits]
    way = mean_travel_nearby(world) * float((rates[:, TRAVEL_RATE] + rates[:, WORK_RATE]).mean())
    if way > 0.0:
        return way
    late = float(prices[:, [LATENESS, CHANGE]].sum(axis=1).mean() + rates[:, OVERTIME_RATE].mean())
    delay = late * float(world.nodes[: world.num_visits, DURATION].mean())
    if delay > 0.0:
        return delay
    stakes = np.concatenate([rates[:, FIXED], prices[:, BREACH], prices[:, WORTH], world.pair_cost.ravel()])
    stakes = stakes[(stakes > 0.0) & np.isfinite(stakes)]
    return float(stakes.min()) if stakes.size else 1.0


class Island:
    """
    One search: the plan of the moment twice (worked on, and kept), the best one, and what is known of prices.

    ``stop[0]`` other than 0 ends whatever it does, at the next visit.
    """

    def __init__(self, world: World, seed: int, number: int, stop: Ints | None = None) -> None:
        self.world = world
        num_visits, num_shifts = world.num_visits, len(world.shifts)
        self.plan = empty_plan(world)
        self.cache = empty_cache(world)
        self.work = Work(
            random=random_state(seed, number),
            counts=np.zeros(NUM_COUNTS, np.int64),
            touched=np.zeros(num_shifts, np.int64),
            is_touched=np.zeros(num_shifts, np.bool_),
            is_banned=np.zeros(num_shifts, np.bool_),
            pending=np.zeros(num_visits, np.int64),
            left_out=np.zeros(num_visits, np.int64),
            rank=np.zeros(num_visits),
            unpriced=np.zeros(num_shifts, np.int64),
            eagerness=np.ones(1),
            stop=np.zeros(1, np.int64) if stop is None else stop,
        )
        self.pool = empty_pool(world)
        self.kept, self.best = copy_plan(self.plan), copy_plan(self.plan)
        self.cost, self.num_moves = float("inf"), 0
        self._by_address = (
            by_address(self.plan),
            by_address(self.kept),
            by_address(self.best),
            by_address(self.cache),
            by_address(self.work),
            by_address(self.pool),
            by_address(self.world),
        )

    def begin(self, orders: Mapping[int, list[int]], taken: Ints) -> None:
        """A first plan from orders by shift; ``taken`` (technicians x depots x parts) is what their stops load."""
        fill(self.plan, orders, taken, self.world)
        self.cost = search(True, 0, 0.0, *self._by_address)

    def go_on_from(self, orders: Mapping[int, list[int]], taken: Ints) -> None:
        """Go on from a plan that is better than the best so far; it is stated as for ``begin``."""
        for plan in (self.plan, self.kept):
            replace_plan(plan, empty_plan(self.world))
        # Versions are counted anew.
        self.cache.stamp[...] = -1
        self.begin(orders, taken)

    def run(self, num_moves: int, temperature: float) -> None:
        """Make some moves."""
        self.cost = search(False, num_moves, temperature, *self._by_address)
        self.num_moves += num_moves

    def adopt(self, other: "Island") -> None:
        """Go on from where another island is, with its best plan."""
        for mine, theirs in ((self.plan, other.kept), (self.kept, other.kept), (self.best, other.best)):
            replace_plan(mine, theirs)
        # Versions are counted by each island for itself.
        self.cache.stamp[...] = -1
        self.cost = other.cost
