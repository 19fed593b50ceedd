"""What the caller wants of a run while its threads work: that it stops, and to hear how far it is."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from time import monotonic
from typing import TypeVar

import numpy as np

from routing.engines import Progress, SolveOptions

T = TypeVar("T")

# Seconds between two looks at the caller's wishes, and between two reports of progress.
LOOK_SECONDS, REPORT_SECONDS = 0.01, 0.25


class Watch:
    """
    The caller's wishes during one run.

    Parameters
    ----------
    options
        Of the run: ``should_stop`` and ``on_progress``.
    progress
        How far the run is, or None if there is nothing to tell yet.

    Attributes
    ----------
    stop
        One number, other than 0 once the run is to end; compiled code looks at it all the time.
    """

    def __init__(self, options: SolveOptions, progress: Callable[[], Progress | None]) -> None:
        self.stop = np.zeros(1, np.int64)
        self._options, self._progress, self._next_report = options, progress, monotonic()

    @property
    def is_stopped(self) -> bool:
        """Whether the run is to end, as far as somebody has looked."""
        return bool(self.stop[0])

    def end(self) -> None:
        """Let all threads end."""
        self.stop[0] = 1

    def wait(self, runs: Sequence[Future[T]]) -> list[T]:
        """What some runs return; meanwhile the caller may stop them, and hears of them."""
        while wait(runs, LOOK_SECONDS).not_done:
            if self._options.should_stop and self._options.should_stop():
                self.end()
            self._report()
        return [run.result() for run in runs]

    def _report(self) -> None:
        if self._options.on_progress and monotonic() >= self._next_report and (progress := self._progress()):
            self._next_report = monotonic() + REPORT_SECONDS
            self._options.on_progress(progress)

    def finish(self, cost: float) -> None:
        """Say that a run is complete, unless it was stopped."""
        if self._options.on_progress and not self.is_stopped:
            self._options.on_progress(Progress(1.0, cost))
