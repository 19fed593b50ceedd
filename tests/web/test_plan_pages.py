"""Facts about the pages on which plans are compared, promises kept and jobs tied."""

import datetime as dt
import re

import pytest
from sqlalchemy.orm import Session

from core.accounts import RoleName
from dispatch.models import Job, Pin, Plan, PlanRun, Technician
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState
from dispatch.planning.settings import read_planning_settings
from dispatch.promise_book import promises_of
from tests.factories import MONDAY, add_device, add_job, add_shift, add_site, add_technician, add_visit, at
from tests.web.conftest import Visitor, World, add_plan


@pytest.fixture
def session(world: World) -> Session:
    return world.session


@pytest.fixture
def rui(session: Session) -> Technician:
    technician = add_technician(session, name="Rui Dias")
    add_shift(session, technician)
    return technician


def command_id(visitor: Visitor, path: str) -> str:
    found = re.search(r'name="command_id" value="([^"]+)"', visitor.get(path).html)
    assert found
    return found.group(1)


def send(visitor: Visitor, page: str, path: str, **fields: str):  # type: ignore[no-untyped-def]
    return visitor.post(path, command_id=command_id(visitor, page), **fields)


@pytest.fixture
def draft(session: Session, rui: Technician) -> Plan:
    """A draft that moves one published visit by an hour and brings a new job in."""
    old = add_job(session, number="J-old", status=JobStatus.DISPATCHED)
    add_visit(session, technician=rui, job=old, start=at(9))
    new = add_job(session, number="J-new")
    plan = add_plan(session, {rui: [(old, at(10)), (new, at(11))]})
    session.commit()
    return plan


def test_a_draft_tells_what_changes_and_why(dispatcher: Visitor, draft: Plan) -> None:
    page = dispatcher.get(f"/plans/{draft.id}")

    changes = page.part('id="changes"')
    assert "What changes 2" in changes
    assert "J-old" in changes
    assert "09:00" in changes
    assert "10:00" in changes
    assert "The route changed for J-new" in changes
    assert "It was on no plan" in changes


def test_a_manager_reads_the_comparison_but_cannot_publish(world: World, draft: Plan) -> None:
    page = world.signed_in(RoleName.MANAGER).get(f"/plans/{draft.id}")

    assert page.status == 200
    assert "Publish the plan" not in page.text


def test_the_plan_page_is_there_in_chinese(world: World, draft: Plan) -> None:
    page = world.signed_in(RoleName.DISPATCHER, language="zh_Hans_CN").get(f"/plans/{draft.id}")

    assert page.status == 200
    assert "What changes" not in page.text


def test_a_draft_is_published_from_its_page(dispatcher: Visitor, session: Session, draft: Plan) -> None:
    answer = send(dispatcher, f"/plans/{draft.id}", f"/plans/{draft.id}/publish")

    assert answer.status == 303
    session.refresh(draft)
    assert draft.state is PlanState.PUBLISHED
    assert "Published" in dispatcher.get(f"/plans/{draft.id}").text


def test_a_plan_published_twice_is_refused_clearly(dispatcher: Visitor, session: Session, draft: Plan) -> None:
    first = command_id(dispatcher, f"/plans/{draft.id}")
    second = command_id(dispatcher, f"/plans/{draft.id}")
    dispatcher.post(f"/plans/{draft.id}/publish", command_id=first)

    repeated = dispatcher.post(f"/plans/{draft.id}/publish", command_id=first)
    again = dispatcher.post(f"/plans/{draft.id}/publish", command_id=second)

    assert repeated.status == 303
    assert again.status == 409
    assert "not a draft" in again.text


def test_chosen_changes_are_published_alone(dispatcher: Visitor, session: Session, draft: Plan) -> None:
    answer = send(dispatcher, f"/plans/{draft.id}", f"/plans/{draft.id}/publish-chosen", chosen="J-new")

    assert answer.status == 303, answer.text
    states = {job.number: job.status for job in session.query(Job)}
    assert states == {"J-old": JobStatus.DISPATCHED, "J-new": JobStatus.DISPATCHED}
    session.refresh(draft)
    assert draft.state is PlanState.DISCARDED


def test_choosing_nothing_is_refused_on_the_page(dispatcher: Visitor, draft: Plan) -> None:
    answer = send(dispatcher, f"/plans/{draft.id}", f"/plans/{draft.id}/publish-chosen")

    assert answer.status == 422
    assert "No change is chosen" in answer.text


def test_a_broken_promise_is_asked_for_before_publishing(
    dispatcher: Visitor, session: Session, rui: Technician
) -> None:
    job = add_job(session, number="J-vow", window=(at(9), at(10)))
    plan = add_plan(session, {rui: [(job, at(12))]})
    session.commit()

    refused = send(dispatcher, f"/plans/{plan.id}", f"/plans/{plan.id}/publish")
    agreed = send(dispatcher, f"/plans/{plan.id}", f"/plans/{plan.id}/publish", consent="J-vow")

    assert refused.status == 409
    assert "would break what was promised to the customers of J-vow" in refused.text
    assert "Promises that this plan breaks" in refused.text
    assert agreed.status == 303
    assert "J-vow" in dispatcher.get("/promises").part('id="untold"')


def test_the_board_asks_for_several_days(dispatcher: Visitor, session: Session, rui: Technician) -> None:
    answer = send(
        dispatcher, "/board", "/plan-runs", engine="greedy", seconds="1", days="3", most_changed="2", day="2026-11-23"
    )

    assert answer.status == 303
    run = session.query(PlanRun).one()
    assert ((run.last_day - run.day).days, run.most_changed_promises) == (2, 2)


def test_too_many_days_are_refused_with_what_was_typed(dispatcher: Visitor, rui: Technician) -> None:
    answer = send(dispatcher, "/board", "/plan-runs", engine="greedy", seconds="1", days="99", most_changed="0")

    assert answer.status == 422
    assert "covers 1 to 14 days, not 99" in answer.text
    assert 'value="99"' in answer.html


def test_the_gate_lists_what_cannot_be_planned_with_the_way_to_the_fix(
    dispatcher: Visitor, session: Session, rui: Technician
) -> None:
    add_job(session, number="J-nowhere", device=add_device(session, site=add_site(session, position=None)))
    add_job(session, number="J-rare", skills={"mainboard": 3})

    page = dispatcher.get("/plans/gate")

    assert "The shop has no position on the map" in page.text
    assert 'href="/imports"' in page.html
    assert "Nobody has the skills: mainboard from level 3" in page.text


def test_an_open_day_passes_the_gate(dispatcher: Visitor, rui: Technician) -> None:
    assert "Every open job can be planned" in dispatcher.get("/plans/gate").text


def test_the_ledger_is_empty_kindly(dispatcher: Visitor) -> None:
    assert "Nothing is promised for this day" in dispatcher.get("/promises").text


def test_the_desk_agrees_on_another_window(world: World, session: Session) -> None:
    job = add_job(session, number="J-vow", window=(at(9), at(10)))
    session.commit()
    desk = world.signed_in(RoleName.DESK)

    refused = send(
        desk,
        "/jobs/J-vow/promise",
        "/jobs/J-vow/promise",
        version=str(job.version),
        window_day="2026-11-23",
        window_from="14:00",
        window_to="16:00",
    )
    done = send(
        desk,
        "/jobs/J-vow/promise",
        "/jobs/J-vow/promise",
        version=str(job.version),
        window_day="2026-11-23",
        window_from="14:00",
        window_to="16:00",
        reason="The owner is away.",
    )

    assert refused.status == 422
    assert "why the promise for job J-vow changes" in refused.text
    assert done.status == 303, done.text
    assert [promise.state.value for promise in promises_of(session, job)] == ["open", "renegotiated"]


def test_of_two_who_change_a_promise_the_second_is_told_to_reload(dispatcher: Visitor, session: Session) -> None:
    job = add_job(session, number="J-vow", window=(at(9), at(10)))
    session.commit()
    old = str(job.version)
    fields = {"version": old, "reason": "Not needed."}
    send(dispatcher, "/jobs/J-vow/promise", "/jobs/J-vow/promise/withdraw", **fields)

    second = send(dispatcher, "/jobs/J-vow/promise", "/jobs/J-vow/promise/break", **fields)

    assert second.status == 409
    assert "was changed by Alex dispatcher" in second.text


def test_a_customer_who_was_told_leaves_the_list(dispatcher: Visitor, session: Session) -> None:
    job = add_job(session, number="J-vow", window=(at(9), at(10)))
    session.commit()
    send(dispatcher, "/jobs/J-vow/promise", "/jobs/J-vow/promise/break", version=str(job.version), reason="No part.")
    broken = promises_of(session, job)[0]
    session.commit()

    answer = send(dispatcher, "/promises", f"/promises/{broken.id}/told", day=MONDAY.isoformat())

    assert answer.status == 303
    assert "To be told" not in dispatcher.follow(answer).text


def test_a_job_is_tied_and_set_free_on_its_page(dispatcher: Visitor, session: Session, rui: Technician) -> None:
    job = add_job(session, number="J-tied")
    session.commit()

    tied = send(
        dispatcher,
        "/jobs/J-tied",
        "/jobs/J-tied/pin",
        version=str(job.version),
        technician=rui.code,
        pin_day="2026-11-23",
        pin_from="11:00",
        reason="Knows the shop.",
    )
    page = dispatcher.follow(tied)
    session.refresh(job)
    free = send(dispatcher, "/jobs/J-tied", "/jobs/J-tied/unpin", version=str(job.version))

    assert tied.status == 303
    assert "Rui Dias" in page.part('id="pin"')
    assert "11:00" in page.part('id="pin"')
    assert free.status == 303
    assert "Planning is free to choose" in dispatcher.follow(free).text


def test_a_tie_that_cannot_be_is_refused_with_the_facts(dispatcher: Visitor, session: Session, rui: Technician) -> None:
    job = add_job(session, number="J-tied", skills={"printer": 3})
    session.commit()

    answer = send(
        dispatcher, "/jobs/J-tied", "/jobs/J-tied/pin", version=str(job.version), technician=rui.code, reason="Because."
    )

    assert answer.status == 409
    assert "Rui Dias lacks on 2026-11-23 what job J-tied needs: printer 3" in answer.text


def test_a_manager_sets_freeze_and_prices(world: World, session: Session, dispatcher: Visitor) -> None:
    manager = world.signed_in(RoleName.MANAGER)
    fields = {
        "freeze_minutes": "90",
        "technician_change_cents": "6.50",
        "start_change_cents_per_hour": "0.80",
        "promise_change_cents": "75",
        "preferred_technician_cents": "5",
        "outside_territory_cents": "8",
    }

    done = send(manager, "/planning-settings", "/planning-settings", **fields)
    refused = send(manager, "/planning-settings", "/planning-settings", **fields | {"freeze_minutes": "9999"})

    assert done.status == 303
    assert refused.status == 422
    chosen = read_planning_settings(session)
    assert (chosen.freeze_minutes, chosen.technician_change_cents, chosen.promise_change_cents) == (90, 650, 7_500)
    assert "A manager or an administrator can change this" in dispatcher.get("/planning-settings").text


def test_the_board_marks_a_job_that_is_tied(dispatcher: Visitor, session: Session, rui: Technician) -> None:
    job = add_job(session, number="J-tied")
    session.add(Pin(job=job, technician=rui, reason="Knows the shop.", pinned_at=at(7)))
    session.commit()

    assert 'aria-label="tied"' in dispatcher.get("/board").html


def test_a_job_that_moved_to_tomorrow_has_left_the_lane_of_today(
    dispatcher: Visitor, session: Session, rui: Technician
) -> None:
    job = add_job(session, number="J-moved", status=JobStatus.DISPATCHED)
    add_plan(session, {rui: [(job, at(9))]}, state=PlanState.PUBLISHED)
    tomorrow = MONDAY + dt.timedelta(days=1)
    add_visit(session, technician=rui, job=job, day=tomorrow)
    session.commit()

    assert "J-moved" not in dispatcher.get("/board").html


def test_the_run_of_several_days_shows_on_each_of_them(dispatcher: Visitor, session: Session, rui: Technician) -> None:
    run = {"engine": "greedy", "seconds": "1", "days": "2", "most_changed": "0", "day": "2026-11-23"}
    send(dispatcher, "/board", "/plan-runs", **run)

    assert "Waiting for the worker" in dispatcher.get("/board?day=2026-11-24").text


def test_a_draft_stands_beside_what_is_published_technician_by_technician(
    dispatcher: Visitor, session: Session, draft: Plan
) -> None:
    calm = add_technician(session, name="Nobody Moves")
    kept = add_job(session, number="J-kept", status=JobStatus.DISPATCHED)
    add_visit(session, technician=calm, job=kept, start=at(9))
    draft.routes += add_plan(session, {calm: [(kept, at(9))]}, version=9, state=PlanState.DISCARDED).routes

    beside = dispatcher.get(f"/plans/{draft.id}").part('id="beside"')

    assert "Side by side 1" in beside
    assert "Nobody Moves" not in beside
    was, _, now = beside.partition(" Draft ")
    assert "09:00 P3 J-old other time" in was
    assert "10:00 P3 J-old other time" in now
    assert "11:00 P3 J-new comes" in now


def test_a_draft_says_that_a_newer_plan_was_published(
    dispatcher: Visitor, session: Session, draft: Plan, rui: Technician
) -> None:
    assert "newer plan" not in dispatcher.get(f"/plans/{draft.id}").text

    add_plan(session, {}, version=2, state=PlanState.PUBLISHED)

    page = dispatcher.get(f"/plans/{draft.id}")
    assert "A newer plan was published after this draft had been made: plan 2" in page.text
