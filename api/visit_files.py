"""Files and reports of visits."""

from typing import Any

from flask import Response, request
from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.caller import own_technician
from api.schemas import phone as schemas
from core.access import allow
from core.accounts import RoleName
from core.attachments import NEVER_RUN
from core.db import db
from dispatch.fieldwork.files import add_file, file_of_visit
from dispatch.fieldwork.report import VisitReport, visit_report
from dispatch.models import VisitFile

records = Blueprint(
    "api_visit_records", __name__, url_prefix="/api/v1/visits", description="Files and reports of visits"
)


@records.route("/<int:visit_id>/files/<string:sha256>")
class Upload(MethodView):
    """A file of a visit."""

    @records.arguments(schemas.VisitFileQuery, location="query")
    @records.response(200, schemas.VisitFile)
    @allow(RoleName.TECHNICIAN)
    def put(self, wanted: dict[str, Any], visit_id: int, sha256: str) -> VisitFile:
        """
        Keep a photo, a signature or a document of the caller's own visit, sent as the body with its Content-Type.

        `sha256` is the file's digest: the same file is kept once however often it is sent, so no key is needed.
        """
        return add_file(
            db.session(),
            visit_id=visit_id,
            technician_id=own_technician().id,
            kind=wanted["kind"],
            name=wanted["name"] or sha256[:12],
            media_type=request.content_type or "",
            content=request.get_data(),
            actor_id=current_user.id,
            sha256=sha256,
        )


@records.route("/<int:visit_id>/files/<int:attachment_id>")
class Download(MethodView):
    """The content of a file."""

    @records.response(200, {"type": "string", "format": "binary"}, content_type="application/octet-stream")
    @allow(RoleName.TECHNICIAN, RoleName.DISPATCHER, RoleName.DESK, RoleName.MANAGER)
    def get(self, visit_id: int, attachment_id: int) -> Response:
        """Return a file of a visit as it was received; a technician's own visits only."""
        visit_report(db.session(), visit_id, technician_id=_only_own())
        file = file_of_visit(db.session(), visit_id=visit_id, attachment_id=attachment_id)
        return Response(file.content, mimetype=file.media_type, headers=NEVER_RUN)


@records.route("/<int:visit_id>/report")
class Report(MethodView):
    """A visit as its customer reads it."""

    @records.response(200, schemas.VisitReport)
    @allow(RoleName.TECHNICIAN, RoleName.DISPATCHER, RoleName.DESK, RoleName.MANAGER)
    def get(self, visit_id: int) -> VisitReport:
        """Return times, parts, serial numbers, notes, what was looked at, who signed, and what is to be paid."""
        return visit_report(db.session(), visit_id, technician_id=_only_own())


def _only_own() -> int | None:
    """Return the caller's technician if that is all the caller is, else None."""
    offices = {RoleName.DISPATCHER, RoleName.DESK, RoleName.MANAGER, RoleName.ADMIN}
    if current_user.role_names & offices:
        return None
    return own_technician().id
