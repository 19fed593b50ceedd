"""Facts about people who ask for a plan, and workers who start, at the same moment."""

import datetime as dt
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dispatch.models import PlanRun
from dispatch.planning import leases, request_plan
from tests.conftest import BACKENDS
from tests.factories import MONDAY, add_shift, add_technician
from tests.races import PEOPLE, open_arena, race


@pytest.fixture(params=BACKENDS)
def arena(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A technician who works on Monday, committed."""
    with open_arena(request, tmp_path) as engine:
        with Session(engine) as session, session.begin():
            add_shift(session, add_technician(session))
        yield engine


def test_of_those_who_ask_together_one_gets_a_run(arena: sa.Engine) -> None:
    def ask(session: Session) -> PlanRun:
        return request_plan(session, day=MONDAY, engine="greedy", seconds=1, actor_id=None)

    endings = race(arena, *[ask] * PEOPLE)

    assert endings == {"done": 1, "planning_under_way": PEOPLE - 1}
    with Session(arena) as session:
        assert session.scalar(sa.select(sa.func.count(PlanRun.id))) == 1


def test_of_those_who_ask_for_days_that_overlap_one_gets_a_run(arena: sa.Engine) -> None:
    with Session(arena) as session, session.begin():
        technician = add_technician(session)
        for later in range(1, PEOPLE + 1):
            add_shift(session, technician, day=MONDAY + dt.timedelta(days=later))

    def ask_from(first: int) -> Callable[[Session], PlanRun]:
        # Every one of these spans the same day in the middle, and each begins with another.
        day, last_day = MONDAY + dt.timedelta(days=first), MONDAY + dt.timedelta(days=PEOPLE)
        return lambda session: request_plan(
            session, day=day, last_day=last_day, engine="greedy", seconds=1, actor_id=None
        )

    endings = race(arena, *[ask_from(first) for first in range(PEOPLE)])

    assert endings == {"done": 1, "planning_under_way": PEOPLE - 1}


def test_of_the_workers_that_start_together_one_begins_the_sweeps(arena: sa.Engine) -> None:
    chains: list[int | None] = []

    race(arena, *[lambda session: chains.append(leases.start_pulse(session))] * PEOPLE)

    assert sorted(chain is not None for chain in chains) == [False] * (PEOPLE - 1) + [True]
