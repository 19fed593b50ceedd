"""The forms about a job: what was typed, what it means, and which field a refusal belongs to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from flask_babel import gettext

from core.db import db
from core.errors import N_, DomainError
from customers.calendars import Interval
from customers.errors import UnknownDevice
from customers.models import Device, Priority
from customers.queries import device_by_serial
from dispatch.jobs import JobChanges
from dispatch.models import Job
from web.forms import at_local, read_choice, read_day, read_time, read_whole
from web.wording import sentence

# The field that a refusal is shown beside; one that is not listed stands above the form.
FIELD_OF = {
    "unknown_device": "device_serial",
    "unknown_fault_code": "fault_code",
    "no_fitting_part": "fault_code",
    "duration_missing": "fault_code",
    "no_service_target": "priority",
    "no_service_target_at_all": "priority",
    "description_too_long": "description",
    "window_incomplete": "window_day",
    "window_not_possible": "window_day",
    "window_too_far": "window_day",
    "window_out_of_order": "window_to",
    "window_too_short": "window_to",
    "window_in_past": "window_from",
    "window_outside_opening_hours": "window_from",
    "not_a_date": "window_day",
    "not_a_time": "window_from",
    "reason_missing": "reason",
    "duration_out_of_range": "duration_minutes",
    "not_a_whole_number": "duration_minutes",
}


# What the fields are called where they are compared.
LABELS = {
    "priority": N_("Priority"),
    "duration_minutes": N_("Duration in minutes"),
    "description": N_("Description"),
    "window_day": N_("Day"),
    "window_from": N_("From"),
    "window_to": N_("To"),
}


class WindowIncomplete(DomainError):
    code = "window_incomplete"
    sentence = N_("A promise needs a day and both times. Fill in all three, or leave all three empty.")


@dataclass(frozen=True)
class FormState:
    """A form as it is shown: what stands in its fields, the sentence beside each, and one above them all."""

    values: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None

    def value(self, name: str) -> str:
        return self.values.get(name, "")


@dataclass(frozen=True)
class Differing:
    """A field in which somebody typed something else than it says by now."""

    label: str
    typed: str
    now: str


def differing(now: Mapping[str, str], typed: Mapping[str, str]) -> list[Differing]:
    """Return the fields in which what was typed differs from the job as it is now."""
    return [
        Differing(gettext(label), typed.get(name, ""), now.get(name, ""))
        for name, label in LABELS.items()
        if typed.get(name, "").strip() != now.get(name, "").strip()
    ]


def refused(values: Mapping[str, str], error: DomainError) -> FormState:
    """Return the form with what was typed and why it was refused."""
    place = FIELD_OF.get(error.code)
    if place is None or place not in values:
        return FormState(values, problem=sentence(error))
    return FormState(values, errors={place: sentence(error)})


def device_typed(serial: str) -> Device | None:
    """Return the device if there is one; while somebody types there often is none."""
    if not serial.strip():
        return None
    try:
        return device_by_serial(db.session(), serial)
    except UnknownDevice:
        return None


def read_window(values: Mapping[str, str], zone: str) -> Interval | None:
    """Read the promise, told in the site's time; None if none was given."""
    day, start, end = (values.get(name, "").strip() for name in ("window_day", "window_from", "window_to"))
    if not (day or start or end):
        return None
    if not (day and start and end):
        raise WindowIncomplete
    here = ZoneInfo(zone)
    return at_local(read_day(day), read_time(start), here), at_local(read_day(day), read_time(end), here)


def read_changes(values: Mapping[str, str], job: Job) -> JobChanges:
    """Read what the form of the job's page changes."""
    changes = JobChanges(
        description=values.get("description", ""),
        window=read_window(values, job.site.zone),
        duration_seconds=60 * read_whole(values.get("duration_minutes", ""), least=1),
    )
    priority = read_choice(values.get("priority", ""), Priority)
    if priority is not None:
        changes["priority"] = priority
    return changes


def values_of(job: Job) -> dict[str, str]:
    """Return what stands in the form of a job that nobody has typed into yet."""
    zone = ZoneInfo(job.site.zone)
    values = {
        "version": str(job.version),
        "priority": job.priority.value,
        "description": job.description,
        "duration_minutes": str(round(job.duration_seconds / 60)),
        "window_day": "",
        "window_from": "",
        "window_to": "",
    }
    if job.window_start is not None and job.window_end is not None:
        start, end = job.window_start.astimezone(zone), job.window_end.astimezone(zone)
        values |= {"window_day": f"{start:%Y-%m-%d}", "window_from": f"{start:%H:%M}", "window_to": f"{end:%H:%M}"}
    return values
