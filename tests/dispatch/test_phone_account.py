"""Facts about what a phone is told of visits that left its technician's days."""

import datetime as dt

import pytest
import time_machine
from sqlalchemy.orm import Session

from dispatch.fieldwork.account import visits_kept, visits_left
from dispatch.jobs import cancel_job
from dispatch.models import Technician, Visit
from dispatch.models.visits import VisitStatus
from tests import factories as make
from tests.factories import MONDAY, at

TUESDAY = MONDAY + dt.timedelta(days=1)


@pytest.fixture
def technician(session: Session) -> Technician:
    return make.add_technician(session)


def withdrawn(session: Session, technician: Technician) -> Visit:
    return make.add_visit(session, technician=technician, status=VisitStatus.WITHDRAWN)


def test_a_phone_keeps_the_visits_of_today_and_tomorrow(session: Session, technician: Technician) -> None:
    days = [MONDAY - dt.timedelta(days=1), MONDAY, TUESDAY, TUESDAY + dt.timedelta(days=1)]
    visits = [make.add_visit(session, technician=technician, day=day) for day in days]
    withdrawn(session, technician)
    make.add_visit(session, technician=make.add_technician(session))

    kept = visits_kept(session, technician_id=technician.id, today=MONDAY)

    assert list(kept) == visits[1:3]


def test_of_a_cancelled_job_is_told_who_when_and_why(session: Session, technician: Technician) -> None:
    visit = make.add_visit(session, technician=technician)
    dora = make.add_person(session, name="Dora")
    with time_machine.travel(at(9, 12), tick=False):
        cancel_job(session, job_id=visit.job_id, reason="The shop closed", actor_id=dora.id)

    [left] = visits_left(session, technician_id=technician.id, today=MONDAY)

    assert (left.visit, left.by, left.at, left.reason) == (visit, "Dora", at(9, 12), "The shop closed")


def test_of_a_job_that_somebody_else_has_is_told_who(session: Session, technician: Technician) -> None:
    visit = withdrawn(session, technician)
    now = make.add_visit(session, technician=make.add_technician(session), job=visit.job)

    [left] = visits_left(session, technician_id=technician.id, today=MONDAY)

    assert (left.visit, left.now, left.by) == (visit, now, "")


def test_of_a_job_that_waits_to_be_planned_nothing_more_is_known(session: Session, technician: Technician) -> None:
    visit = withdrawn(session, technician)

    [left] = visits_left(session, technician_id=technician.id, today=MONDAY)

    assert (left.visit, left.now, left.at) == (visit, None, None)
