"""Visits moved by hand as JSON."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

_CODE = validate.Length(1, 40)


def _plain(value: Any) -> Any:
    """Facts as JSON values: times as text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, dt.date) else value


class MoveWanted(ma.Schema):
    """A visit and where it is to go."""

    job = fields.String(required=True, validate=_CODE)
    technician = fields.String(
        load_default=None,
        allow_none=True,
        validate=_CODE,
        metadata={"description": "Code of the technician. Left out: off the plan, back to the queue."},
    )
    before = fields.String(
        load_default=None,
        allow_none=True,
        validate=_CODE,
        metadata={"description": "Job of the visit that comes next then. Left out: the visit comes last."},
    )
    day = fields.Date(load_default=None, allow_none=True, metadata={"description": "Left out: today."})
    plan_id = fields.Integer(
        load_default=None, allow_none=True, metadata={"description": "A draft. Left out: the published plan."}
    )


class MoveAgreed(MoveWanted):
    """A move that is to be made."""

    reason = fields.String(
        load_default="",
        validate=validate.Length(max=300),
        metadata={"description": "Why rules are broken; asked for where the move breaks any."},
    )
    consent = fields.List(
        fields.String(validate=_CODE),
        load_default=list,
        metadata={"description": "Jobs whose promise may be broken."},
    )
    basis = fields.String(
        load_default=None,
        allow_none=True,
        validate=_CODE,
        metadata={"description": "As the weighing told it: the move is refused if the routes are others by now."},
    )


class UndoWanted(ma.Schema):
    """The plan that a move made."""

    plan_id = fields.Integer(required=True)


class PlaceInPlan(ma.Schema):
    technician = fields.String()
    start = fields.AwareDateTime()


class ShiftedVisit(ma.Schema):
    job = fields.String(attribute="number")
    technician = fields.String()
    was = fields.AwareDateTime()
    now = fields.AwareDateTime()
    later_seconds = fields.Integer()


class ChangedTarget(ma.Schema):
    """A target that is missed by other seconds than before; null where nobody makes the job."""

    job = fields.String(attribute="number")
    due = fields.AwareDateTime()
    late_before = fields.Integer(allow_none=True)
    late_after = fields.Integer(allow_none=True)


class BrokenRule(ma.Schema):
    """`amount` is in seconds, levels or pieces, as the rule implies; `job` is empty for overtime."""

    rule = fields.String()
    job = fields.String(attribute="number")
    technician = fields.String()
    amount = fields.Integer()
    facts = fields.Function(lambda one: _plain(one.facts))


class TouchedPromise(ma.Schema):
    job = fields.String(attribute="number")
    window = fields.Function(lambda one: _plain(one.window))
    was = fields.AwareDateTime(allow_none=True)
    now = fields.AwareDateTime(allow_none=True)
    is_broken = fields.Boolean()


class VisitParty(ma.Schema):
    """Whom a visit is for, and whom to call."""

    site = fields.String()
    contact = fields.String()
    phone = fields.String()


class WeighedMove(ma.Schema):
    """
    What a move would do; nothing of it has taken effect.

    `costs` are cents by term that the day costs more. `parties` are those whom the visits named are for, by job.
    `broken` asks for a reason, `needs_consent` for the consent to break promises.
    """

    job = fields.String(attribute="move.number")
    was = fields.Nested(PlaceInPlan, allow_none=True)
    now = fields.Nested(PlaceInPlan, allow_none=True)
    shifted = fields.List(fields.Nested(ShiftedVisit))
    targets = fields.List(fields.Nested(ChangedTarget))
    broken = fields.List(fields.Nested(BrokenRule))
    promises = fields.List(fields.Nested(TouchedPromise))
    dropped = fields.List(fields.String())
    costs = fields.Dict(keys=fields.String(), values=fields.Integer())
    parties = fields.Dict(keys=fields.String(), values=fields.Nested(VisitParty))
    needs_consent = fields.List(fields.String())
    basis = fields.String()


class MovedPlan(ma.Schema):
    job = fields.String()
    plan_id = fields.Integer()
    version = fields.Integer()
    state = fields.String()
