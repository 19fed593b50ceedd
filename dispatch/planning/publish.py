"""
Publishing a draft: what was a proposal becomes visits, promises of parts and pick lists, all of it or nothing.

Publication is the moment at which a plan meets the present, so everything it was made from is compared once more: a job
that changed since, or a part that is gone, refuses the whole plan by name instead of overwriting somebody's work.
"""

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from core import clock
from core.accounts import User
from dispatch import jobs
from dispatch.lifecycle import Action
from dispatch.models import Job, LeftOut, Plan, PlanEvent, PlannedRoute, PlannedStop, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState, StopKind
from dispatch.models.visits import VisitStatus
from dispatch.planning.errors import NotADraft, NothingToPublish, PlanOutdated, PromisesWouldBreak, UnknownPlan
from dispatch.planning.outdated import changed_jobs, changed_technicians
from dispatch.planning.parts import draw_up_pick_lists, hold_places, promise_parts, withdraw_pick_lists
from dispatch.planning.states import enter
from dispatch.promises import break_promise, is_broken_by


def publish(
    session: Session,
    *,
    plan_id: int,
    consent: Collection[str] = (),
    late_anyway: Collection[str] = (),
    actor_id: int | None,
) -> Plan:
    """
    Make a draft the plan of its day.

    1. Refuse it if a job or a technician in it is no longer as it was planned.
    2. Refuse it if it breaks a promise that is not in ``consent``, which holds numbers of jobs. Those in
       ``late_anyway`` are late with or without this plan: nobody is asked, and what was promised stands.
    3. Withdraw the visits of the plan before, except those somebody has set off for and those that stay with their
       technician, which only get other times.
    4. Promise every part at the place from which the plan takes it.
    5. Write the visits, and the pick lists for what the vans load.

    Raises
    ------
    NotADraft, PlanOutdated, PromisesWouldBreak
        Nothing is changed then.
    """
    return publish_together(session, [plan_id], consent, actor_id, late_anyway=late_anyway)[0]


def publish_run(session: Session, *, run_id: int, consent: Collection[str] = (), actor_id: int | None) -> list[Plan]:
    """Publish the drafts of every day of a run together, all or none; as ``publish``."""
    drafts = session.scalars(
        sa.select(Plan.id).where(Plan.run_id == run_id, Plan.state == PlanState.DRAFT).order_by(Plan.day)
    ).all()
    if not drafts:
        raise NothingToPublish(run_id=run_id)
    return publish_together(session, drafts, consent, actor_id)


def discard(session: Session, *, plan_id: int, actor_id: int | None = None) -> Plan:
    """Throw a draft away; the published plan, if there is one, stays."""
    plan = _locked_draft(session, plan_id)
    enter(session, plan, PlanState.DISCARDED, actor_id=actor_id)
    return plan


def publish_together(
    session: Session,
    plan_ids: Sequence[int],
    consent: Collection[str],
    actor_id: int | None,
    *,
    late_anyway: Collection[str] = (),
) -> list[Plan]:
    """Publish drafts of several days, all or none; as ``publish``."""
    plans = [_locked_draft(session, plan_id) for plan_id in sorted(plan_ids)]
    stops = [stop for plan in plans for route in plan.routes for stop in route.stops if stop.kind is StopKind.VISIT]
    planned = _lock_unchanged(session, plans, stops)
    asked_for = [stop for stop in stops if stop.job_id is None or planned[stop.job_id].number not in late_anyway]
    broken = _agreed_breaks(plans[0], asked_for, planned, consent)
    staying, taken_off = _staying(session, plans), dict[int, int]()
    for plan in plans:
        taken_off |= _withdraw(session, plan, planned.keys(), staying, actor_id)
    hold_places(session, plans)
    promise_parts(session, plans, stops, actor_id)
    for plan in plans:
        for route in plan.routes:
            _write_visits(session, plan, route, planned, staying, actor_id=actor_id)
            draw_up_pick_lists(session, plan, route)
        _put_in_force(session, plan, actor_id, consent=sorted(broken))
    for job in planned.values():
        if job.number in broken:
            break_promise(session, job, reason=f"#{plans[0].version}", actor_id=actor_id)
    _follow_up_drafts(session, plans, taken_off)
    return plans


def _put_in_force(session: Session, plan: Plan, actor_id: int | None, **facts: Any) -> None:
    before = session.scalars(sa.select(Plan).where(Plan.day == plan.day, Plan.state == PlanState.PUBLISHED)).all()
    for old in before:
        enter(session, old, PlanState.SUPERSEDED, actor_id=actor_id, by=plan.version)
    plan.published_at = clock.now()
    plan.published_by_id = actor_id
    enter(session, plan, PlanState.PUBLISHED, actor_id=actor_id, **facts)


def _agreed_breaks(
    plan: Plan, stops: Sequence[PlannedStop], jobs_by_id: Mapping[int, Job], consent: Collection[str]
) -> set[str]:
    """The jobs that the plan serves outside their promised window; raises PromisesWouldBreak for want of consent."""
    broken = [
        (stop, jobs_by_id[stop.job_id])
        for stop in stops
        if stop.job_id is not None and is_broken_by(jobs_by_id[stop.job_id], stop.starts_at)
    ]
    refused = [
        {
            "number": job.number,
            "site": job.site.name,
            "promised": [_iso(job.window_start), _iso(job.window_end)],
            "planned": _iso(stop.starts_at),
        }
        for stop, job in broken
        if job.number not in consent
    ]
    if refused:
        raise PromisesWouldBreak(plan, refused)
    return {job.number for _, job in broken}


def _iso(moment: dt.datetime | None) -> str:
    return moment.isoformat() if moment is not None else ""


def _follow_up_drafts(session: Session, plans: Sequence[Plan], taken_off: Mapping[int, int]) -> None:
    """
    Let the drafts of the run's other days know of the jobs that this publication took off their old day.

    They are planned there, and what happened to them is what the run meant to happen; unless they lost their parts.
    ``taken_off`` has their versions from before, by id.
    """
    session.flush()
    runs = {plan.run_id for plan in plans if plan.run_id is not None}
    siblings = session.scalars(
        sa.select(PlannedStop)
        .join(PlannedStop.route)
        .join(PlannedRoute.plan)
        .where(Plan.run_id.in_(runs), Plan.state == PlanState.DRAFT, PlannedStop.job_id.in_(taken_off))
        .options(joinedload(PlannedStop.job))
    )
    for stop in siblings:
        job = stop.job
        if job is not None and job.status is JobStatus.READY and stop.job_version == taken_off[job.id]:
            stop.job_version = job.version


def _locked_draft(session: Session, plan_id: int) -> Plan:
    plan = session.scalar(
        sa.select(Plan)
        .where(Plan.id == plan_id)
        .options(
            selectinload(Plan.routes).selectinload(PlannedRoute.stops).joinedload(PlannedStop.job),
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


def _lock_unchanged(session: Session, plans: Sequence[Plan], stops: Sequence[PlannedStop]) -> dict[int, Job]:
    """Lock the planned jobs and return them by id; refuses the plans if a job or technician changed since."""
    planned = {stop.job_id: stop.job_version for stop in stops}
    found = session.scalars(
        sa.select(Job)
        .where(Job.id.in_(planned))
        .options(joinedload(Job.site))
        .order_by(Job.id)
        .with_for_update(of=Job)
        .execution_options(populate_existing=True)
    ).all()
    changed = changed_jobs(session, planned, found)
    for plan in plans:
        technicians = changed_technicians(session, plan)
        if changed or technicians:
            raise PlanOutdated(plan, changed, technicians)
    return {job.id: job for job in found}


def _staying(session: Session, plans: Sequence[Plan]) -> dict[tuple[int, int], Visit]:
    """
    The waiting visits, by job and technician, that the new plans leave with their technician on their day.

    They go on as the visits that they are, with new times: phones know them by their numbers.
    """
    planned = {
        (stop.job_id, route.technician_id, plan.day) for plan in plans for route in plan.routes for stop in route.stops
    }
    waiting = session.scalars(
        sa.select(Visit).where(Visit.status == VisitStatus.DISPATCHED, Visit.day.in_([plan.day for plan in plans]))
    )
    return {
        (visit.job_id, visit.technician_id): visit
        for visit in waiting
        if (visit.job_id, visit.technician_id, visit.day) in planned
    }


def _withdraw(
    session: Session,
    plan: Plan,
    kept_jobs: Collection[int],
    staying: Mapping[tuple[int, int], Visit],
    actor_id: int | None,
) -> dict[int, int]:
    """
    Take the old plan's waiting visits back, except those that stay with their technician.

    Jobs that the new plan leaves out become ready again; returns their ids with the versions they had before.
    """
    taken_off = {}
    waiting = session.scalars(
        sa.select(Visit)
        # Visits of earlier days that nobody made go with the jobs that are planned anew.
        .where(Visit.status == VisitStatus.DISPATCHED, sa.or_(Visit.day == plan.day, Visit.job_id.in_(kept_jobs)))
        .options(joinedload(Visit.job))
    )
    for visit in waiting:
        if staying.get((visit.job_id, visit.technician_id)) is visit:
            continue
        visit.status = VisitStatus.WITHDRAWN
        if visit.job_id not in kept_jobs and visit.job.status in {JobStatus.PLANNED, JobStatus.DISPATCHED}:
            taken_off[visit.job_id] = visit.job.version
            jobs.apply(session, visit.job, Action.TAKE_OFF, actor_id=actor_id, facts={"plan": plan.version})
    withdraw_pick_lists(session, plan)
    return taken_off


def _write_visits(
    session: Session,
    plan: Plan,
    route: PlannedRoute,
    jobs_by_id: Mapping[int, Job],
    staying: Mapping[tuple[int, int], Visit],
    *,
    actor_id: int | None,
) -> None:
    begun = session.scalar(
        sa.select(sa.func.max(Visit.position)).where(
            Visit.day == plan.day, Visit.technician_id == route.technician_id, Visit.set_off_at.is_not(None)
        )
    )
    planned = [(stop, jobs_by_id[stop.job_id]) for stop in route.stops if stop.job_id is not None]
    for position, (stop, job) in enumerate(planned, start=(begun or 0) + 1):
        _dispatch(session, job, plan, route, actor_id)
        visit = staying.get((job.id, route.technician_id)) or Visit(
            job=job, technician_id=route.technician_id, day=plan.day
        )
        visit.position = position
        visit.planned_arrival, visit.planned_start, visit.planned_end = stop.arrives_at, stop.starts_at, stop.leaves_at
        # As planned, from now on.
        visit.expected_at = None
        session.add(visit)


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


def drafts_of_run(session: Session, plan: Plan) -> list[Plan]:
    """Return the drafts of the run that a plan belongs to, by day; the plan alone if there are no others."""
    if plan.run_id is None:
        return [plan]
    drafts = session.scalars(
        sa.select(Plan).where(Plan.run_id == plan.run_id, Plan.state == PlanState.DRAFT).order_by(Plan.day)
    )
    return list(drafts) or [plan]


def history_of(session: Session, plan: Plan) -> list[tuple[PlanEvent, str | None]]:
    """Return what happened to a plan, in order, with the name of whoever did it; None: by itself."""
    rows = session.execute(
        sa.select(PlanEvent, User.name)
        .outerjoin(User, User.id == PlanEvent.user_id)
        .where(PlanEvent.plan_id == plan.id)
        .order_by(PlanEvent.id)
    )
    return [(event, name) for event, name in rows]


def published_plan(session: Session, day: dt.date) -> Plan | None:
    """Return the plan in force on a day, or None if none was published."""
    return session.scalar(sa.select(Plan).where(Plan.day == day, Plan.state == PlanState.PUBLISHED))
