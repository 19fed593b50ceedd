"""A small day to plan: two technicians, a warehouse, and the road between them as the crow flies."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from time_machine import Traveller, travel

from dispatch.models import Job, JobPart, Plan, PlanRun
from dispatch.models.plans import RunState
from dispatch.planning.prices import Prices
from dispatch.planning.problem import reachable_part, to_problem
from dispatch.planning.record import record_plans
from dispatch.planning.requests import request_plan
from dispatch.planning.search import Order, search
from dispatch.planning.snapshot import take_snapshot
from dispatch.planning.travel import known_travel
from inventory import reservations
from inventory.models import Part, Place
from routing.travel import travel_times
from tests.factories import MONDAY, at

ROADS = travel_times("great_circle")


@pytest.fixture(autouse=True)
def seven_thirty() -> Iterator[Traveller]:
    """Half past seven on Monday, before anybody has left home."""
    with travel(at(7, 30), tick=False) as clock:
        yield clock


def promise(session: Session, job: Job, part: Part, place: Place, quantity: int = 1) -> JobPart:
    """Let the job need a part that is promised to it at a place."""
    held = reservations.reserve_all(session, wants={part.id: quantity}, place_ids=[place.id], reference=job.number)
    line = JobPart(part=part, quantity=quantity, reservation=held[part.id])
    job.parts.append(line)
    session.flush()
    return line


def plan_monday(session: Session, *, before_recording: object = None) -> Plan:
    """Plan the day in one go, with whatever happens between solving and recording."""
    run = request_plan(session, day=MONDAY, engine="greedy", seconds=1, actor_id=None)
    plan = finish_run(session, run, before_recording)
    run.state = RunState.DONE
    session.flush()
    return plan


def finish_run(session: Session, run: PlanRun, before_recording: object = None) -> Plan:
    """Carry a requested run out in the test's own session."""

    @contextmanager
    def sessions() -> Iterator[Session]:
        yield session

    snapshot = take_snapshot(session, run.day, run.last_day)
    travel_matrix = known_travel(sessions, ROADS, snapshot.points)
    snapshot = reachable_part(snapshot, travel_matrix)
    problem = to_problem(snapshot, travel_matrix, Prices())
    computed = search(snapshot, problem, Order("greedy", 1, most_changed_promises=run.most_changed_promises or 0))
    if callable(before_recording):
        before_recording()
        session.flush()
    plans = record_plans(session, computed, run=run, actor_id=run.requested_by_id)
    session.flush()
    return plans[0]


@contextmanager
def fresh_session(engine: sa.Engine) -> Iterator[Session]:
    """A session for one example of a property, whose changes are undone: commits included, as travel times make."""
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as made:
            yield made
        outer.rollback()
