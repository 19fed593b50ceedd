"""
How fast clocks are: one due time, and looking at the clocks of 100,000 open jobs.

``python -m benchmarks.clocks`` measures all of it; name parts to run only those: due, sqlite, postgresql.
``--jobs`` makes the firm smaller.
"""

import argparse
import contextlib
import datetime as dt
import random
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

import dispatch.models  # noqa: F401 -- registers every table
from core import clock, commands, settings  # noqa: F401
from core.base import Base
from core.db import prepare_sqlite
from customers.calendars import WEEKDAYS, ServiceCalendar, WeeklyHours
from customers.contracts import calendar_of, due_times
from customers.models import CalendarKind, Contract, Customer, Priority, ServiceTarget, Site
from dispatch.clocks import Clock, Pause, due_after_pauses, read_clock
from dispatch.models import ClockEvent, ClockPause, ClockWatch, Job, Notice
from dispatch.models.clocks import PauseReason
from dispatch.models.jobs import JobKind, JobStatus
from dispatch.signs import BATCH, sweep_clocks
from tests.temporary_postgres import temporary_postgres

Value = TypeVar("Value")
Found = TypeVar("Found")

PARTS = ("due", "sqlite", "postgresql")
JOBS = 100_000
ROUNDS = 20_000
NOW = dt.datetime(2026, 11, 24, 10, 0, tzinfo=dt.UTC)
WITH_LUNCH = {day: [["08:00", "12:00"], ["14:00", "18:00"]] for day in WEEKDAYS[:5]}
ALL_WEEK = {day: [["07:00", "21:00"]] for day in WEEKDAYS}
# Calendar, zone, hours, holidays: what a large firm's contracts look like.
CALENDARS: tuple[tuple[CalendarKind, str, dict[str, Any], str | None], ...] = (
    (CalendarKind.ALWAYS, "UTC", {}, None),
    (CalendarKind.SERVICE_HOURS, "Europe/Lisbon", WITH_LUNCH, "PT"),
    (CalendarKind.SERVICE_HOURS, "Asia/Shanghai", WITH_LUNCH, "CN"),
    (CalendarKind.SERVICE_HOURS, "America/New_York", ALL_WEEK, None),
)
TARGETS = {Priority.P1: (120, 240), Priority.P2: (240, 540), Priority.P3: (540, 1440), Priority.P4: (2160, 4320)}
CONTRACTS = 200
PAUSED_AFTER, PAUSED_FOR = dt.timedelta(minutes=10), dt.timedelta(minutes=30)


def main() -> None:
    """Run the parts that were named, or all, and print tables for benchmarks/README.md."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clocks", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="which parts; all of them if none is named")
    parser.add_argument("--jobs", type=int, default=JOBS)
    asked = parser.parse_args()
    parts = asked.parts or PARTS
    print("| what | target | measured |\n|---|--:|--:|")
    if "due" in parts:
        _per_due_time()
    for backend in PARTS[1:]:
        if backend in parts:
            with _database(backend) as engine:
                _sweeps(backend, engine, asked.jobs)


def _per_due_time() -> None:
    """One due time, one due time past a pause, and all that one clock shows."""
    dice = random.Random(1)  # noqa: S311 -- the same moments at every run
    calendar = ServiceCalendar.service_hours(WeeklyHours.parse(WITH_LUNCH), ZoneInfo("Asia/Shanghai"), "CN")
    begin = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    moments = [begin + dt.timedelta(seconds=dice.randrange(300 * 86400)) for _ in range(ROUNDS)]
    target = dt.timedelta(hours=9)
    began = time.perf_counter()
    calendar.after(moments[0], target)
    print(f"| a calendar's first due time of a year | | {(time.perf_counter() - began) * 1e3:.1f} ms |")
    dues = _timed(
        "a due time: service hours with lunch, China's holidays", moments, lambda at: calendar.after(at, target)
    )
    pauses = [(due, Pause(at, at + dt.timedelta(hours=3))) for at, due in zip(moments, dues, strict=True)]
    _timed("the same past a pause", pauses, lambda pair: due_after_pauses(calendar, pair[0], [pair[1]]))
    clocks = [Clock(at, due, target) for at, due in zip(moments, dues, strict=True)]
    hour = dt.timedelta(hours=1)
    _timed(
        "all that a clock shows, with its next sign", clocks, lambda one: read_clock(calendar, one, one.began_at + hour)
    )


def _timed(what: str, values: Sequence[Value], act: Callable[[Value], Found]) -> list[Found]:
    began = time.perf_counter()
    found = [act(value) for value in values]
    each = (time.perf_counter() - began) / len(values) * 1e6
    print(f"| {what} | ≤ 50 µs | {each:.1f} µs |", flush=True)
    return found


def _sweeps(backend: str, engine: sa.Engine, jobs: int) -> None:
    """Look at every clock once, as after a change of all contracts, and then sweep as every minute does."""
    clock.set_offset(NOW - dt.datetime.now(dt.UTC))
    _furnish(engine, jobs)
    seconds, looked_at = _sweep(engine)
    with Session(engine) as session:
        signs, notices = (
            session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (ClockEvent, Notice)
        )
    what = f"{backend}: looking at {looked_at:,} open jobs' clocks anew, {signs:,} signs written, {notices:,} notices"
    print(f"| {what} | ≤ 10 s | {seconds} |", flush=True)
    with Session(engine) as session, session.begin():
        session.execute(sa.delete(Notice))
        session.execute(sa.update(ClockWatch).values(look_at=NOW))
    seconds, looked_at = _sweep(engine)
    print(f"| {backend}: the same when all signs are written down already ({looked_at:,} jobs) | ≤ 10 s | {seconds} |")
    clock.set_offset(clock.offset() + dt.timedelta(minutes=1))
    seconds, looked_at = _sweep(engine)
    print(f"| {backend}: the sweep of the next minute ({looked_at:,} jobs have something to tell) | | {seconds} |")


def _sweep(engine: sa.Engine) -> tuple[str, int]:
    """Sweep as the worker does, a transaction for each batch."""
    began, worked, total = time.perf_counter(), time.process_time(), 0
    while True:
        with Session(engine) as session, session.begin():
            looked_at = sweep_clocks(session)
        total += looked_at
        if looked_at < BATCH:
            # What this process worked is told as well: on a busy machine the clock on the wall tells of others.
            wall, own = time.perf_counter() - began, time.process_time() - worked
            return f"{wall:.2f} s, of that {own:.2f} s of work", total


def _furnish(engine: sa.Engine, jobs: int) -> None:
    """A firm with many open jobs; the clocks of one in ten were paused for half an hour."""
    dice = random.Random(1)  # noqa: S311 -- the same firm at every run
    with Session(engine) as session, session.begin():
        contracts = [_contract(number) for number in range(CONTRACTS)]
        session.add_all(contracts)
        session.flush()
        sites = [
            Site(
                code=f"S{number}",
                name=f"Shop {number}",
                customer_id=contract.customer_id,
                contract_id=contract.id,
                address="",
                zone="UTC",
                opening_hours={},
            )
            for number, contract in enumerate(contracts)
        ]
        session.add_all(sites)
        session.flush()
        paused = range(10, jobs + 1, 10)
        rows = [_job(dice, number, contracts, sites, paused=number in paused) for number in range(1, jobs + 1)]
        session.execute(sa.insert(Job), rows)
        session.execute(sa.insert(ClockWatch), [{"job_id": row["id"], "look_at": NOW} for row in rows])
        session.execute(sa.insert(ClockPause), [_pause(row) for row in rows if row["id"] in paused])


def _contract(number: int) -> Contract:
    calendar, zone, hours, holidays = CALENDARS[number % len(CALENDARS)]
    return Contract(
        customer=Customer(code=f"C{number}", name=f"Customer {number}"),
        code=f"CT{number}",
        calendar=calendar,
        zone=zone,
        service_hours=hours,
        holidays=holidays,
        targets=[
            ServiceTarget(
                priority=priority,
                response_minutes=response,
                resolution_minutes=resolution,
                late_cents_per_minute=10,
                breach_cents=1000,
            )
            for priority, (response, resolution) in TARGETS.items()
        ],
    )


def _pause(job: dict[str, Any]) -> dict[str, Any]:
    began_at = job["reported_at"] + PAUSED_AFTER
    return {
        "job_id": job["id"],
        "reason": PauseReason.CUSTOMER_ASKED,
        "note": "",
        "began_at": began_at,
        "ended_at": began_at + PAUSED_FOR,
    }


def _job(
    dice: random.Random, number: int, contracts: list[Contract], sites: list[Site], *, paused: bool
) -> dict[str, Any]:
    place = dice.randrange(len(contracts))
    priority = dice.choices(list(Priority), weights=(8, 25, 47, 20))[0]
    reported_at = NOW - dt.timedelta(minutes=dice.randrange(60, 600))
    contract = contracts[place]
    owed = due_times(contract, priority, reported_at)
    if paused:
        begin = reported_at + PAUSED_AFTER
        pause, calendar = Pause(begin, begin + PAUSED_FOR), calendar_of(contract)
        owed = replace(
            owed,
            response_due=due_after_pauses(calendar, owed.response_due, [pause]),
            resolution_due=due_after_pauses(calendar, owed.resolution_due, [pause]),
        )
    return {
        "id": number,
        "number": f"J-{number:06}",
        "kind": JobKind.REPAIR,
        "status": JobStatus.READY,
        "priority": priority,
        "site_id": sites[place].id,
        "contract_id": contracts[place].id,
        "description": "",
        "skills": {},
        "duration_seconds": 1800,
        "reported_at": reported_at,
        "version": 1,
        "cover": {},
    } | vars(owed)


@contextlib.contextmanager
def _database(backend: str) -> Iterator[sa.Engine]:
    with contextlib.ExitStack() as stack:
        if backend == "postgresql":
            engine = sa.create_engine(stack.enter_context(temporary_postgres()))
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="wrenchway-bench-"))
            engine = sa.create_engine(f"sqlite:///{Path(folder) / 'bench.sqlite'}")
            prepare_sqlite(engine)
        Base.metadata.create_all(engine)
        yield engine
        engine.dispose()


if __name__ == "__main__":
    main()
