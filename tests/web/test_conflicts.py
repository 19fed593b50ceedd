"""Facts about the pages of what phones told late, of histories, and of reports."""

import datetime as dt
import io

import pytest
import sqlalchemy as sa
from time_machine import Traveller
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from core.accounts import RoleName
from core.attachments import LARGEST
from dispatch.fieldwork.conflicts import take
from dispatch.fieldwork.late import PhoneAction, PhoneCommand
from dispatch.jobs import cancel_job, change_job
from dispatch.models import FieldConflict, Job, JobEvent, Technician, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.visits import VisitStatus
from tests.factories import add_part, add_person, add_stock, add_technician, add_visit, at
from tests.web.conftest import Visitor, World
from tests.web.page_forms import send

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


@pytest.fixture
def technician(world: World) -> Technician:
    user = add_person(world.session, name="Rui Costa", roles=[RoleName.TECHNICIAN])
    return add_technician(world.session, name="Rui Costa", user=user)


@pytest.fixture
def visit(world: World, technician: Technician, seven_thirty: Traveller) -> Visit:
    made = add_visit(world.session, technician=technician)
    seven_thirty.move_to(at(12))
    return made


def tell(world: World, visit: Visit, action: PhoneAction, happened_at: dt.datetime, **values: object) -> None:
    command = PhoneCommand(
        id=f"{action}-{visit.id}", action=action, happened_at=happened_at, visit_id=visit.id, values=values
    )
    take(world.session, command, visit.technician, actor_id=visit.technician.user_id)
    world.session.commit()


def tell_of_cancelled_work(world: World, visit: Visit) -> Job:
    cancel_job(world.session, job_id=visit.job_id, reason="Works again", actor_id=None)
    tell(world, visit, PhoneAction.ARRIVE, at(9))
    tell(world, visit, PhoneAction.COMPLETE, at(9, 20), note="Swapped the cable")
    return visit.job


def last_conflict(world: World) -> int:
    return max(world.session.scalars(sa.select(FieldConflict.id)))


def test_without_conflicts_the_page_says_so(dispatcher: Visitor) -> None:
    page = dispatcher.get("/conflicts")

    assert page.status == 200
    assert "Nothing waits for a decision" in page.text


def test_a_dispatcher_sees_what_the_phone_says_and_what_we_have(
    world: World, dispatcher: Visitor, visit: Visit
) -> None:
    job = tell_of_cancelled_work(world, visit)

    page = dispatcher.get("/conflicts")

    assert "Rui Costa" in page.text
    assert f"{job.number}" in page.text
    assert "Completed the visit Swapped the cable" in page.text
    assert "The dispatcher took this job off your day" in page.text
    assert "Cancelled" in page.text


def test_what_is_accepted_counts_and_stands_in_the_history(world: World, dispatcher: Visitor, visit: Visit) -> None:
    job = tell_of_cancelled_work(world, visit)
    page = dispatcher.get("/conflicts")

    answer = send(dispatcher, page, f"/conflicts/{last_conflict(world)}/accept")

    assert answer.status == 303, answer.text
    world.session.refresh(job)
    assert (job.status, job.completed_at) == (JobStatus.COMPLETED, at(9, 20))
    history = dispatcher.get(f"/jobs/{job.number}/history")
    assert "It counts after all" in history.text
    assert "Given back to its technician" in history.text
    assert "Status: Cancelled → Dispatched" in history.text
    assert "09:20" in history.text


def test_a_dismissal_needs_a_reason_and_is_shown(world: World, dispatcher: Visitor, visit: Visit) -> None:
    tell_of_cancelled_work(world, visit)
    address = f"/conflicts/{last_conflict(world)}/dismiss"
    page = dispatcher.get("/conflicts")

    refused = send(dispatcher, page, address, reason=" ")
    assert refused.status == 422
    assert "Write why it does not count" in refused.text
    answer = send(dispatcher, refused, address, reason="It was another shop")

    assert answer.status == 303
    assert "It was another shop" in dispatcher.follow(answer).text


def test_technicians_and_warehouse_do_not_decide(world: World, technician: Technician) -> None:
    assert technician.user is not None
    assert world.visitor(technician.user).get("/conflicts").status == 403
    assert world.signed_in(RoleName.WAREHOUSE).get("/conflicts").status == 403


# History


def test_changes_are_told_with_what_was_and_what_is(world: World, dispatcher: Visitor, visit: Visit) -> None:
    dora = add_person(world.session, name="Dora", roles=[RoleName.DISPATCHER])
    changes = {"description": "Bring a ladder", "window": (at(14), at(16))}
    change_job(world.session, job_id=visit.job_id, version=visit.job.version, changes=changes, actor_id=dora.id)

    page = dispatcher.get(f"/jobs/{visit.job.number}")

    shown = page.part('aria-labelledby="history"')
    assert "Changed · Dora" in shown
    assert "Description: – → Bring a ladder" in shown
    assert "Promise from: – → 14:00" in shown


def test_old_notes_are_still_shown(world: World, dispatcher: Visitor, visit: Visit) -> None:
    world.session.add(
        JobEvent(
            job=visit.job,
            at=at(8),
            action="change",
            from_status=JobStatus.READY,
            to_status=JobStatus.READY,
            note="priority P3 → P1",
        )
    )

    assert "priority P3 → P1" in dispatcher.get(f"/jobs/{visit.job.number}").text


def test_two_dispatchers_on_one_job_hear_of_each_other(world: World, dispatcher: Visitor, visit: Visit) -> None:
    page = dispatcher.get(f"/jobs/{visit.job.number}")
    dora = add_person(world.session, name="Dora", roles=[RoleName.DISPATCHER])
    change_job(
        world.session,
        job_id=visit.job_id,
        version=visit.job.version,
        changes={"description": "New"},
        actor_id=dora.id,
    )

    answer = send(dispatcher, page, f"/jobs/{visit.job.number}/cancel", reason="Sold")

    assert answer.status == 409
    assert "was changed by Dora" in answer.text
    world.session.refresh(visit)
    assert visit.status is VisitStatus.DISPATCHED


@pytest.mark.parametrize(
    ("values", "advice"),
    [
        ({"reason": "no_access"}, "Pause the clocks"),
        ({"reason": "customer_refused"}, "Nobody drives there again until you decide"),
        ({"reason": "needs_skill", "skill": "network", "level": 2}, "The next technician needs network from level 2"),
    ],
)
def test_a_visit_in_vain_leads_to_what_can_be_done(
    world: World, dispatcher: Visitor, visit: Visit, values: dict[str, object], advice: str
) -> None:
    tell(world, visit, PhoneAction.CANNOT_COMPLETE, at(9, 20), **values)

    assert advice in dispatcher.get(f"/jobs/{visit.job.number}").text


# Reports


def test_a_report_is_read_and_printed_in_chinese_too(world: World, visit: Visit) -> None:
    battery = add_part(world.session, sku="P-1042")
    add_stock(world.session, visit.technician.trunk, battery, 2)
    tell(world, visit, PhoneAction.USE_PART, at(9, 10), sku="P-1042", quantity=1)
    tell(
        world,
        visit,
        PhoneAction.COMPLETE,
        at(9, 20),
        note="换了电池",
        signed_by="王芳",
        checklist=[{"key": "test_payment", "done": True}],
    )
    reader = world.signed_in(RoleName.MANAGER, language="zh_Hans_CN")

    page = reader.get(f"/visits/{visit.id}/report")
    pdf = reader.client.get(f"/visits/{visit.id}/report.pdf")

    assert "换了电池" in page.text
    assert "王芳" in page.text
    assert "配件 P-1042" in page.text
    assert (pdf.status_code, pdf.mimetype, pdf.data[:5]) == (200, "application/pdf", b"%PDF-")


def test_a_technician_reads_own_reports_and_adds_a_photo(world: World, technician: Technician, visit: Visit) -> None:
    assert technician.user is not None
    phone = world.visitor(technician.user)
    page = phone.get(f"/visits/{visit.id}/report")
    assert page.status == 200, page.text
    token, visit_id = phone.csrf_token(), visit.id
    world.session.commit()

    answer = phone.client.post(
        f"/visits/{visit_id}/files",
        data={"csrf_token": token, "command_id": "f1", "kind": "photo", "file": (io.BytesIO(PNG), "till.png")},
        content_type="multipart/form-data",
    )

    assert answer.status_code == 303, answer.text
    shown = phone.get(f"/visits/{visit.id}/report")
    assert 'alt="Photo 1"' in shown.html
    eva = add_person(world.session, name="Eva", roles=[RoleName.TECHNICIAN])
    add_technician(world.session, name="Eva", user=eva)
    assert world.visitor(eva).get(f"/visits/{visit.id}/report").status == 403


@pytest.mark.parametrize(("size", "status"), [(LARGEST, 303), (LARGEST + 1, 422)])
def test_the_largest_file_that_is_kept_fits_through_the_form(
    world: World, technician: Technician, visit: Visit, size: int, status: int
) -> None:
    assert technician.user is not None
    phone = world.visitor(technician.user)
    phone.get(f"/visits/{visit.id}/report")
    token, visit_id = phone.csrf_token(), visit.id
    world.session.commit()
    photo = io.BytesIO(PNG + bytes(size - len(PNG)))
    # Encoded here: the client would keep so large a body in a file that it leaves open.
    boundary, body = encode_multipart(
        {"csrf_token": token, "command_id": "f1", "kind": "photo", "file": FileStorage(photo, "till.png")}
    )

    answer = phone.client.post(
        f"/visits/{visit_id}/files", data=body, content_type=f"multipart/form-data; boundary={boundary}"
    )

    assert answer.status_code == status, answer.text


def test_no_file_is_asked_for_again(world: World, technician: Technician, visit: Visit) -> None:
    assert technician.user is not None
    phone = world.visitor(technician.user)

    answer = phone.post(f"/visits/{visit.id}/files", command_id="f1", kind="photo")

    assert answer.status == 422
    assert "Choose a photo or a document first" in answer.text
