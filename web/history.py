"""What happened to a job, a plan or a promise, a page at a time."""

from flask import Blueprint, Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch import history
from dispatch.jobs import job_by_number
from dispatch.models import Job
from dispatch.planning import plan_by_id
from web.forms import read_whole
from web.history_words import Worded, worded

pages = Blueprint("history", __name__)

# So many lines stand on the page of a job itself.
LATEST = 12


def register(app: Flask) -> None:
    """Let the page of a job show the latest lines of its history."""
    app.add_template_global(_latest, "latest_history")


@pages.get("/jobs/<number>/history")
@allow(RoleName.DISPATCHER, RoleName.DESK, RoleName.MANAGER)
def of_job(number: str) -> ResponseReturnValue:
    """Show everything that happened to a job."""
    job = job_by_number(db.session(), number)
    found = history.history_of_job(db.session(), job, page=_page())
    return _shown(found, gettext("History of job %(number)s", number=job.number), job.site.zone, job=job)


@pages.get("/plans/<int:plan_id>/history")
@allow(RoleName.DISPATCHER, RoleName.MANAGER)
def of_plan(plan_id: int) -> ResponseReturnValue:
    """Show what became of a plan."""
    plan = plan_by_id(db.session(), plan_id)
    found = history.history_of_plan(db.session(), plan.id, page=_page())
    return _shown(found, gettext("History of plan %(version)s of %(day)s", version=plan.version, day=plan.day), None)


@pages.get("/promises/<int:promise_id>/history")
@allow(RoleName.DISPATCHER, RoleName.DESK, RoleName.MANAGER)
def of_promise(promise_id: int) -> ResponseReturnValue:
    """Show what became of a promise."""
    found = history.history_of_promise(db.session(), promise_id, page=_page())
    return _shown(found, gettext("History of a promise"), None)


def _latest(job: Job) -> tuple[history.HistoryPage, list[Worded]]:
    found = history.history_of_job(db.session(), job)
    return found, [worded(line, job.site.zone) for line in found.lines[:LATEST]]


def _page() -> int:
    return read_whole(request.args.get("page", "1"), least=1)


def _shown(found: history.HistoryPage, title: str, zone: str | None, *, job: Job | None = None) -> str:
    lines = [worded(line, zone) for line in found.lines]
    return render_template("history/show.html", title=title, found=found, lines=lines, zone=zone, job=job)
