"""Facts about `flask plan`."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session
from time_machine import Traveller, travel

from core.db import db
from dispatch.models import Plan, WorkerPulse
from dispatch.models.plans import PlanState
from dispatch.planning import leases
from tests.factories import MONDAY, add_job, add_shift, add_technician, at


@pytest.fixture(autouse=True)
def clock() -> Iterator[Traveller]:
    """Half past seven on Monday."""
    with travel(at(7, 30), tick=False) as traveller:
        yield traveller


def test_a_worker_that_ends_is_waited_for_no_longer_and_keeps_nobody_from_writing(
    app: Flask, tmp_path: Path, clock: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        engine = db.engine
    with Session(engine) as session, session.begin():
        add_shift(session, add_technician(session))
        add_job(session)
        session.add(WorkerPulse(id=leases.PULSE_ID, chain=1, seen_at=time.time()))
    waits = []

    def write_meanwhile(seconds: float) -> None:
        other = sqlite3.connect(tmp_path / "test.sqlite", timeout=0, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        other.close()
        waits.append(seconds)
        clock.shift(seconds)

    monkeypatch.setattr(time, "sleep", write_meanwhile)

    ended = app.test_cli_runner().invoke(
        args=["plan", "--day", MONDAY.isoformat(), "--engine", "greedy", "--seconds", "0.5", "--publish"]
    )

    assert ended.exit_code == 0, ended.output
    assert sum(waits) == pytest.approx(leases.PULSE_SECONDS, abs=1)
    with Session(engine) as session:
        assert session.scalars(sa.select(Plan.state)).all() == [PlanState.PUBLISHED]
