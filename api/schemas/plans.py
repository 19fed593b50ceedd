"""Plans and plan runs as JSON."""

import marshmallow as ma
from marshmallow import fields, validate

from dispatch.models.plans import PlanState, RunState, StopKind


class NewRun(ma.Schema):
    """What is to be planned. Left out: today, and the engine and budget of the installation."""

    day = fields.Date(load_default=None, allow_none=True)
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


class PlanDetail(Plan):
    routes = fields.List(fields.Nested(PlannedRoute))
    left_out = fields.List(fields.Nested(LeftOut))


class Plans(ma.Schema):
    plans = fields.List(fields.Nested(Plan))
