"""What phones send after it happened: batches of commands, and what became of them."""

import datetime as dt
from typing import Any

import marshmallow as ma
from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.caller import own_technician
from api.schemas import phone as schemas
from core import clock
from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch.fieldwork import phone
from dispatch.fieldwork.late import PhoneCommand, by_our_clock

commands = Blueprint(
    "api_phone", __name__, url_prefix="/api/v1/day/commands", description="What phones tell after it happened"
)

# Results are told so far back unless somebody asks for more.
RECENT = dt.timedelta(days=2)


@commands.route("")
class Commands(MethodView):
    """Commands of a phone that was offline."""

    @commands.arguments(schemas.PhoneBatch)
    @commands.response(200, schemas.PhoneResults)
    @allow(RoleName.TECHNICIAN)
    def post(self, batch: dict[str, Any]) -> dict[str, Any]:
        """
        Take commands in their order, each once by its id; answers what became of each.

        `outcome` is done, done_before, merged (put together with what was known), conflict (kept for a dispatcher) or
        refused (for good). What was answered stays, also when a later command of the batch fails: send all again.
        """
        now, results = clock.now(), []
        for given in batch["commands"]:
            results.append(_taken(given, phone_now=batch["phone_now"], now=now))
            # Each stands by itself: what comes later must not undo it, and its answer can be relied upon.
            db.session.commit()
        return {"now": now, "results": results}


@commands.route("/results")
class Results(MethodView):
    """What became of commands."""

    @commands.arguments(schemas.PhoneResultQuery, location="query")
    @commands.response(200, schemas.PhoneResults)
    @allow(RoleName.TECHNICIAN)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """List the caller's commands of the last two days, or since a time, with what became of them by now."""
        since = wanted["since"] or clock.now() - RECENT
        return {"now": clock.now(), "results": phone.results(db.session(), user_id=current_user.id, since=since)}


def _taken(given: dict[str, Any], *, phone_now: dt.datetime | None, now: dt.datetime) -> dict[str, Any]:
    try:
        values = schemas.VALUES[given["action"]]().load(given["values"])
    except ma.ValidationError as wrong:
        # As it is, it never will be possible: the phone says so to its technician, who corrects it.
        problem = {"title": "values_not_usable", "detail": "Some values cannot be used.", "errors": wrong.messages}
        return {"id": given["id"], "outcome": "refused", "problem": problem}
    command = PhoneCommand(
        id=given["id"],
        action=given["action"],
        happened_at=by_our_clock(given["happened_at"], phone_now=phone_now, now=now),
        visit_id=given["visit"],
        values=values,
    )
    session = db.session()
    technician = own_technician()
    return phone.receive(session, command, technician, user_id=current_user.id)
