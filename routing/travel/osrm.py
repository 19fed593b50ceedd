"""
Travel times from a road server that speaks the HTTP interface of OSRM (services ``table`` and ``route``, version 1).

See https://project-osrm.org/docs/v5.24.0/api/.
"""

import itertools
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

import numpy as np
import numpy.typing as npt

from routing.travel.errors import PointOffRoad, RoadServerError, TravelSettingsError
from routing.travel.protocol import Point, TravelMatrix, require_positive

# Codes with which the server says that a point cannot be reached on its map.
OFF_ROAD_CODES = frozenset({"NoSegment", "NoRoute", "NoTable"})
# An answer that is longer than this is not an answer of the table service.
MAX_ANSWER_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class OsrmSettings:
    """
    Settings of :class:`OsrmTravelTimes`.

    Parameters
    ----------
    url
        Address of the server, as ``http://localhost:5000``.
    profile
        Name of the profile in the address of a request.
    map_version
        Goes into the name of the provider. Change it when the server gets a new map: cached times are then not reused.
    timeout_seconds
        How long to wait for an answer.
    max_table_size
        Most points in one request; ``--max-table-size`` of the server (100 unless set).
    """

    url: str
    profile: str = "driving"
    map_version: str = "1"
    timeout_seconds: float = 30.0
    max_table_size: int = 100

    def __post_init__(self) -> None:
        parts = urllib.parse.urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise TravelSettingsError(f"Expected the road server's url as http://host:port, got {self.url!r}.")
        require_positive("timeout_seconds", self.timeout_seconds)
        if self.max_table_size < 2:
            raise TravelSettingsError(f"Expected max_table_size >= 2, got {self.max_table_size}.")


class OsrmTravelTimes:
    """Travel times of a road server."""

    def __init__(self, settings: OsrmSettings) -> None:
        self.settings = settings
        self._url = settings.url.rstrip("/")
        self.name = f"osrm-{self._url}-{settings.profile}-{settings.map_version}"

    def matrix(self, points: Sequence[Point]) -> TravelMatrix:
        """Travel among all of ``points``. Raises PointOffRoad, RoadServerError."""
        return self.table(points, points)

    def table(self, origins: Sequence[Point], destinations: Sequence[Point]) -> TravelMatrix:
        """Travel from each origin to each destination. Raises PointOffRoad, RoadServerError."""
        seconds = np.zeros((len(origins), len(destinations)), dtype=np.int32)
        metres = np.zeros_like(seconds)
        size = self.settings.max_table_size // 2
        for row, column in itertools.product(range(0, len(origins), size), range(0, len(destinations), size)):
            block = np.s_[row : row + size, column : column + size]
            seconds[block], metres[block] = self._block(origins[row : row + size], destinations[column : column + size])
        same = np.array([[origin == destination for destination in destinations] for origin in origins], dtype=np.bool_)
        seconds[same.reshape(seconds.shape)] = 0
        metres[same.reshape(metres.shape)] = 0
        return TravelMatrix(seconds=seconds, metres=metres)

    def path(self, origin: Point, destination: Point) -> list[Point]:
        """The line along the streets from ``origin`` to ``destination``. Raises PointOffRoad, RoadServerError."""
        query = {"overview": "full", "geometries": "geojson"}
        answer = self._ask("route", [origin, destination], query)
        try:
            line = [Point(lat, lon) for lon, lat in answer["routes"][0]["geometry"]["coordinates"]]
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise self._nonsense("a route without a line") from error
        return [origin, *line, destination]

    def paths(self, stops: Sequence[Point]) -> list[list[Point]]:
        """The line for each pair of consecutive stops. Raises PointOffRoad, RoadServerError."""
        return [self.path(origin, destination) for origin, destination in itertools.pairwise(stops)]

    def _block(
        self, origins: Sequence[Point], destinations: Sequence[Point]
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Seconds and metres of one request."""
        query = {
            "sources": ";".join(map(str, range(len(origins)))),
            "destinations": ";".join(map(str, range(len(origins), len(origins) + len(destinations)))),
            "annotations": "duration,distance",
        }
        answer = self._ask("table", [*origins, *destinations], query)
        shape = (len(origins), len(destinations))
        return (
            self._numbers(answer, "durations", shape, origins, destinations),
            self._numbers(answer, "distances", shape, origins, destinations),
        )

    def _numbers(
        self,
        answer: dict[str, Any],
        key: str,
        shape: tuple[int, int],
        origins: Sequence[Point],
        destinations: Sequence[Point],
    ) -> npt.NDArray[np.int32]:
        """One matrix of an answer, rounded up."""
        try:
            values = np.array(answer[key], dtype=np.float64)
        except (KeyError, TypeError, ValueError) as error:
            raise self._nonsense(f"no usable {key!r}") from error
        if values.shape != shape:
            raise self._nonsense(f"{key!r} of shape {values.shape} where {shape} was expected")
        # A missing entry arrives as null, which becomes NaN.
        missing = np.argwhere(np.isnan(values))
        if len(missing):
            i, j = missing[0]
            raise PointOffRoad(
                f"The road server at {self._url} knows no way from {origins[i]} to {destinations[j]}. "
                "Correct the positions or give the server a map that covers both."
            )
        if not (values >= 0).all() or not (values < np.iinfo(np.int32).max).all():
            raise self._nonsense(f"{key!r} outside 0 to {np.iinfo(np.int32).max}")
        return np.ceil(values).astype(np.int32)

    def _ask(self, service: str, points: Sequence[Point], query: dict[str, str]) -> dict[str, Any]:
        """One request; the answer when the server says ``Ok``."""
        places = ";".join(f"{point.lon:.6f},{point.lat:.6f}" for point in points)
        # OSRM separates by plain semicolons and commas; nothing else in the query needs quoting.
        options = urllib.parse.urlencode(query, safe=";,")
        answer = self._fetch(f"{self._url}/{service}/v1/{self.settings.profile}/{places}?{options}")
        if answer.get("code") == "Ok":
            return answer
        said = f"{answer.get('code', 'no code')}: {answer.get('message', 'no message')}"
        if answer.get("code") in OFF_ROAD_CODES:
            raise PointOffRoad(
                f"The road server at {self._url} cannot reach one of {len(points)} points ({said}). "
                "Correct the position or give the server a map that covers it."
            )
        raise RoadServerError(
            f"The road server at {self._url} refused a {service} of {len(points)} points ({said}). "
            f"Check the profile {self.settings.profile!r} and that max_table_size, "
            f"{self.settings.max_table_size}, is not above the server's."
        )

    def _fetch(self, url: str) -> dict[str, Any]:
        """The JSON object at an address, also when it comes with an error status."""
        try:
            body = self._read(url)
        except (OSError, HTTPException) as error:
            reason = getattr(error, "reason", None) or error
            raise RoadServerError(
                f"The road server at {self._url} did not answer within {self.settings.timeout_seconds:g} s ({reason}). "
                "Start it, correct its address, or choose the travel provider osm or great_circle."
            ) from error
        try:
            answer = json.loads(body)
        except ValueError as error:
            raise self._nonsense("something that is not JSON") from error
        if not isinstance(answer, dict):
            raise self._nonsense("JSON that is not an object")
        return answer

    def _read(self, url: str) -> bytes:
        try:
            # The address is http or https: OsrmSettings refuses everything else.
            response = urllib.request.urlopen(url, timeout=self.settings.timeout_seconds)  # noqa: S310
        except urllib.error.HTTPError as error:
            # A refusal, too, carries an answer that says why.
            response = error
        with response:
            body: bytes = response.read(MAX_ANSWER_BYTES)
        return body

    def _nonsense(self, what: str) -> RoadServerError:
        return RoadServerError(
            f"The road server at {self._url} answered with {what}. Check that this is the address of an OSRM server."
        )
