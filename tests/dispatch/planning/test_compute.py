"""Facts about runs that end without a plan: somebody is told why, and nobody waits for a run that nobody computes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker
from time_machine import Traveller

from dispatch.models import PlanRun
from dispatch.models.plans import RunState
from dispatch.planning import request_plan
from dispatch.planning.compute import Workbench, compute_run
from routing.travel import TravelTimes
from tests.conftest import BACKENDS
from tests.dispatch.planning.conftest import ROADS
from tests.factories import MONDAY, add_job, add_shift, add_technician, at
from tests.races import open_arena


@pytest.fixture(params=BACKENDS)
def arena(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A job and a technician who works until five, committed."""
    with open_arena(request, tmp_path) as engine:
        with Session(engine) as session, session.begin():
            add_shift(session, add_technician(session), hours=(8, 17))
            add_job(session)
        yield engine


def ask(arena: sa.Engine) -> int:
    with Session(arena) as session, session.begin():
        return request_plan(session, day=MONDAY, engine="greedy", seconds=1, actor_id=None).id


def run_of(arena: sa.Engine, run_id: int) -> PlanRun:
    with Session(arena) as session:
        return session.get_one(PlanRun, run_id)


def interrupted() -> TravelTimes:
    raise KeyboardInterrupt


def test_an_interrupted_run_waits_for_the_next_worker(arena: sa.Engine) -> None:
    run_id = ask(arena)

    with pytest.raises(KeyboardInterrupt):
        compute_run(Workbench(sessionmaker(arena), interrupted, lease_seconds=10), run_id)

    assert run_of(arena, run_id).state is RunState.QUEUED
    assert compute_run(Workbench(sessionmaker(arena), lambda: ROADS, lease_seconds=10), run_id)
    assert run_of(arena, run_id).state is RunState.DONE


def test_a_day_that_is_over_by_the_time_it_is_computed_gets_no_plan(arena: sa.Engine, seven_thirty: Traveller) -> None:
    seven_thirty.move_to(at(16, 58))
    run_id = ask(arena)

    compute_run(Workbench(sessionmaker(arena), lambda: ROADS, lease_seconds=10), run_id)

    run = run_of(arena, run_id)
    assert run.state is RunState.FAILED
    assert run.problem is not None
    assert run.problem["code"] == "nobody_works"
