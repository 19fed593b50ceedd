"""Words about plans: why a draft changes something, whom to call, what cannot be planned, what changed since."""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import url_for
from flask_babel import gettext

from core.errors import N_, DomainError
from dispatch.models import Job
from dispatch.models.jobs import JobStatus
from dispatch.planning.comparison import CallCode, Change, WhyCode
from dispatch.planning.gate import GateLine
from web import formats, wording

WHY: Mapping[WhyCode, str] = {
    WhyCode.NEW: N_("It was on no plan; it is due %(due)s."),
    WhyCode.LEFT_OUT: N_("Left out: %(reason)s"),
    WhyCode.OTHER_DAY: N_("It now belongs to another day."),
    WhyCode.PIN: N_("It is tied: %(reason)s"),
    WhyCode.ABSENT: N_("%(technician)s does not work then any more."),
    WhyCode.SKILL: N_("%(technician)s lacks a skill for it."),
    WhyCode.EXCLUDED: N_("%(technician)s is not sent there any more."),
    WhyCode.WINDOW: N_("Another time was promised."),
    WhyCode.IN_TIME: N_("Less late: saves %(saves)s by contract."),
    WhyCode.ROOM: N_("The route changed for %(jobs)s."),
    WhyCode.CHEAPER: N_("The plan as a whole saves %(gain)s by it."),
}
CALLS: Mapping[CallCode, str] = {
    CallCode.PROMISE_BROKEN: N_("promised %(window)s, which it would break"),
    CallCode.PROMISED_AND_OUT: N_("promised %(window)s, and nobody comes"),
    CallCode.EXPECTED: N_("expects somebody that day"),
}
GATE = {
    "no_position": N_("The shop has no position on the map. Import the site again with lat and lon."),
    "off_road": N_("The last plan found no road near the shop. Check its position."),
    "closed_today": N_("The shop is closed then, or not open long enough. Plan another day."),
    "window_passed": N_("The promised window has passed. Agree on another one."),
    "pin_passed": N_("It is tied to a time that is over. Tie it anew or set it free."),
    "pin_contradicts": N_("Its tie cannot be kept: %(refusal)s"),
    "pin_absent": N_("It is tied to %(technician)s, who does not work then."),
    "parts_on_the_way": N_("Its parts will probably be there on %(day)s."),
    "parts_nowhere": N_("Its parts are nowhere in sight. Order them, or find others."),
    "skill_nobody": N_("Nobody has the skills: %(skills)s."),
    "skill_absent": N_("Nobody who works then has the skills: %(skills)s."),
    "nobody_works": N_("Nobody works then. Add shifts."),
    "excluded_everywhere": N_(
        "Nobody who could do it may go there: excluded by the customer, or of another territory."
    ),
    "too_long": N_("It takes %(minutes)s minutes, and the longest shift has %(most)s. Allow overtime, or split it."),
    "incomplete": N_("A visit left it unfinished. Prepare the next one."),
}
# Since a draft was made.
CHANGES = {
    "change": N_("changed"),
    "pin": N_("tied"),
    "unpin": N_("set free"),
    "promise": N_("another promise"),
    "pause_clocks": N_("clocks paused"),
    "resume_clocks": N_("clocks run on"),
    "no_shift": N_("no longer works that day"),
    "shift": N_("other working hours or skills"),
    "absent": N_("is absent during a visit"),
    "skill": N_("lacks a skill"),
    "excluded": N_("is not wanted by a customer"),
}


def why(change: Change) -> str:
    """Return why a draft changes a job."""
    return _filled(WHY[change.why.code], change.why.facts, change.job)


def call(change: Change) -> str:
    """Return why the customer is to be called; empty if there is no need."""
    if change.call is None:
        return ""
    job = change.job
    window = ""
    if job.window_start is not None and job.window_end is not None:
        zone = job.site.zone
        window = formats.span(job.window_start, job.window_end, zone)
    return _filled(CALLS[change.call], {"window": window}, job)


def gate(line: GateLine) -> str:
    """Return why a job cannot be planned."""
    return _filled(GATE[line.reason], line.facts, line.job)


def fix(line: GateLine) -> tuple[str, str]:
    """Return where what stands against planning is put right, and what the link says."""
    job_page = url_for("jobs.show", number=line.job.number)
    if line.reason in {"no_position", "off_road"}:
        return url_for("imports.show"), gettext("Import sites")
    if line.reason in {"parts_on_the_way", "parts_nowhere"}:
        return f"{job_page}#parts", gettext("See its parts")
    if line.reason in {"window_passed"}:
        return f"{job_page}#promise", gettext("Agree on another window")
    if line.reason.startswith("pin"):
        return f"{job_page}#pin", gettext("See the tie")
    return job_page, gettext("Open the job")


def changed_job(change: str) -> str:
    """Return what happened to a job since a draft: an event, its status, or a sentence about the part that is gone."""
    if change in set(JobStatus):
        return wording.word(JobStatus(change))
    return wording.in_words(change, CHANGES)


def changed_technician(change: str) -> str:
    """Return what changed about a technician since a draft."""
    return wording.in_words(change, CHANGES)


def _filled(template: str, facts: Mapping[str, Any], job: Job) -> str:
    return str(gettext(template)) % {name: _written(name, value, job) for name, value in facts.items()}


def _written(name: str, value: Any, job: Job) -> str:
    if isinstance(value, DomainError):
        return wording.sentence(value)
    if isinstance(value, dt.datetime):
        return formats.moment(value, job.site.zone)
    if isinstance(value, dt.date):
        return formats.day(value)
    return WRITTEN.get(name, str)(value)


def _skill(told: str) -> str:
    name, _, level = told.rpartition(" ")
    return str(gettext("%(skill)s from level %(level)s", skill=wording.skill(name), level=level))


def _several(values: Iterable[str]) -> str:
    return str(gettext(", ")).join(values)


# How facts are written that are neither times nor refusals, by name.
WRITTEN: Mapping[str, Callable[[Any], str]] = {
    "saves": formats.money,
    "gain": formats.money,
    "jobs": _several,
    "reason": lambda code: wording.in_words(code, wording.LEFT_OUT),
    "skills": lambda told: _several(_skill(one) for one in told.split(", ")),
}
