"""What a move costs, before it takes effect."""

import pytest
import sqlalchemy as sa
from time_machine import Traveller

from customers.models import Priority
from dispatch.jobs import cancel_job
from dispatch.models import Job, Plan
from dispatch.moves.errors import NobodyToMoveTo, NothingMoves, NotToBeMoved, PlaceGone
from dispatch.moves.weighing import Move, Weighed, weigh
from tests.dispatch.live.conftest import Day
from tests.dispatch.planning.conftest import promise
from tests.factories import MONDAY, add_part, add_place, add_stock, add_technician, at


def asked(day: Day, job: Job, technician: int | None = None, before: Job | None = None) -> Weighed:
    day.session.flush()
    return weigh(day.bench, MONDAY, Move(job.number, technician, before.number if before else None))


def test_a_quiet_move_changes_nothing_else(day: Day) -> None:
    _ana, ben = day.technicians
    day.add_job(east=8)
    job = day.add_job(east=-8, minutes=20)
    day.publish()

    weighed = asked(day, job, ben.id)

    assert weighed.was is not None
    assert weighed.now is not None
    assert (weighed.was.technician, weighed.now.technician) == ("Ana", "Ben")
    assert weighed.is_quiet
    assert weighed.cost_cents > 0
    assert sum(cents for term, cents in weighed.costs.items() if term != "total") == pytest.approx(
        weighed.cost_cents, abs=5
    )


def test_weighing_writes_nothing(day: Day) -> None:
    _ana, ben = day.technicians
    job = day.add_job(east=-8)
    day.publish()

    asked(day, job, ben.id)
    asked(day, job)

    assert day.session.scalar(sa.select(sa.func.count(Plan.id))) == 1
    assert day.by(day.technicians[0]) == [job.number]


def test_whoever_comes_behind_is_told_when(day: Day) -> None:
    _ana, ben = day.technicians
    first, second = day.add_job(east=8, window=(at(9), at(9, 30))), day.add_job(east=9, window=(at(9, 30), at(11)))
    job = day.add_job(east=-8, minutes=60)
    day.publish()
    assert day.by(ben) == [first.number, second.number]

    weighed = asked(day, job, ben.id, before=second)

    (shifted,) = weighed.shifted
    assert (shifted.number, shifted.technician) == (second.number, "Ben")
    assert shifted.later_seconds > 3600
    assert [one.number for one in weighed.promises] == [second.number]


def test_a_promise_that_is_late_already_is_asked_about_when_it_gets_later_still(
    day: Day, seven_thirty: Traveller
) -> None:
    ana, _ben = day.technicians
    late, other = day.add_job(east=-8, window=(at(8), at(8, 30))), day.add_job(east=8, minutes=60)
    day.publish()
    seven_thirty.move_to(at(10))

    assert asked(day, other, ana.id).needs_consent == []
    assert asked(day, other, ana.id, before=late).needs_consent == [late.number]


def test_a_target_that_is_missed_then_is_told_by_how_much(day: Day) -> None:
    _ana, ben = day.technicians
    urgent = day.add_job(east=8, priority=Priority.P1, response_due=at(9))
    job = day.add_job(east=-8, minutes=60)
    day.publish()

    weighed = asked(day, job, ben.id, before=urgent)

    (target,) = weighed.targets
    assert (target.number, target.late_before, target.is_worse) == (urgent.number, 0, True)
    assert target.late_after is not None
    assert target.late_after > 0


def test_a_skill_that_is_lacking_is_a_broken_rule_with_the_levels(day: Day) -> None:
    _ana, ben = day.technicians
    job = day.add_job(east=-8)
    day.publish()
    job.skills = {"screen": 2}

    weighed = asked(day, job, ben.id)

    assert [(one.rule, one.number, one.technician_id, one.amount) for one in weighed.broken] == [
        ("skill", job.number, ben.id, 2)
    ]
    assert weighed.broken[0].facts == {"skill": "screen", "needed": 2, "held": 0}


def test_what_was_agreed_to_holds_until_another_rule_breaks(day: Day, seven_thirty: Traveller) -> None:
    _ana, ben = day.technicians
    job = day.add_job(east=-8)
    day.publish()
    job.skills = {"screen": 2}
    agreed = asked(day, job, ben.id)

    seven_thirty.move_to(at(10))
    assert asked(day, job, ben.id).basis == agreed.basis

    seven_thirty.move_to(at(16, 30))
    later = asked(day, job, ben.id)
    assert {one.rule for one in later.broken} == {"skill", "overtime"}
    assert later.basis != agreed.basis


def test_the_part_of_somebody_elses_van_is_lacking(day: Day) -> None:
    ana, ben = day.technicians
    battery = add_part(day.session)
    add_stock(day.session, ana.trunk, battery, 1)
    job = day.add_job(east=-8)
    promise(day.session, job, battery, ana.trunk)
    day.publish()

    weighed = asked(day, job, ben.id)

    assert [(one.rule, one.amount, one.facts["sku"]) for one in weighed.broken] == [("part", 1, battery.sku)]


def test_a_part_that_a_warehouse_has_is_fetched_on_the_way(day: Day) -> None:
    ana, ben = day.technicians
    warehouse, battery = add_place(day.session, position=(41.15, -8.55)), add_part(day.session)
    add_stock(day.session, ana.trunk, battery, 1)
    add_stock(day.session, warehouse, battery, 1)
    job = day.add_job(east=-8)
    promise(day.session, job, battery, ana.trunk)
    day.publish()

    weighed = asked(day, job, ben.id)

    assert weighed.broken == ()
    route = next(one for one in weighed.computed.solution.routes if one.shift.startswith("BEN"))
    assert [stop.kind.value for stop in route.stops] == ["depot", "visit"]


def test_a_job_from_the_queue_brings_its_piece_along(day: Day) -> None:
    _ana, ben = day.technicians
    warehouse, battery = add_place(day.session, position=(41.15, -8.55)), add_part(day.session)
    add_stock(day.session, warehouse, battery, 1)
    day.publish_empty()
    job = day.add_job(east=8)
    promise(day.session, job, battery, warehouse)

    weighed = asked(day, job, ben.id)

    assert weighed.broken == ()
    assert weighed.was is None


def test_nobody_moves_to_the_same_place(day: Day) -> None:
    ana, _ben = day.technicians
    job = day.add_job(east=-8)
    day.publish()

    with pytest.raises(NothingMoves, match="is there already"):
        asked(day, job, ana.id)


def test_whom_nobody_can_be_sent_to_is_refused_by_name(day: Day) -> None:
    stranger = add_technician(day.session, code="EVA", name="Eva")
    job = day.add_job(east=-8)
    day.publish()

    with pytest.raises(NobodyToMoveTo, match="Eva has no working time left on 2026-11-23"):
        asked(day, job, stranger.id)


def test_work_under_way_and_work_that_is_over_stay(day: Day, seven_thirty: Traveller) -> None:
    _ana, ben = day.technicians
    begun, other, gone = day.add_job(east=-8), day.add_job(east=8), day.add_job(east=7)
    day.publish()
    seven_thirty.move_to(at(8))
    day.set_off(day.visits()[begun.number])
    cancel_job(day.session, job_id=gone.id, reason="It works again.", actor_id=None)

    for job in (begun, gone):
        with pytest.raises(NotToBeMoved, match=job.number):
            asked(day, job, ben.id)
    with pytest.raises(PlaceGone, match=begun.number):
        asked(day, other, day.technicians[0].id, before=begun)
