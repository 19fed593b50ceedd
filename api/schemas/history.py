"""Histories as JSON: codes and values, for the reader to word."""

import marshmallow as ma
from marshmallow import fields, validate

from dispatch.history import Source


class HistoryQuery(ma.Schema):
    page = fields.Integer(load_default=1, validate=validate.Range(1))


class HistoryLine(ma.Schema):
    """One thing that happened; `changes` has what was and what is by field, `who` is null for the service itself."""

    at = fields.AwareDateTime(attribute="line.at")
    told_at = fields.AwareDateTime(attribute="line.told_at", allow_none=True)
    source = fields.Enum(Source, by_value=True, attribute="line.source")
    action = fields.String(attribute="line.action")
    who = fields.String(allow_none=True)
    changes = fields.Dict(attribute="line.changes")
    facts = fields.Dict(attribute="line.facts")
    note = fields.String(attribute="line.note")


class History(ma.Schema):
    lines = fields.List(fields.Nested(HistoryLine))
    total = fields.Integer()
    page = fields.Integer()
    pages = fields.Integer()
