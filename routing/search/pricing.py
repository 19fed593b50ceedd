"""
What routes cost, and what they would cost with one or two more stops.

A stop that goes in is priced from what is known before it (when it could be reached, what was waited so far) and behind
it (the latest arrival, the return), in constant time where nobody behind is late and in one pass until nobody is where
somebody is. A break goes wherever the route then costs least.

Exact, but for what only ``routing.search.schedule`` can tell: a later departure may be in time for another window of a
visit, or bring starts closer to those of the previous plan. And only the first break of a shift is looked at here.
"""

from routing.search.compiling import compiled_part, inlined_part
from routing.search.state import (
    BACK,
    CALM,
    DONE,
    FOREVER,
    GIVE,
    INFEASIBLE,
    LATEST,
    LEG,
    LENGTH,
    NOBODY,
    ORDER,
    PAIR,
    PLACE,
    SERVICE,
    SIZE,
    TRAVEL,
    WAITED,
    ZERO,
    Plan,
)
from routing.search.world import (
    BREACH,
    CHANGE,
    CLOSE,
    DUE,
    DURATION,
    END,
    FIXED,
    FROM,
    LATENESS,
    LATEST_RETURN,
    LOCATION,
    NUM_BREAKS,
    OVERTIME_RATE,
    PREVIOUS,
    REST_DURATION,
    REST_EARLIEST,
    REST_LATEST,
    START,
    TRAVEL_RATE,
    WINDOWS,
    WORK_RATE,
    World,
)

# No place of a break is looked for that would save less.
TOLERANCE = 1e-6


@inlined_part
def serve(node: int, arrive: int, waited: int, give: int, soft: float, world: World) -> tuple[int, int, int, float]:
    """Go through one stop: (when it is done or -1 if it is missed, waited, give, soft) as in ``Plan``."""
    if arrive > world.nodes[node, CLOSE]:
        return -1, 0, 0, 0.0
    window = world.nodes[node, WINDOWS]
    while arrive > world.lists[window, 1]:
        window += 1
    start = max(arrive, world.lists[window, 0])
    waited += start - arrive
    due, limit = world.nodes[node, DUE], world.lists[window, 1]
    if start > due:
        soft += world.prices[node, LATENESS] * (start - due) + world.prices[node, BREACH]
    limit = min(limit, max(start, due))
    if world.prices[node, CHANGE] > 0.0:
        previous = world.nodes[node, PREVIOUS]
        soft += world.prices[node, CHANGE] * abs(start - previous)
        limit = min(limit, max(start, previous))
    return start + world.nodes[node, DURATION], waited, min(give, waited + limit - start), soft


@inlined_part
def rest(s: int, time: int, waited: int, give: int, world: World) -> tuple[int, int, int]:
    """Take the break of a shift: (when it is over or -1, waited, give)."""
    shifts = world.shifts
    start = max(time, shifts[s, REST_EARLIEST])
    if start > shifts[s, REST_LATEST]:
        return -1, 0, 0
    waited += start - time
    return start + shifts[s, REST_DURATION], waited, min(give, waited + shifts[s, REST_LATEST] - start)


@inlined_part
def times_cost(s: int, depart: int, back: int, soft: float, world: World) -> float:
    """What the times of a route cost."""
    rates, shifts = world.rates, world.shifts
    return soft + rates[s, WORK_RATE] * (back - depart) + rates[s, OVERTIME_RATE] * max(0, back - shifts[s, END])


@inlined_part
def finish(
    row: int,
    s: int,
    k: int,
    arrive: int,
    waited: int,
    give: int,
    soft: float,
    leave: int,
    plan: Plan,
    world: World,
) -> tuple[float, int, int]:
    """
    From the arrival at stop ``k`` of a row (its size: at the end) to the return, nothing being put in any more.

    ``leave`` is the earliest departure, for which the other figures hold. Returns the cost of all times or INFEASIBLE,
    the departure and the return.
    """
    cells = plan.cells
    # The return is always calm.
    while arrive <= cells[row, LATEST, k]:
        if arrive <= cells[row, CALM, k]:
            length = cells[row, LENGTH, k]
            back = max(cells[row, BACK, k], arrive + length)
            slack = min(back - length, cells[row, LATEST, k], cells[row, CALM, k]) - arrive
            depart = leave + min(give, waited + slack)
            return times_cost(s, depart, back, soft, world), depart, back
        time, waited, give, soft = serve(cells[row, ORDER, k], arrive, waited, give, soft, world)
        k += 1
        arrive = time + cells[row, LEG, k]
    return INFEASIBLE, 0, 0


@inlined_part
def trial_node(row: int, k: int, i: int, x: int, y: int, plan: Plan) -> int:
    """Stop ``k`` of a row into which ``x``, then ``y``, go at position ``i``; -1 is nobody."""
    if k < i:
        return plan.cells[row, ORDER, k]
    if k == i and x >= 0:
        return x
    if k == i + 1 and y >= 0:
        return y
    return plan.cells[row, ORDER, k - (x >= 0) - (y >= 0)]


@inlined_part
def run_on(
    row: int,
    s: int,
    k: int,
    here: int,
    time: int,
    waited: int,
    give: int,
    soft: float,
    leave: int,
    i: int,
    x: int,
    y: int,
    plan: Plan,
    world: World,
) -> float:
    """Cost of the times when the trial of ``trial_node`` goes on from ``here`` at ``time`` to its stop ``k``."""
    extra = (x >= 0) + (y >= 0)
    while k < i + extra:
        node = trial_node(row, k, i, x, y, plan)
        place = world.nodes[node, LOCATION]
        time, waited, give, soft = serve(node, time + world.travel[here, place], waited, give, soft, world)
        if time < 0:
            return INFEASIBLE
        here = place
        k += 1
    k -= extra
    arrive = time + world.travel[here, plan.cells[row, PLACE, k]]
    return finish(row, s, k, arrive, waited, give, soft, leave, plan, world)[0]


@compiled_part
def price_rest_before(row: int, s: int, i: int, x: int, y: int, plan: Plan, world: World) -> float:
    """Cost of the times with the break over before the departure."""
    leave = max(world.shifts[s, START], world.shifts[s, REST_EARLIEST] + world.shifts[s, REST_DURATION])
    return run_on(row, s, ZERO, world.shifts[s, FROM], leave, ZERO, FOREVER, 0.0, leave, i, x, y, plan, world)


@inlined_part
def before_stop(row: int, s: int, i: int, plan: Plan, world: World) -> tuple[int, int, int, int, float]:
    """Where the technician is when stop ``i`` of a row comes next: (place, time, waited, give, soft)."""
    if i == 0:
        return world.shifts[s, FROM], world.shifts[s, START], ZERO, FOREVER, 0.0
    cells = plan.cells
    return (
        cells[row, PLACE, i - 1],
        cells[row, DONE, i - 1],
        cells[row, WAITED, i - 1],
        cells[row, GIVE, i - 1],
        plan.soft[row, i - 1],
    )


@inlined_part
def first_gap(row: int, s: int, i: int, plan: Plan, world: World) -> int:
    """The last of the stops before ``i`` that are done before the break may begin, plus one: rests come after it."""
    k = i
    while k > 0 and plan.cells[row, DONE, k - 1] > world.shifts[s, REST_EARLIEST]:
        k -= 1
    return k


@compiled_part
def price_rest_in_gap(
    row: int,
    s: int,
    k: int,
    here: int,
    time: int,
    waited: int,
    give: int,
    soft: float,
    i: int,
    x: int,
    y: int,
    plan: Plan,
    world: World,
    least: float,
) -> float:
    """
    Cost of the times with the break before stop ``k`` of a trial that is ``here`` at ``time``: at once or on arrival.

    Neither is less than ``least``.
    """
    leave, best = world.shifts[s, START], INFEASIBLE
    if k > 0:
        over, rest_waited, rest_give = rest(s, time, waited, give, world)
        if over >= 0:
            best = run_on(row, s, k, here, over, rest_waited, rest_give, soft, leave, i, x, y, plan, world)
    if best > least + TOLERANCE and k < plan.figures[row, SIZE] + (x >= 0) + (y >= 0):
        place = world.nodes[trial_node(row, k, i, x, y, plan), LOCATION]
        over, rest_waited, rest_give = rest(s, time + world.travel[here, place], waited, give, world)
        if over >= 0:
            cost = run_on(row, s, k, place, over, rest_waited, rest_give, soft, leave, i, x, y, plan, world)
            best = min(best, cost)
    return best


@compiled_part
def price_rest_inside(
    row: int, s: int, i: int, x: int, y: int, least: float, plan: Plan, world: World, limit: float
) -> float:
    """
    Cost of the times with the break at the best place along the route.

    Tried are all places between the last stop that is done before the break may begin and the first that would start
    after it must have begun, those without waiting first. ``least`` is a cost that none of them undercuts.
    """
    shifts = world.shifts
    earliest, latest = shifts[s, REST_EARLIEST], shifts[s, REST_LATEST]
    total = plan.figures[row, SIZE] + (x >= 0) + (y >= 0)
    k = first_gap(row, s, i, plan, world)
    here, time, waited, give, soft = before_stop(row, s, k, plan, world)
    best, wait_k, wait_here, wait_time, wait_waited, wait_give, wait_soft = (
        limit,
        NOBODY,
        here,
        time,
        waited,
        give,
        soft,
    )
    while k <= total:
        done, start, node, next_waited, next_give, next_soft = FOREVER, -FOREVER, NOBODY, ZERO, ZERO, 0.0
        if k < total:
            node = trial_node(row, k, i, x, y, plan)
            arrive = time + world.travel[here, world.nodes[node, LOCATION]]
            done, next_waited, next_give, next_soft = serve(node, arrive, waited, give, soft, world)
            start = done - world.nodes[node, DURATION]
        if done > earliest and time < earliest:
            wait_k, wait_here, wait_time, wait_waited, wait_give, wait_soft = k, here, time, waited, give, soft
        elif done > earliest:
            cost = price_rest_in_gap(row, s, k, here, time, waited, give, soft, i, x, y, plan, world, least)
            best = min(best, cost)
        if start > latest or soft >= best or best <= least + TOLERANCE or k == total:
            break
        here, time, waited, give, soft = world.nodes[node, LOCATION], done, next_waited, next_give, next_soft
        k += 1
    if wait_k >= 0 and best > least + TOLERANCE:
        cost = price_rest_in_gap(
            row,
            s,
            wait_k,
            wait_here,
            wait_time,
            wait_waited,
            wait_give,
            wait_soft,
            i,
            x,
            y,
            plan,
            world,
            least,
        )
        best = min(best, cost)
    return best if best < limit else INFEASIBLE


@inlined_part
def least_with_rest(s: int, busy: int, unrested: float, depart: int, back: int, world: World) -> float:
    """
    What the times cost at least with the first break along the route, as in ``price_with_rest``; INFEASIBLE if there
    is no time for it.

    Nobody is served sooner with a break than without, and the day is as long as all there is to do.
    """
    resting = world.shifts[s, REST_DURATION]
    soonest = max(back, world.shifts[s, START] + busy + resting)
    if soonest > world.shifts[s, LATEST_RETURN]:
        return INFEASIBLE
    soft = unrested - times_cost(s, depart, back, 0.0, world)
    return times_cost(s, soonest - busy - resting, soonest, soft, world)


@inlined_part
def least_anyhow(s: int, busy: int, unrested: float, depart: int, back: int, world: World) -> float:
    """As ``least_with_rest``, the first break being taken wherever that is possible."""
    late_start = max(world.shifts[s, START], world.shifts[s, REST_EARLIEST] + world.shifts[s, REST_DURATION])
    if back <= world.shifts[s, REST_LATEST] or late_start + busy <= world.shifts[s, LATEST_RETURN]:
        return unrested
    return least_with_rest(s, busy, unrested, depart, back, world)


@compiled_part
def price_with_rest(
    row: int,
    s: int,
    i: int,
    x: int,
    y: int,
    busy: int,
    unrested: float,
    depart: int,
    back: int,
    plan: Plan,
    world: World,
    limit: float,
) -> float:
    """
    Cost of the times with the one break of the shift; INFEASIBLE if there is no room for it or from ``limit``.

    ``busy`` is the time driven and served, ``unrested`` the cost of the times without the break, with that departure
    and return.
    """
    shifts, leave = world.shifts, world.shifts[s, START]
    resting = shifts[s, REST_DURATION]
    if back <= shifts[s, REST_LATEST] or depart >= shifts[s, REST_EARLIEST] + resting:
        return unrested
    least = least_with_rest(s, busy, unrested, depart, back, world)
    best = INFEASIBLE
    if least < limit:
        best = price_rest_inside(row, s, i, x, y, least, plan, world, limit)
    late_start = max(leave, shifts[s, REST_EARLIEST] + resting)
    # Over before the departure, the break is no working time: that may cost less than ``least``.
    if best > unrested + TOLERANCE and late_start + busy <= shifts[s, LATEST_RETURN]:
        best = min(best, price_rest_before(row, s, i, x, y, plan, world))
    return best


@inlined_part
def travel_with(row: int, s: int, i: int, x: int, y: int, plan: Plan, world: World) -> int:
    """Travel time of a row with ``x``, and ``y`` behind it unless -1, at position ``i``."""
    cells = plan.cells
    here = cells[row, PLACE, i - 1] if i > 0 else world.shifts[s, FROM]
    there = cells[row, PLACE, i]
    place = world.nodes[x, LOCATION]
    travel = plan.figures[row, TRAVEL] - cells[row, LEG, i] + world.travel[here, place]
    if y >= 0:
        behind = world.nodes[y, LOCATION]
        travel += world.travel[place, behind]
        place = behind
    return travel + world.travel[place, there]


@compiled_part
def price_at(row: int, s: int, i: int, x: int, y: int, rests: int, plan: Plan, world: World, limit: float) -> float:
    """
    Cost of a row of shift ``s`` with ``x``, and ``y`` behind it unless -1, at position ``i``.

    INFEASIBLE if that cannot be or costs no less than ``limit``. With the first break if ``rests``, otherwise what it
    costs at least.
    """
    cells, leave = plan.cells, world.shifts[s, START]
    here, time, waited, give, soft = before_stop(row, s, i, plan, world)
    place, busy = world.nodes[x, LOCATION], plan.figures[row, SERVICE] + world.nodes[x, DURATION]
    travel = travel_with(row, s, i, x, y, plan, world)
    outlay = world.rates[s, FIXED] + world.rates[s, TRAVEL_RATE] * travel + plan.costs[row, PAIR]
    if x < world.num_visits:
        outlay += world.pair_cost[x, s]
    if y >= 0:
        outlay, busy = outlay + world.pair_cost[y, s], busy + world.nodes[y, DURATION]
    # Most positions are too far out of the way, whatever the times.
    if outlay + world.rates[s, WORK_RATE] * (travel + busy) >= limit:
        return INFEASIBLE
    time, waited, give, soft = serve(x, time + world.travel[here, place], waited, give, soft, world)
    if y >= 0 and time >= 0:
        behind = world.nodes[y, LOCATION]
        time, waited, give, soft = serve(y, time + world.travel[place, behind], waited, give, soft, world)
        place = behind
    if time < 0 or outlay + soft >= limit:
        return INFEASIBLE
    arrive = time + world.travel[place, cells[row, PLACE, i]]
    cost, depart, back = finish(row, s, i, arrive, waited, give, soft, leave, plan, world)
    if outlay + cost >= limit:
        return INFEASIBLE
    if rests and world.shifts[s, NUM_BREAKS] > 0:
        cost = price_with_rest(row, s, i, x, y, travel + busy, cost, depart, back, plan, world, limit - outlay)
    elif world.shifts[s, NUM_BREAKS] > 0:
        cost = least_anyhow(s, travel + busy, cost, depart, back, world)
    return outlay + cost
