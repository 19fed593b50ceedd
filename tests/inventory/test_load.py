"""The stock room stays true under load, on both databases; `make bench-stock` does the same with many more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.stock import load
from tests.conftest import BACKENDS
from tests.races import open_arena

CLIENTS, OPERATIONS = 8, 1_504


@pytest.fixture(params=BACKENDS)
def arena(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A database of its own, because this test commits."""
    with open_arena(request, tmp_path) as engine:
        yield engine


def test_nothing_is_lost_or_used_twice_when_many_book_the_same_parts(arena: sa.Engine) -> None:
    with Session(arena) as session, session.begin():
        world = load.furnish(session)

    tally = load.run(arena, world, clients=CLIENTS, operations=OPERATIONS, seed=1)

    assert tally.failures == []
    assert tally.endings.total() == OPERATIONS
    # A load in which most is refused would prove little.
    assert sum(count for ending, count in tally.endings.items() if ending.endswith(" done")) > OPERATIONS * 0.5
    with Session(arena) as session:
        assert list(load.faults(session, tally.used)) == []
