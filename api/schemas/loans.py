"""What is lent to shops as JSON."""

import marshmallow as ma
from marshmallow import fields, validate

from api.schemas.stock import serial_numbers

_CODE = validate.Length(1, 30)


class LoanQuery(ma.Schema):
    all = fields.Boolean(load_default=False, metadata={"description": "Also what has come back, the latest first."})


class NewLoan(ma.Schema):
    """Pieces of a part that a shop gets for a while, and what for."""

    site = fields.String(required=True, validate=_CODE)
    place = fields.String(required=True, validate=_CODE, data_key="from")
    sku = fields.String(required=True, validate=validate.Length(1, 40))
    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(1))
    serials = serial_numbers()
    reference = fields.String(required=True, validate=validate.Length(1, 80))


class TakingBack(ma.Schema):
    place = fields.String(required=True, validate=_CODE)
    good = fields.Integer(load_default=0, strict=True, validate=validate.Range(0))
    damaged = fields.Integer(load_default=0, strict=True, validate=validate.Range(0))


class LostLoan(ma.Schema):
    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(1))
    reason = fields.String(required=True, validate=validate.Length(1, 200))


class Loan(ma.Schema):
    id = fields.Integer()
    number = fields.String()
    site = fields.String(attribute="site.name")
    from_place = fields.String(attribute="from_place.code", data_key="from")
    sku = fields.String(attribute="part.sku")
    serial = fields.String(attribute="serial.number")
    quantity = fields.Integer()
    out = fields.Integer()
    returned = fields.Integer()
    lost = fields.Integer()
    reference = fields.String()
    lent_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime()


class Loans(ma.Schema):
    loans = fields.List(fields.Nested(Loan))


class TakenBack(ma.Schema):
    loan = fields.Nested(Loan)
    ready = fields.List(fields.String(), metadata={"description": "Jobs that waited for the pieces and are ready."})
