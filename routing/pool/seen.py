"""The routes that several searches have seen, side by side in arrays."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.search.islands import Island
from routing.search.resume import read_off
from routing.search.state import COST
from routing.tables import Floats, Ints


class Routes(NamedTuple):
    """
    Routes, no two of which serve the same visits with the same kind of shift.

    ``shifts`` says where each was seen; its order is the first ``sizes`` nodes in its row of ``orders``.
    """

    costs: Floats
    shifts: npt.NDArray[np.int32]
    sizes: npt.NDArray[np.int32]
    orders: npt.NDArray[np.int32]

    def order(self, route: int) -> list[int]:
        """The nodes of a route."""
        nodes: list[int] = self.orders[route, : self.sizes[route]].tolist()
        return nodes


def gather(islands: Sequence[Island]) -> tuple[Routes, list[list[int]]]:
    """All routes in the pools and the best plans of some islands, and which of them each best plan consists of."""
    keys, routes = zip(*[_known(island) for island in islands], *[_used(island) for island in islands], strict=True)
    all_keys, together = np.concatenate(keys), Routes(*map(np.concatenate, zip(*routes, strict=True)))
    order = np.lexsort((together.costs, all_keys))
    is_repeated = all_keys[order][1:] == all_keys[order][:-1]
    cheapest = np.delete(order, np.flatnonzero(is_repeated) + 1)
    plans = [np.searchsorted(all_keys[cheapest], plan).tolist() for plan in keys[len(islands) :]]
    return _pick(together, cheapest), plans


def _known(island: Island) -> tuple[npt.NDArray[np.uint64], Routes]:
    pool, rows = island.pool, np.flatnonzero(island.pool.keys)
    return pool.keys[rows], _pick(Routes(pool.costs, pool.shifts, pool.sizes, pool.orders), rows)


def _pick(routes: Routes, rows: Ints) -> Routes:
    return Routes(routes.costs[rows], routes.shifts[rows], routes.sizes[rows], routes.orders[rows])


def _used(island: Island) -> tuple[npt.NDArray[np.uint64], Routes]:
    """The routes of an island's best plan, with their keys."""
    (orders, _), pool, num_nodes = read_off(island.best, island.world), island.pool, len(island.world.nodes)
    shifts = np.array(list(orders), np.int32)
    keys = np.zeros(len(orders), np.uint64)
    rows = np.zeros((len(orders), pool.orders.shape[1]), np.int32)
    for k, (s, order) in enumerate(orders.items()):
        keys[k] = pool.signs[[num_nodes + s, *order]].sum()
        rows[k, : len(order)] = order
    sizes = np.array([len(order) for order in orders.values()], np.int32)
    return keys, Routes(island.best.costs[shifts, COST], shifts, sizes, rows)
