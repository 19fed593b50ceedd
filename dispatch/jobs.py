"""
Jobs from the report to the end: taking them in, changing them, cancelling them.

``apply`` is the only writer of a job's status. Whoever changes a job locks its row first (``lock_job``), so that of two
dispatchers the second sees what the first did; the version column refuses whoever forgets to.
"""

import datetime as dt
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypedDict

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload
from sqlalchemy.orm.attributes import flag_modified

from core import clock
from core.accounts import User
from customers.calendars import Interval
from customers.contracts import DueTimes, due_times
from customers.entitlement import Entitlement, to_json
from customers.models import Device, Priority, Site
from dispatch.clockwork import due_of, give_up_clocks, note_reset, owed_anew, start_clocks
from dispatch.cover import cover_of
from dispatch.errors import (
    DescriptionTooLong,
    DeviceElsewhere,
    DueInPast,
    DueOutOfOrder,
    DueTooFar,
    DurationMissing,
    DurationOutOfRange,
    JobChanged,
    JobChangedAutomatically,
    ReasonMissing,
    ReportedInFuture,
    ReportedTooLongAgo,
    UnknownJob,
)
from dispatch.lifecycle import FINAL, Action, next_status, possible_actions, refuse
from dispatch.live.log import note_cancelled, note_urgent
from dispatch.models import FaultCode, Job, JobEvent, JobPart, Visit
from dispatch.models.clocks import ClockKind
from dispatch.models.jobs import JobKind, JobStatus
from dispatch.models.promises import PromiseState
from dispatch.models.visits import VisitStatus
from dispatch.parts import MissingPart, demand_of, note_waiting, release_for, reserve_for, wanted_pieces
from dispatch.promises import book_window, check_window, end_promise
from dispatch.repeats import job_before

LONGEST = 86_400  # Seconds: work that takes more than a day is more than one job.
LONGEST_DESCRIPTION = 4_000
NOTE_LENGTH = 300
TARGETS = frozenset({"response_seconds", "resolution_seconds"})
CLOCKS = ("response", "resolution")
YEAR = dt.timedelta(days=366)


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """
    Work to be taken in. What is None follows from the fault, the device and the contract of the site.

    ``window`` is the promise to the customer, ``skills`` the level that each skill is needed at, ``parts`` pieces per
    part id.
    """

    site: Site
    priority: Priority
    device: Device | None = None
    fault: FaultCode | None = None
    kind: JobKind = JobKind.REPAIR
    description: str = ""
    reported_at: dt.datetime | None = None
    window: Interval | None = None
    duration_seconds: int | None = None
    skills: Mapping[str, int] | None = None
    parts: Mapping[int, int] | None = None
    response_due: dt.datetime | None = None
    resolution_due: dt.datetime | None = None
    # As it was told to the customer; None to ask contract and warranty now.
    cover: Entitlement | None = None


class JobChanges(TypedDict, total=False):
    """
    What to change; what is absent stays. A window of None takes the promise back.

    A due time is one that was agreed on with the customer instead of the contract's.
    """

    priority: Priority
    window: Interval | None
    description: str
    duration_seconds: int
    response_due: dt.datetime
    resolution_due: dt.datetime


def take_in_job(session: Session, *, new: NewJob, actor_id: int | None) -> Job:
    """
    Take in a job: compute by when it is due, promise its parts, and say what still keeps it from being planned.

    1. Refuse what cannot be: a report from the future, a promise that cannot be kept, no duration.
    2. Write the job with what is owed by the contract.
    3. Promise all parts or none; the job is then ready or waits for parts, and the event names what is missing.
    """
    now = clock.now()
    _check_new(new, now)
    reported_at = new.reported_at or now
    owed = _owed(new, reported_at, now)
    demand = _demand(session, new)
    window_start, window_end = new.window or (None, None)
    job = Job(
        # The number follows from the id, which is known once the row is written; until then it is only unique.
        number=uuid.uuid4().hex[:20],
        kind=new.kind,
        status=JobStatus.NEW,
        priority=new.priority,
        site=new.site,
        device=new.device,
        fault=new.fault,
        description=new.description.strip(),
        skills=_skills(new),
        duration_seconds=_duration(new),
        reported_at=reported_at,
        contract=new.site.contract,
        response_seconds=None if new.response_due else owed.response_seconds,
        resolution_seconds=None if new.resolution_due else owed.resolution_seconds,
        response_due=owed.response_due,
        resolution_due=owed.resolution_due,
        window_start=window_start,
        window_end=window_end,
        late_cents_per_minute=owed.late_cents_per_minute,
        breach_cents=owed.breach_cents,
        cover=to_json(new.cover or _cover(new, reported_at)),
        repeat_of=_repeated(session, new, reported_at),
        parts=[JobPart(part_id=part_id, quantity=quantity) for part_id, quantity in sorted(demand.items())],
    )
    session.add(job)
    # The database hands out ids, each once: two who take in jobs at the same moment cannot get the same number.
    session.flush()
    job.number = f"J-{job.id:06}"
    obstacles = planning_obstacles(job)
    _record(
        session, job, "take_in", before=None, actor_id=actor_id, facts={"obstacles": obstacles} if obstacles else {}
    )
    start_clocks(session, job, actor_id=actor_id)
    book_window(session, job, actor_id=actor_id)
    _settle_parts(session, job, actor_id=actor_id)
    note_urgent(session, job, actor_id=actor_id)
    return job


def apply(
    session: Session,
    job: Job,
    action: Action,
    *,
    actor_id: int | None,
    note: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:
    """
    Move a job along its life and write the event; raises ActionNotPossible. The only writer of ``job.status``.

    ``note`` is what a person wrote; ``facts`` are values by name, worded by whoever shows them.
    """
    before, job.status = job.status, next_status(job.status, action, number=job.number)
    _record(session, job, action.value, before=before, actor_id=actor_id, note=note, facts=facts)


def record_fact(
    session: Session, job: Job, action: str, *, actor_id: int | None, note: str = "", facts: Mapping[str, Any]
) -> None:
    """Write a line into a job's history that does not move the job."""
    _record(session, job, action, before=job.status, actor_id=actor_id, note=note, facts=facts)


def cancel_job(session: Session, *, job_id: int, reason: str, actor_id: int | None, version: int | None = None) -> Job:
    """
    Cancel a job: its parts are free again, its visits are withdrawn from the technicians' phones.

    ``version`` is that of the job as somebody saw it; raises JobChanged if it was changed meanwhile.
    """
    job = lock_job(session, job_id)
    refuse_changed(session, job, version)
    if not reason.strip():
        raise ReasonMissing(number=job.number)
    apply(session, job, Action.CANCEL, actor_id=actor_id, note=reason.strip())
    give_up_clocks(session, job, actor_id=actor_id)
    end_promise(session, job, PromiseState.WITHDRAWN, reason=reason, actor_id=actor_id)
    release_for(session, job)
    visits = session.scalars(
        sa.select(Visit).where(Visit.job_id == job.id, Visit.status.in_([VisitStatus.DISPATCHED, VisitStatus.EN_ROUTE]))
    ).all()
    for visit in visits:
        visit.status = VisitStatus.WITHDRAWN
    note_cancelled(session, job, visits, actor_id=actor_id)
    return job


def change_job(session: Session, *, job_id: int, version: int, changes: JobChanges, actor_id: int | None) -> Job:
    """
    Change a job as somebody saw it in ``version``; another priority gives other due times, counted from the report.

    Raises JobChanged if somebody changed it meanwhile, naming who and when. Nothing to change is no change.
    """
    job = lock_job(session, job_id)
    refuse_changed(session, job, version)
    if job.status in FINAL:
        refuse(job.status, "change", number=job.number)
    wanted = _columns(session, job, changes)
    changed = {
        column: [_plain(getattr(job, column)), _plain(value)]
        for column, value in wanted.items()
        # The due times tell what the targets come to.
        if column not in TARGETS and getattr(job, column) != value
    }
    if not changed:
        return job
    due = {kind: due_of(job, kind) for kind in ClockKind}
    for column, value in wanted.items():
        setattr(job, column, value)
    note_reset(session, job, due, actor_id=actor_id)
    if {"window_start", "window_end"} & changed.keys():
        book_window(session, job, actor_id=actor_id)
    record_fact(session, job, "change", actor_id=actor_id, facts=changed)
    return job


def reopen_job(session: Session, *, job_id: int, actor_id: int | None, version: int | None = None) -> Job:
    """
    Prepare the next visit of a job that was left incomplete: it is ready, or waits for the parts it still needs.

    ``version`` is that of the job as somebody saw it; raises JobChanged if it was changed meanwhile.
    """
    job = lock_job(session, job_id)
    refuse_changed(session, job, version)
    # Refuse before parts are sought.
    next_status(job.status, Action.REOPEN, number=job.number)
    _settle_parts(session, job, actor_id=actor_id, ready=Action.REOPEN)
    return job


def seek_parts_again(session: Session, job: Job, *, actor_id: int | None) -> None:
    """Seek the parts of a job that waits for its next visit anew, because it needs others now; the job is locked."""
    if job.status not in {JobStatus.READY, JobStatus.WAITING_PARTS}:
        return
    missing = reserve_for(session, job)
    action = Action.WAIT_FOR_PARTS if missing else Action.READY
    if action in possible_actions(job.status):
        apply(session, job, action, actor_id=actor_id, facts=_missing_facts(missing))


def retry_waiting(session: Session, *, only: Collection[int] | None = None, actor_id: int | None) -> list[Job]:
    """
    Make those waiting jobs ready whose parts are there now, the most urgent first; returns them.

    ``only`` restricts it to some, by id.

    Jobs that somebody else is changing at this moment are left for the next time.
    """
    waiting = session.scalars(
        sa.select(Job)
        .where(Job.status == JobStatus.WAITING_PARTS, sa.true() if only is None else Job.id.in_(only))
        .options(
            joinedload(Job.site),
            selectinload(Job.parts).options(joinedload(JobPart.part), joinedload(JobPart.reservation)),
        )
        .with_for_update(of=Job, key_share=True, skip_locked=True)
        .execution_options(populate_existing=True)
    ).all()
    ready = []
    for job in sorted(waiting, key=lambda job: (job.priority, job.response_due, job.id)):
        if not reserve_for(session, job):
            apply(session, job, Action.READY, actor_id=actor_id)
            ready.append(job)
    return ready


def renew_promises(session: Session, *, references: Collection[str], actor_id: int | None) -> list[Job]:
    """
    Seek parts anew for the jobs that lost theirs, as a stock count does; returns the jobs that now miss some.

    ``references`` are those of the released reservations, which are job numbers. A ready job that finds none waits for
    parts. A job on a plan keeps its status and what it still holds: its technician counts on that van and those
    pick lists, and whether to call the technician back is for a person.
    """
    short = []
    for job in lock_jobs(session, references):
        if job.status in FINAL:
            continue
        if job.status is JobStatus.READY and (missing := reserve_for(session, job)):
            apply(session, job, Action.WAIT_FOR_PARTS, actor_id=actor_id, facts=_missing_facts(missing))
        note_waiting(session, job)
        if wanted_pieces(job):
            short.append(job)
    return short


def lock_job(session: Session, job_id: int) -> Job:
    """
    Return the job as it is now and keep others from changing it until the transaction ends; raises UnknownJob.

    On SQLite the transaction itself is the lock.
    """
    # Not by session.get: that refuses a row which somebody changed since the session read it, without saying who.
    job = session.scalar(
        sa.select(Job)
        .where(Job.id == job_id)
        .with_for_update(of=Job, key_share=True)
        .execution_options(populate_existing=True)
    )
    if job is None:
        raise UnknownJob(job=job_id)
    return job


def count_up(job: Job) -> None:
    """Let the version of a job rise though none of its own columns changed, so that plans and forms notice."""
    flag_modified(job, "priority")


def lock_jobs(session: Session, numbers: Collection[str]) -> Sequence[Job]:
    """Return those jobs of these numbers that there are, as they are now, and keep others from changing them."""
    return session.scalars(
        sa.select(Job)
        .where(Job.number.in_(numbers))
        .order_by(Job.id)
        .with_for_update(of=Job, key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def job_by_number(session: Session, number: str) -> Job:
    """Return the job with this number; raises UnknownJob."""
    job = session.scalar(sa.select(Job).where(Job.number == number.strip()))
    if job is None:
        raise UnknownJob(job=number)
    return job


def planning_obstacles(job: Job) -> list[str]:
    """What keeps a job from being planned whatever the day, one word each; empty when nothing does."""
    obstacles = []
    if job.site.lat is None:
        obstacles.append("no_position")
    if job.status is JobStatus.WAITING_PARTS:
        obstacles.append("waiting_parts")
    return obstacles


def check_reported_at(reported_at: dt.datetime, now: dt.datetime) -> None:
    """Refuse a report from the future, or from so long ago that the date must be a mistake."""
    if reported_at > now:
        raise ReportedInFuture(reported_at=_told(reported_at))
    if reported_at < now - YEAR:
        raise ReportedTooLongAgo(reported_at=_told(reported_at), days=YEAR.days)


def _check_new(new: NewJob, now: dt.datetime) -> None:
    if new.reported_at is not None:
        check_reported_at(new.reported_at, now)
    if new.device is not None and new.device.site_id != new.site.id:
        raise DeviceElsewhere(serial=new.device.serial, device_site=new.device.site.code, site=new.site.code)
    _check_duration(_duration(new))
    _check_description(new.description)
    if new.window is not None:
        check_window(new.window, new.site, now=now)


def _check_duration(seconds: int) -> None:
    if not 0 < seconds <= LONGEST:
        raise DurationOutOfRange(seconds=seconds, least=1, most=LONGEST)


def _check_description(description: str) -> None:
    if len(description) > LONGEST_DESCRIPTION:
        raise DescriptionTooLong(length=len(description), most=LONGEST_DESCRIPTION)


def _owed(new: NewJob, reported_at: dt.datetime, now: dt.datetime) -> DueTimes:
    """What the contract owes, with the due times that were agreed otherwise."""
    owed = due_times(new.site.contract, new.priority, reported_at)
    for field, due in (("response_due", new.response_due), ("resolution_due", new.resolution_due)):
        _check_agreed(field, due, now)
    response, resolution = new.response_due or owed.response_due, new.resolution_due or owed.resolution_due
    _check_due_order(response, resolution)
    return replace(owed, response_due=response, resolution_due=resolution)


def _check_agreed(field: str, due: dt.datetime | None, now: dt.datetime) -> None:
    if due is not None and due < now:
        raise DueInPast(field=field, due=_told(due), now=_told(now))
    if due is not None and due > now + YEAR:
        raise DueTooFar(field=field, due=_told(due), days=YEAR.days)


def _check_due_order(response: dt.datetime, resolution: dt.datetime) -> None:
    if resolution < response:
        raise DueOutOfOrder(response_due=_told(response), resolution_due=_told(resolution))


def _duration(new: NewJob) -> int:
    if new.duration_seconds is not None:
        return new.duration_seconds
    if new.fault is None:
        raise DurationMissing
    return new.fault.duration_seconds


def _skills(new: NewJob) -> dict[str, Any]:
    if new.skills is not None:
        return dict(new.skills)
    return {} if new.fault is None else {line.skill: line.level for line in new.fault.skills}


def _demand(session: Session, new: NewJob) -> Mapping[int, int]:
    if new.parts is not None:
        return new.parts
    if new.fault is None or new.device is None:
        return {}
    return demand_of(session, new.fault, new.device)


def _cover(new: NewJob, reported_at: dt.datetime) -> Entitlement:
    return cover_of(site=new.site, device=new.device, fault=new.fault, at=reported_at, kind=new.kind)


def _repeated(session: Session, new: NewJob, reported_at: dt.datetime) -> Job | None:
    if new.device is None or new.fault is None:
        return None
    return job_before(session, device_id=new.device.id, fault_id=new.fault.id, at=reported_at)


def _settle_parts(session: Session, job: Job, *, actor_id: int | None, ready: Action = Action.READY) -> None:
    missing = reserve_for(session, job)
    action = Action.WAIT_FOR_PARTS if missing else ready
    apply(session, job, action, actor_id=actor_id, facts=_missing_facts(missing))


def _columns(session: Session, job: Job, changes: JobChanges) -> dict[str, Any]:
    """The new values of the columns that the changes name; refuses values that cannot be."""
    columns: dict[str, Any] = {}
    if "priority" in changes and changes["priority"] is not job.priority:
        columns |= {"priority": changes["priority"]} | owed_anew(session, job, changes["priority"])
    columns |= _agreed_columns(job, changes, columns)
    if "window" in changes:
        columns |= _window_columns(job, changes["window"])
    if "description" in changes:
        _check_description(changes["description"])
        columns["description"] = changes["description"].strip()
    if "duration_seconds" in changes:
        _check_duration(changes["duration_seconds"])
        columns["duration_seconds"] = changes["duration_seconds"]
    return columns


def _agreed_columns(job: Job, changes: JobChanges, owed: Mapping[str, Any]) -> dict[str, Any]:
    """Due times that were agreed on now, beside ``owed`` by the contract; a form sends back those that stay, too."""
    agreed = {
        name: due
        for name, due in zip(CLOCKS, (changes.get("response_due"), changes.get("resolution_due")), strict=True)
        if due is not None and due != getattr(job, f"{name}_due")
    }
    for name, due in agreed.items():
        _check_agreed(f"{name}_due", due, clock.now())
    if agreed:
        _check_due_order(
            *(agreed.get(name) or owed.get(f"{name}_due") or getattr(job, f"{name}_due") for name in CLOCKS)
        )
    return {f"{name}_due": due for name, due in agreed.items()} | {f"{name}_seconds": None for name in agreed}


def _window_columns(job: Job, window: Interval | None) -> dict[str, Any]:
    start, end = window or (None, None)
    # A form sends the whole job back: a promise that stays as it was may have begun meanwhile.
    if window is not None and (start, end) != (job.window_start, job.window_end):
        check_window(window, job.site, now=clock.now())
    return {"window_start": start, "window_end": end}


def refuse_changed(session: Session, job: Job, version: int | None) -> None:
    """Raise JobChanged, naming who and when, if the job is not as somebody saw it; None: they did not say."""
    if version is not None and job.version != version:
        raise _changed_meanwhile(session, job)


def _changed_meanwhile(session: Session, job: Job) -> JobChanged:
    last = session.execute(
        sa.select(JobEvent.at, User.name)
        .outerjoin(User, User.id == JobEvent.user_id)
        .where(JobEvent.job_id == job.id)
        .order_by(JobEvent.id.desc())
        .limit(1)
    ).first()
    at = _told(last.at if last else clock.now())
    if last is None or last.name is None:
        return JobChangedAutomatically(number=job.number, at=at)
    return JobChanged(number=job.number, name=last.name, at=at)


def _record(
    session: Session,
    job: Job,
    action: str,
    *,
    before: JobStatus | None,
    actor_id: int | None,
    note: str = "",
    facts: Mapping[str, Any] | None = None,
) -> None:
    session.add(
        JobEvent(
            job=job,
            at=clock.now(),
            user_id=actor_id,
            action=action,
            from_status=before,
            to_status=job.status,
            note=note if len(note) <= NOTE_LENGTH else note[: NOTE_LENGTH - 1] + "…",
            facts=dict(facts or {}),
        )
    )


def _missing_facts(missing: Collection[MissingPart]) -> dict[str, Any]:
    """What a job waits for: of each part the pieces that can be had, and those that are wanted."""
    lines = [{"sku": line.sku, "available": line.available, "wanted": line.wanted} for line in missing]
    return {"missing": lines} if lines else {}


def _plain(value: object) -> object:
    """A value as JSON has it."""
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _told(value: object) -> str:
    return f"{value:%Y-%m-%d %H:%M %Z}" if isinstance(value, dt.datetime) else "-" if value is None else str(value)
