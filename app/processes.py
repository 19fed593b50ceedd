"""Processes that end with the one that started them."""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType

# PR_SET_PDEATHSIG of prctl(2).
_SET_PARENT_DEATH_SIGNAL = 1


def die_with_parent(number: signal.Signals, parent: int) -> None:
    """
    Ask that this process gets a signal when its parent ends, however that ends; to be called first thing in a child.

    Without it a child whose parent was killed would go on for ever, beside the one that is started in its place.
    On other systems than Linux nothing is done.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, number)
    if os.getppid() != parent:
        # It died before it could be asked.
        os.kill(os.getpid(), number)


def before_stopping(act: Callable[[], None]) -> None:
    """Call something as soon as this process is asked to stop, before whatever it does then."""
    if threading.current_thread() is not threading.main_thread():
        return
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT):
        signal.signal(number, _first(act, signal.getsignal(number)))


def _first(act: Callable[[], None], usual: "signal._HANDLER") -> Callable[[int, FrameType | None], None]:
    def call(number: int, frame: FrameType | None) -> None:
        act()
        if callable(usual):
            usual(number, frame)
        elif usual is not signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)

    return call
