"""Answers that somebody waits for, timed: inserting, repairing, stopping, the first plan of a fresh process."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from statistics import median
from threading import Event, Timer
from time import monotonic

from benchmarks.field_days import Settings, generate
from benchmarks.routing.arena import head
from benchmarks.routing.ledger import Reading
from routing.amend import repair
from routing.engines import SolveOptions
from routing.live import LivePlan, rank_insertions
from routing.problem import Problem
from routing.solution import Solution
from routing.solve import solve

TIMES = 20
MILLISECONDS = "ms"
# A plan good enough to ask questions about.
PLAN_SECONDS = 5.0
FIRST_PLAN = """
from benchmarks.field_days import Settings, generate
from routing.engines import SolveOptions
from routing.solve import solve
solve(generate(Settings(visits=20)), "hybrid", SolveOptions(iterations=100))
"""


def readings(threads: int) -> Iterator[Reading]:
    """All of them, one after the other."""
    for measure in (inserting, repairing, stopping, first_plan):
        yield from measure(threads)


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
    """A new interpreter, its imports, and the plan of 20 visits, with kernels compiled before."""
    command = partial(subprocess.run, [sys.executable, "-c", FIRST_PLAN], check=True)
    command()
    yield _reading("import and first plan", [_milliseconds(command) for _ in range(5)])


def _plan(problem: Problem, threads: int) -> Solution:
    return solve(problem, "hybrid", SolveOptions(PLAN_SECONDS, threads=threads))


def _milliseconds(work: Callable[[], object]) -> float:
    began = monotonic()
    work()
    return 1000 * (monotonic() - began)


def _reading(name: str, taken: list[float]) -> Reading:
    now = datetime.now(UTC).isoformat(timespec="seconds")
    load = round(os.getloadavg()[0], 2)
    return Reading(name, round(median(taken), 2), round(max(taken), 2), MILLISECONDS, len(taken), load, now, head())
