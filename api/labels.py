"""Labels for parts, bins and single pieces."""

from typing import Any

from flask import Response, current_app
from flask.views import MethodView
from flask_smorest import Blueprint

from api.schemas.labels import LabelQuery
from core.access import allow
from core.accounts import RoleName
from core.db import db
from inventory.label_sheets import SHEETS, draw, find_font
from inventory.labels import make_labels
from inventory.queries import warehouse_named

labels = Blueprint("api_labels", __name__, url_prefix="/api/v1/labels", description="Labels to print")


@labels.route("")
class Labels(MethodView):
    """A file to print."""

    @labels.arguments(LabelQuery, location="query")
    @labels.response(200, content_type="application/pdf")
    @allow(RoleName.WAREHOUSE)
    def get(self, wanted: dict[str, Any]) -> Response:
        """Return labels with bar code and QR code as a PDF file; `sku` may be given several times."""
        session = db.session()
        made = make_labels(
            session,
            kind=wanted["kind"],
            place=warehouse_named(session, wanted["place"]),
            skus=wanted["sku"],
            copies=wanted["copies"],
        )
        font = find_font(current_app.config["LABEL_FONT"])
        return Response(draw(made, SHEETS[wanted["sheet"]], font), mimetype="application/pdf")
