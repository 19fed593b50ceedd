"""
Days of up to 10,000 visits, from the file of the problem to that of the plan, as the command line does it.

Budgets grow with the visits to the power of 1.2, and every day is planned twice, the second time with twice the budget.
If the first plans of all sizes are about as far from the second, the time to a plan of some quality grows no faster.
WRENCHWAY_SCALE=0.1 takes a tenth of the budgets.
"""

import json
import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.field_days import Settings, generate
from routing.formats.contract import write_problem

THREADS = 2
# At 10,000 visits.
SECONDS, GROWTH = 300.0, 1.2
# Every visit has a place of its own.
DAYS = (
    Settings(visits=1_000, technicians=30, days=5, sites=10_000),
    Settings(visits=3_000, technicians=90, days=5, sites=10_000),
    Settings(visits=10_000, technicians=300, days=5, sites=10_000),
)


@dataclass(frozen=True)
class Run:
    """What one call of the planner took, all of it, and what its plan costs."""

    wall_seconds: float
    peak_megabytes: float
    cost: float
    left_out: int
    is_right: bool


def plan(problem: Path, seconds: float) -> Run:
    """Plan a file in a process of its own."""
    output = problem.with_suffix(".plan.json")
    command = [sys.executable, "-m", "routing", "solve", str(problem), "-o", str(output), "--engine", "hybrid"]
    command += ["--seconds", str(seconds), "--threads", str(THREADS)]
    began = time.monotonic()
    child = os.posix_spawn(sys.executable, command, os.environ, file_actions=[(os.POSIX_SPAWN_CLOSE, 1)])
    _, status, used = os.wait4(child, 0)
    wall = time.monotonic() - began
    document = json.loads(output.read_text())
    return Run(
        wall,
        used.ru_maxrss / 1024,
        document["cost"]["total"],
        len(document["unserved"]),
        os.waitstatus_to_exitcode(status) == 0,
    )


def report() -> None:
    """One line per day and budget."""
    share = float(os.environ.get("WRENCHWAY_SCALE", "1"))
    print("| visits | shifts | file, MB | budget, s | all in all, s | peak, MB | cost | left out | to twice | check |")
    print("|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|")
    with TemporaryDirectory() as folder:
        for settings in DAYS:
            path = Path(folder) / f"{settings.visits}.json"
            write_problem(generate(settings), path)
            seconds = share * SECONDS * (settings.visits / 10_000) ** GROWTH
            short, long = plan(path, seconds), plan(path, 2 * seconds)
            for budget, run in ((seconds, short), (2 * seconds, long)):
                gap = f"{100 * (run.cost / long.cost - 1):+.2f} %" if run is short else ""
                cells = [
                    f"{settings.visits:,}",
                    f"{settings.num_technicians * settings.days:,}",
                    f"{path.stat().st_size / 1e6:.0f}",
                    f"{budget:.0f}",
                    f"{run.wall_seconds:.0f}",
                    f"{run.peak_megabytes:,.0f}",
                    f"{run.cost:,.0f}",
                    str(run.left_out),
                    gap,
                    "ok" if run.is_right else "wrong",
                ]
                print(f"| {' | '.join(cells)} |", flush=True)
            path.unlink()
