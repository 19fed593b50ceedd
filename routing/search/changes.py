"""Changing a plan: stops in and out, what that touches, and going back to the plan before."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.search.compiling import compiled_part, inlined_part
from routing.search.routes import best_place, price_stops, refresh
from routing.search.state import (
    COST,
    INFEASIBLE,
    NEXT_VERSION,
    NOBODY,
    ONE,
    ORDER,
    SIZE,
    STOCK_VERSION,
    VERSION,
    ZERO,
    Cache,
    Plan,
    copy_order,
    copy_row,
    put,
    take_out,
)
from routing.search.supply import NOWHERE, draw_again, earliest_supplied, first_lack
from routing.search.world import (
    CHAIN_HIGH,
    CHAIN_LOW,
    LOCATION,
    NEEDS,
    NO_NEEDS,
    NUM_PARTS,
    PARTS,
    SCARCE_NEEDS,
    TECHNICIAN,
    World,
)
from routing.tables import Floats, Ints

# Costs are sums of a few dozen floats; what differs by less is the same cost.
TOLERANCE = 1e-7
# Entries of ``Work.counts``.
NUM_TOUCHED, NUM_PENDING, NUM_LEFT_OUT, NUM_UNPRICED, NUM_COUNTS = range(5)


class Work(NamedTuple):
    """
    Notes on the move in progress.

    ``touched`` lists the shifts whose rows differ from the kept plan, ``is_touched`` marks them. ``pending`` lists the
    visits outside the plan, ``left_out`` those outside the kept one, ``rank`` is room for sorting them. ``is_banned``
    marks shifts that take nobody in, ``unpriced`` lists those where the visit at hand has no price yet. ``eagerness``
    is what the prices of leaving visits out are multiplied by while this move puts them back. ``stop[0]`` becomes other
    than 0 when nobody wants to wait any longer.
    """

    random: npt.NDArray[np.uint64]
    counts: Ints
    touched: Ints
    is_touched: npt.NDArray[np.bool_]
    is_banned: npt.NDArray[np.bool_]
    pending: Ints
    left_out: Ints
    rank: Floats
    unpriced: Ints
    eagerness: Floats
    stop: Ints


@compiled_part
def touch(s: int, plan: Plan, work: Work, world: World) -> None:
    """Note that a row is about to differ, and that what was known about the technician holds no longer."""
    if not work.is_touched[s]:
        work.is_touched[s] = True
        work.touched[work.counts[NUM_TOUCHED]] = s
        work.counts[NUM_TOUCHED] += 1
    plan.counters[NEXT_VERSION] += 1
    plan.figures[s, VERSION] = plan.counters[NEXT_VERSION]
    plan.chain_version[world.shifts[s, TECHNICIAN]] = plan.counters[NEXT_VERSION]


@compiled_part
def settle_versions(s: int, plan: Plan, world: World) -> None:
    """Give an empty shift, and a technician with nothing to do, the version that says so."""
    if plan.figures[s, SIZE] == 0:
        plan.figures[s, VERSION] = 0
    for c in range(world.shifts[s, CHAIN_LOW], world.shifts[s, CHAIN_HIGH]):
        if plan.figures[world.lists[c, 0], SIZE] > 0:
            return
    plan.chain_version[world.shifts[s, TECHNICIAN]] = 0


@compiled_part
def count_load(visit: int, s: int, sign: int, plan: Plan, world: World) -> None:
    """Add what a visit uses up to the load of a technician, or take it off."""
    t = world.shifts[s, TECHNICIAN]
    for q in range(world.nodes[visit, PARTS], world.nodes[visit, PARTS] + world.nodes[visit, NUM_PARTS]):
        plan.load[t, world.lists[q, 0]] += sign * world.lists[q, 1]


@compiled_part
def draw_stock(s: int, plan: Plan, world: World) -> None:
    """Work out anew what the technician of a shift fetches where stock may run out."""
    if world.has_scarce_parts and draw_again(s, plan, world):
        plan.counters[NEXT_VERSION] += 1
        plan.counters[STOCK_VERSION] = plan.counters[NEXT_VERSION]


@compiled_part
def empty_row(s: int, plan: Plan, work: Work, world: World) -> None:
    """Send everybody of a shift home; the visits become pending."""
    touch(s, plan, work, world)
    for i in range(plan.figures[s, SIZE]):
        node = plan.cells[s, ORDER, i]
        if node < world.num_visits:
            leave_out(node, s, plan, work, world)
    plan.figures[s, SIZE] = 0


@compiled_part
def leave_out(visit: int, s: int, plan: Plan, work: Work, world: World) -> None:
    """Note that a visit of a shift is pending; its stop is taken out by the caller."""
    count_load(visit, s, -ONE, plan, world)
    plan.shift_of[visit] = -1
    work.pending[work.counts[NUM_PENDING]] = visit
    work.counts[NUM_PENDING] += 1


@compiled_part
def rework(s: int, plan: Plan, work: Work, world: World) -> None:
    """
    Bring a shift up to date after stops were taken out.

    Where roads make a detour the faster way, a route may become infeasible by losing a stop; it is emptied then.
    """
    is_served = False
    for i in range(plan.figures[s, SIZE]):
        is_served |= plan.cells[s, ORDER, i] < world.num_visits
    if not is_served:
        plan.figures[s, SIZE] = 0
    if not refresh(s, s, plan, world):
        empty_row(s, plan, work, world)
        refresh(s, s, plan, world)
    for c in range(world.shifts[s, CHAIN_LOW], world.shifts[s, CHAIN_HIGH]):
        other = world.lists[c, 0]
        if (
            plan.figures[s, SIZE] == 0
            and plan.figures[other, SIZE] > 0
            and first_lack(other, other, plan, world) < NOWHERE
        ):
            empty_row(other, plan, work, world)
            refresh(other, other, plan, world)
            settle_versions(other, plan, world)
    draw_stock(s, plan, world)
    settle_versions(s, plan, world)


@inlined_part
def stamp_of(node: int, s: int, plan: Plan, world: World) -> int:
    """What has to be unchanged for the price of a node in a shift to hold."""
    needs = world.nodes[node, NEEDS]
    if needs == NO_NEEDS:
        return plan.figures[s, VERSION]
    stamp = plan.chain_version[world.shifts[s, TECHNICIAN]]
    return stamp if needs != SCARCE_NEEDS else stamp * (1 << 31) + plan.counters[STOCK_VERSION]


@inlined_part
def bound_stamp(stamp: int) -> int:
    """The stamp of a price that is only what it costs at least."""
    return -2 - stamp


@compiled_part
def price_with_depot(x: int, s: int, at: int, plan: Plan, world: World, limit: float, spot: Ints) -> float:
    """
    Cheapest cost of a shift with a visit and a new depot stop before it, or INFEASIBLE from ``limit``.

    Tried are both side by side anywhere, and the visit at position ``at``, its cheapest, with the depot stop anywhere
    before.
    """
    best, n, spare = limit, plan.figures[s, SIZE], plan.figures.shape[0] - 1
    has_spare = False
    for d in range(plan.left.shape[0]):
        depot, first = world.num_visits + d, earliest_supplied(x, d, s, s, plan, world)
        for i in range(first, n + 1):
            price = price_stops(s, s, i, depot, x, plan, world, best)
            if price < best:
                best = price
                spot[0], spot[1], spot[2] = i + 1, depot, i
        if at < first or at == 0:
            continue
        if not has_spare:
            copy_order(s, spare, plan)
            put(spare, at, x, world.nodes[x, LOCATION], plan)
            if not refresh(spare, s, plan, world):
                return best if best < limit else INFEASIBLE
            has_spare = True
        price, j = best_place(spare, s, depot, ZERO, at - 1, plan, world, best)
        if price < best:
            best = price
            spot[0], spot[1], spot[2] = at + 1, depot, j
    return best if best < limit else INFEASIBLE


@compiled_part
def look_up(x: int, s: int, plan: Plan, cache: Cache, world: World, most: float) -> None:
    """
    Note what a visit adds to the cost of a shift at the best spot, or that it is ``most`` or more.

    Where something lacks at the cheapest position, that position's price is noted as a bound: hardly any depot stop
    makes it cheaper, and most such prices turn out to be too high anyway.
    """
    n, spot, stamp = plan.figures[s, SIZE], cache.spot[x, s], stamp_of(x, s, plan, world)
    cache.stamp[x, s], cache.price[x, s] = stamp, INFEASIBLE
    if n + 2 >= plan.cells.shape[2]:
        return
    cost, limit = plan.costs[s, COST], most + plan.costs[s, COST]
    first = earliest_supplied(x, NOBODY, s, s, plan, world)
    best, at = best_place(s, s, x, first, n, plan, world, limit)
    if at >= 0:
        cache.price[x, s], spot[0], spot[1], spot[2] = best - cost, at, NOBODY, NOBODY
    else:
        cache.price[x, s], cache.stamp[x, s] = most, bound_stamp(stamp)
    if first > 0 and plan.left.shape[0] > 0:
        cheapest, at = best_place(s, s, x, ZERO, min(first - 1, n), plan, world, min(best, limit))
        if at >= 0:
            cache.price[x, s], cache.stamp[x, s] = cheapest - cost, bound_stamp(stamp)


@compiled_part
def look_closer(x: int, s: int, plan: Plan, cache: Cache, world: World, most: float) -> None:
    """Find the price that ``look_up`` left open, or that it is ``most`` or more."""
    n, spot, cost, limit = plan.figures[s, SIZE], cache.spot[x, s], plan.costs[s, COST], most + plan.costs[s, COST]
    first = earliest_supplied(x, NOBODY, s, s, plan, world)
    best, at = best_place(s, s, x, first, n, plan, world, limit)
    is_found, best = at >= 0, min(best, limit)
    if is_found:
        spot[0], spot[1], spot[2] = at, NOBODY, NOBODY
    if first > 0 and plan.left.shape[0] > 0:
        _, at = best_place(s, s, x, ZERO, min(first - 1, n), plan, world, best)
        price = price_with_depot(x, s, at, plan, world, best, spot) if at >= 0 else INFEASIBLE
        if price < best:
            is_found, best = True, price
    stamp = stamp_of(x, s, plan, world)
    cache.price[x, s] = best - cost if is_found else most
    cache.stamp[x, s] = stamp if is_found else bound_stamp(stamp)


@compiled_part
def insert(x: int, s: int, plan: Plan, cache: Cache, work: Work, world: World) -> bool:
    """Bring a visit into a shift at the spot of the cache; False, and nothing happens, if that cannot be after all."""
    position, depot, depot_position = cache.spot[x, s, 0], cache.spot[x, s, 1], cache.spot[x, s, 2]
    touch(s, plan, work, world)
    if depot >= 0:
        put(s, depot_position, depot, world.nodes[depot, LOCATION], plan)
    put(s, position, x, world.nodes[x, LOCATION], plan)
    if not refresh(s, s, plan, world):
        take_out(s, position, plan)
        if depot >= 0:
            take_out(s, depot_position, plan)
        refresh(s, s, plan, world)
        settle_versions(s, plan, world)
        cache.stamp[x, s], cache.price[x, s] = stamp_of(x, s, plan, world), INFEASIBLE
        return False
    plan.shift_of[x] = s
    count_load(x, s, ONE, plan, world)
    draw_stock(s, plan, world)
    return True


@compiled_part
def take_on_trial(s: int, position: int, plan: Plan, world: World) -> bool:
    """Put a shift without one stop into the spare row; False if it has no schedule then."""
    spare = plan.figures.shape[0] - 1
    copy_order(s, spare, plan)
    take_out(spare, position, plan)
    return refresh(spare, s, plan, world)


@compiled_part
def drop_depot(s: int, position: int, plan: Plan, work: Work, world: World) -> bool:
    """Drop a depot stop if nobody needs it and that is no dearer, or say no."""
    spare = plan.figures.shape[0] - 1
    if not take_on_trial(s, position, plan, world) or plan.costs[spare, COST] > plan.costs[s, COST]:
        return False
    if first_lack(spare, s, plan, world) < NOWHERE:
        return False
    touch(s, plan, work, world)
    take_out(s, position, plan)
    return refresh(s, s, plan, world)


@compiled_part
def move_depot(s: int, position: int, plan: Plan, work: Work, world: World) -> None:
    """Put another depot stop, or the same elsewhere, in the place of one where that is cheaper."""
    spare, depot = plan.figures.shape[0] - 1, plan.cells[s, ORDER, position]
    if not take_on_trial(s, position, plan, world):
        return
    lack = min(first_lack(spare, s, plan, world), plan.figures[spare, SIZE])
    best, best_depot, at = plan.costs[s, COST] - TOLERANCE, NOBODY, NOBODY
    for d in range(world.num_visits, world.nodes.shape[0]):
        price, place = best_place(spare, s, d, ZERO, lack, plan, world, best)
        if place >= 0:
            put(spare, place, d, world.nodes[d, LOCATION], plan)
            if d == depot or first_lack(spare, s, plan, world) == NOWHERE:
                best, best_depot, at = price, d, place
            take_out(spare, place, plan)
    if at >= 0:
        touch(s, plan, work, world)
        take_out(s, position, plan)
        put(s, at, best_depot, world.nodes[best_depot, LOCATION], plan)
        refresh(s, s, plan, world)


@compiled_part
def drop_depots(s: int, plan: Plan, work: Work, world: World) -> None:
    """Drop the depot stops of a shift that nobody needs any more."""
    for i in range(plan.figures[s, SIZE] - 1, -1, -1):
        if plan.cells[s, ORDER, i] >= world.num_visits and drop_depot(s, i, plan, work, world):
            draw_stock(s, plan, world)


@compiled_part
def tidy_depots(s: int, plan: Plan, work: Work, world: World) -> None:
    """Drop or move the depot stops of a shift where that is cheaper."""
    drop_depots(s, plan, work, world)
    for i in range(plan.figures[s, SIZE]):
        if plan.cells[s, ORDER, i] >= world.num_visits:
            move_depot(s, i, plan, work, world)
            draw_stock(s, plan, world)


@compiled_part
def keep_supply(t: int, source: Plan, target: Plan) -> None:
    """What a technician uses up and fetches, from plan to plan."""
    target.chain_version[t] = source.chain_version[t]
    for part in range(source.load.shape[1]):
        target.load[t, part] = source.load[t, part]
        for d in range(source.left.shape[0]):
            target.taken[t, d, part] = source.taken[t, d, part]
            target.left[d, part] = source.left[d, part]


@compiled_part
def keep(source: Plan, target: Plan, work: Work, world: World) -> None:
    """Make the touched rows of the target equal to those of the source, and forget that they were touched."""
    for k in range(work.counts[NUM_TOUCHED]):
        s = work.touched[k]
        for i in range(target.figures[s, SIZE]):
            if target.cells[s, ORDER, i] < world.num_visits:
                target.shift_of[target.cells[s, ORDER, i]] = -1
    for k in range(work.counts[NUM_TOUCHED]):
        s = work.touched[k]
        copy_row(s, source, target)
        for i in range(target.figures[s, SIZE]):
            if target.cells[s, ORDER, i] < world.num_visits:
                target.shift_of[target.cells[s, ORDER, i]] = s
        keep_supply(world.shifts[s, TECHNICIAN], source, target)
        work.is_touched[s] = False
    target.counters[STOCK_VERSION] = source.counters[STOCK_VERSION]
    work.counts[NUM_TOUCHED] = 0
