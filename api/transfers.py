"""Transfers between warehouses and vans: requested, picked, shipped, received, and what is missing of them."""

from typing import Any

from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.commands import KEY_PARAMETER, command
from api.schemas import transfers as schemas
from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch import stockwork
from inventory import arrivals, queries
from inventory import transfers as moves
from inventory.models import Transfer, TransferLine

transfers = Blueprint(
    "api_transfers", __name__, url_prefix="/api/v1/transfers", description="What is brought from place to place"
)

LISTED = 500


@transfers.route("")
class Transfers(MethodView):
    """Transfers."""

    @transfers.arguments(schemas.TransferQuery, location="query")
    @transfers.response(200, schemas.Transfers)
    @allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """List transfers, the newest first; those of a place are what comes to it and what leaves it."""
        session = db.session()
        place_id = wanted["place"] and queries.place_by_code(session, wanted["place"]).id
        states = [wanted["state"]] if wanted["state"] else []
        return {"transfers": moves.transfers(session, place_id=place_id, states=states, limit=LISTED)}

    @transfers.doc(parameters=[KEY_PARAMETER])
    @transfers.arguments(schemas.NewTransfer)
    @transfers.response(201, schemas.Transfer)
    @allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Ask for pieces to be brought from one place to another."""
        session = db.session()
        lines = [
            moves.TransferWanted(queries.part_by_sku(session, line["sku"]).id, line["quantity"])
            for line in given["lines"]
        ]
        transfer = moves.request(
            session,
            from_place_id=queries.place_by_code(session, given["from_place"]).id,
            to_place_id=queries.place_by_code(session, given["to_place"]).id,
            lines=lines,
            reason=given["reason"],
            expected_at=given["expected_at"],
            actor_id=current_user.id,
        )
        return shown(transfer)


@transfers.route("/missing")
class Missing(MethodView):
    """Pieces that left and did not arrive."""

    @transfers.response(200, schemas.MissingLines)
    @allow(RoleName.WAREHOUSE)
    def get(self) -> dict[str, Any]:
        """List what is still missing of transfers that were received."""
        return {"lines": arrivals.missing_in_transit(db.session())}


@transfers.route("/<int:transfer_id>")
class OneTransfer(MethodView):
    """One transfer."""

    @transfers.response(200, schemas.Transfer)
    @allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
    def get(self, transfer_id: int) -> Any:
        """Show a transfer with its lines."""
        return moves.transfer_by_id(db.session(), transfer_id)


@transfers.route("/<int:transfer_id>/pick")
class Pick(MethodView):
    """A transfer that is laid ready."""

    @transfers.doc(parameters=[KEY_PARAMETER])
    @transfers.arguments(schemas.Picking)
    @transfers.response(200, schemas.Transfer)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], transfer_id: int) -> dict[str, Any]:
        """Lay the pieces ready; they are held for the transfer from now on."""
        picked = [moves.Picked(line["line"], line["quantity"], line["remark"]) for line in given["lines"]]
        return shown(moves.pick(db.session(), transfer_id=transfer_id, picked=picked))


@transfers.route("/<int:transfer_id>/ship")
class Ship(MethodView):
    """A transfer that leaves."""

    @transfers.doc(parameters=[KEY_PARAMETER])
    @transfers.arguments(schemas.Shipping)
    @transfers.response(200, schemas.Transfer)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], transfer_id: int) -> dict[str, Any]:
        """Send what was picked on its way; it is in transit from now on."""
        transfer = moves.ship(
            db.session(),
            transfer_id=transfer_id,
            serials={line["line"]: line["serials"] for line in given["lines"]},
            expected_at=given["expected_at"],
            actor_id=current_user.id,
        )
        return shown(transfer)


@transfers.route("/<int:transfer_id>/receive")
class Receive(MethodView):
    """A transfer that arrives."""

    @transfers.doc(parameters=[KEY_PARAMETER])
    @transfers.arguments(schemas.Arrival)
    @transfers.response(200, schemas.ReceivedTransfer)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], transfer_id: int) -> dict[str, Any]:
        """Take a transfer in; jobs that waited for its pieces get them at once."""
        received = stockwork.receive_transfer(
            db.session(),
            transfer_id=transfer_id,
            arrived=arrived_lines(given),
            turned_back=given["turned_back"],
            actor_id=current_user.id,
        )
        transfer = shown(moves.transfer_by_id(db.session(), transfer_id))
        return {"transfer": transfer, "ready": [job.number for job in received.ready]}


@transfers.route("/<int:transfer_id>/cancel")
class Cancel(MethodView):
    """A transfer that is called off."""

    @transfers.doc(parameters=[KEY_PARAMETER])
    @transfers.response(200, schemas.Transfer)
    @allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
    @command()
    def post(self, transfer_id: int) -> dict[str, Any]:
        """Call off a transfer that has not left."""
        return shown(moves.cancel(db.session(), transfer_id=transfer_id))


@transfers.route("/lines/<int:line_id>/found")
class Found(MethodView):
    """Missing pieces that have turned up."""

    @transfers.doc(parameters=[KEY_PARAMETER])
    @transfers.arguments(schemas.FoundPieces)
    @transfers.response(200, schemas.TransferLine)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], line_id: int) -> dict[str, Any]:
        """Book missing pieces where they were found."""
        session = db.session()
        line = arrivals.find_missing(
            session,
            line_id=line_id,
            quantity=given["quantity"],
            place_id=queries.place_by_code(session, given["place"]).id,
            serials=given["serials"],
            actor_id=current_user.id,
        )
        return _shown_line(line)


@transfers.route("/lines/<int:line_id>/write-off")
class WriteOff(MethodView):
    """Missing pieces that nobody looks for any more."""

    @transfers.doc(parameters=[KEY_PARAMETER])
    @transfers.arguments(schemas.LostPieces)
    @transfers.response(200, schemas.TransferLine)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], line_id: int) -> dict[str, Any]:
        """Write missing pieces off."""
        line = arrivals.write_off_missing(
            db.session(),
            line_id=line_id,
            quantity=given["quantity"],
            reason=given["reason"],
            serials=given["serials"],
            actor_id=current_user.id,
        )
        return _shown_line(line)


def arrived_lines(given: dict[str, Any]) -> list[arrivals.Arrived]:
    """Read what arrived of the lines that a caller named."""
    return [
        arrivals.Arrived(
            line["line"],
            line["good"],
            line["damaged"],
            line["remark"],
            line["serials"],
            line["damaged_serials"],
        )
        for line in given["lines"]
    ]


def shown(transfer: Transfer) -> dict[str, Any]:
    """Return a transfer as plain JSON values."""
    dumped: dict[str, Any] = schemas.Transfer().dump(transfer)
    return dumped


def _shown_line(line: TransferLine) -> dict[str, Any]:
    shown: dict[str, Any] = schemas.TransferLine().dump(line)
    return shown
