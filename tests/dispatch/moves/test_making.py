"""Making a move, bending a rule for a reason, and taking a move back."""

import datetime as dt

import pytest
import sqlalchemy as sa
from time_machine import Traveller

from dispatch.live import answers
from dispatch.live.choices import assign, prepare_assignment
from dispatch.live.errors import DayMovesOn
from dispatch.live.facts import tell_absent
from dispatch.models import CustomerPreference, Job, JobEvent, Override, Plan, PlanEvent, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState
from dispatch.models.promises import Promise, PromiseState
from dispatch.models.visits import VisitStatus
from dispatch.models.workforce import AbsenceReason, Preference
from dispatch.moves.errors import MoveOutdated, MoveReasonMissing, NoMoveToUndo, PromisesNeedConsent, UndoTooLate
from dispatch.moves.making import make_move, prepare_move
from dispatch.moves.undoing import prepare_undo, undo
from dispatch.moves.weighing import Move, Weighed, weigh
from dispatch.planning.errors import NotADraft
from dispatch.planning.overrides import read_leaves
from dispatch.planning.pins import NewPin, pin_job
from dispatch.planning.publish import discard
from dispatch.stockwork import record_count
from inventory.audit import find_differences
from inventory.models import PickList, PickState
from inventory.picking import confirm_line
from tests.dispatch.live.conftest import Day
from tests.dispatch.planning.conftest import promise
from tests.factories import MONDAY, add_part, add_place, add_stock, at


def asked(
    day: Day, job: Job, technician: int | None = None, before: Job | None = None, plan_id: int | None = None
) -> Weighed:
    day.session.flush()
    return weigh(day.bench, MONDAY, Move(job.number, technician, before.number if before else None), plan_id)


def make(day: Day, weighed: Weighed, **values: object) -> Plan:
    return make_move(day.session, weighed, actor_id=None, **values)  # type: ignore[arg-type]


def take_back(day: Day, plan: Plan) -> Plan:
    day.session.flush()
    return undo(day.session, prepare_undo(day.bench, plan.id), actor_id=None)


def last_fact(day: Day, job: Job) -> JobEvent:
    day.session.flush()
    return day.session.scalars(
        sa.select(JobEvent).where(JobEvent.job_id == job.id).order_by(JobEvent.id.desc())
    ).first()  # type: ignore[return-value]


def test_a_move_is_published_and_the_others_keep_their_visits(day: Day) -> None:
    _ana, ben = day.technicians
    job, other = day.add_job(east=-8), day.add_job(east=8)
    day.publish()
    kept = day.visits()[other.number].id

    plan = make(day, asked(day, job, ben.id, before=other))

    assert (plan.state, plan.engine) == (PlanState.PUBLISHED, "move")
    assert day.by(ben) == [job.number, other.number]
    assert day.visits()[other.number].id == kept
    assert job.status is JobStatus.DISPATCHED
    told = last_fact(day, job)
    assert (told.action, told.facts["technician"], told.facts["plan"]) == ("move", ["Ana", "Ben"], plan.version)


def test_there_and_back_a_visit_keeps_its_number_and_others_what_is_expected_of_them(day: Day) -> None:
    """A phone without signal knows a visit by its number; a colleague's expected arrival is nobody's business here."""
    ana, ben = day.technicians
    job, other = day.add_job(east=-8), day.add_job(east=-7)
    elsewhere = day.add_job(east=8)
    day.publish()
    first = day.visits()
    first[elsewhere.number].expected_at = expected = first[elsewhere.number].planned_arrival + dt.timedelta(minutes=5)

    make(day, asked(day, job))
    assert day.visits()[elsewhere.number].expected_at == expected
    make(day, asked(day, job, ben.id))
    make(day, asked(day, job, ana.id, before=other))

    assert {number: visit.id for number, visit in day.visits().items()} == {
        number: visit.id for number, visit in first.items()
    }
    assert day.by(ana) == [job.number, other.number]


def test_routes_that_a_move_does_not_concern_are_drawn_as_before(day: Day) -> None:
    _ana, ben = day.technicians
    job = day.add_job(east=-8)
    day.add_job(east=-7)
    day.add_job(east=8)
    plan = day.publish()
    along_the_streets = [[41.15, -8.5], [41.16, -8.51], [41.15, -8.53]]
    next(route for route in plan.routes if route.technician_id == ben.id).path = along_the_streets

    day.session.flush()
    plan = make(day, prepare_move(day.bench, MONDAY, Move(job.number)))

    paths = {route.technician_id == ben.id: route.path for route in plan.routes}
    assert paths[True] == along_the_streets
    assert len(paths[False]) > 1


def test_only_the_vans_that_a_move_concerns_get_their_pick_lists_anew(day: Day) -> None:
    """A list in somebody's hands stays what it is, half picked or not."""
    session, (ana, ben) = day.session, day.technicians
    warehouse = add_place(session, position=(41.15, -8.61))
    parts = [add_part(session) for _ in range(2)]
    for part in parts:
        add_stock(session, warehouse, part, 9)
    jobs = [day.add_job(east=east, minutes=10) for east in (-8, -7, 7, 8)]
    for job, part, technician in zip(jobs, parts * 2, (ana, ana, ben, ben), strict=True):
        promise(session, job, part, warehouse)
        pin_job(session, job_id=job.id, to=NewPin(technician_id=technician.id), reason="x", actor_id=None)
    day.publish()
    lists = {one.trunk_id: one for one in session.scalars(sa.select(PickList))}
    in_hand, other = lists[ben.trunk_id], lists[ana.trunk_id]
    confirm_line(session, line_id=in_hand.lines[0].id, actor_id=None)

    make(day, asked(day, jobs[0]))

    open_lists = session.scalars(sa.select(PickList).where(PickList.state == PickState.OPEN)).all()
    assert in_hand in open_lists
    assert [line.state for line in in_hand.lines] == [PickState.CONFIRMED, PickState.OPEN]
    assert other.state is PickState.CANCELLED
    assert {one.trunk_id: len(one.lines) for one in open_lists if one is not in_hand} == {other.trunk_id: 1}
    assert find_differences(session) == []


def test_a_visit_that_is_taken_off_waits_with_its_pieces(day: Day) -> None:
    ana, _ben = day.technicians
    battery = add_part(day.session)
    add_stock(day.session, ana.trunk, battery, 1)
    job, other = day.add_job(east=-8), day.add_job(east=-7)
    line = promise(day.session, job, battery, ana.trunk)
    day.publish()

    make(day, asked(day, job))

    assert job.status is JobStatus.READY
    assert day.by(ana) == [other.number]
    assert line.reservation is not None
    assert line.reservation.place_id == ana.trunk_id
    assert find_differences(day.session) == []


def test_nobody_takes_the_piece_of_a_visit_that_is_taken_off(day: Day) -> None:
    ana, _ben = day.technicians
    warehouse, battery = add_place(day.session, position=(41.15, -8.65)), add_part(day.session)
    add_stock(day.session, ana.trunk, battery, 1)
    add_stock(day.session, warehouse, battery, 1)
    job, other = day.add_job(east=-8), day.add_job(east=-7)
    own, others = promise(day.session, job, battery, ana.trunk), promise(day.session, other, battery, warehouse)
    day.publish()

    assert own.reservation is not None
    held = own.reservation.place_id

    make(day, asked(day, job))

    assert own.reservation.place_id == held
    assert others.reservation is not None
    assert {held, others.reservation.place_id} == {ana.trunk_id, warehouse.id}


def test_a_job_of_the_queue_is_sent_out(day: Day) -> None:
    _ana, ben = day.technicians
    day.publish_empty()
    job = day.add_job(east=8)

    make(day, asked(day, job, ben.id))

    assert day.by(ben) == [job.number]
    assert job.status is JobStatus.DISPATCHED


def test_a_move_leaves_the_reasons_why_jobs_are_left_out_as_they_were(day: Day) -> None:
    _ana, ben = day.technicians
    lacking, job, other = day.add_job(), day.add_job(east=-8), day.add_job(east=8)
    lacking.skills = {"screen": 2}
    day.publish()
    newcomer = day.add_job(east=7)

    plan = make(day, asked(day, job))
    assert reasons_of(plan) == {lacking.id: "skill", job.id: "taken_off", newcomer.id: "not_asked"}

    plan = make(day, asked(day, newcomer, ben.id, before=other))
    assert reasons_of(plan) == {lacking.id: "skill", job.id: "taken_off"}


def reasons_of(plan: Plan) -> dict[int, str]:
    return {row.job_id: row.reason for row in plan.left_out}


def test_a_rule_is_bent_only_for_a_reason(day: Day) -> None:
    _ana, ben = day.technicians
    job = day.add_job(east=-8)
    day.publish()
    job.skills = {"screen": 2}
    weighed = asked(day, job, ben.id)

    for reason in ("", "   ", "x" * 301):
        with pytest.raises(MoveReasonMissing, match="skill"):
            make(day, weighed, reason=reason)

    assert day.by(ben) == []


def test_what_was_bent_is_kept_with_reason_and_amount(day: Day) -> None:
    _ana, ben = day.technicians
    job = day.add_job(east=-8)
    day.publish()
    job.skills = {"screen": 2}

    plan = make(day, asked(day, job, ben.id), reason="Ana shows him how on the phone.")

    assert day.by(ben) == [job.number]
    bent = day.session.scalars(sa.select(Override)).one()
    assert (bent.job_id, bent.technician_id, bent.rule, bent.what, bent.amount) == (
        job.id,
        ben.id,
        "skill",
        "screen",
        2,
    )
    assert bent.reason == "Ana shows him how on the phone."
    told = last_fact(day, job)
    assert (told.note, told.facts["rules"]) == ("Ana shows him how on the phone.", {"skill": 2})
    made = day.session.scalars(sa.select(PlanEvent).where(PlanEvent.plan_id == plan.id).order_by(PlanEvent.id)).first()
    assert made is not None
    assert [one["rule"] for one in made.facts["bent"]] == ["skill"]


@pytest.mark.parametrize("rule", ["skill", "excluded", "tie", "overtime", "opening_hours"])
def test_what_was_bent_holds_for_whatever_plans_the_day_next(day: Day, seven_thirty: Traveller, rule: str) -> None:
    """A repair does not take the visit back, and the next assignment does not stumble over it."""
    ana, ben = day.technicians
    job, other = day.add_job(east=-8, minutes=60), day.add_job(east=8, minutes=60)
    day.publish()
    bend(day, rule, job, ben.id)
    weighed = asked(day, job, ben.id)
    assert [one.rule for one in weighed.broken] == [rule]
    make(day, weighed, reason="It must be so.")

    assert answers.prepare_repair(day.bench, MONDAY) is None
    late = day.add_job(east=-9, minutes=10)
    assign(day.session, prepare_assignment(day.bench, late.id, ana.id, MONDAY), actor_id=None)

    assert job.number in day.by(ben)
    assert weigh(day.bench, MONDAY, Move(other.number, ana.id)).broken == ()


def test_what_was_bent_counts_no_more_once_the_move_is_taken_back_or_thrown_away(day: Day) -> None:
    _ana, ben = day.technicians
    jobs = [day.add_job(east=-8), day.add_job(east=-7)]
    plan = day.draft()
    for job in jobs:
        job.skills = {"screen": 2}
        plan = make(day, asked(day, job, ben.id, plan_id=plan.id), reason="Ana shows him how on the phone.")
    assert set(read_leaves(day.session, [MONDAY])) == {(job.id, ben.id, MONDAY) for job in jobs}

    plan = take_back(day, plan)
    assert set(read_leaves(day.session, [MONDAY])) == {(jobs[0].id, ben.id, MONDAY)}

    discard(day.session, plan_id=plan.id)
    assert read_leaves(day.session, [MONDAY]) == {}


def bend(day: Day, rule: str, job: Job, technician_id: int) -> None:
    """Let the rule stand against the technician."""
    session = day.session
    if rule == "skill":
        job.skills = {"screen": 2}
    elif rule == "excluded":
        exclude(day, job, technician_id)
    elif rule == "tie":
        tie(day, job)
    elif rule == "overtime":
        job.duration_seconds = 8 * 3600
    else:
        monday = {name: [["08:00", "09:00"]] for name in ("mon", "tue", "wed", "thu", "fri")}
        job.site.opening_hours = monday
    session.flush()


def exclude(day: Day, job: Job, technician_id: int) -> None:
    wish = CustomerPreference(
        customer_id=job.site.customer_id, technician_id=technician_id, preference=Preference.EXCLUDED
    )
    day.session.add(wish)


def tie(day: Day, job: Job) -> None:
    pin_job(day.session, job_id=job.id, to=NewPin(technician_id=day.technicians[0].id), reason="x", actor_id=None)


def test_a_promise_is_broken_only_with_consent_and_is_open_again_after_an_undo(day: Day) -> None:
    _ana, ben = day.technicians
    promised = day.add_job(east=8, window=(at(9), at(10)))
    job = day.add_job(east=-8, minutes=120)
    day.publish()
    weighed = asked(day, job, ben.id, before=promised)
    assert [one.number for one in weighed.promises_broken] == [promised.number]

    with pytest.raises(PromisesNeedConsent, match=promised.number):
        make(day, weighed, reason="Ana asked for it.")
    plan = make(day, weighed, reason="Ana asked for it.", consent={promised.number})

    assert promised.window_start is None
    take_back(day, plan)
    assert (promised.window_start, promised.window_end) == (at(9), at(10))
    states = day.session.scalars(
        sa.select(Promise.state).where(Promise.job_id == promised.id).order_by(Promise.id)
    ).all()
    assert states == [PromiseState.BROKEN, PromiseState.OPEN]


def test_a_promise_whose_time_is_over_stays_broken_after_an_undo(day: Day, seven_thirty: Traveller) -> None:
    _ana, ben = day.technicians
    promised, job = day.add_job(east=8, window=(at(9), at(10))), day.add_job(east=-8, minutes=120)
    day.publish()
    weighed = asked(day, job, ben.id, before=promised)
    plan = make(day, weighed, reason="Ana asked for it.", consent={promised.number})
    seven_thirty.move_to(at(10, 1))

    take_back(day, plan)

    assert promised.window_start is None


def test_a_move_is_taken_back_to_the_minute(day: Day) -> None:
    ana, ben = day.technicians
    jobs = [day.add_job(east=east) for east in (-8, -6, 6, 8)]
    day.publish()
    before = {
        number: (visit.technician_id, visit.planned_start, visit.position) for number, visit in day.visits().items()
    }

    plan = make(day, asked(day, jobs[0], ben.id, before=jobs[3]))
    assert day.by(ana) == [jobs[1].number]
    back = take_back(day, plan)

    after = {
        number: (visit.technician_id, visit.planned_start, visit.position) for number, visit in day.visits().items()
    }
    assert after == before
    assert (back.engine, back.state) == ("undo", PlanState.PUBLISHED)
    assert last_fact(day, jobs[0]).action == "undo_move"


def test_a_visit_whose_piece_is_gone_stays_on_the_plan_when_another_move_is_taken_back(day: Day) -> None:
    ana, ben = day.technicians
    battery = add_part(day.session)
    add_stock(day.session, ana.trunk, battery, 1)
    lacking, job = day.add_job(east=-8), day.add_job(east=8)
    promise(day.session, lacking, battery, ana.trunk)
    day.publish()
    record_count(
        day.session, place_code=ana.trunk.code, sku=battery.sku, counted=0, reason="It is gone.", actor_id=None
    )

    plan = make(day, asked(day, job, ana.id))
    take_back(day, plan)

    assert (day.by(ana), day.by(ben)) == ([lacking.number], [job.number])
    assert lacking.status is JobStatus.DISPATCHED


@pytest.mark.parametrize("to_queue", [True, False])
def test_coming_from_the_queue_and_going_there_are_taken_back(day: Day, to_queue: bool) -> None:
    ana, _ben = day.technicians
    battery = add_part(day.session)
    add_stock(day.session, ana.trunk, battery, 1)
    day.add_job(east=-7)
    job = day.add_job(east=-8)
    promise(day.session, job, battery, ana.trunk)
    day.publish()
    off = make(day, asked(day, job))

    if to_queue:
        take_back(day, off)
        assert job.number in day.by(ana)
        assert job.status is JobStatus.DISPATCHED
    else:
        on = make(day, asked(day, job, ana.id))
        take_back(day, on)
        assert job.number not in day.by(ana)
        assert job.status is JobStatus.READY
    assert find_differences(day.session) == []


def test_what_happened_since_is_named_instead_of_undone(day: Day, seven_thirty: Traveller) -> None:
    _ana, ben = day.technicians
    job, other = day.add_job(east=-8), day.add_job(east=8)
    day.publish()
    plan = make(day, asked(day, job, ben.id))
    seven_thirty.move_to(at(8))
    day.set_off(day.visits()[other.number])

    with pytest.raises(UndoTooLate, match=f"{other.number} changed since"):
        take_back(day, plan)


def test_what_happens_to_others_does_not_stand_in_the_way(day: Day, seven_thirty: Traveller) -> None:
    ana, ben = day.technicians
    mine = day.add_job(east=-8)
    jobs = {job.number: job for job in (day.add_job(east=8), day.add_job(east=9))}
    day.publish()
    first, second = day.by(ben)
    plan = make(day, asked(day, jobs[second], ben.id, before=jobs[first]))
    seven_thirty.move_to(at(8))
    day.set_off(day.visits()[mine.number])

    take_back(day, plan)

    assert day.by(ben) == [first, second]
    assert day.by(ana) == [mine.number]


def test_a_visit_comes_back_to_the_plan_though_its_time_is_over(day: Day, seven_thirty: Traveller) -> None:
    ana, _ben = day.technicians
    late = day.add_job(east=-8, window=(at(8), at(8, 30)))
    day.add_job(east=-7)
    day.publish()
    seven_thirty.move_to(at(10))
    plan = make(day, asked(day, late))

    take_back(day, plan)

    assert late.number in day.by(ana)


def test_what_is_gone_from_a_route_that_would_get_its_order_again_is_named(day: Day) -> None:
    ana, ben = day.technicians
    warehouse, battery = add_place(day.session, position=(41.15, -8.65)), add_part(day.session)
    add_stock(day.session, warehouse, battery, 1)
    job, other = day.add_job(east=-8), day.add_job(east=-7)
    promise(day.session, other, battery, warehouse)
    day.publish()
    assert len(day.by(ana)) == 2
    plan = make(day, asked(day, job, ben.id))

    warehouse.lat = warehouse.lon = None
    with pytest.raises(UndoTooLate, match=warehouse.name):
        take_back(day, plan)
    # Imported anew: the shop is closed on Mondays.
    other.site.opening_hours = {"tue": [["08:00", "18:00"]]}
    with pytest.raises(UndoTooLate, match=other.number):
        take_back(day, plan)


def test_an_earlier_move_and_another_plan_are_not_undone(day: Day) -> None:
    ana, ben = day.technicians
    job = day.add_job(east=-8)
    first = day.publish()
    moved = make(day, asked(day, job, ben.id))
    again = make(day, asked(day, job, ana.id))

    with pytest.raises(UndoTooLate, match=f"#{again.version}"):
        take_back(day, moved)
    with pytest.raises(NoMoveToUndo):
        take_back(day, first)


def test_of_two_dispatchers_the_second_is_told(day: Day) -> None:
    ana, ben = day.technicians
    job, other = day.add_job(east=-8), day.add_job(east=8)
    day.publish()
    mine, yours = asked(day, job, ben.id), asked(day, other, ana.id)
    make(day, mine)

    with pytest.raises(DayMovesOn):
        make(day, yours)
    with pytest.raises(MoveOutdated, match=other.number):
        make(day, asked(day, other, ana.id), basis=yours.basis)
    assert day.session.scalar(sa.select(sa.func.count(Plan.id))) == 2


def test_a_draft_is_changed_without_anybody_noticing(day: Day) -> None:
    ana, ben = day.technicians
    job = day.add_job(east=-8)
    draft = day.draft()

    changed = make(day, asked(day, job, ben.id, plan_id=draft.id))

    assert (draft.state, changed.state) == (PlanState.DISCARDED, PlanState.DRAFT)
    assert changed.run_id == draft.run_id
    assert [(route.technician_id, len(route.stops)) for route in changed.routes] == [(ben.id, 1)]
    assert day.visits() == {}
    back = take_back(day, changed)
    assert [route.technician_id for route in back.routes] == [ana.id]
    with pytest.raises(NotADraft):
        asked(day, job, ben.id, plan_id=draft.id)


def test_visits_of_somebody_who_fell_ill_are_moved_one_by_one_or_wait(day: Day) -> None:
    ana, ben = day.technicians
    job, left = day.add_job(east=-8), day.add_job(east=-7)
    day.publish()
    tell_absent(
        day.session,
        technician_id=ana.id,
        starts_at=at(7),
        ends_at=at(18),
        reason=AbsenceReason.SICK,
        publish=False,
        actor_id=None,
    )

    weighed = asked(day, job, ben.id)
    assert weighed.dropped == (left.number,)
    make(day, weighed)

    assert day.by(ben) == [job.number]
    assert left.status is JobStatus.READY
    gone = day.session.scalars(sa.select(Visit).where(Visit.job_id == left.id)).one()
    assert gone.status is VisitStatus.WITHDRAWN


def test_who_comes_late_already_stays_late_without_asking_and_promised(day: Day, seven_thirty: Traveller) -> None:
    ana, _ben = day.technicians
    late, job = day.add_job(east=-8, window=(at(8), at(8, 30))), day.add_job(east=8)
    day.publish()
    seven_thirty.move_to(at(10))

    weighed = asked(day, job, ana.id)

    assert weighed.broken == ()
    plan = make(day, weighed)
    assert late.number in day.by(ana)
    take_back(day, plan)
    assert job.number not in day.by(ana)
    assert late.window_start == at(8)
    states = day.session.scalars(sa.select(Promise.state).where(Promise.job_id == late.id)).all()
    assert states == [PromiseState.OPEN]
