"""The service behind a real address, a real Chromium in front of it, and the demonstration to play a day in."""

import contextlib
import datetime as dt
import gettext
import shutil
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from flask import Flask
from flask_security import hash_password
from playwright.sync_api import Browser, BrowserContext, Page, Request, Response, sync_playwright
from sqlalchemy.orm import Session

from app.firm_clock import start_demonstration_clock
from benchmarks.chromium import DESK, FLAGS, PHONE, find_browser
from core import clock
from core.accounts import RoleName, User
from tests.factories import add_person, at
from tests.made_once import made_once
from tests.stories.demonstration import demonstration_in, load_demonstration, session_on
from tests.stories.live_server import live_server
from tests.stories.people import Firm, publish_plan
from web.languages import TRANSLATIONS, Language

PASSWORD = "correct horse battery"
# A page is quiet when nothing was under way at so many looks in a row.
LOOK_MS, QUIET_LOOKS, SETTLE_SECONDS = 50, 4, 30


@dataclass
class Screen:
    """A browser window, and everything in it that went wrong."""

    page: Page
    address: str
    faults: list[str] = field(default_factory=list)
    # What a person who looks for an English word finds on the pages.
    catalogue: gettext.NullTranslations = field(default_factory=gettext.NullTranslations)
    # What pages have asked for and not heard yet; a stream of news never ends and is not counted.
    asking: set[Request] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.page.on("request", self._on_request)
        self.page.on("requestfinished", self._on_finished)
        self.page.on("console", lambda message: self._note(message.type == "error", f"console: {message.text}"))
        self.page.on("pageerror", lambda error: self._note(True, f"script: {error}"))
        self.page.on("requestfailed", self._on_failed)
        self.page.on("response", self._on_response)

    def open(self, path: str) -> None:
        """Open a page and wait until its scripts are bound and have fetched what they show."""
        self.page.goto(self.address + path)
        self.settle()

    def open_briskly(self, path: str) -> None:
        """Open a page of which only the words and the measures matter, not what its scripts fetch."""
        self.page.goto(self.address + path)
        self.page.wait_for_selector("html[data-ready]", state="attached")

    def settle(self) -> None:
        """Wait until the page's scripts are bound and nothing is being fetched any more."""
        self.page.wait_for_load_state()
        self.page.wait_for_selector("html[data-ready]", state="attached")
        deadline, quiet = time.monotonic() + SETTLE_SECONDS, 0
        while quiet < QUIET_LOOKS:
            assert time.monotonic() < deadline, f"still being fetched: {[request.url for request in self.asking]}"
            # Events of the page reach us only while we wait for it.
            self.page.wait_for_timeout(LOOK_MS)
            quiet = 0 if self.asking else quiet + 1

    def sign_in(self, user_email: str, password: str = PASSWORD) -> None:
        """Sign in by the form, as a person does."""
        self.open("/login")
        self.page.get_by_label(self.say("E-mail address")).fill(user_email)
        self.page.get_by_label(self.say("Password")).fill(password)
        self.press("Sign in")

    def sign_out(self) -> None:
        self.press("Sign out")

    def press(self, text: str) -> None:
        """Press the button with this text, written in English, and wait for what follows."""
        self.press_without_waiting(text)
        self.settle()

    def press_without_waiting(self, text: str) -> None:
        """Press a button whose page goes on asking the server."""
        self.page.get_by_role("button", name=self.say(text), exact=True).first.click()

    def speak(self, language: Language) -> None:
        """Switch the language of the page that is open, and of the words that are looked for."""
        self.page.get_by_role("button", name=language.name).click()
        self.settle()
        self.catalogue = gettext.translation("messages", TRANSLATIONS, [language.locale], fallback=True)

    def say(self, text: str) -> str:
        """Return what stands on the pages for an English text."""
        return self.catalogue.gettext(text)

    def _note(self, wrong: bool, fault: str) -> None:
        if wrong:
            self.faults.append(fault)

    def _on_request(self, request: Request) -> None:
        if request.resource_type != "eventsource":
            self.asking.add(request)

    def _on_finished(self, request: Request) -> None:
        # Playwright marks its listeners, which a method of a set does not bear.
        self.asking.discard(request)

    def _on_failed(self, request: Request) -> None:
        self.asking.discard(request)
        # A page that is left takes back what it was still asking for.
        self._note(request.failure != "net::ERR_ABORTED", f"request: {request.url} {request.failure}")

    def _on_response(self, response: Response) -> None:
        self._note(response.status >= 400, f"response: {response.status} {response.url}")


@pytest.fixture(scope="session")
def loaded_folder(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a service with the demonstration of the test Monday, loaded once, to be copied."""

    def fill(folder: Path) -> None:
        shutil.copy(migrated_file, folder)
        load_demonstration(folder)

    return made_once(tmp_path_factory, "loaded", fill)


@pytest.fixture(scope="session")
def published_folder(loaded_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a plan that was published at the dispatcher's board, to be copied."""

    def fill(folder: Path) -> None:
        with demonstration_in(folder, copy_of=loaded_folder) as app, session_on(app) as session:
            publish_plan(Firm(app, session))

    return made_once(tmp_path_factory, "published", fill)


@pytest.fixture
def demonstration(loaded_folder: Path, tmp_path: Path) -> Iterator[Flask]:
    """The service with the demonstration, before anybody has planned its day."""
    with demonstration_in(tmp_path, copy_of=loaded_folder) as made:
        yield made


@pytest.fixture
def demonstration_on_the_road(published_folder: Path, tmp_path: Path) -> Iterator[Flask]:
    """The service with the demonstration, its day planned and published."""
    with demonstration_in(tmp_path, copy_of=published_folder) as made:
        yield made


@contextlib.contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Let a service answer at an address of its own."""
    server = live_server(app)
    thread = threading.Thread(target=server.serve_forever, name="live-server", daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def app(own_app: Flask) -> Flask:
    """A service of the story's own: whoever listens to it may outlive the test by a moment."""
    return own_app


@pytest.fixture
def live_address(app: Flask) -> Iterator[str]:
    """The address at which the service of this test answers."""
    with serving(app) as address:
        yield address


@pytest.fixture
def half_past_seven(session: Session) -> Iterator[None]:
    """Let the firm's clock show half past seven on the tests' Monday, and run on from there."""
    start_demonstration_clock(session, at(7, 30))
    session.commit()
    yield
    clock.set_offset(dt.timedelta(0))


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """The database of the live service; what is to be seen must be committed."""
    with session_on(app) as made:
        yield made


def add_user_with_password(app: Flask, session: Session, role: RoleName) -> User:
    """Add somebody who can sign in by the form."""
    person = add_person(session, name=f"Alex {role.value}", roles=[role])
    with app.app_context():
        person.password = hash_password(PASSWORD)
    return person


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of the run."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def desk(chromium: Browser, live_address: str) -> Iterator[Screen]:
    """A window of a desk's size; the test fails if anything went wrong in it."""
    context = chromium.new_context(viewport=DESK, locale="en-GB")
    yield from _screen(context, live_address)


@pytest.fixture
def phone(chromium: Browser, live_address: str) -> Iterator[Screen]:
    """A window of a phone's size; the test fails if anything went wrong in it. It keeps no pages: basement.py does."""
    context = chromium.new_context(
        viewport=PHONE,
        locale="en-GB",
        has_touch=True,
        service_workers="block",
    )
    yield from _screen(context, live_address)


def _screen(context: BrowserContext, address: str) -> Iterator[Screen]:
    screen = Screen(context.new_page(), address)
    yield screen
    context.close()
    assert screen.faults == []
