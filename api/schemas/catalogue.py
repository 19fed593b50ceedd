"""Parts, warehouses, pieces and their way as JSON."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from inventory.models import MovementKind, PartFamily, PlaceKind

MAX_WORDS = 200


def _words(most: int, meaning: str) -> fields.Field[Any]:
    return fields.List(
        fields.String(validate=validate.Length(1, most)),
        load_default=(),
        validate=validate.Length(max=MAX_WORDS),
        metadata={"description": meaning},
    )


class PartFacts(ma.Schema):
    """What the catalogue says about a part; what is left out is empty."""

    name_en = fields.String(required=True, validate=validate.Length(1, 160))
    name_zh = fields.String(required=True, validate=validate.Length(1, 160))
    family = fields.Enum(PartFamily, by_value=True, required=True)
    unit_cost_cents = fields.Integer(required=True, strict=True, validate=validate.Range(0))
    barcode = fields.String(load_default="", validate=validate.Length(max=60))
    serial_tracked = fields.Boolean(load_default=False)
    core_due = fields.Boolean(load_default=False)
    fits = _words(60, "Device models.")
    substitutes = _words(40, "SKUs of parts that may stand in for it, the best first.")


class NewPart(PartFacts):
    sku = fields.String(required=True, validate=validate.Length(1, 40))


class CataloguePart(ma.Schema):
    sku = fields.String()
    name_en = fields.String()
    name_zh = fields.String()
    family = fields.Enum(PartFamily, by_value=True)
    unit_cost_cents = fields.Integer()
    barcode = fields.String(allow_none=True)
    serial_tracked = fields.Boolean()
    core_due = fields.Boolean()
    fits = fields.Function(lambda part: [fit.device_model for fit in part.fits])
    substitutes = fields.Function(lambda part: [row.substitute.sku for row in part.substitutes])


class PartQuery(ma.Schema):
    text = fields.String(load_default="", validate=validate.Length(max=100))
    device_model = fields.String(load_default=None, validate=validate.Length(1, 60))


class Parts(ma.Schema):
    parts = fields.List(fields.Nested(CataloguePart))


class WarehouseFacts(ma.Schema):
    name = fields.String(required=True, validate=validate.Length(1, 120))
    address = fields.String(load_default="", validate=validate.Length(max=200))
    lat = fields.Float(load_default=None, allow_none=True)
    lon = fields.Float(load_default=None, allow_none=True)


class NewWarehouse(WarehouseFacts):
    code = fields.String(required=True, validate=validate.Length(1, 30))


class Place(ma.Schema):
    code = fields.String()
    name = fields.String()
    kind = fields.Enum(PlaceKind, by_value=True)
    address = fields.String()
    lat = fields.Float(allow_none=True)
    lon = fields.Float(allow_none=True)


class Places(ma.Schema):
    places = fields.List(fields.Nested(Place))


class Bin(ma.Schema):
    """Where at a place a part lies; empty for nowhere in particular."""

    place = fields.String(required=True, validate=validate.Length(1, 30))
    sku = fields.String(required=True, validate=validate.Length(1, 40))
    bin = fields.String(required=True, validate=validate.Length(max=20))


class Piece(ma.Schema):
    sku = fields.String(attribute="part.sku")
    serial = fields.String(attribute="number")
    place = fields.String(attribute="place.code")
    place_kind = fields.Enum(PlaceKind, by_value=True, attribute="place.kind")


class FindQuery(ma.Schema):
    text = fields.String(required=True, validate=validate.Length(1, 100))


class Found(ma.Schema):
    parts = fields.List(fields.Nested(CataloguePart))
    pieces = fields.List(fields.Nested(Piece))


class Step(ma.Schema):
    """One entry of the ledger that moved the piece."""

    at = fields.AwareDateTime()
    kind = fields.Enum(MovementKind, by_value=True)
    from_place = fields.String(attribute="from_place.code")
    to_place = fields.String(attribute="to_place.code")
    reference = fields.String()
    reason = fields.String()
    who = fields.String(metadata={"description": "Absent when nobody did it by hand."})


class Custody(ma.Schema):
    piece = fields.Nested(Piece)
    steps = fields.List(fields.Nested(Step))


class Difference(ma.Schema):
    kind = fields.String()
    place = fields.String(metadata={"description": "Empty for a sum over all places."})
    sku = fields.String()
    subject = fields.String(metadata={"description": "The piece or the document; empty for totals."})
    expected = fields.Integer()
    found = fields.Integer()


class Audit(ma.Schema):
    differences = fields.List(fields.Nested(Difference))
