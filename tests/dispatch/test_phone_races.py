"""Facts about a phone whose batch arrives twice at the same moment, on both databases."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.commands import Command
from dispatch.fieldwork.late import PhoneAction, PhoneCommand
from dispatch.fieldwork.phone import receive
from dispatch.models import Technician, Visit, VisitPart
from inventory import audit
from inventory.models import StockLevel
from tests.conftest import BACKENDS
from tests.dispatch.phone import World
from tests.factories import at
from tests.races import open_arena

TWINS = 4


@pytest.fixture(params=BACKENDS)
def arena(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    with open_arena(request, tmp_path) as engine:
        with Session(engine) as session, session.begin():
            World.made(session)
        yield engine


def test_twins_of_one_batch_use_a_part_once(arena: sa.Engine) -> None:
    line = threading.Barrier(TWINS)

    def send(_number: int) -> list[str]:
        line.wait()
        with Session(arena) as session:
            technician, visit = session.scalars(sa.select(Technician)).one(), session.scalars(sa.select(Visit)).one()
            user_id, visit_id = technician.user_id or 0, visit.id
            acts = (
                (PhoneAction.ARRIVE, {}),
                (PhoneAction.USE_PART, {"sku": "P-1042", "quantity": 1}),
                (PhoneAction.COMPLETE, {}),
            )
            outcomes = []
            for number, (action, values) in enumerate(acts):
                session.rollback()
                command = PhoneCommand(
                    id=f"c{number}", action=action, happened_at=at(9, number), visit_id=visit_id, values=values
                )
                technician = session.scalars(sa.select(Technician)).one()
                outcomes.append(str(receive(session, command, technician, user_id=user_id)["outcome"]))
                session.commit()
            return outcomes

    with ThreadPoolExecutor(TWINS) as pool:
        answered = list(pool.map(send, range(TWINS)))

    for outcomes in zip(*answered, strict=True):
        assert sorted(outcomes).count("done_before") == TWINS - 1, answered
    with Session(arena) as session:
        assert session.scalar(sa.select(sa.func.sum(VisitPart.quantity))) == 1
        assert set(session.scalars(sa.select(StockLevel.on_hand))) == {10, 2}
        assert session.scalar(sa.select(sa.func.count(Command.id))) == 3
        assert audit.find_differences(session) == []
