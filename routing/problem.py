"""
The technician routing and scheduling problem as plain values.

Times are integers counted from the start of the horizon: seconds, or ``1 / time_scale`` of a source unit where a
public data set measures in something else. Rates ("per second") are per source unit, so every time is divided by
``time_scale`` before it meets a rate; amounts paid once (fixed, breach, unserved, technician change, preference) are
taken as they are. Every default switches its feature off.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

# First and last second at which a service may start, both included.
Window: TypeAlias = tuple[int, int]

# Far beyond any horizon, small enough that sums over a route and squares of a count stay inside int64 and float64.
MAX_TIME = 1_000_000_000
MAX_QUANTITY = 1_000_000
MAX_COST = 1e12
# What those come to at most when a plan adds them up; no plan that memory holds gets there.
MAX_TOTAL_QUANTITY = MAX_QUANTITY**2
MAX_TOTAL_COST = 1e30
# The travel time where no road leads: whoever takes it is never back in time, and the sum of two still fits in int32.
NO_ROAD = MAX_TIME + 1


class ProblemError(ValueError):
    """A problem (or solution) that contradicts itself: the path of the field, what was expected, what stands there."""

    def __init__(self, path: str, expected: str, got: object = None) -> None:
        self.path, self.expected, self.got = path, expected, got
        tail = "" if got is None else f", got {got}"
        super().__init__(f"{path}: expected {expected}{tail}")


@dataclass(frozen=True)
class Break:
    """A rest of ``duration`` starting in ``[earliest, latest]``, at the place where the technician is.

    It falls outside the route, and needs no stop, when the route is over by ``latest`` or departs no earlier than
    ``earliest + duration``.
    """

    duration: int
    earliest: int
    latest: int


@dataclass(frozen=True)
class Overtime:
    """Work allowed after the end of the shift: at most ``max`` long, at ``cost`` on top of ``work_cost``."""

    max: int
    cost: float = 0.0


@dataclass(frozen=True)
class Shift:
    """One technician on one day. Rates are per source unit of time, ``fixed_cost`` is paid once if the shift is used.

    ``trunk`` counts on the first shift of a technician only; later shifts begin with what the earlier ones left over.
    """

    id: str
    technician: str
    start_location: int
    end_location: int
    start: int
    end: int
    skills: Mapping[str, int] = field(default_factory=dict)
    tools: frozenset[str] = frozenset()
    trunk: Mapping[str, int] = field(default_factory=dict)
    overtime: Overtime | None = None
    breaks: tuple[Break, ...] = ()
    fixed_cost: float = 0.0
    travel_cost: float = 1.0
    work_cost: float = 0.0

    @property
    def latest_return(self) -> int:
        """Last second at which the technician may be back, overtime included; the horizon ends at MAX_TIME."""
        return min(MAX_TIME, self.end + (self.overtime.max if self.overtime else 0))


@dataclass(frozen=True)
class Pin:
    """What may not change any more: who comes, the exact start, or the window in which the service starts."""

    technician: str | None = None
    start: int | None = None
    window: Window | None = None


@dataclass(frozen=True)
class Previous:
    """Where the previous plan had the visit, and what moving it costs.

    ``technician_change_cost`` is paid when another technician comes, ``start_change_cost`` per source unit between
    the old start and the new one, earlier or later. A visit that is not served pays neither.
    """

    shift: str
    start: int
    technician_change_cost: float = 0.0
    start_change_cost: float = 0.0


@dataclass(frozen=True)
class Visit:
    """One appearance of one technician at a place.

    ``windows`` (hard; empty: any time), ``release`` (earliest start) and the pin bound the start of the service.
    ``due`` is soft: a start after it costs ``lateness_cost`` per source unit and ``breach_cost`` once; it may lie
    before the horizon. ``technicians`` is None (anyone) or the set of those allowed. ``preferred`` maps a technician
    to what it is worth that they come: whoever comes costs the largest worth minus their own.
    """

    id: str
    location: int
    duration: int
    windows: tuple[Window, ...] = ()
    due: int | None = None
    lateness_cost: float = 0.0
    breach_cost: float = 0.0
    unserved_cost: float = 0.0
    release: int = 0
    skills: Mapping[str, int] = field(default_factory=dict)
    tools: frozenset[str] = frozenset()
    parts: Mapping[str, int] = field(default_factory=dict)
    technicians: frozenset[str] | None = None
    forbidden: frozenset[str] = frozenset()
    preferred: Mapping[str, float] = field(default_factory=dict)
    pin: Pin | None = None
    previous: Previous | None = None

    @cached_property
    def start_windows(self) -> tuple[Window, ...]:
        """When the service may start: windows, release and pin together, in order of time; maybe never."""
        low, high = self.release, MAX_TIME
        if self.pin and self.pin.window:
            low, high = max(low, self.pin.window[0]), min(high, self.pin.window[1])
        if self.pin and self.pin.start is not None:
            low, high = max(low, self.pin.start), min(high, self.pin.start)
        cut = [(max(low, start), min(high, end)) for start, end in self.windows or [(0, MAX_TIME)]]
        return _merge([(start, end) for start, end in cut if start <= end])

    def admits(self, technician: str) -> bool:
        """Whether the allowed, forbidden and pinned technicians leave room for this one."""
        allowed = self.technicians is None or technician in self.technicians
        pinned = self.pin is not None and self.pin.technician is not None and self.pin.technician != technician
        return allowed and technician not in self.forbidden and not pinned


@dataclass(frozen=True)
class Depot:
    """A place where all of ``tools`` may be taken, and ``parts`` in the stated quantity over all visits to it.

    A quantity of None is unlimited; a part that is not listed is not there. A depot is named by its position in
    ``Problem.depots``.
    """

    location: int
    duration: int = 0
    tools: frozenset[str] = frozenset()
    parts: Mapping[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Problem:
    """Shifts, visits and depots over one travel-time matrix.

    Parameters
    ----------
    travel
        ``n`` x ``n`` int32 or int64; entry ``[i, j]`` is the time from location ``i`` to location ``j``, not negative.
        It is 0 from a place to itself, NO_ROAD where none leads, and need be neither symmetric nor free of detours.
    distance
        Same shape, any unit, NaN where no road leads, or None. For reports only; no term of the cost reads it.
    time_scale
        Number of integer time units in one source unit (1 when times are seconds).

    Raises
    ------
    ProblemError
        If ids repeat, a location is not in the matrix, windows or breaks end before they start, shifts of one
        technician overlap, or a pin or a previous plan names somebody who is not there.
    """

    travel: npt.NDArray[np.int32] | npt.NDArray[np.int64]
    shifts: tuple[Shift, ...]
    visits: tuple[Visit, ...]
    depots: tuple[Depot, ...] = ()
    distance: npt.NDArray[np.float64] | None = None
    time_scale: int = 1

    def __post_init__(self) -> None:
        _check_matrices(self)
        _check_ids(self)
        for i, shift in enumerate(self.shifts):
            _check_shift(self, shift, f"shifts[{i}]")
        _check_sequences(self)
        for i, visit in enumerate(self.visits):
            check_visit(self, visit, f"visits[{i}]")
        for i, depot in enumerate(self.depots):
            _check_location(self, depot.location, f"depots[{i}].location")

    @property
    def num_locations(self) -> int:
        return int(self.travel.shape[0])

    @cached_property
    def shift_index(self) -> Mapping[str, int]:
        """Position in ``shifts`` by id."""
        return {shift.id: i for i, shift in enumerate(self.shifts)}

    @cached_property
    def visit_index(self) -> Mapping[str, int]:
        """Position in ``visits`` by id."""
        return {visit.id: i for i, visit in enumerate(self.visits)}

    @cached_property
    def shifts_of(self) -> Mapping[str, tuple[int, ...]]:
        """Positions in ``shifts`` by technician, in order of time: the chain along which a trunk is handed on."""
        chains: dict[str, list[int]] = {}
        for i in sorted(range(len(self.shifts)), key=lambda i: self.shifts[i].start):
            chains.setdefault(self.shifts[i].technician, []).append(i)
        return {technician: tuple(chain) for technician, chain in chains.items()}


def _merge(windows: list[Window]) -> tuple[Window, ...]:
    """The same times in as few windows as possible, in order."""
    merged: list[Window] = []
    for start, end in sorted(windows):
        if merged and start <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


def _check_matrices(problem: Problem) -> None:
    n = problem.num_locations
    if problem.travel.shape != (n, n):
        raise ProblemError("travel", "a square matrix", "x".join(map(str, problem.travel.shape)))
    if n and (problem.travel.min() < 0 or problem.travel.max() > NO_ROAD):
        got = f"{problem.travel.min()}..{problem.travel.max()}"
        raise ProblemError("travel", f"times in 0..{MAX_TIME}, or {NO_ROAD} where no road leads", got)
    for i in np.flatnonzero(problem.travel.diagonal()).tolist():
        raise ProblemError(f"travel[{i}][{i}]", "0, from a place to itself", problem.travel[i, i])
    if problem.distance is not None and problem.distance.shape != (n, n):
        raise ProblemError("distance", f"{n} x {n}, like travel", "x".join(map(str, problem.distance.shape)))
    if problem.time_scale < 1:
        raise ProblemError("time_scale", "at least 1", problem.time_scale)


def _check_ids(problem: Problem) -> None:
    named: dict[str, Sequence[Shift | Visit]] = {"shifts": problem.shifts, "visits": problem.visits}
    for what, items in named.items():
        counts = Counter(item.id for item in items)
        for i, item in enumerate(items):
            if counts[item.id] > 1:
                raise ProblemError(f"{what}[{i}].id", "an id that stands once", f"{item.id!r} {counts[item.id]} times")


def _check_location(problem: Problem, location: int, path: str) -> None:
    if not 0 <= location < problem.num_locations:
        raise ProblemError(path, f"0..{problem.num_locations - 1}", location)


def _check_window(window: Window, path: str) -> None:
    if window[0] > window[1]:
        raise ProblemError(path, "start <= end", f"{window[0]} > {window[1]}")


def _check_shift(problem: Problem, shift: Shift, path: str) -> None:
    _check_location(problem, shift.start_location, f"{path}.start_location")
    _check_location(problem, shift.end_location, f"{path}.end_location")
    _check_window((shift.start, shift.end), path)
    for b, rest in enumerate(shift.breaks):
        if rest.earliest > rest.latest:
            raise ProblemError(f"{path}.breaks[{b}]", "earliest <= latest", f"{rest.earliest} > {rest.latest}")


def _check_sequences(problem: Problem) -> None:
    for technician, chain in problem.shifts_of.items():
        for earlier, later in pairwise(chain):
            end, start = problem.shifts[earlier].latest_return, problem.shifts[later].start
            if start < end:
                expected = f"a start at or after {end}, when {problem.shifts[earlier].id!r} of {technician!r} ends"
                raise ProblemError(f"shifts[{later}].start", f"{expected} at the latest", start)


def check_visit(problem: Problem, visit: Visit, path: str) -> None:
    """Refuse a visit that does not fit the problem; ``path`` is where it stands."""
    _check_location(problem, visit.location, f"{path}.location")
    for w, window in enumerate(visit.windows):
        _check_window(window, f"{path}.windows[{w}]")
    if visit.previous and visit.previous.shift not in problem.shift_index:
        raise ProblemError(f"{path}.previous.shift", "the id of a shift", repr(visit.previous.shift))
    if visit.pin:
        _check_pin(problem, visit.pin, f"{path}.pin")


def _check_pin(problem: Problem, pin: Pin, path: str) -> None:
    if pin.technician is not None and pin.technician not in problem.shifts_of:
        raise ProblemError(f"{path}.technician", "a technician with a shift", repr(pin.technician))
    if pin.window:
        _check_window(pin.window, f"{path}.window")
