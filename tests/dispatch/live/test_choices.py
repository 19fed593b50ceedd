"""Who can take a job, and sending somebody."""

import pytest
import sqlalchemy as sa
from time_machine import Traveller

from customers.models import Priority
from dispatch.live.choices import assign, prepare_assignment, who_can
from dispatch.live.errors import DayMovesOn, JobNotAssignable, NoDayToRepair, TechnicianCannot
from dispatch.models import Plan, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState
from dispatch.models.visits import VisitStatus
from inventory.audit import find_differences
from inventory.models import PickList
from tests.dispatch.live.conftest import Day
from tests.dispatch.planning.conftest import promise
from tests.factories import MONDAY, add_part, add_place, add_stock, at


def test_the_nearest_free_technician_comes_first(day: Day) -> None:
    ana, ben = day.technicians
    day.add_job(east=-8)
    day.publish()
    urgent = day.add_job(east=10, priority=Priority.P1)

    ranking = who_can(day.bench, urgent.id, MONDAY)

    assert [choice.technician_id for choice in ranking.choices] == [ben.id, ana.id]
    best, other = ranking.choices
    assert best.is_possible
    assert best.cost_cents < other.cost_cents
    assert best.arrives_at is not None
    assert other.arrives_at is not None
    assert best.arrives_at < other.arrives_at


def test_who_lacks_the_skill_comes_last_and_is_told_why(day: Day) -> None:
    day.add_job()
    day.publish()
    urgent = day.add_job(skills={"screen": 2})

    ranking = who_can(day.bench, urgent.id, MONDAY)

    assert [choice.why.code for choice in ranking.choices if choice.why] == ["skill", "skill"]
    assert ranking.choices[0].why is not None
    assert ranking.choices[0].why.facts == {"skill": "screen", "needed": 2, "held": 0}


def test_assigning_makes_a_visit_and_leaves_the_others_where_they_are(day: Day) -> None:
    _ana, ben = day.technicians
    jobs = [day.add_job(east=-8), day.add_job(east=8)]
    day.publish()
    before = {number: (visit.id, visit.technician_id) for number, visit in day.visits().items()}
    urgent = day.add_job(east=10)

    plan = assign(day.session, prepare_assignment(day.bench, urgent.id, ben.id, MONDAY), actor_id=None)

    assert plan.state is PlanState.PUBLISHED
    assert plan.engine == "assign"
    assert urgent.status is JobStatus.DISPATCHED
    assert day.visits()[urgent.number].technician_id == ben.id
    after = {number: (visit.id, visit.technician_id) for number, visit in day.visits().items()}
    assert {number: after[number] for number in before} == before
    assert {job.status for job in jobs} == {JobStatus.DISPATCHED}


def test_the_part_is_promised_where_the_technician_fetches_it(day: Day) -> None:
    _ana, ben = day.technicians
    warehouse, battery = add_place(day.session, position=(41.15, -8.55)), add_part(day.session)
    add_stock(day.session, warehouse, battery, 2)
    day.add_job(east=8)
    day.publish()
    urgent = day.add_job(east=10)
    line = promise(day.session, urgent, battery, warehouse)

    best = who_can(day.bench, urgent.id, MONDAY).choices[0]
    assert (best.technician_id, best.parts, best.fetch_at, best.fetches) == (
        ben.id,
        "new_stop",
        warehouse.name,
        {battery.sku: 1},
    )
    assign(day.session, prepare_assignment(day.bench, urgent.id, ben.id, MONDAY), actor_id=None)

    picks = day.session.scalars(sa.select(PickList)).one()
    assert (picks.trunk_id, picks.lines[0].reservation_id) == (ben.trunk_id, line.reservation_id)
    assert find_differences(day.session) == []


def test_a_job_that_somebody_has_can_be_given_to_another(day: Day) -> None:
    ana, ben = day.technicians
    job = day.add_job(east=-8)
    day.publish()
    assert day.by(ana) == [job.number]

    ranking = who_can(day.bench, job.id, MONDAY)
    assert ranking.technician_id == ana.id
    assign(day.session, prepare_assignment(day.bench, job.id, ben.id, MONDAY), actor_id=None)

    assert (day.by(ana), day.by(ben)) == ([], [job.number])


def test_somebody_who_cannot_is_refused_by_name_and_reason(day: Day) -> None:
    _, ben = day.technicians
    day.add_job()
    day.publish()
    urgent = day.add_job(skills={"screen": 2})

    with pytest.raises(TechnicianCannot, match="Ben cannot take job"):
        prepare_assignment(day.bench, urgent.id, ben.id, MONDAY)


def test_an_answer_about_a_day_that_changed_is_not_written(day: Day, seven_thirty: Traveller) -> None:
    _ana, ben = day.technicians
    first = day.add_job(east=8)
    day.publish()
    urgent = day.add_job(east=10)
    prepared = prepare_assignment(day.bench, urgent.id, ben.id, MONDAY)
    day.set_off(day.visits()[first.number])

    with pytest.raises(DayMovesOn):
        assign(day.session, prepared, actor_id=None)

    assert urgent.status is JobStatus.READY
    assert day.session.scalar(sa.select(sa.func.count(Plan.id))) == 1


def test_a_visit_under_way_stays_as_it_is_when_another_is_assigned(day: Day, seven_thirty: Traveller) -> None:
    _, ben = day.technicians
    first, second = day.add_job(east=8), day.add_job(east=9)
    day.publish()
    seven_thirty.move_to(at(8))
    visits = day.visits()
    under_way = visits[day.by(ben)[0]]
    day.set_off(under_way)
    before = (under_way.status, under_way.technician_id, under_way.planned_start)
    urgent = day.add_job(east=10)

    assign(day.session, prepare_assignment(day.bench, urgent.id, ben.id, MONDAY), actor_id=None)

    day.session.refresh(under_way)
    assert (under_way.status, under_way.technician_id, under_way.planned_start) == before
    assert {first.number, second.number, urgent.number} == set(day.by(ben))


def test_late_visits_do_not_keep_others_from_being_assigned_and_stay_promised(
    day: Day, seven_thirty: Traveller
) -> None:
    _, ben = day.technicians
    promised = day.add_job(east=8, window=(at(8, 30), at(9, 30)))
    day.publish()
    # Nobody has set off, and the window is over.
    seven_thirty.move_to(at(11))
    urgent = day.add_job(east=10)

    plan = assign(day.session, prepare_assignment(day.bench, urgent.id, ben.id, MONDAY), actor_id=None)

    assert plan.state is PlanState.PUBLISHED
    assert set(day.by(ben)) == {promised.number, urgent.number}
    assert promised.window_start == at(8, 30)


def test_without_a_published_plan_there_is_nothing_to_change(day: Day) -> None:
    job = day.add_job()

    with pytest.raises(NoDayToRepair):
        who_can(day.bench, job.id, MONDAY)


def test_a_job_that_waits_for_parts_cannot_be_assigned(day: Day) -> None:
    day.add_job()
    day.publish()
    waiting = day.add_job(status=JobStatus.WAITING_PARTS)

    with pytest.raises(JobNotAssignable, match="waiting_parts"):
        who_can(day.bench, waiting.id, MONDAY)


def test_withdrawn_visits_of_the_day_are_none(day: Day) -> None:
    day.add_job(east=8)
    day.publish()

    assert [visit.status for visit in day.session.scalars(sa.select(Visit))] == [VisitStatus.DISPATCHED]
