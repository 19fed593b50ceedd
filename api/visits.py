"""A technician's own day: stops in order, and the commands of the phone."""

from collections.abc import Callable, Mapping
from typing import Any

from flask.views import MethodView
from flask_login import current_user
from flask_smorest import Blueprint

from api.caller import own_technician
from api.commands import KEY_PARAMETER, command
from api.schemas import visits as schemas
from api.schemas.plans import DayQuery
from api.schemas.stock import ListConfirmation, PickList
from core.access import allow
from core.accounts import RoleName
from core.db import db
from core.firm import read_firm
from desk.queries import Briefing, briefings
from dispatch import fieldwork
from dispatch.models import Visit
from dispatch.stops import PickUpStop, Stop, VisitStop, stops_of_day
from inventory.queries import part_by_sku

day = Blueprint("api_day", __name__, url_prefix="/api/v1/day", description="The technician's own day")
visits = Blueprint("api_visits", __name__, url_prefix="/api/v1/visits", description="The technician's commands")
loads = Blueprint("api_loads", __name__, url_prefix="/api/v1/loads", description="Pick-ups at a warehouse")


@day.route("")
class Day(MethodView):
    """The stops of a day."""

    @day.arguments(DayQuery, location="query")
    @day.response(200, schemas.Day)
    @allow(RoleName.TECHNICIAN)
    def get(self, wanted: dict[str, Any]) -> dict[str, Any]:
        """List the caller's stops of a day, in order; today's if none is named."""
        session = db.session()
        asked = wanted["day"] or read_firm(session).today()
        stops = stops_of_day(session, technician_id=own_technician().id, day=asked)
        jobs = [stop.visit.job for stop in stops if isinstance(stop, VisitStop)]
        told = briefings(session, jobs)
        return {"day": asked, "stops": [_shown_stop(stop, told) for stop in stops]}


@visits.route("/<int:visit_id>/set-off")
class SetOff(MethodView):
    """Leaving for a visit."""

    @visits.doc(parameters=[KEY_PARAMETER])
    @visits.response(200, schemas.Visit)
    @allow(RoleName.TECHNICIAN)
    @command()
    def post(self, visit_id: int) -> dict[str, Any]:
        """Set off for a visit."""
        return _carried_out(fieldwork.set_off, visit_id)


@visits.route("/<int:visit_id>/arrive")
class Arrive(MethodView):
    """Being there."""

    @visits.doc(parameters=[KEY_PARAMETER])
    @visits.response(200, schemas.Visit)
    @allow(RoleName.TECHNICIAN)
    @command()
    def post(self, visit_id: int) -> dict[str, Any]:
        """Arrive on site; the first arrival stops the job's response clock."""
        return _carried_out(fieldwork.arrive, visit_id)


@visits.route("/<int:visit_id>/parts")
class UsePart(MethodView):
    """Parts that were built in."""

    @visits.doc(parameters=[KEY_PARAMETER])
    @visits.arguments(schemas.Use)
    @visits.response(200, schemas.UsedPart)
    @allow(RoleName.TECHNICIAN)
    @command()
    def post(self, given: dict[str, Any], visit_id: int) -> dict[str, Any]:
        """Use up pieces of a part from the caller's van."""
        session = db.session()
        line = fieldwork.use_part(
            session,
            visit_id=visit_id,
            part_id=part_by_sku(session, given["sku"]).id,
            quantity=given["quantity"],
            technician_id=own_technician().id,
            actor_id=current_user.id,
            serials=given["serials"],
        )
        shown: dict[str, Any] = schemas.UsedPart().dump(line)
        return shown


@visits.route("/<int:visit_id>/complete")
class Complete(MethodView):
    """Work that is done."""

    @visits.doc(parameters=[KEY_PARAMETER])
    @visits.arguments(schemas.Completion)
    @visits.response(200, schemas.Visit)
    @allow(RoleName.TECHNICIAN)
    @command()
    def post(self, given: dict[str, Any], visit_id: int) -> dict[str, Any]:
        """Complete a visit; the job's resolution clock stops."""
        swap = _swap(given)
        return _carried_out(fieldwork.complete, visit_id, swap=swap, **given)


@visits.route("/<int:visit_id>/serials")
class TakeSerials(MethodView):
    """Devices that change places."""

    @visits.doc(parameters=[KEY_PARAMETER])
    @visits.arguments(schemas.SwappedDevices)
    @visits.response(200, schemas.Visit)
    @allow(RoleName.TECHNICIAN)
    @command()
    def post(self, given: dict[str, Any], visit_id: int) -> dict[str, Any]:
        """Note which device was taken away and which one was put in its place; the records follow."""
        return _carried_out(fieldwork.take_serials, visit_id, swap=_swap(given))


@visits.route("/<int:visit_id>/cannot-complete")
class CannotComplete(MethodView):
    """Work that could not be done."""

    @visits.doc(parameters=[KEY_PARAMETER])
    @visits.arguments(schemas.Failure)
    @visits.response(200, schemas.Visit)
    @allow(RoleName.TECHNICIAN)
    @command()
    def post(self, given: dict[str, Any], visit_id: int) -> dict[str, Any]:
        """Leave with the reason why the work is not done; the job is opened for its next visit."""
        sku = given.pop("sku")
        part_id = None if sku is None else part_by_sku(db.session(), sku).id
        return _carried_out(fieldwork.cannot_complete, visit_id, part_id=part_id, **given)


@loads.route("/<int:pick_list_id>")
class Load(MethodView):
    """What the van takes along."""

    @loads.doc(parameters=[KEY_PARAMETER])
    @loads.arguments(ListConfirmation)
    @loads.response(200, PickList)
    @allow(RoleName.TECHNICIAN)
    @command()
    def post(self, given: dict[str, Any], pick_list_id: int) -> dict[str, Any]:
        """Load a pick list into the caller's van."""
        session = db.session()
        picked = fieldwork.load_pick_list(
            session,
            pick_list_id=pick_list_id,
            technician_id=own_technician().id,
            actor_id=current_user.id,
            serials={line["line"]: line["serials"] for line in given["serials"]},
        )
        shown: dict[str, Any] = PickList().dump(picked)
        return shown


def _swap(given: dict[str, Any]) -> fieldwork.Swap:
    """Take the serial numbers out of what was given."""
    return fieldwork.Swap(**{name: given.pop(name) for name in ("serial_out", "serial_in", "model_in")})


def _carried_out(act: Callable[..., Visit], visit_id: int, **given: Any) -> dict[str, Any]:
    session = db.session()
    visit = act(session, visit_id=visit_id, technician_id=own_technician().id, actor_id=current_user.id, **given)
    shown: dict[str, Any] = schemas.Visit().dump(visit)
    return shown


def _shown_stop(stop: Stop, told: Mapping[int, Briefing]) -> dict[str, Any]:
    shown: dict[str, Any] = {"kind": stop.kind.value, "arrives_at": stop.arrives_at, "leaves_at": stop.leaves_at}
    if isinstance(stop, VisitStop):
        shown |= {"visit": stop.visit, "parts": stop.parts, "before": told[stop.visit.job_id]}
    if isinstance(stop, PickUpStop):
        shown |= {"warehouse": stop.warehouse.code, "pick_list_ids": [one.id for one in stop.pick_lists]}
    return shown
