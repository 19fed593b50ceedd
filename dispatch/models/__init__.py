"""The tables of dispatch, one file per family."""

from dispatch.models.jobs import FaultCode, FaultPart, FaultSkill, Job, JobEvent, JobPart
from dispatch.models.plans import LeftOut, Plan, PlannedRoute, PlannedStop, PlanRun, WorkerPulse
from dispatch.models.travel import TravelMatrixCache
from dispatch.models.visits import Visit
from dispatch.models.workforce import Shift, Technician, TechnicianSkill

__all__ = [
    "FaultCode",
    "FaultPart",
    "FaultSkill",
    "Job",
    "JobEvent",
    "JobPart",
    "LeftOut",
    "Plan",
    "PlanRun",
    "PlannedRoute",
    "PlannedStop",
    "Shift",
    "Technician",
    "TechnicianSkill",
    "TravelMatrixCache",
    "Visit",
    "WorkerPulse",
]
