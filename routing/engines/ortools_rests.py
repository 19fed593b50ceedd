"""Breaks without break variables: clocks that stand still while somebody rests."""

from collections.abc import Sequence
from statistics import median_low

from routing.problem import Break, Shift


class WorkClock:
    """
    Times with the breaks cut out, as the routing model counts them.

    The solver's own break intervals make it search a tree for every candidate and may hang it (seen with OR-Tools
    9.15), so each break is cut out of the day at the middle of its window and the day ends earlier by its length. A
    visit's times are read off the clock that runs in the middle among those who may serve it, exact when all rest at
    the same time. The exact schedule, made afterwards, puts every break between two services.
    """

    def __init__(self, shifts: Sequence[Shift]) -> None:
        self._shifts = shifts
        self._rests = [[rest for rest in shift.breaks if _must_rest(shift, rest)] for shift in shifts]

    def end_of(self, s: int, time: int) -> int:
        """A moment at the end of shift ``s``, when all its breaks are over."""
        return max(self._shifts[s].start, time - sum(rest.duration for rest in self._rests[s]))

    def read(self, time: int, candidates: Sequence[int]) -> int:
        """What the clocks of the shifts that are on at ``time`` show, the middle one among ``candidates``."""
        on = [s for s in candidates if self._shifts[s].start <= time <= self._shifts[s].latest_return]
        return median_low(self._read(s, time) for s in on) if on else time

    def _read(self, s: int, time: int) -> int:
        rested = 0
        for rest in self._rests[s]:
            begin = (rest.earliest + rest.latest) // 2
            rested += min(rest.duration, max(0, time - begin))
        return time - rested


def _must_rest(shift: Shift, rest: Break) -> bool:
    """Whether working the whole shift takes in the break."""
    return rest.earliest + rest.duration > shift.start and rest.latest < shift.latest_return
