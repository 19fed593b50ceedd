"""Promises and pins as JSON."""

import marshmallow as ma
from marshmallow import fields, validate

from api.schemas.jobs import Window
from dispatch.models.promises import PromiseState
from dispatch.promises import REASON_LENGTH


class Promise(ma.Schema):
    id = fields.Integer()
    job = fields.String(attribute="job.number")
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    state = fields.Enum(PromiseState, by_value=True)
    made_at = fields.AwareDateTime()
    ended_at = fields.AwareDateTime(allow_none=True)
    reason = fields.String()
    told_at = fields.AwareDateTime(allow_none=True)


class OpenPromise(ma.Schema):
    promise = fields.Nested(Promise)
    expected_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "When the work will begin; null if no visit is planned."}
    )
    is_at_risk = fields.Boolean()


class Ledger(ma.Schema):
    """The promises of a day, and those broken ones of which customers are still to be told."""

    day = fields.Date()
    open = fields.List(fields.Nested(OpenPromise))
    over = fields.List(fields.Nested(Promise))
    untold = fields.List(fields.Nested(Promise))


class Promises(ma.Schema):
    promises = fields.List(fields.Nested(Promise))


class Reason(ma.Schema):
    """Why; `version` is that of the job as it was read, and left out it is not compared."""

    reason = fields.String(load_default="", validate=validate.Length(max=REASON_LENGTH))
    version = fields.Integer(strict=True, load_default=None, allow_none=True)


class NewPromise(Reason):
    window = fields.Nested(Window, required=True)


class NewPin(Reason):
    """What a job is tied to: a technician, a start, both, or a window of the start with or without a technician."""

    technician = fields.String(load_default=None, allow_none=True, validate=validate.Length(1, 20))
    starts_at = fields.AwareDateTime(load_default=None, allow_none=True)
    window = fields.Nested(Window, load_default=None, allow_none=True)


class Unpin(ma.Schema):
    version = fields.Integer(strict=True, load_default=None, allow_none=True)


class Pin(ma.Schema):
    job = fields.String(attribute="job.number")
    technician = fields.String(attribute="technician.code")
    starts_at = fields.AwareDateTime(allow_none=True)
    window_start = fields.AwareDateTime(allow_none=True)
    window_end = fields.AwareDateTime(allow_none=True)
    reason = fields.String()
    pinned_at = fields.AwareDateTime()
