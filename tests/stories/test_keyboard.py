"""The ways through the pages that need no mouse, and the looks that need no reload."""

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy.orm import Session

from core.accounts import RoleName, TextSize, Theme, User
from tests import factories as make
from tests.stories.conftest import Screen, add_user_with_password

pytestmark = pytest.mark.browser


@pytest.fixture
def dispatcher(app: Flask, session: Session, desk: Screen) -> User:
    """A dispatcher at the list of jobs, with one job to find."""
    user = add_user_with_password(app, session, RoleName.DISPATCHER)
    site = make.add_site(session, name="Moonlight Bakery")
    make.add_job(session, device=make.add_device(session, site=site), number="J-004711")
    session.commit()
    desk.sign_in(user.email)
    desk.open("/jobs")
    return user


@pytest.mark.usefixtures("dispatcher")
def test_a_job_is_found_and_opened_by_keys_alone(desk: Screen) -> None:
    page = desk.page
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()

    page.keyboard.press("Control+k")
    field = page.get_by_role("dialog").get_by_role("searchbox")
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("main")).to_be_focused()

    page.keyboard.press("/")
    page.keyboard.type("moonl")
    expect(page.get_by_role("link", name="J-004711 Moonlight Bakery")).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/jobs/J-004711")
    desk.settle()


@pytest.mark.usefixtures("dispatcher")
def test_single_keys_can_be_turned_off(desk: Screen) -> None:
    desk.open("/keyboard")
    desk.page.get_by_label("Keys without Ctrl do something").uncheck()

    desk.open("/jobs")
    desk.page.keyboard.press("/")
    expect(desk.page.get_by_role("dialog")).to_have_count(0)

    desk.page.keyboard.press("Control+k")
    expect(desk.page.get_by_role("dialog")).to_be_visible()

    # The board has keys of its own.
    desk.open("/board")
    desk.page.keyboard.press("?")
    expect(desk.page.get_by_role("dialog")).to_have_count(0)


def test_colours_and_size_change_at_once_and_stay(desk: Screen, session: Session, dispatcher: User) -> None:
    desk.page.get_by_label("Colours and text size").click()
    with desk.page.expect_response("**/preferences"):
        desk.page.get_by_role("button", name="Dark").click()
    with desk.page.expect_response("**/preferences"):
        desk.page.get_by_role("button", name="Very large").click()

    expect(desk.page.locator('html[data-theme="dark"][data-text="huge"]')).to_be_attached()
    assert desk.page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
    desk.open("/account")
    expect(desk.page.locator('html[data-theme="dark"][data-text="huge"]')).to_be_attached()
    session.refresh(dispatcher)
    assert (dispatcher.theme, dispatcher.text_size) == (Theme.DARK, TextSize.HUGE)


@pytest.mark.usefixtures("dispatcher")
def test_a_dialog_gives_the_focus_back(desk: Screen) -> None:
    desk.open("/styleguide")
    opener = desk.page.get_by_role("button", name="Open a dialog")
    opener.press("Enter")
    expect(desk.page.get_by_role("dialog", name="Break a promise?")).to_be_visible()

    desk.page.keyboard.press("Escape")

    expect(opener).to_be_focused()
