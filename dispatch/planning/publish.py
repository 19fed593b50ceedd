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
from dispatch.planning.parts import planned_lines, promise_parts
from dispatch.planning.pick_lists import draw_up_pick_lists, hold_places, vans_to_load_anew, withdraw_pick_lists
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
    waiting = _waiting(session, plans, planned.keys())
    staying = _of_plans(plans, waiting)
    gone = [visit for visit in waiting if staying.get((visit.job_id, visit.technician_id)) is not visit]
    taken_off = _withdraw(session, plans, gone, planned.keys(), actor_id)
    lines = planned_lines(session, plans)
    vans = vans_to_load_anew(session, plans, lines)
    hold_places(session, plans, vans)
    withdraw_pick_lists(session, vans, lines)
    promise_parts(session, plans, lines, actor_id)
    known = _of_plans(plans, _withdrawn_before(session, plans, planned.keys())) | staying
    for plan in plans:
        _write_visits(session, plan, planned, known, actor_id=actor_id)
        draw_up_pick_lists(session, plan, vans)
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
            selectinload(Plan.routes).options(
                # Thousands of points, which only a map draws.
                defer(PlannedRoute.path),
                joinedload(PlannedRoute.technician),
                selectinload(PlannedRoute.stops),
            ),
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


# Visits by job and technician.
_Visits = Mapping[tuple[int, int], Visit]


def _waiting(session: Session, plans: Sequence[Plan], planned: Collection[int]) -> Sequence[Visit]:
    """The visits that nobody has set off for: those of these days, and earlier ones of jobs that are planned anew."""
    return session.scalars(
        sa.select(Visit)
        .where(
            Visit.status == VisitStatus.DISPATCHED,
            sa.or_(Visit.day.in_([plan.day for plan in plans]), Visit.job_id.in_(planned)),
        )
        .order_by(Visit.id)
    ).all()


def _withdrawn_before(session: Session, plans: Sequence[Plan], planned: Collection[int]) -> Sequence[Visit]:
    """The visits of these days and jobs that were taken back before anybody set off for them, the latest last."""
    return session.scalars(
        sa.select(Visit)
        .where(
            Visit.status == VisitStatus.WITHDRAWN,
            Visit.set_off_at.is_(None),
            Visit.day.in_([plan.day for plan in plans]),
            Visit.job_id.in_(planned),
        )
        .order_by(Visit.id)
    ).all()


def _of_plans(plans: Sequence[Plan], visits: Sequence[Visit]) -> dict[tuple[int, int], Visit]:
    """
    Those visits that the plans have with the same technician on the same day.

    They go on as the visits that they are, with new times: phones know them by their numbers.
    """
    planned = {
        (stop.job_id, route.technician_id, plan.day) for plan in plans for route in plan.routes for stop in route.stops
    }
    return {
        (visit.job_id, visit.technician_id): visit
        for visit in visits
        if (visit.job_id, visit.technician_id, visit.day) in planned
    }


def _withdraw(
    session: Session, plans: Sequence[Plan], gone: Sequence[Visit], kept_jobs: Collection[int], actor_id: int | None
) -> dict[int, int]:
    """
    Take visits of the old plans back.

    Jobs that the new plans leave out become ready again; returns their ids with the versions they had before.
    """
    versions = {plan.day: plan.version for plan in plans}
    dropped = {visit.job_id for visit in gone}.difference(kept_jobs)
    left_out = {job.id: job for job in session.scalars(sa.select(Job).where(Job.id.in_(dropped)))}
    taken_off = {}
    for visit in gone:
        visit.status = VisitStatus.WITHDRAWN
        job = left_out.get(visit.job_id)
        if job is not None and job.status in {JobStatus.PLANNED, JobStatus.DISPATCHED}:
            taken_off[job.id] = job.version
            jobs.apply(session, job, Action.TAKE_OFF, actor_id=actor_id, facts={"plan": versions[visit.day]})
    return taken_off


def _write_visits(
    session: Session, plan: Plan, jobs_by_id: Mapping[int, Job], known: _Visits, *, actor_id: int | None
) -> None:
    begun = _last_begun(session, plan.day)
    for route in plan.routes:
        planned = [(stop, jobs_by_id[stop.job_id]) for stop in route.stops if stop.job_id is not None]
        for position, (stop, job) in enumerate(planned, start=begun.get(route.technician_id, 0) + 1):
            _dispatch(session, job, plan, route, actor_id)
            visit = known.get((job.id, route.technician_id))
            if visit is None:
                visit = Visit(job=job, technician_id=route.technician_id, day=plan.day)
                session.add(visit)
            _place(visit, position, stop)


def _last_begun(session: Session, day: dt.date) -> dict[int, int]:
    """The position of the last visit that each technician has set off for."""
    rows = session.execute(
        sa.select(Visit.technician_id, sa.func.max(Visit.position).label("position"))
        .where(Visit.day == day, Visit.set_off_at.is_not(None))
        .group_by(Visit.technician_id)
    )
    return {row.technician_id: row.position for row in rows}


def _place(visit: Visit, position: int, stop: PlannedStop) -> None:
    times = stop.arrives_at, stop.starts_at, stop.leaves_at
    if times != (visit.planned_arrival, visit.planned_start, visit.planned_end):
        visit.planned_arrival, visit.planned_start, visit.planned_end = times
        # As planned, from now on.
        visit.expected_at = None
    visit.position, visit.status = position, VisitStatus.DISPATCHED


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
