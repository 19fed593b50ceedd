"""Hand-made maps of a few streets, and the map of Porto that the demonstration uses."""

from collections.abc import Callable
from pathlib import Path

import pytest

from routing.travel.osm import OsmTravelTimes
from tests.made_once import made_once
from tests.routing.travel.hand_made import write_map

PORTO = Path(__file__).parents[3] / "demo_data" / "porto_portugal.osm.pbf"


@pytest.fixture
def drive_on(tmp_path: Path) -> Callable[..., OsmTravelTimes]:
    """Travel times on a hand-made map; takes what ``write_map`` takes after the path."""

    def load(*args: object, **kwargs: object) -> OsmTravelTimes:
        return OsmTravelTimes(write_map(tmp_path / "hand_made.osm", *args, **kwargs), tmp_path / "cache")  # type: ignore[arg-type]

    return load


@pytest.fixture(scope="session")
def porto_map() -> Path:
    return PORTO


@pytest.fixture(scope="session")
def porto(tmp_path_factory: pytest.TempPathFactory) -> OsmTravelTimes:
    """Travel times on the roads of greater Porto, prepared once per test run."""
    prepared = made_once(tmp_path_factory, "roads", lambda folder: OsmTravelTimes(PORTO, folder))
    return OsmTravelTimes(PORTO, prepared)
