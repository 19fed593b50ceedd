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

import sqlalchemy as sa
from sqlalchemy.orm import Session, load_only, selectinload

from core import clock as present
from core.accounts import RoleName
from core.db import insert_missing
from customers.contracts import calendar_of
from dispatch.clocks import Pause, Reading, moment_of, read_clock, signs_given
from dispatch.clockwork import CLOCK_NOTICES, clock_of, pauses_of
from dispatch.models.clocks import WARNINGS, ClockEvent, ClockKind, ClockSign, ClockWatch, NoticeKind
from dispatch.models.jobs import Job
from dispatch.notices import close_notices, raise_notice

# So many jobs in one transaction; SQLite lets nobody else write meanwhile.
BATCH = 2_000
# A sign that came longer ago than this was missed by the sweeps: the service was down, or its clock was moved.
LATE = dt.timedelta(minutes=10)
# More jobs than this with signs that were missed are told of in one notice instead of one each.
MOST_AT_ONCE = 20


@dataclass(frozen=True)
class GivenSign:
    """A sign that a clock has given and nobody had written down."""

    job: Job
    clock: ClockKind
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
    watches = session.scalars(
        sa.select(ClockWatch)
        .where(ClockWatch.look_at <= now)
        .order_by(ClockWatch.look_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    jobs = _jobs(session, [watch.job_id for watch in watches])
    pauses = pauses_of(session, jobs.keys())
    readings = {job_id: _read(job, pauses.get(job_id, ()), now) for job_id, job in jobs.items()}
    given = _unwritten(session, jobs, pauses, readings)
    _write_down(session, given)
    _tell(session, given, now)
    _look_again(session, watches, readings)
    return len(watches)


def _jobs(session: Session, job_ids: Collection[int]) -> dict[int, Job]:
    rows = session.scalars(
        sa.select(Job)
        .where(Job.id.in_(job_ids))
        .options(
            load_only(
                Job.number,
                Job.status,
                Job.reported_at,
                Job.contract_id,
                Job.response_seconds,
                Job.resolution_seconds,
                Job.response_due,
                Job.resolution_due,
                Job.responded_at,
                Job.completed_at,
            ),
            # One row of each contract, not one for each job.
            selectinload(Job.contract),
        )
        .execution_options(populate_existing=True)
    )
    return {job.id: job for job in rows}


def _read(job: Job, pauses: tuple[Pause, ...], now: dt.datetime) -> dict[ClockKind, Reading]:
    calendar = calendar_of(job.contract)
    return {kind: read_clock(calendar, clock_of(job, kind, pauses), now) for kind in ClockKind}


def _unwritten(
    session: Session,
    jobs: Mapping[int, Job],
    pauses: Mapping[int, tuple[Pause, ...]],
    readings: Mapping[int, Mapping[ClockKind, Reading]],
) -> list[GivenSign]:
    """The signs that were given and are not in the history of their clocks yet, in the order in which they came."""
    speaking = {
        (job_id, kind): signs
        for job_id, by_kind in readings.items()
        for kind, reading in by_kind.items()
        if (signs := signs_given(reading))
    }
    written = _written_signs(session, {job_id for job_id, _ in speaking})
    found = []
    for (job_id, kind), signs in speaking.items():
        job = jobs[job_id]
        calendar, clock = calendar_of(job.contract), clock_of(job, kind, pauses.get(job_id, ()))
        found += [
            GivenSign(job, kind, sign, moment_of(calendar, clock, sign), clock.due)
            for sign in signs
            if sign not in written.get((job_id, kind), ())
        ]
    return sorted(found, key=lambda sign: sign.at)


def _written_signs(session: Session, job_ids: Collection[int]) -> Mapping[tuple[int, ClockKind], set[ClockSign]]:
    """
    Which signs the history of each clock has already.

    A pause moves the due time, but not the share that has passed: what was said before it is not said again. Only
    another target begins anew.
    """
    rows = session.execute(
        sa.select(ClockEvent.job_id, ClockEvent.clock, ClockEvent.sign)
        .where(ClockEvent.job_id.in_(job_ids), ClockEvent.sign.in_([*WARNINGS, ClockSign.RESET]))
        .order_by(ClockEvent.id)
    )
    written: defaultdict[tuple[int, ClockKind], set[ClockSign]] = defaultdict(set)
    for row in rows:
        if row.sign is ClockSign.RESET:
            written[row.job_id, row.clock].clear()
        else:
            written[row.job_id, row.clock].add(row.sign)
    return written


def _write_down(session: Session, given: Sequence[GivenSign]) -> None:
    rows = [
        {"job_id": sign.job.id, "clock": sign.clock, "sign": sign.sign, "at": sign.at, "due": sign.due}
        for sign in given
    ]
    # Below the number of values that one statement takes.
    for begin in range(0, len(rows), 1_000):
        insert_missing(session, ClockEvent, rows[begin : begin + 1_000])


def _tell(session: Session, given: Sequence[GivenSign], now: dt.datetime) -> None:
    """
    Raise a notice for the latest sign of each clock.

    Signs that the sweeps have missed, of more jobs than anybody could look at one by one, become one notice for each
    role: when the service was down over the night, or the clock of the demonstration jumped, nobody is buried.
    """
    latest = {(sign.job.id, sign.clock): sign for sign in given}
    missed = [sign for sign in latest.values() if sign.at < now - LATE]
    in_one = set(missed) if len({sign.job.id for sign in missed}) > MOST_AT_ONCE else set()
    _tell_together(session, in_one, now)
    for sign in latest.values():
        if sign not in in_one:
            _tell_one(session, sign)


def _tell_one(session: Session, sign: GivenSign) -> None:
    # A clock that has run out need not be warned of any more.
    close_notices(session, job_id=sign.job.id, kinds=CLOCK_NOTICES, about=sign.clock.value)
    facts = {"sign": sign.sign.value, "due": sign.due.isoformat()}
    for kind, role in _heard_by(sign):
        raise_notice(session, kind=kind, role=role, job_id=sign.job.id, about=sign.clock.value, facts=facts, at=sign.at)


def _tell_together(session: Session, signs: Collection[GivenSign], now: dt.datetime) -> None:
    jobs: defaultdict[tuple[NoticeKind, RoleName], set[int]] = defaultdict(set)
    for sign in signs:
        for heard in _heard_by(sign):
            jobs[heard].add(sign.job.id)
    for (kind, role), job_ids in jobs.items():
        raise_notice(session, kind=kind, role=role, facts={"jobs": len(job_ids)}, about=now.isoformat(), at=now)


def _heard_by(sign: GivenSign) -> Iterator[tuple[NoticeKind, RoleName]]:
    """Who hears of a sign: of a warning whom the contract names for it, of a breach both roles of the contract."""
    contract = sign.job.contract
    if sign.sign is not ClockSign.BREACHED:
        yield NoticeKind.CLOCK_WARNING, RoleName(contract.warned_role)
        return
    for role in sorted({contract.warned_role, contract.breach_role}):
        yield NoticeKind.CLOCK_BREACHED, RoleName(role)


def _look_again(
    session: Session, watches: Sequence[ClockWatch], readings: Mapping[int, Mapping[ClockKind, Reading]]
) -> None:
    """Say when each of the clocks has something to tell next, and forget those that have nothing to tell any more."""
    next_looks = {
        job_id: min((r.next_sign_at for r in by_kind.values() if r.next_sign_at is not None), default=None)
        for job_id, by_kind in readings.items()
    }
    later = [{"job_id": job_id, "look_at": at} for job_id, at in next_looks.items() if at is not None]
    if later:
        session.execute(sa.update(ClockWatch), later)
    done = [watch.job_id for watch in watches if next_looks.get(watch.job_id) is None]
    session.execute(sa.delete(ClockWatch).where(ClockWatch.job_id.in_(done)))
