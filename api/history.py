"""What happened to jobs, plans and promises: who, when, from what to what."""

from typing import Any

from flask.views import MethodView
from flask_smorest import Blueprint

from api.schemas import history as schemas
from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch import history as use_cases
from dispatch.jobs import job_by_number
from dispatch.planning import plan_by_id

history = Blueprint("api_history", __name__, url_prefix="/api/v1", description="What happened, by whom and when")


@history.route("/jobs/<string:number>/history")
class OfJob(MethodView):
    """The history of a job."""

    @history.arguments(schemas.HistoryQuery, location="query")
    @history.response(200, schemas.History)
    @allow(RoleName.DISPATCHER, RoleName.DESK, RoleName.MANAGER)
    def get(self, wanted: dict[str, Any], number: str) -> dict[str, Any]:
        """List everything that happened to a job, its clocks, promises, plans and parts, the latest first."""
        job = job_by_number(db.session(), number)
        return _shown(use_cases.history_of_job(db.session(), job, page=wanted["page"]))


@history.route("/plans/<int:plan_id>/history")
class OfPlan(MethodView):
    """The history of a plan."""

    @history.arguments(schemas.HistoryQuery, location="query")
    @history.response(200, schemas.History)
    @allow(RoleName.DISPATCHER, RoleName.MANAGER)
    def get(self, wanted: dict[str, Any], plan_id: int) -> dict[str, Any]:
        """List what became of a plan, the latest first."""
        plan = plan_by_id(db.session(), plan_id)
        return _shown(use_cases.history_of_plan(db.session(), plan.id, page=wanted["page"]))


@history.route("/promises/<int:promise_id>/history")
class OfPromise(MethodView):
    """The history of a promise."""

    @history.arguments(schemas.HistoryQuery, location="query")
    @history.response(200, schemas.History)
    @allow(RoleName.DISPATCHER, RoleName.DESK, RoleName.MANAGER)
    def get(self, wanted: dict[str, Any], promise_id: int) -> dict[str, Any]:
        """List what became of a promise, the latest first."""
        return _shown(use_cases.history_of_promise(db.session(), promise_id, page=wanted["page"]))


def _shown(found: use_cases.HistoryPage) -> dict[str, Any]:
    lines = [
        {"who": found.people.get(line.user_id) if line.user_id is not None else None, "line": line}
        for line in found.lines
    ]
    return {"lines": lines, "total": found.total, "page": found.page, "pages": found.pages}
