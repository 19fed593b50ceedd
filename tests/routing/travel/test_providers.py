from pathlib import Path
from typing import Any

import pytest

from routing.travel import MapFileError, TravelSettingsError, travel_times


def test_a_provider_is_chosen_by_name_with_its_settings() -> None:
    assert travel_times("great_circle", base_seconds=60).name == "great_circle-0.086-60-1.62"
    assert travel_times("osrm", url="http://roads.example/").name == "osrm-http://roads.example-driving-1"


def test_the_map_provider_needs_its_files(tmp_path: Path, porto_map: Path) -> None:
    with pytest.raises(MapFileError, match="There is no map file"):
        travel_times("osm", map_file=tmp_path / "nowhere.osm.pbf", cache_folder=tmp_path)


@pytest.mark.parametrize(
    ("provider", "settings", "sentence"),
    [
        ("google", {}, "no travel provider 'google'. Choose one of: great_circle, osm, osrm."),
        ("great_circle", {"speed": 3}, "'great_circle' has no setting speed. It has: seconds_per_metre, "),
        ("great_circle", {"base_seconds": "fast"}, "wrong type"),
        ("osm", {"map_file": "map.osm.pbf"}, "'osm' needs the setting cache_folder, a path; got None"),
        ("osm", {"map_file": "", "cache_folder": "x"}, "'osm' needs the setting map_file, a path; got ''"),
        ("osrm", {}, "'osrm' needs the setting url."),
        ("osrm", {"url": "file:///etc/hosts"}, "Expected the road server's url as http://host:port"),
        ("osrm", {"url": "http://roads.example", "max_table_size": 1}, "Expected max_table_size >= 2, got 1."),
    ],
)
def test_wrong_settings_are_refused_by_name(provider: str, settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(TravelSettingsError) as refused:
        travel_times(provider, **settings)

    assert sentence in str(refused.value)
