"""Choosing whole routes: CP-SAT over the routes that look best at the prices of the fractions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Event
from typing import NamedTuple

import numpy as np
from ortools.linear_solver.python import model_builder_helper as glop
from ortools.sat.python import cp_model

from routing.insertion import OpenPlan
from routing.pool.prices import Program, reduced_costs, state
from routing.pool.seen import Routes, gather
from routing.pool.supply import Candidate, Supply
from routing.search.islands import Island
from routing.search.pool import shift_classes
from routing.search.world import World
from routing.tables import Ints

# Routes that CP-SAT chooses from.
NUM_CANDIDATES = 1000
# CP-SAT reckons in whole numbers; a plan costs so many.
COST_UNITS = 1e8
# A plan is better only if it is so much cheaper, as costs are sums of floats.
TOLERANCE = 1e-7


@dataclass(frozen=True)
class Choice:
    """A plan: orders by shift, and what each technician loads where (technicians x depots x parts)."""

    orders: Mapping[int, list[int]]
    taken: Ints


class Choosing:
    """
    One search for the best plan among the routes that islands have seen.

    Parameters
    ----------
    islands
        At least one; they must not search meanwhile.
    start
        The best plan of the best island.
    """

    def __init__(self, islands: Sequence[Island], start: OpenPlan) -> None:
        self._islands, self._start = islands, start
        self._stopped = Event()
        self._pricer, self._solver = glop.ModelSolverHelper("glop"), cp_model.CpSolver()

    def stop(self) -> None:
        """Let ``best`` end soon, with what it has; from another thread, and maybe more than once."""
        self._stopped.set()
        self._pricer.interrupt_solve()
        self._solver.stop_search()

    def best(self, work: float) -> Choice | None:
        """
        The best plan, or None if none is found that is better than that of the best island.

        ``work`` is what CP-SAT may do, in its own measure, so that the answer does not depend on the clock.
        """
        best = min(self._islands, key=lambda island: island.cost)
        routes, plans = gather(self._islands)
        if not len(routes.costs):
            return None
        program = state(routes, best.world, best.cost)
        left_out = np.flatnonzero(best.best.shift_of[program.left_out] < 0) + len(routes.costs)
        start = [*plans[self._islands.index(best)], *left_out.tolist()]
        beyond = reduced_costs(program, start, self._pricer)
        if self._stopped.is_set():
            return None
        promising = np.argsort(beyond, kind="stable")[:NUM_CANDIDATES]
        columns = np.union1d(promising, [*start, *range(len(routes.costs), len(program.costs))]).tolist()
        model = _Model(_Question(routes, program, columns, start), self._start, best.world)
        self._limit(work)
        if self._solver.solve(model.model) not in {cp_model.OPTIMAL, cp_model.FEASIBLE}:
            return None
        chosen = model.chosen(self._solver)
        if program.costs[chosen].sum() >= best.cost - TOLERANCE * abs(best.cost):
            return None
        return model.choice(self._solver, chosen)

    def _limit(self, work: float) -> None:
        parameters = self._solver.parameters
        # One worker, whose answer depends on nothing but the model; the fractions are a good guide to whole routes.
        parameters.num_workers, parameters.linearization_level = 1, 2
        parameters.max_deterministic_time = work


class _Question(NamedTuple):
    """Which of some ``columns`` to choose; ``begin`` are those of the best plan so far."""

    routes: Routes
    program: Program
    columns: list[int]
    begin: list[int]


class _Model:
    """A choice of some columns of a program, as CP-SAT sees it."""

    def __init__(self, question: _Question, start: OpenPlan, world: World) -> None:
        routes, program, columns, begin = question
        self.model, self._world = cp_model.CpModel(), world
        self._literals = {column: self.model.new_bool_var("") for column in columns}
        self._candidates = {
            column: Candidate(int(routes.shifts[column]), routes.order(column), literal)
            for column, literal in self._literals.items()
            if column < len(routes.costs)
        }
        self._add_rows(program)
        self._supply = Supply(self.model, list(self._candidates.values()), start, world)
        unit = max(float(program.costs[list(begin)].sum()), 1.0) / COST_UNITS
        costs = np.rint(program.costs[columns] / unit).astype(np.int64).tolist()
        self.model.minimize(cp_model.LinearExpr.weighted_sum(list(self._literals.values()), costs))
        known = set(begin)
        for column, literal in self._literals.items():
            self.model.add_hint(literal, column in known)

    def _add_rows(self, program: Program) -> None:
        """Every visit once, no shift twice; scarce parts are the matter of ``Supply``."""
        num_visits = self._world.num_visits
        columns = list(self._literals)
        rows = program.rows[columns][:, : num_visits + len(self._world.shifts)].tocsc()
        for row in range(rows.shape[1]):
            members = rows.indices[rows.indptr[row] : rows.indptr[row + 1]]
            literals = [self._literals[columns[member]] for member in members.tolist()]
            if row < num_visits:
                self.model.add_exactly_one(literals)
            elif len(literals) > program.upper[row]:
                self.model.add(cp_model.LinearExpr.sum(literals) <= int(program.upper[row]))

    def chosen(self, solver: cp_model.CpSolver) -> list[int]:
        """The columns that are in the answer."""
        return [column for column, literal in self._literals.items() if solver.boolean_value(literal)]

    def choice(self, solver: cp_model.CpSolver, chosen: Sequence[int]) -> Choice:
        """The plan behind the answer; shifts that are alike take their routes in order."""
        classes = shift_classes(self._world)
        free = {kind: np.flatnonzero(classes == kind).tolist() for kind in np.unique(classes).tolist()}
        by_shift = {}
        for column in chosen:
            if column in self._candidates:
                candidate = self._candidates[column]
                by_shift[free[int(classes[candidate.shift])].pop(0)] = candidate
        orders = {s: candidate.order for s, candidate in sorted(by_shift.items())}
        return Choice(orders, self._supply.taken(solver, by_shift))
