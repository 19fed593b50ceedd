"""Two people at work at the same time: what one does, the other sees without asking; and an urgent call."""

from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import Browser, ViewportSize, expect
from sqlalchemy.orm import Session

from app.workbench import make_workbench
from benchmarks.chromium import DESK, PHONE
from core.accounts import RoleName
from core.firm import Firm, write_firm
from dispatch.models import Job, Technician
from dispatch.models.clocks import NoticeKind
from dispatch.models.jobs import JobStatus
from dispatch.notices import raise_notice
from dispatch.planning import publish
from dispatch.planning.compute import compute_run
from dispatch.planning.requests import request_plan
from dispatch.viewers import GONE_AFTER
from tests.factories import (
    MONDAY,
    add_device,
    add_fault,
    add_job,
    add_shift,
    add_site,
    add_technician,
    at,
)
from tests.stories.conftest import Screen, add_user_with_password
from tests.web.conftest import add_plan
from web.languages import LANGUAGES, Language

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("half_past_seven")]

# A machine of its own shows what others did within two seconds; here many tests share its cores.
SOON_MS = 6_000


@pytest.fixture
def job(app: Flask, session: Session) -> Job:
    """A job that two dispatchers look at."""
    write_firm(session, Firm("Wrench Ltd"))
    site = add_site(session, name="Harbour Shop")
    made = add_job(session, number="J-1", status=JobStatus.READY, device=add_device(session, site=site))
    session.commit()
    return made


@pytest.fixture
def windows(chromium: Browser, live_address: str, app: Flask, session: Session) -> Iterator[list[Screen]]:
    """Alex and Ben, both dispatchers, each at a window of their own."""
    alex = add_user_with_password(app, session, RoleName.DISPATCHER)
    ben = add_user_with_password(app, session, RoleName.DISPATCHER)
    ben.name = "Ben Costa"
    session.commit()
    screens = []
    for person in (alex, ben):
        screens.append(Screen(chromium.new_context(viewport=wide(DESK), locale="en-GB").new_page(), live_address))
        screens[-1].sign_in(person.email)
    yield screens
    for screen in screens:
        screen.page.context.close()
        assert screen.faults == []


def wide(size: dict[str, int]) -> ViewportSize:
    return {"width": size["width"], "height": size["height"]}


def shows(screen: Screen, text: str) -> None:
    expect(screen.page.locator("main")).to_contain_text(text, timeout=SOON_MS)


def test_two_dispatchers_on_one_job_see_each_other_and_what_the_other_did(windows: list[Screen], job: Job) -> None:
    alex, ben = windows
    for screen in windows:
        screen.open("/jobs/J-1")
    shows(alex, "Live")
    shows(alex, "Ben Costa is looking at this job")

    alex.page.get_by_text("Change the job").click()
    alex.page.get_by_label("Description").first.fill("The lid is broken.")
    shows(ben, "Alex dispatcher is editing this job")

    ben.page.get_by_text("Change the job").click()
    ben.page.get_by_label("Duration in minutes").fill("50")
    ben.press("Save the change")
    # What Ben did stands there; what Alex typed is not lost by that, and Alex is told.
    shows(alex, "30 min → 50 min")
    shows(alex, "Somebody changed this meanwhile")
    expect(alex.page.get_by_label("Description").first).to_have_value("The lid is broken.")

    ben.open("/inbox")
    # At once, as a rule. A sign that was still on its way when the page was left may come in after the farewell, and
    # holds until it expires.
    longest = GONE_AFTER.total_seconds() * 1000 + SOON_MS
    expect(alex.page.locator(".viewer")).to_have_count(0, timeout=longest)


@pytest.mark.parametrize("has_stream", [True, False], ids=["stream", "asking"])
def test_what_waits_in_the_inbox_follows_what_the_other_does(
    windows: list[Screen], app: Flask, session: Session, job: Job, has_stream: bool
) -> None:
    alex, ben = windows
    if not has_stream:
        # As a proxy does that lets nothing through which does not end.
        alex.page.route("**/stream?*", lambda route: route.fulfill(status=204))
    facts = {"sign": "half", "due": at(9).isoformat()}
    for screen in windows:
        screen.open("/inbox")
    shows(alex, "Live" if has_stream else "Every 2 seconds")
    shows(alex, "Nothing waits for you")

    raise_notice(
        session,
        kind=NoticeKind.CLOCK_WARNING,
        role=RoleName.DISPATCHER,
        facts=facts,
        job_id=job.id,
        about="response",
    )
    session.commit()
    for screen in windows:
        shows(screen, "Half of the time has passed")
    ben.press("Take on")
    shows(alex, "Ben Costa sees to it")
    ben.press("Done")
    shows(alex, "Nothing waits for you")


def test_a_window_without_connection_says_since_when_and_catches_up(
    windows: list[Screen], session: Session, job: Job
) -> None:
    alex, _ = windows
    alex.open("/live")
    alex.page.route("**/stream**", lambda route: route.abort("connectionclosed"))
    alex.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    shows(alex, "No connection since 07:3")

    job.priority = job.priority.P1
    session.commit()
    alex.page.unroute("**/stream**")

    expect(alex.page.locator("#live-day .priority-P1")).to_have_count(1, timeout=SOON_MS)
    # That nothing could be fetched is what this story is about.
    alex.faults.clear()


@pytest.mark.usefixtures("job")
def test_a_window_whose_network_goes_says_so_at_once_though_its_stream_still_stands(windows: list[Screen]) -> None:
    alex, _ = windows
    alex.open("/live")
    shows(alex, "Live")
    expect(alex.page.locator("[data-state=live]")).to_be_visible()

    alex.page.context.set_offline(True)
    shows(alex, "No connection since 07:3")
    alex.page.context.set_offline(False)

    expect(alex.page.locator("[data-state=asking], [data-state=live]")).to_be_visible(timeout=SOON_MS)
    alex.faults.clear()


@pytest.fixture
def published(app: Flask, session: Session, compiled_planner: None) -> dict[str, Technician]:
    """Ana in the west and Ben in the east, each with a visit on the published Monday; a bakery calls."""
    write_firm(session, Firm("Wrench Ltd"))
    people = {}
    for name, lon in (("Ana", -8.70), ("Rui", -8.50)):
        people[name] = add_technician(session, code=name.upper(), name=name, home=(41.15, lon))
        add_shift(session, people[name])
        add_job(session, device=add_device(session, site=add_site(session, position=(41.15, lon))))
    run = request_plan(session, day=MONDAY, engine="greedy", seconds=1, actor_id=None)
    session.commit()
    with app.app_context():
        compute_run(make_workbench(app), run.id)
    session.refresh(run)
    assert run.plan_id is not None
    publish(session, plan_id=run.plan_id, actor_id=None)
    add_fault(session, code="DEAD")
    site = add_site(session, name="Padaria Central", position=(41.15, -8.55))
    site.address = "Rua de Cedofeita 12"
    add_device(session, site=site, serial="SN-77")
    session.commit()
    return people


@pytest.mark.parametrize(
    ("size", "language"), [(DESK, LANGUAGES[0]), (PHONE, LANGUAGES[1])], ids=["desk-en", "phone-zh"]
)
def test_an_urgent_call_ends_with_somebody_on_the_way(  # noqa: PLR0917 -- fixtures
    chromium: Browser,
    live_address: str,
    app: Flask,
    session: Session,
    published: dict[str, Technician],
    size: dict[str, int],
    language: Language,
) -> None:
    person = add_user_with_password(app, session, RoleName.DISPATCHER)
    session.commit()
    screen = Screen(chromium.new_context(viewport=wide(size), locale="en-GB").new_page(), live_address)
    screen.sign_in(person.email)
    screen.speak(language)

    screen.open("/urgent")
    screen.page.get_by_label(screen.say("Shop"), exact=True).press_sequentially("cedof")
    expect(screen.page.get_by_role("radio", name="Padaria Central")).to_be_checked(timeout=SOON_MS)
    screen.page.get_by_label(screen.say("Symptom")).select_option("DEAD")
    nearest = screen.page.locator("#able + .table-scroll tbody tr").first
    expect(nearest).to_contain_text("Rui", timeout=SOON_MS)
    nearest.get_by_role("button").click()

    screen.page.wait_for_url("**/jobs/J-*")
    screen.settle()
    done = screen.say("Job %(number)s is taken in, and %(name)s is sent there.")
    number = screen.page.url.rpartition("/")[2]
    shows(screen, done % {"number": number, "name": "Rui"})

    # Somebody had a draft made before: beside what is published now, the urgent visit leaves.
    add_plan(session, {published["Rui"]: [(session.query(Job).limit(1).one(), at(11))]}, version=9)
    session.commit()
    screen.open("/inbox")
    screen.page.get_by_role("link", name=screen.say("Compare"), exact=True).click()
    screen.settle()
    shows(screen, screen.say("Side by side"))
    shows(screen, screen.say("leaves"))
    screen.page.context.close()
    assert screen.faults == []
