"""The rules of the road on hand-made maps. Residential streets are driven at 25 km/h, so 1 km takes 144 s."""

import itertools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from routing.travel import InvalidPoint, MapFileError, Point, PointOffRoad, TravelSettingsError
from routing.travel.osm import OsmSettings, OsmTravelTimes
from tests.routing.travel.hand_made import at, write_map

DriveOn = Callable[..., OsmTravelTimes]
STREET = {"highway": "residential"}
ONE_WAY = {"highway": "residential", "oneway": "yes"}

# A square block of 1 km, its corners A to D in the order of the clock.
BLOCK = {"A": (0, 0), "B": (0, 1000), "C": (1000, 1000), "D": (1000, 0)}


def seconds(travel: OsmTravelTimes, origin: Point, destination: Point) -> int:
    return int(travel.table([origin], [destination]).seconds[0, 0])


def test_a_straight_street_takes_length_by_speed(drive_on: DriveOn) -> None:
    travel = drive_on({"A": (0, 0), "B": (0, 2000)}, [("AB", STREET)])

    answer = travel.matrix([at(0, 500), at(0, 1500)])

    assert answer.seconds[0, 1] == pytest.approx(144, abs=1)
    assert answer.metres[0, 1] == pytest.approx(1000, abs=1)
    assert answer.seconds.dtype == answer.metres.dtype == np.int32
    assert answer.seconds.diagonal().tolist() == [0, 0]


def test_a_posted_limit_counts(drive_on: DriveOn) -> None:
    travel = drive_on({"A": (0, 0), "B": (0, 2000)}, [("AB", {**STREET, "maxspeed": "50"})])

    assert seconds(travel, at(0, 500), at(0, 1500)) == pytest.approx(90, abs=1)


def test_against_a_one_way_street_one_drives_around_the_block(drive_on: DriveOn) -> None:
    travel = drive_on(BLOCK, [("AB", ONE_WAY), ("BCDA", STREET)])

    answer = travel.matrix([at(0, 200), at(0, 800)])

    assert answer.metres[0, 1] == pytest.approx(600, abs=2)
    assert answer.metres[1, 0] == pytest.approx(3400, abs=4)
    assert answer.seconds[1, 0] > 5 * answer.seconds[0, 1]


def test_a_street_drawn_against_its_direction(drive_on: DriveOn) -> None:
    travel = drive_on(BLOCK, [("AB", {**STREET, "oneway": "-1"}), ("BCDA", STREET)])

    answer = travel.matrix([at(0, 200), at(0, 800)])

    assert answer.metres[1, 0] == pytest.approx(600, abs=2)
    assert answer.metres[0, 1] == pytest.approx(3400, abs=4)


def test_a_roundabout_is_driven_in_its_direction_only(drive_on: DriveOn) -> None:
    arms = {"E": (-500, 0), "F": (1500, 0)}
    ways = [("ADCBA", {**STREET, "junction": "roundabout"}), ("EA", STREET), ("DF", STREET)]
    travel = drive_on({**BLOCK, **arms}, ways)

    answer = travel.matrix([at(-200, 0), at(1200, 0)])

    assert answer.metres[0, 1] == pytest.approx(200 + 1000 + 200, abs=3)
    assert answer.metres[1, 0] == pytest.approx(200 + 3000 + 200, abs=5)


def test_private_streets_and_bollards_are_driven_around(drive_on: DriveOn) -> None:
    private = drive_on(BLOCK, [("AB", {**STREET, "access": "private"}), ("BCDA", STREET)])
    bollard = drive_on(
        {**BLOCK, "M": (0, 500)}, [("AMB", STREET), ("BCDA", STREET)], node_tags={"M": {"barrier": "bollard"}}
    )

    for travel in (private, bollard):
        assert travel.matrix([at(0, 0), at(0, 1000)]).metres[0, 1] == pytest.approx(3000, abs=4)


def test_both_sides_of_a_bollard_can_be_reached(drive_on: DriveOn) -> None:
    travel = drive_on(
        {**BLOCK, "M": (0, 500)}, [("AMB", STREET), ("BCDA", STREET)], node_tags={"M": {"barrier": "bollard"}}
    )

    assert travel.matrix([at(0, 400), at(0, 600)]).metres[0, 1] == pytest.approx(3800, abs=4)


@pytest.mark.parametrize("restriction", [("no_left_turn", 0, "M", 2), ("only_straight_on", 0, "M", 1)])
def test_a_forbidden_turn_is_not_taken(drive_on: DriveOn, restriction: tuple[str, int, str, int]) -> None:
    # From the south to the west at M is forbidden; the way round leads over N, V and W.
    nodes = {"S": (0, -1000), "M": (0, 0), "N": (0, 1000), "W": (-1000, 0), "V": (-1000, 1000)}
    ways = [("SM", STREET), ("MN", STREET), ("MW", STREET), ("NVW", STREET)]
    south, west = at(0, -500), at(-500, 0)

    free = drive_on(nodes, ways).table([south], [west]).metres[0, 0]
    there = drive_on(nodes, ways, restrictions=[restriction]).table([south], [west]).metres[0, 0]
    back = drive_on(nodes, ways, restrictions=[restriction]).table([west], [south]).metres[0, 0]

    assert free == back == pytest.approx(1000, abs=2)
    assert there == pytest.approx(4000, abs=5)


def test_traffic_lights_cost_time(drive_on: DriveOn) -> None:
    nodes, ways = {"A": (0, 0), "M": (0, 500), "B": (0, 1000)}, [("AMB", STREET)]

    dark = seconds(drive_on(nodes, ways), at(0, 100), at(0, 900))
    lit = seconds(drive_on(nodes, ways, node_tags={"M": {"highway": "traffic_signals"}}), at(0, 100), at(0, 900))

    assert lit - dark == 6


def test_a_point_on_an_island_is_served_from_the_mainland(drive_on: DriveOn) -> None:
    travel = drive_on(
        {"A": (0, 0), "B": (0, 2000), "C": (0, 3000), "I": (900, 0), "J": (900, 300)},
        [("AB", STREET), ("BC", STREET), ("IJ", STREET)],
    )

    answer = travel.matrix([at(0, 1000), at(900, 100)])

    assert answer.metres[0, 1] == pytest.approx(900 + 900, abs=3)


def test_a_street_that_leads_nowhere_back_is_left_out(drive_on: DriveOn) -> None:
    # B to X is one-way into a dead end: whoever drives in never returns.
    travel = drive_on({**BLOCK, "X": (0, 1800)}, [("ABCDA", STREET), ("BX", ONE_WAY)])

    assert travel.matrix([at(0, 1700), at(500, 1000)]).metres[0, 1] == pytest.approx(700 + 500, abs=3)


def test_the_way_to_the_road_counts(drive_on: DriveOn) -> None:
    travel = drive_on({"A": (0, 0), "B": (0, 2000)}, [("AB", STREET)])

    answer = travel.matrix([at(150, 500), at(-100, 500)])

    assert answer.metres[0, 1] == pytest.approx(250, abs=1)
    assert answer.seconds[0, 1] == pytest.approx(60, abs=1)  # 250 m at 15 km/h.


def test_nobody_stops_on_the_motorway(drive_on: DriveOn) -> None:
    motorway = {"highway": "motorway", "oneway": "no"}
    travel = drive_on(BLOCK, [("AB", motorway), ("BCDA", STREET)])

    # Fifty metres beside the motorway, four hundred from the street.
    answer = travel.table([at(50, 400)], [at(50, 0)])

    assert answer.metres[0, 0] == pytest.approx(400, abs=2)


def test_a_point_far_from_any_road_is_named(drive_on: DriveOn) -> None:
    travel = drive_on({"A": (0, 0), "B": (0, 2000)}, [("AB", STREET)])

    with pytest.raises(PointOffRoad, match=r"41\.00000, -7\.\d{5} is 5\.0 km from the nearest road of hand_made\.osm"):
        travel.matrix([at(0, 100), at(5000, 0)])


def test_rows_and_columns_agree_with_the_whole_matrix(drive_on: DriveOn) -> None:
    travel = drive_on(BLOCK, [("AB", ONE_WAY), ("BCDA", STREET)])
    points = [at(0, 200), at(0, 800), at(500, 1000), at(1000, 300), at(0, 200)]

    whole = travel.matrix(points)
    row, column = travel.table(points[:1], points), travel.table(points, points[:1])

    assert (row.seconds == whole.seconds[:1]).all()
    assert (column.seconds == whole.seconds[:, :1]).all()
    assert (column.metres == whole.metres[:, :1]).all()
    assert whole.seconds[0, 4] == 0


def test_no_points_make_an_empty_matrix(drive_on: DriveOn) -> None:
    travel = drive_on({"A": (0, 0), "B": (0, 2000)}, [("AB", STREET)])

    assert travel.matrix([]).seconds.shape == (0, 0)
    assert travel.paths([at(0, 0)]) == []


def test_a_path_follows_the_street_around_its_bends(drive_on: DriveOn) -> None:
    travel = drive_on(BLOCK, [("AB", ONE_WAY), ("BCDA", STREET)])
    low, high = at(0, 200), at(0, 800)

    along, around = travel.path(low, high), travel.path(high, low)

    assert along[0] == low
    assert along[-1] == high
    assert [corner for corner in BLOCK.values() if close_to(along, at(*corner))] == []
    assert [corner for corner in BLOCK.values() if close_to(around, at(*corner))] == list(BLOCK.values())


def test_a_route_has_one_path_per_leg(drive_on: DriveOn) -> None:
    travel = drive_on(BLOCK, [("AB", ONE_WAY), ("BCDA", STREET)])
    stops = [at(0, 200), at(0, 800), at(500, 1000), at(500, 1000), at(0, 200)]

    paths = travel.paths(stops)

    assert [(path[0], path[-1]) for path in paths] == list(itertools.pairwise(stops))


def close_to(line: list[Point], point: Point) -> bool:
    return any(abs(p.lat - point.lat) < 1e-6 and abs(p.lon - point.lon) < 1e-6 for p in line)


def test_a_missing_map_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MapFileError, match=r"There is no map file at .*nowhere\.osm\.pbf"):
        OsmTravelTimes(tmp_path / "nowhere.osm.pbf", tmp_path)


@pytest.mark.parametrize("content", [b"", b"not a map", bytes(range(256)) * 40])
def test_a_corrupt_map_file_is_named(tmp_path: Path, content: bytes) -> None:
    damaged = tmp_path / "damaged.osm.pbf"
    damaged.write_bytes(content)

    with pytest.raises(MapFileError, match=r"damaged\.osm\.pbf"):
        OsmTravelTimes(damaged, tmp_path)


def test_a_truncated_map_file_is_named(tmp_path: Path, porto_map: Path) -> None:
    cut = tmp_path / "cut.osm.pbf"
    cut.write_bytes(porto_map.read_bytes()[:200_000])

    with pytest.raises(MapFileError, match=r"cut\.osm\.pbf cannot be read"):
        OsmTravelTimes(cut, tmp_path)


def test_a_map_without_roads_is_refused(tmp_path: Path) -> None:
    path = write_map(tmp_path / "park.osm", {"A": (0, 0), "B": (0, 100)}, [("AB", {"highway": "footway"})])

    with pytest.raises(MapFileError, match="holds no road that a car may drive"):
        OsmTravelTimes(path, tmp_path)


def test_the_prepared_network_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_map(tmp_path / "street.osm", {"A": (0, 0), "B": (0, 2000)}, [("AB", STREET)])
    first = OsmTravelTimes(path, tmp_path / "cache").matrix([at(0, 0), at(0, 900)])
    monkeypatch.setattr("routing.travel.network.read_roads", None)

    second = OsmTravelTimes(path, tmp_path / "cache").matrix([at(0, 0), at(0, 900)])

    assert (second.seconds == first.seconds).all()


@pytest.mark.parametrize("keep", [0, 100, 2000])
def test_a_damaged_prepared_network_is_made_again(tmp_path: Path, keep: int) -> None:
    path = write_map(tmp_path / "street.osm", {"A": (0, 0), "B": (0, 2000)}, [("AB", STREET)])
    first = OsmTravelTimes(path, tmp_path / "cache").matrix([at(0, 0), at(0, 900)])
    (prepared,) = (tmp_path / "cache").iterdir()
    prepared.write_bytes(prepared.read_bytes()[:keep])

    second = OsmTravelTimes(path, tmp_path / "cache").matrix([at(0, 0), at(0, 900)])

    assert (second.seconds == first.seconds).all()
    assert prepared.stat().st_size > keep
    assert list((tmp_path / "cache").iterdir()) == [prepared]


def test_the_name_follows_the_map_and_the_settings(tmp_path: Path) -> None:
    nodes = {"A": (0, 0), "B": (0, 2000)}
    one = write_map(tmp_path / "one.osm", nodes, [("AB", STREET)])
    other = write_map(tmp_path / "other.osm", nodes, [("AB", ONE_WAY), ("BA", ONE_WAY)])
    copy = tmp_path / "copy.osm"
    copy.write_bytes(one.read_bytes())

    names = [OsmTravelTimes(path, tmp_path / "cache").name for path in (one, copy, other)]
    slow = OsmTravelTimes(one, tmp_path / "cache", OsmSettings(approach_kmh=5)).name

    assert names[0] == names[1]
    assert len({names[0], names[2], slow}) == 3


@pytest.mark.parametrize(("lat", "lon"), [(91, 0), (-91, 0), (0, 181), (float("nan"), 0), (0, float("inf"))])
def test_a_point_off_the_globe_is_refused(lat: float, lon: float) -> None:
    with pytest.raises(InvalidPoint, match="Expected latitude -90 to 90"):
        Point(lat, lon)


@pytest.mark.parametrize("wrong", [{"approach_kmh": 0}, {"max_gap_metres": -1}, {"approach_kmh": float("nan")}])
def test_settings_outside_their_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(TravelSettingsError, match=r"Expected .* > 0"):
        OsmSettings(**wrong)
