"""The one place where codes become words: statuses, priorities, families, reasons, terms of cost."""

import datetime as dt
import enum
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext

from core.accounts import RoleName
from core.errors import N_, DomainError
from customers.models import Priority
from dispatch.models.jobs import JobKind, JobStatus
from dispatch.models.plans import PlanState, RunState, StopKind
from dispatch.models.visits import CannotComplete, VisitStatus
from inventory.models import MovementKind, PartFamily, PickState, PlaceKind, ReservationState
from web import formats

WORDS: Mapping[type[enum.StrEnum], Mapping[str, str]] = {
    RoleName: {
        RoleName.DISPATCHER: N_("dispatcher"),
        RoleName.TECHNICIAN: N_("technician"),
        RoleName.WAREHOUSE: N_("warehouse"),
        RoleName.ADMIN: N_("administrator"),
    },
    Priority: {
        Priority.P1: N_("P1 · critical"),
        Priority.P2: N_("P2 · high"),
        Priority.P3: N_("P3 · normal"),
        Priority.P4: N_("P4 · low"),
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
    CannotComplete: {
        CannotComplete.NO_ACCESS: N_("No access"),
        CannotComplete.WRONG_PART: N_("Wrong part"),
        CannotComplete.NEEDS_PART: N_("Another part is needed"),
        CannotComplete.NEEDS_SKILL: N_("Another skill is needed"),
        CannotComplete.CUSTOMER_REFUSED: N_("The customer refused"),
    },
    PlanState: {
        PlanState.DRAFT: N_("Draft"),
        PlanState.PUBLISHED: N_("Published"),
        PlanState.SUPERSEDED: N_("Replaced"),
        PlanState.DISCARDED: N_("Discarded"),
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
        PlaceKind.SUPPLIER: N_("Supplier"),
        PlaceKind.CUSTOMER: N_("Customer"),
        PlaceKind.CORRECTION: N_("Correction"),
    },
    MovementKind: {
        MovementKind.RECEIPT: N_("Receipt"),
        MovementKind.TRANSFER: N_("Transfer"),
        MovementKind.CONSUMPTION: N_("Used up"),
        MovementKind.CORRECTION: N_("Correction"),
    },
    ReservationState: {
        ReservationState.OPEN: N_("Reserved"),
        ReservationState.USED: N_("Used"),
        ReservationState.RELEASED: N_("Released"),
    },
    PickState: {
        PickState.OPEN: N_("Open"),
        PickState.CONFIRMED: N_("Confirmed"),
        PickState.CANCELLED: N_("Cancelled"),
    },
}


def word(code: enum.StrEnum) -> str:
    """Return the word for a member of one of our enums."""
    return str(gettext(WORDS[type(code)][code]))


def sentence(error: DomainError) -> str:
    """Return what a refusal says, in the reader's language and with its facts written the reader's way."""
    return filled(error.sentence, error.facts)


def filled(template: str, facts: Mapping[str, Any]) -> str:
    """Translate a sentence and fill in its facts."""
    return str(gettext(template)) % {name: _written(value) for name, value in facts.items()}


def _written(value: Any) -> Any:
    """Write one fact of a sentence; whatever is not a time or a code of ours is left as it is."""
    if isinstance(value, dt.datetime):
        return formats.moment(value)
    if isinstance(value, dt.date):
        return formats.day(value)
    if isinstance(value, enum.StrEnum) and type(value) in WORDS:
        return word(value)
    return value
