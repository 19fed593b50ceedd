"""From the visit orders the solver proposes to a plan that holds: depot stops put in, what does not fit left out."""

from collections.abc import Sequence
from math import inf

from routing.engines import SolveOptions
from routing.engines.greedy import fill
from routing.engines.ortools_supply import Orders
from routing.insertion import OpenPlan
from routing.objective import shift_costs, visit_costs
from routing.tables import Ints
from routing.timing import OrderError, Timing


def realise(timing: Timing, wanted: Orders) -> OpenPlan:
    """The feasible plan closest to ``wanted``: as few visits left out as possible, then put in where they fit best."""
    stock = timing.tables.depot_stock.copy()
    orders: dict[int, list[int]] = {}
    for technician, chain in timing.problem.shifts_of.items():
        fitter = _Fitter(timing, technician, stock)
        for s in chain:
            fitter.fit(s, wanted.get(s, ()))
        stock = fitter.stock_left()
        orders |= fitter.orders
    plan = OpenPlan(timing, orders)
    fill(plan, SolveOptions())
    plan.drop_idle_depot_stops()
    return plan


def plan_cost(timing: Timing, orders: Orders) -> float:
    """Total cost of a feasible plan."""
    served = {node for order in orders.values() for node in order}
    cost = sum(visit.unserved_cost for v, visit in enumerate(timing.problem.visits) if v not in served)
    return cost + sum(_route_cost(timing, s, order) for s, order in orders.items())


class _Fitter:
    """The shifts of one technician, one after the other, out of the stock that the technicians before have left."""

    def __init__(self, timing: Timing, technician: str, stock: Ints) -> None:
        self.orders: dict[int, list[int]] = {}
        self._timing, self._technician, self._stock = timing, technician, stock
        self._depots = range(timing.tables.num_visits, len(timing.tables.node_location))

    def fit(self, s: int, visits: Sequence[int]) -> None:
        """Serve the visits in their order, with the depot stops that costs least, leaving out what cannot be."""
        if not visits:
            return
        order = list(visits)
        if self._price(s, order) == inf:
            order = self._with_stop(s, [], order) or self._one_by_one(s, visits)
        if order:
            self.orders[s] = order

    def stock_left(self) -> Ints:
        """What the depots have for the next technician."""
        left = self._stock.copy()
        self._is_supplied(self.orders, left)
        return left

    def _one_by_one(self, s: int, visits: Sequence[int]) -> list[int]:
        order: list[int] = []
        for visit in visits:
            if self._price(s, [*order, visit]) < inf:
                order.append(visit)
            else:
                order = self._with_stop(s, order, [visit]) or order
        return order

    def _with_stop(self, s: int, head: Sequence[int], tail: Sequence[int]) -> list[int]:
        """Both parts and one more depot stop where it costs least, before the last visit; empty if nowhere."""
        visits = [*head, *tail]
        trials = [[*visits[:i], depot, *visits[i:]] for depot in self._depots for i in range(len(visits))]
        priced = [(self._price(s, trial), trial) for trial in trials]
        price, order = min(priced, default=(inf, []))
        return order if price < inf else []

    def _price(self, s: int, order: Sequence[int]) -> float:
        price = _route_cost(self._timing, s, order)
        if price < inf and not self._is_supplied({**self.orders, s: order}, self._stock.copy()):
            return inf
        return price

    def _is_supplied(self, orders: Orders, stock: Ints) -> bool:
        """Whether nothing lacks; ``stock`` is drawn down."""
        try:
            self._timing.load(self._technician, orders, stock)
        except OrderError:
            return False
        return True


def _route_cost(timing: Timing, s: int, order: Sequence[int]) -> float:
    """What the stops of one shift cost, infinite if no schedule serves them."""
    problem, shift = timing.problem, timing.problem.shifts[s]
    route = timing.route(s, order)
    if route is None:
        return inf
    served = [(problem.visits[problem.visit_index[stop.id]], stop) for stop in route.stops if stop.kind == "visit"]
    cost = sum(shift_costs(problem, shift, route).values())
    return cost + sum(sum(visit_costs(problem, visit, shift, stop.start).values()) for visit, stop in served)
