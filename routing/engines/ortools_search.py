"""One run of OR-Tools' iterated local search: its settings, how it is watched, and how it is stopped."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from typing import Any

from ortools.constraint_solver import pywrapcp, routing_enums_pb2

from routing.engines.ortools_model import RoutingModel

# Too slow for what they find on days of a hundred visits.
SWITCHED_OFF = (
    "relocate_pair",
    "light_relocate_pair",
    "exchange_pair",
    "relocate_subtrip",
    "exchange_subtrip",
    "relocate_expensive_chain",
    "lin_kernighan",
    "global_cheapest_insertion_path_lns",
    "local_cheapest_insertion_path_lns",
    "relocate_path_global_cheapest_insertion_insert_unperformed",
    "global_cheapest_insertion_visit_types_lns",
    "local_cheapest_insertion_visit_types_lns",
)
BOOL_FALSE = 2  # of operations_research.OptionalBoolean, which the Python package does not export
# Temperatures of the annealing, in ways between neighbouring visits.
HOT, COLD = 1.5, 0.005
POLL_SECONDS = 0.05
# A run limited by iterations ends for good after this long; beside it, clocks do not touch what it does.
ITERATIONS_WITHIN_SECONDS = 3600.0


@dataclass(frozen=True)
class Budget:
    """Seconds, or solutions visited, whichever is not None."""

    seconds: float | None = None
    solutions: int | None = None


@dataclass
class Incumbent:
    """The best solution a run has visited, by the model's cost; None before the first."""

    cost: float = float("inf")
    orders: dict[int, list[int]] | None = None


def run(model: RoutingModel, budget: Budget, watch: Callable[[Incumbent], bool]) -> Incumbent:
    """
    Search until the budget is used up or ``watch`` says stop.

    The solver works in a thread of its own and hands the interpreter lock over at every check of its limits. Its
    iterated local search cannot be interrupted (OR-Tools 9.15: a limit or ``CancelSearch`` ends the inner search only),
    so a run that is stopped is left behind asleep, and ends by itself when its seconds are over.

    Parameters
    ----------
    watch
        Called about twenty times a second in the caller's thread; True stops.
    """
    limit = budget.seconds if budget.seconds is not None else ITERATIONS_WITHIN_SECONDS
    parameters = _parameters(limit, budget.solutions, model.leg_cost())
    watched = _Run(model, time.monotonic() + limit)
    thread = Thread(target=watched.solve, args=(parameters,), name="ortools", daemon=True)
    thread.start()
    try:
        while not watched.over.wait(POLL_SECONDS) and not watch(watched.best):
            pass
    finally:
        # Also when an exception ends the wait: a thread that calls Python while it shuts down brings it to a crash.
        watched.stopped.set()
        watched.over.wait(2 * POLL_SECONDS)
    return watched.best


class _Run:
    """What the solver's thread and the caller's share."""

    def __init__(self, model: RoutingModel, deadline: float) -> None:
        self._model, self._deadline = model, deadline
        self.best = Incumbent()
        self.stopped, self.over = Event(), Event()

    def solve(self, parameters: Any) -> None:
        routing = self._model.routing
        try:
            routing.AddAtSolutionCallback(self._note)
            routing.AddSearchMonitor(routing.solver().CustomLimit(self._must_end))
            routing.SolveWithIteratedLocalSearch(parameters)
        finally:
            self.over.set()

    def _note(self) -> None:
        cost = self._model.cost()
        if cost < self.best.cost and not self.stopped.is_set():
            self.best = Incumbent(cost, self._model.orders())

    def _must_end(self) -> bool:
        if not self.stopped.is_set():
            return False
        self.over.set()
        time.sleep(max(0.0, self._deadline - time.monotonic()))
        return True


def _parameters(seconds: float, solutions: int | None, leg_cost: float) -> Any:
    strategies = routing_enums_pb2.FirstSolutionStrategy
    parameters = pywrapcp.DefaultRoutingSearchParameters()
    parameters.time_limit.FromMilliseconds(max(1, round(1000 * seconds)))
    if solutions is not None:
        parameters.solution_limit = solutions
    # Prices lateness while it inserts; parallel cheapest insertion looks at travel only and starts five times dearer.
    parameters.first_solution_strategy = strategies.LOCAL_CHEAPEST_COST_INSERTION
    # One linear programme per candidate route costs more than it gives; times are recomputed exactly afterwards.
    parameters.disable_scheduling_beware_this_may_degrade_performance = True
    for name in SWITCHED_OFF:
        setattr(parameters.local_search_operators, f"use_{name}", BOOL_FALSE)
    parameters.use_iterated_local_search = True
    iterated = parameters.iterated_local_search_parameters
    iterated.improve_perturbed_solution = True
    ruin = iterated.ruin_recreate_parameters.ruin_strategies.add().sisr
    ruin.max_removed_sequence_size, ruin.avg_num_removed_visits, ruin.bypass_factor = 10, 12, 0.01
    recreate = iterated.ruin_recreate_parameters.recreate_strategy
    recreate.heuristic = strategies.LOCAL_CHEAPEST_COST_INSERTION
    insertion = recreate.parameters.local_cheapest_insertion
    insertion.insertion_sorting_properties.append(insertion.SORTING_PROPERTY_RANDOM)
    annealing = iterated.reference_solution_acceptance_strategy.simulated_annealing
    annealing.initial_temperature, annealing.final_temperature = HOT * leg_cost, COLD * leg_cost
    iterated.best_solution_acceptance_strategy.greedy_descent.SetInParent()
    return parameters
