"""The dispatcher's board in a real browser."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Locator, expect
from sqlalchemy.orm import Session

from app.workbench import make_workbench
from core import clock
from core.accounts import RoleName
from customers.models import Priority
from dispatch.models import Job, Pin, PlanRun, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.visits import VisitStatus
from dispatch.planning import publish, request_plan
from dispatch.planning.compute import compute_run
from tests.factories import MONDAY, add_device, add_job, add_shift, add_site, add_technician, add_visit
from tests.stories.conftest import Screen, add_user_with_password
from web.languages import LANGUAGES

pytestmark = pytest.mark.browser

# Two seconds on a machine of its own; here many tests share its cores.
SOON_MS = 8_000


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
    desk.page.get_by_role("link", name="J-2 Hill Shop").click()
    _be_the_worker(app, session)
    desk.page.get_by_text("Draft", exact=True).wait_for()
    desk.settle()

    assert desk.page.locator(".bar[data-job]").count() == 2
    expect(desk.page.locator(".selection-card")).to_contain_text("Hill Shop")
    expect(desk.page.get_by_role("button", name="Plan the day")).to_be_visible()
    # A move is weighed in the plan that is shown now, not in the one of the page that was opened.
    with desk.page.expect_request("**/moves/weigh") as weighed:
        carry(desk, bar(desk, "J-1"), desk.page.locator(".list-body"))
    assert re.search(r'name="plan"\s+1\s', weighed.value.post_data or "")
    desk.page.keyboard.press("Escape")
    desk.page.get_by_role("button", name="Publish").click()
    desk.page.get_by_text("Plan 1 is published.").wait_for()
    desk.settle()


def _be_the_worker(app: Flask, session: Session) -> None:
    """Compute the run that waits, as a background worker would."""
    run_id = session.scalars(sa.select(PlanRun.id)).one()
    session.rollback()
    with app.app_context():
        assert compute_run(make_workbench(app), run_id)


@pytest.fixture
def published_day(app: Flask, session: Session, half_past_seven: None, dispatcher_email: str) -> str:
    """Ana has J-11 and J-12 in the west, Ben J-21 in the east; J-1 and J-2 wait. Returns the dispatcher's address."""
    places = {"Ana": -8.70, "Ben": -8.50}
    for name, lon in places.items():
        add_shift(session, add_technician(session, code=name.upper(), name=name, home=(41.15, lon)))
    for number, lon in [("J-11", -8.70), ("J-12", -8.705), ("J-21", -8.50)]:
        device = add_device(session, site=add_site(session, name=f"Shop {number}", position=(41.15, lon)))
        add_job(session, number=number, device=device)
    waiting = session.scalars(sa.select(Job).where(Job.number.in_(("J-1", "J-2")))).all()
    for job in waiting:
        job.status = JobStatus.WAITING_PARTS
    plan = request_plan(session, day=MONDAY, engine="greedy", seconds=1, actor_id=None)
    session.commit()
    _be_the_worker(app, session)
    session.expire_all()
    publish(session, plan_id=session.get_one(PlanRun, plan.id).plan_id or 0, actor_id=None)
    for job in waiting:
        job.status = JobStatus.READY
    session.commit()
    return dispatcher_email


@pytest.fixture(params=["desk-en", "phone-zh"])
def board(request: pytest.FixtureRequest, published_day: str) -> Screen:
    """The board of the published day, on a desk in English and on a phone in Chinese."""
    size, _, language = request.param.partition("-")
    screen: Screen = request.getfixturevalue(size)
    screen.sign_in(published_day)
    if language == "zh":
        screen.speak(LANGUAGES[1])
    screen.open("/board")
    return screen


def test_a_visit_is_carried_to_another_technician_weighed_left_done_and_undone(board: Screen, session: Session) -> None:
    carry(board, bar(board, "J-11"), bar(board, "J-21"))
    dialog = board.page.get_by_role("dialog")
    expect(dialog.locator(".move-way")).to_contain_text("Ben")
    board.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert carrier(session, "J-11") == "Ana"

    carry(board, bar(board, "J-11"), bar(board, "J-21"))
    make_the_move(board)
    board.page.locator(".notice", has_text="Ben").wait_for()
    board.settle()
    assert carrier(session, "J-11") == "Ben"

    board.press("Undo")
    assert carrier(session, "J-11") == "Ana"


def test_a_job_is_dragged_from_the_queue_onto_a_route_and_back(
    desk: Screen, session: Session, published_day: str
) -> None:
    desk.sign_in(published_day)

    carry(desk, desk.page.locator(".job", has_text="J-1 Harbour"), bar(desk, "J-11"))
    make_the_move(desk)
    bar(desk, "J-1").wait_for()
    desk.settle()
    assert carrier(session, "J-1") == "Ana"

    carry(desk, bar(desk, "J-1"), desk.page.locator(".list-body"))
    make_the_move(desk)
    desk.page.locator(".job", has_text="J-1 Harbour").wait_for()
    desk.settle()
    assert bar(desk, "J-1").count() == 0


def test_a_visit_is_moved_by_the_keyboard_alone(desk: Screen, session: Session, published_day: str) -> None:
    desk.sign_in(published_day)
    keys = desk.page.keyboard
    said = desk.page.locator("[data-said]")

    bar(desk, "J-11").focus()
    keys.press("m")
    keys.press("ArrowDown")
    expect(said).to_have_text("Ben, last")
    keys.press("ArrowLeft")
    expect(said).to_have_text("Ben, before J-21")
    keys.press("Escape")
    expect(said).to_have_text("J-11 stays where it is.")
    keys.press("m")
    keys.press("ArrowDown")
    keys.press("Enter")
    dialog = desk.page.get_by_role("dialog")
    expect(dialog.locator(".move-way")).to_contain_text("Ben")
    # Whoever holds Enter too long moves nothing: the button has to be gone to first.
    keys.press("Enter")
    expect(dialog).to_be_visible()
    dialog.get_by_role("button", name="Move it").focus()
    keys.press("Enter")
    desk.page.locator(".notice", has_text="Ben").wait_for()
    desk.settle()
    assert carrier(session, "J-11") == "Ben"

    keys.press("?")
    expect(desk.page.get_by_role("dialog", name="Keys on the board")).to_be_visible()


def test_what_is_selected_in_one_view_is_marked_in_all_and_a_technician_can_be_shown_alone(
    desk: Screen, published_day: str
) -> None:
    desk.sign_in(published_day)

    bar(desk, "J-11").hover()
    expect(bar(desk, "J-11")).to_have_attribute("title", re.compile("J-11, P3 · normal, Shop J-11"))
    bar(desk, "J-11").click()
    expect(desk.page.locator(".selection-card")).to_contain_text("Shop J-11")
    expect(bar(desk, "J-11")).to_have_class(re.compile("is-selected"))

    desk.page.get_by_role("button", name="Ben").click()
    desk.page.get_by_role("button", name="Only this technician").click()
    expect(bar(desk, "J-11")).to_be_hidden()
    expect(bar(desk, "J-21")).to_be_visible()


def test_what_others_change_appears_on_the_board_after_a_drag_and_keeps_what_is_ticked(
    desk: Screen, session: Session, published_day: str
) -> None:
    desk.sign_in(published_day)
    desk.page.get_by_label("Tick J-1").check()
    priority = desk.page.locator(".job", has_text="J-2").locator(".priority")
    carried = desk.page.locator(".carried")
    for _ in range(3):
        desk.page.get_by_role("button", name="More time apart").click()
    x, y = middle_left(bar(desk, "J-21"))
    take_hold(desk, bar(desk, "J-11"))

    # A wheel scrolls the hours under what is carried.
    desk.page.mouse.move(x, y)
    expect(carried).to_contain_text("Ben, before J-21")
    desk.page.mouse.wheel(400, 0)
    expect(carried).to_contain_text("Ben, last")

    with desk.page.expect_response("**/board?", timeout=SOON_MS):
        session.scalars(sa.select(Job).where(Job.number == "J-2")).one().priority = Priority.P1
        session.commit()
    desk.settle()
    expect(priority).to_have_text("P3")
    # A second pointer ends nothing.
    bar(desk, "J-11").dispatch_event("pointerup", {"pointerId": 99})
    expect(carried).to_be_visible()
    desk.page.keyboard.press("Escape")

    expect(priority).to_have_text("P1", timeout=SOON_MS)
    expect(desk.page.get_by_label("Tick J-1")).to_be_checked()
    expect(desk.page.locator("[data-ticked]")).to_have_text("With 1 ticked job")


def test_a_week_leads_to_a_day_and_several_jobs_are_filtered_and_tied(board: Screen, session: Session) -> None:
    asked: list[str] = []
    board.page.on("request", lambda request: asked.append(request.url))
    board.open("/board?view=week")
    # A week has no map.
    assert [url for url in asked if ".json" in url] == []
    board.page.locator(".week-day").first.click()
    board.settle()
    expect(board.page.locator("tr[data-technician].is-selected .lane-label")).to_have_text("Ana")

    fold = board.page.locator(".pane-lists .phone-fold > summary")
    if fold.is_visible():
        fold.click()
    board.page.locator('.queue-filter [name="text"]').fill("Harbour")
    board.page.keyboard.press("Enter")
    board.settle()
    assert board.page.locator(".job-list .job").count() == 1
    board.page.locator(".job-tick input").check()
    board.page.locator(".bulk summary").click()
    board.page.locator('.bulk [name="technician"]').select_option(label="Ben")
    board.page.locator('.bulk [name="reason"]').fill("knows the shop")
    board.press("Tie to technician")

    session.rollback()
    pin = session.scalars(sa.select(Pin)).one()
    assert (pin.job.number, pin.technician and pin.technician.name) == ("J-1", "Ben")


def bar(screen: Screen, number: str) -> Locator:
    return screen.page.locator(f'.bar[data-job="{number}"]')


def carrier(session: Session, number: str) -> str:
    """Who has a job now."""
    waits = sa.select(Visit).join(Visit.job).where(Job.number == number, Visit.status == VisitStatus.DISPATCHED)
    name = session.scalars(waits).one().technician.name
    # A transaction that stays open keeps the service from writing.
    session.rollback()
    return name


def make_the_move(screen: Screen) -> None:
    """Press the button of the dialog that says what a move costs, once it says so."""
    dialog = screen.page.locator("dialog.weighing")
    expect(dialog.locator(".move-way")).to_be_visible()
    dialog.get_by_role("button", name=screen.say("Move it")).click()


def carry(screen: Screen, source: Locator, target: Locator) -> None:
    """Take hold of something, bring it to the left end of something else, and let go: by mouse, or by a finger."""
    screen.settle()
    source.scroll_into_view_if_needed()
    start, end = middle_left(source), middle_left(target)
    if not screen.page.evaluate("navigator.maxTouchPoints"):
        mouse = screen.page.mouse
        mouse.move(*start)
        mouse.down()
        mouse.move(*end, steps=6)
        expect(screen.page.locator(".carried")).to_be_visible()
        mouse.up()
        return
    fingers = screen.page.context.new_cdp_session(screen.page)

    def touch(kind: str, *points: tuple[float, float]) -> None:
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y} for x, y in points]})

    touch("touchStart", start)
    screen.page.locator(".carried").wait_for()
    touch("touchMove", ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2))
    touch("touchMove", end)
    expect(screen.page.locator(".carried")).to_contain_text("Ben")
    touch("touchEnd")


def take_hold(screen: Screen, source: Locator) -> None:
    """Take hold of something with the mouse and draw it aside."""
    screen.settle()
    x, y = middle_left(source)
    screen.page.mouse.move(x, y)
    screen.page.mouse.down()
    screen.page.mouse.move(x + 20, y, steps=2)
    expect(screen.page.locator(".carried")).to_be_visible()


def middle_left(place: Locator) -> tuple[float, float]:
    box = place.bounding_box()
    assert box
    return box["x"] + 4, box["y"] + min(box["height"] / 2, 40)


def test_the_pages_do_not_scroll_sideways_on_a_phone(phone: Screen, session: Session, dispatcher_email: str) -> None:
    job = session.scalars(sa.select(Job).where(Job.number == "J-1")).one()
    add_visit(session, technician=add_technician(session, name="Maximiliano Vasconcelos"), job=job)
    session.commit()
    phone.sign_in(dispatcher_email)

    for path in ("/board", "/board?view=table", "/jobs", "/jobs/new", "/jobs/J-1"):
        phone.open(path)
        assert phone.page.evaluate("document.documentElement.scrollWidth") <= 390, path
