"""
Tearing a plan open in one neighbourhood: strings of consecutive visits out of adjacent routes.

Slack induction by string removals: Christiaens & Vanden Berghe 2020, doi:10.1287/trsc.2019.0914.
"""

from routing.search.chance import below, fraction
from routing.search.changes import NUM_TOUCHED, Work, leave_out, rework, touch
from routing.search.compiling import compiled_part
from routing.search.state import ORDER, SIZE, Plan, take_out
from routing.search.world import World

# Visits a ruin takes out on average, the longest string, and how often a string keeps a piece in its middle.
MEAN_REMOVED, LONGEST_STRING = 10, 10
SPLIT_SHARE, STOP_SPLIT_SHARE = 0.5, 0.01


@compiled_part
def num_visits_of(s: int, plan: Plan, world: World) -> int:
    """Stops of a shift that are not at a depot."""
    count = 0
    for i in range(plan.figures[s, SIZE]):
        count += plan.cells[s, ORDER, i] < world.num_visits
    return count


@compiled_part
def longest_string(plan: Plan, world: World) -> float:
    """No more visits than the mean of the used shifts has, in 1..LONGEST_STRING."""
    used, served = 0, 0
    for s in range(world.shifts.shape[0]):
        used += plan.figures[s, SIZE] > 0
    for v in range(world.num_visits):
        served += plan.shift_of[v] >= 0
    return min(float(LONGEST_STRING), max(1.0, served / max(used, 1)))


@compiled_part
def take_string(s: int, visit: int, length: int, kept: int, plan: Plan, work: Work, world: World) -> None:
    """
    Take ``length`` visits out of a shift: a string of ``length + kept`` around a visit with ``kept`` left in its midst.

    Depot stops stay, and do not count.
    """
    n, total, where = plan.figures[s, SIZE], 0, 0
    for i in range(n):
        if plan.cells[s, ORDER, i] == visit:
            where = total
        total += plan.cells[s, ORDER, i] < world.num_visits
    span = length + kept
    low, high = max(0, where - span + 1), min(where, total - span)
    first = low + below(high - low + 1, work.random)
    gap = first + (1 + below(length - 1, work.random) if kept > 0 else length)
    count = total
    for i in range(n - 1, -1, -1):
        node = plan.cells[s, ORDER, i]
        if node >= world.num_visits:
            continue
        count -= 1
        if first <= count < first + span and not gap <= count < gap + kept:
            leave_out(node, s, plan, work, world)
            take_out(s, i, plan)


@compiled_part
def ruin_strings(longest: float, plan: Plan, work: Work, world: World) -> None:
    """Take strings of up to about ``longest`` visits out of the routes around a random visit."""
    most = 4.0 * MEAN_REMOVED / (1.0 + longest) - 1.0
    strings = int(1.0 + fraction(work.random) * most)
    seed = below(world.num_visits, work.random)
    for k in range(world.neighbours.shape[1]):
        visit = world.neighbours[seed, k]
        s = plan.shift_of[visit]
        if s < 0 or work.is_touched[s]:
            continue
        touch(s, plan, work, world)
        size = num_visits_of(s, plan, world)
        length = int(1.0 + fraction(work.random) * min(longest, size))
        kept = 0
        if 1 < length < size and fraction(work.random) < SPLIT_SHARE:
            kept = 1
            while length + kept < size and fraction(work.random) > STOP_SPLIT_SHARE:
                kept += 1
        take_string(s, visit, min(length, size), kept, plan, work, world)
        if work.counts[NUM_TOUCHED] >= strings:
            break


@compiled_part
def close_route(plan: Plan, work: Work, world: World) -> None:
    """Take everybody out of the route of a random visit, and ban it."""
    s = plan.shift_of[below(world.num_visits, work.random)]
    if s < 0:
        return
    touch(s, plan, work, world)
    work.is_banned[s] = True
    for i in range(plan.figures[s, SIZE]):
        if plan.cells[s, ORDER, i] < world.num_visits:
            leave_out(plan.cells[s, ORDER, i], s, plan, work, world)
    plan.figures[s, SIZE] = 0


@compiled_part
def mend(plan: Plan, work: Work, world: World) -> None:
    """
    Bring the touched shifts up to date.

    Depot stops that nobody needs any more stay for now: whoever comes back may need them again, and would not come at
    the price of a new one.
    """
    k = 0
    while k < work.counts[NUM_TOUCHED]:
        rework(work.touched[k], plan, work, world)
        k += 1
