"""
Compiled code: the cheapest relaxed route of a shift when every visit pays a price, by labelling.

A *label* is the beginning of a route, up to and including the service at its last node, scheduled as early as possible.
What it will cost is a function of the departure, of which two numbers and a time are all that matters. With ``w`` the
shift's work rate, ``c`` the cost so far without work, ``A`` the sum of all drives, services and breaks, ``S`` the
latest departure that keeps every window (and every due time where being late costs more than ``w``) and ``leave`` the
end of the service after the earliest departure, leaving at ``d`` ends the service at ``max(leave, d + A)``. The least
that cost and working time can come to is ``max(level, slack + w * leave)``, ``level = c + w * A`` (no waiting) and
``slack = c - w * S`` (departed as late as possible). A step with cost ``k`` and duration ``t`` that a limit of its
start binds by ``d + A <= K`` leads to ``level + k + w * t`` and ``max(slack + k, level + k - w * K)``. Both only
grow with what they were, so of two labels at a node the one that is nowhere behind can be continued in every way the
other can, and never at a higher cost: the other is dropped.

Where a route is relaxed, and costs less here than in a plan, if anything:

- Visits outside the *near* set of where the technician goes may be forgotten and served, and paid for, again.
- Lateness is that of the earliest departure even if a later one saves working time, where lateness costs less than it.
- A start before that of the plan before costs nothing (waiting could have avoided it).
- A break due during a drive interrupts it.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.kernels import compiled, lean
from routing.tables import Floats, Ints

Int32s = npt.NDArray[np.int32]

# Bits to a word of a set of visits: keeps clear of the sign.
WORD = 62
# Depots stand above the breaks in what a label holds.
FIRST_DEPOT_BIT = 8
INFEASIBLE = np.inf
# How a run of ``price_routes`` ended.
COMPLETE, STOPPED, FULL = 0, 1, 2
# Labels between two looks at whether to stop.
LOOK = 64


class Graph(NamedTuple):
    """
    What one shift may do.

    A *node* is one of ``n`` visits and depots the shift may stop at (visits first); row ``n`` of ``drive`` and ``toll``
    is the start, column ``n`` the end of the route. ``toll`` is the cost of a drive without work, with what the visit
    costs whenever it is served; ``last_leave[i, j]`` the latest end of the service at ``i`` after which ``j`` can still
    be served, on whatever way. ``delay_limit`` is the latest start that a delayed departure may lead to.

    ``needs`` are sets of depots, cut by ``need_ptr`` as ragged rows, out of each of which one must have been passed
    (for a tool). ``part`` and ``quantity`` are what a visit uses up; ``slot`` is the place of the trunk's pieces in the
    packed number ``trunk``, with a width and a guard bit above it, or -1 if the trunk has none.
    """

    num_visits: int
    drive: Ints
    toll: Floats
    last_leave: Ints
    duration: Ints
    window_ptr: Ints
    window_start: Ints
    window_end: Ints
    due: Ints
    lateness_rate: Floats
    breach_cost: Floats
    previous_start: Ints
    start_change_rate: Floats
    delay_limit: Ints
    need_ptr: Ints
    needs: Ints
    part_ptr: Ints
    part: Ints
    quantity: Ints
    slot: Ints
    slot_part: Ints
    slot_shift: Ints
    slot_mask: Ints
    trunk: int
    guard: int
    passed: int
    start: int
    end: int
    latest_return: int
    work_rate: float
    overtime_rate: float
    rest_duration: Ints
    rest_earliest: Ints
    rest_latest: Ints


class Offer(NamedTuple):
    """
    What a route earns and pays besides its own cost, and how exactly it is looked for.

    ``gain`` is paid for serving a node, ``depot_price`` (depots x parts, infinite where there is none) by the piece;
    bit ``k`` of ``cut_bits`` says that a visit belongs to cut ``k``, of which every second visit costs
    ``cut_price[k]``. ``near`` (nodes and start x words) is which visits are remembered at a node, a row of ``ways``
    where to go on from there, filled up with -1. Only routes below ``threshold`` are of interest. Unless ``exact``,
    labels are dropped too readily.
    """

    gain: Floats
    depot_price: Floats
    cut_bits: Ints
    cut_price: Floats
    near: Ints
    ways: Int32s
    threshold: float
    exact: bool


class ToGo(NamedTuple):
    """
    The least that a route can still cost after leaving a node (row) in a bucket of time (column).

    The first of two layers is for routes that have not passed a depot yet, the second for those that have. It goes on
    to ``follower`` (-1: home), and costs ``otherwise`` where that is not wanted, going on to ``second``.

    Every piece out of the trunk has a price here, ``worth`` (layers x slots), so that none is used twice for nothing;
    what is left in the trunk is to be taken off. ``outlay`` (layers x visits) is what the pieces for a visit cost at
    least, infinite if it cannot be without a depot.
    """

    origin: int
    width: int
    worth: Floats
    outlay: Floats
    cost: Floats
    follower: Ints
    otherwise: Floats
    second: Ints


class Pool(NamedTuple):
    """Room for labels; ``following`` chains those that wait in one bucket of time."""

    leave: Ints
    level: Floats
    slack: Floats
    seen: Ints
    held: Ints
    left: Ints
    odd: Ints
    node: Int32s
    parent: Int32s
    following: Int32s


class Step(NamedTuple):
    """A label that may come to be: where it comes from and the numbers of ``Pool``, the visits seen aside."""

    parent: int
    node: int
    leave: int
    level: float
    slack: float
    held: int
    left: int
    odd: int


@lean
def soft_cost(node: int, start: int, graph: Graph) -> float:
    """What a start costs in lateness, breach and change, the change from an earlier start left out."""
    cost = graph.start_change_rate[node] * max(0, start - graph.previous_start[node])
    if start > graph.due[node]:
        cost += graph.lateness_rate[node] * (start - graph.due[node]) + graph.breach_cost[node]
    return float(cost)


@lean
def arrival(time: int, drive: int, rests: int, graph: Graph) -> int:
    """When a drive begun at ``time`` ends if a set of breaks is taken on the way; -1 if one of them would be late."""
    arrive, latest = time + drive, 0
    for b in range(graph.rest_duration.shape[0]):
        if rests >> b & 1:
            if time > graph.rest_latest[b]:
                return -1
            arrive += graph.rest_duration[b]
            latest = max(latest, graph.rest_earliest[b] + graph.rest_duration[b])
    return int(max(arrive, latest))


@lean
def rest_time(rests: int, graph: Graph) -> int:
    total = 0
    for b in range(graph.rest_duration.shape[0]):
        if rests >> b & 1:
            total += graph.rest_duration[b]
    return total


@lean
def rest_limit(rests: int, limit: int, graph: Graph) -> int:
    """The latest time to set off so that none of the breaks begins too late, and by ``limit``."""
    for b in range(graph.rest_duration.shape[0]):
        if rests >> b & 1:
            limit = min(limit, graph.rest_latest[b])
    return limit


@lean
def misses_rest(held: int, time: int, graph: Graph) -> bool:
    """Whether a break that was not taken can no longer begin at ``time``."""
    for b in range(graph.rest_duration.shape[0]):
        if not held >> b & 1 and time > graph.rest_latest[b]:
            return True
    return False


@lean
def cheapest_source(held: int, p: int, offer: Offer) -> float:
    best = INFEASIBLE
    for d in range(offer.depot_price.shape[0]):
        if held >> (FIRST_DEPOT_BIT + d) & 1:
            best = min(best, offer.depot_price[d, p])
    return best


@lean
def use_parts(node: int, held: int, left: int, graph: Graph, offer: Offer) -> tuple[int, float]:
    """What is left in the trunk after a visit, and what is paid for pieces from depots; infinite if there are none.

    The trunk is used up first: whatever must come from a depot then comes as late as it can, from the cheapest of most.
    """
    paid = 0.0
    for q in range(graph.part_ptr[node], graph.part_ptr[node + 1]):
        price = cheapest_source(held, graph.part[q], offer)
        if price == 0.0:
            continue
        missing, k = graph.quantity[q], graph.slot[q]
        if k >= 0:
            own = min(missing, left >> graph.slot_shift[k] & graph.slot_mask[k])
            left -= own << graph.slot_shift[k]
            missing -= own
        if missing > 0:
            if price == INFEASIBLE:
                return left, INFEASIBLE
            paid += price * missing
    return left, paid


@lean
def has_passed(node: int, held: int, graph: Graph) -> bool:
    """Whether one depot out of each set that the visit needs has been passed."""
    for q in range(graph.need_ptr[node], graph.need_ptr[node + 1]):
        if held & graph.needs[q] == 0:
            return False
    return True


@lean
def refill(d: int, left: int, graph: Graph, offer: Offer) -> int:
    """The trunk after a depot: full of what costs nothing there, because it will not be looked at again."""
    for k in range(graph.slot_part.shape[0]):
        if offer.depot_price[d, graph.slot_part[k]] == 0.0:
            left |= graph.slot_mask[k] << graph.slot_shift[k]
    return left


@lean
def cut_toll(bits: int, offer: Offer) -> float:
    total, k = 0.0, 0
    while bits:
        if bits & 1:
            total += offer.cut_price[k]
        bits >>= 1
        k += 1
    return total


@lean
def bucket_of(time: int, togo: ToGo) -> int:
    bucket = (time - togo.origin) // togo.width
    return int(min(max(0, bucket), togo.cost.shape[2] - 1))


@lean
def is_hopeless(step: Step, seen_by: int, graph: Graph, pool: Pool, offer: Offer, togo: ToGo) -> bool:
    """Whether no route that begins like this can come below the threshold."""
    bucket, layer = bucket_of(step.leave, togo), 1 if step.held >> FIRST_DEPOT_BIT else 0
    rest, follower = togo.cost[layer, step.node, bucket], togo.follower[layer, step.node, bucket]
    if 0 <= follower < graph.num_visits and has_seen(seen_by, follower, step.node, pool, offer):
        rest = togo.otherwise[layer, step.node, bucket]
    return bool(step.level + rest - trunk_worth(step.left, layer, graph, togo) >= offer.threshold)


@lean
def trunk_worth(left: int, layer: int, graph: Graph, togo: ToGo) -> float:
    """What all that is left in a trunk is worth."""
    total = 0.0
    for k in range(graph.slot_shift.shape[0]):
        total += togo.worth[layer, k] * (left >> graph.slot_shift[k] & graph.slot_mask[k])
    return float(total)


@lean
def has_seen(label: int, visit: int, at: int, pool: Pool, offer: Offer) -> bool:
    """Whether a label remembers a visit, also after it has moved on to ``at``."""
    word, bit = visit // WORD, 1 << (visit % WORD)
    return bool(pool.seen[label, word] & offer.near[at, word] & bit)


@lean
def add_label(count: int, step: Step, graph: Graph, offer: Offer, pool: Pool) -> None:
    pool.leave[count], pool.level[count], pool.slack[count] = step.leave, step.level, step.slack
    pool.held[count], pool.left[count], pool.odd[count] = step.held, step.left, step.odd
    pool.node[count], pool.parent[count] = step.node, step.parent
    for word in range(pool.seen.shape[1]):
        pool.seen[count, word] = pool.seen[step.parent, word] & offer.near[step.node, word]
    if step.node < graph.num_visits:
        pool.seen[count, step.node // WORD] |= 1 << (step.node % WORD)


@lean
def stop_at(label: int, node: int, graph: Graph, offer: Offer, pool: Pool) -> tuple[int, int, int, float]:
    """(held, left, odd, cost) after a stop, its times left aside; infinite cost if the stop lacks something."""
    held, left, odd = pool.held[label], pool.left[label], pool.odd[label]
    cost = graph.toll[pool.node[label], node] - offer.gain[node]
    if node >= graph.num_visits:
        d = node - graph.num_visits
        bit = 1 << (FIRST_DEPOT_BIT + d)
        return held | bit, refill(d, left, graph, offer), odd, INFEASIBLE if held & bit else cost
    if not has_passed(node, held, graph):
        return held, left, odd, INFEASIBLE
    left, paid = use_parts(node, held, left, graph, offer)
    hit = odd & offer.cut_bits[node]
    return held, left, odd ^ offer.cut_bits[node], cost + paid + (cut_toll(hit, offer) if hit else 0.0)


@lean
def step_to(
    label: int, node: int, window: int, rests: int, outcome: tuple[int, int, int, float], graph: Graph, pool: Pool
) -> Step:
    """The label that serves ``node`` in a window after a set of breaks on the way; ``leave`` is -1 if it cannot."""
    held, left, odd, cost = outcome
    time, drive, work = pool.leave[label], graph.drive[pool.node[label], node], graph.work_rate
    arrive = arrival(time, drive, rests, graph)
    if arrive < 0 or arrive > graph.window_end[window]:
        return Step(label, node, -1, 0.0, 0.0, held, left, odd)
    start = max(arrive, graph.window_start[window])
    leave = start + graph.duration[node]
    if leave > graph.latest_return or misses_rest(held | rests, leave, graph):
        return Step(label, node, -1, 0.0, 0.0, held, left, odd)
    cost += soft_cost(node, start, graph)
    on_way = drive + rest_time(rests, graph)
    limit = min(graph.window_end[window], max(start, graph.delay_limit[node])) - on_way
    limit = rest_limit(rests, limit, graph)
    level = pool.level[label] + cost + work * (on_way + graph.duration[node])
    slack = max(pool.slack[label] + cost, pool.level[label] + cost - work * limit)
    return Step(label, node, leave, level, slack, held | rests, left, odd)


@lean
def finish(label: int, graph: Graph, pool: Pool) -> float:
    """The cost of going home now, breaks on the way or afterwards; infinite if it is too late."""
    best, node, work = INFEASIBLE, pool.node[label], graph.work_rate
    drive, held = graph.drive[node, graph.toll.shape[0] - 1], pool.held[label]
    for rests in range(1 << graph.rest_duration.shape[0]):
        if rests & held:
            continue
        back = arrival(pool.leave[label], drive, rests, graph)
        if back < 0 or back > graph.latest_return or misses_rest(held | rests, back, graph):
            continue
        limit = rest_limit(rests, graph.latest_return, graph)
        level = pool.level[label] + work * (drive + rest_time(rests, graph))
        slack = pool.slack[label] if rests == 0 else max(pool.slack[label], pool.level[label] - work * limit)
        cost = max(level, slack + work * back) + graph.overtime_rate * max(0, back - graph.end)
        best = min(best, cost + graph.toll[node, graph.toll.shape[0] - 1])
    return float(best)


@lean
def beats(a: int, b: int, lost: Ints, graph: Graph, offer: Offer, pool: Pool) -> bool:
    """Whether label ``a``, whose level is not above that of ``b``, makes ``b`` superfluous.

    ``lost`` are the visits that ``b`` can no longer reach.
    """
    if pool.leave[a] > pool.leave[b] or pool.slack[a] > pool.slack[b] or pool.held[b] & ~pool.held[a]:
        return False
    if not offer.exact:
        return True
    if ((pool.left[a] | graph.guard) - pool.left[b]) & graph.guard != graph.guard:
        return False
    for word in range(lost.shape[0]):
        if pool.seen[a, word] & ~(pool.seen[b, word] | lost[word]):
            return False
    more = pool.odd[a] & ~pool.odd[b]
    if more:
        toll = cut_toll(more, offer)
        return bool(pool.level[a] + toll <= pool.level[b] and pool.slack[a] + toll <= pool.slack[b])
    return True


@lean
def mark_lost(label: int, lost: Ints, graph: Graph, pool: Pool) -> None:
    lost[:] = 0
    for j in range(graph.num_visits):
        if pool.leave[label] > graph.last_leave[pool.node[label], j]:
            lost[j // WORD] |= 1 << (j % WORD)


@lean
def rank(label: int, row: Int32s, size: int, pool: Pool) -> int:
    """How many labels of a front, which is sorted by level, are not above this one."""
    low, high = 0, size
    while low < high:
        middle = (low + high) // 2
        if pool.level[row[middle]] <= pool.level[label]:
            low = middle + 1
        else:
            high = middle
    return low


@lean
def is_beaten(label: int, row: Int32s, end: int, lost: Ints, graph: Graph, offer: Offer, pool: Pool) -> bool:
    for k in range(end):
        if beats(row[k], label, lost, graph, offer, pool):
            return True
    return False


@lean
def put_in(label: int, row: Int32s, position: int, size: int) -> None:
    for k in range(size, position, -1):
        row[k] = row[k - 1]
    row[position] = label


@lean
def begin(graph: Graph, pool: Pool) -> int:
    """The labels before the departure, one for each set of breaks taken by then; how many."""
    count = 0
    for rests in range(1 << graph.rest_duration.shape[0]):
        depart = graph.start
        for b in range(graph.rest_duration.shape[0]):
            if rests >> b & 1:
                depart = max(depart, graph.rest_earliest[b] + graph.rest_duration[b])
        if depart > graph.latest_return:
            continue
        pool.leave[count], pool.level[count] = depart, 0.0
        pool.slack[count] = -graph.work_rate * graph.latest_return
        pool.held[count], pool.left[count], pool.odd[count] = graph.passed | rests, graph.trunk, 0
        pool.node[count], pool.parent[count] = graph.drive.shape[0] - 1, -1
        count += 1
    return count


@lean
def extend(label: int, node: int, count: int, heads: Int32s, graph: Graph, offer: Offer, togo: ToGo, pool: Pool) -> int:
    """Add every label that goes on to a node, to the pool and to its bucket; the count afterwards."""
    outcome = stop_at(label, node, graph, offer, pool)
    if outcome[3] == INFEASIBLE:
        return count
    for rests in range(1 << graph.rest_duration.shape[0]):
        if rests & pool.held[label]:
            continue
        for window in range(graph.window_ptr[node], graph.window_ptr[node + 1]):
            step = step_to(label, node, window, rests, outcome, graph, pool)
            if step.leave < 0:
                continue
            if not is_hopeless(step, label, graph, pool, offer, togo):
                add_label(count, step, graph, offer, pool)
                bucket = bucket_of(step.leave, togo)
                pool.following[count] = heads[bucket]
                heads[bucket] = count
                count += 1
            if graph.work_rate == 0.0:
                # Nothing is saved by waiting for a later window.
                break
    return count


@compiled
def widen(fronts: Int32s) -> Int32s:
    wider = np.empty((fronts.shape[0], 2 * fronts.shape[1]), np.int32)
    wider[:, : fronts.shape[1]] = fronts
    return wider


@lean
def extend_to_all(label: int, count: int, heads: Int32s, graph: Graph, offer: Offer, togo: ToGo, pool: Pool) -> int:
    """Add every label that goes on from one, anywhere; the count afterwards."""
    here = pool.node[label]
    for k in range(offer.ways.shape[1]):
        node = offer.ways[here, k]
        if node < 0:
            break
        if node < graph.num_visits and (
            pool.leave[label] > graph.last_leave[here, node] or has_seen(label, node, here, pool, offer)
        ):
            continue
        count = extend(label, node, count, heads, graph, offer, togo, pool)
    return count


@lean
def begin_all(heads: Int32s, graph: Graph, offer: Offer, togo: ToGo, pool: Pool) -> int:
    """The first labels, in their buckets; how many."""
    first = begin(graph, pool)
    count = first
    pool.seen[:first] = 0
    for label in range(first):
        count = extend_to_all(label, count, heads, graph, offer, togo, pool)
    return count


@compiled
def price_routes(
    graph: Graph, offer: Offer, togo: ToGo, pool: Pool, best: Floats, last: Int32s, stop: Ints
) -> tuple[int, int]:
    """
    The cheapest routes below the threshold.

    ``best`` and ``last`` (per node) become the cost of the cheapest route that ends there, infinite if none is below
    the threshold, and its last label. Returns how the run ended and the number of labels; only after a COMPLETE and
    exact run is there surely no cheaper route. ``stop[0]`` other than 0 ends it early.
    """
    n = graph.duration.shape[0]
    # As many labels may come from one.
    room = pool.leave.shape[0] - (1 << graph.rest_duration.shape[0]) * max(1, graph.window_start.shape[0])
    best[:] = INFEASIBLE
    heads = np.full(togo.cost.shape[2], -1, np.int32)
    count = begin_all(heads, graph, offer, togo, pool)
    fronts, sizes = np.empty((n, 64), np.int32), np.zeros(n, np.int64)
    lost, done = np.empty(pool.seen.shape[1], np.int64), 0
    for bucket in range(heads.shape[0]):
        while heads[bucket] >= 0:
            label = heads[bucket]
            heads[bucket], here, done = pool.following[label], pool.node[label], done + 1
            if count > room:
                return FULL, count
            if done % LOOK == 0 and stop[0] != 0:
                return STOPPED, count
            mark_lost(label, lost, graph, pool)
            position = rank(label, fronts[here], sizes[here], pool)
            if is_beaten(label, fronts[here], position, lost, graph, offer, pool):
                continue
            if sizes[here] == fronts.shape[1]:
                fronts = widen(fronts)
            put_in(label, fronts[here], position, sizes[here])
            sizes[here] += 1
            cost = finish(label, graph, pool) if here < graph.num_visits else INFEASIBLE
            if cost < min(best[here], offer.threshold):
                best[here], last[here] = cost, label
            count = extend_to_all(label, count, heads, graph, offer, togo, pool)
    return COMPLETE, count


@lean
def relax_end(j: int, time: int, graph: Graph) -> float:
    """The least that going home from a node costs."""
    n = graph.duration.shape[0]
    back = time + graph.drive[j, n]
    if back > graph.latest_return:
        return INFEASIBLE
    return float(
        graph.toll[j, n] + graph.work_rate * graph.drive[j, n] + graph.overtime_rate * max(0, back - graph.end)
    )


@lean
def relax_step(j: int, k: int, layer: int, time: int, togo: ToGo, graph: Graph, gain: Floats) -> tuple[float, int]:
    """The least that going on to a node costs, and the end of its service; infinite if it cannot be."""
    arrive = time + graph.drive[j, k]
    if k >= graph.num_visits:
        leave = arrive + graph.duration[k]
        return float(graph.toll[j, k] + graph.work_rate * (graph.drive[j, k] + graph.duration[k])), int(leave)
    if togo.outlay[layer, k] == INFEASIBLE:
        return INFEASIBLE, 0
    for w in range(graph.window_ptr[k], graph.window_ptr[k + 1]):
        if arrive <= graph.window_end[w]:
            start = max(arrive, graph.window_start[w])
            leave = start + graph.duration[k]
            if leave > graph.latest_return:
                break
            work = graph.work_rate * (graph.drive[j, k] + graph.duration[k])
            cost = graph.toll[j, k] - gain[k] + work + soft_cost(k, start, graph) + togo.outlay[layer, k]
            return float(cost), int(leave)
    return INFEASIBLE, 0


@lean
def cost_to_go(j: int, bucket: int, layer: int, togo: ToGo, graph: Graph, gain: Floats) -> None:
    time = togo.origin + bucket * togo.width
    best, follower, otherwise, second = relax_end(j, time, graph), -1, INFEASIBLE, -1
    # One depot is as good as all of them, and a second one never the shorter way.
    for k in range(graph.num_visits if layer == 1 else graph.duration.shape[0]):
        if k == j:
            continue
        cost, leave = relax_step(j, k, layer, time, togo, graph, gain)
        if cost == INFEASIBLE:
            continue
        after, then = bucket_of(leave, togo), layer if k < graph.num_visits else 1
        cost += togo.otherwise[then, k, after] if togo.follower[then, k, after] == j else togo.cost[then, k, after]
        if cost < best:
            best, follower, otherwise, second = cost, k, best, follower
        elif cost < otherwise:
            otherwise, second = cost, k
    togo.cost[layer, j, bucket], togo.follower[layer, j, bucket] = best, follower
    togo.otherwise[layer, j, bucket], togo.second[layer, j, bucket] = otherwise, second


@compiled
def fill_to_go(graph: Graph, gain: Floats, togo: ToGo, stop: Ints) -> None:
    """
    Fill ``togo`` from the end of the day backwards; every step to a visit must take at least the width of a bucket.

    Breaks and cuts are left aside, one depot has what all have, parts are paid for rather than counted, and a visit may
    come again, but not at once: never too much. ``stop[0]`` other than 0 ends it early, and what is before stays.
    """
    for bucket in range(togo.cost.shape[2] - 1, -1, -1):
        # After a depot first: the way to one may take no time.
        for layer in (1, 0):
            for j in range(graph.duration.shape[0]):
                if stop[0] != 0:
                    return
                cost_to_go(j, bucket, layer, togo, graph, gain)


@compiled
def follow_to_go(graph: Graph, gain: Floats, togo: ToGo, served: Floats, used: Floats) -> float:
    """
    The cost of the cheapest route from the start by ``togo``, the pieces in the trunk taken off; infinite without any.

    ``served`` becomes how often the route serves each visit, ``used`` (slots) the pieces it takes out of the trunk.
    """
    served[:], used[:] = 0.0, 0.0
    best, first, bucket, n, layer = INFEASIBLE, -1, 0, graph.duration.shape[0], 1 if graph.passed else 0
    for k in range(graph.num_visits if layer == 1 else n):
        cost, leave = relax_step(n, k, layer, graph.start, togo, graph, gain)
        after, then = bucket_of(leave, togo), layer if k < graph.num_visits else 1
        if cost < INFEASIBLE and cost + togo.cost[then, k, after] < best:
            first, bucket, best = k, after, cost + togo.cost[then, k, after]
    best -= trunk_worth(graph.trunk, layer, graph, togo)
    before, here = -1, first
    while here >= 0:
        if here < graph.num_visits:
            served[here] += 1.0
            use_trunk(here, layer, graph, togo, used)
        else:
            layer = 1
        follower = togo.follower[layer, here, bucket]
        if follower == before and follower >= 0:
            follower = togo.second[layer, here, bucket]
        if follower >= 0:
            _, leave = relax_step(here, follower, layer, togo.origin + bucket * togo.width, togo, graph, gain)
            bucket = bucket_of(leave, togo)
        before, here = here, follower
    return float(best)


@lean
def use_trunk(node: int, layer: int, graph: Graph, togo: ToGo, used: Floats) -> None:
    """Count the pieces for a visit that come out of the trunk."""
    for q in range(graph.part_ptr[node], graph.part_ptr[node + 1]):
        k = graph.slot[q]
        # Where a depot is cheaper, they come from there.
        if k >= 0 and (layer == 0 or togo.worth[1, k] >= togo.worth[0, k]):
            used[k] += graph.quantity[q]
