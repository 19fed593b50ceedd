"""
Which OpenStreetMap ways a service van may drive, in which direction and how fast.

The tags are explained at https://wiki.openstreetmap.org/wiki/Key:access and likewise for ``oneway``, ``maxspeed`` and
``barrier``. The speeds were chosen so that times agree with those of a maintained road engine (benchmarks/README.md).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

# Average speeds in km/h, queues and bends included; the ways that are not listed are not for cars.
SPEED_KMH = {
    "motorway": 90.0,
    "motorway_link": 45.0,
    "trunk": 85.0,
    "trunk_link": 40.0,
    "primary": 65.0,
    "primary_link": 30.0,
    "secondary": 55.0,
    "secondary_link": 25.0,
    "tertiary": 40.0,
    "tertiary_link": 20.0,
    "unclassified": 25.0,
    "residential": 25.0,
    "road": 25.0,
    "living_street": 10.0,
    "service": 15.0,
}
# Nobody serves a shop from these, so a position is never matched to them.
NO_STOPPING = frozenset({"motorway", "motorway_link", "trunk", "trunk_link"})
# Most specific first: the first key that is present decides.
ACCESS_KEYS = ("motorcar", "motor_vehicle", "vehicle", "access")
CLOSED = frozenset({"no", "private", "agricultural", "forestry", "emergency", "psv", "bus", "military", "permit"})
# Open to those who have business there. Driving is slow, which also keeps through traffic out.
ONLY_TO_GET_THERE = frozenset({"destination", "customers", "delivery", "residents"})
ONLY_TO_GET_THERE_KMH = 10.0
SURFACE_LIMIT_KMH = {
    "cobblestone": 30.0,
    "sett": 40.0,
    "unpaved": 40.0,
    "gravel": 30.0,
    "ground": 20.0,
    "dirt": 20.0,
    "earth": 20.0,
    "grass": 10.0,
    "mud": 10.0,
    "sand": 10.0,
}
# A posted limit is the top, not the average.
SHARE_OF_LIMIT_DRIVEN = 0.8
PASSABLE_BARRIERS = frozenset(
    {
        "border_control",
        "bump_gate",
        "cattle_grid",
        "entrance",
        "gate",
        "height_restrictor",
        "kerb",
        "lift_gate",
        "no",
        "sally_port",
        "swing_gate",
        "toll_booth",
        "yes",
    }
)
KMH_PER_MPH = 1.609344
LIMIT = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(mph)?")


@dataclass(frozen=True, slots=True)
class Driving:
    """Speeds in km/h along a way and against it, 0 where that is closed; ``stopping``: a visit can start here."""

    forward_kmh: float
    backward_kmh: float
    stopping: bool


def driving(tags: Mapping[str, str]) -> Driving | None:
    """How a way with these tags is driven, or None if cars cannot or may not use it."""
    highway = tags.get("highway", "")
    usual_kmh = SPEED_KMH.get(highway)
    if usual_kmh is None or tags.get("area") == "yes" or is_closed(tags):
        return None

    directions = open_directions(tags)
    if directions is None:
        return None

    forward, backward = directions
    return Driving(
        forward_kmh=speed_kmh(tags, usual_kmh, "maxspeed:forward") if forward else 0.0,
        backward_kmh=speed_kmh(tags, usual_kmh, "maxspeed:backward") if backward else 0.0,
        stopping=highway not in NO_STOPPING,
    )


def access(tags: Mapping[str, str]) -> str | None:
    """The access value that counts for a car, or None if nothing is said."""
    return next((tags[key] for key in ACCESS_KEYS if key in tags), None)


def is_closed(tags: Mapping[str, str]) -> bool:
    """Whether cars are kept out, as on a private drive."""
    return access(tags) in CLOSED


def open_directions(tags: Mapping[str, str]) -> tuple[bool, bool] | None:
    """Whether a way is open (along, against) its drawing direction, or None when that changes with the hour."""
    oneway = tags.get("oneway", "")
    if oneway == "reversible":
        return None
    if oneway in {"-1", "reverse"}:
        return False, True
    if oneway in {"yes", "true", "1"}:
        return True, False
    if oneway in {"no", "false", "0"}:
        return True, True
    implied = tags.get("highway") == "motorway" or tags.get("junction") in {"roundabout", "circular"}
    return True, not implied


def speed_kmh(tags: Mapping[str, str], usual_kmh: float, limit_key: str) -> float:
    """Average speed on a way in one direction: by the posted limit if there is one, else as usual for its class."""
    limit_kmh = posted_limit_kmh(tags.get(limit_key) or tags.get("maxspeed", ""))
    kmh = usual_kmh if limit_kmh is None else limit_kmh * SHARE_OF_LIMIT_DRIVEN
    kmh = min(kmh, SURFACE_LIMIT_KMH.get(tags.get("surface", ""), kmh))
    return min(kmh, ONLY_TO_GET_THERE_KMH) if access(tags) in ONLY_TO_GET_THERE else kmh


def posted_limit_kmh(text: str) -> float | None:
    """A ``maxspeed`` in km/h, or None if it is no number (``none``, ``signals``, ``PT:urban``) or nonsense (0)."""
    found = LIMIT.match(text)
    if found is None:
        return None
    kmh = float(found[1]) * (KMH_PER_MPH if found[2] else 1.0)
    return kmh if kmh >= 5 else None


def blocks(tags: Mapping[str, str]) -> bool:
    """Whether a node stops cars: a bollard, or a gate that is not for everybody."""
    if "barrier" not in tags:
        return False
    said = access(tags)
    return said in CLOSED if said is not None else tags["barrier"] not in PASSABLE_BARRIERS
