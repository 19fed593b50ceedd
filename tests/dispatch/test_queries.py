"""Facts about what the dispatcher's pages read."""

import datetime as dt

import pytest
from sqlalchemy.orm import Session
from time_machine import travel

from core import clock
from customers.models import Priority
from dispatch.board import board
from dispatch.daymap import map_of
from dispatch.errors import UnknownJob
from dispatch.jobs import NewJob, take_in_job
from dispatch.models import Job, Plan, PlannedRoute, PlannedStop, Technician
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState, StopKind
from dispatch.models.visits import VisitStatus
from dispatch.queries import PAGE_SIZE, JobFilter, job_detail, list_jobs
from dispatch.week import week_of
from tests.factories import (
    MONDAY,
    add_device,
    add_job,
    add_part,
    add_person,
    add_shift,
    add_site,
    add_technician,
    add_visit,
    at,
)

TUESDAY = MONDAY + dt.timedelta(days=1)


@pytest.fixture
def rui(session: Session) -> Technician:
    technician = add_technician(session, name="Rui")
    add_shift(session, technician)
    return technician


def add_draft(session: Session, technician: Technician, job: Job, start: dt.datetime) -> Plan:
    stop = PlannedStop(
        position=1,
        kind=StopKind.VISIT,
        job=job,
        job_version=job.version,
        arrives_at=start,
        starts_at=start,
        leaves_at=start + dt.timedelta(minutes=30),
        parts=[],
    )
    route = PlannedRoute(
        technician=technician,
        departs_at=start,
        returns_at=start + dt.timedelta(hours=1),
        travel_seconds=600,
        path=[[41.1, -8.6], [41.2, -8.6]],
        stops=[stop],
    )
    plan = Plan(
        day=MONDAY,
        version=1,
        state=PlanState.DRAFT,
        engine="greedy",
        seed=1,
        seconds=1.0,
        cost={"total": 1.0},
        created_at=clock.now(),
        routes=[route],
        left_out=[],
    )
    session.add(plan)
    session.flush()
    session.expunge_all()
    return plan


def numbers(jobs: object) -> list[str]:
    return [job.number for job in jobs]  # type: ignore[attr-defined]


def test_a_job_on_the_draft_is_no_longer_in_the_queue(session: Session, rui: Technician) -> None:
    planned, waiting = add_job(session, number="J-1"), add_job(session, number="J-2")
    add_draft(session, rui, planned, at(9))

    view = board(session, day=MONDAY)

    assert numbers(view.queue) == [waiting.number]
    assert (view.counts.jobs, view.counts.planned, view.counts.unplanned) == (2, 1, 1)


def test_a_visit_that_began_stays_on_the_lane_beside_a_later_draft(session: Session, rui: Technician) -> None:
    begun = add_job(session, number="J-1", status=JobStatus.EN_ROUTE)
    add_visit(session, technician=rui, job=begun, status=VisitStatus.EN_ROUTE).set_off_at = at(8, 40)
    add_draft(session, rui, add_job(session, number="J-2"), at(11))

    [lane] = board(session, day=MONDAY).lanes

    assert [stop.job.number for stop in lane.visits if stop.job] == ["J-1", "J-2"]


def test_what_has_begun_counts_on_its_day_and_in_its_week_beside_a_later_plan(
    session: Session, rui: Technician
) -> None:
    done = add_visit(session, technician=rui, job=add_job(session, response_due=at(9)), status=VisitStatus.COMPLETED)
    done.set_off_at, done.arrived_at, done.ended_at = at(8, 30), at(9, 10), at(9, 50)
    again = add_visit(session, technician=rui, start=at(10), status=VisitStatus.ON_SITE)
    again.set_off_at, again.arrived_at = at(10), at(10, 5)
    # The plan was made while the second visit was still to come, and leaves out the first.
    add_draft(session, rui, again.job, at(10))

    [lane] = board(session, day=MONDAY).lanes
    [(_, [monday, *_])] = week_of(session, MONDAY).rows

    assert (monday.visits, monday.late, monday.spans) == (2, 1, [(at(9, 10), at(9, 50)), (at(10, 5), at(10, 35))])
    # Ten minutes on the road as planned, and the forty to the visit that the plan leaves out.
    assert (monday.busy_seconds, lane.travel_seconds + lane.work_seconds) == ((10 + 40 + 40 + 30) * 60,) * 2


def test_a_withdrawn_visit_is_on_no_lane(session: Session, rui: Technician) -> None:
    add_visit(session, technician=rui, status=VisitStatus.WITHDRAWN).set_off_at = at(8)

    [lane] = board(session, day=MONDAY).lanes

    assert lane.stops == ()


def test_a_first_visit_is_late_against_the_response(session: Session, rui: Technician) -> None:
    job = add_job(session, response_due=at(9), resolution_due=at(12))
    add_draft(session, rui, job, at(9, 10))

    [lane] = board(session, day=MONDAY).lanes

    assert [stop.late_seconds for stop in lane.visits] == [600]


def test_a_second_visit_is_late_only_against_the_resolution(session: Session, rui: Technician) -> None:
    job = add_job(session, response_due=at(8), resolution_due=at(12))
    job.responded_at = at(7, 30)
    add_draft(session, rui, job, at(11))

    [lane] = board(session, day=MONDAY).lanes

    assert [stop.late_seconds for stop in lane.visits] == [0]


def test_a_job_of_the_queue_is_overdue_against_what_is_due_next(session: Session) -> None:
    for responded_at in (None, at(7)):
        for resolution_due in (at(9), at(12)):
            job = add_job(session, reported_at=at(6), response_due=at(8), resolution_due=resolution_due)
            job.responded_at = responded_at

    with travel(at(10), tick=False):
        counts = board(session, day=MONDAY).counts

    # Without a first visit both are; after it one still has two hours.
    assert (counts.unplanned, counts.overdue) == (4, 3)


def test_another_day_has_neither_the_shifts_nor_the_plan_of_this_one(session: Session, rui: Technician) -> None:
    add_draft(session, rui, add_job(session), at(9))

    view = board(session, day=TUESDAY)

    assert (view.lanes, view.plan) == ([], None)


def test_the_map_has_the_line_along_the_streets(session: Session, rui: Technician) -> None:
    add_draft(session, rui, add_job(session), at(9))

    assert map_of(session, day=MONDAY).routes == [(rui.id, [[41.1, -8.6], [41.2, -8.6]])]


def test_a_job_tells_who_did_what_and_where_its_parts_are_missing(session: Session) -> None:
    device = add_device(session)
    part = add_part(session, sku="P-1")
    with travel(at(8), tick=False):
        new = NewJob(
            site=device.site, device=device, priority=Priority.P2, duration_seconds=600, parts={part.id: 2}, skills={}
        )
        job = take_in_job(session, new=new, actor_id=add_person(session, name="Ana").id)

    detail = job_detail(session, job.number)

    assert set(detail.people.values()) == {"Ana"}
    assert [(line.sku, line.wanted, line.available) for line in detail.missing] == [("P-1", 2, 0)]


def test_an_unknown_number_is_refused(session: Session) -> None:
    with pytest.raises(UnknownJob, match="J-404"):
        job_detail(session, "J-404")


@pytest.mark.parametrize("text", ["HARBOUR", "sn-77", "j-in", " harbour "])
def test_jobs_are_found_by_shop_serial_and_number_whatever_the_case(session: Session, text: str) -> None:
    device = add_device(session, serial="SN-77", site=add_site(session, name="Harbour Shop"))
    add_job(session, number="J-in", device=device)
    add_job(session, number="J-out")

    assert numbers(list_jobs(session, only=JobFilter(text=text)).jobs) == ["J-in"]


@pytest.mark.parametrize("text", ["%", "_", "\\"])
def test_signs_of_the_query_language_are_searched_for_as_they_are(session: Session, text: str) -> None:
    add_job(session)

    assert list_jobs(session, only=JobFilter(text=text)).total == 0


def test_a_page_beyond_the_last_one_is_the_last_one(session: Session) -> None:
    device = add_device(session)
    for number in range(PAGE_SIZE + 1):
        add_job(session, device=device, number=f"J-{number}", reported_at=at(1) + number * dt.timedelta(minutes=1))

    last = list_jobs(session, page=99)

    assert (last.page, last.pages, numbers(last.jobs)) == (2, 2, ["J-0"])
