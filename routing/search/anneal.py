"""Moves from plan to plan: tear open, close again, and keep the result or not as simulated annealing says."""

import numpy as np

from routing.search.chance import fraction
from routing.search.changes import NUM_LEFT_OUT, NUM_PENDING, NUM_TOUCHED, Work, keep
from routing.search.compiling import compiled, compiled_part
from routing.search.pool import Pool, remember
from routing.search.recreate import list_pending, open_neighbour, recreate, sort_pending
from routing.search.resume import resume
from routing.search.ruin import close_route, longest_string, mend, ruin_strings
from routing.search.state import COST, ORDER, SIZE, Cache, Plan
from routing.search.world import WORTH, World

# How often a whole route is closed, and how often an empty shift takes the first visit then.
CLOSE_SHARE, OPEN_SHARE = 0.1, 0.5
# How often leaving out counts so many times its price: visits may be worth the way only together, and the first of them
# has to go in at a loss.
EAGER_SHARE, EAGERNESS = 0.05, 10.0


@compiled_part
def total_cost(plan: Plan, world: World) -> float:
    """Cost of a plan with those it leaves out."""
    cost = 0.0
    for s in range(world.shifts.shape[0]):
        cost += plan.costs[s, COST]
    for v in range(world.num_visits):
        if plan.shift_of[v] < 0:
            cost += world.prices[v, WORTH]
    return cost


@compiled_part
def cost_change(plan: Plan, kept: Plan, worth_before: float, work: Work, world: World) -> float:
    """What a move has added to the cost; ``worth_before`` is that of the visits left out before it."""
    change = -worth_before
    for k in range(work.counts[NUM_TOUCHED]):
        s = work.touched[k]
        change += plan.costs[s, COST] - kept.costs[s, COST]
    for k in range(work.counts[NUM_PENDING]):
        change += world.prices[work.pending[k], WORTH]
    return change


@compiled_part
def keep_pending(work: Work, world: World) -> float:
    """Note which visits the plan to be kept leaves out; what they are worth together."""
    worth = 0.0
    for k in range(work.counts[NUM_PENDING]):
        work.left_out[k] = work.pending[k]
        worth += world.prices[work.pending[k], WORTH]
    work.counts[NUM_LEFT_OUT] = work.counts[NUM_PENDING]
    return worth


@compiled_part
def restore_pending(work: Work) -> None:
    """The opposite of ``keep_pending``."""
    for k in range(work.counts[NUM_LEFT_OUT]):
        work.pending[k] = work.left_out[k]
    work.counts[NUM_PENDING] = work.counts[NUM_LEFT_OUT]


@compiled_part
def move(longest: float, plan: Plan, cache: Cache, work: Work, world: World) -> None:
    """Tear the plan open in one place and close it again; strings are up to ``longest``."""
    for s in range(work.is_banned.shape[0]):
        work.is_banned[s] = False
    closes = fraction(work.random) < CLOSE_SHARE
    if closes:
        close_route(plan, work, world)
    else:
        ruin_strings(longest, plan, work, world)
    mend(plan, work, world)
    sort_pending(work, world)
    is_eager = work.counts[NUM_LEFT_OUT] > 0 and fraction(work.random) < EAGER_SHARE
    work.eagerness[0] = EAGERNESS if is_eager else 1.0
    if closes and fraction(work.random) < OPEN_SHARE:
        open_neighbour(plan, cache, work, world)
    recreate(plan, cache, work, world)


@compiled_part
def copy_orders(source: Plan, target: Plan) -> None:
    """The whole plan but its prices ahead, for safe keeping."""
    for s in range(source.figures.shape[0] - 1):
        for k in range(4):
            target.figures[s, k] = source.figures[s, k]
        for k in range(2):
            target.costs[s, k] = source.costs[s, k]
        for i in range(source.figures[s, SIZE]):
            target.cells[s, ORDER, i] = source.cells[s, ORDER, i]
    for v in range(source.shift_of.shape[0]):
        target.shift_of[v] = source.shift_of[v]
    for t in range(source.taken.shape[0]):
        for d in range(source.left.shape[0]):
            for part in range(source.left.shape[1]):
                target.taken[t, d, part] = source.taken[t, d, part]


@compiled
def search(
    is_new: bool,
    num_moves: int,
    temperature: float,
    plan: Plan,
    kept: Plan,
    best: Plan,
    cache: Cache,
    work: Work,
    pool: Pool,
    world: World,
) -> float:
    """
    Make some moves at one temperature; the cost of the best plan so far.

    ``plan`` and ``kept`` are equal before and after, ``best`` is replaced by whatever is better, and ``pool`` gets the
    routes of all plans kept. If ``is_new``, there is nothing but the orders of ``plan`` yet. All compiled code has this
    one door, as each door compiles it anew.
    """
    if is_new:
        resume(plan, work, world)
        recreate(plan, cache, work, world)
        keep(plan, kept, work, world)
        copy_orders(kept, best)
    cost, best_cost = total_cost(kept, world), total_cost(best, world)
    list_pending(kept, work, world)
    worth, longest = keep_pending(work, world), longest_string(kept, world)
    for _ in range(num_moves):
        if work.stop[0] != 0:
            break
        move(longest, plan, cache, work, world)
        change = cost_change(plan, kept, worth, work, world)
        if change < -temperature * np.log(1.0 - fraction(work.random)):
            remember(plan, work, pool, world)
            keep(plan, kept, work, world)
            cost += change
            worth = keep_pending(work, world)
            if cost < best_cost - 1e-7 * abs(best_cost):
                best_cost = cost
                copy_orders(kept, best)
        else:
            keep(kept, plan, work, world)
            restore_pending(work)
    return best_cost
