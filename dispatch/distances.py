"""Distances as the crow flies, for putting places in order and for estimates; travel times come from ``routing``."""

import math

from routing.travel import Point
from routing.travel.protocol import EARTH_RADIUS_METRES

METRES_PER_DEGREE = math.radians(EARTH_RADIUS_METRES)

# Latitude and longitude, where they are known.
MaybePosition = tuple[float | None, float | None]


def metres_between(one: Point, other: Point) -> float:
    """The distance on a map that is flat over a region."""
    east = (other.lon - one.lon) * math.cos(math.radians(one.lat))
    return math.hypot(other.lat - one.lat, east) * METRES_PER_DEGREE


def metres_if_known(one: MaybePosition, other: MaybePosition) -> float:
    """The same for places that may have no position; those count as near."""
    (lat, lon), (other_lat, other_lon) = one, other
    if lat is None or lon is None or other_lat is None or other_lon is None:
        return 0.0
    return metres_between(Point(lat, lon), Point(other_lat, other_lon))
