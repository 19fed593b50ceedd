"""Parts, stock and pick lists as JSON."""

import marshmallow as ma
from marshmallow import fields, validate

from inventory.models import PartFamily, PickState

MAX_LINES = 500


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


class DeliveryLine(ma.Schema):
    sku = fields.String(required=True, validate=validate.Length(1, 40))
    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(1))


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
    facts = fields.Dict(keys=fields.String(), values=fields.Integer(), attribute="reason.facts")


class Proposals(ma.Schema):
    proposals = fields.List(fields.Nested(Proposal))


class PickLine(ma.Schema):
    id = fields.Integer()
    sku = fields.String(attribute="part.sku")
    quantity = fields.Integer()
    reference = fields.String()
    state = fields.Enum(PickState, by_value=True)


class PickList(ma.Schema):
    id = fields.Integer()
    warehouse = fields.String(attribute="warehouse.code")
    trunk = fields.String(attribute="trunk.code")
    day = fields.Date()
    state = fields.Enum(PickState, by_value=True)
    lines = fields.List(fields.Nested(PickLine))


class PickLists(ma.Schema):
    pick_lists = fields.List(fields.Nested(PickList))
