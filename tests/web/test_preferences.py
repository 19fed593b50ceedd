"""Facts about how the pages are wanted: light or dark, how large, and what shows the way."""

import pytest

from core.accounts import Navigation, RoleName, Theme
from tests.factories import add_person
from tests.web.conftest import Visitor, World
from tests.web.page_forms import send

FORM = "/preferences"


def html_tag(html: str) -> str:
    return html.partition("<html")[2].partition(">")[0]


def test_a_page_follows_the_device_until_somebody_chooses(dispatcher: Visitor) -> None:
    page = dispatcher.get("/account")

    assert html_tag(page.html) == ' lang="en"'
    assert '<meta name="color-scheme" content="light dark">' in page.html


def test_what_is_chosen_stays_with_the_account(world: World) -> None:
    person = add_person(world.session, roles=[RoleName.TECHNICIAN])
    browser = world.visitor(person)

    sent = send(
        browser, browser.get("/account"), FORM, theme="dark", text_size="huge", navigation="amap", next="/account"
    )
    elsewhere = world.visitor(person).get("/account")

    assert sent.location == "/account"
    assert html_tag(elsewhere.html) == ' lang="en" data-theme="dark" data-text="huge"'
    assert '<meta name="color-scheme" content="dark">' in elsewhere.html
    world.session.refresh(person)
    assert person.navigation is Navigation.AMAP


def test_a_choice_of_one_thing_leaves_the_others(world: World) -> None:
    person = add_person(world.session, roles=[RoleName.DISPATCHER])
    browser = world.visitor(person)
    browser.post(FORM, theme="dark", text_size="large")

    browser.post(FORM, text_size="normal")

    assert html_tag(browser.get("/account").html) == ' lang="en" data-theme="dark"'


def test_what_a_stranger_chooses_holds_for_the_browser(world: World) -> None:
    visitor = world.visitor()

    visitor.post(FORM, theme="light", text_size="large", navigation="amap")

    assert html_tag(visitor.get("/login").html) == ' lang="en" data-theme="light" data-text="large"'


def test_what_cannot_be_chosen_changes_nothing(world: World) -> None:
    person = add_person(world.session, roles=[RoleName.DISPATCHER])

    refused = world.visitor(person).post(FORM, theme="pink")

    assert refused.status == 422
    assert "pink is not one of the choices: auto, light, dark." in refused.text
    world.session.refresh(person)
    assert person.theme is Theme.AUTO


@pytest.mark.parametrize("outside", ["https://example.com", "//example.com"])
def test_a_choice_never_leads_to_another_site(dispatcher: Visitor, outside: str) -> None:
    assert dispatcher.post(FORM, theme="dark", next=outside).location == "/"


def test_only_technicians_choose_what_shows_the_way(world: World) -> None:
    technician, clerk = world.signed_in(RoleName.TECHNICIAN), world.signed_in(RoleName.WAREHOUSE)

    assert "Navigation" in technician.get("/account").text
    assert "Navigation" not in clerk.get("/account").text
