"""People who act at the same moment, each with a connection of their own, on both databases."""

import contextlib
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.base import Base
from core.collisions import repeat_after_collisions
from core.db import prepare_sqlite
from core.errors import DomainError

PEOPLE = 6


@contextlib.contextmanager
def open_arena(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """Give a database of its own to tests that commit: a file, or a schema that is dropped afterwards."""
    if request.param == "sqlite":
        engine = sa.create_engine(f"sqlite:///{tmp_path / 'race.sqlite'}")
        prepare_sqlite(engine)
    else:
        url = request.getfixturevalue("postgres_url")
        engine = sa.create_engine(url, pool_size=PEOPLE, connect_args={"options": "-csearch_path=race"})
        with engine.begin() as connection:
            connection.execute(sa.schema.CreateSchema("race"))
    Base.metadata.create_all(engine)
    yield engine
    if request.param == "postgresql":
        with engine.begin() as connection:
            connection.execute(sa.schema.DropSchema("race", cascade=True))
    engine.dispose()


def race(arena: sa.Engine, *acts: Callable[[Session], object], rounds: int = 1) -> Counter[str]:
    """
    Let every act run in a thread of its own, each round in a transaction of its own, all starting at once.

    Counts how they ended: "done" or the code of the refusal. Of those who collide one gives way and acts again, as each
    command of the service does; anything else fails the test.
    """
    line = threading.Barrier(len(acts))

    def run(act: Callable[[Session], object]) -> list[str]:
        line.wait()
        return [_ending(arena, act) for _ in range(rounds)]

    with ThreadPoolExecutor(len(acts)) as pool:
        return Counter(ending for endings in pool.map(run, acts) for ending in endings)


def _ending(arena: sa.Engine, act: Callable[[Session], object]) -> str:
    with Session(arena) as session:
        try:
            repeat_after_collisions(session, lambda: act(session))
        except DomainError as refused:
            return refused.code
        session.commit()
        return "done"
