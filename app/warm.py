"""
The compiled planner in a web process, ready before somebody waits for it.

The first request of a process, which is the supervisor's question whether it is up, starts a thread that loads what
answers about the living day need.
"""

import gc
import logging
import threading

from flask import Flask

from routing.warm import load_answers

log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Warm the process up at its first request; tests and commands do without."""
    if app.config["TESTING"]:
        return
    once = threading.Lock()

    @app.before_request
    def start() -> None:
        # Taken once and never given back.
        if once.acquire(blocking=False):
            threading.Thread(target=_warm_up, name="warm-up", daemon=True).start()


def _warm_up() -> None:
    try:
        load_answers()
    except Exception:
        # The first question about the day loads it then, and is slower.
        log.exception("The planner could not be loaded ahead")
        return
    # What is loaded now stays for good. The collector need not look through it again and again, which takes long
    # enough to be noticed by whoever waits for an answer.
    gc.collect()
    gc.freeze()
