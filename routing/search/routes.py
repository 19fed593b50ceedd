"""Working out a row of a plan after its order has changed, and finding the best place in it for one more stop."""

from routing.search.compiling import compiled_part
from routing.search.pricing import (
    FOREVER,
    INFEASIBLE,
    price_at,
    price_with_rest,
    serve,
    times_cost,
    travel_with,
)
from routing.search.schedule import price_exactly
from routing.search.state import (
    BACK,
    CALM,
    COST,
    DONE,
    GIVE,
    LATEST,
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
    NUM_BREAKS,
    NUM_WINDOWS,
    OPEN,
    START,
    TO,
    TRAVEL_RATE,
    WINDOWS,
    World,
)


@compiled_part
def look_ahead(row: int, s: int, plan: Plan, world: World) -> None:
    """Fill in what a row knows of the stops behind each stop."""
    cells, nodes = plan.cells, world.nodes
    next_place = world.shifts[s, TO]
    latest, calm, back, length = world.shifts[s, LATEST_RETURN], FOREVER, -FOREVER, 0
    for i in range(plan.figures[row, SIZE] - 1, -1, -1):
        node, place = cells[row, ORDER, i], cells[row, PLACE, i]
        leg = nodes[node, DURATION] + world.travel[place, next_place]
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
        next_place = place


@compiled_part
def refresh_times(row: int, s: int, plan: Plan, world: World) -> bool:
    """Work out a row from its order; False if there is no schedule. Its cost is right if ``is_plain`` says so."""
    cells, n = plan.cells, plan.figures[row, SIZE]
    if n == 0:
        plan.figures[row, TRAVEL], plan.figures[row, SERVICE] = 0, 0
        plan.costs[row, COST], plan.costs[row, PAIR] = 0.0, 0.0
        return True
    look_ahead(row, s, plan, world)
    here, leave = world.shifts[s, FROM], world.shifts[s, START]
    time, waited, give, soft, travel, pair, service = leave, 0, FOREVER, 0.0, 0, 0.0, 0
    for i in range(n):
        node, place = cells[row, ORDER, i], cells[row, PLACE, i]
        leg = world.travel[here, place]
        travel += leg
        service += world.nodes[node, DURATION]
        if node < world.num_visits:
            pair += world.pair_cost[node, s]
        if time + leg > cells[row, LATEST, i]:
            return False
        time, waited, give, soft = serve(node, time + leg, waited, give, soft, world)
        cells[row, DONE, i], cells[row, WAITED, i], cells[row, GIVE, i] = time, waited, give
        plan.soft[row, i] = soft
        here = place
    leg = world.travel[here, world.shifts[s, TO]]
    travel += leg
    plan.figures[row, TRAVEL], plan.figures[row, SERVICE], plan.costs[row, PAIR] = travel, service, pair
    back, depart = time + leg, leave + min(give, waited)
    cost = times_cost(s, depart, back, soft, world)
    if world.shifts[s, NUM_BREAKS] > 0:
        busy = travel + service
        cost = price_with_rest(row, s, n, NOBODY, NOBODY, busy, cost, depart, back, plan, world, INFEASIBLE)
    plan.costs[row, COST] = world.rates[s, FIXED] + world.rates[s, TRAVEL_RATE] * travel + pair + cost
    return plan.costs[row, COST] < INFEASIBLE


@compiled_part
def is_plain(row: int, s: int, plan: Plan, world: World) -> bool:
    """Whether the price that ``refresh_times`` finds is exact."""
    if world.shifts[s, NUM_BREAKS] > 1:
        return False
    for i in range(plan.figures[row, SIZE]):
        node = plan.cells[row, ORDER, i]
        if world.prices[node, CHANGE] > 0.0 or world.nodes[node, NUM_WINDOWS] > 1:
            return False
    return True


@compiled_part
def refresh(row: int, s: int, plan: Plan, world: World) -> bool:
    """Work out a row from its order, with its exact cost; False if there is no schedule."""
    n = plan.figures[row, SIZE]
    if not refresh_times(row, s, plan, world):
        plan.costs[row, COST] = INFEASIBLE
    elif not is_plain(row, s, plan, world):
        travel = plan.figures[row, TRAVEL]
        plan.costs[row, COST] = price_exactly(row, s, n, NOBODY, NOBODY, travel, plan, world, INFEASIBLE)
    return plan.costs[row, COST] < INFEASIBLE


@compiled_part
def price_stops(row: int, s: int, i: int, x: int, y: int, plan: Plan, world: World, limit: float) -> float:
    """As ``price_at``, for any number of breaks."""
    price = price_at(row, s, i, x, y, ONE, plan, world, limit)
    if price < limit and world.shifts[s, NUM_BREAKS] > 1:
        travel = travel_with(row, s, i, x, y, plan, world)
        price = price_exactly(row, s, i, x, y, travel, plan, world, limit)
    return price


@compiled_part
def best_place_resting(
    row: int, s: int, x: int, low: int, high: int, plan: Plan, world: World, limit: float
) -> tuple[float, int]:
    """As ``best_place`` for shifts with breaks: what is cheapest without them first, as placing them takes long."""
    best, at, floors = limit, NOBODY, plan.floors
    for i in range(low, high + 1):
        floors[i] = INFEASIBLE
        if i == 0 or plan.cells[row, DONE, i - 1] <= world.nodes[x, CLOSE]:
            floors[i] = price_at(row, s, i, x, NOBODY, ZERO, plan, world, limit)
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
    return (best, at) if at >= 0 else (INFEASIBLE, NOBODY)


@compiled_part
def best_place(
    row: int, s: int, x: int, low: int, high: int, plan: Plan, world: World, limit: float
) -> tuple[float, int]:
    """Cheapest position in ``low..high`` for a stop: (cost of the row with it or INFEASIBLE, position or -1)."""
    if high < low:
        return INFEASIBLE, NOBODY
    if world.shifts[s, NUM_BREAKS] > 0:
        return best_place_resting(row, s, x, low, high, plan, world, limit)
    best, at, closes = limit, NOBODY, world.nodes[x, CLOSE]
    for i in range(low, high + 1):
        if i > 0 and plan.cells[row, DONE, i - 1] > closes:
            break
        price = price_at(row, s, i, x, NOBODY, ONE, plan, world, best)
        if price < best:
            best, at = price, i
    return (best, at) if at >= 0 else (INFEASIBLE, NOBODY)
