"""Facts about the background worker as a real process: what is asked for is computed, also when workers die."""

import contextlib
import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.config import ROOT, Config
from app.factory import create_app
from core import clock
from core.db import db
from dispatch.models import Plan, PlanRun, Shift
from dispatch.models.plans import RunState
from dispatch.planning import cancel_run, request_plan, worker_is_alive
from dispatch.workforce import add_shift
from tests.factories import add_job, add_technician

PATIENCE_SECONDS = 60.0
SEARCH_SECONDS = 3.0


@pytest.fixture
def session(app: Flask, compiled_planner: None) -> Iterator[Session]:
    """A session on the file that the worker opens too; nothing stays locked between two uses."""
    with app.app_context():
        engine = db.engine
    with Session(engine) as made:
        _add_a_day(made)
        yield made


@contextlib.contextmanager
def worker(folder: Path, url: str | None = None) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {
        "DATA_DIR": str(folder),
        "DATABASE_URL": url or f"sqlite:///{folder / 'test.sqlite'}",
        "TRAVEL_PROVIDER": "great_circle",
        "LEASE_SECONDS": "2",
    }
    process = subprocess.Popen([sys.executable, "-m", "app.worker"], cwd=ROOT, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_a_run_survives_the_death_of_its_worker(session: Session, tmp_path: Path) -> None:
    run_id = _request(session)
    with worker(tmp_path) as doomed:
        _wait(session, lambda: _run(session, run_id).state is RunState.RUNNING)
        os.killpg(doomed.pid, signal.SIGKILL)
        doomed.wait()
        assert _run(session, run_id).state is RunState.RUNNING
        assert _plans(session) == 0

    with worker(tmp_path):
        _wait(session, lambda: _run(session, run_id).state is RunState.DONE)

    assert _run(session, run_id).attempt == 2
    assert _plans(session) == 1


def test_a_run_that_was_asked_for_without_a_worker_is_computed_when_one_starts(
    session: Session, tmp_path: Path
) -> None:
    assert not worker_is_alive(session)
    run_id = _request(session)

    with worker(tmp_path):
        _wait(session, lambda: _run(session, run_id).state is RunState.DONE)
        assert worker_is_alive(session)

    assert _run(session, run_id).attempt == 1


def test_the_same_worker_serves_a_postgresql(postgres_url: str, tmp_path: Path, compiled_planner: None) -> None:
    url = _new_database(postgres_url, "worker")
    with _engine_of(url, tmp_path) as engine, Session(engine) as session:
        _add_a_day(session)
        run_id = _request(session)
        with worker(tmp_path, url):
            _wait(session, lambda: _run(session, run_id).state is RunState.DONE)
        assert _plans(session) == 1


def test_a_cancelled_run_leaves_no_plan(session: Session, tmp_path: Path) -> None:
    run_id = _request(session, seconds=60)
    with worker(tmp_path):
        _wait(session, lambda: _run(session, run_id).state is RunState.RUNNING)
        cancel_run(session, run_id=run_id)
        session.commit()
        _wait(session, lambda: _run(session, run_id).state is RunState.CANCELLED)

    assert _plans(session) == 0


def _new_database(postgres_url: str, name: str) -> str:
    admin = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f"CREATE DATABASE {name}"))
    admin.dispose()
    return postgres_url.replace("/postgres?", f"/{name}?")


@contextlib.contextmanager
def _engine_of(url: str, folder: Path) -> Iterator[sa.Engine]:
    """A database brought forward by the migrations; no connection stays open, whatever happens."""
    app = create_app(Config(data_dir=folder, database_url=url, secret_key="s", testing=True))
    with app.app_context():
        try:
            flask_migrate.upgrade()
            yield db.engine
        finally:
            db.engine.dispose()


def _add_a_day(session: Session) -> None:
    now = clock.now()
    for _ in range(3):
        add_shift(session, add_technician(session), starts_at=now, ends_at=now + dt.timedelta(hours=8))
    for _ in range(12):
        add_job(session, reported_at=now)
    session.commit()


def _request(session: Session, *, seconds: float = SEARCH_SECONDS) -> int:
    day = session.scalars(sa.select(Shift.day)).first()
    assert day is not None
    run = request_plan(session, day=day, engine="hybrid", seconds=seconds, actor_id=None)
    run_id = run.id
    session.commit()
    return run_id


def _run(session: Session, run_id: int) -> PlanRun:
    run = session.get_one(PlanRun, run_id)
    session.refresh(run)
    # A transaction that stays open would keep the worker waiting.
    session.rollback()
    return run


def _plans(session: Session) -> int:
    count = session.scalar(sa.select(sa.func.count(Plan.id))) or 0
    session.commit()
    return count


def _wait(session: Session, happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        session.rollback()
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.1)
