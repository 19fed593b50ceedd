"""The dispatcher's board: a day with its queue, its lanes and its map."""

import datetime as dt
import enum
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, raiseload

from core import clock
from customers.models import Customer, Site, Territory
from dispatch import planning, workforce
from dispatch.clocks import Reading
from dispatch.clockwork import running_clocks
from dispatch.dayplans import plans_of_board
from dispatch.lanes import (
    ClockLook,
    Lane,
    LaneStop,
    due_of,
    jobs_on,
    lanes_of,
    look_of,
    moved_elsewhere,
    routes_of,
)
from dispatch.models import Job, LeftOut, Plan, PlannedRoute, PlanRun, Technician
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import RunState
from dispatch.outlook import ready_days
from dispatch.queries import LISTED, UNPLANNED, JobFilter


@dataclass(frozen=True)
class Counts:
    """The day in five numbers, and how many of the unplanned jobs are overdue already."""

    jobs: int
    waiting_parts: int
    planned: int
    late: int
    unplanned: int
    overdue: int


EVERYTHING = JobFilter()


class QueueOrder(enum.StrEnum):
    """By what the queue is sorted."""

    DUE = "due"
    PRIORITY = "priority"
    REPORTED = "reported"
    SHOP = "shop"


@dataclass(frozen=True)
class Choices:
    """What the queue can be filtered by: what its jobs have, by name, each with the key that the filter takes."""

    skills: Sequence[str]
    customers: Sequence[tuple[int, str]]
    territories: Sequence[tuple[int, str]]


@dataclass(frozen=True)
class BoardView:
    """
    Everything that the dispatcher's page shows of a day.

    ``plan`` is the plan on display: the draft if there is one, unless the published one was asked for. ``run`` is the
    last computation of the day while it is under way or when it failed, else None.
    """

    day: dt.date
    counts: Counts
    queue: Sequence[Job]
    lanes: Sequence[Lane]
    left_out: Sequence[LeftOut]
    technicians: dict[int, Technician]
    plan: Plan | None
    draft: Plan | None
    published: Plan | None
    run: PlanRun | None
    worker_is_alive: bool
    choices: Choices
    # By job id, of those in the queue that wait for parts, when they will probably have them.
    parts_on: Mapping[int, dt.date | None] = field(default_factory=dict)
    # By job id, of those in the queue.
    clocks: Mapping[int, Reading] = field(default_factory=dict)

    @property
    def late(self) -> list[tuple[Lane, LaneStop]]:
        """The visits that come too late, the latest first."""
        found = [(lane, stop) for lane in self.lanes for stop in lane.visits if stop.late_seconds]
        return sorted(found, key=lambda pair: -pair[1].late_seconds)

    def clock_of(self, job: Job) -> ClockLook | None:
        """How the clock of a job in the queue is to be looked at."""
        return look_of(self.clocks.get(job.id))


def board(
    session: Session,
    *,
    day: dt.date,
    only: JobFilter = EVERYTHING,
    order: QueueOrder = QueueOrder.DUE,
    published: bool = False,
) -> BoardView:
    """Return the day for the dispatcher; ``only`` restricts the queue, ``published`` prefers the plan in force."""
    plans = plans_of_board(session, day)
    shown = plans.shown(published=published)
    lanes = _lanes(session, day, shown, routes_of(session, shown))
    on_lanes = set(jobs_on(lanes))
    queue = _queue(session, only, on_lanes, order)
    unplanned = _unplanned(session, on_lanes)
    return BoardView(
        day=day,
        counts=_counts(unplanned, lanes, on_lanes),
        queue=queue,
        choices=_choices(unplanned),
        parts_on=ready_days(session, queue),
        clocks=running_clocks(session, queue),
        lanes=lanes,
        left_out=_left_out(session, shown),
        technicians={one.id: one for one in workforce.technicians(session, include_inactive=True)},
        plan=shown,
        draft=plans.draft,
        published=plans.published,
        run=_run_to_show(session, day),
        worker_is_alive=planning.worker_is_alive(session),
    )


def _lanes(session: Session, day: dt.date, plan: Plan | None, routes: Sequence[PlannedRoute]) -> list[Lane]:
    moved = {job_id for _, job_id in moved_elsewhere(session, [plan] if plan is not None else [])}
    return lanes_of(session, day, routes, moved)


def _left_out(session: Session, plan: Plan | None) -> Sequence[LeftOut]:
    if plan is None:
        return ()
    return session.scalars(
        sa.select(LeftOut)
        .where(LeftOut.plan_id == plan.id)
        .join(LeftOut.job)
        .options(joinedload(LeftOut.job).options(*LISTED), raiseload("*"))
        .order_by(Job.response_due, Job.id)
    ).all()


def _queue(session: Session, only: JobFilter, on_lanes: set[int], order: QueueOrder) -> list[Job]:
    """Unplanned jobs in order; a draft on display counts as planned."""
    jobs = session.scalars(
        sa.select(Job)
        .join(Job.site)
        .outerjoin(Job.device)
        .where(Job.status.in_(UNPLANNED), *only.conditions())
        .options(*LISTED)
        .order_by(Job.response_due, Job.id)
    )
    return sorted((job for job in jobs if job.id not in on_lanes), key=ORDERS[order])


# Ties keep their order by due time.
ORDERS: dict[QueueOrder, Callable[[Job], Any]] = {
    QueueOrder.DUE: lambda job: due_of(job, clock.now()),
    QueueOrder.PRIORITY: lambda job: job.priority.value,
    QueueOrder.REPORTED: lambda job: job.reported_at,
    QueueOrder.SHOP: lambda job: job.site.name.casefold(),
}


def _unplanned(session: Session, on_lanes: Collection[int]) -> list[sa.Row[Any]]:
    """What every unplanned job adds to the numbers of the day and to the choices of the filter."""
    rows = session.execute(
        sa.select(
            Job.id,
            Job.status,
            Job.skills,
            Job.response_due,
            Job.resolution_due,
            Job.responded_at,
            Customer.id.label("customer_id"),
            Customer.name.label("customer"),
            Site.territory_id,
            Territory.name.label("territory"),
        )
        .join(Job.site)
        .join(Site.customer)
        .outerjoin(Site.territory)
        .where(Job.status.in_(UNPLANNED))
    )
    return [row for row in rows if row.id not in on_lanes]


def _counts(unplanned: Sequence[sa.Row[Any]], lanes: Sequence[Lane], on_lanes: Collection[int]) -> Counts:
    now = clock.now()
    return Counts(
        jobs=len(unplanned) + len(on_lanes),
        waiting_parts=sum(row.status is JobStatus.WAITING_PARTS for row in unplanned),
        planned=len(on_lanes),
        late=sum(stop.late_seconds > 0 for lane in lanes for stop in lane.visits),
        unplanned=len(unplanned),
        overdue=sum(due_of(row, now) < now for row in unplanned),
    )


def _choices(unplanned: Sequence[sa.Row[Any]]) -> Choices:
    by_name = itemgetter(1)
    return Choices(
        skills=sorted({skill for row in unplanned for skill in row.skills}),
        customers=sorted({(row.customer_id, row.customer) for row in unplanned}, key=by_name),
        territories=sorted(
            {(row.territory_id, row.territory) for row in unplanned if row.territory_id is not None}, key=by_name
        ),
    )


def _run_to_show(session: Session, day: dt.date) -> PlanRun | None:
    run = session.scalar(
        sa.select(PlanRun)
        .where(PlanRun.day <= day, PlanRun.last_day >= day)
        .options(raiseload("*"))
        .order_by(PlanRun.id.desc())
        .limit(1)
    )
    return run if run is not None and run.state in {RunState.QUEUED, RunState.RUNNING, RunState.FAILED} else None
