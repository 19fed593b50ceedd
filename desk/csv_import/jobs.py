"""Jobs: each line is a report that goes through intake as if it had been phoned in."""

import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session, joinedload

from core.errors import N_
from customers.models import Device, Priority
from desk import intake
from desk.csv_import import cells
from desk.csv_import.forms import Column, Form, Row, known_by, reference
from desk.csv_import.problems import CellRefused, ImportProblem, Reason
from dispatch.jobs import LONGEST_DESCRIPTION
from dispatch.models import FaultCode, Job

UNKNOWN_DEVICE = Reason(
    "unknown_device", N_("There is no device “%(value)s”. Correct the serial, or import the file of devices first.")
)
UNKNOWN_FAULT = Reason(
    "unknown_fault", N_("There is no fault code “%(value)s”. Correct the code, or import the file of faults first.")
)
HALF_WINDOW = Reason(
    "half_window", N_("A window needs both window_start and window_end. Fill the other one in, or leave both empty.")
)
ALREADY_IMPORTED = Reason(
    "already_imported", N_("“%(value)s” was imported before, as job %(number)s. Remove the line.")
)
SKIPPED_TIME = Reason(
    "skipped_time", N_("%(value)s does not exist in %(zone)s: the clocks skip it. Write the hour after it.")
)


def _check(row: Row) -> Iterator[ImportProblem]:
    if row.refused & {"window_start", "window_end"} or row.is_filled("window_start") == row.is_filled("window_end"):
        return
    missing = "window_end" if row.is_filled("window_start") else "window_start"
    yield ImportProblem.of(row.line, missing, HALF_WINDOW)


def _save(session: Session, row: Row, known: Job | None, actor_id: int | None) -> None:
    if known is not None:
        raise CellRefused(ALREADY_IMPORTED, value=row["external_id"], number=known.number)
    device: Device = row["device"]
    fault: FaultCode = row["fault"]
    report = intake.FaultReport(
        device_serial=device.serial,
        fault_code=fault.code,
        priority=row.get("priority"),
        description=row.get("description") or "",
        window=_window(row, ZoneInfo(device.site.zone)),
    )
    job = intake.report_fault(session, report, actor_id=actor_id)
    job.external_id = row.get("external_id")


def _window(row: Row, zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime] | None:
    if not row.is_filled("window_start"):
        return None
    start, end = (_in_utc(row[column], zone) for column in ("window_start", "window_end"))
    return start, end


def _in_utc(at: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """Place a time without offset in the zone of the site."""
    if at.tzinfo is not None:
        return at.astimezone(dt.UTC)
    placed = at.replace(tzinfo=zone).astimezone(dt.UTC)
    if placed.astimezone(zone).replace(tzinfo=None) != at:
        raise CellRefused(SKIPPED_TIME, value=at.isoformat(" "), zone=zone.key)
    return placed


JOBS = Form(
    columns=(
        Column(
            "device",
            cells.text(60),
            "A920-118230",
            refers_to=reference(Device.serial, UNKNOWN_DEVICE, joinedload(Device.site)),
        ),
        Column("fault", cells.text(30), "PRN-JAM", refers_to=reference(FaultCode.code, UNKNOWN_FAULT)),
        Column("priority", cells.choice(Priority), "P2", required=False),
        Column(
            "description", cells.long_text(LONGEST_DESCRIPTION), "Prints half of the receipt", required=False, empty=""
        ),
        Column("window_start", cells.moment, "2026-11-23 14:00", required=False),
        Column("window_end", cells.moment, "2026-11-23 16:00", required=False),
        Column("external_id", cells.text(60), "CRM-99120", required=False),
    ),
    key=("external_id",),
    known=known_by("external_id", Job.external_id),
    check=_check,
    save=_save,
    may_refuse=True,
)
