"""A refused command of the stock room leaves the whole database as it was, to the last byte of every row."""

from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from core.base import Base
from inventory import counts, ledger, picking, purchasing, returns, rmas, transfers
from inventory.models import Part
from tests.api.conftest import World
from tests.factories import MONDAY, add_part, add_place, add_site, add_stock, add_technician

BATTERIES = {"sku": "BAT-1", "quantity": 3}
NOBODY_KNOWS = {"sku": "NO", "quantity": 1}
KNOWN_READER = {"sku": "RDR-1", "quantity": 1, "serials": ["R-1"]}
NOTE = {"warehouse": "NORTH", "reference": "DN 7"}
BATTERIES_AND_READERS = [{"sku": "BAT-1", "pieces": 4}, {"sku": "RDR-1", "pieces": 0}]

# Where what is asked, and the code of the refusal. Where there are two lines the second is wrong, and the first undone.
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("/deliveries", NOTE | {"lines": [BATTERIES, NOBODY_KNOWS]}, "unknown_part"),
    ("/deliveries", NOTE | {"lines": [BATTERIES, KNOWN_READER]}, "serial_received_twice"),
    ("/counts", {"place": "VAN-T1", "sku": "RDR-1", "counted": 2, "reason": "c"}, "wrong_number_of_serials"),
    ("/transfers", {"from": "NORTH", "to": "NORTH", "reason": "r", "lines": [BATTERIES]}, "same_place"),
    ("/transfers/1/pick", {"lines": [{"line": 1, "quantity": 9}]}, "picked_too_many"),
    ("/transfers/2/cancel", {}, "transfer_has_left"),
    ("/transfers/2/receive", {"lines": [{"line": 2, "good": 1}]}, "remark_missing"),
    ("/purchase-orders/1/receive", {"lines": [{"code": "BAT-1", "quantity": 11}]}, "received_too_many"),
    ("/purchase-orders/1/send", {}, "order_not_in_state"),
    ("/pick-lists/1/confirm", {}, "insufficient_stock"),
    ("/pick-lists/1/scan", {"scanned": "RDR-1"}, "scan_not_expected"),
    ("/loans", {"site": "S-1", "from": "NORTH", "reference": "J", **BATTERIES, "quantity": 99}, "insufficient_stock"),
    ("/cores/receive", {"warehouse": "NORTH", "cores": [2, 1]}, "core_not_in_state"),
    ("/cores/2/repair", {"finding": "f"}, "core_not_in_state"),
    ("/rmas/1/credit", {"credit_cents": 5}, "rma_not_in_state"),
    ("/cycle-counts/1/lines", {"lines": BATTERIES_AND_READERS}, "not_on_count"),
    ("/cycle-counts/1/approve", {}, "count_not_in_state"),
    ("/reorder/levels", {"place": "NORTH", "sku": "BAT-1", "minimum": 5, "target": 4}, "par_level_out_of_order"),
]


@pytest.fixture
def depot(world: World) -> World:
    """A stock room with a document of every kind on its way."""
    session = world.session
    north, van = add_place(session, code="NORTH"), add_technician(session, code="T1").trunk
    battery: Part = add_part(session, sku="BAT-1")
    add_stock(session, north, battery, 10)
    battery.core_due = True
    reader = add_part(session, sku="RDR-1")
    reader.serial_tracked = True
    add_site(session, code="S-1")
    session.flush()
    ledger.receive(
        session, place_id=van.id, pieces={reader.id: 1}, serials={reader.id: ["R-1"]}, reference="DN", actor_id=None
    )
    for _ in range(2):
        asked = transfers.request(
            session,
            from_place_id=north.id,
            to_place_id=van.id,
            lines=[transfers.TransferWanted(battery.id, 2)],
            reason="r",
            actor_id=None,
        )
    transfers.pick(session, transfer_id=asked.id)
    transfers.ship(session, transfer_id=asked.id, actor_id=None)
    supplier_id = battery.supplies[0].supplier_id
    order = purchasing.draft(
        session,
        supplier_id=supplier_id,
        warehouse_id=north.id,
        lines=[purchasing.OrderWanted(battery.id, 10)],
        actor_id=None,
    )
    purchasing.send(session, order_id=order.id, today=MONDAY)
    cores = returns.owe(session, part_id=battery.id, quantity=3, trunk_id=van.id, reference="J-1")
    for core in cores[1:]:
        ledger.consume(session, part_id=battery.id, quantity=1, place_id=north.id, reference="J-1", actor_id=None)
        returns.take(session, core_id=core.id, actor_id=None)
    returns.receive(session, core_ids=[cores[2].id], warehouse_id=north.id, actor_id=None)
    rmas.open_rma(session, supplier_id=supplier_id, warehouse_id=north.id, core_ids=[cores[2].id])
    counts.open_count(session, place_id=north.id, part_ids=[battery.id], reason="plan", actor_id=None)
    lines = [picking.PickWanted(battery.id, 2), picking.PickWanted(battery.id, 90)]
    picking.draw_up(session, warehouse_id=north.id, trunk_id=van.id, day=MONDAY, lines=lines)
    # Whoever calls has a token before the first look.
    assert world.warehouse.get("/audit").json["differences"] == []
    return world


def everything(world: World) -> Iterator[tuple[str, list[str]]]:
    world.session.rollback()
    for table in Base.metadata.sorted_tables:
        rows = world.session.execute(sa.select(table)).all()
        yield table.name, sorted(repr(tuple(row)) for row in rows)


@pytest.mark.parametrize(("path", "body", "title"), REFUSED, ids=[f"{path} {title}" for path, _, title in REFUSED])
def test_a_refused_command_changes_nothing(depot: World, path: str, body: dict[str, Any], title: str) -> None:
    before = dict(everything(depot))

    refused = depot.warehouse.post(path, body)

    assert refused.json["title"] == title
    assert dict(everything(depot)) == before
