"""Facts about plans of several days: one problem, a draft for each day, published together or one by one."""

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from time_machine import Traveller

from dispatch.models import Absence, Job, Plan, PlanRun, Technician, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState, RunState
from dispatch.models.visits import VisitStatus
from dispatch.models.workforce import AbsenceReason
from dispatch.planning import compare, publish, publish_run, request_plan
from dispatch.planning.comparison import CallCode, WhyCode
from dispatch.planning.errors import (
    DayIsOver,
    HorizonOutOfRange,
    LimitOutOfRange,
    NothingToPublish,
    PlanningUnderWay,
    PlanOutdated,
    PromisesWouldBreak,
)
from dispatch.planning.settings import PlanningSettings, write_planning_settings
from dispatch.workforce import set_skills
from inventory.audit import find_differences
from tests.dispatch.planning.conftest import finish_run, promise
from tests.factories import (
    MONDAY,
    add_device,
    add_job,
    add_part,
    add_shift,
    add_site,
    add_stock,
    add_technician,
    at,
)

TUESDAY = MONDAY + dt.timedelta(days=1)
WEDNESDAY = MONDAY + dt.timedelta(days=2)


def ask(session: Session, day: dt.date, last_day: dt.date, **values: int) -> PlanRun:
    return request_plan(session, day=day, last_day=last_day, engine="greedy", seconds=1, actor_id=None, **values)


def plan_days(session: Session, day: dt.date = MONDAY, last_day: dt.date = TUESDAY, **values: int) -> list[Plan]:
    run = ask(session, day, last_day, **values)
    finish_run(session, run)
    run.state = RunState.DONE
    session.flush()
    return list(session.scalars(sa.select(Plan).where(Plan.run_id == run.id).order_by(Plan.day)))


def on(plan: Plan) -> set[int]:
    return {stop.job_id for route in plan.routes for stop in route.stops if stop.job_id is not None}


def two_days(session: Session, hours: tuple[int, int] = (8, 10)) -> Technician:
    technician = add_technician(session)
    for day in (MONDAY, TUESDAY):
        add_shift(session, technician, day=day, hours=hours)
    return technician


def waiting_visits(session: Session) -> dict[int, dt.date]:
    rows = session.scalars(sa.select(Visit).where(Visit.status == VisitStatus.DISPATCHED))
    return {row.job_id: row.day for row in rows}


def test_what_does_not_fit_today_is_planned_for_tomorrow(session: Session) -> None:
    two_days(session)
    made = [add_job(session, minutes=90) for _ in range(2)]

    monday, tuesday = plan_days(session)

    assert (monday.day, tuesday.day) == (MONDAY, TUESDAY)
    assert on(monday) | on(tuesday) == {job.id for job in made}
    assert len(on(monday)) == len(on(tuesday)) == 1
    assert all(stop.starts_at.date() == TUESDAY for route in tuesday.routes for stop in route.stops)


def test_the_costs_of_the_days_add_up_and_what_is_left_out_stands_in_the_first(session: Session) -> None:
    two_days(session)
    for _ in range(3):
        add_job(session, minutes=90)

    monday, tuesday = plan_days(session)

    assert monday.cost["unserved"] > 0
    assert tuesday.cost["unserved"] == 0
    assert len(monday.left_out) == len(tuesday.left_out) == 1
    for plan in (monday, tuesday):
        assert plan.cost["total"] == pytest.approx(sum(cents for term, cents in plan.cost.items() if term != "total"))


def test_a_trunk_serves_both_days_only_once(session: Session) -> None:
    technician = two_days(session, hours=(8, 17))
    battery = add_part(session)
    add_stock(session, technician.trunk, battery, 1)
    off_duty = add_technician(session)
    add_stock(session, off_duty.trunk, battery, 1)
    for place in (technician.trunk, off_duty.trunk):
        promise(session, add_job(session), battery, place)

    monday, tuesday = plan_days(session)

    assert len(on(monday) | on(tuesday)) == 1


def test_the_days_of_a_run_are_published_together(session: Session) -> None:
    two_days(session)
    made = [add_job(session, minutes=90) for _ in range(2)]
    monday, tuesday = plan_days(session)
    assert monday.run_id is not None

    publish_run(session, run_id=monday.run_id, actor_id=None)

    assert set(waiting_visits(session)) == {job.id for job in made}
    assert {monday.state, tuesday.state} == {PlanState.PUBLISHED}
    with pytest.raises(NothingToPublish):
        publish_run(session, run_id=monday.run_id, actor_id=None)


def test_the_days_of_a_run_are_published_one_by_one(session: Session) -> None:
    two_days(session)
    for _ in range(2):
        add_job(session, minutes=90)
    monday, tuesday = plan_days(session)

    publish(session, plan_id=monday.id, actor_id=None)
    publish(session, plan_id=tuesday.id, actor_id=None)

    assert sorted(waiting_visits(session).values()) == [MONDAY, TUESDAY]


def moved_to_tomorrow(session: Session) -> tuple[Job, Plan, Plan]:
    """A job published for today that a new plan of two days puts on tomorrow, because something urgent came."""
    write_planning_settings(session, PlanningSettings(freeze_minutes=0))
    two_days(session)
    later = add_job(session, minutes=90, response_due=at(9, day=WEDNESDAY))
    publish(session, plan_id=plan_days(session, last_day=MONDAY)[0].id, actor_id=None)
    add_job(session, minutes=90, response_due=at(9))
    monday, tuesday = plan_days(session)
    assert on(tuesday) == {later.id}
    return later, monday, tuesday


@pytest.mark.parametrize("first", [0, 1])
def test_a_job_that_moves_to_tomorrow_gets_there_whichever_day_is_published_first(session: Session, first: int) -> None:
    later, *plans = moved_to_tomorrow(session)

    publish(session, plan_id=plans[first].id, actor_id=None)
    publish(session, plan_id=plans[1 - first].id, actor_id=None)

    assert waiting_visits(session)[later.id] == TUESDAY
    assert later.status is JobStatus.DISPATCHED
    assert find_differences(session) == []


def test_both_days_tell_of_a_job_that_moves_between_them(session: Session) -> None:
    later, monday, tuesday = moved_to_tomorrow(session)

    for plan in (monday, tuesday):
        change = next(change for change in compare(session, plan).changes if change.job.id == later.id)
        assert change.was is not None
        assert change.now is not None
        assert (change.was.day, change.now.day) == (MONDAY, TUESDAY)
        assert change.call is CallCode.EXPECTED
        assert change.why.code is WhyCode.ROOM


def test_days_that_overlap_are_not_planned_twice_at_a_time(session: Session) -> None:
    technician = two_days(session)
    add_shift(session, technician, day=WEDNESDAY)
    ask(session, MONDAY, TUESDAY)

    for day, last_day in ((TUESDAY, TUESDAY), (TUESDAY, WEDNESDAY), (MONDAY, WEDNESDAY)):
        with pytest.raises(PlanningUnderWay):
            ask(session, day, last_day)
    assert ask(session, WEDNESDAY, WEDNESDAY).state is RunState.QUEUED


def test_horizons_that_make_no_sense_are_refused(session: Session, seven_thirty: Traveller) -> None:
    two_days(session)

    for last_day in (MONDAY - dt.timedelta(days=1), MONDAY + dt.timedelta(days=14)):
        with pytest.raises(HorizonOutOfRange):
            ask(session, MONDAY, last_day)
    with pytest.raises(LimitOutOfRange):
        ask(session, MONDAY, MONDAY, most_changed_promises=-1)
    seven_thirty.move_to(at(8, day=WEDNESDAY))
    with pytest.raises(DayIsOver):
        ask(session, MONDAY, TUESDAY)


def test_a_changed_shift_refuses_the_plan_and_names_the_technician(session: Session) -> None:
    technician = add_technician(session, code="T77", name="Ana")
    shift = add_shift(session, technician)
    add_job(session)
    plan = plan_days(session, last_day=MONDAY)[0]
    shift.version += 1
    session.flush()

    with pytest.raises(PlanOutdated, match="Ana") as refusal:
        publish(session, plan_id=plan.id, actor_id=None)

    assert refusal.value.facts["technicians"] == [{"code": "T77", "name": "Ana", "change": "shift"}]


def test_an_absence_during_a_visit_refuses_the_plan(session: Session) -> None:
    technician = add_technician(session)
    add_shift(session, technician)
    add_job(session)
    plan = plan_days(session, last_day=MONDAY)[0]
    session.add(
        Absence(technician=technician, starts_at=at(8), ends_at=at(12), reason=AbsenceReason.SICK, noted_at=at(7, 31))
    )
    session.flush()

    with pytest.raises(PlanOutdated) as refusal:
        publish(session, plan_id=plan.id, actor_id=None)

    assert [one["change"] for one in refusal.value.facts["technicians"]] == ["absent"]


def test_a_skill_that_was_taken_away_refuses_the_plan(session: Session) -> None:
    technician = add_technician(session, skills={"battery": 2})
    add_shift(session, technician)
    add_job(session, skills={"battery": 2})
    plan = plan_days(session, last_day=MONDAY)[0]
    set_skills(technician, {"battery": 1})
    session.flush()

    with pytest.raises(PlanOutdated) as refusal:
        publish(session, plan_id=plan.id, actor_id=None)

    assert [one["change"] for one in refusal.value.facts["technicians"]] == ["skill"]


def promised_but_nobody_can(session: Session) -> Job:
    """A promise for the morning, while the only technician begins in the afternoon."""
    add_shift(session, add_technician(session), hours=(13, 18))
    return add_job(session, window=(at(9), at(10)))


def test_promises_are_kept_unless_somebody_allows_otherwise(session: Session) -> None:
    job = promised_but_nobody_can(session)

    plan = plan_days(session, last_day=MONDAY)[0]

    assert on(plan) == set()
    assert {row.job_id: row.reason for row in plan.left_out} == {job.id: "window"}


def test_so_many_promises_as_allowed_are_moved_those_with_the_most_to_lose_first(session: Session) -> None:
    job = promised_but_nobody_can(session)
    cheaper = add_job(
        session,
        device=add_device(session, site=add_site(session, position=(41.4, -8.2))),
        window=(at(9), at(10)),
        response_due=at(20),
    )

    plan = plan_days(session, last_day=MONDAY, most_changed_promises=1)[0]

    assert on(plan) == {job.id}
    assert {row.job_id for row in plan.left_out} == {cheaper.id}


def test_a_plan_that_breaks_a_promise_needs_consent_for_it(session: Session) -> None:
    job = promised_but_nobody_can(session)
    plan = plan_days(session, last_day=MONDAY, most_changed_promises=3)[0]
    change = compare(session, plan).changes[0]
    assert change.now is not None
    assert f"{change.now.start:%H:%M}" == "13:05"
    assert (change.call, change.breaks_promise) == (CallCode.PROMISE_BROKEN, True)

    with pytest.raises(PromisesWouldBreak, match=job.number) as refusal:
        publish(session, plan_id=plan.id, actor_id=None)

    assert [one["number"] for one in refusal.value.facts["promises"]] == [job.number]
    publish(session, plan_id=plan.id, consent={job.number}, actor_id=None)
    assert job.status is JobStatus.DISPATCHED
    assert job.window_start is None
