"""Facts about the search of the whole house: it finds by whatever people know, and only what they may open."""

import pytest

from core.accounts import RoleName
from inventory.models import PlaceKind
from inventory.picking import PickWanted, draw_up
from tests import factories as make
from tests.factories import MONDAY
from tests.web.conftest import Visitor, World


@pytest.fixture
def house(world: World) -> World:
    """A shop with a job and a technician, and a part, all called after the moon."""
    session = world.session
    site = make.add_site(session, name="Moonlight Bakery")
    make.add_job(session, device=make.add_device(session, site=site, serial="MOON-77"), number="J-004711")
    make.add_technician(session, code="T-MOON", name="Luna Reis")
    battery = make.add_part(session, sku="MOON-BAT")
    depot, van = make.add_place(session, name="Depot North"), make.add_place(session, kind=PlaceKind.TRUNK)
    make.add_stock(session, depot, battery, 1).bin = "C-07"
    draw_up(session, warehouse_id=depot.id, trunk_id=van.id, day=MONDAY, lines=[PickWanted(battery.id, 1)])
    return world


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("J-004711", "J-004711 Moonlight Bakery"),
        ("moonlight", "J-004711 Moonlight Bakery"),
        ("moon-77", "J-004711 Moonlight Bakery"),
        ("luna", "Luna Reis T-MOON"),
        ("MOON-BAT", "MOON-BAT"),
        ("c-07", "C-07 MOON-BAT · Depot North"),
        # A scanner may say before the text of which kind the code was.
        ("]C1c-07", "C-07 MOON-BAT · Depot North"),
        ("]C1J-004711", "J-004711 Moonlight Bakery"),
    ],
)
def test_things_are_found_by_what_people_know_of_them(house: World, text: str, found: str) -> None:
    page = house.signed_in(RoleName.DISPATCHER).get(f"/search?text={text}")

    assert found in page.part('<ul class="finding"', "</ul>")


def test_nobody_finds_what_they_may_not_open(house: World) -> None:
    def found(role: RoleName) -> str:
        return house.signed_in(role).get("/search?text=moon").text

    assert ("J-004711" in found(RoleName.WAREHOUSE), "MOON-BAT" in found(RoleName.WAREHOUSE)) == (False, True)
    assert ("J-004711" in found(RoleName.DESK), "MOON-BAT" in found(RoleName.DESK)) == (True, False)
    assert "Nothing found" in found(RoleName.TECHNICIAN)


def test_a_paper_is_found_by_its_number_by_those_who_may_open_it(house: World) -> None:
    def found(role: RoleName) -> str:
        return house.signed_in(role).get("/search?text=pl-1").text

    assert "PL-1 To pick" in found(RoleName.WAREHOUSE)
    assert "Nothing that you may open is called “pl-1”." in found(RoleName.DISPATCHER)


def test_what_does_not_exist_is_said_so(dispatcher: Visitor) -> None:
    assert "Nothing that you may open is called “xyzzy”." in dispatcher.get("/search?text=xyzzy").text


@pytest.mark.parametrize("text", ["", "x", "  x "])
def test_a_single_letter_is_too_little(dispatcher: Visitor, text: str) -> None:
    assert "Type at least two characters." in dispatcher.get(f"/search?text={text}", **{"X-Part": "1"}).text


def test_a_script_gets_the_list_alone(house: World) -> None:
    answer = house.signed_in(RoleName.DISPATCHER).get("/search?text=moon", **{"X-Part": "1"})

    assert "<html" not in answer.html
    assert "J-004711" in answer.text
