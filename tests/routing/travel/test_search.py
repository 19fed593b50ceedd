"""The contracted graph against a plain search, segment by segment, on random street grids."""

import heapq
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from routing.travel.extract import RoadMap, read_roads
from routing.travel.network import CROSSING_DELAY_SECONDS, SIGNAL_DELAY_SECONDS
from routing.travel.osm import OsmTravelTimes
from routing.travel.protocol import coordinates, great_circle_metres
from tests.routing.travel.hand_made import Tags, Way, at, write_map

SIZE = 5
Edge = tuple[str, str]


def random_grid(path: Path, seed: int) -> list[tuple[float, float]]:
    """
    Write a grid of streets, some of them one-way or slow, inside a ring that is open both ways.

    Some crossings have lights. Every street has a bend in its middle. Returned are the middles of the ring's streets.
    """
    rng = np.random.default_rng(seed)
    nodes: dict[str, tuple[float, float]] = {}
    ways: list[Way] = []
    middles: list[tuple[float, float]] = []
    for x in range(SIZE):
        for y in range(SIZE):
            nodes[f"{x}.{y}"] = (400 * x + rng.uniform(-50, 50), 400 * y + rng.uniform(-50, 50))
    for one, other in grid_edges():
        middle = f"{one}-{other}"
        nodes[middle] = (
            (nodes[one][0] + nodes[other][0]) / 2 + rng.uniform(-40, 40),
            (nodes[one][1] + nodes[other][1]) / 2 + rng.uniform(-40, 40),
        )
        tags = {"highway": "residential", "maxspeed": str(rng.choice([20, 30, 50, 70]))}
        if is_on_ring(one, other):
            middles.append(nodes[middle])
        elif rng.random() < 0.6:
            tags["oneway"] = str(rng.choice(["yes", "-1"]))
        ways += in_pieces([one, middle, other], tags, split=bool(rng.random() < 0.5))
    lights: dict[str, Tags] = {
        f"{x}.{y}": {"highway": "traffic_signals"} for x in range(SIZE) for y in range(SIZE) if rng.random() < 0.3
    }
    write_map(path, nodes, ways, lights)
    return middles


def grid_edges() -> list[Edge]:
    across = [(f"{x}.{y}", f"{x + 1}.{y}") for x in range(SIZE - 1) for y in range(SIZE)]
    return across + [(f"{x}.{y}", f"{x}.{y + 1}") for x in range(SIZE) for y in range(SIZE - 1)]


def is_on_ring(one: str, other: str) -> bool:
    (x1, y1), (x2, y2) = one.split("."), other.split(".")
    return (x1 == x2 and x1 in {"0", str(SIZE - 1)}) or (y1 == y2 and y1 in {"0", str(SIZE - 1)})


def in_pieces(letters: Sequence[str], tags: Tags, *, split: bool) -> list[Way]:
    """A street as one way, or as one per segment."""
    return [([a, b], tags) for a, b in itertools.pairwise(letters)] if split else [(letters, tags)]


def plain_search(roads: RoadMap, start: int) -> list[float]:
    """Seconds from a node to all others over single segments, by the textbook."""
    degree = np.bincount(np.concatenate([roads.tail, roads.head]), minlength=len(roads.lat))
    delay = np.where(roads.signal, SIGNAL_DELAY_SECONDS, np.where(degree >= 3, CROSSING_DELAY_SECONDS, 0.0))
    steps: list[list[tuple[int, float]]] = [[] for _ in roads.lat]
    for i, (tail, head) in enumerate(zip(roads.tail.tolist(), roads.head.tolist(), strict=True)):
        for a, b, kmh in ((tail, head, roads.forward_kmh[i]), (head, tail, roads.backward_kmh[i])):
            if kmh > 0:
                steps[a].append((b, roads.metres[i] * 3.6 / kmh + delay[b]))
    seconds = [float("inf")] * len(steps)
    seconds[start], queue = 0.0, [(0.0, start)]
    while queue:
        so_far, node = heapq.heappop(queue)
        for following, step in steps[node] if so_far <= seconds[node] else []:
            if so_far + step < seconds[following]:
                seconds[following] = so_far + step
                heapq.heappush(queue, (so_far + step, following))
    return seconds


@pytest.mark.parametrize("seed", range(6))
def test_contraction_changes_no_time(tmp_path: Path, seed: int) -> None:
    middles = random_grid(tmp_path / "grid.osm", seed)
    points = [at(*middle) for middle in middles]
    roads = read_roads(tmp_path / "grid.osm")
    node = [int(np.hypot(roads.lat - p.lat, roads.lon - p.lon).argmin()) for p in points]

    seconds = OsmTravelTimes(tmp_path / "grid.osm", tmp_path / "cache").matrix(points).seconds

    expected = np.array([[plain_search(roads, start)[goal] for goal in node] for start in node])
    assert np.abs(seconds - expected).max() < 1.5


@pytest.mark.parametrize("seed", range(6))
def test_drawn_paths_are_as_long_as_the_way_found(tmp_path: Path, seed: int) -> None:
    points = [at(*middle) for middle in random_grid(tmp_path / "grid.osm", seed)]
    travel = OsmTravelTimes(tmp_path / "grid.osm", tmp_path / "cache")
    stops = [points[i] for i in np.random.default_rng(seed).integers(0, len(points), 40)]

    metres = travel.matrix(stops).metres

    for leg, path in enumerate(travel.paths(stops)):
        lat, lon = coordinates(path)
        drawn = great_circle_metres(lat[:-1], lon[:-1], lat[1:], lon[1:]).sum()
        assert drawn == pytest.approx(metres[leg, leg + 1], abs=1.5)
