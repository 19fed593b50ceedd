"""Facts about the catalogue, scanning and tracing over the API."""

from typing import Any

import pytest

from inventory import picking
from inventory.models import PlaceKind
from inventory.queries import part_by_sku, place_by_code
from tests.api.conftest import World
from tests.factories import MONDAY, add_part, add_place

BOARD: dict[str, Any] = {
    "name_en": "Mainboard A920",
    "name_zh": "A920 主板",
    "family": "mainboard",
    "unit_cost_cents": 9900,
    "serial_tracked": True,
    "fits": ["A920"],
}


@pytest.fixture
def store(world: World) -> World:
    """A warehouse with the boards M1 and M2, which were taken into the catalogue and received over the API."""
    add_place(world.session, code="NORTH")
    assert world.warehouse.post("/parts", {"sku": "BRD-1", **BOARD}).status_code == 201
    lines = [{"sku": "BRD-1", "quantity": 2, "serials": ["M1", "M2"]}]
    answer = world.warehouse.post("/deliveries", {"warehouse": "NORTH", "reference": "DN 7", "lines": lines})
    assert answer.get_json()["pieces"] == 2
    return world


def test_a_part_is_taken_in_and_changed(world: World) -> None:
    add_part(world.session, sku="BRD-2")

    made = world.warehouse.post("/parts", {"sku": "BRD-1", **BOARD}).get_json()
    changed = world.warehouse.send("PUT", "/parts/BRD-1", json=BOARD | {"substitutes": ["BRD-2"], "barcode": "400"})

    assert made | {"substitutes": ["BRD-2"], "barcode": "400"} == changed.get_json()
    assert world.dispatcher.get("/parts/BRD-1").get_json() == changed.get_json()
    assert [part["sku"] for part in world.dispatcher.get("/parts", text="主板").get_json()["parts"]] == ["BRD-1"]


def test_a_code_in_use_is_refused(world: World) -> None:
    world.warehouse.post("/parts", {"sku": "BRD-1", **BOARD})

    answer = world.warehouse.post("/parts", {"sku": "BRD-1", **BOARD})

    assert (answer.status_code, answer.get_json()["title"]) == (409, "code_taken")


def test_tracking_cannot_end_while_pieces_are_there(store: World) -> None:
    answer = store.warehouse.send("PUT", "/parts/BRD-1", json=BOARD | {"serial_tracked": False})

    assert (answer.status_code, answer.get_json()["title"]) == (409, "tracking_with_stock")
    assert answer.get_json()["place"] == "NORTH"


def test_a_serial_is_not_received_twice(store: World) -> None:
    lines = [{"sku": "BRD-1", "quantity": 1, "serials": ["M2"]}]

    answer = store.warehouse.post("/deliveries", {"warehouse": "NORTH", "reference": "DN 8", "lines": lines})

    assert answer.status_code == 409
    assert answer.get_json() | {"serial": "M2", "place": "NORTH", "title": "serial_received_twice"} == answer.get_json()


def test_a_label_leads_to_the_piece_and_its_way(store: World) -> None:
    found = store.dispatcher.get("/find", text="M1").get_json()
    custody = store.dispatcher.get("/parts/BRD-1/serials/M1").get_json()

    assert found["pieces"] == [{"sku": "BRD-1", "serial": "M1", "place": "NORTH", "place_kind": "warehouse"}]
    assert [(step["from_place"], step["to_place"], step["reference"]) for step in custody["steps"]] == [
        ("@supplier", "NORTH", "DN 7")
    ]
    assert custody["steps"][0]["who"] == "warehouse"
    assert store.dispatcher.get("/parts/BRD-1/serials/X").status_code == 404
    assert store.warehouse.get("/audit").get_json() == {"differences": []}


def test_a_pick_list_is_confirmed_by_scan(store: World) -> None:
    session = store.session
    part = store.dispatcher.get("/find", text="BRD-1").get_json()["parts"][0]
    van = add_place(session, kind=PlaceKind.TRUNK, code="VAN-1")
    ids = store.dispatcher.get("/places").get_json()["places"]
    drawn = picking.draw_up(
        session,
        warehouse_id=_place_id(store, "NORTH"),
        trunk_id=van.id,
        day=MONDAY,
        lines=[picking.PickWanted(_part_id(store, part["sku"]), 1)],
    )
    line_id = drawn.lines[0].id
    store.warehouse.post("/places/bins", {"place": "NORTH", "sku": "BRD-1", "bin": "A-03"})

    shown = store.warehouse.get(f"/pick-lists/{drawn.id}").get_json()
    wrong = store.warehouse.post(f"/pick-lists/{drawn.id}/scan", {"scanned": "BRD-1"})
    right = store.warehouse.post(f"/pick-lists/{drawn.id}/scan", {"scanned": "M2"})
    short = store.warehouse.post(f"/pick-lists/lines/{line_id}/short", {"found": 0, "reason": "?"})

    assert [place["code"] for place in ids] == ["NORTH", "VAN-1"]
    assert (shown["lines"][0]["bin"], shown["lines"][0]["serial_tracked"]) == ("A-03", True)
    assert (wrong.status_code, wrong.get_json()["title"]) == (422, "serial_not_scanned")
    assert right.get_json()["state"] == "confirmed"
    assert (short.status_code, short.get_json()["title"]) == (409, "pick_line_closed")


def test_a_short_pick_tells_what_it_released(store: World) -> None:
    van = add_place(store.session, kind=PlaceKind.TRUNK, code="VAN-1")
    drawn = picking.draw_up(
        store.session,
        warehouse_id=_place_id(store, "NORTH"),
        trunk_id=van.id,
        day=MONDAY,
        lines=[picking.PickWanted(_part_id(store, "BRD-1"), 2)],
    )

    answer = store.warehouse.post(
        f"/pick-lists/lines/{drawn.lines[0].id}/short", {"found": 1, "reason": "one is gone", "serials": ["M1"]}
    )

    assert answer.get_json()["released"] == []
    assert (
        answer.get_json()["line"] | {"quantity": 1, "state": "confirmed", "remark": "one is gone"}
        == (answer.get_json()["line"])
    )


def test_a_warehouse_is_set_up(world: World) -> None:
    made = world.warehouse.post("/places", {"code": "EAST", "name": "Depot East", "lat": 41.0, "lon": -8.5})
    moved = world.warehouse.send("PUT", "/places/EAST", json={"name": "Depot East", "lat": 41.0})

    assert made.status_code == 201
    assert (moved.status_code, moved.get_json()["title"]) == (422, "position_incomplete")


def _place_id(world: World, code: str) -> int:
    return place_by_code(world.session, code).id


def _part_id(world: World, sku: str) -> int:
    return part_by_sku(world.session, sku).id
