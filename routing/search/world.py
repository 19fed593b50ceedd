"""A problem packed for the search: few wide arrays, because every array costs each call of compiled code a little."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.problem import MAX_TIME, NO_ROAD, Problem
from routing.tables import UNLIMITED, Floats, Ints, Tables

# Columns of ``World.nodes``. OPEN and CLOSE bound all windows of the node, which are the rows of ``World.lists`` from
# WINDOWS on; its demands (part, pieces) are the rows from PARTS on. From PIECES on there is a column per part, for the
# pieces a visit uses up or a depot has, and then the tools as bits.
LOCATION, DURATION, OPEN, CLOSE, DUE, PREVIOUS, WINDOWS, NUM_WINDOWS, PARTS, NUM_PARTS, NEEDS, PIECES = range(12)
# Values of NEEDS: nothing but time; parts or tools; parts that may run out at the depots.
NO_NEEDS, SOME_NEEDS, SCARCE_NEEDS = range(3)
# Columns of ``World.prices``.
LATENESS, BREACH, CHANGE, WORTH = range(4)
# Columns of ``World.shifts``. The breaks (duration, earliest, latest) are the rows of ``World.lists`` from BREAKS on,
# the REST is the first. The technician's shifts in order of time are the rows CHAIN_LOW..CHAIN_HIGH, and the trunk is
# that of FIRST: from TRUNK on there is a column per part, and then the tools as bits.
(
    FROM,
    TO,
    START,
    END,
    LATEST_RETURN,
    NUM_BREAKS,
    BREAKS,
    REST_DURATION,
    REST_EARLIEST,
    REST_LATEST,
    TECHNICIAN,
    FIRST,
    CHAIN_LOW,
    CHAIN_HIGH,
    TRUNK,
) = range(15)
# Columns of ``World.rates``.
TRAVEL_RATE, WORK_RATE, OVERTIME_RATE, FIXED = range(4)

Steps = npt.NDArray[np.int32]

# Nearest visits known of each visit, itself first: more than a ruin can reach.
NUM_NEIGHBOURS = 100


class World(NamedTuple):
    """
    What does not change during a run.

    Nodes are numbered as in ``Tables``: visits, then depots. A depot that has at least as much as all visits together
    need has UNLIMITED. ``travel_to`` is ``travel`` with the destination first. ``pair_cost`` is infinite where a shift
    may not serve a visit, ``able`` (visits x shifts) lists the others and then -1. ``keys`` (orders x visits) ranks
    visits in the orders in which they are put back. ``neighbours`` (visits x at most NUM_NEIGHBOURS) is by travel there
    and back.
    """

    num_visits: int
    num_parts: int
    has_scarce_parts: bool
    travel: Steps
    travel_to: Steps
    nodes: Ints
    prices: Floats
    shifts: Ints
    rates: Floats
    lists: Ints
    pair_cost: Floats
    able: Steps
    neighbours: Ints
    keys: Floats


def build_world(problem: Problem, tables: Tables) -> World:
    """Pack ``problem``."""
    lists = _Lists()
    nodes = _nodes(tables, lists)
    # Half the memory, and what is used often stays in the processor's cache.
    travel = tables.travel.astype(np.int32)
    return World(
        num_visits=tables.num_visits,
        num_parts=tables.trunk.shape[1],
        has_scarce_parts=bool((nodes[:, NEEDS] == SCARCE_NEEDS).any()),
        travel=travel,
        travel_to=travel if (travel == travel.T).all() else np.ascontiguousarray(travel.T),
        nodes=nodes,
        prices=_prices(problem, tables),
        shifts=_shifts(problem, tables, lists),
        rates=np.stack([tables.travel_rate, tables.work_rate, tables.overtime_rate, tables.fixed_cost], axis=1),
        lists=np.concatenate(lists.rows),
        pair_cost=np.where(tables.allowed, tables.pair_cost, np.inf),
        able=_able(tables),
        neighbours=_neighbours(tables),
        keys=_keys(tables),
    )


class _Lists:
    """Rows of up to three numbers, one list behind the other."""

    def __init__(self) -> None:
        self.rows: list[Ints] = [np.zeros((1, 3), np.int64)]
        self._length = 1

    def add(self, *columns: Ints) -> int:
        """Append a list; the row where it begins."""
        begin, length = self._length, len(columns[0])
        rows = np.zeros((length, 3), np.int64)
        for k, column in enumerate(columns):
            rows[:, k] = column
        self.rows.append(rows)
        self._length += length
        return begin


def mean_travel_nearby(world: World, num_nearest: int = 10) -> float:
    """Travel time from a visit to its nearest others, on average; 0 if there are none."""
    near = world.neighbours[:, 1 : num_nearest + 1]
    places = world.nodes[:, LOCATION]
    legs = world.travel[places[: world.num_visits, None], places[near]]
    legs = legs[legs < NO_ROAD]
    return float(legs.mean()) if legs.size else 0.0


def max_stops(world: World) -> int:
    """Room a route needs: the visits that fit into the longest shift if they lay side by side, and depot stops."""
    if not len(world.shifts) or not world.num_visits:
        return 2
    longest = int((world.shifts[:, LATEST_RETURN] - world.shifts[:, START]).max())
    durations = np.cumsum(np.sort(world.nodes[: world.num_visits, DURATION]))
    num_visits = int(np.searchsorted(durations, longest, side="right"))
    return num_visits + min(num_visits, 8 * (len(world.nodes) - world.num_visits)) + 2


def _nodes(tables: Tables, lists: _Lists) -> Ints:
    num_nodes, num_visits, num_parts = len(tables.node_location), tables.num_visits, tables.trunk.shape[1]
    nodes = np.zeros((num_nodes, PIECES + num_parts + tables.node_tools.shape[1]), np.int64)
    nodes[:, LOCATION], nodes[:, DURATION] = tables.node_location, tables.node_duration
    nodes[:, WINDOWS] = lists.add(tables.window_start, tables.window_end) + tables.window_ptr[:-1]
    nodes[:, NUM_WINDOWS] = np.diff(tables.window_ptr)
    open_ = nodes[:, NUM_WINDOWS] > 0
    # A node without a window can never start.
    nodes[:, OPEN], nodes[:, CLOSE] = 0, -1
    nodes[open_, OPEN] = tables.window_start[tables.window_ptr[:-1][open_]]
    nodes[open_, CLOSE] = tables.window_end[tables.window_ptr[1:][open_] - 1]
    nodes[:, DUE] = MAX_TIME
    nodes[:num_visits, DUE], nodes[:num_visits, PREVIOUS] = tables.due, tables.previous_start
    nodes[:num_visits, PARTS] = lists.add(tables.part, tables.quantity) + tables.part_ptr[:-1]
    nodes[:num_visits, NUM_PARTS] = np.diff(tables.part_ptr)
    visits = np.repeat(np.arange(num_visits), nodes[:num_visits, NUM_PARTS])
    np.add.at(nodes, (visits, PIECES + tables.part), tables.quantity)
    nodes[:, PIECES + num_parts :] = tables.node_tools
    wanted = nodes[:num_visits, PIECES : PIECES + num_parts]
    stock = np.where(tables.depot_stock >= wanted.sum(axis=0), UNLIMITED, tables.depot_stock)
    nodes[num_visits:, PIECES : PIECES + num_parts] = stock
    scarce = ((stock < UNLIMITED) & (stock > 0)).any(axis=0)
    nodes[:num_visits, NEEDS] = np.where(nodes[:num_visits, PIECES:].any(axis=1), SOME_NEEDS, NO_NEEDS)
    nodes[:num_visits, NEEDS][(wanted[:, scarce] > 0).any(axis=1)] = SCARCE_NEEDS
    return nodes


def _prices(problem: Problem, tables: Tables) -> Floats:
    prices = np.zeros((len(tables.node_location), 4))
    num_visits = tables.num_visits
    prices[:num_visits, LATENESS], prices[:num_visits, BREACH] = tables.lateness_rate, tables.breach_cost
    prices[:num_visits, CHANGE] = tables.start_change_rate
    prices[:num_visits, WORTH] = [visit.unserved_cost for visit in problem.visits]
    return prices


def _shifts(problem: Problem, tables: Tables, lists: _Lists) -> Ints:
    shifts = np.zeros((len(problem.shifts), TRUNK + tables.trunk.shape[1] + tables.shift_tools.shape[1]), np.int64)
    shifts[:, FROM], shifts[:, TO] = tables.start_location, tables.end_location
    shifts[:, START], shifts[:, END], shifts[:, LATEST_RETURN] = (
        tables.shift_start,
        tables.shift_end,
        tables.latest_return,
    )
    shifts[:, NUM_BREAKS] = np.diff(tables.break_ptr)
    rests = np.flatnonzero(shifts[:, NUM_BREAKS])
    first = tables.break_ptr[:-1][rests]
    shifts[rests, REST_DURATION] = tables.break_duration[first]
    shifts[rests, REST_EARLIEST], shifts[rests, REST_LATEST] = tables.break_earliest[first], tables.break_latest[first]
    breaks = lists.add(tables.break_duration, tables.break_earliest, tables.break_latest)
    shifts[:, FIRST], shifts[:, BREAKS] = tables.first_shift, breaks + tables.break_ptr[:-1]
    shifts[:, TRUNK:] = np.hstack([tables.trunk, tables.shift_tools])
    low = lists.add(np.array([s for chain in problem.shifts_of.values() for s in chain], dtype=np.int64))
    for t, chain in enumerate(problem.shifts_of.values()):
        shifts[list(chain), TECHNICIAN] = t
        shifts[list(chain), CHAIN_LOW], shifts[list(chain), CHAIN_HIGH] = low, low + len(chain)
        low += len(chain)
    return shifts


def _able(tables: Tables) -> Steps:
    able = np.full(tables.allowed.shape, -1, np.int32)
    for v, allowed in enumerate(tables.allowed):
        shifts = np.flatnonzero(allowed)
        able[v, : len(shifts)] = shifts
    return able


def _neighbours(tables: Tables) -> Ints:
    places = tables.node_location[: tables.num_visits]
    num_neighbours = min(NUM_NEIGHBOURS, len(places))
    neighbours = np.empty((len(places), num_neighbours), np.int64)
    for v, place in enumerate(places.tolist()):
        away = tables.travel[place, places] + tables.travel[places, place]
        away[v] = -1
        neighbours[v] = np.argsort(away, kind="stable")[:num_neighbours]
    return neighbours


def _keys(tables: Tables) -> Floats:
    """Long visits first, far ones, near ones, tight windows, early starts, early ends."""
    num_visits = tables.num_visits
    places = tables.node_location[:num_visits]
    homes: npt.NDArray[np.int64] = np.unique(tables.start_location)
    away = tables.travel[np.ix_(homes, places)].min(axis=0, initial=MAX_TIME).astype(np.float64)
    opens, closes, length = np.zeros(num_visits), np.zeros(num_visits), np.zeros(num_visits)
    for v in range(num_visits):
        low, high = tables.window_ptr[v], tables.window_ptr[v + 1]
        if high > low:
            opens[v], closes[v] = tables.window_start[low], min(tables.window_end[high - 1], tables.due[v])
            length[v] = (tables.window_end[low:high] - tables.window_start[low:high]).sum()
    return np.stack([-tables.node_duration[:num_visits].astype(np.float64), -away, away, length, opens, closes])
