"""A hand scanner at a browser: it types like a keyboard, faster than anybody."""

import datetime as dt

from playwright.sync_api import Page

from tests.stories.conftest import Screen


class Scanner:
    """Types codes into a page whose clock stands still, so that the pace of the keys does not depend on the machine."""

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.page: Page = screen.page
        now = dt.datetime.now(dt.UTC)
        self.page.clock.install(time=now)
        self.page.clock.pause_at(now + dt.timedelta(seconds=1))

    def type_code(self, code: str, *, end: str = "Enter") -> None:
        """Scan a code, wherever the focus is, and look at nothing."""
        self._pause()
        self.page.keyboard.type(code)
        self.page.keyboard.press(end)
        self._pause()

    def scan(self, code: str, told: str) -> None:
        """Scan a code and wait until the page tells what became of it."""
        self.type_code(code)
        self.hear(told)

    def hear(self, told: str) -> None:
        """Wait until the page tells something above its lists."""
        self.page.locator("main .notice").get_by_text(told).wait_for()

    def _pause(self) -> None:
        """Nobody scans twice within the time between two keys."""
        self.page.clock.run_for(200)
