"""
Times the pages of a running service in a real Chromium, and weighs what a browser has to load.

Run from the project's root: ``make bench-pages``, or ``python -m benchmarks pages``. The pages of the demonstration
first, then the board and a phone of a day with 60 technicians and 500 visits; see ``benchmarks.large_day``.
"""

import statistics
import time
from collections.abc import Iterable

from benchmarks import board_figures, phone_figures
from benchmarks.chromium import chromium
from benchmarks.service import Browser, large_service, running_service

REPEATS = 15
DISPATCHER = "dispatcher@demo.example"
TECHNICIAN = "ana.ribeiro@demo.example"

Row = tuple[str, str, str]


def report() -> None:
    """Print the figures as Markdown."""
    _print("The demonstration", _demonstration())
    with large_service() as service, chromium() as browser:
        _print("The board of 60 technicians and 500 visits", board_figures.rows(browser, service, DISPATCHER))
        _print("The phone, on the same day", phone_figures.rows(browser, service, TECHNICIAN))


def _print(title: str, rows: Iterable[Row]) -> None:
    print(f"\n### {title}\n\n| what | target | measured |\n|---|--:|--:|")
    for row in rows:
        print(f"| {' | '.join(row)} |", flush=True)


def _demonstration() -> list[Row]:
    """How soon pages are there after a restart, and on a usual day."""
    with running_service() as service:
        service.stop()
        restart = service.start()
        dispatcher = Browser(service, DISPATCHER)
        _plan_and_publish(dispatcher)
        board, day = _median(dispatcher, "/board"), _median(Browser(service, TECHNICIAN), "/day")
    return [
        ("first page after restart", "≤ 5 s", f"{restart:.1f} s"),
        (f"board page with the plan of the day, median of {REPEATS}", "≤ 400 ms", f"{board * 1000:.0f} ms"),
        (f"technician's page, median of {REPEATS}", "≤ 150 ms", f"{day * 1000:.0f} ms"),
    ]


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
