"""Fastest ways over a road network, by Dijkstra's algorithm (scipy) between places on the roads."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from routing.travel.network import Floats, Ints, RoadNetwork
from routing.travel.snapping import Snapped, ranks

# Dijkstra adds up float64 costs, which hold 53 bits exactly: 29 for hundredths of a second (62 days), 24 for decimetres
# (1,677 km). So one search gives the fastest way and its length, and the shorter of two equally fast ways wins.
CENTISECOND = float(1 << 24)
# Sources per search, which bounds memory: each needs one float64 per crossing.
SOURCES_AT_ONCE = 64
# A search for a single way first looks no farther than so many seconds away: most drives of a day are short.
LOOK_SECONDS = (450.0, 1800.0, 7200.0, np.inf)


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """How places hang on the graph; per link the place, the arc that passes it, and the cost between it and a node."""

    place: Ints
    arc: Ints
    node: Ints
    cost: Floats

    def arc_between(self, place: int, node: int) -> int:
        """The arc that links a place and a node."""
        return int(self.arc[(self.place == place) & (self.node == node)][0])


@dataclass(frozen=True, slots=True, eq=False)
class LinkedGraph:
    """
    The network with places hung on it.

    A place as origin can only be left and as destination only be reached, so that no way turns round at one. Node
    ``num_nodes + i`` is place ``i`` as origin, node ``num_nodes + num_places + i`` is place ``i`` as destination.
    """

    arcs: csr_array[np.float64, tuple[int, int]]
    out: Links
    into: Links
    num_nodes: int
    num_places: int


class RoadSearch:
    """Answers searches over one network; keeps no state between them."""

    def __init__(self, network: RoadNetwork) -> None:
        self.network = network
        self._arc_cost = encode(network.arc_seconds() + network.delay, network.arc_metres())
        self._best_arcs = cheapest_arcs(network, self._arc_cost)
        self._best_keys = self._key(network.tail[self._best_arcs], network.head[self._best_arcs])
        self._arcs_by_road = np.argsort(network.road, kind="stable").astype(np.int32)
        self._first_arc = np.searchsorted(network.road[self._arcs_by_road], np.arange(network.num_roads + 1))

    def table(self, places: Snapped, origins: Ints, destinations: Ints) -> tuple[Floats, Floats]:
        """
        Fastest ways between places.

        Parameters
        ----------
        places
            Places on the roads.
        origins, destinations
            Which of the places the rows and columns of the answer stand for.

        Returns
        -------
        tuple of ndarray
            Seconds and metres, one row per origin and one column per destination.
        """
        graph = self._linked(places)
        starts, goals = graph.num_nodes + origins, graph.num_nodes + graph.num_places + destinations
        if len(goals) < len(starts):
            # Fewer searches when they run backwards from the destinations.
            costs = searched(graph.arcs.T.tocsr(), goals, starts).T
        else:
            costs = searched(graph.arcs, starts, goals)
        return decode(np.minimum(costs, self._costs_along_one_road(places)[np.ix_(origins, destinations)]))

    def ways(self, places: Snapped) -> Iterator[list[range]]:
        """The fastest way from each place to the next one, as the vertices driven on each road; ranges can be empty."""
        graph = self._linked(places)
        direct = self._costs_along_one_road(places)
        for origin, destination in itertools.pairwise(range(graph.num_places)):
            nodes, cost = self._nodes_on_way(graph, origin, destination)
            if direct[origin, destination] <= cost:
                yield [self._range_along_one_road(places, origin, destination)]
            else:
                yield self._ranges_on_way(graph, places, nodes)

    def _linked(self, places: Snapped) -> LinkedGraph:
        """Hang places on the network."""
        network, num_nodes, num_places = self.network, self.network.num_nodes, len(places.road)
        place, arc = self._arcs_past(places)
        part = self._cost_up_to(places, place, arc)
        out = cheapest_links(place, arc, network.head[arc], self._arc_cost[arc] - part)
        into = cheapest_links(place, arc, network.tail[arc], part)
        best, size = self._best_arcs, num_nodes + 2 * num_places
        tail = np.concatenate([network.tail[best], num_nodes + out.place, into.node])
        head = np.concatenate([network.head[best], out.node, num_nodes + num_places + into.place])
        cost = np.concatenate([self._arc_cost[best], out.cost, into.cost])
        arcs = csr_array((cost, (tail, head)), shape=(size, size))
        return LinkedGraph(arcs=arcs, out=out, into=into, num_nodes=num_nodes, num_places=num_places)

    def _arcs_past(self, places: Snapped) -> tuple[Ints, Ints]:
        """All pairs of a place and an arc on whose road it lies."""
        first, counts = self._first_arc[places.road], np.diff(self._first_arc)[places.road]
        place = np.repeat(np.arange(len(places.road)), counts)
        arc = self._arcs_by_road[np.repeat(first, counts) + ranks(counts)]
        return place.astype(np.int32), arc

    def _cost_up_to(self, places: Snapped, place: Ints, arc: Ints) -> Floats:
        """Cost from an arc's tail to a place on its road."""
        network = self.network
        last = network.first_vertex[network.road[arc] + 1] - 1
        back = encode(
            network.backward_seconds[last] - places.backward_seconds[place], network.metres[last] - places.metres[place]
        )
        ahead = encode(places.forward_seconds[place], places.metres[place])
        # Rounding must not make a part dearer than the whole arc, or the rest of it would have a negative cost.
        return np.minimum(np.where(network.forward[arc], ahead, back), self._arc_cost[arc])

    def _costs_along_one_road(self, places: Snapped) -> Floats:
        """Cost from each place to each other one ahead on the same road; infinite for all other pairs."""
        costs = np.full((len(places.road), len(places.road)), np.inf)
        for forward, sign, seconds in ((True, 1, places.forward_seconds), (False, -1, places.backward_seconds)):
            open_road = np.zeros(self.network.num_roads, dtype=np.bool_)
            open_road[self.network.road[self.network.forward == forward]] = True
            ahead = sign * (places.metres[None, :] - places.metres[:, None])
            drives = (places.road[None, :] == places.road[:, None]) & open_road[places.road][:, None] & (ahead >= 0)
            duration = np.abs(seconds[None, :] - seconds[:, None])
            costs = np.where(drives, np.minimum(costs, encode(duration, np.abs(ahead))), costs)
        return costs

    def _nodes_on_way(self, graph: LinkedGraph, origin: int, destination: int) -> tuple[list[int], float]:
        """Nodes of the fastest way by at least one crossing, both places included, and its cost."""
        start, goal = graph.num_nodes + origin, graph.num_nodes + graph.num_places + destination
        for seconds in LOOK_SECONDS:
            costs, before = dijkstra(
                graph.arcs, indices=np.array([start]), limit=seconds * 100 * CENTISECOND, return_predecessors=True
            )
            if costs[0, goal] < np.inf:
                break
        nodes = [goal]
        while nodes[-1] != start:
            nodes.append(int(before[0, nodes[-1]]))
        return nodes[::-1], float(costs[0, goal])

    def _ranges_on_way(self, graph: LinkedGraph, places: Snapped, nodes: list[int]) -> list[range]:
        """Vertices driven on each road of a way given by its nodes."""
        origin, destination = nodes[0] - graph.num_nodes, nodes[-1] - graph.num_nodes - graph.num_places
        tails, heads = np.array(nodes[1:-2], dtype=np.int64), np.array(nodes[2:-1], dtype=np.int64)
        whole = self._best_arcs[np.searchsorted(self._best_keys, self._key(tails, heads))].tolist()
        first, last = graph.out.arc_between(origin, nodes[1]), graph.into.arc_between(destination, nodes[-2])
        return [
            self._driven(first, start=int(places.vertex[origin])),
            *(self._driven(arc) for arc in whole),
            self._driven(last, end=int(places.vertex[destination])),
        ]

    def _range_along_one_road(self, places: Snapped, origin: int, destination: int) -> range:
        """Vertices between two places on one road."""
        start, end = int(places.vertex[origin]), int(places.vertex[destination])
        if places.metres[origin] <= places.metres[destination]:
            return range(start + 1, end + 1)
        return range(start, end, -1)

    def _driven(self, arc: int, *, start: int | None = None, end: int | None = None) -> range:
        """Vertices of an arc; from the place after vertex ``start``, to the place after vertex ``end`` where given."""
        road = self.network.road[arc]
        low, high = int(self.network.first_vertex[road]), int(self.network.first_vertex[road + 1]) - 1
        if self.network.forward[arc]:
            return range(low if start is None else start + 1, (high if end is None else end) + 1)
        return range(high if start is None else start, (low if end is None else end + 1) - 1, -1)

    def _key(self, tail: npt.NDArray[np.integer], head: npt.NDArray[np.integer]) -> npt.NDArray[np.int64]:
        return tail.astype(np.int64) * self.network.num_nodes + head


def encode(seconds: Floats, metres: Floats) -> Floats:
    """Seconds and metres as one whole number that sorts by seconds, then by metres, and can be added up."""
    return np.asarray(np.round(seconds * 100) * CENTISECOND + np.round(metres * 10))


def decode(costs: Floats) -> tuple[Floats, Floats]:
    """The seconds and metres of :func:`encode`."""
    centiseconds = np.floor(costs / CENTISECOND)
    return centiseconds / 100, (costs - centiseconds * CENTISECOND) / 10


def cheapest_arcs(network: RoadNetwork, arc_cost: Floats) -> Ints:
    """One arc, the cheapest, per pair of nodes, sorted by tail, then head; none that leads back to where it starts."""
    arcs = cheapest_of_each_pair(network.tail, network.head, arc_cost)
    return np.asarray(arcs[network.tail[arcs] != network.head[arcs]])


def cheapest_links(place: Ints, arc: Ints, node: Ints, cost: Floats) -> Links:
    """One link, the cheapest, per pair of place and node."""
    keep = cheapest_of_each_pair(place, node, cost)
    return Links(place=place[keep], arc=arc[keep], node=node[keep], cost=cost[keep])


def cheapest_of_each_pair(one: Ints, other: Ints, cost: Floats) -> Ints:
    """Indices of the cheapest entry per pair, sorted by pair. A sparse array would add up entries of the same pair."""
    order = np.lexsort((cost, other, one))
    first = np.ones(len(order), dtype=np.bool_)
    first[1:] = (np.diff(one[order]) != 0) | (np.diff(other[order]) != 0)
    return np.asarray(order[first], dtype=np.int32)


def searched(
    graph: csr_array[np.float64, tuple[int, int]], starts: npt.NDArray[np.integer], goals: npt.NDArray[np.integer]
) -> Floats:
    """Least cost from each start to each goal."""
    blocks = [
        dijkstra(graph, indices=starts[i : i + SOURCES_AT_ONCE])[:, goals]
        for i in range(0, len(starts), SOURCES_AT_ONCE)
    ]
    return np.concatenate(blocks) if blocks else np.empty((0, len(goals)))
