"""Repairs that nobody asked for: when one is proposed, when not, and that none is published by itself."""

import pytest
from time_machine import Traveller

from core import clock
from customers.models import Priority
from dispatch.jobs import cancel_job
from dispatch.live.answers import answer
from dispatch.live.facts import tell_late
from dispatch.live.log import note_urgent
from dispatch.live.overview import live_day
from dispatch.live.proposals import CLAIM, claim_events, propose
from dispatch.models import TechnicianSkill
from dispatch.models.live import DayEventKind
from dispatch.models.plans import PlanState
from dispatch.planning import publish
from dispatch.whereabouts import STILL_TO_DO, whereabouts
from tests.dispatch.live.conftest import Day
from tests.factories import MONDAY, at

HOUR, FOR_ANA = 60, {"battery": 1}


def start_work(day: Day, seven_thirty: Traveller, *, east: float) -> tuple[str, str]:
    """Ana alone can do both jobs; she begins the first at half past eight, the second is promised from ten to half."""
    ana, ben = day.technicians
    ben.skills.clear()
    first = day.add_job(east=-8, minutes=HOUR, window=(at(8, 30), at(9)), skills=FOR_ANA)
    second = day.add_job(east=east, minutes=HOUR, window=(at(10), at(10, 30)), skills=FOR_ANA)
    day.publish()
    assert day.by(ana) == [first.number, second.number]
    ben.skills.append(TechnicianSkill(skill="battery", level=1))
    seven_thirty.move_to(at(8, 30))
    day.set_off(day.visits()[first.number])
    day.arrive(day.visits()[first.number])
    return first.number, second.number


def test_work_that_runs_over_untold_ends_a_fifth_of_its_length_from_now(day: Day, seven_thirty: Traveller) -> None:
    ana, _ = day.technicians
    start_work(day, seven_thirty, east=5)

    assert whereabouts(day.session, MONDAY, at(9))[ana.id][1] == at(9, 30)
    _, free = whereabouts(day.session, MONDAY, at(10))[ana.id]
    assert (free - at(10)).total_seconds() == STILL_TO_DO * HOUR * 60


def test_an_urgent_job_that_waits_is_proposed_to_whom_a_cancellation_frees(day: Day, seven_thirty: Traveller) -> None:
    ana, ben = day.technicians
    ben.skills.clear()
    long = day.add_job(east=-8, minutes=8 * HOUR, skills=FOR_ANA)
    before = day.publish()
    waiting = day.add_job(east=-8, minutes=4 * HOUR, skills=FOR_ANA, priority=Priority.P1)

    cancel_job(day.session, job_id=long.id, reason="It works again.", actor_id=None)
    [event_id] = claim_events(day.session)
    event = propose(day.bench, event_id)

    assert event.facts["answer"] == "proposed"
    assert [moved[:3] for moved in event.facts["moved"]] == [[waiting.number, None, ana.id]]
    assert event.plan is not None
    assert (event.plan.state, event.plan.base_id) == (PlanState.DRAFT, before.id)
    assert live_day(day.session, MONDAY).proposal is event
    # Nothing is published without a dispatcher.
    assert day.by(ana) == []
    publish(day.session, plan_id=event.plan.id, actor_id=None)
    assert day.by(ana) == [waiting.number]


def test_a_cancellation_while_nobody_waits_asks_for_nothing(day: Day, seven_thirty: Traveller) -> None:
    job = day.add_job(east=-8)
    day.publish()

    cancel_job(day.session, job_id=job.id, reason="It works again.", actor_id=None)

    assert claim_events(day.session) == []


def test_a_promise_that_late_work_puts_at_risk_is_proposed_to_a_colleague(day: Day, seven_thirty: Traveller) -> None:
    ana, ben = day.technicians
    first, second = start_work(day, seven_thirty, east=5)
    seven_thirty.move_to(at(10, 20))
    day.complete(day.visits()[first])

    [event_id] = claim_events(day.session)
    event = propose(day.bench, event_id)

    assert (event.kind, event.facts["at_risk"]) == (DayEventKind.VISIT_FINISHED, [second])
    assert (event.facts["answer"], event.facts["broken"]) == ("proposed", [])
    assert [moved[:3] for moved in event.facts["moved"]] == [[second, ana.id, ben.id]]
    assert day.by(ana) == [first, second]


def test_where_nothing_gets_better_nothing_is_written(day: Day, seven_thirty: Traveller) -> None:
    first, second = start_work(day, seven_thirty, east=5)
    day.technicians[1].skills.clear()
    seven_thirty.move_to(at(10, 20))
    day.complete(day.visits()[first])

    [event_id] = claim_events(day.session)
    event = propose(day.bench, event_id)

    assert event.facts["at_risk"] == [second]
    assert (event.facts["answer"], event.plan_id) == ("nothing_better", None)


def test_a_draft_that_somebody_asked_for_is_left_alone(day: Day, seven_thirty: Traveller) -> None:
    _, ben = day.technicians
    long = day.add_job(east=-8, minutes=8 * HOUR)
    ben.skills.clear()
    day.publish()
    day.add_job(east=-8, skills=FOR_ANA, priority=Priority.P2)
    cancel_job(day.session, job_id=long.id, reason="It works again.", actor_id=None)
    [event_id] = claim_events(day.session)
    mine = day.draft()

    event = propose(day.bench, event_id)

    assert (event.facts["answer"], event.plan_id) == ("draft_waits", None)
    assert mine.state is PlanState.DRAFT


def test_an_event_is_claimed_once_until_the_claim_runs_out(day: Day, seven_thirty: Traveller) -> None:
    long = day.add_job(east=-8)
    day.publish()
    day.add_job(east=8, priority=Priority.P2)
    cancel_job(day.session, job_id=long.id, reason="It works again.", actor_id=None)

    claimed = claim_events(day.session)
    assert (len(claimed), claim_events(day.session)) == (1, [])
    seven_thirty.shift(CLAIM)
    assert claim_events(day.session) == claimed
    first = propose(day.bench, claimed[0]).plan_id
    assert propose(day.bench, claimed[0]).plan_id == first
    seven_thirty.shift(CLAIM)
    assert claim_events(day.session) == []


def test_what_a_dispatcher_told_is_answered_at_once_and_not_proposed(day: Day, seven_thirty: Traveller) -> None:
    ana, _ = day.technicians
    day.add_job(east=-8, window=(at(8, 30), at(9, 30)))
    day.publish()

    event = answer(day.bench, tell_late(day.session, technician_id=ana.id, until=at(11), actor_id=None).id)

    assert event.facts["answer"] == "draft"
    assert claim_events(day.session) == []


@pytest.mark.parametrize(("priority", "told"), [("P1", True), ("P2", True), ("P3", False)])
def test_an_urgent_job_while_today_is_published_is_an_event(
    day: Day, seven_thirty: Traveller, priority: str, told: bool
) -> None:
    day.add_job()
    day.publish()
    job = day.add_job(priority=Priority(priority))

    event = note_urgent(day.session, job, actor_id=None)

    assert (event is not None) == told
    assert clock.now() == at(7, 30)
