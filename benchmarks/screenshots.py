"""
Takes a picture of every view: ``make screenshots``, or ``python -m benchmarks.screenshots``.

A firm of 20 technicians is made in a folder of its own and works until ten; the service is started on it. Each view is
shown at a desk's and at a phone's size, in English and in Chinese, side by side on one sheet; the main ones also in
dark colours, and in full size at the screen that they are made for. Sheets go to docs/images/screens/, full sizes to
docs/images/, and docs/screens.md shows them all. ``--originals FOLDER`` keeps every picture as it was taken; names of
views take only those.
"""

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from playwright.sync_api import Browser, Page, StorageState, ViewportSize
from playwright.sync_api import Error as BrowserError

from benchmarks.chromium import DESK, PHONE, chromium, sign_in, wait_until_ready
from benchmarks.service import ROOT, running_on
from benchmarks.sheets import Picture, write_full_size, write_sheet
from benchmarks.views import NOBODY, SECTIONS, TECHNICIAN, View

IMAGES = ROOT / "docs" / "images"
SHEETS = IMAGES / "screens"
DOCUMENT = ROOT / "docs" / "screens.md"
FIRM = ("--technicians", "20", "--jobs", "140", "--calls", "8", "--towns", "1")
# English last, because the language is kept with the account.
LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
SIZES: dict[str, ViewportSize] = {"desk": DESK, "phone": PHONE}
# Until what was pressed or has come last is drawn.
SETTLED_MS = 120


class NotShown(Exception):
    """Why a view has no picture."""


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in, at a screen of some size."""

    browser: Browser
    base: str
    state: StorageState | None

    @contextmanager
    def at(self, viewport: ViewportSize) -> Iterator[Page]:
        """A window of that size."""
        context = self.browser.new_context(
            base_url=self.base,
            viewport=viewport,
            storage_state=self.state,
            has_touch=viewport == PHONE,
            is_mobile=viewport == PHONE,
            reduced_motion="reduce",
            color_scheme="light",
            locale="en-GB",
        )
        page = context.new_page()
        page.set_default_timeout(10_000)
        yield page
        context.close()


def main() -> None:
    """Take the pictures; exit with the list of the views that could not be shown."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.screenshots", description="Take a picture of each view."
    )
    parser.add_argument("names", nargs="*", help="views to take; all of them if none is named")
    parser.add_argument("--originals", type=Path, help="a folder that keeps every picture as it was taken")
    asked = parser.parse_args()
    views = [view for view in chain(*SECTIONS.values()) if not asked.names or view.name in asked.names]
    with tempfile.TemporaryDirectory(prefix="wrenchway-pictures-") as folder:
        firm = Path(folder, "firm")
        subprocess.run([sys.executable, "-m", "benchmarks.large_day", str(firm), *FIRM], cwd=ROOT, check=True)
        originals = asked.originals or Path(folder, "originals")
        with running_on(firm) as service, chromium() as browser:
            problems = list(take_all(browser, service.address, views, originals))
        publish(views, originals, everything=not asked.names)
    if problems:
        sys.exit("\n".join(problems))


def take_all(browser: Browser, base: str, views: Sequence[View], originals: Path) -> Iterator[str]:
    """Photograph views, person by person; yields a sentence for each that could not be shown."""
    originals.mkdir(parents=True, exist_ok=True)
    for person in dict.fromkeys(view.person for view in views):
        own = [view for view in views if view.person == person]
        for language, locale in LOCALES.items():
            visitor = enter(browser, base, person, locale)
            for size, viewport in SIZES.items():
                with visitor.at(viewport) as page:
                    for view in own:
                        try:
                            photograph(page, view, originals / f"{view.name}-{size}-{language}")
                        except (NotShown, BrowserError) as problem:
                            yield f"{view.name}, {size}, {language}: {str(problem).splitlines()[0]}"


def enter(browser: Browser, base: str, person: str, locale: str) -> Visitor:
    """Sign somebody in and choose the language."""
    with Visitor(browser, base, None).at(DESK) as page:
        if person == NOBODY:
            page.goto("/login")
        else:
            sign_in(page, person)
        page.click(f"button[name=language][value={locale}]")
        wait_until_ready(page)
        return Visitor(browser, base, page.context.storage_state())


def photograph(page: Page, view: View, file: Path) -> None:
    """Open a view, do what makes it what it is, and take its picture; the main ones also in the dark."""
    page.goto(address_of(page, view), wait_until="commit")
    wait_until_ready(page)
    # A phone draws maps when they are unfolded.
    if view.drawn and page.viewport_size == DESK:
        page.wait_for_selector(view.drawn, state="attached")
    if view.press:
        page.locator(view.press).first.click()
        page.wait_for_timeout(SETTLED_MS)
    page.wait_for_function("() => document.querySelector('[aria-busy=true]') === null")
    page.wait_for_timeout(SETTLED_MS)
    page.screenshot(path=f"{file}.png", animations="disabled", scale="css")
    if view.main:
        page.emulate_media(color_scheme="dark")
        page.wait_for_timeout(SETTLED_MS)
        page.screenshot(path=f"{file}-dark.png", animations="disabled", scale="css")
        page.emulate_media(color_scheme="light")


def address_of(page: Page, view: View) -> str:
    """The address of a view, its brackets filled from a link on another page; raises NotShown if there is none."""
    if "<" not in view.rule:
        return view.rule + view.query
    page.goto(view.start, wait_until="commit")
    wait_until_ready(page)
    wanted = re.compile(view.link) if view.link else address_pattern(view.rule)
    for link in page.locator("a[href]").evaluate_all("links => links.map(link => link.getAttribute('href'))"):
        if found := wanted.match(link):
            return fill(view.rule, found.groups()) + view.query
    raise NotShown(f"{view.start} links to nothing like {wanted.pattern}.")


def address_pattern(rule: str) -> re.Pattern[str]:
    """What matches the addresses of a rule; forms for something new stand where things of the same kind do."""
    numbers = re.sub(r"<int:[^>]+>", r"(\\d+)", rule)
    return re.compile(re.sub(r"<[^>]+>", r"((?!new\\b)[^/?#]+)", numbers) + r"(?:[?#].*)?$")


def fill(rule: str, values: Sequence[str]) -> str:
    """Put values into the brackets of a rule."""
    given = iter(values)
    return re.sub(r"<[^>]+>", lambda _: next(given), rule)


def publish(views: Iterable[View], originals: Path, *, everything: bool) -> None:
    """Write sheets and full sizes to docs/images/, and the page that shows them."""
    if everything:
        for old in [*IMAGES.glob("*.png"), *SHEETS.glob("*.webp")]:
            old.unlink()
    SHEETS.mkdir(parents=True, exist_ok=True)
    for view in views:
        for tone in ("", "-dark") if view.main else ("",):
            files = [
                originals / f"{view.name}-{size}-{language}{tone}.png" for language in ("en", "zh") for size in SIZES
            ]
            pictures = [Picture.read(file) for file in files if file.exists()]
            if pictures:
                write_sheet(SHEETS / f"{view.name}{tone}.webp", pictures)
        size = "phone" if view.person == TECHNICIAN else "desk"
        for language, suffix in (("en", ""), ("zh", "-zh")):
            file = originals / f"{view.name}-{size}-{language}.png"
            if view.main and file.exists():
                write_full_size(IMAGES / f"{view.name}{suffix}.png", Picture.read(file))
    DOCUMENT.write_text(document(), encoding="utf-8")


def document() -> str:
    """The page that shows every view."""
    lines = [
        "# Screens",
        "",
        "Every view of the service: at a desk (1440 × 900) and on a phone (390 × 844), in English and in Chinese; the",
        "main ones in dark colours as well. The pictures are made by `make screenshots`, from the demonstration's firm",
        "at ten o'clock.",
    ]
    for section, views in SECTIONS.items():
        lines += ["", f"## {section}"]
        for view in views:
            lines += ["", f"### {view.title}", "", f"`{view.rule}{view.query}`", ""]
            lines += [f"![{view.title}, at a desk and on a phone](images/screens/{view.name}.webp)"]
            if view.main:
                lines += ["", f"![The same in dark colours](images/screens/{view.name}-dark.webp)"]
    return "\n".join([*lines, ""])


if __name__ == "__main__":
    main()
