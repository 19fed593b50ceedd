"""
A printer's way from the purchase order to a shop, and that of its core to the bench and back to stock.

``docs/inventory.md`` tells the same story; its tables are held here against what the service answers.
"""

import datetime as dt
import re
from pathlib import Path
from typing import Any

from time_machine import Traveller

from core.accounts import RoleName
from inventory.audit import find_differences
from inventory.models import PartFamily
from tests.api.conftest import Caller, World
from tests.factories import add_part, add_person, add_place, add_technician, add_visit

PAGE = Path(__file__).parents[2] / "docs" / "inventory.md"
START = dt.datetime(2026, 11, 23, 7, 30, tzinfo=dt.UTC)


class Story:
    """The people of the story, and what they do one after the other."""

    def __init__(self, world: World, clock: Traveller) -> None:
        session = world.session
        self.clock = clock
        add_place(session, code="NORTH", name="Depot North")
        printer = add_part(session, sku="PRN-T200", family=PartFamily.PRINTER, unit_cost_cents=8000)
        printer.serial_tracked = printer.core_due = True
        user = add_person(session, name="Ana", roles=[RoleName.TECHNICIAN])
        technician = add_technician(session, code="T01")
        technician.user_id = user.id
        self.van = technician.trunk.code
        self.visit = add_visit(session, technician=technician)
        self.visit.job.number = "J-000042"
        session.flush()
        self.warehouse, self.phone = world.warehouse, world.caller_for(user)

    def at(self, day: int, hour: int) -> None:
        """Go on on another day of the story."""
        self.clock.move_to(START.replace(hour=hour) + dt.timedelta(days=day))

    def step(self, path: str, body: object = None, *, by: Caller | None = None) -> dict[str, Any]:
        done = (by or self.warehouse).post(path, body)
        assert done.status_code in (200, 201), done.json
        return dict(done.json)

    def buy(self) -> None:
        self.step("/suppliers", {"code": "PRINTCO", "name": "Print & Co"})
        terms = {"lead_time_days": 5, "price_cents": 7900, "pack_size": 1}
        assert self.warehouse.send("PUT", "/suppliers/PRINTCO/parts/PRN-T200", json=terms).status_code == 200
        lines = [{"sku": "PRN-T200", "quantity": 1}]
        order = self.step("/purchase-orders", {"supplier": "PRINTCO", "warehouse": "NORTH", "lines": lines})
        self.step(f"/purchase-orders/{order['id']}/send")
        self.at(1, 8)
        delivered = [{"code": "PRN-T200", "quantity": 1, "serials": ["P-1001"]}]
        self.step(f"/purchase-orders/{order['id']}/receive", {"lines": delivered})

    def bring_to_the_van(self) -> None:
        self.at(2, 7)
        wanted = {
            "from": "NORTH",
            "to": self.van,
            "reason": "For J-000042",
            "lines": [{"sku": "PRN-T200", "quantity": 1}],
        }
        transfer = self.step("/transfers", wanted)
        self.step(f"/transfers/{transfer['id']}/pick")
        [line] = transfer["lines"]
        self.step(f"/transfers/{transfer['id']}/ship", {"lines": [{"line": line["id"], "serials": ["P-1001"]}]})
        self.at(2, 8)
        self.step(f"/transfers/{transfer['id']}/receive")

    def swap_at_the_shop(self) -> int:
        for step in ("set-off", "arrive"):
            self.step(f"/visits/{self.visit.id}/{step}", by=self.phone)
        self.at(2, 9)
        used = {"sku": "PRN-T200", "quantity": 1, "serials": ["P-1001"]}
        self.step(f"/visits/{self.visit.id}/parts", used, by=self.phone)
        [core] = self.phone.get("/cores/mine").json["cores"]
        self.step(f"/cores/{core['id']}/take", {"serial": "P-0007"}, by=self.phone)
        return int(core["id"])

    def repair(self, core_id: int) -> None:
        self.at(2, 18)
        self.step("/cores/receive", {"warehouse": "NORTH", "cores": [core_id]})
        self.at(4, 10)
        self.step(f"/cores/{core_id}/test")
        self.at(4, 11)
        self.step(f"/cores/{core_id}/repair", {"finding": "Paper roller replaced"})

    def way_of(self, serial: str) -> list[tuple[str, ...]]:
        steps = self.warehouse.get(f"/parts/PRN-T200/serials/{serial}").json["steps"]
        return [
            (
                dt.datetime.fromisoformat(step["at"]).strftime("%a %H:%M"),
                step["kind"],
                re.sub(r"@(\w+?)(-\w+)?$", r"\1", step["from_place"]),
                re.sub(r"@(\w+?)(-\w+)?$", r"\1", step["to_place"]),
                step["reference"],
            )
            for step in steps
        ]


def table_after(heading: str) -> list[tuple[str, ...]]:
    """The rows of the first table below a heading of the page."""
    rows = PAGE.read_text().partition(heading)[2].lstrip().partition("\n\n")[2].lstrip().partition("\n\n")[0]
    return [tuple(cell.strip() for cell in row.strip("|").split("|")) for row in rows.splitlines()[2:]]


def test_a_printer_and_its_core_go_the_way_that_the_page_tells(world: World, seven_thirty: Traveller) -> None:
    story = Story(world, seven_thirty)

    story.buy()
    story.bring_to_the_van()
    story.repair(story.swap_at_the_shop())

    assert story.way_of("P-1001") == table_after("#### The new printer")
    assert story.way_of("P-0007") == table_after("#### Its core")
    assert find_differences(world.session) == []
