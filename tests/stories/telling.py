"""Waiting until the service has heard what a phone tells, whether its page or its worker sends it."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from playwright.sync_api import Page
from sqlalchemy.orm import Session

from core.commands import Command
from dispatch.models import VisitFile

# The service is looked at so often, so many times: a busy machine takes seconds.
LOOK_AGAIN_MS = 50
PATIENCE = 400


@contextmanager
def telling(session: Session, page: Page, things: int = 1) -> Iterator[None]:
    """Go on when so many more commands and files have arrived than before, with taps that are meant."""
    told = _known(session) + things
    yield
    for _ in range(PATIENCE):
        if _known(session) >= told:
            return _touch_elsewhere(page)
        page.wait_for_timeout(LOOK_AGAIN_MS)
    raise AssertionError(f"The server was told {_known(session)} things, not {told}: {page.url}")


def _touch_elsewhere(page: Page) -> None:
    """Touch the page somewhere else: so soon at the same place the phone takes a tap for the finger's second one."""
    page.evaluate("document.querySelector('main > *')?.dispatchEvent(new MouseEvent('click', { detail: 1 }))")


def _known(session: Session) -> int:
    """How many commands and files have arrived; nothing stays open that the service would wait for."""
    session.expire_all()
    found = [session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (Command, VisitFile)]
    session.commit()
    return sum(number or 0 for number in found)
