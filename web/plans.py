"""Asking for a plan, watching it being computed, publishing it or throwing it away."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.errors import N_, STATUS, DomainError
from dispatch import planning
from dispatch.models import PlanRun
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import RunState
from dispatch.planning.errors import PlanOutdated, UnknownRun
from dispatch.queries import JobFilter, plan_run
from web import wording
from web.board import day_asked_for, render_board
from web.caller import caller_id
from web.commands import Answer, act_once
from web.wording import sentence

pages = Blueprint("plans", __name__)


class NotSeconds(DomainError):
    code = "not_seconds"
    sentence = N_("%(text)s is not a number of seconds. Write for example 15.")


@pages.post("/plan-runs")
@allow(RoleName.DISPATCHER)
def request_plan() -> ResponseReturnValue:
    """Ask for a plan of the day and go back to the board, which shows how it comes along."""
    day = day_asked_for()
    values = request.form.to_dict()

    def act() -> Answer:
        planning.request_plan(
            db.session(),
            day=day,
            engine=values.get("engine", ""),
            seconds=_seconds(values.get("seconds", "")),
            actor_id=caller_id(),
        )
        return Answer(url_for("board.show", day=day.isoformat()))

    try:
        return act_once(act)
    except DomainError as error:
        return render_board(day, only=JobFilter(), problem=sentence(error), typed=values), STATUS[error.kind]


@pages.get("/plan-runs/<int:run_id>/progress")
@allow(RoleName.DISPATCHER)
def progress(run_id: int) -> ResponseReturnValue:
    """Answer how far a run is, as a part of the board that its script puts in place every second."""
    return render_template(
        "board/progress.html",
        run=_run(run_id),
        worker_is_alive=planning.worker_is_alive(db.session()),
        wording=wording,
    )


@pages.post("/plan-runs/<int:run_id>/cancel")
@allow(RoleName.DISPATCHER)
def cancel(run_id: int) -> ResponseReturnValue:
    """Stop a run."""

    def act() -> Answer:
        run = planning.cancel_run(db.session(), run_id=run_id)
        page = url_for("board.show", day=run.day.isoformat())
        if run.state is RunState.CANCELLED:
            return Answer(page, gettext("The planning was cancelled."), "note")
        return Answer(page)

    return act_once(act)


@pages.post("/plans/<int:plan_id>/publish")
@allow(RoleName.DISPATCHER)
def publish(plan_id: int) -> ResponseReturnValue:
    """Make a draft the plan of its day; say which jobs changed if it no longer fits."""

    def act() -> Answer:
        plan = planning.publish(db.session(), plan_id=plan_id, actor_id=caller_id())
        words = gettext("Plan %(version)s is published. The technicians see their stops now.", version=plan.version)
        return Answer(url_for("board.show", day=plan.day.isoformat()), words)

    try:
        return act_once(act)
    except PlanOutdated as error:
        return _outdated(error), STATUS[error.kind]


@pages.post("/plans/<int:plan_id>/discard")
@allow(RoleName.DISPATCHER)
def discard(plan_id: int) -> ResponseReturnValue:
    """Throw a draft away."""

    def act() -> Answer:
        plan = planning.discard(db.session(), plan_id=plan_id)
        words = gettext("Draft %(version)s was discarded.", version=plan.version)
        return Answer(url_for("board.show", day=plan.day.isoformat()), words, "note")

    return act_once(act)


def _run(run_id: int) -> PlanRun:
    run = plan_run(db.session(), run_id)
    if run is None:
        raise UnknownRun(run_id=run_id)
    return run


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise NotSeconds(text=text) from None


def _outdated(error: PlanOutdated) -> str:
    changed = [{"number": one["number"], "change": _change_in_words(one["change"])} for one in error.facts["jobs"]]
    return render_template("board/outdated.html", version=error.facts["version"], changed=changed)


def _change_in_words(change: str) -> str:
    """A change is the status that the job has now, or a sentence about the part that is gone."""
    return wording.word(JobStatus(change)) if change in set(JobStatus) else change
