"""The pages about maintenance plans."""

from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from core.accounts import RoleName
from core.firm import Firm, write_firm
from customers.models import Device
from dispatch.models import Job, MaintenancePlan
from tests.factories import ZONE, add_contract, add_device, add_part, add_site
from tests.web.conftest import Visitor, World


@pytest.fixture
def device(world: World) -> Device:
    write_firm(world.session, Firm("Test", ZoneInfo(ZONE)))
    contract = add_contract(world.session, code="CARE")
    return add_device(world.session, serial="SN-1", site=add_site(world.session, contract=contract, code="S-1"))


def filled(**given: str) -> dict[str, str]:
    return {
        "code": "CLEAN",
        "name": "Clean the printer",
        "contract": "CARE",
        "rule": "FREQ=MONTHLY;BYMONTHDAY=1",
        "starts_on": "2026-11-23",
        "ahead_days": "14",
        "tolerance_days": "7",
        "minutes": "30",
        "skills": "printer 2",
        "parts": "",
    } | given


def test_a_plan_is_looked_through_before_it_is_kept(world: World, dispatcher: Visitor, device: Device) -> None:
    seen = dispatcher.post("/maintenance", command_id="a", preview="1", **filled())

    assert seen.status == 200
    assert "Next due days: Dec 1, 2026, Jan 1, 2027" in seen.text
    assert "1 device; 1 job would be made now." in seen.text
    assert world.session.scalar(sa.select(sa.func.count(MaintenancePlan.id))) == 0


def test_a_plan_is_kept_and_its_jobs_are_made(world: World, dispatcher: Visitor, device: Device) -> None:
    add_part(world.session, sku="BRUSH")
    page = dispatcher.follow(dispatcher.post("/maintenance", command_id="a", **filled(parts="BRUSH")))
    assert "Maintenance, P4 · low, 30 min, printers 2, 1 × BRUSH" in page.text

    page = dispatcher.follow(dispatcher.post("/maintenance/jobs", command_id="b"))

    assert "1 job is made." in page.text
    [job] = world.session.scalars(sa.select(Job)).all()
    shown = dispatcher.get("/maintenance/CLEAN").text
    assert f"{job.number} Dec 1, 2026 Corner Shop SN-1 –" in shown


def test_nonsense_is_refused_beside_what_was_typed(world: World, dispatcher: Visitor, device: Device) -> None:
    for given, words in (
        ({"rule": "every second"}, "“EVERY SECOND” is not understood"),
        ({"rule": "FREQ=SECONDLY"}, "Work cannot recur SECONDLY"),
        ({"rule": "FREQ=DAILY;COUNT=10000"}, "stands for 10000 occurrences"),
        ({"parts": "BRUSH 1"}, "BRUSH"),
        ({"skills": "printer two"}, "“printer two” is not understood"),
        ({"device": "SN-7"}, "SN-7"),
        ({"site": "S-7"}, "There is no site S-7"),
    ):
        refused = dispatcher.post("/maintenance", command_id=f"a-{words}"[:60], **filled(**given))
        assert refused.status in {404, 422}
        assert words in refused.text
        assert 'value="Clean the printer"' in refused.html


def test_a_plan_is_changed_rests_and_goes_on(world: World, dispatcher: Visitor, device: Device) -> None:
    dispatcher.post("/maintenance", command_id="a", **filled())
    assert 'value="14"' in dispatcher.get("/maintenance/CLEAN/edit").html

    kept = dispatcher.post("/maintenance/CLEAN", command_id="b", version="1", **filled(ahead_days="21"))
    assert kept.status == 303
    late = dispatcher.post("/maintenance/CLEAN", command_id="c", version="1", **filled(ahead_days="28"))
    assert late.status == 409
    assert "CLEAN was changed by Alex dispatcher at 2026-11-23 07:30 UTC. Reload" in late.text

    page = dispatcher.follow(dispatcher.post("/maintenance/CLEAN/active", command_id="d", version="2", active="0"))
    assert "The plan rests" in page.text
    assert "rests" in dispatcher.get("/maintenance").text
    page = dispatcher.follow(dispatcher.post("/maintenance/CLEAN/active", command_id="e", version="3", active="1"))
    assert "The plan goes on." in page.text


def test_a_plan_that_was_refused_says_why(world: World, dispatcher: Visitor, device: Device) -> None:
    part = add_part(world.session, sku="BRUSH")
    dispatcher.post("/maintenance", command_id="a", **filled(parts="BRUSH 2"))
    part.sku = "OTHER"
    dispatcher.post("/maintenance/jobs", command_id="b")

    assert "refused" in dispatcher.get("/maintenance").text
    assert "Its jobs could not be made the last time" in dispatcher.get("/maintenance/CLEAN").text


def test_a_manager_reads(world: World, device: Device) -> None:
    manager = world.signed_in(RoleName.MANAGER)

    assert "No maintenance plans" in manager.get("/maintenance").text
    assert manager.get("/maintenance/new").status == 403


def test_the_pages_are_whole_in_chinese(world: World, device: Device) -> None:
    visitor = world.signed_in(RoleName.DISPATCHER, language="zh_Hans_CN")

    assert "没有保养计划" in visitor.get("/maintenance").text
    assert "保养计划" in visitor.get("/maintenance/new").text
