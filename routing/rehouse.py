"""Homes for visits that lost theirs, without shaking the rest of the plan more than allowed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from routing.insertion import OpenPlan, Spot, quote
from routing.problem import MAX_TIME, Window
from routing.solution import StopKind
from routing.tables import Floats, Ints, Tables, with_windows
from routing.timing import Timing

# Prices are sums of a few dozen floats; what differs by less is the same price.
TOLERANCE = 1e-6
# How often the visits of the touched routes are looked at for a cheaper place.
PASSES = 2


@dataclass(frozen=True)
class ChangeLimit:
    """At most ``visits`` visits get another technician or a start more than ``by`` time units from where it was."""

    visits: int
    by: int = 0


class Rehousing:
    """
    A plan that visits are brought into.

    With a limit, visits that may not change are *held*: their windows are cut to the starts allowed. One that changes
    uses up a part of the limit and is held no longer.

    Parameters
    ----------
    plan
        Changed in place.
    closed
        Shifts that take nothing.
    was
        Technician and start of each visit before anything happened.
    free
        Visits whose change is not counted.
    """

    def __init__(
        self,
        plan: OpenPlan,
        closed: Collection[int],
        was: Mapping[int, tuple[str, int]],
        free: Collection[int],
        limit: ChangeLimit | None,
    ) -> None:
        self.plan, self.problem, self.was, self.free, self.limit = plan, plan.problem, was, free, limit
        self.touched: set[int] = set()
        self.shifts = [s for s in range(len(self.problem.shifts)) if s not in closed]
        self.remaining = limit.visits if limit else len(self.problem.visits)
        self.held = {v for v in was if v not in free} if limit else set()
        self.loosely = plan.timing
        self._hold()

    def house(self, visits: Sequence[int]) -> None:
        """Bring visits in, the one with the most to lose first, as far as they are worth their price."""
        homeless = list(visits)
        market = _Market(self, homeless)
        while homeless:
            choice = market.choose(homeless)
            if choice is None:
                return
            visit, s, spot = choice
            changed = market.sparing.get((visit, s))
            if changed is None:
                changed = self.changed_by(visit, s, spot)
            if len(changed) > self.remaining:
                market.spare(visit, s)
                continue
            self.remaining -= len(changed)
            self._release(changed)
            self.plan.insert(visit, s, spot)
            self.touched.add(s)
            homeless.remove(visit)
            market.look(homeless, self.problem.shifts_of[self.problem.shifts[s].technician])

    def improve(self, shifts: Iterable[int]) -> None:
        """Move visits of some shifts, and of those that took one in, to cheaper places."""
        touched = sorted({*shifts, *self.touched})
        for _ in range(PASSES):
            visits = [(v, s) for s in touched for v in self.plan.orders.get(s, ()) if v < len(self.problem.visits)]
            if not sum([self._move(v, s) for v, s in visits]):
                return

    def quotes(self, tables: Tables, visits: Sequence[int], shifts: Sequence[int]) -> tuple[Floats, Ints]:
        found = quote(tables, self.plan.fleet(), visits, shifts)
        return found.prices, found.spots

    def _move(self, visit: int, s: int) -> bool:
        plan, before = self.plan, list(self.plan.orders.get(s, ()))
        # A route of depot stops alone is none, and what is loaded there may serve a later shift.
        if visit not in before or (visit in self.held and not self.remaining) or self._is_last(before):
            return False
        saving = plan.cost(s, before) - plan.cost(s, [node for node in before if node != visit])
        held = visit in self.held
        self._release({visit})
        plan.take_out(visit, s)
        prices, spots = self.quotes(plan.timing.tables, [visit], self.shifts)
        best = int(np.argmin(prices[:, 0]))
        if prices[best, 0] < saving - TOLERANCE:
            plan.insert(visit, self.shifts[best], Spot(*spots[best, 0].tolist()))
            plan.drop_idle_depot_stops([s])
            self.touched |= {s, self.shifts[best]}
            self.remaining -= held
            return True
        plan.restore(s, before)
        if held:
            self.held.add(visit)
            self._hold()
        return False

    def _is_last(self, order: Sequence[int]) -> bool:
        num_visits = len(self.problem.visits)
        return len(order) > 1 and sum(node < num_visits for node in order) == 1

    def changed_by(self, visit: int, s: int, spot: Spot) -> set[int]:
        """The held visits of a shift that start elsewhere than allowed once a visit goes in."""
        if self.limit is None:
            return set()
        order = list(self.plan.orders.get(s, ()))
        if spot.depot >= 0:
            order.insert(spot.depot_position, spot.depot)
        order.insert(spot.position, visit)
        route = self.loosely.route(s, order)
        stops = route.stops if route else ()
        starts = {self.problem.visit_index[stop.id]: stop.start for stop in stops if stop.kind is StopKind.VISIT}
        return {v for v, start in starts.items() if v in self.held and not _inside(start, self._bounds(v))}

    def spare(self, visit: int, s: int) -> tuple[float, Spot, set[int]]:
        """The cheapest place of a visit in a shift that changes no more visits than allowed, and those it changes."""
        prices, spots = self.quotes(self.plan.timing.tables, [visit], [s])
        options = [(float(prices[0, 0]), Spot(*spots[0, 0].tolist()), set[int]())]
        order = self.plan.orders.get(s, [])
        base = self.plan.cost(s, order)
        for position in range(len(order) + 1 if self.loosely.tables.allowed[visit, s] else 0):
            spot, longer = Spot(position, -1, -1), [*order[:position], visit, *order[position:]]
            changed = self.changed_by(visit, s, spot)
            if len(changed) <= self.remaining and self.plan.is_supplied(s, longer):
                options.append((self.loosely.cost(s, longer) - base, spot, changed))
        return min(options, key=lambda option: option[0])

    def _release(self, visits: set[int]) -> None:
        if visits & self.held:
            self.held -= visits
            self._hold()

    def _hold(self) -> None:
        if self.limit is None:
            return
        windows = [
            _cut(visit.start_windows, self._bounds(v)) if v in self.held else visit.start_windows
            for v, visit in enumerate(self.problem.visits)
        ]
        self.plan.timing = Timing(self.problem, with_windows(self.loosely.tables, windows))

    def _bounds(self, visit: int) -> Window:
        by = self.limit.by if self.limit else MAX_TIME
        return self.was[visit][1] - by, self.was[visit][1] + by


class _Market:
    """Prices of the homeless visits (columns) in the shifts that are open (rows), kept up while visits go in."""

    def __init__(self, rehousing: Rehousing, visits: Sequence[int]) -> None:
        self.rehousing, problem = rehousing, rehousing.problem
        self.column = {visit: c for c, visit in enumerate(visits)}
        self.row = {s: r for r, s in enumerate(rehousing.shifts)}
        self.technicians = np.array([problem.shifts[s].technician for s in rehousing.shifts], dtype=object)
        self.prices = np.full((len(self.row), len(visits)), np.inf)
        self.spots = np.full((*self.prices.shape, 3), -1, np.int64)
        # By visit and shift, what a visit changes there, where its cheapest place would change too much.
        self.sparing: dict[tuple[int, int], set[int]] = {}
        self.look(visits, rehousing.shifts)

    def choose(self, visits: Sequence[int]) -> tuple[int, int, Spot] | None:
        """The visit with the largest regret, where it goes; None if none is worth its price."""
        while True:
            regrets = [self._regret(visit) for visit in visits]
            k = int(np.argmax(regrets))
            if regrets[k] < -TOLERANCE:
                return None
            visit, c = visits[k], self.column[visits[k]]
            r = int(np.argmin(self.prices[:, c]))
            stated, s = self.prices[r, c], self.rehousing.shifts[r]
            # A depot may have been emptied by others since this price was found.
            self.look([visit], [s])
            if self.prices[r, c] <= stated + TOLERANCE:
                return visit, s, Spot(*self.spots[r, c].tolist())

    def spare(self, visit: int, s: int) -> None:
        """From now on, look only for places in the shift that change no more visits than allowed."""
        self.sparing[visit, s] = set()
        self.look([visit], [s])

    def look(self, visits: Sequence[int], shifts: Iterable[int]) -> None:
        """Price some visits in some shifts as the plan is now."""
        shifts = [s for s in shifts if s in self.row]
        if not visits or not shifts:
            return
        at = np.ix_([self.row[s] for s in shifts], [self.column[visit] for visit in visits])
        self.prices[at], self.spots[at] = self.rehousing.quotes(self.rehousing.loosely.tables, visits, shifts)
        for visit, s in [(visit, s) for visit in visits for s in shifts if (visit, s) in self.sparing]:
            price, spot, self.sparing[visit, s] = self.rehousing.spare(visit, s)
            self.prices[self.row[s], self.column[visit]] = price
            self.spots[self.row[s], self.column[visit]] = spot

    def _regret(self, visit: int) -> float:
        """What it costs to give a visit its second-best technician, or to leave it out if that is cheaper."""
        prices, worth = self.prices[:, self.column[visit]], self.rehousing.problem.visits[visit].unserved_cost
        if not prices.size or prices.min() > worth + TOLERANCE:
            return -np.inf
        others = prices[self.technicians != self.technicians[int(np.argmin(prices))]]
        return float(min(others.min(initial=np.inf), worth) - prices.min())


def _inside(start: int, bounds: Window) -> bool:
    return bounds[0] <= start <= bounds[1]


def _cut(windows: Sequence[Window], bounds: Window) -> list[Window]:
    cut = [(max(start, bounds[0]), min(end, bounds[1])) for start, end in windows]
    return [(start, end) for start, end in cut if start <= end]
