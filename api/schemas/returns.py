"""Defective parts and returns to suppliers as JSON."""

import marshmallow as ma
from marshmallow import fields, validate

from api.schemas.stock import MAX_LINES, serial_numbers
from inventory.models import CoreState, RmaState

_CODE = validate.Length(1, 30)
_TEXT = validate.Length(1, 200)
_IDS = validate.Length(1, MAX_LINES)


class CoreQuery(ma.Schema):
    state = fields.Enum(CoreState, by_value=True, load_default=None)
    trunk = fields.String(load_default=None, validate=_CODE)


class Core(ma.Schema):
    id = fields.Integer()
    sku = fields.String(attribute="part.sku")
    serial = fields.String(attribute="serial.number", dump_default=None)
    state = fields.Enum(CoreState, by_value=True)
    trunk = fields.String(attribute="trunk.code", dump_default=None)
    place = fields.String(attribute="place.code", dump_default=None)
    reference = fields.String(metadata={"description": "The job it comes from, or the transfer it was damaged on."})
    due_since = fields.AwareDateTime()
    received_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime()
    finding = fields.String()
    rma = fields.String(attribute="rma.number", dump_default=None)


class Cores(ma.Schema):
    cores = fields.List(fields.Nested(Core))


class Taking(ma.Schema):
    serial = fields.String(load_default="", validate=validate.Length(max=60))


class Why(ma.Schema):
    reason = fields.String(required=True, validate=_TEXT)


class CoreReceipt(ma.Schema):
    """Cores that are taken out of the vans, all or none."""

    warehouse = fields.String(required=True, validate=_CODE)
    cores = fields.List(fields.Integer(strict=True), required=True, validate=_IDS)


class Finding(ma.Schema):
    finding = fields.String(required=True, validate=_TEXT)


class Repaired(ma.Schema):
    core = fields.Nested(Core)
    ready = fields.List(fields.String(), metadata={"description": "Jobs that waited for the piece and are ready."})


class PartYield(ma.Schema):
    sku = fields.String()
    closed = fields.Integer()
    repaired = fields.Integer()
    share = fields.Float()
    turnaround_days = fields.Float(allow_none=True)


class Yields(ma.Schema):
    yields = fields.List(fields.Nested(PartYield))


class NewRma(ma.Schema):
    """Cores of one warehouse that go back to their supplier."""

    supplier = fields.String(required=True, validate=_CODE)
    warehouse = fields.String(required=True, validate=_CODE)
    cores = fields.List(fields.Integer(strict=True), required=True, validate=_IDS)


class Rma(ma.Schema):
    id = fields.Integer()
    number = fields.String()
    supplier = fields.String(attribute="supplier.code")
    warehouse = fields.String(attribute="warehouse.code")
    state = fields.Enum(RmaState, by_value=True)
    supplier_reference = fields.String()
    credit_cents = fields.Integer(allow_none=True)
    opened_at = fields.AwareDateTime()
    shipped_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime()
    cores = fields.List(fields.Nested(Core))


class Rmas(ma.Schema):
    rmas = fields.List(fields.Nested(Rma))


class RmaShipping(ma.Schema):
    supplier_reference = fields.String(required=True, validate=validate.Length(1, 80))


class Crediting(ma.Schema):
    credit_cents = fields.Integer(required=True, strict=True, validate=validate.Range(0))


class ReplacedPart(ma.Schema):
    sku = fields.String(required=True, validate=validate.Length(1, 40))
    serials = serial_numbers()


class Replacing(ma.Schema):
    """The numbers of serial-tracked pieces that came instead."""

    parts = fields.List(fields.Nested(ReplacedPart), load_default=(), validate=validate.Length(max=MAX_LINES))


class Replaced(ma.Schema):
    rma = fields.Nested(Rma)
    ready = fields.List(fields.String(), metadata={"description": "Jobs that waited for the pieces and are ready."})
