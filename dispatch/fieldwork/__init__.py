"""
The technician's day: what happens at each visit, as a connected phone says it and as an offline one tells it later.

A technician sets off, arrives, uses parts and ends the visit, in this order. The job moves along its own transition
table; how far the visit is stands in ``Visit.status``.
"""

from dispatch.fieldwork.devices import Swap
from dispatch.fieldwork.errors import (
    AlreadyEnRoute,
    AlreadyOnSite,
    BusyElsewhere,
    NoteTooLong,
    NotSetOff,
    NotYourPickList,
    NotYourVisit,
    PartInOtherTrunk,
    PartNotInTrunk,
    PartNotLoaded,
    StepNotPossible,
    UnknownVisit,
    VisitOver,
    VisitWithdrawn,
)
from dispatch.fieldwork.parts import load_pick_list, pieces_named, use_part
from dispatch.fieldwork.steps import arrive, cannot_complete, complete, set_off, take_serials
from dispatch.stops import stops_of_day

__all__ = [
    "AlreadyEnRoute",
    "AlreadyOnSite",
    "BusyElsewhere",
    "NotSetOff",
    "NotYourPickList",
    "NotYourVisit",
    "NoteTooLong",
    "PartInOtherTrunk",
    "PartNotInTrunk",
    "PartNotLoaded",
    "StepNotPossible",
    "Swap",
    "UnknownVisit",
    "VisitOver",
    "VisitWithdrawn",
    "arrive",
    "cannot_complete",
    "complete",
    "load_pick_list",
    "pieces_named",
    "set_off",
    "stops_of_day",
    "take_serials",
    "use_part",
]
