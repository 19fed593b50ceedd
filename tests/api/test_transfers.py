"""Facts about transfers over the API."""

from dataclasses import dataclass

import pytest

from dispatch.models import JobPart
from dispatch.models.jobs import JobStatus
from inventory.ledger import find_differences
from inventory.models import Part, PlaceKind
from tests.api.conftest import World
from tests.factories import add_job, add_part, add_place, add_stock, add_technician


@dataclass
class Depot:
    """A warehouse with ten batteries, and a technician's van."""

    world: World
    battery: Part
    van: str

    def request(self, quantity: int = 3) -> dict[str, object]:
        body = {
            "from": "NORTH",
            "to": self.van,
            "reason": "Asked for on the phone",
            "lines": [{"sku": self.battery.sku, "quantity": quantity}],
        }
        made = self.world.warehouse.post("/transfers", body)
        assert made.status_code == 201, made.json
        return dict(made.json)

    def step(self, transfer: dict[str, object], step: str, body: object = None) -> dict[str, object]:
        done = self.world.warehouse.post(f"/transfers/{transfer['id']}/{step}", body)
        assert done.status_code == 200, done.json
        return dict(done.json)


@pytest.fixture
def depot(world: World) -> Depot:
    session = world.session
    north = add_place(session, code="NORTH")
    battery = add_part(session, sku="BAT-1")
    add_stock(session, north, battery, 10)
    return Depot(world, battery, add_technician(session).trunk.code)


def test_a_transfer_goes_its_way_and_makes_a_waiting_job_ready(depot: Depot) -> None:
    session = depot.world.session
    transfer = depot.request()
    depot.step(transfer, "pick")
    depot.step(transfer, "ship", {"expected_at": "2026-11-23T12:00:00+00:00"})
    job = add_job(session, status=JobStatus.WAITING_PARTS)
    job.parts.append(JobPart(part=depot.battery, quantity=1, used=0))

    received = depot.step(transfer, "receive")

    assert received["ready"] == [job.number]
    shown = depot.world.dispatcher.get(f"/transfers/{transfer['id']}").json
    assert (shown["state"], shown["lines"][0]["received"]) == ("received", 3)
    listed = depot.world.dispatcher.get("/transfers", place=depot.van, state="received").json["transfers"]
    assert [row["number"] for row in listed] == [shown["number"]]
    session.expire_all()
    assert find_differences(session) == []


def test_what_is_missing_is_listed_until_it_is_accounted_for(depot: Depot) -> None:
    transfer = depot.request()
    depot.step(transfer, "pick")
    [line] = depot.step(transfer, "ship")["lines"]  # type: ignore[misc]
    short = {"line": line["id"], "good": 1, "remark": "The box was open"}
    depot.step(transfer, "receive", {"lines": [short]})

    [missing] = depot.world.warehouse.get("/transfers/missing").json["lines"]
    assert (missing["missing"], missing["transfer"]) == (2, transfer["number"])

    path = f"/transfers/lines/{line['id']}"
    found = depot.world.warehouse.post(f"{path}/found", {"quantity": 1, "place": "NORTH"})
    lost = depot.world.warehouse.post(f"{path}/write-off", {"quantity": 1, "reason": "Never turned up"})

    assert (found.status_code, lost.status_code) == (200, 200)
    assert depot.world.warehouse.get("/transfers/missing").json["lines"] == []


def test_a_repeat_with_the_same_key_does_nothing(depot: Depot) -> None:
    transfer = depot.request()
    depot.step(transfer, "pick")
    path = f"/transfers/{transfer['id']}/ship"

    answers = [depot.world.warehouse.post(path, key="once") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json == answers[1].json


def test_what_has_left_cannot_be_cancelled(depot: Depot) -> None:
    transfer = depot.request()
    depot.step(transfer, "pick")
    depot.step(transfer, "ship")

    refused = depot.world.warehouse.post(f"/transfers/{transfer['id']}/cancel")

    assert (refused.status_code, refused.json["title"]) == (409, "transfer_has_left")
    assert "left NORTH" in refused.json["detail"]
    back = depot.step(transfer, "receive", {"turned_back": True})
    assert back["transfer"]["state"] == "turned_back"  # type: ignore[index]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"from": "NORTH", "to": "NORTH"}, 422, "same_place"),
        ({"from": "NORTH", "to": "NOWHERE"}, 404, "unknown_place"),
        ({"lines": [{"sku": "NO-SUCH", "quantity": 1}]}, 404, "unknown_part"),
        ({"lines": [{"sku": "BAT-1", "quantity": -1}]}, 422, None),
        ({"lines": [{"sku": "BAT-1", "quantity": 9_999_999}]}, 422, "quantity_out_of_range"),
    ],
)
def test_bad_requests_are_refused(depot: Depot, body: dict[str, object], status: int, code: str | None) -> None:
    usual = {"from": "NORTH", "to": depot.van, "reason": "x", "lines": [{"sku": "BAT-1", "quantity": 1}]}

    refused = depot.world.warehouse.post("/transfers", usual | body)

    assert refused.status_code == status
    assert code is None or refused.json["title"] == code


def test_only_those_who_may_do_it(depot: Depot) -> None:
    transfer = depot.request()

    assert depot.world.dispatcher.post(f"/transfers/{transfer['id']}/pick").status_code == 403
    assert PlaceKind.TRANSIT.value not in str(depot.world.dispatcher.get("/stock").json)
