"""Shifts that are alike, and what one of them may do, laid out for the labelling."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from routing.bound.labels import FIRST_DEPOT_BIT, WORD, Graph
from routing.problem import MAX_TIME, NO_ROAD, Problem
from routing.tables import UNLIMITED, Ints, Tables, build_tables

# More breaks to a shift are left aside, which makes it cheaper.
MAX_BREAKS = 3
# Depots that fit above the breaks in what a label holds; shifts may pass the others, and load nothing there.
MAX_DEPOTS = WORD - FIRST_DEPOT_BIT
# More than all visits need, and few enough of it to be added up.
ENOUGH = UNLIMITED >> 10
# Longer than any route, so that sums of a few of it stay inside int64.
NEVER = 4 * MAX_TIME
# Pairs of locations, and of visits in all graphs together, some 30 bytes each.
MOST_PAIRS = 50_000_000


class TooLargeError(Exception):
    """The problem takes more memory, or more time, to lay out than there is."""


@dataclass(frozen=True, eq=False)
class Group:
    """
    Shifts that nobody can tell apart.

    Parameters
    ----------
    index
        Position in ``Relaxation.groups``; -1 if it is not one of them.
    shifts
        Their positions in ``Problem.shifts``.
    visits, depots
        Positions of what the first nodes, and those after them, of ``graph`` stand for.
    """

    index: int
    shifts: tuple[int, ...]
    visits: Ints
    depots: Ints
    graph: Graph


@dataclass(frozen=True)
class Stock:
    """A part at a depot that may not be enough for everybody: positions of both, and the quantity."""

    depot: int
    part: int
    quantity: int


class Relaxation:
    """
    The problem as groups of shifts that share visits and scarce depot stock, and know nothing else of each other.

    Later shifts of a technician start with the whole trunk and may have loaded anything at every depot the shift before
    (for the scarce, at its price).

    Parameters
    ----------
    problem, tables
        The problem, and perhaps how it is laid out already.
    is_over
        Asked now and then while the graphs are laid out.

    Raises
    ------
    TooLargeError
        From ``group`` and ``groups`` as well, if it is over before all is there, or it would not fit into memory.
    """

    def __init__(
        self, problem: Problem, tables: Tables | None = None, is_over: Callable[[], bool] = lambda: False
    ) -> None:
        self.problem, self._is_over = problem, is_over
        self.tables = build_tables(problem) if tables is None else tables
        if self.tables.travel.size > MOST_PAIRS:
            raise TooLargeError
        self.first_shifts = {chain[0] for chain in problem.shifts_of.values()}
        self._drive = self._through_depots(self.tables.node_duration[self.tables.num_visits :])
        self._travel = self._through_depots(np.zeros(len(problem.depots), np.int64))
        wanted = self._wanted(np.arange(self.tables.num_visits))
        # What everybody together cannot use up is as good as unlimited.
        self.depot_stock = np.where(self.tables.depot_stock >= wanted, UNLIMITED, self.tables.depot_stock)
        scarce = np.argwhere((self.depot_stock > 0) & (self.depot_stock < UNLIMITED))
        self.stocks = [Stock(d, p, int(self.depot_stock[d, p])) for d, p in scarce.tolist()]

    def drive_times(self, places: Ints) -> Ints:
        """The least times between some locations, through depots where that is faster."""
        return self._drive[np.ix_(places, places)]

    def _through_depots(self, stay: Ints) -> Ints:
        """
        The least time between any two locations if depots may be passed on the way, each for as long as ``stay`` says.

        Where a detour is faster than the direct way, a plan may stop at a depot for no other reason.
        """
        places = self.tables.node_location[self.tables.num_visits :]
        travel = np.where(self.tables.travel >= NO_ROAD, NEVER, self.tables.travel.astype(np.int64))
        for place, seconds in zip(places.tolist(), stay.tolist(), strict=True):
            if self._is_over():
                raise TooLargeError
            np.minimum(travel, travel[:, place, None] + seconds + travel[None, place, :], out=travel)
        return travel

    @cached_property
    def alike(self) -> list[tuple[int, ...]]:
        """Positions of the shifts, in lots that nobody can tell apart."""
        lots: dict[tuple[object, ...], list[int]] = {}
        for s in range(len(self.problem.shifts)):
            lots.setdefault(self._nature(s), []).append(s)
        return [tuple(shifts) for shifts in lots.values()]

    @cached_property
    def groups(self) -> list[Group]:
        """All lots that can serve anything."""
        sizes = self.tables.allowed[:, [shifts[0] for shifts in self.alike]].sum(axis=0, dtype=np.int64)
        if sizes @ sizes > MOST_PAIRS:
            raise TooLargeError
        groups = [self.group(shifts) for shifts in self.alike]
        return [replace(group, index=g) for g, group in enumerate(group for group in groups if group.visits.size)]

    def supplies(self) -> tuple[Ints, Ints, Ints]:
        """Parts that trunks and depots together have too few of, what visits use up of them, and how many there are."""
        t = self.tables
        there = t.trunk.sum(axis=0) + np.minimum(self.depot_stock, ENOUGH).sum(axis=0)
        short = np.flatnonzero(there < self._wanted(np.arange(t.num_visits)))
        use = np.zeros((t.num_visits, t.trunk.shape[1]), np.int64)
        for v in range(t.num_visits):
            row = slice(t.part_ptr[v], t.part_ptr[v + 1])
            use[v, t.part[row]] = t.quantity[row]
        return short, use[:, short], there[short]

    def group(self, shifts: tuple[int, ...]) -> Group:
        """The graph of the first of some shifts that are alike."""
        visits = self._servable(shifts[0])
        group = self._group(shifts, visits)
        # A visit that fits into no route on its own only costs time.
        fits = group.graph.last_leave[-1] >= group.graph.start
        return group if fits.all() else self._group(shifts, visits[fits])

    def _group(self, shifts: tuple[int, ...], visits: Ints) -> Group:
        s = shifts[0]
        depots = self._useful_depots(s, visits)
        # With more depots than a label can hold, whatever they offer is there for the taking.
        free = depots.size > MAX_DEPOTS
        depots = depots[:0] if free else depots
        return Group(-1, shifts, visits, depots, self._graph(s, visits, depots, free))

    def _nature(self, s: int) -> tuple[object, ...]:
        t, shift = self.tables, self.problem.shifts[s]
        numbers = (shift.start_location, shift.end_location, shift.start, shift.end, shift.latest_return, shift.breaks)
        rates = (t.overtime_rate[s], t.travel_rate[s], t.work_rate[s], t.fixed_cost[s])
        columns = (t.allowed[:, s], t.pair_cost[:, s], t.trunk[t.first_shift[s]], t.shift_tools[s])
        return (*numbers, *rates, *(column.tobytes() for column in columns), s in self.first_shifts)

    def _wanted(self, visits: Ints) -> Ints:
        """Pieces of each part that some visits use up."""
        t, wanted = self.tables, np.zeros(self.tables.trunk.shape[1], np.int64)
        for v in visits.tolist():
            row = slice(t.part_ptr[v], t.part_ptr[v + 1])
            np.add.at(wanted, t.part[row], t.quantity[row])
        return wanted

    def _servable(self, s: int) -> Ints:
        t = self.tables
        at_hand = t.trunk[t.first_shift[s]] + np.minimum(self.depot_stock, ENOUGH).sum(axis=0)
        chosen = []
        for v in np.flatnonzero(t.allowed[:, s]).tolist():
            row = slice(t.part_ptr[v], t.part_ptr[v + 1])
            if t.window_ptr[v] < t.window_ptr[v + 1] and (t.quantity[row] <= at_hand[t.part[row]]).all():
                chosen.append(v)
        return np.array(chosen, np.int64)

    def _useful_depots(self, s: int, visits: Ints) -> Ints:
        t = self.tables
        parts = np.flatnonzero(self._wanted(visits) > t.trunk[t.first_shift[s]])
        tools = np.bitwise_or.reduce(t.node_tools[visits], axis=0) & ~t.shift_tools[s]
        offers_part = (self.depot_stock[:, parts] > 0).any(axis=1)
        offers_tool = (t.node_tools[t.num_visits :] & tools).any(axis=1)
        return np.flatnonzero(offers_part | offers_tool)

    def _graph(self, s: int, visits: Ints, depots: Ints, free: bool) -> Graph:
        t = self.tables
        nodes = np.concatenate([visits, t.num_visits + depots])
        places = t.node_location[nodes]
        leave, reach = np.append(places, t.start_location[s]), np.append(places, t.end_location[s])
        drive = self._drive[np.ix_(leave, reach)]
        toll = t.travel_rate[s] * self._travel[np.ix_(leave, reach)]
        toll[:, : visits.size] += t.pair_cost[visits, s]
        toll[-1] += t.fixed_cost[s]
        rests = self.problem.shifts[s].breaks[:MAX_BREAKS]
        soft = self._soft(visits, depots.size)
        windows = self._windows(visits, depots.size)
        return Graph(
            num_visits=visits.size,
            drive=drive,
            toll=toll,
            last_leave=self._last_leave(visits.size, drive, t.node_duration[nodes], windows, int(t.latest_return[s])),
            duration=t.node_duration[nodes],
            **windows,
            **soft,
            delay_limit=_delay_limit(soft, float(t.work_rate[s])),
            **self._needs(s, visits, depots, free),
            **self._parts(s, visits, free),
            passed=0 if s in self.first_shifts else ((1 << depots.size) - 1) << FIRST_DEPOT_BIT,
            start=int(t.shift_start[s]),
            end=int(t.shift_end[s]),
            latest_return=int(t.latest_return[s]),
            work_rate=float(t.work_rate[s]),
            overtime_rate=float(t.overtime_rate[s]),
            rest_duration=np.array([rest.duration for rest in rests], np.int64),
            rest_earliest=np.array([rest.earliest for rest in rests], np.int64),
            rest_latest=np.array([rest.latest for rest in rests], np.int64),
        )

    def _last_leave(
        self, num_visits: int, drive: Ints, duration: Ints, windows: Mapping[str, Ints], latest_return: int
    ) -> Ints:
        """When nodes, and the start, must be left at the latest to serve a visit in time, on whatever way."""
        n = duration.size
        # From the end of one service to the end of another, and to the start of one.
        step, arrive = drive[:, :n] + duration, drive.copy()
        for k in range(n):
            if self._is_over():
                raise TooLargeError
            np.minimum(step, step[:, k, None] + step[None, k, :], out=step)
        for k in range(n):
            if self._is_over():
                raise TooLargeError
            np.minimum(arrive, step[:, k, None] + drive[None, k, :], out=arrive)
        last_window = windows["window_end"][windows["window_ptr"][1:] - 1]
        last_start = np.minimum(last_window, latest_return - arrive[:n, n] - duration)[:num_visits]
        return np.ascontiguousarray(last_start - arrive[:, :num_visits])

    def _windows(self, visits: Ints, num_depots: int) -> dict[str, Any]:
        t = self.tables
        rows = [range(t.window_ptr[v], t.window_ptr[v + 1]) for v in visits.tolist()]
        chosen = np.array([w for row in rows for w in row], np.int64)
        # A depot is always open, also before the horizon begins.
        always = np.full(num_depots, NEVER)
        return {
            "window_ptr": _pointers([*map(len, rows), *[1] * num_depots]),
            "window_start": np.concatenate([t.window_start[chosen], -always]),
            "window_end": np.concatenate([t.window_end[chosen], always]),
        }

    def _soft(self, visits: Ints, num_depots: int) -> dict[str, Any]:
        t = self.tables
        names = ("due", "lateness_rate", "breach_cost", "previous_start", "start_change_rate")
        rows = {name: getattr(t, name)[visits] for name in names}
        padding = {"due": NEVER}
        return {
            name: np.append(row, np.full(num_depots, padding.get(name, 0), row.dtype)) for name, row in rows.items()
        }

    def _needs(self, s: int, visits: Ints, depots: Ints, free: bool) -> dict[str, Any]:
        """For each tool that a visit needs and the technician does not have: the depots that lend it."""
        t = self.tables
        rows: list[list[int]] = []
        for v in visits.tolist():
            missing = [] if free else _bits(t.node_tools[v] & ~t.shift_tools[s])
            rows.append([self._lenders(tool, depots) for tool in missing])
        rows += [[]] * depots.size
        return {"need_ptr": _pointers(map(len, rows)), "needs": np.array([n for row in rows for n in row], np.int64)}

    def _lenders(self, tool: tuple[int, int], depots: Ints) -> int:
        word, bit = tool
        lends = self.tables.node_tools[self.tables.num_visits + depots, word] >> bit & 1
        return sum(1 << (FIRST_DEPOT_BIT + d) for d in np.flatnonzero(lends).tolist())

    def _parts(self, s: int, visits: Ints, free: bool) -> dict[str, Any]:
        """What visits use up, as far as the trunk may run out of it, and the trunk as one number."""
        t, wanted = self.tables, self._wanted(visits)
        trunk = t.trunk[t.first_shift[s]]
        short = np.flatnonzero((wanted > trunk) & (not free)).tolist()
        slots, left_aside = _pack({p: int(trunk[p]) for p in short if trunk[p]}, wanted)
        counted = set(short) - left_aside
        ranges = [range(t.part_ptr[v], t.part_ptr[v + 1]) for v in visits.tolist()]
        rows = [[q for q in row if int(t.part[q]) in counted] for row in ranges]
        chosen = np.array([q for row in rows for q in row], np.int64)
        place = {p: k for k, (p, _, _) in enumerate(slots)}
        return {
            "part_ptr": _pointers(map(len, rows)),
            "part": t.part[chosen],
            "quantity": t.quantity[chosen],
            "slot": np.array([place.get(int(p), -1) for p in t.part[chosen]], np.int64),
            "slot_part": np.array([p for p, _, _ in slots], np.int64),
            "slot_shift": np.array([shift for _, shift, _ in slots], np.int64),
            "slot_mask": np.array([(1 << width) - 1 for _, _, width in slots], np.int64),
            "trunk": sum(int(trunk[p]) << shift for p, shift, _ in slots),
            "guard": sum(1 << (shift + width) for _, shift, width in slots),
        }


def _pack(trunk: Mapping[int, int], wanted: Ints) -> tuple[list[tuple[int, int, int]], set[int]]:
    """(part, shift, width) of each part's field in a packed number, scarcest first, and the parts for lack of room."""
    slots, left_aside, shift = [], set(), 0
    for p in sorted(trunk, key=lambda p: trunk[p] / wanted[p]):
        width = trunk[p].bit_length()
        if shift + width + 1 > WORD:
            left_aside.add(p)
            continue
        slots.append((p, shift, width))
        shift += width + 1
    return slots, left_aside


def _pointers(lengths: Iterable[int]) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(np.fromiter(lengths, np.int64), dtype=np.int64)])


def _bits(words: Ints) -> list[tuple[int, int]]:
    return [(word, bit) for word, value in enumerate(words.tolist()) for bit in range(WORD) if value >> bit & 1]


def _delay_limit(soft: Mapping[str, Any], work_rate: float) -> Ints:
    """Up to when a start may be delayed to save working time: not beyond where each second costs more than it saves."""
    due = np.where(soft["lateness_rate"] >= work_rate, soft["due"], NEVER)
    previous = np.where(soft["start_change_rate"] >= work_rate, soft["previous_start"], NEVER)
    return np.minimum(due, previous).astype(np.int64)
