"""A technician's day, and the dispatcher's button, in a browser that runs no scripts."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session

from app.demo.founding import PASSWORD
from benchmarks.chromium import PHONE
from dispatch.models import Visit
from dispatch.models.visits import VisitStatus
from inventory.models import PickList, PickState
from tests.stories.people import DISPATCHER

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]


@pytest.fixture
def app(demonstration_on_the_road: Flask) -> Flask:
    """The service with its plan published."""
    return demonstration_on_the_road


@pytest.fixture
def plain_page(chromium: Browser, live_address: str) -> Iterator[Page]:
    """A phone whose browser runs no scripts."""
    context = chromium.new_context(
        viewport=PHONE,
        locale="en-GB",
        java_script_enabled=False,
        base_url=live_address,
    )
    yield context.new_page()
    context.close()


def test_a_technicians_day_works_without_scripts(plain_page: Page, session: Session) -> None:
    pick_list = session.scalars(sa.select(PickList).order_by(PickList.id)).first()
    assert pick_list is not None
    visits = session.scalars(
        sa.select(Visit)
        .where(Visit.status == VisitStatus.DISPATCHED)
        .join(Visit.technician)
        .filter_by(trunk_id=pick_list.trunk_id)
        .order_by(Visit.position)
    ).all()
    account, warehouse = visits[0].technician.user, pick_list.warehouse
    assert account is not None
    # What is still read would lock SQLite.
    session.commit()
    _sign_in(plain_page, account.email)

    _unfold(plain_page, warehouse.name)
    for step in ("Everything is loaded", "Set off", "I am there", "Job is done", "Set off", "I am there"):
        _press(plain_page, step)
    # Each stop holds these forms; only those of the one under way are to be seen.
    plain_page.locator("summary:visible", has_text="Cannot complete it").click()
    plain_page.locator(".reason:visible", has_text="No access").click()
    plain_page.locator("textarea[name=note]:visible").last.fill("shutters down")
    _press(plain_page, "End the visit without having finished")

    session.expire_all()
    assert [visit.status for visit in visits[:2]] == [VisitStatus.COMPLETED, VisitStatus.INCOMPLETE]
    assert session.get_one(PickList, pick_list.id).state is PickState.CONFIRMED


def test_a_plan_is_asked_for_without_scripts_and_its_page_looks_again_by_itself(plain_page: Page) -> None:
    _sign_in(plain_page, DISPATCHER)

    plain_page.get_by_role("button", name="Plan the day").click()

    assert plain_page.get_by_text("No background worker is running").count() == 1
    assert plain_page.locator("meta[http-equiv=refresh]").count() == 1


def _sign_in(page: Page, email: str) -> None:
    page.goto("/login")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def _unfold(page: Page, title: str) -> None:
    """Open the stop with this title unless it stands open on top as the next one."""
    folded = page.locator("details.stop > summary", has_text=title)
    if folded.count():
        folded.first.click()


def _press(page: Page, text: str) -> None:
    page.locator(f"button:visible:has-text('{text}')").first.click()
    page.locator(".notice-done").wait_for()
