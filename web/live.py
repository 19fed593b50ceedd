"""The living day: what happens, who can take a job, why nobody does, and what would help."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core import clock
from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.errors import DomainError
from dispatch.jobs import job_by_number
from dispatch.live import advice, answers, choices, facts, fixes
from dispatch.live.choices import Asked
from dispatch.live.log import event_by_id
from dispatch.live.overview import live_day, names_of_technicians
from dispatch.models import DayEvent, Job
from dispatch.models.workforce import AbsenceReason
from dispatch.workforce import technician_by_code, technicians
from inventory.queries import part_by_sku
from web import live_words, wording
from web.caller import caller_id, firm
from web.commands import Answer, carry_out
from web.computing import bench, computed
from web.forms import at_local, day_asked_for, read_choice, read_time, read_whole
from web.wording import sentence

pages = Blueprint("live", __name__)

READERS = (RoleName.DISPATCHER, RoleName.MANAGER, RoleName.DESK)


@pages.get("/live")
@allow(*READERS)
def show() -> ResponseReturnValue:
    """Show today as it goes."""
    return _page()


@pages.post("/live/absent")
@allow(RoleName.DISPATCHER)
def absent() -> ResponseReturnValue:
    """Note that somebody does not work, from now or from a time, and repair the day."""

    def tell() -> DayEvent:
        form, session = request.form, db.session()
        starts_at = _time_of("from") or clock.now()
        day = starts_at.astimezone(firm().zone).date()
        midnight = at_local(day + dt.timedelta(days=1), dt.time(), firm().zone)
        return facts.tell_absent(
            session,
            technician_id=technician_by_code(session, form.get("technician", "")).id,
            starts_at=starts_at,
            ends_at=_time_of("until") or midnight,
            reason=read_choice(form.get("reason", ""), AbsenceReason) or AbsenceReason.OTHER,
            note=form.get("note", ""),
            publish="publish" in form,
            actor_id=caller_id(),
        )

    return _told(tell)


@pages.post("/live/late")
@allow(RoleName.DISPATCHER)
def late() -> ResponseReturnValue:
    """Note that somebody goes on only at a time, and repair the day."""

    def tell() -> DayEvent:
        form, session = request.form, db.session()
        return facts.tell_late(
            session,
            technician_id=technician_by_code(session, form.get("technician", "")).id,
            until=at_local(firm().today(), read_time(form.get("until", "")), firm().zone),
            note=form.get("note", ""),
            publish="publish" in form,
            actor_id=caller_id(),
        )

    return _told(tell)


@pages.post("/live/overrun")
@allow(RoleName.DISPATCHER)
def overrun() -> ResponseReturnValue:
    """Note until when the work that somebody is at takes, and repair the day."""

    def tell() -> DayEvent:
        form, session = request.form, db.session()
        return facts.tell_overrun(
            session,
            job_id=job_by_number(session, form.get("job", "")).id,
            until=at_local(firm().today(), read_time(form.get("until", "")), firm().zone),
            publish="publish" in form,
            actor_id=caller_id(),
        )

    return _told(tell)


@pages.post("/live/part-missing")
@allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
def part_missing() -> ResponseReturnValue:
    """Note that a promised piece is not where it should be, and repair the day."""

    def tell() -> DayEvent:
        form, session = request.form, db.session()
        return facts.tell_part_missing(
            session,
            job_id=job_by_number(session, form.get("job", "")).id,
            part_id=part_by_sku(session, form.get("sku", "")).id,
            publish="publish" in form,
            actor_id=caller_id(),
        )

    return _told(tell)


@pages.get("/live/events/<int:event_id>")
@allow(*READERS, RoleName.WAREHOUSE)
def event(event_id: int) -> ResponseReturnValue:
    """Show what happened, and the plan by which it is answered."""
    return _event_page(event_id)


@pages.post("/live/events/<int:event_id>/answer")
@allow(RoleName.DISPATCHER)
def answer(event_id: int) -> ResponseReturnValue:
    """Compute the answer to an event that has none yet."""

    def act() -> Answer:
        event_by_id(db.session(), event_id)
        # What is computed is computed outside the transaction.
        db.session.rollback()
        answers.answer(bench(), event_id)
        return Answer(url_for("live.event", event_id=event_id))

    return carry_out(act, lambda problem: _event_page(event_id, problem=problem))


@pages.get("/jobs/<number>/who")
@allow(*READERS)
def who(number: str) -> ResponseReturnValue:
    """Rank everybody who works on a day for a job, best first."""
    return who_page(number)


@pages.post("/jobs/<number>/assign")
@allow(RoleName.DISPATCHER)
def assign(number: str) -> ResponseReturnValue:
    """Send somebody to a job: the changed plan is published in one act."""
    day = day_asked_for()

    def act() -> Answer:
        asked, technician_id = _asked(number), read_whole(request.form.get("technician", ""), least=1)
        db.session.rollback()
        prepared = choices.prepare_assignment(bench(), asked.id, technician_id, day)
        choices.assign(db.session(), prepared, actor_id=caller_id())
        name = names_of_technicians(db.session(), [technician_id])[technician_id]
        words = gettext("%(name)s is sent to job %(number)s.", name=name, number=number)
        return Answer(url_for("jobs.show", number=number), words)

    return carry_out(act, lambda problem: who_page(number, problem=problem))


@pages.get("/jobs/<number>/why")
@allow(*READERS)
def why(number: str) -> ResponseReturnValue:
    """Say why nobody makes a job in time, and what would help."""
    return _why_page(number)


@pages.post("/jobs/<number>/fix")
@allow(RoleName.DISPATCHER)
def fix(number: str) -> ResponseReturnValue:
    """Carry out one of the changes that would help."""
    day = day_asked_for()

    def act() -> Answer:
        asked, key = _asked(number), request.form.get("fix", "")
        db.session.rollback()
        prepared = fixes.prepare_fix(bench(), asked, day, key)
        fixes.apply_fix(db.session(), prepared, actor_id=caller_id())
        words = gettext("Done: %(change)s.", change=live_words.fix(prepared.fix, firm().zone.key))
        return Answer(url_for("jobs.show", number=number), words)

    return carry_out(act, lambda problem: _why_page(number, problem=problem))


def _told(tell: Callable[[], DayEvent]) -> ResponseReturnValue:
    """
    Write an event down, and answer it.

    The fact is kept whatever becomes of the answer, which is computed when the transaction of the fact is over.
    """
    answer_to: list[int] = []

    def act() -> Answer:
        told = tell()
        answer_to.append(told.id)
        return Answer(url_for("live.event", event_id=told.id))

    response = carry_out(act, lambda problem: _page(problem=problem))
    if answer_to:
        db.session.commit()
        try:
            answers.answer(bench(), answer_to[0])
        except DomainError as error:
            flash(sentence(error), "refused")
    return response


def _page(*, problem: str = "") -> str:
    day = day_asked_for()
    view = live_day(db.session(), day)
    return render_template(
        "live/show.html",
        view=view,
        technicians=[(one.code, one.name) for one in technicians(db.session())],
        reasons=[(reason.value, wording.word(reason)) for reason in AbsenceReason],
        is_today=day == firm().today(),
        typed=request.form,
        problem=problem,
        words=live_words,
        wording=wording,
    )


def _event_page(event_id: int, *, problem: str = "") -> str:
    session = db.session()
    told = event_by_id(session, event_id)
    moved = told.facts.get("moved", [])
    people = names_of_technicians(session, {one for line in moved for one in line[1:3] if one is not None})
    return render_template(
        "live/event.html",
        event=told,
        moved=[_moved_line(line, people) for line in moved],
        broken=told.facts.get("broken", []),
        problem=problem,
        words=live_words,
        wording=wording,
    )


def _moved_line(line: list[Any], people: dict[int, str]) -> dict[str, Any]:
    number, was, now, was_at, now_at = line
    return {
        "number": number,
        "was": people[was] if was is not None else None,
        "now": people[now] if now is not None else None,
        "was_at": dt.datetime.fromisoformat(was_at) if was_at is not None else None,
        "now_at": dt.datetime.fromisoformat(now_at) if now_at is not None else None,
    }


def who_page(number: str, *, problem: str = "") -> str:
    asked, day = _asked(number), day_asked_for()
    ranking, refusal = computed(lambda: choices.who_can(bench(), asked.id, day))
    return render_template(
        "live/who.html",
        job=_job(number),
        day=day,
        ranking=ranking,
        problem=problem or refusal,
        words=live_words,
        wording=wording,
    )


def _why_page(number: str, *, problem: str = "") -> str:
    asked, day = _asked(number), day_asked_for()
    found, refusal = computed(lambda: advice.why_not(bench(), asked, day))
    return render_template(
        "live/why.html",
        job=_job(number),
        day=day,
        answer=found,
        problem=problem or refusal,
        words=live_words,
        wording=wording,
    )


def _asked(number: str) -> Asked:
    job = job_by_number(db.session(), number)
    return Asked(job.id, job.number)


def _job(number: str) -> Job:
    return job_by_number(db.session(), number)


def _time_of(field: str) -> dt.datetime | None:
    """A time of today from the form; None if it is left empty."""
    text = request.form.get(field, "").strip()
    return at_local(firm().today(), read_time(text), firm().zone) if text else None
