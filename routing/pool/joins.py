"""When a run puts the best plan together from the routes of all its islands, and how long that may take."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from importlib import import_module
from threading import Thread
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
MIN_SECONDS, MIN_MOVES = 0.08, 800
# A run that is over sooner would wait for OR-Tools to be loaded.
MIN_RUN_SECONDS = 3.0
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
        pays = (
            seconds >= max(MIN_RUN_SECONDS, MIN_SECONDS * num_visits)
            if moves is None
            else moves >= MIN_MOVES * num_visits
        )
        self._fractions = list(FRACTIONS) if pays else []
        if pays:
            # Loading OR-Tools takes half a second, which passes while the islands search. Not a daemon: Python could
            # crash if it shut down in the midst of it, after Ctrl-C.
            Thread(target=import_module, args=("routing.pool.choice",)).start()

    def is_due(self, fraction: float) -> bool:
        """Whether it is to be done at this fraction of the budget; says so once for each time."""
        if not self._fractions or fraction < self._fractions[0]:
            return False
        self._fractions.pop(0)
        return True

    def choose(self, islands: Sequence[Island], start: OpenPlan, threads: ThreadPoolExecutor) -> "Choice | None":
        """A plan from the routes of all islands that is better than ``start``, their best one, or None."""
        # Imported here because short runs have no time for it; others have begun to load it.
        from routing.pool.choice import Choosing  # noqa: PLC0415

        choosing, until = Choosing(islands, start), self._until()
        answer = threads.submit(choosing.best, WORK)
        try:
            while not wait([answer], POLL_SECONDS).done:
                if monotonic() > until or (self._options.should_stop and self._options.should_stop()):
                    choosing.stop()
        finally:
            # Also when an exception ends the wait, as the pool of threads waits for the answer.
            choosing.stop()
        return answer.result()

    def _until(self) -> float:
        if self._options.iterations is not None:
            return float("inf")
        now, seconds = monotonic(), self._options.seconds
        rest = self._began + seconds - now
        return now + min(SHARE * seconds, SHARE_OF_REST * rest)
