"""Jobs as JSON."""

import marshmallow as ma
from marshmallow import fields, validate

from api.schemas.reports import Entitlement, LikelyPart, Reported
from customers.models import Priority
from dispatch.models.jobs import JobKind, JobStatus

DESCRIPTION_LENGTH = 4_000


class Window(ma.Schema):
    """A promise to the customer: the work starts in it."""

    start = fields.AwareDateTime(required=True)
    end = fields.AwareDateTime(required=True)


class NewJob(ma.Schema):
    """A fault report."""

    device_serial = fields.String(required=True, validate=validate.Length(1, 60))
    fault_code = fields.String(required=True, validate=validate.Length(1, 30))
    priority = fields.Enum(Priority, by_value=True, load_default=None, allow_none=True)
    description = fields.String(load_default="", validate=validate.Length(max=DESCRIPTION_LENGTH))
    window = fields.Nested(Window, load_default=None, allow_none=True)
    reported_at = fields.AwareDateTime(load_default=None, allow_none=True)


class JobChange(ma.Schema):
    """What is to change; `version` is the one that was read."""

    version = fields.Integer(required=True, strict=True, validate=validate.Range(1))
    priority = fields.Enum(Priority, by_value=True)
    description = fields.String(validate=validate.Length(max=DESCRIPTION_LENGTH))
    duration_seconds = fields.Integer(strict=True, validate=validate.Range(1, 86_400))
    window = fields.Nested(Window, allow_none=True)
    response_due = fields.AwareDateTime(metadata={"description": "Agreed on instead of what the contract owes."})
    resolution_due = fields.AwareDateTime(metadata={"description": "Agreed on instead of what the contract owes."})


class Cancellation(ma.Schema):
    reason = fields.String(required=True, validate=validate.Length(1, 200))
    version = fields.Integer(
        load_default=None,
        allow_none=True,
        metadata={"description": "As it was read; refused if somebody changed the job since."},
    )


class JobPart(ma.Schema):
    sku = fields.String(attribute="part.sku")
    instead_of = fields.String(
        attribute="instead_of.sku", metadata={"description": "The part that was wanted, when this is its substitute."}
    )
    quantity = fields.Integer()
    used = fields.Integer()
    place = fields.String(
        attribute="reservation.place.code",
        metadata={"description": "Where the pieces are promised; absent if they are not."},
    )


class ListedJob(ma.Schema):
    number = fields.String()
    kind = fields.Enum(JobKind, by_value=True)
    status = fields.Enum(JobStatus, by_value=True)
    priority = fields.Enum(Priority, by_value=True)
    site = fields.String(attribute="site.code")
    device_serial = fields.String(attribute="device.serial")
    description = fields.String()
    duration_seconds = fields.Integer()
    skills = fields.Dict(keys=fields.String(), values=fields.Integer())
    reported_at = fields.AwareDateTime()
    response_due = fields.AwareDateTime()
    resolution_due = fields.AwareDateTime()
    window_start = fields.AwareDateTime(allow_none=True)
    window_end = fields.AwareDateTime(allow_none=True)
    responded_at = fields.AwareDateTime(allow_none=True)
    completed_at = fields.AwareDateTime(allow_none=True)
    version = fields.Integer()


class Job(ListedJob):
    fault_code = fields.String(attribute="fault.code")
    parts = fields.List(fields.Nested(JobPart))
    repeat_of = fields.String(
        attribute="repeat_of.number", metadata={"description": "The job before, for the same fault of the same device."}
    )


class JobQuery(ma.Schema):
    status = fields.Enum(JobStatus, by_value=True, load_default=None)
    priority = fields.Enum(Priority, by_value=True, load_default=None)
    text = fields.String(load_default="", validate=validate.Length(max=100))
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))


class JobPage(ma.Schema):
    jobs = fields.List(fields.Nested(ListedJob))
    total = fields.Integer()
    page = fields.Integer()


class Event(ma.Schema):
    at = fields.AwareDateTime()
    action = fields.String()
    from_status = fields.Enum(JobStatus, by_value=True, allow_none=True)
    to_status = fields.Enum(JobStatus, by_value=True)
    note = fields.String()
    facts = fields.Dict(metadata={"description": "Pairs of what was and what is by field, and other facts by name."})


class MissingPart(ma.Schema):
    sku = fields.String()
    wanted = fields.Integer()
    available = fields.Integer()
    coming = fields.Integer(metadata={"description": "Pieces that a colleague brings or was asked to bring."})


class AwaitedPart(ma.Schema):
    """A part that a job waits for, and when it can have it; without a day nobody knows."""

    sku = fields.String(attribute="part.sku")
    quantity = fields.Integer()
    promised_on = fields.Date(attribute="outlook.promised_on", metadata={"description": "As suppliers promised."})
    likely_on = fields.Date(attribute="outlook.likely_on", metadata={"description": "With likely repairs."})
    transfer = fields.String(attribute="transfer.number", metadata={"description": "What brings it, if anything."})


class JobDetail(ma.Schema):
    job = fields.Nested(Job)
    events = fields.List(fields.Nested(Event))
    missing = fields.List(fields.Nested(MissingPart))
    outlook = fields.List(fields.Nested(AwaitedPart))
    cover = fields.Nested(Entitlement, allow_none=True)
    may_need = fields.List(
        fields.Nested(LikelyPart), metadata={"description": "Less likely parts, which the job does not ask for."}
    )
    reported = fields.Nested(Reported, allow_none=True, metadata={"description": "Null if it had no ticket."})


class Jobs(ma.Schema):
    jobs = fields.List(fields.Nested(ListedJob))
