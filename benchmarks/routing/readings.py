"""
What is measured besides plans: answers that somebody waits for (inserting, repairing, stopping, the first plan of a
fresh process), and how good a plan is proven to be.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from math import ceil
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event, Timer
from time import monotonic

from benchmarks.field_days import Settings, generate
from benchmarks.routing.arena import head
from benchmarks.routing.ledger import Reading
from routing.amend import repair
from routing.bound.certify import CertifyOptions, certify
from routing.engines import SolveOptions
from routing.formats.contract import write_problem
from routing.live import LivePlan, rank_insertions
from routing.problem import Problem
from routing.solution import Solution
from routing.solve import solve
from routing.warm import compile_kernels

TIMES = 20
MILLISECONDS = "ms"
# A plan good enough to ask questions about.
PLAN_SECONDS = 5.0
PROOF_SECONDS = 60.0


def inserting(threads: int) -> Iterator[Reading]:
    """Rank 150 technicians for one more visit, with the plan of 1,000 kept ready and from nothing."""
    problem = generate(Settings(visits=1000 + TIMES, technicians=150))
    asked, planned = problem.visits[-TIMES:], replace(problem, visits=problem.visits[:-TIMES])
    solution = _plan(planned, threads)
    live = LivePlan(planned, solution)
    live.rank(asked[0])
    yield _reading("insert, plan kept ready", [_milliseconds(partial(live.rank, visit)) for visit in asked])
    # A problem that is not the same object, so that nothing is remembered of it.
    fresh = [partial(rank_insertions, replace(planned), solution, visit) for visit in asked]
    yield _reading("insert, plan just read", [_milliseconds(ask) for ask in fresh])


def repairing(threads: int) -> Iterator[Reading]:
    """Each time another of the fullest of 50 shifts with 400 visits is absent."""
    problem = generate(Settings(visits=400, technicians=50))
    solution = _plan(problem, threads)
    fullest = sorted(solution.routes, key=lambda route: -len(route.stops))[:TIMES]
    repair(problem, solution, absent=[fullest[0].shift])
    absences = [partial(repair, problem, solution, absent=[route.shift]) for route in fullest]
    yield _reading("repair", [_milliseconds(absence) for absence in absences])


def proving(threads: int) -> Iterator[Reading]:
    """The proven gap of three days of 60 visits and 10 technicians."""
    # Otherwise the first proof would compile within its seconds.
    compile_kernels()
    gaps = []
    for seed in range(1, 4):
        problem = generate(Settings(visits=60, technicians=10, seed=seed))
        plan = solve(problem, "hybrid", SolveOptions(PLAN_SECONDS, threads=threads))
        certificate = certify(problem, plan, CertifyOptions(PROOF_SECONDS, threads))
        # Rounded up: no more is claimed than is proven.
        gaps.append(ceil(10_000 * (1 - certificate.bound / plan.cost["total"])) / 100)
    yield _reading("proven gap", gaps, "%")


def stopping(threads: int) -> Iterator[Reading]:
    """From the moment when somebody says stop to the plan with its reasons, at 1,000 visits."""
    problem = generate(Settings(visits=1000, technicians=50, days=5))
    waits = []
    for seed in range(1, 4):
        stop, said = Event(), [0.0]

        def say_stop(stop: Event = stop, said: list[float] = said) -> None:
            said[0] = monotonic()
            stop.set()

        timer = Timer(PLAN_SECONDS + seed, say_stop)
        timer.start()
        solve(problem, "hybrid", SolveOptions(60.0, seed, threads, should_stop=stop.is_set))
        waits.append(1000 * (monotonic() - said[0]))
    yield _reading("stop", waits)


def first_plan(_threads: int) -> Iterator[Reading]:
    """A new process that reads 20 visits, plans, checks and writes, with kernels compiled before."""
    with TemporaryDirectory() as folder:
        problem, solution = Path(folder) / "problem.json", Path(folder) / "solution.json"
        write_problem(generate(Settings(visits=20)), problem)
        arguments = ["solve", problem, "-o", solution, "--engine", "hybrid", "--iterations", "100"]
        command = [sys.executable, "-m", "routing", *map(str, arguments)]
        run = partial(subprocess.run, command, check=True, stdout=subprocess.DEVNULL)
        run()
        yield _reading("import and first plan", [_milliseconds(run) for _ in range(5)])


def _plan(problem: Problem, threads: int) -> Solution:
    return solve(problem, "hybrid", SolveOptions(PLAN_SECONDS, threads=threads))


def _milliseconds(work: Callable[[], object]) -> float:
    began = monotonic()
    work()
    return 1000 * (monotonic() - began)


def _reading(name: str, found: list[float], unit: str = MILLISECONDS) -> Reading:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    load = round(os.getloadavg()[0], 2)
    return Reading(name, round(median(found), 2), round(max(found), 2), unit, len(found), load, now, head())


# By the names under which they are asked for.
READINGS: dict[str, tuple[Callable[[int], Iterator[Reading]], ...]] = {
    "answers": (inserting, repairing, stopping, first_plan),
    "bound": (proving,),
}
