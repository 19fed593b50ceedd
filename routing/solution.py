"""A plan as plain values: who goes where when, what is left out and why, and what it costs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class StopKind(StrEnum):
    VISIT = "visit"
    DEPOT = "depot"
    BREAK = "break"


@dataclass(frozen=True)
class Stop:
    """One halt of a route.

    ``id`` is the visit's id, or the position of the depot in ``Problem.depots`` or of the break in ``Shift.breaks`` as
    text. The technician arrives, waits until ``start``, leaves at ``start`` plus the duration and drives on at once.
    A break is taken where the previous stop was, or on arrival at the next one. ``taken`` lists the parts loaded at a
    depot; its tools come along by themselves.
    """

    kind: StopKind
    id: str
    location: int
    arrive: int
    start: int
    leave: int
    taken: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Route:
    """One used shift: leaves its start location at ``depart`` and is back at its end location at ``return_``."""

    shift: str
    stops: tuple[Stop, ...]
    depart: int
    return_: int


class ReasonCode(StrEnum):
    """Why a shift does not serve a visit, hardest obstacle first."""

    NOT_ALLOWED = "not_allowed"
    PIN = "pin"
    SKILL = "skill"
    TOOL = "tool"
    PART = "part"
    WINDOW = "window"
    SHIFT = "shift"
    FULL = "full"


@dataclass(frozen=True)
class Reason:
    """Why one shift does not serve a visit: a code and a sentence with the facts."""

    shift: str
    technician: str
    code: ReasonCode
    sentence: str


@dataclass(frozen=True)
class Unserved:
    """A visit the plan leaves out, with one reason per shift."""

    visit: str
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True)
class Solution:
    """A plan for a whole problem. Only used shifts have a route.

    ``cost`` holds every term of ``routing.objective.TERMS`` and their sum under ``total``; ``bound`` is a proven lower
    bound of the total or None if none was computed. ``seed``, ``engine``, ``versions`` and the options replay the run;
    ``seconds`` is what it took.
    """

    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...] = ()
    cost: Mapping[str, float] = field(default_factory=dict)
    bound: float | None = None
    seed: int = 0
    seconds: float = 0.0
    engine: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
