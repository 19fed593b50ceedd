"""Putting the pending visits back: one after the other where it costs least, in a random one of several orders."""

import numpy as np

from routing.search.chance import below, fraction
from routing.search.changes import (
    NUM_PENDING,
    NUM_TOUCHED,
    NUM_UNPRICED,
    TOLERANCE,
    Work,
    bound_stamp,
    insert,
    look_closer,
    look_up,
    stamp_of,
    tidy_depots,
)
from routing.search.compiling import compiled_part, inlined_part
from routing.search.state import INFEASIBLE, NOBODY, SIZE, Cache, Plan
from routing.search.world import WORTH, World

# How often a shift is overlooked, so that the cheapest place is not always taken.
BLINK_SHARE = 0.015
# Out of 11: at random; then the orders of ``World.keys`` by number.
ORDER_WEIGHTS = np.array([4, 2, 1, 1, 1, 1, 1])


@compiled_part
def choose_order(work: Work) -> int:
    """A number of ``World.keys``, or -1 for at random."""
    ticket = below(ORDER_WEIGHTS.sum(), work.random)
    for k in range(ORDER_WEIGHTS.shape[0]):
        ticket -= ORDER_WEIGHTS[k]
        if ticket < 0:
            return k - 1
    return -1


@compiled_part
def list_pending(plan: Plan, work: Work, world: World) -> None:
    """List the visits that a plan leaves out."""
    count = 0
    for v in range(world.num_visits):
        if plan.shift_of[v] < 0:
            work.pending[count] = v
            count += 1
    work.counts[NUM_PENDING] = count


@compiled_part
def sort_pending(work: Work, world: World) -> None:
    """Bring the pending visits into a random one of the orders."""
    order, n = choose_order(work), work.counts[NUM_PENDING]
    for k in range(n):
        visit = work.pending[k]
        rank = fraction(work.random)
        if order >= 0:
            rank = world.keys[order, visit]
        i = k
        while i > 0 and work.rank[i - 1] > rank:
            work.rank[i], work.pending[i] = work.rank[i - 1], work.pending[i - 1]
            i -= 1
        work.rank[i], work.pending[i] = rank, visit


@inlined_part
def highest_price(visit: int, work: Work, world: World) -> float:
    """What a visit may cost at most to be served in this move."""
    return world.prices[visit, WORTH] * work.eagerness[0] - TOLERANCE


@inlined_part
def next_blink(work: Work) -> int:
    """How many shifts are looked at until one is overlooked."""
    return int(np.log(1.0 - fraction(work.random)) / np.log(1.0 - BLINK_SHARE))


@compiled_part
def cheapest_known(visit: int, plan: Plan, cache: Cache, work: Work, world: World) -> int:
    """
    As ``cheapest_shift``, of the shifts with a price in the cache.

    ``Work.unpriced`` lists the others, first the one that looks cheapest by its old price.
    """
    best, best_shift = highest_price(visit, work, world), NOBODY
    num_unpriced, blink, guess = 0, next_blink(work), INFEASIBLE
    for k in range(world.able.shape[1]):
        s = world.able[visit, k]
        if s < 0:
            break
        if k == blink:
            blink += 1 + next_blink(work)
        elif not work.is_banned[s]:
            price = cache.price[visit, s]
            if cache.stamp[visit, s] != stamp_of(visit, s, plan, world):
                work.unpriced[num_unpriced] = s
                if price < guess:
                    work.unpriced[0], work.unpriced[num_unpriced], guess = s, work.unpriced[0], price
                num_unpriced += 1
            elif price < best:
                best, best_shift = price, s
    work.counts[NUM_UNPRICED] = num_unpriced
    return best_shift


@compiled_part
def cheapest_shift(visit: int, plan: Plan, cache: Cache, work: Work, world: World) -> int:
    """The shift that serves a visit at the least cost, or -1 if leaving it out costs less, as this move sees it."""
    best_shift = cheapest_known(visit, plan, cache, work, world)
    best = highest_price(visit, work, world) if best_shift < 0 else cache.price[visit, best_shift]
    # What is known already spares most of what is not a closer look.
    for k in range(work.counts[NUM_UNPRICED]):
        s = work.unpriced[k]
        stamp = stamp_of(visit, s, plan, world)
        if cache.stamp[visit, s] != bound_stamp(stamp):
            look_up(visit, s, plan, cache, world, best)
        if cache.price[visit, s] < best and cache.stamp[visit, s] != stamp:
            look_closer(visit, s, plan, cache, world, best)
        if cache.price[visit, s] < best and cache.stamp[visit, s] == stamp:
            best, best_shift = cache.price[visit, s], s
    return best_shift


@compiled_part
def open_neighbour(plan: Plan, cache: Cache, work: Work, world: World) -> None:
    """Give the first pending visit to the empty shift that serves it at the least cost."""
    if work.counts[NUM_PENDING] == 0:
        return
    for s in range(world.shifts.shape[0]):
        work.is_banned[s] ^= plan.figures[s, SIZE] > 0
    best = cheapest_shift(work.pending[0], plan, cache, work, world)
    for s in range(world.shifts.shape[0]):
        work.is_banned[s] ^= plan.figures[s, SIZE] > 0
    if best >= 0:
        insert(work.pending[0], best, plan, cache, work, world)


@compiled_part
def recreate(plan: Plan, cache: Cache, work: Work, world: World) -> None:
    """Put back whoever is worth it; the others stay pending, and so do all that are left when it is time to stop."""
    n, left = work.counts[NUM_PENDING], 0
    for k in range(n):
        visit = work.pending[k]
        while plan.shift_of[visit] < 0 and work.stop[0] == 0:
            s = cheapest_shift(visit, plan, cache, work, world)
            if s < 0:
                break
            insert(visit, s, plan, cache, work, world)
        if plan.shift_of[visit] < 0:
            work.pending[left] = visit
            left += 1
    work.counts[NUM_PENDING] = left
    if plan.left.shape[0] > 0:
        for k in range(work.counts[NUM_TOUCHED]):
            tidy_depots(work.touched[k], plan, work, world)
