"""What every engine offers: ``solve(problem, options)`` in a module of its own, imported only when asked for."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from routing.problem import Problem
from routing.solution import Solution


@dataclass(frozen=True)
class Progress:
    """How far a run is: ``elapsed`` as a fraction of its budget in 0..1, and the best total cost so far."""

    elapsed: float
    best_cost: float


@dataclass(frozen=True)
class SolveOptions:
    """Budget and hooks of one run.

    With ``iterations`` the same input and seed give the same plan and ``seconds`` is ignored. ``on_progress`` is
    called a few times a second at most; a run ends early, with its best plan so far, when ``should_stop`` says so.
    Both may be called from another thread.

    ``start`` is a plan to go on from, of this problem or of one like it: what no longer holds of it is dropped and
    planned anew, and the answer costs no more than the rest of it. An engine that cannot go on from a plan begins with
    nothing.
    """

    seconds: float = 10.0
    seed: int = 1
    threads: int = 1
    iterations: int | None = None
    on_progress: Callable[[Progress], None] | None = None
    should_stop: Callable[[], bool] | None = None
    start: Solution | None = None


class Engine(Protocol):
    """A module-level ``solve``; the plan it returns passes ``routing.check`` for every valid problem."""

    def __call__(self, problem: Problem, options: SolveOptions) -> Solution: ...
