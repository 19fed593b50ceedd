"""Counts of the shelf as JSON."""

import marshmallow as ma
from marshmallow import fields, validate

from api.schemas.stock import MAX_LINES, serial_numbers
from inventory.count_plan import ValueClass
from inventory.models import CountState

_CODE = validate.Length(1, 30)
_SKU = validate.Length(1, 40)


class PlaceQuery(ma.Schema):
    place = fields.String(required=True, validate=_CODE)


class CountQuery(ma.Schema):
    state = fields.Enum(CountState, by_value=True, load_default=None)


class CountLimit(ma.Schema):
    """How much may differ, in cents, before somebody who did not count must approve."""

    limit_cents = fields.Integer(required=True, strict=True, validate=validate.Range(0))


class DuePart(ma.Schema):
    sku = fields.String(attribute="level.part.sku")
    bin = fields.String(attribute="level.bin")
    value_class = fields.Enum(ValueClass, by_value=True)
    last = fields.AwareDateTime(allow_none=True)


class DueParts(ma.Schema):
    due = fields.List(fields.Nested(DuePart))


class NewCycleCount(ma.Schema):
    """A count of some parts at a place."""

    place = fields.String(required=True, validate=_CODE)
    skus = fields.List(fields.String(validate=_SKU), required=True, validate=validate.Length(1, MAX_LINES))
    reason = fields.String(required=True, validate=validate.Length(1, 200))


class CountLine(ma.Schema):
    """What the books say is told only when the counting is over."""

    sku = fields.String(attribute="part.sku")
    first = fields.Integer(allow_none=True)
    second = fields.Integer(allow_none=True)
    booked = fields.Integer(allow_none=True)
    variance = fields.Integer()
    missing = fields.List(fields.String())
    surplus = fields.List(fields.String())


class BlindLine(ma.Schema):
    sku = fields.String(attribute="part.sku")
    first = fields.Integer(allow_none=True)
    second = fields.Integer(allow_none=True)


class CycleCount(ma.Schema):
    id = fields.Integer()
    number = fields.String()
    place = fields.String(attribute="place.code")
    state = fields.Enum(CountState, by_value=True)
    reason = fields.String()
    opened_at = fields.AwareDateTime()
    closed_at = fields.AwareDateTime(allow_none=True)
    lines = fields.List(fields.Nested(CountLine))


class BlindCycleCount(CycleCount):
    lines = fields.List(fields.Nested(BlindLine))


class CycleCounts(ma.Schema):
    counts = fields.List(fields.Nested(CycleCount))


class CountedLine(ma.Schema):
    sku = fields.String(required=True, validate=_SKU)
    pieces = fields.Integer(required=True, strict=True, validate=validate.Range(0))
    serials = serial_numbers()


class CountedLines(ma.Schema):
    """What was counted; with `finish` the counting ends."""

    lines = fields.List(fields.Nested(CountedLine), load_default=(), validate=validate.Length(max=MAX_LINES))
    finish = fields.Boolean(load_default=False)


class Posted(ma.Schema):
    count = fields.Nested(CycleCount)
    released = fields.List(
        fields.String(), metadata={"description": "Documents whose promises the count could not keep."}
    )
