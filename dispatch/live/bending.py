"""
Rules bent as far as a published day breaks them already.

Questions about one more visit are asked of the day as it will be. Whoever is too late for a window comes late, and
whoever does not get home in time works longer; nothing else gets more freedom by it.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

from dispatch.live.present import Present
from routing.amend import settle
from routing.problem import MAX_TIME, Overtime, Pin, Problem, Shift, Visit
from routing.solution import Route, Solution, StopKind

# How much longer than allowed a day may become that has become longer already.
LONGEST = 6 * 3600


@dataclass(frozen=True)
class Going:
    """A day with rules bent, its plan as far as it holds, and the visits that are lost even so."""

    present: Present
    plan: Solution
    lost: tuple[str, ...]


def as_it_goes(present: Present) -> Going:
    """
    The same day, with the windows and shifts of those routes bent that no longer hold.

    A visit that its technician may not or cannot make at any time (no part, no skill) is still lost.
    """
    plan, lost = settle(present.problem, present.published)
    if not lost:
        return Going(present, plan, ())
    late = [route for route in present.published.routes if any(stop.id in lost for stop in route.stops)]
    loose = _loosened(present.problem, late)
    settled, gone = settle(loose, present.published)
    back = {route.shift: route.return_ for route in settled.routes}
    shifts = tuple(
        _until(bent, shift, back.get(shift.id, 0))
        for bent, shift in zip(loose.shifts, present.problem.shifts, strict=True)
    )
    # The shifts end where that plan ends: it stands in the bent problem as it is.
    return Going(replace(present, problem=replace(loose, shifts=shifts)), settled, gone)


def late_rather_than_never(problem: Problem, visits: Collection[str]) -> Problem:
    """The problem in which some visits may begin at any time after they may first."""
    loose = tuple(_at_any_later_time(visit) if visit.id in visits else visit for visit in problem.visits)
    return replace(problem, visits=loose)


def _loosened(problem: Problem, routes: Collection[Route]) -> Problem:
    visits = {stop.id for route in routes for stop in route.stops if stop.kind is StopKind.VISIT}
    shifts = {route.shift for route in routes}
    loose = late_rather_than_never(problem, visits)
    return replace(loose, shifts=tuple(_longer(one) if one.id in shifts else one for one in problem.shifts))


def _at_any_later_time(visit: Visit) -> Visit:
    begins = visit.start_windows[0][0] if visit.start_windows else visit.release
    pin = Pin(technician=visit.pin.technician) if visit.pin and visit.pin.technician else None
    return replace(visit, windows=((begins, MAX_TIME),), pin=pin)


def _longer(shift: Shift) -> Shift:
    overtime = shift.overtime or Overtime(0)
    return replace(shift, overtime=Overtime(max(LONGEST, overtime.max), overtime.cost))


def _until(bent: Shift, shift: Shift, back: int) -> Shift:
    """No longer than the route takes that is on it already."""
    if bent is shift or back <= shift.latest_return:
        return shift
    return replace(bent, overtime=Overtime(back - shift.end, bent.overtime.cost if bent.overtime else 0.0))
