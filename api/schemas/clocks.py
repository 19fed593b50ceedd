"""Clocks, notices and penalties as JSON."""

import marshmallow as ma
from marshmallow import fields, validate

from core.accounts import RoleName
from dispatch.clocks import ClockState
from dispatch.models.clocks import ClockKind, ClockSign, NoticeKind, PauseReason
from dispatch.pauses import NOTE_LENGTH


class ClockReading(ma.Schema):
    """What a clock shows now."""

    state = fields.Enum(ClockState, by_value=True)
    due = fields.AwareDateTime(metadata={"description": "Of a paused clock: when it is due if it runs on now."})
    remaining_seconds = fields.Function(
        lambda reading: int(reading.remaining.total_seconds()),
        metadata={"type": "integer", "description": "Seconds of service until it is due; negative afterwards."},
    )
    elapsed_percent = fields.Integer()
    kept = fields.Boolean(allow_none=True, metadata={"description": "Of a stopped clock: whether it was in time."})
    next_sign = fields.Enum(ClockSign, by_value=True, allow_none=True)
    next_sign_at = fields.AwareDateTime(allow_none=True)


class ClockPause(ma.Schema):
    reason = fields.Enum(PauseReason, by_value=True)
    note = fields.String()
    began_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)


class ClockEvent(ma.Schema):
    at = fields.AwareDateTime()
    clock = fields.Enum(ClockKind, by_value=True)
    sign = fields.Enum(ClockSign, by_value=True)
    due_was = fields.AwareDateTime(allow_none=True)
    due = fields.AwareDateTime()


class Clocks(ma.Schema):
    """Both clocks of a job, their pauses, and what happened to them."""

    number = fields.String(attribute="job.number")
    version = fields.Integer(attribute="job.version")
    clocks = fields.Dict(
        keys=fields.Enum(ClockKind, by_value=True), values=fields.Nested(ClockReading), attribute="readings"
    )
    pauses = fields.List(fields.Nested(ClockPause))
    history = fields.List(fields.Nested(ClockEvent))


class NewClockPause(ma.Schema):
    reason = fields.Enum(PauseReason, by_value=True, required=True)
    note = fields.String(load_default="", validate=validate.Length(max=NOTE_LENGTH))
    version = fields.Integer(
        strict=True,
        load_default=None,
        allow_none=True,
        validate=validate.Range(1),
        metadata={"description": "The job's version that was read; refused if it is another one by now."},
    )


class ClockResume(ma.Schema):
    version = fields.Integer(strict=True, load_default=None, allow_none=True, validate=validate.Range(1))


class Notice(ma.Schema):
    """Something that a role should look at."""

    id = fields.Integer()
    kind = fields.Enum(NoticeKind, by_value=True)
    role = fields.Enum(RoleName, by_value=True)
    job = fields.String(attribute="job.number")
    about = fields.String(metadata={"description": "The subject, such as which clock or which part; empty if none."})
    at = fields.AwareDateTime()
    facts = fields.Dict(keys=fields.String())
    closed_at = fields.AwareDateTime(allow_none=True)


class NoticeQuery(ma.Schema):
    page = fields.Integer(load_default=1, validate=validate.Range(1, 100_000))


class NoticePage(ma.Schema):
    notices = fields.List(fields.Nested(Notice))
    total = fields.Integer()
    page = fields.Integer()


class JobPenalty(ma.Schema):
    job = fields.String(attribute="job.number")
    due = fields.AwareDateTime()
    begins_at = fields.AwareDateTime(allow_none=True, metadata={"description": "Null for a job that is left out."})
    lateness_cents = fields.Integer(attribute="penalty.lateness_cents")
    breach_cents = fields.Integer(attribute="penalty.breach_cents")
    cents = fields.Integer(attribute="penalty.cents")


class PlanPenalty(ma.Schema):
    """What contracts will ask for if a plan is carried out, in cents."""

    cents = fields.Integer()
    lateness_cents = fields.Integer()
    breach_cents = fields.Integer()
    left_out_cents = fields.Integer()
    next_chance = fields.AwareDateTime(metadata={"description": "Until then jobs that are left out collect lateness."})
    jobs = fields.List(fields.Nested(JobPenalty))
