"""Facts about times: a moment is told in the reader's zone, with the time of the place where that is another one."""

from zoneinfo import ZoneInfo

import pytest

from core.accounts import RoleName
from core.firm import Firm, write_firm
from dispatch.models import Job
from tests import factories as make
from tests.factories import add_person, at
from tests.web.conftest import Visitor, World
from tests.web.page_forms import send


@pytest.fixture
def office_in_lisbon(world: World) -> None:
    write_firm(world.session, Firm(name="Terminal Repairs", zone=ZoneInfo("Europe/Lisbon")))


def promised_job(world: World, zone: str) -> Job:
    """A job at a site in a zone, promised from nine to eleven in Lisbon."""
    site = make.add_site(world.session, zone=zone)
    return make.add_job(world.session, device=make.add_device(world.session, site=site), window=(at(9), at(11)))


def reader(world: World, *, zone: str | None = None, language: str = "en") -> Visitor:
    person = add_person(world.session, roles=[RoleName.DISPATCHER])
    person.zone, person.language = zone, language
    return world.visitor(person)


@pytest.mark.usefixtures("office_in_lisbon")
@pytest.mark.parametrize(
    ("site_zone", "own_zone", "words"),
    [
        # The office and the shop have the same time: nothing to add. Dublin's clocks show Lisbon's time.
        ("Europe/Lisbon", None, "09:00–11:00"),
        ("Europe/Dublin", None, "09:00–11:00"),
        ("Asia/Shanghai", None, "09:00–11:00 (17:00–19:00 in Shanghai)"),
        # Somebody who works from Shanghai reads their own time first, and needs no word about a shop there.
        ("Asia/Shanghai", "Asia/Shanghai", "17:00–19:00"),
        ("Europe/Lisbon", "Asia/Shanghai", "17:00–19:00 (09:00–11:00 in Lisbon)"),
        # There it is the evening before.
        ("Pacific/Honolulu", None, "09:00–11:00 (22 Nov 23:00–01:00 in Honolulu)"),
    ],
)
def test_a_promise_is_told_in_the_readers_zone_and_in_the_shops(
    world: World, site_zone: str, own_zone: str | None, words: str
) -> None:
    job = promised_job(world, site_zone)

    page = reader(world, zone=own_zone).get(f"/jobs/{job.number}")

    assert f"Promise {words} " in page.text


@pytest.mark.usefixtures("office_in_lisbon")
def test_the_zone_is_named_in_the_readers_language(world: World) -> None:
    job = promised_job(world, "Asia/Shanghai")

    page = reader(world, language="zh_Hans_CN").get(f"/jobs/{job.number}")

    assert "09:00–11:00（上海 17:00–19:00）" in page.text


@pytest.mark.usefixtures("office_in_lisbon")
def test_whoever_reads_in_another_zone_is_told_which_time_plans_are_in(world: World) -> None:
    words = "in the time of the office: Lisbon, 07:30"

    assert words in reader(world, zone="Asia/Shanghai").get("/jobs").text
    assert words not in reader(world).get("/jobs").text


def test_the_own_zone_is_chosen_on_the_own_account_and_given_up_again(world: World) -> None:
    person = add_person(world.session, roles=[RoleName.DISPATCHER])
    browser = world.visitor(person)

    send(browser, browser.get("/account"), "/preferences", zone="Asia/Shanghai")
    assert person.zone == "Asia/Shanghai"

    send(browser, browser.get("/account"), "/preferences", zone="")
    assert person.zone is None


def test_a_zone_that_is_none_is_refused_by_name(world: World) -> None:
    person = add_person(world.session, roles=[RoleName.DISPATCHER])

    refused = world.visitor(person).post("/preferences", zone="Lisbon")

    assert refused.status == 422
    assert "There is no time zone Lisbon." in refused.text
    world.session.refresh(person)
    assert person.zone is None
