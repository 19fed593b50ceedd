"""Asking for a plan, watching it being computed, publishing it or throwing it away."""

import datetime as dt
from collections.abc import Callable, Sequence

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.errors import N_, STATUS, DomainError
from dispatch import planning
from dispatch.models import Plan, PlanRun
from dispatch.models.plans import RunState
from dispatch.planning.choose import mix, publish_mixture
from dispatch.planning.errors import PlanOutdated, UnknownRun
from dispatch.planning.requests import MOST_DAYS
from dispatch.queries import JobFilter, plan_run
from web import plan_words, wording
from web.board import render_board
from web.caller import caller_id
from web.commands import Answer, act_once, carry_out
from web.computing import bench
from web.forms import day_asked_for, read_whole
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
            last_day=day + dt.timedelta(days=read_whole(values.get("days") or "1", least=1) - 1),
            engine=values.get("engine", ""),
            seconds=_seconds(values.get("seconds", "")),
            most_changed_promises=read_whole(values.get("most_changed") or "0"),
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


@pages.get("/plans/<int:plan_id>")
@allow(RoleName.DISPATCHER, RoleName.MANAGER)
def show(plan_id: int) -> ResponseReturnValue:
    """Show a plan beside what is published: what changes, why, whom to call, and what it costs."""
    return _plan_page(plan_id)


@pages.get("/plans/gate")
@allow(RoleName.DISPATCHER, RoleName.MANAGER)
def gate() -> ResponseReturnValue:
    """List the jobs that no plan of some days can serve, and where that is put right."""
    day, days = day_asked_for(), read_whole(request.args.get("days", "1"), least=1)
    last_day = day + dt.timedelta(days=min(days, MOST_DAYS) - 1)
    lines = planning.gate(db.session(), day=day, last_day=last_day)
    return render_template(
        "plans/gate.html", lines=lines, day=day, days=days, last_day=last_day, words=plan_words, wording=wording
    )


@pages.post("/plans/<int:plan_id>/publish")
@allow(RoleName.DISPATCHER)
def publish(plan_id: int) -> ResponseReturnValue:
    """Make a draft the plan of its day; say what changed if it no longer fits, and ask before it breaks promises."""

    def act() -> Answer:
        plan = planning.publish(db.session(), plan_id=plan_id, consent=_consent(), actor_id=caller_id())
        return _published([plan])

    return _publishing(plan_id, act)


@pages.post("/plans/<int:plan_id>/publish-run")
@allow(RoleName.DISPATCHER)
def publish_run(plan_id: int) -> ResponseReturnValue:
    """Publish every day of the run that a draft belongs to."""

    def act() -> Answer:
        draft = planning.plan_by_id(db.session(), plan_id)
        if draft.run_id is None:
            return _published([planning.publish(db.session(), plan_id=plan_id, actor_id=caller_id())])
        made = planning.publish_run(db.session(), run_id=draft.run_id, consent=_consent(), actor_id=caller_id())
        return _published(made)

    return _publishing(plan_id, act)


@pages.post("/plans/<int:plan_id>/publish-chosen")
@allow(RoleName.DISPATCHER)
def publish_chosen(plan_id: int) -> ResponseReturnValue:
    """Publish the ticked changes of a draft; everything else stays as it is."""

    def act() -> Answer:
        chosen = frozenset(request.form.getlist("chosen"))
        # What is computed is computed outside the transaction.
        db.session.rollback()
        mixture = mix(bench(), plan_id=plan_id, chosen=chosen)
        return _published(publish_mixture(db.session(), mixture, consent=_consent(), actor_id=caller_id()))

    return _publishing(plan_id, act)


@pages.post("/plans/<int:plan_id>/discard")
@allow(RoleName.DISPATCHER)
def discard(plan_id: int) -> ResponseReturnValue:
    """Throw a draft away."""

    def act() -> Answer:
        plan = planning.discard(db.session(), plan_id=plan_id, actor_id=caller_id())
        words = gettext("Draft %(version)s was discarded.", version=plan.version)
        return Answer(url_for("board.show", day=plan.day.isoformat()), words, "note")

    return carry_out(act, lambda problem: _plan_page(plan_id, problem=problem))


def _publishing(plan_id: int, act: Callable[[], Answer]) -> ResponseReturnValue:
    try:
        return act_once(act)
    except PlanOutdated as error:
        return _outdated(error), STATUS[error.kind]
    except DomainError as error:
        return _plan_page(plan_id, problem=sentence(error)), STATUS[error.kind]


def _published(plans: Sequence[Plan]) -> Answer:
    if len(plans) == 1:
        words = gettext("Plan %(version)s is published. The technicians see their stops now.", version=plans[0].version)
    else:
        words = gettext(
            "The plans of %(number)s days are published. The technicians see their stops now.", number=len(plans)
        )
    return Answer(url_for("board.show", day=plans[0].day.isoformat()), words)


def _consent() -> frozenset[str]:
    """The jobs whose promise the dispatcher agreed to break, each by a tick."""
    return frozenset(request.form.getlist("consent"))


def _plan_page(plan_id: int, *, problem: str = "") -> str:
    session = db.session()
    plan = planning.plan_by_id(session, plan_id)
    chosen = request.form.getlist("chosen")
    return render_template(
        "plans/show.html",
        plan=plan,
        comparison=planning.compare(session, plan),
        days=planning.drafts_of_run(session, plan),
        events=planning.history_of(session, plan),
        ticked=lambda number: not chosen or number in chosen,
        agreed=_consent(),
        problem=problem,
        words=plan_words,
        wording=wording,
    )


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
    jobs = [{"number": one["number"], "change": plan_words.changed_job(one["change"])} for one in error.facts["jobs"]]
    technicians = [
        {"name": one["name"], "change": plan_words.changed_technician(one["change"])}
        for one in error.facts["technicians"]
    ]
    return render_template("board/outdated.html", version=error.facts["version"], changed=jobs, technicians=technicians)
