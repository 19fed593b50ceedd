"""Maintenance plans as JSON."""

import marshmallow as ma
from marshmallow import fields, validate

from customers.models import Priority
from dispatch.models.jobs import JobKind, JobStatus


class MaintenanceTerms(ma.Schema):
    """What a plan says; `rule` is an RFC 5545 rule without DTSTART."""

    name = fields.String(required=True, validate=validate.Length(1, 160))
    contract = fields.String(required=True, validate=validate.Length(1, 30))
    site = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 30))
    device = fields.String(load_default=None, allow_none=True, metadata={"description": "Serial number."})
    model = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 60))
    kind = fields.Enum(JobKind, by_value=True, load_default=JobKind.MAINTENANCE)
    priority = fields.Enum(Priority, by_value=True, load_default=Priority.P4)
    rule = fields.String(required=True, validate=validate.Length(1, 200))
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(load_default=None, allow_none=True)
    ahead_days = fields.Integer(strict=True, load_default=14)
    tolerance_days = fields.Integer(strict=True, load_default=7)
    duration_seconds = fields.Integer(strict=True, required=True)
    skills = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 40)), values=fields.Integer(strict=True), load_default=dict
    )
    parts = fields.Dict(
        keys=fields.String(validate=validate.Length(1, 40)),
        values=fields.Integer(strict=True),
        load_default=dict,
        metadata={"description": "Pieces by SKU."},
    )
    description = fields.String(load_default="", validate=validate.Length(max=4_000))


class NewMaintenancePlan(MaintenanceTerms):
    code = fields.String(required=True, validate=validate.Length(1, 30))


class MaintenanceChange(MaintenanceTerms):
    """The whole plan as it is to be; `version` is the one that was read."""

    version = fields.Integer(required=True, strict=True, validate=validate.Range(1))


class MaintenanceState(ma.Schema):
    version = fields.Integer(required=True, strict=True, validate=validate.Range(1))
    active = fields.Boolean(required=True)


class MaintenancePlan(ma.Schema):
    code = fields.String()
    name = fields.String()
    contract = fields.String(attribute="contract.code")
    site = fields.String(attribute="site.code")
    device = fields.String(attribute="device.serial")
    model = fields.String(allow_none=True)
    kind = fields.Enum(JobKind, by_value=True)
    priority = fields.Enum(Priority, by_value=True)
    rule = fields.String()
    starts_on = fields.Date()
    ends_on = fields.Date(allow_none=True)
    ahead_days = fields.Integer()
    tolerance_days = fields.Integer()
    duration_seconds = fields.Integer()
    skills = fields.Dict()
    parts = fields.Dict()
    description = fields.String()
    active = fields.Boolean()
    version = fields.Integer()
    problem = fields.Dict(allow_none=True, metadata={"description": "Why jobs could not be made the last time."})


class MaintenancePlans(ma.Schema):
    plans = fields.List(fields.Nested(MaintenancePlan))


class MaintenanceTurn(ma.Schema):
    """One turn of a plan that was made into a job."""

    job = fields.String(attribute="job.number")
    status = fields.Enum(JobStatus, by_value=True, attribute="job.status")
    device = fields.String(attribute="device.serial")
    due_on = fields.Date()
    together_with = fields.String(
        attribute="together_with.number", metadata={"description": "Other work at the site; absent if it stands alone."}
    )


class MaintenanceDetail(ma.Schema):
    plan = fields.Nested(MaintenancePlan)
    next_days = fields.List(fields.Date())
    devices = fields.Integer()
    turns = fields.List(fields.Nested(MaintenanceTurn))


class MaintenancePreview(ma.Schema):
    """What a plan would come to."""

    days = fields.List(fields.Date())
    devices = fields.Integer()
    jobs = fields.Integer(metadata={"description": "How many jobs would be made right now."})


class MadeJobs(ma.Schema):
    jobs = fields.Pluck("MadeJob", "number", many=True)
    joined = fields.Pluck(
        "MadeJob", "number", many=True, metadata={"description": "Jobs that now go along with other work."}
    )


class MadeJob(ma.Schema):
    number = fields.String()
