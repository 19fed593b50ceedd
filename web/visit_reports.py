"""The report of a visit for the customer, as a page to print and as a PDF file; and the files of visits."""

from collections.abc import Callable, Mapping
from urllib.parse import quote

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext, ngettext

from core.access import allow
from core.accounts import RoleName
from core.attachments import NEVER_RUN
from core.db import db
from core.errors import N_, STATUS, DomainError
from customers.models import ChargeKind
from dispatch.fieldwork.charges import add_charge, drop_charge
from dispatch.fieldwork.files import add_file, file_of_visit
from dispatch.fieldwork.report import VisitReport, visit_report
from dispatch.fieldwork.times import correct_times, time_on_site
from dispatch.models.visits import CHARGED_EXTRA, FileKind
from dispatch.workforce import technician_of_user
from inventory.label_sheets import find_font
from inventory.queries import part_by_sku
from web import formats, wording
from web.caller import caller_id, caller_is
from web.commands import Answer, act_once, carry_out_here
from web.forms import read_choice, read_time, read_whole
from web.history_words import CHECKS
from web.report_sheet import charge_words, draw
from web.wording import sentence

pages = Blueprint("visit_reports", __name__)

OFFICES = (RoleName.DISPATCHER, RoleName.DESK, RoleName.MANAGER)


class FileNotChosen(DomainError):
    code = "file_not_chosen"
    sentence = N_("Choose a photo or a document first, then send it again.")


class ChargeNotChosen(DomainError):
    code = "charge_not_chosen"
    sentence = N_("Choose what the customer has to pay for: labour, a call-out or parts.")


@pages.get("/visits/<int:visit_id>/report")
@allow(RoleName.TECHNICIAN, *OFFICES)
def show(visit_id: int) -> ResponseReturnValue:
    """Show the report of a visit; technicians see those of their own."""
    return _page(visit_id)


@pages.get("/visits/<int:visit_id>/report.pdf")
@allow(RoleName.TECHNICIAN, *OFFICES)
def pdf(visit_id: int) -> ResponseReturnValue:
    """Answer the report as a file to send or to print."""
    report = _report(visit_id)
    drawn = draw(report, find_font(current_app.config["LABEL_FONT"]))
    name = f"{report.job.number}-{report.visit.day.isoformat()}.pdf"
    return Response(drawn, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{name}"'})


@pages.post("/visits/<int:visit_id>/files")
@allow(RoleName.TECHNICIAN)
def add(visit_id: int) -> ResponseReturnValue:
    """Keep photos or documents of an own visit."""
    sent = [(file, file.read()) for file in request.files.getlist("file") if file.filename]

    def act() -> Answer:
        if not sent:
            raise FileNotChosen
        technician = technician_of_user(db.session(), caller_id())
        for file, content in sent:
            add_file(
                db.session(),
                visit_id=visit_id,
                technician_id=technician.id,
                kind=read_choice(request.form.get("kind", ""), FileKind) or FileKind.PHOTO,
                name=file.filename or "",
                media_type=file.mimetype or "",
                content=content,
                actor_id=caller_id(),
            )
        words = ngettext("The file is kept with the visit.", "%(num)s files are kept with the visit.", len(sent))
        return Answer(_asked_at(visit_id), words)

    try:
        return act_once(act, content=b"".join(content for _, content in sent))
    except DomainError as error:
        return _page(visit_id, sentence(error)), STATUS[error.kind]


def _asked_at(visit_id: int) -> str:
    """Return the page whose form was sent: the technician's day, or the report."""
    day = request.form.get("day", "")
    return url_for("day.show", day=day) if day else url_for("visit_reports.show", visit_id=visit_id)


@pages.get("/visits/<int:visit_id>/files/<int:attachment_id>")
@allow(RoleName.TECHNICIAN, *OFFICES)
def file(visit_id: int, attachment_id: int) -> ResponseReturnValue:
    """Answer a file of a visit as it was received."""
    _report(visit_id)
    found = file_of_visit(db.session(), visit_id=visit_id, attachment_id=attachment_id)
    return Response(found.content, mimetype=found.media_type, headers=NEVER_RUN)


@pages.post("/visits/<int:visit_id>/charges")
@allow(RoleName.TECHNICIAN)
def charge(visit_id: int) -> ResponseReturnValue:
    """Charge the customer of an own visit for something beyond the cover."""

    def act() -> str:
        values = request.form
        code = values.get("sku", "").strip()
        kind = read_choice(values.get("kind", ""), ChargeKind)
        if kind is None:
            raise ChargeNotChosen
        add_charge(
            db.session(),
            visit_id=visit_id,
            technician_id=technician_of_user(db.session(), caller_id()).id,
            kind=kind,
            quantity=1 if kind is ChargeKind.CALL_OUT else read_whole(values.get("quantity", ""), least=1),
            reason=values.get("reason", ""),
            part_id=part_by_sku(db.session(), code).id if kind is ChargeKind.PARTS else None,
            actor_id=caller_id(),
        )
        return str(gettext("It is on the customer's bill."))

    return _carry_out(visit_id, act)


@pages.post("/visits/<int:visit_id>/charges/<int:charge_id>/drop")
@allow(RoleName.TECHNICIAN)
def drop(visit_id: int, charge_id: int) -> ResponseReturnValue:
    """Take a charge off the customer's bill."""

    def act() -> str:
        technician = technician_of_user(db.session(), caller_id())
        drop_charge(
            db.session(), visit_id=visit_id, charge_id=charge_id, technician_id=technician.id, actor_id=caller_id()
        )
        return str(gettext("It is off the customer's bill."))

    return _carry_out(visit_id, act)


@pages.post("/visits/<int:visit_id>/times")
@allow(RoleName.TECHNICIAN)
def times(visit_id: int) -> ResponseReturnValue:
    """Correct when somebody was on site."""

    def act() -> str:
        technician = technician_of_user(db.session(), caller_id())
        visit = _report(visit_id).visit
        ended = request.form.get("ended_at", "")
        correct_times(
            db.session(),
            visit_id=visit_id,
            technician_id=technician.id,
            arrived_at=time_on_site(visit, "arrived_at", read_time(request.form.get("arrived_at", ""))),
            ended_at=time_on_site(visit, "ended_at", read_time(ended)) if ended else None,
            reason=request.form.get("reason", ""),
            actor_id=caller_id(),
        )
        return str(gettext("The times are corrected."))

    return _carry_out(visit_id, act)


def _carry_out(visit_id: int, act: Callable[[], str]) -> ResponseReturnValue:
    return carry_out_here(
        act, url_for("visit_reports.show", visit_id=visit_id), lambda values, problem: _page(visit_id, problem, values)
    )


def _report(visit_id: int) -> VisitReport:
    only = None if caller_is(*OFFICES) else technician_of_user(db.session(), caller_id()).id
    return visit_report(db.session(), visit_id, technician_id=only)


def _page(visit_id: int, problem: str = "", values: Mapping[str, str] | None = None) -> str:
    report = _report(visit_id)
    covered = [kind for kind in CHARGED_EXTRA if report.cover is None or kind not in report.cover.charged]
    return render_template(
        "visits/report.html",
        report=report,
        zone=report.job.site.zone,
        is_own=report.visit.technician.user_id == caller_id(),
        checks=CHECKS,
        charge_words=charge_words,
        kinds=[FileKind.PHOTO, FileKind.DOCUMENT, FileKind.SIGNATURE],
        # A part that was not used cannot be on the bill.
        chargeable=[kind for kind in covered if kind is not ChargeKind.PARTS or report.parts],
        ChargeKind=ChargeKind,
        shop_mail=mail_link(report),
        problem=problem,
        values=values or {},
        wording=wording,
    )


def mail_link(report: VisitReport) -> str:
    """Return a link that begins a mail about the report; the file itself is attached by whoever sends it."""
    subject = gettext("Service report %(number)s", number=report.job.number)
    site = report.job.site
    body = gettext("%(site)s, %(day)s: the report is attached.", site=site.name, day=formats.day(report.visit.day))
    return f"mailto:?subject={quote(subject)}&body={quote(body)}"
