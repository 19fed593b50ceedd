"""Facts about the desk's pages: the queue, a new ticket, triage, estimates, handing over, and the catalogue."""

import datetime as dt
import io
import json

import pytest
import sqlalchemy as sa

from core.accounts import RoleName
from customers.models import Device
from desk.models import Ticket, TicketState
from dispatch.fault_catalogue import load_catalogue, read_catalogue, shipped_catalogue
from dispatch.models import FaultCode, Job
from dispatch.models.jobs import JobStatus
from inventory.models import PartFamily
from tests.desk.conftest import add_prices, add_tree, take_in
from tests.factories import (
    add_device,
    add_fault,
    add_job,
    add_part,
    add_person,
    add_site,
    add_technician,
    add_visit,
)
from tests.web.conftest import Page, Visitor, World
from tests.web.page_forms import forms_to, send

PNG = b"\x89PNG\r\n\x1a\n picture"


@pytest.fixture
def desk(world: World) -> Visitor:
    return world.signed_in(RoleName.DESK)


@pytest.fixture(autouse=True)
def device(world: World) -> Device:
    """A device of Harbour Shop, and a symptom with two steps to try."""
    add_tree(
        world.session,
        {"lid": ("roll", "visit"), "roll": ("fixed", "visit")},
        fault=add_fault(world.session, code="JAM", parts={PartFamily.PRINTER: 1}),
    )
    add_part(world.session, sku="PRN-1", family=PartFamily.PRINTER)
    return add_device(world.session, site=add_site(world.session, name="Harbour Shop"), serial="SN-12345")


def report(world: World, **given: object) -> str:
    """Take a report in, past the form; returns its number."""
    ticket = take_in(world.session, **({"device_serial": "SN-12345", "fault_code": "JAM"} | given))
    world.session.commit()
    return ticket.number


def press(visitor: Visitor, number: str, what: str, **typed: str) -> Page:
    """Fill in a form of a ticket's page and send it; returns the page that follows."""
    sent = send(visitor, visitor.get(f"/tickets/{number}"), f"/tickets/{number}/{what}", **typed)
    return visitor.follow(sent) if sent.location else sent


def ticket_of(world: World, number: str) -> Ticket:
    world.session.expire_all()
    return world.session.scalars(sa.select(Ticket).where(Ticket.number == number)).one()


class TestQueue:
    def test_nobody_waits_at_first(self, desk: Visitor) -> None:
        page = desk.get("/tickets")

        assert "Nobody waits" in page.text
        assert desk.get("/").location == "/tickets"

    def test_those_who_wait_are_listed_and_found(self, world: World, desk: Visitor) -> None:
        number, other = report(world), report(world, device_serial="", fault_code="", text="Screen is black")

        assert all(known in desk.get("/tickets").text for known in (number, other, "Harbour Shop", "not known yet"))
        found = desk.get("/tickets?text=harbour").text
        assert number in found
        assert other not in found
        assert "No ticket passes the filter" in desk.get("/tickets?state=closed").text

    def test_another_address_restricts_nothing(self, world: World, desk: Visitor) -> None:
        assert report(world) in desk.get("/tickets?state=nonsense&channel=x&priority=P9&page=99").text


class TestTakingIn:
    def test_a_call_becomes_a_ticket_with_its_files(self, desk: Visitor) -> None:
        form = forms_to(desk.get("/tickets/new"), "/tickets")[0]
        typed = {"device_serial": "SN-12345", "fault_code": "JAM", "text": "Paper", "reporter": "Eva"}
        picture = (io.BytesIO(PNG), "jam.png", "image/png")

        answer = desk.client.post("/tickets", data=form | typed | {"files": picture})
        page = desk.get(answer.headers["Location"])

        assert "Ticket T-" in page.text
        assert all(word in page.text for word in ("Harbour Shop", "Eva", "jam.png", "lid?", "covered"))
        shown = desk.client.get(f"{answer.headers['Location']}/files/1")
        assert (shown.data, shown.mimetype) == (PNG, "image/png")

    def test_a_device_can_be_looked_up_without_taking_anything_in(self, desk: Visitor) -> None:
        page = send(desk, desk.get("/tickets/new"), "/tickets", device_serial="SN-12345", look_up="1", text="Paper")

        assert page.status == 200
        assert "Harbour Shop" in page.text
        assert "Paper" in page.html

    @pytest.mark.parametrize(
        ("typed", "told"),
        [
            ({"device_serial": "SN-12354"}, ("device_serial", "Was one of these meant: SN-12345")),
            ({"site_code": "NOWHERE"}, ("site_code", "There is no site NOWHERE")),
            ({}, ("text", "Write at least what was said")),
            ({"text": "x" * 4000}, ("text", "The text has 4000 characters")),
        ],
    )
    def test_a_refusal_stands_beside_its_field(
        self, world: World, desk: Visitor, typed: dict[str, str], told: tuple[str, str]
    ) -> None:
        page = send(desk, desk.get("/tickets/new"), "/tickets", **typed)

        assert page.status in {404, 422}
        place, words = told
        assert words in page.part(f'id="e-{place}"', "</p>")
        assert world.session.scalar(sa.select(sa.func.count(Ticket.id))) == 0

    def test_a_wrong_file_is_refused_and_nothing_is_taken_in(self, world: World, desk: Visitor) -> None:
        form = forms_to(desk.get("/tickets/new"), "/tickets")[0]
        program = (io.BytesIO(b"MZ"), "photo.png", "image/png")

        answer = desk.client.post("/tickets", data=form | {"text": "Dead", "files": program})

        assert answer.status_code == 422
        assert "photo.png is none of the files that are kept here" in answer.text
        assert world.session.scalar(sa.select(sa.func.count(Ticket.id))) == 0

    def test_a_form_that_is_sent_twice_takes_one_ticket_in(self, world: World, desk: Visitor) -> None:
        form = forms_to(desk.get("/tickets/new"), "/tickets")[0] | {"text": "Dead"}

        answers = [desk.post("/tickets", **form) for _ in range(2)]

        assert answers[0].location == answers[1].location
        assert world.session.scalar(sa.select(sa.func.count(Ticket.id))) == 1


class TestTriage:
    def test_steps_are_answered_until_it_works_again(self, world: World, desk: Visitor) -> None:
        number = report(world)

        press(desk, number, "answer", answer="yes", note="with force")
        page = press(desk, number, "answer", answer="yes")

        assert "Fixed without a visit" in page.text
        tried = page.part('aria-labelledby="tried"')
        assert "lid? yes with force" in tried
        assert ticket_of(world, number).state is TicketState.FIXED_REMOTELY

    def test_an_answer_can_be_taken_back(self, world: World, desk: Visitor) -> None:
        number = report(world)
        press(desk, number, "answer", answer="no")
        assert "Somebody has to come" in desk.get(f"/tickets/{number}").text

        page = press(desk, number, "step-back")

        assert "lid?" in page.part('aria-labelledby="try"')
        assert "Answer taken back" in page.text

    def test_a_stale_page_is_told_who_answered(self, world: World, desk: Visitor) -> None:
        number = report(world)
        old = desk.get(f"/tickets/{number}")
        press(world.signed_in(RoleName.DISPATCHER), number, "answer", answer="yes")

        page = send(desk, old, f"/tickets/{number}/answer", answer="no")

        assert page.status == 409
        assert "was answered by Alex dispatcher at 07:30" in page.text
        assert "roll?" in page.part('aria-labelledby="try"')

    def test_in_chinese_the_steps_are_chinese(self, world: World) -> None:
        number = report(world)

        page = world.signed_in(RoleName.DESK, language="zh_Hans_CN").get(f"/tickets/{number}")

        assert "lid？" in page.text


class TestChanging:
    def test_the_desk_completes_what_came_without_a_device(self, world: World, desk: Visitor) -> None:
        number = report(world, device_serial="", fault_code="")
        assert "Choose the device and the symptom" in desk.get(f"/tickets/{number}").text

        page = press(desk, number, "change", device_serial="SN-12345", fault_code="JAM")

        assert "device: – → SN-12345" in page.text
        assert "lid?" in page.text

    def test_of_two_people_the_second_hears_who_was_faster(self, world: World, desk: Visitor) -> None:
        number = report(world)
        old = desk.get(f"/tickets/{number}")
        press(world.signed_in(RoleName.DISPATCHER), number, "change", contact="912 000 000")

        page = send(desk, old, f"/tickets/{number}/change", contact="913 000 000")

        assert page.status == 409
        assert f"Ticket {number} was changed by Alex dispatcher at 07:30. Reload it" in page.text
        assert "913 000 000" in page.html
        assert ticket_of(world, number).contact == "912 000 000"

    def test_closing_opening_and_what_was_said_later(self, world: World, desk: Visitor) -> None:
        number = report(world)

        assert "Came twice" in press(desk, number, "close", close_reason="Came twice").text
        assert "is open again" in press(desk, number, "reopen", reopen_reason="It did not").text
        assert "Still dead" in press(desk, number, "message", sender="Eva", message="Still dead").text

    def test_files_are_added_later(self, world: World, desk: Visitor) -> None:
        number = report(world)
        form = forms_to(desk.get(f"/tickets/{number}"), f"/tickets/{number}/files")[0]

        for _ in range(2):
            desk.client.post(f"/tickets/{number}/files", data=form | {"files": (io.BytesIO(PNG), "a.png", "image/png")})

        assert [file.attachment.name for file in ticket_of(world, number).files] == ["a.png"]
        assert desk.get(f"/tickets/{number}/files/99").status == 404


class TestHandingOver:
    def test_a_covered_ticket_becomes_a_job_with_its_promise(self, world: World, desk: Visitor) -> None:
        number = report(world, text="Paper everywhere", reporter="Eva")
        press(desk, number, "answer", answer="no", note="lid is stuck")

        page = press(desk, number, "hand-over", window_day="2026-11-23", window_from="10:00", window_to="12:00")

        job = world.session.scalars(sa.select(Job)).one()
        assert f"Job {job.number} is made of it" in page.text
        assert job.window_start == dt.datetime(2026, 11, 23, 10, tzinfo=dt.UTC)
        for role in (RoleName.DISPATCHER, RoleName.DESK):
            shown = world.signed_in(role).get(f"/jobs/{job.number}")
            assert shown.status == 200
            assert all(words in shown.text for words in (number, "Eva", "lid is stuck", "the contract covers it"))

    def test_a_promise_that_cannot_be_is_refused_and_stays_typed(self, world: World, desk: Visitor) -> None:
        number = report(world)

        page = press(desk, number, "hand-over", window_day="2026-11-23", window_from="06:00", window_to="07:00")

        assert page.status == 422
        assert 'value="06:00"' in page.html
        assert ticket_of(world, number).state is TicketState.OPEN

    def test_a_chargeable_ticket_waits_for_the_customer(self, world: World, desk: Visitor, device: Device) -> None:
        number = _chargeable(world, device)
        page = desk.get(f"/tickets/{number}")
        assert "the contract has ended" in page.part('aria-labelledby="cover"')

        refused = press(desk, number, "hand-over")
        offered = press(desk, number, "estimate")
        name = ticket_of(world, number).estimates[0].number

        assert "nobody drives before" in refused.text or "before anybody drives" in refused.text
        # 20.00 to call out, two quarters of an hour at 15.00, a printer at 15.00, and 23 % of tax.
        assert "€79.95" in offered.text
        assert world.session.scalar(sa.select(sa.func.count(Job.id))) == 0
        accepted = press(desk, number, f"estimates/{name}/accept", answered_by="Eva")
        assert "is made of it" in accepted.text
        assert "answered by Eva" in accepted.text

    def test_an_estimate_is_answered_once(self, world: World, desk: Visitor, device: Device) -> None:
        number = _chargeable(world, device)
        press(desk, number, "estimate")
        name = ticket_of(world, number).estimates[0].number
        old = desk.get(f"/tickets/{number}")
        press(desk, number, f"estimates/{name}/accept", answered_by="Eva")

        again = send(desk, old, f"/tickets/{number}/estimates/{name}/accept", answered_by="Ivo")

        assert again.status == 409
        assert 'is in state "Accepted" since 07:30 (Eva)' in again.text
        assert world.session.scalar(sa.select(sa.func.count(Job.id))) == 1

    def test_a_refusal_of_the_customer_closes_the_ticket(self, world: World, desk: Visitor, device: Device) -> None:
        number = _chargeable(world, device)
        press(desk, number, "estimate")
        name = ticket_of(world, number).estimates[0].number
        form = forms_to(desk.get(f"/tickets/{number}"), f"/tickets/{number}/estimates/{name}/accept")[0]

        page = desk.post(
            f"/tickets/{number}/estimates/{name}/refuse", **form | {"answered_by": "Eva", "refuse_reason": "Too dear"}
        )

        assert "Too dear" in desk.follow(page).text
        assert ticket_of(world, number).state is TicketState.CLOSED

    def test_without_a_price_list_the_page_says_what_to_do(self, world: World, desk: Visitor, device: Device) -> None:
        number = _chargeable(world, device)
        device.site.contract.price_list = None

        page = press(desk, number, "estimate")

        assert page.status == 409
        assert "has no price list" in page.text

    def test_a_repeat_links_to_the_job_before(self, world: World, desk: Visitor, device: Device) -> None:
        fault = world.session.scalars(sa.select(FaultCode)).one()
        before = add_job(world.session, device=device, fault=fault, status=JobStatus.COMPLETED)
        before.completed_at = dt.datetime(2026, 11, 20, 12, tzinfo=dt.UTC)

        page = desk.get(f"/tickets/{report(world)}")

        assert f'href="/jobs/{before.number}"' in page.html


class TestOnTheRoad:
    def test_a_technician_reads_what_was_tried_and_sees_the_files_of_the_own_visits(
        self, world: World, desk: Visitor
    ) -> None:
        number = report(world)
        form = forms_to(desk.get(f"/tickets/{number}"), f"/tickets/{number}/files")[0]
        desk.client.post(f"/tickets/{number}/files", data=form | {"files": (io.BytesIO(PNG), "jam.png", "image/png")})
        press(desk, number, "answer", answer="no", note="lid is stuck")
        press(desk, number, "hand-over")
        job = world.session.scalars(sa.select(Job)).one()
        job.status = JobStatus.DISPATCHED
        own, other = (add_person(world.session, name=name) for name in ("Rui", "Ana"))
        add_visit(world.session, technician=add_technician(world.session, user=own), job=job)
        add_technician(world.session, user=other)

        page = world.visitor(own).get("/day")

        assert "lid? No lid is stuck" in page.text
        assert f"/jobs/{job.number}/files/1" in page.html
        assert world.visitor(own).client.get(f"/jobs/{job.number}/files/1").data == PNG
        assert world.visitor(other).get(f"/jobs/{job.number}/files/1").status == 404


class TestCatalogue:
    def test_a_tree_is_read_step_by_step(self, world: World, desk: Visitor) -> None:
        load_catalogue(world.session, shipped_catalogue())

        assert "Paper jam" in desk.get("/faults").text
        page = desk.get("/faults/PRINTER-JAM")

        assert "go on with 2" in page.text
        assert "somebody has to come" in page.text
        assert "PRN-JAM" in page.text

    def test_a_catalogue_is_downloaded_and_read_in_again(self, world: World, desk: Visitor) -> None:
        load_catalogue(world.session, shipped_catalogue())
        world.session.commit()

        content = desk.client.get("/faults/catalogue.json").data
        loaded = load_catalogue(world.session, read_catalogue(content))
        world.session.commit()

        assert loaded.added == 0
        assert desk.client.get("/faults/catalogue.json").data == content

    def test_an_administrator_reads_one_in_and_hears_what_is_wrong(self, world: World) -> None:
        admin = world.signed_in(RoleName.ADMIN)
        wrong = {"code": "NEW", "name_en": "New", "name_zh": "新", "priority": "P3", "minutes": 0}

        refused = _send_catalogue(admin, wrong)
        accepted = _send_catalogue(admin, wrong | {"minutes": 20})

        assert refused.status == 422
        assert "NEW.minutes" in refused.text
        assert "Faults added: 1, updated: 0" in admin.follow(accepted).text

    def test_only_an_administrator_reads_in(self, desk: Visitor) -> None:
        assert "Read in your own" not in desk.get("/faults").text
        assert desk.post("/faults").status == 403


def _chargeable(world: World, device: Device) -> str:
    contract = device.site.contract
    contract.ends_on = dt.date(2026, 11, 22)
    add_prices(world.session, contract)
    return report(world)


def _send_catalogue(admin: Visitor, *faults: dict[str, object]) -> Page:
    form = forms_to(admin.get("/faults"), "/faults")[0]
    file = (io.BytesIO(json.dumps({"faults": faults}).encode()), "faults.json", "application/json")
    return Page.of(admin.client.post("/faults", data=form | {"file": file}))
