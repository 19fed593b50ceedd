"""
The response and the resolution clock of a job, as values: by when, how far, and what comes next.

Pure: no database, no present. A clock begins with the report and runs on the contract's calendar until it is stopped.
While it is paused no service passes on it, so a pause moves the due time by the service that passed meanwhile; a clock
that had run out before the pause began stays run out. `dispatch.clockwork` and `dispatch.pauses` write what follows
from these rules down, `dispatch.signs` watches them.
"""

import datetime as dt
import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from customers.calendars import ServiceCalendar
from dispatch.models.clocks import ClockSign

# The shares of the target, in per cent, at which a clock gives a sign before it runs out.
SHARES: tuple[tuple[ClockSign, int], ...] = (
    (ClockSign.HALF, 50),
    (ClockSign.THREE_QUARTERS, 75),
    (ClockSign.NINE_TENTHS, 90),
)


class ClockState(enum.StrEnum):
    """What a clock does."""

    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    # It runs on after its due time.
    BREACHED = "breached"


@dataclass(frozen=True)
class Pause:
    """A span in which the clocks stand still; ``ended_at`` is None while they do."""

    began_at: dt.datetime
    ended_at: dt.datetime | None


class Clock(NamedTuple):
    """
    What is known of a clock; a named tuple like its reading, for sweeps make hundreds of thousands of them.

    ``due`` holds the pauses that have ended, and knows nothing of one that has not. ``target`` is None where the due
    time was agreed on instead. ``pauses`` are in order and do not touch. ``is_over`` tells that nothing is owed any
    more although nobody came, as after a cancellation.
    """

    began_at: dt.datetime
    due: dt.datetime
    target: dt.timedelta | None = None
    pauses: tuple[Pause, ...] = ()
    stopped_at: dt.datetime | None = None
    is_over: bool = False

    @property
    def open_pause(self) -> Pause | None:
        """The pause that lasts and holds the clock; None if there is none, or the clock had run out before."""
        if not self.pauses or self.stopped_at is not None:
            return None
        last = self.pauses[-1]
        return last if last.ended_at is None and last.began_at <= self.due else None


class Reading(NamedTuple):
    """
    What a clock shows at a moment.

    ``due`` is the due time as if a pause that lasts ended at this moment. ``remaining`` is service until then, negative
    after it; ``elapsed_percent`` says how much of the target has passed. ``kept`` tells whether a stopped clock was
    stopped in time, None for the others. ``next_sign`` is None when nothing more will happen, or not until it resumes.
    """

    state: ClockState
    due: dt.datetime
    remaining: dt.timedelta
    elapsed_percent: int
    kept: bool | None = None
    next_sign: ClockSign | None = None
    next_sign_at: dt.datetime | None = None


def joined(pauses: Iterable[Pause]) -> tuple[Pause, ...]:
    """Pauses in order, those that touch made one: the clock did not run between them."""
    found: list[Pause] = []
    for pause in sorted(pauses, key=lambda pause: pause.began_at):
        if found and found[-1].ended_at == pause.began_at:
            found[-1] = Pause(found[-1].began_at, pause.ended_at)
        else:
            found.append(pause)
    return tuple(found)


def moved_due(calendar: ServiceCalendar, due: dt.datetime, pause: Pause, until: dt.datetime) -> dt.datetime:
    """The due time after a pause that ends at ``until`` unless it has ended before."""
    ended_at = until if pause.ended_at is None else pause.ended_at
    if pause.began_at > due or ended_at <= pause.began_at:
        return due
    return calendar.after(due, calendar.service(pause.began_at, ended_at))


def due_after_pauses(calendar: ServiceCalendar, first_due: dt.datetime, pauses: Iterable[Pause]) -> dt.datetime:
    """The due time of a clock that was due at ``first_due`` and has been paused; one that lasts does not count yet."""
    due = first_due
    for pause in joined(pauses):
        if pause.ended_at is not None:
            due = moved_due(calendar, due, pause, pause.ended_at)
    return due


def read_clock(calendar: ServiceCalendar, clock: Clock, now: dt.datetime) -> Reading:
    """What the clock shows at ``now``."""
    held = clock.open_pause
    stands_at = clock.stopped_at or (held.began_at if held else now)
    remaining = calendar.service(stands_at, clock.due)
    target = _target(calendar, clock)
    percent = _percent(target - remaining, target, is_out=stands_at > clock.due)
    if clock.stopped_at is not None or clock.is_over:
        kept = None if clock.stopped_at is None else clock.stopped_at <= clock.due
        return Reading(ClockState.STOPPED, clock.due, remaining, percent, kept=kept)
    if held is not None:
        return Reading(ClockState.PAUSED, moved_due(calendar, clock.due, held, now), remaining, percent)
    if now > clock.due:
        return Reading(ClockState.BREACHED, clock.due, remaining, percent)
    sign, at = _next_sign(calendar, clock, now, target=target, elapsed=target - remaining, percent=percent)
    return Reading(ClockState.RUNNING, clock.due, remaining, percent, next_sign=sign, next_sign_at=at)


def signs_given(reading: Reading) -> list[ClockSign]:
    """The signs that the clock has given by now, in order."""
    if reading.state is ClockState.STOPPED:
        return []
    signs = [sign for sign, percent in SHARES if reading.elapsed_percent >= percent]
    return [*signs, ClockSign.BREACHED] if reading.state is ClockState.BREACHED else signs


def moment_of(calendar: ServiceCalendar, clock: Clock, sign: ClockSign) -> dt.datetime:
    """When a sign that the clock has given came."""
    if sign is ClockSign.BREACHED:
        return clock.due
    left = _share(_target(calendar, clock), dict(SHARES)[sign])
    begins = clock.began_at
    for pause in clock.pauses:
        run = calendar.service(begins, pause.began_at)
        if run >= left or pause.ended_at is None:
            break
        left, begins = left - run, pause.ended_at
    return calendar.after(begins, left)


def _target(calendar: ServiceCalendar, clock: Clock) -> dt.timedelta:
    """The service that the clock runs for in all."""
    if clock.target is not None:
        return clock.target
    paused = sum((_service_of(calendar, clock, pause) for pause in clock.pauses), dt.timedelta(0))
    return max(dt.timedelta(0), calendar.service(clock.began_at, clock.due) - paused)


def _service_of(calendar: ServiceCalendar, clock: Clock, pause: Pause) -> dt.timedelta:
    """By how much a pause that has ended has moved the due time."""
    if pause.ended_at is None or pause.began_at > clock.due:
        return dt.timedelta(0)
    return calendar.service(pause.began_at, pause.ended_at)


def _percent(elapsed: dt.timedelta, target: dt.timedelta, *, is_out: bool) -> int:
    if not target:
        return 100 if is_out else 0
    return max(0, elapsed * 100 // target)


def _next_sign(
    calendar: ServiceCalendar,
    clock: Clock,
    now: dt.datetime,
    *,
    target: dt.timedelta,
    elapsed: dt.timedelta,
    percent: int,
) -> tuple[ClockSign, dt.datetime]:
    for sign, share in SHARES:
        # Nothing has no shares.
        if percent < share and target:
            return sign, calendar.after(now, _share(target, share) - elapsed)
    return ClockSign.BREACHED, clock.due


def _share(target: dt.timedelta, percent: int) -> dt.timedelta:
    # Rounded up to the microsecond, so that the share has been reached when it has passed.
    return -(-target * percent // 100)
