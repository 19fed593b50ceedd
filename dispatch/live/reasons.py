"""Why a technician cannot take a job, as facts that a page can word in the reader's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dispatch.live.present import Present
from dispatch.workforce import lacking_skills
from routing.problem import NO_ROAD, Shift, Visit
from routing.solution import Reason, ReasonCode


@dataclass(frozen=True)
class Why:
    """
    What stands against somebody, the hardest obstacle: a code, and its facts by name.

    Codes are "excluded", "territory", "not_allowed", "pin", "skill", "tool", "part", "window", "far", "shift" and
    "full"; "nothing" if no rule stands against the visit, only its price. Facts are numbers, words and times.
    """

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def explained(present: Present, visit: Visit, reason: Reason) -> Why:
    """The reason with its facts."""
    shift = present.problem.shifts[present.problem.shift_index[reason.shift]]
    tell = _FACTS.get(reason.code)
    if tell is None:
        return Why(reason.code.value)
    return tell(present, visit, shift)


def _not_allowed(present: Present, visit: Visit, shift: Shift) -> Why:
    job = next(job for job in present.snapshot.jobs if job.number == visit.id)
    technician_id = present.snapshot.shift(shift.id).technician_id
    if technician_id in job.excluded:
        return Why("excluded")
    return Why("territory" if technician_id in job.outside else "not_allowed")


def _skill(_present: Present, visit: Visit, shift: Shift) -> Why:
    skill, level = next(iter(lacking_skills(shift.skills, visit.skills).items()), ("", 0))
    return Why("skill", {"skill": skill, "needed": level, "held": shift.skills.get(skill, 0)})


def _part(present: Present, visit: Visit, shift: Shift) -> Why:
    """The first part of which neither the van nor the warehouses have enough before anybody takes any."""
    for sku, needed in sorted(visit.parts.items()):
        van = shift.trunk.get(sku, 0)
        stores = sum(depot.parts.get(sku, 0) or 0 for depot in present.problem.depots)
        if van + stores < needed:
            return Why("part", {"sku": sku, "needed": needed, "there": van + stores, "promised": False})
    sku, needed = next(iter(sorted(visit.parts.items())), ("", 0))
    return Why("part", {"sku": sku, "needed": needed, "there": shift.trunk.get(sku, 0), "promised": True})


def _window(present: Present, visit: Visit, shift: Shift) -> Why:
    travel = present.problem.travel
    arrives = shift.start + int(travel[shift.start_location, visit.location])
    latest = shift.latest_return - int(travel[visit.location, shift.end_location]) - visit.duration
    windows = [(present.at(start), present.at(end)) for start, end in visit.start_windows[:3]]
    return Why("window", {"from": present.at(arrives), "until": present.at(latest), "windows": windows})


def _shift(present: Present, visit: Visit, shift: Shift) -> Why:
    there = int(present.problem.travel[shift.start_location, visit.location])
    back = int(present.problem.travel[visit.location, shift.end_location])
    if NO_ROAD in {there, back}:
        return Why("far", {})
    return Why(
        "shift",
        {
            "drive_seconds": there,
            "home_at": present.at(shift.start + there + visit.duration + back),
            "ends_at": present.at(shift.latest_return),
        },
    )


_FACTS = {
    ReasonCode.NOT_ALLOWED: _not_allowed,
    ReasonCode.SKILL: _skill,
    ReasonCode.PART: _part,
    ReasonCode.WINDOW: _window,
    ReasonCode.SHIFT: _shift,
}
