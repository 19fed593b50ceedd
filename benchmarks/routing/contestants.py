"""Who plans: our engines and other people's solvers, by name, behind one function."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from time import monotonic

from benchmarks.rivals.completion import Proposal, complete
from routing.engines import SolveOptions
from routing.problem import Problem
from routing.solution import Solution
from routing.solve import ENGINES, solve
from routing.timing import Timing


@dataclass(frozen=True)
class Contestant:
    """
    One column of a table.

    Parameters
    ----------
    methods
        One that uses all threads by itself, or several, or the same one several times, that use one thread each: then
        as many as there are threads run at once, with different seeds, and the best answer counts.
    package
        The distribution it comes in, and the module by which one sees that it is there; None: ours.
    """

    title: str
    methods: tuple[str, ...]
    uses_threads: bool = False
    package: tuple[str, str] | None = None

    @property
    def is_there(self) -> bool:
        return self.package is None or find_spec(self.package[1]) is not None


CONTESTANTS = {
    "ours": Contestant("ours", ("hybrid",), uses_threads=True),
    "ortools": Contestant("OR-Tools", ("ortools", "ortools_samples"), package=("ortools", "ortools")),
    # The engine finds its own use for several threads: the same search under other labels.
    "ortools-best": Contestant("OR-Tools", ("ortools",), uses_threads=True, package=("ortools", "ortools")),
    "pyvrp": Contestant("PyVRP", ("pyvrp",), package=("pyvrp", "pyvrp")),
    "vroom": Contestant("VROOM", ("vroom",), uses_threads=True, package=("pyvroom", "vroom")),
}


def answer(method: str, problem: Problem, *, seconds: float, seed: int, threads: int) -> Solution:
    """
    The plan of one method.

    Reading a rival's modules, and making an exact plan of its answer, are not taken off its seconds. ``seconds`` of the
    plan say how long it searched.
    """
    if method in ENGINES:
        return solve(problem, method, SolveOptions(seconds, seed, threads))
    propose, timing = _proposing(method, seconds, seed, threads), Timing(problem)
    began = monotonic()
    proposal = propose(timing)
    return complete(timing, proposal, engine=method, seed=seed, seconds=monotonic() - began)


def get_ready(method: str) -> None:
    """Import and load what a method needs, before anybody looks at the clock."""
    if method in ENGINES:
        import_module(ENGINES[method])
        import_module("routing.warm").compile_kernels()
    else:
        import_module(_MODULES[method])


def version_of(contestant: str) -> str:
    """Of the package; empty for ours or if it is not installed."""
    package = CONTESTANTS[contestant].package
    try:
        return version(package[0]) if package else ""
    except PackageNotFoundError:
        return ""


_MODULES = {
    "ortools_samples": "benchmarks.rivals.ortools_samples",
    "pyvrp": "benchmarks.rivals.pyvrp_rival",
    "vroom": "benchmarks.rivals.vroom_rival",
}


def _proposing(method: str, seconds: float, seed: int, threads: int) -> Callable[[Timing], Proposal]:
    module = import_module(_MODULES[method])
    more: dict[str, tuple[float, ...]] = {"ortools_samples": (), "pyvrp": (seed,), "vroom": (threads,)}

    def propose(timing: Timing) -> Proposal:
        proposal: Proposal = module.propose(timing, seconds, *more[method])
        return proposal

    return propose
