"""An urgent call: from what the caller says to somebody who is on the way."""

import pytest
import sqlalchemy as sa

from core.accounts import RoleName
from customers.models import Device, Priority
from dispatch.models import Job, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.visits import VisitStatus
from inventory.models import PartFamily
from tests.factories import add_device, add_fault, add_part, add_shift, add_site, add_technician
from tests.monday import publish_monday
from tests.web.conftest import Page, Visitor, World, job_at
from tests.web.page_forms import forms_to


@pytest.fixture
def bakery(world: World) -> Device:
    """Ana in the west and Ben in the east, each with a visit, and a bakery between them, nearer to Ben."""
    session = world.session
    for name, lon in (("Ana", -8.70), ("Ben", -8.50)):
        add_shift(session, add_technician(session, code=name.upper(), name=name, home=(41.15, lon)))
        job_at(world, lon)
    publish_monday(world.app, world.session)
    add_fault(session, code="DEAD", minutes=30)
    site = add_site(session, name="Padaria Central", position=(41.15, -8.55))
    site.address, site.phone = "Rua de Cedofeita 12", "+351 222 000 111"
    device = add_device(session, site=site, serial="SN-77")
    session.commit()
    return device


def call(visitor: Visitor, **values: str) -> Page:
    typed = {"shop": "padaria", "device_serial": "SN-77", "fault_code": "DEAD", "priority": "P1", **values}
    return visitor.post("/urgent", **typed)


def jobs_at(world: World, device: Device) -> list[Job]:
    world.session.expire_all()
    return list(world.session.scalars(sa.select(Job).where(Job.device_id == device.id)))


@pytest.mark.parametrize("said", ["padaria", "cedofeita", "SN-77", "222 000", "central rua 12", "CENTRAL"])
def test_a_shop_is_found_by_whatever_the_caller_says(dispatcher: Visitor, bakery: Device, said: str) -> None:
    found = dispatcher.get(f"/urgent/found?shop={said}")

    assert "Padaria Central" in found.text
    assert 'value="SN-77" required checked' in found.html


def test_what_nobody_knows_is_answered_with_what_to_ask_next(dispatcher: Visitor, bakery: Device) -> None:
    assert "Ask for another word" in dispatcher.get("/urgent/found?shop=padaria+faro").text
    assert dispatcher.get("/urgent/found?shop=").text == ""


def test_who_could_come_is_ranked_and_nothing_is_taken_in(world: World, dispatcher: Visitor, bakery: Device) -> None:
    page = call(dispatcher)

    able = page.part('id="able"')
    assert able.index("Ben") < able.index("Ana")
    assert "Take in and send" in able
    assert jobs_at(world, bakery) == []


def test_one_press_takes_the_job_in_and_sends_somebody_once(world: World, dispatcher: Visitor, bakery: Device) -> None:
    page = call(dispatcher, description="Screen is black.")
    ben = _technician(page, "Ben")
    form = {**forms_to(page, "/urgent")[0], "device_serial": "SN-77", "technician": ben}

    sent = dispatcher.post("/urgent/send", **form)
    again = dispatcher.post("/urgent/send", **form)

    (job,) = jobs_at(world, bakery)
    assert sent.location == again.location == f"/jobs/{job.number}"
    assert (job.status, job.priority, job.description) == (JobStatus.DISPATCHED, Priority.P1, "Screen is black.")
    visit = world.session.scalars(sa.select(Visit).where(Visit.job_id == job.id)).one()
    assert (visit.technician.name, visit.status) == ("Ben", VisitStatus.DISPATCHED)
    assert f"Job {job.number} is taken in, and Ben is sent there." in dispatcher.follow(sent).text


def test_a_job_whose_technician_cannot_come_any_more_is_kept(world: World, dispatcher: Visitor, bakery: Device) -> None:
    form = {**forms_to(call(dispatcher), "/urgent")[0], "device_serial": "SN-77", "technician": "999"}

    refused = dispatcher.post("/urgent/send", **form)

    (job,) = jobs_at(world, bakery)
    assert refused.status == 409
    assert job.status is JobStatus.READY
    assert f"Job {job.number} is taken in; nobody is sent there yet." in refused.text
    assert "Can come, best first" in refused.text


def test_a_job_that_would_wait_for_parts_is_taken_in_and_asks_what_helps(
    world: World, dispatcher: Visitor, bakery: Device
) -> None:
    add_fault(world.session, code="BATTERY", parts={PartFamily.BATTERY: 1})
    add_part(world.session)

    page = call(dispatcher, fault_code="BATTERY")

    assert "the job would be “Waiting for parts”" in page.text
    form = {**forms_to(page, "/urgent")[0], "device_serial": "SN-77"}
    taken = dispatcher.post("/urgent/take-in", **form)
    (job,) = jobs_at(world, bakery)
    assert (job.status, taken.location) == (JobStatus.WAITING_PARTS, f"/jobs/{job.number}/why")


def test_before_the_day_is_published_the_page_says_that_it_has_to_be(world: World, dispatcher: Visitor) -> None:
    add_fault(world.session, code="DEAD")
    add_device(world.session, serial="SN-77")

    assert "Plan the day first" in call(dispatcher).text


def test_the_form_finds_the_shop_without_script(dispatcher: Visitor, bakery: Device) -> None:
    page = dispatcher.post("/urgent", shop="padaria")

    assert page.status == 200
    assert "autofocus" in page.html
    assert "autofocus" not in call(dispatcher).html
    assert "Rua de Cedofeita 12" in page.text
    assert "Who can come stands here" in page.text


def test_only_dispatchers_send_people(world: World) -> None:
    assert world.signed_in(RoleName.DESK).get("/urgent").status == 403


def _technician(page: Page, name: str) -> str:
    before, _, _ = page.html.partition(f'aria-label="Take in and send {name}"')
    return before.rpartition('name="technician" value="')[2].partition('"')[0]
