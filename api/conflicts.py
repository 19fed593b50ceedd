"""What phones told and could not be carried out, for dispatchers to decide."""

from typing import Any

from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.commands import KEY_PARAMETER, command
from api.schemas import phone as schemas
from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch.fieldwork import conflicts as use_cases

conflicts = Blueprint(
    "api_conflicts", __name__, url_prefix="/api/v1/conflicts", description="Commands of phones that await a decision"
)


@conflicts.route("")
class Conflicts(MethodView):
    """All conflicts."""

    @conflicts.arguments(schemas.ConflictQuery, location="query")
    @conflicts.response(200, schemas.Conflicts)
    @allow(RoleName.DISPATCHER)
    def get(self, wanted: dict[str, Any]) -> use_cases.ConflictPage:
        """List conflicts in one state; the open ones in the order in which they happened."""
        return use_cases.conflicts(db.session(), states=[wanted["state"]], page=wanted["page"])


@conflicts.route("/<int:conflict_id>/accept")
class Accept(MethodView):
    """Letting a command count."""

    @conflicts.doc(parameters=[KEY_PARAMETER])
    @conflicts.response(200, schemas.AcceptedConflicts)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, conflict_id: int) -> dict[str, Any]:
        """Let it count from when it happened, with those of the same visit before it; answers all of them."""
        accepted = use_cases.accept(db.session(), conflict_id=conflict_id, actor_id=current_user.id)
        shown: dict[str, Any] = schemas.AcceptedConflicts().dump({"conflicts": accepted})
        return shown


@conflicts.route("/<int:conflict_id>/dismiss")
class Dismiss(MethodView):
    """Not letting a command count."""

    @conflicts.doc(parameters=[KEY_PARAMETER])
    @conflicts.arguments(schemas.Dismissal)
    @conflicts.response(200, schemas.Conflict)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, given: dict[str, Any], conflict_id: int) -> dict[str, Any]:
        """Dismiss it for a reason that its technician reads."""
        dismissed = use_cases.dismiss(
            db.session(), conflict_id=conflict_id, reason=given["reason"], actor_id=current_user.id
        )
        shown: dict[str, Any] = schemas.Conflict().dump(dismissed)
        return shown
