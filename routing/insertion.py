"""A plan under construction: what it costs to bring a visit into a shift, and doing so."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from routing.kernels import Chain, make_draft, price_shift, route_cost
from routing.problem import Problem
from routing.solution import Route
from routing.tables import Floats, Ints
from routing.timing import OrderError, Timing


class Spot(NamedTuple):
    """Where a visit goes within a shift, and the depot stop that goes in before it, or -1 and -1 if none is needed."""

    position: int
    depot: int
    depot_position: int


class OpenPlan:
    """
    Orders per shift that are feasible at every moment, times, tools, parts and depot stock included.

    Parameters
    ----------
    timing
        Of the problem planned.
    orders
        Where to begin; empty by default. Must be feasible.
    loads
        What the stops of each technician load, as ``Timing.loads`` gives it; worked out if None.

    Raises
    ------
    OrderError
        If ``orders`` lack a tool or a part.
    """

    def __init__(
        self,
        timing: Timing,
        orders: Mapping[int, Sequence[int]] | None = None,
        loads: Mapping[str, Ints] | None = None,
    ) -> None:
        self.timing = timing
        self.problem: Problem = timing.problem
        self.orders: dict[int, list[int]] = {s: list(order) for s, order in (orders or {}).items() if order}
        self.loads: dict[str, Ints] = timing.loads(self.orders) if loads is None else dict(loads)

    def stock_for(self, technician: str) -> Ints:
        """Depots x parts: what the loads of all other technicians leave."""
        stock = self.timing.tables.depot_stock.copy()
        num_visits = len(self.problem.visits)
        if not stock.size:
            return stock
        for other in self.problem.shifts_of:
            nodes, _ = self.timing.chain(other, self.orders)
            if other != technician and nodes.size:
                at_depot = nodes >= num_visits
                np.subtract.at(stock, nodes[at_depot] - num_visits, self.loads[other][at_depot])
        return stock

    def prices(self, s: int, visits: Sequence[int]) -> tuple[Floats, Ints]:
        """
        What each visit would add to the cost of shift ``s``.

        Returns
        -------
        tuple
            Added cost per visit (infinite if there is no way), and one row (position, depot node, depot position) per
            visit as in ``Spot``.
        """
        technician = self.problem.shifts[s].technician
        nodes, owners = self.timing.chain(technician, self.orders)
        before = sum(len(self.orders.get(i, ())) for i in self.problem.shifts_of[technician] if self._is_before(i, s))
        chain = Chain(nodes, owners, s, before, before + len(self.orders.get(s, ())), self.stock_for(technician))
        prices, spots = np.empty(len(visits)), np.full((len(visits), 3), -1, np.int64)
        price_shift(chain, np.array(visits, dtype=np.int64), prices, spots, self.timing.tables)
        return prices, spots

    def insert(self, visit: int, s: int, spot: Spot) -> None:
        """Bring a visit in at a spot that ``prices`` found in the present state."""
        order = list(self.orders.get(s, ()))
        if spot.depot >= 0:
            order.insert(spot.depot_position, spot.depot)
        order.insert(spot.position, visit)
        self._replace(s, order)

    def drop_idle_depot_stops(self) -> None:
        """Leave out the depot stops that nothing needs any more."""
        num_visits = len(self.problem.visits)
        for s, order in list(self.orders.items()):
            for position in reversed([i for i, node in enumerate(order) if node >= num_visits]):
                self._try_without(s, position)

    def _try_without(self, s: int, position: int) -> None:
        before = self.orders[s]
        shorter = before[:position] + before[position + 1 :]
        if self._cost(s, shorter) > self._cost(s, before):
            return
        try:
            self._replace(s, shorter)
        except OrderError:
            self._replace(s, before)

    def routes(self) -> tuple[Route, ...]:
        """The plan with its times."""
        return self.timing.routes(self.orders, self.loads)

    def _is_before(self, shift: int, other: int) -> bool:
        chain = self.problem.shifts_of[self.problem.shifts[other].technician]
        return chain.index(shift) < chain.index(other)

    def _cost(self, s: int, order: Sequence[int]) -> float:
        draft = make_draft(np.array(order, dtype=np.int64), s, self.timing.tables)
        return route_cost(len(order), s, draft, self.timing.tables)

    def _replace(self, s: int, order: list[int]) -> None:
        technician = self.problem.shifts[s].technician
        self.orders[s] = order
        self.loads[technician] = self.timing.load(technician, self.orders, self.stock_for(technician))
