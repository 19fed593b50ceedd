"""The report of a visit for the customer, as a page to print and as a PDF file; and the files of visits."""

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from core.access import allow
from core.accounts import RoleName
from core.attachments import NEVER_RUN
from core.db import db
from core.errors import N_, STATUS, DomainError
from dispatch.fieldwork.files import add_file, file_of_visit
from dispatch.fieldwork.report import VisitReport, visit_report
from dispatch.models.visits import FileKind
from dispatch.workforce import technician_of_user
from inventory.label_sheets import find_font
from web import wording
from web.caller import caller_id, caller_is
from web.commands import Answer, act_once
from web.forms import read_choice
from web.history_words import CHECKS
from web.report_sheet import charge_words, draw
from web.wording import sentence

pages = Blueprint("visit_reports", __name__)

OFFICES = (RoleName.DISPATCHER, RoleName.DESK, RoleName.MANAGER)


class FileNotChosen(DomainError):
    code = "file_not_chosen"
    sentence = N_("Choose a photo or a document first, then send it again.")


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


def _report(visit_id: int) -> VisitReport:
    only = None if caller_is(*OFFICES) else technician_of_user(db.session(), caller_id()).id
    return visit_report(db.session(), visit_id, technician_id=only)


def _page(visit_id: int, problem: str = "") -> str:
    report = _report(visit_id)
    return render_template(
        "visits/report.html",
        report=report,
        zone=report.job.site.zone,
        is_own=report.visit.technician.user_id == caller_id(),
        checks=CHECKS,
        charge_words=charge_words,
        kinds=[FileKind.PHOTO, FileKind.DOCUMENT, FileKind.SIGNATURE],
        problem=problem,
        wording=wording,
    )
