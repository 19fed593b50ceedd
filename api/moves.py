"""Moving visits by hand: what it costs, doing it, undoing it."""

import datetime as dt
from typing import Any

from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.commands import KEY_PARAMETER, command
from api.computing import bench
from api.schemas import moves as schemas
from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.firm import read_firm
from dispatch.models import Plan
from dispatch.moves.making import make_move, prepare_move
from dispatch.moves.undoing import prepare_undo, undo
from dispatch.moves.weighing import Move, Weighed, weigh
from dispatch.planning.compute import Workbench
from dispatch.workforce import technician_by_code

moves = Blueprint("api_moves", __name__, url_prefix="/api/v1/plans/moves", description="Visits moved by hand")


@moves.route("/weigh")
class Weigh(MethodView):
    """What a move costs."""

    @moves.arguments(schemas.MoveWanted)
    @moves.response(200, schemas.WeighedMove)
    @allow(RoleName.DISPATCHER)
    def post(self, given: dict[str, Any]) -> Weighed:
        """Tell what a move would do: shifted visits, targets, broken rules, promises, cost. Nothing takes effect."""
        return weigh(*_asked(given))


@moves.route("")
class Moves(MethodView):
    """Moves that are made."""

    @moves.doc(parameters=[KEY_PARAMETER])
    @moves.arguments(schemas.MoveAgreed)
    @moves.response(200, schemas.MovedPlan)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """
        Make a move: the changed plan is published, or is the draft from then on.

        Refused where rules are broken without a reason, promises without consent, or the day has changed.
        """
        plan = make_move(
            db.session(),
            prepare_move(*_asked(given)),
            reason=given["reason"],
            consent=frozenset(given["consent"]),
            basis=given["basis"],
            actor_id=current_user.id,
        )
        return _made(given["job"], plan)


@moves.route("/undo")
class UndoMove(MethodView):
    """The way back."""

    @moves.doc(parameters=[KEY_PARAMETER])
    @moves.arguments(schemas.UndoWanted)
    @moves.response(200, schemas.MovedPlan)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Undo the move that made a plan; refused, with what has changed, if something else has happened since."""
        db.session.rollback()
        undoing = prepare_undo(bench(), given["plan_id"])
        return _made(undoing.number, undo(db.session(), undoing, actor_id=current_user.id))


def _asked(given: dict[str, Any]) -> tuple[Workbench, dt.date, Move, int | None]:
    """What is asked to be weighed, with the tools for it."""
    session, code = db.session(), given["technician"]
    technician_id = technician_by_code(session, code).id if code is not None else None
    day = given["day"] or read_firm(session).today()
    # What is computed is computed outside the transaction.
    session.rollback()
    return bench(), day, Move(given["job"], technician_id, given["before"]), given["plan_id"]


def _made(number: str, plan: Plan) -> dict[str, Any]:
    return {"job": number, "plan_id": plan.id, "version": plan.version, "state": plan.state.value}
