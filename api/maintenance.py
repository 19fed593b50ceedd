"""Maintenance plans: looking through, adding, changing, and the jobs that are made of them."""

from typing import Any

import marshmallow as ma
from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.commands import KEY_PARAMETER, command
from api.schemas import maintenance as schemas
from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.firm import read_firm
from customers.queries import contract_by_code, device_by_serial, site_by_code
from dispatch import maintenance as work
from dispatch.maintenance.plans import SHOWN_AHEAD, devices_of, jobs_of, recurrence_of

maintenance = Blueprint(
    "api_maintenance", __name__, url_prefix="/api/v1/maintenance-plans", description="Work that recurs"
)


@maintenance.route("")
class Plans(MethodView):
    """All plans."""

    @maintenance.response(200, schemas.MaintenancePlans)
    @allow(RoleName.DISPATCHER, RoleName.MANAGER)
    def get(self) -> dict[str, Any]:
        """List the plans, those that rest last."""
        return {"plans": work.plans(db.session())}

    @maintenance.doc(parameters=[KEY_PARAMETER])
    @maintenance.arguments(schemas.NewMaintenancePlan)
    @maintenance.response(201, schemas.MaintenancePlan)
    @allow(RoleName.DISPATCHER)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Add a plan; its jobs are made within minutes."""
        code = given.pop("code")
        plan = work.add_plan(db.session(), code=code, terms=_terms(given), actor_id=current_user.id)
        return _dumped(schemas.MaintenancePlan(), plan)


@maintenance.route("/preview")
class LookThrough(MethodView):
    """A plan before it is kept."""

    @maintenance.arguments(schemas.MaintenanceTerms)
    @maintenance.response(200, schemas.MaintenancePreview)
    @allow(RoleName.DISPATCHER)
    def post(self, given: dict[str, Any]) -> object:
        """Say what a plan would come to; nothing is written."""
        return work.preview(db.session(), _terms(given))


@maintenance.route("/make-jobs")
class MakeJobs(MethodView):
    """Jobs whose time has come."""

    @maintenance.doc(parameters=[KEY_PARAMETER])
    @maintenance.response(200, schemas.MadeJobs)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self) -> dict[str, Any]:
        """Make the jobs whose time has come now, instead of waiting for the next sweep."""
        return _dumped(schemas.MadeJobs(), work.make_jobs(db.session(), actor_id=current_user.id))


@maintenance.route("/<string:code>")
class OnePlan(MethodView):
    """One plan."""

    @maintenance.response(200, schemas.MaintenanceDetail)
    @allow(RoleName.DISPATCHER, RoleName.MANAGER)
    def get(self, code: str) -> dict[str, Any]:
        """Show a plan with its next days and the latest jobs that were made of it."""
        session = db.session()
        plan = work.plan_by_code(session, code)
        first = max(read_firm(session).today(), plan.starts_on)
        return {
            "plan": plan,
            "next_days": recurrence_of(plan).next_days(first, SHOWN_AHEAD),
            "devices": len(devices_of(session, plan)),
            "turns": jobs_of(session, plan),
        }

    @maintenance.doc(parameters=[KEY_PARAMETER])
    @maintenance.arguments(schemas.MaintenanceChange)
    @maintenance.response(200, schemas.MaintenancePlan)
    @allow(RoleName.DISPATCHER)
    @command()
    def put(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """Change a plan; refused if somebody else changed it since `version`."""
        version = given.pop("version")
        plan = work.change_plan(db.session(), code=code, version=version, terms=_terms(given), actor_id=current_user.id)
        return _dumped(schemas.MaintenancePlan(), plan)


@maintenance.route("/<string:code>/state")
class State(MethodView):
    """Whether a plan rests."""

    @maintenance.doc(parameters=[KEY_PARAMETER])
    @maintenance.arguments(schemas.MaintenanceState)
    @maintenance.response(200, schemas.MaintenancePlan)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, given: dict[str, Any], code: str) -> dict[str, Any]:
        """Let a plan rest, or go on."""
        plan = work.set_plan_active(db.session(), code=code, actor_id=current_user.id, **given)
        return _dumped(schemas.MaintenancePlan(), plan)


def _terms(given: dict[str, Any]) -> work.Terms:
    session = db.session()
    named = {
        "contract": contract_by_code(session, given["contract"]),
        "site": site_by_code(session, given["site"]) if given["site"] else None,
        "device": device_by_serial(session, given["device"]) if given["device"] else None,
    }
    return work.Terms(**given | named)


def _dumped(schema: ma.Schema, value: object) -> dict[str, Any]:
    shown: dict[str, Any] = schema.dump(value)
    return shown
