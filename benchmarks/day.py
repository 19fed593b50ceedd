"""
Plans the demonstration's day with every engine, as the worker does.

Run from the project's root: ``python -m benchmarks day``.
"""

import dataclasses
import os
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import flask_migrate

from app.config import Config
from app.demo import load as demonstration
from app.factory import create_app
from app.workbench import make_workbench
from core.db import db
from core.firm import read_firm
from dispatch.planning.prices import Prices
from dispatch.planning.problem import reachable_part, to_problem
from dispatch.planning.snapshot import take_snapshot
from dispatch.planning.travel import known_travel
from routing.check import check
from routing.engines import SolveOptions
from routing.objective import TERMS
from routing.problem import Problem
from routing.solution import Solution, StopKind
from routing.solve import solve
from routing.travel import Point
from routing.warm import compile_kernels

SECONDS = 5.0
SEEDS = (1, 2, 3)


def report() -> None:
    """Print the figures as Markdown."""
    problems = [(seed, day_problem(seed)) for seed in SEEDS]
    compile_kernels()
    print(
        "| day (seed) | engine | seconds | visits | late | left out | " + " | ".join((*TERMS, "total")) + " | check |"
    )
    print("|---|---|--:|--:|--:|--:|" + "--:|" * (len(TERMS) + 1) + "---|")
    for seed, problem in problems:
        for engine in ("greedy", "ortools", "hybrid"):
            started = time.perf_counter()
            solution = solve(problem, engine, SolveOptions(seconds=SECONDS, seed=1))
            print(_row(seed, engine, time.perf_counter() - started, problem, solution), flush=True)


class Day(NamedTuple):
    """A demonstration's day as a routing problem, the places behind its locations, the time of day of its second 0."""

    problem: Problem
    points: tuple[Point, ...]
    clock: int


def day_problem(seed: int) -> Problem:
    """The routing problem of a demonstration, built as for a plan run."""
    return demonstration_day(seed).problem


def demonstration_day(seed: int) -> Day:
    """As ``day_problem``, with where and when it is."""
    with tempfile.TemporaryDirectory() as folder:
        config = Config.from_environment({**os.environ, "DATA_DIR": folder, "DATABASE_URL": ""})
        config = dataclasses.replace(config, data_dir=Path(folder))
        app = create_app(config)
        with app.app_context():
            flask_migrate.upgrade()
            demonstration.load(db.session(), config, seed=seed)
            db.session.commit()
            firm = read_firm(db.session())
            snapshot = take_snapshot(db.session(), firm.today())
            db.session.rollback()
            bench = make_workbench(app)
            travel = known_travel(bench.sessions, bench.travel_times(), snapshot.points)
            db.engine.dispose()
    snapshot = reachable_part(snapshot, travel)
    begins = snapshot.origin.astimezone(firm.zone)
    clock = 3600 * begins.hour + 60 * begins.minute + begins.second
    return Day(to_problem(snapshot, travel, Prices()), tuple(snapshot.points), clock)


def _row(seed: int, engine: str, seconds: float, problem: Problem, solution: Solution) -> str:
    served = {stop.id: stop for route in solution.routes for stop in route.stops if stop.kind is StopKind.VISIT}
    late = [v for v in problem.visits if v.due is not None and v.id in served and served[v.id].start > v.due]
    costs = [f"{solution.cost[term] / 100:,.0f}" for term in (*TERMS, "total")]
    verdict = "wrong" if check(problem, solution) else "ok"
    counts = [str(count) for count in (len(served), len(late), len(solution.unserved))]
    return f"| {' | '.join([str(seed), engine, f'{seconds:.1f}', *counts, *costs, verdict])} |"
