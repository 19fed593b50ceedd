"""
Compiled code: the schedule of an order, what a technician must load, and the price of every insertion into a shift.

The costs here are the compiled twin of ``routing.objective``, and the tests hold the two equal. All functions live in
one module because numba's on-disk cache notices a change of the file only, not of what it imports.
"""

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numpy as np
from numba import njit

from routing.tables import Bools, Floats, Ints, Tables

F = TypeVar("F", bound=Callable[..., object])

# Places of a break besides 2 * i and 2 * i + 1, before and after the service at stop i: over before the departure,
# begun after the return, or not looked at yet.
BEFORE = -1
AFTER = -2
UNPLACED = -3
INFEASIBLE = np.inf


def compiled(function: F) -> F:
    """Compile once, keep the code on disk, let go of the interpreter lock while running."""
    return cast("F", njit(cache=True, nogil=True)(function))


def lean(function: F) -> F:
    """
    As ``compiled``, for functions that create no arrays.

    They do without numba's memory management, which would count references to all forty arrays of the tables, up and
    down, at every call: five times as fast.
    """
    without_memory: dict[str, Any] = {"_nrt": False}
    return cast("F", njit(cache=True, nogil=True, **without_memory)(function))


class Draft(NamedTuple):
    """An order of nodes under examination: when each is served, where and when each break of the shift is taken."""

    order: Ints
    starts: Ints
    places: Ints
    rests: Ints


class Chain(NamedTuple):
    """All stops of one technician, over all shifts in order of time, with the shift of each stop.

    Those of shift ``s`` are ``[low:high]``. ``stock`` (depots x parts) is what the other technicians leave.
    """

    nodes: Ints
    shifts: Ints
    s: int
    low: int
    high: int
    stock: Ints


class Fleet(NamedTuple):
    """The stops of all technicians, one technician's after the other's, each over all shifts in order of time.

    ``span`` has a row per shift: the technician's stops are ``[span[s, 0]:span[s, 1]]``, the shift's own
    ``[span[s, 2]:span[s, 3]]``. ``loads`` (stops x parts) is what each stop loads, ``stock`` (depots x parts) what all
    of them leave.
    """

    nodes: Ints
    shifts: Ints
    span: Ints
    loads: Ints
    stock: Ints


class Quotes(NamedTuple):
    """What some visits (columns) would add to the cost of some shifts (rows), and where they go, as by ``price_shift``.

    ``alone`` says whether the visit would fit if the shift did nothing else.
    """

    prices: Floats
    spots: Ints
    alone: Bools


class Preview(NamedTuple):
    """How each shift's day runs without a visit and with it at its row of ``spots``; an entry per shift, or per stop.

    ``before`` and ``after`` are the starts of the stops there are already; ``taken`` (shifts x parts) is what the new
    depot stop loads, ``more`` (per shift) how many pieces all depot stops load in addition.
    """

    spots: Ints
    arrive: Ints
    start: Ints
    overtime: Ints
    taken: Ints
    more: Ints
    before: Ints
    after: Ints


@compiled
def make_draft(order: Ints, s: int, tables: Tables) -> Draft:
    num_breaks = tables.break_ptr[s + 1] - tables.break_ptr[s]
    places = np.full(num_breaks, UNPLACED, np.int64)
    return Draft(order, np.empty(order.shape[0], np.int64), places, np.empty(num_breaks, np.int64))


@lean
def earliest_start(node: int, time: int, tables: Tables) -> int:
    """First allowed start at or after ``time``, or -1."""
    for w in range(tables.window_ptr[node], tables.window_ptr[node + 1]):
        if time <= tables.window_end[w]:
            return max(time, int(tables.window_start[w]))
    return -1


@lean
def latest_start(node: int, time: int, tables: Tables) -> int:
    """Last allowed start at or before ``time``; there is one when the earliest schedule starts by then."""
    for w in range(tables.window_ptr[node + 1] - 1, tables.window_ptr[node] - 1, -1):
        if time >= tables.window_start[w]:
            return min(time, int(tables.window_end[w]))
    return -1


@lean
def rest_at(place: int, time: int, s: int, draft: Draft, tables: Tables) -> int:
    """Take the breaks of one place from ``time`` on; when the last one ends, or -1."""
    first = tables.break_ptr[s]
    for b in range(draft.places.shape[0]):
        if draft.places[b] == place:
            draft.rests[b] = max(time, tables.break_earliest[first + b])
            if draft.rests[b] > tables.break_latest[first + b]:
                return -1
            time = draft.rests[b] + tables.break_duration[first + b]
    return time


@lean
def run_forward(n: int, s: int, depart: int, draft: Draft, tables: Tables) -> int:
    """Serve ``n`` stops as early as possible after ``depart``; the return, or -1 when a window or break is missed."""
    time, here = depart, tables.start_location[s]
    for i in range(n):
        node = draft.order[i]
        time = rest_at(2 * i, time + tables.travel[here, tables.node_location[node]], s, draft, tables)
        if time < 0:
            return -1
        time = earliest_start(node, time, tables)
        if time < 0:
            return -1
        draft.starts[i] = time
        time = rest_at(2 * i + 1, time + tables.node_duration[node], s, draft, tables)
        if time < 0:
            return -1
        here = tables.node_location[node]
    return int(time + tables.travel[here, tables.end_location[s]])


@lean
def hold_back(place: int, time: int, s: int, draft: Draft, tables: Tables) -> int:
    """The latest moment to begin the breaks of one place so that they are over by ``time``."""
    first = tables.break_ptr[s]
    for b in range(draft.places.shape[0] - 1, -1, -1):
        if draft.places[b] == place:
            time = min(time - int(tables.break_duration[first + b]), int(tables.break_latest[first + b]))
    return time


@lean
def soft_limit(node: int, start: int, tables: Tables) -> int:
    """How far a start may move back without more lateness and without moving away from the previous plan's start."""
    limit = max(start, int(tables.due[node]))
    if tables.start_change_rate[node] > 0.0:
        limit = min(limit, max(start, int(tables.previous_start[node])))
    return limit


@lean
def latest_departure(n: int, s: int, back: int, draft: Draft, tables: Tables) -> int:
    """The departure delayed as far as the return at ``back`` and the lateness of the draft stay what they are."""
    here, time = tables.end_location[s], back
    for i in range(n - 1, -1, -1):
        node = draft.order[i]
        time -= tables.travel[tables.node_location[node], here]
        time = hold_back(2 * i + 1, time, s, draft, tables) - tables.node_duration[node]
        if node < tables.num_visits:
            time = min(time, soft_limit(node, draft.starts[i], tables))
        time = hold_back(2 * i, latest_start(node, time, tables), s, draft, tables)
        here = tables.node_location[node]
    return int(time - tables.travel[tables.start_location[s], here])


@lean
def outer_bounds(s: int, draft: Draft, tables: Tables) -> tuple[int, int]:
    """Earliest departure and latest return left by the shift and by the breaks that are taken outside the route."""
    depart, back = tables.shift_start[s], tables.latest_return[s]
    first = tables.break_ptr[s]
    for b in range(draft.places.shape[0]):
        if draft.places[b] == BEFORE:
            depart = max(depart, tables.break_earliest[first + b] + tables.break_duration[first + b])
        elif draft.places[b] == AFTER:
            back = min(back, tables.break_latest[first + b])
    return depart, back


@lean
def start_costs(n: int, draft: Draft, tables: Tables) -> float:
    """Lateness, breach and start-change cost of all visits of a route."""
    cost = 0.0
    for i in range(n):
        node, start = draft.order[i], draft.starts[i]
        if node < tables.num_visits:
            if start > tables.due[node]:
                cost += tables.lateness_rate[node] * (start - tables.due[node]) + tables.breach_cost[node]
            cost += tables.start_change_rate[node] * abs(start - tables.previous_start[node])
    return cost


@lean
def time_order(n: int, s: int, draft: Draft, tables: Tables) -> tuple[float, int, int]:
    """Schedule with the breaks where they are: (cost of the times or INFEASIBLE, departure, return)."""
    earliest, limit = outer_bounds(s, draft, tables)
    back = run_forward(n, s, earliest, draft, tables)
    if back < 0 or back > limit:
        return INFEASIBLE, 0, 0
    depart = latest_departure(n, s, back, draft, tables)
    if depart > earliest:
        run_forward(n, s, depart, draft, tables)
    cost = tables.work_rate[s] * (back - depart) + tables.overtime_rate[s] * max(0, back - tables.shift_end[s])
    return cost + start_costs(n, draft, tables), depart, back


@lean
def places_for(b: int, n: int, s: int, draft: Draft, tables: Tables) -> tuple[int, int]:
    """
    First and last place inside the route worth trying for a break, from the starts without it.

    A place that is passed long before the break may begin is no worth: a later one that is still early enough lets
    everybody in between be served sooner and nobody after it later.
    """
    rest = tables.break_ptr[s] + b
    low, high = 0, 2 * n - 1
    for i in range(n):
        done = draft.starts[i] + tables.node_duration[draft.order[i]]
        if done <= tables.break_earliest[rest]:
            low = 2 * i + 1
        if draft.starts[i] > tables.break_latest[rest]:
            high = min(high, 2 * i)
    return low, high


@lean
def place_outside(b: int, s: int, depart: int, back: int, tables: Tables) -> int:
    """BEFORE or AFTER a route from ``depart`` to ``back``, wherever the break fits, or UNPLACED."""
    rest = tables.break_ptr[s] + b
    if back <= tables.break_latest[rest]:
        return AFTER
    return BEFORE if depart >= tables.break_earliest[rest] + tables.break_duration[rest] else UNPLACED


@lean
def place_break(b: int, n: int, s: int, draft: Draft, tables: Tables) -> float:
    """Put one break where it costs least and lets the technician return soonest, the others staying; that cost."""
    draft.places[b] = UNPLACED
    best, depart, best_back = time_order(n, s, draft, tables)
    draft.places[b] = place_outside(b, s, depart, best_back, tables)
    if best == INFEASIBLE or draft.places[b] != UNPLACED:
        return best
    low, high = places_for(b, n, s, draft, tables)
    best, best_place = INFEASIBLE, BEFORE
    for place in range(low - 1, high + 1):
        # The first turn is for the place before the departure.
        draft.places[b] = place if place >= low else BEFORE
        cost, _, back = time_order(n, s, draft, tables)
        if cost < best or (cost == best and back < best_back):
            best, best_back, best_place = cost, back, draft.places[b]
    draft.places[b] = best_place
    return best


@lean
def settle(n: int, s: int, draft: Draft, tables: Tables, limit: float) -> float:
    """
    Place the breaks; the cost of the times, or INFEASIBLE if there is no schedule or, without breaks, none below
    ``limit``.

    One break is placed exactly. Several are placed one after the other, then each once more given the others.
    """
    draft.places[:] = UNPLACED
    cost = time_order(n, s, draft, tables)[0]
    num_breaks = draft.places.shape[0]
    for k in range(num_breaks if num_breaks == 1 else 2 * num_breaks):
        if cost >= limit:
            return INFEASIBLE
        cost = place_break(k % num_breaks, n, s, draft, tables)
    return cost


@lean
def schedule(n: int, s: int, draft: Draft, tables: Tables) -> tuple[float, int, int]:
    """
    The schedule of an order: (cost of the times or INFEASIBLE, departure, return); the draft is filled.

    Every stop is served as early as possible, which keeps lateness and return lowest, after a departure delayed as far
    as neither grows.
    """
    if settle(n, s, draft, tables, INFEASIBLE) == INFEASIBLE:
        return INFEASIBLE, 0, 0
    return time_order(n, s, draft, tables)


@lean
def route_cost(n: int, s: int, draft: Draft, tables: Tables, limit: float = INFEASIBLE) -> float:
    """
    Everything ``n`` stops cost except what is left out; 0 for an unused shift.

    INFEASIBLE if the stops cannot be served in that order, or perhaps if they cost no less than ``limit``.
    """
    if n == 0:
        return 0.0
    here, travel, cost = tables.start_location[s], 0, tables.fixed_cost[s]
    for i in range(n):
        node = draft.order[i]
        travel += tables.travel[here, tables.node_location[node]]
        here = tables.node_location[node]
        if node < tables.num_visits:
            cost += tables.pair_cost[node, s]
    travel += tables.travel[here, tables.end_location[s]]
    cost += tables.travel_rate[s] * travel
    if cost >= limit:
        return INFEASIBLE
    return float(cost + settle(n, s, draft, tables, limit - cost))


@compiled
def has_tools(node: int, s: int, held: Ints, tables: Tables) -> bool:
    missing = tables.node_tools[node] & ~(held | tables.shift_tools[s])
    return bool(np.all(missing == 0))


@compiled
def draw(p: int, count: int, last_stop: Ints, stock: Ints, taken: Ints) -> bool:
    """Load ``count`` pieces at the depots passed so far, the fullest first; False if they do not have them."""
    while count > 0:
        best = -1
        for d in range(last_stop.shape[0]):
            if last_stop[d] >= 0 and stock[d, p] > 0 and (best < 0 or stock[d, p] > stock[best, p]):
                best = d
        if best < 0:
            return False
        pieces = min(count, stock[best, p])
        taken[last_stop[best], p] += pieces
        stock[best, p] -= pieces
        count -= pieces
    return True


@compiled
def supply(nodes: Ints, shifts: Ints, stock: Ints, taken: Ints, tables: Tables) -> bool:
    """
    Whether one technician's stops, over all shifts in order of time, have the tools and parts they need.

    ``stock`` (depots x parts) is what the depots have left for this technician and is drawn down; ``taken``
    (stops x parts) becomes what is loaded at each depot stop. The trunk is used up first; what lacks is loaded at
    the last stop at a depot that has it. Tools taken at a depot stay with the technician.
    """
    taken[:] = 0
    if nodes.shape[0] == 0:
        return True
    carried = tables.trunk[tables.first_shift[shifts[0]]].copy()
    held = np.zeros(tables.shift_tools.shape[1], np.int64)
    last_stop = np.full(tables.depot_stock.shape[0], -1, np.int64)
    for k in range(nodes.shape[0]):
        node = nodes[k]
        if node >= tables.num_visits:
            last_stop[node - tables.num_visits] = k
            held |= tables.node_tools[node]
            continue
        if not has_tools(node, shifts[k], held, tables):
            return False
        for q in range(tables.part_ptr[node], tables.part_ptr[node + 1]):
            p = tables.part[q]
            own = min(carried[p], tables.quantity[q])
            carried[p] -= own
            if not draw(p, tables.quantity[q] - own, last_stop, stock, taken):
                return False
    return True


@compiled
def insert_into(source: Ints, position: int, node: int, target: Ints) -> None:
    """Copy ``source`` to ``target``, which is one longer, with ``node`` put in at ``position``."""
    target[:position] = source[:position]
    target[position] = node
    target[position + 1 :] = source[position:]


@compiled
def stretch(chain: Chain, extra: int) -> Ints:
    """The shift of each stop once ``extra`` stops are put into the chain's shift."""
    stretched = np.empty(chain.shifts.shape[0] + extra, np.int64)
    stretched[: chain.low] = chain.shifts[: chain.low]
    stretched[chain.low : chain.low + extra] = chain.s
    stretched[chain.low + extra :] = chain.shifts[chain.low :]
    return stretched


@compiled
def price_alone(visit: int, chain: Chain, spot: Ints, tables: Tables) -> tuple[float, int]:
    """Cheapest route with the visit as it is, and the cheapest position if a tool or part lacks there, else -1."""
    best, cheapest, lacking, n = INFEASIBLE, INFEASIBLE, -1, chain.high - chain.low
    trial = np.empty(chain.nodes.shape[0] + 1, np.int64)
    draft = make_draft(trial[chain.low :], chain.s, tables)
    shifts = stretch(chain, 1)
    taken = np.empty((trial.shape[0], chain.stock.shape[1]), np.int64)
    for i in range(n + 1):
        insert_into(chain.nodes, chain.low + i, visit, trial)
        cost = route_cost(n + 1, chain.s, draft, tables, best)
        if cost < best:
            supplied = supply(trial, shifts, chain.stock.copy(), taken, tables)
            if supplied:
                best = cost
                spot[0], spot[1], spot[2] = i, -1, -1
            if cost < cheapest:
                cheapest, lacking = cost, -1 if supplied else i
    return best, lacking


@compiled
def depot_spots(n: int, position: int) -> Ints:
    """Pairs (position of the depot stop, position of the visit after it): next to each other anywhere, or the visit at
    its cheapest ``position`` and the depot stop anywhere before."""
    pairs = np.empty((n + 1 + position, 2), np.int64)
    for i in range(n + 1):
        pairs[i, 0], pairs[i, 1] = i, i + 1
    for j in range(position):
        pairs[n + 1 + j, 0], pairs[n + 1 + j, 1] = j, position + 1
    return pairs


@compiled
def price_with_depot(visit: int, chain: Chain, cheapest: tuple[int, float], spot: Ints, tables: Tables) -> float:
    """
    Cheapest route with the visit and a new depot stop somewhere before it, or INFEASIBLE if it costs no less than a
    limit.

    ``cheapest`` is the visit's cheapest position, where or near which it is tried, and the limit.
    """
    (position, limit), best, n = cheapest, INFEASIBLE, chain.high - chain.low
    trial = np.empty(chain.nodes.shape[0] + 2, np.int64)
    draft = make_draft(trial[chain.low :], chain.s, tables)
    shifts = stretch(chain, 2)
    with_depot = np.empty(trial.shape[0] - 1, np.int64)
    taken = np.empty((trial.shape[0], chain.stock.shape[1]), np.int64)
    for depot in range(tables.num_visits, tables.node_location.shape[0]):
        for j, i in depot_spots(n, position):
            insert_into(chain.nodes, chain.low + j, depot, with_depot)
            insert_into(with_depot, chain.low + i, visit, trial)
            cost = route_cost(n + 2, chain.s, draft, tables, min(best, limit))
            if cost < best and supply(trial, shifts, chain.stock.copy(), taken, tables):
                best = cost
                spot[0], spot[1], spot[2] = i, depot, j
    return best


@compiled
def price_visit(visit: int, chain: Chain, spot: Ints, tables: Tables) -> float:
    """Cheapest route with the visit, with a depot stop if that is cheaper or the only way."""
    best, lacking = price_alone(visit, chain, spot, tables)
    if lacking >= 0:
        other_spot = np.empty(3, np.int64)
        other = price_with_depot(visit, chain, (lacking, best), other_spot, tables)
        if other < best:
            spot[:] = other_spot
            return other
    return best


@compiled
def price_shift(chain: Chain, candidates: Ints, prices: Floats, spots: Ints, tables: Tables) -> None:
    """
    Cheapest way to bring each candidate visit into the chain's shift.

    ``prices`` is filled with the added cost (INFEASIBLE if there is no way), ``spots`` with (position, depot node
    or -1, position of the depot stop), positions within the shift. The depot stop goes in first.
    """
    n = chain.high - chain.low
    draft = make_draft(chain.nodes[chain.low : chain.high], chain.s, tables)
    base = route_cost(n, chain.s, draft, tables, INFEASIBLE)
    for c in range(candidates.shape[0]):
        prices[c] = INFEASIBLE
        if tables.allowed[candidates[c], chain.s]:
            prices[c] = price_visit(candidates[c], chain, spots[c], tables) - base


@compiled
def chain_of(s: int, fleet: Fleet, tables: Tables) -> Chain:
    """The chain behind one shift; what its technician's own stops load counts as stock that is left."""
    first, last, low, high = fleet.span[s, 0], fleet.span[s, 1], fleet.span[s, 2], fleet.span[s, 3]
    stock = fleet.stock.copy()
    for k in range(first, last):
        if fleet.nodes[k] >= tables.num_visits:
            stock[fleet.nodes[k] - tables.num_visits] += fleet.loads[k]
    return Chain(fleet.nodes[first:last], fleet.shifts[first:last], s, low - first, high - first, stock)


@compiled
def fits_alone(visit: int, s: int, tables: Tables) -> bool:
    """Whether the times and breaks of an empty shift leave room for the visit."""
    order = np.full(1, visit, np.int64)
    return route_cost(1, s, make_draft(order, s, tables), tables) < INFEASIBLE


@compiled
def price_fleet(visits: Ints, shifts: Ints, fleet: Fleet, quotes: Quotes, tables: Tables) -> None:
    """Fill the quotes, a row per shift."""
    for row in range(shifts.shape[0]):
        price_shift(chain_of(shifts[row], fleet, tables), visits, quotes.prices[row], quotes.spots[row], tables)
        for c in range(visits.shape[0]):
            fits = quotes.prices[row, c] < INFEASIBLE or fits_alone(visits[c], shifts[row], tables)
            quotes.alone[row, c] = fits


@lean
def arrival(i: int, s: int, depart: int, draft: Draft, tables: Tables) -> int:
    """When a scheduled stop is reached, breaks taken before it included."""
    time, here = depart, tables.start_location[s]
    if i > 0:
        here = tables.node_location[draft.order[i - 1]]
        time = rest_at(2 * i - 1, draft.starts[i - 1] + tables.node_duration[draft.order[i - 1]], s, draft, tables)
    return rest_at(2 * i, time + tables.travel[here, tables.node_location[draft.order[i]]], s, draft, tables)


@compiled
def preview_shift(visit: int, s: int, fleet: Fleet, preview: Preview, tables: Tables) -> None:
    """Fill a shift's entries of the preview for a spot that ``price_shift`` found."""
    chain, spot = chain_of(s, fleet, tables), preview.spots[s]
    first, low, n = fleet.span[s, 0], fleet.span[s, 2], chain.high - chain.low
    draft = make_draft(chain.nodes[chain.low : chain.high], s, tables)
    was_back = schedule(n, s, draft, tables)[2]
    preview.before[low : low + n] = draft.starts
    extra = 2 if spot[1] >= 0 else 1
    source, trial = chain.nodes, np.empty(chain.nodes.shape[0] + extra, np.int64)
    if extra == 2:
        source = np.empty(chain.nodes.shape[0] + 1, np.int64)
        insert_into(chain.nodes, chain.low + spot[2], spot[1], source)
    insert_into(source, chain.low + spot[0], visit, trial)
    draft = make_draft(trial[chain.low : chain.high + extra], s, tables)
    _, depart, back = schedule(n + extra, s, draft, tables)
    preview.arrive[s] = arrival(spot[0], s, depart, draft, tables)
    preview.start[s] = draft.starts[spot[0]]
    preview.overtime[s] = max(0, back - tables.shift_end[s]) - (max(0, was_back - tables.shift_end[s]) if n else 0)
    k = low
    for i in range(n + extra):
        if i != spot[0] and not (extra == 2 and i == spot[2]):
            preview.after[k] = draft.starts[i]
            k += 1
    taken = np.empty((trial.shape[0], chain.stock.shape[1]), np.int64)
    supply(trial, stretch(chain, extra), chain.stock.copy(), taken, tables)
    if extra == 2:
        preview.taken[s] = taken[chain.low + spot[2]]
    preview.more[s] = taken.sum() - fleet.loads[first : fleet.span[s, 1]].sum()


@compiled
def preview_fleet(visit: int, shifts: Ints, fleet: Fleet, preview: Preview, tables: Tables) -> None:
    """``preview_shift`` for several shifts."""
    for s in shifts:
        preview_shift(visit, s, fleet, preview, tables)
