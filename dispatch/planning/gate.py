"""
What cannot be planned, and why, before anybody waits for a plan: so that it is put right first.

The plan itself says the same of these jobs. Jobs whose estimate nobody has accepted are not here: they are tickets
until somebody does, and a duration every job has since it was taken in.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from dispatch.models import Job, LeftOut, Technician
from dispatch.models.jobs import JobStatus
from dispatch.outlook import ready_days
from dispatch.planning.crew import ShiftToPlan
from dispatch.planning.pins import as_new, contradictions
from dispatch.planning.snapshot import JobToPlan, Snapshot, take_snapshot
from dispatch.workforce import lacking_skills, read_welcome, skills_on, technicians

# Why something is not possible, in one word, and the facts about it.
Wall = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class GateLine:
    """A job that no plan of these days can serve, why in one word, and the facts about it."""

    job: Job
    reason: str
    facts: Mapping[str, Any] = field(default_factory=dict)


def gate(session: Session, *, day: dt.date, last_day: dt.date | None = None) -> list[GateLine]:
    """Return every job that cannot be planned on these days, the most urgent first; each with what to fix first."""
    snapshot = take_snapshot(session, day, last_day)
    found: dict[int, Wall] = {obstacle.job_id: (obstacle.reason, {}) for obstacle in snapshot.obstacles}
    jobs = _jobs(session, [*found, *(job.id for job in snapshot.jobs)])
    found |= _pins(session, snapshot, jobs)
    found |= {
        job.id: obstacle
        for job in snapshot.jobs
        if job.id not in found and (obstacle := _nobody_for(session, snapshot, job)) is not None
    }
    found |= _off_road(session, [job.id for job in snapshot.jobs if job.id not in found])
    for unfinished in _unfinished(session):
        jobs[unfinished.id] = unfinished
        found[unfinished.id] = ("incomplete", {})
    expected = ready_days(session, [job for job in jobs.values() if job.id in found])
    lines = [GateLine(jobs[job_id], reason, facts) for job_id, (reason, facts) in found.items()]
    lines = [_with_day(line, expected) for line in lines]
    return sorted(lines, key=lambda line: (line.job.priority, line.job.response_due, line.job.id))


def _jobs(session: Session, ids: Sequence[int]) -> dict[int, Job]:
    rows = session.scalars(
        sa.select(Job).where(Job.id.in_(ids)).options(joinedload(Job.site), joinedload(Job.pin), joinedload(Job.fault))
    )
    return {row.id: row for row in rows}


def _unfinished(session: Session) -> Sequence[Job]:
    """Jobs that a visit left unfinished and nobody has prepared again."""
    return session.scalars(
        sa.select(Job)
        .where(Job.status == JobStatus.INCOMPLETE)
        .options(joinedload(Job.site), joinedload(Job.fault))
        .order_by(Job.id)
    ).all()


def _with_day(line: GateLine, expected: Mapping[int, dt.date | None]) -> GateLine:
    if line.reason != "waiting_parts":
        return line
    on = expected.get(line.job.id)
    return GateLine(line.job, "parts_on_the_way" if on else "parts_nowhere", {"day": on} if on else {})


def _pins(session: Session, snapshot: Snapshot, jobs: Mapping[int, Job]) -> dict[int, Wall]:
    """The jobs whose pin has become impossible, with the refusal that it would meet now."""
    found: dict[int, Wall] = {}
    welcome = read_welcome(session)
    for planned in snapshot.jobs:
        job = jobs[planned.id]
        if job.pin is None or planned.pin is None:
            continue
        refusal = next(contradictions(session, job, as_new(job.pin), welcome), None)
        if refusal is not None:
            found[job.id] = ("pin_contradicts", {"refusal": refusal})
        elif not _pinned_works(snapshot, planned):
            found[job.id] = ("pin_absent", {"technician": _name(job.pin.technician)})
    return found


def _pinned_works(snapshot: Snapshot, job: JobToPlan) -> bool:
    if job.pin is None or job.pin.technician_id is None:
        return True
    return any(shift.technician_id == job.pin.technician_id for shift in snapshot.shifts)


def _name(technician: Technician | None) -> str:
    return technician.name if technician is not None else ""


def _nobody_for(session: Session, snapshot: Snapshot, job: JobToPlan) -> Wall | None:
    """Why none of those who work can take a job, whatever else they do; None if somebody can."""
    return next(_walls(session, snapshot, job), None)


def _walls(session: Session, snapshot: Snapshot, job: JobToPlan) -> Iterator[Wall]:
    able = [shift for shift in snapshot.shifts if not lacking_skills(shift.skills, job.skills)]
    if not able:
        yield _skill_wall(session, snapshot, job)
        return
    welcome = [shift for shift in able if shift.technician_id not in job.excluded | job.outside]
    if not welcome:
        yield "excluded_everywhere", {}
        return
    longest = max(_length(shift) for shift in welcome)
    if longest < job.duration_seconds:
        yield "too_long", {"minutes": job.duration_seconds // 60, "most": int(longest) // 60}


def _skill_wall(session: Session, snapshot: Snapshot, job: JobToPlan) -> Wall:
    """Nobody has the skills at all, or those who have them do not work on these days."""
    skills = {"skills": ", ".join(f"{skill} {level}" for skill, level in sorted(job.skills.items()))}
    if not snapshot.shifts:
        return "nobody_works", {}
    for technician in technicians(session):
        if not lacking_skills(skills_on(technician, snapshot.day), job.skills):
            return "skill_absent", skills
    return "skill_nobody", skills


def _length(shift: ShiftToPlan) -> float:
    return (shift.ends_at - shift.starts_at).total_seconds() + shift.overtime_seconds


def _off_road(session: Session, job_ids: Sequence[int]) -> dict[int, Wall]:
    """The jobs that the last plan found off every road: that is known only once travel times are asked for."""
    latest = sa.select(sa.func.max(LeftOut.id)).where(LeftOut.job_id.in_(job_ids)).group_by(LeftOut.job_id)
    rows = session.scalars(sa.select(LeftOut.job_id).where(LeftOut.id.in_(latest), LeftOut.reason == "off_road"))
    return {job_id: ("off_road", {}) for job_id in rows}
