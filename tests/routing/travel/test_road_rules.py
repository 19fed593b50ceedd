import pytest

from routing.travel.road_rules import Driving, blocks, driving, posted_limit_kmh


def test_a_residential_street_is_open_both_ways_at_the_usual_speed() -> None:
    assert driving({"highway": "residential"}) == Driving(25.0, 25.0, stopping=True)


@pytest.mark.parametrize(
    ("tags", "along", "against"),
    [
        ({"oneway": "yes"}, True, False),
        ({"oneway": "1"}, True, False),
        ({"oneway": "-1"}, False, True),
        ({"oneway": "no"}, True, True),
        ({"junction": "roundabout"}, True, False),  # Implied.
        ({"junction": "roundabout", "oneway": "no"}, True, True),  # Said otherwise.
        ({"highway": "motorway"}, True, False),  # Implied.
        ({"highway": "motorway_link"}, True, True),  # Not implied.
    ],
)
def test_direction_of_driving(tags: dict[str, str], along: bool, against: bool) -> None:
    found = driving({"highway": "residential", **tags})

    assert found is not None
    assert (found.forward_kmh > 0, found.backward_kmh > 0) == (along, against)


@pytest.mark.parametrize(
    "tags",
    [
        {"highway": "footway"},
        {"highway": "pedestrian"},
        {"highway": "proposed"},
        {},
        {"highway": "service", "access": "private"},
        {"highway": "residential", "motor_vehicle": "no"},
        {"highway": "residential", "access": "yes", "motorcar": "no"},  # The most specific key decides.
        {"highway": "service", "area": "yes"},  # A square, not a line.
        {"highway": "primary", "oneway": "reversible"},  # Nobody knows at which hour the van passes.
    ],
)
def test_ways_that_a_van_may_not_use(tags: dict[str, str]) -> None:
    assert driving(tags) is None


def test_a_car_permit_beats_a_general_ban() -> None:
    assert driving({"highway": "service", "access": "no", "motorcar": "yes"}) is not None


def test_streets_only_for_those_who_go_there_are_slow() -> None:
    found = driving({"highway": "residential", "access": "destination"})

    assert found is not None
    assert found.forward_kmh == 10.0


def test_a_limit_replaces_the_usual_speed_in_its_direction() -> None:
    found = driving({"highway": "secondary", "maxspeed": "90", "maxspeed:backward": "50"})

    assert found == Driving(72.0, 40.0, stopping=True)


def test_a_bad_surface_limits_the_speed() -> None:
    found = driving({"highway": "primary", "surface": "cobblestone"})

    assert found is not None
    assert found.forward_kmh == 30.0


def test_nobody_stops_on_a_motorway() -> None:
    found = driving({"highway": "motorway"})

    assert found is not None
    assert not found.stopping


@pytest.mark.parametrize(
    ("text", "kmh"),
    [
        ("50", 50.0),
        ("50; 40", 50.0),
        ("30 mph", 48.28032),
        ("PT:urban", None),
        ("none", None),
        ("0", None),  # A typing error must not close a road.
        ("", None),
    ],
)
def test_posted_limits(text: str, kmh: float | None) -> None:
    assert posted_limit_kmh(text) == kmh


@pytest.mark.parametrize(
    ("tags", "blocked"),
    [
        ({"barrier": "bollard"}, True),
        ({"barrier": "gate"}, False),
        ({"barrier": "gate", "access": "private"}, True),
        ({"barrier": "bollard", "motor_vehicle": "yes"}, False),  # It can be lowered.
        ({"barrier": "toll_booth"}, False),
        ({"highway": "crossing"}, False),
    ],
)
def test_barriers(tags: dict[str, str], blocked: bool) -> None:
    assert blocks(tags) == blocked
