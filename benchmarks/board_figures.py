"""The board of a large day in Chromium: how soon it is usable, how smoothly a bar is dragged, what a move costs."""

import itertools
import random
import sqlite3
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, Page
from playwright.sync_api import TimeoutError as Waited

from benchmarks.chromium import DESK, Wire, sign_in, wait_until_ready
from benchmarks.service import Browser, Service

BOARD = "/board?show=published"
LOADS, MOVES, CHANGES, REPEATS = 5, 40, 10, 15
DRAG_SECONDS, STEPS_PER_SECOND = 3.0, 60
# What the map draws; everything else is the board itself.
OF_THE_MAP = ("/map/", "/board/map")
BAR = ".timeline a[data-job]"
SELECT_FIRST = """async (bar) => {
  const frame = () => new Promise(requestAnimationFrame);
  while (!document.documentElement?.dataset.ready) await frame();
  const first = document.querySelector(bar);
  first.click();
  while (!first.classList.contains("is-selected")) await frame();
  const [painted] = performance.getEntriesByName("first-contentful-paint");
  return [painted ? painted.startTime : NaN, performance.now()];
}"""
RECORD_FRAMES = """() => {
  window.frames_ = [];
  let before = performance.now();
  const note = (now) => {
    window.frames_.push(now - before);
    before = now;
    window.noting_ = requestAnimationFrame(note);
  };
  window.noting_ = requestAnimationFrame(note);
}"""
STOP_RECORDING = "() => { cancelAnimationFrame(window.noting_); return window.frames_.slice(1); }"
LISTEN = """() => {
  window.heard_ = [];
  document.addEventListener("wrenchway:changed", () => window.heard_.push(Date.now()));
}"""

Row = tuple[str, str, str]


def rows(chromium: Chromium, service: Service, email: str) -> Iterator[Row]:
    """Measure everything, one thing after the other."""
    dispatcher = Browser(service, email)
    yield _answered(dispatcher)
    yield from _loaded(chromium, service, email)
    yield from _dragged(chromium, service, email)
    yield _weighed(dispatcher, service)
    yield _heard(chromium, service, email, dispatcher)


def _answered(dispatcher: Browser) -> Row:
    dispatcher.get(BOARD)
    seconds = statistics.median(dispatcher.get(BOARD)[1] for _ in range(REPEATS))
    return f"the server answers with the page, median of {REPEATS}", "–", f"{seconds * 1000:.0f} ms"


def _loaded(chromium: Chromium, service: Service, email: str) -> Iterator[Row]:
    """Time from the address to a job that is selected in every view; from an empty cache, and from a filled one."""
    with _desk(chromium, service, email) as (context, page):
        wire = Wire(context, page)
        empty, filled = [], []
        for _ in range(LOADS):
            wire.clear()
            empty.append(_load(page))
            weight = dict(wire.bytes)
            of_map = sum(size for path, size in wire.paths.items() if path.startswith(OF_THE_MAP))
            filled.append(_load(page))
    usable, painted = (statistics.median(times) for times in ([load[1] for load in empty], [load[0] for load in empty]))
    yield f"usable (a press on a bar selects it), empty cache, median of {LOADS}", "≤ 1.5 s", f"{usable / 1000:.2f} s"
    yield "first of it painted", "–", f"{painted / 1000:.2f} s"
    again = statistics.median(load[1] for load in filled)
    yield f"usable, scripts and styles kept from before, median of {LOADS}", "≤ 1.5 s", f"{again / 1000:.2f} s"
    yield "transferred, compressed, without what the map draws", "≤ 400 kB", _kb(sum(weight.values()) - of_map)
    kinds = ", ".join(f"{kind} {_kb(size)}" for kind, size in sorted(weight.items(), key=lambda one: -one[1]))
    yield "of this", "–", f"{kinds} (with {_kb(of_map)} of the map)"


def _load(page: Page) -> tuple[float, float]:
    page.goto(BOARD, wait_until="commit")
    painted, usable = page.evaluate(SELECT_FIRST, BAR)
    page.wait_for_load_state("load")
    page.wait_for_timeout(500)
    return painted, usable


def _dragged(chromium: Chromium, service: Service, email: str) -> Iterator[Row]:
    """Drag a bar over half of the board for three seconds, and let go of it with Escape."""
    with _desk(chromium, service, email) as (_, page):
        page.goto(BOARD)
        wait_until_ready(page)
        # What the page fetches when it is new is over.
        page.wait_for_timeout(1500)
        box = _bar_to_drag(page)
        page.mouse.move(*box)
        page.mouse.down()
        page.evaluate(RECORD_FRAMES)
        dragging = _wave(page, box)
        frames = sorted(page.evaluate(STOP_RECORDING))
        page.keyboard.press("Escape")
        page.mouse.up()
    slow = frames[int(0.95 * len(frames))]
    yield (
        f"frames a second while a bar is dragged for {DRAG_SECONDS:.0f} s: median, and of the slowest 5 %",
        "≥ 50",
        f"{1000 / statistics.median(frames):.0f}, {1000 / slow:.0f}" if dragging else "the bar did not follow",
    )
    yield "longest time without a frame", "–", f"{frames[-1]:.0f} ms"


def _bar_to_drag(page: Page) -> tuple[float, float]:
    """The middle of a bar in the middle of what is seen, of a visit nobody has set off to."""
    found = page.evaluate("""() => {
      const box = document.querySelector(".timeline-scroll, .timeline").getBoundingClientRect();
      for (const bar of document.querySelectorAll(".timeline a.bar-dispatched[data-job]")) {
        const at = bar.getBoundingClientRect();
        if (at.top > box.top + 150 && at.left > box.left + box.width * 0.5 && at.right < box.right - 20)
          return [at.x + at.width / 2, at.y + at.height / 2];
      }
      return null;
    }""")
    if found is None:
        raise RuntimeError("No bar of the board can be dragged.")
    return found[0], found[1]


def _wave(page: Page, start: tuple[float, float]) -> bool:
    """Move the pointer to and fro; returns whether the page said that something is being dragged."""
    x, y = start
    began, dragging = time.perf_counter(), False
    for step in itertools.count(1):
        due = began + step / STEPS_PER_SECOND
        if due > began + DRAG_SECONDS:
            return dragging
        swing = step % 120 / 60
        reach = swing if swing < 1 else 2 - swing
        page.mouse.move(x - 260 * reach, y - 60 + 360 * reach)
        if step == STEPS_PER_SECOND:
            dragging = page.evaluate("() => 'carrying' in document.documentElement.dataset")
        time.sleep(max(0.0, due - time.perf_counter()))
    return dragging


def _weighed(dispatcher: Browser, service: Service) -> Row:
    """Ask what moves cost, each of another visit to another technician."""
    day, moves = _moves_of(service)
    seconds = []
    for number, technician, before in moves:
        wanted = {"day": day, "number": number, "technician": technician, "before": before, "plan": ""}
        began = time.perf_counter()
        dispatcher.send("/board/moves/weigh", wanted)
        seconds.append(time.perf_counter() - began)
    first, rest = seconds[0], sorted(seconds[1:])
    p95 = rest[int(0.95 * len(rest))]
    return (
        f"what a move costs, over HTTP, {len(rest)} moves: p50, p95 (the first, which reads the day)",
        "≤ 300 ms",
        f"{statistics.median(rest) * 1000:.0f} ms, {p95 * 1000:.0f} ms ({first * 1000:.0f} ms)",
    )


def _moves_of(service: Service) -> tuple[str, list[tuple[str, str, str]]]:
    """Visits nobody has set off to, each with another technician and a visit there before which it could stand."""
    dice = random.Random("moves")  # noqa: S311 -- the same moves at every run
    with closing(sqlite3.connect(service.folder / "wrenchway.sqlite")) as database:
        found = database.execute(
            "SELECT visits.day, 'J-' || printf('%06d', jobs.id), visits.technician_id FROM visits"
            " JOIN jobs ON jobs.id = visits.job_id WHERE visits.status = 'dispatched' ORDER BY visits.planned_start"
        ).fetchall()
    later = found[len(found) // 2 :]
    chosen = dice.sample(later, MOVES + 1)
    moves = []
    for _, number, technician in chosen:
        _, before, other = dice.choice([one for one in later if one[2] != technician])
        moves.append((number, str(other), before))
    return found[0][0], moves


def _heard(chromium: Chromium, service: Service, email: str, other: Browser) -> Row:
    """Let somebody else pause the clocks of jobs, and wait until the board hears of it."""
    with _desk(chromium, service, email) as (_, page):
        page.goto(BOARD)
        wait_until_ready(page)
        page.wait_for_timeout(2000)
        page.evaluate(LISTEN)
        waits = [_change_and_wait(page, other, number) for number in _numbers(service)]
    heard = sorted(wait for wait in waits if wait is not None)
    return (
        f"a change by somebody else heard on the board, after its answer: median, longest of {len(waits)}",
        "≤ 2 s",
        f"{statistics.median(heard):.2f} s, {heard[-1]:.2f} s" if len(heard) == len(waits) else "not heard",
    )


def _numbers(service: Service) -> Sequence[str]:
    with closing(sqlite3.connect(service.folder / "wrenchway.sqlite")) as database:
        found = database.execute(
            "SELECT id FROM jobs WHERE status = 'ready' ORDER BY id LIMIT ?", (CHANGES,)
        ).fetchall()
    return [f"J-{one:06}" for (one,) in found]


def _change_and_wait(page: Page, other: Browser, number: str) -> float | None:
    page.evaluate("() => { window.heard_.length = 0; }")
    other.post(
        f"/jobs/{number}",
        f"/jobs/{number}/clocks/pause",
        {"reason": "customer_asked", "note": "Asked for a later day."},
    )
    done = time.time()
    try:
        page.wait_for_function("() => window.heard_.length > 0", timeout=10_000)
    except Waited:
        return None
    heard: float = page.evaluate("() => window.heard_[0]")
    page.wait_for_timeout(700)
    return max(0.0, heard / 1000 - done)


@contextmanager
def _desk(chromium: Chromium, service: Service, email: str) -> Iterator[tuple[BrowserContext, Page]]:
    context = chromium.new_context(base_url=service.address, viewport=DESK, locale="en-GB")
    page = context.new_page()
    sign_in(page, email)
    yield context, page
    context.close()


def _kb(size: int) -> str:
    return f"{size / 1000:.0f} kB"
