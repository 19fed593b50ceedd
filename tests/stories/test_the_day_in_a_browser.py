"""A day of the demonstration as clicks and keys in Chromium, with a real worker process behind the pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Locator, Page, ViewportSize
from sqlalchemy.orm import Session

from app.demo.founding import PASSWORD
from dispatch.models import Job, PlanRun, Technician
from dispatch.models.jobs import JobStatus
from dispatch.models.plans import RunState
from dispatch.stops import VisitStop, Whereabouts, stops_of_day
from inventory.ledger import find_differences
from tests.app.test_worker import worker
from tests.factories import MONDAY
from tests.stories.conftest import Screen
from tests.stories.people import DISPATCHER, WAREHOUSE
from tests.stories.telling import telling
from web.languages import LANGUAGES, Language

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

PATIENCE_MS = 120_000
SIZES: tuple[ViewportSize, ...] = (
    {"width": 1440, "height": 900},
    {"width": 1024, "height": 768},
    {"width": 390, "height": 844},
)
PAGES_OF = {
    DISPATCHER: ("/board", "/board?view=table", "/board?list=late", "/jobs", "/jobs/new", "/jobs/J-000001", "/imports"),
    WAREHOUSE: ("/warehouse", "/warehouse/stock", "/warehouse/restock", "/warehouse/deliveries/new"),
    "ana.ribeiro@demo.example": ("/day", "/day/van"),
    "admin@demo.example": ("/accounts", "/account"),
}


@pytest.fixture
def app(demonstration: Flask) -> Flask:
    """The service before anybody has planned its day."""
    return demonstration


@pytest.fixture
def worker_process(app: Flask, tmp_path: Path, compiled_planner: None) -> Iterator[None]:
    """A background worker on the database of the service, as a process of its own."""
    with worker(tmp_path):
        yield


@pytest.mark.usefixtures("worker_process")
@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.tag)
def test_a_day_is_reported_planned_loaded_and_driven_by_clicks(
    desk: Screen, phone: Screen, session: Session, language: Language
) -> None:
    # The dispatcher takes in a report.
    desk.open("/login")
    desk.speak(language)
    desk.sign_in(DISPATCHER, PASSWORD)
    assert desk.page.locator("html").get_attribute("lang") == language.tag
    number = _take_in_a_report(desk)

    # Asks for a thorough plan, takes it back, plans at once, reads the draft, publishes it.
    desk.open("/board")
    _ask_for_plan(desk, engine="hybrid", seconds="60")
    desk.page.locator(".run[data-state='running']").wait_for(timeout=PATIENCE_MS)
    desk.press_without_waiting("Cancel")
    desk.page.get_by_role("button", name=desk.say("Plan the day")).wait_for(timeout=PATIENCE_MS)
    desk.settle()
    _ask_for_plan(desk, engine="greedy", seconds="1")
    desk.page.get_by_role("button", name=desk.say("Publish"), exact=True).wait_for(timeout=PATIENCE_MS)
    desk.settle()
    assert desk.page.locator(f".bar[data-job='{number}']").count() == 1
    assert desk.page.locator(".map canvas").count() > 0
    desk.page.get_by_role("link", name=desk.say("Left out")).first.click()
    desk.settle()
    desk.page.get_by_text(desk.say("Its parts are not there yet.")).first.wait_for()
    desk.press("Publish")
    assert desk.page.locator(".notice-done").count() == 1
    desk.sign_out()

    # The warehouse loads a van: one line, then the rest.
    desk.sign_in(WAREHOUSE, PASSWORD)
    desk.page.locator(".pick-lists a").first.click()
    desk.settle()
    desk.press("In the van")
    desk.open("/warehouse")
    open_list = desk.page.locator(".pick-lists li", has_text=desk.say("To pick")).first.locator("a")
    open_list.click()
    desk.settle()
    desk.page.locator("summary", has_text=desk.say("Finish without scanning")).click()
    desk.press("Everything is in the van")
    desk.page.locator(".notice-done").wait_for()

    # A technician drives to the first shop and builds a part in; the second shop is shut.
    technician = _technician_with_part_at_first_stop(session)
    phone.open("/login")
    phone.speak(language)
    phone.sign_in(technician, PASSWORD)
    assert phone.page.url.endswith("/day")
    for step in ("Set off", "I am there", "Used", "Job is done", "Set off", "I am there"):
        with telling(session, phone.page):
            phone.press(step)
        assert _width(phone.page) <= 390, step
    # Each stop holds these forms; only those of the one under way are to be seen.
    phone.page.locator("summary:visible", has_text=phone.say("Cannot complete it")).click()
    phone.page.locator(".reason:visible", has_text=phone.say("No access")).click()
    phone.page.locator("textarea[name=note]:visible").last.fill("Rolladen zu")
    with telling(session, phone.page):
        phone.press("End the visit without having finished")

    session.commit()
    runs = session.scalars(sa.select(PlanRun.state).order_by(PlanRun.id)).all()
    assert runs == [RunState.CANCELLED, RunState.DONE]
    states = list(session.scalars(sa.select(Job.status)))
    assert states.count(JobStatus.COMPLETED) == 1
    assert find_differences(session) == []


@pytest.mark.usefixtures("worker_process")
def test_signing_in_planning_and_publishing_need_only_the_keyboard(desk: Screen) -> None:
    page = desk.page
    desk.open("/login")
    page.keyboard.type(DISPATCHER)
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/board")
    desk.settle()

    _tab_to(page, page.get_by_role("combobox", name="Engine"))
    page.keyboard.type("Greedy")
    _tab_to(page, page.get_by_role("button", name="Plan the day"))
    page.keyboard.press("Enter")
    publish = page.get_by_role("button", name="Publish", exact=True)
    publish.wait_for(timeout=PATIENCE_MS)
    desk.settle()
    _tab_to(page, publish)
    page.keyboard.press("Enter")

    page.get_by_text("The technicians see their stops now.").wait_for()


@pytest.mark.parametrize("email", PAGES_OF)
def test_pages_are_wholly_in_chinese_and_fit_every_screen(desk: Screen, email: str) -> None:
    chinese = LANGUAGES[1]
    desk.open("/login")
    desk.speak(chinese)
    desk.sign_in(email, PASSWORD)

    for path in PAGES_OF[email]:
        desk.open_briskly(path)

        assert desk.page.locator("html").get_attribute("lang") == chinese.tag
        assert _untranslated(desk) == [], path
        for size in SIZES:
            desk.page.set_viewport_size(size)
            assert _width(desk.page) <= size["width"], (path, size)


def _take_in_a_report(desk: Screen) -> str:
    """Report a login problem on the till of the first job; returns the number of the new job."""
    desk.open("/jobs/J-000001")
    serial = desk.page.locator("code").first.inner_text()
    desk.open("/jobs/new")
    desk.page.get_by_label(desk.say("Serial number of the device")).fill(serial)
    desk.page.locator("[data-device-card] *").first.wait_for()
    desk.page.get_by_label(desk.say("Symptom")).select_option("SOFTWARE-LOGIN")
    desk.press("Take in")
    assert desk.page.locator(".notice-done").count() == 1
    return desk.page.url.rsplit("/", 1)[-1]


def _ask_for_plan(desk: Screen, *, engine: str, seconds: str) -> None:
    desk.page.get_by_role("combobox", name=desk.say("Engine")).select_option(engine)
    desk.page.get_by_label(desk.say("Seconds to search")).fill(seconds)
    desk.press_without_waiting("Plan the day")


def _untranslated(desk: Screen) -> list[str]:
    """Headings, labels and buttons that stand on the page as they are written in the code, though they have words."""
    marked = desk.page.locator("main :is(h1, h2, h3, th, label, legend, summary, button), nav a")
    texts = filter(None, map(str.strip, marked.all_inner_texts()))
    return [text for text in texts if desk.say(text) != text]


def _technician_with_part_at_first_stop(session: Session) -> str:
    """Where somebody signs in whose first two stops are visits, the first with a part that is in the van."""
    session.commit()
    for technician in session.scalars(sa.select(Technician).order_by(Technician.id)):
        stops = stops_of_day(session, technician_id=technician.id, day=MONDAY)[:2]
        if len(stops) == 2 and all(isinstance(stop, VisitStop) for stop in stops):
            first = stops[0]
            if isinstance(first, VisitStop) and [part.whereabouts for part in first.parts] == [Whereabouts.IN_TRUNK]:
                assert technician.user is not None
                email = technician.user.email
                session.commit()
                return email
    raise AssertionError("Nobody begins with a part that is in the van.")


def _tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until something has the focus, which must then be seen."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            assert wanted.evaluate("element => getComputedStyle(element).outlineStyle") != "none"
            return
    raise AssertionError(f"{wanted} cannot be reached with Tab.")


def _width(page: Page) -> int:
    width: int = page.evaluate("document.documentElement.scrollWidth")
    return width
