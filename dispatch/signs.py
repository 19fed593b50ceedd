"""
Watching the clocks: each sign is written down once, and roles hear of it as their contract says.

The table of watches says which clocks have something to tell by now, so a sweep touches only those. It holds the rows
of its watches and of nothing else; jobs that somebody is changing at this moment are read as they were before, and are
looked at again because of the change.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock as present
from core.accounts import RoleName
from core.db import insert_missing, write_over
from customers.calendars import ServiceCalendar
from customers.contracts import calendar_of
from customers.models import Contract
from dispatch.clocks import Clock, Reading, moment_of, read_clock, signs_given
from dispatch.clockwork import CLOCK_NOTICES, clock_of, pauses_of
from dispatch.models.clocks import WARNINGS, ClockEvent, ClockKind, ClockSign, ClockWatch, NoticeKind
from dispatch.models.jobs import Job
from dispatch.notices import Telling, count_up_notice, replace_notices

# So many jobs in one transaction; SQLite lets nobody else write meanwhile.
BATCH = 2_000
# A sign that came longer ago than this was missed by the sweeps: the service was down, or its clock was moved.
LATE = dt.timedelta(minutes=10)
# More jobs than this with signs that were missed are told of in one notice instead of one each.
MOST_AT_ONCE = 20


@dataclass(frozen=True)
class Terms:
    """What the contract of a job says of its clocks."""

    calendar: ServiceCalendar
    warned_role: RoleName
    breach_role: RoleName


class Look(NamedTuple):
    """A clock of a job, and what it shows at the moment of the sweep."""

    job_id: int
    kind: ClockKind
    terms: Terms
    clock: Clock
    reading: Reading


@dataclass(frozen=True)
class GivenSign:
    """A sign that a clock has given and nobody had written down."""

    job_id: int
    clock: ClockKind
    terms: Terms
    sign: ClockSign
    at: dt.datetime
    due: dt.datetime


def sweep_clocks(session: Session, *, limit: int = BATCH) -> int:
    """
    Look at the clocks that have something to tell, and say when to look next; returns how many jobs that were.

    1. Write down every sign that was given since the last sweep, with the moment at which it came.
    2. Tell the contract's roles of the latest sign of each clock.
    """
    now = present.now()
    jobs = _jobs_to_look_at(session, now, limit)
    looks = _look(session, jobs, now)
    given = _unwritten(session, looks)
    _write_down(session, given)
    _tell(session, given, now)
    _look_again(session, [job.id for job in jobs], looks)
    return len(jobs)


def _jobs_to_look_at(session: Session, now: dt.datetime, limit: int) -> Sequence[Any]:
    # Plain rows: a large firm's open jobs come by here, and nothing of them is changed.
    return session.execute(
        sa.select(
            Job.id,
            Job.status,
            Job.reported_at,
            Job.contract_id,
            Job.response_seconds,
            Job.resolution_seconds,
            Job.response_due,
            Job.resolution_due,
            Job.responded_at,
            Job.completed_at,
        )
        .join(ClockWatch, ClockWatch.job_id == Job.id)
        .where(ClockWatch.look_at <= now)
        .order_by(ClockWatch.look_at)
        .limit(limit)
        .with_for_update(of=ClockWatch, skip_locked=True)
    ).all()


def _look(session: Session, jobs: Sequence[Any], now: dt.datetime) -> list[Look]:
    terms = _terms(session, {job.contract_id for job in jobs})
    pauses = pauses_of(session, [job.id for job in jobs])
    looks = []
    for job in jobs:
        of_job, paused = terms[job.contract_id], pauses.get(job.id, ())
        for kind in ClockKind:
            clock = clock_of(job, kind, paused)
            looks.append(Look(job.id, kind, of_job, clock, read_clock(of_job.calendar, clock, now)))
    return looks


def _terms(session: Session, contract_ids: Collection[int]) -> dict[int, Terms]:
    rows = session.execute(
        sa.select(
            Contract.id,
            Contract.calendar,
            Contract.zone,
            Contract.service_hours,
            Contract.holidays,
            Contract.warned_role,
            Contract.breach_role,
        ).where(Contract.id.in_(contract_ids))
    )
    return {row.id: Terms(calendar_of(row), RoleName(row.warned_role), RoleName(row.breach_role)) for row in rows}


def _unwritten(session: Session, looks: Sequence[Look]) -> list[GivenSign]:
    """The signs that were given and are not in the history of their clocks yet, in the order in which they came."""
    speaking = [(look, signs) for look in looks if (signs := signs_given(look.reading))]
    written = _written_signs(session, {look.job_id for look, _ in speaking})
    found = []
    for look, signs in speaking:
        known = written.get((look.job_id, look.kind), ())
        for sign in signs:
            if sign not in known:
                at = moment_of(look.terms.calendar, look.clock, sign)
                found.append(GivenSign(look.job_id, look.kind, look.terms, sign, at, look.clock.due))
    return sorted(found, key=lambda given: given.at)


def _written_signs(session: Session, job_ids: Collection[int]) -> Mapping[tuple[int, ClockKind], set[ClockSign]]:
    """
    Which signs the history of each clock has already.

    A pause moves the due time, but not the share that has passed: what was said before it is not said again. Only
    another target begins anew.
    """
    rows = session.execute(
        sa.select(ClockEvent.id, ClockEvent.job_id, ClockEvent.clock, ClockEvent.sign).where(
            ClockEvent.job_id.in_(job_ids), ClockEvent.sign.in_([ClockSign.RESET, *WARNINGS])
        )
    )
    written: defaultdict[tuple[int, ClockKind], set[ClockSign]] = defaultdict(set)
    # Brought into order here: asked for it, SQLite would walk through the whole table by id.
    for _, job_id, kind, sign in sorted(rows, key=itemgetter(0)):
        if sign is ClockSign.RESET:
            written[job_id, kind].clear()
        else:
            written[job_id, kind].add(sign)
    return written


def _write_down(session: Session, given: Sequence[GivenSign]) -> None:
    rows = [
        {"job_id": sign.job_id, "clock": sign.clock, "sign": sign.sign, "at": sign.at, "due": sign.due}
        for sign in given
    ]
    insert_missing(session, ClockEvent, rows)


def _tell(session: Session, given: Sequence[GivenSign], now: dt.datetime) -> None:
    """
    Tell of the latest sign of each clock.

    Signs that the sweeps have missed, of more jobs than anybody could look at one by one, become one notice for each
    role: when the service was down over the night, or the clock of the demonstration jumped, nobody is buried.
    """
    latest = {(sign.job_id, sign.clock): sign for sign in given}
    missed = {about for about, sign in latest.items() if sign.at < now - LATE}
    in_one = missed if len({job_id for job_id, _ in missed}) > MOST_AT_ONCE else set()
    _tell_together(session, [latest[about] for about in in_one], now)
    # A clock that has run out need not be warned of any more.
    replace_notices(
        session,
        kinds=CLOCK_NOTICES,
        told=[telling for about, sign in latest.items() if about not in in_one for telling in _tellings(sign)],
    )


def _tellings(sign: GivenSign) -> Iterator[Telling]:
    facts = {"sign": sign.sign.value, "due": sign.due.isoformat()}
    for kind, role in _heard_by(sign):
        yield Telling(kind, role, sign.job_id, sign.clock.value, facts, sign.at)


def _tell_together(session: Session, signs: Sequence[GivenSign], now: dt.datetime) -> None:
    jobs: defaultdict[tuple[NoticeKind, RoleName], set[int]] = defaultdict(set)
    for sign in signs:
        for heard in _heard_by(sign):
            jobs[heard].add(sign.job_id)
    # In one order for all, so that two who sweep do not wait for each other.
    for (kind, role), job_ids in sorted(jobs.items()):
        count_up_notice(session, kind=kind, role=role, jobs=len(job_ids), at=now)


def _heard_by(sign: GivenSign) -> Iterator[tuple[NoticeKind, RoleName]]:
    """Who hears of a sign: of a warning whom the contract names for it, of a breach both roles of the contract."""
    if sign.sign is not ClockSign.BREACHED:
        yield NoticeKind.CLOCK_WARNING, sign.terms.warned_role
        return
    for role in sorted({sign.terms.warned_role, sign.terms.breach_role}):
        yield NoticeKind.CLOCK_BREACHED, role


def _look_again(session: Session, job_ids: Sequence[int], looks: Sequence[Look]) -> None:
    """Say when each of the clocks has something to tell next, and forget those that have nothing to tell any more."""
    next_looks: dict[int, dt.datetime] = {}
    for look in looks:
        at = look.reading.next_sign_at
        if at is not None:
            next_looks[look.job_id] = min(at, next_looks.get(look.job_id, at))
    later = [{"job_id": job_id, "look_at": at} for job_id, at in next_looks.items()]
    if later:
        write_over(session, ClockWatch, later, "job_id", "look_at")
    silent = [job_id for job_id in job_ids if job_id not in next_looks]
    session.execute(sa.delete(ClockWatch).where(ClockWatch.job_id.in_(silent)))
