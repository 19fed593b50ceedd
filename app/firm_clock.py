"""Keeps the clock of this process on the firm's: the world's time, moved in the demonstration alone."""

import datetime as dt
import time

from sqlalchemy.orm import Session

from core import clock
from core.settings import read_setting, write_setting

SETTING = "demonstration_clock"
# How old the offset that this process knows may be; loading another demonstration reaches it within this time.
MAX_AGE_SECONDS = 5.0

_read_at = float("-inf")


def follow_firm_clock(session: Session) -> None:
    """Read the offset again if this process has not for a while."""
    global _read_at  # noqa: PLW0603 -- one clock per process
    if time.monotonic() - _read_at < MAX_AGE_SECONDS:
        return
    kept = read_setting(session, SETTING)
    clock.set_offset(dt.timedelta(seconds=kept["offset_seconds"] if kept else 0))
    _read_at = time.monotonic()


def start_demonstration_clock(session: Session, present: dt.datetime) -> None:
    """Let the firm's clock show ``present`` now and run on from there."""
    global _read_at  # noqa: PLW0603 -- one clock per process
    offset = present - dt.datetime.now(dt.UTC)
    write_setting(session, SETTING, {"offset_seconds": offset.total_seconds()})
    clock.set_offset(offset)
    _read_at = time.monotonic()
