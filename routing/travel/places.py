"""Named streets of a map, with positions along them and how central these are: where shops and homes can be."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import osmium
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from routing.travel.errors import MapFileError
from routing.travel.extract import Takers, read_items
from routing.travel.protocol import Point
from routing.travel.road_rules import driving
from routing.travel.snapping import on_sphere

Floats = npt.NDArray[np.float64]

# People live and trade on these; a link road or a service alley has no address.
STREET_KINDS = frozenset({"primary", "secondary", "tertiary", "unclassified", "residential", "living_street"})
SPACING_METRES = 40.0
# Streets of one name farther apart than this are different streets, in different towns.
SAME_STREET_METRES = 300.0
# A map of roads has no shops on it, but where people go on foot, wait at lights and park below ground, there they are.
CENTRE_SIGNS = ("pedestrian street", "crossing", "traffic lights", "amenity", "street")
CENTRE_RADIUS_METRES = 400.0


@dataclass(frozen=True, slots=True)
class StreetPoint:
    """
    A position on a street.

    Attributes
    ----------
    point
        On the line of the street.
    metres
        Along the street from its first point: what house numbers count in many towns.
    centrality
        0 (open country) to 1 (the liveliest place of the map).
    """

    point: Point
    metres: int
    centrality: float


@dataclass(frozen=True, slots=True)
class Street:
    """A street with its name, the postcode the map gives it or None if it gives none, and positions along it."""

    name: str
    postcode: str | None
    points: tuple[StreetPoint, ...]


@dataclass(slots=True)
class _StreetReader:
    """Collects streets by name, and the signs of a centre, while the file streams by."""

    lines: defaultdict[str, list[tuple[str | None, Floats]]] = field(default_factory=lambda: defaultdict(list))
    signs: defaultdict[str, list[tuple[float, float]]] = field(default_factory=lambda: defaultdict(list))

    def take_node(self, node: osmium.osm.Node) -> None:
        sign = centre_sign(dict(node.tags))
        if sign is not None:
            self.signs[sign].append((node.lat, node.lon))

    def take_way(self, way: osmium.osm.Way) -> None:
        tags = dict(way.tags)
        if tags.get("highway") == "pedestrian":
            self.signs["pedestrian street"] += line_of(way)
        if not is_street(tags) or len(line := line_of(way)) < 2:
            return
        sampled = sample_line(np.array(line))
        postcode = tags.get("postal_code") or tags.get("addr:postcode")
        self.lines[tags["name"].strip()].append((postcode, sampled))
        self.signs["street"] += [(float(lat), float(lon)) for lat, lon in sampled]


def read_streets(map_file: Path) -> list[Street]:
    """
    The named streets of an OpenStreetMap extract on which cars may stop.

    Parameters
    ----------
    map_file
        An ``.osm.pbf`` extract.

    Returns
    -------
    list[Street]
        Sorted by name, then from north to south; the same for the same file. Positions are at most 40 m apart.

    Raises
    ------
    MapFileError
        If the file is missing, unreadable or names no street.
    """
    reader = _StreetReader()
    takers: Takers = {osmium.osm.Node: reader.take_node, osmium.osm.Way: reader.take_way}
    read_items(map_file, ("highway", "amenity", "shop"), takers)
    if not reader.lines:
        raise MapFileError(
            f"The map file {map_file} names no street. Use an extract that contains the streets of a town."
        )
    return streets_of(reader)


def line_of(way: osmium.osm.Way) -> list[tuple[float, float]]:
    """The shape of a way in degrees, as far as the extract holds it."""
    return [(ref.lat, ref.lon) for ref in way.nodes if ref.location.valid()]


def centre_sign(tags: Mapping[str, str]) -> str | None:
    """Which sign of a centre a node is, or None if it is none."""
    if "shop" in tags or "amenity" in tags:
        return "amenity"
    return {"crossing": "crossing", "traffic_signals": "traffic lights"}.get(tags.get("highway", ""))


def is_street(tags: Mapping[str, str]) -> bool:
    """Whether a way has addresses on it that a van can reach."""
    return bool(tags.get("name", "").strip()) and tags.get("highway") in STREET_KINDS and driving(tags) is not None


def sample_line(line: Floats) -> Floats:
    """Positions (``n`` x 2, degrees) evenly along a line, at most :data:`SPACING_METRES` apart, clear of its ends."""
    steps = np.linalg.norm(np.diff(on_sphere(line[:, 0], line[:, 1]), axis=0), axis=1)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    num_points = max(1, int(np.ceil(along[-1] / SPACING_METRES)))
    wanted = (np.arange(num_points) + 0.5) * along[-1] / num_points
    return np.stack([np.interp(wanted, along, line[:, 0]), np.interp(wanted, along, line[:, 1])], axis=1)


def streets_of(reader: _StreetReader) -> list[Street]:
    """Streets of one name told apart by town, with measures and centrality."""
    groups = [
        (name, most_common(postcodes), positions)
        for name, lines in sorted(reader.lines.items())
        for postcodes, positions in apart(lines)
    ]
    everywhere = np.concatenate([positions for _, _, positions in groups])
    central = np.split(centrality(everywhere, reader.signs), np.cumsum([len(g[2]) for g in groups])[:-1])
    return [
        Street(name, postcode, tuple(street_points(positions, measure)))
        for (name, postcode, positions), measure in zip(groups, central, strict=True)
    ]


def apart(lines: list[tuple[str | None, Floats]]) -> list[tuple[list[str], Floats]]:
    """Lines of one name as separate streets: the postcodes and the positions in order of each, northernmost first."""
    streets = []
    for near in near_each_other([line for _, line in lines]):
        postcodes = [postcode for postcode, _ in (lines[i] for i in near) if postcode]
        streets.append((postcodes, in_order(np.concatenate([lines[i][1] for i in near]))))
    return sorted(streets, key=lambda street: (-street[1][:, 0].max(), float(street[1][0, 1])))


def near_each_other(lines: list[Floats]) -> list[list[int]]:
    """Groups of lines, by index, that hang together without a gap of more than :data:`SAME_STREET_METRES`."""
    if len(lines) == 1:
        return [[0]]
    positions = np.concatenate(lines)
    owner = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
    tree = cKDTree(on_sphere(positions[:, 0], positions[:, 1]))
    pairs = owner[tree.query_pairs(SAME_STREET_METRES, output_type="ndarray")]
    joined = csr_array((np.ones(len(pairs), dtype=np.int8), (pairs[:, 0], pairs[:, 1])), shape=(len(lines), len(lines)))
    num_groups, group = connected_components(joined, directed=False)
    return [np.flatnonzero(group == i).tolist() for i in range(num_groups)]


def in_order(positions: Floats) -> Floats:
    """Positions sorted from one end of the street to the other, along its main direction."""
    xyz = on_sphere(positions[:, 0], positions[:, 1])
    xyz -= xyz.mean(axis=0)
    direction = np.linalg.eigh(xyz.T @ xyz)[1][:, -1]
    # An axis has no sign of its own; it is fixed here so that every machine counts from the same end.
    along = xyz @ (direction * (1 if direction[np.abs(direction).argmax()] > 0 else -1))
    return positions[np.argsort(along, kind="stable")]


def centrality(positions: Floats, signs: Mapping[str, list[tuple[float, float]]]) -> Floats:
    """
    How central each position is, 0 to 1.

    The logarithms of how many signs of each kind are within 400 m, each relative to the most anywhere, averaged over
    the kinds the map knows. Logarithms, because mappers draw one square with a hundred points and another with four.
    """
    place = cKDTree(on_sphere(positions[:, 0], positions[:, 1]))
    levels = []
    for sign in CENTRE_SIGNS:
        if not signs.get(sign):
            continue
        where = np.array(signs[sign])
        count = place_counts(place, on_sphere(where[:, 0], where[:, 1]))
        levels.append(np.log1p(count) / max(np.log1p(count.max()), 1.0))
    total = np.mean(levels, axis=0)
    return np.asarray(total / max(float(total.max()), 1e-9))


def place_counts(place: "cKDTree[None]", signs: Floats) -> Floats:
    """How many signs are around each place."""
    counts = cKDTree(signs).query_ball_point(place.data, CENTRE_RADIUS_METRES, return_length=True)
    return np.asarray(counts, dtype=np.float64)


def street_points(positions: Floats, central: Floats) -> list[StreetPoint]:
    """Positions of one street, measured from the first."""
    xyz = on_sphere(positions[:, 0], positions[:, 1])
    metres = np.linalg.norm(xyz - xyz[0], axis=1)
    return [
        StreetPoint(Point(round(float(lat), 6), round(float(lon), 6)), round(float(m)), round(float(c), 3))
        for (lat, lon), m, c in zip(positions, metres, central, strict=True)
    ]


def most_common(postcodes: list[str]) -> str | None:
    """The postcode given most often, or None if there is none; ties go to the lowest."""
    return min(Counter(postcodes).items(), key=lambda item: (-item[1], item[0]))[0] if postcodes else None
