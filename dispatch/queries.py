"""Reads for the dispatcher's pages: one job with everything about it, lists of jobs, and what narrows these down."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload, raiseload, selectinload

from core.accounts import names_of
from customers.models import Device, Priority, Site
from dispatch.errors import UnknownJob
from dispatch.lifecycle import Action, possible_actions
from dispatch.models import (
    Job,
    JobPart,
    Pin,
    PlanRun,
    Visit,
)
from dispatch.models.jobs import JobStatus
from dispatch.outlook import PartOutlook, parts_outlook, ready_days
from dispatch.parts import MissingPart, missing_parts
from inventory.models import Core, Reservation
from inventory.returns import cores_of

# Jobs that somebody still has to find a visit for.
UNPLANNED = (JobStatus.NEW, JobStatus.READY, JobStatus.WAITING_PARTS, JobStatus.INCOMPLETE)
PAGE_SIZE = 50

# What a list shows of a job; touching anything else fails instead of asking the database for each row.
LISTED = (
    joinedload(Job.site).options(defer(Site.opening_hours), joinedload(Site.customer)),
    joinedload(Job.fault),
    joinedload(Job.device),
    joinedload(Job.pin).raiseload("*"),
    raiseload("*"),
)


@dataclass(frozen=True)
class JobFilter:
    """Which jobs to list; what is not given does not restrict."""

    status: JobStatus | None = None
    priority: Priority | None = None
    text: str = ""
    skill: str = ""
    customer_id: int | None = None
    territory_id: int | None = None

    @property
    def restricts(self) -> bool:
        """Whether it leaves anything out."""
        return self != JobFilter()

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """The filter in SQL, on jobs joined with their sites and devices."""
        found: list[sa.ColumnElement[bool]] = []
        if self.status is not None:
            found.append(Job.status == self.status)
        if self.priority is not None:
            found.append(Job.priority == self.priority)
        if self.skill:
            found.append(Job.skills[self.skill].as_integer() > 0)
        if self.customer_id is not None:
            found.append(Site.customer_id == self.customer_id)
        if self.territory_id is not None:
            found.append(Site.territory_id == self.territory_id)
        if text := self.text.strip():
            columns = (Job.number, Job.description, Site.code, Site.name, Site.address, Device.serial, Device.model)
            found.append(sa.or_(*(column.icontains(text, autoescape=True) for column in columns)))
        return found


@dataclass(frozen=True)
class JobDetail:
    """One job with its parts, visits and history, and what can be done with it now."""

    job: Job
    missing: Sequence[MissingPart]
    # When it can have the parts that it waits for.
    outlook: Sequence[PartOutlook]
    visits: Sequence[Visit]
    people: dict[int, str]
    possible: Sequence[Action]
    # The old parts that came, or have to come, out of its device.
    cores: Sequence[Core]


@dataclass(frozen=True)
class JobPage:
    """One page of a list of jobs."""

    jobs: Sequence[Job]
    total: int
    page: int
    # By job id, of those that wait for parts, when they will probably have them; None when nobody knows.
    parts_on: Mapping[int, dt.date | None] = field(default_factory=dict)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE_SIZE))


def job_detail(session: Session, number: str) -> JobDetail:
    """Return one job with everything about it; raises UnknownJob."""
    job = session.scalar(
        sa.select(Job)
        .where(Job.number == number)
        .options(
            joinedload(Job.site).options(joinedload(Site.customer), joinedload(Site.contract)),
            joinedload(Job.device),
            joinedload(Job.fault),
            joinedload(Job.pin).joinedload(Pin.technician),
            selectinload(Job.parts).options(
                joinedload(JobPart.part), joinedload(JobPart.reservation).joinedload(Reservation.place)
            ),
            selectinload(Job.events),
        )
    )
    if job is None:
        raise UnknownJob(job=number)
    return JobDetail(
        job=job,
        missing=missing_parts(session, job) if job.status is JobStatus.WAITING_PARTS else (),
        outlook=parts_outlook(session, job) if job.status is JobStatus.WAITING_PARTS else (),
        visits=_visits_of(session, job),
        people=names_of(session, {event.user_id for event in job.events if event.user_id is not None}),
        possible=possible_actions(job.status),
        cores=cores_of(session, reference=job.number),
    )


def list_jobs(session: Session, *, only: JobFilter = JobFilter(), page: int = 1) -> JobPage:
    """Return one page of all jobs that pass the filter, the latest reports first; pages are counted from 1."""
    found = sa.select(Job).join(Job.site).outerjoin(Job.device).where(*only.conditions())
    total = session.scalar(sa.select(sa.func.count()).select_from(found.with_only_columns(Job.id).subquery())) or 0
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), pages)
    jobs = session.scalars(
        found.options(*LISTED)
        .order_by(Job.reported_at.desc(), Job.id.desc())
        .limit(PAGE_SIZE)
        .offset((page - 1) * PAGE_SIZE)
    ).all()
    return JobPage(jobs, total, page, ready_days(session, jobs))


def plan_run(session: Session, run_id: int) -> PlanRun | None:
    """Return a plan run with its plan, or None if there is none with this number."""
    return session.get(PlanRun, run_id, options=[joinedload(PlanRun.plan)])


def _visits_of(session: Session, job: Job) -> Sequence[Visit]:
    return session.scalars(
        sa.select(Visit).where(Visit.job_id == job.id).options(joinedload(Visit.technician)).order_by(Visit.id)
    ).all()
