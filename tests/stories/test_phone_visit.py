"""A technician's phone in a real browser: a whole visit, a visit in vain, and what is done about the van."""

import io
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa
from flask import Flask
from PIL import Image
from playwright.sync_api import Locator, Page
from sqlalchemy.orm import Session

from core import clock
from core.accounts import RoleName
from dispatch import vanwork
from dispatch.models import Technician, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.visits import FileKind, VisitStatus
from inventory import ledger, transfers
from inventory.models import Core, CoreState, Part, Place, Transfer, TransferState
from inventory.transfers import TransferWanted
from tests import factories as make
from tests.stories.conftest import Screen, add_user_with_password
from tests.stories.telling import telling
from web.languages import LANGUAGES, Language

pytestmark = pytest.mark.browser

# As wide as the smallest phone that is still in use, or a page at four times its size.
SMALL = 320
IN_EACH_LANGUAGE = pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.locale)


@dataclass
class Shift:
    """A technician with a phone, a battery whose old one comes back, a numbered reader, and a depot."""

    session: Session
    phone: Screen
    technician: Technician
    battery: Part
    reader: Part
    depot: Place

    def visit(self, name: str, position: int, status: VisitStatus = VisitStatus.DISPATCHED) -> Visit:
        job = make.add_job(self.session, device=make.add_device(self.session), status=JobStatus.DISPATCHED)
        job.site.name = name
        today = clock.now().date()
        made = make.add_visit(self.session, technician=self.technician, job=job, day=today, position=position)
        made.status = status
        self.session.commit()
        return made

    def start(self, language: Language, path: str = "/day") -> None:
        self.session.commit()
        assert self.technician.user is not None
        self.phone.sign_in(self.technician.user.email)
        self.phone.speak(language)
        self.phone.open(path)

    def stop(self, visit: Visit) -> Locator:
        return self.phone.page.locator(f"#visit-{visit.id}")

    def tap(self, within: Locator, text: str, files: int = 0) -> None:
        """Press a button, and wait until the server has heard of it, and of files that go with it."""
        with telling(self.session, self.phone.page, 1 + files):
            within.get_by_role("button", name=self.phone.say(text), exact=True).first.click()

    def open(self, path: str) -> None:
        """Open a page; the service would wait for whoever reads in a transaction."""
        self.session.commit()
        self.phone.open(path)

    def press(self, text: str) -> None:
        """Press the button of a form that leads to a page."""
        self.session.commit()
        self.phone.press(text)

    def unfold(self, within: Locator, text: str) -> None:
        self.session.commit()
        within.locator("summary", has_text=self.phone.say(text)).first.click()

    def fits_the_phone(self) -> bool:
        return bool(self.phone.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"))


@pytest.fixture
def shift(app: Flask, session: Session, phone: Screen) -> Shift:
    user = add_user_with_password(app, session, RoleName.TECHNICIAN)
    technician = make.add_technician(session, name="Rui Costa", user=user)
    depot = make.add_place(session, code="NORTH", name="Depot North")
    battery, reader = make.add_part(session, sku="BAT-1"), make.add_part(session, sku="RDR-1")
    battery.core_due, reader.serial_tracked = True, True
    for place in (depot, technician.trunk):
        make.add_stock(session, place, battery, 5)
    ledger.receive(
        session,
        place_id=technician.trunk_id,
        pieces={reader.id: 1},
        serials={reader.id: ["SN-0042"]},
        reference="first fill",
        actor_id=None,
    )
    return Shift(session, phone, technician, battery, reader, depot)


@pytest.fixture(scope="module")
def photo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo as a phone takes it."""
    file = tmp_path_factory.mktemp("camera") / "till.jpg"
    Image.effect_noise((3000, 2000), 60).convert("RGB").save(file, quality=95)
    return file


@IN_EACH_LANGUAGE
def test_a_visit_from_setting_off_to_the_signed_report(shift: Shift, photo: Path, language: Language) -> None:
    phone, page = shift.phone, shift.phone.page
    visit, later = shift.visit("Corner Shop", 1), shift.visit("Harbour Kiosk", 2)
    assert visit.job.device is not None
    old = visit.job.device.serial
    shift.start(language)
    stop = shift.stop(visit)

    shift.tap(stop, "Set off")
    shift.tap(stop, "I am there")
    assert visit.status is VisitStatus.ON_SITE

    # Two parts: one by its label, one by its name.
    scan(page, "SN-0042")
    assert page.locator(f"#use-{visit.id}").input_value() == "SN-0042"
    shift.tap(stop.locator(f"form:has(#use-{visit.id})"), "Used")
    page.locator(f"#use-{visit.id}").fill("bat")
    stop.locator(".part-choices button", has_text="BAT-1").click()
    shift.tap(stop.locator(f"form:has(#use-{visit.id})"), "Used")
    assert [(line.part.sku, line.serials) for line in visit.parts] == [("RDR-1", ["SN-0042"]), ("BAT-1", [])]
    shift.tap(stop, "In the van")
    assert shift.session.scalars(sa.select(Core.state)).all() == [CoreState.TAKEN]

    with telling(shift.session, shift.phone.page):
        page.locator(f"#photo-{visit.id}").set_input_files(photo)

    shift.unfold(stop, "The device was swapped")
    page.locator(f"#out-{visit.id}").fill(old)
    page.locator(f"#in-{visit.id}").fill("NEW-7")
    shift.unfold(stop, "What was looked at")
    stop.locator("input[value=test_payment]").check()
    shift.unfold(stop, "The customer signs")
    page.locator(f"#signed-{visit.id}").fill("王芳")
    draw(stop.locator("canvas"))
    assert shift.fits_the_phone()
    page.reload()
    phone.settle()
    wait_for_signature(page)
    shift.tap(stop, "Job is done", files=1)

    assert (visit.status, visit.serial_out, visit.serial_in) == (VisitStatus.COMPLETED, old, "NEW-7")
    assert (visit.signed_by, [item["key"] for item in visit.checklist if item["done"]]) == ("王芳", ["test_payment"])
    kinds = {file.kind: file.attachment.content for file in visit.files}
    assert set(kinds) == {FileKind.PHOTO, FileKind.SIGNATURE}
    assert Image.open(io.BytesIO(kinds[FileKind.PHOTO])).size == (1600, 1067)
    assert has_ink(kinds[FileKind.SIGNATURE])
    # The next one is open now, and may begin.
    shift.stop(later).get_by_role("button", name=phone.say("Set off")).wait_for()

    shift.open(f"/visits/{visit.id}/report")
    page.wait_for_function("[...document.querySelectorAll('main img')].length == 2")
    assert "王芳" in page.locator("main").inner_text()
    assert "NEW-7" in page.locator("main").inner_text()
    assert shift.fits_the_phone()


@IN_EACH_LANGUAGE
def test_a_visit_in_vain_says_why_and_what_is_missing(shift: Shift, language: Language) -> None:
    phone, page = shift.phone, shift.phone.page
    visit = shift.visit("Corner Shop", 1, status=VisitStatus.ON_SITE)
    visit.arrived_at, visit.job.status = clock.now(), JobStatus.ON_SITE
    shift.start(language)
    stop = shift.stop(visit)

    shift.unfold(stop, "Cannot complete it")
    part = page.locator(f"#needed-{visit.id}")
    # Nobody is asked for a part or a skill as long as the reason needs none.
    assert not part.is_visible()
    stop.locator("input[value=needs_part]").check()
    part.fill("RDR-1")
    page.locator(f"#note-not-{visit.id}").fill("Reader is dead")
    shift.tap(stop, "End the visit without having finished")

    assert (visit.status, visit.note) == (VisitStatus.INCOMPLETE, "Reader is dead")
    assert visit.needs == {"part_id": shift.reader.id, "quantity": 1}
    page.get_by_text(phone.say("All stops are done")).wait_for()
    assert shift.fits_the_phone()


@IN_EACH_LANGUAGE
def test_the_van_is_received_into_counted_and_filled_up(shift: Shift, language: Language) -> None:
    phone, page, session = shift.phone, shift.phone.page, shift.session
    coming = transfers.request(
        session,
        from_place_id=shift.depot.id,
        to_place_id=shift.technician.trunk_id,
        lines=[TransferWanted(shift.battery.id, 2)],
        reason="Top-up",
        actor_id=None,
    )
    transfers.pick(session, transfer_id=coming.id)
    transfers.ship(session, transfer_id=coming.id, actor_id=None)
    shift.start(language, "/day/van")
    line = coming.lines[0].id

    card = page.locator("section", has=page.locator(f"#t-{coming.id}"))
    shift.unfold(card, "Something is missing or damaged")
    page.locator(f"#good-{line}").fill("1")
    page.locator(f"#remark-{line}").fill("One short")
    shift.tap(card, "Received like this")
    assert (coming.state, coming.lines[0].missing) == (TransferState.RECEIVED, 1)

    shift.open("/day/van?part=BAT-1")
    ask = page.locator("#ask")
    ask.locator("select[name=from]").select_option("NORTH")
    ask.locator("input[name=reason]").fill("One was short")
    shift.tap(ask, "Ask for it")
    asked = session.scalars(sa.select(Transfer).where(Transfer.state == TransferState.REQUESTED)).one()
    assert [(one.part.sku, one.requested) for one in asked.lines] == [("BAT-1", 1)]

    shift.open("/day/van/count")
    shift.press("Count everything")
    # Blind: six batteries are in the books, and nothing on the page says so.
    assert "6" not in page.locator("#main form .count-card").first.inner_text()
    page.locator(f"#found-{shift.battery.id}").fill("6")
    page.locator(f"#found-{shift.reader.id}").fill("SN-0042")
    shift.press("All is counted")
    page.get_by_text(phone.say("The count is posted.")).wait_for()
    assert vanwork.counts_of_van(session, shift.technician) == []
    assert shift.fits_the_phone()


def test_nothing_of_a_day_is_wider_than_a_small_phone_with_huge_letters(shift: Shift) -> None:
    page = shift.phone.page
    visit = shift.visit("Farmácia Internacional da Boavista e Associados", 1, status=VisitStatus.ON_SITE)
    visit.arrived_at, visit.job.status = clock.now(), JobStatus.ON_SITE
    page.set_viewport_size({"width": SMALL, "height": 640})
    shift.start(LANGUAGES[0])

    for path in ("/day", "/day?day=tomorrow", "/day/van", "/day/van/count", "/day/week", f"/visits/{visit.id}/report"):
        shift.phone.open_briskly(path)
        page.evaluate(
            """() => {
                document.documentElement.dataset.text = "huge";
                for (const fold of document.querySelectorAll("main details")) fold.open = true;
            }"""
        )
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= SMALL, path


def scan(page: Page, code: str) -> None:
    """Scan a label: keys at once, wherever the focus is."""
    page.evaluate(
        """(code) => {
            for (const key of [...code, "Enter"]) {
                const pressed = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true });
                document.activeElement.dispatchEvent(pressed);
            }
        }""",
        code,
    )


def draw(canvas: Locator) -> None:
    """Sign with a finger."""
    canvas.and_(canvas.page.locator("[data-ready]")).wait_for()
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    assert box
    mouse = canvas.page.mouse
    mouse.move(box["x"] + 40, box["y"] + 40)
    mouse.down()
    for step in range(1, 8):
        mouse.move(box["x"] + 40 + 20 * step, box["y"] + 40 + 60 * (step % 2))
    mouse.up()
    wait_for_signature(canvas.page)


def wait_for_signature(page: Page) -> None:
    page.wait_for_function("() => document.querySelector('input[name=signature]')?.files.length > 0")


def has_ink(content: bytes) -> bool:
    """Whether something dark is drawn on the white."""
    shades = Image.open(io.BytesIO(content)).convert("L").histogram()
    return sum(shades[:100]) > 0 and shades[255] > 0
