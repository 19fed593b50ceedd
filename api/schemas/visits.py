"""A technician's day as JSON."""

import marshmallow as ma
from marshmallow import fields, validate

from api.schemas.phone import CheckedItem
from api.schemas.reports import Briefing
from api.schemas.stock import serial_numbers
from customers.models import Priority
from dispatch.fieldwork.checklists import CHECKLISTS
from dispatch.models.visits import CannotComplete, VisitStatus
from dispatch.stops import Whereabouts


class Use(ma.Schema):
    sku = fields.String(required=True, validate=validate.Length(1, 40))
    quantity = fields.Integer(required=True, strict=True)
    serials = serial_numbers()


class SwappedDevices(ma.Schema):
    """The device that was taken away, and the one put in its place; its model if nobody has seen it before."""

    serial_out = fields.String(load_default="", validate=validate.Length(max=60))
    serial_in = fields.String(load_default="", validate=validate.Length(max=60))
    model_in = fields.String(load_default="", validate=validate.Length(max=60))


class Completion(SwappedDevices):
    note = fields.String(load_default="", validate=validate.Length(max=500))
    signed_by = fields.String(load_default="", validate=validate.Length(max=120))
    checklist = fields.List(
        fields.Nested(CheckedItem),
        load_default=list,
        validate=validate.Length(max=40),
        metadata={"description": "What was looked at, by the keys of the list for the kind of work in GET /day."},
    )


class Failure(ma.Schema):
    """Why the work could not be finished; with `sku` when a part is needed, `skill` and `level` when a skill is."""

    reason = fields.Enum(CannotComplete, by_value=True, required=True)
    note = fields.String(load_default="", validate=validate.Length(max=500))
    sku = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 40))
    quantity = fields.Integer(load_default=1, strict=True)
    skill = fields.String(load_default="", validate=validate.Length(max=40))
    level = fields.Integer(load_default=1, strict=True)


class Part(ma.Schema):
    sku = fields.String(attribute="part.sku")
    quantity = fields.Integer()
    used = fields.Integer()
    whereabouts = fields.Enum(Whereabouts, by_value=True)
    place = fields.String(attribute="place.code")


class Visit(ma.Schema):
    id = fields.Integer()
    status = fields.Enum(VisitStatus, by_value=True)
    job = fields.String(attribute="job.number")
    priority = fields.Enum(Priority, by_value=True, attribute="job.priority")
    site = fields.String(attribute="job.site.name")
    address = fields.String(attribute="job.site.address")
    lat = fields.Float(attribute="job.site.lat")
    lon = fields.Float(attribute="job.site.lon")
    device_serial = fields.String(attribute="job.device.serial")
    device_model = fields.String(attribute="job.device.model")
    fault_code = fields.String(attribute="job.fault.code")
    description = fields.String(attribute="job.description")
    planned_arrival = fields.AwareDateTime()
    planned_start = fields.AwareDateTime()
    planned_end = fields.AwareDateTime()
    window_start = fields.AwareDateTime(attribute="job.window_start", allow_none=True)
    window_end = fields.AwareDateTime(attribute="job.window_end", allow_none=True)
    set_off_at = fields.AwareDateTime(allow_none=True)
    arrived_at = fields.AwareDateTime(allow_none=True)
    ended_at = fields.AwareDateTime(allow_none=True)
    serial_out = fields.String()
    serial_in = fields.String()
    checks = fields.Function(
        lambda visit: list(CHECKLISTS[visit.job.kind]),
        metadata={"type": "array", "items": {"type": "string"}, "description": "What to look at before completing."},
    )


class Stop(ma.Schema):
    """A visit, a pick-up at a warehouse, or a break."""

    kind = fields.String()
    arrives_at = fields.AwareDateTime()
    leaves_at = fields.AwareDateTime()
    visit = fields.Nested(Visit, metadata={"description": "Visits only."})
    parts = fields.List(fields.Nested(Part), metadata={"description": "Visits only."})
    before = fields.Nested(Briefing, metadata={"description": "Visits only: what was tried, said and sent before."})
    warehouse = fields.String(metadata={"description": "Pick-ups only."})
    pick_list_ids = fields.List(fields.Integer(), metadata={"description": "Pick-ups only."})


class Day(ma.Schema):
    day = fields.Date()
    stops = fields.List(fields.Nested(Stop))


class UsedPart(ma.Schema):
    sku = fields.String(attribute="part.sku")
    quantity = fields.Integer()
    used = fields.Integer()
