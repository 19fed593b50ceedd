"""Reads the roads out of an OpenStreetMap extract."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import osmium

from routing.travel.errors import MapFileError
from routing.travel.protocol import great_circle_metres
from routing.travel.road_rules import Driving, blocks, driving

# Who takes which type of thing.
Takers = Mapping[type, Callable[[Any], None]]

# What the readers look at; everything else stays inside the compiled parser.
READ_KEYS = ("highway", "barrier", "restriction")


@dataclass(frozen=True, slots=True)
class TurnRestriction:
    """At node ``via``, coming along way ``origin``: way ``target`` must not (or alone may, ``only``) be taken."""

    origin: int
    via: int
    target: int
    only: bool
    u_turn: bool


@dataclass(frozen=True, slots=True, eq=False)
class RoadMap:
    """
    The drivable segments of an extract.

    Attributes
    ----------
    lat, lon
        Position of each node in degrees, WGS 84.
    signal, via
        Per node: traffic lights; a turn restriction applies there.
    tail, head
        Per segment: the nodes at its ends, in drawing direction.
    way
        Per segment: the OpenStreetMap way it belongs to.
    metres, forward_kmh, backward_kmh, stopping
        Per segment: length, speeds (0 = closed in that direction), whether a visit can start there.
    restrictions
        Turn restrictions, with ``via`` as index of a node.
    """

    lat: npt.NDArray[np.float64]
    lon: npt.NDArray[np.float64]
    signal: npt.NDArray[np.bool_]
    via: npt.NDArray[np.bool_]
    tail: npt.NDArray[np.int32]
    head: npt.NDArray[np.int32]
    way: npt.NDArray[np.int64]
    metres: npt.NDArray[np.float64]
    forward_kmh: npt.NDArray[np.float64]
    backward_kmh: npt.NDArray[np.float64]
    stopping: npt.NDArray[np.bool_]
    restrictions: list[TurnRestriction]


@dataclass(slots=True)
class _Reader:
    """Collects the roads while the file streams by: nodes come first in a file, then ways, then relations."""

    index_of_node: dict[int, int] = field(default_factory=dict)
    lat: list[float] = field(default_factory=list)
    lon: list[float] = field(default_factory=list)
    blocked: set[int] = field(default_factory=set)
    signals: set[int] = field(default_factory=set)
    segments: list[tuple[int, int, int, float, float, bool]] = field(default_factory=list)
    restrictions: list[TurnRestriction] = field(default_factory=list)

    def take_node(self, node: osmium.osm.Node) -> None:
        tags = dict(node.tags)
        if blocks(tags):
            self.blocked.add(node.id)
        if tags.get("highway") == "traffic_signals":
            self.signals.add(node.id)

    def take_way(self, way: osmium.osm.Way) -> None:
        drive = driving(dict(way.tags))
        if drive is None:
            return
        previous = None
        for ref in way.nodes:
            if not ref.location.valid():
                # The extract was cut here; the way ends and may go on after the gap.
                previous = None
                continue
            current = self._node(ref.ref, ref.lat, ref.lon)
            if previous is not None and previous != current:
                self._add_segment(previous, current, way.id, drive)
            # Beyond a barrier the way starts from a node of its own, so nothing drives through.
            previous = self._node(None, ref.lat, ref.lon) if ref.ref in self.blocked else current

    def take_relation(self, relation: osmium.osm.Relation) -> None:
        restriction = turn_restriction(relation)
        if restriction is not None and restriction.via in self.index_of_node:
            self.restrictions.append(restriction)

    def _node(self, ref: int | None, lat: float, lon: float) -> int:
        """Index of a node; a new one for ``None`` and for each way that ends at a barrier."""
        if ref is not None and ref in self.index_of_node:
            return self.index_of_node[ref]
        self.lat.append(lat)
        self.lon.append(lon)
        if ref is not None and ref not in self.blocked:
            self.index_of_node[ref] = len(self.lat) - 1
        return len(self.lat) - 1

    def _add_segment(self, tail: int, head: int, way: int, drive: Driving) -> None:
        self.segments.append((tail, head, way, drive.forward_kmh, drive.backward_kmh, drive.stopping))

    def roads(self) -> RoadMap:
        """Everything read, as arrays."""
        lat, lon = np.array(self.lat), np.array(self.lon)
        columns = list(zip(*self.segments, strict=True))
        tail, head = np.array(columns[0], dtype=np.int32), np.array(columns[1], dtype=np.int32)
        signal, via = np.zeros(len(lat), dtype=np.bool_), np.zeros(len(lat), dtype=np.bool_)
        signal[[self.index_of_node[ref] for ref in self.signals if ref in self.index_of_node]] = True
        via[[self.index_of_node[r.via] for r in self.restrictions]] = True
        return RoadMap(
            lat=lat,
            lon=lon,
            signal=signal,
            via=via,
            tail=tail,
            head=head,
            way=np.array(columns[2], dtype=np.int64),
            metres=great_circle_metres(lat[tail], lon[tail], lat[head], lon[head]),
            forward_kmh=np.array(columns[3]),
            backward_kmh=np.array(columns[4]),
            stopping=np.array(columns[5], dtype=np.bool_),
            restrictions=[
                TurnRestriction(r.origin, self.index_of_node[r.via], r.target, r.only, r.u_turn)
                for r in self.restrictions
            ],
        )


def read_roads(path: Path) -> RoadMap:
    """
    Read the drivable roads of an OpenStreetMap extract.

    Parameters
    ----------
    path
        An ``.osm.pbf`` file (or ``.osm`` XML), sorted nodes before ways as all published extracts are.

    Raises
    ------
    MapFileError
        If the file is missing, cannot be read as OpenStreetMap data, or holds no drivable road.
    """
    reader = _Reader()
    takers: Takers = {
        osmium.osm.Node: reader.take_node,
        osmium.osm.Way: reader.take_way,
        osmium.osm.Relation: reader.take_relation,
    }
    read_items(path, READ_KEYS, takers)
    if not reader.segments:
        raise MapFileError(
            f"The map file {path} holds no road that a car may drive. "
            "Use an extract that contains the streets of your area."
        )
    return reader.roads()


def read_items(path: Path, keys: Iterable[str], takers: Takers) -> None:
    """
    Hand everything in a map file that has one of some keys to whoever takes things of its type.

    Raises
    ------
    MapFileError
        If the file is missing, or cannot be read as OpenStreetMap data.
    """
    require_map_file(path)
    try:
        for item in osmium.FileProcessor(str(path)).with_locations().with_filter(osmium.filter.KeyFilter(*keys)):
            if type(item) in takers:
                takers[type(item)](item)
    except (RuntimeError, OSError, ValueError) as error:
        raise unreadable(path, error) from error


def require_map_file(path: Path) -> None:
    """Refuse a map file that is not there."""
    if not path.is_file():
        raise MapFileError(
            f"There is no map file at {path}. Put an OpenStreetMap extract (.osm.pbf) there or correct the setting."
        )


def unreadable(path: Path, error: Exception) -> MapFileError:
    """The error for a file that the parser gave up on."""
    return MapFileError(
        f"The map file {path} cannot be read as OpenStreetMap data ({error}). "
        "Download or copy it again: it is probably damaged."
    )


def turn_restriction(relation: osmium.osm.Relation) -> TurnRestriction | None:
    """The restriction a relation states, or None if it is incomplete, not for cars, or for certain hours only."""
    tags = dict(relation.tags)
    kind = tags.get("restriction", "")
    if not kind.startswith(("no_", "only_")) or "motorcar" in tags.get("except", ""):
        return None
    members = {member.role: (member.type, member.ref) for member in relation.members}
    origin, via, target = members.get("from"), members.get("via"), members.get("to")
    # A restriction over several ways (via is a way) is rare and needs a memory of more than one turn.
    if origin is None or target is None or via is None or via[0] != "n":
        return None
    return TurnRestriction(origin[1], via[1], target[1], only=kind.startswith("only_"), u_turn=kind == "no_u_turn")
