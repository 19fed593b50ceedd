"""
The routes that a search has seen, each once and as cheap as it ever was.

Kept as chess programs keep positions: the place of a route in the table follows from whom it serves, and a new one
takes the place of an old one there. So it never grows, costs next to nothing, and forgets what was seen long ago first.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.search.changes import NUM_TOUCHED, Work
from routing.search.compiling import compiled_part
from routing.search.state import COST, ORDER, SIZE, Plan
from routing.search.world import (
    BREAKS,
    CHAIN_HIGH,
    CHAIN_LOW,
    FIRST,
    NUM_BREAKS,
    TECHNICIAN,
    World,
    max_stops,
)
from routing.tables import Floats, Ints

# Bounds of the table: routes, and stops of all routes together.
MAX_ROUTES, MAX_STOPS = 1 << 15, 1 << 22


class Pool(NamedTuple):
    """
    Routes by hash.

    ``keys`` is 0 where there is none. ``signs`` holds a random number for every node and, behind them, one for every
    shift; shifts that may stand for each other share theirs. ``orders`` are the nodes of each route.
    """

    keys: npt.NDArray[np.uint64]
    costs: Floats
    sizes: npt.NDArray[np.int32]
    shifts: npt.NDArray[np.int32]
    orders: npt.NDArray[np.int32]
    signs: npt.NDArray[np.uint64]


def empty_pool(world: World) -> Pool:
    """A pool without routes."""
    num_stops = max_stops(world)
    num_routes = 1 << (min(MAX_ROUTES, MAX_STOPS // num_stops).bit_length() - 1)
    num_nodes, classes = len(world.nodes), shift_classes(world)
    random = np.random.default_rng(0).integers(1, 1 << 64, num_nodes + len(classes), dtype=np.uint64)
    return Pool(
        keys=np.zeros(num_routes, np.uint64),
        costs=np.zeros(num_routes),
        sizes=np.zeros(num_routes, np.int32),
        shifts=np.zeros(num_routes, np.int32),
        orders=np.zeros((num_routes, num_stops), np.int32),
        signs=np.concatenate([random[:num_nodes], random[num_nodes:][classes]]),
    )


def shift_classes(world: World) -> Ints:
    """For every shift the first one that it may stand for: alike in all, of technicians with no other shift."""
    first: dict[bytes, int] = {}
    classes = np.arange(len(world.shifts))
    for s, row in enumerate(world.shifts):
        if row[CHAIN_HIGH] - row[CHAIN_LOW] > 1:
            continue
        rests = world.lists[row[BREAKS] : row[BREAKS] + row[NUM_BREAKS]]
        nature = row.copy()
        nature[[BREAKS, TECHNICIAN, FIRST, CHAIN_LOW, CHAIN_HIGH]] = 0
        alike = b"".join(part.tobytes() for part in (nature, rests, world.rates[s], world.pair_cost[:, s]))
        classes[s] = first.setdefault(alike, s)
    return classes


@compiled_part
def remember(plan: Plan, work: Work, pool: Pool, world: World) -> None:
    """Note the routes that differ from the kept plan."""
    for k in range(work.counts[NUM_TOUCHED]):
        s = work.touched[k]
        n, cost = plan.figures[s, SIZE], plan.costs[s, COST]
        key = pool.signs[world.nodes.shape[0] + s]
        # A sum, in which the order of the stops is lost, and a second visit to a depot is not.
        for i in range(n):
            key += pool.signs[plan.cells[s, ORDER, i]]
        slot = key & np.uint64(pool.keys.shape[0] - 1)
        if n == 0 or (pool.keys[slot] == key and pool.costs[slot] <= cost):
            continue
        pool.keys[slot], pool.costs[slot], pool.shifts[slot], pool.sizes[slot] = key, cost, s, n
        for i in range(n):
            pool.orders[slot, i] = plan.cells[s, ORDER, i]
