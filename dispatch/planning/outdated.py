"""What has changed since a plan was made: jobs that are no longer as they were planned, and technicians who cannot."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from dispatch.models import (
    Absence,
    Job,
    JobEvent,
    Plan,
    PlannedRoute,
    PlannedStop,
    Shift,
    Technician,
)
from dispatch.planning.overrides import Leave, Leaves, read_leaves
from dispatch.workforce import Unwelcome, Welcome, lacking_skills, read_welcome, skills_on

# Events that leave a job as plannable as it was; what happened tells more than the status then.
TOLD_BY_EVENT = frozenset({"change", "pin", "unpin", "promise", "pause_clocks", "resume_clocks"})


Changes = list[dict[str, str]]


def changed_jobs(session: Session, planned: Mapping[int | None, int | None], found: Sequence[Job]) -> Changes:
    """Name the jobs whose version is no longer the planned one, each with what happened: an event, or its status."""
    changed = [job for job in found if job.version != planned[job.id]]
    latest = _latest_events(session, [job.id for job in changed])
    return [{"number": job.number, "change": _change(job, latest.get(job.id))} for job in changed]


def changed_technicians(session: Session, plan: Plan) -> Changes:
    """
    Name the technicians of a plan who can no longer drive it as planned, each with the first reason in one word.

    Their shift is gone or another one, they are absent during a visit, lack the skill for one or may not go there.
    """
    shifts = {
        shift.technician_id: shift
        for shift in session.scalars(
            sa.select(Shift).where(Shift.day == plan.day).execution_options(populate_existing=True)
        )
    }
    known = _known_technicians(session, [route.technician_id for route in plan.routes])
    absences = _absences(session, plan)
    welcome, leaves = read_welcome(session), read_leaves(session, [plan.day])
    found = []
    for route in plan.routes:
        technician = known[route.technician_id]
        reasons = _reasons(route, technician, shifts.get(technician.id), absences, (welcome, leaves))
        reason = next(reasons, None)
        if reason is not None:
            found.append({"code": technician.code, "name": technician.name, "change": reason})
    return found


def _change(job: Job, event: str | None) -> str:
    return event if event in TOLD_BY_EVENT else job.status.value


def _latest_events(session: Session, job_ids: Sequence[int]) -> dict[int, str]:
    rows = session.execute(
        sa.select(JobEvent.job_id, JobEvent.action).where(JobEvent.job_id.in_(job_ids)).order_by(JobEvent.id)
    )
    return {row.job_id: row.action for row in rows}


def _known_technicians(session: Session, ids: Sequence[int]) -> dict[int, Technician]:
    rows = session.scalars(
        sa.select(Technician)
        .where(Technician.id.in_(ids))
        .options(selectinload(Technician.skills))
        .execution_options(populate_existing=True)
    )
    return {row.id: row for row in rows}


def _absences(session: Session, plan: Plan) -> list[Absence]:
    """Those that touch the time between the first departure and the last return."""
    if not plan.routes:
        return []
    return list(
        session.scalars(
            sa.select(Absence).where(
                Absence.technician_id.in_([route.technician_id for route in plan.routes]),
                Absence.withdrawn_at.is_(None),
                Absence.starts_at < max(route.returns_at for route in plan.routes),
                Absence.ends_at > min(route.departs_at for route in plan.routes),
            )
        )
    )


def _reasons(
    route: PlannedRoute,
    technician: Technician,
    shift: Shift | None,
    absences: Iterable[Absence],
    rules: tuple[Welcome, Leaves],
) -> Iterator[str]:
    if shift is None or not technician.active:
        yield "no_shift"
        return
    skills, (welcome, leaves) = skills_on(technician, shift.day), rules
    away = [absence for absence in absences if absence.technician_id == technician.id]
    for stop in route.stops:
        if stop.job is None:
            continue
        if any(_overlaps(stop, absence) for absence in away):
            yield "absent"
        leave = leaves.get((stop.job.id, technician.id, shift.day), Leave())
        if "skill" not in leave.rules and lacking_skills(skills, stop.job.skills):
            yield "skill"
        if not leave.lets_in() and welcome.obstacle(technician.id, stop.job.site) is Unwelcome.EXCLUDED:
            yield "excluded"
    # Whatever else was changed about the technician counts the versions of the shifts up.
    if shift.version != route.shift_version:
        yield "shift"


def _overlaps(stop: PlannedStop, absence: Absence) -> bool:
    return stop.starts_at < absence.ends_at and absence.starts_at < stop.leaves_at
