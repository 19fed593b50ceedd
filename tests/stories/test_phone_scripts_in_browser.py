"""What the scripts of the technician's phone add to pages that work without them."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from playwright.sync_api import Route
from sqlalchemy.orm import Session

from core import clock
from core.accounts import RoleName
from customers.models import ChargeKind
from dispatch.models import Visit, VisitFile
from dispatch.models.jobs import JobStatus
from dispatch.models.visits import FileKind, VisitStatus
from inventory import transfers
from inventory.models import Part, StockLevel, TransferState
from inventory.transfers import TransferWanted
from tests import factories as make
from tests.stories.basement import picture
from tests.stories.conftest import Screen, add_user_with_password
from tests.stories.telling import telling

pytestmark = pytest.mark.browser

PARTS = 12
# What the phone shows as the state of a visit, after each change of the page.
WATCH = """(visit) => {
    window.shown = [];
    const look = () => {
        const status = document.querySelector(`#visit-${visit}`)?.dataset.status;
        if (status !== window.shown.at(-1)) window.shown.push(status);
    };
    new MutationObserver(look).observe(document, { subtree: true, childList: true, attributes: true });
}"""
FULL = """
const put = IDBObjectStore.prototype.put;
IDBObjectStore.prototype.put = function (...told) {
    if (["seen", "facts"].includes(this.name)) throw new DOMException("full", "QuotaExceededError");
    return put.apply(this, told);
};
"""
NEVER_OPENS = "IDBFactory.prototype.open = () => Object.setPrototypeOf(new EventTarget(), IDBRequest.prototype);"
KEEP_REFUSED = """(command) => new Promise((resolve) => {
    const opening = indexedDB.open("wrenchway-phone");
    opening.onsuccess = () => {
        const writing = opening.result.transaction("commands", "readwrite");
        writing.objectStore("commands").add({ ...command, visit: null, where: "", fate: "refused" });
        writing.oncomplete = () => { opening.result.close(); resolve(); };
    };
})"""


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
    user = on_site.technician.user_id
    assert phone.page.evaluate("Object.keys(localStorage)") == [f"typed:{user}:/visits/{on_site.id}/complete"]

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


def test_the_second_tap_of_a_finger_tells_nothing(phone: Screen, session: Session, on_site: Visit) -> None:
    on_site.status, on_site.job.status = VisitStatus.DISPATCHED, JobStatus.DISPATCHED
    session.commit()
    phone.page.reload()
    phone.settle()
    box = phone.page.get_by_role("button", name="Set off").bounding_box()
    assert box
    # Near its lower edge: the line that says what was done pushes the next button down.
    place = box["x"] + box["width"] / 2, box["y"] + box["height"] - 4

    with telling(session, phone.page):
        phone.page.mouse.click(*place)
        phone.page.get_by_role("button", name="I am there").wait_for()
        phone.page.mouse.click(*place)
    phone.settle()

    session.refresh(on_site)
    assert on_site.status is VisitStatus.EN_ROUTE


def test_a_page_does_not_fall_behind_what_was_done_on_it(phone: Screen, session: Session, on_site: Visit) -> None:
    on_site.status, on_site.job.status = VisitStatus.DISPATCHED, JobStatus.DISPATCHED
    session.commit()
    phone.page.reload()
    phone.settle()
    late: list[tuple[Route, Any]] = []

    def hold_back(route: Route) -> None:
        late.append((route, route.fetch()))

    phone.page.route("**/day?day=*", hold_back, times=1)
    with telling(session, phone.page):
        phone.page.get_by_role("button", name="Set off").click()
    phone.page.locator(".told-sent", has_text="Set off").wait_for(state="attached")
    while not late:
        phone.page.wait_for_timeout(10)
    phone.page.evaluate(WATCH, on_site.id)
    with telling(session, phone.page):
        phone.page.get_by_role("button", name="I am there").click()
    phone.page.locator(".told-sent", has_text="Arrived").wait_for(state="attached")
    [(route, answer)] = late
    route.fulfill(response=answer)
    phone.settle()

    assert phone.page.evaluate("window.shown") == ["en_route", "on_site"]


def test_photos_taken_one_after_the_other_arrive_from_a_phone_that_is_full(
    phone: Screen, session: Session, on_site: Visit
) -> None:
    phone.page.add_init_script(FULL)
    phone.page.reload()
    phone.settle()

    with telling(session, phone.page, 2):
        for colour in ("red", "green"):
            photo = {"name": f"{colour}.png", "mimeType": "image/png", "buffer": picture(colour)}
            phone.page.locator(f"#photo-{on_site.id}").set_input_files(photo)  # type: ignore[arg-type]

    assert session.scalars(sa.select(VisitFile.kind)).all() == [FileKind.PHOTO] * 2


def test_a_document_is_added_to_a_report_without_a_connection(phone: Screen, session: Session, on_site: Visit) -> None:
    on_site.arrived_at = clock.now()
    session.commit()
    phone.open(f"/visits/{on_site.id}/report")

    phone.page.context.set_offline(True)
    receipt = {"name": "receipt.txt", "mimeType": "text/plain", "buffer": b"Till 3"}
    phone.page.get_by_label("Photo or document").set_input_files(receipt)  # type: ignore[arg-type]
    phone.page.get_by_label("What it shows").select_option("document")
    phone.page.get_by_role("button", name="Add the file").click()
    phone.page.locator("[data-badge]", has_text="1 waits").wait_for()
    with telling(session, phone.page):
        phone.page.context.set_offline(False)
    phone.page.get_by_role("link", name="receipt.txt").wait_for()

    assert session.scalars(sa.select(VisitFile.kind)).all() == [FileKind.DOCUMENT]


def test_a_page_is_not_exchanged_under_a_finger(phone: Screen, session: Session, on_site: Visit) -> None:
    page = phone.page
    page.locator(f"#use-{on_site.id}").fill("BAT-07")
    with telling(session, page):
        page.locator(f"form:has(#use-{on_site.id})").get_by_role("button", name="Used").click()
    page.locator(".told-sent").wait_for()
    phone.settle()
    page.get_by_label("Note for the shop's history").fill("Cable")
    on_site.job.site.name = "Renamed Shop"
    session.commit()
    # The phone looks again, and waits for whoever is typing.
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    phone.settle()
    fold = page.locator("summary", has_text="Cannot complete it")
    fold.scroll_into_view_if_needed()
    fold.hover()

    page.mouse.down()
    phone.settle()
    page.mouse.up()

    page.get_by_role("button", name="End the visit without having finished").wait_for()
    page.get_by_text("Renamed Shop").first.wait_for()


def test_charges_and_times_are_told_without_a_connection(phone: Screen, session: Session, on_site: Visit) -> None:
    on_site.arrived_at = clock.now()
    session.commit()
    phone.open(f"/visits/{on_site.id}/report")
    arrived = clock.now().astimezone(ZoneInfo("Europe/Lisbon")) - dt.timedelta(minutes=1)

    phone.page.context.set_offline(True)
    phone.page.locator("summary", has_text="Charge something more").click()
    labour = phone.page.locator("form[data-command=add_charge]", has_text="Minutes")
    labour.get_by_label("Minutes").fill("20")
    labour.get_by_label("Why it is not covered").fill("It fell")
    labour.get_by_role("button", name="Put it on the bill").click()
    phone.page.locator("[data-badge]", has_text="1 waits").wait_for()
    phone.page.locator("summary", has_text="A time is wrong").click()
    phone.page.get_by_label("On site from").fill(f"{arrived:%H:%M}")
    phone.page.get_by_label("Why", exact=False).first.fill("Forgot to tap")
    phone.page.get_by_role("button", name="Correct the times").click()
    phone.page.locator("[data-badge]", has_text="2 wait").wait_for()
    with telling(session, phone.page, 2):
        phone.page.context.set_offline(False)
    phone.page.locator(".part-lines", has_text="It fell").wait_for()

    session.refresh(on_site)
    assert [(charge.kind, charge.quantity) for charge in on_site.charges] == [(ChargeKind.LABOUR, 20)]
    assert on_site.arrived_at == arrived.replace(second=0, microsecond=0)


def test_what_is_corrected_stands_in_the_form_of_its_own_transfer(
    phone: Screen, session: Session, on_site: Visit
) -> None:
    depot, van = make.add_place(session), on_site.technician.trunk
    part = session.scalars(sa.select(StockLevel.part_id)).first()
    assert part
    make.add_stock(session, depot, session.get_one(Part, part), 9)
    wanted = [TransferWanted(part, 3)]
    coming = [
        transfers.request(
            session, from_place_id=depot.id, to_place_id=van.id, lines=wanted, reason=reason, actor_id=None
        )
        for reason in ("First", "Second")
    ]
    for one in coming:
        transfers.pick(session, transfer_id=one.id)
        transfers.ship(session, transfer_id=one.id, actor_id=None)
    session.commit()
    first, second = coming
    line, other = first.lines[0].id, second.lines[0].id
    told = {"line": line, "good": 2, "damaged": 0, "remark": "One short", "serials": [], "damaged_serials": []}
    values = {"transfer": first.id, "lines": [told]}
    happened = clock.now().isoformat()
    refused = {"id": "a1", "user": on_site.technician.user_id, "action": "receive_transfer", "values": values}
    phone.page.evaluate(KEEP_REFUSED, {**refused, "happened_at": happened})
    phone.open("/day/van")

    phone.page.get_by_role("button", name="Correct it").click()
    # The page is renewed while somebody thinks about it.
    phone.page.evaluate(
        """() => new Promise((resolve) => {
            const page = document.querySelector("[data-person]");
            page.addEventListener("wrenchway:refreshed", resolve);
            page.dataset.moved = "true";
            document.activeElement.blur();
            window.dispatchEvent(new Event("online"));
        })"""
    )
    fields = [phone.page.locator(f"#{name}") for name in (f"good-{line}", f"remark-{line}", f"good-{other}")]
    assert [field.input_value() for field in fields] == ["2", "One short", "3"]
    with telling(session, phone.page):
        fields[0].locator("xpath=ancestor::form").get_by_role("button", name="Received like this").click()
    phone.page.locator(".told-refused").wait_for(state="detached")

    assert [one.state for one in coming] == [TransferState.RECEIVED, TransferState.SHIPPED]


def test_a_store_that_never_opens_holds_nobody_up(phone: Screen, session: Session, on_site: Visit) -> None:
    phone.page.add_init_script(NEVER_OPENS)
    phone.page.clock.install()
    phone.page.reload()
    phone.settle()

    phone.page.get_by_role("button", name="Job is done").click()
    with phone.page.expect_navigation():
        phone.page.clock.run_for(10_000)
    phone.page.locator(".notice-done").wait_for()

    session.refresh(on_site)
    assert on_site.status is VisitStatus.COMPLETED
