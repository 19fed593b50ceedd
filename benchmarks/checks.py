"""
What Lighthouse says of the three screens, and whether the phone's pages can be installed.

Run from the project's root: ``python -m benchmarks checks``. Lighthouse is installed beside this file at the first run
(``benchmarks/lighthouse``); it no longer judges whether pages can be installed, so that list is our own.
"""

import json
import os
import struct
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import Error as BrowserError

from benchmarks.chromium import FLAGS, PHONE, chromium, find_browser, sign_in, wait_until_ready
from benchmarks.service import Browser, Service, large_service

FOLDER = Path(__file__).parent / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices")
LEAST = 95
MOBILE = ("--form-factor=mobile",)
DESKTOP = ("--preset=desktop",)
ICON_SIZES = {"192x192", "512x512"}
RUNS = 3


@dataclass(frozen=True)
class Judged:
    """A page that Lighthouse looks at, as whom and on what."""

    title: str
    email: str
    path: str
    device: tuple[str, ...]


PAGES = (
    Judged("board, desktop", "dispatcher@demo.example", "/board?show=published", DESKTOP),
    Judged("phone's day, mobile", "ana.ribeiro@demo.example", "/day", MOBILE),
    Judged("warehouse, desktop", "warehouse@demo.example", "/warehouse", DESKTOP),
)


def report() -> None:
    """Print both tables as Markdown."""
    if not (FOLDER / "node_modules").exists():
        subprocess.run(["npm", "ci", "--silent", "--no-audit", "--no-fund"], cwd=FOLDER, check=True)
    with large_service() as service:
        print(f"| page | {' | '.join(CATEGORIES)} | first paint | blocked | shifted | below {LEAST} because |")
        print("|---|--:|--:|--:|--:|--:|--:|---|")
        for page in PAGES:
            print(f"| {page.title} | {' | '.join(_judge(service, page))} |", flush=True)
        print("\n| to be installed and used offline | |\n|---|---|")
        for asked, found in _installable(service):
            print(f"| {asked} | {found} |", flush=True)


def _judge(service: Service, page: Judged) -> list[str]:
    """The median of three runs by performance, as Lighthouse's authors advise."""
    runs = sorted((_run(service, page) for _ in range(RUNS)), key=lambda run: _score(run, "performance"))
    told = runs[RUNS // 2]
    audits = told["audits"]
    scores = [f"{_score(told, category):.0f}" for category in CATEGORIES]
    times = [audits[name]["displayValue"] for name in ("first-contentful-paint", "total-blocking-time")]
    reasons = [
        audits[one["id"]]["title"]
        for category in CATEGORIES
        if _score(told, category) < LEAST
        for one in told["categories"][category]["auditRefs"]
        if one["weight"] and audits[one["id"]]["score"] is not None and audits[one["id"]]["score"] < LEAST / 100
    ]
    return [*scores, *times, audits["cumulative-layout-shift"]["displayValue"], ", ".join(reasons) or "–"]


def _score(run: dict[str, Any], category: str) -> float:
    return 100 * float(run["categories"][category]["score"])


def _run(service: Service, page: Judged) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        headers, result = Path(folder, "headers.json"), Path(folder, "result.json")
        headers.write_text(json.dumps({"Cookie": Browser(service, page.email).cookies()}))
        command = [
            str(FOLDER / "node_modules" / ".bin" / "lighthouse"),
            service.address + page.path,
            *("--quiet", "--output=json", f"--output-path={result}", f"--extra-headers={headers}"),
            f"--only-categories={','.join(CATEGORIES)}",
            f"--chrome-flags=--headless=new {' '.join(FLAGS)}",
            *page.device,
        ]
        environment = os.environ | {"CHROME_PATH": find_browser()}
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)
        found: dict[str, Any] = json.loads(result.read_text())
        return found


def _installable(service: Service) -> Iterator[tuple[str, str]]:
    """What browsers ask of a page before they offer to install it, and what somebody without a signal needs."""
    with chromium() as browser:
        context = browser.new_context(base_url=service.address, viewport=PHONE, has_touch=True, is_mobile=True)
        page = context.new_page()
        sign_in(page, PAGES[1].email)
        page.goto("/day")
        wait_until_ready(page)
        address = page.locator("link[rel=manifest]").get_attribute("href") or ""
        manifest = page.request.get(address).json()
        yield "manifest with name, short name and colours", _told(_names(manifest))
        yield "opens as an app of its own", _told(manifest.get("display") in {"standalone", "minimal-ui"})
        yield "icons of 192 and 512 pixels, as large as they say", _told(_icons(service, manifest, "any"))
        yield "icons that may be cut to any shape", _told(_icons(service, manifest, "maskable"))
        yield "start address within the scope", _told(manifest["start_url"].startswith(manifest["scope"]))
        yield "colour for the browser's bar", _told(page.locator("meta[name=theme-color]").count() > 0)
        yield "width of the page follows the phone's", _told(page.locator("meta[name=viewport]").count() > 0)
        yield "a service worker is in charge", _told(_worker_takes_charge(page))
        yield "the browser finds nothing against installing it", _told(_accepted(context, page))
        yield "the start address answers without a network", _told(_opens_offline(context, page, manifest["start_url"]))
        context.close()


def _names(manifest: dict[str, Any]) -> bool:
    return all(manifest.get(key) for key in ("name", "short_name", "theme_color", "background_color"))


def _icons(service: Service, manifest: dict[str, Any], purpose: str) -> bool:
    """Whether there are icons of both sizes for a purpose, and the files are as large as the manifest says."""
    icons = [icon for icon in manifest["icons"] if purpose in icon.get("purpose", "any").split()]
    sizes = {icon["sizes"] for icon in icons}
    return sizes >= ICON_SIZES and all(icon["sizes"] == _size_of(service.address + icon["src"]) for icon in icons)


def _size_of(address: str) -> str:
    """Width and height as they stand in a PNG's first block."""
    with urllib.request.urlopen(address, timeout=10) as answer:
        width, height = struct.unpack(">II", answer.read()[16:24])
    return f"{width}x{height}"


def _worker_takes_charge(page: Page) -> bool:
    """Whether the next page is the worker's, once it has stored what it keeps."""
    page.evaluate("() => Promise.race([navigator.serviceWorker.ready, new Promise((end) => setTimeout(end, 15000))])")
    page.goto("/day")
    wait_until_ready(page)
    return bool(page.evaluate("() => navigator.serviceWorker.controller !== null"))


def _accepted(context: BrowserContext, page: Page) -> bool:
    """Whether the browser itself has nothing against it; private windows are never offered it."""
    errors = context.new_cdp_session(page).send("Page.getInstallabilityErrors")["installabilityErrors"]
    return {error["errorId"] for error in errors} <= {"in-incognito"}


def _opens_offline(context: BrowserContext, page: Page, start: str) -> bool:
    page.goto(start)
    wait_until_ready(page)
    context.set_offline(True)
    try:
        page.goto(start)
        wait_until_ready(page)
        return page.locator("main").inner_text() != ""
    except BrowserError:
        return False
    finally:
        context.set_offline(False)


def _told(holds: bool) -> str:
    return "yes" if holds else "**no**"
