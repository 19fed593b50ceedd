"""Facts about runs that end without a plan: somebody is told why, and nobody waits for a run that nobody computes."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker
from time_machine import Traveller

from customers.models import Priority
from dispatch.models import Plan, PlanRun, Technician
from dispatch.models.plans import RunState
from dispatch.planning import publish_run, request_plan
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


@pytest.mark.usefixtures("compiled_planner")
def test_the_thorough_engine_plans_days_and_leaves_what_is_frozen(arena: sa.Engine, seven_thirty: Traveller) -> None:
    tuesday = MONDAY + dt.timedelta(days=1)
    bench = Workbench(sessionmaker(arena), lambda: ROADS, lease_seconds=10)

    def planned() -> dict[dt.date, dict[int | None, dt.datetime]]:
        with Session(arena) as session, session.begin():
            run_id = request_plan(session, day=MONDAY, last_day=tuesday, engine="hybrid", seconds=1, actor_id=None).id
        assert compute_run(bench, run_id)
        with Session(arena) as session, session.begin():
            plans = session.scalars(sa.select(Plan).where(Plan.run_id == run_id).order_by(Plan.day)).all()
            found = {
                plan.day: {stop.job_id: stop.starts_at for route in plan.routes for stop in route.stops}
                for plan in plans
            }
            publish_run(session, run_id=run_id, actor_id=None)
        return found

    with Session(arena) as session, session.begin():
        add_shift(session, session.scalars(sa.select(Technician)).one(), day=tuesday)
        add_job(session, window=(at(9, day=tuesday), at(11, day=tuesday)))
    first = planned()
    seven_thirty.move_to(at(7, 40))
    with Session(arena) as session, session.begin():
        add_job(session, priority=Priority.P1, response_due=at(7, 50))
    second = planned()

    assert list(first) == [MONDAY, tuesday]
    assert len(first[MONDAY]) == len(first[tuesday]) == 1
    frozen = {job: start for job, start in first[MONDAY].items() if start <= at(8, 40)}
    assert frozen
    assert frozen.items() <= second[MONDAY].items()
    assert len(second[MONDAY]) == 2
