"""Facts about counts over the API."""

from typing import Any

import pytest

from core.accounts import RoleName
from inventory.models import Part
from tests.api.conftest import World
from tests.factories import add_part, add_person, add_place, add_stock


@pytest.fixture
def battery(world: World) -> Part:
    part = add_part(world.session, sku="BAT-1", unit_cost_cents=1000)
    add_stock(world.session, add_place(world.session, code="NORTH"), part, 20, target=20)
    return part


def begin(world: World) -> int:
    made = world.warehouse.post("/cycle-counts", {"place": "NORTH", "skus": ["BAT-1"], "reason": "cycle"})
    assert made.status_code == 201, made.json
    return int(made.json["id"])


def counted(world: World, count_id: int, pieces: int) -> dict[str, Any]:
    body = {"lines": [{"sku": "BAT-1", "pieces": pieces}], "finish": True}
    return dict(world.warehouse.post(f"/cycle-counts/{count_id}/lines", body).json)


def test_what_is_due_is_counted_blind_twice_and_posted(world: World, battery: Part) -> None:
    due = world.warehouse.get("/cycle-counts/due", place="NORTH").json["due"]
    count_id = begin(world)
    first, second = counted(world, count_id, 19), counted(world, count_id, 19)

    assert [(part["sku"], part["value_class"], part["last"]) for part in due] == [("BAT-1", "c", None)]
    assert first["count"]["state"] == "second"
    assert "booked" not in first["count"]["lines"][0]
    assert second["count"]["state"] == "posted"
    assert second["count"]["lines"][0]["variance"] == -1
    assert world.warehouse.get(f"/cycle-counts/{count_id}").json["lines"][0]["booked"] == 20


def test_much_money_is_approved_by_somebody_else(world: World, battery: Part) -> None:
    count_id = begin(world)
    for _ in range(2):
        told = counted(world, count_id, 2)
    other = world.caller_for(add_person(world.session, roles=[RoleName.WAREHOUSE]))

    own = world.warehouse.post(f"/cycle-counts/{count_id}/approve")
    approved = other.post(f"/cycle-counts/{count_id}/approve")

    assert told["count"]["state"] == "approval"
    assert (own.status_code, own.json["title"]) == (403, "own_count")
    assert approved.json == {"count": approved.json["count"] | {"state": "posted"}, "released": []}


def test_nobody_who_counted_a_part_of_it_approves_a_count(world: World, battery: Part) -> None:
    count_id = begin(world)
    other = world.caller_for(add_person(world.session, roles=[RoleName.WAREHOUSE]))
    other.post(f"/cycle-counts/{count_id}/lines", {"lines": [{"sku": "BAT-1", "pieces": 3}]})
    for _ in range(2):
        counted(world, count_id, 2)

    refused = other.post(f"/cycle-counts/{count_id}/approve")

    assert (refused.status_code, refused.json["title"]) == (403, "own_count")


def test_a_count_is_rejected_listed_and_cancelled(world: World, battery: Part) -> None:
    count_id = begin(world)
    for _ in range(2):
        counted(world, count_id, 2)

    rejected = world.warehouse.post(f"/cycle-counts/{count_id}/reject").json
    listed = world.warehouse.get("/cycle-counts").json["counts"]
    cancelled = world.warehouse.post(f"/cycle-counts/{count_id}/cancel").json

    assert (rejected["state"], rejected["lines"]) == ("open", [{"sku": "BAT-1", "first": None, "second": None}])
    assert [count["id"] for count in listed] == [count_id]
    assert cancelled["state"] == "cancelled"


def test_closed_counts_are_listed_by_their_state(world: World, battery: Part) -> None:
    count_id = begin(world)
    counted(world, count_id, 20)

    posted = world.warehouse.get("/cycle-counts", state="posted").json["counts"]

    assert world.warehouse.get("/cycle-counts").json["counts"] == []
    assert [(count["id"], count["lines"][0]["booked"]) for count in posted] == [(count_id, 20)]


def test_a_list_of_counts_under_way_keeps_them_blind(world: World, battery: Part) -> None:
    begin(world)

    [listed] = world.warehouse.get("/cycle-counts").json["counts"]

    assert set(listed["lines"][0]) == {"sku", "first", "second"}


def test_an_administrator_sets_from_when_on_somebody_else_must_approve(world: World) -> None:
    changed = world.caller(RoleName.ADMIN).send("PUT", "/cycle-counts/limit", json={"limit_cents": 2500})
    refused = world.warehouse.send("PUT", "/cycle-counts/limit", json={"limit_cents": 1})

    assert (changed.status_code, refused.status_code) == (200, 403)
    assert world.warehouse.get("/cycle-counts/limit").json == {"limit_cents": 2500}


def test_a_count_that_is_not_there_is_not_found(world: World) -> None:
    assert world.warehouse.get("/cycle-counts/99").status_code == 404
