"""
Facts about warehouse work that takes promises back while somebody works on the job, on PostgreSQL.

Whoever works on a job holds it before its parts. If the warehouse took the parts first, each would wait for the other.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.errors import DomainError
from dispatch.jobs import lock_job
from dispatch.models import Job, JobPart, Technician
from dispatch.models.jobs import JobStatus
from dispatch.parts import release_for, reserve_for
from dispatch.stockwork import finish_count, receive_transfer, record_count, record_short_pick
from inventory import counts, picking, transfers
from inventory.arrivals import Arrived
from inventory.ledger import find_differences
from inventory.models import Count, PickLine, Reservation, ReservationState, TransferLine
from tests.factories import MONDAY, add_device, add_job, add_part, add_place, add_site, add_stock, add_technician
from tests.races import open_arena

PATIENCE_SECONDS = 10


@pytest.fixture(params=["postgresql"])
def arena(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """A ready job whose one part lies in the depot; on SQLite only one of them would be at work."""
    with open_arena(request, tmp_path) as engine:
        with Session(engine) as session, session.begin():
            add_technician(session)
            depot, part = add_place(session, code="DEPOT"), add_part(session, sku="P-1")
            add_stock(session, depot, part, 1)
            job = add_job(session, device=add_device(session, site=add_site(session)))
            job.parts, job.status = [JobPart(part_id=part.id, quantity=1)], JobStatus.READY
            session.flush()
            assert reserve_for(session, job) == []
        yield engine


def promise(session: Session) -> Reservation:
    return session.scalars(sa.select(Reservation).where(Reservation.state == ReservationState.OPEN)).one()


def trunk(session: Session) -> int:
    return session.scalars(sa.select(Technician.trunk_id)).one()


def nothing(_session: Session) -> None:
    """For work that needs no document."""


def begin_count(session: Session) -> None:
    held = promise(session)
    count = counts.open_count(session, place_id=held.place_id, part_ids=[held.part_id], reason="plan", actor_id=None)
    counts.record(session, count_id=count.id, part_id=held.part_id, pieces=0, actor_id=None)
    counts.finish(session, count_id=count.id, actor_id=None)
    counts.record(session, count_id=count.id, part_id=held.part_id, pieces=0, actor_id=None)


def draw_up(session: Session) -> None:
    held = promise(session)
    line = picking.PickWanted(held.part_id, 1, held.id, held.reference)
    picking.draw_up(session, warehouse_id=held.place_id, trunk_id=trunk(session), day=MONDAY, lines=[line])


def send(session: Session) -> None:
    held = promise(session)
    asked = transfers.request(
        session,
        from_place_id=held.place_id,
        to_place_id=trunk(session),
        lines=[transfers.TransferWanted(held.part_id, 1, held.id)],
        reason="asked",
        actor_id=None,
    )
    transfers.pick(session, transfer_id=asked.id)
    transfers.ship(session, transfer_id=asked.id, actor_id=None)


def count_none(session: Session) -> object:
    return record_count(session, place_code="DEPOT", sku="P-1", counted=0, reason="count", actor_id=None)


def end_count(session: Session) -> object:
    return finish_count(session, count_id=session.scalars(sa.select(Count.id)).one(), actor_id=None)


def pick_none(session: Session) -> object:
    line_id = session.scalars(sa.select(PickLine.id)).one()
    return record_short_pick(session, line_id=line_id, found=0, reason="empty", actor_id=None)


def receive_none(session: Session) -> object:
    line = session.scalars(sa.select(TransferLine)).one()
    arrived = Arrived(line.id, 0, remark="nothing in the box")
    return receive_transfer(session, transfer_id=line.transfer_id, arrived=[arrived], actor_id=None)


@pytest.mark.parametrize(
    ("prepare", "take_back"),
    [(nothing, count_none), (begin_count, end_count), (draw_up, pick_none), (send, receive_none)],
)
def test_who_takes_promises_back_waits_for_the_job_before_it_holds_the_parts(
    arena: sa.Engine, prepare: Callable[[Session], None], take_back: Callable[[Session], object]
) -> None:
    with Session(arena) as session, session.begin():
        prepare(session)

    def take_promises_back() -> None:
        # Once the job has let go, there may be nothing left to pick.
        with contextlib.suppress(DomainError), Session(arena) as session, session.begin():
            take_back(session)

    with ThreadPoolExecutor(1) as pool, Session(arena) as at_work:
        job = lock_job(at_work, at_work.scalars(sa.select(Job.id)).one())
        warehouse = pool.submit(take_promises_back)
        wait_until_somebody_waits(arena)
        # It would end here if the warehouse held the level or the promise already.
        at_work.execute(sa.text("SET LOCAL lock_timeout = '5s'"))
        release_for(at_work, job)
        at_work.commit()
        warehouse.result(PATIENCE_SECONDS)

    with Session(arena) as session:
        assert find_differences(session) == []


def wait_until_somebody_waits(arena: sa.Engine) -> None:
    """Return once another transaction waits for a lock."""
    waiting = sa.text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with arena.connect() as watching:
            if watching.scalar(waiting):
                return
        time.sleep(0.02)
    raise AssertionError("Nobody waited for the job.")
