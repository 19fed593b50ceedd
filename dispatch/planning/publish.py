"""
Publishing a draft: what was a proposal becomes visits, promises of parts and pick lists, all of it or nothing.

Publication is the moment at which a plan meets the present, so everything it was made from is compared once more: a job
that changed since, or a part that is gone, refuses the whole plan by name instead of overwriting somebody's work.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from core import clock
from dispatch import jobs
from dispatch.lifecycle import Action
from dispatch.models import Job, LeftOut, Plan, PlannedRoute, PlannedStop, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState, StopKind
from dispatch.models.visits import VisitStatus
from dispatch.planning.errors import NotADraft, PlanOutdated, UnknownPlan
from dispatch.planning.parts import draw_up_pick_lists, hold_places, promise_parts, withdraw_pick_lists


def publish(session: Session, *, plan_id: int, actor_id: int | None) -> Plan:
    """
    Make a draft the plan of its day.

    1. Refuse it if a job in it is no longer as it was planned.
    2. Withdraw the visits of the plan before, except those somebody has set off for.
    3. Promise every part at the place from which the plan takes it.
    4. Write the visits, and the pick lists for what the vans load.

    Raises
    ------
    NotADraft, PlanOutdated
        Nothing is changed then.
    """
    plan = _locked_draft(session, plan_id)
    stops = [stop for route in plan.routes for stop in route.stops if stop.kind is StopKind.VISIT]
    planned = _lock_unchanged(session, plan, stops)
    _withdraw(session, plan, planned.keys(), actor_id)
    hold_places(session, plan)
    promise_parts(session, plan, stops, actor_id)
    for route in plan.routes:
        _write_visits(session, plan, route, planned, actor_id)
        draw_up_pick_lists(session, plan, route)
    session.execute(
        sa.update(Plan)
        .where(Plan.day == plan.day, Plan.state == PlanState.PUBLISHED)
        .values(state=PlanState.SUPERSEDED)
    )
    plan.state = PlanState.PUBLISHED
    plan.published_at = clock.now()
    return plan


def discard(session: Session, *, plan_id: int) -> Plan:
    """Throw a draft away; the published plan, if there is one, stays."""
    plan = _locked_draft(session, plan_id)
    plan.state = PlanState.DISCARDED
    return plan


def _locked_draft(session: Session, plan_id: int) -> Plan:
    plan = session.scalar(
        sa.select(Plan)
        .where(Plan.id == plan_id)
        .options(
            selectinload(Plan.routes).selectinload(PlannedRoute.stops),
            selectinload(Plan.routes).joinedload(PlannedRoute.technician),
        )
        # Two dispatchers press at the same moment: the second waits and then finds no draft any more.
        .with_for_update(of=Plan)
        .execution_options(populate_existing=True)
    )
    if plan is None:
        raise UnknownPlan(plan_id=plan_id)
    if plan.state is not PlanState.DRAFT:
        raise NotADraft(version=plan.version, day=plan.day.isoformat(), state=plan.state.value)
    return plan


def _lock_unchanged(session: Session, plan: Plan, stops: Sequence[PlannedStop]) -> dict[int, Job]:
    """Lock the planned jobs and return them by id; refuses the plan if one of them has changed since it was made."""
    planned = {stop.job_id: stop.job_version for stop in stops}
    found = session.scalars(
        sa.select(Job)
        .where(Job.id.in_(planned))
        .order_by(Job.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    changed = [{"number": job.number, "change": job.status.value} for job in found if job.version != planned[job.id]]
    if changed:
        raise PlanOutdated(plan, changed)
    return {job.id: job for job in found}


def _withdraw(session: Session, plan: Plan, kept_jobs: Collection[int], actor_id: int | None) -> None:
    """Take the old plan's waiting visits back; jobs that the new plan leaves out become ready again."""
    waiting = session.scalars(
        sa.select(Visit)
        # Visits of earlier days that nobody made go with the jobs that are planned anew.
        .where(Visit.status == VisitStatus.DISPATCHED, sa.or_(Visit.day == plan.day, Visit.job_id.in_(kept_jobs)))
        .options(joinedload(Visit.job))
    )
    for visit in waiting:
        visit.status = VisitStatus.WITHDRAWN
        if visit.job_id not in kept_jobs and visit.job.status in {JobStatus.PLANNED, JobStatus.DISPATCHED}:
            jobs.apply(session, visit.job, Action.TAKE_OFF, actor_id=actor_id, facts={"plan": plan.version})
    withdraw_pick_lists(session, plan)


def _write_visits(
    session: Session, plan: Plan, route: PlannedRoute, jobs_by_id: Mapping[int, Job], actor_id: int | None
) -> None:
    begun = session.scalar(
        sa.select(sa.func.max(Visit.position)).where(
            Visit.day == plan.day, Visit.technician_id == route.technician_id, Visit.set_off_at.is_not(None)
        )
    )
    planned = [(stop, jobs_by_id[stop.job_id]) for stop in route.stops if stop.job_id is not None]
    for position, (stop, job) in enumerate(planned, start=(begun or 0) + 1):
        _dispatch(session, job, plan, route, actor_id)
        session.add(
            Visit(
                job=job,
                technician_id=route.technician_id,
                day=plan.day,
                position=position,
                planned_arrival=stop.arrives_at,
                planned_start=stop.starts_at,
                planned_end=stop.leaves_at,
            )
        )


def _dispatch(session: Session, job: Job, plan: Plan, route: PlannedRoute, actor_id: int | None) -> None:
    if job.status is JobStatus.DISPATCHED:
        # It was on the plan before and stays on it, maybe with somebody else: no change of status to tell.
        return
    facts = {"plan": plan.version, "technician": route.technician.name}
    jobs.apply(session, job, Action.PLAN, actor_id=actor_id, facts=facts)
    jobs.apply(session, job, Action.DISPATCH, actor_id=actor_id, facts=facts)


def plan_by_id(session: Session, plan_id: int) -> Plan:
    """Return a plan with its stops and what it leaves out, but for the lines on the map; raises UnknownPlan."""
    routes = selectinload(Plan.routes)
    plan = session.get(
        Plan,
        plan_id,
        options=(
            routes.options(defer(PlannedRoute.path), joinedload(PlannedRoute.technician)),
            routes.selectinload(PlannedRoute.stops).joinedload(PlannedStop.job),
            selectinload(Plan.left_out).joinedload(LeftOut.job),
        ),
    )
    if plan is None:
        raise UnknownPlan(plan_id=plan_id)
    return plan


def plans_of_day(session: Session, day: dt.date) -> list[Plan]:
    """Return every plan of a day, the newest first."""
    return list(session.scalars(sa.select(Plan).where(Plan.day == day).order_by(Plan.version.desc())))


def published_plan(session: Session, day: dt.date) -> Plan | None:
    """Return the plan in force on a day, or None if none was published."""
    return session.scalar(sa.select(Plan).where(Plan.day == day, Plan.state == PlanState.PUBLISHED))
