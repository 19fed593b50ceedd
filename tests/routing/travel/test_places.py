from pathlib import Path

import pytest

from routing.travel import MapFileError
from routing.travel.places import Street, read_streets
from tests.routing.travel.hand_made import at, write_map


def named(name: str, **tags: str) -> dict[str, str]:
    return {"highway": "residential", "name": name, **tags}


def test_a_street_has_positions_along_it(tmp_path: Path) -> None:
    path = write_map(tmp_path / "m.osm", {"A": (0, 0), "B": (0, 380)}, [("AB", named("Rua Direita"))])

    (street,) = read_streets(path)

    assert street.name == "Rua Direita"
    assert street.postcode is None
    assert len(street.points) == 10
    assert [p.metres for p in street.points] == list(range(0, 380, 38))
    assert all(p.point.lon == -8.0 and at(0, 0).lat < p.point.lat < at(0, 380).lat for p in street.points)


def test_pieces_of_a_street_belong_together_and_other_towns_do_not(tmp_path: Path) -> None:
    nodes = {"A": (0, 0), "B": (0, 190), "C": (0, 380), "D": (0, 9000), "E": (0, 9100)}
    ways = [("AB", named("Rua Nova", postal_code="4000")), ("BC", named("Rua Nova")), ("DE", named("Rua Nova"))]

    north, south = read_streets(write_map(tmp_path / "m.osm", nodes, ways))

    assert north.points[0].point.lat > south.points[0].point.lat
    assert (len(north.points), len(south.points)) == (3, 10)
    assert (north.postcode, south.postcode) == (None, "4000")


def test_only_streets_with_addresses_that_a_van_can_reach_count(tmp_path: Path) -> None:
    nodes = {"A": (0, 0), "B": (0, 100), "C": (0, 200), "D": (0, 300), "E": (0, 400), "F": (0, 500)}
    ways = [
        ("AB", named("Rua Aberta")),
        ("BC", {**named("Rua a Pé"), "highway": "pedestrian"}),
        ("CD", {**named("Autoestrada"), "highway": "motorway"}),
        ("DE", named("Rua Privada", access="private")),
        ("EF", {"highway": "residential"}),
    ]

    streets = read_streets(write_map(tmp_path / "m.osm", nodes, ways))

    assert [street.name for street in streets] == ["Rua Aberta"]


def test_where_people_walk_and_wait_is_the_centre(tmp_path: Path) -> None:
    nodes = {"A": (0, 0), "B": (0, 100), "C": (5000, 0), "D": (5000, 100), "P": (50, 50), "Q": (90, 50)}
    ways = [("AB", named("Rua do Centro")), ("CD", named("Rua do Campo")), ("PQ", {"highway": "pedestrian"})]
    lights = {"A": {"highway": "traffic_signals"}, "Q": {"shop": "bakery"}}

    field, centre = read_streets(write_map(tmp_path / "m.osm", nodes, ways, lights))

    assert (field.name, centre.name) == ("Rua do Campo", "Rua do Centro")
    assert max(p.centrality for p in centre.points) == 1.0
    assert all(0 <= p.centrality < 0.5 for p in field.points)


def test_a_map_without_street_names_is_refused(tmp_path: Path) -> None:
    path = write_map(tmp_path / "m.osm", {"A": (0, 0), "B": (0, 100)}, [("AB", {"highway": "residential"})])

    with pytest.raises(MapFileError, match="names no street"):
        read_streets(path)


@pytest.fixture(scope="module")
def porto_streets(porto_map: Path) -> list[Street]:
    return read_streets(porto_map)


def test_the_centre_of_porto_is_found(porto_streets: list[Street]) -> None:
    points = [(p.centrality, street.name) for street in porto_streets for p in street.points]
    liveliest = {name for _, name in sorted(points, reverse=True)[:300]}

    assert len(porto_streets) > 7000
    assert {"Rua da Fábrica", "Praça da Liberdade"} & liveliest
    assert sorted(c for c, _ in points)[len(points) // 2] < 0.3
