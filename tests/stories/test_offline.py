"""A technician's day without a signal, in a real browser: nothing is lost, told twice, or overruled."""

import datetime as dt
from collections.abc import Iterator
from itertools import pairwise

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_security import hash_password
from playwright.sync_api import Browser
from sqlalchemy.orm import Session

from core import clock
from core.accounts import RoleName
from core.commands import Command
from dispatch.jobs import cancel_job
from dispatch.models import FieldConflict, Technician, Visit, VisitFile, VisitPart
from dispatch.models.live import ConflictState
from dispatch.models.visits import VisitStatus
from inventory.models import Place, StockLevel, Transfer
from tests import factories as make
from tests.stories.basement import BasementPhone, Service, running
from tests.stories.conftest import PASSWORD, add_user_with_password
from tests.web.conftest import World

pytestmark = pytest.mark.browser

KEEP_OLD = """async () => {
    const pages = await caches.open("wrenchway-pages");
    const at = new Date(Date.now() - 4 * 24 * 60 * 60_000).toUTCString();
    await pages.put("/visits/99/report", new Response("old", { headers: { Date: at } }));
}"""
COLOURS = ("red", "green", "blue", "yellow", "purple")


@pytest.fixture
def service(app: Flask) -> Iterator[Service]:
    with running(Service(app)) as made:
        yield made


@pytest.fixture
def technician(app: Flask, session: Session) -> Technician:
    """Somebody with a van that holds thirty batteries."""
    user = add_user_with_password(app, session, RoleName.TECHNICIAN)
    made = make.add_technician(session, name="Rui", user=user)
    make.add_stock(session, made.trunk, make.add_part(session, sku="BAT-1"), 30)
    return made


@pytest.fixture
def depot(session: Session) -> Place:
    return make.add_place(session, code="DEPOT", name="Depot North")


def add_visits(session: Session, technician: Technician, number: int) -> list[Visit]:
    today = clock.now().date()
    visits = [make.add_visit(session, technician=technician, day=today, position=place + 1) for place in range(number)]
    for place, visit in enumerate(visits):
        visit.job.site.name = f"Shop {place + 1}"
    session.commit()
    return visits


@pytest.fixture
def phone(chromium: Browser, service: Service) -> Iterator[BasementPhone]:
    made = BasementPhone(chromium, service)
    yield made
    made.context.close()
    assert made.faults == []


def email_of(technician: Technician) -> str:
    assert technician.user is not None
    return technician.user.email


def repair(phone: BasementPhone, visit: Visit, *, spare: bool = False, photo: str = "") -> None:
    """Do a whole visit: four actions, another with a second part, another with a photo."""
    phone.do("set_off", visit.id)
    phone.do("arrive", visit.id)
    phone.do("use_part", visit.id, sku="BAT-1", quantity="1")
    if spare:
        phone.do("use_part", visit.id, sku="BAT-1", quantity="2")
    if photo:
        phone.photograph(visit.id, photo)
    phone.do("complete", visit.id, note=f"Repaired, {visit.job.site.name}")


def test_forty_actions_without_a_signal_arrive_once_and_in_order(
    phone: BasementPhone, app: Flask, session: Session, technician: Technician, depot: Place
) -> None:
    service = phone.service
    dispatcher = add_user_with_password(app, session, RoleName.DISPATCHER)
    visits = add_visits(session, technician, 8)
    phone.sign_in(email_of(technician), PASSWORD)
    phone.open("/day")
    phone.wait_until_kept("/day", "/day/van", "/day/waiting")

    # The morning, in a basement.
    phone.lose_signal()
    for visit, colour in zip(visits[:3], COLOURS, strict=False):
        repair(phone, visit, spare=True, photo=colour)
    phone.reload()
    phone.wait_for_badge("18 wait")

    # Meanwhile the dispatcher cancels the last job, and the sign-in expires.
    cancel_job(session, job_id=visits[7].job_id, reason="The shop closed", actor_id=dispatcher.id)
    session.commit()
    phone.context.clear_cookies()
    repair(phone, visits[3], photo=COLOURS[3])
    phone.find_signal()
    phone.wait_for_badge("Sign in to send 23")
    phone.lose_signal()
    phone.wait_for_badge("23 wait")

    # The afternoon, without a signal again.
    repair(phone, visits[4], photo=COLOURS[4])
    for visit in visits[5:7]:
        repair(phone, visit)
    phone.reload()
    phone.do("set_off", visits[7].id)
    phone.do("arrive", visits[7].id)
    phone.open("/day/van")
    phone.do_in_van("ask_parts", sku="BAT-1", **{"from": depot.code}, quantity="4", reason="Runs low")
    phone.do_in_van("report_damaged", sku="BAT-1", quantity="1", reason="Fell down")
    in_order = [command["id"] for command in phone.kept()]
    assert (len(in_order), len(phone.kept("files"))) == (35, 5)

    # In the evening the server dies while the second part of it is under way, and is started anew.
    service.dies_at = 2
    phone.find_signal()
    phone.sign_in(email_of(technician), PASSWORD)
    phone.wait_for_badge("no signal since")
    service.stop()
    service.start()
    phone.lose_signal()
    phone.find_signal()
    phone.wait_for_badge("2 were not accepted")
    phone.page.locator("[data-badge]", has_not_text="wait").wait_for()

    # Each of them arrived, in the order in which it was done, and counts once.
    assert list(dict.fromkeys(service.told)) == in_order
    assert len(service.told) == len(in_order) + 10
    session.expire_all()
    assert set(session.scalars(sa.select(Command.id).where(Command.name.startswith("phone ")))) == set(in_order)
    assert [visit.status for visit in visits] == [VisitStatus.COMPLETED] * 7 + [VisitStatus.WITHDRAWN]
    assert [visit.note for visit in visits[:7]] == [f"Repaired, Shop {place}" for place in range(1, 8)]
    times = [at for visit in visits[:7] for at in (visit.set_off_at, visit.arrived_at, visit.ended_at)]
    assert all(one is not None and other is not None and one <= other for one, other in pairwise(times))
    assert session.scalar(sa.select(sa.func.sum(VisitPart.quantity))) == 7 + 3 * 2
    assert (
        session.scalar(sa.select(StockLevel.on_hand).where(StockLevel.place_id == technician.trunk_id)) == 30 - 13 - 1
    )
    assert session.scalar(sa.select(sa.func.count()).select_from(VisitFile)) == 5
    assert session.scalars(sa.select(Transfer.reason)).all() == ["Runs low"]

    # What the dispatcher's change contradicts is shown on both sides.
    conflicts = session.scalars(sa.select(FieldConflict).order_by(FieldConflict.id)).all()
    assert [(one.action, one.state) for one in conflicts] == [
        ("set_off", ConflictState.OPEN),
        ("arrive", ConflictState.OPEN),
    ]
    phone.open("/day")
    shown = phone.page.locator(".told-conflict")
    shown.first.wait_for()
    assert shown.count() == 2
    assert "The dispatcher decides" in shown.first.inner_text()
    assert "cancelled by Alex dispatcher" in phone.page.locator(".told-left").inner_text()
    desk = World(app, session).visitor(dispatcher)
    conflicts_page = desk.get("/conflicts").text
    assert all(words in conflicts_page for words in ("Shop 8", "Set off", "Arrived", "Rui"))


def test_what_was_refused_is_corrected_and_counts_from_when_it_happened(
    phone: BasementPhone, session: Session, technician: Technician
) -> None:
    [visit] = add_visits(session, technician, 1)
    phone.sign_in(email_of(technician), PASSWORD)
    phone.open("/day")
    phone.tell("set_off", visit.id)
    phone.tell("arrive", visit.id)

    phone.tell("use_part", visit.id, sku="BAT-7", quantity="1")
    refused = phone.page.locator(".told-refused")
    refused.wait_for()
    assert "No part and no piece has the code BAT-7" in refused.inner_text()
    [kept] = phone.kept()
    phone.open("/day/waiting")
    phone.page.wait_for_load_state("networkidle")
    phone.page.get_by_role("button", name="Drop it").click()
    phone.page.get_by_role("button", name="Keep it").click()
    assert [command["id"] for command in phone.kept()] == [kept["id"]]
    phone.open("/day")
    refused.get_by_role("button", name="Correct it").click()
    phone.tell("use_part", visit.id, sku="BAT-1")
    phone.wait_for_badge("all sent")

    session.expire_all()
    [used] = session.scalars(sa.select(VisitPart)).all()
    assert (used.quantity, used.part.sku) == (1, "BAT-1")
    # To the second: the phone's clock and ours are read a moment apart.
    assert abs(used.used_at.timestamp() - dt.datetime.fromisoformat(kept["happened_at"]).timestamp()) < 2
    assert phone.kept() == []


def test_what_somebody_did_is_never_sent_under_another_name(
    phone: BasementPhone, app: Flask, session: Session, technician: Technician
) -> None:
    [visit] = add_visits(session, technician, 1)
    eva = make.add_person(session, name="Eva", roles=[RoleName.TECHNICIAN])
    with app.app_context():
        eva.password = hash_password(PASSWORD)
    make.add_technician(session, name="Eva", user=eva)
    session.commit()
    phone.sign_in(email_of(technician), PASSWORD)
    phone.open("/day")
    phone.wait_until_kept("/day")
    phone.lose_signal()
    phone.do("set_off", visit.id)
    phone.context.clear_cookies()
    phone.find_signal()
    phone.wait_for_badge("Sign in to send 1")

    phone.sign_in(eva.email, PASSWORD)
    phone.wait_for_badge("1 of somebody else wait here")
    assert "Shop 1" not in phone.page.locator("main").inner_text()
    phone.lose_signal()
    phone.open("/day")
    assert "Shop 1" not in phone.page.locator("main").inner_text()
    phone.find_signal()
    assert [command["user"] for command in phone.kept()] == [technician.user_id]
    phone.page.locator('form[action="/logout"] button').first.click()
    phone.page.wait_for_url("**/login**")
    phone.sign_in(email_of(technician), PASSWORD)
    phone.wait_for_badge("all sent")

    session.refresh(visit)
    assert visit.status is VisitStatus.EN_ROUTE


def test_two_tabs_send_what_was_done_once(
    phone: BasementPhone, service: Service, session: Session, technician: Technician
) -> None:
    [visit] = add_visits(session, technician, 1)
    phone.sign_in(email_of(technician), PASSWORD)
    phone.open("/day")
    phone.wait_until_kept("/day")
    other = phone.new_page()
    other.goto(f"{service.address}/day")
    other.wait_for_selector("html[data-ready]", state="attached")
    phone.lose_signal()
    phone.do("set_off", visit.id)
    other.locator("[data-badge]", has_text="1 waits").wait_for()
    assert other.locator(f"#visit-{visit.id}").get_attribute("data-status") == "en_route"

    phone.find_signal()
    other.locator("[data-badge]", has_text="all sent").wait_for()
    phone.wait_for_badge("all sent")

    assert len(service.told) == 1


def test_pages_leave_the_phone_when_they_are_old_and_when_somebody_signs_out(
    phone: BasementPhone, session: Session, technician: Technician
) -> None:
    add_visits(session, technician, 1)
    phone.sign_in(email_of(technician), PASSWORD)
    phone.open("/day")
    phone.wait_until_kept("/day", "/day/van")
    assert "Shop 1" in phone.page.locator("main").inner_text()

    # Nobody has opened that visit again for days.
    phone.page.evaluate(KEEP_OLD)
    phone.reload()
    phone.wait_until_gone("/visits/99/report")

    phone.page.locator('form[action="/logout"] button').first.click()
    phone.page.wait_for_url("**/login**")
    phone.lose_signal()
    phone.page.goto(f"{phone.service.address}/day")

    assert "No connection" in phone.page.locator("main").inner_text()
    assert "Shop 1" not in phone.page.content()
