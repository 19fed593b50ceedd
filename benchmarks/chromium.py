"""A real Chromium for the benchmarks: started, signed in, and asked what a page weighed."""

import os
import re
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

PASSWORD = "wrenchway-demo"  # noqa: S105 -- the demonstration's, told on its sign-in page
DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine; ends the program with a sentence when there is none."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=list(FLAGS))
        yield browser
        browser.close()


def find_browser() -> str:
    """The program of the browser; ends this one with a sentence when there is none."""
    named = os.environ.get("CHROMIUM")
    found = named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        sys.exit("There is no Chromium. Install it (apt-get install chromium fonts-noto-cjk) or name it in CHROMIUM.")
    return found


def sign_in(page: Page, email: str) -> None:
    """Sign in by the form, and wait until the first page stands."""
    page.goto("/login")
    page.fill("input[name=email]", email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(re.compile(r"^(?!.*/login)"))
    wait_until_ready(page)


def wait_until_ready(page: Page) -> None:
    """Wait until the page's scripts are bound."""
    page.wait_for_selector("html[data-ready]", state="attached")


class Wire:
    """What goes over the wire to a page, compressed, by kind: document, stylesheet, script, fetch."""

    def __init__(self, context: BrowserContext, page: Page) -> None:
        self.session = context.new_cdp_session(page)
        self.bytes: Counter[str] = Counter()
        self.paths: Counter[str] = Counter()
        self._kinds: dict[str, tuple[str, str]] = {}
        self.session.send("Network.enable")
        self.session.on("Network.responseReceived", self._on_response)
        self.session.on("Network.loadingFinished", self._on_finished)

    def clear(self) -> None:
        """Forget what was weighed, and what the browser kept."""
        self.session.send("Network.clearBrowserCache")
        self.bytes.clear()
        self.paths.clear()

    def slow_down(self, times: float) -> None:
        """Let the page's computing take so many times as long; 1 is this machine."""
        self.session.send("Emulation.setCPUThrottlingRate", {"rate": times})

    def _on_response(self, event: dict[str, Any]) -> None:
        path = re.sub(r"^\w+://[^/]+", "", event["response"]["url"])
        self._kinds[event["requestId"]] = (event["type"].lower(), path)

    def _on_finished(self, event: dict[str, Any]) -> None:
        kind, path = self._kinds.get(event["requestId"], ("other", ""))
        self.bytes[kind] += int(event["encodedDataLength"])
        self.paths[path] += int(event["encodedDataLength"])
