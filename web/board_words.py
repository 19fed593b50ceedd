"""How the board tells of a stop: in words that are read out, and by the icons that stand for them."""

from flask_babel import gettext, ngettext

from dispatch.bulk import Done
from dispatch.lanes import ClockLook, Lane, LaneStop, PartsState
from dispatch.models.visits import VisitStatus
from dispatch.week import working_seconds
from web import formats
from web.formats import duration, moment, time_of_day
from web.wording import sentence, word

# What a visit does, or what became of it; one that only waits has no icon.
STATUS_ICONS = {
    VisitStatus.EN_ROUTE: "van",
    VisitStatus.ON_SITE: "wrench",
    VisitStatus.COMPLETED: "check",
    VisitStatus.INCOMPLETE: "cross",
}
CLOCK_ICONS = {
    ClockLook.RUNNING: "clock",
    ClockLook.WARNED: "hourglass",
    ClockLook.PAUSED: "pause",
    ClockLook.BREACHED: "alarm",
}
PARTS_ICONS = {PartsState.IN_VAN: "part-in", PartsState.TO_PICK: "part", PartsState.MISSING: "part-out"}


def load(lane: Lane) -> int | None:
    """Return how much of a technician's working time is planned, in percent; None if there is none."""
    if lane.shift is None:
        return None
    return round(100 * (lane.work_seconds + lane.travel_seconds) / working_seconds(lane.shift))


def spoken(stop: LaneStop) -> str:
    """Tell everything that a bar of the timeline shows, in one line."""
    times = f"{time_of_day(stop.starts_at)}–{time_of_day(stop.ends_at)}"
    if stop.job is None:
        name = f" {stop.warehouse.name}" if stop.warehouse is not None else ""
        return f"{times}, {word(stop.kind)}{name}"
    return ", ".join([times, stop.job.number, word(stop.job.priority), stop.job.site.name, *_state(stop), *_ties(stop)])


def state_icon(stop: LaneStop) -> str:
    """Name the icon of what matters most about a visit; empty if nothing does."""
    if stop.late_seconds:
        return "late"
    return STATUS_ICONS.get(stop.visit.status, "") if stop.visit is not None else ""


def marks(stop: LaneStop) -> list[str]:
    """Name the icons of what else bears on a visit, the most urgent first."""
    found = []
    if stop.clock in {ClockLook.BREACHED, ClockLook.WARNED, ClockLook.PAUSED}:
        found.append(CLOCK_ICONS[stop.clock])
    if stop.parts is not None:
        found.append(PARTS_ICONS[stop.parts])
    if stop.job is not None and stop.job.pin is not None:
        found.append("pin")
    if stop.is_frozen:
        found.append("lock")
    # Missing pieces stop the work, whatever the clock says.
    return sorted(found, key=lambda icon: icon != PARTS_ICONS[PartsState.MISSING])


def _state(stop: LaneStop) -> list[str]:
    found = []
    if stop.late_seconds:
        found.append(gettext("%(time)s late", time=duration(stop.late_seconds)))
    if stop.visit is not None:
        found.append(word(stop.visit.status))
    if stop.clock is not None and stop.due is not None and stop.job is not None:
        due = gettext("due %(time)s", time=moment(stop.due, stop.job.site.zone))
        found.append(f"{due} ({word(stop.clock)})")
    return found


def _ties(stop: LaneStop) -> list[str]:
    found = [] if stop.parts is None else [word(stop.parts)]
    job = stop.job
    if job is not None and job.window_start is not None and job.window_end is not None:
        window = formats.span(job.window_start, job.window_end, job.site.zone)
        found.append(gettext("promised %(window)s", window=window))
    if job is not None and job.pin is not None:
        found.append(gettext("tied"))
    if stop.is_frozen:
        found.append(gettext("frozen: it begins soon"))
    return found


def told_of_many(done: Done) -> str:
    """Tell what became of an act on several jobs."""
    if done.numbers:
        listed = ", ".join(done.numbers)
        told = ngettext(
            "Done with %(numbers)s.", "Done with %(num)s jobs: %(numbers)s.", len(done.numbers), numbers=listed
        )
    else:
        told = gettext("It was done with none of them.")
    return " ".join([told, *(sentence(error) for _, error in done.refused)])
