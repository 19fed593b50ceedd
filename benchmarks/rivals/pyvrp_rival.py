"""
PyVRP (Wouda, Lan & Kool 2024, doi:10.1287/ijoc.2023.0055): iterated local search, one thread.

Alike shifts are one vehicle type. Who may serve whom is said by a profile for each type, in which legs to forbidden
clients are so long that leaving them out is cheaper; several windows by clients of which one is served; leaving a visit
out by a prize lost. Breaks are cut out of the clock. Overtime is known to PyVRP by the length of the shift, not by its
end.
"""

import warnings
from typing import Any

import numpy as np
import pyvrp
from pyvrp.exceptions import PenaltyBoundWarning
from pyvrp.stop import MaxRuntime

from benchmarks.rivals.completion import Proposal
from benchmarks.rivals.simplified import Simplified, Vehicles, assign
from routing.problem import Window
from routing.timing import Timing


def propose(timing: Timing, seconds: float, seed: int) -> Proposal:
    """What PyVRP finds, with its own settings."""
    day = Simplified(timing, clock_stops=True)
    clients = [(v, window) for v in range(len(day.problem.visits)) for window in day.windows(v)]
    if not clients:
        return {}
    data = _data(day, clients)
    with warnings.catch_warnings():
        # Said of problems that cannot be served as a whole, which is no fault here.
        warnings.simplefilter("ignore", PenaltyBoundWarning)
        best = pyvrp.solve(data, MaxRuntime(seconds), seed=seed, collect_stats=False).best
    routes: dict[int, list[list[int]]] = {}
    for route in best.routes():
        served = [clients[stop.idx][0] for stop in route if stop.is_client()]
        routes.setdefault(route.vehicle_type(), []).append(served)
    proposal: dict[int, list[int]] = {}
    for k, vehicles in enumerate(day.vehicles):
        proposal |= assign(vehicles, routes.get(k, []))
    return proposal


def _data(day: Simplified, clients: list[tuple[int, Window]]) -> pyvrp.ProblemData:
    matrices = [_matrices(day, vehicles, [v for v, _ in clients]) for vehicles in day.vehicles]
    groups = _groups(day, clients)
    group_of = {k: g for g, group in enumerate(groups) for k in group.clients}
    return pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in range(len(clients) + len(day.places))],
        clients=[_client(day, k, v, window, group_of.get(k)) for k, (v, window) in enumerate(clients)],
        depots=[pyvrp.Depot(len(clients) + p) for p in range(len(day.places))],
        vehicle_types=[_vehicle_type(day, k, vehicles) for k, vehicles in enumerate(day.vehicles)],
        distance_matrices=[distances for distances, _ in matrices],
        duration_matrices=[durations for _, durations in matrices],
        groups=groups,
    )


def _groups(day: Simplified, clients: list[tuple[int, Window]]) -> list[pyvrp.ClientGroup]:
    """The clients of each visit that has several windows."""
    by_visit: dict[int, list[int]] = {}
    for k, (v, _) in enumerate(clients):
        by_visit.setdefault(v, []).append(k)
    several = {v: members for v, members in by_visit.items() if len(members) > 1}
    return [pyvrp.ClientGroup(members, required=day.is_required(v)) for v, members in several.items()]


def _client(day: Simplified, k: int, v: int, window: Window, group: int | None) -> pyvrp.Client:
    visit = day.problem.visits[v]
    return pyvrp.Client(
        location=k,
        delivery=day.loads[v].tolist(),
        service_duration=visit.duration,
        tw_early=window[0],
        tw_late=window[1],
        prize=day.amount(visit.unserved_cost),
        required=group is None and day.is_required(v),
        group=group,
    )


def _vehicle_type(day: Simplified, profile: int, vehicles: Vehicles) -> pyvrp.VehicleType:
    shift = day.problem.shifts[vehicles.first]
    start, back = day.span(vehicles.first)
    overtime: dict[str, Any] = {}
    if shift.overtime:
        overtime = {
            "shift_duration": day.ends_at(vehicles.first, shift.end) - start,
            "max_overtime": shift.overtime.max,
            "unit_overtime_cost": day.rate(shift.overtime.cost),
        }
    return pyvrp.VehicleType(
        num_available=len(vehicles.shifts),
        capacity=day.capacities(vehicles.first),
        start_depot=day.place(shift.start_location),
        end_depot=day.place(shift.end_location),
        fixed_cost=day.amount(shift.fixed_cost),
        tw_early=start,
        tw_late=back,
        unit_distance_cost=_distance_cost(day, vehicles),
        unit_duration_cost=day.rate(shift.work_cost),
        profile=profile,
        **overtime,
    )


def _matrices(day: Simplified, vehicles: Vehicles, visits: list[int]) -> tuple[Any, Any]:
    """Distances and durations between clients, then places; a client is a visit once more for each of its windows."""
    num_visits = len(day.problem.visits)
    nodes = [*visits, *range(num_visits, num_visits + len(day.places))]
    drives, stays = (legs[np.ix_(nodes, nodes)] for legs in day.legs(vehicles.first))
    durations = drives + stays
    distances = drives if day.problem.shifts[vehicles.first].travel_cost else np.zeros_like(drives)
    forbidden = np.flatnonzero(~day.may_serve(vehicles.first)[visits])
    distances[:, forbidden] += day.amount(day.more_than_any_plan) // _distance_cost(day, vehicles)
    np.fill_diagonal(distances, 0)
    return distances, durations


def _distance_cost(day: Simplified, vehicles: Vehicles) -> int:
    """Cost of one unit of distance; without a price of driving only forbidden legs have a length."""
    return day.rate(day.problem.shifts[vehicles.first].travel_cost) or 1
