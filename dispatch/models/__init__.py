"""The tables of dispatch, one file per family."""

from dispatch.models.clocks import ClockEvent, ClockPause, ClockWatch, Notice, TakenOn
from dispatch.models.jobs import (
    FaultAlarm,
    FaultCause,
    FaultCode,
    FaultPart,
    FaultSkill,
    FaultStep,
    Job,
    JobEvent,
    JobFile,
    JobPart,
)
from dispatch.models.live import DayEvent, FieldConflict, JobViewer, Position
from dispatch.models.maintenance import MaintenanceJob, MaintenancePlan
from dispatch.models.plans import LeftOut, Override, Plan, PlanEvent, PlannedRoute, PlannedStop, PlanRun, WorkerPulse
from dispatch.models.promises import Pin, Promise
from dispatch.models.travel import TravelMatrixCache
from dispatch.models.visits import ExtraCharge, Visit, VisitFile, VisitPart
from dispatch.models.workforce import (
    Absence,
    CustomerPreference,
    Partner,
    Shift,
    Technician,
    TechnicianSkill,
    WeeklyPattern,
)

__all__ = [
    "Absence",
    "ClockEvent",
    "ClockPause",
    "ClockWatch",
    "CustomerPreference",
    "DayEvent",
    "ExtraCharge",
    "FaultAlarm",
    "FaultCause",
    "FaultCode",
    "FaultPart",
    "FaultSkill",
    "FaultStep",
    "FieldConflict",
    "Job",
    "JobEvent",
    "JobFile",
    "JobPart",
    "JobViewer",
    "LeftOut",
    "MaintenanceJob",
    "MaintenancePlan",
    "Notice",
    "Override",
    "Partner",
    "Pin",
    "Plan",
    "PlanEvent",
    "PlanRun",
    "PlannedRoute",
    "PlannedStop",
    "Position",
    "Promise",
    "Shift",
    "TakenOn",
    "Technician",
    "TechnicianSkill",
    "TravelMatrixCache",
    "Visit",
    "VisitFile",
    "VisitPart",
    "WeeklyPattern",
    "WorkerPulse",
]
