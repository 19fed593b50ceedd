"""Writes small maps as OpenStreetMap XML."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from routing.travel import Point

# One degree of latitude, and of longitude at the origin of the hand-made maps, in metres.
LAT_METRES = 111_195.08
LON_METRES = 83_919.17
ORIGIN = Point(41.0, -8.0)

Tags = dict[str, str]
Way = tuple[Sequence[str], Tags]


def at(east: float, north: float) -> Point:
    """The point this many metres east and north of the origin of the hand-made maps."""
    return Point(ORIGIN.lat + north / LAT_METRES, ORIGIN.lon + east / LON_METRES)


def tags_xml(tags: Tags) -> str:
    return "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())


def write_map(
    path: Path,
    nodes: Mapping[str, tuple[float, float]],
    ways: Sequence[Way],
    node_tags: Mapping[str, Tags] | None = None,
    restrictions: Sequence[tuple[str, int, str, int]] = (),
) -> Path:
    """
    Write nodes by letter in metres east and north, ways as (letters, tags), tags of nodes, and turn restrictions.

    A restriction is (kind, number of the way one comes from, letter of the crossing, number of the way one goes to).
    """
    number = {letter: i + 1 for i, letter in enumerate(nodes)}
    lines = ['<osm version="0.6">']
    for letter, (east, north) in nodes.items():
        point, tags = at(east, north), tags_xml((node_tags or {}).get(letter, {}))
        lines.append(
            f'<node id="{number[letter]}" version="1" lat="{point.lat:.7f}" lon="{point.lon:.7f}">{tags}</node>'
        )
    for i, (letters, way_tags) in enumerate(ways):
        refs = "".join(f'<nd ref="{number[letter]}"/>' for letter in letters)
        lines.append(f'<way id="{i + 1}" version="1">{refs}{tags_xml(way_tags)}</way>')
    for i, (kind, origin, via, target) in enumerate(restrictions):
        members = (
            f'<member type="way" ref="{origin + 1}" role="from"/><member type="node" ref="{number[via]}" role="via"/>'
            f'<member type="way" ref="{target + 1}" role="to"/>'
        )
        tags = tags_xml({"type": "restriction", "restriction": kind})
        lines.append(f'<relation id="{i + 1}" version="1">{members}{tags}</relation>')
    path.write_text("\n".join([*lines, "</osm>"]), encoding="utf-8")
    return path
