"""The one form in which the rest of the house asks for travel times."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from routing.travel.errors import InvalidPoint, TravelSettingsError

Int32Matrix = npt.NDArray[np.int32]

# Mean radius of the Earth in metres (IUGG).
EARTH_RADIUS_METRES = 6_371_008.8


@dataclass(frozen=True, slots=True)
class Point:
    """
    A place on the globe.

    Parameters
    ----------
    lat, lon
        Degrees, WGS 84; latitude -90 to 90, longitude -180 to 180.

    Raises
    ------
    InvalidPoint
        For a coordinate that is outside its range or not a number.
    """

    lat: float
    lon: float

    def __post_init__(self) -> None:
        # Written so that NaN, which compares false with everything, is refused too.
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            raise InvalidPoint(
                f"Expected latitude -90 to 90 and longitude -180 to 180 in degrees, got {self.lat}, {self.lon}. "
                "Check that the two are not swapped and use a decimal point."
            )

    def __str__(self) -> str:
        return f"{self.lat:.5f}, {self.lon:.5f}"


@dataclass(frozen=True, slots=True, eq=False)
class TravelMatrix:
    """
    Travel from every origin (row) to every destination (column); not symmetric.

    Attributes
    ----------
    seconds, metres
        ``int32``, one row per origin and one column per destination, rounded up. From a place to itself it is 0.
    """

    seconds: Int32Matrix
    metres: Int32Matrix


class TravelTimes(Protocol):
    """
    A provider of travel times between points.

    Every method raises a :class:`routing.travel.errors.TravelError` when it cannot answer; it never guesses.
    """

    @property
    def name(self) -> str:
        """Stable key for caches: changes whenever the answers may change (settings, map file)."""
        ...

    def matrix(self, points: Sequence[Point]) -> TravelMatrix:
        """Travel among all of ``points``: ``n`` x ``n``."""
        ...

    def table(self, origins: Sequence[Point], destinations: Sequence[Point]) -> TravelMatrix:
        """Travel from each origin to each destination: what a live insertion needs, one row and one column."""
        ...

    def path(self, origin: Point, destination: Point) -> list[Point]:
        """The line to draw from ``origin`` to ``destination``, both included."""
        ...

    def paths(self, stops: Sequence[Point]) -> list[list[Point]]:
        """The lines to draw for a route: one per pair of consecutive stops."""
        ...


def great_circle_metres(
    lat1: npt.NDArray[np.float64],
    lon1: npt.NDArray[np.float64],
    lat2: npt.NDArray[np.float64],
    lon2: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """
    Great-circle distance by the haversine formula (exact also for close points), broadcasting.

    Parameters
    ----------
    lat1, lon1, lat2, lon2
        Degrees, WGS 84.

    Returns
    -------
    ndarray
        Metres on a sphere of :data:`EARTH_RADIUS_METRES`.
    """
    phi1, phi2 = np.radians(lat1), np.radians(lat2)
    half_dphi, half_dlambda = (phi2 - phi1) / 2, np.radians(lon2 - lon1) / 2
    a = np.sin(half_dphi) ** 2 + np.cos(phi1) * np.cos(phi2) * np.sin(half_dlambda) ** 2
    return np.asarray(2 * EARTH_RADIUS_METRES * np.arcsin(np.minimum(1.0, np.sqrt(a))), dtype=np.float64)


def coordinates(points: Sequence[Point]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Latitudes and longitudes of ``points`` in degrees."""
    return np.array([p.lat for p in points], dtype=np.float64), np.array([p.lon for p in points], dtype=np.float64)


def require_positive(name: str, value: float) -> float:
    """Refuse a setting that is not a positive, finite number."""
    if not (value > 0 and math.isfinite(value)):
        raise TravelSettingsError(f"Expected {name} > 0, got {value}.")
    return value
