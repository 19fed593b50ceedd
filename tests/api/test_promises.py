"""Facts about plans, promises and pins over the API."""

from sqlalchemy.orm import Session

from dispatch.models import Plan
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState
from tests.api.conftest import World
from tests.factories import add_job, add_shift, add_technician, add_visit, at
from tests.web.conftest import add_plan


def a_draft(session: Session) -> Plan:
    rui = add_technician(session, code="T01")
    add_shift(session, rui)
    old = add_job(session, number="J-old", status=JobStatus.DISPATCHED)
    add_visit(session, technician=rui, job=old, start=at(9))
    plan = add_plan(session, {rui: [(old, at(10)), (add_job(session, number="J-new"), at(11))]})
    session.commit()
    return plan


def test_a_comparison_names_what_changes(world: World) -> None:
    plan = a_draft(world.session)

    told = world.dispatcher.get(f"/plans/{plan.id}/comparison").get_json()

    assert {change["job"]: change["why"]["code"] for change in told["changes"]} == {"J-old": "room", "J-new": "new"}
    moved = next(change for change in told["changes"] if change["job"] == "J-old")
    assert moved["was"]["technician"] == "T01"
    assert moved["was"]["start"].startswith("2026-11-23T09:00")
    assert moved["price_cents"] == 60


def test_chosen_changes_are_published(world: World) -> None:
    plan = a_draft(world.session)

    answer = world.dispatcher.post(f"/plans/{plan.id}/publish-chosen", {"chosen": ["J-new"]})

    assert answer.status_code == 200, answer.get_json()
    assert [one["state"] for one in answer.get_json()["plans"]] == [PlanState.PUBLISHED.value]


def test_a_promise_is_broken_only_with_consent(world: World) -> None:
    session = world.session
    rui = add_technician(session)
    add_shift(session, rui)
    plan = add_plan(session, {rui: [(add_job(session, number="J-vow", window=(at(9), at(10))), at(12))]})
    session.commit()

    refused = world.dispatcher.post(f"/plans/{plan.id}/publish", {})
    agreed = world.dispatcher.post(f"/plans/{plan.id}/publish", {"consent": ["J-vow"]})

    assert refused.status_code == 409
    assert refused.get_json()["title"] == "promises_would_break"
    assert agreed.status_code == 200


def test_the_gate_is_there_for_programs(world: World) -> None:
    add_shift(world.session, add_technician(world.session))
    add_job(world.session, number="J-rare", skills={"mainboard": 3})
    world.session.commit()

    told = world.dispatcher.get("/plans/gate").get_json()

    assert told["lines"] == [{"job": "J-rare", "reason": "skill_nobody", "facts": {"skills": "mainboard 3"}}]


def test_promises_are_made_and_read(world: World) -> None:
    job = add_job(world.session, number="J-vow")
    world.session.commit()
    window = {"start": "2026-11-23T14:00:00+00:00", "end": "2026-11-23T16:00:00+00:00"}

    made = world.dispatcher.post(f"/jobs/{job.number}/promises", {"window": window})
    ledger = world.dispatcher.get("/promises").get_json()
    listed = world.dispatcher.get(f"/jobs/{job.number}/promises").get_json()

    assert made.status_code == 201
    assert [(line["promise"]["job"], line["is_at_risk"]) for line in ledger["open"]] == [("J-vow", True)]
    assert [promise["state"] for promise in listed["promises"]] == ["open"]


def test_a_pin_is_set_over_the_api(world: World) -> None:
    add_shift(world.session, add_technician(world.session, code="T01"))
    job = add_job(world.session, number="J-tied")
    world.session.commit()

    done = world.dispatcher.send(
        "PUT", f"/jobs/{job.number}/pin", json={"technician": "T01", "reason": "Knows the shop."}
    )
    refused = world.dispatcher.send("PUT", f"/jobs/{job.number}/pin", json={"reason": "Because."})

    assert done.get_json()["technician"] == "T01"
    assert refused.status_code == 422
    assert refused.get_json()["title"] == "pin_says_nothing"


def test_the_settings_of_planning_are_read(world: World) -> None:
    assert world.dispatcher.get("/plans/settings").get_json()["freeze_minutes"] == 60
