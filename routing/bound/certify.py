"""
A lower bound of what any plan costs, proven by prices.

**Proof.** Give every visit ``v`` a price ``0 <= p_v <= unserved_cost``, every piece of a scarce stock a price
``q >= 0`` and every cut a price ``r >= 0``. A plan's cost is the sum of its routes' costs and of ``unserved_cost`` of
what it leaves out, which is at least ``p_v``. With all prices added and taken away again,

    cost >= Σ p_v - Σ q · pieces there are - Σ r + Σ routes (cost - Σ p_v served + Σ q · loaded + Σ r · crossed),

because a plan loads no more than there is and crosses a cut at most once. The brackets are *reduced costs*. If ``z_g``
is at most the least reduced cost of any route that a shift of group ``g`` may drive, and at most 0 (the shift may stay
at home), then ``Σ p - Σ q · pieces - Σ r + Σ shifts z_g`` is a bound, whatever the prices. Pricing over relaxed routes
(``labels``, ``relaxed``) finds such a ``z_g``; column generation finds the prices for which the bound is highest.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import cast

import numpy as np

from routing.bound.master import Master
from routing.bound.prices import Column, Prices, violated_cuts
from routing.bound.pricing import Priced, Pricer
from routing.bound.relaxed import Relaxation, TooLargeError
from routing.bound.values import Proof, values
from routing.objective import shift_costs, visit_costs
from routing.problem import Problem
from routing.solution import Solution, StopKind, Value
from routing.tables import Tables, build_tables
from routing.timing import Timing

# Of the time, what is kept for the values.
VALUES_SHARE = 0.2
# What is taken off a bound, relative to the sum of all amounts in it: far above what rounding can add up to.
ROUNDING = 1e-9
# The relative distance to the value of the master problem at which the prices are as good as they get.
CONVERGED = 1e-5
# The share of the gap that may be left in the prices before cycles and cuts are looked for.
LOOSE = 0.05
# How far prices are held to the best ones so far, at first and at most, and how much less after each attempt that
# finds nothing.
HOLD, MOST_HOLD, RELEASE = 0.5, 0.8, 0.3
# Cuts at any time, which is what labels can remember, and new ones of a round.
MOST_CUTS, NEW_CUTS = 60, 12
# Columns above which those that are far from useful are dropped.
MOST_COLUMNS = 6000
# Steps towards good prices before the first column, and how many without success until they get shorter.
APPROACH_STEPS, APPROACH_PATIENCE = 60, 6
# Prices and reduced costs below this say nothing.
SMALL = 1e-7


@dataclass(frozen=True)
class CertifyOptions:
    """Budget and hooks of one proof; ``should_stop`` is asked some fifty times a second."""

    seconds: float = 10.0
    threads: int = 1
    should_stop: Callable[[], bool] | None = None


@dataclass(frozen=True)
class Certificate:
    """A proven lower bound of the total cost, what it would be worth to have more, and what it took."""

    bound: float
    values: tuple[Value, ...]
    rounds: int
    seconds: float


def certify(problem: Problem, solution: Solution, options: CertifyOptions | None = None) -> Certificate:
    """
    The best bound found within the budget.

    ``solution`` is a plan of the problem, the better the sooner the prices are right; it decides nothing else. If the
    problem is too large for the time or the memory, the bound is what visits cost at least by themselves.
    """
    began, tables = monotonic(), build_tables(problem)
    try:
        run = _Run(problem, tables, solution, options or CertifyOptions(), began)
    except TooLargeError:
        return Certificate(_bound_of_visits(problem, tables), (), 0, monotonic() - began)
    try:
        return run.certificate()
    finally:
        run.close()


class _Run:
    """The master problem, the best prices so far, and what there is of time."""

    def __init__(
        self, problem: Problem, tables: Tables, solution: Solution, options: CertifyOptions, began: float
    ) -> None:
        self._began, self._options = began, options
        self._share, self._proof = 1.0 - VALUES_SHARE, cast("Proof | None", None)
        self._solution, self._relaxation = solution, (relaxation := Relaxation(problem, tables, self._is_over))
        self._unserved = np.array([visit.unserved_cost for visit in relaxation.problem.visits], np.float64)
        self._sizes = np.array([len(group.shifts) for group in relaxation.groups], np.float64)
        self._stock = np.array([stock.quantity for stock in relaxation.stocks], np.float64)
        self._master = Master(self._unserved, self._sizes.tolist(), self._stock.tolist())
        self._pricer = Pricer(relaxation, options.threads, self._is_over)
        self._timing = Timing(relaxation.problem, relaxation.tables)
        self._parts = self._timing.parts
        self._rounds, self._hold = 0, HOLD
        self._bound, self._center = _bound_of_visits(problem, relaxation.tables), self._prices_of_plan()

    def close(self) -> None:
        self._pricer.close()

    def certificate(self) -> Certificate:
        self._master.add(self._columns_of_plan())
        self._approach()
        self._prove(self._center)
        while self._converge(LOOSE) and self._strengthen():
            pass
        self._converge(0.0)
        self._share = 1.0
        found = values(self._relaxation, self._proof, self._pricer) if self._proof else ()
        return Certificate(self._bound, found, self._rounds, monotonic() - self._began)

    def _is_over(self) -> bool:
        asked = self._options.should_stop is not None and self._options.should_stop()
        return asked or monotonic() >= self._until

    @property
    def _until(self) -> float:
        return self._began + self._share * self._options.seconds

    def _approach(self) -> None:
        """
        Bring the prices near where they should be, by steps along subgradients of a bound that is quickly found.

        Steps as by Polyak (1969, doi:10.1016/0041-5553(69)90061-5), shorter after a while without success. Pieces of
        parts that are short have one price wherever they are: no plan uses up more than there are.
        """
        short, use, there = self._relaxation.supplies()
        best = here = np.concatenate([self._center.visits, np.zeros(short.size)])
        most = np.concatenate([self._unserved, np.full(short.size, np.inf)])
        length, failures, highest = 1.0, 0, -np.inf
        for _ in range(APPROACH_STEPS):
            visits, pieces = here[: self._unserved.size], here[self._unserved.size :]
            # The pieces for each visit are paid for wherever they come from.
            paid = replace(self._center, visits=visits - use @ pieces, stocks=np.zeros(self._stock.size))
            least, served = self._pricer.relaxed_routes(paid)
            amounts = np.concatenate([visits, -pieces * there, least * self._sizes])
            if self._is_over() or not np.isfinite(amounts).all():
                return
            bound, failures = float(amounts.sum()), failures + 1
            if bound > highest:
                best, highest, failures = here, bound, 0
                by_part = np.zeros(len(self._parts))
                by_part[short] = pieces
                stocks = by_part[np.array([stock.part for stock in self._relaxation.stocks], np.int64)]
                self._center = replace(self._center, visits=visits, stocks=stocks, groups=-least)
                self._take(bound, float(np.abs(amounts).sum()))
            if failures > APPROACH_PATIENCE:
                here, length, failures = best, length / 2, 0
                continue
            slope = np.concatenate([1.0 - served, served @ use - there])
            step = length * max(0.0, self._solution.cost["total"] - bound) / max(1.0, float(slope @ slope))
            here = np.clip(here + step * slope, 0.0, most)

    def _converge(self, loose: float) -> bool:
        """
        Find columns until the prices are as good as they get; False if nothing is left to prove, or no time.

        Good enough is also what could raise the bound no more than by some share of the gap.
        """
        hold = self._hold
        while not self._is_over():
            solved = self._master.solve(self._until)
            if solved is None:
                return False
            value, prices = solved
            close, gap = CONVERGED * max(1.0, abs(value)), self._solution.cost["total"] - self._bound
            if gap <= close:
                return False
            if value - self._bound <= max(close, loose * gap):
                return True
            self._drop_columns(prices)
            found = self._improve(prices, hold)
            if not found and hold == 0.0:
                return not self._is_over()
            hold = self._hold if found else max(0.0, hold - RELEASE)
        return False

    def _improve(self, prices: Prices, hold: float) -> bool:
        """Look for columns at prices held to the best ones, quickly or else exactly; whether anything came of it."""
        held = prices.toward(self._center, hold)
        self._rounds += 1
        if self._add(self._pricer.price(held, self._master.cuts, exact=False), prices):
            return True
        before, center = self._bound, self._center
        priced = self._prove(held)
        self._adapt(priced, center, prices)
        return self._add(priced, prices) or self._bound > before

    def _adapt(self, priced: Sequence[Priced], center: Prices, prices: Prices) -> None:
        """
        Hold prices less where the bound still rises from the best ones towards those of the master, else more.

        After Pessoa, Sadykov, Uchoa & Vanderbeck (2018, doi:10.1287/ijoc.2017.0784).
        """
        served, loaded = np.zeros(self._unserved.size), np.zeros(self._stock.size)
        for one, size in zip(priced, self._sizes.tolist(), strict=True):
            for column in one.columns[:1]:
                np.add.at(served, list(column.visits), size)
                for stock, count in column.draws.items():
                    loaded[stock] += size * count
        slope = float((prices.visits - center.visits) @ (1.0 - served))
        slope += float((prices.stocks - center.stocks) @ (loaded - self._stock))
        self._hold = max(0.0, self._hold - 0.1) if slope > 0 else self._hold + 0.1 * (MOST_HOLD - self._hold)

    def _add(self, priced: Sequence[Priced], prices: Prices) -> bool:
        """Add the columns that improve the master problem; whether there are any."""
        cuts = self._master.cuts
        columns = (column for one in priced for column in one.columns)
        return self._master.add(c for c in columns if prices.reduced_cost(c, cuts) < -SMALL) > 0

    def _prove(self, prices: Prices) -> list[Priced]:
        """The bound by some prices, kept with them if it is the best so far; the columns found on the way."""
        priced = self._pricer.price(prices, self._master.cuts, exact=True)
        least = np.array([one.least for one in priced])
        amounts = (prices.visits, -prices.stocks * self._stock, -prices.cuts, least * self._sizes)
        bound = sum(float(row.sum()) for row in amounts)
        size = sum(float(np.abs(row).sum()) for row in amounts)
        # The first proof may be of the very bound that the approach came to.
        if np.isfinite(bound) and (self._take(bound, size) or (not self._proof and bound >= self._bound)):
            self._center = prices
            self._proof = Proof(prices, tuple(self._master.cuts), tuple(least.tolist()))
        return priced

    def _take(self, bound: float, size: float) -> bool:
        """Keep a bound that amounts of some size add up to, if it is the best so far."""
        bound -= ROUNDING * size
        if bound <= self._bound:
            return False
        self._bound = bound
        return True

    def _strengthen(self) -> bool:
        """Forbid what the fractions in use take advantage of: cycles, then half routes; False if there is none."""
        weights = self._master.weights()
        cycles = [column for column, _ in weights if column.has_cycle]
        for column in cycles:
            self._pricer.remember(column.visits)
        if cycles:
            self._master.restrict([c for c in self._master.columns if not c.has_cycle], self._master.cuts)
        return self._add_cuts(weights) or bool(cycles)

    def _add_cuts(self, weights: Sequence[tuple[Column, float]]) -> bool:
        solved = self._master.solve(self._until)
        if solved is None:
            return False
        in_use = (solved[1].cuts > SMALL) | (self._center.cuts > SMALL)
        kept = [cut for cut, used in zip(self._master.cuts, in_use.tolist(), strict=True) if used]
        room = min(NEW_CUTS, MOST_CUTS - len(kept))
        new = [c for c in violated_cuts(weights, self._unserved.size, NEW_CUTS) if c not in kept][: max(0, room)]
        if not new:
            return False
        self._center = self._center.with_cuts([*self._center.cuts[in_use], *np.zeros(len(new))])
        self._master.restrict(self._master.columns, [*kept, *new])
        return True

    def _drop_columns(self, prices: Prices) -> None:
        columns = self._master.columns
        if len(columns) > MOST_COLUMNS:
            columns = sorted(columns, key=lambda c: prices.reduced_cost(c, self._master.cuts))
            self._master.restrict(columns[: MOST_COLUMNS // 2], self._master.cuts)

    def _columns_of_plan(self) -> list[Column]:
        problem = self._relaxation.problem
        group_of = {s: g for g, group in enumerate(self._relaxation.groups) for s in group.shifts}
        number = {(s.depot, self._parts[s.part]): k for k, s in enumerate(self._relaxation.stocks)}
        columns = []
        for route in self._solution.routes:
            s = problem.shift_index[route.shift]
            cost, draws = sum(shift_costs(problem, problem.shifts[s], route).values()), Counter[int]()
            visits = []
            for stop in route.stops:
                if stop.kind is StopKind.VISIT:
                    visits.append(problem.visit_index[stop.id])
                    cost += sum(
                        visit_costs(problem, problem.visits[visits[-1]], problem.shifts[s], stop.start).values()
                    )
                elif stop.kind is StopKind.DEPOT:
                    taken = {(int(stop.id), part): count for part, count in stop.taken.items()}
                    draws.update({number[key]: count for key, count in taken.items() if key in number})
            columns.append(Column(group_of[s], tuple(visits), cost, draws))
        return columns

    def _prices_of_plan(self) -> Prices:
        """What each visit adds to the cost of its route, and to the plan's if it is left out."""
        timing, saved = self._timing, self._unserved.copy()
        for s, order in timing.orders(self._solution.routes).items():
            cost = timing.cost(s, order)
            for i, node in enumerate(order):
                if node < saved.size:
                    less = timing.cost(s, order[:i] + order[i + 1 :]) if len(order) > 1 else 0.0
                    saved[node] = min(saved[node], max(0.0, cost - less))
        return Prices(saved, *(np.zeros(k) for k in (self._stock.size, self._sizes.size, 0)))


def _bound_of_visits(problem: Problem, tables: Tables) -> float:
    """What visits cost at least, served by whoever is liked best or left out; all other costs are not negative."""
    served = np.where(tables.allowed, tables.pair_cost, np.inf).min(axis=1, initial=np.inf)
    least = np.minimum(served, [visit.unserved_cost for visit in problem.visits])
    return float(least.sum()) - ROUNDING * float(np.abs(least).sum())
