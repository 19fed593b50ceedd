"""The words of histories: each line in the reader's language, with times in the zone of the place it is about."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext

from core.errors import N_
from customers.models import ChargeKind, Priority
from dispatch.history import Line, Source
from dispatch.models.clocks import ClockKind, ClockSign, PauseReason
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState
from dispatch.models.visits import CannotComplete
from inventory.models import MovementKind
from web import formats, move_words
from web.wording import JOB_ACTIONS, LEFT_OUT, WORDS, in_words, skill

# What a phone can tell, also as it stands in the list of conflicts.
PHONE_ACTIONS = {
    "set_off": N_("Set off"),
    "arrive": N_("Arrived"),
    "use_part": N_("Used a part"),
    "take_serials": N_("Noted devices"),
    "complete": N_("Completed the visit"),
    "cannot_complete": N_("Could not complete the visit"),
    "add_charge": N_("Put on the customer's bill"),
    "correct_times": N_("Times on site corrected"),
    "load": N_("Loaded the van"),
    "take_core": N_("Took a defective part along"),
    "leave_core": N_("Left a defective part behind"),
    "ask_parts": N_("Asked for a part"),
    "receive_transfer": N_("Received parts in the van"),
    "hand_over": N_("Handed parts over"),
    "report_damaged": N_("Reported damaged pieces"),
}
CHECKS = {
    "fault_gone": N_("The fault is gone"),
    "test_payment": N_("A test payment went through"),
    "test_receipt": N_("A receipt was printed"),
    "customer_shown": N_("The customer was shown how it works"),
    "site_clean": N_("The place was left clean"),
    "mounted": N_("The device is mounted"),
    "connected": N_("It is connected to power and network"),
    "data_moved": N_("The data was moved to the new device"),
    "old_device_taken": N_("The old device was taken along"),
    "data_wiped": N_("The data was wiped"),
    "accessories_taken": N_("Power supply and cables were taken along"),
    "cleaned": N_("The device was cleaned"),
    "printer_head": N_("The printer head was cleaned"),
    "battery_tested": N_("The battery was tested"),
    "cables_checked": N_("The cables were looked at"),
    "version_checked": N_("The new version is running"),
    "sale_practised": N_("A sale was practised"),
    "refund_practised": N_("A refund was practised"),
    "day_end_practised": N_("The end of the day was practised"),
    "data_saved": N_("The data was saved"),
    "customer_confirmed": N_("The customer has the data"),
}
_OTHER_JOB_ACTIONS = {
    "take_serials": N_("Devices changed places"),
    "add_charge": N_("Put on the customer's bill"),
    "drop_charge": N_("Taken off the customer's bill"),
    "correct_times": N_("Times on site corrected"),
    "do_together": N_("To be done together"),
    "make": N_("Made by a maintenance plan"),
}
_TITLES: Mapping[Source, Mapping[str, str]] = {
    Source.JOB: JOB_ACTIONS | _OTHER_JOB_ACTIONS,
    Source.CLOCK: WORDS[ClockSign],
    Source.PROMISE: {
        "made": N_("Promised to the customer"),
        "told": N_("The customer was told that the promise cannot be kept"),
        "kept": N_("The promise was kept"),
        "broken": N_("The promise was broken"),
        "renegotiated": N_("Another promise was agreed"),
        "withdrawn": N_("The promise was withdrawn"),
    },
    Source.PLAN: {"planned_at": N_("A plan was published"), "left_out": N_("A plan left the job out")}
    | dict(WORDS[PlanState]),
    Source.STOCK: WORDS[MovementKind],
    Source.PHONE: {
        "conflict": N_("A phone told what could not be carried out"),
        "accepted": N_("It counts after all"),
        "dismissed": N_("It does not count"),
    },
    Source.FILE: {
        "photo": N_("Photo added"),
        "signature": N_("Signature added"),
        "document": N_("Document added"),
    },
    Source.DAY: {
        "urgent_job": N_("An urgent job came in"),
        "cancellation": N_("It was called off"),
        "visit_started": N_("The visit began"),
        "visit_finished": N_("The visit ended"),
        "visit_overruns": N_("The visit takes longer"),
        "technician_absent": N_("The technician is absent"),
        "technician_late": N_("The technician is late"),
        "part_missing": N_("A part is missing"),
        "position": N_("Position"),
    },
}
_FIELDS = {
    "status": N_("Status"),
    "state": N_("State"),
    "priority": N_("Priority"),
    "response_due": N_("Response due"),
    "resolution_due": N_("Resolution due"),
    "due": N_("Due"),
    "window": N_("Promise"),
    "window_start": N_("Promise from"),
    "window_end": N_("Promise until"),
    "description": N_("Description"),
    "duration_seconds": N_("Duration"),
    "late_cents_per_minute": N_("Cost of a late minute"),
    "breach_cents": N_("Cost of a missed target"),
    "technician": N_("Technician"),
    "arrived_at": N_("On site from"),
    "ended_at": N_("On site until"),
    "start": N_("Start"),
    "place": N_("Place"),
    "pin": N_("Tie"),
}
_OBSTACLES = {
    "no_position": N_("The shop has no position on the map."),
    "waiting_parts": N_("Its parts are not there yet."),
}
_TIMES = frozenset(
    {
        "response_due",
        "resolution_due",
        "due",
        "window_start",
        "window_end",
        "start",
        "happened_at",
        "arrived_at",
        "ended_at",
    }
)


@dataclass(frozen=True)
class Change:
    """One field that became another: its name, what was and what is, all in words."""

    field: str
    was: str
    now: str


@dataclass(frozen=True)
class Worded:
    """A line of a history in words."""

    line: Line
    title: str
    changes: Sequence[Change]
    details: Sequence[str]


def worded(line: Line, zone: str | None) -> Worded:
    """Return a line in the reader's language, with times of the zone."""
    title = in_words(line.action, _TITLES[line.source])
    if line.source is Source.CLOCK:
        clock = gettext(WORDS[ClockKind][ClockKind(line.facts["clock"])])
        title = gettext("%(clock)s: %(sign)s", clock=clock, sign=title)
    changes = [
        Change(in_words(name, _FIELDS), _value(name, pair[0], zone), _value(name, pair[1], zone))
        for name, pair in line.changes.items()
    ]
    details = [write(line.facts, zone) for names, write in _DETAILS if names <= line.facts.keys()]
    return Worded(line, title, changes, details)


def _value(name: str, value: Any, zone: str | None) -> str:
    if value is None or value == "":
        return "–"
    if name in _TIMES:
        return _moment(value, zone)
    if name == "window":
        return _span(value, zone)
    write = _VALUES.get(name)
    return write(value) if write is not None else _plain(value)


def _plain(value: Any) -> str:
    """What has no words of its own: texts and names as they are, several values one after the other."""
    if isinstance(value, Mapping):
        return ", ".join(_plain(one) for one in value.values() if one is not None)
    if isinstance(value, list):
        return ", ".join(_plain(one) for one in value)
    return str(value)


_VALUES: Mapping[str, Callable[[Any], str]] = {
    "status": lambda value: in_words(value, WORDS[JobStatus]),
    "state": lambda value: in_words(value, WORDS[PlanState]),
    "priority": lambda value: in_words(value, WORDS[Priority]),
    "duration_seconds": formats.duration,
    "late_cents_per_minute": formats.money,
    "breach_cents": formats.money,
}


def _moment(text: str, zone: str | None) -> str:
    return formats.moment(dt.datetime.fromisoformat(text), zone)


def _span(window: Sequence[str], zone: str | None) -> str:
    start, end = (dt.datetime.fromisoformat(moment) for moment in window)
    return formats.span(start, end, zone)


def _missing(facts: Mapping[str, Any], _zone: str | None) -> str:
    lines = [gettext("%(sku)s: %(available)s of %(wanted)s there", **line) for line in facts["missing"]]
    return str(gettext(", ").join(lines))


def _pieces(facts: Mapping[str, Any], _zone: str | None) -> str:
    serials = facts.get("serials")
    return f"{facts['quantity']} × {facts['sku']}" + (f" ({', '.join(serials)})" if serials else "")


def _charge(facts: Mapping[str, Any], _zone: str | None) -> str:
    kind = in_words(facts["charge"], WORDS[ChargeKind])
    if facts["charge"] == ChargeKind.LABOUR:
        return f"{kind}, {formats.duration(60 * facts['pieces'])}"
    return f"{kind}, {facts['pieces']} × {facts['part']}" if "part" in facts else kind


def _needed_skill(facts: Mapping[str, Any], _zone: str | None) -> str:
    return str(gettext("%(skill)s from level %(level)s", skill=skill(facts["skill"]), level=facts["level"]))


def _swapped(facts: Mapping[str, Any], _zone: str | None) -> str:
    told = []
    if facts.get("serial_out"):
        told.append(gettext("taken away: %(serial)s", serial=facts["serial_out"]))
    if facts.get("serial_in"):
        told.append(gettext("put in its place: %(serial)s", serial=facts["serial_in"]))
    return str(gettext(", ").join(told))


def _reason(facts: Mapping[str, Any], _zone: str | None) -> str:
    return in_words(facts["reason"], {**LEFT_OUT, **WORDS[CannotComplete]})


def _plan(facts: Mapping[str, Any], _zone: str | None) -> str:
    return str(gettext("Plan %(version)s", version=facts["plan"]))


def _rules(facts: Mapping[str, Any], _zone: str | None) -> str:
    """The rules that were bent, each with its amount."""
    return str(gettext(", ")).join(move_words.bent(rule, amount) for rule, amount in facts["rules"].items())


# Which facts are told, and how; each applies to lines that have all of its names.
_DETAILS: Sequence[tuple[frozenset[str], Callable[[Mapping[str, Any], str | None], str]]] = (
    (frozenset({"obstacles"}), lambda facts, _: " ".join(in_words(one, _OBSTACLES) for one in facts["obstacles"])),
    (frozenset({"missing"}), _missing),
    (frozenset({"sku", "quantity"}), _pieces),
    (frozenset({"charge"}), _charge),
    (frozenset({"skill", "level"}), _needed_skill),
    (frozenset({"serial_out"}), _swapped),
    (frozenset({"serial_in"}), lambda facts, zone: "" if "serial_out" in facts else _swapped(facts, zone)),
    (frozenset({"reason"}), _reason),
    (frozenset({"plan"}), _plan),
    (frozenset({"technician"}), lambda facts, _: str(facts["technician"])),
    (
        frozenset({"window_start", "window_end"}),
        lambda facts, zone: _span([facts["window_start"], facts["window_end"]], zone),
    ),
    (frozenset({"pause_reason"}), lambda facts, _: in_words(facts["pause_reason"], WORDS[PauseReason])),
    (frozenset({"command"}), lambda facts, _: in_words(facts["command"], PHONE_ACTIONS)),
    (frozenset({"name"}), lambda facts, _: str(facts["name"])),
    (frozenset({"with"}), lambda facts, _: str(facts["with"])),
    (frozenset({"rules"}), _rules),
)
