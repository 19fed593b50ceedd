"""
What happened to a job, a plan and a promise: who did what when, and what was before.

A job's history lies in several tables: its own events, its clocks, promises, plans that touched it, movements of its
parts, files, and what phones told that could not be carried out. Here they are put together. Nothing is worded: lines
carry codes and values, and whoever shows them finds the words, in the reader's language and zone.
"""

import datetime as dt
import enum
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from core.accounts import names_of
from dispatch.errors import UnknownPromise
from dispatch.models import (
    ClockEvent,
    ClockPause,
    DayEvent,
    FieldConflict,
    Job,
    JobEvent,
    LeftOut,
    Plan,
    PlanEvent,
    PlannedRoute,
    PlannedStop,
    Promise,
    Visit,
    VisitFile,
)
from dispatch.models.clocks import ClockSign
from inventory.models import Movement

PAGE = 50
# Facts of job events that are lists of something; all other lists are pairs of what was and what is.
LISTS = frozenset({"missing", "obstacles", "serials"})


class Source(enum.StrEnum):
    """Where a line comes from."""

    JOB = "job"
    CLOCK = "clock"
    PROMISE = "promise"
    PLAN = "plan"
    STOCK = "stock"
    PHONE = "phone"
    FILE = "file"
    DAY = "day"


@dataclass(frozen=True, kw_only=True)
class Line:
    """
    One thing that happened.

    ``at`` is when it happened, ``told_at`` when we heard of it, None if that was at the same time. ``changes`` are
    pairs of what was and what is by field, ``note`` the words that a person wrote.
    """

    at: dt.datetime
    source: Source
    action: str
    user_id: int | None = None
    changes: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
    told_at: dt.datetime | None = None


@dataclass(frozen=True)
class HistoryPage:
    """One page of a history, the latest first, with the names of those who wrote it."""

    lines: Sequence[Line]
    people: Mapping[int, str]
    total: int
    page: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PAGE))


def history_of_job(session: Session, job: Job, *, page: int = 1) -> HistoryPage:
    """Return a page of everything that happened to a job."""
    return _paged(
        session,
        [
            *_job_events(session, job),
            *_clock_events(session, job),
            *_promises(session, sa.select(Promise).where(Promise.job_id == job.id)),
            *_plans_of_job(session, job),
            *_movements(session, job),
            *_conflicts(session, job),
            *_files(session, job),
            *_day_events(session, job),
        ],
        page,
    )


def history_of_plan(session: Session, plan_id: int, *, page: int = 1) -> HistoryPage:
    """Return a page of what became of a plan; empty if there is none."""
    rows = session.scalars(sa.select(PlanEvent).where(PlanEvent.plan_id == plan_id))
    lines = [
        Line(
            at=row.at,
            source=Source.PLAN,
            action=row.to_state.value,
            user_id=row.user_id,
            changes={"state": [row.from_state.value, row.to_state.value]} if row.from_state else {},
            facts=row.facts,
        )
        for row in rows
    ]
    return _paged(session, lines, page)


def history_of_promise(session: Session, promise_id: int, *, page: int = 1) -> HistoryPage:
    """Return a page of what became of a promise; raises UnknownPromise."""
    lines = list(_promises(session, sa.select(Promise).where(Promise.id == promise_id)))
    if not lines:
        raise UnknownPromise(promise_id=promise_id)
    return _paged(session, lines, page)


def _paged(session: Session, lines: list[Line], page: int) -> HistoryPage:
    # Of what happened at one moment the later entry comes first, as in the rest of the list.
    latest_first = sorted(lines, key=lambda line: line.at)[::-1]
    shown = latest_first[(page - 1) * PAGE : page * PAGE]
    people = names_of(session, {line.user_id for line in shown if line.user_id is not None})
    return HistoryPage(shown, people, len(lines), page)


def _job_events(session: Session, job: Job) -> Iterator[Line]:
    for event in session.scalars(sa.select(JobEvent).where(JobEvent.job_id == job.id).order_by(JobEvent.id)):
        changes = {name: value for name, value in event.facts.items() if _is_change(name, value)}
        facts = {name: value for name, value in event.facts.items() if name not in changes}
        happened_at = facts.pop("happened_at", None)
        if event.from_status is not None and event.from_status is not event.to_status:
            changes["status"] = [event.from_status.value, event.to_status.value]
        yield Line(
            at=dt.datetime.fromisoformat(happened_at) if happened_at else event.at,
            told_at=event.at if happened_at else None,
            source=Source.JOB,
            action=event.action,
            user_id=event.user_id,
            changes=changes,
            facts=facts,
            note=event.note,
        )


def _is_change(name: str, value: Any) -> bool:
    """Whether a fact is a pair of what was and what is."""
    return name not in LISTS and isinstance(value, list) and len(value) == 2


def _clock_events(session: Session, job: Job) -> Iterator[Line]:
    pauses = {
        pause.began_at: pause for pause in session.scalars(sa.select(ClockPause).where(ClockPause.job_id == job.id))
    }
    for event in session.scalars(sa.select(ClockEvent).where(ClockEvent.job_id == job.id).order_by(ClockEvent.id)):
        pause = pauses.get(event.at) if event.sign is ClockSign.PAUSED else None
        moved = event.due_was is not None and event.due_was != event.due
        yield Line(
            at=event.at,
            source=Source.CLOCK,
            action=event.sign.value,
            user_id=event.user_id,
            changes={"due": [_iso(event.due_was), _iso(event.due)]} if moved else {},
            facts={"clock": event.clock.value, "due": _iso(event.due)}
            | ({"pause_reason": pause.reason.value} if pause else {}),
            note=pause.note if pause else "",
        )


def _promises(session: Session, wanted: sa.Select[Any]) -> Iterator[Line]:
    for promise in session.scalars(wanted.order_by(Promise.id)):
        facts = {"window_start": _iso(promise.starts_at), "window_end": _iso(promise.ends_at), "promise": promise.id}
        yield Line(at=promise.made_at, source=Source.PROMISE, action="made", user_id=promise.made_by_id, facts=facts)
        if promise.told_at is not None:
            yield Line(
                at=promise.told_at, source=Source.PROMISE, action="told", user_id=promise.told_by_id, facts=facts
            )
        if promise.ended_at is not None:
            yield Line(
                at=promise.ended_at,
                source=Source.PROMISE,
                action=promise.state.value,
                user_id=promise.ended_by_id,
                facts=facts,
                note=promise.reason,
            )


def _plans_of_job(session: Session, job: Job) -> Iterator[Line]:
    """Published plans in which the job got another technician or start, or fell out."""
    stops = session.execute(
        sa.select(Plan, PlannedStop, PlannedRoute)
        .join(PlannedRoute, PlannedRoute.plan_id == Plan.id)
        .join(PlannedStop, PlannedStop.route_id == PlannedRoute.id)
        .where(PlannedStop.job_id == job.id, Plan.published_at.is_not(None))
        .options(joinedload(PlannedRoute.technician))
        .order_by(Plan.published_at, Plan.id)
    ).all()
    before: dict[str, Any] = {}
    for plan, stop, route in stops:
        now = {"technician": route.technician.name, "start": _iso(stop.starts_at)}
        changes = {name: [before.get(name), value] for name, value in now.items() if before.get(name) != value}
        before = now
        if changes:
            yield _plan_line(plan, "planned_at", changes)
    left_out = session.execute(
        sa.select(Plan, LeftOut.reason)
        .join(LeftOut, LeftOut.plan_id == Plan.id)
        .where(LeftOut.job_id == job.id, Plan.published_at.is_not(None))
    ).all()
    for plan, reason in left_out:
        yield _plan_line(plan, "left_out", {}, reason=reason)


def _plan_line(plan: Plan, action: str, changes: Mapping[str, Sequence[Any]], **facts: Any) -> Line:
    assert plan.published_at is not None  # noqa: S101 -- asked for by the query
    told = {"plan": plan.version, "plan_id": plan.id, "day": plan.day.isoformat()}
    return Line(
        at=plan.published_at,
        source=Source.PLAN,
        action=action,
        user_id=plan.published_by_id,
        changes=changes,
        facts=told | facts,
    )


def _movements(session: Session, job: Job) -> Iterator[Line]:
    rows = session.scalars(
        sa.select(Movement)
        .where(Movement.reference == job.number)
        .options(
            joinedload(Movement.part),
            joinedload(Movement.from_place),
            joinedload(Movement.to_place),
            selectinload(Movement.serials),
        )
        .order_by(Movement.id)
    )
    for row in rows:
        facts = {"sku": row.part.sku, "quantity": row.quantity}
        if row.serials:
            facts["serials"] = [serial.number for serial in row.serials]
        yield Line(
            at=row.at,
            source=Source.STOCK,
            action=row.kind.value,
            user_id=row.user_id,
            changes={"place": [row.from_place.name, row.to_place.name]},
            facts=facts,
            note=row.reason,
        )


def _conflicts(session: Session, job: Job) -> Iterator[Line]:
    rows: Iterable[FieldConflict] = session.scalars(
        sa.select(FieldConflict)
        .where(FieldConflict.job_id == job.id)
        .options(joinedload(FieldConflict.technician))
        .order_by(FieldConflict.id)
    )
    for row in rows:
        facts = {"command": row.action, "technician": row.technician.name, "conflict": row.id}
        yield Line(
            at=row.received_at,
            source=Source.PHONE,
            action="conflict",
            user_id=row.technician.user_id,
            facts=facts | {"happened_at": _iso(row.happened_at), "refusal": row.refusal.get("code")},
        )
        if row.resolved_at is not None:
            yield Line(
                at=row.resolved_at,
                source=Source.PHONE,
                action=row.state.value,
                user_id=row.resolved_by_id,
                facts=facts,
                note=row.note,
            )


def _files(session: Session, job: Job) -> Iterator[Line]:
    rows = session.scalars(
        sa.select(VisitFile)
        .join(Visit, Visit.id == VisitFile.visit_id)
        .where(Visit.job_id == job.id)
        .options(joinedload(VisitFile.attachment))
    )
    for row in rows:
        yield Line(
            at=row.attachment.received_at,
            source=Source.FILE,
            action=row.kind.value,
            user_id=row.attachment.user_id,
            facts={"name": row.attachment.name, "visit": row.visit_id, "attachment": row.attachment_id},
        )


def _day_events(session: Session, job: Job) -> Iterator[Line]:
    for row in session.scalars(sa.select(DayEvent).where(DayEvent.job_id == job.id).order_by(DayEvent.id)):
        yield Line(at=row.at, source=Source.DAY, action=row.kind.value, user_id=row.user_id)


def _iso(at: dt.datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
