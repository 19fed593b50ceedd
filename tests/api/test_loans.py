"""Facts about what is lent to shops over the API."""

import pytest

from dispatch.models import JobPart
from dispatch.models.jobs import JobStatus
from inventory.audit import find_differences
from tests.api.conftest import World
from tests.factories import add_job, add_part, add_place, add_site, add_stock

LOAN = {"site": "S-1", "from": "NORTH", "sku": "BAT-1", "quantity": 2, "reference": "J-42"}


@pytest.fixture
def depot(world: World) -> World:
    battery = add_part(world.session, sku="BAT-1")
    add_stock(world.session, add_place(world.session, code="NORTH"), battery, 2)
    add_site(world.session, code="S-1", name="Café Central")
    return world


def test_pieces_are_lent_listed_and_taken_back_for_a_job_that_waits(depot: World) -> None:
    made = depot.warehouse.post("/loans", LOAN)
    [lent] = made.json["loans"]
    job = add_job(depot.session, status=JobStatus.WAITING_PARTS)
    job.parts.append(JobPart(part=add_part(depot.session, sku="BAT-2"), quantity=1, used=0))
    job.parts[0].part_id = depot.session.get_one(type(job.parts[0].part), 1).id

    listed = depot.dispatcher.get("/loans").json["loans"]
    back = depot.warehouse.post(f"/loans/{lent['id']}/take-back", {"place": "NORTH", "good": 1})
    gone = depot.warehouse.post(f"/loans/{lent['id']}/write-off", {"quantity": 1, "reason": "stolen"})

    assert made.status_code == 201
    assert (lent["number"], lent["site"], lent["out"], lent["closed_at"]) == ("L-1", "Café Central", 2, None)
    assert listed == [lent]
    assert (back.json["loan"]["out"], back.json["ready"]) == (1, [job.number])
    assert (gone.json["returned"], gone.json["lost"], gone.json["out"]) == (1, 1, 0)
    assert depot.warehouse.get("/loans").json["loans"] == []
    assert [loan["number"] for loan in depot.warehouse.get("/loans", all="true").json["loans"]] == ["L-1"]
    assert find_differences(depot.session) == []


@pytest.mark.parametrize(
    ("change", "status", "title"),
    [
        ({"site": "NOPE"}, 404, "unknown_site"),
        ({"sku": "NOPE"}, 404, "unknown_part"),
        ({"from": "NOPE"}, 404, "unknown_place"),
        ({"quantity": 3}, 409, "insufficient_stock"),
        ({"quantity": 0}, 422, "Unprocessable Entity"),
    ],
)
def test_what_cannot_be_lent_changes_nothing(depot: World, change: dict[str, object], status: int, title: str) -> None:
    refused = depot.warehouse.post("/loans", LOAN | change)

    assert (refused.status_code, refused.json["title"]) == (status, title)
    assert depot.warehouse.get("/loans").json["loans"] == []


def test_more_than_is_out_does_not_come_back(depot: World) -> None:
    depot.warehouse.post("/loans", LOAN)

    refused = depot.warehouse.post("/loans/1/take-back", {"place": "NORTH", "good": 3})

    assert (refused.status_code, refused.json["title"], refused.json["out"]) == (409, "not_out", 2)
    assert depot.warehouse.post("/loans/7/write-off", {"quantity": 1, "reason": "x"}).status_code == 404
