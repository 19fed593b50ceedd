"""
What has changed, cheaply: the marks of everything that people look at while others work on it.

A mark is a value that differs after a change; nothing else is read from it. All marks are read together by a few
statements that go along indexes, once a second for everybody who looks on (``web.stream``).
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from core.firm import read_firm
from dispatch.lifecycle import FINAL
from dispatch.models import (
    Absence,
    DayEvent,
    FieldConflict,
    Job,
    Notice,
    Plan,
    PlanRun,
    Position,
    Shift,
    TakenOn,
    Visit,
)
from dispatch.models.jobs import JobStatus
from dispatch.models.live import ConflictState
from dispatch.models.plans import PlanState
from dispatch.planning.snapshot import days_between
from dispatch.viewers import viewers_by_job
from inventory.models import Movement

# Behind this sign stands the day that a topic is about, behind a colon the number of a job.
OF_DAY = "@"
# Nobody waits for news of days further back, and what is further ahead is not worked on by two at once.
DAYS_BACK, DAYS_AHEAD = 1, 14
# The runs that may still be under way are among the newest.
NEWEST_RUNS = 20

Marks = Mapping[str, object]


def read_marks(session: Session) -> dict[str, object]:
    """
    Return the mark of every topic.

    ``plan@DAY``, ``run@DAY``, ``visits@DAY``, ``events@DAY`` and ``people@DAY`` are about one day, ``job:NUMBER`` and
    ``viewers:NUMBER`` about one job that is not over; ``jobs`` follows all of these. The others are about the firm.
    """
    today = read_firm(session).today()
    span = (today - dt.timedelta(days=DAYS_BACK), today + dt.timedelta(days=DAYS_AHEAD))
    return {
        **_firm(session),
        **_jobs(session),
        **_plans(session, span),
        **_runs(session),
        **_visits(session, span),
        **_events(session, span),
        **_people(session, span),
        **{f"viewers:{number}": viewers for number, viewers in viewers_by_job(session).items()},
    }


def topics_changed(was: Marks, now: Marks) -> frozenset[str]:
    """Return the topics whose marks differ; one that came or went differs too."""
    return frozenset(topic for topic in {*was, *now} if was.get(topic) != now.get(topic))


def _firm(session: Session) -> Marks:
    count = sa.func.count()
    # Told, told again with other facts, put away; taken on by somebody, and by somebody else.
    notices = sa.select(
        count, sa.func.max(Notice.id), sa.func.max(Notice.at), sa.func.sum(TakenOn.user_id), sa.func.max(TakenOn.at)
    )
    marks: dict[str, Any] = {
        "notices": notices.outerjoin(Notice.taken).where(Notice.closed_at.is_(None)),
        "conflicts": sa.select(count, sa.func.max(FieldConflict.id)).where(FieldConflict.state == ConflictState.OPEN),
        "positions": sa.select(count, sa.func.max(Position.at)),
        "stock": sa.select(sa.func.max(Movement.id)),
    }
    return {topic: tuple(session.execute(mark).one()) for topic, mark in marks.items()}


def _jobs(session: Session) -> Marks:
    """The versions of all jobs that are not over; one that is over now falls out, which is a change too."""
    open_states = [status for status in JobStatus if status not in FINAL]
    rows = session.execute(sa.select(Job.number, Job.version).where(Job.status.in_(open_states))).all()
    versions: dict[str, object] = {f"job:{number}": version for number, version in rows}
    return {"jobs": hash(frozenset(versions.items())), **versions}


def _plans(session: Session, span: tuple[dt.date, dt.date]) -> Marks:
    in_force = (PlanState.DRAFT, PlanState.PUBLISHED)
    plans = sa.select(Plan.day, Plan.id, Plan.state).where(Plan.day.between(*span), Plan.state.in_(in_force))
    return _by_day("plan", session.execute(plans.order_by(Plan.id)))


def _runs(session: Session) -> Marks:
    """
    Each day of a run is marked by it.

    How far a run is, is asked by whoever watches it (``plan-progress``); here only that it began or ended.
    """
    newest = sa.select(PlanRun.day, PlanRun.last_day, PlanRun.id, PlanRun.state).order_by(PlanRun.id.desc())
    runs = session.execute(newest.limit(NEWEST_RUNS))
    return _by_day("run", ((day, run.id, run.state) for run in runs for day in days_between(run.day, run.last_day)))


def _visits(session: Session, span: tuple[dt.date, dt.date]) -> Marks:
    """What is done at a visit changes its job or its status; that it is expected at another time changes the sum."""
    visits = (
        sa.select(
            Visit.day,
            Visit.status,
            sa.func.count(),
            sa.func.max(Visit.id),
            sa.func.sum(sa.extract("epoch", Visit.expected_at)),
        )
        .where(Visit.day.between(*span))
        .group_by(Visit.day, Visit.status)
        .order_by(Visit.status)
    )
    return _by_day("visits", session.execute(visits))


def _events(session: Session, span: tuple[dt.date, dt.date]) -> Marks:
    """An event is told, and answered later."""
    events = (
        sa.select(
            DayEvent.day,
            sa.func.max(DayEvent.id),
            sa.func.count(DayEvent.facts["answer"].as_string()),
            sa.func.max(DayEvent.plan_id),
        )
        .where(DayEvent.day.between(*span))
        .group_by(DayEvent.day)
    )
    return _by_day("events", session.execute(events))


def _people(session: Session, span: tuple[dt.date, dt.date]) -> Marks:
    """Who works when: shifts of the days, and absences, which concern all of them."""
    absences = sa.select(sa.func.count(), sa.func.max(Absence.id)).where(
        Absence.withdrawn_at.is_(None), Absence.ends_at > clock.now()
    )
    away = tuple(session.execute(absences).one())
    shifts = (
        sa.select(Shift.day, sa.func.count(), sa.func.max(Shift.id), sa.func.sum(Shift.version))
        .where(Shift.day.between(*span))
        .group_by(Shift.day)
    )
    return {topic: (*mark, away) for topic, mark in _by_day("people", session.execute(shifts)).items()}


def _by_day(topic: str, rows: Iterable[Sequence[Any]]) -> dict[str, tuple[object, ...]]:
    marks: dict[str, tuple[object, ...]] = defaultdict(tuple)
    for row in rows:
        marks[f"{topic}{OF_DAY}{row[0].isoformat()}"] += tuple(row[1:])
    return dict(marks)
