"""Facts about histories: everything that happened to a job in one list, with who, when, from and to."""

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from sqlalchemy.orm import Session

from core.accounts import RoleName, User
from customers.models import Priority
from dispatch.errors import UnknownPromise
from dispatch.fieldwork.conflicts import conflicts, dismiss
from dispatch.history import PAGE, Source, history_of_job, history_of_plan, history_of_promise
from dispatch.jobs import change_job, record_fact
from dispatch.models import Plan, PlannedRoute, PlannedStop, Promise
from dispatch.models.live import ConflictState
from dispatch.models.plans import PlanState, StopKind
from dispatch.planning import states
from tests import factories as make
from tests.dispatch.phone import World
from tests.factories import MONDAY, at


@pytest.fixture(autouse=True)
def noon() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(at(12), tick=False) as clock:
        yield clock


@pytest.fixture
def world(session: Session) -> World:
    return World.made(session)


@pytest.fixture
def dora(session: Session) -> User:
    return make.add_person(session, name="Dora", roles=[RoleName.DISPATCHER])


def test_a_change_tells_who_and_from_what_to_what(world: World, dora: User) -> None:
    job = world.job
    due = job.response_due

    change_job(world.session, job_id=job.id, version=job.version, changes={"priority": Priority.P1}, actor_id=dora.id)

    found = history_of_job(world.session, job)
    line = next(line for line in found.lines if line.action == "change")
    assert (found.people[line.user_id or 0], line.at) == ("Dora", at(12))
    assert line.changes["priority"] == ["P3", "P1"]
    assert line.changes["response_due"] == [due.isoformat(), job.response_due.isoformat()]


def test_what_was_told_late_stands_where_it_happened(world: World) -> None:
    world.tell("arrive", at(9))

    line = next(line for line in history_of_job(world.session, world.job).lines if line.action == "arrive")

    assert (line.at, line.told_at) == (at(9), at(12))
    assert line.changes["status"] == ["en_route", "on_site"]


def test_a_visit_leaves_its_traces_in_every_table(world: World, dora: User) -> None:
    world.tell("arrive", at(9))
    world.use(at(9, 10))
    world.use(at(9, 20), quantity=9)
    (open_conflict,) = conflicts(world.session, states=[ConflictState.OPEN]).conflicts
    dismiss(world.session, conflict_id=open_conflict.id, reason="a slip", actor_id=dora.id)
    world.tell("complete", at(9, 40))

    lines = history_of_job(world.session, world.job).lines

    assert {line.source for line in lines} >= {Source.JOB, Source.CLOCK, Source.STOCK, Source.PHONE}
    moved = next(line for line in lines if line.source is Source.STOCK)
    assert (moved.action, moved.facts) == ("consumption", {"sku": "P-1042", "quantity": 1})
    assert moved.changes["place"][0] == world.technician.trunk.name
    assert [line.action for line in lines if line.source is Source.PHONE] == ["dismissed", "conflict"]
    assert next(line for line in lines if line.action == "dismissed").note == "a slip"
    assert [line.at for line in lines] == sorted((line.at for line in lines), reverse=True)


def test_lists_of_two_are_not_taken_for_changes(world: World) -> None:
    record_fact(world.session, world.job, "use_part", actor_id=None, facts={"serials": ["A", "B"], "sku": "P-1"})

    (line,) = history_of_job(world.session, world.job).lines

    assert (line.changes, line.facts) == ({}, {"serials": ["A", "B"], "sku": "P-1"})


def test_a_long_history_comes_in_pages(world: World) -> None:
    for number in range(PAGE + 3):
        record_fact(world.session, world.job, "change", actor_id=None, facts={"number": number})

    first, second = (history_of_job(world.session, world.job, page=page) for page in (1, 2))

    assert (first.total, first.pages, len(first.lines), len(second.lines)) == (PAGE + 3, 2, PAGE, 3)
    assert first.lines[0].facts["number"] == PAGE + 2
    assert second.lines[-1].facts["number"] == 0


def published(world: World, version: int, start: dt.datetime, dora: User) -> Plan:
    route = PlannedRoute(
        technician_id=world.technician.id,
        departs_at=at(8),
        returns_at=at(17),
        travel_seconds=0,
        path=[],
        stops=[
            PlannedStop(
                position=1,
                kind=StopKind.VISIT,
                job_id=world.job.id,
                job_version=1,
                arrives_at=start,
                starts_at=start,
                leaves_at=start + dt.timedelta(minutes=30),
                parts=[],
            )
        ],
    )
    plan = Plan(
        day=MONDAY,
        version=version,
        state=PlanState.DRAFT,
        engine="greedy",
        seed=1,
        seconds=1.0,
        cost={},
        created_at=at(7),
        published_at=at(7, version),
        published_by_id=dora.id,
        routes=[route],
    )
    states.enter(world.session, plan, PlanState.DRAFT, actor_id=dora.id)
    states.enter(world.session, plan, PlanState.PUBLISHED, actor_id=dora.id)
    if version == 1:
        states.enter(world.session, plan, PlanState.SUPERSEDED, actor_id=dora.id)
    world.session.flush()
    return plan


def test_plans_that_moved_a_job_stand_in_its_history_and_those_that_did_not_do_not(world: World, dora: User) -> None:
    published(world, 1, at(9), dora)
    moved = published(world, 2, at(14), dora)

    lines = [line for line in history_of_job(world.session, world.job).lines if line.source is Source.PLAN]

    assert [line.facts["plan"] for line in lines] == [2, 1]
    assert lines[0].changes == {"start": [at(9).isoformat(), at(14).isoformat()]}
    assert lines[1].changes["technician"] == [None, world.technician.name]
    assert [line.action for line in history_of_plan(world.session, moved.id).lines] == ["published", "draft"]


def test_a_promise_has_a_history_of_its_own(world: World, dora: User) -> None:
    promise = Promise(job_id=world.job.id, starts_at=at(9), ends_at=at(10), made_at=at(7), made_by_id=dora.id)
    world.session.add(promise)
    world.session.flush()
    world.tell("arrive", at(9, 30))

    found = history_of_promise(world.session, promise.id)

    assert [line.action for line in found.lines] == ["kept", "made"]
    assert found.people == {dora.id: "Dora", world.technician.user_id: "Rui"}
    with pytest.raises(UnknownPromise):
        history_of_promise(world.session, 987654)
