"""Facts about two transactions that are in each other's way on PostgreSQL."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from psycopg.errors import DeadlockDetected
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core.accounts import RoleName
from core.collisions import TRIES, is_collision, repeat_after_collisions
from core.commands import Command, once
from core.settings import Setting
from tests.factories import add_person
from tests.races import open_arena

ROWS = ("left", "right")


@pytest.fixture(params=["postgresql"])
def arena(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """Two rows to fight for; SQLite lets one transaction write at a time, so nobody can collide there."""
    with open_arena(request, tmp_path) as engine:
        with Session(engine) as session, session.begin():
            add_person(session, name="Ana", roles=[RoleName.WAREHOUSE])
            session.add_all(Setting(name=name, value={"times": 0}) for name in ROWS)
        yield engine


class Crossing:
    """Two who take the same two rows from opposite ends, and who both hold one before they ask for the other."""

    def __init__(self) -> None:
        self.begun = 0
        self._both_hold_one = threading.Barrier(2)
        self._met = threading.Event()

    def raise_both(self, session: Session, *names: str) -> dict[str, Any]:
        self.begun += 1
        for name in names:
            # As bookings do: each in a savepoint of its own.
            with session.begin_nested():
                row = session.get_one(Setting, name, with_for_update=True, populate_existing=True)
                row.value = {"times": row.value["times"] + 1}
            if not self._met.is_set():
                self._both_hold_one.wait(10)
                self._met.set()
        return {"raised": list(names)}


def test_a_command_that_collides_is_carried_out_again_and_acts_once(arena: sa.Engine) -> None:
    crossing = Crossing()

    def send(number: int) -> dict[str, Any]:
        names = ROWS if number else ROWS[::-1]
        with Session(arena) as session:
            answer = once(
                session,
                command_id=f"c-{number}",
                user_id=1,
                name=f"raise {number}",
                act=lambda: crossing.raise_both(session, *names),
            )
            session.commit()
            return answer

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(send, range(2)))

    assert answers == [{"raised": ["right", "left"]}, {"raised": ["left", "right"]}]
    assert crossing.begun == 3
    with Session(arena) as session:
        assert [session.get_one(Setting, name).value for name in ROWS] == [{"times": 2}, {"times": 2}]
        assert session.scalar(sa.select(sa.func.count()).select_from(Command)) == 2


def test_what_collides_every_time_ends_in_the_collision(session: Session) -> None:
    tries: list[int] = []

    def collide() -> None:
        tries.append(1)
        raise OperationalError("UPDATE", {}, DeadlockDetected())

    with pytest.raises(OperationalError) as raised:
        repeat_after_collisions(session, collide)

    assert is_collision(raised.value)
    assert len(tries) == TRIES


def test_a_database_that_does_not_answer_is_not_asked_again(session: Session) -> None:
    tries: list[int] = []

    def fail() -> None:
        tries.append(1)
        raise OperationalError("SELECT", {}, ConnectionError("gone"))

    with pytest.raises(OperationalError):
        repeat_after_collisions(session, fail)

    assert tries == [1]
