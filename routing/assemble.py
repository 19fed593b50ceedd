"""From a finished plan of an engine to the solution it returns: times, costs, reasons and what replays it."""

import platform
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.metadata import version

from routing.explain import FEW_REASONS, MANY_REASONS, with_reasons
from routing.insertion import OpenPlan
from routing.loads import loads_of
from routing.objective import cost_by_term
from routing.solution import Solution

# Raise it when the same input, seed and iterations may give another plan than before.
PLANNER_VERSION = "1"


def assemble(
    plan: OpenPlan,
    *,
    engine: str,
    seed: int,
    seconds: float,
    bound: float | None = None,
    versions: Mapping[str, str] | None = None,
    is_hurried: bool = False,
) -> Solution:
    """
    The solution behind a plan.

    Parameters
    ----------
    bound
        A proven lower bound of the total cost, or None.
    versions
        Of libraries the engine used, beside those every engine uses.
    is_hurried
        Whether somebody waits for the run to end, who gets few reasons rather than none soon.
    """
    solution = Solution(
        routes=plan.routes(),
        bound=bound,
        seed=seed,
        seconds=seconds,
        engine=engine,
        versions={**_versions(), **(versions or {})},
    )
    solution = replace(
        solution, cost=cost_by_term(plan.problem, solution), loads=loads_of(plan.problem, solution.routes)
    )
    return with_reasons(plan.timing, solution, FEW_REASONS if is_hurried else MANY_REASONS)


@cache
def _versions() -> dict[str, str]:
    libraries = {name: version(name) for name in ("numpy", "numba")}
    return {"planner": PLANNER_VERSION, "python": platform.python_version(), **libraries}
