"""Real roads: what must hold of any answer, on the map of the demonstration."""

import numpy as np
import pytest

from routing.travel import Point
from routing.travel.great_circle import GreatCircleTravelTimes
from routing.travel.osm import OsmTravelTimes
from routing.travel.protocol import coordinates, great_circle_metres
from routing.travel.snapping import Snapper, on_sphere

# Around greater Porto: centre, airport, Gaia beyond the river, Matosinhos, Gondomar, Valongo, Espinho, Póvoa de Varzim.
PLACES = [
    Point(41.1496, -8.6110),
    Point(41.2370, -8.6700),
    Point(41.1240, -8.6110),
    Point(41.1820, -8.6890),
    Point(41.1440, -8.5330),
    Point(41.1890, -8.4990),
    Point(41.0070, -8.6410),
    Point(41.3800, -8.7600),
]


def test_times_are_those_of_a_van_on_roads(porto: OsmTravelTimes) -> None:
    road, straight = porto.matrix(PLACES), GreatCircleTravelTimes().matrix(PLACES)
    apart = ~np.eye(len(PLACES), dtype=bool)

    speeds_kmh = road.metres[apart] / road.seconds[apart] * 3.6
    detours = road.metres[apart] / (straight.metres[apart] / 1.62)

    assert 15 < speeds_kmh.min() <= speeds_kmh.max() < 90
    assert 1.0 < detours.min() <= detours.max() < 3.0
    assert (road.seconds != road.seconds.T).any()


def test_no_detour_over_a_third_place_is_faster(porto: OsmTravelTimes) -> None:
    seconds = porto.matrix(PLACES).seconds

    over_third = (seconds[:, :, None] + seconds[None, :, :]).min(axis=1)

    assert (seconds <= over_third).all()


def test_paths_are_as_long_as_the_matrix_says(porto: OsmTravelTimes) -> None:
    metres = porto.matrix(PLACES).metres

    for leg, path in enumerate(porto.paths(PLACES)):
        lat, lon = coordinates(path)
        drawn = great_circle_metres(lat[:-1], lon[:-1], lat[1:], lon[1:]).sum()
        assert drawn == pytest.approx(metres[leg, leg + 1], rel=0.001, abs=2)


def test_the_nearest_road_is_found_among_all(porto: OsmTravelTimes) -> None:
    network = porto.network
    rng = np.random.default_rng(7)
    points = [
        Point(lat, lon) for lat, lon in zip(rng.uniform(41.0, 41.38, 25), rng.uniform(-8.75, -8.38, 25), strict=True)
    ]

    gaps = Snapper(network).snap(points, max_gap_metres=9000, map_name="Porto").gap_metres

    xyz = on_sphere(network.lat, network.lon)
    vertex = np.flatnonzero(network.stopping)
    start, step = xyz[vertex], xyz[vertex + 1] - xyz[vertex]
    for position, gap in zip(on_sphere(*coordinates(points)), gaps, strict=True):
        share = np.clip(((position - start) * step).sum(axis=1) / np.maximum((step**2).sum(axis=1), 1e-9), 0, 1)
        assert gap == pytest.approx(np.linalg.norm(position - start - share[:, None] * step, axis=1).min(), abs=0.01)
