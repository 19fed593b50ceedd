"""The large day is whole on a size small enough for a test: planned, worked until ten, with calls in the queue."""

from collections import Counter
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from app.config import Config
from benchmarks.large_day import DAY, Size, draw_large, make_large_day
from core import clock
from core.db import db
from dispatch.models import Job, Plan, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import PlanState
from inventory.ledger import find_differences
from routing.travel.places import read_streets

# The demonstration names twenty technicians, and would not know what to say without them.
TINY = Size(technicians=20, jobs=60, calls=4, towns=2, plan_seconds=0.5)


@pytest.fixture
def large_day(app: Flask, compiled_planner: None) -> Iterator[Flask]:
    offset = clock.offset()
    with app.app_context():
        make_large_day(app, TINY)
        yield app
    clock.set_offset(offset)


def test_a_tiny_large_day_is_worked_until_ten_with_calls_in_the_queue(large_day: Flask) -> None:
    visits = db.session.scalars(sa.select(Visit).where(Visit.day == DAY)).all()
    statuses = Counter(db.session.scalars(sa.select(Job.status)))
    plans = Counter(db.session.scalars(sa.select(Plan.state).where(Plan.day == DAY)))

    assert len({visit.technician_id for visit in visits}) >= TINY.technicians // 2
    assert statuses[JobStatus.COMPLETED] > 0
    assert statuses[JobStatus.READY] + statuses[JobStatus.WAITING_PARTS] >= TINY.calls
    assert plans == {PlanState.PUBLISHED: 1, PlanState.DRAFT: 1}
    assert find_differences(db.session()) == []


def test_no_two_towns_share_a_shop_a_serial_or_a_technician() -> None:
    drawn = draw_large(read_streets(Config.map_file), Size(technicians=30, towns=2, jobs=200, calls=20))

    for names in (
        [shop.code for shop in drawn.shops],
        [machine.serial for shop in drawn.shops for machine in shop.machines],
        [member.email for member in drawn.crew],
        [report.machine.serial for report in drawn.reports],
    ):
        assert len(names) == len(set(names))
