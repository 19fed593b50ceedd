"""Facts about defective parts that jobs have a part in, and about counts that jobs feel."""

from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from sqlalchemy.orm import Session

from dispatch import corework, fieldwork, stockwork
from dispatch.corework import NotYourCore
from dispatch.models import Job, JobPart, Technician, Visit
from dispatch.models.jobs import JobStatus
from inventory import audit, counts, returns, rmas
from inventory.models import Core, CoreState, Part, Place
from inventory.reservations import reserve_all
from inventory.returns_errors import NoCoreScanned, UnknownCore
from inventory.suppliers import add_supplier
from tests import factories as make
from tests.factories import at


class Day:
    """A technician on site with a printer in the van that must come back, and a depot."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.technician: Technician = make.add_technician(session)
        self.depot: Place = make.add_place(session, name="Depot North")
        self.printer: Part = make.add_part(session, sku="PRN-1")
        self.printer.core_due = True
        make.add_stock(session, self.technician.trunk, self.printer, 2)
        self.visit: Visit = make.add_visit(session, technician=self.technician)
        fieldwork.set_off(session, visit_id=self.visit.id, **self.who)
        fieldwork.arrive(session, visit_id=self.visit.id, **self.who)

    @property
    def who(self) -> dict[str, Any]:
        return {"technician_id": self.technician.id, "actor_id": None}

    def use(self, quantity: int = 1) -> list[Core]:
        fieldwork.use_part(self.session, visit_id=self.visit.id, part_id=self.printer.id, quantity=quantity, **self.who)
        return corework.cores_to_take(self.session, self.technician)

    def on_bench(self) -> Core:
        [core] = self.use()
        corework.take_core(self.session, core_id=core.id, **self.who)
        returns.receive(self.session, core_ids=[core.id], warehouse_id=self.depot.id, actor_id=None)
        return returns.put_on_bench(self.session, core_id=core.id, actor_id=None)

    def waiting_job(self) -> Job:
        """A job that waits for a printer, which none of the vans may spare."""
        make.add_technician(self.session)
        reserve_all(self.session, wants={self.printer.id: 1}, place_ids=[self.technician.trunk_id], reference="J-OTHER")
        job = make.add_job(self.session, status=JobStatus.WAITING_PARTS)
        job.parts.append(JobPart(part=self.printer, quantity=1, used=0))
        self.session.flush()
        return job


@pytest.fixture
def day(session: Session) -> Iterator[Day]:
    with time_machine.travel(at(8), tick=False):
        yield Day(session)
        session.flush()
        assert audit.find_differences(session) == []


def test_a_used_part_that_must_come_back_is_owed_by_whoever_used_it(day: Day) -> None:
    cores = day.use(2)

    assert [(core.state, core.trunk_id, core.reference) for core in cores] == [
        (CoreState.DUE, day.technician.trunk_id, day.visit.job.number)
    ] * 2


def test_a_technician_takes_only_the_own_cores(day: Day) -> None:
    [core] = day.use()
    other = make.add_technician(day.session)

    for act in (corework.take_core, lambda *args, **named: corework.leave_core(*args, reason="kept", **named)):
        with pytest.raises(NotYourCore):
            act(day.session, core_id=core.id, technician_id=other.id, actor_id=None)
    with pytest.raises(UnknownCore):
        corework.take_core(day.session, core_id=core.id + 1, **day.who)

    assert core.state is CoreState.DUE


def test_a_core_that_stays_at_the_shop_is_owed_no_more(day: Day) -> None:
    [core] = day.use()

    corework.leave_core(day.session, core_id=core.id, reason="customer kept it", **day.who)

    assert (core.state, corework.cores_to_take(day.session, day.technician)) == (CoreState.LOST, [])


@pytest.mark.parametrize("by", ["reference", "sku"])
def test_a_core_in_a_van_is_found_by_its_job_or_its_part(day: Day, by: str) -> None:
    [core] = day.use()
    code = core.reference if by == "reference" else day.printer.sku

    with pytest.raises(NoCoreScanned):
        returns.core_scanned(day.session, code)
    corework.take_core(day.session, core_id=core.id, **day.who)

    assert returns.core_scanned(day.session, f" {code} ") is core


def test_a_repaired_piece_goes_to_the_job_that_waits_for_it(day: Day) -> None:
    core, job = day.on_bench(), day.waiting_job()

    ready = corework.repair_core(day.session, core_id=core.id, finding="cleaned", actor_id=None)

    assert ready == [job]
    assert job.status is JobStatus.READY


def test_a_replacement_goes_to_the_job_that_waits_for_it(day: Day) -> None:
    core, job = day.on_bench(), day.waiting_job()
    supplier = add_supplier(day.session, code="PRINTCO", name="Print & Co")
    rma = rmas.open_rma(day.session, supplier_id=supplier.id, warehouse_id=day.depot.id, core_ids=[core.id])
    rmas.ship(day.session, rma_id=rma.id, supplier_reference="A-1", actor_id=None)

    ready = corework.receive_replacement(day.session, rma_id=rma.id, actor_id=None)

    assert ready == [job]


def counted(day: Day, pieces: int) -> list[str]:
    """The documents that lost their promise when so many printers were counted twice in the van."""
    document = counts.open_count(
        day.session, place_id=day.technician.trunk_id, part_ids=[day.printer.id], reason="cycle", actor_id=None
    )
    lost: list[str] = []
    for _ in range(2):
        counts.record(day.session, count_id=document.id, part_id=day.printer.id, pieces=pieces, actor_id=None)
        lost += stockwork.finish_count(day.session, count_id=document.id, actor_id=None)
    return lost


def test_a_short_count_tells_whose_promise_it_could_not_keep(day: Day) -> None:
    reserve_all(
        day.session, wants={day.printer.id: 2}, place_ids=[day.technician.trunk_id], reference=day.visit.job.number
    )

    assert counted(day, 1) == [day.visit.job.number]


def test_pieces_that_a_count_finds_go_to_the_job_that_waits(day: Day) -> None:
    reserve_all(day.session, wants={day.printer.id: 1}, place_ids=[day.technician.trunk_id], reference="J-OTHER-2")
    job = day.waiting_job()

    counted(day, 3)

    assert job.status is JobStatus.READY
