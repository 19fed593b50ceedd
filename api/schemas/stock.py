"""Parts, stock and pick lists as JSON."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from inventory.models import PartFamily, PickState

MAX_LINES = 500
MAX_SERIALS = 1000


class LevelQuery(ma.Schema):
    text = fields.String(load_default="", validate=validate.Length(max=100))
    family = fields.Enum(PartFamily, by_value=True, load_default=None)
    place = fields.String(load_default=None, validate=validate.Length(1, 30))


class Level(ma.Schema):
    place = fields.String(attribute="place.code")
    sku = fields.String(attribute="part.sku")
    name_en = fields.String(attribute="part.name_en")
    name_zh = fields.String(attribute="part.name_zh")
    family = fields.Enum(PartFamily, by_value=True, attribute="part.family")
    on_hand = fields.Integer()
    reserved = fields.Integer()
    available = fields.Integer()
    minimum = fields.Integer()
    target = fields.Integer()
    bin = fields.String()


class Levels(ma.Schema):
    levels = fields.List(fields.Nested(Level))


def serial_numbers() -> fields.Field[Any]:
    """Return a field for the serial numbers of pieces."""
    return fields.List(
        fields.String(validate=validate.Length(1, 60)),
        load_default=(),
        validate=validate.Length(max=MAX_SERIALS),
        metadata={"description": "One for each piece, when the part is tracked by serial number."},
    )


class DeliveryLine(ma.Schema):
    sku = fields.String(required=True, validate=validate.Length(1, 40))
    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(1))
    serials = serial_numbers()


class Delivery(ma.Schema):
    """What a supplier brought; `reference` is the number on the delivery note."""

    warehouse = fields.String(required=True, validate=validate.Length(1, 30))
    reference = fields.String(required=True, validate=validate.Length(1, 80))
    lines = fields.List(fields.Nested(DeliveryLine), required=True, validate=validate.Length(1, MAX_LINES))


class Received(ma.Schema):
    pieces = fields.Integer()
    ready = fields.List(fields.String(), metadata={"description": "Jobs that waited for these parts and are ready."})


class Count(ma.Schema):
    """What somebody counted on a shelf or in a van."""

    place = fields.String(required=True, validate=validate.Length(1, 30))
    sku = fields.String(required=True, validate=validate.Length(1, 40))
    counted = fields.Integer(required=True, strict=True, validate=validate.Range(0))
    reason = fields.String(required=True, validate=validate.Length(1, 200))
    serials = serial_numbers()


class Counted(ma.Schema):
    on_hand = fields.Integer()
    released = fields.List(
        fields.String(), metadata={"description": "Jobs whose parts were not there and that were told so."}
    )


class Proposal(ma.Schema):
    place = fields.String(attribute="place.code")
    sku = fields.String(attribute="part.sku")
    quantity = fields.Integer()
    source = fields.String(attribute="source.code")
    reason = fields.String(attribute="reason.code")
    supplier = fields.String(attribute="supplier.code")
    facts = fields.Dict(keys=fields.String(), values=fields.Raw(), attribute="reason.facts")


class Proposals(ma.Schema):
    proposals = fields.List(fields.Nested(Proposal))


class PickLine(ma.Schema):
    id = fields.Integer()
    sku = fields.String(attribute="part.sku")
    serial_tracked = fields.Boolean(attribute="part.serial_tracked")
    quantity = fields.Integer()
    reference = fields.String()
    state = fields.Enum(PickState, by_value=True)
    remark = fields.String(metadata={"description": "Why fewer pieces went along than were asked for."})


class PickList(ma.Schema):
    id = fields.Integer()
    warehouse = fields.String(attribute="warehouse.code")
    trunk = fields.String(attribute="trunk.code")
    day = fields.Date()
    state = fields.Enum(PickState, by_value=True)
    lines = fields.List(fields.Nested(PickLine))


class TopUp(ma.Schema):
    trunk = fields.String(required=True, validate=validate.Length(1, 30))
    warehouse = fields.String(required=True, validate=validate.Length(1, 30))


class TopUpDrawn(ma.Schema):
    """The pick list that fills the trunk up; null where there is nothing to bring."""

    pick_list = fields.Nested(PickList, allow_none=True)


class BinLine(PickLine):
    bin = fields.String()


class PickListInOrder(PickList):
    """A pick list in the order of the bins."""

    lines = fields.List(fields.Nested(BinLine))


class Confirmation(ma.Schema):
    serials = serial_numbers()


class LineSerials(ma.Schema):
    line = fields.Integer(required=True, strict=True)
    serials = serial_numbers()


class ListConfirmation(ma.Schema):
    """Only for lines whose part is tracked by serial number."""

    serials = fields.List(fields.Nested(LineSerials), load_default=(), validate=validate.Length(max=MAX_LINES))


class Scanned(ma.Schema):
    """A SKU, a barcode or, of a part that is tracked by them, the serial numbers of the pieces, blanks between them."""

    scanned = fields.String(required=True, validate=validate.Length(1, 1000))


class ShortPick(ma.Schema):
    """How many pieces lie on the shelf, and why that may be."""

    found = fields.Integer(required=True, strict=True, validate=validate.Range(0))
    reason = fields.String(required=True, validate=validate.Length(1, 200))
    serials = serial_numbers()


class ShortPicked(ma.Schema):
    line = fields.Nested(PickLine)
    released = fields.List(
        fields.String(), metadata={"description": "Documents, such as jobs, whose pieces are not there."}
    )


class PickLists(ma.Schema):
    pick_lists = fields.List(fields.Nested(PickList))
