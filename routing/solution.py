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


@dataclass(frozen=True)
class Load:
    """What one van takes from one depot (its position in ``Problem.depots``) during a shift, all stops together."""

    shift: str
    technician: str
    depot: int
    parts: Mapping[str, int]


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
    """A visit the plan leaves out, with one reason per shift; in a large plan, per shift with the shortest way."""

    visit: str
    reasons: tuple[Reason, ...] = ()


class ValueKind(StrEnum):
    """What there could be more of: an hour of a shift, a skill of a technician, a piece of a part."""

    HOUR = "hour"
    SKILL = "skill"
    PART = "part"


@dataclass(frozen=True)
class Value:
    """
    What the bound falls by, in currency, with one more of something: no plan can save more, measured from the bound.

    ``name`` is the skill or part, empty for an hour. It is ``shift``, or one like it, that lasts an hour more, has the
    skill at ``level``, the highest that a visit asks for, or one more piece in the trunk; or else the depot at position
    ``depot`` has one more piece.
    """

    kind: ValueKind
    amount: float
    name: str = ""
    level: int | None = None
    shift: str | None = None
    depot: int | None = None


@dataclass(frozen=True)
class Solution:
    """A plan for a whole problem. Only used shifts have a route.

    ``loads`` sums up what the stops at depots take, or is None where nobody has summed it up.

    ``cost`` holds every term of ``routing.objective.TERMS`` and their sum under ``total``; ``bound`` is a proven lower
    bound of the total or None if none was computed, ``values`` (largest first) what it falls by with one more hour,
    skill or part. ``seed``, ``engine``, ``versions`` and the options replay the run;
    ``seconds`` is what it took.
    """

    routes: tuple[Route, ...]
    unserved: tuple[Unserved, ...] = ()
    loads: tuple[Load, ...] | None = None
    cost: Mapping[str, float] = field(default_factory=dict)
    bound: float | None = None
    values: tuple[Value, ...] = ()
    seed: int = 0
    seconds: float = 0.0
    engine: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def gap(self) -> float | None:
        """How much of the total cost the bound leaves unproven, 0 to 1; None without a bound."""
        if self.bound is None:
            return None
        total = self.cost["total"]
        return max(0.0, total - self.bound) / total if total > 0 else 0.0
