"""
What a draft changes about what is published: job by job, why, whom to call, and what it costs side by side.

Compared is with the visits that technicians see, whichever plan wrote them.
"""

import datetime as dt
import enum
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from core import clock
from dispatch.clockwork import open_pauses
from dispatch.models import Job, Plan, PlannedRoute, PlannedStop, Technician, Visit
from dispatch.models.plans import PlanState, StopKind
from dispatch.models.visits import VisitStatus
from dispatch.objective import Stake
from dispatch.planning.penalty import stake_of
from dispatch.planning.pins import as_new
from dispatch.planning.settings import PlanningSettings, read_planning_settings
from dispatch.promises import is_broken_by
from dispatch.workforce import Welcome, WorkingTime, lacking_skills, read_welcome, skills_on, working_times

# A start that moved by less is the same start.
SAME = dt.timedelta(minutes=1)
# So many other jobs are named as the reason why a route changed.
NAMED = 3


class WhyCode(enum.StrEnum):
    """Why the draft changes something."""

    NEW = "new"
    LEFT_OUT = "left_out"
    OTHER_DAY = "other_day"
    PIN = "pin"
    ABSENT = "absent"
    SKILL = "skill"
    EXCLUDED = "excluded"
    WINDOW = "window"
    IN_TIME = "in_time"
    ROOM = "room"
    CHEAPER = "cheaper"


class CallCode(enum.StrEnum):
    """Why the customer is to be called."""

    PROMISE_BROKEN = "promise_broken"
    PROMISED_AND_OUT = "promised_and_out"
    EXPECTED = "expected"


@dataclass(frozen=True)
class Appointment:
    """Who comes to a job when."""

    technician: Technician
    day: dt.date
    start: dt.datetime


@dataclass(frozen=True)
class Why:
    """A reason with its facts, worded by whoever shows it."""

    code: WhyCode
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """What the draft changes for one job: newly in without ``was``, out without ``now``, else moved."""

    job: Job
    was: Appointment | None
    now: Appointment | None
    why: Why
    # What the firm's prices of stability ask for this change, in cents.
    price_cents: float
    call: CallCode | None

    @property
    def breaks_promise(self) -> bool:
        return self.call is CallCode.PROMISE_BROKEN


@dataclass(frozen=True)
class Stop:
    """A job on a technician's day; ``changed`` if it is not there, or not then, on the other side."""

    job: Job
    start: dt.datetime
    changed: bool


@dataclass(frozen=True)
class Beside:
    """The day of one technician as it is published, and as the draft has it, each in order of time."""

    technician: Technician
    was: Sequence[Stop]
    now: Sequence[Stop]


@dataclass(frozen=True)
class CostLine:
    """One term of the cost: what is published would come to, and what the draft does. None: nothing is published."""

    term: str
    was: float | None
    now: float


@dataclass(frozen=True)
class Comparison:
    """A draft beside what is published."""

    plan: Plan
    changes: Sequence[Change]
    costs: Sequence[CostLine]
    # Only of technicians whose day changes, by name.
    days: Sequence[Beside] = ()
    # The plan that was published after the draft had been made; None if none was.
    newer: Plan | None = None

    @property
    def stability_cents(self) -> float:
        """What the changes cost by the firm's prices; a part of the draft's total."""
        return float(self.plan.cost.get("change", 0.0))

    @property
    def gain_cents(self) -> float | None:
        """What the draft saves after that price; None if nothing is published."""
        if self.plan.standing_cost is None:
            return None
        return float(self.plan.standing_cost["total"] - self.plan.cost["total"])

    @property
    def promises_broken(self) -> list[Change]:
        return [change for change in self.changes if change.breaks_promise]

    @property
    def calls(self) -> list[Change]:
        return [change for change in self.changes if change.call is not None]


def compare(session: Session, plan: Plan) -> Comparison:
    """Compare a draft with the visits that are published; a plan that is no draft changes nothing any more."""
    is_draft = plan.state is PlanState.DRAFT
    before = _published(session) if is_draft else {}
    after = _planned(session, plan) if is_draft else {}
    left_out = {row.job_id: row.reason for row in plan.left_out}
    concerned = [job_id for job_id in {*before, *after} if plan.day in _days(before.get(job_id), after.get(job_id))]
    judge = _Judge(session, plan, before, after, left_out)
    jobs = _jobs(session, concerned)
    changes = [
        judge.change(jobs[job_id]) for job_id in concerned if not _is_same(before.get(job_id), after.get(job_id))
    ]
    costs = [
        CostLine(term, plan.standing_cost.get(term, 0.0) if plan.standing_cost else None, cents)
        for term, cents in plan.cost.items()
        if cents or (plan.standing_cost or {}).get(term)
    ]
    days = _beside(plan.day, before, after, jobs, {change.job.id for change in changes})
    newer = _published_since(session, plan) if is_draft else None
    return Comparison(plan, sorted(changes, key=_order), costs, days, newer)


def _beside(
    day: dt.date,
    before: Mapping[int, Appointment],
    after: Mapping[int, Appointment],
    jobs: Mapping[int, Job],
    changed: Collection[int],
) -> list[Beside]:
    sides = [_stops(day, side, jobs, changed) for side in (before, after)]
    people = {one.technician.id: one.technician for side in (before, after) for one in side.values()}
    days = (Beside(people[key], sides[0][key], sides[1][key]) for key in {*sides[0], *sides[1]})
    return sorted(
        (one for one in days if any(stop.changed for stop in (*one.was, *one.now))),
        key=lambda one: (one.technician.name, one.technician.id),
    )


def _stops(
    day: dt.date, side: Mapping[int, Appointment], jobs: Mapping[int, Job], changed: Collection[int]
) -> defaultdict[int, list[Stop]]:
    """The stops of a day by technician, in order of time."""
    stops: defaultdict[int, list[Stop]] = defaultdict(list)
    for job_id, one in sorted(side.items(), key=lambda entry: entry[1].start):
        if one.day == day:
            stops[one.technician.id].append(Stop(jobs[job_id], one.start, job_id in changed))
    return stops


def _published_since(session: Session, plan: Plan) -> Plan | None:
    """The published plan of the draft's day, if it is another one than the draft was made from."""
    published = session.scalar(sa.select(Plan).where(Plan.day == plan.day, Plan.state == PlanState.PUBLISHED))
    return published if published is not None and published.id != plan.base_id else None


def _order(change: Change) -> tuple[bool, dt.datetime, int]:
    """First those that somebody has to be called for, then by time."""
    first = change.was or change.now
    assert first is not None  # noqa: S101 -- a change has at least one side
    return change.call is None, first.start, change.job.id


def _days(*appointments: Appointment | None) -> set[dt.date]:
    return {one.day for one in appointments if one is not None}


def _is_same(was: Appointment | None, now: Appointment | None) -> bool:
    if was is None or now is None:
        return was is now
    return was.technician.id == now.technician.id and was.day == now.day and abs(now.start - was.start) < SAME


def _published(session: Session) -> dict[int, Appointment]:
    waiting = session.scalars(
        sa.select(Visit).where(Visit.status == VisitStatus.DISPATCHED).options(joinedload(Visit.technician))
    )
    return {visit.job_id: Appointment(visit.technician, visit.day, visit.planned_start) for visit in waiting}


def _planned(session: Session, plan: Plan) -> dict[int, Appointment]:
    """What the draft plans, and the drafts of the same run for the other days."""
    same_run = sa.and_(Plan.run_id == plan.run_id, Plan.state == PlanState.DRAFT) if plan.run_id else sa.false()
    stops = session.scalars(
        sa.select(PlannedStop)
        .join(PlannedStop.route)
        .join(PlannedRoute.plan)
        .where(sa.or_(Plan.id == plan.id, same_run), PlannedStop.kind == StopKind.VISIT)
        .options(
            joinedload(PlannedStop.route).options(joinedload(PlannedRoute.technician), joinedload(PlannedRoute.plan))
        )
    )
    return {
        stop.job_id: Appointment(stop.route.technician, stop.route.plan.day, stop.starts_at)
        for stop in stops
        if stop.job_id is not None
    }


def _jobs(session: Session, ids: Iterable[int]) -> dict[int, Job]:
    rows = session.scalars(
        sa.select(Job)
        .where(Job.id.in_(list(ids)))
        .options(joinedload(Job.site), joinedload(Job.contract), joinedload(Job.pin))
    )
    return {row.id: row for row in rows}


class _Judge:
    """Finds out why something changes; reads what it needs of the technicians once."""

    def __init__(
        self,
        session: Session,
        plan: Plan,
        before: Mapping[int, Appointment],
        after: Mapping[int, Appointment],
        left_out: Mapping[int, str],
    ) -> None:
        self.before, self.after, self.left_out = before, after, left_out
        rows = session.execute(sa.select(Job.id, Job.number).where(Job.id.in_({*before, *after})))
        self.numbers: dict[int, str] = {row.id: row.number for row in rows}
        self.paused, self.now = open_pauses(session, {*before, *after}), clock.now()
        self.settings: PlanningSettings = read_planning_settings(session)
        self.welcome: Welcome = read_welcome(session)
        days = _days(*before.values(), *after.values()) or {plan.day}
        self.working: dict[tuple[int, dt.date], WorkingTime] = {
            (one.technician.id, one.day): one for one in working_times(session, min(days), max(days))
        }
        self.gain = (plan.standing_cost or {}).get("total", 0.0) - plan.cost.get("total", 0.0)

    def change(self, job: Job) -> Change:
        was, now = self.before.get(job.id), self.after.get(job.id)
        return Change(job, was, now, self._why(job, was, now), self._price(was, now), _call(job, was, now))

    def _why(self, job: Job, was: Appointment | None, now: Appointment | None) -> Why:
        if was is None:
            return Why(WhyCode.NEW, {"due": self._stake(job).due})
        if now is None:
            reason = self.left_out.get(job.id)
            return Why(WhyCode.LEFT_OUT, {"reason": reason}) if reason else Why(WhyCode.OTHER_DAY)
        return next(self._reasons(job, was, now))

    def _reasons(self, job: Job, was: Appointment, now: Appointment) -> Iterator[Why]:
        """The first that applies is told: what forced the change comes before what made it worth its price."""
        yield from self._forced(job, was)
        stake = self._stake(job)
        saves = stake.penalty(was.start).cents - stake.penalty(now.start).cents
        if saves > 0:
            yield Why(WhyCode.IN_TIME, {"saves": saves, "due": stake.due})
        others = self._newcomers(was, now)
        if others:
            yield Why(WhyCode.ROOM, {"jobs": others[:NAMED]})
        yield Why(WhyCode.CHEAPER, {"gain": self.gain})

    def _forced(self, job: Job, was: Appointment) -> Iterator[Why]:
        if job.pin is not None and not _agrees(job, was):
            yield Why(WhyCode.PIN, {"reason": job.pin.reason})
        works = self.working.get((was.technician.id, was.day))
        ends = was.start + dt.timedelta(seconds=job.duration_seconds)
        if works is None or not _covers(works, was.start, ends):
            yield Why(WhyCode.ABSENT, {"technician": was.technician.name})
        if lacking_skills(skills_on(was.technician, was.day), job.skills):
            yield Why(WhyCode.SKILL, {"technician": was.technician.name})
        if self.welcome.obstacle(was.technician.id, job.site) is not None:
            yield Why(WhyCode.EXCLUDED, {"technician": was.technician.name})
        if is_broken_by(job, was.start):
            yield Why(WhyCode.WINDOW)

    def _stake(self, job: Job) -> Stake:
        return stake_of(job, self.paused.get(job.id), self.now)

    def _newcomers(self, was: Appointment, now: Appointment) -> list[str]:
        """Other jobs that came to or left one of the two routes, by number."""
        routes = {(was.technician.id, was.day), (now.technician.id, now.day)}
        return [
            self.numbers[job_id]
            for job_id in sorted({*self.before, *self.after})
            if (_route(self.before.get(job_id)) in routes) != (_route(self.after.get(job_id)) in routes)
        ]

    def _price(self, was: Appointment | None, now: Appointment | None) -> float:
        if was is None or now is None:
            return 0.0
        moved = abs((now.start - was.start).total_seconds()) * self.settings.start_change_per_second
        works = any(technician_id == was.technician.id for technician_id, _ in self.working)
        other = was.technician.id != now.technician.id and works
        return moved + (self.settings.technician_change_cents if other else 0.0)


def _route(appointment: Appointment | None) -> tuple[int, dt.date] | None:
    return (appointment.technician.id, appointment.day) if appointment is not None else None


def _agrees(job: Job, with_: Appointment) -> bool:
    if job.pin is None:
        return True
    pin = as_new(job.pin)
    same = pin.technician_id is None or pin.technician_id == with_.technician.id
    return same and (pin.span is None or pin.span[0] <= with_.start <= pin.span[1])


def _covers(works: WorkingTime, starts: dt.datetime, ends: dt.datetime) -> bool:
    latest = works.ends_at + dt.timedelta(seconds=works.overtime_seconds)
    inside = works.starts_at <= starts and ends <= latest
    return inside and not any(begins < ends and starts < until for begins, until in works.away)


def _call(job: Job, was: Appointment | None, now: Appointment | None) -> CallCode | None:
    """Who is to be called: where a promise is touched, or somebody expected that day does not come."""
    if now is not None and is_broken_by(job, now.start):
        return CallCode.PROMISE_BROKEN
    if was is None:
        return None
    if now is None and job.window_start is not None:
        return CallCode.PROMISED_AND_OUT
    return CallCode.EXPECTED if now is None or now.day != was.day else None
