"""Suppliers, purchase orders, reorder points, and when there will be what."""

from typing import Any

from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.commands import KEY_PARAMETER, command
from api.schemas import purchasing as schemas
from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.firm import read_firm
from dispatch import stockwork
from inventory import purchasing, queries, reorder, replenishment, suppliers, tracing
from inventory.models import PurchaseOrder, ReorderRule
from inventory.supply_curve import supply_curves

firms = Blueprint("api_suppliers", __name__, url_prefix="/api/v1/suppliers", description="Who parts are bought from")
orders = Blueprint("api_orders", __name__, url_prefix="/api/v1/purchase-orders", description="What is bought")
levels = Blueprint("api_levels", __name__, url_prefix="/api/v1/reorder", description="When and how much to order")
supply = Blueprint("api_supply", __name__, url_prefix="/api/v1/supply", description="When there will be what")


@firms.route("")
class Suppliers(MethodView):
    """Suppliers."""

    @firms.response(200, schemas.Suppliers)
    @allow(RoleName.WAREHOUSE)
    def get(self) -> dict[str, Any]:
        """List the suppliers."""
        return {"suppliers": suppliers.suppliers(db.session())}

    @firms.doc(parameters=[KEY_PARAMETER])
    @firms.arguments(schemas.NewSupplier)
    @firms.response(201, schemas.Supplier)
    @allow(RoleName.WAREHOUSE)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Write a supplier down, or change the one with this code."""
        shown: dict[str, Any] = schemas.Supplier().dump(suppliers.add_supplier(db.session(), **given))
        return shown


@firms.route("/<path:code>/parts")
class Supplies(MethodView):
    """What a supplier sells."""

    @firms.response(200, schemas.Supplies)
    @allow(RoleName.WAREHOUSE)
    def get(self, code: str) -> dict[str, Any]:
        """List what a supplier sells."""
        session = db.session()
        return {"supplies": suppliers.supplies_of(session, suppliers.supplier_by_code(session, code).id)}


@firms.route("/<path:code>/parts/<path:sku>")
class Supply(MethodView):
    """How a supplier sells one part."""

    @firms.doc(parameters=[KEY_PARAMETER])
    @firms.arguments(schemas.SupplyTerms)
    @firms.response(200, schemas.Supply)
    @allow(RoleName.WAREHOUSE)
    @command()
    def put(self, given: dict[str, Any], code: str, sku: str) -> dict[str, Any]:
        """Write down how a supplier sells a part."""
        session = db.session()
        sold = suppliers.set_supply(
            session,
            supplier_id=suppliers.supplier_by_code(session, code).id,
            part_id=queries.part_by_sku(session, sku).id,
            **given,
        )
        shown: dict[str, Any] = schemas.Supply().dump(sold)
        return shown

    @firms.doc(parameters=[KEY_PARAMETER])
    @firms.response(200, schemas.Supplies)
    @allow(RoleName.WAREHOUSE)
    @command()
    def delete(self, code: str, sku: str) -> dict[str, Any]:
        """Write down that a supplier does not sell a part any more; answers what it still sells."""
        session = db.session()
        supplier_id = suppliers.supplier_by_code(session, code).id
        suppliers.end_supply(session, supplier_id=supplier_id, part_id=queries.part_by_sku(session, sku).id)
        return {"supplies": schemas.Supply(many=True).dump(suppliers.supplies_of(session, supplier_id))}


@orders.route("")
class Orders(MethodView):
    """Purchase orders."""

    @orders.arguments(schemas.OrderQuery, location="query")
    @orders.response(200, schemas.Orders)
    @allow(RoleName.WAREHOUSE)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """List purchase orders, the newest first."""
        states = [wanted["state"]] if wanted["state"] else []
        return {"orders": purchasing.orders(db.session(), states=states, limit=500)}

    @orders.doc(parameters=[KEY_PARAMETER])
    @orders.arguments(schemas.NewOrder)
    @orders.response(201, schemas.Order)
    @allow(RoleName.WAREHOUSE)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Draft an order."""
        session = db.session()
        lines = [
            purchasing.OrderWanted(
                queries.part_by_sku(session, line["sku"]).id,
                line["quantity"],
                line["price_cents"],
                line["due_on"],
                line["reason"],
            )
            for line in given["lines"]
        ]
        order = purchasing.draft(
            session,
            supplier_id=suppliers.supplier_by_code(session, given["supplier"]).id,
            warehouse_id=queries.place_by_code(session, given["warehouse"]).id,
            lines=lines,
            actor_id=current_user.id,
        )
        return _shown(order)


@orders.route("/proposed")
class Proposed(MethodView):
    """What the warehouses should order today."""

    @orders.doc(parameters=[KEY_PARAMETER])
    @orders.response(201, schemas.Orders)
    @allow(RoleName.WAREHOUSE)
    @command(201)
    def post(self) -> dict[str, Any]:
        """Draft one order per warehouse and supplier for all that is at its reorder point."""
        drafted = replenishment.draft_orders(db.session(), actor_id=current_user.id)
        return {"orders": [_shown(order) for order in drafted]}


@orders.route("/<int:order_id>")
class OneOrder(MethodView):
    """One purchase order."""

    @orders.response(200, schemas.Order)
    @allow(RoleName.WAREHOUSE)
    def get(self, order_id: int) -> Any:
        """Show an order with its lines."""
        return purchasing.order_by_id(db.session(), order_id)


@orders.route("/<int:order_id>/lines/<path:sku>")
class Line(MethodView):
    """A part on a draft."""

    @orders.doc(parameters=[KEY_PARAMETER])
    @orders.arguments(schemas.LineTerms)
    @orders.response(200, schemas.Order)
    @allow(RoleName.WAREHOUSE)
    @command()
    def put(self, given: dict[str, Any], order_id: int, sku: str) -> dict[str, Any]:
        """Put a part on a draft, or change the line that it has there."""
        session = db.session()
        line = purchasing.OrderWanted(queries.part_by_sku(session, sku).id, **given)
        return _shown(purchasing.put_line(session, order_id=order_id, line=line))

    @orders.doc(parameters=[KEY_PARAMETER])
    @orders.response(200, schemas.Order)
    @allow(RoleName.WAREHOUSE)
    @command()
    def delete(self, order_id: int, sku: str) -> dict[str, Any]:
        """Take a part off a draft."""
        session = db.session()
        part_id = queries.part_by_sku(session, sku).id
        return _shown(purchasing.remove_line(session, order_id=order_id, part_id=part_id))


@orders.route("/<int:order_id>/send")
class Send(MethodView):
    """A draft that goes to the supplier."""

    @orders.doc(parameters=[KEY_PARAMETER])
    @orders.response(200, schemas.Order)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, order_id: int) -> dict[str, Any]:
        """Send a draft; its pieces are on order from now on."""
        session = db.session()
        return _shown(purchasing.send(session, order_id=order_id, today=read_firm(session).today()))


@orders.route("/<int:order_id>/postpone")
class Postpone(MethodView):
    """A line that comes at another time."""

    @orders.doc(parameters=[KEY_PARAMETER])
    @orders.arguments(schemas.NewDay)
    @orders.response(200, schemas.Order)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], order_id: int) -> dict[str, Any]:
        """Write down when the supplier now promises a part."""
        session = db.session()
        part_id = queries.part_by_sku(session, given["sku"]).id
        return _shown(purchasing.postpone(session, order_id=order_id, part_id=part_id, due_on=given["due_on"]))


@orders.route("/<int:order_id>/receive")
class Receive(MethodView):
    """A delivery for an order."""

    @orders.doc(parameters=[KEY_PARAMETER])
    @orders.arguments(schemas.OrderDelivery)
    @orders.response(200, schemas.ReceivedOrder)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], order_id: int) -> dict[str, Any]:
        """Put what arrived on the shelf; jobs that waited for it get it at once."""
        session = db.session()
        delivered = [
            purchasing.Delivered(tracing.scan(session, line["code"]).part.id, line["quantity"], line["serials"])
            for line in given["lines"]
        ]
        received = stockwork.receive_order(session, order_id=order_id, delivered=delivered, actor_id=current_user.id)
        shown = _shown(purchasing.order_by_id(session, order_id))
        return {"order": shown, "ready": [job.number for job in received.ready]}


@orders.route("/<int:order_id>/close")
class Close(MethodView):
    """An order of which no more will come."""

    @orders.doc(parameters=[KEY_PARAMETER])
    @orders.response(200, schemas.Order)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, order_id: int) -> dict[str, Any]:
        """Stop waiting for the rest of an order."""
        return _shown(purchasing.close(db.session(), order_id=order_id))


@orders.route("/<int:order_id>/cancel")
class Cancel(MethodView):
    """An order that is called off."""

    @orders.doc(parameters=[KEY_PARAMETER])
    @orders.arguments(schemas.Cancelling)
    @orders.response(200, schemas.Order)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], order_id: int) -> dict[str, Any]:
        """Call off an order of which nothing has arrived; with `state` only if it is still in that state."""
        return _shown(purchasing.cancel(db.session(), order_id=order_id, seen=given["state"]))


@levels.route("/levels")
class Levels(MethodView):
    """Reorder points and par levels."""

    @levels.doc(parameters=[KEY_PARAMETER])
    @levels.arguments(schemas.ParLevel)
    @levels.response(200, schemas.ParLevel)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Set when and how far a place is restocked; what a person sets stays, whatever is computed."""
        session = db.session()
        level = replenishment.set_par_level(
            session,
            place_id=queries.place_by_code(session, given["place"]).id,
            part_id=queries.part_by_sku(session, given["sku"]).id,
            minimum=given["minimum"],
            target=given["target"],
        )
        return {
            "place": given["place"],
            "sku": given["sku"],
            "minimum": level.minimum,
            "target": level.target,
        }


@levels.route("/levels/follow")
class Follow(MethodView):
    """A level that follows the computed numbers again."""

    @levels.doc(parameters=[KEY_PARAMETER])
    @levels.arguments(schemas.LevelNamed)
    @levels.response(200, schemas.Rule)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Let a level that a person has set follow the computed numbers again."""
        session = db.session()
        rule = reorder.follow_computed(
            session,
            place_id=queries.place_by_code(session, given["place"]).id,
            part_id=queries.part_by_sku(session, given["sku"]).id,
        )
        return _shown_rule(rule)


@levels.route("/rules")
class Rules(MethodView):
    """Computed reorder points."""

    @levels.response(200, schemas.Rules)
    @allow(RoleName.WAREHOUSE)
    def get(self) -> dict[str, Any]:
        """List the computed reorder points by place and part."""
        return {"rules": reorder.rules(db.session())[0]}

    @levels.doc(parameters=[KEY_PARAMETER])
    @levels.response(200, schemas.Rules)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self) -> dict[str, Any]:
        """Compute reorder points anew from what was used; they are computed every night as well."""
        session = db.session()
        rules = reorder.compute_rules(session, today=read_firm(session).today())
        return {"rules": [_shown_rule(rule) for rule in rules]}


@levels.route("/policy")
class Policy(MethodView):
    """The firm's policy for reorder points."""

    @levels.response(200, schemas.PolicyTerms)
    @allow(RoleName.WAREHOUSE)
    def get(self) -> Any:
        """Show the service level that is asked for, and for how long an order lasts."""
        return reorder.read_policy(db.session())

    @levels.doc(parameters=[KEY_PARAMETER])
    @levels.arguments(schemas.PolicyTerms)
    @levels.response(200, schemas.PolicyTerms)
    @allow(RoleName.WAREHOUSE)
    @command()
    def put(self, given: dict[str, Any]) -> dict[str, Any]:
        """Choose the service level; it holds from the next computation on."""
        reorder.write_policy(db.session(), reorder.Policy(**given))
        return given


@supply.route("/<path:sku>")
class Curve(MethodView):
    """What there will be of a part."""

    @supply.response(200, schemas.Curve)
    @allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
    def get(self, sku: str) -> dict[str, Any]:
        """Show what is available, what comes when, and when those who wait can have their pieces."""
        session = db.session()
        part = queries.part_by_sku(session, sku)
        curve = supply_curves(session, [part.id], today=read_firm(session).today())[part.id]
        return {
            "sku": part.sku,
            "today": curve.today,
            "available": {kind.value: pieces for kind, pieces in curve.available.items()},
            "inflows": curve.inflows,
            "points": [[on.isoformat(), pieces] for on, pieces in curve.points()],
            "waiting": [
                {**vars(claim), **vars(curve.outlook(claim.quantity, after=curve.claims[:position]))}
                for position, claim in enumerate(curve.claims)
            ],
        }


def _shown(order: PurchaseOrder) -> dict[str, Any]:
    shown: dict[str, Any] = schemas.Order().dump(order)
    return shown


def _shown_rule(rule: ReorderRule) -> dict[str, Any]:
    shown: dict[str, Any] = schemas.Rule().dump(rule)
    return shown
