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


def test_what_is_done_without_a_connection_is_sent_when_there_is_one(
    phone: Screen, session: Session, on_site: Visit
) -> None:
    phone.page.get_by_label("Note for the shop's history").fill("Cable is loose")

    phone.page.context.set_offline(True)
    phone.page.get_by_role("button", name="Job is done").click()
    phone.page.locator(".told-waits", has_text="Job is done").wait_for(state="attached")
    phone.page.context.set_offline(False)
    phone.page.locator(".told-sent", has_text="Job is done").wait_for(state="attached")
    phone.settle()

    session.refresh(on_site)
    assert (on_site.status, on_site.note) == (VisitStatus.COMPLETED, "Cable is loose")


def test_a_note_that_arrived_is_kept_no_longer(phone: Screen, session: Session, on_site: Visit) -> None:
    phone.page.get_by_label("Note for the shop's history").fill("Cable is loose")
    assert phone.page.evaluate("Object.keys(localStorage)") == [f"typed:/visits/{on_site.id}/complete"]

    phone.page.get_by_role("button", name="Job is done").dblclick()
    phone.page.locator(".told-sent", has_text="Job is done").wait_for(state="attached")
    phone.settle()

    assert phone.page.evaluate("Object.keys(localStorage)") == []
    session.refresh(on_site)
    assert on_site.note == "Cable is loose"


def test_the_parts_of_the_van_are_searched_while_one_types(phone: Screen, session: Session, on_site: Visit) -> None:
    field = phone.page.locator(f"#use-{on_site.id}")
    field.fill("bat-07")
    phone.page.locator(".part-choices button:visible").click()

    assert field.input_value() == "BAT-07"
    field.locator("xpath=ancestor::form").get_by_role("button", name="Used").click()
    phone.page.locator(".told-sent", has_text="1 × BAT-07").wait_for()
    phone.settle()

    assert sorted(session.scalars(sa.select(StockLevel.on_hand))) == [2] + [3] * (PARTS - 1)


@pytest.mark.usefixtures("on_site")
def test_every_button_of_the_day_is_large_enough_for_a_thumb(phone: Screen) -> None:
    phone.page.evaluate("for (const fold of document.querySelectorAll('main details')) fold.open = true")

    boxes = [button.bounding_box() for button in phone.page.locator("main .button:visible, main summary:visible").all()]

    assert len(boxes) > 6
    assert [box for box in boxes if box is None or box["height"] < 48] == []
    assert phone.page.evaluate("document.documentElement.scrollWidth") == 390
