"""Working out a row of a plan after its order has changed, and finding the best place in it for one more stop."""

from routing.search.compiling import compiled_part, inlined_part
from routing.search.pricing import (
    TOLERANCE,
    least_anyhow,
    price_at,
    price_with_rest,
    serve,
    times_cost,
    travel_with,
)
from routing.search.schedule import price_exactly, price_order
from routing.search.state import (
    BACK,
    CALM,
    COST,
    DONE,
    FOREVER,
    GIVE,
    INFEASIBLE,
    LATEST,
    LEG,
    LENGTH,
    NOBODY,
    ONE,
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
    CHANGE,
    CLOSE,
    DUE,
    DURATION,
    FIXED,
    FROM,
    LATEST_RETURN,
    LOCATION,
    NUM_BREAKS,
    NUM_WINDOWS,
    OPEN,
    START,
    TO,
    TRAVEL_RATE,
    WINDOWS,
    WORK_RATE,
    World,
)


@compiled_part
def look_ahead(row: int, s: int, plan: Plan, world: World) -> None:
    """Fill in what a row knows of the stops behind each stop."""
    cells, nodes, n = plan.cells, world.nodes, plan.figures[row, SIZE]
    latest, calm, back, length = world.shifts[s, LATEST_RETURN], FOREVER, -FOREVER, ZERO
    cells[row, PLACE, n], cells[row, LATEST, n] = world.shifts[s, TO], latest
    cells[row, CALM, n], cells[row, BACK, n], cells[row, LENGTH, n] = calm, back, length
    for i in range(n - 1, -1, -1):
        node = cells[row, ORDER, i]
        leg = nodes[node, DURATION] + world.travel[cells[row, PLACE, i], cells[row, PLACE, i + 1]]
        cells[row, LEG, i + 1] = leg - nodes[node, DURATION]
        latest, calm, length = latest - leg, min(calm - leg, nodes[node, DUE]), length + leg
        window = nodes[node, WINDOWS] + nodes[node, NUM_WINDOWS] - 1
        while window > nodes[node, WINDOWS] and world.lists[window, 0] > latest:
            window -= 1
        latest = min(latest, world.lists[window, 1])
        if latest < nodes[node, OPEN]:
            latest = -FOREVER
        if calm < nodes[node, OPEN] or nodes[node, NUM_WINDOWS] > 1 or world.prices[node, CHANGE] > 0.0:
            calm = -FOREVER
        back = max(back, nodes[node, OPEN] + length)
        cells[row, LATEST, i], cells[row, CALM, i] = latest, calm
        cells[row, BACK, i], cells[row, LENGTH, i] = back, length
    cells[row, LEG, 0] = world.travel[world.shifts[s, FROM], cells[row, PLACE, 0]] if n > 0 else 0


@compiled_part
def refresh(row: int, s: int, plan: Plan, world: World) -> bool:
    """Work out a row from its order, with its exact cost; False if there is no schedule."""
    cells, n = plan.cells, plan.figures[row, SIZE]
    look_ahead(row, s, plan, world)
    leave = world.shifts[s, START]
    time, waited, give, soft, travel, pair, service = leave, ZERO, FOREVER, 0.0, ZERO, 0.0, ZERO
    for i in range(n):
        node, leg = cells[row, ORDER, i], cells[row, LEG, i]
        if time + leg > cells[row, LATEST, i]:
            plan.costs[row, COST] = INFEASIBLE
            return False
        travel += leg
        service += world.nodes[node, DURATION]
        if node < world.num_visits:
            pair += world.pair_cost[node, s]
        time, waited, give, soft = serve(node, time + leg, waited, give, soft, world)
        cells[row, DONE, i], cells[row, WAITED, i], cells[row, GIVE, i] = time, waited, give
        plan.soft[row, i] = soft
    travel += cells[row, LEG, n]
    plan.figures[row, TRAVEL], plan.figures[row, SERVICE] = travel, service
    plan.costs[row, COST], plan.costs[row, PAIR] = 0.0, pair
    if n > 0:
        depart, back = leave + min(give, waited), time + cells[row, LEG, n]
        outlay = world.rates[s, FIXED] + world.rates[s, TRAVEL_RATE] * travel + pair
        plan.costs[row, COST] = outlay + price_times(row, s, travel + service, depart, back, soft, plan, world)
    return plan.costs[row, COST] < INFEASIBLE


@compiled_part
def price_times(row: int, s: int, busy: int, depart: int, back: int, soft: float, plan: Plan, world: World) -> float:
    """
    What the times of a row cost, the breaks placed; INFEASIBLE if there is no schedule.

    ``busy`` is the time driven and served; the others are those of the row without its breaks.
    """
    n = plan.figures[row, SIZE]
    cost = times_cost(s, depart, back, soft, world)
    if world.shifts[s, NUM_BREAKS] > 0:
        cost = price_with_rest(row, s, n, NOBODY, NOBODY, busy, cost, depart, back, plan, world, INFEASIBLE)
    if cost == INFEASIBLE or is_exact(row, s, busy, back, soft, cost, plan, world):
        return cost
    return price_order(row, s, n, NOBODY, NOBODY, plan, world, INFEASIBLE)


@compiled_part
def is_exact(row: int, s: int, busy: int, back: int, soft: float, cost: float, plan: Plan, world: World) -> bool:
    """Whether a cost of the times of a row, at most its first break being placed, cannot be too high."""
    if world.shifts[s, NUM_BREAKS] > 1:
        return False
    choosy = False
    for i in range(plan.figures[row, SIZE]):
        node = plan.cells[row, ORDER, i]
        if world.prices[node, CHANGE] > 0.0:
            return False
        choosy |= world.nodes[node, NUM_WINDOWS] > 1
    if not choosy or world.rates[s, WORK_RATE] == 0.0:
        return True
    # A later departure may be in time for another window, but nobody works less than there is to do.
    least = times_cost(s, back - busy, back, soft, world)
    if world.shifts[s, NUM_BREAKS] > 0:
        least = least_anyhow(s, busy, least, back - busy, back, world)
    return cost <= least + TOLERANCE


@compiled_part
def price_stops(row: int, s: int, i: int, x: int, y: int, plan: Plan, world: World, limit: float) -> float:
    """As ``price_at``, for any number of breaks."""
    price = price_at(row, s, i, x, y, ONE, plan, world, limit)
    if price < limit and world.shifts[s, NUM_BREAKS] > 1:
        travel = travel_with(row, s, i, x, y, plan, world)
        price = price_exactly(row, s, i, x, y, travel, plan, world, limit)
    return price


@compiled_part
def best_place(
    row: int, s: int, x: int, low: int, high: int, plan: Plan, world: World, limit: float
) -> tuple[float, int]:
    """Cheapest position in ``low..high`` for a stop: (cost of the row with it or INFEASIBLE, position or -1)."""
    cells, place, rests = plan.cells, world.nodes[x, LOCATION], world.shifts[s, NUM_BREAKS] > 0
    to_x, from_x = world.travel_to[place], world.travel[place]
    opens, closes, lasts = world.nodes[x, OPEN], world.nodes[x, CLOSE], world.nodes[x, DURATION]
    here, time = world.shifts[s, FROM], world.shifts[s, START]
    price_per_second = world.rates[s, TRAVEL_RATE] + world.rates[s, WORK_RATE]
    least = least_with(row, s, x, plan, world)
    best, at = limit, NOBODY
    for i in range(low, high + 1):
        if i > 0:
            here, time = cells[row, PLACE, i - 1], cells[row, DONE, i - 1]
        arrive, leg = time + to_x[here], from_x[cells[row, PLACE, i]]
        detour = to_x[here] + leg - cells[row, LEG, i]
        if rests:
            plan.floors[i] = INFEASIBLE
        # Most positions are too far out of the way, too late, or make somebody too late.
        if (
            least + price_per_second * detour >= best
            or arrive > closes
            or max(arrive, opens) + lasts + leg > cells[row, LATEST, i]
        ):
            continue
        price = price_at(row, s, i, x, NOBODY, not rests, plan, world, best)
        if rests:
            plan.floors[i] = price
        elif price < best:
            best, at = price, i
    if rests and low <= high:
        best, at = best_place_resting(row, s, x, low, high, plan, world, limit)
    return (best, at) if at >= 0 else (INFEASIBLE, NOBODY)


@inlined_part
def least_with(row: int, s: int, x: int, plan: Plan, world: World) -> float:
    """What a row costs at least with one more stop that is on the way."""
    travel, service = plan.figures[row, TRAVEL], plan.figures[row, SERVICE] + world.nodes[x, DURATION]
    outlay = world.rates[s, FIXED] + world.rates[s, TRAVEL_RATE] * travel + plan.costs[row, PAIR]
    if x < world.num_visits:
        outlay += world.pair_cost[x, s]
    return outlay + world.rates[s, WORK_RATE] * (travel + service)


@compiled_part
def best_place_resting(
    row: int, s: int, x: int, low: int, high: int, plan: Plan, world: World, limit: float
) -> tuple[float, int]:
    """
    As ``best_place`` for shifts with breaks, placing which takes long.

    ``Plan.floors`` has what each position costs at least; the cheapest by that is tried first.
    """
    best, at, floors = limit, NOBODY, plan.floors
    while True:
        i = low
        for k in range(low + 1, high + 1):
            if floors[k] < floors[i]:
                i = k
        if floors[i] >= best:
            break
        floors[i] = INFEASIBLE
        price = price_stops(row, s, i, x, NOBODY, plan, world, best)
        if price < best:
            best, at = price, i
    return best, at
