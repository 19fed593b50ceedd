"""The dispatcher's board in a real browser."""

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.workbench import make_workbench
from core import clock
from core.accounts import RoleName
from dispatch.models import Job, PlanRun
from dispatch.planning.compute import compute_run
from tests.factories import add_device, add_job, add_shift, add_site, add_technician, add_visit
from tests.stories.conftest import Screen, add_user_with_password

pytestmark = pytest.mark.browser


@pytest.fixture
def dispatcher_email(app: Flask, session: Session) -> str:
    """A dispatcher with two jobs in the queue."""
    person = add_user_with_password(app, session, RoleName.DISPATCHER)
    now = clock.now()
    for number, name, position in [("J-1", "Harbour Shop", (41.15, -8.61)), ("J-2", "Hill Shop", (41.17, -8.63))]:
        device = add_device(session, site=add_site(session, name=name, position=position))
        add_job(session, number=number, device=device, reported_at=now, response_due=now + dt.timedelta(hours=3))
    session.commit()
    return person.email


def test_a_dispatcher_signs_in_and_sees_the_queue(desk: Screen, dispatcher_email: str) -> None:
    desk.sign_in(dispatcher_email)

    assert desk.page.url.endswith("/board")
    assert desk.page.locator(".job-list .job").count() == 2
    assert desk.page.locator(".map canvas").count() > 0


def test_what_is_selected_in_the_queue_is_shown_in_a_card_and_opens_at_the_second_press(
    desk: Screen, dispatcher_email: str
) -> None:
    desk.sign_in(dispatcher_email)
    job = desk.page.get_by_role("link", name="J-2 Hill Shop")

    job.click()
    desk.page.locator(".selection-card", has_text="Hill Shop").wait_for()
    assert desk.page.locator(".job.is-selected").count() == 1

    job.click()
    desk.page.wait_for_url("**/jobs/J-2")


def test_a_filter_is_sent_as_soon_as_it_is_chosen(desk: Screen, dispatcher_email: str) -> None:
    desk.sign_in(dispatcher_email)

    desk.page.get_by_label("Status").select_option("waiting_parts")
    desk.page.get_by_text("No job passes the filter").wait_for()
    desk.settle()


def test_the_serial_number_finds_its_shop_while_it_is_typed(desk: Screen, dispatcher_email: str) -> None:
    desk.sign_in(dispatcher_email)
    desk.open("/jobs/new")

    desk.page.get_by_label("Serial number of the device").fill("SN-")

    desk.page.locator("datalist option").first.wait_for(state="attached")


@pytest.mark.usefixtures("half_past_seven")
def test_a_plan_is_followed_while_it_is_computed_and_shown_when_it_is_done(
    desk: Screen, app: Flask, session: Session, dispatcher_email: str
) -> None:
    add_shift(session, add_technician(session, name="Rui Dias"))
    session.commit()
    desk.sign_in(dispatcher_email)

    desk.page.get_by_label("Engine").select_option("greedy")
    desk.page.get_by_role("button", name="Plan the day").click()
    desk.page.get_by_text("No background worker is running").wait_for()
    _be_the_worker(app, session)
    desk.page.get_by_text("Draft", exact=True).wait_for()
    desk.settle()

    assert desk.page.locator(".bar[data-job]").count() == 2
    desk.page.get_by_role("button", name="Publish").click()
    desk.page.get_by_text("Plan 1 is published.").wait_for()
    desk.settle()


def _be_the_worker(app: Flask, session: Session) -> None:
    """Compute the run that waits, as a background worker would."""
    run_id = session.scalars(sa.select(PlanRun.id)).one()
    session.rollback()
    with app.app_context():
        assert compute_run(make_workbench(app), run_id)


def test_the_pages_do_not_scroll_sideways_on_a_phone(phone: Screen, session: Session, dispatcher_email: str) -> None:
    job = session.scalars(sa.select(Job).where(Job.number == "J-1")).one()
    add_visit(session, technician=add_technician(session, name="Maximiliano Vasconcelos"), job=job)
    session.commit()
    phone.sign_in(dispatcher_email)

    for path in ("/board", "/board?view=table", "/jobs", "/jobs/new", "/jobs/J-1"):
        phone.open(path)
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390, path
