"""Facts about weekly hours and service calendars."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from customers.calendars import WEEKDAYS, ServiceCalendar, WeeklyHours, zone_named
from customers.errors import HoursNotUnderstood, NotEnoughServiceHours, UnknownHolidayCountry, UnknownZone

LISBON = ZoneInfo("Europe/Lisbon")
NEW_YORK = ZoneInfo("America/New_York")
SHANGHAI = ZoneInfo("Asia/Shanghai")

OFFICE = WeeklyHours.parse({day: [["08:00", "18:00"]] for day in WEEKDAYS[:5]})
WITH_LUNCH = WeeklyHours.parse({day: [["08:00", "12:00"], ["14:00", "18:00"]] for day in WEEKDAYS[:5]})
NIGHTS = WeeklyHours.parse({day: [["00:00", "03:00"], ["22:00", "24:00"]] for day in WEEKDAYS})


def lisbon(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=LISBON)


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


HOURS = 3600

DUE_TIMES = [
    # Within a day.
    (OFFICE, LISBON, "PT", "2026-11-23T09:00", 4 * HOURS, "2026-11-23T13:00"),
    # Exactly to the end of the day: due at closing, not at the next opening.
    (OFFICE, LISBON, "PT", "2026-11-23T14:00", 4 * HOURS, "2026-11-23T18:00"),
    # One second more is due one second after the next opening.
    (OFFICE, LISBON, "PT", "2026-11-23T14:00", 4 * HOURS + 1, "2026-11-24T08:00:01"),
    # Reported at closing time, and at night.
    (OFFICE, LISBON, "PT", "2026-11-23T18:00", HOURS, "2026-11-24T09:00"),
    (OFFICE, LISBON, "PT", "2026-11-23T03:00", HOURS, "2026-11-23T09:00"),
    # Nothing to wait for is due at once, even at night.
    (OFFICE, LISBON, "PT", "2026-11-23T03:00", 0, "2026-11-23T03:00"),
    # Over the lunch gap, from within it, and exactly up to it.
    (WITH_LUNCH, LISBON, None, "2026-11-23T11:00", 2 * HOURS, "2026-11-23T15:00"),
    (WITH_LUNCH, LISBON, None, "2026-11-23T12:30", HOURS, "2026-11-23T15:00"),
    (WITH_LUNCH, LISBON, None, "2026-11-23T11:00", HOURS, "2026-11-23T12:00"),
    # Over a weekend, and from Saturday.
    (OFFICE, LISBON, None, "2026-11-20T17:00", 2 * HOURS, "2026-11-23T09:00"),
    (OFFICE, LISBON, None, "2026-11-21T12:00", HOURS, "2026-11-23T09:00"),
    # Tuesday 1 December is a holiday in Portugal, but not for a contract that ignores holidays.
    (OFFICE, LISBON, "PT", "2026-11-30T17:00", 2 * HOURS, "2026-12-02T09:00"),
    (OFFICE, LISBON, None, "2026-11-30T17:00", 2 * HOURS, "2026-12-01T09:00"),
    # Christmas on a Friday and the new year on a Friday, with their weekends.
    (OFFICE, LISBON, "PT", "2026-12-24T17:00", 2 * HOURS, "2026-12-28T09:00"),
    (OFFICE, LISBON, "PT", "2026-12-31T17:30", HOURS, "2027-01-04T08:30"),
    # 2028 begins on a Saturday, which the United States observe on the last Friday of 2027.
    (OFFICE, NEW_YORK, "US", "2027-12-30T17:00", 2 * HOURS, "2028-01-03T09:00"),
    # Chinese New Year 2026: closed from Sunday 15 to Monday 23 February; Saturdays 14 and 28 are made up.
    (OFFICE, SHANGHAI, "CN", "2026-02-13T17:00", 2 * HOURS, "2026-02-14T09:00"),
    (OFFICE, SHANGHAI, "CN", "2026-02-14T17:00", 2 * HOURS, "2026-02-24T09:00"),
    (OFFICE, SHANGHAI, "CN", "2026-02-27T17:00", 2 * HOURS, "2026-02-28T09:00"),
    # Hours that meet at midnight.
    (NIGHTS, LISBON, None, "2026-11-23T23:00", 2 * HOURS, "2026-11-24T01:00"),
    # Lisbon, 29 March 2026: 01:00 becomes 02:00, so the night is an hour shorter. Due times here are wall times.
    (NIGHTS, LISBON, None, "2026-03-28T23:00", 3 * HOURS, "2026-03-29T03:00"),
    (NIGHTS, LISBON, None, "2026-03-28T23:00", 3 * HOURS + 1, "2026-03-29T22:00:01"),
    (NIGHTS, LISBON, None, "2026-03-28T23:00", 2 * HOURS + 1800, "2026-03-29T02:30"),
    # Lisbon, 25 October 2026: 02:00 becomes 01:00, so the night is an hour longer.
    (NIGHTS, LISBON, None, "2026-10-24T23:00", 5 * HOURS, "2026-10-25T03:00"),
    # New York, 8 March and 1 November 2026: the changes at 02:00.
    (NIGHTS, NEW_YORK, None, "2026-03-07T23:00", 3 * HOURS, "2026-03-08T03:00"),
    (NIGHTS, NEW_YORK, None, "2026-10-31T23:00", 5 * HOURS, "2026-11-01T03:00"),
    # Day shifts keep their wall time over a change.
    (OFFICE, LISBON, None, "2026-03-27T17:00", 2 * HOURS, "2026-03-30T09:00"),
    (OFFICE, NEW_YORK, None, "2026-10-30T17:00", 2 * HOURS, "2026-11-02T09:00"),
]


@pytest.mark.parametrize(("hours", "zone", "country", "start", "seconds", "due"), DUE_TIMES)
def test_service_seconds_run_only_in_service_hours(
    *, hours: WeeklyHours, zone: ZoneInfo, country: str | None, start: str, seconds: int, due: str
) -> None:
    calendar = ServiceCalendar.service_hours(hours, zone, country)
    begin = dt.datetime.fromisoformat(start).replace(tzinfo=zone)

    end = calendar.add(begin, seconds)

    assert end.astimezone(zone).replace(tzinfo=None) == dt.datetime.fromisoformat(due)
    assert end.tzinfo is dt.UTC
    assert calendar.working_seconds(begin, end) == seconds


def test_always_means_every_second_over_clock_changes_and_holidays() -> None:
    calendar = ServiceCalendar.always()

    due = calendar.add(lisbon("2026-10-24T20:00"), 24 * HOURS)

    assert due == lisbon("2026-10-25T19:00")
    assert calendar.working_seconds(lisbon("2026-12-24T00:00"), lisbon("2026-12-26T00:00")) == 48 * HOURS


def test_the_day_of_an_always_running_calendar_is_the_whole_utc_day() -> None:
    windows = ServiceCalendar.always().windows_on(dt.date(2026, 11, 23))

    assert windows == [(utc("2026-11-23T00:00"), utc("2026-11-24T00:00"))]


def test_a_make_up_saturday_has_the_hours_of_a_weekday() -> None:
    hours = WeeklyHours.parse({"mon": [["09:00", "17:00"]], "sat": [["10:00", "12:00"]]})
    calendar = ServiceCalendar.service_hours(hours, SHANGHAI, "CN")

    make_up, usual = calendar.windows_on(dt.date(2026, 2, 28)), calendar.windows_on(dt.date(2026, 3, 7))

    assert make_up == [(utc("2026-02-28T01:00"), utc("2026-02-28T09:00"))]
    assert usual == [(utc("2026-03-07T02:00"), utc("2026-03-07T04:00"))]


def test_a_calendar_without_service_hours_is_refused_instead_of_searched_for_ever() -> None:
    calendar = ServiceCalendar.service_hours(WeeklyHours.parse({}), LISBON, "PT")

    with pytest.raises(NotEnoughServiceHours, match="service hours and the targets"):
        calendar.add(lisbon("2026-11-23T08:00"), 1)
    assert calendar.working_seconds(lisbon("2026-11-23T08:00"), lisbon("2026-12-23T08:00")) == 0


@pytest.mark.parametrize("calendar", [ServiceCalendar.always(), ServiceCalendar.service_hours(OFFICE, LISBON)])
@pytest.mark.parametrize("seconds", [3660 * 86400, 2**31 * 60])
def test_a_target_beyond_ten_years_is_refused(calendar: ServiceCalendar, seconds: int) -> None:
    with pytest.raises(NotEnoughServiceHours):
        calendar.add(utc("2026-11-23T08:00"), seconds)


def test_negative_seconds_are_a_programming_mistake() -> None:
    with pytest.raises(ValueError, match="Expected seconds >= 0, got -1"):
        ServiceCalendar.always().add(utc("2026-11-23T08:00"), -1)


def test_service_backwards_is_negative() -> None:
    calendar = ServiceCalendar.service_hours(OFFICE, LISBON)

    assert calendar.working_seconds(lisbon("2026-11-24T09:00"), lisbon("2026-11-23T17:00")) == -2 * HOURS


def test_moments_in_the_zone_of_the_calendar_count_real_seconds_over_a_clock_change() -> None:
    calendar = ServiceCalendar.service_hours(WeeklyHours.always(), LISBON)

    assert calendar.working_seconds(lisbon("2026-10-25T00:30"), lisbon("2026-10-25T02:30")) == 3 * HOURS
    assert ServiceCalendar.always().working_seconds(lisbon("2026-10-25T00:30"), lisbon("2026-10-25T02:30")) == 3 * HOURS
    assert calendar.add(lisbon("2026-10-25T00:30"), 3 * HOURS) == lisbon("2026-10-25T02:30")


def test_fractions_of_a_second_are_not_lost_over_the_night() -> None:
    calendar = ServiceCalendar.service_hours(OFFICE, LISBON)

    due = calendar.add(lisbon("2026-11-23T17:59:59.500"), 1)

    assert due == lisbon("2026-11-24T08:00:00.500")


WINDOWS = [
    # An ordinary day.
    (WITH_LUNCH, LISBON, "2026-11-23", [("08:00", "12:00"), ("14:00", "18:00")]),
    # Closed.
    (OFFICE, LISBON, "2026-11-22", []),
    # Summer time is an hour ahead of UTC.
    (OFFICE, LISBON, "2026-07-01", [("07:00", "17:00")]),
    # Both clock changes: three wall hours of the night last two and four hours.
    (NIGHTS, LISBON, "2026-03-29", [("00:00", "02:00"), ("21:00", "23:00")]),
    (NIGHTS, LISBON, "2026-10-25", [("-00:60", "03:00"), ("22:00", "24:00")]),
    # Hours inside the skipped hour do not take place.
    (WeeklyHours.parse({"sun": [["01:10", "01:50"]]}), LISBON, "2026-03-29", []),
    # An opening in the skipped hour is the moment of the change, and so is a closing.
    (WeeklyHours.parse({"sun": [["01:30", "04:00"]]}), LISBON, "2026-03-29", [("01:00", "03:00")]),
    (WeeklyHours.parse({"sun": [["00:00", "01:30"]]}), LISBON, "2026-03-29", [("00:00", "01:00")]),
    # Times that come twice in autumn are their first coming, so that hours do not overlap.
    (
        WeeklyHours.parse({"sun": [["00:00", "01:30"], ["01:45", "03:00"]]}),
        LISBON,
        "2026-10-25",
        [("-00:60", "00:30"), ("00:45", "03:00")],
    ),
    # The day after 30 December 2011 never was in Apia: all its hours are skipped.
    (WeeklyHours.always(), ZoneInfo("Pacific/Apia"), "2011-12-30", []),
    # Clocks that change at midnight: the day begins at one o'clock, 24:00 of the day before is the same moment.
    (WeeklyHours.always(), ZoneInfo("America/Santiago"), "2026-09-06", [("04:00", "27:00")]),
    (WeeklyHours.always(), ZoneInfo("America/Santiago"), "2026-09-05", [("04:00", "28:00")]),
]


@pytest.mark.parametrize(("hours", "zone", "day", "expected"), WINDOWS)
def test_hours_of_a_day_are_intervals_of_utc(
    hours: WeeklyHours, zone: ZoneInfo, day: str, expected: list[tuple[str, str]]
) -> None:
    midnight = utc(day)

    def after_midnight(clock: str) -> dt.datetime:
        hour, minute = clock.removeprefix("-").split(":")
        return midnight + (-1 if clock.startswith("-") else 1) * dt.timedelta(hours=int(hour), minutes=int(minute))

    windows = hours.windows_on(midnight.date(), zone)

    assert windows == [(after_midnight(start), after_midnight(end)) for start, end in expected]


def test_a_shop_is_open_at_its_opening_and_not_at_its_closing() -> None:
    assert OFFICE.is_open(lisbon("2026-11-23T08:00"), LISBON)
    assert not OFFICE.is_open(lisbon("2026-11-23T18:00"), LISBON)
    assert not OFFICE.is_open(lisbon("2026-11-23T07:59:59"), LISBON)


def test_hours_that_meet_at_midnight_are_one_opening() -> None:
    openings = NIGHTS.openings_between(lisbon("2026-11-23T23:00"), lisbon("2026-11-24T02:00"), LISBON)

    assert (lisbon("2026-11-23T22:00"), lisbon("2026-11-24T03:00")) in openings


REFUSED = [
    ({"mon": [["18:00", "08:00"]]}, "mon[0]: expected opening before closing, got 18:00-08:00."),
    ({"tue": [["08:00", "08:00"]]}, "tue[0]: expected opening before closing, got 08:00-08:00."),
    ({"wed": [["08:00", "12:00"], ["11:00", "15:00"]]}, "wed[1]: expected hours that begin after"),
    ({"wed": [["14:00", "18:00"], ["08:00", "12:00"]]}, "wed[1]: expected hours that begin after"),
    ({"monday": []}, "monday: expected one of mon, tue"),
    ({"mon": [["8:00", "18:00"]]}, "mon[0]: expected a time like 08:00, from 00:00 to 24:00, got '8:00'."),
    ({"mon": [["08:00", "24:01"]]}, "mon[0]: expected a time like 08:00, from 00:00 to 24:00, got '24:01'."),
    ({"mon": [["08:60", "18:00"]]}, "mon[0]: expected a time"),
    ({"mon": [["٠٨:٠٠", "18:00"]]}, "mon[0]: expected a time"),
    ({"mon": [[8, 18]]}, "mon[0]: expected a time"),
    ({"mon": [["08:00"]]}, "mon[0]: expected weekly hours like"),
    ({"mon": ["08:00-18:00"]}, "mon[0]: expected weekly hours like"),
    ({"mon": "08:00-18:00"}, "mon: expected weekly hours like"),
    ({"mon": None}, "mon: expected weekly hours like"),
    (["mon"], "hours: expected weekly hours like"),
]


@pytest.mark.parametrize(("hours", "sentence"), REFUSED)
def test_nonsense_hours_are_refused_with_the_field_they_stand_in(hours: object, sentence: str) -> None:
    with pytest.raises(HoursNotUnderstood) as refusal:
        WeeklyHours.parse(hours)

    assert str(refusal.value).startswith(sentence)


def test_hours_are_written_as_they_were_read() -> None:
    written = {"mon": [["00:00", "12:00"], ["14:00", "24:00"]]}

    assert WeeklyHours.parse(written | {"sun": []}).as_json() == written
    assert WeeklyHours.parse(written).text_on(dt.date(2026, 11, 23)) == "00:00-12:00, 14:00-24:00"


def test_unknown_zones_and_countries_are_named() -> None:
    with pytest.raises(UnknownZone, match="Europe/Lissabon"):
        zone_named("Europe/Lissabon")
    with pytest.raises(UnknownZone, match="/etc/passwd"):
        zone_named("../../etc/passwd")
    with pytest.raises(UnknownHolidayCountry, match="XX"):
        ServiceCalendar.service_hours(OFFICE, LISBON, "XX")


def spans_of_a_day() -> st.SearchStrategy[list[list[str]]]:
    def pair_up(minutes: list[int]) -> list[list[str]]:
        clocks = [f"{minute // 60:02}:{minute % 60:02}" for minute in sorted(minutes)]
        return [clocks[i : i + 2] for i in range(0, len(clocks) - 1, 2)]

    return st.lists(st.integers(0, 1440), unique=True, max_size=6).map(pair_up)


# Nothing random and no stopwatch: the same cases on every machine, however busy.
steady = settings(deadline=None, derandomize=True)
calendars = st.builds(
    ServiceCalendar.service_hours,
    st.fixed_dictionaries({weekday: spans_of_a_day() for weekday in WEEKDAYS}).map(WeeklyHours.parse),
    st.sampled_from([LISBON, NEW_YORK, SHANGHAI, ZoneInfo("America/Santiago"), ZoneInfo("Australia/Lord_Howe")]),
    st.sampled_from([None, "PT", "US", "CN"]),
)
moments = st.integers(0, 400 * 86400 * 10).map(
    lambda tenths: utc("2025-12-15") + tenths * dt.timedelta(milliseconds=100)
)
amounts = st.integers(0, 5 * 86400)


@steady
@given(calendars, moments, amounts)
def test_the_seconds_that_were_added_have_passed(calendar: ServiceCalendar, start: dt.datetime, seconds: int) -> None:
    assume(calendar.hours is not None and sum(e - s for day in calendar.hours.days for s, e in day) > 60)

    assert calendar.working_seconds(start, calendar.add(start, seconds)) == seconds


@steady
@given(calendars, moments, moments, amounts, amounts)
def test_a_later_report_or_a_longer_target_is_never_due_earlier(
    calendar: ServiceCalendar, one: dt.datetime, other: dt.datetime, few: int, more: int
) -> None:
    assume(calendar.hours is not None and sum(e - s for day in calendar.hours.days for s, e in day) > 60)
    earlier, later = sorted((one, other))
    less, longer = sorted((few, more))

    assert calendar.add(earlier, less) <= calendar.add(later, less)
    assert calendar.add(earlier, less) <= calendar.add(earlier, longer)


@steady
@given(calendars, moments, moments, moments)
def test_service_adds_up(calendar: ServiceCalendar, one: dt.datetime, two: dt.datetime, three: dt.datetime) -> None:
    a, b, c = sorted(moment.replace(microsecond=0) for moment in (one, two, three))

    whole = calendar.working_seconds(a, c)

    assert calendar.working_seconds(a, b) + calendar.working_seconds(b, c) == whole
    assert 0 <= whole <= (c - a).total_seconds()
