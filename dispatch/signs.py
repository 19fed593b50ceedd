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
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock as present
from core.accounts import RoleName
from core.db import insert_missing, write_over
from customers.calendars import ServiceCalendar
from customers.contracts import calendar_of
from customers.models import Contract
from dispatch.clocks import Clock, Pause, Reading, moment_of, read_clock, signs_given
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
class WatchedJob:
    """A job as far as its clocks go, with what its contract says of them."""

    id: int
    contract: Contract
    calendar: ServiceCalendar
    pauses: tuple[Pause, ...]
    # Its columns, by the names of the job's.
    row: Any

    def clock(self, kind: ClockKind) -> Clock:
        return clock_of(self.row, kind, self.pauses)


@dataclass(frozen=True)
class GivenSign:
    """A sign that a clock has given and nobody had written down."""

    job: WatchedJob
    clock: ClockKind
    sign: ClockSign
    at: dt.datetime
    due: dt.datetime


# What each clock of each job shows.
Readings = Mapping[tuple[int, ClockKind], Reading]


def sweep_clocks(session: Session, *, limit: int = BATCH) -> int:
    """
    Look at the clocks that have something to tell, and say when to look next; returns how many jobs that were.

    1. Write down every sign that was given since the last sweep, with the moment at which it came.
    2. Tell the contract's roles of the latest sign of each clock.
    """
    now = present.now()
    watched = session.scalars(
        sa.select(ClockWatch.job_id)
        .where(ClockWatch.look_at <= now)
        .order_by(ClockWatch.look_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    jobs = _jobs(session, watched)
    readings = {
        (job.id, kind): read_clock(job.calendar, job.clock(kind), now) for job in jobs.values() for kind in ClockKind
    }
    given = _unwritten(session, jobs, readings)
    _write_down(session, given)
    _tell(session, given, now)
    _look_again(session, watched, readings)
    return len(watched)


def _jobs(session: Session, job_ids: Collection[int]) -> dict[int, WatchedJob]:
    # Plain rows: a large firm's open jobs come by here, and nothing of them is changed.
    rows = session.execute(
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
        ).where(Job.id.in_(job_ids))
    ).all()
    wanted = sa.select(Contract).where(Contract.id.in_({row.contract_id for row in rows}))
    contracts = {contract.id: (contract, calendar_of(contract)) for contract in session.scalars(wanted)}
    pauses = pauses_of(session, job_ids)
    return {row.id: WatchedJob(row.id, *contracts[row.contract_id], pauses.get(row.id, ()), row) for row in rows}


def _unwritten(session: Session, jobs: Mapping[int, WatchedJob], readings: Readings) -> list[GivenSign]:
    """The signs that were given and are not in the history of their clocks yet, in the order in which they came."""
    speaking = {about: signs for about, reading in readings.items() if (signs := signs_given(reading))}
    written = _written_signs(session, {job_id for job_id, _ in speaking})
    found = []
    for (job_id, kind), signs in speaking.items():
        job, known = jobs[job_id], written.get((job_id, kind), set())
        if known.issuperset(signs):
            continue
        clock = job.clock(kind)
        found += [
            GivenSign(job, kind, sign, moment_of(job.calendar, clock, sign), clock.due)
            for sign in signs
            if sign not in known
        ]
    return sorted(found, key=lambda sign: sign.at)


def _written_signs(session: Session, job_ids: Collection[int]) -> Mapping[tuple[int, ClockKind], set[ClockSign]]:
    """
    Which signs the history of each clock has already.

    A pause moves the due time, but not the share that has passed: what was said before it is not said again. Only
    another target begins anew.
    """
    rows = session.execute(
        sa.select(ClockEvent.id, ClockEvent.job_id, ClockEvent.clock, ClockEvent.sign).where(
            ClockEvent.job_id.in_(job_ids)
        )
    )
    written: defaultdict[tuple[int, ClockKind], set[ClockSign]] = defaultdict(set)
    # Brought into order here: asked for it, SQLite would walk through the whole table by id.
    for _, job_id, kind, sign in sorted(rows, key=lambda row: row.id):
        if sign is ClockSign.RESET:
            written[job_id, kind].clear()
        elif sign in WARNINGS:
            written[job_id, kind].add(sign)
    return written


def _write_down(session: Session, given: Sequence[GivenSign]) -> None:
    rows = [
        {"job_id": sign.job.id, "clock": sign.clock, "sign": sign.sign, "at": sign.at, "due": sign.due}
        for sign in given
    ]
    insert_missing(session, ClockEvent, rows)


def _tell(session: Session, given: Sequence[GivenSign], now: dt.datetime) -> None:
    """
    Tell of the latest sign of each clock.

    Signs that the sweeps have missed, of more jobs than anybody could look at one by one, become one notice for each
    role: when the service was down over the night, or the clock of the demonstration jumped, nobody is buried.
    """
    latest = {(sign.job.id, sign.clock): sign for sign in given}
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
        yield Telling(kind, role, sign.job.id, sign.clock.value, facts, sign.at)


def _tell_together(session: Session, signs: Sequence[GivenSign], now: dt.datetime) -> None:
    jobs: defaultdict[tuple[NoticeKind, RoleName], set[int]] = defaultdict(set)
    for sign in signs:
        for heard in _heard_by(sign):
            jobs[heard].add(sign.job.id)
    # In one order for all, so that two who sweep do not wait for each other.
    for (kind, role), job_ids in sorted(jobs.items()):
        count_up_notice(session, kind=kind, role=role, jobs=len(job_ids), at=now)


def _heard_by(sign: GivenSign) -> Iterator[tuple[NoticeKind, RoleName]]:
    """Who hears of a sign: of a warning whom the contract names for it, of a breach both roles of the contract."""
    contract = sign.job.contract
    if sign.sign is not ClockSign.BREACHED:
        yield NoticeKind.CLOCK_WARNING, RoleName(contract.warned_role)
        return
    for role in sorted({contract.warned_role, contract.breach_role}):
        yield NoticeKind.CLOCK_BREACHED, RoleName(role)


def _look_again(session: Session, watched: Sequence[int], readings: Readings) -> None:
    """Say when each of the clocks has something to tell next, and forget those that have nothing to tell any more."""
    next_looks: dict[int, dt.datetime] = {}
    for (job_id, _), reading in readings.items():
        at = reading.next_sign_at
        if at is not None and (job_id not in next_looks or at < next_looks[job_id]):
            next_looks[job_id] = at
    later = [{"job_id": job_id, "look_at": at} for job_id, at in next_looks.items()]
    if later:
        write_over(session, ClockWatch, later, "job_id", "look_at")
    silent = [job_id for job_id in watched if job_id not in next_looks]
    session.execute(sa.delete(ClockWatch).where(ClockWatch.job_id.in_(silent)))
