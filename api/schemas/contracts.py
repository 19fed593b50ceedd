"""Contracts as JSON."""

import marshmallow as ma
from marshmallow import fields, validate

from core.accounts import RoleName
from customers.models import CalendarKind, Priority
from customers.terms import MAX_CENTS, MAX_MINUTES

MINUTES = validate.Range(1, MAX_MINUTES)
CENTS = validate.Range(0, MAX_CENTS)


class ServiceTarget(ma.Schema):
    """What is owed for a priority, and what missing it costs."""

    response_minutes = fields.Integer(required=True, strict=True, validate=MINUTES)
    resolution_minutes = fields.Integer(required=True, strict=True, validate=MINUTES)
    late_cents_per_minute = fields.Integer(load_default=0, strict=True, validate=CENTS)
    breach_cents = fields.Integer(load_default=0, strict=True, validate=CENTS)


class ContractTerms(ma.Schema):
    """All that a contract says but for its customer and its sites."""

    calendar = fields.Enum(CalendarKind, by_value=True, required=True)
    zone = fields.String(required=True, validate=validate.Length(1, 60))
    service_hours = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.List(fields.String())),
        load_default=dict,
        metadata={"description": 'As {"mon": [["08:00", "12:00"], ["14:00", "18:00"]], ...}; unused for 24x7.'},
    )
    holidays = fields.String(load_default=None, allow_none=True, validate=validate.Length(2, 2))
    starts_on = fields.Date(load_default=None, allow_none=True)
    ends_on = fields.Date(load_default=None, allow_none=True)
    covers_parts = fields.Boolean(load_default=True)
    covers_labour = fields.Boolean(load_default=True)
    covers_travel = fields.Boolean(load_default=True)
    price_list = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 30))
    warned_role = fields.String(load_default=RoleName.DISPATCHER.value, validate=validate.OneOf(list(RoleName)))
    breach_role = fields.String(load_default=RoleName.MANAGER.value, validate=validate.OneOf(list(RoleName)))
    targets = fields.Dict(
        keys=fields.Enum(Priority, by_value=True),
        values=fields.Nested(ServiceTarget),
        required=True,
        validate=validate.Length(1),
    )


class Contract(ma.Schema):
    code = fields.String()
    customer = fields.String()
    terms = fields.Nested(ContractTerms)
    digest = fields.String(metadata={"description": "Another one for other terms; send it back with a change."})


class Contracts(ma.Schema):
    contracts = fields.List(fields.Nested(Contract))


class ContractChange(ma.Schema):
    """All the terms anew; `digest` is the one that was read."""

    digest = fields.String(load_default=None, allow_none=True, validate=validate.Length(max=64))
    terms = fields.Nested(ContractTerms, required=True)
