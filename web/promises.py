"""Promises to customers and what planning may not move: the ledger, and the forms on the page of a job."""

from collections.abc import Callable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.errors import N_, DomainError
from dispatch import promise_book, workforce
from dispatch.jobs import job_by_number
from dispatch.models import Job, Promise, Technician
from dispatch.planning.pins import NewPin, pin_job, unpin_job
from web import wording
from web.caller import caller_id
from web.commands import Answer, carry_out
from web.forms import at_local, day_asked_for, read_day, read_time, read_whole
from web.job_form import WindowIncomplete, read_window

pages = Blueprint("promises", __name__)


class TimeIncomplete(DomainError):
    code = "pin_time_incomplete"
    sentence = N_("A tie to a time needs a day and a time. Add an end for a window, or leave all three empty.")


WRITERS = (RoleName.DISPATCHER, RoleName.DESK)


def register(app: Flask) -> None:
    """Let the page of a job show its promises, and whom it can be tied to."""
    app.add_template_global(_promises, "promises_of_job")
    app.add_template_global(_technicians, "technicians_to_tie")


@pages.get("/promises")
@allow(*WRITERS, RoleName.MANAGER)
def index() -> ResponseReturnValue:
    """Show the promises of a day and the customers who are still to be told of a broken one."""
    return _ledger()


@pages.post("/promises/<int:promise_id>/told")
@allow(*WRITERS)
def told(promise_id: int) -> ResponseReturnValue:
    """Write down that a customer was told."""

    def act() -> Answer:
        promise = promise_book.note_told(db.session(), promise_id=promise_id, actor_id=caller_id())
        words = gettext("Noted: the customer of job %(number)s knows.", number=promise.job.number)
        return Answer(url_for("promises.index", day=request.form.get("day") or None), words)

    return carry_out(act, lambda problem: _ledger(problem=problem))


@pages.get("/jobs/<number>/promise")
@allow(*WRITERS, RoleName.MANAGER)
def show(number: str) -> ResponseReturnValue:
    """Show what was promised for a job and what it is tied to, with the forms to change both."""
    return _of_job(number)


@pages.post("/jobs/<number>/promise")
@allow(*WRITERS)
def agree(number: str) -> ResponseReturnValue:
    """Agree on a window with the customer."""

    def change(job: Job, values: Mapping[str, str]) -> str:
        window = read_window(values, job.site.zone)
        if window is None:
            raise WindowIncomplete
        promise_book.renegotiate(db.session(), job_id=job.id, window=window, **_said(values))
        return str(gettext("The window of job %(number)s is promised.", number=number))

    return _change(number, change)


@pages.post("/jobs/<number>/promise/withdraw")
@allow(*WRITERS)
def withdraw(number: str) -> ResponseReturnValue:
    """Take a promise back that the customer no longer needs."""

    def change(job: Job, values: Mapping[str, str]) -> str:
        promise_book.withdraw_promise(db.session(), job_id=job.id, **_said(values))
        return str(gettext("Nothing is promised for job %(number)s any more.", number=number))

    return _change(number, change)


@pages.post("/jobs/<number>/promise/break")
@allow(RoleName.DISPATCHER)
def give_up(number: str) -> ResponseReturnValue:
    """Break a promise knowingly."""

    def change(job: Job, values: Mapping[str, str]) -> str:
        promise_book.give_up_promise(db.session(), job_id=job.id, **_said(values))
        return str(gettext("The promise for job %(number)s is broken. Call the customer.", number=number))

    return _change(number, change)


@pages.post("/jobs/<number>/pin")
@allow(RoleName.DISPATCHER)
def pin(number: str) -> ResponseReturnValue:
    """Tie a job to a technician, a start, both, or a window."""

    def change(job: Job, values: Mapping[str, str]) -> str:
        pin_job(db.session(), job_id=job.id, to=_tie(job, values), **_said(values))
        return str(gettext("Job %(number)s is tied. The next plan keeps to it.", number=number))

    return _change(number, change)


@pages.post("/jobs/<number>/unpin")
@allow(RoleName.DISPATCHER)
def unpin(number: str) -> ResponseReturnValue:
    """Let planning move a job again."""

    def change(job: Job, values: Mapping[str, str]) -> str:
        said = _said(values)
        unpin_job(db.session(), job_id=job.id, actor_id=said["actor_id"], version=said["version"])
        return str(gettext("Job %(number)s is free again.", number=number))

    return _change(number, change)


def _change(number: str, change: Callable[[Job, Mapping[str, str]], str]) -> ResponseReturnValue:
    def act() -> Answer:
        words = change(job_by_number(db.session(), number), request.form)
        return Answer(url_for("promises.show", number=number), words)

    return carry_out(act, lambda problem: _of_job(number, problem=problem))


def _said(values: Mapping[str, str]) -> dict[str, Any]:
    """Who asks for a change, why, and of which version of the job."""
    return {
        "reason": values.get("reason", ""),
        "version": read_whole(values.get("version", "")),
        "actor_id": caller_id(),
    }


def _tie(job: Job, values: Mapping[str, str]) -> NewPin:
    """Read what a job is to be tied to; a time alone is an exact start, with an end it is a window."""
    technician = values.get("technician", "")
    day, begins, ends = (values.get(name, "").strip() for name in ("pin_day", "pin_from", "pin_to"))
    if (day or begins or ends) and not (day and begins):
        raise TimeIncomplete
    zone = ZoneInfo(job.site.zone)
    start = at_local(read_day(day), read_time(begins), zone) if day else None
    end = at_local(read_day(day), read_time(ends), zone) if ends else None
    return NewPin(
        technician_id=workforce.technician_by_code(db.session(), technician).id if technician else None,
        starts_at=start if end is None else None,
        window=(start, end) if start is not None and end is not None else None,
    )


def _ledger(*, problem: str = "") -> str:
    day = day_asked_for()
    return render_template(
        "promises/ledger.html",
        book=promise_book.ledger(db.session(), day=day),
        day=day,
        problem=problem,
        wording=wording,
    )


def _of_job(number: str, *, problem: str = "") -> str:
    job = job_by_number(db.session(), number)
    return render_template("promises/job.html", job=job, problem=problem, typed=request.form, wording=wording)


def _promises(job: Job) -> list[Promise]:
    return promise_book.promises_of(db.session(), job)


def _technicians() -> list[Technician]:
    return workforce.technicians(db.session())
