"""The technician's van as JSON."""

import marshmallow as ma
from marshmallow import fields, validate

from api.schemas.stock import MAX_LINES, Level
from api.schemas.transfers import ArrivedLine, ShippedLine, Transfer, WantedLine


class Van(ma.Schema):
    trunk = fields.String(attribute="trunk.code")
    levels = fields.List(fields.Nested(Level))
    coming = fields.List(fields.Nested(Transfer), metadata={"description": "What others bring, or are asked to."})
    asked = fields.List(fields.Nested(Transfer), metadata={"description": "What others ask of this van."})


class Ask(ma.Schema):
    """Parts that a warehouse or a colleague's van is asked for."""

    from_place = fields.String(required=True, validate=validate.Length(1, 30), data_key="from")
    reason = fields.String(required=True, validate=validate.Length(1, 200))
    lines = fields.List(fields.Nested(WantedLine), required=True, validate=validate.Length(1, MAX_LINES))


class VanArrival(ma.Schema):
    """What arrived of lines that did not arrive whole and sound; lines that are not named did."""

    lines = fields.List(fields.Nested(ArrivedLine), load_default=(), validate=validate.Length(max=MAX_LINES))


class HandOver(ma.Schema):
    """The numbers of serial-tracked pieces."""

    lines = fields.List(fields.Nested(ShippedLine), load_default=(), validate=validate.Length(max=MAX_LINES))
