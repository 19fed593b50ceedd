"""The clocks of jobs, what roles should look at, and what a plan will cost by contract."""

from typing import Any

from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.commands import KEY_PARAMETER, command
from api.schemas import clocks as schemas
from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch import notices, planning
from dispatch.jobs import job_by_number
from dispatch.pauses import ClockSheet, clock_sheet, pause_clocks, resume_clocks
from dispatch.planning.penalty import PlanPenalty, expected_penalty

clocks = Blueprint("api_clocks", __name__, url_prefix="/api/v1/jobs", description="Response and resolution clocks")
inbox = Blueprint("api_notices", __name__, url_prefix="/api/v1/notices", description="What a role should look at")
penalties = Blueprint(
    "api_penalties", __name__, url_prefix="/api/v1/plans", description="What a plan costs by contract"
)

READERS = (RoleName.DISPATCHER, RoleName.DESK, RoleName.MANAGER)
HEARERS = (RoleName.DISPATCHER, RoleName.DESK, RoleName.MANAGER, RoleName.WAREHOUSE)


@clocks.route("/<string:number>/clocks")
class Clocks(MethodView):
    """The clocks of a job."""

    @clocks.response(200, schemas.Clocks)
    @allow(*READERS)
    def get(self, number: str) -> ClockSheet:
        """Show both clocks of a job with their pauses and their history."""
        return clock_sheet(db.session(), job_by_number(db.session(), number))


@clocks.route("/<string:number>/clocks/pause")
class PauseClocks(MethodView):
    """A span in which the clocks stand still."""

    @clocks.doc(parameters=[KEY_PARAMETER])
    @clocks.arguments(schemas.NewClockPause)
    @clocks.response(200, schemas.Clocks)
    @allow(RoleName.DISPATCHER, RoleName.DESK)
    @command()
    def post(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Let both clocks stand still; refused if they do already, or if the job is over."""
        job = job_by_number(db.session(), number)
        pause_clocks(db.session(), job_id=job.id, actor_id=current_user.id, **given)
        return _shown(number)


@clocks.route("/<string:number>/clocks/resume")
class ResumeClocks(MethodView):
    """The end of a pause."""

    @clocks.doc(parameters=[KEY_PARAMETER])
    @clocks.arguments(schemas.ClockResume)
    @clocks.response(200, schemas.Clocks)
    @allow(RoleName.DISPATCHER, RoleName.DESK)
    @command()
    def post(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Let both clocks run on; their due times move by the service that has passed meanwhile."""
        job = job_by_number(db.session(), number)
        resume_clocks(db.session(), job_id=job.id, actor_id=current_user.id, version=given["version"])
        return _shown(number)


@inbox.route("")
class Notices(MethodView):
    """Open notices."""

    @inbox.arguments(schemas.NoticeQuery, location="query")
    @inbox.response(200, schemas.NoticePage)
    @allow(*HEARERS)
    def get(self, wanted: dict[str, Any]) -> notices.NoticePage:
        """List what waits for the caller's roles, the most urgent kind first."""
        return notices.open_notices(db.session(), roles=current_user.role_names, page=wanted["page"])


@inbox.route("/<int:notice_id>/close")
class CloseNotice(MethodView):
    """The end of a notice."""

    @inbox.doc(parameters=[KEY_PARAMETER])
    @inbox.response(200, schemas.Notice)
    @allow(*HEARERS)
    @command()
    def post(self, notice_id: int) -> dict[str, Any]:
        """Put a notice away that was dealt with; one that is closed already stays as it is."""
        told = notices.close_notice(
            db.session(), notice_id=notice_id, roles=current_user.role_names, actor_id=current_user.id
        )
        shown: dict[str, Any] = schemas.Notice().dump(told)
        return shown


@penalties.route("/<int:plan_id>/penalty")
class Penalty(MethodView):
    """What a plan costs by contract."""

    @penalties.response(200, schemas.PlanPenalty)
    @allow(RoleName.DISPATCHER, RoleName.MANAGER)
    def get(self, plan_id: int) -> PlanPenalty:
        """Tell the expected penalty of a plan, in all and job by job."""
        return expected_penalty(db.session(), planning.plan_by_id(db.session(), plan_id))


def _shown(number: str) -> dict[str, Any]:
    # Versions are given by the database.
    db.session.flush()
    shown: dict[str, Any] = schemas.Clocks().dump(clock_sheet(db.session(), job_by_number(db.session(), number)))
    return shown
