"""Tickets, estimates and the fault catalogue as JSON."""

import marshmallow as ma
from marshmallow import fields, validate

from api.schemas.jobs import Window
from api.schemas.reports import Entitlement, File, LikelyPart, ListedTicket, Trial
from customers.models import ChargeKind, Priority
from desk.channels import ALARM_LENGTH
from desk.estimates import NAME_LENGTH
from desk.models import Channel, EstimateState, TicketState
from desk.tickets import LENGTHS, LONGEST_TEXT, NOTE_LENGTH
from inventory.models import PartFamily

ANY_CODE = validate.Length(max=60)
NOTE = validate.Length(max=NOTE_LENGTH)


def version() -> fields.Integer:
    """The version that was read; a ticket that somebody changed since is left as it is."""
    return fields.Integer(load_default=None, allow_none=True, strict=True, validate=validate.Range(1))


class NewTicket(ma.Schema):
    """A report; a device, a site, a fault or a text is needed, all else may follow."""

    device_serial = fields.String(load_default="", validate=ANY_CODE)
    site_code = fields.String(load_default="", validate=ANY_CODE)
    model = fields.String(
        load_default="",
        validate=ANY_CODE,
        metadata={"description": "With site_code: enough if one such device stands there."},
    )
    fault_code = fields.String(load_default="", validate=ANY_CODE)
    priority = fields.Enum(Priority, by_value=True, load_default=None, allow_none=True)
    reporter = fields.String(load_default="", validate=validate.Length(max=LENGTHS["reporter"]))
    contact = fields.String(load_default="", validate=validate.Length(max=LENGTHS["contact"]))
    subject = fields.String(load_default="", validate=validate.Length(max=LENGTHS["subject"]))
    text = fields.String(load_default="", validate=validate.Length(max=LONGEST_TEXT))
    external_id = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, LENGTHS["external_id"]),
        metadata={"description": "Your own number: a report with the same one is the same ticket."},
    )
    reported_at = fields.AwareDateTime(load_default=None, allow_none=True)


class TicketChange(ma.Schema):
    """What is to change; `version` is the one that was read, an empty code takes back what was there."""

    version = fields.Integer(required=True, strict=True, validate=validate.Range(1))
    device_serial = fields.String(validate=ANY_CODE)
    site_code = fields.String(validate=ANY_CODE)
    fault_code = fields.String(validate=ANY_CODE)
    priority = fields.Enum(Priority, by_value=True, allow_none=True)
    reporter = fields.String(validate=validate.Length(max=LENGTHS["reporter"]))
    contact = fields.String(validate=validate.Length(max=LENGTHS["contact"]))
    subject = fields.String(validate=validate.Length(max=LENGTHS["subject"]))
    text = fields.String(validate=validate.Length(max=LONGEST_TEXT))


class TicketAnswer(ma.Schema):
    """What came of the step that is to be tried now."""

    fault_code = fields.String(required=True, validate=validate.Length(1, 30))
    step = fields.String(required=True, validate=validate.Length(1, 30))
    answer = fields.Boolean(required=True, truthy={True}, falsy={False})
    note = fields.String(load_default="", validate=NOTE)


class TicketVersion(ma.Schema):
    version = version()


class RemoteFix(ma.Schema):
    version = version()
    note = fields.String(load_default="", validate=NOTE)


class TicketReason(ma.Schema):
    version = version()
    reason = fields.String(required=True, validate=validate.Length(1, NOTE_LENGTH))


class TicketHandOver(ma.Schema):
    """How the job is made; `free_because` says why the firm does chargeable work for nothing."""

    version = version()
    window = fields.Nested(Window, load_default=None, allow_none=True)
    free_because = fields.String(load_default="", validate=NOTE)


class EstimateAcceptance(ma.Schema):
    answered_by = fields.String(required=True, validate=validate.Length(1, NAME_LENGTH))
    window = fields.Nested(Window, load_default=None, allow_none=True)


class EstimateRefusal(ma.Schema):
    answered_by = fields.String(required=True, validate=validate.Length(1, NAME_LENGTH))
    reason = fields.String(load_default="", validate=NOTE)


class TicketMessage(ma.Schema):
    sender = fields.String(load_default="", validate=validate.Length(max=LENGTHS["reporter"]))
    text = fields.String(required=True, validate=validate.Length(1, LONGEST_TEXT))


class ChatMessage(TicketMessage):
    """A message of a conversation; the first one makes the ticket."""

    conversation = fields.String(required=True, validate=validate.Length(1, LENGTHS["external_id"]))
    device_serial = fields.String(load_default="", validate=ANY_CODE)


class Alarm(ma.Schema):
    """What a device noticed by itself."""

    device_serial = fields.String(required=True, validate=validate.Length(1, 60))
    alarm_code = fields.String(required=True, validate=validate.Length(1, ALARM_LENGTH))
    text = fields.String(load_default="", validate=validate.Length(max=LONGEST_TEXT))
    external_id = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, LENGTHS["external_id"]))


class FileQuery(ma.Schema):
    name = fields.String(required=True, validate=validate.Length(1, 160))


class TicketQuery(ma.Schema):
    state = fields.Enum(TicketState, by_value=True, load_default=None)
    channel = fields.Enum(Channel, by_value=True, load_default=None)
    priority = fields.Enum(Priority, by_value=True, load_default=None)
    text = fields.String(load_default="", validate=validate.Length(max=100))
    everything = fields.Boolean(load_default=False, metadata={"description": "Settled tickets too."})
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))


class EstimateLine(ma.Schema):
    kind = fields.String(validate=validate.OneOf(list(ChargeKind)))
    quantity = fields.Integer()
    unit_cents = fields.Integer()
    cents = fields.Integer()
    facts = fields.Dict()


class Estimate(ma.Schema):
    number = fields.String()
    state = fields.Enum(EstimateState, by_value=True)
    currency = fields.String()
    lines = fields.List(fields.Nested(EstimateLine))
    net_cents = fields.Integer()
    tax_cents = fields.Integer()
    offered_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime()
    answered_at = fields.AwareDateTime(allow_none=True)
    answered_by = fields.String()


class TreeStep(ma.Schema):
    """A question or trial; an answer leads to another step, to `fixed`, `visit`, or `fault:CODE`."""

    key = fields.String()
    text_en = fields.String()
    text_zh = fields.String()
    on_yes = fields.String()
    on_no = fields.String()


class TicketEvent(ma.Schema):
    at = fields.AwareDateTime()
    user = fields.String(metadata={"description": "Absent where it happened by itself."})
    action = fields.String()
    facts = fields.Dict()


class TicketDetail(ma.Schema):
    ticket = fields.Nested(ListedTicket)
    cover = fields.Nested(Entitlement, allow_none=True)
    repeat_of = fields.String(allow_none=True, metadata={"description": "The job before, for the same fault."})
    next_step = fields.Nested(TreeStep, allow_none=True)
    outcome = fields.String(allow_none=True, metadata={"description": "How the tree ended: fixed or visit."})
    trials = fields.List(fields.Nested(Trial))
    estimates = fields.List(fields.Nested(Estimate))
    parts = fields.List(fields.Nested(LikelyPart))
    files = fields.List(fields.Nested(File))
    events = fields.List(fields.Nested(TicketEvent))


class TicketPage(ma.Schema):
    tickets = fields.List(fields.Nested(ListedTicket))
    total = fields.Integer()
    page = fields.Integer()


class ListedFault(ma.Schema):
    code = fields.String()
    subject = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    default_priority = fields.Enum(Priority, by_value=True)
    duration_seconds = fields.Integer()
    by_damage = fields.Boolean()


class FaultSkill(ma.Schema):
    skill = fields.String()
    level = fields.Integer()


class FaultPart(ma.Schema):
    family = fields.Enum(PartFamily, by_value=True)
    quantity = fields.Integer()
    percent = fields.Integer()


class FaultCause(ma.Schema):
    key = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    probability = fields.Integer()


class Fault(ListedFault):
    skills = fields.List(fields.Nested(FaultSkill))
    parts = fields.List(fields.Nested(FaultPart))
    causes = fields.List(fields.Nested(FaultCause))
    alarms = fields.List(fields.Pluck("AlarmCode", "code"))
    first_step = fields.String(allow_none=True)
    steps = fields.List(fields.Nested(TreeStep))


class AlarmCode(ma.Schema):
    code = fields.String()


class Faults(ma.Schema):
    faults = fields.List(fields.Nested(ListedFault))


class CatalogueLoaded(ma.Schema):
    added = fields.Integer()
    updated = fields.Integer()
