"""The fault catalogue: reading it, and reading in a firm's own."""

from typing import Any

from flask import request
from flask.views import MethodView
from flask_smorest import Blueprint

from api.commands import KEY_PARAMETER, command
from api.schemas import tickets as schemas
from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch.fault_catalogue import load_catalogue, read_catalogue
from dispatch.faults import fault_by_code, fault_catalogue
from dispatch.models import FaultCode

faults = Blueprint("api_faults", __name__, url_prefix="/api/v1/faults", description="The fault catalogue")

READERS = (RoleName.DESK, RoleName.DISPATCHER, RoleName.MANAGER, RoleName.TECHNICIAN)
JSON_BODY = {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}


@faults.route("")
class Faults(MethodView):
    """All faults."""

    @faults.response(200, schemas.Faults)
    @allow(*READERS)
    def get(self) -> dict[str, Any]:
        """List the catalogue by code."""
        return {"faults": fault_catalogue(db.session())}

    @faults.doc(parameters=[KEY_PARAMETER], requestBody=JSON_BODY)
    @faults.response(200, schemas.CatalogueLoaded)
    @allow(RoleName.ADMIN)
    @command()
    def post(self) -> dict[str, Any]:
        """Read in faults, all or none, over those of the same code; a refusal lists everything that is wrong."""
        loaded = load_catalogue(db.session(), read_catalogue(request.get_data()))
        shown: dict[str, Any] = schemas.CatalogueLoaded().dump(loaded)
        return shown


@faults.route("/<string:code>")
class OneFault(MethodView):
    """One fault."""

    @faults.response(200, schemas.Fault)
    @allow(*READERS)
    def get(self, code: str) -> FaultCode:
        """Show a fault with its tree, causes, parts, skills and alarms."""
        return fault_by_code(db.session(), code)
