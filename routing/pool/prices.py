"""What visits, shifts and scarce parts are worth where fractions of routes may be chosen: a linear program for GLOP."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from ortools.linear_solver.python import model_builder_helper as glop
from scipy.sparse import csr_array, csr_matrix, hstack, vstack

from routing.pool.seen import Routes
from routing.search.pool import shift_classes
from routing.search.world import FIRST, PIECES, TRUNK, WORTH, World
from routing.tables import UNLIMITED, Floats, Ints

# Columns to begin with, and most that come in at a time.
BATCH = 2000
# By then the prices are as good as final for choosing candidates.
MAX_ROUNDS = 12
# Of what a plan costs; below it, a column is no cheaper than its prices.
TOLERANCE = 1e-7


@dataclass(frozen=True)
class Program:
    """
    Which columns to choose at least cost.

    Columns are routes, then the visits ``left_out`` that may be. ``rows`` (columns x rows) says what a column counts in
    each row, whose sum must be within ``lower`` and ``upper``: visits, shifts, then scarce parts.
    """

    costs: Floats
    rows: csr_array
    lower: Floats
    upper: Floats
    left_out: Ints


def state(routes: Routes, world: World, most: float) -> Program:
    """
    Choose among ``routes`` to make a plan that costs no more than ``most``.

    A visit whose price of leaving it out is more than that has to be served, so no number is much larger than the cost
    of the plan. Parts are counted roughly: by what visits need and trunks lack, over all depots.
    """
    num_routes, num_visits = len(routes.costs), world.num_visits
    of_route, visits = _visits_of(routes, num_visits)
    serves = csr_array((np.ones(len(visits)), (of_route, visits)), shape=(num_routes, num_visits))
    classes = shift_classes(world)
    of_class = csr_array(
        (np.ones(num_routes), (np.arange(num_routes), classes[routes.shifts])), shape=(num_routes, len(classes))
    )
    lacks, stock = _lacks(serves, routes, world)
    left_out = np.flatnonzero(world.prices[:num_visits, WORTH] <= most * (1 + TOLERANCE))
    rows = hstack([serves, of_class, csr_array(lacks)], format="csr")
    alone = (np.ones(len(left_out)), (np.arange(len(left_out)), left_out))
    return Program(
        costs=np.concatenate([routes.costs, world.prices[left_out, WORTH]]),
        rows=vstack([rows, csr_array(alone, shape=(len(left_out), rows.shape[1]))], format="csr"),
        lower=np.concatenate([np.ones(num_visits), np.full(rows.shape[1] - num_visits, -np.inf)]),
        upper=np.concatenate([np.ones(num_visits), np.bincount(classes, minlength=len(classes)), stock]),
        left_out=left_out,
    )


def _visits_of(routes: Routes, num_visits: int) -> tuple[Ints, Ints]:
    """Pairs of route and visit."""
    is_stop = np.arange(routes.orders.shape[1]) < routes.sizes[:, None]
    of_route, position = np.nonzero(is_stop & (routes.orders < num_visits))
    return of_route.astype(np.int64), routes.orders[of_route, position].astype(np.int64)


def _lacks(serves: csr_array, routes: Routes, world: World) -> tuple[Floats, Floats]:
    """Routes x scarce parts: what each fetches; and what all depots have together."""
    stock = world.nodes[world.num_visits :, PIECES : PIECES + world.num_parts]
    scarce = np.flatnonzero((stock < UNLIMITED).all(axis=0))
    needs = serves @ world.nodes[: world.num_visits, PIECES + scarce].astype(np.float64)
    trunk = world.shifts[world.shifts[routes.shifts, FIRST][:, None], TRUNK + scarce]
    # What the earlier shifts of a technician leave in the trunk is not known here.
    has_one_shift = np.bincount(world.shifts[:, FIRST], minlength=len(world.shifts))[routes.shifts] == 1
    return np.maximum(0.0, needs - trunk) * has_one_shift[:, None], stock[:, scarce].sum(axis=0).astype(np.float64)


def reduced_costs(program: Program, start: Sequence[int], solver: glop.ModelSolverHelper) -> Floats:
    """
    What each column costs beyond what it is worth; nothing is much below zero.

    ``start`` are columns that make a plan. The ``solver``, GLOP, works on some columns at a time: those that are too
    cheap at the prices so far come in, until there are none.
    """
    some = np.random.default_rng(0).permutation(len(program.costs))[:BATCH]
    columns = np.union1d(some, start)
    beyond = program.costs
    least = -TOLERANCE * float(program.costs[list(start)].sum())
    for _ in range(MAX_ROUNDS):
        duals = _duals(program, columns, solver)
        if duals is None:
            break
        beyond = program.costs - program.rows @ duals
        cheap = np.setdiff1d(np.flatnonzero(beyond < least), columns)
        if not len(cheap):
            break
        columns = np.concatenate([columns, cheap[np.argsort(beyond[cheap], kind="stable")[:BATCH]]])
    return beyond


def _duals(program: Program, columns: Ints, solver: glop.ModelSolverHelper) -> Floats | None:
    """The prices of the rows if only some columns may be chosen, or None if the solver was stopped."""
    model = glop.ModelBuilderHelper()
    zeros, no_limit = np.zeros(len(columns)), np.full(len(columns), np.inf)
    chosen = csr_matrix(program.rows[columns].T)
    # The stubs of OR-Tools 9.15 have no type that an array could be of.
    fill: Any = model.fill_model_from_sparse_data
    fill(zeros, no_limit, program.costs[columns], program.lower, program.upper, chosen)
    solver.solve(model)
    return np.asarray(solver.dual_values(), np.float64) if solver.has_solution() else None
