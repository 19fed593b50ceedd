"""Intake: somebody reports that a device is broken, and it becomes a job."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy.orm import Session

from customers.calendars import Interval
from customers.models import Priority
from customers.queries import device_by_serial
from dispatch.faults import fault_by_code
from dispatch.jobs import NewJob, take_in_job
from dispatch.models import Job


@dataclass(frozen=True)
class FaultReport:
    """
    What a caller says.

    ``priority`` is None to take that of the fault, ``window`` None when nothing was promised, ``reported_at`` None for
    now.
    """

    device_serial: str
    fault_code: str
    priority: Priority | None = None
    description: str = ""
    window: Interval | None = None
    reported_at: dt.datetime | None = None


def report_fault(session: Session, report: FaultReport, *, actor_id: int | None) -> Job:
    """
    Take in the repair that a report asks for.

    Raises UnknownDevice, UnknownFaultCode, and whatever ``dispatch.jobs.take_in_job`` refuses, such as a window outside
    the opening hours of the shop.
    """
    device = device_by_serial(session, report.device_serial)
    fault = fault_by_code(session, report.fault_code)
    new = NewJob(
        site=device.site,
        device=device,
        fault=fault,
        priority=report.priority or fault.default_priority,
        description=report.description,
        window=report.window,
        reported_at=report.reported_at,
    )
    return take_in_job(session, new=new, actor_id=actor_id)
