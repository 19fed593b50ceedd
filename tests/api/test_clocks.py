"""Facts about clocks, notices, penalties and contracts for programs."""

from time_machine import Traveller

from core.accounts import RoleName
from customers.models import Priority
from dispatch.jobs import NewJob, take_in_job
from dispatch.models import Job
from dispatch.signs import sweep_clocks
from tests.api.conftest import World
from tests.factories import add_contract, add_device, add_fault, add_job, add_site, add_technician, at
from tests.web.conftest import add_plan


def take_in(world: World) -> Job:
    """A job that is due at 11:30 and at 15:30."""
    device = add_device(world.session, site=add_site(world.session))
    new = NewJob(site=device.site, device=device, fault=add_fault(world.session), priority=Priority.P2)
    return take_in_job(world.session, new=new, actor_id=None)


def test_clocks_are_read_paused_and_run_on(world: World, seven_thirty: Traveller) -> None:
    job = take_in(world)
    shown = world.dispatcher.get(f"/jobs/{job.number}/clocks").get_json()
    assert shown["clocks"]["response"] == {
        "state": "running",
        "due": "2026-11-23T11:30:00+00:00",
        "remaining_seconds": 14400,
        "elapsed_percent": 0,
        "kept": None,
        "next_sign": "half",
        "next_sign_at": "2026-11-23T09:30:00+00:00",
    }

    pause = {"reason": "no_access", "note": "shutters down", "version": shown["version"]}
    paused = world.dispatcher.post(f"/jobs/{job.number}/clocks/pause", pause, key="p")
    again = world.dispatcher.post(f"/jobs/{job.number}/clocks/pause", pause, key="p")
    assert (paused.status_code, paused.get_json()) == (200, again.get_json())
    assert paused.get_json()["clocks"]["response"]["state"] == "paused"

    seven_thirty.move_to(at(8))
    running = world.dispatcher.post(f"/jobs/{job.number}/clocks/resume").get_json()

    assert running["clocks"]["response"]["due"] == "2026-11-23T12:00:00+00:00"
    assert [event["sign"] for event in running["history"] if event["clock"] == "response"] == [
        "started",
        "paused",
        "resumed",
    ]


def test_a_second_pause_is_a_conflict_with_the_facts(world: World) -> None:
    job = take_in(world)
    world.dispatcher.post(f"/jobs/{job.number}/clocks/pause", {"reason": "no_access"})

    answer = world.dispatcher.post(f"/jobs/{job.number}/clocks/pause", {"reason": "no_access"})

    assert answer.status_code == 409
    body = answer.get_json()
    assert (body["title"], body["pause_reason"]) == ("already_paused", "no_access")


def test_a_job_that_runs_cannot_be_resumed(world: World) -> None:
    job = take_in(world)

    answer = world.dispatcher.post(f"/jobs/{job.number}/clocks/resume")

    assert (answer.status_code, answer.get_json()["title"]) == (409, "not_paused")


def test_other_due_times_are_agreed_on(world: World) -> None:
    job = take_in(world)
    world.session.commit()

    change = {"version": job.version, "response_due": "2026-11-23T15:00:00+00:00"}
    changed = world.dispatcher.send("PATCH", f"/jobs/{job.number}", json=change)

    assert changed.get_json()["response_due"] == "2026-11-23T15:00:00+00:00"
    history = world.dispatcher.get(f"/jobs/{job.number}/clocks").get_json()["history"]
    assert [event["sign"] for event in history][-1] == "reset"


def test_notices_are_listed_for_a_role_and_put_away(world: World, seven_thirty: Traveller) -> None:
    job = take_in(world)
    seven_thirty.move_to(at(9, 31))
    sweep_clocks(world.session)

    page = world.dispatcher.get("/notices").get_json()

    assert page["total"] == 1
    told = page["notices"][0]
    assert (told["kind"], told["job"], told["facts"]["sign"]) == ("clock_warning", job.number, "half")
    assert world.warehouse.get("/notices").get_json()["total"] == 0
    assert world.warehouse.post(f"/notices/{told['id']}/close").status_code == 404
    assert world.dispatcher.post(f"/notices/{told['id']}/close").get_json()["closed_at"] is not None
    assert world.dispatcher.get("/notices").get_json()["total"] == 0


def test_a_plan_tells_its_expected_penalty(world: World) -> None:
    late = add_job(world.session, response_due=at(8))
    plan = add_plan(world.session, {add_technician(world.session): [(late, at(9))]})

    penalty = world.dispatcher.get(f"/plans/{plan.id}/penalty").get_json()

    assert (penalty["cents"], penalty["lateness_cents"], penalty["breach_cents"]) == (1600, 600, 1000)
    assert penalty["jobs"][0]["job"] == late.number


def test_a_manager_reads_and_changes_contracts(world: World) -> None:
    add_contract(world.session, code="RETAIL")
    manager = world.caller(RoleName.MANAGER)
    known = world.dispatcher.get("/contracts/RETAIL").get_json()
    assert known["terms"]["targets"]["P1"]["response_minutes"] == 120
    assert [one["code"] for one in manager.get("/contracts").get_json()["contracts"]] == ["RETAIL"]

    terms = known["terms"] | {
        "covers_travel": False,
        "targets": {"P1": {"response_minutes": 60, "resolution_minutes": 90}},
    }
    change = {"digest": known["digest"], "terms": terms}
    changed = manager.send("PATCH", "/contracts/RETAIL", json=change)
    late = manager.send("PATCH", "/contracts/RETAIL", json=change)

    assert changed.status_code == 200, changed.get_json()
    assert changed.get_json()["terms"]["covers_travel"] is False
    assert list(changed.get_json()["terms"]["targets"]) == ["P1"]
    assert (late.status_code, late.get_json()["title"]) == (409, "contract_changed")
    assert world.dispatcher.send("PATCH", "/contracts/RETAIL", json=change).status_code == 403
