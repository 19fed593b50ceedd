"""Commands of phones, conflicts, files and reports of visits as JSON."""

import marshmallow as ma
from marshmallow import EXCLUDE, fields, validate

from api.schemas.stock import MAX_LINES, serial_numbers
from api.schemas.transfers import ArrivedLine
from dispatch.fieldwork.late import PhoneAction
from dispatch.models.live import ConflictState
from dispatch.models.visits import CHARGED_EXTRA, CannotComplete, FileKind, VisitStatus

MOST_COMMANDS = 200
TIME_OF_DAY = r"^([01]\d|2[0-3]):[0-5]\d\Z"


class PhoneCommand(ma.Schema):
    """One command; what `values` holds depends on `action`, as in the steps of a visit."""

    id = fields.String(required=True, validate=validate.Length(1, 64))
    action = fields.Enum(PhoneAction, by_value=True, required=True)
    visit = fields.Integer(load_default=None, allow_none=True)
    happened_at = fields.AwareDateTime(required=True)
    values = fields.Dict(keys=fields.String(), load_default=dict)


class PhoneBatch(ma.Schema):
    """Commands in the order in which they were given; `phone_now` is what the phone's clock shows as it sends them."""

    phone_now = fields.AwareDateTime(load_default=None, allow_none=True)
    commands = fields.List(fields.Nested(PhoneCommand), required=True, validate=validate.Length(1, MOST_COMMANDS))


class PhoneResults(ma.Schema):
    """What became of each command, in the same order."""

    now = fields.AwareDateTime()
    results = fields.List(fields.Dict())


class PhoneResultQuery(ma.Schema):
    since = fields.AwareDateTime(load_default=None)


class _Values(ma.Schema):
    """Newer phones may say more than this server knows."""

    class Meta:
        unknown = EXCLUDE


class NoValues(_Values):
    pass


class UseValues(_Values):
    sku = fields.String(required=True, validate=validate.Length(1, 60))
    quantity = fields.Integer(load_default=1, strict=True)
    serials = serial_numbers()


class SerialValues(_Values):
    serial_out = fields.String(load_default="")
    serial_in = fields.String(load_default="")
    model_in = fields.String(load_default="", validate=validate.Length(max=60))


class CheckedItem(_Values):
    key = fields.String(required=True, validate=validate.Length(1, 40))
    done = fields.Boolean(required=True)
    note = fields.String(load_default="", validate=validate.Length(max=200))


class CompletionValues(SerialValues):
    note = fields.String(load_default="")
    signed_by = fields.String(load_default="")
    checklist = fields.List(fields.Nested(CheckedItem), load_default=list, validate=validate.Length(max=40))


class FailureValues(_Values):
    reason = fields.String(required=True, validate=validate.OneOf([reason.value for reason in CannotComplete]))
    note = fields.String(load_default="")
    sku = fields.String(load_default=None, allow_none=True)
    quantity = fields.Integer(load_default=1, strict=True)
    skill = fields.String(load_default="")
    level = fields.Integer(load_default=1, strict=True)


class LoadValues(_Values):
    pick_list = fields.Integer(required=True, strict=True)
    serials = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), load_default=dict)


class TakeCoreValues(_Values):
    core = fields.Integer(required=True, strict=True)
    serial = fields.String(load_default="")


class LeaveCoreValues(_Values):
    core = fields.Integer(required=True, strict=True)
    reason = fields.String(required=True)


class AskValues(_Values):
    from_place = fields.String(required=True, validate=validate.Length(1, 30), data_key="from")
    sku = fields.String(required=True, validate=validate.Length(1, 60))
    quantity = fields.Integer(load_default=1, strict=True, validate=validate.Range(1))
    reason = fields.String(required=True, validate=validate.Length(1, 200))


class ReceiveValues(_Values):
    transfer = fields.Integer(required=True, strict=True)
    lines = fields.List(
        fields.Nested(ArrivedLine(unknown=EXCLUDE)), load_default=list, validate=validate.Length(max=MAX_LINES)
    )


class HandOverValues(_Values):
    transfer = fields.Integer(required=True, strict=True)
    serials = fields.Dict(keys=fields.String(), values=fields.List(fields.String()), load_default=dict)


class DamagedValues(_Values):
    sku = fields.String(required=True, validate=validate.Length(1, 60))
    quantity = fields.Integer(load_default=1, strict=True, validate=validate.Range(1))
    serials = serial_numbers()
    reason = fields.String(required=True, validate=validate.Length(1, 200))


class ChargeValues(_Values):
    kind = fields.String(required=True, validate=validate.OneOf([kind.value for kind in CHARGED_EXTRA]))
    quantity = fields.Integer(load_default=1, strict=True, validate=validate.Range(1))
    sku = fields.String(load_default="", validate=validate.Length(max=60))
    reason = fields.String(required=True, validate=validate.Length(1, 200))


class TimesValues(_Values):
    """Times of day on the site's clock; no end: it stays, or the visit goes on."""

    arrived_at = fields.String(required=True, validate=validate.Regexp(TIME_OF_DAY))
    ended_at = fields.String(load_default="", validate=validate.Regexp(f"{TIME_OF_DAY}|^$"))
    reason = fields.String(required=True, validate=validate.Length(1, 200))


VALUES: dict[PhoneAction, type[ma.Schema]] = {
    PhoneAction.SET_OFF: NoValues,
    PhoneAction.ARRIVE: NoValues,
    PhoneAction.USE_PART: UseValues,
    PhoneAction.TAKE_SERIALS: SerialValues,
    PhoneAction.COMPLETE: CompletionValues,
    PhoneAction.CANNOT_COMPLETE: FailureValues,
    PhoneAction.ADD_CHARGE: ChargeValues,
    PhoneAction.CORRECT_TIMES: TimesValues,
    PhoneAction.LOAD: LoadValues,
    PhoneAction.TAKE_CORE: TakeCoreValues,
    PhoneAction.LEAVE_CORE: LeaveCoreValues,
    PhoneAction.ASK_PARTS: AskValues,
    PhoneAction.RECEIVE_TRANSFER: ReceiveValues,
    PhoneAction.HAND_OVER: HandOverValues,
    PhoneAction.REPORT_DAMAGED: DamagedValues,
}


class ConflictQuery(ma.Schema):
    state = fields.Enum(ConflictState, by_value=True, load_default=ConflictState.OPEN)
    page = fields.Integer(load_default=1, validate=validate.Range(1))


class Conflict(ma.Schema):
    """What a phone told, why it was not carried out, and what became of it."""

    id = fields.Integer()
    command_id = fields.String()
    technician = fields.String(attribute="technician.code")
    visit = fields.Integer(attribute="visit_id", allow_none=True)
    job = fields.String(attribute="job.number")
    action = fields.String()
    values = fields.Dict(attribute="payload")
    happened_at = fields.AwareDateTime()
    received_at = fields.AwareDateTime()
    refusal = fields.Dict()
    state = fields.Enum(ConflictState, by_value=True)
    resolved_at = fields.AwareDateTime(allow_none=True)
    note = fields.String()


class AcceptedConflicts(ma.Schema):
    conflicts = fields.List(fields.Nested(Conflict))


class Conflicts(AcceptedConflicts):
    total = fields.Integer()
    page = fields.Integer()
    pages = fields.Integer()


class Dismissal(ma.Schema):
    reason = fields.String(required=True, validate=validate.Length(1, 300))


class VisitFileQuery(ma.Schema):
    name = fields.String(load_default="", validate=validate.Length(max=160))
    kind = fields.Enum(FileKind, by_value=True, load_default=FileKind.PHOTO)


class VisitFile(ma.Schema):
    id = fields.Integer(attribute="attachment_id")
    kind = fields.Enum(FileKind, by_value=True)
    name = fields.String(attribute="attachment.name")
    media_type = fields.String(attribute="attachment.media_type")
    size = fields.Integer(attribute="attachment.size")
    sha256 = fields.String(attribute="attachment.sha256")


class ReportPart(ma.Schema):
    sku = fields.String(attribute="part.sku")
    quantity = fields.Integer()
    serials = fields.List(fields.String())
    used_at = fields.AwareDateTime()


class ReportLine(ma.Schema):
    kind = fields.String()
    quantity = fields.Integer()
    unit_cents = fields.Integer()
    cents = fields.Integer()
    facts = fields.Dict()


class ReportPrice(ma.Schema):
    lines = fields.List(fields.Nested(ReportLine))
    net_cents = fields.Integer()
    tax_cents = fields.Integer()


class VisitReport(ma.Schema):
    """A visit as its customer reads it."""

    visit = fields.Integer(attribute="visit.id")
    job = fields.String(attribute="job.number")
    site = fields.String(attribute="job.site.name")
    customer = fields.String(attribute="job.site.customer.name")
    technician = fields.String(attribute="visit.technician.name")
    status = fields.Enum(VisitStatus, by_value=True, attribute="visit.status")
    device_serial = fields.String(attribute="job.device.serial")
    set_off_at = fields.AwareDateTime(attribute="visit.set_off_at", allow_none=True)
    arrived_at = fields.AwareDateTime(attribute="visit.arrived_at", allow_none=True)
    ended_at = fields.AwareDateTime(attribute="visit.ended_at", allow_none=True)
    implied = fields.List(
        fields.String(), attribute="visit.implied", metadata={"description": "Times that nobody told."}
    )
    work_seconds = fields.Integer(allow_none=True)
    cannot_complete = fields.Enum(CannotComplete, by_value=True, attribute="visit.cannot_complete", allow_none=True)
    needs = fields.Dict(attribute="visit.needs")
    note = fields.String(attribute="visit.note")
    serial_out = fields.String(attribute="visit.serial_out")
    serial_in = fields.String(attribute="visit.serial_in")
    signed_by = fields.String(attribute="visit.signed_by")
    checklist = fields.List(fields.Dict(), attribute="visit.checklist")
    parts = fields.List(fields.Nested(ReportPart))
    files = fields.List(fields.Nested(VisitFile), attribute="visit.files")
    is_chargeable = fields.Boolean()
    price = fields.Nested(ReportPrice, allow_none=True)
