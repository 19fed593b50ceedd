"""Facts about the clocks of a job as values: pauses, shares, signs."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from customers.calendars import WEEKDAYS, ServiceCalendar, WeeklyHours
from dispatch.clocks import (
    Clock,
    ClockState,
    Pause,
    due_after_pauses,
    joined,
    moment_of,
    moved_due,
    read_clock,
    signs_given,
)
from dispatch.models.clocks import ClockSign

LISBON = ZoneInfo("Europe/Lisbon")
NEW_YORK = ZoneInfo("America/New_York")
SHANGHAI = ZoneInfo("Asia/Shanghai")
HOURS = 3600

WITH_LUNCH = WeeklyHours.parse({day: [["08:00", "12:00"], ["14:00", "18:00"]] for day in WEEKDAYS[:5]})
NIGHTS = WeeklyHours.parse({day: [["00:00", "03:00"], ["22:00", "24:00"]] for day in WEEKDAYS})

OFFICE_LISBON = ServiceCalendar.service_hours(WITH_LUNCH, LISBON, "PT")
OFFICE_SHANGHAI = ServiceCalendar.service_hours(WITH_LUNCH, SHANGHAI, "CN")
NIGHTS_LISBON = ServiceCalendar.service_hours(NIGHTS, LISBON)
NIGHTS_NEW_YORK = ServiceCalendar.service_hours(NIGHTS, NEW_YORK)
ALWAYS = ServiceCalendar.always()


def wall(calendar: ServiceCalendar, text: str) -> dt.datetime:
    """A moment told in the wall time of the calendar's zone."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=calendar.zone).astimezone(dt.UTC)


PAUSED = [
    # Within service hours: the pause is added to the day.
    (OFFICE_LISBON, "2026-11-23T08:30", 2 * HOURS, ("2026-11-23T09:00", "2026-11-23T10:00"), "2026-11-23T11:30"),
    # It moves the due time past the lunch break, past the evening and past the weekend.
    (OFFICE_LISBON, "2026-11-23T08:30", 3 * HOURS, ("2026-11-23T09:00", "2026-11-23T10:00"), "2026-11-23T14:30"),
    (OFFICE_LISBON, "2026-11-23T14:30", 3 * HOURS, ("2026-11-23T15:00", "2026-11-23T16:00"), "2026-11-24T08:30"),
    (OFFICE_LISBON, "2026-11-20T14:30", 3 * HOURS, ("2026-11-20T15:00", "2026-11-20T16:00"), "2026-11-23T08:30"),
    # Exactly to the end of the day: due at closing, not at the next opening.
    (OFFICE_LISBON, "2026-11-23T14:00", 3 * HOURS, ("2026-11-23T15:00", "2026-11-23T16:00"), "2026-11-23T18:00"),
    # A pause in the lunch break, at night, over the weekend or on a holiday costs nothing.
    (OFFICE_LISBON, "2026-11-23T11:00", 2 * HOURS, ("2026-11-23T12:00", "2026-11-23T14:00"), "2026-11-23T15:00"),
    (OFFICE_LISBON, "2026-11-23T17:00", 2 * HOURS, ("2026-11-23T18:00", "2026-11-24T08:00"), "2026-11-24T09:00"),
    (OFFICE_LISBON, "2026-11-20T17:00", 2 * HOURS, ("2026-11-20T19:00", "2026-11-22T23:00"), "2026-11-23T09:00"),
    (OFFICE_LISBON, "2026-11-30T17:00", 2 * HOURS, ("2026-12-01T09:00", "2026-12-01T17:00"), "2026-12-02T09:00"),
    # Half of it in the lunch break: only the other half counts.
    (OFFICE_LISBON, "2026-11-23T11:00", 2 * HOURS, ("2026-11-23T11:30", "2026-11-23T14:30"), "2026-11-23T16:00"),
    # From Friday evening to Monday noon.
    (OFFICE_LISBON, "2026-11-20T16:00", 4 * HOURS, ("2026-11-20T17:00", "2026-11-23T09:00"), "2026-11-23T12:00"),
    # Chinese New Year 2026: Saturday 14 February is worked, 15 to 23 February are free, Saturday 28 is worked.
    (OFFICE_SHANGHAI, "2026-02-13T16:00", 4 * HOURS, ("2026-02-13T17:00", "2026-02-14T09:00"), "2026-02-14T12:00"),
    (OFFICE_SHANGHAI, "2026-02-14T16:00", 4 * HOURS, ("2026-02-14T17:00", "2026-02-24T09:00"), "2026-02-24T12:00"),
    (OFFICE_SHANGHAI, "2026-02-27T16:00", 4 * HOURS, ("2026-02-27T17:00", "2026-02-28T09:00"), "2026-02-28T12:00"),
    # National Day 2026: closed 1 to 7 October, Saturday 10 October is made up.
    (OFFICE_SHANGHAI, "2026-10-09T17:00", 2 * HOURS, ("2026-10-09T17:30", "2026-10-10T08:30"), "2026-10-10T10:00"),
    # Lisbon, 29 March 2026, 01:00 becomes 02:00: of a pause from 00:30 to 02:30 an hour has passed.
    (NIGHTS_LISBON, "2026-03-28T23:00", HOURS + 2700, ("2026-03-29T00:30", "2026-03-29T02:30"), "2026-03-29T02:45"),
    # Lisbon, 25 October 2026, 02:00 becomes 01:00: of a pause from 00:30 to 02:30 three hours have passed.
    (NIGHTS_LISBON, "2026-10-24T23:30", HOURS + 1800, ("2026-10-25T00:30", "2026-10-25T02:30"), "2026-10-25T03:00"),
    # New York, 8 March (02:00 becomes 03:00) and 1 November 2026 (02:00 becomes 01:00).
    (NIGHTS_NEW_YORK, "2026-03-07T23:30", HOURS, ("2026-03-08T00:00", "2026-03-08T01:00"), "2026-03-08T01:30"),
    (NIGHTS_NEW_YORK, "2026-03-07T23:30", 2 * HOURS, ("2026-03-08T01:00", "2026-03-08T03:00"), "2026-03-08T22:30"),
    (NIGHTS_NEW_YORK, "2026-10-31T23:30", HOURS, ("2026-11-01T00:15", "2026-11-01T02:15"), "2026-11-01T02:30"),
    # Day and night: every second counts, clock change or not.
    (ALWAYS, "2026-10-24T20:00", 4 * HOURS, ("2026-10-24T23:00", "2026-10-25T05:00"), "2026-10-25T06:00"),
]


@pytest.mark.parametrize(("calendar", "reported", "target", "pause", "due"), PAUSED)
def test_a_pause_moves_the_due_time_by_the_service_that_passed_in_it(
    calendar: ServiceCalendar, reported: str, target: int, pause: tuple[str, str], due: str
) -> None:
    began_at = wall(calendar, reported)
    span = Pause(wall(calendar, pause[0]), wall(calendar, pause[1]))

    moved = due_after_pauses(calendar, calendar.add(began_at, target), [span])

    assert moved.astimezone(calendar.zone).replace(tzinfo=None) == dt.datetime.fromisoformat(due)
    paused = calendar.working_seconds(span.began_at, wall(calendar, pause[1]))
    assert calendar.working_seconds(began_at, moved) - paused == target


def test_a_clock_that_had_run_out_before_the_pause_stays_run_out() -> None:
    due = wall(OFFICE_LISBON, "2026-11-23T10:00")
    late = Pause(wall(OFFICE_LISBON, "2026-11-23T10:01"), wall(OFFICE_LISBON, "2026-11-23T11:00"))

    assert due_after_pauses(OFFICE_LISBON, due, [late]) == due


def clock(**given: object) -> Clock:
    """A clock of eight hours of service, reported on Monday at 08:00, due on Monday at 18:00."""
    known: dict[str, object] = {
        "began_at": wall(OFFICE_LISBON, "2026-11-23T08:00"),
        "due": wall(OFFICE_LISBON, "2026-11-23T18:00"),
        "target": dt.timedelta(hours=8),
    }
    return Clock(**(known | given))  # type: ignore[arg-type]


READINGS = [
    # now, state, percent, remaining minutes, next sign, when
    ("08:00", ClockState.RUNNING, 0, 480, ClockSign.HALF, "12:00"),
    ("11:59", ClockState.RUNNING, 49, 241, ClockSign.HALF, "12:00"),
    # The share is reached when the morning ends; nothing runs over lunch.
    ("12:00", ClockState.RUNNING, 50, 240, ClockSign.THREE_QUARTERS, "16:00"),
    ("13:00", ClockState.RUNNING, 50, 240, ClockSign.THREE_QUARTERS, "16:00"),
    ("16:00", ClockState.RUNNING, 75, 120, ClockSign.NINE_TENTHS, "17:12"),
    ("17:12", ClockState.RUNNING, 90, 48, ClockSign.BREACHED, "18:00"),
    # At the due time itself it is not late yet.
    ("18:00", ClockState.RUNNING, 100, 0, ClockSign.BREACHED, "18:00"),
    ("18:01", ClockState.BREACHED, 100, 0, None, None),
]


@pytest.mark.parametrize(("now", "state", "percent", "left", "sign", "at"), READINGS)
def test_a_running_clock_tells_its_share_and_its_next_sign(
    *, now: str, state: ClockState, percent: int, left: int, sign: ClockSign | None, at: str | None
) -> None:
    reading = read_clock(OFFICE_LISBON, clock(), wall(OFFICE_LISBON, f"2026-11-23T{now}"))

    assert (reading.state, reading.elapsed_percent) == (state, percent)
    assert reading.remaining == dt.timedelta(minutes=left)
    assert reading.next_sign is sign
    assert reading.next_sign_at == (wall(OFFICE_LISBON, f"2026-11-23T{at}") if at else None)


def test_an_overdue_clock_counts_service_and_not_nights() -> None:
    reading = read_clock(OFFICE_LISBON, clock(), wall(OFFICE_LISBON, "2026-11-24T09:30"))

    assert reading.state is ClockState.BREACHED
    assert reading.remaining == -dt.timedelta(minutes=90)
    assert signs_given(reading) == [
        ClockSign.HALF,
        ClockSign.THREE_QUARTERS,
        ClockSign.NINE_TENTHS,
        ClockSign.BREACHED,
    ]


def test_a_paused_clock_stands_still_and_is_due_as_if_it_ran_on_now() -> None:
    paused = clock(pauses=(Pause(wall(OFFICE_LISBON, "2026-11-23T10:00"), None),))

    reading = read_clock(OFFICE_LISBON, paused, wall(OFFICE_LISBON, "2026-11-23T11:00"))

    assert (reading.state, reading.elapsed_percent) == (ClockState.PAUSED, 25)
    assert reading.remaining == dt.timedelta(hours=6)
    assert reading.due == wall(OFFICE_LISBON, "2026-11-24T09:00")
    assert reading.next_sign is None


def test_a_pause_of_a_clock_that_has_run_out_does_not_hide_it() -> None:
    paused = clock(pauses=(Pause(wall(OFFICE_LISBON, "2026-11-24T09:00"), None),))

    reading = read_clock(OFFICE_LISBON, paused, wall(OFFICE_LISBON, "2026-11-24T10:00"))

    assert reading.state is ClockState.BREACHED


@pytest.mark.parametrize(("at", "kept"), [("17:59", True), ("18:00", True), ("18:01", False)])
def test_a_stopped_clock_was_kept_or_missed_for_good(at: str, *, kept: bool) -> None:
    stopped = clock(stopped_at=wall(OFFICE_LISBON, f"2026-11-23T{at}"))

    reading = read_clock(OFFICE_LISBON, stopped, wall(OFFICE_LISBON, "2026-12-24T09:00"))

    assert (reading.state, reading.kept) == (ClockState.STOPPED, kept)
    assert signs_given(reading) == []


def test_signs_came_when_their_share_was_reached_and_pauses_lie_between_them() -> None:
    # Two hours of pause after a quarter, so the half is reached at 16:00 and the rest on Tuesday.
    pause = Pause(wall(OFFICE_LISBON, "2026-11-23T10:00"), wall(OFFICE_LISBON, "2026-11-23T12:00"))
    paused = clock(pauses=(pause,), due=wall(OFFICE_LISBON, "2026-11-24T10:00"))

    moments = [moment_of(OFFICE_LISBON, paused, sign) for sign in (ClockSign.HALF, ClockSign.THREE_QUARTERS)]

    assert moments == [wall(OFFICE_LISBON, "2026-11-23T16:00"), wall(OFFICE_LISBON, "2026-11-23T18:00")]
    assert moment_of(OFFICE_LISBON, paused, ClockSign.BREACHED) == wall(OFFICE_LISBON, "2026-11-24T10:00")


def test_an_agreed_due_time_has_the_service_until_then_as_its_target() -> None:
    agreed = clock(target=None, due=wall(OFFICE_LISBON, "2026-11-23T12:00"))
    pause = Pause(wall(OFFICE_LISBON, "2026-11-23T09:00"), wall(OFFICE_LISBON, "2026-11-23T10:00"))
    moved = moved_due(OFFICE_LISBON, agreed.due, pause, wall(OFFICE_LISBON, "2026-11-23T10:00"))
    paused = clock(target=None, due=moved, pauses=(pause,))

    before = read_clock(OFFICE_LISBON, agreed, pause.began_at)
    after = read_clock(OFFICE_LISBON, paused, wall(OFFICE_LISBON, "2026-11-23T10:00"))

    assert (before.elapsed_percent, before.remaining) == (after.elapsed_percent, after.remaining)
    assert (after.elapsed_percent, after.due) == (25, wall(OFFICE_LISBON, "2026-11-23T15:00"))


def test_a_due_time_agreed_for_a_sunday_is_reached_then_although_no_service_passes() -> None:
    agreed = clock(
        target=None, began_at=wall(OFFICE_LISBON, "2026-11-21T09:00"), due=wall(OFFICE_LISBON, "2026-11-22T12:00")
    )

    before = read_clock(OFFICE_LISBON, agreed, wall(OFFICE_LISBON, "2026-11-22T11:00"))
    after = read_clock(OFFICE_LISBON, agreed, wall(OFFICE_LISBON, "2026-11-22T12:01"))

    assert (before.state, before.elapsed_percent) == (ClockState.RUNNING, 0)
    assert before.next_sign_at == agreed.due
    assert (after.state, after.elapsed_percent) == (ClockState.BREACHED, 100)


steady = settings(deadline=None, derandomize=True)
calendars = st.sampled_from([OFFICE_LISBON, OFFICE_SHANGHAI, NIGHTS_LISBON, NIGHTS_NEW_YORK, ALWAYS])
moments = st.integers(0, 400 * 86400 * 10).map(
    lambda tenths: dt.datetime(2025, 12, 15, tzinfo=dt.UTC) + tenths * dt.timedelta(milliseconds=100)
)
targets = st.integers(1, 5 * 86400).map(lambda seconds: dt.timedelta(seconds=seconds))
lengths = st.integers(0, 20 * 86400 * 10).map(lambda tenths: tenths * dt.timedelta(milliseconds=100))


@steady
@given(calendars, moments, targets, lengths)
def test_service_added_and_service_passed_are_inverse(
    calendar: ServiceCalendar, start: dt.datetime, target: dt.timedelta, more: dt.timedelta
) -> None:
    due = calendar.after(start, target)

    assert calendar.service(start, due) == target
    assert calendar.after(due, more) == calendar.after(start, target + more)


@steady
@given(calendars, moments, targets, lengths)
def test_a_pause_of_no_length_changes_nothing(
    calendar: ServiceCalendar, start: dt.datetime, target: dt.timedelta, later: dt.timedelta
) -> None:
    due = calendar.after(start, target)

    assert due_after_pauses(calendar, due, [Pause(start + later, start + later)]) == due


@steady
@given(calendar=calendars, start=moments, target=targets, later=lengths, length=lengths, percent=st.integers(0, 100))
def test_a_pause_split_in_two_moves_the_due_time_as_the_whole_one(
    *,
    calendar: ServiceCalendar,
    start: dt.datetime,
    target: dt.timedelta,
    later: dt.timedelta,
    length: dt.timedelta,
    percent: int,
) -> None:
    due = calendar.after(start, target)
    begin = start + later
    middle, end = begin + length * percent // 100, begin + length
    whole, halves = [Pause(begin, end)], [Pause(begin, middle), Pause(middle, end)]

    assert due_after_pauses(calendar, due, halves) == due_after_pauses(calendar, due, whole)
    # One after the other, as they are booked, too.
    assert moved_due(calendar, moved_due(calendar, due, halves[0], middle), halves[1], end) == due_after_pauses(
        calendar, due, whole
    )


@steady
@given(calendar=calendars, start=moments, target=targets, later=lengths, length=lengths, after=lengths)
def test_a_pause_changes_the_due_time_and_neither_the_share_nor_what_is_left(
    *,
    calendar: ServiceCalendar,
    start: dt.datetime,
    target: dt.timedelta,
    later: dt.timedelta,
    length: dt.timedelta,
    after: dt.timedelta,
) -> None:
    due, begin = calendar.after(start, target), start + later
    assume(begin <= due)
    running = Clock(start, due, target)
    span = Pause(begin, begin + length)
    paused = Clock(start, due_after_pauses(calendar, due, [span]), target, joined([span]))

    before, then = read_clock(calendar, running, begin), read_clock(calendar, paused, begin + length)

    assert then.remaining == before.remaining
    assert then.elapsed_percent == before.elapsed_percent
    assert paused.due >= due
    # Signs come in order, and none in the pause.
    moments = [moment_of(calendar, paused, sign) for sign in signs_given(read_clock(calendar, paused, due + after))]
    assert moments == sorted(moments)
    assert not any(begin < moment < begin + length for moment in moments)


@steady
@given(calendars, moments, targets, lengths)
def test_the_next_sign_is_given_at_its_moment_and_not_before(
    calendar: ServiceCalendar, start: dt.datetime, target: dt.timedelta, later: dt.timedelta
) -> None:
    running = Clock(start, calendar.after(start, target), target)
    reading = read_clock(calendar, running, start + later)
    assume(reading.next_sign_at is not None and reading.next_sign is not ClockSign.BREACHED)
    assert reading.next_sign is not None
    assert reading.next_sign_at is not None

    just_before = read_clock(calendar, running, reading.next_sign_at - dt.timedelta(microseconds=1))
    then = read_clock(calendar, running, reading.next_sign_at)

    assert reading.next_sign not in signs_given(just_before)
    assert reading.next_sign in signs_given(then)
    assert moment_of(calendar, running, reading.next_sign) == reading.next_sign_at


def test_the_guides_example_of_signs_past_a_pause() -> None:
    pause = Pause(wall(OFFICE_LISBON, "2026-11-23T10:00"), wall(OFFICE_LISBON, "2026-11-23T15:00"))
    reported, due = wall(OFFICE_LISBON, "2026-11-23T09:00"), wall(OFFICE_LISBON, "2026-11-23T18:00")
    paused = clock(began_at=reported, due=due, target=dt.timedelta(hours=4), pauses=(pause,))

    signs = (ClockSign.HALF, ClockSign.THREE_QUARTERS, ClockSign.NINE_TENTHS, ClockSign.BREACHED)

    assert [moment_of(OFFICE_LISBON, paused, sign) for sign in signs] == [
        wall(OFFICE_LISBON, f"2026-11-23T{at}") for at in ("16:00", "17:00", "17:36", "18:00")
    ]
