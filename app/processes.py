"""Processes that end with the one that started them."""

import ctypes
import os
import signal
import sys

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
