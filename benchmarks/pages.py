"""
Times the pages of a running service and weighs what a browser has to load.

Run from the project's root: ``python -m benchmarks pages``.
"""

import os
import shutil
import statistics
import time

from playwright.sync_api import sync_playwright

from benchmarks.service import PASSWORD, Browser, Service, running_service

REPEATS = 15
DISPATCHER = "dispatcher@demo.example"
TECHNICIAN = "ana.ribeiro@demo.example"
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)


def report() -> None:
    """Print the figures as Markdown."""
    with running_service() as service:
        service.stop()
        restart = service.start()
        dispatcher = Browser(service, DISPATCHER)
        _plan_and_publish(dispatcher)
        technician = Browser(service, TECHNICIAN)
        board, day = _median(dispatcher, "/board"), _median(technician, "/day")
        board_bytes = _weight(service, DISPATCHER, "/board")
        day_bytes = _weight(service, TECHNICIAN, "/day")
    print("| what | target | measured |")
    print("|---|--:|--:|")
    print(f"| first page after restart | ≤ 5 s | {restart:.1f} s |")
    print(f"| board page with the plan of the day, median of {REPEATS} | ≤ 400 ms | {board * 1000:.0f} ms |")
    print(f"| board page, transferred with everything, empty cache | – | {board_bytes / 1000:.0f} kB |")
    print(f"| technician's page, median of {REPEATS} | ≤ 150 ms | {day * 1000:.0f} ms |")
    print(f"| technician's page, transferred with everything, empty cache | ≤ 100 kB | {day_bytes / 1000:.0f} kB |")


def _plan_and_publish(dispatcher: Browser) -> None:
    dispatcher.post("/board", "/plan-runs", {"day": _today(dispatcher), "engine": "greedy", "seconds": "5"})
    for _ in range(120):
        page, _ = dispatcher.get("/board")
        found = [part.split("/publish")[0] for part in page.split('action="/plans/')[1:] if "/publish" in part[:20]]
        if found:
            dispatcher.post("/board", f"/plans/{found[0]}/publish", {})
            return
        time.sleep(0.5)
    raise RuntimeError("The day was not planned within a minute.")


def _today(dispatcher: Browser) -> str:
    page, _ = dispatcher.get("/board")
    return page.split('name="day"')[1].split('value="')[1].split('"')[0]


def _median(person: Browser, path: str) -> float:
    person.get(path)
    return statistics.median(person.get(path)[1] for _ in range(REPEATS))


def _weight(service: Service, email: str, path: str) -> int:
    """Bytes over the wire until a page and all it asks for is there."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{service.address}/login")
        page.fill("input[name=email]", email)
        page.fill("input[name=password]", PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_load_state("networkidle")
        wire = context.new_cdp_session(page)
        wire.send("Network.enable")
        wire.send("Network.clearBrowserCache")
        loaded: list[int] = []
        wire.on("Network.loadingFinished", lambda event: loaded.append(int(event["encodedDataLength"])))
        page.goto(service.address + path)
        page.wait_for_load_state("networkidle")
        browser.close()
    return sum(loaded)
