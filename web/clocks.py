"""The clocks of a job on pages: what they show, pausing them, letting them run on."""

from flask import Blueprint, Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch.clockwork import read_clocks
from dispatch.jobs import job_by_number
from dispatch.models import Job, Plan
from dispatch.models.clocks import ClockKind, PauseReason
from dispatch.pauses import ClockSheet, clock_sheet, pause_clocks, resume_clocks
from dispatch.planning.penalty import PlanPenalty, expected_penalty
from web import wording
from web.caller import caller_id
from web.commands import Answer, carry_out
from web.forms import NotAChoice, read_choice, read_whole

pages = Blueprint("clocks", __name__)

READERS = (RoleName.DISPATCHER, RoleName.DESK, RoleName.MANAGER)


def register(app: Flask) -> None:
    """Let the pages of other files show clocks and what missing them will cost."""
    app.add_template_global(_readings, "clock_readings")
    app.add_template_global(_sheet, "clock_sheet")
    app.add_template_global(_penalty, "plan_penalty")
    app.jinja_env.globals["ClockKind"] = ClockKind
    app.jinja_env.globals["PauseReason"] = PauseReason


@pages.get("/jobs/<number>/clocks")
@allow(*READERS)
def show(number: str) -> ResponseReturnValue:
    """Show the clocks of a job with their history."""
    return _page(number)


@pages.post("/jobs/<number>/clocks/pause")
@allow(RoleName.DISPATCHER, RoleName.DESK)
def pause(number: str) -> ResponseReturnValue:
    """Let both clocks stand still, for a reason."""
    values = request.form

    def act() -> Answer:
        reason = read_choice(values.get("reason", ""), PauseReason)
        if reason is None:
            raise NotAChoice(text="–", choices=", ".join(wording.word(one) for one in PauseReason))
        pause_clocks(
            db.session(),
            job_id=job_by_number(db.session(), number).id,
            reason=reason,
            note=values.get("note", ""),
            version=read_whole(values.get("version", "")),
            actor_id=caller_id(),
        )
        return Answer(_back(number), gettext("The clocks of job %(number)s stand still now.", number=number))

    return carry_out(act, lambda problem: _page(number, problem=problem))


@pages.post("/jobs/<number>/clocks/resume")
@allow(RoleName.DISPATCHER, RoleName.DESK)
def resume(number: str) -> ResponseReturnValue:
    """Let both clocks run on."""

    def act() -> Answer:
        resume_clocks(
            db.session(),
            job_id=job_by_number(db.session(), number).id,
            version=read_whole(request.form.get("version", "")),
            actor_id=caller_id(),
        )
        words = gettext("The clocks of job %(number)s run on. Their due times moved by the pause.", number=number)
        return Answer(_back(number), words)

    return carry_out(act, lambda problem: _page(number, problem=problem))


def _back(number: str) -> str:
    """Where the forms lead: to the job for those who may see it, else to its clocks."""
    return url_for("jobs.show" if request.form.get("next") == "job" else "clocks.show", number=number)


def _page(number: str, *, problem: str = "") -> str:
    job = job_by_number(db.session(), number)
    return render_template("clocks/show.html", job=job, problem=problem, wording=wording)


def _readings(job: Job) -> object:
    return read_clocks(db.session(), job)


def _sheet(job: Job) -> ClockSheet:
    return clock_sheet(db.session(), job)


def _penalty(plan: Plan) -> PlanPenalty:
    return expected_penalty(db.session(), plan)
