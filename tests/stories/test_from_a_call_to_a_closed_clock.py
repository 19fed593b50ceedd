"""From a shop's call to a closed clock: a ticket, a promise, a repaired printer, while the day goes wrong."""

import datetime as dt
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Locator
from sqlalchemy.orm import Session

from app.demo.founding import PASSWORD
from app.firm_clock import start_demonstration_clock
from customers.models import Contract, Device, Site
from dispatch.models import Job, PlanRun, Technician, Visit
from dispatch.models.visits import VisitStatus
from inventory.ledger import find_differences
from tests.factories import MONDAY, at
from tests.stories.conftest import Screen
from tests.stories.people import DISPATCHER, Firm
from tests.stories.telling import telling
from web.languages import LANGUAGES

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser")]

SERVICE_DESK = "desk@demo.example"
PATIENCE_MS = 60_000
TILL = "Tavora T200"
# What the history tells, the newest of it first.
HISTORY = (
    "Response: Started",
    "Promised to the customer",
    "Parts are promised",
    "A plan was published",
    "Technician set off",
    "Response: Stopped in time",
    "The promise was kept",
    "1 × PRN-T200",
    "Resolution: Stopped in time",
)


@pytest.fixture
def app(demonstration: Flask) -> Flask:
    """The service before anybody has planned its day."""
    return demonstration


@dataclass(frozen=True)
class Call:
    """What a shop tells on the phone."""

    serial: str
    symptom: str
    said: str
    answers: tuple[str, ...]
    priority: str = ""
    promised: tuple[str, str] | None = None


@pytest.mark.usefixtures("compiled_planner")
def test_a_call_ends_in_a_closed_clock_with_an_absence_and_an_urgent_call_on_the_way(
    desk: Screen, phone: Screen, app: Flask, session: Session
) -> None:
    firm = Firm(app, session)
    silent, dark = _two_tills(session)

    # 07:30. A shop calls; two steps help nobody, somebody has to come, between ten and twelve.
    desk.sign_in(SERVICE_DESK, PASSWORD)
    number = _take_call(
        desk,
        Call(silent, "PRINTER-DEAD", "Nothing comes out", ("No", "No"), promised=("10:00", "12:00")),
    )
    desk.sign_out()

    # The dispatcher has the day planned, and publishes the plan.
    desk.sign_in(DISPATCHER, PASSWORD)
    _plan_and_publish(desk, firm)
    repairer = _whose(session, number)

    # 08:00. An urgent call comes in; the first of the ranking is sent.
    _let_it_be(session, at(8))
    urgent = _take_call(desk, Call(dark, "POWER-DEAD", "The till is dark", (), priority="P1"))
    desk.open(f"/jobs/{urgent}/who")
    first = desk.page.locator("[aria-labelledby=able] tbody tr").first
    chosen = first.locator("b").inner_text()
    _press(desk, first, "Send there")
    assert chosen in _notice(desk)
    assert _whose(session, urgent).name == chosen

    # Somebody falls ill: the day is repaired, compared and published.
    absent = _somebody_else(session, repairer, chosen)
    _report_absent(desk, absent)
    desk.page.get_by_role("link", name="Compare and publish").click()
    desk.settle()
    for consent in desk.page.locator("input[name=consent]").all():
        consent.check()
    desk.press("Publish the plan")
    assert _visits_left_to(session, absent) == 0
    repairer = _whose(session, number)

    # 10:15. The technician drives there, builds in a printer, and leaves at 10:50 a till that prints.
    _let_it_be(session, at(10, 15))
    _repair(phone, session, repairer, number)

    # Both clocks stopped in time, the promise is kept, the old printer is owed, and all of it can be read.
    desk.open(f"/jobs/{number}")
    clocks = desk.page.locator("[aria-labelledby=clocks]")
    assert clocks.locator(".clock-row .badge").all_inner_texts() == ["kept at 10:15", "kept at 10:50"]
    parts = desk.page.locator("[aria-labelledby=parts]")
    assert "used up" in parts.inner_text()
    assert "Owed" in parts.get_by_role("list").inner_text()
    promise = desk.page.locator("[aria-labelledby=promise]")
    promise.get_by_text("What became of each").click()
    assert "Kept" in promise.locator("table").inner_text()
    desk.open(f"/jobs/{number}/history")
    told = desk.page.locator("main").inner_text()
    assert [fact for fact in HISTORY if fact not in told] == []
    assert told.index(HISTORY[-1]) < told.index(HISTORY[0])
    assert find_differences(session) == []


def _take_call(desk: Screen, call: Call) -> str:
    """Take in a call, try what there is to try, and hand it over; returns the number of the job."""
    page = desk.page
    desk.open("/tickets/new")
    page.get_by_label(desk.say("Serial number of the device")).fill(call.serial)
    page.locator("[data-device-card] *").first.wait_for()
    page.get_by_label(desk.say("Symptom")).select_option(call.symptom)
    page.get_by_label(desk.say("Priority")).select_option(call.priority)
    page.get_by_label(desk.say("What was said")).fill(call.said)
    desk.press("Take in")
    for answer in call.answers:
        _press(desk, page.locator("[aria-labelledby=try]"), answer)
    hand_over = page.locator("[aria-labelledby=hand-over]")
    if call.promised is not None:
        hand_over.get_by_label(desk.say("Day")).fill(MONDAY.isoformat())
        hand_over.get_by_label(desk.say("From")).fill(call.promised[0])
        hand_over.get_by_label(desk.say("To")).fill(call.promised[1])
    _press(desk, hand_over, "Make the job")
    return page.locator(".page-head a[href^='/jobs/J-']").inner_text().strip()


def _plan_and_publish(desk: Screen, firm: Firm) -> None:
    desk.open("/board")
    desk.page.get_by_role("combobox", name=desk.say("Engine")).select_option("greedy")
    desk.press_without_waiting("Plan the day")
    desk.page.locator(".run").wait_for(timeout=PATIENCE_MS)
    firm.work_off(firm.session.scalars(sa.select(PlanRun.id)).one())
    desk.page.get_by_role("button", name=desk.say("Publish"), exact=True).wait_for(timeout=PATIENCE_MS)
    desk.settle()
    desk.press("Publish")
    assert desk.page.locator(".notice-done").count() == 1


def _report_absent(desk: Screen, absent: Technician) -> None:
    desk.open("/live")
    form = desk.page.locator("details", has_text=desk.say("Somebody is absent"))
    form.locator("summary").click()
    form.get_by_label(desk.say("Technician")).select_option(absent.code)
    _press(desk, form, "Note it and repair the day")


def _repair(phone: Screen, session: Session, technician: Technician, number: str) -> None:
    """Do everything that the phone asks for at the shop, in Chinese."""
    assert technician.user is not None
    phone.open("/login")
    phone.speak(LANGUAGES[1])
    phone.sign_in(technician.user.email, PASSWORD)
    for step in ("Set off", "I am there", "Used"):
        with telling(session, phone.page):
            _press(phone, _stop(phone, number), step)
    _let_it_be(session, at(10, 50))
    with telling(session, phone.page):
        _press(phone, _stop(phone, number), "Job is done")


def _stop(phone: Screen, number: str) -> Locator:
    """The card of a job's stop, unfolded."""
    stop = phone.page.locator(".stop-visit", has_text=number)
    if stop.evaluate("card => card.tagName == 'DETAILS' && !card.open"):
        stop.locator("summary").first.click()
    return stop


def _press(screen: Screen, where: Locator, text: str) -> None:
    where.get_by_role("button", name=screen.say(text), exact=True).first.click()
    screen.settle()
    assert screen.page.locator(".notice-refused").all_inner_texts() == []


def _notice(screen: Screen) -> str:
    return screen.page.locator(".notice-done").first.inner_text()


def _let_it_be(session: Session, moment: dt.datetime) -> None:
    """Move the firm's clock on."""
    start_demonstration_clock(session, moment)
    session.commit()


def _two_tills(session: Session) -> tuple[str, str]:
    """Serial numbers of unreported tills at two shops that are open all day and whose contracts pay for parts."""
    sites = session.scalars(
        sa.select(Site).join(Contract, Contract.id == Site.contract_id).where(Contract.covers_parts).order_by(Site.id)
    )
    open_all_day = [site.id for site in sites if _is_open_all_day(site.opening_hours.get("mon", []))]
    rows = session.execute(
        sa.select(Device.serial, Device.site_id)
        .where(Device.site_id.in_(open_all_day), Device.model == TILL)
        .where(~sa.exists().where(Job.device_id == Device.id))
        .order_by(Device.id)
    ).all()
    session.commit()
    return rows[0].serial, next(row.serial for row in rows if row.site_id != rows[0].site_id)


def _is_open_all_day(hours: list[list[str]]) -> bool:
    return len(hours) == 1 and hours[0][0] <= "08:30" and hours[0][1] >= "19:00"


def _whose(session: Session, number: str) -> Technician:
    """The technician whom the published plan sends to a job."""
    session.expire_all()
    found = session.scalars(
        sa.select(Technician)
        .join(Visit, Visit.technician_id == Technician.id)
        .join(Job, Job.id == Visit.job_id)
        .where(Job.number == number, Visit.status == VisitStatus.DISPATCHED)
    ).one()
    assert found.user is not None
    session.commit()
    return found


def _somebody_else(session: Session, repairer: Technician, chosen: str) -> Technician:
    """A technician with visits today who neither repairs the printer nor drives to the urgent call."""
    found = session.scalars(
        sa.select(Technician)
        .where(
            sa.exists().where(Visit.technician_id == Technician.id, Visit.status == VisitStatus.DISPATCHED),
            Technician.id != repairer.id,
            Technician.name != chosen,
        )
        .order_by(Technician.id)
    ).first()
    assert found is not None
    session.commit()
    return found


def _visits_left_to(session: Session, technician: Technician) -> int:
    session.expire_all()
    count = session.scalar(
        sa.select(sa.func.count(Visit.id)).where(
            Visit.technician_id == technician.id, Visit.status == VisitStatus.DISPATCHED
        )
    )
    session.commit()
    return count or 0
