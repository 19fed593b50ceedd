"""Facts about warehouse work that jobs have a part in."""

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from dispatch.models import Job, JobPart
from dispatch.models.jobs import JobStatus
from dispatch.parts import HELD_PAST_DUE, reserve_for
from dispatch.stockwork import end_expired_promises, record_count, record_short_pick
from inventory import picking
from inventory.ledger import find_differences
from inventory.models import Part, Place, ReservationState
from inventory.picking import PickWanted
from tests.factories import add_device, add_job, add_part, add_place, add_site, add_stock, add_technician

DAY = dt.date(2026, 11, 23)


@pytest.fixture
def store(session: Session) -> Place:
    return add_place(session)


@pytest.fixture
def part(session: Session) -> Part:
    return add_part(session)


def ready_job(session: Session, part: Part, *, due: dt.datetime, status: JobStatus = JobStatus.READY) -> Job:
    job = add_job(session, device=add_device(session, site=add_site(session)))
    job.parts = [JobPart(part_id=part.id, quantity=1)]
    job.response_due, job.status = due, status
    session.flush()
    return job


def promised(job: Job) -> bool:
    [line] = job.parts
    return line.reservation is not None and line.reservation.state is ReservationState.OPEN


def test_a_forgotten_job_gives_way_to_one_that_waits(session: Session, store: Place, part: Part) -> None:
    add_stock(session, store, part, 1)
    long_ago = clock.now() - HELD_PAST_DUE - dt.timedelta(days=1)
    forgotten = ready_job(session, part, due=long_ago)
    reserve_for(session, forgotten)
    [line] = forgotten.parts
    assert line.reservation is not None
    line.reservation.expires_at = clock.now() - dt.timedelta(minutes=1)
    waiting = ready_job(session, part, due=clock.now() - dt.timedelta(days=30), status=JobStatus.WAITING_PARTS)

    assert end_expired_promises(session) == [forgotten.number]

    assert (promised(forgotten), promised(waiting)) == (False, True)
    assert (forgotten.status, waiting.status) == (JobStatus.WAITING_PARTS, JobStatus.READY)
    assert find_differences(session) == []


def test_a_forgotten_job_keeps_its_parts_when_nobody_else_wants_them(
    session: Session, store: Place, part: Part
) -> None:
    add_stock(session, store, part, 1)
    forgotten = ready_job(session, part, due=clock.now() - dt.timedelta(days=90))
    reserve_for(session, forgotten)
    [line] = forgotten.parts
    assert line.reservation is not None
    line.reservation.expires_at = clock.now() - dt.timedelta(minutes=1)

    end_expired_promises(session)

    assert (forgotten.status, promised(forgotten)) == (JobStatus.READY, True)
    assert end_expired_promises(session) == []


def test_a_job_on_a_plan_keeps_its_parts_however_late_it_is(session: Session, store: Place, part: Part) -> None:
    add_stock(session, store, part, 1)
    planned = ready_job(session, part, due=clock.now() - dt.timedelta(days=90), status=JobStatus.PLANNED)
    reserve_for(session, planned)
    [line] = planned.parts
    assert line.reservation is not None
    line.reservation.expires_at = clock.now() - dt.timedelta(minutes=1)

    assert end_expired_promises(session) == []
    assert promised(planned)


def test_a_short_count_takes_the_part_from_the_least_urgent_job(session: Session, store: Place, part: Part) -> None:
    add_stock(session, store, part, 2)
    later, sooner = (ready_job(session, part, due=clock.now() + dt.timedelta(hours=hours)) for hours in (9, 3))
    # The urgent one is promised last, and would have been the newest to go.
    for job in (later, sooner):
        reserve_for(session, job)

    counted = record_count(
        session, place_code=store.code, sku=part.sku, counted=1, reason="yearly count", actor_id=None
    )

    assert counted.references == [later.number]
    assert (promised(later), promised(sooner)) == (False, True)
    assert later.status is JobStatus.WAITING_PARTS


def test_a_short_pick_tells_the_job_that_loses_its_part(session: Session, store: Place, part: Part) -> None:
    add_stock(session, store, part, 1)
    job = ready_job(session, part, due=clock.now())
    reserve_for(session, job)
    [line] = job.parts
    assert line.reservation is not None
    drawn = picking.draw_up(
        session,
        warehouse_id=store.id,
        trunk_id=add_technician(session).trunk_id,
        day=DAY,
        lines=[PickWanted(part.id, 1, line.reservation.id, job.number)],
    )

    lost = record_short_pick(session, line_id=drawn.lines[0].id, found=0, reason="not there", actor_id=None)

    assert lost == [job.number]
    assert job.status is JobStatus.WAITING_PARTS
    assert session.scalar(sa.select(Job.status).where(Job.id == job.id)) is JobStatus.WAITING_PARTS
