"""What customers were told, and what planning may not move."""

from typing import Any

import marshmallow as ma
from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.commands import KEY_PARAMETER, command
from api.schemas import promises as schemas
from api.schemas.jobs import ListedJob
from api.schemas.plans import DayQuery
from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.firm import read_firm
from dispatch import promise_book
from dispatch.jobs import job_by_number
from dispatch.planning.pins import NewPin, pin_job, unpin_job
from dispatch.workforce import technician_by_code

promises = Blueprint("api_promises", __name__, url_prefix="/api/v1/promises", description="What customers were told")
of_job = Blueprint("api_job_promises", __name__, url_prefix="/api/v1/jobs", description="Promises and pins of a job")

WRITERS = (RoleName.DISPATCHER, RoleName.DESK)
READERS = (*WRITERS, RoleName.MANAGER)


@promises.route("")
class Promises(MethodView):
    """The promises of a day."""

    @promises.arguments(DayQuery, location="query")
    @promises.response(200, schemas.Ledger)
    @allow(*READERS)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """Show what is open, at risk, over, and broken without the customer having been told."""
        session = db.session()
        book = promise_book.ledger(session, day=wanted["day"] or read_firm(session).today())
        return vars(book)


@promises.route("/<int:promise_id>/told")
class Told(MethodView):
    """A customer who knows."""

    @promises.doc(parameters=[KEY_PARAMETER])
    @promises.response(200, schemas.Promise)
    @allow(*WRITERS)
    @command()
    def post(self, promise_id: int) -> dict[str, Any]:
        """Write down that the customer was told of a broken promise."""
        promise = promise_book.note_told(db.session(), promise_id=promise_id, actor_id=current_user.id)
        return _shown(schemas.Promise(), promise)


@of_job.route("/<string:number>/promises")
class PromisesOfJob(MethodView):
    """The promises of a job."""

    @of_job.response(200, schemas.Promises)
    @allow(*READERS)
    def get(self, number: str) -> dict[str, Any]:
        """List every promise of a job, the latest first."""
        session = db.session()
        return {"promises": promise_book.promises_of(session, job_by_number(session, number))}

    @of_job.doc(parameters=[KEY_PARAMETER])
    @of_job.arguments(schemas.NewPromise)
    @of_job.response(201, schemas.Promise)
    @allow(*WRITERS)
    @command(201)
    def post(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Promise a window; the one before ends as renegotiated, for which a reason is needed."""
        window = given.pop("window")
        promise = promise_book.renegotiate(
            db.session(),
            job_id=job_by_number(db.session(), number).id,
            window=(window["start"], window["end"]),
            actor_id=current_user.id,
            **given,
        )
        return _shown(schemas.Promise(), promise)


@of_job.route("/<string:number>/promises/withdraw")
class WithdrawPromise(MethodView):
    """A window that the customer no longer needs."""

    @of_job.doc(parameters=[KEY_PARAMETER])
    @of_job.arguments(schemas.Reason)
    @of_job.response(200, ListedJob)
    @allow(*WRITERS)
    @command()
    def post(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Take the promise back; any open time will do then."""
        job_id = job_by_number(db.session(), number).id
        job = promise_book.withdraw_promise(db.session(), job_id=job_id, actor_id=current_user.id, **given)
        return _shown(ListedJob(), job)


@of_job.route("/<string:number>/promises/break")
class BreakPromise(MethodView):
    """A window that cannot be kept."""

    @of_job.doc(parameters=[KEY_PARAMETER])
    @of_job.arguments(schemas.Reason)
    @of_job.response(200, ListedJob)
    @allow(RoleName.DISPATCHER)
    @command()
    def post(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Break the promise knowingly; it stays in the ledger until the customer was told."""
        job_id = job_by_number(db.session(), number).id
        job = promise_book.give_up_promise(db.session(), job_id=job_id, actor_id=current_user.id, **given)
        return _shown(ListedJob(), job)


@of_job.route("/<string:number>/pin")
class PinOfJob(MethodView):
    """What a job is tied to."""

    @of_job.doc(parameters=[KEY_PARAMETER])
    @of_job.arguments(schemas.NewPin)
    @of_job.response(200, schemas.Pin)
    @allow(RoleName.DISPATCHER)
    @command()
    def put(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Tie a job to a technician, a start, both, or a window; refused with the facts that stand against it."""
        session = db.session()
        technician, window = given["technician"], given["window"]
        to = NewPin(
            technician_id=technician_by_code(session, technician).id if technician is not None else None,
            starts_at=given["starts_at"],
            window=(window["start"], window["end"]) if window is not None else None,
        )
        pin = pin_job(
            session,
            job_id=job_by_number(session, number).id,
            to=to,
            reason=given["reason"],
            version=given["version"],
            actor_id=current_user.id,
        )
        return _shown(schemas.Pin(), pin)

    @of_job.doc(parameters=[KEY_PARAMETER])
    @of_job.arguments(schemas.Unpin)
    @of_job.response(200, ListedJob)
    @allow(RoleName.DISPATCHER)
    @command()
    def delete(self, given: dict[str, Any], number: str) -> dict[str, Any]:
        """Let planning move the job again."""
        job_id = job_by_number(db.session(), number).id
        return _shown(
            ListedJob(), unpin_job(db.session(), job_id=job_id, version=given["version"], actor_id=current_user.id)
        )


def _shown(schema: ma.Schema, value: object) -> dict[str, Any]:
    # Versions and ids are given by the database.
    db.session.flush()
    shown: dict[str, Any] = schema.dump(value)
    return shown
