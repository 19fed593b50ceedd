"""Counts of the shelf: what is due, blind counting, approval."""

from collections.abc import Sequence
from typing import Any

from flask import Response, jsonify
from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.commands import KEY_PARAMETER, command
from api.schemas import counts as schemas
from core.access import allow
from core.accounts import RoleName
from core.db import db
from dispatch import stockwork
from inventory import counts as counting
from inventory import queries
from inventory.count_plan import due_today
from inventory.models import Count, CountState

cycle_counts = Blueprint(
    "api_cycle_counts", __name__, url_prefix="/api/v1/cycle-counts", description="Counts of the shelf"
)


@cycle_counts.route("/due")
class Due(MethodView):
    """What to count today."""

    @cycle_counts.arguments(schemas.PlaceQuery, location="query")
    @cycle_counts.response(200, schemas.DueParts)
    @allow(RoleName.WAREHOUSE)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """List the parts to count at a place today."""
        place = queries.place_by_code(db.session(), wanted["place"])
        return {"due": due_today(db.session(), place_id=place.id)}


@cycle_counts.route("")
class Counts(MethodView):
    """Counts."""

    @cycle_counts.arguments(schemas.CountQuery, location="query")
    @cycle_counts.response(200, schemas.CycleCounts)
    @allow(RoleName.WAREHOUSE)
    def get(self, wanted: dict[str, Any]) -> Response:
        """List the counts in a state or, if none is named, those under way; the newest first."""
        states = [wanted["state"]] if wanted["state"] else counting.UNDER_WAY
        return jsonify({"counts": [_shown(count) for count in counting.counts(db.session(), states=states)]})

    @cycle_counts.doc(parameters=[KEY_PARAMETER])
    @cycle_counts.arguments(schemas.NewCycleCount)
    @cycle_counts.response(201, schemas.BlindCycleCount)
    @allow(RoleName.WAREHOUSE)
    @command(201)
    def post(self, given: dict[str, Any]) -> dict[str, Any]:
        """Begin a count."""
        session = db.session()
        count = counting.open_count(
            session,
            place_id=queries.place_by_code(session, given["place"]).id,
            part_ids={queries.part_by_sku(session, sku).id for sku in given["skus"]},
            reason=given["reason"],
            actor_id=current_user.id,
        )
        return _shown(count)


@cycle_counts.route("/limit")
class Limit(MethodView):
    """When somebody else must approve."""

    @cycle_counts.response(200, schemas.CountLimit)
    @allow(RoleName.WAREHOUSE)
    def get(self) -> dict[str, int]:
        """Tell how much may differ before somebody who did not count must approve."""
        return {"limit_cents": counting.read_limit(db.session())}

    @cycle_counts.doc(parameters=[KEY_PARAMETER])
    @cycle_counts.arguments(schemas.CountLimit)
    @cycle_counts.response(200, schemas.CountLimit)
    @allow(RoleName.ADMIN)
    @command()
    def put(self, given: dict[str, int]) -> dict[str, int]:
        """Set that limit."""
        counting.write_limit(db.session(), given["limit_cents"])
        return given


@cycle_counts.route("/<int:count_id>")
class OneCount(MethodView):
    """One count."""

    @cycle_counts.response(200, schemas.CycleCount)
    @allow(RoleName.WAREHOUSE)
    def get(self, count_id: int) -> Response:
        """Show a count; what the books say only once the counting is over."""
        return jsonify(_shown(counting.count_by_id(db.session(), count_id)))


@cycle_counts.route("/<int:count_id>/lines")
class Lines(MethodView):
    """What was counted."""

    @cycle_counts.doc(parameters=[KEY_PARAMETER])
    @cycle_counts.arguments(schemas.CountedLines)
    @cycle_counts.response(200, schemas.Posted)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, given: dict[str, Any], count_id: int) -> dict[str, Any]:
        """Write down what was counted, and end the counting if asked to."""
        session = db.session()
        for line in given["lines"]:
            counting.record(
                session,
                count_id=count_id,
                part_id=queries.part_by_sku(session, line["sku"]).id,
                pieces=line["pieces"],
                serials=line["serials"],
                actor_id=current_user.id,
            )
        released: Sequence[str] = []
        if given["finish"]:
            released = stockwork.finish_count(session, count_id=count_id, actor_id=current_user.id)
        return _posted(count_id, released)


@cycle_counts.route("/<int:count_id>/approve")
class Approve(MethodView):
    """A difference that is agreed to."""

    @cycle_counts.doc(parameters=[KEY_PARAMETER])
    @cycle_counts.response(200, schemas.Posted)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, count_id: int) -> dict[str, Any]:
        """Approve a difference that is worth much; somebody who did not count must do that."""
        released = stockwork.approve_count(db.session(), count_id=count_id, actor_id=current_user.id)
        return _posted(count_id, released)


@cycle_counts.route("/<int:count_id>/reject")
class Reject(MethodView):
    """A difference that nobody believes."""

    @cycle_counts.doc(parameters=[KEY_PARAMETER])
    @cycle_counts.response(200, schemas.BlindCycleCount)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, count_id: int) -> dict[str, Any]:
        """Have everything counted anew."""
        return _shown(counting.reject(db.session(), count_id=count_id))


@cycle_counts.route("/<int:count_id>/cancel")
class Cancel(MethodView):
    """A count that is dropped."""

    @cycle_counts.doc(parameters=[KEY_PARAMETER])
    @cycle_counts.response(200, schemas.BlindCycleCount)
    @allow(RoleName.WAREHOUSE)
    @command()
    def post(self, count_id: int) -> dict[str, Any]:
        """Drop a count; nothing is posted."""
        return _shown(counting.cancel(db.session(), count_id=count_id))


def _posted(count_id: int, released: Sequence[str]) -> dict[str, Any]:
    return {"count": _shown(counting.count_by_id(db.session(), count_id)), "released": list(released)}


def _shown(count: Count) -> dict[str, Any]:
    """Dump a count; whoever still counts must not see what the books say."""
    over = count.state in (CountState.APPROVAL, CountState.POSTED)
    shown: dict[str, Any] = (schemas.CycleCount if over else schemas.BlindCycleCount)().dump(count)
    return shown
