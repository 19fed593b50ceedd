"""Plans: asking for one, following the run, reading the result, publishing it."""

from dataclasses import asdict, replace
from typing import Any

from flask import Response, current_app, jsonify
from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.commands import KEY_PARAMETER, command
from api.computing import bench
from api.schemas import plans as schemas
from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.firm import read_firm
from dispatch import planning
from dispatch.planning.choose import mix, publish_mixture
from dispatch.planning.settings import PlanningSettings, read_planning_settings, write_planning_settings

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
        """Start computing a plan of a day, or of several, in the background."""
        session = db.session()
        run = planning.request_plan(
            session,
            day=given["day"] or read_firm(session).today(),
            last_day=given["last_day"],
            most_changed_promises=given["most_changed_promises"],
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


@runs.route("/<int:run_id>/publish")
class PublishRun(MethodView):
    """The drafts of all days of a run becoming the plans of their days."""

    @runs.doc(parameters=[KEY_PARAMETER])
    @runs.arguments(schemas.Publication)
    @runs.response(200, schemas.Plans)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, given: dict[str, Any], run_id: int) -> dict[str, Any]:
        """Publish every day of a run together, all or none."""
        made = planning.publish_run(
            db.session(), run_id=run_id, consent=frozenset(given["consent"]), actor_id=current_user.id
        )
        return {"plans": [_shown_plan(plan) for plan in made]}


@plans.route("/gate")
class Gate(MethodView):
    """What cannot be planned."""

    @plans.arguments(schemas.GateQuery, location="query")
    @plans.response(200, schemas.Gate)
    @allow(RoleName.DISPATCHER)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """List the jobs that no plan of these days can serve, and why, before one is asked for."""
        session = db.session()
        day = wanted["day"] or read_firm(session).today()
        return {"lines": planning.gate(session, day=day, last_day=wanted["last_day"])}


@plans.route("/settings")
class Settings(MethodView):
    """The firm's choices for its planner."""

    @plans.response(200, schemas.PlanningSettings)
    @allow(RoleName.DISPATCHER, RoleName.MANAGER)
    def get(self) -> PlanningSettings:
        """Show how near the present nothing moves, and what changes cost."""
        return read_planning_settings(db.session())

    @plans.doc(parameters=[KEY_PARAMETER])
    @plans.arguments(schemas.PlanningSettings)
    @plans.response(200, schemas.PlanningSettings)
    @allow(RoleName.MANAGER)
    @command()
    def put(self, given: dict[str, Any]) -> dict[str, Any]:
        """Change them; the next plan follows."""
        chosen = replace(read_planning_settings(db.session()), **given)
        write_planning_settings(db.session(), chosen)
        return asdict(chosen)


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


@plans.route("/<int:plan_id>/comparison")
class ComparePlan(MethodView):
    """A draft beside what is published."""

    @plans.response(200, schemas.Comparison)
    @allow(RoleName.DISPATCHER)
    def get(self, plan_id: int) -> planning.Comparison:
        """List what a draft changes: was, is, why, whom to call, and the cost by term side by side."""
        session = db.session()
        return planning.compare(session, planning.plan_by_id(session, plan_id))


@plans.route("/<int:plan_id>/publish")
class PublishPlan(MethodView):
    """A draft becoming the plan of its day."""

    @plans.doc(parameters=[KEY_PARAMETER])
    @plans.arguments(schemas.Publication)
    @plans.response(200, schemas.Plan)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, given: dict[str, Any], plan_id: int) -> dict[str, Any]:
        """Publish a draft; refused, with jobs and technicians by name, if it no longer fits or breaks a promise."""
        plan = planning.publish(
            db.session(), plan_id=plan_id, consent=frozenset(given["consent"]), actor_id=current_user.id
        )
        return _shown_plan(plan)


@plans.route("/<int:plan_id>/publish-chosen")
class PublishChosen(MethodView):
    """Some changes of a draft, without the others."""

    @plans.doc(parameters=[KEY_PARAMETER])
    @plans.arguments(schemas.Choice)
    @plans.response(200, schemas.Plans)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, given: dict[str, Any], plan_id: int) -> dict[str, Any]:
        """Publish the chosen changes; everything else stays as it is. Refused, by name, if they need the others."""
        # What is computed is computed outside the transaction.
        db.session.rollback()
        mixture = mix(bench(), plan_id=plan_id, chosen=frozenset(given["chosen"]))
        made = publish_mixture(db.session(), mixture, consent=frozenset(given["consent"]), actor_id=current_user.id)
        return {"plans": [_shown_plan(plan) for plan in made]}


@plans.route("/<int:plan_id>/discard")
class DiscardPlan(MethodView):
    """A draft that is not wanted."""

    @plans.doc(parameters=[KEY_PARAMETER])
    @plans.response(200, schemas.Plan)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, plan_id: int) -> dict[str, Any]:
        """Throw a draft away; the plan in force stays."""
        return _shown_plan(planning.discard(db.session(), plan_id=plan_id, actor_id=current_user.id))


def _shown_run(run: Any) -> dict[str, Any]:
    shown: dict[str, Any] = schemas.Run().dump(run)
    return shown | {"worker_is_alive": planning.worker_is_alive(db.session())}


def _shown_plan(plan: Any) -> dict[str, Any]:
    db.session.flush()
    shown: dict[str, Any] = schemas.Plan().dump(plan)
    return shown
