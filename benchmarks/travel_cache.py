"""
Times reading a day's travel matrix from the cache in the database.

Run from the project's root: ``python -m benchmarks cache``.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from core.base import Base
from core.db import prepare_sqlite
from dispatch.planning.travel import known_travel
from routing.travel import Point, travel_times

NUM_POINTS = 260
REPEATS = 15

T = TypeVar("T")


def report() -> None:
    """Print the figures as Markdown."""
    rng = np.random.default_rng(1)
    points = [Point(41.15 + float(dlat), -8.61 + float(dlon)) for dlat, dlon in rng.uniform(-0.1, 0.1, (NUM_POINTS, 2))]
    # What is read back does not depend on who computed it.
    provider = travel_times("great_circle")
    with tempfile.TemporaryDirectory() as folder:
        engine = sa.create_engine(f"sqlite:///{Path(folder) / 'cache.sqlite'}")
        prepare_sqlite(engine)
        Base.metadata.create_all(engine)
        sessions: Callable[[], Session] = sessionmaker(engine)
        known_travel(sessions, provider, points)
        seconds = statistics.median(
            _timed(lambda: known_travel(sessions, provider, points).among(points)) for _ in range(REPEATS)
        )
        engine.dispose()
    size = f"{NUM_POINTS} x {NUM_POINTS}"
    print("| what | target | measured |")
    print("|---|--:|--:|")
    print(f"| {size} matrix from the cache, median of {REPEATS} | ≤ 100 ms | {seconds * 1000:.1f} ms |")


def _timed(call: Callable[[], T]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started
