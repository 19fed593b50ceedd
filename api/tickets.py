"""Tickets: what was reported through any channel, triage, estimates, and the job that comes of it."""

from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from flask import Response, request
from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.commands import KEY_PARAMETER, command
from api.schemas import jobs as job_schemas
from api.schemas import reports
from api.schemas import tickets as schemas
from core.access import allow
from core.accounts import RoleName
from core.db import db
from customers.calendars import Interval
from desk import channels, estimates, queries, tickets, triage
from desk.mail import take_in_mail
from desk.models import Channel, Ticket, TicketEvent
from dispatch.models import Job

blueprint = Blueprint("api_tickets", __name__, url_prefix="/api/v1/tickets", description="Reports and triage")

DESK = (RoleName.DESK, RoleName.DISPATCHER)
MAIL_BODY = {"required": True, "content": {"message/rfc822": {"schema": {"type": "string", "format": "binary"}}}}
FILE_BODY = {
    "required": True,
    "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in ("image/jpeg", "application/pdf")},
}


@blueprint.route("")
class Tickets(MethodView):
    """All tickets."""

    @blueprint.arguments(schemas.TicketQuery, location="query")
    @blueprint.response(200, schemas.TicketPage)
    @allow(*DESK)
    def get(self, wanted: dict[str, Any]) -> queries.TicketPage:
        """List tickets; those that wait for somebody, the longest wait first, unless a state is asked for."""
        page = wanted.pop("page")
        return queries.list_tickets(db.session(), only=queries.TicketFilter(**wanted), page=page)

    @blueprint.doc(parameters=[KEY_PARAMETER])
    @blueprint.arguments(schemas.NewTicket)
    @blueprint.response(201, reports.ListedTicket)
    @allow(*DESK)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take in a report; one with an external number that is known is the ticket that it became before."""
        report = tickets.Report(channel=Channel.API, **given)
        return _shown(tickets.take_in_ticket(db.session(), report=report, actor_id=current_user.id))


@blueprint.route("/alarms")
class Alarms(MethodView):
    """What devices notice by themselves."""

    @blueprint.doc(parameters=[KEY_PARAMETER])
    @blueprint.arguments(schemas.Alarm)
    @blueprint.response(201, reports.ListedTicket)
    @allow(*DESK)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take in an alarm; the same one of a device with an open ticket is counted there."""
        return _shown(channels.take_in_alarm(db.session(), actor_id=current_user.id, **given))


@blueprint.route("/chat")
class Chat(MethodView):
    """Conversations."""

    @blueprint.doc(parameters=[KEY_PARAMETER])
    @blueprint.arguments(schemas.ChatMessage)
    @blueprint.response(201, reports.ListedTicket)
    @allow(*DESK)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take in one message; all messages of a conversation are one ticket."""
        return _shown(channels.take_in_chat(db.session(), actor_id=current_user.id, **given))


@blueprint.route("/mails")
class Mails(MethodView):
    """E-mails."""

    @blueprint.doc(parameters=[KEY_PARAMETER], requestBody=MAIL_BODY)
    @blueprint.response(201, reports.ListedTicket)
    @allow(*DESK)
    @command(201)
    def post(self) -> dict[str, Any]:
        """Take in a message as it was received (RFC 5322), or plain text whose first line is the subject."""
        return _shown(take_in_mail(db.session(), content=request.get_data(), actor_id=current_user.id))


@blueprint.route("/<string:number>")
class OneTicket(MethodView):
    """One ticket."""

    @blueprint.response(200, schemas.TicketDetail)
    @allow(*DESK)
    def get(self, number: str) -> dict[str, Any]:
        """Show a ticket with what is covered, what to try next, what was tried, estimates, files and history."""
        return _detail(queries.ticket_detail(db.session(), number))

    @blueprint.doc(parameters=[KEY_PARAMETER])
    @blueprint.arguments(schemas.TicketChange)
    @blueprint.response(200, reports.ListedTicket)
    @allow(*DESK)
    @command()
    def patch(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Change a ticket; refused if somebody else changed it since `version`."""
        version = given.pop("version")
        ticket = tickets.change_ticket(
            db.session(),
            ticket_id=_id_of(number),
            version=version,
            changes=tickets.TicketChanges(**given),  # type: ignore[typeddict-item]
            actor_id=current_user.id,
        )
        return _shown(ticket)


@blueprint.route("/<string:number>/answers")
class Answers(MethodView):
    """What was tried."""

    @blueprint.doc(parameters=[KEY_PARAMETER])
    @blueprint.arguments(schemas.TicketAnswer)
    @blueprint.response(201, schemas.TicketDetail)
    @allow(*DESK)
    @command(201)
    def post(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Answer the next step; a remote fix closes the ticket."""
        triage.record_trial(
            db.session(),
            ticket_id=_id_of(number),
            fault_code=given["fault_code"],
            step_key=given["step"],
            answer=given["answer"],
            text=given["note"],
            actor_id=current_user.id,
        )
        return _shown_detail(number)


@blueprint.route("/<string:number>/step-back")
class StepBack(MethodView):
    """An answer that was wrong."""

    @blueprint.doc(parameters=[KEY_PARAMETER])
    @blueprint.arguments(schemas.TicketVersion)
    @blueprint.response(200, schemas.TicketDetail)
    @allow(*DESK)
    @command()
    def post(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Take the last answer back; it stays in the history."""
        triage.step_back(db.session(), ticket_id=_id_of(number), actor_id=current_user.id, **given)
        return _shown_detail(number)


@blueprint.route("/<string:number>/fix")
class Fix(MethodView):
    """A remote fix."""

    @blueprint.doc(parameters=[KEY_PARAMETER])
    @blueprint.arguments(schemas.RemoteFix)
    @blueprint.response(200, reports.ListedTicket)
    @allow(*DESK)
    @command()
    def post(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Close a ticket because it works again and nobody has to drive."""
        given["text"] = given.pop("note")
        return _shown(tickets.fix_remotely(db.session(), ticket_id=_id_of(number), actor_id=current_user.id, **given))


@blueprint.route("/<string:number>/close")
class Close(MethodView):
    """The end of a ticket that comes to nothing."""

    @blueprint.doc(parameters=[KEY_PARAMETER])
    @blueprint.arguments(schemas.TicketReason)
    @blueprint.response(200, reports.ListedTicket)
    @allow(*DESK)
    @command()
    def post(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Close a ticket for a reason, without a job."""
        return _shown(tickets.close_ticket(db.session(), ticket_id=_id_of(number), actor_id=current_user.id, **given))


@blueprint.route("/<string:number>/reopen")
class Reopen(MethodView):
    """A ticket that was closed too early."""

    @blueprint.doc(parameters=[KEY_PARAMETER])
    @blueprint.arguments(schemas.TicketReason)
    @blueprint.response(200, reports.ListedTicket)
    @allow(*DESK)
    @command()
    def post(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Go on with a ticket that was closed or fixed remotely."""
        return _shown(tickets.reopen_ticket(db.session(), ticket_id=_id_of(number), actor_id=current_user.id, **given))


@blueprint.route("/<string:number>/messages")
class Messages(MethodView):
    """What was said later."""

    @blueprint.doc(parameters=[KEY_PARAMETER])
    @blueprint.arguments(schemas.TicketMessage)
    @blueprint.response(201, reports.ListedTicket)
    @allow(*DESK)
    @command(201)
    def post(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Add what was said later; a closed ticket opens again."""
        return _shown(tickets.add_message(db.session(), ticket_id=_id_of(number), actor_id=current_user.id, **given))


@blueprint.route("/<string:number>/hand-over")
class HandOver(MethodView):
    """The job that comes of a ticket."""

    @blueprint.doc(parameters=[KEY_PARAMETER])
    @blueprint.arguments(schemas.TicketHandOver)
    @blueprint.response(201, job_schemas.Job)
    @allow(*DESK)
    @command(201)
    def post(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Make a job; refused while chargeable work is not accepted by the customer."""
        given["window"] = _interval(given["window"])
        job = tickets.hand_over(db.session(), ticket_id=_id_of(number), actor_id=current_user.id, **given)
        return _shown_job(job)


@blueprint.route("/<string:number>/estimates")
class Estimates(MethodView):
    """What chargeable work will cost."""

    @blueprint.doc(parameters=[KEY_PARAMETER])
    @blueprint.arguments(schemas.TicketVersion)
    @blueprint.response(201, schemas.Estimate)
    @allow(*DESK)
    @command(201)
    def post(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Offer the customer an estimate; an offer before it no longer holds."""
        made = estimates.make_estimate(db.session(), ticket_id=_id_of(number), actor_id=current_user.id, **given)
        shown: dict[str, Any] = schemas.Estimate().dump(made)
        return shown


@blueprint.route("/<string:number>/estimates/<string:estimate>/accept")
class Accept(MethodView):
    """A yes of the customer."""

    @blueprint.doc(parameters=[KEY_PARAMETER])
    @blueprint.arguments(schemas.EstimateAcceptance)
    @blueprint.response(201, job_schemas.Job)
    @allow(*DESK)
    @command(201)
    def post(self, given: dict[str, Any], number: str, estimate: str) -> dict[str, Any]:
        """Write down that the customer accepted, and make the job."""
        given["window"] = _interval(given["window"])
        job = estimates.accept_estimate(
            db.session(),
            ticket_id=_id_of(number),
            estimate_number=estimate,
            actor_id=current_user.id,
            **given,
        )
        return _shown_job(job)


@blueprint.route("/<string:number>/estimates/<string:estimate>/refuse")
class Refuse(MethodView):
    """A no of the customer."""

    @blueprint.doc(parameters=[KEY_PARAMETER])
    @blueprint.arguments(schemas.EstimateRefusal)
    @blueprint.response(200, reports.ListedTicket)
    @allow(*DESK)
    @command()
    def post(self, given: dict[str, Any], number: str, estimate: str) -> dict[str, Any]:
        """Write down that the customer refused, which closes the ticket."""
        ticket = estimates.refuse_estimate(
            db.session(),
            ticket_id=_id_of(number),
            estimate_number=estimate,
            actor_id=current_user.id,
            **given,
        )
        return _shown(ticket)


@blueprint.route("/<string:number>/files")
class Files(MethodView):
    """Files of a ticket."""

    @blueprint.doc(parameters=[KEY_PARAMETER], requestBody=FILE_BODY)
    @blueprint.arguments(schemas.FileQuery, location="query")
    @blueprint.response(201, reports.File)
    @allow(*DESK)
    @command(201)
    def post(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Add a photo, a PDF or a text as the body of the request; the same file again changes nothing."""
        attachment = tickets.attach_file(
            db.session(),
            ticket_id=_id_of(number),
            name=given["name"],
            media_type=request.content_type or "",
            content=request.get_data(),
            actor_id=current_user.id,
        )
        shown: dict[str, Any] = reports.File().dump({"attachment": attachment})
        return shown


@blueprint.route("/<string:number>/files/<int:attachment_id>")
class OneFile(MethodView):
    """One file of a ticket."""

    @blueprint.response(200, content_type="application/octet-stream")
    @allow(*DESK)
    def get(self, number: str, attachment_id: int) -> Response:
        """Download a file as it was received."""
        found = queries.file_of_ticket(db.session(), number=number, attachment_id=attachment_id)
        answer = Response(found.content, mimetype=found.media_type)
        answer.headers.set("Content-Disposition", "attachment", filename=found.name)
        return answer


def _id_of(number: str) -> int:
    return tickets.ticket_by_number(db.session(), number).id


def _interval(window: dict[str, Any] | None) -> Interval | None:
    return None if window is None else (window["start"], window["end"])


def _shown(ticket: Ticket) -> dict[str, Any]:
    # Versions are given by the database.
    db.session.flush()
    shown: dict[str, Any] = reports.ListedTicket().dump(ticket)
    return shown


def _shown_job(job: Job) -> dict[str, Any]:
    db.session.flush()
    schema: ma.Schema = job_schemas.Job()
    shown: dict[str, Any] = schema.dump(job)
    return shown


def _shown_detail(number: str) -> dict[str, Any]:
    db.session.flush()
    shown: dict[str, Any] = schemas.TicketDetail().dump(_detail(queries.ticket_detail(db.session(), number)))
    return shown


def _detail(found: queries.TicketDetail) -> dict[str, Any]:
    ticket = found.ticket
    return {
        "ticket": ticket,
        "cover": found.cover,
        "repeat_of": ticket.repeat_of.number if ticket.repeat_of else None,
        "next_step": found.standing.step,
        "outcome": found.standing.end,
        "trials": ticket.trials,
        "estimates": ticket.estimates,
        "parts": found.parts,
        "files": ticket.files,
        "events": [_event(event, found.people) for event in ticket.events],
    }


def _event(event: TicketEvent, people: Mapping[int, str]) -> dict[str, Any]:
    told = {"at": event.at, "action": event.action, "facts": event.facts}
    return told if event.user_id is None else told | {"user": people[event.user_id]}
