"""Travel times on the roads of an OpenStreetMap extract."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from routing.travel.network import load_network, map_key
from routing.travel.protocol import Point, TravelMatrix, require_positive
from routing.travel.search import RoadSearch
from routing.travel.snapping import Snapped, Snapper


@dataclass(frozen=True, slots=True)
class OsmSettings:
    """
    Settings of :class:`OsmTravelTimes`.

    Parameters
    ----------
    approach_kmh
        Speed between a point and the nearest road; the map does not know the way there.
    max_gap_metres
        A point farther than this from any road is refused.
    """

    approach_kmh: float = 15.0
    max_gap_metres: float = 3000.0

    def __post_init__(self) -> None:
        require_positive("approach_kmh", self.approach_kmh)
        require_positive("max_gap_metres", self.max_gap_metres)


class OsmTravelTimes:
    """
    Fastest ways by car on the roads of an OpenStreetMap extract.

    Parameters
    ----------
    map_file
        An ``.osm.pbf`` extract that covers all points.
    cache_folder
        Where the prepared network is kept. It is made again when the map file or the rules change, or when damaged.
    settings
        See :class:`OsmSettings`.

    Raises
    ------
    MapFileError
        If the map file is missing, unreadable or without roads, or the cache folder cannot be written.
    """

    def __init__(self, map_file: Path, cache_folder: Path, settings: OsmSettings | None = None) -> None:
        self.settings = settings or OsmSettings()
        self.map_file = map_file
        self.name = f"osm-{map_key(map_file)}-{self.settings.approach_kmh:g}-{self.settings.max_gap_metres:g}"
        self.network = load_network(map_file, cache_folder)
        self._snapper = Snapper(self.network)
        self._search = RoadSearch(self.network)

    def matrix(self, points: Sequence[Point]) -> TravelMatrix:
        """Travel among all of ``points``. Raises PointOffRoad."""
        return self.table(points, points)

    def table(self, origins: Sequence[Point], destinations: Sequence[Point]) -> TravelMatrix:
        """Travel from each origin to each destination. Raises PointOffRoad."""
        # A technician's home or a shop with several jobs comes several times; each place is searched once.
        index = {point: i for i, point in enumerate(dict.fromkeys((*origins, *destinations)))}
        places = self._snap(list(index))
        rows = np.array([index[p] for p in origins], dtype=np.int32)
        columns = np.array([index[p] for p in destinations], dtype=np.int32)
        distinct_rows, row = np.unique(rows, return_inverse=True)
        distinct_columns, column = np.unique(columns, return_inverse=True)

        seconds, metres = self._search.table(places, distinct_rows, distinct_columns)
        gaps = places.gap_metres[distinct_rows][:, None] + places.gap_metres[distinct_columns][None, :]
        same = distinct_rows[:, None] == distinct_columns[None, :]
        seconds = np.where(same, 0, seconds + gaps * 3.6 / self.settings.approach_kmh)
        metres = np.where(same, 0, metres + gaps)
        expand = np.ix_(row, column)
        return TravelMatrix(
            seconds=np.ceil(seconds).astype(np.int32)[expand], metres=np.ceil(metres).astype(np.int32)[expand]
        )

    def path(self, origin: Point, destination: Point) -> list[Point]:
        """The line along the streets from ``origin`` to ``destination``. Raises PointOffRoad."""
        return self.paths([origin, destination])[0]

    def paths(self, stops: Sequence[Point]) -> list[list[Point]]:
        """The line along the streets for each pair of consecutive stops. Raises PointOffRoad."""
        if len(stops) < 2:
            return []
        places = self._snap(stops)
        legs = zip(itertools.pairwise(range(len(stops))), self._search.ways(places), strict=True)
        return [self._line(stops, places, origin, destination, ranges) for (origin, destination), ranges in legs]

    def _snap(self, points: Sequence[Point]) -> Snapped:
        return self._snapper.snap(points, max_gap_metres=self.settings.max_gap_metres, map_name=self.map_file.name)

    def _line(
        self, stops: Sequence[Point], places: Snapped, origin: int, destination: int, ranges: list[range]
    ) -> list[Point]:
        """From a stop to its place on the road, along the roads, and from there to the next stop."""
        lat, lon = self.network.lat, self.network.lon
        on_roads = [Point(float(lat[v]), float(lon[v])) for vertices in ranges for v in vertices]
        line = [stops[origin], place_at(places, origin), *on_roads, place_at(places, destination), stops[destination]]
        # Two roads share the crossing between them; it is drawn once.
        return [point for i, point in enumerate(line) if i == 0 or point != line[i - 1]]


def place_at(places: Snapped, i: int) -> Point:
    """A place on the road as a point."""
    return Point(float(places.lat[i]), float(places.lon[i]))
