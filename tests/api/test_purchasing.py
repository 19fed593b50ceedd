"""Facts about suppliers, purchase orders, reorder points and supply over the API."""

import datetime as dt
from typing import Any

import pytest

from dispatch.models import JobPart
from dispatch.models.jobs import JobStatus
from inventory.models import Part, PastDemand, PlaceKind
from tests.api.conftest import World
from tests.factories import MONDAY, add_job, add_part, add_place, add_stock


@pytest.fixture
def battery(world: World) -> Part:
    """Ten are sold in a pack; the depot is down to two of them."""
    part = add_part(world.session, sku="BAT-1", pack_size=10, unit_cost_cents=900)
    part.barcode = "5601234567890"
    add_stock(world.session, add_place(world.session, code="NORTH"), part, 2, minimum=4, target=15)
    return part


def post(world: World, path: str, body: Any = None, status: int = 200) -> dict[str, Any]:
    answer = world.warehouse.post(path, body)
    assert answer.status_code == status, answer.json
    return dict(answer.json)


def test_from_the_proposal_to_the_shelf(world: World, battery: Part) -> None:
    session = world.session
    [proposal] = world.warehouse.get("/restock").json["proposals"]
    assert (proposal["quantity"], proposal["supplier"], proposal["facts"]["in_hand"]) == (20, "ACME", 2)

    [order] = post(world, "/purchase-orders/proposed", status=201)["orders"]
    assert (order["state"], order["lines"][0]["quantity"]) == ("draft", 20)
    assert order["lines"][0]["reason"].startswith("Lead time 7 days, ? per week, 2 in hand")
    assert world.warehouse.get("/restock").json["proposals"] == []

    sent = post(world, f"/purchase-orders/{order['id']}/send")
    assert sent["lines"][0]["due_on"] == (MONDAY + dt.timedelta(days=7)).isoformat()

    job = add_job(session, status=JobStatus.WAITING_PARTS)
    job.parts.append(JobPart(part=battery, quantity=3, used=0))
    partly = post(
        world, f"/purchase-orders/{order['id']}/receive", {"lines": [{"code": "5601234567890", "quantity": 5}]}
    )
    assert (partly["order"]["state"], partly["ready"]) == ("partly_received", [job.number])

    refused = world.warehouse.post(
        f"/purchase-orders/{order['id']}/receive", {"lines": [{"code": "BAT-1", "quantity": 16}]}
    )
    assert (refused.status_code, refused.json["title"]) == (409, "received_too_many")
    assert "20 ordered, 5 received before, 16 more" in refused.json["detail"]

    whole = post(world, f"/purchase-orders/{order['id']}/receive", {"lines": [{"code": "BAT-1", "quantity": 15}]})
    assert whole["order"]["state"] == "received"
    cancelled = world.warehouse.post(f"/purchase-orders/{order['id']}/cancel")
    assert (cancelled.status_code, cancelled.json["title"]) == (409, "order_received")


def test_a_supplier_and_what_it_sells(world: World, battery: Part) -> None:
    post(world, "/suppliers", {"code": "BEST", "name": "Best Parts"}, status=201)
    terms = {"lead_time_days": 2, "price_cents": 1_100, "rank": 2}
    set_up = world.warehouse.send("PUT", "/suppliers/BEST/parts/BAT-1", json=terms)
    assert set_up.status_code == 200

    assert [row["code"] for row in world.warehouse.get("/suppliers").json["suppliers"]] == ["ACME", "BEST"]
    [sold] = world.warehouse.get("/suppliers/BEST/parts").json["supplies"]
    assert (sold["sku"], sold["lead_time_days"], sold["pack_size"]) == ("BAT-1", 2, 1)

    body = {"supplier": "BEST", "warehouse": "NORTH", "lines": [{"sku": "BAT-1", "quantity": 3}]}
    order = post(world, "/purchase-orders", body, status=201)
    assert order["lines"][0]["price_cents"] == 1_100


def test_an_order_of_half_a_pack_is_refused(world: World, battery: Part) -> None:
    body = {"supplier": "ACME", "warehouse": "NORTH", "lines": [{"sku": "BAT-1", "quantity": 15}]}

    refused = world.warehouse.post("/purchase-orders", body)

    assert (refused.status_code, refused.json["title"]) == (422, "not_whole_packs")


def test_reorder_points_are_computed_and_may_be_overruled(world: World, battery: Part) -> None:
    for back in range(1, 21):
        week = MONDAY - dt.timedelta(weeks=back)
        world.session.add(PastDemand(part_id=battery.id, week=week, quantity=6))
    policy = {"service_level": 0.9, "cover_days": 14}
    assert world.warehouse.send("PUT", "/reorder/policy", json=policy).status_code == 200
    assert world.warehouse.get("/reorder/policy").json == policy

    [rule] = post(world, "/reorder/rules")["rules"]

    # The level was set before anything was computed, so it counts as set by a person.
    assert (rule["sku"], rule["place"], rule["by_hand"], rule["service_level"]) == ("BAT-1", "NORTH", True, 0.9)
    assert rule["minimum"] >= 6
    set_level = {"place": "NORTH", "sku": "BAT-1", "minimum": 1, "target": 2}
    assert post(world, "/reorder/levels", set_level)["target"] == 2
    [level] = world.warehouse.get("/stock").json["levels"]
    assert (level["minimum"], level["target"]) == (1, 2)
    assert post(world, "/reorder/levels/follow", {"place": "NORTH", "sku": "BAT-1"})["by_hand"] is False
    assert [one["sku"] for one in world.warehouse.get("/reorder/rules").json["rules"]] == ["BAT-1"]


def test_the_curve_says_when_those_who_wait_can_have_their_pieces(world: World, battery: Part) -> None:
    job = add_job(world.session, status=JobStatus.WAITING_PARTS)
    job.parts.append(JobPart(part=battery, quantity=3, used=0))
    [order] = post(world, "/purchase-orders/proposed", status=201)["orders"]
    post(world, f"/purchase-orders/{order['id']}/send")
    # Whatever makes waiting jobs look again writes down what they wait for.
    count = {"place": "NORTH", "sku": "BAT-1", "counted": 2, "reason": "Looked"}
    post(world, "/deliveries", {"warehouse": "NORTH", "reference": "DN-1", "lines": [_paper(world)]}, status=201)
    post(world, "/counts", count)

    curve = world.dispatcher.get("/supply/BAT-1").json

    assert curve["available"] == {"warehouse": 2}
    [inflow] = curve["inflows"]
    assert (inflow["document"], inflow["source"]) == (order["number"], "on_order")
    [waiting] = curve["waiting"]
    assert (waiting["reference"], waiting["promised_on"]) == (job.number, inflow["on"])


def _paper(world: World) -> dict[str, Any]:
    return {"sku": add_part(world.session, sku="PAP-1").sku, "quantity": 1}


def test_a_draft_is_changed_line_by_line(world: World, battery: Part) -> None:
    [order] = post(world, "/purchase-orders/proposed", status=201)["orders"]
    line = f"/purchase-orders/{order['id']}/lines/BAT-1"

    changed = world.warehouse.send("PUT", line, json={"quantity": 30, "price_cents": 800})
    assert [(one["quantity"], one["price_cents"]) for one in changed.json["lines"]] == [(30, 800)]

    assert world.warehouse.send("DELETE", line).json["lines"] == []


def test_a_supplier_stops_selling_a_part(world: World, battery: Part) -> None:
    left = world.warehouse.send("DELETE", "/suppliers/ACME/parts/BAT-1")

    assert (left.status_code, left.json) == (200, {"supplies": []})


def test_a_van_is_filled_up(world: World, battery: Part) -> None:
    van = add_place(world.session, code="VAN-T07", kind=PlaceKind.TRUNK)
    add_stock(world.session, van, battery, 0, minimum=1, target=2)

    drawn = post(world, "/restock/top-ups", {"trunk": "VAN-T07", "warehouse": "NORTH"}, 201)["pick_list"]
    again = post(world, "/restock/top-ups", {"trunk": "VAN-T07", "warehouse": "NORTH"}, 201)["pick_list"]

    assert [(line["sku"], line["quantity"]) for line in drawn["lines"]] == [("BAT-1", 2)]
    assert again is None
