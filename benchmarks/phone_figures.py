"""A technician's page in Chromium at a phone's size: what the first load weighs, and how soon later ones are."""

import statistics
from collections.abc import Iterator

from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page
from playwright.sync_api import TimeoutError as Waited

from benchmarks.chromium import PHONE, Wire, sign_in
from benchmarks.service import Browser, Service

DAY = "/day"
LOADS, REPEATS = 5, 15
# How much slower than this machine a phone of the middle class computes, as Lighthouse assumes.
PHONE_SLOWER = 4
UNTIL_READY = """async () => {
  while (!document.documentElement?.dataset.ready) await new Promise(requestAnimationFrame);
  return performance.now();
}"""
IS_CONTROLLED = "() => navigator.serviceWorker && navigator.serviceWorker.controller !== null"
KEPT = """async () => {
  let size = 0;
  for (const name of await caches.keys()) {
    const cache = await caches.open(name);
    for (const key of await cache.keys()) size += (await (await cache.match(key)).blob()).size;
  }
  return size;
}"""

Row = tuple[str, str, str]


def rows(chromium: Chromium, service: Service, email: str) -> Iterator[Row]:
    """Measure the server's answer, the first load, and loads from what the phone keeps."""
    technician = Browser(service, email)
    technician.get(DAY)
    seconds = statistics.median(technician.get(DAY)[1] for _ in range(REPEATS))
    yield f"the server answers with the page, median of {REPEATS}", "≤ 150 ms", f"{seconds * 1000:.0f} ms"
    context = chromium.new_context(
        base_url=service.address, viewport=PHONE, device_scale_factor=2, has_touch=True, is_mobile=True, locale="en-GB"
    )
    page = context.new_page()
    sign_in(page, email)
    yield from _first_load(page, Wire(context, page))
    yield from _kept(page, Wire(context, page))
    context.close()


def _first_load(page: Page, wire: Wire) -> Iterator[Row]:
    """Load with nothing kept; the service worker is set aside, as on a phone that was never here."""
    wire.session.send("Network.setBypassServiceWorker", {"bypass": True})
    usual: list[float] = []
    slow: list[float] = []
    for times, factor in ((usual, 1), (slow, PHONE_SLOWER)):
        for _ in range(LOADS):
            wire.clear()
            wire.slow_down(factor)
            times.append(_load(page))
    wire.slow_down(1)
    wire.session.send("Network.setBypassServiceWorker", {"bypass": False})
    kinds = ", ".join(f"{kind} {size / 1000:.0f} kB" for kind, size in sorted(wire.bytes.items(), key=_heaviest))
    yield "first load, transferred, compressed", "≤ 150 kB", f"{sum(wire.bytes.values()) / 1000:.0f} kB ({kinds})"
    yield f"first load until usable, median of {LOADS}", "–", f"{statistics.median(usual):.0f} ms"
    yield f"the same, computing {PHONE_SLOWER} times slower", "–", f"{statistics.median(slow):.0f} ms"


def _kept(page: Page, wire: Wire) -> Iterator[Row]:
    """Load again from what the service worker keeps, with a network and without one."""
    page.goto(DAY)
    try:
        page.wait_for_function(IS_CONTROLLED, timeout=15_000)
    except Waited:
        yield "loads from what the phone keeps", "≤ 300 ms", "no service worker took charge of the page"
        return
    _load(page)
    yield "kept on the phone, unpacked", "–", f"{page.evaluate(KEPT) / 1000:.0f} kB"
    for offline in (False, True):
        page.context.set_offline(offline)
        for factor in (1, PHONE_SLOWER):
            wire.slow_down(factor)
            times = [_load(page) for _ in range(LOADS)]
            where = "offline" if offline else "online"
            slower = "" if factor == 1 else f", computing {factor} times slower"
            target = "≤ 300 ms" if factor == 1 else "–"
            yield (
                f"load from the cache, {where}{slower}, median of {LOADS}",
                target,
                f"{statistics.median(times):.0f} ms",
            )
    page.context.set_offline(False)


def _load(page: Page) -> float:
    page.goto(DAY, wait_until="commit")
    ready: float = page.evaluate(UNTIL_READY)
    page.wait_for_load_state("load")
    page.wait_for_timeout(400)
    return ready


def _heaviest(of_kind: tuple[str, int]) -> int:
    return -of_kind[1]
