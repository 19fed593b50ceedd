"""One door to all engines."""

from importlib import import_module
from typing import cast

from routing.engines import Engine, SolveOptions
from routing.problem import Problem
from routing.solution import Solution

# Modules by name, imported when asked for: OR-Tools takes a second to load and much memory.
ENGINES = {
    "hybrid": "routing.engines.hybrid",
    "ortools": "routing.engines.ortools_engine",
    "greedy": "routing.engines.greedy",
}


def solve(problem: Problem, engine: str = "hybrid", options: SolveOptions | None = None) -> Solution:
    """
    Plan with one engine.

    Raises
    ------
    ValueError
        If no engine has that name.
    """
    if engine not in ENGINES:
        raise ValueError(f"Expected engine to be one of {', '.join(sorted(ENGINES))}, got {engine!r}.")
    run = cast("Engine", import_module(ENGINES[engine]).solve)
    return run(problem, options or SolveOptions())
