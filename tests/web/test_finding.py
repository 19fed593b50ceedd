"""Facts about the search of the whole house: it finds by whatever people know, and only what they may open."""

import pytest

from core.accounts import RoleName
from tests import factories as make
from tests.web.conftest import Visitor, World


@pytest.fixture
def house(world: World) -> World:
    """A shop with a job and a technician, and a part, all called after the moon."""
    session = world.session
    site = make.add_site(session, name="Moonlight Bakery")
    make.add_job(session, device=make.add_device(session, site=site, serial="MOON-77"), number="J-004711")
    make.add_technician(session, code="T-MOON", name="Luna Reis")
    make.add_part(session, sku="MOON-BAT")
    return world


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("J-004711", "J-004711 Moonlight Bakery"),
        ("moonlight", "J-004711 Moonlight Bakery"),
        ("moon-77", "J-004711 Moonlight Bakery"),
        ("luna", "Luna Reis T-MOON"),
        ("MOON-BAT", "MOON-BAT"),
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


def test_what_does_not_exist_is_said_so(dispatcher: Visitor) -> None:
    assert "Nothing that you may open is called “xyzzy”." in dispatcher.get("/search?text=xyzzy").text


@pytest.mark.parametrize("text", ["", "x", "  x "])
def test_a_single_letter_is_too_little(dispatcher: Visitor, text: str) -> None:
    assert "Type at least two characters." in dispatcher.get(f"/search?text={text}", **{"X-Part": "1"}).text


def test_a_script_gets_the_list_alone(house: World) -> None:
    answer = house.signed_in(RoleName.DISPATCHER).get("/search?text=moon", **{"X-Part": "1"})

    assert "<html" not in answer.html
    assert "J-004711" in answer.text
