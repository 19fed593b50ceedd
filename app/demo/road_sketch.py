"""The major roads of the map as lines to draw the board on, small enough to send to a browser."""

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import osmium

from dispatch.distances import METRES_PER_DEGREE
from routing.travel.errors import MapFileError
from routing.travel.extract import require_map_file, unreadable

# Class in the file by kind of road on the map; the rest is not drawn.
CLASSES = {
    "motorway": "motorway",
    "trunk": "motorway",
    "primary": "primary",
    "secondary": "secondary",
    "tertiary": "tertiary",
}
# A line may leave the road by this much.
TOLERANCE_METRES = 30.0
Position = tuple[float, float]
Line = npt.NDArray[np.float64]


def write_road_sketch(map_file: Path, file: Path) -> None:
    """
    Write ``[{"class": "primary", "line": [[lat, lon], ...]}, ...]``, the greatest roads first.

    Raises MapFileError if the map file is missing or damaged.
    """
    roads = sketch_roads(map_file)
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_text(json.dumps(roads, separators=(",", ":")))
    # In one step: a page that reads the file meanwhile sees the old one or the new one.
    part.replace(file)


def sketch_roads(map_file: Path) -> list[dict[str, Any]]:
    """The major roads, joined where one goes on as the next and thinned out."""
    require_map_file(map_file)
    try:
        ways = list(_read_ways(map_file))
    except (RuntimeError, OSError, ValueError) as error:
        raise unreadable(map_file, error) from error
    if not ways:
        raise MapFileError(f"The map file {map_file} holds no major road. Use an extract that contains a town.")
    order = list(dict.fromkeys(CLASSES.values()))
    roads = []
    for name in order:
        for line in join_lines([line for kind, line in ways if kind == name]):
            thinned = thin_out(np.array(line))
            roads.append({"class": name, "line": [[round(lat, 5), round(lon, 5)] for lat, lon in thinned.tolist()]})
    return roads


def _read_ways(map_file: Path) -> Iterator[tuple[str, list[Position]]]:
    processor = osmium.FileProcessor(str(map_file)).with_locations()
    for item in processor.with_filter(osmium.filter.KeyFilter("highway")):
        if isinstance(item, osmium.osm.Way) and item.tags.get("highway") in CLASSES:
            line = [(ref.lat, ref.lon) for ref in item.nodes if ref.location.valid()]
            if len(line) > 1:
                yield CLASSES[item.tags["highway"]], line


def join_lines(lines: list[list[Position]]) -> list[list[Position]]:
    """Lines that meet at their ends become one line, whichever way each was drawn."""
    at_end: defaultdict[Position, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        at_end[line[0]].append(index)
        at_end[line[-1]].append(index)
    used: set[int] = set()
    joined = []
    # From a loose end first, so that a road is followed from its beginning; rings are left for the end.
    for start in sorted(range(len(lines)), key=lambda i: (len(at_end[lines[i][0]]) > 1, i)):
        following: int | None = start
        road = [lines[start][0]]
        while following is not None and following not in used:
            used.add(following)
            line = lines[following]
            road += line[1:] if line[0] == road[-1] else line[-2::-1]
            following = next((i for i in at_end[road[-1]] if i not in used), None)
        if len(road) > 1:
            joined.append(road)
    return joined


def thin_out(line: Line) -> Line:
    """Leave out the points that the line passes within the tolerance anyway (Douglas and Peucker 1973)."""
    metres = line * METRES_PER_DEGREE
    metres[:, 1] *= np.cos(np.radians(line[:, 0].mean()))
    keep = np.zeros(len(line), dtype=np.bool_)
    keep[[0, -1]] = True
    open_spans = [(0, len(line) - 1)]
    while open_spans:
        first, last = open_spans.pop()
        if last - first < 2:
            continue
        offsets = distance_from_chord(metres[first : last + 1])
        farthest = int(offsets.argmax())
        if offsets[farthest] > TOLERANCE_METRES:
            keep[first + farthest] = True
            open_spans += [(first, first + farthest), (first + farthest, last)]
    return line[keep]


def distance_from_chord(points: Line) -> Line:
    """Distance of each point from the straight line between the first and the last, in their own unit."""
    chord = points[-1] - points[0]
    length = float(np.hypot(*chord))
    from_first = points - points[0]
    if length == 0:
        return np.asarray(np.hypot(from_first[:, 0], from_first[:, 1]))
    return np.asarray(np.abs(chord[0] * from_first[:, 1] - chord[1] * from_first[:, 0]) / length)
