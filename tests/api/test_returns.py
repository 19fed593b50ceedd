"""Facts about defective parts over the API."""

from dataclasses import dataclass
from typing import Any

import pytest

from core.accounts import RoleName
from dispatch.models import JobPart, Technician
from dispatch.models.jobs import JobStatus
from inventory import ledger, returns
from inventory.audit import find_differences
from inventory.models import Core, Part
from inventory.suppliers import add_supplier
from tests.api.conftest import Caller, World
from tests.factories import add_job, add_part, add_person, add_place, add_technician


@dataclass
class Depot:
    """A warehouse, and a technician who owes a card reader with a number."""

    world: World
    reader: Part
    technician: Technician
    phone: Caller
    core: Core

    def step(self, path: str, body: object = None, *, by: Caller | None = None) -> dict[str, Any]:
        done = (by or self.world.warehouse).post(path, body)
        assert done.status_code in (200, 201), done.json
        return dict(done.json)

    def to_bench(self) -> None:
        self.step(f"/cores/{self.core.id}/take", {"serial": "OLD-1"}, by=self.phone)
        self.step("/cores/receive", {"warehouse": "NORTH", "cores": [self.core.id]})
        self.step(f"/cores/{self.core.id}/test")

    def waiting_job(self) -> str:
        job = add_job(self.world.session, status=JobStatus.WAITING_PARTS)
        job.parts.append(JobPart(part=self.reader, quantity=1, used=0))
        return job.number


@pytest.fixture
def depot(world: World) -> Depot:
    session = world.session
    add_place(session, code="NORTH")
    add_supplier(session, code="READCO", name="Read & Co")
    reader = add_part(session, sku="RDR-1")
    reader.serial_tracked = reader.core_due = True
    user = add_person(session, roles=[RoleName.TECHNICIAN])
    technician = add_technician(session)
    technician.user_id = user.id
    session.flush()
    van, pieces = technician.trunk_id, {reader.id: ["NEW-1"]}
    ledger.receive(session, place_id=van, pieces={reader.id: 1}, reference="DN", actor_id=None, serials=pieces)
    ledger.consume(
        session, part_id=reader.id, quantity=1, place_id=van, reference="J-7", actor_id=None, serials=["NEW-1"]
    )
    [core] = returns.owe(session, part_id=reader.id, quantity=1, trunk_id=van, reference="J-7")
    return Depot(world, reader, technician, world.caller_for(user), core)


def test_a_technician_sees_what_is_owed_and_takes_it_along(depot: Depot) -> None:
    before = depot.phone.get("/cores/mine").json["cores"]

    taken = depot.step(f"/cores/{depot.core.id}/take", {"serial": "OLD-1"}, by=depot.phone)

    assert [(core["sku"], core["reference"]) for core in before] == [("RDR-1", "J-7")]
    assert (taken["state"], taken["serial"]) == ("taken", "OLD-1")
    assert depot.phone.get("/cores/mine").json["cores"] == []


def test_a_core_that_stays_at_the_shop_is_closed_with_the_reason(depot: Depot) -> None:
    left = depot.step(f"/cores/{depot.core.id}/leave", {"reason": "customer kept it"}, by=depot.phone)

    assert (left["state"], left["finding"]) == ("lost", "customer kept it")


def test_a_repaired_piece_makes_a_waiting_job_ready_and_counts_in_the_yield(depot: Depot) -> None:
    depot.to_bench()
    number = depot.waiting_job()

    repaired = depot.step(f"/cores/{depot.core.id}/repair", {"finding": "cleaned"})

    assert (repaired["core"]["state"], repaired["core"]["place"], repaired["ready"]) == ("repaired", "NORTH", [number])
    assert depot.world.warehouse.get("/cores/yields").json["yields"] == [
        {"sku": "RDR-1", "closed": 1, "repaired": 1, "share": 1.0, "turnaround_days": 0.0}
    ]
    assert find_differences(depot.world.session) == []


def test_a_piece_is_scrapped_or_written_off(depot: Depot) -> None:
    depot.to_bench()
    scrapped = depot.step(f"/cores/{depot.core.id}/scrap", {"finding": "burned"})
    again = depot.world.warehouse.post(f"/cores/{depot.core.id}/write-off", {"reason": "gone"})

    assert (scrapped["state"], again.status_code, again.json["title"]) == ("scrapped", 409, "core_not_in_state")


def test_a_supplier_replaces_a_piece(depot: Depot) -> None:
    depot.to_bench()
    number = depot.waiting_job()
    rma = depot.step("/rmas", {"supplier": "READCO", "warehouse": "NORTH", "cores": [depot.core.id]})
    depot.step(f"/rmas/{rma['id']}/ship", {"supplier_reference": "A-77"})

    replaced = depot.step(f"/rmas/{rma['id']}/replace", {"parts": [{"sku": "RDR-1", "serials": ["NEW-2"]}]})

    assert (replaced["rma"]["state"], replaced["ready"]) == ("replaced", [number])
    [listed] = depot.world.warehouse.get("/rmas").json["rmas"]
    assert (listed["supplier_reference"], listed["cores"][0]["state"]) == ("A-77", "returned")


@pytest.mark.parametrize(
    ("step", "body", "state", "core_state"),
    [("credit", {"credit_cents": 4200}, "credited", "returned"), ("refuse", None, "refused", "received")],
)
def test_a_supplier_pays_or_refuses(depot: Depot, step: str, body: object, state: str, core_state: str) -> None:
    depot.to_bench()
    rma = depot.step("/rmas", {"supplier": "READCO", "warehouse": "NORTH", "cores": [depot.core.id]})
    depot.step(f"/rmas/{rma['id']}/ship", {"supplier_reference": "A-77"})

    decided = depot.step(f"/rmas/{rma['id']}/{step}", body)

    assert (decided["state"], decided["cores"][0]["state"]) == (state, core_state)


def test_a_return_is_cancelled_before_it_leaves(depot: Depot) -> None:
    depot.to_bench()
    rma = depot.step("/rmas", {"supplier": "READCO", "warehouse": "NORTH", "cores": [depot.core.id]})

    cancelled = depot.step(f"/rmas/{rma['id']}/cancel")

    assert (cancelled["state"], cancelled["cores"][0]["state"]) == ("cancelled", "on_bench")


def test_cores_are_listed_by_van_and_state(depot: Depot) -> None:
    listed = depot.world.warehouse.get("/cores", state="due", trunk=depot.technician.trunk.code).json["cores"]

    assert [core["id"] for core in listed] == [depot.core.id]
    assert depot.world.warehouse.get("/cores", state="taken").json["cores"] == []


def test_a_step_that_is_sent_twice_is_taken_once(depot: Depot) -> None:
    path, body = f"/cores/{depot.core.id}/take", {"serial": "OLD-1"}

    first, second = (depot.phone.post(path, body, key="k1") for _ in range(2))

    assert first.status_code == second.status_code == 200
    assert first.json == second.json
