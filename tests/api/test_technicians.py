"""Technicians, territories, partner firms and maintenance plans over the API."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.accounts import RoleName
from core.firm import Firm, write_firm
from dispatch.models.jobs import JobStatus
from tests.api.conftest import Caller, World
from tests.factories import ZONE, add_contract, add_device, add_job, add_site, add_technician, add_visit, at

NEW = {"code": "T-1", "name": "Rui", "home_lat": 41.15, "home_lon": -8.61, "zone": ZONE}
WEEK = {
    "version": 1,
    "valid_from": "2026-11-23",
    "hours": {day: {"begin": "08:00", "end": "17:00"} for day in ("mon", "tue", "wed", "thu", "fri")},
    "break": {"minutes": 45, "earliest": "12:00", "latest": "13:30"},
    "overtime_minutes": 60,
}
PLAN = {
    "code": "CLEAN",
    "name": "Clean the printer",
    "contract": "CARE",
    "rule": "FREQ=MONTHLY;BYMONTHDAY=1",
    "starts_on": "2026-11-23",
    "duration_seconds": 1800,
}


@pytest.fixture
def dispatcher(world: World) -> Caller:
    write_firm(world.session, Firm("Test", ZoneInfo(ZONE)))
    return world.dispatcher


def ok(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.get_json()
    return answer.get_json()


def test_a_technician_joins_gets_a_week_and_works_by_it(dispatcher: Caller) -> None:
    skills = [{"skill": "printer", "level": 2}, {"skill": "power", "level": 3, "valid_until": "2026-12-01"}]
    joined = ok(dispatcher.post("/technicians", NEW | {"skills": skills}), 201)
    assert (joined["version"], joined["skills"][-1]["valid_until"]) == (1, "2026-12-01")

    week = ok(dispatcher.post("/technicians/T-1/weeks", WEEK))
    shown = ok(dispatcher.get("/technicians/T-1/days", days=7))

    assert (week["hours"]["mon"], week["break_earliest"]) == ([["08:00", "17:00"]], "12:00")
    assert [bool(day["working"]) for day in shown["days"]] == [True] * 5 + [False] * 2
    assert shown["days"][0]["working"] == {
        "starts_at": "2026-11-23T08:00:00+00:00",
        "ends_at": "2026-11-23T17:00:00+00:00",
    }
    expiring = ok(dispatcher.get("/technicians/expiring-skills"))["skills"]
    assert [(one["technician"], one["skill"]) for one in expiring] == [("T-1", "power")]
    ok(dispatcher.post(f"/technicians/T-1/weeks/{week['id']}/remove", {"version": 2}))
    assert not any(day["working"] for day in ok(dispatcher.get("/technicians/T-1/days"))["days"])


def test_a_change_from_an_older_state_is_refused(dispatcher: Caller) -> None:
    ok(dispatcher.post("/technicians", NEW), 201)
    ok(dispatcher.send("PATCH", "/technicians/T-1", json={"version": 1, "phone": "1"}))

    refused = dispatcher.send("PATCH", "/technicians/T-1", json={"version": 1, "phone": "2"})

    assert refused.status_code == 409
    assert refused.get_json()["detail"].startswith("Technician T-1 was changed by dispatcher at")


def test_a_day_by_hand_an_absence_and_its_withdrawal(world: World, dispatcher: Caller) -> None:
    ok(dispatcher.post("/technicians", NEW), 201)
    hours = {"shift_version": 0, "starts_at": "2026-11-24T09:00:00Z", "ends_at": "2026-11-24T15:00:00Z"}
    day = ok(dispatcher.post("/technicians/T-1/shifts", hours))
    assert (day["is_exception"], day["shift_version"]) == (True, 1)
    assert dispatcher.post("/technicians/T-1/shifts", hours).status_code == 409

    span = {"starts_at": "2026-11-24T10:00:00Z", "ends_at": "2026-11-24T12:00:00Z", "reason": "training"}
    first = dispatcher.post("/technicians/T-1/absences", span, key="k")
    again = dispatcher.post("/technicians/T-1/absences", span, key="k")
    assert ok(first, 201) == ok(again, 201)
    shown = ok(dispatcher.get("/technicians/T-1/days", first="2026-11-24", days=1))["days"][0]
    assert shown["away"] == [{"starts_at": "2026-11-24T10:00:00+00:00", "ends_at": "2026-11-24T12:00:00+00:00"}]

    ok(dispatcher.post(f"/technicians/absences/{first.get_json()['id']}/withdraw"))
    [listed] = ok(dispatcher.get("/technicians/T-1/absences"))["absences"]
    assert listed["withdrawn_at"] is not None
    shown = ok(dispatcher.get("/technicians/T-1/days", first="2026-11-24", days=1))["days"][0]
    assert shown["away"] == []


def test_bad_input_is_told_by_code(dispatcher: Caller) -> None:
    ok(dispatcher.post("/technicians", NEW), 201)

    def code(path: str, body: dict[str, Any]) -> str:
        return str(dispatcher.post(path, body).get_json()["title"])

    assert code("/technicians", NEW) == "technician_code_taken"
    assert code("/technicians", NEW | {"code": "T-2", "zone": "Europe/Atlantis"}) == "unknown_zone"
    assert code("/technicians", NEW | {"code": "T-2", "skills": [{"skill": "x", "level": 9}]}) == (
        "skill_level_out_of_range"
    )
    backwards = {"shift_version": 0, "starts_at": "2026-11-24T15:00:00Z", "ends_at": "2026-11-24T09:00:00Z"}
    assert code("/technicians/T-1/shifts", backwards) == "shift_out_of_order"
    past = {"starts_at": "2026-11-20T09:00:00Z", "ends_at": "2026-11-20T10:00:00Z", "reason": "sick"}
    assert code("/technicians/T-1/absences", past) == "absence_is_over"
    ok(dispatcher.post("/technicians/T-1/weeks", WEEK | {"valid_from": "2026-11-30"}))
    assert code("/technicians/T-1/weeks", WEEK | {"version": 2}) == "patterns_overlap"
    assert dispatcher.get("/technicians/T-7").get_json()["title"] == "unknown_technician"


def test_who_leaves_leaves_a_list_of_work_behind(world: World, dispatcher: Caller) -> None:
    technician = add_technician(world.session, code="T-1")
    visit = add_visit(world.session, technician=technician)
    number = visit.job.number

    left = ok(dispatcher.post("/technicians/T-1/leave", {"version": 1}))

    assert (left["technician"]["active"], [one["job"] for one in left["visits"]]) == (False, [number])
    assert ok(dispatcher.post("/technicians/T-1/return", {"version": 2}))["active"]


def test_where_technicians_work_and_what_partners_cost(world: World, dispatcher: Caller) -> None:
    add_technician(world.session, code="T-1")
    site = add_site(world.session, code="S-1")
    customer = site.customer.code
    ok(dispatcher.post("/territories", {"code": "N", "name": "North"}), 201)
    terms = {"name": "Hands", "travel_cents_per_hour": 7200, "work_cents_per_hour": 3600}
    ok(dispatcher.post("/partners", terms | {"code": "BH"}), 201)
    assert ok(dispatcher.send("PUT", "/partners/BH", json=terms | {"shift_cents": 100}))["shift_cents"] == 100
    assert ok(dispatcher.post("/territories/N/sites", {"sites": ["S-1"]})) == {"moved": 1}

    change = {"version": 1, "partner": "BH", "territories": ["N"]}
    changed = ok(dispatcher.send("PATCH", "/technicians/T-1", json=change))

    assert (changed["partner"], changed["territories"]) == ("BH", ["N"])
    ok(dispatcher.post("/technicians/T-1/preferences", {"customer": customer, "preference": "excluded"}))
    ok(dispatcher.post("/technicians/T-1/preferences", {"customer": customer, "preference": None}))
    [row] = ok(dispatcher.get("/territories"))["territories"]
    assert (row["sites"], row["technicians"]) == (1, ["Rui"])
    assert dispatcher.post("/territories/N/remove").get_json()["title"] == "territory_in_use"
    [partner] = ok(dispatcher.get("/partners"))["partners"]
    assert partner["active"]


def test_a_maintenance_plan_from_the_look_through_to_its_job(world: World, dispatcher: Caller) -> None:
    device = add_device(world.session, site=add_site(world.session, contract=add_contract(world.session, code="CARE")))
    repair = add_job(world.session, device=device, response_due=at(18, day=dt.date(2026, 11, 27)))
    number = repair.number
    terms = {name: value for name, value in PLAN.items() if name != "code"}

    assert ok(dispatcher.post("/maintenance-plans/preview", terms))["days"][0] == "2026-12-01"
    assert ok(dispatcher.get("/maintenance-plans"))["plans"] == []
    ok(dispatcher.post("/maintenance-plans", PLAN), 201)
    made = ok(dispatcher.post("/maintenance-plans/make-jobs"))

    shown = ok(dispatcher.get("/maintenance-plans/CLEAN"))
    [turn] = shown["turns"]
    assert (turn["job"], turn["due_on"], turn["status"]) == (made["jobs"][0], "2026-12-01", JobStatus.READY)
    assert turn["together_with"] == number
    assert ok(dispatcher.get(f"/jobs/{turn['job']}"))["job"]["response_due"] == "2026-11-28T00:00:00+00:00"
    changed = ok(dispatcher.send("PUT", "/maintenance-plans/CLEAN", json=terms | {"version": 1, "ahead_days": 3}))
    assert (changed["version"], changed["ahead_days"]) == (2, 3)
    assert dispatcher.send("PUT", "/maintenance-plans/CLEAN", json=terms | {"version": 1}).status_code == 409
    rests = ok(dispatcher.post("/maintenance-plans/CLEAN/state", {"version": 2, "active": False}))
    assert rests["active"] is False


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("every monday", "rule_not_understood"),
        ("FREQ=SECONDLY", "rule_too_often"),
        ("FREQ=DAILY;COUNT=10000", "rule_too_long"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "rule_never_occurs"),
        ("FREQ=WEEKLY", "tolerance_too_wide"),
    ],
)
def test_nonsense_of_a_rule_is_told_by_code(world: World, dispatcher: Caller, rule: str, code: str) -> None:
    add_device(world.session, site=add_site(world.session, contract=add_contract(world.session, code="CARE")))

    assert dispatcher.post("/maintenance-plans", PLAN | {"rule": rule}).get_json()["title"] == code


def test_a_manager_reads_and_changes_nothing(world: World, dispatcher: Caller) -> None:
    add_technician(world.session, code="T-1")
    manager = world.caller(RoleName.MANAGER)

    for path in ("/technicians", "/technicians/T-1", "/technicians/T-1/days", "/territories", "/maintenance-plans"):
        ok(manager.get(path))
    assert manager.post("/technicians/T-1/leave", {"version": 1}).status_code == 403
