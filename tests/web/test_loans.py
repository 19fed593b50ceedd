"""Facts about the page of what is lent to shops."""

import pytest

from core.accounts import RoleName
from inventory import ledger
from inventory.audit import find_differences
from inventory.models import Part, Place
from tests import factories as make
from tests.web.conftest import Page, Visitor, World
from tests.web.page_forms import forms_to, send

PATH = "/warehouse/loans"


class Depot:
    """A warehouse with five batteries and a numbered terminal, and a shop."""

    def __init__(self, world: World) -> None:
        self.session = world.session
        self.place: Place = make.add_place(self.session, code="NORTH", name="Depot North")
        self.battery: Part = make.add_part(self.session, sku="BAT-1")
        make.add_stock(self.session, self.place, self.battery, 5)
        self.terminal: Part = make.add_part(self.session, sku="TRM-1")
        self.terminal.serial_tracked = True
        ledger.receive(
            self.session,
            place_id=self.place.id,
            pieces={self.terminal.id: 1},
            serials={self.terminal.id: ["N-1"]},
            reference="DN-1",
            actor_id=None,
        )
        make.add_site(self.session, code="S-1", name="Café Central")
        self.clerk: Visitor = world.signed_in(RoleName.WAREHOUSE)

    def lend(self, **typed: str) -> Page:
        asked = {"site": "S-1", "sku": "BAT-1", "quantity": "2", "from": "NORTH", "reference": "J-42"}
        return send(self.clerk, self.clerk.get(PATH), PATH, **asked | typed)

    def settle(self, **typed: str) -> Page:
        return send(self.clerk, self.clerk.get(PATH), f"{PATH}/1/take-back", **typed)


@pytest.fixture
def depot(world: World) -> Depot:
    return Depot(world)


def test_what_is_lent_is_listed_with_shop_reason_and_day_until_it_is_back(depot: Depot) -> None:
    empty = depot.clerk.get(PATH).text
    lent = depot.clerk.follow(depot.lend())
    part_of_it = depot.clerk.follow(depot.settle(quantity="1", action="good"))
    settled = depot.clerk.follow(depot.settle(quantity="1", action="damaged"))

    assert "Nothing is lent" in empty
    assert "L-1: lent to Café Central." in lent.text
    assert "BAT-1 Café Central 2" in lent.text
    assert "1 piece has arrived." in part_of_it.text
    assert "The damaged pieces wait to be tested." in settled.text
    assert "Nothing is lent" in settled.text
    assert find_differences(depot.session) == []


def test_a_numbered_piece_is_lent_and_given_up_by_its_number(depot: Depot) -> None:
    lent = depot.clerk.follow(depot.lend(sku="TRM-1", serials="N-1", quantity=""))
    refused = depot.settle(action="lost")
    written_off = depot.clerk.follow(depot.settle(action="lost", reason="the shop has closed"))

    assert "TRM-1 · N-1" in lent.text
    assert refused.status == 422
    assert "The pieces are written off." in written_off.text


@pytest.mark.parametrize(
    ("typed", "status", "words"),
    [
        ({"site": "NOPE"}, 404, "NOPE"),
        ({"sku": "NOPE"}, 404, "NOPE"),
        ({"quantity": "6"}, 409, "BAT-1"),
        ({"quantity": "x"}, 422, "x is not a whole number"),
        ({"reference": " "}, 422, "characters"),
        ({"sku": "TRM-1"}, 422, "TRM-1"),
    ],
)
def test_what_cannot_be_lent_says_why_and_keeps_what_was_typed(
    depot: Depot, typed: dict[str, str], status: int, words: str
) -> None:
    refused = depot.lend(**typed)

    assert refused.status == status
    assert words in refused.text
    assert forms_to(refused, PATH)[0]["site"] == typed.get("site", "S-1")


def test_a_dispatcher_looks_and_does_not_touch(depot: Depot, world: World) -> None:
    depot.lend()
    dispatcher = world.signed_in(RoleName.DISPATCHER)

    shown = dispatcher.get(PATH)

    assert "Café Central" in shown.text
    assert forms_to(shown, PATH) == forms_to(shown, f"{PATH}/1/take-back") == []
