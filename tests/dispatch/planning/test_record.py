"""Facts about drafts: what is planned, what is left out and why, and what happens to edits made meanwhile."""

import pytest
from sqlalchemy.orm import Session

from customers.models import Priority
from dispatch.models import Plan
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState, StopKind
from dispatch.planning.errors import BudgetOutOfRange, NobodyWorks, PlanningUnderWay, UnknownEngine
from dispatch.planning.requests import request_plan
from tests.dispatch.planning.conftest import plan_monday, promise
from tests.factories import (
    MONDAY,
    add_device,
    add_job,
    add_part,
    add_place,
    add_shift,
    add_site,
    add_stock,
    add_technician,
    at,
)


def visited(plan: Plan) -> set[str]:
    return {stop.job.number for route in plan.routes for stop in route.stops if stop.job is not None}


def left_out(plan: Plan) -> dict[str, str]:
    return {row.job.number: row.reason for row in plan.left_out}


def test_a_ready_job_is_planned_inside_the_shift(session: Session) -> None:
    add_shift(session, add_technician(session), hours=(8, 17))
    job = add_job(session)

    plan = plan_monday(session)

    stop = plan.routes[0].stops[0]
    assert stop.job_id == job.id
    assert at(8) <= plan.routes[0].departs_at
    assert stop.leaves_at <= plan.routes[0].returns_at <= at(17)
    assert plan.cost["total"] == pytest.approx(sum(cents for term, cents in plan.cost.items() if term != "total"))


def test_jobs_that_cannot_be_planned_are_listed_with_the_reason(session: Session) -> None:
    add_shift(session, add_technician(session, skills={"printer": 1}))
    nowhere = add_job(session, device=add_device(session, site=add_site(session, position=None)))
    waiting = add_job(session, status=JobStatus.WAITING_PARTS)
    closed = add_job(session, device=add_device(session, site=add_site(session, hours={"tue": [["09:00", "18:00"]]})))
    too_hard = add_job(session, skills={"printer": 3})
    broken_promise = add_job(session, window=(at(6), at(7)))

    plan = plan_monday(session)

    assert left_out(plan) == {
        nowhere.number: "no_position",
        waiting.number: "waiting_parts",
        closed.number: "closed_today",
        too_hard.number: "skill",
        broken_promise.number: "window_passed",
    }


def test_a_job_promised_for_another_day_is_neither_planned_nor_missed(session: Session) -> None:
    add_shift(session, add_technician(session))
    tuesday = MONDAY.replace(day=MONDAY.day + 1)
    add_job(session, window=(at(9, day=tuesday), at(11, day=tuesday)))
    add_job(session)

    plan = plan_monday(session)

    assert len(visited(plan)) == 1
    assert left_out(plan) == {}


def test_a_promised_window_is_kept(session: Session) -> None:
    add_shift(session, add_technician(session))
    add_job(session, window=(at(14), at(15)))

    plan = plan_monday(session)

    assert at(14) <= plan.routes[0].stops[0].starts_at <= at(15)


def test_work_ends_before_the_shop_closes(session: Session) -> None:
    add_shift(session, add_technician(session))
    site = add_site(session, hours={"mon": [["16:00", "16:45"]]})
    add_job(session, device=add_device(session, site=site), minutes=40)

    plan = plan_monday(session)

    assert plan.routes[0].stops[0].leaves_at <= at(16, 45)


def test_a_part_at_the_warehouse_is_fetched_on_the_way(session: Session) -> None:
    add_shift(session, add_technician(session))
    warehouse, battery = add_place(session), add_part(session)
    add_stock(session, warehouse, battery, 1)
    job = add_job(session)
    promise(session, job, battery, warehouse)

    plan = plan_monday(session)

    kinds = [stop.kind for stop in plan.routes[0].stops if stop.kind is not StopKind.BREAK]
    assert kinds == [StopKind.DEPOT, StopKind.VISIT]
    assert plan.routes[0].stops[kinds.index(StopKind.DEPOT)].warehouse_id == warehouse.id
    source = next(stop for stop in plan.routes[0].stops if stop.job_id == job.id).parts
    assert source == [{"part_id": battery.id, "quantity": 1, "place_id": warehouse.id}]


def test_a_part_in_the_trunk_needs_no_detour(session: Session) -> None:
    technician = add_technician(session)
    add_shift(session, technician)
    battery = add_part(session)
    warehouse = add_place(session)
    add_stock(session, warehouse, battery, 5)
    add_stock(session, technician.trunk, battery, 1)
    promise(session, add_job(session), battery, warehouse)

    plan = plan_monday(session)

    assert StopKind.DEPOT not in {stop.kind for stop in plan.routes[0].stops}


def test_a_line_that_only_van_and_warehouse_together_have_is_not_planned(session: Session) -> None:
    technician, off_duty = add_technician(session), add_technician(session)
    add_shift(session, technician)
    warehouse, battery = add_place(session), add_part(session)
    for place, pieces in ((technician.trunk, 1), (warehouse, 1), (off_duty.trunk, 2)):
        add_stock(session, place, battery, pieces)
    job = add_job(session)
    promise(session, job, battery, off_duty.trunk, 2)

    plan = plan_monday(session)

    assert visited(plan) == set()
    assert left_out(plan) == {job.number: "part"}


def test_a_job_changed_while_the_plan_was_computed_is_taken_out_of_it(session: Session) -> None:
    add_shift(session, add_technician(session))
    changed, untouched = add_job(session), add_job(session)

    def edit() -> None:
        changed.description = "The owner called again."

    plan = plan_monday(session, before_recording=edit)

    assert visited(plan) == {untouched.number}
    assert left_out(plan) == {changed.number: "changed_meanwhile"}
    assert changed.description == "The owner called again."


def test_a_new_draft_discards_the_one_before(session: Session) -> None:
    add_shift(session, add_technician(session))
    add_job(session)

    first, second = plan_monday(session), plan_monday(session)
    session.refresh(first)

    assert (first.state, second.state) == (PlanState.DISCARDED, PlanState.DRAFT)
    assert (first.version, second.version) == (1, 2)


def test_the_urgent_job_is_served_when_only_one_fits(session: Session) -> None:
    add_shift(session, add_technician(session), hours=(8, 10))
    urgent = add_job(session, priority=Priority.P1, minutes=90)
    add_job(session, priority=Priority.P4, minutes=90)

    plan = plan_monday(session)

    assert visited(plan) == {urgent.number}
    assert set(left_out(plan).values()) == {"full"}


@pytest.mark.parametrize(
    ("name", "seconds", "refusal"),
    [
        ("magic", 10, UnknownEngine),
        ("greedy", 0, BudgetOutOfRange),
        ("greedy", 10_000, BudgetOutOfRange),
    ],
)
def test_requests_that_make_no_sense_are_refused(
    session: Session, name: str, seconds: float, refusal: type[Exception]
) -> None:
    add_shift(session, add_technician(session))

    with pytest.raises(refusal):
        request_plan(session, day=MONDAY, engine=name, seconds=seconds, actor_id=None)


def test_a_day_without_shifts_is_refused(session: Session) -> None:
    with pytest.raises(NobodyWorks, match="2026-11-23"):
        request_plan(session, day=MONDAY, engine="greedy", seconds=1, actor_id=None)


def test_a_second_click_does_not_start_a_second_run(session: Session) -> None:
    add_shift(session, add_technician(session))
    request_plan(session, day=MONDAY, engine="greedy", seconds=1, actor_id=None)

    with pytest.raises(PlanningUnderWay):
        request_plan(session, day=MONDAY, engine="greedy", seconds=1, actor_id=None)
