"""Facts about jobs over the API."""

import pytest
import sqlalchemy as sa

from customers.models import Priority
from dispatch.models import Job
from inventory.models import PartFamily
from tests.api.conftest import World
from tests.factories import add_device, add_fault, add_job, add_part, add_place, add_stock, at


def report(world: World, **changes: object) -> dict[str, object]:
    add_device(world.session, serial="SN-1")
    add_fault(world.session, code="battery-dead", priority=Priority.P2)
    return {"device_serial": "SN-1", "fault_code": "battery-dead"} | changes


def test_a_reported_fault_becomes_a_job_with_its_clocks(world: World) -> None:
    answer = world.dispatcher.post("/jobs", report(world))

    job = answer.get_json()
    assert answer.status_code == 201
    assert (job["status"], job["priority"], job["device_serial"]) == ("ready", "P2", "SN-1")
    assert job["reported_at"] == "2026-11-23T07:30:00+00:00"
    assert job["response_due"] > job["reported_at"]
    assert world.dispatcher.get(f"/jobs/{job['number']}").get_json()["job"] == job


def test_a_job_whose_part_is_nowhere_waits_and_says_for_what(world: World) -> None:
    add_part(world.session, sku="BAT-1")
    add_fault(world.session, code="swollen", parts={PartFamily.BATTERY: 1})

    number = world.dispatcher.post("/jobs", report(world, fault_code="swollen")).get_json()["number"]

    detail = world.dispatcher.get(f"/jobs/{number}").get_json()
    assert detail["job"]["status"] == "waiting_parts"
    assert detail["missing"] == [{"sku": "BAT-1", "wanted": 1, "available": 0, "coming": 0}]


def test_a_delivery_makes_the_waiting_job_ready(world: World) -> None:
    add_part(world.session, sku="BAT-1")
    add_place(world.session, code="NORTH")
    add_fault(world.session, code="swollen", parts={PartFamily.BATTERY: 1})
    number = world.dispatcher.post("/jobs", report(world, fault_code="swollen")).get_json()["number"]

    answer = world.warehouse.post(
        "/deliveries", {"warehouse": "NORTH", "reference": "DN 7", "lines": [{"sku": "BAT-1", "quantity": 2}]}
    )

    assert answer.get_json() == {"pieces": 2, "ready": [number]}
    parts = world.dispatcher.get(f"/jobs/{number}").get_json()["job"]["parts"]
    assert parts == [{"sku": "BAT-1", "quantity": 1, "used": 0, "place": "NORTH"}]


def test_the_same_key_reports_a_fault_once(world: World) -> None:
    body = report(world)

    first = world.dispatcher.post("/jobs", body, key="k-1")
    second = world.dispatcher.post("/jobs", body, key="k-1")

    assert first.get_json() == second.get_json()
    assert second.status_code == 201
    assert world.dispatcher.get("/jobs").get_json()["total"] == 1


def test_the_same_key_for_another_fault_is_refused(world: World) -> None:
    body = report(world)
    world.dispatcher.post("/jobs", body, key="k-1")

    answer = world.dispatcher.post("/jobs", body | {"description": "Another one."}, key="k-1")

    assert (answer.status_code, answer.get_json()["title"]) == (409, "command_id_reused")


def test_a_command_without_a_key_is_refused_with_what_to_do(world: World) -> None:
    answer = world.dispatcher.send("POST", "/jobs", json=report(world), key=" ")

    assert answer.status_code == 422
    assert "Idempotency-Key" in answer.get_json()["detail"]


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"device_serial": "SN-9"}, 404, "SN-9"),
        ({"fault_code": "haunted"}, 404, "haunted"),
        ({"priority": "P9"}, 422, "priority"),
        ({"window": {"start": "2026-11-23T06:00:00+00:00", "end": "2026-11-23T07:00:00+00:00"}}, 422, "06:00"),
        ({"window": {"start": "yesterday", "end": "2026-11-23T07:00:00+00:00"}}, 422, "window"),
        ({"reported_at": "2026-11-23T09:00:00"}, 422, "reported_at"),
        ({"surprise": 1}, 422, "surprise"),
    ],
)
def test_reports_that_cannot_be_are_refused(world: World, change: dict[str, object], status: int, told: str) -> None:
    answer = world.dispatcher.post("/jobs", report(world, **change))

    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert told in answer.get_data(as_text=True)
    assert world.session.scalar(sa.select(sa.func.count(Job.id))) == 0


def test_malformed_json_is_refused(world: World) -> None:
    answer = world.dispatcher.send("POST", "/jobs", data="{broken", content_type="application/json")

    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"


def test_a_change_made_from_an_old_state_is_refused(world: World) -> None:
    job = add_job(world.session)
    path = f"/jobs/{job.number}"

    first = world.dispatcher.send("PATCH", path, json={"version": 1, "description": "mine"})
    second = world.dispatcher.send("PATCH", path, json={"version": 1, "description": "theirs"})

    assert (first.status_code, second.status_code) == (200, 409)
    assert world.dispatcher.get(path).get_json()["job"]["description"] == "mine"


def test_a_cancelled_job_gives_its_parts_back(world: World) -> None:
    part, place = add_part(world.session, sku="BAT-1"), add_place(world.session, code="NORTH")
    add_stock(world.session, place, part, 1)
    add_fault(world.session, code="swollen", parts={PartFamily.BATTERY: 1})
    number = world.dispatcher.post("/jobs", report(world, fault_code="swollen")).get_json()["number"]

    answer = world.dispatcher.post(f"/jobs/{number}/cancel", {"reason": "The owner found the charger."})

    assert answer.get_json()["status"] == "cancelled"
    level = world.warehouse.get("/stock", text="BAT-1").get_json()["levels"][0]
    assert (level["on_hand"], level["reserved"], level["available"]) == (1, 0, 1)


def test_jobs_are_found_by_status_and_text(world: World) -> None:
    add_job(world.session, number="J-1")
    add_job(world.session, number="J-2", priority=Priority.P1, response_due=at(9))

    found = world.dispatcher.get("/jobs", priority="P1", text="J-").get_json()

    assert [job["number"] for job in found["jobs"]] == ["J-2"]


def test_an_unknown_job_is_a_problem_that_names_it(world: World) -> None:
    answer = world.dispatcher.get("/jobs/J-404")

    assert answer.status_code == 404
    assert "J-404" in answer.get_json()["detail"]
