"""Facts about a technician's own van over the API."""

from dataclasses import dataclass

import pytest

from core.accounts import RoleName
from dispatch.models import Technician
from inventory import ledger
from inventory.audit import find_differences
from inventory.models import Part
from tests.api.conftest import Caller, World
from tests.factories import add_part, add_person, add_place, add_stock, add_technician


@dataclass
class Crew:
    """A warehouse with batteries, and two technicians of whom one has a numbered card reader."""

    world: World
    ana: Caller
    rui: Caller
    vans: tuple[str, str]

    def ask(self, by: Caller, source: str, sku: str, quantity: int = 1) -> int:
        body = {"from": source, "reason": "for tomorrow", "lines": [{"sku": sku, "quantity": quantity}]}
        made = by.post("/van/asks", body)
        assert made.status_code == 201, made.json
        return int(made.json["id"])


def caller_of(world: World, technician: Technician) -> Caller:
    user = add_person(world.session, name=technician.name, roles=[RoleName.TECHNICIAN])
    technician.user_id = user.id
    return world.caller_for(user)


@pytest.fixture
def crew(world: World) -> Crew:
    session = world.session
    battery: Part = add_part(session, sku="BAT-1")
    add_stock(session, add_place(session, code="NORTH"), battery, 10)
    ana, rui = add_technician(session, name="Ana"), add_technician(session, name="Rui")
    reader = add_part(session, sku="RDR-1")
    reader.serial_tracked = True
    session.flush()
    ledger.receive(
        session,
        place_id=rui.trunk_id,
        pieces={reader.id: 1},
        serials={reader.id: ["R-1"]},
        reference="DN-1",
        actor_id=None,
    )
    return Crew(world, caller_of(world, ana), caller_of(world, rui), (ana.trunk.code, rui.trunk.code))


def test_what_a_warehouse_brings_is_taken_into_the_van(crew: Crew) -> None:
    transfer_id = crew.ask(crew.ana, "NORTH", "BAT-1", 3)
    before = crew.ana.get("/van").json
    for step in ("pick", "ship"):
        crew.world.warehouse.post(f"/transfers/{transfer_id}/{step}")
    line = before["coming"][0]["lines"][0]["id"]

    body = {"lines": [{"line": line, "good": 2, "damaged": 1, "remark": "one was wet"}]}
    received = crew.ana.post(f"/van/transfers/{transfer_id}/receive", body)
    after = crew.ana.get("/van").json

    assert (before["trunk"], before["levels"], before["coming"][0]["state"]) == (crew.vans[0], [], "requested")
    assert received.json["transfer"]["state"] == "received"
    assert [(level["sku"], level["on_hand"]) for level in after["levels"]] == [("BAT-1", 2)]
    assert after["coming"] == []
    assert find_differences(crew.world.session) == []


def test_a_colleague_hands_a_numbered_piece_over(crew: Crew) -> None:
    transfer_id = crew.ask(crew.ana, crew.vans[1], "RDR-1")
    [asked] = crew.rui.get("/van").json["asked"]
    serials = {"lines": [{"line": asked["lines"][0]["id"], "serials": ["R-1"]}]}

    unnamed = crew.rui.post(f"/van/transfers/{transfer_id}/hand-over")
    given = crew.rui.post(f"/van/transfers/{transfer_id}/hand-over", serials)
    taken = crew.ana.post(f"/van/transfers/{transfer_id}/receive")

    assert (unnamed.status_code, unnamed.json["title"]) == (422, "wrong_number_of_serials")
    assert given.json["state"] == "shipped"
    assert taken.status_code == 200
    assert [(level["sku"], level["on_hand"]) for level in crew.ana.get("/van").json["levels"]] == [("RDR-1", 1)]


def test_nobody_receives_or_hands_over_for_another(crew: Crew) -> None:
    transfer_id = crew.ask(crew.ana, crew.vans[1], "RDR-1")

    answers = [
        crew.ana.post(f"/van/transfers/{transfer_id}/hand-over"),
        crew.rui.post(f"/van/transfers/{transfer_id}/receive"),
    ]

    assert [(answer.status_code, answer.json["title"]) for answer in answers] == [(403, "not_your_transfer")] * 2


def test_somebody_without_a_van_has_none_to_show(crew: Crew) -> None:
    person = add_person(crew.world.session, roles=[RoleName.TECHNICIAN])

    answer = crew.world.caller_for(person).get("/van")

    assert (answer.status_code, answer.json["title"]) == (409, "no_technician")
