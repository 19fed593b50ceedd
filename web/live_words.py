"""Words about the living day: what happened, why somebody cannot come, what would help."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext, ngettext

from core.errors import N_
from dispatch.live.advice import Fix, WhyNot
from dispatch.live.choices import Choice
from dispatch.live.log import REPAIRED
from dispatch.live.reasons import Why
from dispatch.models import DayEvent
from dispatch.models.live import DayEventKind
from web import formats, wording

EVENTS: Mapping[DayEventKind, str] = {
    DayEventKind.URGENT_JOB: N_("Urgent job"),
    DayEventKind.CANCELLATION: N_("Visit cancelled"),
    DayEventKind.VISIT_STARTED: N_("On site"),
    DayEventKind.VISIT_FINISHED: N_("Visit ended"),
    DayEventKind.VISIT_OVERRUNS: N_("Takes longer"),
    DayEventKind.TECHNICIAN_ABSENT: N_("Absent"),
    DayEventKind.TECHNICIAN_LATE: N_("Late"),
    DayEventKind.PART_MISSING: N_("Part missing"),
    DayEventKind.POSITION: N_("Seen elsewhere than expected"),
}
ANSWERS: Mapping[str, str] = {
    "holds": N_("The plan still holds; nobody has to move."),
    "draft": N_("A repaired plan waits to be published."),
    "published": N_("The repaired plan is published."),
    "proposed": N_("A repair is proposed; it waits for you to compare and publish it."),
    "nothing_better": N_("A better plan was looked for; nothing would get better."),
    "draft_waits": N_("Another draft waits already; no repair is proposed beside it."),
}
STATES: Mapping[str, str] = {
    "left_out": N_("Nobody makes this job that day."),
    "late": N_("Somebody makes it, but too late."),
    "in_time": N_("It is made in time; nothing has to change."),
    "nobody_works": N_("Nobody works that day."),
    "not_on_this_day": N_("It does not belong to this day: it is done, under way, or planned or promised for another."),
}
WHY: Mapping[str, str] = {
    "excluded": N_("The customer does not want this technician."),
    "territory": N_("Works in another territory."),
    "not_allowed": N_("Is not among those allowed."),
    "pin": N_("The job is tied to somebody else or to another time."),
    "skill": N_("Lacks a skill: %(skill)s at level %(needed)s, has level %(held)s."),
    "tool": N_("Lacks the tool."),
    "window": N_("Could begin from %(from)s to %(until)s; allowed is %(windows)s."),
    "far": N_("No road leads there."),
    "shift": N_("%(drive)s of driving: even alone, home only at %(home)s; the shift ends at %(ends)s."),
    "full": N_("The day is full: no gap is long enough."),
    "nothing": N_("Can come as things stand; the day then costs that more."),
}
PARTS: Mapping[str, str] = {
    "nothing_needed": N_("no part needed"),
    "van": N_("in the van"),
    "planned_stop": N_("fetched at a stop that is planned anyway"),
    "new_stop": N_("a stop at %(place)s goes in: %(pieces)s"),
}
FIXES: Mapping[str, str] = {
    "as_it_is": N_("%(technician)s can come as things stand, at %(starts)s"),
    "overtime": N_("%(technician)s +%(minutes)s min overtime, until %(until)s"),
    "promise": N_("Window from %(from)s to %(to)s: %(technician)s at %(starts)s"),
    "pin": N_("Untie the job: %(technician)s at %(starts)s"),
    "opening_hours": N_("If the shop lets somebody in: %(technician)s at %(starts)s"),
    "technician": N_("%(technician)s at %(starts)s, although not meant to go there"),
    "skill": N_("%(technician)s at %(starts)s with %(skills)s"),
    "part": N_("%(pieces)s in the van of %(technician)s by %(by)s"),
    "hand_over": N_("%(pieces)s from %(giver)s to %(technician)s by %(by)s"),
    "stock": N_("%(pieces)s at %(warehouse)s, where %(technician)s can fetch it"),
    "another_day": N_("%(day)s: %(technician)s at %(starts)s"),
}


def event(told: DayEvent) -> str:
    """Return what happened, in one line."""
    facts: Mapping[str, Any] = told.facts
    words = str(gettext(EVENTS[told.kind]))
    if told.kind is DayEventKind.TECHNICIAN_LATE and "not_before" not in facts:
        return str(gettext("Set off late"))
    if told.kind is DayEventKind.TECHNICIAN_LATE:
        until = gettext("not before %(time)s", time=_time(facts["not_before"]))
        return f"{words}: {until}"
    if told.kind is DayEventKind.VISIT_OVERRUNS:
        until = gettext("until %(time)s", time=_time(facts["until"]))
        return f"{words}: {until}"
    if told.kind is DayEventKind.TECHNICIAN_ABSENT:
        return f"{words}: {_moment(facts['starts'])}–{_moment(facts['ends'])}"
    if told.kind is DayEventKind.PART_MISSING:
        return f"{words}: {facts['quantity']} × {facts['sku']}, {facts['place']}"
    return words


def outcome(told: DayEvent) -> str:
    """Return how an event was answered; empty if it was not."""
    answer = told.facts.get("answer")
    if answer is None:
        return ""
    words = str(gettext(ANSWERS[answer]))
    moved = told.facts.get("moved")
    if not moved:
        return words
    moves = ngettext("%(num)s visit moves.", "%(num)s visits move.", len(moved))
    return f"{words} {moves}"


def is_answered(told: DayEvent) -> bool:
    """Whether somebody told of the event so that the day is repaired."""
    return told.kind in REPAIRED and told.facts.keys().isdisjoint({"asked_at"})


def why(told: Why, zone: str) -> str:
    """Return why somebody cannot take a job."""
    if told.code == "part":
        return _part(told.facts)
    return str(gettext(WHY[told.code])) % _facts(told.facts, zone)


def parts(choice: Choice) -> str:
    """Return where somebody has the parts from."""
    return str(gettext(PARTS[choice.parts])) % {"place": choice.fetch_at, "pieces": _pieces(choice.fetches)}


def fix(found: Fix, zone: str) -> str:
    """Return one change that would help."""
    facts = dict(found.facts)
    words = {
        "technician": found.technician,
        "starts": formats.time_of_day(found.starts_at, zone),
        "giver": facts.get("from", ""),
        "warehouse": facts.get("warehouse", ""),
        "minutes": facts.get("minutes", ""),
        "pieces": _pieces(facts.get("pieces", {})),
    }
    for name in ("until", "by"):
        words[name] = formats.time_of_day(facts[name], zone) if name in facts else ""
    if "window" in facts:
        words |= {key: formats.time_of_day(at, zone) for key, at in zip(("from", "to"), facts["window"], strict=True)}
    if "day" in facts:
        words["day"] = formats.day_and_weekday(facts["day"])
    if "skills" in facts:
        words["skills"] = str(gettext(", ")).join(_less(skill, facts["held"][skill]) for skill in facts["skills"])
    return str(gettext(FIXES[found.kind])) % words


def state(answer: WhyNot) -> str:
    """Return how a job stands on a day."""
    if answer.state in STATES:
        return str(gettext(STATES[answer.state]))
    return wording.in_words(answer.state, wording.LEFT_OUT)


def _less(skill: str, held: int) -> str:
    if not held:
        return str(gettext("no %(skill)s", skill=wording.skill(skill)))
    return str(gettext("%(skill)s at level %(level)s only", skill=wording.skill(skill), level=held))


def _part(facts: Mapping[str, Any]) -> str:
    words = {"sku": facts["sku"], "needed": facts["needed"], "there": facts["there"]}
    if facts["promised"]:
        return str(gettext("%(sku)s: %(needed)s needed, what there is goes to other visits.", **words))
    return str(gettext("%(sku)s: %(needed)s needed, %(there)s in the van and the warehouses.", **words))


def _facts(facts: Mapping[str, Any], zone: str) -> dict[str, Any]:
    words: dict[str, Any] = {}
    for name, value in facts.items():
        if isinstance(value, dt.datetime):
            words[name] = formats.time_of_day(value, zone)
        elif name == "skill":
            words[name] = wording.skill(value)
        elif name == "windows":
            spans = [formats.span(start, end, zone) for start, end in value]
            words[name] = str(gettext(", ")).join(spans) or str(gettext("never"))
        else:
            words[name] = value
    if "drive_seconds" in facts:
        words["drive"] = formats.duration(facts["drive_seconds"])
        words["home"], words["ends"] = words["home_at"], words["ends_at"]
    return words


def _pieces(pieces: Mapping[str, int]) -> str:
    return str(gettext(", ")).join(f"{count} × {sku}" for sku, count in sorted(pieces.items()))


def _time(told: str) -> str:
    return formats.time_of_day(dt.datetime.fromisoformat(told))


def _moment(told: str) -> str:
    return formats.moment(dt.datetime.fromisoformat(told))
