"""Facts about what a contract asks for, and what a plan makes of it."""

import datetime as dt
from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session
from time_machine import Traveller, travel

from customers.models import Priority
from dispatch.models import LeftOut, Plan, PlannedRoute, PlannedStop
from dispatch.models.clocks import PauseReason
from dispatch.models.plans import PlanState, StopKind
from dispatch.objective import Penalty, Stake
from dispatch.pauses import pause_clocks
from dispatch.planning.penalty import expected_penalty, next_chance
from dispatch.planning.snapshot import take_snapshot
from tests.factories import MONDAY, add_job, add_shift, add_technician, at

TUESDAY = MONDAY + dt.timedelta(days=1)


@pytest.fixture(autouse=True)
def half_past_seven() -> Iterator[Traveller]:
    with travel(at(7, 30), tick=False) as traveller:
        yield traveller


STAKE = Stake(Priority.P2, due=at(12), late_cents_per_minute=15, breach_cents=1500)


@pytest.mark.parametrize(
    ("begins_at", "penalty"),
    [
        (at(9), Penalty(0, 0)),
        # At the due time itself it is kept.
        (at(12), Penalty(0, 0)),
        # One minute late is not four hours late.
        (at(12, 1), Penalty(15, 1500)),
        (at(16), Penalty(3600, 1500)),
        # By the second, rounded to the cent.
        (at(12) + dt.timedelta(seconds=10), Penalty(2, 1500)),
        # Over the night by the wall clock.
        (at(12, day=TUESDAY), Penalty(21600, 1500)),
    ],
)
def test_lateness_costs_by_the_minute_and_the_miss_once(begins_at: dt.datetime, penalty: Penalty) -> None:
    assert STAKE.penalty(begins_at) == penalty


def test_leaving_a_job_out_costs_its_base_price_and_what_it_collects_by_its_next_chance() -> None:
    assert STAKE.unserved_cents(35_000, at(11)) == 35_000
    assert STAKE.unserved_cents(35_000, at(8, day=TUESDAY)) == 35_000 + 1_500 + 20 * 60 * 15 == 54_500
    assert STAKE.penalty(at(8, day=TUESDAY)) == Penalty(18_000, 1_500)


def test_the_planner_pays_what_the_contract_asks_for(session: Session) -> None:
    add_shift(session, add_technician(session))
    first = add_job(session, response_due=at(12), resolution_due=at(18))
    second = add_job(session, response_due=at(6), resolution_due=at(18))
    second.responded_at = at(5)
    session.flush()

    stakes = {job.id: job.stake for job in take_snapshot(session, MONDAY).jobs}

    # A second visit no longer races the response clock, which stopped with the first.
    assert [stakes[first.id].due, stakes[second.id].due] == [at(12), at(18)]
    assert (stakes[first.id].late_cents_per_minute, stakes[first.id].breach_cents) == (10, 1000)


def test_a_paused_job_is_planned_as_if_its_clocks_ran_on_now(session: Session, half_past_seven: Traveller) -> None:
    add_shift(session, add_technician(session))
    job = add_job(session, response_due=at(12))
    pause_clocks(session, job_id=job.id, reason=PauseReason.CUSTOMER_ASKED, actor_id=None)
    half_past_seven.move_to(at(9))

    planned = take_snapshot(session, MONDAY).jobs

    assert [one.stake.due for one in planned] == [at(13, 30)]


def test_the_next_chance_is_the_first_shift_after_the_last_day(session: Session) -> None:
    # Nobody has a shift: the morning after, where the firm is.
    assert next_chance(session, MONDAY) == dt.datetime(2026, 11, 24, 8, tzinfo=dt.UTC)

    technician, gone = add_technician(session), add_technician(session)
    gone.active = False
    add_shift(session, gone, day=TUESDAY)
    thursday = MONDAY + dt.timedelta(days=3)
    add_shift(session, technician, day=thursday, hours=(9, 17))

    assert next_chance(session, MONDAY) == at(9, day=thursday)


def test_a_plan_tells_its_expected_penalty_job_by_job(session: Session) -> None:
    technician = add_technician(session)
    add_shift(session, technician, day=TUESDAY)
    late = add_job(session, response_due=at(10))
    early = add_job(session, response_due=at(12))
    out = add_job(session, response_due=at(6, day=TUESDAY))
    waits = add_job(session, response_due=at(12, day=TUESDAY))
    plan = _plan(session, technician.id, [(late.id, at(10, 30)), (early.id, at(11))], [out.id, waits.id])

    penalty = expected_penalty(session, plan)

    # Half an hour at 10 cents and the miss; two hours until eight on Tuesday and the miss.
    assert [(one.job.id, one.penalty) for one in penalty.jobs] == [
        (out.id, Penalty(1200, 1000)),
        (late.id, Penalty(300, 1000)),
    ]
    assert [one.begins_at for one in penalty.jobs] == [None, at(10, 30)]
    assert (penalty.cents, penalty.lateness_cents, penalty.breach_cents) == (3500, 1500, 2000)
    assert (penalty.left_out_cents, penalty.next_chance) == (2200, at(8, day=TUESDAY))


def _plan(session: Session, technician_id: int, starts: list[tuple[int, dt.datetime]], left_out: list[int]) -> Plan:
    route = PlannedRoute(
        technician_id=technician_id,
        departs_at=at(8),
        returns_at=at(17),
        travel_seconds=0,
        path=[],
        stops=[
            PlannedStop(
                position=position,
                kind=StopKind.VISIT,
                job_id=job_id,
                job_version=1,
                arrives_at=start,
                starts_at=start,
                leaves_at=start + dt.timedelta(minutes=30),
                parts=[],
            )
            for position, (job_id, start) in enumerate(starts, start=1)
        ],
    )
    plan = Plan(
        day=MONDAY,
        version=1,
        state=PlanState.DRAFT,
        engine="greedy",
        seed=1,
        seconds=1.0,
        cost={"total": 0.0},
        created_at=at(7, 30),
        routes=[route],
        left_out=[LeftOut(job_id=job_id, reason="full", details=[]) for job_id in left_out],
    )
    session.add(plan)
    session.flush()
    return plan
