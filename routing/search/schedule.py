"""
The cost of a route's times without short cuts: several breaks, several windows, starts that should not move.

The twin of ``settle`` in ``routing.kernels`` on the arrays of the search; a test holds them equal.
"""

from typing import cast

import numpy as np

from routing.search.compiling import compiled_part
from routing.search.state import INFEASIBLE, ORDER, PAIR, PLACES, SIZE, STARTS, TRIAL, Plan
from routing.search.world import (
    BREACH,
    BREAKS,
    CHANGE,
    DUE,
    DURATION,
    END,
    FIXED,
    FROM,
    LATENESS,
    LATEST_RETURN,
    LOCATION,
    NUM_BREAKS,
    NUM_WINDOWS,
    OVERTIME_RATE,
    PREVIOUS,
    START,
    TO,
    TRAVEL_RATE,
    WINDOWS,
    WORK_RATE,
    World,
)
from routing.tables import Ints

# Places of a break besides 2 * i and 2 * i + 1, before and after the service at stop i: over before the departure,
# begun after the return, or not looked at yet.
BEFORE, AFTER, UNPLACED = (cast("int", np.int64(place)) for place in (-1, -2, -3))
# Columns of the rows of ``World.lists`` that are breaks.
REST, EARLIEST, LATEST = range(3)


@compiled_part
def window_from(node: int, time: int, world: World) -> int:
    """The first window that has not closed at ``time``, or -1."""
    first = world.nodes[node, WINDOWS]
    for window in range(first, first + world.nodes[node, NUM_WINDOWS]):
        if time <= world.lists[window, 1]:
            return window
    return -1


@compiled_part
def latest_start(node: int, time: int, world: World) -> int:
    """Last allowed start at or before ``time``; there is one when the earliest schedule starts by then."""
    first = world.nodes[node, WINDOWS]
    for window in range(first + world.nodes[node, NUM_WINDOWS] - 1, first - 1, -1):
        if time >= world.lists[window, 0]:
            return min(time, world.lists[window, 1])
    return -1


@compiled_part
def rest_at(place: int, time: int, s: int, places: Ints, world: World) -> int:
    """Take the breaks of one place from ``time`` on; when the last one ends, or -1."""
    for b in range(places.shape[0]):
        if places[b] == place:
            k = world.shifts[s, BREAKS] + b
            time = max(time, world.lists[k, EARLIEST])
            if time > world.lists[k, LATEST]:
                return -1
            time += world.lists[k, REST]
    return time


@compiled_part
def hold_back(place: int, time: int, s: int, places: Ints, world: World) -> int:
    """The latest moment to begin the breaks of one place so that they are over by ``time``."""
    for b in range(places.shape[0] - 1, -1, -1):
        if places[b] == place:
            k = world.shifts[s, BREAKS] + b
            time = min(time - world.lists[k, REST], world.lists[k, LATEST])
    return time


@compiled_part
def run_forward(order: Ints, s: int, depart: int, places: Ints, starts: Ints, world: World) -> int:
    """Serve all as early as possible after ``depart``; the return, or -1 when a window or break is missed."""
    time, here = depart, world.shifts[s, FROM]
    for i in range(order.shape[0]):
        node = order[i]
        time = rest_at(2 * i, time + world.travel[here, world.nodes[node, LOCATION]], s, places, world)
        window = window_from(node, time, world)
        if time < 0 or window < 0:
            return -1
        starts[i] = max(time, world.lists[window, 0])
        time = rest_at(2 * i + 1, starts[i] + world.nodes[node, DURATION], s, places, world)
        if time < 0:
            return -1
        here = world.nodes[node, LOCATION]
    return time + world.travel[here, world.shifts[s, TO]]


@compiled_part
def latest_departure(order: Ints, s: int, back: int, places: Ints, starts: Ints, world: World) -> int:
    """The departure delayed as far as the return and the lateness stay, and no start moves away from the last plan."""
    here, time = world.shifts[s, TO], back
    for i in range(order.shape[0] - 1, -1, -1):
        node = order[i]
        time -= world.travel[world.nodes[node, LOCATION], here]
        time = hold_back(2 * i + 1, time, s, places, world) - world.nodes[node, DURATION]
        time = min(time, max(starts[i], world.nodes[node, DUE]))
        if world.prices[node, CHANGE] > 0.0:
            time = min(time, max(starts[i], world.nodes[node, PREVIOUS]))
        time = hold_back(2 * i, latest_start(node, time, world), s, places, world)
        here = world.nodes[node, LOCATION]
    return time - world.travel[world.shifts[s, FROM], here]


@compiled_part
def start_costs(order: Ints, starts: Ints, world: World) -> float:
    """Lateness, breach and start-change cost of all stops."""
    cost = 0.0
    for i in range(order.shape[0]):
        late = starts[i] - world.nodes[order[i], DUE]
        if late > 0:
            cost += world.prices[order[i], LATENESS] * late + world.prices[order[i], BREACH]
        cost += world.prices[order[i], CHANGE] * abs(starts[i] - world.nodes[order[i], PREVIOUS])
    return cost


@compiled_part
def time_order(order: Ints, s: int, places: Ints, starts: Ints, world: World) -> tuple[float, int, int]:
    """Schedule with the breaks where they are: (cost of the times or INFEASIBLE, departure, return)."""
    earliest, limit = world.shifts[s, START], world.shifts[s, LATEST_RETURN]
    for b in range(places.shape[0]):
        k = world.shifts[s, BREAKS] + b
        if places[b] == BEFORE:
            earliest = max(earliest, world.lists[k, EARLIEST] + world.lists[k, REST])
        elif places[b] == AFTER:
            limit = min(limit, world.lists[k, LATEST])
    back = run_forward(order, s, earliest, places, starts, world)
    if back < 0 or back > limit:
        return INFEASIBLE, 0, 0
    depart = latest_departure(order, s, back, places, starts, world)
    if depart > earliest:
        run_forward(order, s, depart, places, starts, world)
    overtime = world.rates[s, OVERTIME_RATE] * max(0, back - world.shifts[s, END])
    return world.rates[s, WORK_RATE] * (back - depart) + overtime + start_costs(order, starts, world), depart, back


@compiled_part
def place_break(b: int, order: Ints, s: int, places: Ints, starts: Ints, world: World) -> float:
    """Put one break where it costs least and lets the technician return soonest, the others staying; that cost."""
    places[b] = UNPLACED
    best, depart, best_back = time_order(order, s, places, starts, world)
    k, low, high = world.shifts[s, BREAKS] + b, 0, 2 * order.shape[0] - 1
    if best == INFEASIBLE:
        return best
    if best_back <= world.lists[k, LATEST]:
        places[b] = AFTER
        return best
    if depart >= world.lists[k, EARLIEST] + world.lists[k, REST]:
        places[b] = BEFORE
        return best
    for i in range(order.shape[0]):
        if starts[i] + world.nodes[order[i], DURATION] <= world.lists[k, EARLIEST]:
            low = 2 * i + 1
        if starts[i] > world.lists[k, LATEST]:
            high = min(high, 2 * i)
    best, best_place = INFEASIBLE, BEFORE
    for place in range(low - 1, high + 1):
        # The first turn is for the place before the departure.
        places[b] = place if place >= low else BEFORE
        cost, _, back = time_order(order, s, places, starts, world)
        if cost < best or (cost == best and back < best_back):
            best, best_back, best_place = cost, back, places[b]
    places[b] = best_place
    return best


@compiled_part
def settle(order: Ints, s: int, plan: Plan, world: World, limit: float) -> float:
    """Place the breaks; the cost of the times, or INFEASIBLE if there is no schedule or maybe none below ``limit``."""
    num_breaks = world.shifts[s, NUM_BREAKS]
    places, starts = plan.desk[PLACES, :num_breaks], plan.desk[STARTS, : order.shape[0]]
    for b in range(num_breaks):
        places[b] = UNPLACED
    cost = time_order(order, s, places, starts, world)[0]
    for k in range(num_breaks if num_breaks == 1 else 2 * num_breaks):
        if cost >= limit:
            return INFEASIBLE
        cost = place_break(k % num_breaks, order, s, places, starts, world)
    return cost


@compiled_part
def price_order(row: int, s: int, i: int, x: int, y: int, plan: Plan, world: World, limit: float) -> float:
    """Cost of the times of a row with ``x``, then ``y``, put in at position ``i`` (-1: nobody); see ``settle``."""
    n, extra = plan.figures[row, SIZE], (x >= 0) + (y >= 0)
    order = plan.desk[TRIAL, : n + extra]
    for k in range(n):
        order[k if k < i else k + extra] = plan.cells[row, ORDER, k]
    if x >= 0:
        order[i] = x
    if y >= 0:
        order[i + 1] = y
    return settle(order, s, plan, world, limit)


@compiled_part
def price_exactly(
    row: int, s: int, i: int, x: int, y: int, travel: int, plan: Plan, world: World, limit: float
) -> float:
    """Cost of a row with ``x``, then ``y``, put in at position ``i`` (-1: nobody), driving ``travel`` in all."""
    outlay = world.rates[s, FIXED] + world.rates[s, TRAVEL_RATE] * travel + plan.costs[row, PAIR]
    if 0 <= x < world.num_visits:
        outlay += world.pair_cost[x, s]
    if y >= 0:
        outlay += world.pair_cost[y, s]
    return outlay + price_order(row, s, i, x, y, plan, world, limit - outlay)
