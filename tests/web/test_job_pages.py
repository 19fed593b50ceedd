"""Facts about taking in, showing and changing jobs on pages."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.accounts import RoleName
from customers.models import Device
from dispatch.models import FaultCode, Job, JobPart
from dispatch.models.jobs import JobStatus
from inventory.models import PartFamily
from tests.factories import (
    add_device,
    add_fault,
    add_job,
    add_part,
    add_place,
    add_site,
    add_stock,
    add_technician,
    add_visit,
    at,
)
from tests.web.conftest import Page, Visitor, World
from tests.web.page_forms import forms_to, send


@pytest.fixture
def session(world: World) -> Session:
    return world.session


@pytest.fixture
def device(session: Session) -> Device:
    return add_device(session, serial="SN-1", site=add_site(session, name="Harbour Shop"))


@pytest.fixture
def fault(session: Session) -> FaultCode:
    return add_fault(session, code="DEAD")


def report(**fields: str) -> dict[str, str]:
    return {"device_serial": "SN-1", "fault_code": "DEAD", "priority": "", "description": "", **fields}


def take_in(dispatcher: Visitor, **fields: str) -> Page:
    """Fill in the form of a new job and send it."""
    return send(dispatcher, dispatcher.get("/jobs/new"), "/jobs", **report(**fields))


@pytest.mark.usefixtures("device", "fault")
class TestTakingIn:
    def test_a_report_becomes_a_job_with_its_promise_in_the_shops_time(
        self, dispatcher: Visitor, session: Session
    ) -> None:
        promise = {"window_day": "2026-11-23", "window_from": "10:00", "window_to": "12:00"}

        answer = take_in(dispatcher, description="Dead since Sunday", **promise)

        job = session.scalars(sa.select(Job)).one()
        assert answer.location == f"/jobs/{job.number}"
        assert (job.window_start, job.window_end) == (at(10), at(12))
        assert "is taken in, and its parts are reserved" in dispatcher.follow(answer).text

    def test_a_job_that_waits_for_parts_says_which(self, dispatcher: Visitor, session: Session) -> None:
        fault = add_fault(session, code="PRINT", parts={PartFamily.PRINTER: 1})
        part = add_part(session, sku="PRN-1", family=PartFamily.PRINTER)
        add_stock(session, add_place(session), part, 0)

        page = dispatcher.follow(take_in(dispatcher, fault_code=fault.code))

        assert "It waits for parts" in page.text
        assert "PRN-1" in page.part('aria-labelledby="parts"')
        assert "missing 0 of 1 there" in page.part('aria-labelledby="parts"')

    @pytest.mark.parametrize(
        ("fields", "place", "sentence"),
        [
            ({"device_serial": "SN-9"}, "device_serial", "SN-9"),
            ({"fault_code": "ODD"}, "fault_code", "There is no fault code ODD"),
            ({"window_day": "2026-11-23"}, "window_day", "A promise needs a day and both times"),
            (
                {"window_day": "2026-11-23", "window_from": "12:00", "window_to": "10:00"},
                "window_to",
                "ends before it starts",
            ),
            (
                {"window_day": "2026-11-23", "window_from": "06:00", "window_to": "07:00"},
                "window_from",
                "began before now",
            ),
            ({"window_day": "soon", "window_from": "1:00", "window_to": "2"}, "window_day", "soon is not a date"),
        ],
    )
    def test_a_refusal_stands_beside_its_field_and_keeps_what_was_typed(
        self, dispatcher: Visitor, session: Session, fields: dict[str, str], place: str, sentence: str
    ) -> None:
        page = take_in(dispatcher, description="It only beeps", **fields)

        assert page.status in {404, 422}
        assert sentence in page.part(f'id="e-{place}"', "</p>")
        assert "It only beeps" in page.text
        assert session.scalar(sa.select(sa.func.count(Job.id))) == 0

    def test_looking_up_a_device_shows_its_shop_and_saves_nothing(self, dispatcher: Visitor, session: Session) -> None:
        page = take_in(dispatcher, look_up="1", fault_code="", description="Typed already")

        assert page.status == 200
        assert "Harbour Shop" in page.text
        assert "Typed already" in page.text
        assert session.scalar(sa.select(sa.func.count(Job.id))) == 0

    def test_a_form_that_is_sent_twice_takes_one_job_in(self, dispatcher: Visitor, session: Session) -> None:
        form = forms_to(dispatcher.get("/jobs/new"), "/jobs")[0] | report(description="Dead")

        answers = [dispatcher.post("/jobs", **form) for _ in range(2)]

        job = session.scalars(sa.select(Job)).one()
        assert [answer.location for answer in answers] == [f"/jobs/{job.number}"] * 2

    def test_a_sent_form_that_is_filled_in_anew_takes_nothing_in_until_it_is_sent_again(
        self, dispatcher: Visitor, session: Session
    ) -> None:
        form = forms_to(dispatcher.get("/jobs/new"), "/jobs")[0] | report(description="Dead")
        dispatcher.post("/jobs", **form)

        refused = dispatcher.post("/jobs", **form | {"description": "Another one"})
        assert refused.status == 409
        assert session.scalar(sa.select(sa.func.count(Job.id))) == 1

        again = send(dispatcher, refused, "/jobs")
        assert again.status == 303
        assert session.scalars(sa.select(Job.description).order_by(Job.id.desc())).first() == "Another one"

    def test_a_form_without_its_id_keeps_what_was_typed(self, dispatcher: Visitor, session: Session) -> None:
        page = dispatcher.post("/jobs", **report(description="It only beeps"))

        assert page.status == 422
        assert "It only beeps" in page.text
        assert session.scalar(sa.select(sa.func.count(Job.id))) == 0

    def test_suggestions_find_devices_by_shop(self, dispatcher: Visitor) -> None:
        assert 'value="SN-1"' in dispatcher.get("/devices/found?text=harb").html

    def test_nothing_typed_suggests_nothing(self, dispatcher: Visitor) -> None:
        assert dispatcher.get("/devices/found?text=").text == ""

    def test_symptoms_are_named_in_the_readers_language(self, world: World) -> None:
        page = world.signed_in(RoleName.DISPATCHER, language="zh_Hans_CN").get("/jobs/new")

        assert "故障 DEAD" in page.text


def test_a_job_shows_its_clocks_parts_visits_and_history(dispatcher: Visitor, session: Session) -> None:
    job = add_job(session, number="J-1", status=JobStatus.DISPATCHED, response_due=at(9, 30), window=(at(9), at(11)))
    add_visit(session, technician=add_technician(session, name="Rui Dias"), job=job)

    page = dispatcher.get("/jobs/J-1")

    assert "Response 09:30 2 h 00 min left" in page.text
    assert "Promise 09:00–11:00" in page.text
    assert "Rui Dias 09:00–09:30" in page.text
    assert "This job needs no part." in page.text


def test_a_missed_clock_says_by_how_much(dispatcher: Visitor, session: Session) -> None:
    add_job(session, number="J-1", response_due=at(6), resolution_due=at(9))

    assert "overdue by 1 h 30 min" in dispatcher.get("/jobs/J-1").text


def test_a_job_that_does_not_exist_is_not_found(dispatcher: Visitor) -> None:
    page = dispatcher.get("/jobs/J-404")

    assert page.status == 404
    assert "There is no job J-404" in page.text


def test_a_change_is_saved_and_told_in_the_history(dispatcher: Visitor, session: Session) -> None:
    job = add_job(session, number="J-1")

    typed = {"priority": "P1", "description": "Urgent", "duration_minutes": "45"}
    answer = send(dispatcher, dispatcher.get("/jobs/J-1"), "/jobs/J-1/change", **typed)

    page = dispatcher.follow(answer)
    assert "The change is saved." in page.text
    assert "Alex dispatcher" in page.part('aria-labelledby="history"')
    assert (job.priority.value, job.duration_seconds) == ("P1", 2700)


def test_of_two_changes_the_second_is_refused_and_keeps_what_was_typed(dispatcher: Visitor, session: Session) -> None:
    job = add_job(session, number="J-1")
    opened_twice = [dispatcher.get("/jobs/J-1") for _ in range(2)]
    send(dispatcher, opened_twice[0], "/jobs/J-1/change", description="First")

    page = send(dispatcher, opened_twice[1], "/jobs/J-1/change", description="Second")

    assert page.status == 409
    assert "was changed by Alex dispatcher" in page.text
    assert "Second" in page.text
    assert job.description == "First"


def test_cancelling_needs_a_reason(dispatcher: Visitor, session: Session) -> None:
    job = add_job(session, number="J-1")

    refused = send(dispatcher, dispatcher.get("/jobs/J-1"), "/jobs/J-1/cancel", reason=" ")
    before = job.status
    send(dispatcher, refused, "/jobs/J-1/cancel", reason="The shop closed for good")

    assert "cannot be cancelled without a reason" in refused.part('id="e-reason"', "</p>")
    assert (before, job.status) == (JobStatus.READY, JobStatus.CANCELLED)


def test_what_cannot_be_done_is_not_offered(dispatcher: Visitor, session: Session) -> None:
    add_job(session, number="J-1", status=JobStatus.COMPLETED)

    page = dispatcher.get("/jobs/J-1")

    assert "Cancel the job" not in page.text
    assert "Change the job" not in page.text


def test_an_unfinished_job_goes_back_into_the_queue(dispatcher: Visitor, session: Session) -> None:
    job = add_job(session, number="J-1", status=JobStatus.INCOMPLETE)

    send(dispatcher, dispatcher.get("/jobs/J-1"), "/jobs/J-1/reopen")

    assert job.status is JobStatus.READY


@pytest.mark.parametrize(
    ("address", "before", "after"),
    [
        ("/jobs/J-1/change", JobStatus.READY, JobStatus.READY),
        ("/jobs/J-1/cancel", JobStatus.READY, JobStatus.CANCELLED),
        ("/jobs/J-1/reopen", JobStatus.INCOMPLETE, JobStatus.READY),
    ],
)
def test_a_form_about_a_job_that_is_sent_twice_acts_once(
    dispatcher: Visitor, session: Session, address: str, before: JobStatus, after: JobStatus
) -> None:
    job = add_job(session, number="J-1", status=before)
    form = forms_to(dispatcher.get("/jobs/J-1"), address)[0] | {"description": "Urgent", "reason": "It moved"}

    answers = [dispatcher.post(address, **form) for _ in range(2)]

    assert [answer.location for answer in answers] == ["/jobs/J-1", "/jobs/J-1"]
    assert (job.status, len(job.events)) == (after, 1)


def test_what_is_not_possible_any_more_is_told_on_the_page_of_the_job(dispatcher: Visitor, session: Session) -> None:
    job = add_job(session, number="J-1", status=JobStatus.INCOMPLETE)
    page = dispatcher.get("/jobs/J-1")
    job.status = JobStatus.READY

    refused = send(dispatcher, page, "/jobs/J-1/reopen")

    assert refused.status == 409
    assert "J-1" in refused.part('role="alert"', "</div>")


def test_checking_parts_again_says_when_there_are_none(dispatcher: Visitor, session: Session) -> None:
    job = add_job(session, status=JobStatus.WAITING_PARTS)
    job.parts.append(JobPart(part=add_part(session), quantity=1))

    page = dispatcher.get(f"/jobs/{job.number}")
    answer = send(dispatcher, page, "/jobs/retry-parts", next="/jobs?status=waiting_parts")

    assert answer.location == "/jobs?status=waiting_parts"
    assert "No job that waits for parts can have them yet" in dispatcher.follow(answer).text


def test_the_list_of_jobs_is_empty_at_first(dispatcher: Visitor) -> None:
    assert "There are no jobs yet" in dispatcher.get("/jobs").text


def test_a_long_list_has_pages(dispatcher: Visitor, session: Session) -> None:
    device = add_device(session)
    for number in range(51):
        add_job(session, device=device, number=f"J-{number:03}", reported_at=at(6, number % 60))

    first, second = dispatcher.get("/jobs"), dispatcher.get("/jobs?page=2")

    assert "Page 1 of 2" in first.text
    assert "J-050" in first.text
    assert "J-000" in second.text
    assert "J-050" not in second.text


@pytest.mark.parametrize("page", ["0", "-1", "two"])
def test_a_page_that_cannot_be_is_refused(dispatcher: Visitor, page: str) -> None:
    assert dispatcher.get(f"/jobs?page={page}").status == 422


def test_the_card_of_a_job_is_a_part_of_a_page(dispatcher: Visitor, session: Session) -> None:
    add_job(session, number="J-1")

    page = dispatcher.get("/jobs/J-1/card")

    assert "J-1" in page.text
    assert "<html" not in page.html
