"""
A problem in the words of general routing solvers, which have none for lateness that only costs, for what lies in a van,
or for fetching something on the way.

- A visit is due: its windows end then, unless nobody can be there by then.
- A van lacks something for a visit: the leg to that visit goes over the depot from which it is shortest.
- A van carries a part that could run out: the part is a load, and the trunk its capacity.
- A break, for solvers that know none: the clock stands still meanwhile (``WorkClock``).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from routing.engines.ortools_rests import WorkClock
from routing.engines.ortools_supply import Premises, Supply
from routing.problem import Problem, Shift, Window
from routing.tables import Bools, Ints
from routing.timing import Timing

# Whole-numbered costs keep up to three decimals of a rate.
RATE_DECIMALS, MOST_UNITS = 3, 1000


@dataclass(frozen=True)
class Vehicles:
    """Shifts that are alike to a solver (positions in the problem); the first one speaks for all."""

    shifts: tuple[int, ...]

    @property
    def first(self) -> int:
        return self.shifts[0]


class Simplified:
    """
    One problem, simplified.

    Parameters
    ----------
    timing
        Of the problem.
    clock_stops
        Whether breaks are cut out of all times, for solvers that know no breaks.

    Notes
    -----
    Solvers are told of *nodes*: the visits, by their position in the problem, then the places where shifts start and
    end. Only these have matrices, one for each group of vehicles.
    """

    def __init__(self, timing: Timing, *, clock_stops: bool) -> None:
        self.problem: Problem = timing.problem
        self.tables = timing.tables
        self.supply = Supply(timing.tables)
        self._clock = WorkClock(self.problem.shifts) if clock_stops else None

    @cached_property
    def places(self) -> list[int]:
        """Locations where some shift starts or ends; the nodes after the visits."""
        ends = {location for shift in self.problem.shifts for location in (shift.start_location, shift.end_location)}
        return sorted(ends)

    def place(self, location: int) -> int:
        """Position in ``places``."""
        return self.places.index(location)

    @cached_property
    def locations(self) -> Ints:
        """Location of every node."""
        visits = [visit.location for visit in self.problem.visits]
        return np.array([*visits, *self.places], dtype=np.int64)

    @cached_property
    def ways(self) -> list[Mapping[int, tuple[int, ...]]]:
        """By shift, the visits it may serve, each with the depots on whose way it gets what it lacks for it."""
        return [self.supply.ways(s, None) for s in range(len(self.problem.shifts))]

    @cached_property
    def vehicles(self) -> list[Vehicles]:
        """All shifts, those together between which a solver sees no difference."""
        groups: dict[object, list[int]] = {}
        for s, shift in enumerate(self.problem.shifts):
            groups.setdefault((_character(shift), tuple(self.ways[s].items()), *self.capacities(s)), []).append(s)
        return [Vehicles(tuple(shifts)) for shifts in groups.values()]

    @cached_property
    def loads(self) -> Ints:
        """Visits x parts that could run out in some trunk: how many a visit uses up."""
        loads = np.zeros((len(self.problem.visits), len(self._short_parts)), np.int64)
        for v, needs in enumerate(self.supply.needs):
            for p, count in needs:
                if p in self._short_parts:
                    loads[v, self._short_parts.index(p)] += count
        return loads

    def capacities(self, s: int) -> list[int]:
        """What a shift can carry of these parts; all that anybody needs where it fetches every piece."""
        needed = self.loads.sum(axis=0)
        return [min(limits[s], int(most)) for limits, most in zip(self._limits, needed, strict=True)]

    def may_serve(self, s: int) -> Bools:
        """For each visit, whether a shift may serve it."""
        allowed = np.zeros(len(self.problem.visits), np.bool_)
        allowed[list(self.ways[s])] = True
        return allowed

    def legs(self, s: int) -> tuple[Ints, Ints]:
        """Nodes x nodes: how long a shift drives, and what it spends at depots on the way."""
        tables, locations = self.tables, self.locations
        drives, stays = tables.travel[np.ix_(locations, locations)], np.zeros((len(locations),) * 2, np.int64)
        for v, depots in self.ways[s].items():
            if depots:
                nodes = [tables.num_visits + d for d in depots]
                over, stay = tables.node_location[nodes], tables.node_duration[nodes]
                there = tables.travel[np.ix_(locations, over)] + tables.travel[over, locations[v]]
                best = np.argmin(there + stay, axis=1)
                drives[:, v], stays[:, v] = there[np.arange(len(there)), best], stay[best]
        np.fill_diagonal(drives, 0)
        np.fill_diagonal(stays, 0)
        # Where no road leads there is a number too large for some; nobody is on the road for longer than this.
        return np.minimum(drives, 1 + self.tables.latest_return.max(initial=0)), stays

    def windows(self, v: int) -> list[Window]:
        """When a visit may start, on the solver's clock; empty if nobody may serve it."""
        candidates = [s for s, ways in enumerate(self.ways) if v in ways]
        if not candidates:
            return []
        shifts = [self.problem.shifts[s] for s in candidates]
        first, last = min(shift.start for shift in shifts), max(shift.latest_return for shift in shifts)
        windows = _cut(self.problem.visits[v].start_windows, first, last)
        windows = self._on_time(v, shifts, windows) or windows
        return [(self.read(start, candidates), self.read(end, candidates)) for start, end in windows]

    def span(self, s: int) -> Window:
        """When a shift may be on the road, overtime included, on the solver's clock."""
        return self.problem.shifts[s].start, self.ends_at(s, self.problem.shifts[s].latest_return)

    def ends_at(self, s: int, time: int) -> int:
        """A moment at the end of a shift, on the solver's clock."""
        return self._clock.end_of(s, time) if self._clock else time

    def read(self, time: int, candidates: Sequence[int]) -> int:
        """A moment, on the solver's clock for some shifts."""
        return self._clock.read(time, candidates) if self._clock else time

    def is_required(self, v: int) -> bool:
        """Whether leaving a visit out costs more than all shifts at work from beginning to end."""
        return self.problem.visits[v].unserved_cost > self._dearest_plan

    @cached_property
    def more_than_any_plan(self) -> float:
        """More than any plan costs whatever it leaves out, and than leaving out the visit that is dearest."""
        return 1.0 + self._dearest_plan + max((visit.unserved_cost for visit in self.problem.visits), default=0.0)

    @cached_property
    def cost_unit(self) -> int:
        """Whole-numbered units of cost in one unit of currency for one source unit of time."""
        rates = {rate for shift in self.problem.shifts for rate in (shift.travel_cost, shift.work_cost)}
        rates |= {shift.overtime.cost for shift in self.problem.shifts if shift.overtime}
        units = [10**decimals for decimals in range(RATE_DECIMALS)]
        return next((unit for unit in units if all(float(rate * unit).is_integer() for rate in rates)), MOST_UNITS)

    def rate(self, cost: float) -> int:
        """A rate in whole-numbered units of cost for one unit of time."""
        return round(cost * self.cost_unit)

    def amount(self, cost: float) -> int:
        """An amount in the units in which rates times times come out."""
        return round(cost * self.cost_unit * self.problem.time_scale)

    @cached_property
    def _short_parts(self) -> list[int]:
        return self.supply.short_parts()

    @cached_property
    def _limits(self) -> list[list[int]]:
        return [self.supply.capacity(p, Premises()) for p in self._short_parts]

    @cached_property
    def _dearest_plan(self) -> float:
        scale = self.problem.time_scale
        return sum(
            shift.fixed_cost
            + (shift.travel_cost + shift.work_cost) * (shift.latest_return - shift.start) / scale
            + (shift.overtime.cost * shift.overtime.max / scale if shift.overtime else 0.0)
            for shift in self.problem.shifts
        )

    def _on_time(self, v: int, shifts: Sequence[Shift], windows: Sequence[Window]) -> list[Window]:
        """The windows until the visit is due; none if it is late whoever comes, or has nothing to lose."""
        visit = self.problem.visits[v]
        if visit.due is None or not (visit.lateness_cost or visit.breach_cost):
            return list(windows)
        reached = min(s.start + int(self.problem.travel[s.start_location, visit.location]) for s in shifts)
        return _cut(windows, 0, visit.due) if reached <= visit.due else []


def assign(vehicles: Vehicles, routes: Sequence[Sequence[int]]) -> dict[int, list[int]]:
    """Routes of one group of vehicles, each to a shift of its own."""
    return {s: list(route) for s, route in zip(vehicles.shifts, routes, strict=False)}


def _character(shift: Shift) -> object:
    """What tells a shift from others besides whom it may serve."""
    when, where = (shift.start, shift.end, shift.breaks), (shift.start_location, shift.end_location)
    return when, where, shift.overtime, (shift.fixed_cost, shift.travel_cost, shift.work_cost)


def _cut(windows: Sequence[Window], first: int, last: int) -> list[Window]:
    return [(max(start, first), min(end, last)) for start, end in windows if start <= last and end >= first]
