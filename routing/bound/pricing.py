"""Looking for routes that are worth more than they cost, over all groups of shifts at once."""

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from routing.bound.labels import (
    COMPLETE,
    FULL,
    INFEASIBLE,
    WORD,
    Graph,
    Int32s,
    Offer,
    Pool,
    ToGo,
    fill_to_go,
    follow_to_go,
    price_routes,
)
from routing.bound.prices import Column, Cut, Prices
from routing.bound.relaxed import Group, Relaxation
from routing.tables import UNLIMITED, Floats, Ints

T = TypeVar("T")
R = TypeVar("R")

# Visits remembered at each visit, at the beginning.
NEAR = 10
# Where a quick run goes on to from a node.
FEW_WAYS = 12
# Buckets of time at most, and aimed at.
MOST_BUCKETS, BUCKETS, FEW = 4096, 512, 96
# Steps towards what pieces in a trunk are worth before each exact run, and what they are worth at least: more than
# nothing, so that those of a depot that cost nothing are preferred.
STEPS, SMALLEST_WORTH = 4, 1e-6
# Labels of a pool at first, and at most: some 100 bytes each.
FIRST_LABELS, MOST_LABELS = 1 << 17, 1 << 22
# Routes taken from one run for one group.
MOST_COLUMNS = 30
# Seconds between two looks at the clock and the caller's wishes.
LOOK_SECONDS = 0.02


@dataclass(frozen=True)
class Priced:
    """What one group has to offer: the least reduced cost of its routes (at most 0; -inf if not found out), columns."""

    least: float
    columns: tuple[Column, ...] = ()


class Pricer:
    """Prices routes of all groups on some threads, until it is told to stop."""

    def __init__(self, relaxation: Relaxation, threads: int, is_over: Callable[[], bool]) -> None:
        self._relaxation, self._is_over = relaxation, is_over
        self.near = _near_sets(relaxation)
        self._stop = np.zeros(1, np.int64)
        # By group, what pieces in its trunk were last found to be worth.
        self._worth: dict[int, Floats] = {}
        self._local = threading.local()
        self._threads = ThreadPoolExecutor(max(1, threads))

    def close(self) -> None:
        self._stop[0] = 1
        self._threads.shutdown(cancel_futures=True)

    def remember(self, visits: Sequence[int]) -> None:
        """Forbid the cycles of a route: what comes twice is remembered wherever it goes in between."""
        for i, visit in enumerate(visits):
            for k in range(i + 1, len(visits)):
                if visits[k] == visit:
                    self.near[list(visits[i + 1 : k]), visit] = True
                    break

    def each(self, work: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """The results of some work on all threads; kernels end early once time is over."""
        self._stop[0] = self._is_over()
        futures = [self._threads.submit(work, item) for item in items]
        while wait(futures, LOOK_SECONDS).not_done:
            if self._is_over():
                self._stop[0] = 1
        return [future.result() for future in futures]

    @property
    def is_stopped(self) -> bool:
        return bool(self._stop[0])

    def price(self, prices: Prices, cuts: Sequence[Cut], *, exact: bool) -> list[Priced]:
        """Each group's cheapest routes; what was not found out in time has -inf for its least."""

        def price_one(g: int) -> Priced:
            threshold = -float(prices.groups[g])
            return self._price(groups[g], prices, cuts, threshold=threshold, exact=exact)

        groups = self._relaxation.groups
        return self.each(price_one, range(len(groups)))

    def least(self, group: Group, prices: Prices, cuts: Sequence[Cut], threshold: float) -> float:
        """
        The least reduced cost, but at most ``threshold``, of a group that may be none of the problem's.

        -inf if it was not found out in time. To be called within ``each``.
        """
        if not group.visits.size:
            return threshold
        return self._price(group, prices, cuts, threshold=threshold, exact=True).least

    def relaxed_routes(self, prices: Prices) -> tuple[Floats, Floats]:
        """
        Each group's least reduced cost, and how often all groups' routes serve each visit, quickly.

        Of routes that know neither parts nor breaks and may come back to a visit, but not at once; -inf where even
        that would take long, or the time is over.
        """
        groups = self._relaxation.groups
        least, served = np.empty(len(groups)), np.zeros(prices.visits.size)
        for g, (cost, counts) in enumerate(self.each(partial(self._relaxed_route, prices), groups)):
            least[g] = min(0.0, cost)
            if cost < 0.0:
                served[groups[g].visits] += len(groups[g].shifts) * counts
        return least, served

    def _relaxed_route(self, prices: Prices, group: Group) -> tuple[float, Floats]:
        graph, gain = group.graph, np.concatenate([prices.visits[group.visits], np.zeros(group.depots.size)])
        nothing = np.zeros(graph.slot_part.size)
        togo = cost_to_go(graph, gain, trunk_prices(graph, self._depot_prices(group, prices), nothing), self._stop, FEW)
        return self._followed(graph, gain, togo)[:2]

    def _followed(self, graph: Graph, gain: Floats, togo: ToGo) -> tuple[float, Floats, Floats]:
        """The cheapest route by costs to go: (cost or -inf, how often it serves, what it uses of the trunk)."""
        served, used = np.zeros(graph.num_visits), np.zeros(graph.slot_part.size)
        # The last to be filled is the last node in the first bucket, before a depot.
        if self._stop[0] or togo.cost[0, -1, 0] == -np.inf:
            return -np.inf, served, used
        return follow_to_go(graph, gain, togo, served, used), served, used

    def _price(self, group: Group, prices: Prices, cuts: Sequence[Cut], *, threshold: float, exact: bool) -> Priced:
        offer = self._offer(group, prices, cuts, threshold=threshold, exact=exact)
        togo = self._cost_to_go(group, offer)
        best, last = np.empty(group.graph.duration.size), np.empty(group.graph.duration.size, np.int32)
        while True:
            pool = self._pool(offer.near.shape[1])
            status, _ = price_routes(group.graph, offer, togo, pool, best, last, self._stop)
            if status != FULL or not self._grow():
                break
        found = np.argsort(best)[: min(MOST_COLUMNS, int((best < INFEASIBLE).sum()))]
        columns = tuple(self._column(group, offer, pool, int(last[i]), float(best[i])) for i in found.tolist())
        if status != COMPLETE:
            return Priced(-np.inf, columns)
        return Priced(min(threshold, float(best.min(initial=INFEASIBLE))), columns)

    def _cost_to_go(self, group: Group, offer: Offer) -> ToGo:
        """
        The costs to go, at prices for the trunk that make them high.

        Steps as in ``certify``: pieces that the cheapest route uses too many of get dearer, others cheaper.
        """
        graph, best = group.graph, -np.inf
        worth = kept = self._worth.get(group.index, np.full(graph.slot_part.size, SMALLEST_WORTH))
        trunk = (graph.trunk >> graph.slot_shift) & graph.slot_mask
        for _ in range(STEPS if worth.size and offer.exact else 0):
            togo = cost_to_go(graph, offer.gain, trunk_prices(graph, offer.depot_price, worth), self._stop, FEW)
            cost, _, used = self._followed(graph, offer.gain, togo)
            if cost > best:
                kept, best = worth, cost
            slope = used - trunk
            if not np.isfinite(cost) or cost >= offer.threshold or not slope.any():
                break
            worth = np.maximum(SMALLEST_WORTH, worth + (offer.threshold - cost) / float(slope @ slope) * slope)
        if group.index >= 0:
            self._worth[group.index] = kept
        buckets = BUCKETS if offer.exact else FEW
        return cost_to_go(graph, offer.gain, trunk_prices(graph, offer.depot_price, kept), self._stop, buckets)

    def _offer(self, group: Group, prices: Prices, cuts: Sequence[Cut], *, threshold: float, exact: bool) -> Offer:
        num_depots = group.depots.size
        cut_bits = np.zeros(group.visits.size + num_depots, np.int64)
        # A cut without a price changes nothing.
        active = [(cut, price) for cut, price in zip(cuts, prices.cuts.tolist(), strict=True) if price > 0.0]
        for k, (cut, _) in enumerate(active):
            cut_bits[: group.visits.size] |= np.isin(group.visits, cut).astype(np.int64) << k
        gain = np.concatenate([prices.visits[group.visits], np.zeros(num_depots)])
        return Offer(
            gain=gain,
            depot_price=self._depot_prices(group, prices),
            cut_bits=cut_bits,
            cut_price=np.array([price for _, price in active], np.float64),
            near=_words(self.near[np.ix_(group.visits, group.visits)], num_depots),
            ways=_ways(group.graph, gain, None if exact else FEW_WAYS),
            threshold=threshold,
            exact=exact,
        )

    def _depot_prices(self, group: Group, prices: Prices) -> Floats:
        table = np.where(self._relaxation.depot_stock == UNLIMITED, 0.0, INFEASIBLE)
        for stock, price in zip(self._relaxation.stocks, prices.stocks.tolist(), strict=True):
            table[stock.depot, stock.part] = price
        return np.ascontiguousarray(table[group.depots])

    def _pool(self, words: int) -> Pool:
        size = getattr(self._local, "size", FIRST_LABELS)
        pool: Pool | None = getattr(self._local, "pool", None)
        if pool is None or pool.leave.size != size or pool.seen.shape[1] < words:
            pool = _new_pool(size, words)
            self._local.pool, self._local.size = pool, size
        return pool if pool.seen.shape[1] == words else pool._replace(seen=pool.seen[:, :words].copy())

    def _grow(self) -> bool:
        if self._local.size >= MOST_LABELS:
            return False
        self._local.size *= 4
        return True

    def _column(self, group: Group, offer: Offer, pool: Pool, label: int, reduced: float) -> Column:
        nodes: list[int] = []
        while pool.parent[label] >= 0:
            nodes.append(int(pool.node[label]))
            label = int(pool.parent[label])
        nodes.reverse()
        visits = [node for node in nodes if node < group.visits.size]
        draws = self._draws(group, nodes, offer.depot_price)
        cost = reduced + float(offer.gain[visits].sum()) - sum(n * price for n, price in draws.values())
        for k, price in enumerate(offer.cut_price.tolist()):
            cost -= price * (int((offer.cut_bits[visits] >> k & 1).sum()) // 2)
        return Column(group.index, tuple(group.visits[visits].tolist()), cost, {k: n for k, (n, _) in draws.items()})

    def _draws(self, group: Group, nodes: Sequence[int], depot_price: Floats) -> dict[int, tuple[int, float]]:
        """Pieces loaded of each scarce stock along a route, and their price, as the labels counted them."""
        graph, number = group.graph, {(s.depot, s.part): k for k, s in enumerate(self._relaxation.stocks)}
        left = (graph.trunk >> graph.slot_shift) & graph.slot_mask
        passed = set(range(group.depots.size)) if graph.passed else set[int]()
        draws: dict[int, tuple[int, float]] = {}
        for node in nodes:
            if node >= graph.num_visits:
                passed.add(node - graph.num_visits)
                continue
            for q in range(graph.part_ptr[node], graph.part_ptr[node + 1]):
                p, missing, slot = int(graph.part[q]), int(graph.quantity[q]), int(graph.slot[q])
                if slot >= 0:
                    own = min(missing, int(left[slot]))
                    left[slot] -= own
                    missing -= own
                if missing:
                    d = min(passed, key=lambda d: depot_price[d, p])
                    k = number.get((int(group.depots[d]), p))
                    if k is not None:
                        draws[k] = (draws.get(k, (0, 0.0))[0] + missing, float(depot_price[d, p]))
        return draws


def cost_to_go(graph: Graph, gain: Floats, parts: tuple[Floats, Floats], stop: Ints, buckets: int = BUCKETS) -> ToGo:
    """
    The least costs to go, or -inf where some step takes hardly any time or there was no time to find out.

    ``parts`` are ``worth`` and ``outlay`` of ``ToGo``.
    """
    steps = graph.drive[:, : graph.num_visits] + graph.duration[: graph.num_visits]
    horizon = max(1, graph.latest_return - graph.start + 1)
    np.fill_diagonal(steps, horizon)
    width = -(-horizon // buckets)
    least = int(steps.min(initial=horizon))
    is_useful = least > 0 and horizon // least < MOST_BUCKETS
    width = min(least, width) if is_useful else width
    shape = (2, graph.duration.size, horizon // width + 1)
    nothing, nobody = np.full(shape, -np.inf), np.full(shape, -1)
    togo = ToGo(graph.start, width, *parts, nothing, nobody, nothing.copy(), nobody.copy())
    if is_useful:
        fill_to_go(graph, gain, togo, stop)
    return togo


def trunk_prices(graph: Graph, depot_price: Floats, worth: Floats) -> tuple[Floats, Floats]:
    """
    ``worth`` and ``outlay`` of ``ToGo``, from what pieces in the trunk are worth before a depot.

    No plan pays less: a piece out of the trunk is paid for with what is then taken off, and one from a depot costs at
    least what it costs at the cheapest. So after a depot none is worth more than that.
    """
    cheapest = depot_price.min(axis=0, initial=INFEASIBLE)
    after = np.minimum(worth, cheapest[graph.slot_part])
    owner = np.repeat(np.arange(graph.num_visits), np.diff(graph.part_ptr)[: graph.num_visits])
    outlay = np.zeros((2, graph.num_visits))
    for layer, (own, elsewhere) in enumerate(((worth, INFEASIBLE), (after, cheapest[graph.part]))):
        price = np.where(graph.slot >= 0, np.append(own, INFEASIBLE)[graph.slot], elsewhere)
        np.add.at(outlay[layer], owner, np.where(graph.quantity > 0, price, 0.0) * graph.quantity)
    outlay[0, np.diff(graph.need_ptr)[: graph.num_visits] > 0] = INFEASIBLE
    return np.stack([worth, after]), outlay


def _new_pool(size: int, words: int) -> Pool:
    return Pool(
        leave=np.empty(size, np.int64),
        level=np.empty(size, np.float64),
        slack=np.empty(size, np.float64),
        seen=np.empty((size, words), np.int64),
        held=np.empty(size, np.int64),
        left=np.empty(size, np.int64),
        odd=np.empty(size, np.int64),
        node=np.empty(size, np.int32),
        parent=np.empty(size, np.int32),
        following=np.empty(size, np.int32),
    )


def _ways(graph: Graph, gain: Floats, most: int | None) -> Int32s:
    """Where to go on from each node and the start: anywhere else, or to so many that pay best and to depots."""
    n = gain.size
    worth = graph.toll[:, :n] - gain
    worth[:, graph.num_visits :] = -np.inf
    np.fill_diagonal(worth, np.inf)
    order = np.argsort(worth, axis=1, kind="stable").astype(np.int32)
    np.put(order[:n], np.arange(n) * n + n - 1, -1)
    return np.ascontiguousarray(order[:, :most])


def _words(near: npt.NDArray[np.bool_], num_depots: int) -> Ints:
    """Sets of visits as words of bits, a row per visit; at depots and the start nothing is forgotten."""
    n = near.shape[0]
    rows = np.concatenate([near, np.ones((num_depots + 1, n), np.bool_)])
    words = np.zeros((rows.shape[0], max(1, -(-n // WORD))), np.int64)
    for j in range(n):
        words[:, j // WORD] |= rows[:, j].astype(np.int64) << (j % WORD)
    return words


def _near_sets(relaxation: Relaxation) -> npt.NDArray[np.bool_]:
    """Visits x visits: which are remembered at each visit, its neighbours at first."""
    t, n = relaxation.tables, relaxation.tables.num_visits
    places = t.node_location[:n]
    drive = t.travel[np.ix_(places, places)]
    order = np.argsort(drive + drive.T, axis=1, kind="stable")[:, :NEAR]
    near = np.zeros((n, n), np.bool_)
    np.put_along_axis(near, order, values=True, axis=1)
    # Where a round takes no time it must not pay.
    instant = relaxation.drive_times(places) + t.node_duration[:n] == 0
    for k in np.flatnonzero(instant.any(axis=1)).tolist():
        instant |= instant[:, k, None] & instant[None, k, :]
    return np.asarray(near | instant, np.bool_)
