"""Plans: asking for one, following the run, reading the result, publishing it."""

from typing import Any

from flask import Response, current_app, jsonify
from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.commands import KEY_PARAMETER, command
from api.schemas import plans as schemas
from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.firm import read_firm
from dispatch import planning

runs = Blueprint("api_plan_runs", __name__, url_prefix="/api/v1/plan-runs", description="Plans being computed")
plans = Blueprint("api_plans", __name__, url_prefix="/api/v1/plans", description="Who goes where when")


@runs.route("")
class Runs(MethodView):
    """Plan runs."""

    @runs.doc(parameters=[KEY_PARAMETER])
    @runs.arguments(schemas.NewRun)
    @runs.response(202, schemas.Run)
    @allow(RoleName.DISPATCHER)
    @command(202)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Start computing a plan of a day in the background."""
        session = db.session()
        run = planning.request_plan(
            session,
            day=given["day"] or read_firm(session).today(),
            engine=given["engine"] or current_app.config["PLAN_ENGINE"],
            seconds=given["seconds"] or current_app.config["PLAN_SECONDS"],
            seed=given["seed"],
            actor_id=current_user.id,
        )
        return _shown_run(run)


@runs.route("/<int:run_id>")
class OneRun(MethodView):
    """One plan run."""

    @runs.response(200, schemas.Run)
    @allow(RoleName.DISPATCHER)
    def get(self, run_id: int) -> Response:
        """Tell how far a run is; when it is done it names its plan."""
        return jsonify(_shown_run(planning.run_by_id(db.session(), run_id)))


@runs.route("/<int:run_id>/cancel")
class CancelRun(MethodView):
    """The end of a run that is no longer wanted."""

    @runs.doc(parameters=[KEY_PARAMETER])
    @runs.response(200, schemas.Run)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, run_id: int) -> dict[str, Any]:
        """Cancel a run; a running one stops within a second or two."""
        return _shown_run(planning.cancel_run(db.session(), run_id=run_id))


@plans.route("")
class Plans(MethodView):
    """The plans of a day."""

    @plans.arguments(schemas.DayQuery, location="query")
    @plans.response(200, schemas.Plans)
    @allow(RoleName.DISPATCHER)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """List the plans of a day, the newest first."""
        session = db.session()
        return {"plans": planning.plans_of_day(session, wanted["day"] or read_firm(session).today())}


@plans.route("/<int:plan_id>")
class OnePlan(MethodView):
    """One plan."""

    @plans.response(200, schemas.PlanDetail)
    @allow(RoleName.DISPATCHER)
    def get(self, plan_id: int) -> Any:
        """Show a plan with its routes and the jobs it leaves out."""
        return planning.plan_by_id(db.session(), plan_id)


@plans.route("/<int:plan_id>/publish")
class PublishPlan(MethodView):
    """A draft becoming the plan of its day."""

    @plans.doc(parameters=[KEY_PARAMETER])
    @plans.response(200, schemas.Plan)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, plan_id: int) -> dict[str, Any]:
        """Publish a draft; refused, with the jobs by name, if it no longer fits."""
        return _shown_plan(planning.publish(db.session(), plan_id=plan_id, actor_id=current_user.id))


@plans.route("/<int:plan_id>/discard")
class DiscardPlan(MethodView):
    """A draft that is not wanted."""

    @plans.doc(parameters=[KEY_PARAMETER])
    @plans.response(200, schemas.Plan)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, plan_id: int) -> dict[str, Any]:
        """Throw a draft away; the plan in force stays."""
        return _shown_plan(planning.discard(db.session(), plan_id=plan_id))


def _shown_run(run: Any) -> dict[str, Any]:
    shown: dict[str, Any] = schemas.Run().dump(run)
    return shown | {"worker_is_alive": planning.worker_is_alive(db.session())}


def _shown_plan(plan: Any) -> dict[str, Any]:
    db.session.flush()
    shown: dict[str, Any] = schemas.Plan().dump(plan)
    return shown
