"""Facts about what the planner is told of a day that has begun, and of the days around it."""

import datetime as dt

import pytest
from sqlalchemy.orm import Session
from time_machine import Traveller

from dispatch import jobs
from dispatch.fieldwork import set_off
from dispatch.models import PlannedStop, Technician
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import StopKind
from dispatch.planning import publish
from dispatch.planning.snapshot import take_snapshot
from routing.travel import Point
from tests.dispatch.planning.conftest import plan_monday
from tests.factories import MONDAY, add_device, add_job, add_shift, add_site, add_technician, add_visit, at

TUESDAY = MONDAY + dt.timedelta(days=1)


@pytest.fixture
def technician(session: Session) -> Technician:
    """A technician who may rest for half an hour from between noon and half past one."""
    technician = add_technician(session)
    shift = add_shift(session, technician)
    shift.break_seconds, shift.break_earliest, shift.break_latest = 1800, at(12), at(13, 30)
    session.flush()
    return technician


def test_who_was_on_the_way_to_a_cancelled_job_is_free_at_once(
    session: Session, technician: Technician, seven_thirty: Traveller
) -> None:
    site = add_site(session, position=(41.17, -8.6))
    job = add_job(session, device=add_device(session, site=site), status=JobStatus.DISPATCHED)
    visit = add_visit(session, technician=technician, job=job)
    seven_thirty.move_to(at(9))
    set_off(session, visit_id=visit.id, technician_id=technician.id, actor_id=None)
    session.flush()
    jobs.cancel_job(session, job_id=job.id, reason="Solved by phone.", actor_id=None)

    [shift] = take_snapshot(session, MONDAY).shifts

    assert (shift.start_point, shift.starts_at) == (Point(41.17, -8.6), at(9))


def publish_with_break(session: Session, begin: dt.datetime) -> None:
    """Publish a plan of the day in which the break begins at a certain time."""
    plan = plan_monday(session)
    rest = PlannedStop(
        position=99,
        kind=StopKind.BREAK,
        arrives_at=begin,
        starts_at=begin,
        leaves_at=begin + dt.timedelta(minutes=30),
        parts=[],
    )
    plan.routes[0].stops.append(rest)
    session.flush()
    publish(session, plan_id=plan.id, actor_id=None)


def test_a_break_that_has_begun_is_not_planned_again(
    session: Session, technician: Technician, seven_thirty: Traveller
) -> None:
    add_job(session, window=(at(14), at(15)))
    publish_with_break(session, at(12))
    seven_thirty.move_to(at(12, 10))
    first = take_snapshot(session, MONDAY).shifts[0]
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    seven_thirty.move_to(at(12, 20))
    second = take_snapshot(session, MONDAY).shifts[0]

    assert [(shift.technician_id, shift.break_window, shift.starts_at) for shift in (first, second)] == [
        (technician.id, None, at(12, 30)),
        (technician.id, None, at(12, 30)),
    ]


def test_a_break_that_a_newer_plan_put_off_is_still_to_come(
    session: Session, technician: Technician, seven_thirty: Traveller
) -> None:
    add_job(session, window=(at(14), at(15)))
    publish_with_break(session, at(12))
    seven_thirty.move_to(at(11))
    publish_with_break(session, at(13))
    seven_thirty.move_to(at(12, 40))

    [shift] = take_snapshot(session, MONDAY).shifts

    assert (shift.technician_id, shift.break_window) == (technician.id, (at(12, 40), at(13, 30)))


def test_a_job_promised_for_today_is_no_matter_of_tomorrows_plan(session: Session) -> None:
    add_shift(session, add_technician(session), day=TUESDAY)
    add_job(session, window=(at(16), at(18)))

    snapshot = take_snapshot(session, TUESDAY)

    assert (snapshot.jobs, snapshot.obstacles) == ((), ())
