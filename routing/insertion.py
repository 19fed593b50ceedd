"""A plan under construction: what it costs to bring a visit into a shift, and doing so."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from routing.kernels import Chain, Fleet, Quotes, price_fleet, price_shift
from routing.problem import Problem
from routing.solution import Route
from routing.tables import Floats, Ints, Tables
from routing.timing import OrderError, Timing


class Spot(NamedTuple):
    """Where a visit goes within a shift, and the depot stop that goes in before it, or -1 and -1 if none is needed."""

    position: int
    depot: int
    depot_position: int


def quote(tables: Tables, fleet: Fleet, visits: Sequence[int], shifts: Sequence[int]) -> Quotes:
    """The cheapest place of each visit in each shift."""
    shape = (len(shifts), len(visits))
    quotes = Quotes(np.empty(shape), np.full((*shape, 3), -1, np.int64), np.empty(shape, np.bool_))
    numbers = np.array(visits, dtype=np.int64), np.array(shifts, dtype=np.int64)
    price_fleet(*numbers, fleet, quotes, tables)
    return quotes


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

    def fleet(self) -> Fleet:
        """The whole plan in the form compiled code prices it; holds until the next change."""
        stops, span, first = [], np.zeros((len(self.problem.shifts), 4), np.int64), 0
        for chain in self.problem.shifts_of.values():
            high = first
            for s in chain:
                low, high = high, high + len(self.orders.get(s, ()))
                span[s, 2:] = low, high
                stops += [(node, s) for node in self.orders.get(s, ())]
            for s in chain:
                span[s, :2] = first, high
            first = high
        nodes, shifts = np.array(stops, dtype=np.int64).reshape(-1, 2).T.copy()
        tables = self.timing.tables
        empty = np.zeros((0, tables.depot_stock.shape[1]), np.int64)
        loads = np.concatenate([empty, *(self.loads[technician] for technician in self.problem.shifts_of)])
        stock, at_depot = tables.depot_stock.copy(), nodes >= tables.num_visits
        np.subtract.at(stock, nodes[at_depot] - tables.num_visits, loads[at_depot])
        return Fleet(nodes, shifts, span, loads, stock)

    def insert(self, visit: int, s: int, spot: Spot) -> None:
        """Bring a visit in at a spot that ``prices`` found in the present state."""
        order = list(self.orders.get(s, ()))
        if spot.depot >= 0:
            order.insert(spot.depot_position, spot.depot)
        order.insert(spot.position, visit)
        self._replace(s, order)

    def take_out(self, visit: int, s: int) -> None:
        """Take a visit out of a shift; depot stops made for it stay."""
        self._replace(s, [node for node in self.orders[s] if node != visit])

    def restore(self, s: int, order: Sequence[int]) -> None:
        """Put a shift back to an order it had, the rest of the plan being what it was then."""
        self._replace(s, list(order))

    def drop_idle_depot_stops(self, shifts: Iterable[int] | None = None) -> None:
        """Leave out the depot stops of some shifts, or of all, that nothing needs any more."""
        num_visits = len(self.problem.visits)
        for s in list(self.orders if shifts is None else shifts):
            order = self.orders.get(s, [])
            for position in reversed([i for i, node in enumerate(order) if node >= num_visits]):
                self._try_without(s, position)

    def _try_without(self, s: int, position: int) -> None:
        before = self.orders[s]
        shorter = before[:position] + before[position + 1 :]
        if self.cost(s, shorter) > self.cost(s, before):
            return
        try:
            self._replace(s, shorter)
        except OrderError:
            self._replace(s, before)

    def routes(self) -> tuple[Route, ...]:
        """The plan with its times."""
        return self.timing.routes(self.orders, self.loads)

    def routes_of(self, technicians: Iterable[str]) -> tuple[Route, ...]:
        """The plan of some technicians with its times."""
        return self.timing.routes_of(technicians, self.orders, self.loads)

    def total(self) -> float:
        """What the plan costs, with those it leaves out."""
        inside = {node for order in self.orders.values() for node in order}
        left_out = sum(visit.unserved_cost for v, visit in enumerate(self.problem.visits) if v not in inside)
        return left_out + sum(self.cost(s, order) for s, order in self.orders.items())

    def taken_by(self, technician: str) -> Ints:
        """Depots x parts: what a technician takes from each depot."""
        taken = np.zeros_like(self.timing.tables.depot_stock)
        nodes, _ = self.timing.chain(technician, self.orders)
        at_depot = nodes >= len(self.problem.visits)
        np.add.at(taken, nodes[at_depot] - len(self.problem.visits), self.loads[technician][at_depot])
        return taken

    def _is_before(self, shift: int, other: int) -> bool:
        chain = self.problem.shifts_of[self.problem.shifts[other].technician]
        return chain.index(shift) < chain.index(other)

    def is_supplied(self, s: int, order: Sequence[int]) -> bool:
        """Whether a technician has all tools and parts if a shift is served in some order."""
        technician = self.problem.shifts[s].technician
        try:
            self.timing.load(technician, self.orders | {s: list(order)}, self.stock_for(technician))
        except OrderError:
            return False
        return True

    def cost(self, s: int, order: Sequence[int]) -> float:
        """As ``Timing.cost``."""
        return self.timing.cost(s, order)

    def _replace(self, s: int, order: list[int]) -> None:
        technician = self.problem.shifts[s].technician
        self.orders[s] = order
        self.loads[technician] = self.timing.load(technician, self.orders, self.stock_for(technician))
