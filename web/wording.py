"""The one place where codes become words: statuses, priorities, families, reasons, terms of cost."""

import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from core.accounts import Navigation, RoleName, TextSize, Theme
from core.errors import N_, DomainError
from customers.entitlement import Why, WhyNoWarranty
from customers.models import CalendarKind, ChargeKind, Priority
from desk.models import Channel, EstimateState, TicketState
from dispatch.board import QueueOrder
from dispatch.clocks import ClockState
from dispatch.lanes import ClockLook, PartsState
from dispatch.models.clocks import ClockKind, ClockSign, Notice, NoticeKind, PauseReason
from dispatch.models.jobs import JobKind, JobStatus
from dispatch.models.plans import PlanState, RunState, StopKind
from dispatch.models.promises import PromiseState
from dispatch.models.visits import CannotComplete, FileKind, VisitStatus
from dispatch.models.workforce import AbsenceReason, Preference
from inventory.audit import DifferenceKind
from inventory.models import (
    CoreState,
    CountState,
    MovementKind,
    OrderState,
    PartFamily,
    PickState,
    PlaceKind,
    ReservationState,
    RmaState,
    TransferState,
)
from inventory.supply_curve import Source
from web import formats

WORDS: Mapping[type[enum.StrEnum], Mapping[str, str]] = {
    RoleName: {
        RoleName.DISPATCHER: N_("dispatcher"),
        RoleName.TECHNICIAN: N_("technician"),
        RoleName.WAREHOUSE: N_("warehouse"),
        RoleName.DESK: N_("service desk"),
        RoleName.MANAGER: N_("manager"),
        RoleName.ADMIN: N_("administrator"),
    },
    Theme: {
        Theme.AUTO: N_("As the device"),
        Theme.LIGHT: N_("Light"),
        Theme.DARK: N_("Dark"),
    },
    TextSize: {
        TextSize.NORMAL: N_("Normal"),
        TextSize.LARGE: N_("Large"),
        TextSize.HUGE: N_("Very large"),
    },
    Navigation: {
        Navigation.GEO: N_("The map program of the phone"),
        Navigation.GOOGLE: N_("Google Maps"),
        Navigation.AMAP: N_("Amap"),
    },
    Priority: {
        Priority.P1: N_("P1 · critical"),
        Priority.P2: N_("P2 · high"),
        Priority.P3: N_("P3 · normal"),
        Priority.P4: N_("P4 · low"),
    },
    CalendarKind: {
        CalendarKind.ALWAYS: N_("day and night"),
        CalendarKind.SERVICE_HOURS: N_("in service hours"),
    },
    JobKind: {
        JobKind.REPAIR: N_("Repair"),
        JobKind.INSTALLATION: N_("Installation"),
        JobKind.SWAP: N_("Swap"),
        JobKind.COLLECTION: N_("Collection"),
        JobKind.MAINTENANCE: N_("Maintenance"),
        JobKind.UPGRADE: N_("Software upgrade"),
        JobKind.TRAINING: N_("Training"),
        JobKind.DATA_RECOVERY: N_("Data recovery"),
    },
    JobStatus: {
        JobStatus.NEW: N_("New"),
        JobStatus.READY: N_("Ready"),
        JobStatus.WAITING_PARTS: N_("Waiting for parts"),
        JobStatus.PLANNED: N_("Planned"),
        JobStatus.DISPATCHED: N_("Dispatched"),
        JobStatus.EN_ROUTE: N_("On the way"),
        JobStatus.ON_SITE: N_("On site"),
        JobStatus.COMPLETED: N_("Completed"),
        JobStatus.INCOMPLETE: N_("Not finished"),
        JobStatus.CANCELLED: N_("Cancelled"),
    },
    VisitStatus: {
        VisitStatus.DISPATCHED: N_("Dispatched"),
        VisitStatus.EN_ROUTE: N_("On the way"),
        VisitStatus.ON_SITE: N_("On site"),
        VisitStatus.COMPLETED: N_("Completed"),
        VisitStatus.INCOMPLETE: N_("Not finished"),
        VisitStatus.WITHDRAWN: N_("Withdrawn"),
    },
    Source: {
        Source.IN_TRANSIT: N_("in transit"),
        Source.ON_ORDER: N_("on order"),
        Source.REPAIR: N_("likely repairs"),
    },
    ClockKind: {
        ClockKind.RESPONSE: N_("Response"),
        ClockKind.RESOLUTION: N_("Resolution"),
    },
    ClockState: {
        ClockState.RUNNING: N_("Running"),
        ClockState.PAUSED: N_("Paused"),
        ClockState.STOPPED: N_("Stopped"),
        ClockState.BREACHED: N_("Overdue"),
    },
    ClockLook: {
        ClockLook.RUNNING: N_("clock runs"),
        ClockLook.WARNED: N_("clock soon runs out"),
        ClockLook.PAUSED: N_("clock paused"),
        ClockLook.BREACHED: N_("clock has run out"),
    },
    PartsState: {
        PartsState.IN_VAN: N_("parts in the van"),
        PartsState.TO_PICK: N_("parts to pick up"),
        PartsState.MISSING: N_("parts missing"),
    },
    QueueOrder: {
        QueueOrder.DUE: N_("By due time"),
        QueueOrder.PRIORITY: N_("By priority"),
        QueueOrder.REPORTED: N_("By report"),
        QueueOrder.SHOP: N_("By shop"),
    },
    ClockSign: {
        ClockSign.STARTED: N_("Started"),
        ClockSign.PAUSED: N_("Paused"),
        ClockSign.RESUMED: N_("Runs on"),
        ClockSign.RESET: N_("Set anew"),
        ClockSign.HALF: N_("Half of the time has passed"),
        ClockSign.THREE_QUARTERS: N_("Three quarters of the time have passed"),
        ClockSign.NINE_TENTHS: N_("Nine tenths of the time have passed"),
        ClockSign.BREACHED: N_("The time is over"),
        ClockSign.MET: N_("Stopped in time"),
        ClockSign.MISSED: N_("Stopped too late"),
    },
    PauseReason: {
        PauseReason.CUSTOMER_ASKED: N_("The customer asked for it"),
        PauseReason.NO_ACCESS: N_("No access"),
        PauseReason.CUSTOMER_SUPPLIES: N_("The customer has to supply something"),
        PauseReason.FORCE_MAJEURE: N_("Beyond anybody's control"),
    },
    FileKind: {
        FileKind.PHOTO: N_("Photo"),
        FileKind.SIGNATURE: N_("Signature"),
        FileKind.DOCUMENT: N_("Document"),
    },
    CannotComplete: {
        CannotComplete.NO_ACCESS: N_("No access"),
        CannotComplete.WRONG_PART: N_("Wrong part"),
        CannotComplete.NEEDS_PART: N_("Another part is needed"),
        CannotComplete.NEEDS_SKILL: N_("Another skill is needed"),
        CannotComplete.CUSTOMER_REFUSED: N_("The customer refused"),
    },
    AbsenceReason: {
        AbsenceReason.SICK: N_("Sick"),
        AbsenceReason.LEAVE: N_("Leave"),
        AbsenceReason.TRAINING: N_("In training"),
        AbsenceReason.DAY_OFF: N_("Day off"),
        AbsenceReason.OTHER: N_("Absent"),
    },
    Preference: {
        Preference.PREFERRED: N_("Preferred"),
        Preference.EXCLUDED: N_("Not wanted"),
    },
    PlanState: {
        PlanState.DRAFT: N_("Draft"),
        PlanState.PUBLISHED: N_("Published"),
        PlanState.SUPERSEDED: N_("Replaced"),
        PlanState.DISCARDED: N_("Discarded"),
    },
    PromiseState: {
        PromiseState.OPEN: N_("Promised"),
        PromiseState.KEPT: N_("Kept"),
        PromiseState.RENEGOTIATED: N_("Renegotiated"),
        PromiseState.BROKEN: N_("Broken"),
        PromiseState.WITHDRAWN: N_("Withdrawn"),
    },
    RunState: {
        RunState.QUEUED: N_("Waiting for the worker"),
        RunState.RUNNING: N_("Planning"),
        RunState.DONE: N_("Done"),
        RunState.FAILED: N_("Failed"),
        RunState.CANCELLED: N_("Cancelled"),
    },
    StopKind: {
        StopKind.VISIT: N_("Visit"),
        StopKind.DEPOT: N_("Pick-up"),
        StopKind.BREAK: N_("Break"),
    },
    PartFamily: {
        PartFamily.BATTERY: N_("Battery"),
        PartFamily.KEYBOARD: N_("Keyboard"),
        PartFamily.PRINTER: N_("Printer"),
        PartFamily.SCREEN: N_("Screen"),
        PartFamily.MAINBOARD: N_("Mainboard"),
        PartFamily.CARD_READER: N_("Card reader"),
        PartFamily.POWER_SUPPLY: N_("Power supply"),
        PartFamily.CONSUMABLE: N_("Consumable"),
    },
    PlaceKind: {
        PlaceKind.WAREHOUSE: N_("Warehouse"),
        PlaceKind.TRUNK: N_("Van"),
        PlaceKind.TRANSIT: N_("In transit"),
        PlaceKind.SITE: N_("Site"),
        PlaceKind.CORE_BOX: N_("Core box"),
        PlaceKind.QUARANTINE: N_("Quarantine"),
        PlaceKind.BENCH: N_("Bench"),
        PlaceKind.SUPPLIER: N_("Supplier"),
        PlaceKind.CUSTOMER: N_("Customer"),
        PlaceKind.SCRAP: N_("Scrap"),
        PlaceKind.CORRECTION: N_("Correction"),
    },
    MovementKind: {
        MovementKind.RECEIPT: N_("Receipt"),
        MovementKind.TRANSFER: N_("Transfer"),
        MovementKind.CONSUMPTION: N_("Used up"),
        MovementKind.CORE: N_("Core taken"),
        MovementKind.REPAIR: N_("Repair"),
        MovementKind.RETURN: N_("Return to the supplier"),
        MovementKind.SCRAP: N_("Scrapping"),
        MovementKind.CORRECTION: N_("Correction"),
    },
    ReservationState: {
        ReservationState.OPEN: N_("Reserved"),
        ReservationState.USED: N_("Used"),
        ReservationState.RELEASED: N_("Released"),
    },
    PickState: {
        PickState.OPEN: N_("To pick"),
        PickState.CONFIRMED: N_("Confirmed"),
        PickState.CANCELLED: N_("Cancelled"),
    },
    TransferState: {
        TransferState.REQUESTED: N_("Requested"),
        TransferState.PICKED: N_("Picked"),
        TransferState.SHIPPED: N_("In transit"),
        TransferState.RECEIVED: N_("Received"),
        TransferState.TURNED_BACK: N_("Came back"),
        TransferState.CANCELLED: N_("Cancelled"),
    },
    OrderState: {
        OrderState.DRAFT: N_("Draft"),
        OrderState.SENT: N_("Sent"),
        OrderState.PARTLY_RECEIVED: N_("Partly received"),
        OrderState.RECEIVED: N_("Received"),
        OrderState.CANCELLED: N_("Cancelled"),
    },
    DifferenceKind: {
        DifferenceKind.ON_HAND: N_("on hand, with the ledger"),
        DifferenceKind.RESERVED: N_("reserved, with the promises"),
        DifferenceKind.LEDGER_SUM: N_("the ledger, with zero"),
        DifferenceKind.SERIALS: N_("pieces by number, with on hand"),
        DifferenceKind.CUSTODY: N_("where a piece is, with its last movement"),
        DifferenceKind.BACK_ORDER: N_("pieces waited for, with the promises"),
    },
    CoreState: {
        CoreState.DUE: N_("Owed"),
        CoreState.TAKEN: N_("In the van"),
        CoreState.RECEIVED: N_("In quarantine"),
        CoreState.ON_BENCH: N_("On the bench"),
        CoreState.REPAIRED: N_("Repaired"),
        CoreState.SCRAPPED: N_("Scrapped"),
        CoreState.RETURNING: N_("On the way to the supplier"),
        CoreState.RETURNED: N_("Returned to the supplier"),
        CoreState.LOST: N_("Lost"),
    },
    RmaState: {
        RmaState.OPEN: N_("Not shipped yet"),
        RmaState.SHIPPED: N_("Shipped"),
        RmaState.CREDITED: N_("Credited"),
        RmaState.REPLACED: N_("Replaced"),
        RmaState.REFUSED: N_("Refused"),
        RmaState.CANCELLED: N_("Cancelled"),
    },
    Channel: {
        Channel.PHONE: N_("Phone"),
        Channel.WEB: N_("Web form"),
        Channel.API: N_("Another system"),
        Channel.EMAIL: N_("E-mail"),
        Channel.CHAT: N_("Chat"),
        Channel.ALARM: N_("Device alarm"),
    },
    TicketState: {
        TicketState.OPEN: N_("Open"),
        TicketState.ESTIMATED: N_("Waits for the customer"),
        TicketState.FIXED_REMOTELY: N_("Fixed remotely"),
        TicketState.HANDED_OVER: N_("Handed over"),
        TicketState.CLOSED: N_("Closed"),
    },
    EstimateState: {
        EstimateState.OFFERED: N_("On offer"),
        EstimateState.ACCEPTED: N_("Accepted"),
        EstimateState.REFUSED: N_("Refused"),
        EstimateState.REPLACED: N_("Replaced"),
        EstimateState.EXPIRED: N_("Expired"),
    },
    ChargeKind: {
        ChargeKind.CALL_OUT: N_("Call-out"),
        ChargeKind.LABOUR: N_("Labour"),
        ChargeKind.TRAVEL: N_("Travel"),
        ChargeKind.PARTS: N_("Parts"),
        ChargeKind.URGENT: N_("Surcharge for urgent work"),
    },
    Why: {
        Why.CONTRACT: N_("the contract covers it"),
        Why.WARRANTY: N_("the maker's warranty covers it"),
        Why.GOODWILL: N_("the firm does it for nothing"),
        Why.CONTRACT_NOT_BEGUN: N_("the contract has not begun"),
        Why.CONTRACT_ENDED: N_("the contract has ended"),
        Why.CONTRACT_EXCLUDES: N_("the contract leaves it out"),
        Why.ORDERED_WORK: N_("it was ordered, it is no repair"),
    },
    WhyNoWarranty: {
        WhyNoWarranty.NO_DEVICE: N_("no device is named"),
        WhyNoWarranty.NOT_KNOWN: N_("no warranty is known"),
        WhyNoWarranty.ENDED: N_("the warranty has ended"),
        WhyNoWarranty.DAMAGE: N_("no warranty covers damage"),
        WhyNoWarranty.NOT_TRAVEL: N_("no warranty covers the way"),
    },
    CountState: {
        CountState.OPEN: N_("Being counted"),
        CountState.SECOND: N_("Second count"),
        CountState.APPROVAL: N_("Waiting for approval"),
        CountState.POSTED: N_("Posted"),
        CountState.CANCELLED: N_("Cancelled"),
    },
}

# Why a plan leaves a job out, in one word: obstacles of the job itself, then those between it and a technician.
LEFT_OUT = {
    "no_position": N_("The shop has no position on the map. Enter it, then plan again."),
    "off_road": N_("No road of the map comes near the shop. Check its position."),
    "waiting_parts": N_("Its parts are not there yet."),
    "closed_today": N_("The shop is closed that day, or not open long enough."),
    "window_passed": N_("Its time window has passed. Agree on another one."),
    "pin_passed": N_("It is tied to a time that is over. Tie it anew or set it free."),
    "not_chosen": N_("It was not among the changes that were chosen."),
    "taken_off": N_("It was on the plan and was taken off."),
    "not_asked": N_("It came in after the day was planned. Drag it onto a route, or plan again."),
    "changed_meanwhile": N_("It was changed while the plan was computed. Plan again."),
    "not_allowed": N_("No technician is allowed for it."),
    "pin": N_("It is tied to a technician or time that does not work out."),
    "skill": N_("Nobody who works that day has the skill."),
    "tool": N_("Nobody has the tool."),
    "part": N_("No van can get the part."),
    "window": N_("Nobody can be there within its time window."),
    "shift": N_("It does not fit into any shift, even alone."),
    "full": N_("The day is full. Add a shift or allow overtime, or move a less urgent job to another day."),
}
# The same for one technician.
OBSTACLES = {
    "not_allowed": N_("not allowed for this job"),
    "pin": N_("the job is tied to somebody else or another time"),
    "skill": N_("lacks the skill"),
    "tool": N_("lacks the tool"),
    "part": N_("cannot get the part"),
    "window": N_("cannot be there in time"),
    "shift": N_("the shift is too short for it"),
    "full": N_("the day is full"),
}
# Skills are named freely by the firm; these are the customary ones.
SKILLS = {
    "battery": N_("batteries"),
    "keyboard": N_("keyboards"),
    "printer": N_("printers"),
    "screen": N_("screens"),
    "power": N_("power and mainboard"),
    "software": N_("software"),
    "network": N_("network"),
    "card_reader": N_("card readers"),
    "training": N_("training"),
}
COST_TERMS = {
    "fixed": N_("Vans on the road"),
    "travel": N_("Travel"),
    "work": N_("Working time"),
    "overtime": N_("Overtime"),
    "lateness": N_("Lateness"),
    "breach": N_("Missed targets"),
    "unserved": N_("Jobs left out"),
    "change": N_("Changes to the plan before"),
    "preference": N_("Preferences"),
    "total": N_("Total"),
}
ENGINES = {
    "hybrid": N_("Thorough search (recommended)"),
    "ortools": N_("OR-Tools (for comparison)"),
    "greedy": N_("Greedy (instant)"),
}
# What made a plan: an engine, or people and events.
MAKERS = {
    **ENGINES,
    "chosen": N_("Chosen changes"),
    "repair": N_("Repaired after an event"),
    "assign": N_("Assigned by hand"),
    "move": N_("Moved by hand"),
    "undo": N_("Move undone"),
}
WEEKDAYS = {
    "mon": N_("Monday"),
    "tue": N_("Tuesday"),
    "wed": N_("Wednesday"),
    "thu": N_("Thursday"),
    "fri": N_("Friday"),
    "sat": N_("Saturday"),
    "sun": N_("Sunday"),
}
IMPORT_KINDS = {
    "price_lists": N_("Price lists"),
    "contracts": N_("Contracts"),
    "sites": N_("Sites"),
    "devices": N_("Devices"),
    "faults": N_("Faults"),
    "technicians": N_("Technicians"),
    "warehouses": N_("Warehouses"),
    "parts": N_("Parts"),
    "suppliers": N_("Suppliers"),
    "supplies": N_("What suppliers sell"),
    "stock": N_("Stock"),
    "history": N_("Past demand"),
    "jobs": N_("Jobs"),
}
JOB_ACTIONS = {
    "take_in": N_("Taken in"),
    "ready": N_("Parts are promised"),
    "wait_for_parts": N_("Waits for parts"),
    "plan": N_("Planned"),
    "dispatch": N_("Sent to the technician"),
    "take_off": N_("Taken off the plan"),
    "set_off": N_("Technician set off"),
    "arrive": N_("Technician arrived"),
    "use_part": N_("Part used"),
    "complete": N_("Completed"),
    "leave_incomplete": N_("Left unfinished"),
    "reopen": N_("Prepared for the next visit"),
    "cancel": N_("Cancelled"),
    "reinstate": N_("Given back to its technician"),
    "change": N_("Changed"),
    "pin": N_("Tied"),
    "unpin": N_("Set free"),
    "promise": N_("Promise changed"),
    "pause_clocks": N_("Clocks paused"),
    "resume_clocks": N_("Clocks run on"),
    "make_of_plan": N_("Made by a maintenance plan"),
    "do_together": N_("To be done together with other work"),
    "move": N_("Moved by hand"),
    "make_room": N_("A rule was bent for another visit"),
    "undo_move": N_("Move undone"),
}


# What happened to a ticket.
TICKET_ACTIONS = {
    "take_in": N_("Taken in"),
    "change": N_("Changed"),
    "try": N_("Tried"),
    "step_back": N_("Answer taken back"),
    "fix_remotely": N_("Fixed remotely"),
    "close": N_("Closed"),
    "reopen": N_("Opened again"),
    "message": N_("Message"),
    "attach": N_("File added"),
    "estimate": N_("Estimate offered"),
    "accept_estimate": N_("Estimate accepted"),
    "refuse_estimate": N_("Estimate refused"),
    "expire_estimate": N_("Estimate expired"),
    "hand_over": N_("Handed over"),
    "alarm": N_("Alarm again"),
    "mail": N_("E-mail received"),
    "mail_too_large": N_("E-mail too large to be kept whole"),
    "files_left_out": N_("Files not kept"),
    "several_devices": N_("Several devices are named"),
}
# What is broken, by which people find the fault; firms name others freely.
SUBJECTS = {
    "printer": N_("Printer"),
    "screen": N_("Screen"),
    "keyboard": N_("Keyboard"),
    "battery": N_("Battery"),
    "card_reader": N_("Card reader"),
    "network": N_("Network"),
    "software": N_("Software"),
    "power": N_("Power"),
    "order": N_("Work that is ordered"),
    "": N_("Other"),
}
TICKET_FIELDS = {
    "site": N_("shop"),
    "device": N_("device"),
    "fault": N_("symptom"),
    "priority": N_("priority"),
    "reporter": N_("caller"),
    "contact": N_("how to reach the caller"),
    "subject": N_("subject"),
    "text": N_("text"),
    "note": N_("remark"),
    "name": N_("name"),
    "alarm": N_("alarm code"),
    "external_id": N_("number of the other system"),
}
# What can be done to a job, as a refusal names it.
ACTIONS = {
    "ready": N_("make ready"),
    "wait_for_parts": N_("wait for parts"),
    "plan": N_("plan"),
    "dispatch": N_("send to the technician"),
    "take_off": N_("take off the plan"),
    "set_off": N_("set off"),
    "arrive": N_("arrive"),
    "complete": N_("complete"),
    "leave_incomplete": N_("leave unfinished"),
    "reopen": N_("prepare the next visit"),
    "cancel": N_("cancel"),
    "reinstate": N_("give back to its technician"),
    "change": N_("change"),
    "pin": N_("tie"),
    "renegotiate": N_("agree on another window"),
    "withdraw_promise": N_("withdraw the promise"),
    "break_promise": N_("break the promise"),
    "pause_clocks": N_("pause the clocks"),
    "resume_clocks": N_("let the clocks run on"),
}
FIELDS = {
    "freeze_minutes": N_("Minutes before the start in which nothing moves"),
    "technician_change_cents": N_("Price of another technician, in cents"),
    "start_change_cents_per_hour": N_("Price of an hour earlier or later, in cents"),
    "promise_change_cents": N_("Price of a moved promise, in cents"),
    "preferred_technician_cents": N_("Worth of a preferred technician, in cents"),
    "outside_territory_cents": N_("Price of leaving a territory, in cents"),
    "response_due": N_("response due time"),
    "resolution_due": N_("resolution due time"),
    "reason": N_("reason"),
    "reference": N_("document number"),
    "remark": N_("remark"),
    "code": N_("code"),
    "name": N_("name"),
    "description": N_("description"),
    "duration": N_("duration"),
    "days ahead": N_("days ahead"),
    "tolerance": N_("tolerance"),
    "pieces": N_("pieces"),
    "e-mail": N_("e-mail address"),
    "supplier's part number": N_("supplier's part number"),
}


# Facts of refusals that are codes, one or several with commas between them, and the words for those.
FACTS: Mapping[str, Mapping[str, str]] = {
    "action": ACTIONS,
    "charged": WORDS[ChargeKind],
    "estimate_state": WORDS[EstimateState],
    "missing": TICKET_FIELDS,
    "ticket_state": WORDS[TicketState],
    "possible": ACTIONS,
    "field": {**TICKET_FIELDS, **FIELDS},
    "family": WORDS[PartFamily],
    "kind": WORDS[PlaceKind],
    "needed": {**WORDS[PlaceKind], **WORDS[TransferState], **WORDS[OrderState]},
    "roles": WORDS[RoleName],
    "state": {
        **WORDS[PlanState],
        **WORDS[RunState],
        **WORDS[ReservationState],
        **WORDS[TransferState],
        **WORDS[OrderState],
    },
    "status": WORDS[JobStatus],
}


# What somebody should look at. Each kind has the facts that whoever raises it gives.
NOTICES: Mapping[NoticeKind, str] = {
    NoticeKind.CLOCK_WARNING: N_("%(clock)s: %(sign)s. Due %(due)s."),
    NoticeKind.CLOCK_BREACHED: N_("%(clock)s: the time is over since %(due)s."),
    NoticeKind.PHONE_CONFLICT: N_("The phone of %(technician)s sent what could not be carried out."),
    NoticeKind.PROMISE_AT_RISK: N_("%(technician)s is expected at %(expected)s, which is too late for %(due)s."),
    NoticeKind.PART_MISSING: N_("%(quantity)s of %(sku)s are missing at %(place)s."),
    NoticeKind.JOB_UNPLANNED: N_("The job fits into no plan."),
}
# The same for many jobs at once, after the clocks were not watched for a while.
NOTICES_OF_MANY: Mapping[NoticeKind, str] = {
    NoticeKind.CLOCK_WARNING: N_("%(jobs)s jobs came near to a due time while nobody watched their clocks."),
    NoticeKind.CLOCK_BREACHED: N_("%(jobs)s jobs missed a due time while nobody watched their clocks."),
}


def notice(told: Notice) -> str:
    """Return what a notice says, in the reader's language and with times of the shop it is about."""
    if "jobs" in told.facts:
        return filled(NOTICES_OF_MANY[told.kind], told.facts)
    zone = told.job.site.zone if told.job is not None else None
    facts = {name: _as_told(name, value, zone) for name, value in told.facts.items()}
    if told.kind in {NoticeKind.CLOCK_WARNING, NoticeKind.CLOCK_BREACHED}:
        facts["clock"] = word(ClockKind(told.about))
    return str(gettext(NOTICES[told.kind])) % defaultdict(lambda: "–", facts)


def _as_told(name: str, value: Any, zone: str | None) -> Any:
    """Write a fact of a notice: moments are kept as text there, and signs by their codes."""
    if name in {"due", "expected"}:
        return formats.moment(dt.datetime.fromisoformat(value), zone)
    return word(ClockSign(value)) if name == "sign" else value


def word(code: enum.StrEnum) -> str:
    """Return the word for a member of one of our enums."""
    return str(gettext(WORDS[type(code)][code]))


def sentence(error: DomainError) -> str:
    """Return what a refusal says, in the reader's language and with its facts written the reader's way."""
    return filled(error.sentence, error.facts)


def filled(template: str, facts: Mapping[str, Any]) -> str:
    """Translate a sentence and fill in its facts."""
    return str(gettext(template)) % {name: _written(name, value) for name, value in facts.items()}


def _written(name: str, value: Any) -> Any:
    """Write one fact of a sentence; whatever is not a time or a code of ours is left as it is."""
    if isinstance(value, dt.datetime):
        return formats.moment(value)
    if isinstance(value, dt.date):
        return formats.day(value)
    if name in FACTS and isinstance(value, str):
        return gettext(", ").join(in_words(code, FACTS[name]) for code in value.split(", "))
    if isinstance(value, enum.StrEnum) and type(value) in WORDS:
        return word(value)
    return value


def in_words(code: str, words: Mapping[str, str]) -> str:
    """Return the words for a code of one of the tables above; a code that is not in it is shown as it is."""
    return str(gettext(words[code])) if code in words else code


def skill(code: str) -> str:
    """Return the words for a skill."""
    return in_words(code, SKILLS)
