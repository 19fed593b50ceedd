"""The living day: where phones are, what happened, who can take a job, why nobody does, and what would help."""

import contextlib
import datetime as dt
from collections.abc import Callable
from typing import Any

from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.caller import own_technician
from api.commands import KEY_PARAMETER, command
from api.computing import bench
from api.schemas import live as schemas
from api.schemas.plans import DayQuery
from core import clock
from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.errors import DomainError
from core.firm import read_firm
from dispatch.jobs import job_by_number
from dispatch.live import advice, answers, choices, facts, fixes
from dispatch.live.choices import Asked
from dispatch.live.log import event_by_id, events_of_day
from dispatch.live.overview import live_day, visits_ahead
from dispatch.models import DayEvent
from dispatch.workforce import technician_by_code
from inventory.queries import part_by_sku

positions = Blueprint("api_positions", __name__, url_prefix="/api/v1/positions", description="Where phones are")
live = Blueprint("api_live", __name__, url_prefix="/api/v1/live", description="The day as it goes")
of_job = Blueprint("api_live_job", __name__, url_prefix="/api/v1/jobs", description="Who can take a job, and why not")

READERS = (RoleName.DISPATCHER, RoleName.MANAGER, RoleName.DESK)


@positions.route("")
class Positions(MethodView):
    """Positions of phones."""

    @positions.arguments(schemas.PhonePosition)
    @positions.response(200, schemas.ExpectedVisits)
    @allow(RoleName.TECHNICIAN)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """
        Tell where the caller is; an older position than the known one changes nothing, so a repeat is harmless.

        Answers when the caller is now expected at the visits to come.
        """
        session = db.session()
        technician = own_technician()
        facts.tell_position(
            session,
            technician_id=technician.id,
            at=given["at"] or clock.now(),
            lat=given["lat"],
            lon=given["lon"],
            accuracy=given["accuracy"],
            actor_id=current_user.id,
        )
        return {"visits": visits_ahead(session, technician.id, read_firm(session).today())}


@live.route("")
class Live(MethodView):
    """A day as it goes."""

    @live.arguments(DayQuery, location="query")
    @live.response(200, schemas.RunningDay)
    @allow(*READERS)
    def get(self, wanted: dict[str, Any]) -> Any:
        """Show who is where, what will be late and what is on nobody's route."""
        return live_day(db.session(), _day(wanted))


@live.route("/events")
class Events(MethodView):
    """What happened."""

    @live.arguments(DayQuery, location="query")
    @live.response(200, schemas.DayEvents)
    @allow(*READERS)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """List the events of a day, the latest first."""
        return {"events": events_of_day(db.session(), _day(wanted))}


@live.route("/events/<int:event_id>")
class OneEvent(MethodView):
    """One thing that happened."""

    @live.response(200, schemas.DayEvent)
    @allow(*READERS, RoleName.WAREHOUSE)
    def get(self, event_id: int) -> DayEvent:
        """Show an event with its answer."""
        return event_by_id(db.session(), event_id)


@live.route("/events/<int:event_id>/answer")
class AnswerEvent(MethodView):
    """The answer to an event that has none yet."""

    @live.doc(parameters=[KEY_PARAMETER])
    @live.response(200, schemas.DayEvent)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, event_id: int) -> dict[str, Any]:
        """Repair the day; a second time nothing happens."""
        event_by_id(db.session(), event_id)
        # What is computed is computed outside the transaction.
        db.session.rollback()
        answers.answer(bench(), event_id)
        shown: dict[str, Any] = schemas.DayEvent().dump(_fresh(event_id))
        return shown


@live.route("/absences")
class Absences(MethodView):
    """Technicians who do not come."""

    @live.doc(parameters=[KEY_PARAMETER])
    @live.arguments(schemas.LiveAbsence)
    @live.response(201, schemas.DayEvent)
    @allow(RoleName.DISPATCHER)
    def post(self, given: dict[str, Any]) -> Any:
        """Note an absence and repair the day."""
        session = db.session()
        return _answered(
            lambda: facts.tell_absent(
                session,
                technician_id=technician_by_code(session, given["technician"]).id,
                starts_at=given["starts_at"] or clock.now(),
                ends_at=given["ends_at"],
                reason=given["reason"],
                note=given["note"],
                publish=given["publish"],
                actor_id=current_user.id,
            )
        )


@live.route("/delays")
class Delays(MethodView):
    """Technicians who are late."""

    @live.doc(parameters=[KEY_PARAMETER])
    @live.arguments(schemas.LiveDelay)
    @live.response(201, schemas.DayEvent)
    @allow(RoleName.DISPATCHER)
    def post(self, given: dict[str, Any]) -> Any:
        """Note from when a technician goes on, and repair the day."""
        session = db.session()
        return _answered(
            lambda: facts.tell_late(
                session,
                technician_id=technician_by_code(session, given["technician"]).id,
                until=given["until"],
                note=given["note"],
                publish=given["publish"],
                actor_id=current_user.id,
            )
        )


@live.route("/overruns")
class Overruns(MethodView):
    """Work that takes longer."""

    @live.doc(parameters=[KEY_PARAMETER])
    @live.arguments(schemas.LiveOverrun)
    @live.response(201, schemas.DayEvent)
    @allow(RoleName.DISPATCHER)
    def post(self, given: dict[str, Any]) -> Any:
        """Note until when the work at a job takes, and repair the day."""
        session = db.session()
        return _answered(
            lambda: facts.tell_overrun(
                session,
                job_id=job_by_number(session, given["job"]).id,
                until=given["until"],
                note=given["note"],
                publish=given["publish"],
                actor_id=current_user.id,
            )
        )


@live.route("/missing-parts")
class MissingParts(MethodView):
    """Pieces that are not where they should be."""

    @live.doc(parameters=[KEY_PARAMETER])
    @live.arguments(schemas.LiveMissingPart)
    @live.response(201, schemas.DayEvent)
    @allow(RoleName.DISPATCHER, RoleName.WAREHOUSE)
    def post(self, given: dict[str, Any]) -> Any:
        """Note that a promised piece is missing, count it out, and repair the day."""
        session = db.session()
        return _answered(
            lambda: facts.tell_part_missing(
                session,
                job_id=job_by_number(session, given["job"]).id,
                part_id=part_by_sku(session, given["sku"]).id,
                publish=given["publish"],
                actor_id=current_user.id,
            )
        )


@of_job.route("/<string:number>/candidates")
class Candidates(MethodView):
    """Who can take a job."""

    @of_job.arguments(DayQuery, location="query")
    @of_job.response(200, schemas.CandidateRanking)
    @allow(*READERS)
    def get(self, wanted: dict[str, Any], number: str) -> Any:
        """Rank everybody who works on a day, best first; who cannot comes last, with the reason."""
        asked, day = _asked(number), _day(wanted)
        db.session.rollback()
        return choices.who_can(bench(), asked.id, day)


@of_job.route("/<string:number>/assign")
class Assign(MethodView):
    """Sending somebody."""

    @of_job.doc(parameters=[KEY_PARAMETER])
    @of_job.arguments(schemas.SendTechnician)
    @of_job.response(200, schemas.SentTechnician)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Bring a job into somebody's route and publish the changed plan, in one act."""
        asked, day = _asked(number), _day(given)
        technician_id = technician_by_code(db.session(), given["technician"]).id
        db.session.rollback()
        prepared = choices.prepare_assignment(bench(), asked.id, technician_id, day)
        plan = choices.assign(db.session(), prepared, actor_id=current_user.id)
        return {"job": number, "technician": given["technician"], "plan_id": plan.id}


@of_job.route("/<string:number>/why")
class Why(MethodView):
    """Why nobody makes a job."""

    @of_job.arguments(DayQuery, location="query")
    @of_job.response(200, schemas.WhyNot)
    @allow(*READERS)
    def get(self, wanted: dict[str, Any], number: str) -> Any:
        """Say what stands against a job, technician by technician, and what would help, cheapest first."""
        asked, day = _asked(number), _day(wanted)
        db.session.rollback()
        return advice.why_not(bench(), asked, day)


@of_job.route("/<string:number>/fix")
class FixJob(MethodView):
    """One change that helps."""

    @of_job.doc(parameters=[KEY_PARAMETER])
    @of_job.arguments(schemas.ChosenFix)
    @of_job.response(200, schemas.FixedJob)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Carry out a change that `why` named, by its key."""
        asked, day = _asked(number), _day(given)
        db.session.rollback()
        prepared = fixes.prepare_fix(bench(), asked, day, given["fix"])
        job = fixes.apply_fix(db.session(), prepared, actor_id=current_user.id)
        db.session.flush()
        return {"job": number, "status": job.status.value}


def _answered(tell: Callable[[], DayEvent]) -> DayEvent:
    """
    Write an event down once per Idempotency-Key, then answer it.

    The fact is kept whatever becomes of the answer, which is computed when the transaction of the fact is over. Whoever
    finds none may ask for it again, and is then told why it is refused.
    """
    noted = command(201)(lambda: {"event": tell().id})()
    event_id = noted.get_json()["event"]
    db.session.commit()
    with contextlib.suppress(DomainError):
        answers.answer(bench(), event_id)
    return _fresh(event_id)


def _fresh(event_id: int) -> DayEvent:
    event = event_by_id(db.session(), event_id)
    db.session.refresh(event)
    return event


def _asked(number: str) -> Asked:
    job = job_by_number(db.session(), number)
    return Asked(job.id, job.number)


def _day(given: dict[str, Any]) -> dt.date:
    day: dt.date = given["day"] or read_firm(db.session()).today()
    return day
