"""Facts about who computes a run: exactly one worker at a time, and none for ever."""

import pytest
from sqlalchemy.orm import Session
from time_machine import Traveller

from dispatch.models import PlanRun
from dispatch.models.plans import RunState
from dispatch.planning import cancel_run, leases, worker_is_alive
from dispatch.planning.errors import NobodyWorks, RunIsOver, UnknownRun
from dispatch.planning.requests import request_plan
from tests.factories import MONDAY, add_shift, add_technician, at

LEASE = 10.0


@pytest.fixture
def run(session: Session) -> PlanRun:
    add_shift(session, add_technician(session))
    return request_plan(session, day=MONDAY, engine="greedy", seconds=1, actor_id=None)


def test_of_two_workers_one_gets_the_run(session: Session, run: PlanRun) -> None:
    first, second = (leases.claim(session, run.id, LEASE) for _ in range(2))

    assert first is not None
    assert second is None


def test_a_run_whose_worker_died_is_taken_up_again(session: Session, run: PlanRun, seven_thirty: Traveller) -> None:
    dead = leases.claim(session, run.id, LEASE)
    seven_thirty.shift(LEASE + 1)

    assert leases.hand_over(session) == [run.id]
    heir = leases.claim(session, run.id, LEASE)

    assert dead is not None
    assert heir is not None
    assert heir.attempt == dead.attempt + 1
    assert not leases.finish(session, dead, plan_id=1)
    assert not leases.renew(session, dead, LEASE, 0.5, None)


def test_a_run_that_is_renewed_stays_with_its_worker(session: Session, run: PlanRun, seven_thirty: Traveller) -> None:
    held = leases.claim(session, run.id, LEASE)
    assert held is not None
    for _ in range(3):
        seven_thirty.shift(LEASE - 1)
        assert leases.renew(session, held, LEASE, 0.5, 100.0)

    assert leases.hand_over(session) == []
    session.refresh(run)
    assert (run.progress, run.best_cost) == (0.5, 100.0)


def test_a_waiting_run_is_handed_over_once_in_a_while(session: Session, run: PlanRun, seven_thirty: Traveller) -> None:
    assert leases.hand_over(session) == [run.id]
    assert leases.hand_over(session) == []
    seven_thirty.shift(leases.HANDED_OVER_SECONDS + 1)
    assert leases.hand_over(session) == [run.id]


def test_a_run_that_kills_every_worker_is_given_up(session: Session, run: PlanRun, seven_thirty: Traveller) -> None:
    for _ in range(leases.MAX_ATTEMPTS):
        assert leases.claim(session, run.id, LEASE) is not None
        seven_thirty.shift(LEASE + 1)

    assert leases.hand_over(session) == []
    session.refresh(run)
    assert run.state is RunState.FAILED
    assert run.problem is not None
    assert run.problem["code"] == "plan_run_keeps_failing"


def test_a_cancelled_run_stops_its_worker(session: Session, run: PlanRun) -> None:
    held = leases.claim(session, run.id, LEASE)
    assert held is not None
    session.refresh(run)

    cancel_run(session, run_id=run.id)
    session.flush()

    assert not leases.renew(session, held, LEASE, 0.5, None)
    leases.end_cancelled(session, held)
    session.refresh(run)
    assert run.state is RunState.CANCELLED


def test_a_cancelled_run_that_fails_meanwhile_is_over(session: Session, run: PlanRun) -> None:
    held = leases.claim(session, run.id, LEASE)
    assert held is not None
    session.refresh(run)
    cancel_run(session, run_id=run.id)
    session.flush()

    leases.fail(session, held, NobodyWorks(day="2026-11-23"))

    session.refresh(run)
    assert run.state is RunState.CANCELLED


def test_a_run_that_was_given_back_is_cancelled_at_once(session: Session, run: PlanRun) -> None:
    held = leases.claim(session, run.id, LEASE)
    assert held is not None

    leases.give_back(session, held)

    session.refresh(run)
    assert leases.hand_over(session) == [run.id]
    cancel_run(session, run_id=run.id)
    assert run.state is RunState.CANCELLED


def test_a_run_that_still_waits_is_cancelled_at_once(session: Session, run: PlanRun) -> None:
    cancel_run(session, run_id=run.id)
    session.flush()

    assert leases.claim(session, run.id, LEASE) is None
    assert run.state is RunState.CANCELLED
    with pytest.raises(RunIsOver):
        cancel_run(session, run_id=run.id)


def test_an_unknown_run_is_refused(session: Session) -> None:
    with pytest.raises(UnknownRun, match="4711"):
        cancel_run(session, run_id=4711)


def test_a_failed_run_tells_why(session: Session, run: PlanRun) -> None:
    held = leases.claim(session, run.id, LEASE)
    assert held is not None

    leases.fail(session, held, NobodyWorks(day="2026-11-23"))

    session.refresh(run)
    assert run.problem == {
        "code": "nobody_works",
        "sentence": NobodyWorks.sentence,
        "facts": {"day": "2026-11-23"},
    }


def test_only_one_chain_of_sweeps_lives(session: Session, seven_thirty: Traveller) -> None:
    assert not worker_is_alive(session)
    first = leases.start_pulse(session)
    assert first is not None
    assert worker_is_alive(session)
    assert leases.start_pulse(session) is None

    seven_thirty.move_to(at(7, 31))
    assert not worker_is_alive(session)
    second = leases.start_pulse(session)

    assert second is not None
    assert leases.beat(session, second)
    assert not leases.beat(session, first)
