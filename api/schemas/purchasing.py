"""Suppliers, purchase orders and reorder points as JSON."""

import marshmallow as ma
from marshmallow import fields, validate

from api.schemas.stock import MAX_LINES, serial_numbers
from inventory.models import OrderState

_CODE = validate.Length(1, 30)
_SKU = validate.Length(1, 40)


class NewSupplier(ma.Schema):
    code = fields.String(required=True, validate=validate.Length(1, 20))
    name = fields.String(required=True, validate=validate.Length(1, 160))
    email = fields.String(load_default="", validate=validate.Length(max=254))


class Supplier(ma.Schema):
    code = fields.String()
    name = fields.String()
    email = fields.String()


class Suppliers(ma.Schema):
    suppliers = fields.List(fields.Nested(Supplier))


class SupplyTerms(ma.Schema):
    """How a supplier sells a part; of several suppliers the one with the lowest rank is asked first."""

    lead_time_days = fields.Integer(required=True, strict=True, validate=validate.Range(0, 3650))
    price_cents = fields.Integer(required=True, strict=True, validate=validate.Range(0))
    pack_size = fields.Integer(load_default=1, strict=True, validate=validate.Range(1))
    rank = fields.Integer(load_default=1, strict=True, validate=validate.Range(1, 99))
    supplier_sku = fields.String(load_default="", validate=validate.Length(max=60))


class Supply(SupplyTerms):
    sku = fields.String(attribute="part.sku")
    supplier = fields.String(attribute="supplier.code")


class Supplies(ma.Schema):
    supplies = fields.List(fields.Nested(Supply))


class OrderQuery(ma.Schema):
    state = fields.Enum(OrderState, by_value=True, load_default=None)


class LineTerms(ma.Schema):
    """What is ordered of a part; without a price it is the supplier's, without a day it follows from the lead time."""

    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(1))
    price_cents = fields.Integer(load_default=None, strict=True, validate=validate.Range(0))
    due_on = fields.Date(load_default=None)
    reason = fields.String(load_default="", validate=validate.Length(max=300))


class OrderedLine(LineTerms):
    """A line of an order."""

    sku = fields.String(required=True, validate=_SKU)


class NewOrder(ma.Schema):
    supplier = fields.String(required=True, validate=validate.Length(1, 20))
    warehouse = fields.String(required=True, validate=_CODE)
    lines = fields.List(fields.Nested(OrderedLine), required=True, validate=validate.Length(1, MAX_LINES))


class NewDay(ma.Schema):
    sku = fields.String(required=True, validate=_SKU)
    due_on = fields.Date(required=True)


class DeliveredLine(ma.Schema):
    code = fields.String(
        required=True, validate=validate.Length(1, 60), metadata={"description": "SKU or barcode, as scanned."}
    )
    quantity = fields.Integer(required=True, strict=True, validate=validate.Range(1))
    serials = serial_numbers()


class OrderDelivery(ma.Schema):
    """What arrived for an order."""

    lines = fields.List(fields.Nested(DeliveredLine), required=True, validate=validate.Length(1, MAX_LINES))


class OrderLine(ma.Schema):
    sku = fields.String(attribute="part.sku")
    quantity = fields.Integer()
    received = fields.Integer()
    price_cents = fields.Integer()
    due_on = fields.Date()
    reason = fields.String()


class Cancelling(ma.Schema):
    state = fields.Enum(
        OrderState,
        by_value=True,
        load_default=None,
        metadata={"description": "The state in which you saw it; it is refused if it is in another one by now."},
    )


class Order(ma.Schema):
    id = fields.Integer()
    number = fields.String()
    supplier = fields.String(attribute="supplier.code")
    warehouse = fields.String(attribute="warehouse.code")
    state = fields.Enum(OrderState, by_value=True)
    created_at = fields.AwareDateTime(format="iso")
    sent_at = fields.AwareDateTime(format="iso")
    closed_at = fields.AwareDateTime(format="iso")
    lines = fields.List(fields.Nested(OrderLine))


class Orders(ma.Schema):
    orders = fields.List(fields.Nested(Order))


class ReceivedOrder(ma.Schema):
    order = fields.Nested(Order)
    ready = fields.List(fields.String(), metadata={"description": "Jobs that waited for these parts and are ready."})


class ParLevel(ma.Schema):
    """When and how far a place is restocked with a part; zero and zero means not at all."""

    place = fields.String(required=True, validate=_CODE)
    sku = fields.String(required=True, validate=_SKU)
    minimum = fields.Integer(required=True, strict=True, validate=validate.Range(0))
    target = fields.Integer(required=True, strict=True, validate=validate.Range(0))


class LevelNamed(ma.Schema):
    place = fields.String(required=True, validate=_CODE)
    sku = fields.String(required=True, validate=_SKU)


class PolicyTerms(ma.Schema):
    """How often stock is to suffice while an order is on its way, and for how many days an order is to last."""

    service_level = fields.Float(required=True, validate=validate.Range(0.5, 0.999))
    cover_days = fields.Integer(required=True, strict=True, validate=validate.Range(1, 365))


class Rule(ma.Schema):
    place = fields.String(attribute="place.code")
    sku = fields.String(attribute="part.sku")
    method = fields.String()
    service_level = fields.Float()
    demand_per_week = fields.Float()
    lead_time_days = fields.Integer()
    minimum = fields.Integer(metadata={"description": "The computed reorder point."})
    target = fields.Integer(metadata={"description": "The computed order-up-to level."})
    by_hand = fields.Boolean(metadata={"description": "Whether a person has set the level otherwise."})
    computed_at = fields.AwareDateTime(format="iso")


class Rules(ma.Schema):
    rules = fields.List(fields.Nested(Rule))


class Inflow(ma.Schema):
    on = fields.Date()
    quantity = fields.Float()
    source = fields.String()
    document = fields.String()


class Claim(ma.Schema):
    reference = fields.String()
    quantity = fields.Integer()
    needed_at = fields.AwareDateTime(format="iso")
    promised_on = fields.Date(metadata={"description": "When it can have its pieces, as promised by suppliers."})
    likely_on = fields.Date(metadata={"description": "The same, with the repairs that are likely."})


class Curve(ma.Schema):
    """What there will be of a part, day by day, and who waits for it."""

    sku = fields.String()
    today = fields.Date()
    available = fields.Dict(keys=fields.String(), values=fields.Integer())
    inflows = fields.List(fields.Nested(Inflow))
    points = fields.List(
        fields.List(fields.Raw()), metadata={"description": "Day and pieces that warehouses can count on by then."}
    )
    waiting = fields.List(fields.Nested(Claim))
