"""Jobs on the dispatcher's desk: taking one in, looking at it, changing it."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.errors import STATUS, DomainError
from customers.models import Priority
from customers.queries import device_by_serial, find_devices
from desk.intake import FaultReport, report_fault
from dispatch import jobs
from dispatch.errors import JobChanged
from dispatch.faults import fault_catalogue
from dispatch.lifecycle import can_be_explained, can_be_moved
from dispatch.models.jobs import JobStatus
from dispatch.queries import JobDetail, job_detail, list_jobs
from web import wording
from web.board import filter_asked_for
from web.caller import caller_id
from web.commands import Answer, act_once
from web.forms import back_to, day_asked_for, read_choice, read_whole
from web.job_form import Differing, FormState, device_typed, differing, read_changes, read_window, refused, values_of
from web.languages import language

pages = Blueprint("jobs", __name__)
for rule_of_jobs in (can_be_moved, can_be_explained):
    pages.add_app_template_global(rule_of_jobs)


@pages.get("/jobs")
@allow(RoleName.DISPATCHER)
def index() -> ResponseReturnValue:
    """List jobs, filtered, a page at a time."""
    only = filter_asked_for()
    page = read_whole(request.args.get("page", "1"), least=1)
    return render_template(
        "jobs/list.html",
        listed=list_jobs(db.session(), only=only, page=page),
        only=only,
        statuses=JobStatus,
        priorities=Priority,
        wording=wording,
    )


@pages.get("/jobs/new")
@allow(RoleName.DISPATCHER)
def new() -> ResponseReturnValue:
    """Show the empty form; a serial number in the address is looked up."""
    return _form(FormState({"device_serial": request.args.get("serial", "")}))


@pages.post("/jobs")
@allow(RoleName.DISPATCHER)
def take_in() -> ResponseReturnValue:
    """Take in what was typed, or only look the device up if that button was pressed."""
    values = request.form.to_dict()
    if "look_up" in values:
        return _form(FormState(values))

    def act() -> Answer:
        job = report_fault(db.session(), _report(values), actor_id=caller_id())
        page = url_for("jobs.show", number=job.number)
        if job.status is JobStatus.WAITING_PARTS:
            words = gettext("Job %(number)s is taken in. It waits for parts; see below which.", number=job.number)
            return Answer(page, words, "note")
        return Answer(page, gettext("Job %(number)s is taken in, and its parts are reserved.", number=job.number))

    try:
        return act_once(act)
    except DomainError as error:
        return _form(refused(values, error)), STATUS[error.kind]


@pages.get("/devices/found")
@allow(RoleName.DISPATCHER, RoleName.DESK)
def devices_found() -> ResponseReturnValue:
    """Answer devices whose serial number, model or site contains a text, for the form's suggestions."""
    text = request.args.get("text", "")
    found = find_devices(db.session(), text, limit=12) if text.strip() else []
    return render_template("jobs/device_options.html", devices=found)


@pages.get("/devices/card")
@allow(RoleName.DISPATCHER, RoleName.DESK)
def device_card() -> ResponseReturnValue:
    """Answer where a device stands, as a part of the form."""
    return render_template(
        "jobs/device_card.html", device=device_typed(request.args.get("serial", "")), wording=wording
    )


@pages.get("/jobs/<number>")
@allow(RoleName.DISPATCHER, RoleName.DESK)
def show(number: str) -> ResponseReturnValue:
    """Show everything about a job."""
    detail = job_detail(db.session(), number)
    return _page(detail, FormState(values_of(detail.job)))


@pages.get("/jobs/<number>/card")
@allow(RoleName.DISPATCHER)
def card(number: str) -> ResponseReturnValue:
    """Answer a job in short, as a part of the board that its script shows for the selected job."""
    # A card of the board belongs to the day that the board shows.
    day = day_asked_for() if "day" in request.args else None
    return render_template("jobs/card.html", detail=job_detail(db.session(), number), day=day, wording=wording)


@pages.post("/jobs/<number>/change")
@allow(RoleName.DISPATCHER)
def change(number: str) -> ResponseReturnValue:
    """Change a job, unless somebody else did since the form was opened."""
    values = request.form.to_dict()

    def act() -> Answer:
        job = jobs.job_by_number(db.session(), number)
        jobs.change_job(
            db.session(),
            job_id=job.id,
            version=read_whole(values.get("version", "")),
            changes=read_changes(values, job),
            actor_id=caller_id(),
        )
        return Answer(url_for("jobs.show", number=number), gettext("The change is saved."))

    try:
        return act_once(act)
    except DomainError as error:
        return _refused_page(number, values, error)


@pages.post("/jobs/<number>/cancel")
@allow(RoleName.DISPATCHER)
def cancel(number: str) -> ResponseReturnValue:
    """Cancel a job for a reason."""
    values = request.form.to_dict()

    def act() -> Answer:
        job = jobs.job_by_number(db.session(), number)
        jobs.cancel_job(
            db.session(),
            job_id=job.id,
            version=_version(values),
            reason=values.get("reason", ""),
            actor_id=caller_id(),
        )
        words = gettext("Job %(number)s is cancelled; its parts are free again.", number=number)
        return Answer(url_for("jobs.show", number=number), words)

    try:
        return act_once(act)
    except DomainError as error:
        return _refused_page(number, values, error)


@pages.post("/jobs/<number>/reopen")
@allow(RoleName.DISPATCHER)
def reopen(number: str) -> ResponseReturnValue:
    """Prepare the next visit of a job that was left unfinished."""

    def act() -> Answer:
        job = jobs.job_by_number(db.session(), number)
        jobs.reopen_job(db.session(), job_id=job.id, version=_version(request.form.to_dict()), actor_id=caller_id())
        return Answer(
            url_for("jobs.show", number=number), gettext("Job %(number)s is back in the queue.", number=number)
        )

    try:
        return act_once(act)
    except DomainError as error:
        return _refused_page(number, {}, error)


@pages.post("/jobs/retry-parts")
@allow(RoleName.DISPATCHER)
def retry_parts() -> ResponseReturnValue:
    """Look again whether the parts that jobs wait for are there now."""
    page = back_to(request.form.get("next", ""), url_for("board.show"))

    def act() -> Answer:
        ready = jobs.retry_waiting(db.session(), actor_id=caller_id())
        if not ready:
            words = gettext("No job that waits for parts can have them yet. Receive a delivery first.")
            return Answer(page, words, "note")
        words = ngettext(
            "The parts of %(numbers)s are there now.",
            "The parts of %(num)s jobs are there now: %(numbers)s.",
            len(ready),
            numbers=", ".join(job.number for job in ready),
        )
        return Answer(page, words)

    return act_once(act)


def _version(values: dict[str, str]) -> int | None:
    """Return the version of the job that the form showed; None for a form that names none."""
    return read_whole(values["version"]) if values.get("version") else None


def _report(values: dict[str, str]) -> FaultReport:
    """Read the form of a new job; the promise is told in the time of the site, so the device is needed first."""
    device = device_by_serial(db.session(), values.get("device_serial", ""))
    return FaultReport(
        device_serial=device.serial,
        fault_code=values.get("fault_code", ""),
        priority=read_choice(values.get("priority", ""), Priority),
        description=values.get("description", ""),
        window=read_window(values, device.site.zone),
    )


def _form(form: FormState) -> str:
    chinese = language().locale.startswith("zh")
    return render_template(
        "jobs/new.html",
        form=form,
        device=device_typed(form.value("device_serial")),
        faults=[(fault.code, fault.name_zh if chinese else fault.name_en) for fault in fault_catalogue(db.session())],
        priorities=[(priority.value, wording.word(priority)) for priority in Priority],
        wording=wording,
    )


def _page(detail: JobDetail, form: FormState, meanwhile: list[Differing] | None = None) -> str:
    return render_template(
        "jobs/show.html",
        detail=detail,
        form=form,
        meanwhile=meanwhile,
        priorities=[(priority.value, wording.word(priority)) for priority in Priority],
        wording=wording,
    )


def _refused_page(number: str, values: dict[str, str], error: DomainError) -> ResponseReturnValue:
    """Show the job as it is now, with what was typed and why it was refused."""
    detail = job_detail(db.session(), number)
    # The version is that of the job as the page now shows it, so that sending again is a decision, not an accident.
    now = values_of(detail.job)
    typed = now | values | {"version": str(detail.job.version)}
    meanwhile = differing(now, typed) if isinstance(error, JobChanged) else None
    return _page(detail, refused(typed, error), meanwhile), STATUS[error.kind]
