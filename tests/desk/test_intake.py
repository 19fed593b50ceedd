"""Facts about reporting a fault."""

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from customers.errors import UnknownDevice
from customers.models import Priority
from desk.intake import FaultReport, report_fault
from dispatch.errors import UnknownFaultCode, WindowOutsideOpeningHours
from dispatch.models import Job, JobEvent
from dispatch.models.jobs import JobKind, JobStatus
from inventory.models import PartFamily
from tests.factories import add_device, add_fault, add_part, add_person, add_place, add_stock, at


@time_machine.travel(at(8), tick=False)
def test_a_report_becomes_a_repair_at_the_site_of_the_device(session: Session) -> None:
    device = add_device(session, serial="SN-1")
    fault = add_fault(session, code="BAT-DEAD", priority=Priority.P2, parts={PartFamily.BATTERY: 1})
    add_stock(session, add_place(session), add_part(session), 1)
    ana = add_person(session)
    report = FaultReport("SN-1", "BAT-DEAD", description=" dead since noon ", window=(at(9), at(11)))

    job = report_fault(session, report, actor_id=ana.id)

    assert (job.kind, job.status, job.device, job.site, job.fault) == (
        JobKind.REPAIR,
        JobStatus.READY,
        device,
        device.site,
        fault,
    )
    assert (job.priority, job.description, job.reported_at) == (Priority.P2, "dead since noon", at(8))
    assert (job.window_start, job.window_end) == (at(9), at(11))
    assert set(session.scalars(sa.select(JobEvent.user_id))) == {ana.id}


def test_the_caller_may_say_how_urgent_it_is(session: Session) -> None:
    add_device(session, serial="SN-1")
    add_fault(session, code="BAT-DEAD", priority=Priority.P4)

    job = report_fault(session, FaultReport("SN-1", "BAT-DEAD", priority=Priority.P1), actor_id=None)

    assert job.priority is Priority.P1


def test_an_unknown_serial_is_refused(session: Session) -> None:
    add_fault(session, code="BAT-DEAD")

    with pytest.raises(UnknownDevice, match="SN-404"):
        report_fault(session, FaultReport("SN-404", "BAT-DEAD"), actor_id=None)


def test_an_unknown_fault_code_is_refused_with_codes_like_it(session: Session) -> None:
    add_device(session, serial="SN-1")
    for code in ("PRN-JAM", "PRN-FAINT", "BAT-DEAD"):
        add_fault(session, code=code)

    with pytest.raises(UnknownFaultCode, match=r"no fault code prn-jan\. Use one of the catalogue: PRN-JAM"):
        report_fault(session, FaultReport("SN-1", "prn-jan"), actor_id=None)


@time_machine.travel(at(6), tick=False)
def test_a_window_before_the_shop_opens_is_refused_with_the_hours(session: Session) -> None:
    add_device(session, serial="SN-1")
    add_fault(session, code="BAT-DEAD")
    early = FaultReport("SN-1", "BAT-DEAD", window=(at(7), at(9)))

    with pytest.raises(WindowOutsideOpeningHours, match="opening hours of Corner Shop on that day: 08:00-20:00"):
        report_fault(session, early, actor_id=None)

    assert session.scalar(sa.select(sa.func.count(Job.id))) == 0
