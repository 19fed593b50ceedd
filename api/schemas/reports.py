"""What was reported and what is covered, as JSON: for tickets, and for the jobs that came of them."""

import marshmallow as ma
from marshmallow import fields

from customers.entitlement import Why, WhyNoWarranty
from customers.models import Priority
from desk.models import Channel, TicketState


class ListedTicket(ma.Schema):
    number = fields.String()
    external_id = fields.String(allow_none=True)
    channel = fields.Enum(Channel, by_value=True)
    state = fields.Enum(TicketState, by_value=True)
    site = fields.String(attribute="site.code")
    device_serial = fields.String(attribute="device.serial")
    fault_code = fields.String(attribute="fault.code")
    priority = fields.Enum(
        Priority, by_value=True, allow_none=True, metadata={"description": "Null: as usual for the fault."}
    )
    reporter = fields.String()
    contact = fields.String()
    subject = fields.String()
    text = fields.String()
    reported_at = fields.AwareDateTime()
    alarm_code = fields.String()
    alarm_count = fields.Integer()
    alarmed_at = fields.AwareDateTime(allow_none=True)
    job = fields.String(attribute="job.number")
    closed_at = fields.AwareDateTime(allow_none=True)
    closing_note = fields.String()
    version = fields.Integer()


class Cover(ma.Schema):
    """Whether the customer has to pay for it, and why."""

    covered = fields.Boolean()
    why = fields.Enum(Why, by_value=True)
    until = fields.Date(allow_none=True)
    warranty = fields.Enum(WhyNoWarranty, by_value=True, allow_none=True)


class Entitlement(ma.Schema):
    day = fields.Date()
    contract = fields.String()
    is_chargeable = fields.Boolean()
    parts = fields.Nested(Cover)
    labour = fields.Nested(Cover)
    travel = fields.Nested(Cover)


class Trial(ma.Schema):
    """What was tried, as it was asked, and what came of it."""

    at = fields.AwareDateTime()
    text_en = fields.String()
    text_zh = fields.String()
    answer = fields.Boolean()
    note = fields.String()


class File(ma.Schema):
    id = fields.Integer(attribute="attachment.id")
    name = fields.String(attribute="attachment.name")
    media_type = fields.String(attribute="attachment.media_type")
    size = fields.Integer(attribute="attachment.size")


class LikelyPart(ma.Schema):
    """A part that the fault takes in so many per cent of the cases; a job asks for it from 50."""

    sku = fields.String(attribute="part.sku")
    quantity = fields.Integer()
    percent = fields.Integer()


class Reported(ma.Schema):
    """The ticket that a job was made of, with what was tried and what came along."""

    ticket = fields.Function(lambda ticket: ListedTicket().dump(ticket), metadata={"type": "object"})
    trials = fields.List(fields.Nested(Trial))
    files = fields.List(fields.Nested(File))


class LaterMessage(ma.Schema):
    at = fields.AwareDateTime()
    sender = fields.Function(lambda event: event.facts["sender"], metadata={"type": "string"})
    text = fields.Function(lambda event: event.facts["text"], metadata={"type": "string"})


class Briefing(ma.Schema):
    """What whoever goes to a job should know of what was before it."""

    trials = fields.List(fields.Nested(Trial))
    messages = fields.List(fields.Nested(LaterMessage))
    files = fields.List(fields.Nested(File))
    may_need = fields.List(
        fields.Nested(LikelyPart), metadata={"description": "Less likely parts, which the job does not ask for."}
    )
