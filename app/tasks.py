"""
Background tasks on Huey.

The queue only wakes workers up. What there is to do, and who does it, stands in the database (`plan_runs`,
`day_events`), so a queue that loses a message loses no work: a chain of sweeps, one a second, hands over whatever
waits.
"""

import functools
import logging

from flask import Flask
from huey import Huey, PostgresHuey, SqliteHuey, crontab

from app.config import Config
from app.factory import create_app
from app.firm_clock import follow_firm_clock
from app.workbench import make_workbench
from core.collisions import repeat_after_collisions
from core.db import db
from core.firm import read_firm
from desk import estimates
from dispatch import maintenance, promises, signs, stockwork, workforce
from dispatch.live import proposals
from dispatch.planning import leases
from dispatch.planning.compute import compute_run
from inventory import reorder

SWEEP_SECONDS = 1

log = logging.getLogger(__name__)


def _make_queue(config: Config) -> Huey:
    if config.uses_sqlite:
        config.data_dir.mkdir(parents=True, exist_ok=True)
        return SqliteHuey("wrenchway", filename=str(config.queue_file), fsync=True)
    return PostgresHuey("wrenchway", dsn=config.database_url.replace("+psycopg", ""))


queue = _make_queue(Config.from_environment())


@functools.cache
def service() -> Flask:
    """Return the service as this worker process sees it."""
    return create_app()


@queue.on_startup()  # type: ignore[untyped-decorator]
def open_process() -> None:
    """Drop the connections that were inherited from the parent process, and see that sweeps run."""
    with service().app_context():
        db.engine.dispose(close=False)
    start_sweeps()


@queue.periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]
def start_sweeps() -> None:
    """Begin a chain of sweeps unless one is alive; once a minute, in case the last one died with its worker."""
    with service().app_context():
        chain = leases.start_pulse(db.session())
        db.session.commit()
    if chain is not None:
        sweep(chain)


@queue.task()  # type: ignore[untyped-decorator]
def sweep(chain: int) -> None:
    """Give a sign of life, hand over the runs and events that wait, and call the next sweep."""
    with service().app_context():
        if not leases.beat(db.session(), chain):
            db.session.rollback()
            return
        waiting = leases.hand_over(db.session())
        follow_firm_clock(db.session())
        events = proposals.claim_events(db.session())
        db.session.commit()
    for run_id in waiting:
        compute(run_id)
    for event_id in events:
        propose_repair(event_id)
    sweep.schedule((chain,), delay=SWEEP_SECONDS)


@queue.periodic_task(crontab(minute="*/5"))  # type: ignore[untyped-decorator]
def end_expired_promises() -> None:
    """Let go the parts of jobs that nobody has planned long after they were due; others may need them."""
    with service().app_context():
        follow_firm_clock(db.session())
        session = db.session()
        repeat_after_collisions(session, lambda: stockwork.end_expired_promises(session))
        db.session.commit()


@queue.periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]
def watch_clocks() -> None:
    """Write down what the clocks of jobs have told since the last minute, and tell those who should hear of it."""
    with service().app_context():
        follow_firm_clock(db.session())
        while True:
            looked_at = signs.sweep_clocks(db.session())
            db.session.commit()
            if looked_at < signs.BATCH:
                return


@queue.periodic_task(crontab(minute="*"))  # type: ignore[untyped-decorator]
def end_missed_promises() -> None:
    """Write down which promises were missed because nobody came within their window."""
    with service().app_context():
        follow_firm_clock(db.session())
        session = db.session()
        promises.note_missed(session)
        db.session.commit()


@queue.periodic_task(crontab(minute="5"))  # type: ignore[untyped-decorator]
def make_shifts() -> None:
    """Make the shifts of another day ahead; every hour, so that a service that sleeps at night makes them too."""
    with service().app_context():
        follow_firm_clock(db.session())
        session = db.session()
        repeat_after_collisions(session, lambda: workforce.make_shifts(session))
        db.session.commit()


@queue.periodic_task(crontab(minute="*/5"))  # type: ignore[untyped-decorator]
def make_maintenance_jobs() -> None:
    """Make the maintenance jobs whose time has come, and those that can go along with work that was just reported."""
    with service().app_context():
        follow_firm_clock(db.session())
        session = db.session()
        repeat_after_collisions(session, lambda: maintenance.make_jobs(session))
        db.session.commit()


@queue.periodic_task(crontab(hour="2", minute="15"))  # type: ignore[untyped-decorator]
def compute_reorder_points() -> None:
    """Compute anew, every night, when and how much the warehouses order."""
    with service().app_context():
        follow_firm_clock(db.session())
        session = db.session()
        repeat_after_collisions(session, lambda: reorder.compute_rules(session, today=read_firm(session).today()))
        db.session.commit()


@queue.periodic_task(crontab(minute="*/10"))  # type: ignore[untyped-decorator]
def expire_estimates() -> None:
    """Let estimates go that nobody answered in time; the desk sees their tickets again."""
    with service().app_context():
        follow_firm_clock(db.session())
        estimates.expire_estimates(db.session())
        db.session.commit()


@queue.task()  # type: ignore[untyped-decorator]
def compute(run_id: int) -> None:
    """Compute one plan run."""
    with service().app_context():
        follow_firm_clock(db.session())
        db.session.remove()
        compute_run(make_workbench(service()), run_id)


@queue.task()  # type: ignore[untyped-decorator]
def propose_repair(event_id: int) -> None:
    """Look for a better plan of the day because of an event; a draft of it waits for the dispatcher."""
    with service().app_context():
        follow_firm_clock(db.session())
        db.session.remove()
        proposals.propose(make_workbench(service()), event_id)
