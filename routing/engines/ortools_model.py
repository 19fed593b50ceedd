"""One problem as a model of OR-Tools' routing solver, under given premises about supply."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from ortools.constraint_solver import pywrapcp

from routing.engines.ortools_rests import WorkClock
from routing.engines.ortools_supply import Premises, Supply
from routing.problem import Problem
from routing.tables import Ints, Tables

# The solver adds up costs in int64. Amounts are cut off so that the sum of all of them stays inside.
COST_CEILING = 1 << 58
# Rates become whole numbers: rounding changes the smallest by 2 % at most unless it is 10,000 times below the largest.
STEPS_PER_RATE = 25
WIDEST_RATES = 10_000


class RoutingModel:
    """
    Visits, vehicles, times and costs of one round.

    Parameters
    ----------
    shifts, visits
        Positions in the problem, in the order in which the solver is to know them. Its search has no seed of its own;
        another order gives another plan.

    Notes
    -----
    Exact: windows, releases, pins, skills, who may come, travel, fixed, work, overtime and unserved cost, lateness,
    preferences. Approximate here and priced exactly afterwards: breaks (``WorkClock``), depot stops and stock
    (``Supply``), the breach cost (spread over the time one more stop takes), start changes (later ones only, and not
    beside a due time that weighs more).
    """

    def __init__(self, problem: Problem, supply: Supply, premises: Premises, *, shifts: Ints, visits: Ints) -> None:
        tables = supply.tables
        self._problem, self._tables, self._supply = problem, tables, supply
        self._calls = premises.calls
        self._clock = WorkClock(problem.shifts)
        self._horizon = int(tables.latest_return.max(initial=0))
        self._shifts: list[int] = shifts.tolist()
        self._ways = [supply.ways(s, premises.calls.get(s)) for s in self._shifts]
        self._visits = [v for v in visits.tolist() if self._is_servable(v)]
        self._locations, self._ends = self._lay_out()
        self._travel = tables.travel[np.ix_(self._locations, self._locations)]
        self._near = _nearest(self._travel[: self.num_visits, : self.num_visits])
        self._unit = _cost_unit(tables)
        starts, ends = [start for start, _ in self._ends], [end for _, end in self._ends]
        self._manager = pywrapcp.RoutingIndexManager(len(self._locations), len(self._shifts), starts, ends)
        self.routing: Any = pywrapcp.RoutingModel(self._manager)
        self._time = self._add_vehicles()
        for i, v in enumerate(self._visits):
            self._add_visit(i, v)
        for part in sorted(premises.limited):
            self._limit(part, supply.capacity(part, premises))

    @property
    def num_visits(self) -> int:
        """Visits that some shift may serve at all; the others are not in the model."""
        return len(self._visits)

    def orders(self) -> dict[int, list[int]]:
        """Visits per used shift of the solution at which the solver stands."""
        orders: dict[int, list[int]] = {}
        for vehicle, s in enumerate(self._shifts):
            index = self.routing.NextVar(self.routing.Start(vehicle)).Value()
            while not self.routing.IsEnd(index):
                orders.setdefault(s, []).append(self._visits[self._manager.IndexToNode(index)])
                index = self.routing.NextVar(index).Value()
        return orders

    def cost(self) -> float:
        """Cost of the solution at which the solver stands, in currency, as the model sees it."""
        return float(self.routing.CostVar().Min()) / self._unit

    def leg_cost(self) -> float:
        """What the way to a visit from its ten nearest neighbours costs on average, in the solver's units."""
        rate = float((self._tables.travel_rate + self._tables.work_rate).mean())
        return max(1.0, self._near * rate * self._unit)

    def _is_servable(self, visit: int) -> bool:
        first = self._tables.window_ptr[visit]
        opens = first < self._tables.window_ptr[visit + 1] and self._tables.window_start[first] <= self._horizon
        return bool(opens) and any(visit in ways for ways in self._ways)

    def _lay_out(self) -> tuple[Ints, list[tuple[int, int]]]:
        """Location of every node, visits first, and the start and end node of every vehicle."""
        tables = self._tables
        ends = [(int(tables.start_location[s]), int(tables.end_location[s])) for s in self._shifts]
        places = sorted({place for pair in ends for place in pair})
        node_of = {place: self.num_visits + i for i, place in enumerate(places)}
        locations = np.array([*tables.node_location[self._visits].tolist(), *places], dtype=np.int64)
        return locations, [(node_of[start], node_of[end]) for start, end in ends]

    def _units(self, amount: float) -> int:
        return int(min(round(amount * self._unit), COST_CEILING // (self.num_visits + len(self._shifts) + 1)))

    def _add_vehicles(self) -> Any:
        known: dict[bytes, int] = {}
        service = np.zeros(len(self._locations), np.int64)
        service[: self.num_visits] = self._tables.node_duration[self._visits]
        times = []
        for vehicle, s in enumerate(self._shifts):
            legs, stays = self._legs(vehicle)
            times.append(self._register(legs + stays + service[:, None], known))
            self.routing.SetArcCostEvaluatorOfVehicle(self._register(self._arc_costs(s, legs), known), vehicle)
            self.routing.SetFixedCostOfVehicle(self._units(self._tables.fixed_cost[s]), vehicle)
        self.routing.AddDimensionWithVehicleTransits(times, self._horizon, self._horizon, False, "time")
        time = self.routing.GetDimensionOrDie("time")
        for vehicle, s in enumerate(self._shifts):
            self._bound_vehicle(time, vehicle, s)
        return time

    def _register(self, matrix: Ints, known: dict[bytes, int]) -> int:
        """Hand a matrix over once: vehicles that share theirs are one class to the solver, which is faster."""
        key = matrix.tobytes()
        if key not in known:
            known[key] = self.routing.RegisterTransitMatrix(matrix.tolist())
        return known[key]

    def _bound_vehicle(self, time: Any, vehicle: int, s: int) -> None:
        tables, start, end = self._tables, self.routing.Start(vehicle), self.routing.End(vehicle)
        for index in (start, end):
            time.SetCumulVarRange(
                index, int(tables.shift_start[s]), self._clock.end_of(s, int(tables.latest_return[s]))
            )
        if tables.work_rate[s] > 0:
            time.SetSpanCostCoefficientForVehicle(self._units(tables.work_rate[s]), vehicle)
        if tables.overtime_rate[s] > 0:
            due = self._clock.end_of(s, int(tables.shift_end[s]))
            time.SetCumulVarSoftUpperBound(end, due, self._units(tables.overtime_rate[s]))
        self.routing.AddVariableMinimizedByFinalizer(time.CumulVar(end))

    def _legs(self, vehicle: int) -> tuple[Ints, Ints]:
        """Travel between all nodes for one vehicle, and the time it spends at depots on the way."""
        tables, (start, end) = self._tables, self._ends[vehicle]
        legs, stays = self._travel.copy(), np.zeros_like(self._travel)
        sources, lead = self._locations.copy(), np.zeros((2, len(legs)), np.int64)
        if (call := self._calls.get(self._shifts[vehicle])) is not None:
            depot = tables.num_visits + call
            sources[start] = tables.node_location[depot]
            lead[:, start] = tables.travel[self._locations[start], sources[start]], tables.node_duration[depot]
            legs[start] = lead[0, start] + tables.travel[sources[start], self._locations]
            stays[start] = lead[1, start]
        for i, v in enumerate(self._visits):
            if depots := self._ways[vehicle].get(v):
                legs[:, i], stays[:, i] = lead + self._detour(sources, int(self._locations[i]), depots)
        # The way straight home is taken by a shift that is not used.
        legs[start, end] = stays[start, end] = 0
        return legs, stays

    def _detour(self, sources: Ints, target: int, depots: Sequence[int]) -> Ints:
        """Travel (first row) and stay (second) from each source to one place over the best of several depots."""
        nodes = [self._tables.num_visits + d for d in depots]
        places, stays = self._tables.node_location[nodes], self._tables.node_duration[nodes]
        legs = self._tables.travel[np.ix_(sources, places)] + self._tables.travel[places, target]
        best = np.argmin(legs + stays, axis=1)
        return np.stack([legs[np.arange(len(sources)), best], stays[best]])

    def _arc_costs(self, s: int, legs: Ints) -> Ints:
        costs = legs * (self._tables.travel_rate[s] * self._unit)
        extra = self._tables.pair_cost[self._visits, s] - self._cheapest_pair(self._visits)
        costs[:, : self.num_visits] += np.maximum(0.0, extra) * self._unit
        ceiling = COST_CEILING // (self.num_visits + len(self._shifts) + 1)
        whole: Ints = np.rint(np.minimum(costs, ceiling)).astype(np.int64)
        return whole

    def _cheapest_pair(self, visits: Sequence[int]) -> npt.NDArray[np.float64]:
        """What preference and change cost at least when somebody comes; may be negative, which arcs may not."""
        allowed = np.where(self._tables.allowed[visits], self._tables.pair_cost[visits], np.inf)
        cheapest: npt.NDArray[np.float64] = np.min(allowed, axis=1, initial=np.inf)
        return cheapest

    def _add_visit(self, i: int, v: int) -> None:
        index = self._manager.NodeToIndex(i)
        vehicles = [vehicle for vehicle, ways in enumerate(self._ways) if v in ways]
        # SetAllowedVehiclesForIndex takes no list in the Python of OR-Tools 9.15; -1 stands for "left out".
        self.routing.VehicleVar(index).SetValues([-1, *vehicles])
        unavoidable = self._time_visit(index, v, [self._shifts[vehicle] for vehicle in vehicles])
        worth = self._problem.visits[v].unserved_cost - unavoidable - float(self._cheapest_pair([v])[0])
        self.routing.AddDisjunction([index], self._units(max(0.0, worth)))

    def _time_visit(self, index: int, v: int, shifts: Sequence[int]) -> float:
        """Bound and price a visit's start; the cost of the lateness that no start can avoid."""
        tables, start = self._tables, self._time.CumulVar(index)
        low, high = tables.window_ptr[v], tables.window_ptr[v + 1]
        opens = [self._clock.read(int(time), shifts) for time in tables.window_start[low:high]]
        closes = [min(self._horizon, self._clock.read(int(time), shifts)) for time in tables.window_end[low:high]]
        start.SetRange(opens[0], max(opens[0], closes[-1]))
        for close, reopen in zip(closes, opens[1:], strict=False):
            if close + 1 < reopen:
                start.RemoveInterval(close + 1, reopen - 1)
        due, rate = self._soft_limit(v, opens[0], shifts)
        if rate > 0 and due < self._horizon:
            self._time.SetCumulVarSoftUpperBound(index, max(due, opens[0]), self._units(rate))
            self.routing.AddVariableMinimizedByFinalizer(start)
        late = opens[0] - int(tables.due[v])
        return float(tables.lateness_rate[v] * late + tables.breach_cost[v]) if late > 0 else 0.0

    def _soft_limit(self, v: int, first: int, shifts: Sequence[int]) -> tuple[int, float]:
        """When a later start begins to cost more, and at what rate: the due time or the previous start."""
        tables = self._tables
        due, rate = int(tables.due[v]), float(tables.lateness_rate[v])
        if due >= first:
            rate += float(tables.breach_cost[v]) / self._stop_time()
        if tables.start_change_rate[v] > rate:
            due, rate = int(tables.previous_start[v]), float(tables.start_change_rate[v])
        return self._clock.read(due, shifts), rate

    def _stop_time(self) -> float:
        """How much later a visit starts, on average, for one more stop before it."""
        return max(1.0, self._near + float(self._tables.node_duration[self._visits].mean()))

    def _limit(self, part: int, capacities: Sequence[int]) -> None:
        counts = [dict(self._supply.needs[v]).get(part, 0) for v in self._visits]
        most = sum(counts)
        used = self.routing.RegisterUnaryTransitVector([*counts, *[0] * (len(self._locations) - self.num_visits)])
        limits = [min(most, capacities[s]) for s in self._shifts]
        self.routing.AddDimensionWithVehicleCapacity(used, 0, limits, True, f"part {part}")


def _nearest(travel: Ints) -> float:
    """Mean travel between visits and their ten nearest neighbours."""
    near = np.sort(travel, axis=1)[:, 1:11]
    return float(near.mean()) if near.size else 0.0


def _cost_unit(tables: Tables) -> float:
    """Solver units in one unit of currency."""
    rates = np.concatenate(
        [tables.travel_rate, tables.work_rate, tables.overtime_rate, tables.lateness_rate, tables.start_change_rate]
    )
    rates = rates[rates > 0]
    if not rates.size:
        return 100.0
    return float(STEPS_PER_RATE / max(rates.min(), rates.max() / WIDEST_RATES))
