"""Facts about the parts of a job."""

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from customers.models import Device
from dispatch.errors import NoFittingPart
from dispatch.models import Job, JobPart
from dispatch.parts import MissingPart, demand_of, missing_parts, needed_at, release_for, reserve_for, wanted_pieces
from inventory import arrivals, reservations, transfers
from inventory.ledger import find_differences, receive
from inventory.models import Part, PartFamily, Place, PlaceKind, Substitute, Transfer, TransferState
from tests.factories import (
    add_device,
    add_fault,
    add_job,
    add_part,
    add_place,
    add_site,
    add_stock,
    add_technician,
)

PORTO = (41.15, -8.62)
MATOSINHOS = (41.18, -8.69)
BRAGA = (41.55, -8.42)


@pytest.fixture
def device(session: Session) -> Device:
    return add_device(session, model="A920", site=add_site(session, position=PORTO))


def job_for(session: Session, device: Device, parts: dict[Part, int], skills: dict[str, int] | None = None) -> Job:
    job = add_job(session, device=device, skills=skills)
    job.parts = [JobPart(part_id=part.id, quantity=quantity) for part, quantity in parts.items()]
    session.flush()
    return job


def places_of(job: Job) -> dict[str, Place]:
    return {line.part.sku: line.reservation.place for line in job.parts if line.reservation is not None}


def test_a_fault_takes_the_part_of_each_family_that_fits_the_model(session: Session, device: Device) -> None:
    fitting = add_part(session, family=PartFamily.PRINTER, fits=["A920", "S900"])
    add_part(session, family=PartFamily.PRINTER, fits=["S900"])
    battery = add_part(session, family=PartFamily.BATTERY, fits=["A920"])
    fault = add_fault(session, parts={PartFamily.PRINTER: 1, PartFamily.BATTERY: 2})

    assert demand_of(session, fault, device) == {fitting.id: 1, battery.id: 2}


def test_of_several_fitting_parts_the_cheapest_is_taken_and_then_the_first_sku(
    session: Session, device: Device
) -> None:
    add_part(session, sku="P-1", family=PartFamily.SCREEN, unit_cost_cents=900)
    add_part(session, sku="P-3", family=PartFamily.SCREEN, unit_cost_cents=800)
    cheapest = add_part(session, sku="P-2", family=PartFamily.SCREEN, unit_cost_cents=800)
    fault = add_fault(session, parts={PartFamily.SCREEN: 1})

    assert demand_of(session, fault, device) == {cheapest.id: 1}


def test_a_family_without_fitting_part_is_refused_with_model_and_family(session: Session, device: Device) -> None:
    add_part(session, family=PartFamily.SCREEN, fits=["S900"])
    fault = add_fault(session, code="SCR-DEAD", parts={PartFamily.SCREEN: 1})

    with pytest.raises(NoFittingPart, match=r"SCR-DEAD takes a part of the family screen, but .* the model A920"):
        demand_of(session, fault, device)


def test_a_fault_without_parts_needs_none(session: Session, device: Device) -> None:
    assert demand_of(session, add_fault(session), device) == {}


def test_the_nearest_able_trunk_is_asked_before_any_warehouse(session: Session, device: Device) -> None:
    part = add_part(session)
    warehouse = add_place(session, position=PORTO)
    far, near = add_technician(session, home=BRAGA), add_technician(session, home=MATOSINHOS)
    for place in (warehouse, far.trunk, near.trunk):
        add_stock(session, place, part, 5)
    job = job_for(session, device, {part: 1})

    assert reserve_for(session, job) == []
    assert places_of(job) == {part.sku: near.trunk}


def test_trunks_of_technicians_who_cannot_do_the_work_are_not_asked(session: Session, device: Device) -> None:
    part = add_part(session)
    warehouse = add_place(session)
    unable = add_technician(session, skills={"printer": 1})
    retired = add_technician(session, skills={"printer": 3})
    retired.active = False
    expired = add_technician(session, skills={"printer": 3})
    expired.skills[0].valid_until = dt.date(2020, 1, 31)
    for place in (warehouse, unable.trunk, retired.trunk, expired.trunk):
        add_stock(session, place, part, 5)
    job = job_for(session, device, {part: 1}, skills={"printer": 2})

    assert reserve_for(session, job) == []
    assert places_of(job) == {part.sku: warehouse}


def test_a_trunk_with_all_lines_comes_before_a_nearer_one_that_needs_a_pick_up(
    session: Session, device: Device
) -> None:
    battery, screen = add_part(session), add_part(session, family=PartFamily.SCREEN)
    warehouse = add_place(session)
    near, far = add_technician(session, home=MATOSINHOS), add_technician(session, home=BRAGA)
    add_stock(session, near.trunk, battery, 1)
    add_stock(session, far.trunk, battery, 1)
    add_stock(session, far.trunk, screen, 1)
    add_stock(session, warehouse, screen, 1)
    job = job_for(session, device, {battery: 1, screen: 1})

    assert reserve_for(session, job) == []
    assert places_of(job) == {battery.sku: far.trunk, screen.sku: far.trunk}


def test_what_the_trunk_lacks_comes_from_the_nearest_warehouse(session: Session, device: Device) -> None:
    battery, screen = add_part(session), add_part(session, family=PartFamily.SCREEN)
    far, near = add_place(session, position=BRAGA), add_place(session, position=MATOSINHOS)
    technician = add_technician(session)
    add_stock(session, technician.trunk, battery, 1)
    add_stock(session, far, screen, 1)
    add_stock(session, near, screen, 1)
    job = job_for(session, device, {battery: 1, screen: 1})

    assert reserve_for(session, job) == []
    assert places_of(job) == {battery.sku: technician.trunk, screen.sku: near}


def test_parts_in_two_vans_meet_at_no_site_so_a_colleague_is_asked_and_the_job_waits(
    session: Session, device: Device
) -> None:
    battery, screen = add_part(session, sku="P-BAT"), add_part(session, sku="P-SCR", family=PartFamily.SCREEN)
    ana, rui = add_technician(session, home=MATOSINHOS), add_technician(session, home=BRAGA)
    add_stock(session, ana.trunk, battery, 1)
    add_stock(session, rui.trunk, screen, 3)
    job = job_for(session, device, {battery: 1, screen: 1})

    missing = reserve_for(session, job)

    assert missing == [MissingPart(part_id=screen.id, sku="P-SCR", wanted=1, available=0, elsewhere=0, coming=1)]
    assert places_of(job) == {"P-BAT": ana.trunk, "P-SCR": rui.trunk}
    transfer = session.scalars(sa.select(Transfer)).one()
    assert (transfer.from_place, transfer.to_place, transfer.reason) == (rui.trunk, ana.trunk, job.number)
    assert find_differences(session) == []


def test_the_job_has_its_parts_when_the_colleague_has_brought_them(session: Session, device: Device) -> None:
    battery, screen = add_part(session), add_part(session, family=PartFamily.SCREEN)
    ana, rui = add_technician(session, home=MATOSINHOS), add_technician(session, home=BRAGA)
    add_stock(session, ana.trunk, battery, 1)
    add_stock(session, rui.trunk, screen, 1)
    job = job_for(session, device, {battery: 1, screen: 1})
    reserve_for(session, job)
    transfer = session.scalars(sa.select(Transfer)).one()
    transfers.pick(session, transfer_id=transfer.id)
    transfers.ship(session, transfer_id=transfer.id, actor_id=None)

    assert [line.coming for line in reserve_for(session, job)] == [1]
    arrivals.receive(session, transfer_id=transfer.id, actor_id=None)

    assert reserve_for(session, job) == []
    assert places_of(job) == {battery.sku: ana.trunk, screen.sku: ana.trunk}


def test_a_colleague_is_called_off_when_the_warehouse_has_the_part_after_all(session: Session, device: Device) -> None:
    battery = add_part(session)
    store, ana = add_place(session), add_technician(session, skills={"printer": 2})
    rui = add_technician(session)
    add_stock(session, rui.trunk, battery, 1)
    job = job_for(session, device, {battery: 1}, skills={"printer": 2})
    assert [line.coming for line in reserve_for(session, job)] == [1]
    receive(session, place_id=store.id, pieces={battery.id: 1}, reference="DN-1", actor_id=None)

    assert reserve_for(session, job) == []

    assert places_of(job) == {battery.sku: store}
    assert session.scalars(sa.select(Transfer)).one().state is TransferState.CANCELLED
    assert ana.trunk is not rui.trunk


def test_a_job_that_is_cancelled_calls_its_colleague_off(session: Session, device: Device) -> None:
    battery = add_part(session)
    add_technician(session, skills={"printer": 2})
    rui = add_technician(session)
    level = add_stock(session, rui.trunk, battery, 1)
    job = job_for(session, device, {battery: 1}, skills={"printer": 2})
    reserve_for(session, job)

    release_for(session, job)

    session.refresh(level)
    assert level.available == 1
    assert session.scalars(sa.select(Transfer)).one().state is TransferState.CANCELLED


def test_a_short_part_is_replaced_by_the_best_substitute_that_fits(session: Session, device: Device) -> None:
    wanted = add_part(session, sku="P-OLD", fits=["A920"])
    unfit, second, first = (
        add_part(session, sku=sku, fits=[model]) for sku, model in (("P-X", "S900"), ("P-2", "A920"), ("P-1", "A920"))
    )
    wanted.substitutes = [
        Substitute(substitute=part, rank=rank) for part, rank in ((unfit, 1), (second, 3), (first, 2))
    ]
    store = add_place(session)
    for part in (unfit, second, first):
        add_stock(session, store, part, 5)
    job = job_for(session, device, {wanted: 1})

    assert reserve_for(session, job) == []

    [line] = job.parts
    assert (line.part, line.instead_of) == (first, wanted)
    assert places_of(job) == {"P-1": store}


def test_the_wanted_part_comes_back_when_it_is_there_again(session: Session, device: Device) -> None:
    wanted, other = add_part(session, sku="P-OLD", fits=["A920"]), add_part(session, sku="P-NEW", fits=["A920"])
    wanted.substitutes = [Substitute(substitute=other, rank=1)]
    store = add_place(session)
    add_stock(session, store, other, 1)
    job = job_for(session, device, {wanted: 1})
    reserve_for(session, job)
    receive(session, place_id=store.id, pieces={wanted.id: 1}, reference="DN-1", actor_id=None)

    assert reserve_for(session, job) == []

    [line] = job.parts
    assert (line.part, line.instead_of) == (wanted, None)


def test_a_promise_knows_when_it_is_needed_and_when_it_ends(session: Session, device: Device) -> None:
    part = add_part(session)
    add_stock(session, add_place(session), part, 1)
    job = job_for(session, device, {part: 1})

    reserve_for(session, job)

    [line] = job.parts
    assert line.reservation is not None
    assert line.reservation.needed_at == needed_at(job) == job.response_due
    assert line.reservation.expires_at is not None
    assert line.reservation.expires_at > job.response_due


def test_a_job_without_position_is_served_from_any_able_trunk(session: Session) -> None:
    part = add_part(session)
    technician = add_technician(session)
    add_stock(session, technician.trunk, part, 1)
    job = job_for(session, add_device(session, site=add_site(session, position=None)), {part: 1})

    assert reserve_for(session, job) == []
    assert places_of(job) == {part.sku: technician.trunk}


def test_missing_parts_are_told_as_things_stand_now(session: Session, device: Device) -> None:
    part = add_part(session, sku="P-1")
    store = add_place(session)
    level = add_stock(session, store, part, 1)
    job = job_for(session, device, {part: 2})

    assert missing_parts(session, job) == [MissingPart(part_id=part.id, sku="P-1", wanted=2, available=1, elsewhere=0)]
    level.on_hand = 2
    session.flush()
    assert missing_parts(session, job) == []


def test_without_any_place_everything_is_missing(session: Session, device: Device) -> None:
    part = add_part(session, sku="P-1")

    [missing] = reserve_for(session, job_for(session, device, {part: 1}))

    assert (missing.sku, missing.available, missing.elsewhere) == ("P-1", 0, 0)


def test_released_parts_are_available_again_and_the_demand_stays(session: Session, device: Device) -> None:
    part = add_part(session)
    level = add_stock(session, add_place(session), part, 2)
    job = job_for(session, device, {part: 2})
    reserve_for(session, job)

    release_for(session, job)

    session.refresh(level)
    assert level.available == 2
    assert wanted_pieces(job) == {part.id: 2}


def test_a_second_attempt_promises_nothing_twice(session: Session, device: Device) -> None:
    part = add_part(session)
    level = add_stock(session, add_place(session), part, 2)
    job = job_for(session, device, {part: 2})

    assert reserve_for(session, job) == reserve_for(session, job) == []

    session.refresh(level)
    assert level.reserved == 2
    assert find_differences(session) == []


def test_only_pieces_that_were_not_used_up_are_sought_for_the_next_visit(session: Session, device: Device) -> None:
    part = add_part(session)
    store = add_place(session, kind=PlaceKind.WAREHOUSE)
    add_stock(session, store, part, 5)
    job = job_for(session, device, {part: 3})
    reserve_for(session, job)
    [line] = job.parts
    assert line.reservation is not None
    reservations.use(session, reservation_id=line.reservation.id, quantity=2, actor_id=None)
    line.used = 2

    assert wanted_pieces(job) == {part.id: 1}
    assert reserve_for(session, job) == []
    assert line.reservation.quantity == 1
