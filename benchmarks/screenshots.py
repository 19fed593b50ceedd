"""
Takes the pictures of the README from a running demonstration: ``python -m benchmarks.screenshots http://127.0.0.1:8000``.

Plans and publishes the demonstration's day first if nobody has. The pictures go to docs/images/: ticket, board, job,
live, why, pick-list and day in English, and the same with ``-zh`` in Chinese.
"""

import argparse
import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
PASSWORD = "wrenchway-demo"  # noqa: S105 -- the demonstration's, told on its sign-in page
DESK: ViewportSize = {"width": 1440, "height": 900}
PHONE: ViewportSize = {"width": 390, "height": 844}
# English last, because the language is kept with the account.
LANGUAGES = (("zh_Hans_CN", "-zh"), ("en", ""))
PLANNING_SECONDS = 15
# Of the page's search for a plan, its checking and its drawing.
PATIENCE_MS = 90_000


@dataclass(frozen=True)
class Person:
    """Who looks at the pages, and on what."""

    email: str
    viewport: ViewportSize
    # Phones show two points for each of the page's.
    scale: float = 1.0


DISPATCHER = Person("dispatcher@demo.example", DESK)
SERVICE_DESK = Person("desk@demo.example", DESK)
WAREHOUSE = Person("warehouse@demo.example", DESK)
TECHNICIAN = Person("ana.ribeiro@demo.example", PHONE, 2.0)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.screenshots", description="Take the README's pictures.")
    parser.add_argument("base", nargs="?", default="http://127.0.0.1:8000", help="address of the running service")
    base = parser.parse_args().base.rstrip("/")
    IMAGES.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"])
        with signed_in(browser, base, SERVICE_DESK) as page:
            take_all(page, {"ticket": path_of_ticket_being_tried(page)})
        with signed_in(browser, base, DISPATCHER) as page:
            publish_a_plan(page)
            late = path_of_late_job(page)
            take_all(page, {"board": "/board", "job": path_of_first_job(page), "live": "/live", "why": late})
        with signed_in(browser, base, WAREHOUSE) as page:
            take_all(page, {"pick-list": path_of_longest_pick_list(page)})
        with signed_in(browser, base, TECHNICIAN) as page:
            take_all(page, {"day": "/day"})
        browser.close()


def find_browser() -> str:
    """The Chromium of this machine; ends the program with a sentence when there is none."""
    named = os.environ.get("CHROMIUM")
    found = named or next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        sys.exit("There is no Chromium. Install it (apt-get install chromium fonts-noto-cjk) or name it in CHROMIUM.")
    return found


@contextmanager
def signed_in(browser: Browser, base: str, person: Person) -> Iterator[Page]:
    """A window in which somebody has signed in."""
    context = browser.new_context(
        base_url=base, viewport=person.viewport, device_scale_factor=person.scale, locale="en-GB", color_scheme="light"
    )
    page = context.new_page()
    page.goto("/login")
    page.fill("input[name=email]", person.email)
    page.fill("input[name=password]", PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url(re.compile(r"^(?!.*/login)"))
    yield page
    context.close()


def publish_a_plan(page: Page) -> None:
    """See that the day has a published plan."""
    open_page(page, "/board?show=published")
    if page.locator(".plan-summary").count() == 0:
        page.fill("input[name=seconds]", str(PLANNING_SECONDS))
        page.click(".plan-form button")
        page.wait_for_selector(".run", state="attached")
        page.wait_for_selector("form[action$='/publish'] button", timeout=PATIENCE_MS)
    if page.locator("form[action$='/publish'] button").count():
        page.click("form[action$='/publish'] button")
        page.wait_for_selector("html[data-ready]")


def path_of_ticket_being_tried(page: Page) -> str:
    """The page of an open ticket for whose symptom the caller can try something."""
    open_page(page, "/tickets?state=open")
    links = page.locator("a[href^='/tickets/T-']")
    for path in sorted({link.get_attribute("href") or "" for link in links.all()}):
        open_page(page, path)
        if page.locator("[aria-labelledby=try] .question").count():
            return path
    sys.exit("No open ticket has a step to try. Load the demonstration anew (make demo-reset).")


def path_of_late_job(page: Page) -> str:
    """The page that says what would help a job that will be late, or that nobody makes."""
    open_page(page, "/live")
    links = page.locator("a[href^='/jobs/J-'][href$='/why']")
    for path in [link.get_attribute("href") or "" for link in links.all()]:
        open_page(page, path)
        if page.locator("[aria-labelledby=fixes] form").count():
            return path
    sys.exit("Nothing would help any late job of the demonstration. Load it anew (make demo-reset).")


def path_of_first_job(page: Page) -> str:
    """The page of the most urgent job that a technician is going to."""
    open_page(page, "/jobs?status=dispatched&priority=P1")
    return link_below(page, "/jobs/J-")


def path_of_longest_pick_list(page: Page) -> str:
    open_page(page, "/warehouse")
    lengths = page.locator(".pick-lists progress").evaluate_all("bars => bars.map(bar => bar.max)")
    position = max(range(len(lengths)), key=lengths.__getitem__, default=0)
    return link_below(page, "/warehouse/pick-lists/", position)


def link_below(page: Page, path: str, position: int = 0) -> str:
    """The address of one of the links that lead below ``path``; ends the program with a sentence when there is none."""
    links = page.locator(f"a[href^='{path}']")
    if links.count() <= position:
        sys.exit(f"{page.url} links to nothing below {path}. Load the demonstration anew (make demo-reset).")
    return links.nth(position).get_attribute("href") or ""


def take_all(page: Page, paths: dict[str, str]) -> None:
    """Photograph pages in every language."""
    for locale, suffix in LANGUAGES:
        page.click(f"button[name=language][value={locale}]")
        for name, path in paths.items():
            open_page(page, path)
            page.screenshot(path=IMAGES / f"{name}{suffix}.png")
            print(f"{name}{suffix}.png")


def open_page(page: Page, path: str) -> None:
    """Open a page and wait until its scripts have drawn what they draw."""
    page.goto(path)
    page.wait_for_selector("html[data-ready]")
    page.wait_for_load_state("networkidle")


if __name__ == "__main__":
    main()
