"""
Jobs made of maintenance plans ahead of time, each turn of a plan at each device once.

A turn is due on a day, and may be done from some days before it until some days after it, within the contract. Its job
is owed by the end of the last of these days, where the site is, and is not planned before the first.

When other work is open at the site and will be done on one of these days, the turn's job is made at once and owed by
the end of that very day, so that one journey serves both: the planner sees two jobs at one place on one day. Both
histories say so.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from core.errors import DomainError
from core.firm import read_firm
from customers.models import Contract, Device
from dispatch.jobs import JobChanges, NewJob, change_job, record_fact, take_in_job
from dispatch.lifecycle import BEFORE_WORK, WAITING
from dispatch.maintenance.plans import devices_of, recurrence_of
from dispatch.models import Job, MaintenanceJob, MaintenancePlan, Visit
from dispatch.models.visits import VisitStatus
from inventory.queries import part_by_sku

_DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Made:
    """The jobs that were made, and those whose due day was moved to that of other work."""

    jobs: Sequence[Job]
    joined: Sequence[Job]


@dataclass(frozen=True)
class Turn:
    """One turn of a plan at one device: due on a day, to be done between two others."""

    device: Device
    due_on: dt.date
    first: dt.date
    last: dt.date

    def takes(self, day: dt.date) -> bool:
        return self.first <= day <= self.last


@dataclass(frozen=True)
class OtherWork:
    """A job that is open at a site, and the day on which it will be done as far as anybody knows."""

    job: Job
    day: dt.date


def make_jobs(session: Session, *, codes: Iterable[str] | None = None, actor_id: int | None = None) -> Made:
    """
    Make the jobs whose time has come, of these plans or of all that are active.

    Run as often as one likes: a turn that has its job gets no second one, though that was cancelled. A plan whose jobs
    are refused, as when a part is no longer known, keeps the reason in ``problem`` and does not hold up the others. A
    plan that somebody else works on at this moment is left for the next time.
    """
    query = (
        sa.select(MaintenancePlan)
        .where(MaintenancePlan.active)
        .options(joinedload(MaintenancePlan.contract))
        .order_by(MaintenancePlan.id)
        .with_for_update(of=MaintenancePlan, skip_locked=True)
        .execution_options(populate_existing=True)
    )
    if codes is not None:
        query = query.where(MaintenancePlan.code.in_(list(codes)))
    jobs: list[Job] = []
    joined: list[Job] = []
    for plan in session.scalars(query).all():
        try:
            with session.begin_nested():
                one = _make_jobs_of(session, plan, actor_id)
            jobs += one.jobs
            joined += one.joined
            plan.problem = None
        except DomainError as refusal:
            plan.problem = {"code": refusal.code, "sentence": refusal.sentence, "facts": refusal.facts}
    return Made(jobs, joined)


def not_before(session: Session, job_ids: Collection[int]) -> dict[int, dt.date]:
    """The first days on which jobs that were made of plans may be done, by job."""
    rows = session.execute(
        sa.select(MaintenanceJob.job_id, MaintenanceJob.due_on, MaintenancePlan.tolerance_days)
        .join(MaintenanceJob.plan)
        .where(MaintenanceJob.job_id.in_(job_ids))
    )
    return {row.job_id: row.due_on - row.tolerance_days * _DAY for row in rows}


def _make_jobs_of(session: Session, plan: MaintenancePlan, actor_id: int | None) -> Made:
    today = read_firm(session).today()
    devices = devices_of(session, plan)
    others = _other_work(session, {device.site_id for device in devices}, today)
    known = {
        (row.device_id, row.due_on): row
        for row in session.scalars(
            sa.select(MaintenanceJob).where(
                MaintenanceJob.plan_id == plan.id,
                MaintenanceJob.due_on >= today - plan.tolerance_days * _DAY,
            )
        )
    }
    jobs, joined = [], []
    for turn in _turns(plan, devices, others, today):
        other = next((one for one in others.get(turn.device.site_id, ()) if turn.takes(one.day)), None)
        row = known.get((turn.device.id, turn.due_on))
        if row is None:
            if other is not None or turn.due_on <= today + plan.ahead_days * _DAY:
                jobs.append(_take_in(session, plan, turn, other, actor_id))
        elif other is not None and row.together_with_id is None and _can_join(row.job, other, turn):
            joined.append(_join(session, row, other, actor_id))
    return Made(jobs, joined)


def _turns(
    plan: MaintenancePlan, devices: Sequence[Device], others: dict[int, list[OtherWork]], today: dt.date
) -> list[Turn]:
    """The turns that can be done from today on, as far ahead as their jobs are made or other work may take them in."""
    tolerance = plan.tolerance_days * _DAY
    furthest = max((one.day for found in others.values() for one in found), default=today)
    last = max(today + plan.ahead_days * _DAY, furthest + tolerance)
    found = []
    for due_on in recurrence_of(plan).between(today - tolerance, last):
        first, until = _within(plan.contract, due_on - tolerance, due_on + tolerance)
        if _holds(plan.contract, due_on) and until >= today:
            found += [Turn(device, due_on, max(first, today), until) for device in devices]
    return found


def _holds(contract: Contract, day: dt.date) -> bool:
    return (contract.starts_on or day) <= day <= (contract.ends_on or day)


def _within(contract: Contract, first: dt.date, last: dt.date) -> tuple[dt.date, dt.date]:
    return max(first, contract.starts_on or first), min(last, contract.ends_on or last)


def _other_work(session: Session, site_ids: set[int], today: dt.date) -> dict[int, list[OtherWork]]:
    """
    Open work by site that was not made of a plan, the earliest first.

    It will be done on the day of its published visit, or of its promise, or else when its response is due.
    """
    made = sa.select(MaintenanceJob.job_id)
    jobs = session.scalars(
        sa.select(Job)
        .where(Job.site_id.in_(site_ids), Job.status.in_(BEFORE_WORK), Job.id.not_in(made))
        .options(joinedload(Job.site))
        .order_by(Job.id)
    ).all()
    visits = dict(
        session.execute(
            sa.select(Visit.job_id, Visit.day).where(
                Visit.job_id.in_([job.id for job in jobs]), Visit.status == VisitStatus.DISPATCHED
            )
        ).all()
    )
    found: dict[int, list[OtherWork]] = {}
    for job in jobs:
        expected = job.window_start or (job.response_due if job.responded_at is None else job.resolution_due)
        day = visits.get(job.id) or expected.astimezone(ZoneInfo(job.site.zone)).date()
        # What is late already is done today at the earliest.
        found.setdefault(job.site_id, []).append(OtherWork(job, max(day, today)))
    return {site: sorted(work, key=lambda one: (one.day, one.job.id)) for site, work in found.items()}


def _take_in(session: Session, plan: MaintenancePlan, turn: Turn, other: OtherWork | None, actor_id: int | None) -> Job:
    due = _end_of(turn.last if other is None else other.day, turn.device)
    new = NewJob(
        site=turn.device.site,
        device=turn.device,
        priority=plan.priority,
        kind=plan.kind,
        description=plan.description or plan.name,
        duration_seconds=plan.duration_seconds,
        skills=dict(plan.skills),
        parts={part_by_sku(session, sku).id: pieces for sku, pieces in plan.parts.items()},
        response_due=due,
        resolution_due=due,
    )
    job = take_in_job(session, new=new, actor_id=actor_id)
    row = MaintenanceJob(plan=plan, device=turn.device, due_on=turn.due_on, job=job)
    session.add(row)
    record_fact(
        session,
        job,
        "make_of_plan",
        actor_id=actor_id,
        facts={"plan": plan.code, "due_on": turn.due_on.isoformat()},
    )
    if other is not None:
        _tell_both(session, row, other, actor_id)
    return job


def _can_join(job: Job, other: OtherWork, turn: Turn) -> bool:
    """Whether a job that was made already is still free to be done on the day of the other work."""
    moves = job.status in WAITING and job.window_start is None and job.responded_at is None
    return moves and _end_of(other.day, turn.device) > clock.now()


def _join(session: Session, row: MaintenanceJob, other: OtherWork, actor_id: int | None) -> Job:
    due = _end_of(other.day, row.device)
    changes: JobChanges = {"response_due": due, "resolution_due": due}
    job = change_job(session, job_id=row.job_id, version=row.job.version, changes=changes, actor_id=actor_id)
    _tell_both(session, row, other, actor_id)
    return job


def _tell_both(session: Session, row: MaintenanceJob, other: OtherWork, actor_id: int | None) -> None:
    row.together_with = other.job
    for job, companion in ((row.job, other.job), (other.job, row.job)):
        facts = {"with": companion.number, "day": other.day.isoformat()}
        record_fact(session, job, "do_together", actor_id=actor_id, facts=facts)


def _end_of(day: dt.date, device: Device) -> dt.datetime:
    """The midnight that ends a day where the device stands."""
    return dt.datetime.combine(day + _DAY, dt.time(), ZoneInfo(device.site.zone)).astimezone(dt.UTC)
