"""Travel times and routes on the map behind one protocol: great circle, an OpenStreetMap extract, a road server."""

from routing.travel.errors import (
    InvalidPoint,
    MapFileError,
    PointOffRoad,
    RoadServerError,
    TravelError,
    TravelSettingsError,
)
from routing.travel.protocol import Point, TravelMatrix, TravelTimes
from routing.travel.providers import PROVIDERS, travel_times

__all__ = [
    "PROVIDERS",
    "InvalidPoint",
    "MapFileError",
    "Point",
    "PointOffRoad",
    "RoadServerError",
    "TravelError",
    "TravelMatrix",
    "TravelSettingsError",
    "TravelTimes",
    "travel_times",
]
