"""
The one source of the present.

A firm's clock is the world's clock. The demonstration alone runs on its own: it starts at half past seven in the
morning of the day on which it was loaded, whenever that was, and goes on at normal speed; the pages say so.
"""

import datetime as dt

_offset = dt.timedelta(0)


def now() -> dt.datetime:
    """Return the present as aware UTC, moved by the demonstration's offset if there is one."""
    return dt.datetime.now(dt.UTC) + _offset


def offset() -> dt.timedelta:
    """How far the demonstration's clock is from the world's; zero in a real firm."""
    return _offset


def set_offset(value: dt.timedelta) -> None:
    """Move the clock of this process; the composition root alone calls this."""
    global _offset  # noqa: PLW0603 -- one clock per process is the point
    _offset = value
