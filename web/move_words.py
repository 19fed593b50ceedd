"""Words about visits moved by hand: what a move breaks, shifts and costs."""

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from core.errors import N_
from dispatch.moves.weighing import BrokenRule, Place, PromiseTouched, Shifted, Target, Weighed
from web import formats, wording

RULES: Mapping[str, str] = {
    "promise": N_("Promised window"),
    "opening_hours": N_("Opening hours"),
    "tie": N_("Tied"),
    "excluded": N_("Not wanted by the customer"),
    "territory": N_("Territory"),
    "not_allowed": N_("Not among those allowed"),
    "skill": N_("Skill"),
    "part": N_("Part"),
    "overtime": N_("Overtime"),
}
FACTS: Mapping[str, str] = {
    "promise": N_("begins at %(start)s, promised is %(windows)s"),
    "opening_hours": N_("begins at %(start)s, the shop can be served %(windows)s"),
    "excluded": N_("the customer does not want %(technician)s"),
    "territory": N_("%(technician)s works in another territory"),
    "not_allowed": N_("%(technician)s is not among those allowed"),
    "skill": N_("%(skill)s at level %(needed)s is needed, %(technician)s has level %(held)s"),
    "part": N_("%(amount)s × %(sku)s lacks in the van of %(technician)s, and no warehouse on the way has it"),
    "overtime": N_("%(technician)s is back at %(back)s, allowed is %(ends)s"),
}
ICONS: Mapping[str, str] = {
    "promise": "promise",
    "opening_hours": "clock",
    "tie": "pin",
    "skill": "wrench",
    "part": "part",
    "overtime": "clock",
}
# Rules that are broken by a length of time.
TIMES = frozenset({"promise", "opening_hours", "overtime"})


def rule(broken: BrokenRule) -> str:
    """Return the name of a rule."""
    return wording.in_words(broken.rule, RULES)


def icon(broken: BrokenRule) -> str:
    """Return the icon of a rule."""
    return ICONS.get(broken.rule, "person")


def facts(broken: BrokenRule, zone: str) -> str:
    """Return what is broken, with the facts."""
    if broken.rule == "tie":
        return _tie(broken, zone)
    words: dict[str, Any] = {"technician": broken.technician, "amount": broken.amount, **broken.facts}
    for name in ("start", "back", "ends"):
        if name in words:
            words[name] = formats.time_of_day(words[name], zone)
    if "windows" in words:
        spans = [
            f"{formats.time_of_day(low, zone)}–{formats.time_of_day(high, zone)}" for low, high in words["windows"]
        ]
        words["windows"] = str(gettext(", ")).join(spans)
    if "skill" in words:
        words["skill"] = wording.skill(words["skill"])
    return str(gettext(FACTS[broken.rule])) % words


def amount(broken: BrokenRule) -> str:
    """Return by how much a rule is broken; empty where its facts say so already."""
    return f"+{formats.duration(broken.amount)}" if broken.rule in TIMES else ""


def bent(name: str, by: int) -> str:
    """Return a rule that was bent, as histories tell it."""
    words = wording.in_words(name, RULES)
    return f"{words} +{formats.duration(by)}" if name in TIMES else words


def later(one: Shifted) -> str:
    """Return by how much a visit begins later or earlier."""
    length = formats.duration(one.later_seconds)
    if one.later_seconds > 0:
        return str(gettext("%(length)s later", length=length))
    return str(gettext("%(length)s earlier", length=length))


def target(one: Target) -> str:
    """Return what becomes of a job's target."""
    if one.late_after is None:
        return str(gettext("nobody makes it before it is due"))
    if not one.late_before:
        return str(gettext("missed by %(length)s", length=formats.duration(one.late_after)))
    if not one.late_after:
        return str(gettext("made; it was missed by %(length)s", length=formats.duration(one.late_before)))
    lengths = {"now": formats.duration(one.late_after), "was": formats.duration(one.late_before)}
    return str(gettext("missed by %(now)s instead of %(was)s", **lengths))


def promise(one: PromiseTouched, zone: str) -> str:
    """Return what becomes of a promise."""
    window = formats.span(*one.window, zone)
    if one.now is None:
        return str(gettext("promised %(window)s, and nobody comes any more", window=window))
    words = {"window": window, "now": formats.time_of_day(one.now, zone)}
    if one.is_broken:
        return str(gettext("promised %(window)s, would begin at %(now)s", **words))
    return str(gettext("promised %(window)s, now expected at %(now)s", **words))


def place(one: Place | None, zone: str) -> str:
    """Return who comes when."""
    if one is None:
        return str(gettext("nobody"))
    return f"{one.technician} {formats.time_of_day(one.start, zone)}"


def done(weighed: Weighed) -> str:
    """Return what was done, once it is."""
    number, now = weighed.move.number, weighed.now
    if now is None:
        return str(gettext("Job %(number)s is off the plan and waits in the queue.", number=number))
    start = formats.time_of_day(now.start, weighed.parties[number].zone)
    return str(gettext("Job %(number)s goes to %(name)s at %(time)s.", number=number, name=now.technician, time=start))


def _tie(broken: BrokenRule, zone: str) -> str:
    told = broken.facts
    if "window" in told:
        start, end = (formats.time_of_day(moment, zone) for moment in told["window"])
        words = {
            "start": formats.time_of_day(told["start"], zone),
            "window": start if start == end else f"{start}–{end}",
        }
        return str(gettext("begins at %(start)s, tied to %(window)s", **words))
    return str(gettext("tied to %(technician)s", technician=told["tied_to"]))
