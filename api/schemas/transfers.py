"""Transfers as JSON."""

import marshmallow as ma
from marshmallow import fields, validate

from api.schemas.stock import MAX_LINES, serial_numbers
from inventory.models import TransferState

_CODE = validate.Length(1, 30)
_PIECES = validate.Range(0)
_REMARK = validate.Length(max=200)


class TransferQuery(ma.Schema):
    place = fields.String(load_default=None, validate=_CODE)
    state = fields.Enum(TransferState, by_value=True, load_default=None)


class WantedLine(ma.Schema):
    sku = fields.String(required=True, validate=validate.Length(1, 40))
    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(1))


class NewTransfer(ma.Schema):
    """Pieces that are to be brought from one warehouse or van to another."""

    from_place = fields.String(required=True, validate=_CODE, data_key="from")
    to_place = fields.String(required=True, validate=_CODE, data_key="to")
    reason = fields.String(required=True, validate=validate.Length(1, 200))
    expected_at = fields.AwareDateTime(load_default=None)
    lines = fields.List(fields.Nested(WantedLine), required=True, validate=validate.Length(1, MAX_LINES))


class PickedLine(ma.Schema):
    line = fields.Integer(required=True, strict=True)
    quantity = fields.Integer(required=True, strict=True, validate=_PIECES)
    remark = fields.String(load_default="", validate=_REMARK)


class Picking(ma.Schema):
    """What was found of lines that are not whole; lines that are not named were."""

    lines = fields.List(fields.Nested(PickedLine), load_default=(), validate=validate.Length(max=MAX_LINES))


class ShippedLine(ma.Schema):
    line = fields.Integer(required=True, strict=True)
    serials = serial_numbers()


class Shipping(ma.Schema):
    """When it should arrive, and the numbers of serial-tracked pieces."""

    expected_at = fields.AwareDateTime(load_default=None)
    lines = fields.List(fields.Nested(ShippedLine), load_default=(), validate=validate.Length(max=MAX_LINES))


class ArrivedLine(ma.Schema):
    line = fields.Integer(required=True, strict=True)
    good = fields.Integer(required=True, strict=True, validate=_PIECES)
    damaged = fields.Integer(load_default=0, strict=True, validate=_PIECES)
    remark = fields.String(load_default="", validate=_REMARK)
    serials = serial_numbers()
    damaged_serials = serial_numbers()


class Arrival(ma.Schema):
    """What arrived of lines that did not arrive whole and sound; lines that are not named did."""

    turned_back = fields.Boolean(load_default=False, metadata={"description": "Received where it had left."})
    lines = fields.List(fields.Nested(ArrivedLine), load_default=(), validate=validate.Length(max=MAX_LINES))


class FoundPieces(ma.Schema):
    """Missing pieces that have turned up, where they were sent to or where they had left."""

    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(1))
    place = fields.String(required=True, validate=_CODE)
    serials = serial_numbers()


class LostPieces(ma.Schema):
    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(1))
    reason = fields.String(required=True, validate=validate.Length(1, 200))
    serials = serial_numbers()


class TransferLine(ma.Schema):
    id = fields.Integer()
    sku = fields.String(attribute="part.sku")
    requested = fields.Integer()
    picked = fields.Integer()
    received = fields.Integer()
    damaged = fields.Integer()
    lost = fields.Integer()
    missing = fields.Integer()
    promised_to = fields.String(attribute="reservation.reference")
    remark = fields.String()


class Transfer(ma.Schema):
    id = fields.Integer()
    number = fields.String()
    state = fields.Enum(TransferState, by_value=True)
    from_place = fields.String(attribute="from_place.code", data_key="from")
    to_place = fields.String(attribute="to_place.code", data_key="to")
    reason = fields.String()
    requested_at = fields.AwareDateTime(format="iso")
    shipped_at = fields.AwareDateTime(format="iso")
    expected_at = fields.AwareDateTime(format="iso")
    closed_at = fields.AwareDateTime(format="iso")
    lines = fields.List(fields.Nested(TransferLine))


class Transfers(ma.Schema):
    transfers = fields.List(fields.Nested(Transfer))


class MissingLine(TransferLine):
    transfer = fields.String(attribute="transfer.number")


class MissingLines(ma.Schema):
    lines = fields.List(fields.Nested(MissingLine))


class ReceivedTransfer(ma.Schema):
    transfer = fields.Nested(Transfer)
    ready = fields.List(fields.String(), metadata={"description": "Jobs that waited for these parts and are ready."})
