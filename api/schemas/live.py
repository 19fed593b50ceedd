"""The living day as JSON."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from dispatch.live.overview import LiveDay
from dispatch.models.live import DayEventKind
from dispatch.models.visits import VisitStatus
from dispatch.models.workforce import AbsenceReason

_CODE = validate.Length(1, 40)


def _plain(value: Any) -> Any:
    """Facts as JSON values: times and days as text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, dt.date) else value


class PhonePosition(ma.Schema):
    """Where the caller's phone is."""

    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    lon = fields.Float(required=True, validate=validate.Range(-180, 180))
    accuracy = fields.Float(load_default=None, allow_none=True, validate=validate.Range(0))
    at = fields.AwareDateTime(load_default=None, allow_none=True, metadata={"description": "Left out: now."})


class ExpectedVisit(ma.Schema):
    job = fields.String(attribute="job.number")
    status = fields.Enum(VisitStatus, by_value=True)
    planned_arrival = fields.AwareDateTime()
    expected_at = fields.AwareDateTime(allow_none=True)


class ExpectedVisits(ma.Schema):
    visits = fields.List(fields.Nested(ExpectedVisit))


class _News(ma.Schema):
    publish = fields.Boolean(
        load_default=False,
        metadata={"description": "Publish the repair at once if it breaks no promise and concerns nobody else."},
    )
    note = fields.String(load_default="", validate=validate.Length(max=200))


class LiveAbsence(_News):
    technician = fields.String(required=True, validate=_CODE)
    starts_at = fields.AwareDateTime(load_default=None, allow_none=True, metadata={"description": "Left out: now."})
    ends_at = fields.AwareDateTime(required=True)
    reason = fields.Enum(AbsenceReason, by_value=True, load_default=AbsenceReason.OTHER)


class LiveDelay(_News):
    technician = fields.String(required=True, validate=_CODE)
    until = fields.AwareDateTime(required=True)


class LiveOverrun(_News):
    job = fields.String(required=True, validate=_CODE)
    until = fields.AwareDateTime(required=True)


class LiveMissingPart(ma.Schema):
    job = fields.String(required=True, validate=_CODE)
    sku = fields.String(required=True, validate=_CODE)
    publish = fields.Boolean(load_default=False)


class DayEvent(ma.Schema):
    """
    Something that happened.

    `facts` hold what was told; `answer` is "holds", "draft" or "published" where a repair was asked for, "proposed",
    "nothing_better" or "draft_waits" where the service looked for one by itself, absent while there is none. `moved`
    holds the visits as job, technician before, technician after, start before, start after.
    """

    id = fields.Integer()
    day = fields.Date()
    kind = fields.Enum(DayEventKind, by_value=True)
    at = fields.AwareDateTime()
    technician = fields.Function(lambda event: event.technician.code if event.technician else None)
    job = fields.Function(lambda event: event.job.number if event.job else None)
    facts = fields.Function(lambda event: _plain(event.facts))
    answer = fields.Function(lambda event: event.facts.get("answer"))
    plan_id = fields.Integer(allow_none=True)


class DayEvents(ma.Schema):
    events = fields.List(fields.Nested(DayEvent))


class VisitAtRisk(ma.Schema):
    job = fields.String(attribute="visit.job.number")
    technician = fields.String(attribute="visit.technician.code")
    what = fields.String(metadata={"description": '"promise" or "response".'})
    due = fields.AwareDateTime()
    expected = fields.AwareDateTime()
    late_seconds = fields.Integer()


class TechnicianNow(ma.Schema):
    technician = fields.String(attribute="technician.code")
    current = fields.Nested(ExpectedVisit, allow_none=True)
    upcoming = fields.Nested(ExpectedVisit, allow_none=True)
    done = fields.Integer()
    to_do = fields.Integer()
    seen_at = fields.AwareDateTime(allow_none=True)
    late_until = fields.AwareDateTime(allow_none=True)
    over_seconds = fields.Integer()
    behind_seconds = fields.Integer()


class RunningDay(ma.Schema):
    day = fields.Date()
    plan_id = fields.Function(lambda view: _id_of(view, "plan"))
    draft_id = fields.Function(lambda view: _id_of(view, "draft"))
    team = fields.List(fields.Nested(TechnicianNow))
    at_risk = fields.List(fields.Nested(VisitAtRisk))
    waiting = fields.Function(lambda view: [job.number for job in view.waiting])


class CannotCome(ma.Schema):
    code = fields.String()
    facts = fields.Function(lambda why: _plain(why.facts))


class CausedLateness(ma.Schema):
    job = fields.String(attribute="number")
    starts_at = fields.AwareDateTime()
    more_seconds = fields.Integer()
    promised = fields.Boolean()


class Candidate(ma.Schema):
    """A technician as the one who takes the job; with `why`, one who cannot."""

    technician = fields.String(attribute="code")
    name = fields.String(attribute="technician")
    cost_cents = fields.Integer()
    arrives_at = fields.AwareDateTime(allow_none=True)
    starts_at = fields.AwareDateTime(allow_none=True)
    late_seconds = fields.Integer()
    overtime_seconds = fields.Integer()
    lateness = fields.List(fields.Nested(CausedLateness))
    promises_touched = fields.Integer()
    parts = fields.String()
    fetch_at = fields.String()
    fetches = fields.Dict()
    why = fields.Nested(CannotCome, allow_none=True)


class CandidateRanking(ma.Schema):
    job = fields.String(attribute="number")
    day = fields.Date()
    candidates = fields.List(fields.Nested(Candidate), attribute="choices")


class SendTechnician(ma.Schema):
    technician = fields.String(required=True, validate=_CODE)
    day = fields.Date(load_default=None, allow_none=True)


class SentTechnician(ma.Schema):
    job = fields.String()
    technician = fields.String()
    plan_id = fields.Integer()


class AgainstTechnician(ma.Schema):
    technician_id = fields.Integer()
    technician = fields.String()
    why = fields.Nested(CannotCome)
    cost_cents = fields.Integer(allow_none=True)


class HelpfulFix(ma.Schema):
    key = fields.String()
    kind = fields.String()
    technician_id = fields.Integer()
    technician = fields.String()
    starts_at = fields.AwareDateTime()
    cost_cents = fields.Integer()
    facts = fields.Function(lambda fix: _plain(fix.facts))
    applicable = fields.Boolean(attribute="is_applicable")


class WhyNot(ma.Schema):
    job = fields.String(attribute="number")
    day = fields.Date()
    state = fields.String()
    starts_at = fields.AwareDateTime(allow_none=True)
    late_seconds = fields.Integer()
    without_it_cents = fields.Integer()
    against = fields.List(fields.Nested(AgainstTechnician))
    fixes = fields.List(fields.Nested(HelpfulFix))


class ChosenFix(ma.Schema):
    fix = fields.String(required=True, validate=_CODE)
    day = fields.Date(load_default=None, allow_none=True)


class FixedJob(ma.Schema):
    job = fields.String()
    status = fields.String()


def _id_of(view: LiveDay, name: str) -> int | None:
    plan = view.plan if name == "plan" else view.draft
    return plan.id if plan is not None else None
