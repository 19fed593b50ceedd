"""An urgent call: find the shop while the caller speaks, see who can come when, and send somebody with one press."""

from dataclasses import dataclass

from flask import Blueprint, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext
from sqlalchemy.orm import Session

from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.errors import STATUS, DomainError
from customers.models import Device, Priority
from customers.queries import find_served
from desk.intake import FaultReport, report_fault
from dispatch.faults import fault_catalogue
from dispatch.jobs import job_by_number
from dispatch.live import choices
from dispatch.live.choices import Ranking
from dispatch.live.overview import names_of_technicians
from dispatch.models import Job
from dispatch.models.jobs import JobStatus
from web import live_words, wording
from web.caller import caller_id, firm
from web.commands import Answer, carry_out, do_once
from web.computing import bench
from web.forms import read_choice, read_whole
from web.job_form import FormState, device_typed, refused
from web.languages import language
from web.live import who_page
from web.wording import sentence

pages = Blueprint("urgent", __name__)

# So many shops are offered while somebody types; a caller who says more words finds fewer.
OFFERED = 8


@dataclass(frozen=True)
class Asked:
    """What the form was answered: who could come, or why nobody can be ranked."""

    ranking: Ranking | None = None
    refusal: str = ""


@pages.get("/urgent")
@allow(RoleName.DISPATCHER)
def show() -> ResponseReturnValue:
    """Show the empty form; a shop or a device in the address is looked up."""
    serial = request.args.get("serial", "")
    return _page(FormState({"shop": request.args.get("shop", serial), "device_serial": serial, "priority": "P1"}))


@pages.get("/urgent/found")
@allow(RoleName.DISPATCHER)
def found() -> ResponseReturnValue:
    """Answer the devices that fit what was typed, as a part of the form."""
    shop, chosen = request.args.get("shop", ""), request.args.get("chosen", "")
    return render_template("urgent/found.html", shop=shop, found=_found(shop), chosen=chosen)


@pages.post("/urgent")
@allow(RoleName.DISPATCHER)
def rank() -> ResponseReturnValue:
    """Show who could come to what was typed; nothing is taken in."""
    form = FormState(request.form.to_dict())
    if not form.value("device_serial") or not form.value("fault_code"):
        return _page(form)
    # What is computed is computed outside the transaction; asking who calls would begin one.
    actor_id, day = caller_id(), firm().today()
    db.session.rollback()
    try:
        asked = Asked(choices.who_could(bench(), lambda session: _take_in(session, actor_id), day))
    except DomainError as error:
        # Said where the ranking would stand: only that part of the page is put in place while somebody types.
        asked = Asked(refusal=sentence(error))
    return _page(form, asked)


@pages.post("/urgent/take-in")
@allow(RoleName.DISPATCHER)
def take_in() -> ResponseReturnValue:
    """Take the job in and send nobody yet."""

    def act() -> Answer:
        job = _take_in(db.session(), caller_id())
        place = "live.why" if job.status is JobStatus.WAITING_PARTS else "live.who"
        return Answer(url_for(place, number=job.number), gettext("Job %(number)s is taken in.", number=job.number))

    return carry_out(act, lambda problem: _page(FormState(request.form.to_dict(), problem=problem)))


@pages.post("/urgent/send")
@allow(RoleName.DISPATCHER)
def send() -> ResponseReturnValue:
    """
    Take the job in and send somebody, with one press.

    The job is kept whatever becomes of the sending: the caller was told that it is taken in.
    """
    try:
        number = do_once(lambda: {"number": _take_in(db.session(), caller_id()).number}, step="-job")["number"]
    except DomainError as error:
        return _page(refused(request.form.to_dict(), error)), STATUS[error.kind]
    db.session.commit()

    def act() -> Answer:
        job_id = job_by_number(db.session(), number).id
        technician_id = read_whole(request.form.get("technician", ""), least=1)
        db.session.rollback()
        prepared = choices.prepare_assignment(bench(), job_id, technician_id, firm().today())
        choices.assign(db.session(), prepared, actor_id=caller_id())
        name = names_of_technicians(db.session(), [technician_id])[technician_id]
        words = gettext("Job %(number)s is taken in, and %(name)s is sent there.", number=number, name=name)
        return Answer(url_for("jobs.show", number=number), words)

    def not_sent(problem: str) -> str:
        flash(gettext("Job %(number)s is taken in; nobody is sent there yet.", number=number), "note")
        return who_page(number, problem=problem)

    return carry_out(act, not_sent)


def _take_in(session: Session, actor_id: int) -> Job:
    values = request.form
    report = FaultReport(
        device_serial=values.get("device_serial", ""),
        fault_code=values.get("fault_code", ""),
        priority=read_choice(values.get("priority", ""), Priority),
        description=values.get("description", ""),
    )
    return report_fault(session, report, actor_id=actor_id)


def _found(shop: str) -> list[Device]:
    return find_served(db.session(), shop, limit=OFFERED)


def _page(form: FormState, asked: Asked | None = None) -> str:
    chinese = language().locale.startswith("zh")
    device = device_typed(form.value("device_serial"))
    offered = _found(form.value("shop"))
    return render_template(
        "urgent/show.html",
        form=form,
        shop=form.value("shop"),
        device=device,
        # Who was chosen stays in sight, also when the words were changed since.
        found=offered if device is None or device in offered else [device, *offered],
        chosen=device.serial if device else "",
        asked=asked,
        faults=[(fault.code, fault.name_zh if chinese else fault.name_en) for fault in fault_catalogue(db.session())],
        priorities=[(priority.value, wording.word(priority)) for priority in Priority],
        words=live_words,
        wording=wording,
    )
