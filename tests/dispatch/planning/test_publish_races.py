"""Facts about a plan that is published while technicians and dispatchers go on working."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from dispatch.fieldwork import set_off
from dispatch.jobs import cancel_job
from dispatch.models import Job, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.visits import VisitStatus
from dispatch.planning import publish
from inventory.audit import find_differences
from tests.conftest import BACKENDS
from tests.dispatch.planning.conftest import plan_monday, promise
from tests.factories import add_job, add_part, add_place, add_shift, add_stock, add_technician
from tests.races import open_arena, race

STANDING = {
    VisitStatus.DISPATCHED: JobStatus.DISPATCHED,
    VisitStatus.EN_ROUTE: JobStatus.EN_ROUTE,
}


@pytest.fixture(params=BACKENDS)
def arena(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """Six jobs with a part each, a technician, a published plan and a draft of the day, committed."""
    with open_arena(request, tmp_path) as engine:
        with Session(engine) as session:
            add_shift(session, add_technician(session))
            warehouse, battery = add_place(session), add_part(session)
            add_stock(session, warehouse, battery, 6)
            for _ in range(6):
                promise(session, add_job(session), battery, warehouse)
            publish(session, plan_id=plan_monday(session).id, actor_id=None)
            plan_monday(session)
            session.commit()
        yield engine


def test_whoever_is_first_no_job_is_visited_twice_and_no_part_lost(arena: sa.Engine) -> None:
    with Session(arena) as session:
        visits = session.scalars(sa.select(Visit).order_by(Visit.position)).all()

    endings = race(
        arena,
        lambda session: publish(session, plan_id=2, actor_id=None),
        *[leave(visit) for visit in visits[:2]],
        *[cancel(visit) for visit in visits[2:4]],
    )

    assert endings["done"] >= 3
    assert set(endings) <= {"done", "plan_outdated", "visit_withdrawn", "busy_elsewhere"}
    with Session(arena) as session:
        assert find_differences(session) == []
        standing = session.scalars(sa.select(Visit).where(Visit.status.in_(STANDING))).all()
        assert {visit.job_id: STANDING[visit.status] for visit in standing} == {
            job.id: job.status for job in session.scalars(sa.select(Job).where(Job.status != JobStatus.CANCELLED))
        }
        assert len({visit.job_id for visit in standing}) == len(standing)
        assert sum(visit.status is VisitStatus.EN_ROUTE for visit in standing) <= 1


def leave(visit: Visit) -> Callable[[Session], object]:
    visit_id, technician_id = visit.id, visit.technician_id
    return lambda session: set_off(session, visit_id=visit_id, technician_id=technician_id, actor_id=None)


def cancel(visit: Visit) -> Callable[[Session], object]:
    job_id = visit.job_id
    return lambda session: cancel_job(session, job_id=job_id, reason="Solved by phone.", actor_id=None)
