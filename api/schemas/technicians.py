"""Technicians, their weeks, shifts, absences and where they work, as JSON."""

import marshmallow as ma
from marshmallow import fields, validate

from customers.calendars import WEEKDAYS
from dispatch.models.workforce import AbsenceReason
from dispatch.models.workforce import Preference as PreferenceKind

_CODE = validate.Length(1, 20)
_NAME = validate.Length(1, 120)
TIME = validate.Regexp(r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$", error="Expected a time of day like 08:00.")


def _version() -> fields.Integer:
    """The version that was read, which the answer to a change counts up."""
    return fields.Integer(required=True, strict=True, validate=validate.Range(0))


class TechnicianSkill(ma.Schema):
    """A skill with its level, 1 to 3, and the last day on which it counts; null if it does not expire."""

    skill = fields.String(required=True, validate=validate.Length(1, 40))
    level = fields.Integer(required=True, strict=True)
    valid_until = fields.Date(allow_none=True, load_default=None)


class Technician(ma.Schema):
    code = fields.String()
    name = fields.String()
    phone = fields.String()
    home_address = fields.String()
    home_lat = fields.Float()
    home_lon = fields.Float()
    zone = fields.String()
    active = fields.Boolean()
    partner = fields.String(attribute="partner.code", metadata={"description": "Absent for one of our own."})
    territories = fields.Pluck("Territory", "code", many=True)
    skills = fields.List(fields.Nested(TechnicianSkill))
    version = fields.Integer()


class Technicians(ma.Schema):
    technicians = fields.List(fields.Nested(Technician))


class NewTechnician(ma.Schema):
    """Somebody who joins; a van is added along with them."""

    code = fields.String(required=True, validate=_CODE)
    name = fields.String(required=True, validate=_NAME)
    home_lat = fields.Float(required=True)
    home_lon = fields.Float(required=True)
    zone = fields.String(required=True, validate=validate.Length(1, 60))
    home_address = fields.String(load_default="", validate=validate.Length(max=200))
    phone = fields.String(load_default="", validate=validate.Length(max=40))
    skills = fields.List(fields.Nested(TechnicianSkill), load_default=())


class TechnicianChange(ma.Schema):
    """What is to change; `version` is the one that was read."""

    version = _version()
    name = fields.String(validate=_NAME)
    phone = fields.String(validate=validate.Length(max=40))
    home_address = fields.String(validate=validate.Length(max=200))
    home_lat = fields.Float()
    home_lon = fields.Float()
    zone = fields.String(validate=validate.Length(1, 60))
    partner = fields.String(allow_none=True, metadata={"description": "Code of a partner firm; null: one of our own."})
    territories = fields.List(fields.String(), metadata={"description": "Codes; none of them: everywhere."})
    skills = fields.List(fields.Nested(TechnicianSkill))


class TechnicianVersion(ma.Schema):
    """The version that was read."""

    version = _version()


class WorkLeft(ma.Schema):
    """The visits that somebody else has to make now."""

    technician = fields.Nested(Technician)
    visits = fields.List(fields.Nested("VisitLeft"))


class VisitLeft(ma.Schema):
    job = fields.String(attribute="job.number")
    day = fields.Date()
    planned_start = fields.AwareDateTime()


class WeekBreak(ma.Schema):
    """A break that begins between two times of day; it is left out on days on which it does not fit."""

    minutes = fields.Integer(required=True, strict=True, validate=validate.Range(1, 240))
    earliest = fields.Time(required=True, format="%H:%M")
    latest = fields.Time(required=True, format="%H:%M")


class WeekDayHours(ma.Schema):
    begin = fields.String(required=True, validate=TIME)
    end = fields.String(required=True, validate=TIME)


class NewWorkWeek(ma.Schema):
    """A working week from a day on; weekdays that are absent are free."""

    version = _version()
    valid_from = fields.Date(required=True)
    valid_until = fields.Date(allow_none=True, load_default=None)
    hours = fields.Dict(
        keys=fields.String(validate=validate.OneOf(WEEKDAYS)), values=fields.Nested(WeekDayHours), required=True
    )
    rest = fields.Nested(WeekBreak, allow_none=True, load_default=None, data_key="break")
    overtime_minutes = fields.Integer(strict=True, load_default=0)
    holidays = fields.String(allow_none=True, load_default=None, validate=validate.Length(2, 2))


class WorkWeek(ma.Schema):
    id = fields.Integer()
    valid_from = fields.Date()
    valid_until = fields.Date(allow_none=True)
    hours = fields.Dict()
    break_minutes = fields.Integer()
    break_earliest = fields.String(allow_none=True)
    break_latest = fields.String(allow_none=True)
    overtime_minutes = fields.Integer()
    holidays = fields.String(allow_none=True)


class Absence(ma.Schema):
    id = fields.Integer()
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()
    reason = fields.Enum(AbsenceReason, by_value=True)
    note = fields.String()
    withdrawn_at = fields.AwareDateTime(allow_none=True)


class NewAbsence(ma.Schema):
    """A span in which a technician does not work; it may be hours."""

    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    reason = fields.Enum(AbsenceReason, by_value=True, required=True)
    note = fields.String(load_default="", validate=validate.Length(max=300))


class Absences(ma.Schema):
    absences = fields.List(fields.Nested(Absence))


class WorkSpan(ma.Schema):
    starts_at = fields.AwareDateTime()
    ends_at = fields.AwareDateTime()


class WorkDay(ma.Schema):
    """A day: the shift as it was made, and what absences leave of it; both null on a free day."""

    day = fields.Date()
    shift_version = fields.Integer(metadata={"description": "0 if there is no shift."})
    is_exception = fields.Boolean(metadata={"description": "Written by a person; no week overrules it."})
    working = fields.Nested(WorkSpan, allow_none=True)
    away = fields.List(fields.Nested(WorkSpan))
    overtime_seconds = fields.Integer()
    absences = fields.List(fields.Nested(Absence))
    visits = fields.Integer()


class WorkDayQuery(ma.Schema):
    first = fields.Date(load_default=None, allow_none=True, metadata={"description": "Today if it is absent."})
    days = fields.Integer(load_default=28, strict=False, validate=validate.Range(1, 92))


class WorkDays(ma.Schema):
    days = fields.List(fields.Nested(WorkDay))
    weeks = fields.List(fields.Nested(WorkWeek))


class NewShift(ma.Schema):
    """The hours of one day by hand; `shift_version` is that of the day as it was read, 0 if there was no shift."""

    shift_version = _version()
    starts_at = fields.AwareDateTime(required=True)
    ends_at = fields.AwareDateTime(required=True)
    break_seconds = fields.Integer(strict=True, load_default=0, validate=validate.Range(0, 14_400))
    break_earliest = fields.AwareDateTime(load_default=None, allow_none=True)
    break_latest = fields.AwareDateTime(load_default=None, allow_none=True)
    overtime_seconds = fields.Integer(strict=True, load_default=0)


class CustomerWish(ma.Schema):
    """What a customer thinks of a technician; null takes it back."""

    customer = fields.String(required=True, validate=validate.Length(1, 30))
    preference = fields.Enum(PreferenceKind, by_value=True, required=True, allow_none=True)
    reason = fields.String(load_default="", validate=validate.Length(max=300))


class ExpiringSkill(ma.Schema):
    technician = fields.String(attribute="technician.code")
    skill = fields.String()
    level = fields.Integer()
    valid_until = fields.Date()


class ExpiringSkills(ma.Schema):
    skills = fields.List(fields.Nested(ExpiringSkill))


class Territory(ma.Schema):
    code = fields.String(required=True, validate=_CODE)
    name = fields.String(required=True, validate=_NAME)


class TerritoryRow(ma.Schema):
    code = fields.String(attribute="territory.code")
    name = fields.String(attribute="territory.name")
    sites = fields.Integer()
    technicians = fields.List(fields.String())


class Territories(ma.Schema):
    territories = fields.List(fields.Nested(TerritoryRow))


class TerritorySites(ma.Schema):
    """Sites to put into the territory."""

    sites = fields.List(
        fields.String(validate=validate.Length(1, 30)), required=True, validate=validate.Length(1, 5000)
    )


class MovedSites(ma.Schema):
    moved = fields.Integer()


class PartnerTerms(ma.Schema):
    """What a partner firm is called and charges, in cents."""

    name = fields.String(required=True, validate=_NAME)
    shift_cents = fields.Integer(strict=True, load_default=0)
    travel_cents_per_hour = fields.Integer(required=True, strict=True)
    work_cents_per_hour = fields.Integer(required=True, strict=True)
    phone = fields.String(load_default="", validate=validate.Length(max=40))


class NewPartner(PartnerTerms):
    code = fields.String(required=True, validate=_CODE)


class Partner(PartnerTerms):
    code = fields.String()
    active = fields.Boolean()


class Partners(ma.Schema):
    partners = fields.List(fields.Nested(Partner))
