"""Stock, deliveries, counts, restocking and pick lists."""

from typing import Any

from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.commands import KEY_PARAMETER, command
from api.schemas import stock as schemas
from api.schemas.plans import DayQuery
from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.firm import read_firm
from dispatch import stockwork
from inventory import picking, queries
from inventory.models import PickLine
from inventory.replenishment import draw_up_top_up, restock_proposals

stock = Blueprint("api_stock", __name__, url_prefix="/api/v1/stock", description="What is where")
deliveries = Blueprint("api_deliveries", __name__, url_prefix="/api/v1/deliveries", description="What suppliers bring")
counts = Blueprint("api_counts", __name__, url_prefix="/api/v1/counts", description="What is really there")
restock = Blueprint("api_restock", __name__, url_prefix="/api/v1/restock", description="What to fill up and to order")
pick_lists = Blueprint("api_pick_lists", __name__, url_prefix="/api/v1/pick-lists", description="What vans load")


@stock.route("")
class Stock(MethodView):
    """Stock levels."""

    @stock.arguments(schemas.LevelQuery, location="query")
    @stock.response(200, schemas.Levels)
    @allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """List stock levels by place and part."""
        session = db.session()
        place = wanted["place"] and queries.place_by_code(session, wanted["place"]).id
        return {"levels": queries.levels(session, text=wanted["text"], family=wanted["family"], place_id=place)}


@deliveries.route("")
class Deliveries(MethodView):
    """Deliveries of suppliers."""

    @deliveries.doc(parameters=[KEY_PARAMETER])
    @deliveries.arguments(schemas.Delivery)
    @deliveries.response(201, schemas.Received)
    @allow(RoleName.WAREHOUSE)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Receive a delivery; jobs that waited for its parts get them at once."""
        received = stockwork.receive_delivery(
            db.session(),
            warehouse_code=given["warehouse"],
            reference=given["reference"],
            lines=[stockwork.DeliveryLine(line["sku"], line["quantity"], line["serials"]) for line in given["lines"]],
            actor_id=current_user.id,
        )
        return {"pieces": received.pieces, "ready": [job.number for job in received.ready]}


@counts.route("")
class Counts(MethodView):
    """Corrections of stock."""

    @counts.doc(parameters=[KEY_PARAMETER])
    @counts.arguments(schemas.Count)
    @counts.response(200, schemas.Counted)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Set a stock level to what was counted; of promises that it cannot keep the least urgent are taken back."""
        counted = stockwork.record_count(
            db.session(),
            place_code=given["place"],
            sku=given["sku"],
            counted=given["counted"],
            reason=given["reason"],
            actor_id=current_user.id,
            serials=given["serials"],
        )
        return {"on_hand": counted.on_hand, "released": counted.references}


@restock.route("")
class Restock(MethodView):
    """Proposals to fill trunks up and to order from suppliers."""

    @restock.response(200, schemas.Proposals)
    @allow(RoleName.WAREHOUSE)
    def get(self) -> dict[str, Any]:
        """List what is below its par level or at its reorder point, with the reason."""
        return {"proposals": restock_proposals(db.session())}


@restock.route("/top-ups")
class TopUps(MethodView):
    """Vans that are filled up."""

    @restock.doc(parameters=[KEY_PARAMETER])
    @restock.arguments(schemas.TopUp)
    @restock.response(201, schemas.TopUpDrawn)
    @allow(RoleName.WAREHOUSE)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Put what fills a van up on its pick list of today, from one warehouse."""
        session = db.session()
        drawn = draw_up_top_up(
            session,
            trunk_id=queries.place_by_code(session, given["trunk"]).id,
            warehouse_id=queries.place_by_code(session, given["warehouse"]).id,
            day=read_firm(session).today(),
        )
        return {"pick_list": drawn and schemas.PickList().dump(drawn)}


@pick_lists.route("")
class PickLists(MethodView):
    """Pick lists that are not done."""

    @pick_lists.arguments(DayQuery, location="query")
    @pick_lists.response(200, schemas.PickLists)
    @allow(RoleName.WAREHOUSE)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """List the open pick lists of a day; today's if none is named."""
        session = db.session()
        return {"pick_lists": queries.open_pick_lists(session, day=wanted["day"] or read_firm(session).today())}


@pick_lists.route("/<int:pick_list_id>")
class PickList(MethodView):
    """One pick list."""

    @pick_lists.response(200, schemas.PickListInOrder)
    @allow(RoleName.WAREHOUSE)
    def get(self, pick_list_id: int) -> dict[str, Any]:
        """Show a pick list in the order of the bins."""
        session = db.session()
        shown = queries.pick_list_by_id(session, pick_list_id)
        bin_of = queries.bins(session, place_id=shown.warehouse_id, part_ids={line.part_id for line in shown.lines})
        lines = [
            {
                "id": line.id,
                "part": line.part,
                "bin": bin_of[line.part_id],
                "quantity": line.quantity,
                "reference": line.reference,
                "state": line.state,
                "remark": line.remark,
            }
            for line in queries.in_bin_order(session, shown)
        ]
        return {
            "id": shown.id,
            "warehouse": shown.warehouse,
            "trunk": shown.trunk,
            "day": shown.day,
            "state": shown.state,
            "lines": lines,
        }


@pick_lists.route("/<int:pick_list_id>/confirm")
class ConfirmList(MethodView):
    """A pick list that was loaded as a whole."""

    @pick_lists.doc(parameters=[KEY_PARAMETER])
    @pick_lists.arguments(schemas.ListConfirmation)
    @pick_lists.response(200, schemas.PickList)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], pick_list_id: int) -> dict[str, Any]:
        """Confirm every open line; the pieces are in the van then."""
        serials = {line["line"]: line["serials"] for line in given["serials"]}
        picked = picking.confirm_list(
            db.session(), pick_list_id=pick_list_id, actor_id=current_user.id, serials=serials
        )
        shown: dict[str, Any] = schemas.PickList().dump(picked)
        return shown


@pick_lists.route("/<int:pick_list_id>/scan")
class ScanLine(MethodView):
    """A line that is found by scanning."""

    @pick_lists.doc(parameters=[KEY_PARAMETER])
    @pick_lists.arguments(schemas.Scanned)
    @pick_lists.response(200, schemas.PickLine)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], pick_list_id: int) -> dict[str, Any]:
        """Confirm the line of what was scanned; scanning it again changes nothing."""
        found = picking.confirm_scan(
            db.session(), pick_list_id=pick_list_id, scanned=given["scanned"], actor_id=current_user.id
        )
        shown: dict[str, Any] = schemas.PickLine().dump(found.line)
        return shown


@pick_lists.route("/lines/<int:line_id>/confirm")
class ConfirmLine(MethodView):
    """One line that was loaded."""

    @pick_lists.doc(parameters=[KEY_PARAMETER])
    @pick_lists.arguments(schemas.Confirmation)
    @pick_lists.response(200, schemas.PickLine)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], line_id: int) -> dict[str, Any]:
        """Confirm one line; confirming it again changes nothing."""
        line = picking.confirm_line(db.session(), line_id=line_id, actor_id=current_user.id, serials=given["serials"])
        shown: dict[str, Any] = schemas.PickLine().dump(line)
        return shown


@pick_lists.route("/lines/<int:line_id>/short")
class ShortLine(MethodView):
    """A line for which the shelf holds too few pieces."""

    @pick_lists.doc(parameters=[KEY_PARAMETER])
    @pick_lists.arguments(schemas.ShortPick)
    @pick_lists.response(200, schemas.ShortPicked)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], line_id: int) -> dict[str, Any]:
        """Correct the shelf to what was found and take along what is left; who loses a promise is told."""
        session = db.session()
        released = stockwork.record_short_pick(session, line_id=line_id, actor_id=current_user.id, **given)
        line = session.get_one(PickLine, line_id)
        return {"line": schemas.PickLine().dump(line), "released": list(released)}
