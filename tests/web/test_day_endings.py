"""Facts about how a visit ends on the phone: devices, checklist, signature, what is missing, and what was told late."""

import pytest
import sqlalchemy as sa

from core.accounts import RoleName
from customers.models import Device
from dispatch.fieldwork.conflicts import take
from dispatch.fieldwork.late import PhoneAction, PhoneCommand
from dispatch.jobs import cancel_job
from dispatch.models import Technician, Visit
from dispatch.models.jobs import JobKind, JobStatus
from dispatch.models.visits import VisitStatus
from tests.factories import add_person, add_shift, add_technician, add_visit, at
from tests.web.conftest import Visitor, World
from tests.web.page_forms import send


@pytest.fixture
def technician(world: World) -> Technician:
    user = add_person(world.session, name="Rui Costa", roles=[RoleName.TECHNICIAN])
    made = add_technician(world.session, name="Rui Costa", user=user)
    add_shift(world.session, made)
    return made


@pytest.fixture
def phone(world: World, technician: Technician) -> Visitor:
    assert technician.user is not None
    return world.visitor(technician.user)


@pytest.fixture
def visit(world: World, technician: Technician) -> Visit:
    """A visit on site, of a job that swaps a device."""
    made = add_visit(world.session, technician=technician, status=VisitStatus.ON_SITE)
    made.set_off_at, made.arrived_at = at(7), at(7, 20)
    made.job.status, made.job.kind = JobStatus.ON_SITE, JobKind.SWAP
    world.session.commit()
    return made


def test_a_swap_is_completed_with_both_devices_the_list_and_a_signature(
    world: World, phone: Visitor, visit: Visit
) -> None:
    assert visit.job.device is not None
    old, address = visit.job.device.serial, f"/visits/{visit.id}/complete"

    answer = send(
        phone,
        phone.get("/day"),
        address,
        serial_out=old,
        serial_in="NEW-7",
        check=["data_moved", "test_payment"],
        signed_by="王芳",
    )

    assert answer.status == 303, answer.text
    world.session.refresh(visit)
    assert (visit.serial_out, visit.serial_in, visit.signed_by) == (old, "NEW-7", "王芳")
    assert [item["key"] for item in visit.checklist if item["done"]] == ["data_moved", "test_payment"]
    serials = dict(world.session.execute(sa.select(Device.serial, Device.removed_at)).all())
    assert (serials[old] is None, serials["NEW-7"]) == (False, None)


def test_a_slip_in_a_serial_number_is_told_and_what_was_typed_stays(phone: Visitor, visit: Visit) -> None:
    answer = send(phone, phone.get("/day"), f"/visits/{visit.id}/complete", serial_out="SLIP-1", note="Done")

    assert answer.status == 409
    assert "SLIP-1 does not stand at Corner Shop" in answer.text
    assert 'value="SLIP-1"' in answer.html


def test_a_skill_that_is_needed_is_chosen_from_the_list(world: World, phone: Visitor, visit: Visit) -> None:
    answer = send(
        phone,
        phone.get("/day"),
        f"/visits/{visit.id}/cannot-complete",
        reason="needs_skill",
        skill="network",
        level="2",
    )

    assert answer.status == 303, answer.text
    world.session.refresh(visit.job)
    assert visit.job.skills == {"network": 2}


def test_the_technician_sees_what_became_of_what_was_told_late(
    world: World, phone: Visitor, technician: Technician
) -> None:
    gone = add_visit(world.session, technician=technician)
    cancel_job(world.session, job_id=gone.job_id, reason="Sold", actor_id=None)
    command = PhoneCommand(
        id="c1", action=PhoneAction.COMPLETE, happened_at=at(7), visit_id=gone.id, values={"note": "Done"}
    )
    take(world.session, command, technician, actor_id=technician.user_id)

    page = phone.get("/day")

    told = page.part('aria-labelledby="told-late"')
    assert "Completed the visit" in told
    assert "the dispatcher decides" in told
