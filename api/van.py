"""The caller's own van: what is in it, what comes to it, what others ask of it."""

from collections import Counter
from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from api.caller import own_technician
from api.commands import KEY_PARAMETER, command
from api.schemas import transfers as transfer_schemas
from api.schemas import van as schemas
from api.transfers import arrived_lines, shown
from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch import vanwork
from inventory import queries, transfers

van = Blueprint("api_van", __name__, url_prefix="/api/v1/van", description="The technician's own van")


@van.route("")
class Van(MethodView):
    """The van."""

    @van.response(200, schemas.Van)
    @allow(RoleName.TECHNICIAN)
    def get(self) -> dict[str, Any]:
        """Show what is in the caller's van, what comes to it and what others ask of it."""
        session, technician = db.session(), own_technician()
        under_way = vanwork.of_van(session, technician)
        return {
            "trunk": technician.trunk,
            "levels": queries.stock_of(session, place_id=technician.trunk_id),
            "coming": [transfer for transfer in under_way if transfer.to_place_id == technician.trunk_id],
            "asked": [transfer for transfer in under_way if transfer.from_place_id == technician.trunk_id],
        }


@van.route("/asks")
class Asks(MethodView):
    """Parts that are asked for."""

    @van.doc(parameters=[KEY_PARAMETER])
    @van.arguments(schemas.Ask)
    @van.response(201, transfer_schemas.Transfer)
    @allow(RoleName.TECHNICIAN)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Ask a warehouse or a colleague for parts to be brought to the caller's van."""
        session = db.session()
        pieces = Counter[int]()
        for line in given["lines"]:
            pieces[queries.part_by_sku(session, line["sku"]).id] += line["quantity"]
        asked = vanwork.ask_for(
            session,
            own_technician(),
            source=queries.place_by_code(session, given["from_place"]),
            pieces=pieces,
            reason=given["reason"],
        )
        return shown(asked)


@van.route("/transfers/<int:transfer_id>/receive")
class Receive(MethodView):
    """Parts that were brought."""

    @van.doc(parameters=[KEY_PARAMETER])
    @van.arguments(schemas.VanArrival)
    @van.response(200, transfer_schemas.ReceivedTransfer)
    @allow(RoleName.TECHNICIAN)
    @command()
    def post(self, given: dict[str, Any], transfer_id: int) -> dict[str, Any]:
        """Take what was brought into the caller's van; jobs that waited for it get it at once."""
        session, arrived = db.session(), arrived_lines(given)
        received = vanwork.receive(session, own_technician(), transfer_id=transfer_id, arrived=arrived)
        transfer = shown(transfers.transfer_by_id(session, transfer_id))
        return {"transfer": transfer, "ready": [job.number for job in received.ready]}


@van.route("/transfers/<int:transfer_id>/hand-over")
class HandOver(MethodView):
    """Parts that a colleague gets."""

    @van.doc(parameters=[KEY_PARAMETER])
    @van.arguments(schemas.HandOver)
    @van.response(200, transfer_schemas.Transfer)
    @allow(RoleName.TECHNICIAN)
    @command()
    def post(self, given: dict[str, Any], transfer_id: int) -> dict[str, Any]:
        """Give what was asked for out of the caller's van; it is on its way from then on."""
        serials = {line["line"]: line["serials"] for line in given["lines"]}
        return shown(vanwork.hand_over(db.session(), own_technician(), transfer_id=transfer_id, serials=serials))
