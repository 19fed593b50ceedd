"""Chooses the provider of travel times by name, from plain settings."""

import dataclasses
from pathlib import Path
from typing import Any, TypeVar

from routing.travel.errors import TravelSettingsError
from routing.travel.great_circle import GreatCircleSettings, GreatCircleTravelTimes
from routing.travel.osm import OsmSettings, OsmTravelTimes
from routing.travel.osrm import OsrmSettings, OsrmTravelTimes
from routing.travel.protocol import TravelTimes

Settings = TypeVar("Settings", GreatCircleSettings, OsmSettings, OsrmSettings)
PROVIDERS = ("great_circle", "osm", "osrm")


def travel_times(provider: str, **settings: Any) -> TravelTimes:
    """
    The provider of travel times with this name.

    Parameters
    ----------
    provider
        ``great_circle``, ``osm`` or ``osrm``.
    **settings
        Fields of :class:`GreatCircleSettings`, :class:`OsmSettings` or :class:`OsrmSettings`; ``osm`` also needs
        ``map_file`` and ``cache_folder`` (paths), ``osrm`` needs ``url``.

    Raises
    ------
    TravelSettingsError
        For an unknown provider, an unknown or missing setting, or a value outside its range.
    MapFileError
        If the map file of ``osm`` cannot be used.
    """
    if provider == "great_circle":
        return GreatCircleTravelTimes(from_settings(GreatCircleSettings, provider, settings))
    if provider == "osm":
        rest = dict(settings)
        map_file, cache_folder = (take_path(rest, name) for name in ("map_file", "cache_folder"))
        return OsmTravelTimes(map_file, cache_folder, from_settings(OsmSettings, provider, rest))
    if provider == "osrm":
        return OsrmTravelTimes(from_settings(OsrmSettings, provider, settings))
    raise TravelSettingsError(f"There is no travel provider {provider!r}. Choose one of: {', '.join(PROVIDERS)}.")


def from_settings(kind: type[Settings], provider: str, settings: dict[str, Any]) -> Settings:
    """Settings of this kind; unknown, missing and ill-typed ones are refused by name."""
    fields = {field.name: field for field in dataclasses.fields(kind)}
    unknown = sorted(set(settings) - set(fields))
    if unknown:
        raise TravelSettingsError(
            f"The travel provider {provider!r} has no setting {', '.join(unknown)}. It has: {', '.join(fields)}."
        )
    missing = [name for name, field in fields.items() if field.default is dataclasses.MISSING and name not in settings]
    if missing:
        raise TravelSettingsError(f"The travel provider {provider!r} needs the setting {', '.join(missing)}.")
    try:
        return kind(**settings)
    except TypeError as error:
        raise TravelSettingsError(
            f"A setting of the travel provider {provider!r} has the wrong type: {error}."
        ) from error


def take_path(settings: dict[str, Any], name: str) -> Path:
    """Take a path out of the settings of ``osm``."""
    value = settings.pop(name, None)
    if not isinstance(value, str | Path) or not str(value):
        raise TravelSettingsError(f"The travel provider 'osm' needs the setting {name}, a path; got {value!r}.")
    return Path(value)
