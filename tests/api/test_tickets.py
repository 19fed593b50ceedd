"""Facts about tickets, triage, estimates and the fault catalogue over the API."""

import datetime as dt
import json
from typing import Any

import pytest
import sqlalchemy as sa

from core.accounts import RoleName
from desk.models import Ticket
from dispatch.models import FaultAlarm, Job
from tests.api.conftest import Caller, World
from tests.desk.conftest import add_prices, add_tree
from tests.factories import add_contract, add_device, add_fault, add_person, add_site

PNG = b"\x89PNG\r\n\x1a\n picture"
MAIL = b"From: Eva <eva@shop.example>\r\nSubject: Dead\r\nMessage-ID: <1@x>\r\n\r\nOur SN-12345 is dead.\r\n"


@pytest.fixture
def desk(world: World) -> Caller:
    return world.caller(RoleName.DESK)


@pytest.fixture(autouse=True)
def machine(world: World) -> None:
    add_device(world.session, serial="SN-12345")
    add_tree(world.session, {"lid": ("roll", "visit"), "roll": ("fixed", "visit")}, code="JAM")


def report(desk: Caller, **changes: Any) -> dict[str, Any]:
    answer = desk.post("/tickets", {"device_serial": "SN-12345", "fault_code": "JAM", "text": "Jam"} | changes)
    assert answer.status_code == 201, answer.text
    ticket: dict[str, Any] = answer.get_json()
    return ticket


def chargeable(world: World, desk: Caller) -> str:
    contract = add_contract(world.session)
    contract.ends_on = dt.date(2026, 11, 22)
    add_prices(world.session, contract)
    add_device(world.session, site=add_site(world.session, contract=contract), serial="PAY-1")
    return str(report(desk, device_serial="PAY-1")["number"])


def test_a_call_is_walked_through_the_tree_and_becomes_a_job(world: World, desk: Caller) -> None:
    number = report(desk)["number"]
    shown = desk.get(f"/tickets/{number}").get_json()
    assert shown["next_step"]["key"] == "lid"
    assert shown["cover"]["is_chargeable"] is False

    answered = desk.post(
        f"/tickets/{number}/answers", {"fault_code": "JAM", "step": "lid", "answer": False, "note": "stuck"}
    )
    assert (answered.status_code, answered.get_json()["outcome"]) == (201, "visit")
    window = {"start": "2026-11-23T10:00:00+00:00", "end": "2026-11-23T12:00:00+00:00"}
    job = desk.post(f"/tickets/{number}/hand-over", {"window": window}).get_json()

    assert job["window_start"] == window["start"]
    after = desk.get(f"/tickets/{number}").get_json()
    assert (after["ticket"]["state"], after["ticket"]["job"]) == ("handed_over", job["number"])
    told = world.dispatcher.get(f"/jobs/{job['number']}").get_json()["reported"]
    assert (told["ticket"]["number"], told["trials"][0]["note"]) == (number, "stuck")
    assert [event["action"] for event in after["events"]] == ["take_in", "try", "hand_over"]
    assert after["events"][0]["user"] == "desk"


def test_a_stale_answer_is_refused_and_an_answer_can_be_taken_back(desk: Caller) -> None:
    number = report(desk)["number"]
    answer = {"fault_code": "JAM", "step": "lid", "answer": True}
    desk.post(f"/tickets/{number}/answers", answer)

    stale = desk.post(f"/tickets/{number}/answers", answer)
    back = desk.post(f"/tickets/{number}/step-back", {})

    assert (stale.status_code, stale.get_json()["title"]) == (409, "step_out_of_order")
    assert back.get_json()["next_step"]["key"] == "lid"


def test_the_same_external_number_is_the_same_ticket(desk: Caller) -> None:
    first, second = report(desk, external_id="CRM-1"), report(desk, external_id="CRM-1", text="Again")

    assert first["number"] == second["number"]
    assert desk.get("/tickets").get_json()["total"] == 1


def test_an_unknown_serial_number_is_refused_with_suggestions(desk: Caller) -> None:
    answer = desk.post("/tickets", {"device_serial": "SN-12354"})

    assert answer.status_code == 404
    assert "SN-12345" in answer.get_json()["detail"]


def test_a_change_made_from_an_old_state_is_refused_by_name(world: World, desk: Caller) -> None:
    ticket = report(desk)
    body = {"version": ticket["version"], "contact": "912"}

    first = desk.send("PATCH", f"/tickets/{ticket['number']}", json=body)
    second = world.dispatcher.send("PATCH", f"/tickets/{ticket['number']}", json=body | {"contact": "913"})

    assert (first.status_code, second.status_code) == (200, 409)
    assert "changed by desk" in second.get_json()["detail"]


def test_an_alarm_is_counted_on_the_open_ticket(world: World, desk: Caller) -> None:
    world.session.add(FaultAlarm(code="PRN-JAM", fault=add_fault(world.session, code="ALARMED")))
    body = {"device_serial": "SN-12345", "alarm_code": "PRN-JAM"}

    answers = [desk.post("/tickets/alarms", body).get_json() for _ in range(3)]

    assert {answer["number"] for answer in answers} == {answers[0]["number"]}
    assert (answers[-1]["alarm_count"], answers[-1]["fault_code"]) == (3, "ALARMED")


def test_messages_of_a_conversation_are_one_ticket(desk: Caller) -> None:
    first, second = (
        desk.post("/tickets/chat", {"conversation": "C-1", "sender": "Eva", "text": text}).get_json()
        for text in ("Dead", "Still")
    )

    assert first["number"] == second["number"]
    assert desk.get(f"/tickets/{first['number']}").get_json()["events"][-1]["facts"]["text"] == "Still"


def test_a_mail_is_taken_in_as_it_was_received(desk: Caller) -> None:
    answers = [
        desk.send("POST", "/tickets/mails", data=MAIL, content_type="message/rfc822").get_json() for _ in range(2)
    ]

    assert answers[0]["number"] == answers[1]["number"]
    assert (answers[0]["device_serial"], answers[0]["contact"]) == ("SN-12345", "eva@shop.example")


def test_a_file_is_kept_once_and_comes_back_as_it_was(desk: Caller) -> None:
    number = report(desk)["number"]
    send = {"data": PNG, "content_type": "image/png", "query_string": {"name": "jam.png"}}

    kept = [desk.send("POST", f"/tickets/{number}/files", **send).get_json() for _ in range(2)]
    back = desk.get(f"/tickets/{number}/files/{kept[0]['id']}")

    assert kept[0] == kept[1]
    assert (back.data, back.mimetype) == (PNG, "image/png")
    assert back.headers["Content-Disposition"] == "attachment; filename=jam.png"
    assert desk.get(f"/tickets/{report(desk)['number']}/files/{kept[0]['id']}").status_code == 404


@pytest.mark.parametrize(
    ("content", "media_type", "code"),
    [
        (b"MZ", "image/png", "attachment_not_usable"),
        (b"<html>", "text/html", "attachment_not_usable"),
        (b"", "image/png", "attachment_empty"),
    ],
)
def test_wrong_files_are_refused(desk: Caller, content: bytes, media_type: str, code: str) -> None:
    number = report(desk)["number"]

    answer = desk.send(
        "POST", f"/tickets/{number}/files", data=content, content_type=media_type, query_string={"name": "x"}
    )

    assert (answer.status_code, answer.get_json()["title"]) == (422, code)


def test_nobody_drives_before_the_estimate_is_accepted(world: World, desk: Caller) -> None:
    number = chargeable(world, desk)

    early = desk.post(f"/tickets/{number}/hand-over", {})
    estimate = desk.post(f"/tickets/{number}/estimates", {}).get_json()
    assert (early.status_code, early.get_json()["title"]) == (409, "estimate_needed")
    assert [line["kind"] for line in estimate["lines"]] == ["call_out", "labour"]
    assert world.session.scalar(sa.select(sa.func.count(Job.id))) == 0
    path = f"/tickets/{number}/estimates/{estimate['number']}"
    accepted = desk.post(f"{path}/accept", {"answered_by": "Eva"})
    twice = desk.post(f"{path}/refuse", {"answered_by": "Ivo"})

    assert accepted.status_code == 201
    assert (twice.status_code, twice.get_json()["title"]) == (409, "estimate_answered")
    assert "Eva" in twice.get_json()["detail"]
    assert desk.get(f"/tickets/{number}").get_json()["estimates"][0]["state"] == "accepted"


def test_a_refused_estimate_closes_the_ticket(world: World, desk: Caller) -> None:
    number = chargeable(world, desk)
    estimate = desk.post(f"/tickets/{number}/estimates", {}).get_json()["number"]

    answer = desk.post(f"/tickets/{number}/estimates/{estimate}/refuse", {"answered_by": "Eva", "reason": "too much"})

    assert (answer.get_json()["state"], answer.get_json()["closing_note"]) == ("closed", "too much")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"text": "x" * 4_000}, 422),
        ({"text": "dead", "surprise": 1}, 422),
        ({"text": "dead", "priority": "P9"}, 422),
        ({"site_code": "NOWHERE"}, 404),
        ({"fault_code": "HAUNTED"}, 404),
        ({"text": "dead", "reported_at": "2027-01-01T00:00:00+00:00"}, 422),
    ],
)
def test_reports_that_cannot_be_are_refused(world: World, desk: Caller, body: dict[str, Any], status: int) -> None:
    assert desk.post("/tickets", body).status_code == status
    assert world.session.scalar(sa.select(sa.func.count(Ticket.id))) == 0


def test_a_closed_ticket_opens_again_for_a_reason(desk: Caller) -> None:
    number = report(desk)["number"]
    desk.post(f"/tickets/{number}/close", {"reason": "Came twice"})
    assert desk.get("/tickets").get_json()["total"] == 0

    answer = desk.post(f"/tickets/{number}/reopen", {"reason": "It did not"})

    assert answer.get_json()["state"] == "open"
    assert desk.post(f"/tickets/{number}/fix", {"note": "Restarted"}).get_json()["state"] == "fixed_remotely"


def test_an_administrator_reads_a_catalogue_in(world: World, desk: Caller) -> None:
    fault = {"code": "NEW", "name_en": "New", "name_zh": "新", "priority": "P3", "minutes": 20}
    admin = world.caller_for(add_person(world.session, roles=[RoleName.ADMIN]))

    loaded = admin.send("POST", "/faults", data=json.dumps({"faults": [fault]}), content_type="application/json")
    refused = admin.send("POST", "/faults", data=b'{"faults": [{}]}', content_type="application/json")

    assert loaded.get_json() == {"added": 1, "updated": 0}
    assert desk.get("/faults/NEW").get_json()["name_zh"] == "新"
    assert {"JAM", "NEW"} <= {fault["code"] for fault in desk.get("/faults").get_json()["faults"]}
    assert (refused.status_code, refused.get_json()["errors"][0]["code"]) == (422, "missing")
    assert desk.send("POST", "/faults", data=b"{}", content_type="application/json").status_code == 403
