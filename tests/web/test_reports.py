"""Facts about the report of a visit as a page: what its technician can still say, and what the customer reads."""

import datetime as dt
import io
from collections.abc import Iterator

import pytest
from time_machine import travel

from dispatch.models import Technician, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.visits import FileKind, VisitStatus
from tests.factories import MONDAY, add_part, add_visit, at
from tests.web.conftest import Page, Visitor, World
from tests.web.page_forms import is_offered, send

PNG = b"\x89PNG\r\n\x1a\n" + bytes(8)


@pytest.fixture(autouse=True)
def ten_o_clock() -> Iterator[None]:
    with travel(at(10), tick=False):
        yield


@pytest.fixture
def visit(world: World, technician: Technician) -> Visit:
    made = add_visit(world.session, technician=technician, status=VisitStatus.COMPLETED)
    made.set_off_at, made.arrived_at, made.ended_at = at(8, 30), at(9), at(9, 30)
    made.job.status, made.job.responded_at, made.job.completed_at = JobStatus.COMPLETED, at(9), at(9, 30)
    world.session.commit()
    return made


def on_report(phone: Visitor, visit: Visit, step: str, **typed: str) -> Page:
    page = phone.get(f"/visits/{visit.id}/report")
    answer = send(phone, page, f"/visits/{visit.id}/{step}", **typed)
    return phone.follow(answer) if answer.location else answer


def test_a_charge_is_put_on_the_bill_and_taken_off_again(phone: Visitor, visit: Visit) -> None:
    charged = on_report(phone, visit, "charges", kind="labour", quantity="20", reason="Moved the till")
    [charge] = visit.charges
    off = on_report(phone, visit, f"charges/{charge.id}/drop")

    assert "It is on the customer's bill." in charged.text
    assert "Labour, 20 min Moved the till" in charged.part('aria-labelledby="pay"')
    assert "Moved the till" not in off.part('aria-labelledby="pay"')


def test_a_charge_without_a_reason_is_refused_and_what_was_typed_stays(phone: Visitor, visit: Visit) -> None:
    refused = on_report(phone, visit, "charges", kind="labour", quantity="35", reason=" ")

    assert refused.status == 422
    assert "Say why the customer has to pay for it" in refused.text
    assert 'value="35"' in refused.html


@pytest.mark.parametrize(
    ("kind", "told"),
    [("travel", "“Travel” is not put on a bill on site."), ("", "Choose what the customer has to pay for")],
)
def test_what_no_form_offers_is_charged_by_no_form(phone: Visitor, visit: Visit, kind: str, told: str) -> None:
    refused = phone.post(f"/visits/{visit.id}/charges", command_id="c", kind=kind, quantity="1", reason="Far away")

    assert (refused.status, told in refused.text) == (422, True)


def test_parts_are_charged_only_where_some_were_used(world: World, phone: Visitor, visit: Visit) -> None:
    address = f"/visits/{visit.id}/report"

    assert 'value="parts"' not in phone.get(address).html
    refused = on_report(phone, visit, "charges", kind="parts", sku=add_part(world.session).sku, reason="Fell")

    assert refused.status == 409
    assert "Say which parts you used first." in refused.text


def test_wrong_times_are_corrected_with_a_reason_that_the_office_reads(
    phone: Visitor, visit: Visit, dispatcher: Visitor
) -> None:
    page = on_report(phone, visit, "times", arrived_at="08:40", ended_at="09:20", reason="Forgot to tap")

    assert "08:40–09:20 · 40 min" in page.text
    history = dispatcher.get(f"/jobs/{visit.job.number}/history").text
    assert "Times on site corrected" in history
    assert "On site from: 09:00 → 08:40" in history
    assert "Forgot to tap" in history


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("23:40", "00:20"), "23:40–00:20 · 40 min"),
        (("00:05", "00:30"), "00:05–00:30 · 25 min"),
        # It was tapped at night what had been done in the morning, as planned.
        (("09:10", "09:40"), "09:10–09:40 · 30 min"),
    ],
)
def test_a_time_typed_at_night_is_the_one_next_to_what_is_known_or_was_planned(
    world: World, phone: Visitor, visit: Visit, typed: tuple[str, str], told: str
) -> None:
    tuesday = MONDAY + dt.timedelta(days=1)
    visit.arrived_at, visit.ended_at = at(23, 50), at(0, 30, day=tuesday)
    world.session.commit()

    with travel(at(10, day=tuesday), tick=False):
        page = on_report(phone, visit, "times", arrived_at=typed[0], ended_at=typed[1], reason="Forgot to tap")

    assert told in page.text


def test_times_that_cannot_be_are_refused_with_what_was_typed(phone: Visitor, visit: Visit) -> None:
    refused = on_report(phone, visit, "times", arrived_at="08:10", reason="Forgot to tap")

    assert refused.status == 422
    assert "The times must lie on the day of the visit" in refused.text
    assert 'value="08:10"' in refused.html


def test_the_office_reads_the_report_and_changes_nothing(dispatcher: Visitor, visit: Visit) -> None:
    page = dispatcher.get(f"/visits/{visit.id}/report")

    assert "09:00–09:30" in page.text
    assert not is_offered(page, f"/visits/{visit.id}/times")
    assert not is_offered(page, f"/visits/{visit.id}/charges")
    assert dispatcher.post(f"/visits/{visit.id}/times", command_id="x").status == 403


def test_several_photos_are_kept_at_once_and_lead_back_to_the_day(phone: Visitor, visit: Visit) -> None:
    token, visit_id = phone.csrf_token(), visit.id
    phone.get("/day")

    answer = phone.client.post(
        f"/visits/{visit_id}/files",
        data={
            "csrf_token": token,
            "command_id": "f1",
            "kind": "photo",
            "day": str(MONDAY),
            "file": [(io.BytesIO(PNG + b"1"), "till.png"), (io.BytesIO(PNG + b"2"), "cable.png")],
        },
        content_type="multipart/form-data",
    )

    assert (answer.status_code, answer.headers["Location"]) == (303, f"/day?day={MONDAY}")
    page = phone.get(f"/visits/{visit_id}/report")
    assert page.html.count('alt="Photo ') == 2


def test_a_signature_arrives_with_the_form_that_completes_the_visit(world: World, phone: Visitor, visit: Visit) -> None:
    visit.status, visit.ended_at, visit.job.status = VisitStatus.ON_SITE, None, JobStatus.ON_SITE
    visit_id = visit.id
    world.session.commit()
    token = phone.csrf_token()

    answer = phone.client.post(
        f"/visits/{visit_id}/complete",
        data={
            "csrf_token": token,
            "command_id": "c1",
            "day": str(MONDAY),
            "signed_by": "王芳",
            "signature": (io.BytesIO(PNG), "signature.png"),
        },
        content_type="multipart/form-data",
    )

    assert answer.status_code == 303
    world.session.expire_all()
    assert visit.status is VisitStatus.COMPLETED
    assert [file.kind for file in visit.files] == [FileKind.SIGNATURE]
    signed = phone.get(f"/visits/{visit.id}/report").part('aria-labelledby="signed"')
    assert "王芳" in signed
