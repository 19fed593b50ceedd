"""
The road network as a graph: crossings are nodes, the roads between them are arcs, shape points are kept for drawing.

Bends (nodes with two neighbours) are contracted, turn restrictions are built into the graph by splitting a crossing,
and only the largest part in which every place reaches every other one is kept.
"""

import hashlib
import tempfile
import zipfile
from collections import defaultdict
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from routing.travel.errors import MapFileError
from routing.travel.extract import RoadMap, TurnRestriction, read_roads, require_map_file, unreadable

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

# Raise it when the rules of road_rules.py, the delays below or the arrays change: old prepared files are then ignored.
FORMAT_VERSION = 1
# Seconds lost on average: slowing down and giving way at a crossing, waiting at traffic lights.
CROSSING_DELAY_SECONDS = 1.0
SIGNAL_DELAY_SECONDS = 6.0


@dataclass(frozen=True, slots=True, eq=False)
class RoadNetwork:
    """
    Roads between crossings, and the arcs that drive them.

    Attributes
    ----------
    first_vertex
        ``num_roads + 1``; road ``r`` runs through the vertices ``first_vertex[r]`` to ``first_vertex[r + 1] - 1``.
    lat, lon
        Per vertex: degrees, WGS 84.
    metres, forward_seconds, backward_seconds
        Per vertex: driven from the road's first vertex to here; the last from here back to the first vertex.
    stopping
        Per vertex: whether a visit can start between this vertex and the next one of its road.
    tail, head, road, forward
        Per arc: the nodes it joins, the road it drives, in which direction. Several arcs may drive one road, one for
        each split copy of the crossing it leaves.
    delay
        Per arc: seconds lost when arriving at its head.
    num_nodes
        Crossings, split copies included.
    """

    first_vertex: Ints
    lat: Floats
    lon: Floats
    metres: Floats
    forward_seconds: Floats
    backward_seconds: Floats
    stopping: npt.NDArray[np.bool_]
    tail: Ints
    head: Ints
    road: Ints
    forward: npt.NDArray[np.bool_]
    delay: Floats
    num_nodes: int

    @property
    def num_roads(self) -> int:
        return len(self.first_vertex) - 1

    def arc_metres(self) -> Floats:
        """Length of each arc."""
        return np.asarray(self.metres[self.first_vertex[self.road + 1] - 1])

    def arc_seconds(self) -> Floats:
        """Driving time of each arc, without the delay at its head."""
        last = self.first_vertex[self.road + 1] - 1
        return np.where(self.forward, self.forward_seconds[last], self.backward_seconds[last])


@dataclass(slots=True)
class _Arcs:
    """Arcs under construction, with the ways they leave and arrive by, which turn restrictions speak of."""

    tail: list[int]
    head: list[int]
    road: list[int]
    forward: list[bool]
    first_way: list[int]
    last_way: list[int]

    def add(self, *, tail: int, head: int, road: int, forward: bool, first_way: int, last_way: int) -> None:
        self.tail.append(tail)
        self.head.append(head)
        self.road.append(road)
        self.forward.append(forward)
        self.first_way.append(first_way)
        self.last_way.append(last_way)

    def copy_from(self, arc: int, tail: int) -> None:
        """The same drive, leaving from another copy of the crossing."""
        self.add(
            tail=tail,
            head=self.head[arc],
            road=self.road[arc],
            forward=self.forward[arc],
            first_way=self.first_way[arc],
            last_way=self.last_way[arc],
        )


Chain = list[tuple[int, bool]]  # Segments in driving order, each with "in drawing direction".


def build_network(roads: RoadMap) -> RoadNetwork:
    """Contract bends, split crossings with turn restrictions, keep the largest strongly connected part."""
    chains = follow_chains(roads, crossings(roads))
    vertices, segments, drawn_forward = flatten(roads, chains)
    first_vertex = np.concatenate([[0], np.cumsum([len(chain) + 1 for chain in chains])]).astype(np.int32)
    metres, forward_seconds, backward_seconds, stopping = vertex_measures(
        roads, first_vertex=first_vertex, segments=segments, drawn_forward=drawn_forward
    )

    arcs = chain_arcs(roads, chains, starts=vertices[first_vertex[:-1]], ends=vertices[first_vertex[1:] - 1])
    crossing_of_node = split_restricted_crossings(arcs, roads)
    head = np.array(arcs.head, dtype=np.int32)
    return keep_largest_part(
        RoadNetwork(
            first_vertex=first_vertex,
            lat=roads.lat[vertices],
            lon=roads.lon[vertices],
            metres=metres,
            forward_seconds=forward_seconds,
            backward_seconds=backward_seconds,
            stopping=stopping,
            tail=np.array(arcs.tail, dtype=np.int32),
            head=head,
            road=np.array(arcs.road, dtype=np.int32),
            forward=np.array(arcs.forward, dtype=np.bool_),
            delay=arrival_delay(roads)[crossing_of_node[head]],
            num_nodes=len(crossing_of_node),
        )
    )


def crossings(roads: RoadMap) -> npt.NDArray[np.bool_]:
    """Per node: whether a road ends here, because there is a choice, a dead end, lights, or a change of direction."""
    num_nodes = len(roads.lat)
    node = np.concatenate([roads.tail, roads.head])
    arrives = np.concatenate([roads.backward_kmh > 0, roads.forward_kmh > 0])
    leaves = np.concatenate([roads.forward_kmh > 0, roads.backward_kmh > 0])
    degree = np.bincount(node, minlength=num_nodes)

    order = np.argsort(node, kind="stable")
    first = np.searchsorted(node[order], np.flatnonzero(degree == 2))
    one, other = order[first], order[first + 1]
    runs_through = (arrives[one] == leaves[other]) & (arrives[other] == leaves[one])

    crossing = degree != 2
    crossing[node[one]] = ~runs_through
    return np.asarray(crossing | roads.signal | roads.via)


def follow_chains(roads: RoadMap, crossing: npt.NDArray[np.bool_]) -> list[Chain]:
    """Each road from crossing to crossing; a ring without any crossing starts at one of its nodes."""
    tail, head, is_end = roads.tail.tolist(), roads.head.tolist(), crossing.tolist()
    segments_at: defaultdict[int, list[int]] = defaultdict(list)
    for segment, segment_ends in enumerate(zip(tail, head, strict=True)):
        for node in segment_ends:
            segments_at[node].append(segment)
    seen = bytearray(len(tail))

    def follow(node: int, segment: int) -> Chain:
        start = node
        chain: Chain = []
        while True:
            seen[segment] = True
            along = tail[segment] == node
            chain.append((segment, along))
            node = head[segment] if along else tail[segment]
            if is_end[node] or node == start:
                return chain
            before, after = segments_at[node]
            segment = after if before == segment else before

    ends = np.flatnonzero(crossing).tolist()
    chains = [follow(node, segment) for node in ends for segment in segments_at[node] if not seen[segment]]
    chains += [follow(tail[segment], segment) for segment in range(len(tail)) if not seen[segment]]
    return chains


def flatten(roads: RoadMap, chains: list[Chain]) -> tuple[Ints, Ints, npt.NDArray[np.bool_]]:
    """
    Chains as arrays over vertices: node, segment that leads on from the vertex, whether that runs in drawing direction.

    A chain has one vertex more than segments; the last vertex repeats the last segment.
    """
    segments = np.array([step[0] for chain in chains for step in (*chain, chain[-1])], dtype=np.int32)
    along = np.array([step[1] for chain in chains for step in (*chain, chain[-1])], dtype=np.bool_)
    last = np.cumsum([len(chain) + 1 for chain in chains]) - 1
    nodes = np.where(along, roads.tail[segments], roads.head[segments])
    nodes[last] = np.where(along, roads.head[segments], roads.tail[segments])[last]
    return nodes.astype(np.int32), segments, along


def vertex_measures(
    roads: RoadMap, *, first_vertex: Ints, segments: Ints, drawn_forward: npt.NDArray[np.bool_]
) -> tuple[Floats, Floats, Floats, npt.NDArray[np.bool_]]:
    """Metres, forward seconds and backward seconds from each road's first vertex; whether a visit can start there."""
    forward_kmh = np.where(drawn_forward, roads.forward_kmh[segments], roads.backward_kmh[segments])
    backward_kmh = np.where(drawn_forward, roads.backward_kmh[segments], roads.forward_kmh[segments])
    metres = roads.metres[segments]
    stopping = roads.stopping[segments].copy()
    stopping[first_vertex[1:] - 1] = False
    return (
        sums_along_roads(metres, first_vertex),
        sums_along_roads(seconds_to_drive(metres, forward_kmh), first_vertex),
        sums_along_roads(seconds_to_drive(metres, backward_kmh), first_vertex),
        stopping,
    )


def seconds_to_drive(metres: Floats, kmh: Floats) -> Floats:
    """Seconds for each length; 0 where the direction is closed, which no arc uses."""
    return np.divide(metres * 3.6, kmh, out=np.zeros_like(metres), where=kmh > 0)


def sums_along_roads(values: Floats, first_vertex: Ints) -> Floats:
    """Running total from each road's first vertex, before the vertex's own value."""
    before = np.concatenate([[0.0], np.cumsum(values)[:-1]])
    return np.asarray(before - np.repeat(before[first_vertex[:-1]], np.diff(first_vertex)))


def arrival_delay(roads: RoadMap) -> Floats:
    """Seconds lost per node: at lights, or where three or more segments meet."""
    degree = np.bincount(np.concatenate([roads.tail, roads.head]), minlength=len(roads.lat))
    at_crossing = np.where(degree >= 3, CROSSING_DELAY_SECONDS, 0.0)
    return np.where(roads.signal, SIGNAL_DELAY_SECONDS, at_crossing)


def chain_arcs(roads: RoadMap, chains: list[Chain], *, starts: Ints, ends: Ints) -> _Arcs:
    """One arc per road and open direction."""
    arcs = _Arcs([], [], [], [], [], [])
    for road, (chain, start, end) in enumerate(zip(chains, starts.tolist(), ends.tolist(), strict=True)):
        (first, along), (last, _) = chain[0], chain[-1]
        first_way, last_way = int(roads.way[first]), int(roads.way[last])
        with_drawing, against_drawing = roads.forward_kmh[first] > 0, roads.backward_kmh[first] > 0
        if with_drawing if along else against_drawing:
            arcs.add(tail=start, head=end, road=road, forward=True, first_way=first_way, last_way=last_way)
        if against_drawing if along else with_drawing:
            arcs.add(tail=end, head=start, road=road, forward=False, first_way=last_way, last_way=first_way)
    return arcs


def split_restricted_crossings(arcs: _Arcs, roads: RoadMap) -> Ints:
    """
    Build turn restrictions into the graph.

    An arc that may not turn everywhere arrives at a copy of the crossing, which only the allowed arcs leave.

    Returns
    -------
    ndarray
        Per node of the graph, copies included: the crossing it stands for.
    """
    leaving: defaultdict[int, list[int]] = defaultdict(list)
    arriving: defaultdict[int, list[int]] = defaultdict(list)
    for arc, (tail, head) in enumerate(zip(arcs.tail, arcs.head, strict=True)):
        leaving[tail].append(arc)
        arriving[head].append(arc)
    rules: defaultdict[tuple[int, int], list[TurnRestriction]] = defaultdict(list)
    for restriction in roads.restrictions:
        rules[restriction.via, restriction.origin].append(restriction)

    crossing_of_node = list(range(len(roads.lat)))
    copies: list[tuple[int, list[int]]] = []
    for (via, origin), restrictions in rules.items():
        for arc in arriving[via]:
            if arcs.last_way[arc] != origin:
                continue
            allowed = allowed_turns(arcs, arc, leaving[via], restrictions)
            # A restriction that leaves no way out, or that changes nothing, is a mistake of the map.
            if allowed and len(allowed) < len(leaving[via]):
                copies.append((len(crossing_of_node), allowed))
                arcs.head[arc] = len(crossing_of_node)
                crossing_of_node.append(via)
    # Only now, so that a copied arc, too, arrives at the copy of the crossing at its other end.
    for copy, allowed in copies:
        for arc in allowed:
            arcs.copy_from(arc, tail=copy)
    return np.array(crossing_of_node, dtype=np.int32)


def allowed_turns(arcs: _Arcs, arc: int, leaving: list[int], restrictions: list[TurnRestriction]) -> list[int]:
    """The arcs that may follow ``arc``; turning round on the spot is never one of them."""

    def forbidden(after: int) -> bool:
        return any(
            (arcs.first_way[after] == restriction.target) != restriction.only
            for restriction in restrictions
            if not restriction.u_turn
        )

    return [after for after in leaving if arcs.road[after] != arcs.road[arc] and not forbidden(after)]


def keep_largest_part(network: RoadNetwork) -> RoadNetwork:
    """Keep what can be reached from everywhere and left to everywhere; renumber roads and nodes."""
    ones = np.ones(len(network.tail), dtype=np.int8)
    graph = csr_array((ones, (network.tail, network.head)), shape=(network.num_nodes, network.num_nodes))
    _, part = connected_components(graph, directed=True, connection="strong")
    largest = part == np.bincount(part[network.tail]).argmax()
    arc = np.flatnonzero(largest[network.tail] & largest[network.head])

    kept_roads, road = np.unique(network.road[arc], return_inverse=True)
    nodes, ends = np.unique(np.concatenate([network.tail[arc], network.head[arc]]), return_inverse=True)
    sizes = np.diff(network.first_vertex)
    vertex = np.repeat(np.isin(np.arange(network.num_roads), kept_roads), sizes)
    return RoadNetwork(
        first_vertex=np.concatenate([[0], np.cumsum(sizes[kept_roads])]).astype(np.int32),
        lat=network.lat[vertex],
        lon=network.lon[vertex],
        metres=network.metres[vertex],
        forward_seconds=network.forward_seconds[vertex],
        backward_seconds=network.backward_seconds[vertex],
        stopping=network.stopping[vertex],
        tail=ends[: len(arc)].astype(np.int32),
        head=ends[len(arc) :].astype(np.int32),
        road=road.astype(np.int32),
        forward=network.forward[arc],
        delay=network.delay[arc],
        num_nodes=len(nodes),
    )


def map_key(path: Path) -> str:
    """Key of a map file's content and of the rules it is read by: 16 hexadecimal digits."""
    require_map_file(path)
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
    except OSError as error:
        raise unreadable(path, error) from error
    digest.update(str(FORMAT_VERSION).encode())
    return digest.hexdigest()[:16]


def load_network(path: Path, cache_folder: Path) -> RoadNetwork:
    """
    The network of a map file, prepared once and then read from ``cache_folder``.

    Raises
    ------
    MapFileError
        If the map file is missing or unreadable. A damaged prepared file is no error: it is made again.
    """
    prepared = cache_folder / f"roads-{map_key(path)}.npz"
    network = read_prepared(prepared)
    if network is None:
        network = build_network(read_roads(path))
        write_prepared(network, prepared)
    return network


def read_prepared(prepared: Path) -> RoadNetwork | None:
    """A prepared network, or None if there is none or the file is damaged."""
    try:
        with prepared.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            values = {item.name: arrays[item.name] for item in fields(RoadNetwork)}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None
    return RoadNetwork(**{**values, "num_nodes": int(values["num_nodes"])})


def write_prepared(network: RoadNetwork, prepared: Path) -> None:
    """Write atomically: another process sees the whole file or none."""
    try:
        prepared.parent.mkdir(parents=True, exist_ok=True)
        arrays = {item.name: np.asarray(getattr(network, item.name)) for item in fields(network)}
        # A folder beside the file is on the same disk, as replacing at once needs, and is cleared away after a fault.
        with tempfile.TemporaryDirectory(dir=prepared.parent, prefix="preparing-") as folder:
            part = Path(folder) / prepared.name
            np.savez(part, allow_pickle=False, **arrays)
            part.replace(prepared)
    except OSError as error:
        raise MapFileError(
            f"The prepared roads cannot be written to {prepared.parent} ({error}). "
            "Make the folder writable or choose another cache folder."
        ) from error
