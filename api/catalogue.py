"""Parts and warehouses, where pieces are and have been, and whether the books are right."""

from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from api.commands import KEY_PARAMETER, command
from api.schemas import catalogue as schemas
from core.access import allow
from core.accounts import RoleName, names_of
from core.db import db
from inventory import catalogue, queries, tracing
from inventory.audit import find_differences

parts = Blueprint("api_parts", __name__, url_prefix="/api/v1/parts", description="The catalogue")
places = Blueprint("api_places", __name__, url_prefix="/api/v1/places", description="Warehouses, vans and bins")
find = Blueprint("api_find", __name__, url_prefix="/api/v1/find", description="What a label stands for")
audit = Blueprint("api_audit", __name__, url_prefix="/api/v1/audit", description="Whether the books are right")


@parts.route("")
class Parts(MethodView):
    """The parts of the catalogue."""

    @parts.arguments(schemas.PartQuery, location="query")
    @parts.response(200, schemas.Parts)
    @allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """List the parts whose SKU or name contains a text, or that fit a device model."""
        session = db.session()
        return {"parts": queries.parts(session, device_model=wanted["device_model"], text=wanted["text"], whole=True)}

    @parts.doc(parameters=[KEY_PARAMETER])
    @parts.arguments(schemas.NewPart)
    @parts.response(201, schemas.CataloguePart)
    @allow(RoleName.WAREHOUSE)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Take a new part into the catalogue."""
        sku = given.pop("sku")
        return _shown(catalogue.add_part(db.session(), sku=sku, facts=catalogue.PartFacts(**given)))


@parts.route("/<path:sku>")
class Part(MethodView):
    """One part."""

    @parts.response(200, schemas.CataloguePart)
    @allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
    def get(self, sku: str) -> Any:
        """Show what the catalogue says about a part."""
        return queries.part_by_sku(db.session(), sku)

    @parts.doc(parameters=[KEY_PARAMETER])
    @parts.arguments(schemas.PartFacts)
    @parts.response(200, schemas.CataloguePart)
    @allow(RoleName.WAREHOUSE)
    @command()
    def put(self, given: dict[str, Any], sku: str) -> dict[str, Any]:
        """Write over what the catalogue says about a part."""
        return _shown(catalogue.change_part(db.session(), sku=sku, facts=catalogue.PartFacts(**given)))


@parts.route("/<path:sku>/serials/<path:number>")
class Custody(MethodView):
    """One piece of a serial-tracked part."""

    @parts.response(200, schemas.Custody)
    @allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
    def get(self, sku: str, number: str) -> dict[str, Any]:
        """Show every place and hand that a piece passed through, from its receipt on."""
        session = db.session()
        found = tracing.custody(session, sku=sku, number=number)
        people = names_of(session, {step.user_id for step in found.movements if step.user_id is not None})
        steps = [
            {
                "at": step.at,
                "kind": step.kind,
                "from_place": step.from_place,
                "to_place": step.to_place,
                "reference": step.reference,
                "reason": step.reason,
                **({"who": people[step.user_id]} if step.user_id in people else {}),
            }
            for step in found.movements
        ]
        return {"piece": found.serial, "steps": steps}


@places.route("")
class Places(MethodView):
    """Where stock is kept."""

    @places.response(200, schemas.Places)
    @allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
    def get(self) -> dict[str, Any]:
        """List warehouses and vans."""
        session = db.session()
        return {"places": [*queries.warehouses(session), *queries.trunks(session)]}

    @places.doc(parameters=[KEY_PARAMETER])
    @places.arguments(schemas.NewWarehouse)
    @places.response(201, schemas.Place)
    @allow(RoleName.WAREHOUSE)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Set up a warehouse; vans come with their technicians."""
        code = given.pop("code")
        place = catalogue.add_warehouse(db.session(), code=code, facts=catalogue.WarehouseFacts(**given))
        shown: dict[str, Any] = schemas.Place().dump(place)
        return shown


@places.route("/<path:code>")
class Warehouse(MethodView):
    """One warehouse."""

    @places.doc(parameters=[KEY_PARAMETER])
    @places.arguments(schemas.WarehouseFacts)
    @places.response(200, schemas.Place)
    @allow(RoleName.WAREHOUSE)
    @command()
    def put(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """Write over the name, the address and the position of a warehouse."""
        place = catalogue.change_warehouse(db.session(), code=code, facts=catalogue.WarehouseFacts(**given))
        shown: dict[str, Any] = schemas.Place().dump(place)
        return shown


@places.route("/bins")
class Bins(MethodView):
    """Where at a place parts lie."""

    @places.doc(parameters=[KEY_PARAMETER])
    @places.arguments(schemas.Bin)
    @places.response(200, schemas.Bin)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Write down the bin of a part; pick lists lead through the bins in order."""
        session = db.session()
        level = catalogue.set_bin(
            session,
            place_id=queries.place_by_code(session, given["place"]).id,
            part_id=queries.part_by_sku(session, given["sku"]).id,
            bin_code=given["bin"],
        )
        return {"place": given["place"], "sku": given["sku"], "bin": level.bin}


@find.route("")
class Find(MethodView):
    """Labels."""

    @find.arguments(schemas.FindQuery, location="query")
    @find.response(200, schemas.Found)
    @allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Find parts and pieces by SKU, barcode or serial number, else by what contains the text."""
        found = tracing.find(db.session(), wanted["text"])
        return {"parts": found.parts, "pieces": found.serials}


@audit.route("")
class Audit(MethodView):
    """The books."""

    @audit.response(200, schemas.Audit)
    @allow(RoleName.WAREHOUSE)
    def get(self) -> dict[str, Any]:
        """Compare stock with the ledger, the promises and the pieces; nothing listed means that all agree."""
        return {"differences": find_differences(db.session())}


def _shown(part: Any) -> dict[str, Any]:
    shown: dict[str, Any] = schemas.CataloguePart().dump(part)
    return shown
