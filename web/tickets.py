"""The service desk: the queue of tickets, taking one in, walking it through triage, and handing it over."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, Flask, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from core.access import allow
from core.accounts import RoleName
from core.attachments import Attachment
from core.db import db
from core.errors import STATUS, DomainError
from customers.models import Priority
from desk import estimates, queries, tickets, triage
from desk.models import Channel, Ticket, TicketState
from dispatch.faults import faults_by_subject
from dispatch.models import Job
from web import wording
from web.caller import caller_id, caller_is
from web.commands import Answer, act_once, carry_out
from web.forms import read_choice, read_whole
from web.job_form import FormState, device_typed, read_window
from web.languages import language
from web.wording import sentence

pages = Blueprint("tickets", __name__)

DESK = (RoleName.DESK, RoleName.DISPATCHER)
# What browsers show themselves; everything else is only offered for download.
SHOWN = frozenset({"image/jpeg", "image/png", "image/webp", "application/pdf"})

# The field that a refusal is shown beside; one that is not listed stands above the form.
FIELD_OF = {
    "unknown_device": "device_serial",
    "device_not_of_site": "site_code",
    "unknown_site": "site_code",
    "no_such_model_here": "model",
    "several_of_model_here": "model",
    "unknown_fault_code": "fault_code",
    "text_too_long": "text",
    "nothing_said": "text",
}


def register(app: Flask) -> None:
    """Let the page of a job tell what was reported and tried before."""
    app.add_template_global(lambda job: queries.origin_of(db.session(), job), "origin_of")


@pages.get("/tickets")
@allow(*DESK)
def index() -> ResponseReturnValue:
    """List tickets, filtered, a page at a time; without a filter those that wait for somebody."""
    only = queries.TicketFilter(
        state=_member(TicketState, "state"),
        channel=_member(Channel, "channel"),
        priority=_member(Priority, "priority"),
        text=request.args.get("text", "")[:100],
        everything=request.args.get("state") == "all",
    )
    page = read_whole(request.args.get("page", "1"), least=1)
    return render_template(
        "tickets/list.html",
        listed=queries.list_tickets(db.session(), only=only, page=page),
        only=only,
        states=TicketState,
        channels=Channel,
        priorities=Priority,
        wording=wording,
    )


@pages.get("/tickets/new")
@allow(*DESK)
def new() -> ResponseReturnValue:
    """Show the empty form; a serial number in the address is looked up."""
    return _form(FormState({"device_serial": request.args.get("serial", ""), "channel": Channel.PHONE.value}))


@pages.post("/tickets")
@allow(*DESK)
def take_in() -> ResponseReturnValue:
    """Take in what was typed, or only look the device up if that button was pressed."""
    values = request.form.to_dict()
    if "look_up" in values:
        return _form(FormState(values))
    files = _files_sent()

    def act() -> Answer:
        ticket = tickets.take_in_ticket(db.session(), report=_report(values), actor_id=caller_id())
        for name, media_type, content in files:
            tickets.attach_file(
                db.session(),
                ticket_id=ticket.id,
                name=name,
                media_type=media_type,
                content=content,
                actor_id=caller_id(),
            )
        return Answer(_path(ticket), gettext("Ticket %(number)s is taken in.", number=ticket.number))

    try:
        return act_once(act, content=b"".join(content for _, _, content in files))
    except DomainError as error:
        place = FIELD_OF.get(error.code)
        told = (
            FormState(values, errors={place: sentence(error)}) if place else FormState(values, problem=sentence(error))
        )
        return _form(told), STATUS[error.kind]


@pages.get("/tickets/<number>")
@allow(*DESK)
def show(number: str) -> ResponseReturnValue:
    """Show everything about a ticket."""
    return _page(number)


@pages.post("/tickets/<number>/change")
@allow(*DESK)
def change(number: str) -> ResponseReturnValue:
    """Complete or correct a ticket, unless somebody else did since the form was opened."""
    values = request.form

    def act(ticket_id: int) -> str:
        tickets.change_ticket(
            db.session(),
            ticket_id=ticket_id,
            version=_version() or 0,
            changes=tickets.TicketChanges(
                device_serial=values.get("device_serial", ""),
                site_code=values.get("site_code", "") if not values.get("device_serial", "").strip() else "",
                fault_code=values.get("fault_code", ""),
                priority=read_choice(values.get("priority", ""), Priority),
                reporter=values.get("reporter", ""),
                contact=values.get("contact", ""),
                subject=values.get("subject", ""),
                text=values.get("text", ""),
            ),
            actor_id=caller_id(),
        )
        return str(gettext("The change is saved."))

    return _carry_out(number, act)


@pages.post("/tickets/<number>/answer")
@allow(*DESK)
def answer(number: str) -> ResponseReturnValue:
    """Write down what came of the step that was tried."""

    def act(ticket_id: int) -> str:
        ticket = triage.record_trial(
            db.session(),
            ticket_id=ticket_id,
            fault_code=request.form.get("fault", ""),
            step_key=request.form.get("step", ""),
            answer=request.form.get("answer") == "yes",
            text=request.form.get("note", ""),
            actor_id=caller_id(),
        )
        if ticket.state is TicketState.FIXED_REMOTELY:
            return str(gettext("Fixed without a visit. Ticket %(number)s is closed.", number=ticket.number))
        return ""

    return _carry_out(number, act)


@pages.post("/tickets/<number>/step-back")
@allow(*DESK)
def step_back(number: str) -> ResponseReturnValue:
    """Take the last answer back."""

    def act(ticket_id: int) -> str:
        triage.step_back(db.session(), ticket_id=ticket_id, version=_version(), actor_id=caller_id())
        return ""

    return _carry_out(number, act)


@pages.post("/tickets/<number>/fix")
@allow(*DESK)
def fix(number: str) -> ResponseReturnValue:
    """Close a ticket because it works again."""

    def act(ticket_id: int) -> str:
        text = request.form.get("fix_note", "")
        ticket = tickets.fix_remotely(
            db.session(), ticket_id=ticket_id, version=_version(), text=text, actor_id=caller_id()
        )
        return str(gettext("Fixed without a visit. Ticket %(number)s is closed.", number=ticket.number))

    return _carry_out(number, act)


@pages.post("/tickets/<number>/close")
@allow(*DESK)
def close(number: str) -> ResponseReturnValue:
    """Close a ticket for a reason, without a job."""

    def act(ticket_id: int) -> str:
        reason = request.form.get("close_reason", "")
        ticket = tickets.close_ticket(
            db.session(), ticket_id=ticket_id, version=_version(), reason=reason, actor_id=caller_id()
        )
        return str(gettext("Ticket %(number)s is closed.", number=ticket.number))

    return _carry_out(number, act)


@pages.post("/tickets/<number>/reopen")
@allow(*DESK)
def reopen(number: str) -> ResponseReturnValue:
    """Go on with a ticket that was closed."""

    def act(ticket_id: int) -> str:
        reason = request.form.get("reopen_reason", "")
        tickets.reopen_ticket(
            db.session(), ticket_id=ticket_id, version=_version(), reason=reason, actor_id=caller_id()
        )
        return str(gettext("Ticket %(number)s is open again.", number=number))

    return _carry_out(number, act)


@pages.post("/tickets/<number>/message")
@allow(*DESK)
def message(number: str) -> ResponseReturnValue:
    """Add what was said later."""

    def act(ticket_id: int) -> str:
        tickets.add_message(
            db.session(),
            ticket_id=ticket_id,
            sender=request.form.get("sender", ""),
            text=request.form.get("message", ""),
            actor_id=caller_id(),
        )
        return str(gettext("The message is added."))

    return _carry_out(number, act)


@pages.post("/tickets/<number>/files")
@allow(*DESK)
def attach(number: str) -> ResponseReturnValue:
    """Add files."""
    files = _files_sent()

    def act(ticket_id: int) -> str:
        for name, media_type, content in files:
            tickets.attach_file(
                db.session(),
                ticket_id=ticket_id,
                name=name,
                media_type=media_type,
                content=content,
                actor_id=caller_id(),
            )
        return str(gettext("The files are added.")) if files else ""

    return _carry_out(number, act, content=b"".join(content for _, _, content in files))


@pages.post("/tickets/<number>/estimate")
@allow(*DESK)
def estimate(number: str) -> ResponseReturnValue:
    """Offer the customer an estimate."""

    def act(ticket_id: int) -> str:
        made = estimates.make_estimate(db.session(), ticket_id=ticket_id, version=_version(), actor_id=caller_id())
        return str(gettext("Estimate %(number)s is on offer. Read it to the customer.", number=made.number))

    return _carry_out(number, act)


@pages.post("/tickets/<number>/estimates/<estimate_number>/accept")
@allow(*DESK)
def accept(number: str, estimate_number: str) -> ResponseReturnValue:
    """Write down that the customer accepted, and make the job."""

    def act(ticket_id: int) -> str:
        job = estimates.accept_estimate(
            db.session(),
            ticket_id=ticket_id,
            estimate_number=estimate_number,
            answered_by=request.form.get("answered_by", ""),
            window=_window(number),
            actor_id=caller_id(),
        )
        return _told(job)

    return _carry_out(number, act)


@pages.post("/tickets/<number>/estimates/<estimate_number>/refuse")
@allow(*DESK)
def refuse(number: str, estimate_number: str) -> ResponseReturnValue:
    """Write down that the customer refused."""

    def act(ticket_id: int) -> str:
        estimates.refuse_estimate(
            db.session(),
            ticket_id=ticket_id,
            estimate_number=estimate_number,
            answered_by=request.form.get("answered_by", ""),
            reason=request.form.get("refuse_reason", ""),
            actor_id=caller_id(),
        )
        return str(gettext("The customer refused. Ticket %(number)s is closed.", number=number))

    return _carry_out(number, act)


@pages.post("/tickets/<number>/hand-over")
@allow(*DESK)
def hand_over(number: str) -> ResponseReturnValue:
    """Make a job of a ticket."""

    def act(ticket_id: int) -> str:
        job = tickets.hand_over(
            db.session(),
            ticket_id=ticket_id,
            version=_version(),
            window=_window(number),
            free_because=request.form.get("free_because", ""),
            actor_id=caller_id(),
        )
        return _told(job)

    return _carry_out(number, act)


@pages.get("/tickets/<number>/files/<int:attachment_id>")
@allow(*DESK)
def file(number: str, attachment_id: int) -> ResponseReturnValue:
    """Answer a file of a ticket."""
    return _sent(queries.file_of_ticket(db.session(), number=number, attachment_id=attachment_id))


@pages.get("/jobs/<number>/files/<int:attachment_id>")
@allow(*DESK, RoleName.TECHNICIAN)
def file_of_job(number: str, attachment_id: int) -> ResponseReturnValue:
    """Answer a file of a job; the technician who goes there sees what was sent."""
    visited_by = None if caller_is(*DESK) else caller_id()
    return _sent(queries.file_of_job(db.session(), number=number, attachment_id=attachment_id, visited_by=visited_by))


def _carry_out(number: str, act: Callable[[int], str], *, content: bytes = b"") -> ResponseReturnValue:
    """Do once what a form of a ticket's page asks for, and lead back there; a refusal keeps what was typed."""

    def once() -> Answer:
        ticket = tickets.ticket_by_number(db.session(), number)
        words = act(ticket.id)
        return Answer(_path(ticket), words)

    typed = request.form.to_dict()
    return carry_out(once, lambda problem: _page(number, typed, problem), content=content)


def _page(number: str, typed: Mapping[str, str] | None = None, problem: str = "") -> str:
    detail = queries.ticket_detail(db.session(), number)
    return render_template(
        "tickets/show.html",
        detail=detail,
        typed=typed or {},
        problem=problem,
        faults=_symptoms(),
        priorities=_priorities(),
        lines={made.id: estimates.priced_lines(made) for made in detail.ticket.estimates},
        longest=tickets.LONGEST_TEXT,
        wording=wording,
    )


def _form(form: FormState) -> str:
    return render_template(
        "tickets/new.html",
        form=form,
        device=device_typed(form.value("device_serial")),
        faults=_symptoms(),
        priorities=_priorities(),
        channels=[(channel.value, wording.word(channel)) for channel in Channel if channel is not Channel.ALARM],
        longest=tickets.LONGEST_TEXT,
        wording=wording,
    )


def _report(values: Mapping[str, str]) -> tickets.Report:
    return tickets.Report(
        channel=read_choice(values.get("channel", ""), Channel) or Channel.PHONE,
        device_serial=values.get("device_serial", ""),
        site_code=values.get("site_code", ""),
        model=values.get("model", ""),
        fault_code=values.get("fault_code", ""),
        priority=read_choice(values.get("priority", ""), Priority),
        reporter=values.get("reporter", ""),
        contact=values.get("contact", ""),
        subject=values.get("subject", ""),
        text=values.get("text", ""),
    )


def _symptoms() -> list[tuple[str, Sequence[tuple[str, str]]]]:
    """The fault catalogue for a choice: by what is broken, codes with their names."""
    chinese = language().locale.startswith("zh")
    return [
        (
            wording.in_words(subject, wording.SUBJECTS),
            [(fault.code, fault.name_zh if chinese else fault.name_en) for fault in faults],
        )
        for subject, faults in faults_by_subject(db.session()).items()
    ]


def _priorities() -> list[tuple[str, str]]:
    return [(priority.value, wording.word(priority)) for priority in Priority]


def _window(number: str) -> Any:
    """Read the promise, told in the time of the site."""
    site = tickets.ticket_by_number(db.session(), number).site
    return None if site is None else read_window(request.form, site.zone)


def _version() -> int | None:
    """The version that the form was made from; forms of our pages always say it."""
    text = request.form.get("version", "")
    return read_whole(text) if text else None


def _files_sent() -> list[tuple[str, str, bytes]]:
    """Name, type and content of the files that were chosen; an empty choice is sent as a file without a name."""
    sent = [(file.filename or "", file.mimetype, file.read()) for file in request.files.getlist("files")]
    return [found for found in sent if found[0]]


def _member(kind: Any, name: str) -> Any:
    """Read a member of an enum from the address; what is none restricts nothing."""
    try:
        return kind(request.args.get(name, ""))
    except ValueError:
        return None


def _path(ticket: Ticket) -> str:
    return url_for("tickets.show", number=ticket.number)


def _told(job: Job) -> str:
    return str(gettext("Job %(number)s is made of it.", number=job.number))


def _sent(found: Attachment) -> Response:
    shown = found.media_type in SHOWN
    answer = Response(found.content, mimetype=found.media_type if shown else "application/octet-stream")
    answer.headers.set("Content-Disposition", "inline" if shown else "attachment", filename=found.name)
    return answer
