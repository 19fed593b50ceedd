"""Labels read by the camera of a phone: a real Chromium whose camera films a label that we printed."""

from collections.abc import Iterator
from pathlib import Path

import pypdfium2
import pytest
from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page
from sqlalchemy.orm import Session

from benchmarks.chromium import FLAGS, PHONE, find_browser
from core.accounts import RoleName
from inventory.label_sheets import SHEETS, Label, draw
from tests import factories as make
from tests.stories.conftest import Screen, add_user_with_password

pytestmark = pytest.mark.browser

PICTURE = (640, 480)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    """What the camera sees: our label of a part, as a film of one picture."""
    [sheet] = pypdfium2.PdfDocument(draw([Label("BAT-920", ["battery"])], SHEETS["roll"], None))
    label = sheet.render(scale=3).to_pil().convert("RGB")
    label.thumbnail((PICTURE[0] - 80, PICTURE[1] - 80))
    seen = Image.new("RGB", PICTURE, "gray")
    seen.paste(label, ((PICTURE[0] - label.width) // 2, (PICTURE[1] - label.height) // 2))
    path = tmp_path / "label.mjpeg"
    seen.save(path, format="jpeg", quality=92)
    return path


@pytest.fixture
def filming(film: Path, chromium: Browser) -> Iterator[Browser]:
    """A browser with that camera, which pages may use."""
    camera = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    browser = chromium.browser_type.launch(
        executable_path=find_browser(), args=[*FLAGS, *camera, f"--use-file-for-fake-video-capture={film}"]
    )
    yield browser
    browser.close()


def find_page(screen: Screen, app: Flask, session: Session) -> Page:
    make.add_part(session, sku="BAT-920")
    clerk = add_user_with_password(app, session, RoleName.WAREHOUSE)
    session.commit()
    screen.sign_in(clerk.email)
    screen.open("/warehouse/find")
    return screen.page


def test_the_camera_reads_our_label_and_leads_to_the_part(
    app: Flask, session: Session, filming: Browser, live_address: str
) -> None:
    context = filming.new_context(viewport=PHONE, locale="en-GB")
    screen = Screen(context.new_page(), live_address)
    page = find_page(screen, app, session)

    page.get_by_role("button", name="Camera").click()
    page.wait_for_url("**/warehouse/parts/BAT-920")

    assert screen.faults == []
    context.close()


def test_without_a_camera_the_way_out_is_told(app: Flask, session: Session, phone: Screen) -> None:
    page = find_page(phone, app, session)

    page.get_by_role("button", name="Camera").click()

    page.get_by_text("Type what the label says").or_(page.get_by_text("or type what the label says")).wait_for()
    page.get_by_role("button", name="Close").click()
    page.get_by_role("searchbox").fill("BAT-920")
    page.get_by_role("button", name="Find", exact=True).click()
    page.wait_for_url("**/warehouse/parts/BAT-920")
