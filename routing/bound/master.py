"""The restricted master problem: which fractions of the routes known so far serve everything at least cost."""

from collections.abc import Iterable, Sequence
from time import monotonic

import numpy as np
from ortools.linear_solver import pywraplp

from routing.bound.prices import Column, Cut, Prices
from routing.tables import Floats

# A hundred times what a solution takes: longer, and GLOP has lost itself.
SOLVE_SECONDS = 5.0


class Master:
    """
    A linear program over the columns known so far, solved by GLOP.

    Rows: every visit at least once, or left out at its price; no more routes of a group than it has shifts; no more
    pieces of a scarce stock than there are; cuts.

    Parameters
    ----------
    unserved_costs, shifts, stocks
        The price of leaving out each visit, the number of shifts of each group, the pieces of each scarce stock.
    """

    def __init__(self, unserved_costs: Floats, shifts: Sequence[int], stocks: Sequence[int]) -> None:
        self._unserved_costs, self._shifts, self._stocks = unserved_costs, shifts, stocks
        self.columns: list[Column] = []
        self.cuts: list[Cut] = []
        self._known: set[tuple[int, tuple[int, ...], float]] = set()
        self._build()

    def add(self, columns: Iterable[Column]) -> int:
        """Take in columns; how many of them are new."""
        before = len(self.columns)
        for column in columns:
            key = (column.group, column.visits, round(column.cost, 6))
            if key not in self._known:
                self._known.add(key)
                self.columns.append(column)
                self._variables.append(self._variable(column))
        return len(self.columns) - before

    def restrict(self, columns: Sequence[Column], cuts: Sequence[Cut]) -> None:
        """Start again from some columns and cuts."""
        self.cuts = list(cuts)
        self.columns, kept = [], list(columns)
        self._known = set()
        self._build()
        self.add(kept)

    def solve(self, until: float) -> tuple[float, Prices] | None:
        """
        The value and the prices; None if GLOP loses itself in rounding, also from the beginning, or has no time.

        ``until`` is when to end at the latest, by ``time.monotonic``.
        """
        if not self._is_solved(until):
            # GLOP 9.15 goes on from its last basis, which now and then is too far gone.
            self.restrict(self.columns, self.cuts)
            if not self._is_solved(until):
                return None
        prices = Prices(
            np.clip(self._duals(self._visit_rows), 0.0, self._unserved_costs),
            np.maximum(0.0, -self._duals(self._stock_rows)),
            np.maximum(0.0, -self._duals(self._group_rows)),
            np.maximum(0.0, -self._duals(self._cut_rows)),
        )
        return float(self._solver.Objective().Value()), prices

    def weights(self) -> list[tuple[Column, float]]:
        """The columns in use, each with its fraction."""
        values = (variable.solution_value() for variable in self._variables)
        return [(column, value) for column, value in zip(self.columns, values, strict=True) if value > 1e-6]

    def _is_solved(self, until: float) -> bool:
        milliseconds = int(1000 * min(SOLVE_SECONDS, until - monotonic()))
        # No time at all would count as no limit.
        if milliseconds < 1:
            return False
        self._solver.SetTimeLimit(milliseconds)
        return bool(self._solver.Solve() == pywraplp.Solver.OPTIMAL)

    def _build(self) -> None:
        solver = pywraplp.Solver.CreateSolver("GLOP")
        self._solver, infinity = solver, solver.infinity()
        self._objective = solver.Objective()
        self._objective.SetMinimization()
        self._visit_rows = [solver.Constraint(1.0, infinity) for _ in self._unserved_costs]
        self._group_rows = [solver.Constraint(-infinity, float(count)) for count in self._shifts]
        self._stock_rows = [solver.Constraint(-infinity, float(count)) for count in self._stocks]
        self._cut_rows = [solver.Constraint(-infinity, 1.0) for _ in self.cuts]
        self._variables: list[pywraplp.Variable] = []
        for row, cost in zip(self._visit_rows, self._unserved_costs.tolist(), strict=True):
            left_out = solver.NumVar(0.0, infinity, "")
            self._objective.SetCoefficient(left_out, cost)
            row.SetCoefficient(left_out, 1.0)

    def _variable(self, column: Column) -> pywraplp.Variable:
        variable = self._solver.NumVar(0.0, self._solver.infinity(), "")
        self._objective.SetCoefficient(variable, column.cost)
        self._group_rows[column.group].SetCoefficient(variable, 1.0)
        for visit in set(column.visits):
            self._visit_rows[visit].SetCoefficient(variable, float(column.visits.count(visit)))
        for stock, count in column.draws.items():
            self._stock_rows[stock].SetCoefficient(variable, float(count))
        for cut, row in zip(self.cuts, self._cut_rows, strict=True):
            if crossings := column.crossings(cut):
                row.SetCoefficient(variable, float(crossings))
        return variable

    @staticmethod
    def _duals(rows: Sequence[pywraplp.Constraint]) -> Floats:
        return np.array([row.dual_value() for row in rows], np.float64)
