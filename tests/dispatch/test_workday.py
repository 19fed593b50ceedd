"""Facts about a technician's day as a whole."""

import datetime as dt
from collections.abc import Iterator

import pytest
import time_machine
from sqlalchemy.orm import Session

from dispatch.models import Technician, Visit
from dispatch.models.visits import VisitStatus
from dispatch.stops import VisitStop
from dispatch.workday import EARLIER_VISITS_SHOWN, Workday, workday
from tests import factories as make
from tests.factories import MONDAY, at


@pytest.fixture(autouse=True)
def morning() -> Iterator[None]:
    with time_machine.travel(at(8), tick=False):
        yield


@pytest.fixture
def technician(session: Session) -> Technician:
    return make.add_technician(session)


def day_of(session: Session, technician: Technician) -> Workday:
    return workday(session, technician=technician, day=MONDAY)


def add_visit(session: Session, technician: Technician, hour: int, status: VisitStatus) -> Visit:
    return make.add_visit(session, technician=technician, start=at(hour), position=hour, status=status)


def test_the_stop_under_way_is_the_next_one_even_out_of_order(session: Session, technician: Technician) -> None:
    add_visit(session, technician, 9, VisitStatus.DISPATCHED)
    under_way = add_visit(session, technician, 14, VisitStatus.ON_SITE)

    day = day_of(session, technician)

    assert day.under_way is under_way
    assert isinstance(day.next_stop, VisitStop)
    assert day.next_stop.visit is under_way


def test_visits_that_ended_either_way_are_done(session: Session, technician: Technician) -> None:
    add_visit(session, technician, 9, VisitStatus.COMPLETED)
    add_visit(session, technician, 10, VisitStatus.INCOMPLETE)
    last = add_visit(session, technician, 11, VisitStatus.DISPATCHED)

    day = day_of(session, technician)

    assert (day.done, len(day.visits)) == (2, 3)
    assert isinstance(day.next_stop, VisitStop)
    assert day.next_stop.visit is last


def test_a_day_off_has_no_shift_and_no_plan(session: Session, technician: Technician) -> None:
    day = day_of(session, technician)

    assert day.shift is None
    assert not day.is_published
    assert day.next_stop is None


def test_only_the_latest_visits_to_the_same_device_are_told(session: Session, technician: Technician) -> None:
    today = add_visit(session, technician, 9, VisitStatus.DISPATCHED)
    for days in range(1, EARLIER_VISITS_SHOWN + 3):
        before = make.add_visit(session, technician=technician, job=make.add_job(session, device=today.job.device))
        before.day, before.status = MONDAY - dt.timedelta(days=days), VisitStatus.COMPLETED
        before.ended_at, before.note = at(10) - dt.timedelta(days=days), f"{days} days ago"
    elsewhere = make.add_visit(session, technician=technician, day=MONDAY - dt.timedelta(days=1))
    elsewhere.status, elsewhere.ended_at = VisitStatus.COMPLETED, at(7)
    session.flush()

    earlier = day_of(session, technician).earlier

    assert [visit.note for visit in earlier[today.id]] == [f"{n} days ago" for n in range(1, EARLIER_VISITS_SHOWN + 1)]
