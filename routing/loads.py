"""What leaves which depot on which van: the pick lists behind a plan."""

from collections import Counter
from collections.abc import Iterable

from routing.problem import Problem
from routing.solution import Load, Route, StopKind


def loads_of(problem: Problem, routes: Iterable[Route]) -> tuple[Load, ...]:
    """One load for each shift and depot that parts are taken at, in the order of the routes, then of the stops."""
    pieces: dict[tuple[str, int], Counter[str]] = {}
    for route in routes:
        for stop in route.stops:
            if stop.kind is StopKind.DEPOT and any(stop.taken.values()):
                pieces.setdefault((route.shift, int(stop.id)), Counter()).update(stop.taken)
    technicians = {shift.id: shift.technician for shift in problem.shifts}
    return tuple(
        Load(shift, technicians[shift], depot, {part: count for part, count in sorted(parts.items()) if count})
        for (shift, depot), parts in pieces.items()
    )
