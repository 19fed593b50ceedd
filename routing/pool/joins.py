"""When a run puts the best plan together from the routes of all its islands, and how long that may take."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from time import monotonic
from typing import TYPE_CHECKING

from routing.engines import SolveOptions
from routing.insertion import OpenPlan
from routing.search.islands import Island

if TYPE_CHECKING:
    from routing.pool.choice import Choice

# Fractions of the budget at which it is done.
FRACTIONS = (0.6, 0.95)
# Budgets per visit below which the time is better spent on searching: routes have to be good to be worth choosing from.
MIN_SECONDS, MIN_MOVES = 0.05, 500
# Of a budget in seconds and of what is left of it, what one time may take.
SHARE, SHARE_OF_REST = 0.1, 0.8
# CP-SAT's own measure of work, about a second.
WORK = 1.0
# Seconds between two looks at the clock and the caller's wishes.
POLL_SECONDS = 0.02


class Joins:
    """
    The times at which it is still to be done.

    Parameters
    ----------
    num_visits
        How large the problem is.
    began
        When the run began, by ``time.monotonic``.
    """

    def __init__(self, options: SolveOptions, num_visits: int, began: float) -> None:
        self._options, self._began = options, began
        moves, seconds = options.iterations, options.seconds
        pays = seconds >= MIN_SECONDS * num_visits if moves is None else moves >= MIN_MOVES * num_visits
        self._fractions = list(FRACTIONS) if pays else []

    def is_due(self, fraction: float) -> bool:
        """Whether it is to be done at this fraction of the budget; says so once for each time."""
        is_due = bool(self._fractions) and fraction >= self._fractions[0]
        self._fractions = self._fractions[is_due:]
        return is_due

    def choose(self, islands: Sequence[Island], start: OpenPlan, threads: ThreadPoolExecutor) -> "Choice | None":
        """A plan from the routes of all islands that is better than ``start``, their best one, or None."""
        # Imported here because loading OR-Tools takes half a second that short runs do not have.
        from routing.pool.choice import Choosing  # noqa: PLC0415

        choosing, until = Choosing(islands, start), self._until()
        answer = threads.submit(choosing.best, WORK)
        while not wait([answer], POLL_SECONDS).done:
            if monotonic() > until or (self._options.should_stop and self._options.should_stop()):
                choosing.stop()
        return answer.result()

    def _until(self) -> float:
        if self._options.iterations is not None:
            return float("inf")
        now, seconds = monotonic(), self._options.seconds
        rest = self._began + seconds - now
        return now + min(SHARE * seconds, SHARE_OF_REST * rest)
