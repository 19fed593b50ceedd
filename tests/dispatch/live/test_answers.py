"""What becomes of a published day when something happens: who goes where then, and who does not move."""

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from time_machine import Traveller

from dispatch.jobs import cancel_job
from dispatch.live.answers import answer, prepare_repair
from dispatch.live.errors import LateInPast, NotUnderWay, PartNotNeeded
from dispatch.live.facts import tell_absent, tell_late, tell_overrun, tell_part_missing
from dispatch.live.log import events_of_day
from dispatch.models import DayEvent, Notice, Plan
from dispatch.models.clocks import NoticeKind
from dispatch.models.jobs import JobStatus
from dispatch.models.live import DayEventKind
from dispatch.models.plans import PlanState
from dispatch.models.workforce import AbsenceReason
from dispatch.planning import publish
from inventory.audit import find_differences
from tests.dispatch.live.conftest import Day
from tests.dispatch.planning.conftest import promise
from tests.factories import MONDAY, add_part, add_place, add_stock, at


def sick(day: Day, technician_id: int, *, publish: bool = False) -> DayEvent:
    return tell_absent(
        day.session,
        technician_id=technician_id,
        starts_at=at(7, 30),
        ends_at=at(23),
        reason=AbsenceReason.SICK,
        publish=publish,
        actor_id=None,
    )


def test_the_visits_of_somebody_who_is_absent_go_to_the_others(day: Day) -> None:
    ana, ben = day.technicians
    west, east = day.add_job(east=-8), day.add_job(east=8)
    before = day.publish()

    event = answer(day.bench, sick(day, ana.id).id)

    assert event.facts["answer"] == "draft"
    assert [(number, was, now) for number, was, now, _, _ in event.facts["moved"]] == [(west.number, ana.id, ben.id)]
    assert event.plan is not None
    assert (event.plan.state, event.plan.engine, event.plan.base_id) == (PlanState.DRAFT, "repair", before.id)
    # Nothing is published without a dispatcher.
    assert (day.by(ana), day.by(ben)) == ([west.number], [east.number])
    publish(day.session, plan_id=event.plan.id, actor_id=None)
    assert set(day.by(ben)) == {west.number, east.number}


def test_where_everything_still_holds_nothing_is_written(day: Day) -> None:
    ana, _ = day.technicians
    day.add_job(east=-8)
    day.publish()

    event = answer(day.bench, tell_late(day.session, technician_id=ana.id, until=at(9), actor_id=None).id)

    assert (event.facts["answer"], event.plan_id) == ("holds", None)
    assert day.session.scalar(sa.select(sa.func.count(Plan.id))) == 1


def test_who_is_late_is_expected_later_and_loses_what_no_longer_fits(day: Day) -> None:
    ana, ben = day.technicians
    promised = day.add_job(east=-8, window=(at(8, 30), at(9, 30)))
    later = day.add_job(east=-7)
    day.publish()
    assert set(day.by(ana)) == {promised.number, later.number}

    told = tell_late(day.session, technician_id=ana.id, until=at(11), actor_id=None)
    assert day.visits()[promised.number].expected_at >= at(11)
    event = answer(day.bench, told.id)

    assert [(moved[0], moved[2]) for moved in event.facts["moved"] if moved[2] != ana.id] == [(promised.number, ben.id)]
    assert event.facts["broken"] == []


def test_who_can_only_come_late_comes_late_rather_than_never(day: Day, seven_thirty: Traveller) -> None:
    ana, ben = day.technicians
    ben.skills.clear()
    promised = day.add_job(east=-8, window=(at(8, 30), at(9, 30)), skills={"battery": 1})
    day.publish()

    event = answer(day.bench, tell_late(day.session, technician_id=ana.id, until=at(11), actor_id=None).id)

    assert event.facts["broken"] == [promised.number]
    (number, _, now, _, starts) = event.facts["moved"][0]
    assert (number, now) == (promised.number, ana.id)
    assert dt.datetime.fromisoformat(starts) > at(11)


def test_a_promise_at_risk_is_told_once_and_taken_back(day: Day) -> None:
    ana, _ = day.technicians
    promised = day.add_job(east=-8, window=(at(8, 30), at(9, 30)))
    day.publish()

    for until in (at(10), at(11)):
        tell_late(day.session, technician_id=ana.id, until=until, actor_id=None)
    notices = day.session.scalars(sa.select(Notice).where(Notice.kind == NoticeKind.PROMISE_AT_RISK)).all()
    assert [(one.job_id, one.about, one.closed_at) for one in notices] == [(promised.id, "promise", None)]

    tell_late(day.session, technician_id=ana.id, until=at(8), actor_id=None)
    assert notices[0].closed_at is not None


def test_a_harmless_repair_is_published_at_once_if_that_was_asked_for(day: Day, seven_thirty: Traveller) -> None:
    ana, _ben = day.technicians
    # Ana passes the warehouse only if she has to: one battery is in her van, one on the shelf.
    warehouse, battery = add_place(day.session, position=(41.15, -8.69)), add_part(day.session)
    add_stock(day.session, ana.trunk, battery, 1)
    add_stock(day.session, warehouse, battery, 1)
    job = day.add_job(east=-8)
    promise(day.session, job, battery, ana.trunk)
    day.publish()
    assert day.by(ana) == [job.number]

    told = tell_part_missing(day.session, job_id=job.id, part_id=battery.id, publish=True, actor_id=None)
    event = answer(day.bench, told.id)

    assert (event.facts["answer"], event.facts["broken"]) == ("published", [])
    assert day.by(ana) == [job.number]
    line = job.parts[0]
    day.session.refresh(line)
    assert line.reservation is not None
    assert line.reservation.place_id == warehouse.id
    assert find_differences(day.session) == []


def test_a_repair_that_concerns_somebody_else_waits_for_the_dispatcher(day: Day) -> None:
    ana, _ = day.technicians
    day.add_job(east=-8)
    day.publish()

    event = answer(day.bench, sick(day, ana.id, publish=True).id)

    assert event.facts["answer"] == "draft"


def test_a_part_that_is_not_there_is_counted_out_and_told_to_the_warehouse(day: Day) -> None:
    ana, _ = day.technicians
    battery = add_part(day.session)
    level = add_stock(day.session, ana.trunk, battery, 1)
    job = day.add_job(east=-8)
    promise(day.session, job, battery, ana.trunk)
    day.publish()

    event = answer(day.bench, tell_part_missing(day.session, job_id=job.id, part_id=battery.id, actor_id=None).id)

    day.session.refresh(level)
    assert level.on_hand == 0
    assert [moved[2] for moved in event.facts["moved"]] == [None]
    kinds = {notice.kind for notice in day.session.scalars(sa.select(Notice))}
    assert NoticeKind.PART_MISSING in kinds
    assert find_differences(day.session) == []


def test_a_part_that_nobody_promised_cannot_be_missing(day: Day) -> None:
    battery, job = add_part(day.session), day.add_job()
    day.publish()

    with pytest.raises(PartNotNeeded):
        tell_part_missing(day.session, job_id=job.id, part_id=battery.id, actor_id=None)


def test_an_overrun_moves_what_comes_after_it(day: Day, seven_thirty: Traveller) -> None:
    _ana, _ = day.technicians
    first, second = day.add_job(east=-8, window=(at(8, 30), at(9))), day.add_job(east=-8.1, window=(at(9), at(10)))
    day.publish()
    seven_thirty.move_to(at(8, 30))
    visit = day.visits()[first.number]
    day.set_off(visit)
    seven_thirty.move_to(at(8, 40))
    day.arrive(visit)
    before = (visit.status, visit.arrived_at, visit.planned_start)

    told = tell_overrun(day.session, job_id=first.id, until=at(11), actor_id=None)
    event = answer(day.bench, told.id)

    assert day.visits()[second.number].expected_at >= at(11)
    moved = {one[0]: one for one in event.facts["moved"]}
    assert set(moved) == {second.number}
    assert (visit.status, visit.arrived_at, visit.planned_start) == before


def test_only_work_that_somebody_is_at_can_overrun(day: Day) -> None:
    job = day.add_job()
    day.publish()

    with pytest.raises(NotUnderWay):
        tell_overrun(day.session, job_id=job.id, until=at(11), actor_id=None)


def test_nobody_is_late_until_a_time_that_is_over(day: Day) -> None:
    with pytest.raises(LateInPast):
        tell_late(day.session, technician_id=day.technicians[0].id, until=at(7), actor_id=None)


def test_an_event_is_answered_once(day: Day) -> None:
    ana, _ = day.technicians
    day.add_job(east=-8)
    day.publish()
    event = sick(day, ana.id)

    first = answer(day.bench, event.id).plan_id
    assert answer(day.bench, event.id).plan_id == first
    assert day.session.scalar(sa.select(sa.func.count(Plan.id))) == 2


def test_the_history_of_the_day_names_what_happened(day: Day, session: Session, seven_thirty: Traveller) -> None:
    _ana, _ = day.technicians
    job, other = day.add_job(east=-8), day.add_job(east=8)
    day.publish()
    day.set_off(day.visits()[job.number])
    seven_thirty.move_to(at(8))
    day.arrive(day.visits()[job.number])
    day.complete(day.visits()[job.number])
    cancel_job(session, job_id=other.id, reason="Repaired it themselves.", actor_id=None)

    assert [event.kind for event in reversed(events_of_day(session, MONDAY))] == [
        DayEventKind.VISIT_STARTED,
        DayEventKind.VISIT_FINISHED,
        DayEventKind.CANCELLATION,
    ]
    assert other.status is JobStatus.CANCELLED


def test_a_day_without_trouble_needs_no_repair(day: Day) -> None:
    day.add_job(east=-8)
    day.publish()

    assert prepare_repair(day.bench, MONDAY) is None
