"""Compile the kernels into the on-disk cache, at set-up rather than in somebody's first plan."""

from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from routing.amend import mend
from routing.bound.certify import CertifyOptions, certify
from routing.engines import SolveOptions
from routing.formats.contract import write_problem
from routing.formats.matrices import load_problem
from routing.live import rank_insertions
from routing.problem import Depot, Problem, Shift, Visit
from routing.relax import advise
from routing.solve import solve


def load_answers() -> None:
    """Bring what live answers need into memory, from the cache: a second or so, that nobody then waits for."""
    shifts = tuple(
        Shift(id=name, technician=name, start_location=0, end_location=0, start=0, end=10) for name in ("one", "other")
    )
    visit = Visit(id="visit", location=0, duration=1, unserved_cost=1.0, parts={"part": 1}, due=0)
    problem = Problem(
        travel=np.zeros((1, 1), np.int64), shifts=shifts, visits=(visit,), depots=(Depot(0, parts={"part": None}),)
    )
    solution = solve(problem, "greedy")
    rank_insertions(problem, solution, replace(visit, id="another"))
    mend(replace(problem, shifts=shifts[1:]), solution)
    mend(replace(problem, shifts=shifts[:1]), solution)
    empty = replace(problem, visits=(replace(visit, windows=((100, 200),)),))
    advise(empty, solve(empty, "greedy"), "visit")


def compile_kernels() -> None:
    """Plan a problem of one visit that calls every kernel; a minute the first time, no time afterwards."""
    shift = Shift(id="shift", technician="technician", start_location=0, end_location=0, start=0, end=10)
    visit = Visit(id="visit", location=0, duration=1, unserved_cost=1.0, parts={"part": 1})
    problem = Problem(
        travel=np.zeros((1, 1), np.int64), shifts=(shift,), visits=(visit,), depots=(Depot(0, parts={"part": None}),)
    )
    with TemporaryDirectory() as folder:
        file = Path(folder) / "problem.json"
        write_problem(problem, file)
        load_problem(file, {"travel": lambda _row, _count: []})
    rank_insertions(problem, solve(problem, "greedy"), replace(visit, id="another"))
    solution = solve(problem, "hybrid", SolveOptions(iterations=1))
    certify(problem, solution, CertifyOptions(seconds=600.0))
