"""Facts about publication: visits, promises of parts and pick lists appear together or not at all."""

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from time_machine import Traveller

from customers.models import Priority
from dispatch import jobs
from dispatch.fieldwork import set_off
from dispatch.models import Plan, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState
from dispatch.models.visits import VisitStatus
from dispatch.planning import discard, publish, published_plan
from dispatch.planning.errors import NotADraft, PlanOutdated, UnknownPlan
from inventory import ledger, picking
from inventory.audit import find_differences
from inventory.models import Part, PickLine, PickList, PickState, Place, ReservationState
from tests.dispatch.planning.conftest import plan_monday, promise
from tests.factories import (
    MONDAY,
    add_device,
    add_job,
    add_part,
    add_person,
    add_place,
    add_shift,
    add_site,
    add_stock,
    add_technician,
    add_visit,
    at,
)


def all_visits(session: Session) -> list[Visit]:
    return list(session.scalars(sa.select(Visit).order_by(Visit.id)))


def test_publishing_makes_visits_in_the_planned_order(session: Session) -> None:
    technician = add_technician(session)
    add_shift(session, technician)
    made = [add_job(session) for _ in range(3)]
    plan = plan_monday(session)

    publish(session, plan_id=plan.id, actor_id=None)

    visits = all_visits(session)
    assert [visit.position for visit in visits] == [1, 2, 3]
    assert [visit.planned_start for visit in visits] == sorted(visit.planned_start for visit in visits)
    assert {visit.technician_id for visit in visits} == {technician.id}
    assert {job.status for job in made} == {JobStatus.DISPATCHED}
    assert published_plan(session, MONDAY) is plan


def test_the_history_of_a_job_tells_the_plan_and_the_technician(session: Session) -> None:
    add_shift(session, add_technician(session, name="Rui Costa"))
    job = add_job(session)
    dispatcher = add_person(session)

    publish(session, plan_id=plan_monday(session).id, actor_id=dispatcher.id)

    session.refresh(job)
    facts = {"plan": 1, "technician": "Rui Costa"}
    assert [(event.action, event.facts, event.user_id) for event in job.events][-2:] == [
        ("plan", facts, dispatcher.id),
        ("dispatch", facts, dispatcher.id),
    ]


def test_a_plan_is_published_once(session: Session) -> None:
    add_shift(session, add_technician(session))
    add_job(session)
    plan = plan_monday(session)
    publish(session, plan_id=plan.id, actor_id=None)

    with pytest.raises(NotADraft, match="published"):
        publish(session, plan_id=plan.id, actor_id=None)

    assert len(all_visits(session)) == 1


def test_a_plan_of_a_job_that_changed_since_is_refused_by_name(session: Session) -> None:
    add_shift(session, add_technician(session))
    kept, cancelled = add_job(session), add_job(session)
    plan = plan_monday(session)
    jobs.cancel_job(session, job_id=cancelled.id, reason="The shop closed down.", actor_id=None)

    with pytest.raises(PlanOutdated, match=cancelled.number) as refusal:
        publish(session, plan_id=plan.id, actor_id=None)

    assert refusal.value.facts["jobs"] == [{"number": cancelled.number, "change": "cancelled"}]
    assert all_visits(session) == []
    assert kept.status is JobStatus.READY


def test_the_pieces_a_van_fetches_are_promised_there_and_on_its_pick_list(session: Session) -> None:
    technician = add_technician(session)
    add_shift(session, technician)
    warehouse, battery = add_place(session), add_part(session)
    add_stock(session, warehouse, battery, 2)
    job = add_job(session)
    line = promise(session, job, battery, warehouse)

    publish(session, plan_id=plan_monday(session).id, actor_id=None)

    picks = session.scalars(sa.select(PickList)).one()
    assert (picks.warehouse_id, picks.trunk_id, picks.day) == (warehouse.id, technician.trunk_id, MONDAY)
    assert [(pick.part_id, pick.quantity, pick.reservation_id, pick.reference) for pick in picks.lines] == [
        (battery.id, 1, line.reservation_id, job.number)
    ]


def test_the_morning_list_of_a_van_fills_it_up_as_well(session: Session) -> None:
    technician = add_technician(session)
    add_shift(session, technician)
    warehouse, battery, paper = add_place(session), add_part(session), add_part(session)
    for part in (battery, paper):
        add_stock(session, warehouse, part, 9)
    add_stock(session, technician.trunk, paper, 1, minimum=2, target=5)
    line = promise(session, add_job(session), battery, warehouse)

    publish(session, plan_id=plan_monday(session).id, actor_id=None)

    picks = session.scalars(sa.select(PickList)).one()
    assert [(pick.part_id, pick.quantity, pick.reservation_id) for pick in picks.lines] == [
        (battery.id, 1, line.reservation_id),
        (paper.id, 4, None),
    ]


def test_a_promise_moves_to_the_van_that_gets_the_job(session: Session) -> None:
    far_away = add_technician(session, home=(41.9, -8.0))
    add_shift(session, far_away, hours=(8, 9))
    near = add_technician(session)
    add_shift(session, near)
    battery = add_part(session)
    for technician in (far_away, near):
        add_stock(session, technician.trunk, battery, 1)
    line = promise(session, add_job(session), battery, far_away.trunk)

    publish(session, plan_id=plan_monday(session).id, actor_id=None)

    assert line.reservation is not None
    assert line.reservation.place_id == near.trunk_id
    assert find_differences(session) == []


def test_a_part_that_is_gone_refuses_the_plan(session: Session) -> None:
    near = add_technician(session)
    add_shift(session, near)
    other = add_technician(session, home=(41.9, -8.0))
    battery = add_part(session)
    add_stock(session, near.trunk, battery, 1)
    add_stock(session, other.trunk, battery, 1)
    job = add_job(session)
    promise(session, job, battery, other.trunk)
    plan = plan_monday(session)
    ledger.consume(session, part_id=battery.id, quantity=1, place_id=near.trunk_id, reference="J-9", actor_id=None)

    with pytest.raises(PlanOutdated, match=job.number):
        publish(session, plan_id=plan.id, actor_id=None)


def test_pieces_of_a_job_that_is_left_out_go_to_the_planned_one(session: Session) -> None:
    technician = add_technician(session)
    add_shift(session, technician, hours=(8, 10))
    far_away, battery = add_place(session, position=(41.9, -8.0)), add_part(session)
    add_stock(session, technician.trunk, battery, 1)
    add_stock(session, far_away, battery, 1)
    urgent = add_job(session, priority=Priority.P1, minutes=90)
    left_out = add_job(session, priority=Priority.P4, minutes=90)
    line = promise(session, urgent, battery, far_away)
    other_line = promise(session, left_out, battery, technician.trunk)

    publish(session, plan_id=plan_monday(session).id, actor_id=None)

    assert line.reservation is not None
    assert other_line.reservation is not None
    assert (line.reservation.place_id, other_line.reservation.place_id) == (technician.trunk_id, far_away.id)
    assert (urgent.status, left_out.status) == (JobStatus.DISPATCHED, JobStatus.READY)
    assert find_differences(session) == []


def test_a_left_out_job_whose_pieces_went_to_a_planned_one_waits_when_there_are_no_others(session: Session) -> None:
    technician = add_technician(session)
    add_shift(session, technician, hours=(8, 10))
    off_duty = add_technician(session, skills={"screen": 1})
    battery = add_part(session)
    add_stock(session, technician.trunk, battery, 1)
    add_stock(session, off_duty.trunk, battery, 1)
    urgent = add_job(session, priority=Priority.P1, minutes=90, skills={"battery": 1})
    left_out = add_job(session, priority=Priority.P4, minutes=90, skills={"battery": 1})
    promise(session, urgent, battery, off_duty.trunk)
    promise(session, left_out, battery, technician.trunk)

    publish(session, plan_id=plan_monday(session).id, actor_id=None)

    assert (urgent.status, left_out.status) == (JobStatus.DISPATCHED, JobStatus.WAITING_PARTS)


@pytest.mark.parametrize("fetched", [False, True])
def test_a_promise_that_a_count_took_back_is_given_anew_or_refuses_the_plan(
    session: Session, seven_thirty: Traveller, fetched: bool
) -> None:
    """Also on a route that is as it was."""
    technician = add_technician(session)
    add_shift(session, technician)
    battery = add_part(session)
    place = add_place(session) if fetched else technician.trunk
    add_stock(session, place, battery, 1)
    job = add_job(session)
    line = promise(session, job, battery, place)
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    seven_thirty.move_to(at(7, 45))
    plan = plan_monday(session)
    count(session, place, battery, 0)

    with pytest.raises(PlanOutdated, match=job.number):
        publish(session, plan_id=plan.id, actor_id=None)
    count(session, place, battery, 1)
    publish(session, plan_id=plan.id, actor_id=None)

    assert line.reservation is not None
    assert line.reservation.state is ReservationState.OPEN
    to_pick = session.scalars(sa.select(PickLine.reservation_id).where(PickLine.state == PickState.OPEN)).all()
    assert list(to_pick) == ([line.reservation_id] if fetched else [])


def count(session: Session, place: Place, part: Part, counted: int) -> None:
    """Count a part at a place, which takes a promise back that it cannot keep."""
    ledger.correct(session, place_id=place.id, part_id=part.id, counted=counted, reason="Count", actor_id=None)


def test_a_visit_that_stays_with_its_technician_gets_new_times_and_keeps_its_number(
    session: Session, seven_thirty: Traveller
) -> None:
    technician = add_technician(session)
    add_shift(session, technician)
    done_first, later = add_job(session, window=(at(8), at(9))), add_job(session, window=(at(14), at(15)))
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    first_visit, old_visit = all_visits(session)
    first_visit.status, first_visit.set_off_at = VisitStatus.EN_ROUTE, at(8)
    done_first.status = JobStatus.EN_ROUTE
    session.flush()
    seven_thirty.move_to(at(8, 10))

    publish(session, plan_id=plan_monday(session).id, actor_id=None)

    assert first_visit.status is VisitStatus.EN_ROUTE
    assert all_visits(session) == [first_visit, old_visit]
    assert (old_visit.status, old_visit.job_id, old_visit.position) == (VisitStatus.DISPATCHED, later.id, 2)
    assert later.status is JobStatus.DISPATCHED
    states = session.scalars(sa.select(Plan.state).order_by(Plan.version)).all()
    assert list(states) == [PlanState.SUPERSEDED, PlanState.PUBLISHED]


def test_a_visit_that_goes_to_somebody_else_is_another_one(session: Session) -> None:
    leaving, staying = add_technician(session), add_technician(session)
    shift = add_shift(session, leaving)
    job = add_job(session)
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    session.delete(shift)
    add_shift(session, staying)

    publish(session, plan_id=plan_monday(session).id, actor_id=None)

    assert [(visit.technician_id, visit.status, visit.job_id) for visit in all_visits(session)] == [
        (leaving.id, VisitStatus.WITHDRAWN, job.id),
        (staying.id, VisitStatus.DISPATCHED, job.id),
    ]


def test_a_job_that_the_new_plan_leaves_out_is_ready_again(session: Session, seven_thirty: Traveller) -> None:
    add_shift(session, add_technician(session), hours=(8, 12))
    site = add_site(session, hours={"mon": [["08:00", "10:00"]]})
    job = add_job(session, device=add_device(session, site=site))
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    seven_thirty.move_to(at(9, 50))
    other = add_job(session)

    publish(session, plan_id=plan_monday(session).id, actor_id=None)

    assert job.status is JobStatus.READY
    assert other.status is JobStatus.DISPATCHED


def test_a_van_that_loads_what_it_was_to_load_keeps_its_pick_list(session: Session) -> None:
    technician = add_technician(session)
    add_shift(session, technician)
    warehouse, battery = add_place(session), add_part(session)
    add_stock(session, warehouse, battery, 2)
    promise(session, add_job(session), battery, warehouse)
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    add_job(session)

    publish(session, plan_id=plan_monday(session).id, actor_id=None)

    [picks] = session.scalars(sa.select(PickList)).all()
    assert (picks.state, [line.state for line in picks.lines]) == (PickState.OPEN, [PickState.OPEN])


def test_a_van_that_loads_something_else_gets_its_list_anew(session: Session) -> None:
    technician = add_technician(session)
    add_shift(session, technician)
    warehouse, battery = add_place(session), add_part(session)
    add_stock(session, warehouse, battery, 3)
    first = promise(session, add_job(session), battery, warehouse)
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    top_up = picking.draw_up(
        session,
        warehouse_id=warehouse.id,
        trunk_id=technician.trunk_id,
        day=MONDAY,
        lines=[picking.PickWanted(part_id=battery.id, quantity=1)],
    )
    second = promise(session, add_job(session), battery, warehouse)

    publish(session, plan_id=plan_monday(session).id, actor_id=None)

    states = session.scalars(sa.select(PickList.state).order_by(PickList.id)).all()
    assert list(states) == [PickState.CANCELLED, PickState.OPEN]
    # A van gets one list in the morning, for its shelves and for its jobs.
    assert [line.reservation_id for line in top_up.lines] == [None, first.reservation_id, second.reservation_id]


def test_what_nobody_picked_yesterday_is_on_todays_list(session: Session) -> None:
    technician = add_technician(session)
    add_shift(session, technician)
    warehouse, battery = add_place(session), add_part(session)
    add_stock(session, warehouse, battery, 1)
    left_over, yesterday = add_job(session, status=JobStatus.DISPATCHED), MONDAY - dt.timedelta(days=1)
    add_visit(session, technician=technician, job=left_over, day=yesterday)
    line = promise(session, left_over, battery, warehouse)
    picking.draw_up(
        session,
        warehouse_id=warehouse.id,
        trunk_id=technician.trunk_id,
        day=yesterday,
        lines=[picking.PickWanted(part_id=battery.id, quantity=1, reservation_id=line.reservation_id)],
    )

    publish(session, plan_id=plan_monday(session).id, actor_id=None)

    lists = session.execute(sa.select(PickList.day, PickList.state).order_by(PickList.id)).all()
    assert [tuple(one) for one in lists] == [(yesterday, PickState.CANCELLED), (MONDAY, PickState.OPEN)]


def test_the_pick_list_of_a_job_under_way_outlives_a_new_plan(session: Session, seven_thirty: Traveller) -> None:
    technician = add_technician(session)
    add_shift(session, technician)
    warehouse, battery = add_place(session), add_part(session)
    add_stock(session, warehouse, battery, 2)
    first, later = add_job(session, window=(at(8), at(10))), add_job(session, window=(at(14), at(15)))
    kept, given_up = (promise(session, job, battery, warehouse) for job in (first, later))
    publish(session, plan_id=plan_monday(session).id, actor_id=None)
    seven_thirty.move_to(at(8))
    first_visit = all_visits(session)[0]
    set_off(session, visit_id=first_visit.id, technician_id=technician.id, actor_id=None)
    later.window_start, later.window_end = at(14) + dt.timedelta(days=1), at(15) + dt.timedelta(days=1)
    add_job(session)

    publish(session, plan_id=plan_monday(session).id, actor_id=None)

    lines = session.execute(sa.select(PickLine.reservation_id, PickLine.state).order_by(PickLine.id)).all()
    assert [tuple(line) for line in lines] == [
        (kept.reservation_id, PickState.OPEN),
        (given_up.reservation_id, PickState.CANCELLED),
    ]


def test_a_discarded_draft_changes_nothing(session: Session) -> None:
    add_shift(session, add_technician(session))
    job = add_job(session)
    plan = plan_monday(session)

    discard(session, plan_id=plan.id)

    assert (plan.state, job.status) == (PlanState.DISCARDED, JobStatus.READY)


def test_an_unknown_plan_is_refused(session: Session) -> None:
    with pytest.raises(UnknownPlan, match="4711"):
        publish(session, plan_id=4711, actor_id=None)


def test_a_job_on_tomorrows_plan_is_not_taken_into_todays(session: Session) -> None:
    technician = add_technician(session)
    add_shift(session, technician)
    tomorrow = MONDAY + dt.timedelta(days=1)
    promised = add_job(session, status=JobStatus.DISPATCHED)
    add_visit(session, technician=technician, job=promised, day=tomorrow)
    add_job(session)

    plan = plan_monday(session)

    assert promised.id not in {stop.job_id for route in plan.routes for stop in route.stops}


def test_what_was_left_of_yesterday_is_planned_today(session: Session) -> None:
    technician = add_technician(session)
    add_shift(session, technician)
    left_over = add_job(session, status=JobStatus.DISPATCHED)
    old_visit = add_visit(session, technician=technician, job=left_over, day=MONDAY - dt.timedelta(days=1))

    publish(session, plan_id=plan_monday(session).id, actor_id=None)

    assert old_visit.status is VisitStatus.WITHDRAWN
    assert [visit.day for visit in all_visits(session) if visit.status is VisitStatus.DISPATCHED] == [MONDAY]
