"""What labels are asked for."""

import marshmallow as ma
from marshmallow import fields, validate

from inventory.label_sheets import SHEETS
from inventory.labels import MOST_LABELS, LabelKind


class LabelQuery(ma.Schema):
    kind = fields.Enum(LabelKind, by_value=True, load_default=LabelKind.PARTS)
    place = fields.String(
        load_default="",
        validate=validate.Length(max=30),
        metadata={"description": "A warehouse; the first one if none is named."},
    )
    sku = fields.List(
        fields.String(validate=validate.Length(1, 40)), load_default=(), validate=validate.Length(max=MOST_LABELS)
    )
    copies = fields.Integer(load_default=1, validate=validate.Range(1, MOST_LABELS))
    sheet = fields.String(load_default="a4", validate=validate.OneOf(list(SHEETS)))
