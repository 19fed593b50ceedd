"""
The people who drive out: who they are, what they can do, when they work and where.

One file per family; what several rooms ask for can be imported from here.
"""

from dispatch.workforce.absences import absences_between, give_day_off, note_absence, withdraw_absence
from dispatch.workforce.errors import (
    BreakOutsideShift,
    NoTechnician,
    ShiftExists,
    ShiftOutOfOrder,
    SkillLevelOutOfRange,
    TechnicianCodeTaken,
    TechnicianHasAccount,
    TechnicianNotNamed,
    TrunkCodeTaken,
    UnknownTechnician,
)
from dispatch.workforce.patterns import make_shifts
from dispatch.workforce.preferences import Unwelcome, Welcome, read_welcome
from dispatch.workforce.shifts import Break, Hours, add_shift, put_shift, shift_of, shifts_of_day
from dispatch.workforce.technicians import (
    NewTechnician,
    add_technician,
    known_skills,
    lacking_skills,
    link_account,
    set_skills,
    skills_on,
    technician_by_code,
    technician_of_user,
    technicians,
    technicians_by_account,
    technicians_without_account,
)
from dispatch.workforce.working_time import WorkingTime, working_time_of, working_times

__all__ = [
    "Break",
    "BreakOutsideShift",
    "Hours",
    "NewTechnician",
    "NoTechnician",
    "ShiftExists",
    "ShiftOutOfOrder",
    "SkillLevelOutOfRange",
    "TechnicianCodeTaken",
    "TechnicianHasAccount",
    "TechnicianNotNamed",
    "TrunkCodeTaken",
    "UnknownTechnician",
    "Unwelcome",
    "Welcome",
    "WorkingTime",
    "absences_between",
    "add_shift",
    "add_technician",
    "give_day_off",
    "known_skills",
    "lacking_skills",
    "link_account",
    "make_shifts",
    "note_absence",
    "put_shift",
    "read_welcome",
    "set_skills",
    "shift_of",
    "shifts_of_day",
    "skills_on",
    "technician_by_code",
    "technician_of_user",
    "technicians",
    "technicians_by_account",
    "technicians_without_account",
    "withdraw_absence",
    "working_time_of",
    "working_times",
]
