"""What the scripts of the technician's phone add to pages that work without them."""

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from core import clock
from core.accounts import RoleName
from dispatch.models import Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.visits import VisitStatus
from inventory.models import StockLevel
from tests import factories as make
from tests.stories.conftest import Screen, add_user_with_password

pytestmark = pytest.mark.browser

PARTS = 12


@pytest.fixture
def on_site(app: Flask, session: Session, phone: Screen) -> Visit:
    """A technician with twelve parts in the van, at work in a shop, looking at the phone."""
    user = add_user_with_password(app, session, RoleName.TECHNICIAN)
    technician = make.add_technician(session, user=user)
    for number in range(PARTS):
        make.add_stock(session, technician.trunk, make.add_part(session, sku=f"BAT-{number:02}"), 3)
    job = make.add_job(session, status=JobStatus.ON_SITE)
    today = clock.now().date()
    visit = make.add_visit(session, technician=technician, job=job, day=today, status=VisitStatus.ON_SITE)
    session.commit()
    phone.sign_in(user.email)
    phone.open(f"/day?day={today}")
    return visit


@pytest.mark.usefixtures("on_site")
def test_a_note_that_was_not_sent_yet_survives_a_reload(phone: Screen) -> None:
    note = phone.page.get_by_label("Note for the shop's history")
    note.fill("Cable is loose")

    phone.page.reload()
    phone.settle()

    assert note.input_value() == "Cable is loose"


def test_without_a_connection_nothing_is_sent_and_the_note_stays(
    phone: Screen, session: Session, on_site: Visit
) -> None:
    note = phone.page.get_by_label("Note for the shop's history")
    note.fill("Cable is loose")

    phone.page.context.set_offline(True)
    phone.page.get_by_role("button", name="Job is done").click()
    phone.page.get_by_text("There is no connection. Nothing was sent").wait_for()
    phone.page.context.set_offline(False)
    phone.page.reload()
    phone.settle()

    assert note.input_value() == "Cable is loose"
    session.refresh(on_site)
    assert on_site.status is VisitStatus.ON_SITE


def test_a_note_that_arrived_is_kept_no_longer(phone: Screen, session: Session, on_site: Visit) -> None:
    phone.page.get_by_label("Note for the shop's history").fill("Cable is loose")

    phone.page.get_by_role("button", name="Job is done").dblclick()
    phone.page.get_by_text("is completed.").wait_for()
    phone.settle()

    assert phone.page.evaluate("Object.keys(localStorage)") == []
    session.refresh(on_site)
    assert on_site.note == "Cable is loose"


@pytest.mark.usefixtures("on_site")
def test_the_parts_of_the_van_are_searched_while_one_types(phone: Screen, session: Session) -> None:
    phone.page.get_by_text("Another part from my van").click()
    phone.page.get_by_label("Search the van").fill("bat-07")

    assert phone.page.get_by_label("Part", exact=True).input_value() == "BAT-07"
    phone.page.get_by_role("button", name="Used").click()
    phone.page.get_by_text("1 × BAT-07 used.").wait_for()
    phone.settle()

    assert sorted(session.scalars(sa.select(StockLevel.on_hand))) == [2] + [3] * (PARTS - 1)


@pytest.mark.usefixtures("on_site")
def test_every_button_of_the_day_is_large_enough_for_a_thumb(phone: Screen) -> None:
    phone.page.evaluate("for (const fold of document.querySelectorAll('main details')) fold.open = true")

    boxes = [button.bounding_box() for button in phone.page.locator("main .button:visible, main summary:visible").all()]

    assert len(boxes) > 6
    assert [box for box in boxes if box is None or box["height"] < 48] == []
    assert phone.page.evaluate("document.documentElement.scrollWidth") == 390
