"""Jobs: taking them in, reading, changing and cancelling them."""

from typing import Any

import marshmallow as ma
from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.commands import KEY_PARAMETER, command
from api.schemas import jobs as schemas
from core.access import allow
from core.accounts import RoleName
from core.db import db
from customers.calendars import Interval
from customers.entitlement import from_json
from desk.intake import FaultReport, report_fault
from desk.queries import may_need, ticket_of_job
from dispatch import queries
from dispatch.jobs import JobChanges, cancel_job, change_job, job_by_number, retry_waiting

jobs = Blueprint("api_jobs", __name__, url_prefix="/api/v1/jobs", description="Work at a shop")


@jobs.route("")
class Jobs(MethodView):
    """All jobs."""

    @jobs.arguments(schemas.JobQuery, location="query")
    @jobs.response(200, schemas.JobPage)
    @allow(RoleName.DISPATCHER)
    def get(self, wanted: dict[str, Any]) -> queries.JobPage:
        """List jobs, the latest report first."""
        only = queries.JobFilter(status=wanted["status"], priority=wanted["priority"], text=wanted["text"])
        return queries.list_jobs(db.session(), only=only, page=wanted["page"])

    @jobs.doc(parameters=[KEY_PARAMETER])
    @jobs.arguments(schemas.NewJob)
    @jobs.response(201, schemas.Job)
    @allow(RoleName.DISPATCHER)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Report a fault; its parts are reserved, or the job waits for them."""
        report = FaultReport(**(given | {"window": _interval(given["window"])}))
        job = report_fault(db.session(), report, actor_id=current_user.id)
        return _shown(schemas.Job(), job)


@jobs.route("/retry-parts")
class RetryParts(MethodView):
    """Jobs that wait for parts."""

    @jobs.doc(parameters=[KEY_PARAMETER])
    @jobs.response(200, schemas.Jobs)
    @allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
    @command()
    def post(self) -> dict[str, Any]:
        """Reserve parts for waiting jobs where they have come in; answers the jobs that are ready now."""
        return _shown(schemas.Jobs(), {"jobs": retry_waiting(db.session(), actor_id=current_user.id)})


@jobs.route("/<string:number>")
class OneJob(MethodView):
    """One job."""

    @jobs.response(200, schemas.JobDetail)
    @allow(RoleName.DISPATCHER, RoleName.DESK)
    def get(self, number: str) -> dict[str, Any]:
        """Show a job with its parts and its history."""
        detail = queries.job_detail(db.session(), number)
        return {
            "job": detail.job,
            "events": detail.job.events,
            "missing": detail.missing,
            "outlook": detail.outlook,
            "cover": from_json(detail.job.cover),
            "may_need": may_need(db.session(), detail.job),
            "reported": ticket_of_job(db.session(), detail.job.id),
        }

    @jobs.doc(parameters=[KEY_PARAMETER])
    @jobs.arguments(schemas.JobChange)
    @jobs.response(200, schemas.Job)
    @allow(RoleName.DISPATCHER)
    @command()
    def patch(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Change a job; refused if somebody else changed it since `version`."""
        version = given.pop("version")
        if "window" in given:
            given["window"] = _interval(given["window"])
        job = job_by_number(db.session(), number)
        changes = JobChanges(**given)  # type: ignore[typeddict-item]
        job = change_job(db.session(), job_id=job.id, version=version, changes=changes, actor_id=current_user.id)
        return _shown(schemas.Job(), job)


@jobs.route("/<string:number>/cancel")
class CancelJob(MethodView):
    """The end of a job that is no longer wanted."""

    @jobs.doc(parameters=[KEY_PARAMETER])
    @jobs.arguments(schemas.Cancellation)
    @jobs.response(200, schemas.Job)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Cancel a job; its parts are free again and it leaves the technician's day."""
        job = job_by_number(db.session(), number)
        job = cancel_job(db.session(), job_id=job.id, actor_id=current_user.id, **given)
        return _shown(schemas.Job(), job)


def _shown(schema: ma.Schema, value: object) -> dict[str, Any]:
    # Versions and ids are given by the database.
    db.session.flush()
    shown: dict[str, Any] = schema.dump(value)
    return shown


def _interval(window: dict[str, Any] | None) -> Interval | None:
    return None if window is None else (window["start"], window["end"])
