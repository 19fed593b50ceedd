"""Plans and plan runs as JSON."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from core.errors import DomainError
from dispatch.models.plans import PlanState, RunState, StopKind
from dispatch.planning import comparison


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain_value(value) for name, value in facts.items()}


def _plain_value(value: Any) -> Any:
    if isinstance(value, DomainError):
        return {"code": value.code, "sentence": str(value)}
    return value.isoformat() if isinstance(value, dt.date) else value


def _call(change: comparison.Change) -> dict[str, str] | None:
    if change.call is None:
        return None
    site = change.job.site
    return {"why": change.call.value, "site": site.name, "contact": site.contact_name, "phone": site.phone}


class NewRun(ma.Schema):
    """What is to be planned. Left out: today, and the engine and budget of the installation."""

    day = fields.Date(load_default=None, allow_none=True)
    last_day = fields.Date(
        load_default=None, allow_none=True, metadata={"description": "Left out: `day` alone. At most 14 days together."}
    )
    most_changed_promises = fields.Integer(
        load_default=0,
        strict=True,
        validate=validate.Range(0, 100),
        metadata={"description": "So many promises may be moved for jobs that would be left out otherwise."},
    )
    engine = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 20))
    seconds = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0.5, 600))
    seed = fields.Integer(load_default=1, strict=True, validate=validate.Range(0, 2**31 - 1))


class RunProblem(ma.Schema):
    code = fields.String()
    sentence = fields.String(metadata={"description": "A template; `facts` fills it in."})
    facts = fields.Dict()


class Run(ma.Schema):
    id = fields.Integer()
    day = fields.Date()
    last_day = fields.Date()
    most_changed_promises = fields.Integer(allow_none=True)
    state = fields.Enum(RunState, by_value=True)
    engine = fields.String()
    seconds = fields.Float()
    seed = fields.Integer()
    progress = fields.Float()
    best_cost = fields.Float(allow_none=True)
    problem = fields.Nested(RunProblem, allow_none=True)
    plan_id = fields.Integer(allow_none=True)
    worker_is_alive = fields.Boolean(metadata={"description": "False: the run waits until a worker is started."})


class DayQuery(ma.Schema):
    day = fields.Date(load_default=None, allow_none=True)


class PlannedStop(ma.Schema):
    position = fields.Integer()
    kind = fields.Enum(StopKind, by_value=True)
    job = fields.String(attribute="job.number")
    warehouse_id = fields.Integer(allow_none=True)
    arrives_at = fields.AwareDateTime()
    starts_at = fields.AwareDateTime()
    leaves_at = fields.AwareDateTime()


class PlannedRoute(ma.Schema):
    technician = fields.String(attribute="technician.code")
    departs_at = fields.AwareDateTime()
    returns_at = fields.AwareDateTime()
    travel_seconds = fields.Integer()
    stops = fields.List(fields.Nested(PlannedStop))


class LeftOut(ma.Schema):
    job = fields.String(attribute="job.number")
    reason = fields.String()


class Plan(ma.Schema):
    id = fields.Integer()
    day = fields.Date()
    version = fields.Integer()
    state = fields.Enum(PlanState, by_value=True)
    engine = fields.String()
    seed = fields.Integer()
    seconds = fields.Float()
    cost = fields.Dict(keys=fields.String(), values=fields.Float(), metadata={"description": "Cents by term."})
    created_at = fields.AwareDateTime()
    published_at = fields.AwareDateTime(allow_none=True)
    run_id = fields.Integer(allow_none=True, metadata={"description": "The plans of one run cover its days."})
    base_id = fields.Integer(allow_none=True, metadata={"description": "The plan in force when it was made."})


class PlanDetail(Plan):
    routes = fields.List(fields.Nested(PlannedRoute))
    left_out = fields.List(fields.Nested(LeftOut))


class Publication(ma.Schema):
    """What is agreed to beside the plan itself."""

    consent = fields.List(
        fields.String(validate=validate.Length(1, 20)),
        load_default=list,
        metadata={"description": "Numbers of jobs whose promise may be broken; without them it is refused, by name."},
    )


class Choice(Publication):
    """Changes of a draft to publish without the others."""

    chosen = fields.List(
        fields.String(validate=validate.Length(1, 20)),
        required=True,
        metadata={"description": "Numbers of jobs as in the comparison."},
    )


class Appointment(ma.Schema):
    technician = fields.String(attribute="technician.code")
    day = fields.Date()
    start = fields.AwareDateTime()


class Change(ma.Schema):
    job = fields.String(attribute="job.number")
    was = fields.Nested(Appointment, allow_none=True)
    now = fields.Nested(Appointment, allow_none=True)
    why = fields.Function(lambda change: {"code": change.why.code.value, "facts": _plain(change.why.facts)})
    price_cents = fields.Float(metadata={"description": "What the firm's prices of stability ask for the change."})
    call = fields.Function(_call, allow_none=True)


class CostLine(ma.Schema):
    term = fields.String()
    was = fields.Float(allow_none=True)
    now = fields.Float()


class Comparison(ma.Schema):
    """A draft beside what is published."""

    plan_id = fields.Integer(attribute="plan.id")
    changes = fields.List(fields.Nested(Change))
    costs = fields.List(fields.Nested(CostLine))
    stability_cents = fields.Float()
    gain_cents = fields.Float(allow_none=True)


class GateQuery(DayQuery):
    last_day = fields.Date(load_default=None, allow_none=True)


class GateLine(ma.Schema):
    job = fields.String(attribute="job.number")
    reason = fields.String()
    facts = fields.Function(lambda line: _plain(line.facts))


class Gate(ma.Schema):
    """The jobs that no plan of these days can serve, and why."""

    lines = fields.List(fields.Nested(GateLine))


class PlanningSettings(ma.Schema):
    """The firm's choices; what is left out keeps its value."""

    freeze_minutes = fields.Integer(strict=True)
    technician_change_cents = fields.Integer(strict=True)
    start_change_cents_per_hour = fields.Integer(strict=True)
    promise_change_cents = fields.Integer(strict=True)
    preferred_technician_cents = fields.Integer(strict=True)
    outside_territory_cents = fields.Integer(
        strict=True, metadata={"description": "0: nobody is sent outside their territories."}
    )


class Plans(ma.Schema):
    plans = fields.List(fields.Nested(Plan))
