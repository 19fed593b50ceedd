"""
OR-Tools' routing solver as its samples show it: guided local search from parallel cheapest insertion, one thread.

Dimensions for time and for each part that could run out, soft upper bounds for overtime and for due times that cannot
be kept, a penalty for leaving a visit out. The breach cost has no place in such a model. Soft bounds for all due times,
and OR-Tools' own break intervals, were tried and left out: plans of 120 visits after 10 s were up to three times as
expensive. The same solver with settings chosen for this problem, and a model made for it, is the engine ``ortools``.
"""

from typing import Any

import numpy as np
from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from benchmarks.rivals.completion import Proposal
from benchmarks.rivals.simplified import Simplified
from routing.engines.ortools_model import restrict
from routing.timing import Timing

# OR-Tools adds costs up in 64 bits.
MOST_COST = 1 << 53


def propose(timing: Timing, seconds: float) -> Proposal:
    """What guided local search finds; it has no seed."""
    model = _Model(Simplified(timing, clock_stops=True))
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.first_solution_strategy = routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    parameters.local_search_metaheuristic = routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    parameters.time_limit.FromMilliseconds(round(1000 * seconds))
    return model.orders(model.routing.SolveWithParameters(parameters))


class _Model:
    def __init__(self, day: Simplified) -> None:
        self._day, problem = day, day.problem
        self._shifts = range(len(problem.shifts))
        self._last = max((shift.latest_return for shift in problem.shifts), default=0)
        num_visits = len(problem.visits)
        starts = [num_visits + day.place(shift.start_location) for shift in problem.shifts]
        ends = [num_visits + day.place(shift.end_location) for shift in problem.shifts]
        self._manager = pywrapcp.RoutingIndexManager(len(day.locations), len(problem.shifts), starts, ends)
        self.routing = pywrapcp.RoutingModel(self._manager)
        self._time = self._add_times()
        for p in range(day.loads.shape[1]):
            self._add_load(p)
        for v in range(num_visits):
            self._add_visit(v)

    def orders(self, solution: Any) -> Proposal:
        """The visits of each shift in a solution; None was found if it is None."""
        orders: dict[int, list[int]] = {}
        for s in self._shifts if solution else ():
            index = solution.Value(self.routing.NextVar(self.routing.Start(s)))
            while not self.routing.IsEnd(index):
                orders.setdefault(s, []).append(self._manager.IndexToNode(index))
                index = solution.Value(self.routing.NextVar(index))
        return orders

    def _add_times(self) -> Any:
        service = np.zeros(len(self._day.locations), np.int64)
        service[: len(self._day.problem.visits)] = [visit.duration for visit in self._day.problem.visits]
        times: dict[int, int] = {}
        for vehicles in self._day.vehicles:
            drives, stays = self._day.legs(vehicles.first)
            shift = self._day.problem.shifts[vehicles.first]
            time = self.routing.RegisterTransitMatrix((drives + stays + service[:, None]).tolist())
            cost = self.routing.RegisterTransitMatrix((drives * self._day.rate(shift.travel_cost)).tolist())
            for s in vehicles.shifts:
                times[s] = time
                self.routing.SetArcCostEvaluatorOfVehicle(cost, s)
                self.routing.SetFixedCostOfVehicle(self._day.amount(shift.fixed_cost), s)
        everybody = [times[s] for s in self._shifts]
        self.routing.AddDimensionWithVehicleTransits(everybody, self._last, self._last, False, "time")
        dimension = self.routing.GetDimensionOrDie("time")
        for s in self._shifts:
            self._bound_shift(dimension, s)
        return dimension

    def _bound_shift(self, time: Any, s: int) -> None:
        shift, start, end = self._day.problem.shifts[s], self.routing.Start(s), self.routing.End(s)
        for index in (start, end):
            time.CumulVar(index).SetRange(*self._day.span(s))
            self.routing.AddVariableMinimizedByFinalizer(time.CumulVar(index))
        time.SetSpanCostCoefficientForVehicle(self._day.rate(shift.work_cost), s)
        if shift.overtime:
            rate = self._day.rate(shift.overtime.cost)
            time.SetCumulVarSoftUpperBound(end, self._day.ends_at(s, shift.end), rate)

    def _add_load(self, p: int) -> None:
        places = len(self._day.places)
        load = self.routing.RegisterUnaryTransitVector([*self._day.loads[:, p].tolist(), *[0] * places])
        capacities = [self._day.capacities(s)[p] for s in self._shifts]
        self.routing.AddDimensionWithVehicleCapacity(load, 0, capacities, True, f"part {p}")

    def _add_visit(self, v: int) -> None:
        visit, index = self._day.problem.visits[v], self._manager.NodeToIndex(v)
        self.routing.AddDisjunction([index], min(self._day.amount(visit.unserved_cost), MOST_COST))
        windows = self._day.windows(v)
        able = [s for s in self._shifts if v in self._day.ways[s]] if windows else []
        restrict(self.routing.VehicleVar(index), able, self._time.CumulVar(index), windows)
        if able and visit.due is not None and visit.lateness_cost:
            due = max(0, self._day.read(visit.due, able))
            self._time.SetCumulVarSoftUpperBound(index, due, self._day.rate(visit.lateness_cost))
