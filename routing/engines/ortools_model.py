"""One problem as a model of OR-Tools' routing solver, under given premises about supply."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from ortools.constraint_solver import pywrapcp

from routing.engines.ortools_rests import WorkClock
from routing.engines.ortools_supply import Premises, Supply
from routing.problem import NO_ROAD, Problem, Window
from routing.tables import Ints, Tables

# The solver adds up costs in int64. Amounts are cut off so that the sum of all of them stays inside.
COST_CEILING = 1 << 58
# Rates become whole numbers: rounding changes the smallest by 2 % at most unless it is 10,000 times below the largest.
STEPS_PER_RATE = 25
WIDEST_RATES = 10_000
# Visits with more windows than this get one node with gaps.
MOST_NODES = 3


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
        self._visits, self._windows = self._split(visits.tolist())
        self._locations, self._ends = self._lay_out()
        self._travel = tables.travel[np.ix_(self._locations, self._locations)].astype(np.int64)
        self._near = _nearest(self._travel[: self.num_visits, : self.num_visits])
        self._unit = _cost_unit(tables)
        self.routing: Any = None
        if self._visits and self._shifts:
            self._build(premises)

    def _build(self, premises: Premises) -> None:
        starts, ends = [start for start, _ in self._ends], [end for _, end in self._ends]
        self._manager = pywrapcp.RoutingIndexManager(len(self._locations), len(self._shifts), starts, ends)
        self.routing = pywrapcp.RoutingModel(self._manager)
        self._time = self._add_vehicles()
        for v in dict.fromkeys(self._visits):
            self._add_visit(v, [i for i, other in enumerate(self._visits) if other == v])
        for part in sorted(premises.limited):
            self._limit(part, self._supply.capacity(part, premises))

    @property
    def num_visits(self) -> int:
        """Nodes for visits: none for what no shift may serve, several for visits with several windows.

        With none there is nothing to solve, and no ``routing``.
        """
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

    def _split(self, visits: Sequence[int]) -> tuple[list[int], list[list[Window]]]:
        """One node per visit and window: the local search looks past gaps, and a full check for each try is slow."""
        nodes: list[tuple[int, list[Window]]] = []
        for v in visits:
            windows = self._windows_of(v)
            apart = len(windows) <= MOST_NODES
            nodes += [(v, [window]) for window in windows] if apart else [(v, windows)]
        return [v for v, _ in nodes], [windows for _, windows in nodes]

    def _windows_of(self, visit: int) -> list[Window]:
        """When the visit may start, on the clock of those who may serve it; empty if nobody can."""
        tables, shifts = self._tables, self._shifts_for(visit)
        rows = range(tables.window_ptr[visit], tables.window_ptr[visit + 1])
        windows = [(int(tables.window_start[w]), min(self._horizon, int(tables.window_end[w]))) for w in rows]
        spans = [(int(tables.shift_start[s]), int(tables.latest_return[s])) for s in shifts]
        met = [(a, b) for a, b in windows if any(a <= end and start <= b for start, end in spans)]
        return [(self._clock.read(a, shifts), self._clock.read(b, shifts)) for a, b in met]

    def _shifts_for(self, visit: int) -> list[int]:
        return [s for s, ways in zip(self._shifts, self._ways, strict=True) if visit in ways]

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
            spans = legs + stays + service[:, None]
            # The local search does not look at who may come and would find out only after a costly full check.
            spans[:, [i for i, v in enumerate(self._visits) if v not in self._ways[vehicle]]] = self._horizon + 1
            times.append(self._register(spans, known))
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

    def _add_visit(self, v: int, nodes: Sequence[int]) -> None:
        indices = [self._manager.NodeToIndex(i) for i in nodes]
        first = self._windows[nodes[0]][0][0]
        vehicles = [vehicle for vehicle, ways in enumerate(self._ways) if v in ways]
        for i, index in zip(nodes, indices, strict=True):
            restrict(self.routing.VehicleVar(index), vehicles, self._time.CumulVar(index), self._windows[i])
            self._price_start(index, v, first)
        late = max(0, first - int(self._tables.due[v]))
        unavoidable = float(self._tables.lateness_rate[v] * late + (self._tables.breach_cost[v] if late else 0.0))
        worth = self._problem.visits[v].unserved_cost - unavoidable - float(self._cheapest_pair([v])[0])
        self.routing.AddDisjunction(indices, self._units(max(0.0, worth)))

    def _price_start(self, index: int, v: int, first: int) -> None:
        due, rate = self._soft_limit(v, first)
        if rate > 0 and due < self._horizon:
            self._time.SetCumulVarSoftUpperBound(index, max(due, first), self._units(rate))
            self.routing.AddVariableMinimizedByFinalizer(self._time.CumulVar(index))

    def _soft_limit(self, v: int, first: int) -> tuple[int, float]:
        """When a later start begins to cost more, and at what rate: the due time or the previous start."""
        tables = self._tables
        due, rate = int(tables.due[v]), float(tables.lateness_rate[v])
        if due >= first:
            rate += float(tables.breach_cost[v]) / self._stop_time()
        if tables.start_change_rate[v] > rate:
            due, rate = int(tables.previous_start[v]), float(tables.start_change_rate[v])
        return self._clock.read(due, self._shifts_for(v)), rate

    def _stop_time(self) -> float:
        """How much later a visit starts, on average, for one more stop before it."""
        return max(1.0, self._near + float(self._tables.node_duration[self._visits].mean()))

    def _limit(self, part: int, capacities: Sequence[int]) -> None:
        counts = [dict(self._supply.needs[v]).get(part, 0) for v in self._visits]
        most = sum(counts)
        used = self.routing.RegisterUnaryTransitVector([*counts, *[0] * (len(self._locations) - self.num_visits)])
        limits = [min(most, capacities[s]) for s in self._shifts]
        self.routing.AddDimensionWithVehicleCapacity(used, 0, limits, True, f"part {part}")


def restrict(vehicle: Any, able: Sequence[int], start: Any, windows: Sequence[Window]) -> None:
    """Let only some vehicles serve a visit, or nobody, and only within its windows; without windows none is able."""
    # SetAllowedVehiclesForIndex takes no list in the Python of OR-Tools 9.15; -1 stands for "left out".
    vehicle.SetValues([-1, *able])
    if windows:
        start.SetRange(windows[0][0], windows[-1][1])
    for (_, close), (reopen, _) in pairwise(windows):
        if close + 1 < reopen:
            start.RemoveInterval(close + 1, reopen - 1)


def _nearest(travel: Ints) -> float:
    """Mean travel between visits and their ten nearest neighbours."""
    near = np.sort(travel, axis=1)[:, 1:11]
    near = near[near < NO_ROAD]
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
