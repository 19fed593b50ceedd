"""
Which of too few parts leave the warehouse on which van: five printers, nine jobs that need one.

Run from the project's root: ``python -m benchmarks loadout``. One day, three ways to hand out the printers, each
planned by the same search with the same number of moves:

- first come, first served: the five jobs reported first have a printer promised, the other four have to wait;
- fixed van stock: the printers were spread evenly over the vans the evening before;
- together: the printers are in the warehouse, and who takes how many is decided with the routes.

Costs are in minutes of driving. All vans start and end at the warehouse, where loading takes ten minutes; what was put
into a van the evening before takes no time in the morning.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from routing.check import check
from routing.engines import SolveOptions
from routing.problem import Depot, Problem, Shift, Visit
from routing.solution import Solution, StopKind
from routing.solve import solve

MINUTE = 60
PRINTER = "printer"
NUM_PRINTERS = 5
MOVES, SEED = 10_000, 1


@dataclass(frozen=True)
class Job:
    """A job at a place in minutes of driving from the warehouse, in the order of the reports."""

    name: str
    east: float
    north: float
    minutes: int
    due_hour: float
    unserved_minutes: int
    needs_printer: bool = False


# Printers are wanted in the north-east above all, most urgently by those who reported last.
JOBS = (
    Job("P1", 25, -30, 45, 8.0, 150, needs_printer=True),
    Job("P2", -35, 10, 45, 8.0, 150, needs_printer=True),
    Job("P3", -30, -25, 45, 8.0, 150, needs_printer=True),
    Job("P4", 30, 28, 45, 5.0, 300, needs_printer=True),
    Job("P5", 5, -40, 45, 8.0, 150, needs_printer=True),
    Job("P6", 34, 24, 45, 5.0, 300, needs_printer=True),
    Job("P7", 36, 30, 45, 5.0, 300, needs_printer=True),
    Job("P8", 28, 33, 45, 5.0, 300, needs_printer=True),
    Job("P9", -33, 14, 45, 4.0, 400, needs_printer=True),
    Job("K1", 20, -24, 30, 6.0, 240),
    Job("K2", 28, -33, 40, 4.0, 240),
    Job("K3", -20, 12, 60, 3.0, 240),
    Job("K4", -38, 5, 30, 6.0, 240),
    Job("K5", -26, -30, 45, 5.0, 240),
    Job("K6", -12, -18, 30, 4.0, 240),
    Job("K7", 8, -34, 60, 6.0, 240),
    Job("K8", 15, 12, 30, 3.0, 240),
    Job("K9", 10, 22, 40, 6.0, 240),
    Job("K10", -8, 20, 30, 4.0, 240),
    Job("K11", -15, 34, 45, 6.0, 240),
    Job("K12", 22, 4, 30, 5.0, 240),
)
NUM_VANS = 4


def together() -> Problem:
    """The day with all printers in the warehouse, free for everybody."""
    points = [(0.0, 0.0), *((job.east, job.north) for job in JOBS)]
    travel = [[math.ceil(MINUTE * math.dist(here, there)) for there in points] for here in points]
    return Problem(
        travel=np.array(travel, np.int64),
        shifts=tuple(_van(name) for name in "ABCD"[:NUM_VANS]),
        visits=tuple(_visit(job, location) for location, job in enumerate(JOBS, 1)),
        depots=(Depot(0, 10 * MINUTE, parts={PRINTER: NUM_PRINTERS}),),
    )


def first_come() -> Problem:
    """The same day; only the jobs reported first may have a printer."""
    problem = together()
    waiting = [visit.id for visit in problem.visits if visit.parts][NUM_PRINTERS:]
    visits = (replace(v, technicians=frozenset()) if v.id in waiting else v for v in problem.visits)
    return replace(problem, visits=tuple(visits))


def fixed_stock() -> Problem:
    """The same day with the printers spread over the vans, as evenly as may be."""
    problem = together()
    shares = [len(range(van, NUM_PRINTERS, NUM_VANS)) for van in range(NUM_VANS)]
    vans = (replace(van, trunk={PRINTER: share}) for van, share in zip(problem.shifts, shares, strict=True))
    return replace(problem, shifts=tuple(vans), depots=())


WAYS: dict[str, Callable[[], Problem]] = {
    "first come, first served": first_come,
    "fixed van stock": fixed_stock,
    "together with the routes": together,
}


def plan(problem: Problem, moves: int = MOVES) -> Solution:
    """The plan of one way; a budget in moves makes it the same on every machine."""
    solution = solve(problem, "hybrid", SolveOptions(iterations=moves, seed=SEED))
    if violations := check(problem, solution):
        raise ValueError(f"Expected a feasible plan: {violations[0].sentence}")
    return solution


def report() -> None:
    """Print the figures as Markdown."""
    print("| printers handed out | cost | driving | lateness | left out | printer jobs served | printers by van |")
    print("|---|--:|--:|--:|--:|--:|---|")
    for way, make in WAYS.items():
        problem = make()
        solution = plan(problem)
        figures = [f"{solution.cost[term]:,.0f}" for term in ("total", "travel", "lateness", "unserved")]
        served = {stop.id for route in solution.routes for stop in route.stops if stop.kind is StopKind.VISIT}
        num_served = sum(visit.id in served for visit in problem.visits if visit.parts)
        print(f"| {way} | {' | '.join(figures)} | {num_served} | {_by_van(problem, solution)} |")


def _by_van(problem: Problem, solution: Solution) -> str:
    counts = {shift.id: shift.trunk.get(PRINTER, 0) for shift in problem.shifts}
    for load in solution.loads or ():
        counts[load.shift] += load.parts[PRINTER]
    return ", ".join(f"{van} {count}" for van, count in counts.items() if count)


def _van(name: str) -> Shift:
    return Shift(
        id=name,
        technician=name,
        start_location=0,
        end_location=0,
        start=0,
        end=8 * 60 * MINUTE,
        travel_cost=1 / MINUTE,
    )


def _visit(job: Job, location: int) -> Visit:
    return Visit(
        id=job.name,
        location=location,
        duration=job.minutes * MINUTE,
        due=round(job.due_hour * 60 * MINUTE),
        lateness_cost=0.5 / MINUTE,
        unserved_cost=float(job.unserved_minutes),
        parts={PRINTER: 1} if job.needs_printer else {},
    )
