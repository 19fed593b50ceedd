"""Facts about dispatchers who act on the same jobs at the same moment, on both databases."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from customers.models import Priority, Site
from dispatch import bulk
from dispatch.jobs import JobChanges, NewJob, cancel_job, change_job, retry_waiting, take_in_job
from dispatch.models import Job, JobEvent, Technician
from dispatch.models.jobs import JobStatus
from dispatch.planning.pins import NewPin, pin_job
from inventory import ledger
from inventory.models import Part, Place
from tests.conftest import BACKENDS
from tests.factories import add_part, add_place, add_shift, add_site, add_technician
from tests.races import PEOPLE, open_arena, race

# A day that is to come whenever the tests run.
FAR = dt.date(2100, 1, 4)


@pytest.fixture(params=BACKENDS)
def arena(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A shop, a part, a warehouse and a technician, committed."""
    with open_arena(request, tmp_path) as engine:
        with Session(engine) as session, session.begin():
            add_site(session, code="S-1")
            add_part(session, sku="P-1")
            add_place(session, code="DEPOT")
            add_technician(session)
        yield engine


def take_in(session: Session) -> Job:
    site = session.scalars(sa.select(Site)).one()
    part = session.scalars(sa.select(Part)).one()
    new = NewJob(site=site, priority=Priority.P2, duration_seconds=1800, parts={part.id: 1})
    return take_in_job(session, new=new, actor_id=None)


def deliver(session: Session, pieces: int) -> None:
    depot = session.scalars(sa.select(Place).where(Place.code == "DEPOT")).one()
    part = session.scalars(sa.select(Part)).one()
    ledger.receive(session, place_id=depot.id, pieces={part.id: pieces}, reference="DN-1", actor_id=None)


def new_job(arena: sa.Engine) -> tuple[int, int]:
    """Take in one job and return its id and version."""
    with Session(arena) as session, session.begin():
        job = take_in(session)
        session.flush()
        return job.id, job.version


def assert_stock_agrees_with_jobs(arena: sa.Engine) -> None:
    with Session(arena) as session:
        assert ledger.find_differences(session) == []
        for job in session.scalars(sa.select(Job)):
            held = [line for line in job.parts if line.reservation is not None]
            assert bool(held) == (job.status is JobStatus.READY), job.number


def test_jobs_taken_in_at_the_same_moment_have_different_numbers_and_share_no_part(arena: sa.Engine) -> None:
    with Session(arena) as session, session.begin():
        deliver(session, 4)

    endings = race(arena, *[take_in] * PEOPLE, rounds=2)

    assert endings == {"done": 12}
    with Session(arena) as session:
        assert session.scalar(sa.select(sa.func.count(sa.distinct(Job.number)))) == 12
        ready = session.scalars(sa.select(Job).where(Job.status == JobStatus.READY)).all()
    assert len(ready) == 4
    assert_stock_agrees_with_jobs(arena)


def test_of_two_dispatchers_with_the_same_form_one_is_told_that_the_other_was_first(arena: sa.Engine) -> None:
    job_id, version = new_job(arena)

    def change(minutes: int) -> JobChanges:
        return {"duration_seconds": minutes * 60}

    endings = race(
        arena,
        lambda session: change_job(session, job_id=job_id, version=version, changes=change(10), actor_id=None),
        lambda session: change_job(session, job_id=job_id, version=version, changes=change(20), actor_id=None),
    )

    assert endings == {"done": 1, "job_changed": 1}


@pytest.mark.parametrize("arena", ["postgresql"], indirect=True)
def test_many_jobs_at_once_see_what_others_do_with_one_of_them(arena: sa.Engine) -> None:
    """On SQLite nobody reads between the reading and the writing of somebody else."""
    job_id, _ = new_job(arena)
    with Session(arena) as many, Session(arena) as other:
        deliver(many, 1)
        job = many.get_one(Job, job_id)
        # It was read as not tied yet.
        many.refresh(job, ["pin"])
        technician = other.scalars(sa.select(Technician)).one()
        add_shift(other, technician, day=FAR)
        to = NewPin(technician_id=technician.id)
        pin_job(other, job_id=job_id, to=to, reason="Knows the shop", actor_id=None)

        passed_over = bulk.retry_parts_of(many, [job.number], actor_id=None)
        other.commit()
        bulk.tie_to_day(many, [job.number], day=FAR, reason="With the delivery", actor_id=None)

        assert [refusal.code for _, refusal in passed_over.refused] == ["changed_at_this_moment"]
        assert job.pin is not None
        assert (job.pin.technician_id, job.pin.window_start is not None) == (to.technician_id, True)


def test_a_job_is_cancelled_once(arena: sa.Engine) -> None:
    with Session(arena) as session, session.begin():
        deliver(session, 1)
    job_id, _ = new_job(arena)

    def cancel(session: Session) -> None:
        cancel_job(session, job_id=job_id, reason="Duplicate", actor_id=None)

    endings = race(arena, cancel, cancel, cancel)

    assert endings == {"done": 1, "action_not_possible": 2}
    with Session(arena) as session:
        assert session.scalar(sa.select(sa.func.count(JobEvent.id)).where(JobEvent.action == "cancel")) == 1
    assert_stock_agrees_with_jobs(arena)


def test_waiting_jobs_are_served_once_while_others_are_taken_in_and_cancelled(arena: sa.Engine) -> None:
    waiting = [new_job(arena)[0] for _ in range(4)]
    with Session(arena) as session, session.begin():
        deliver(session, 3)

    def cancel(session: Session) -> None:
        cancel_job(session, job_id=waiting[0], reason="Duplicate", actor_id=None)

    def retry(session: Session) -> None:
        retry_waiting(session, actor_id=None)

    endings = race(arena, retry, retry, take_in, cancel)

    assert endings == {"done": 4}
    assert_stock_agrees_with_jobs(arena)
    with Session(arena) as session:
        ready = session.scalars(sa.select(Job).where(Job.status == JobStatus.READY)).all()
    assert len(ready) in {2, 3}
