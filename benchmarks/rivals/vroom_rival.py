"""
VROOM (vroom-project.org) by its Python package: heuristics and local search, all threads; it ends by itself.

It knows several windows, breaks and skills. A skill stands here for a visit as such, held by those who may serve it.
Matrices belong to a profile for each group of alike vehicles. The price of leaving a visit out becomes a priority from
0 to 100. It knows no price for overtime, so only what is left over gets some.
"""

from datetime import timedelta

import numpy as np
import vroom

from benchmarks.rivals.completion import Proposal
from benchmarks.rivals.simplified import Simplified, Vehicles
from routing.problem import Break, Shift
from routing.tables import sorted_breaks
from routing.timing import Timing

# The most thorough search that VROOM offers.
EXPLORATION_LEVEL = 5
HIGHEST_PRIORITY = 100


def propose(timing: Timing, seconds: float, threads: int) -> Proposal:
    """What VROOM finds; the same every time, so it has no seed."""
    day = Simplified(timing, clock_stops=False)
    jobs = [_job(day, v) for v in range(len(day.problem.visits)) if day.windows(v)]
    if not jobs:
        return {}
    task = vroom.Input()
    for profile, vehicles in enumerate(day.vehicles):
        _set_matrices(task, day, str(profile), vehicles)
        task.add_vehicle([_vehicle(day, str(profile), s) for s in vehicles.shifts])
    task.add_job(jobs)
    found = task.solve(EXPLORATION_LEVEL, nb_threads=threads, timeout=timedelta(seconds=seconds))
    proposal: dict[int, list[int]] = {}
    for route in found.to_dict()["routes"]:
        proposal[route["vehicle"]] = [step["id"] for step in route["steps"] if step["type"] == "job"]
    return proposal


def _job(day: Simplified, v: int) -> vroom.Job:
    visit = day.problem.visits[v]
    return vroom.Job(
        id=v,
        location=v,
        default_service=visit.duration,
        delivery=day.loads[v].tolist(),
        skills={v},
        priority=_priority(day, v),
        time_windows=[vroom.TimeWindow(start, end) for start, end in day.windows(v)],
    )


def _priority(day: Simplified, v: int) -> int:
    dearest = max(visit.unserved_cost for visit in day.problem.visits) or 1.0
    return round(HIGHEST_PRIORITY * day.problem.visits[v].unserved_cost / dearest)


def _vehicle(day: Simplified, profile: str, s: int) -> vroom.Vehicle:
    shift, num_visits = day.problem.shifts[s], len(day.problem.visits)
    return vroom.Vehicle(
        id=s,
        start=num_visits + day.place(shift.start_location),
        end=num_visits + day.place(shift.end_location),
        profile=profile,
        capacity=day.capacities(s),
        skills=set(day.ways[s]),
        time_window=vroom.TimeWindow(shift.start, shift.end),
        breaks=_breaks(shift),
        costs=vroom.VehicleCosts(fixed=day.amount(shift.fixed_cost)),
    )


def _breaks(shift: Shift) -> list[vroom.Break]:
    """The breaks that fit into the shift whatever happens, one behind the other; VROOM would refuse any other."""
    rests, free = list[Break](), shift.start
    for _, rest in sorted_breaks(shift):
        begin = max(free, rest.earliest)
        if shift.start <= rest.earliest and begin <= rest.latest and rest.latest + rest.duration <= shift.end:
            rests.append(rest)
            free = begin + rest.duration
    return [
        vroom.Break(id=b, time_windows=[vroom.TimeWindow(rest.earliest, rest.latest)], service=rest.duration)
        for b, rest in enumerate(rests)
    ]


def _set_matrices(task: vroom.Input, day: Simplified, profile: str, vehicles: Vehicles) -> None:
    drives, stays = day.legs(vehicles.first)
    shift = day.problem.shifts[vehicles.first]
    costs = drives * day.rate(shift.travel_cost) + (drives + stays) * day.rate(shift.work_cost)
    task.set_durations_matrix(profile, (drives + stays).astype(np.uint32))
    task.set_costs_matrix(profile, costs.astype(np.uint32))
