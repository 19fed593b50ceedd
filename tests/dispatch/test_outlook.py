"""Facts about jobs that wait for parts: who is written down as waiting, and when they can have them."""

import datetime as dt

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from dispatch import stockwork
from dispatch.jobs import cancel_job, renew_promises
from dispatch.models import Job, JobPart
from dispatch.models.jobs import JobStatus
from dispatch.outlook import parts_outlook, ready_on
from dispatch.parts import reserve_for
from inventory import ledger, purchasing, suppliers, transfers
from inventory.arrivals import Arrived
from inventory.models import BackOrder, Part, Place, PlaceKind
from inventory.purchasing import Delivered, OrderWanted
from inventory.supply_curve import Outlook
from inventory.transfers import TransferWanted
from tests import factories as make
from tests.factories import MONDAY, at


@pytest.fixture(autouse=True)
def morning() -> object:
    with time_machine.travel(at(8), tick=False):
        yield


@pytest.fixture
def depot(session: Session) -> Place:
    return make.add_place(session)


@pytest.fixture
def screen(session: Session) -> Part:
    return make.add_part(session, sku="SCR-1")


def waiting_job(session: Session, part: Part, quantity: int = 1) -> Job:
    job = make.add_job(session, status=JobStatus.WAITING_PARTS)
    job.parts.append(JobPart(part=part, quantity=quantity, used=0))
    reserve_for(session, job)
    return job


def waited_for(session: Session) -> dict[str, int]:
    return dict(session.execute(sa.select(BackOrder.reference, BackOrder.quantity)).all())


def order(session: Session, depot: Place, part: Part, quantity: int) -> int:
    acme = suppliers.supplier_by_code(session, "ACME")
    drafted = purchasing.draft(
        session, supplier_id=acme.id, warehouse_id=depot.id, lines=[OrderWanted(part.id, quantity)], actor_id=None
    )
    return purchasing.send(session, order_id=drafted.id, today=MONDAY).id


def test_a_job_without_its_part_is_written_down_as_waiting(session: Session, depot: Place, screen: Part) -> None:
    job = waiting_job(session, screen, quantity=2)

    assert waited_for(session) == {job.number: 2}


def test_a_delivery_ends_the_waiting(session: Session, depot: Place, screen: Part) -> None:
    job = waiting_job(session, screen)
    order_id = order(session, depot, screen, 3)

    received = stockwork.receive_order(session, order_id=order_id, delivered=[Delivered(screen.id, 3)], actor_id=None)

    assert (received.pieces, received.ready) == (3, [job])
    assert waited_for(session) == {}


def test_a_cancelled_job_waits_for_nothing(session: Session, depot: Place, screen: Part) -> None:
    job = waiting_job(session, screen)

    cancel_job(session, job_id=job.id, reason="The shop has closed", actor_id=None)

    assert waited_for(session) == {}


def test_a_planned_job_that_loses_its_part_waits_for_it_too(session: Session, depot: Place, screen: Part) -> None:
    make.add_stock(session, depot, screen, 1)
    job = waiting_job(session, screen)
    job.status = JobStatus.PLANNED
    released = ledger.correct(session, place_id=depot.id, part_id=screen.id, counted=0, reason="Broken", actor_id=None)

    renew_promises(session, references=[row.reference for row in released], actor_id=None)

    assert waited_for(session) == {job.number: 1}


def test_a_job_can_have_its_part_when_those_before_it_have_theirs(session: Session, depot: Place, screen: Part) -> None:
    first, second = waiting_job(session, screen), waiting_job(session, screen)
    first.window_start, first.window_end = at(12), at(14)
    reserve_for(session, first)
    order(session, depot, screen, 1)
    week = MONDAY + dt.timedelta(days=7)

    [of_first], [of_second] = parts_outlook(session, first), parts_outlook(session, second)

    assert (of_first.part, of_first.quantity, of_first.outlook) == (screen, 1, Outlook(week, week))
    assert of_second.outlook == Outlook(None, None)
    assert ready_on([of_first]) == week
    assert ready_on([of_first, of_second]) is None


def test_a_part_that_is_being_brought_is_there_when_it_is_expected(
    session: Session, depot: Place, screen: Part
) -> None:
    make.add_stock(session, depot, screen, 1)
    van = make.add_place(session, kind=PlaceKind.TRUNK)
    job = waiting_job(session, screen)
    promise = job.parts[0].reservation
    assert promise is not None
    moved = transfers.request(
        session,
        from_place_id=depot.id,
        to_place_id=van.id,
        lines=[TransferWanted(screen.id, 1, promise.id)],
        reason=job.number,
        expected_at=at(15),
        actor_id=None,
    )

    [line] = parts_outlook(session, job)

    assert (line.transfer, line.outlook.likely_on) == (moved, MONDAY)


def test_a_job_whose_pieces_do_not_arrive_waits_again(session: Session, depot: Place, screen: Part) -> None:
    make.add_stock(session, depot, screen, 1)
    technician = make.add_technician(session)
    job = waiting_job(session, screen)
    job.status = JobStatus.READY
    promise = job.parts[0].reservation
    assert promise is not None
    moved = transfers.request(
        session,
        from_place_id=depot.id,
        to_place_id=technician.trunk_id,
        lines=[TransferWanted(screen.id, 1, promise.id)],
        reason=job.number,
        actor_id=None,
    )
    transfers.pick(session, transfer_id=moved.id)
    transfers.ship(session, transfer_id=moved.id, actor_id=None)

    stockwork.receive_transfer(
        session,
        transfer_id=moved.id,
        arrived=[Arrived(moved.lines[0].id, 0, remark="The box is empty")],
        actor_id=None,
    )

    assert job.status is JobStatus.WAITING_PARTS
    assert waited_for(session) == {job.number: 1}
