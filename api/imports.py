"""CSV files of a firm's own data."""

from typing import Any

import marshmallow as ma
from flask import Response, request
from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint
from marshmallow import fields

from api.commands import KEY_PARAMETER, command
from core.access import allow
from core.accounts import RoleName
from core.db import db
from desk.csv_import import import_csv, template_csv

imports = Blueprint("api_imports", __name__, url_prefix="/api/v1/imports", description="A firm's own data as CSV")

CSV_BODY = {"required": True, "content": {"text/csv": {"schema": {"type": "string"}}}}


class Imported(ma.Schema):
    kind = fields.String()
    added = fields.Integer()
    updated = fields.Integer()


@imports.route("/<string:kind>")
class Imports(MethodView):
    """Files of one kind: contracts, sites, devices, faults, technicians, warehouses, parts, stock or jobs."""

    @imports.response(200, content_type="text/csv")
    @allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
    def get(self, kind: str) -> Response:
        """Download an empty file with the right header."""
        return Response(template_csv(kind), mimetype="text/csv")

    @imports.doc(parameters=[KEY_PARAMETER], requestBody=CSV_BODY)
    @imports.response(200, Imported)
    @allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
    @command()
    def post(self, kind: str) -> dict[str, Any]:
        """Import a file: every row or none; a refusal lists every bad row with its line and the reason."""
        result = import_csv(db.session(), kind=kind, text=request.get_data(), actor_id=current_user.id)
        shown: dict[str, Any] = Imported().dump(result)
        return shown
