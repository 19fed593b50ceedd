"""
Weekly hours, and calendars on which the clocks of a contract run.

Everything here is pure: no database, no present. Hours are told in the wall time of a zone; what comes out is UTC.

A calendar works out the service hours of the years that it is asked about once, and finds its way in them by halving,
so that hundreds of thousands of clocks can be asked in seconds.
"""

import datetime as dt
import functools
import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import holidays as public_holidays

from customers.errors import (
    ClosingNotAfterOpening,
    HoursNotUnderstood,
    HoursOverlap,
    NotEnoughServiceHours,
    TimeOfDayNotUnderstood,
    UnknownHolidayCountry,
    UnknownWeekday,
    UnknownZone,
)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SEARCH_YEARS = 10  # A due time later than that is a mistake in the contract.

Interval = tuple[dt.datetime, dt.datetime]
# Opening and closing in minutes after midnight of the wall clock; 1440 is the midnight that ends the day.
Minutes = tuple[int, int]

_DAY = dt.timedelta(days=1)
_SECOND = dt.timedelta(seconds=1)
_MICROSECOND = dt.timedelta(microseconds=1)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_TIME_OF_DAY = re.compile(r"(\d\d):(\d\d)", re.ASCII)


@dataclass(frozen=True)
class WeeklyHours:
    """
    Opening hours that repeat every week, in wall time.

    Hours over midnight are written as two: ``22:00-24:00`` and, on the day after, ``00:00-02:00``.
    """

    # One entry per weekday, Monday first; the hours of a day are in order and do not overlap.
    days: tuple[tuple[Minutes, ...], ...]

    @classmethod
    def parse(cls, hours: object) -> "WeeklyHours":
        """
        Read ``{"mon": [["08:00", "12:00"], ["14:00", "18:00"]], ...}``; a weekday that is absent is closed.

        Raises a kind of HoursNotUnderstood that names the field, such as ``mon[0]``.
        """
        if not isinstance(hours, Mapping):
            raise HoursNotUnderstood(field="hours", got=repr(hours))
        for weekday in hours:
            if weekday not in WEEKDAYS:
                raise UnknownWeekday(field=str(weekday))
        return cls(tuple(_parse_day(weekday, hours.get(weekday, [])) for weekday in WEEKDAYS))

    @classmethod
    def always(cls) -> "WeeklyHours":
        """Open day and night, all week."""
        return cls((((0, 1440),),) * 7)

    def as_json(self) -> dict[str, Any]:
        """The form that ``parse`` reads, without the closed days."""
        return {
            weekday: [[_clock(opening), _clock(closing)] for opening, closing in day]
            for weekday, day in zip(WEEKDAYS, self.days, strict=True)
            if day
        }

    def is_never_open(self) -> bool:
        return not any(self.days)

    def is_open(self, at: dt.datetime, zone: ZoneInfo) -> bool:
        """Whether the moment lies in the hours; the closing time itself does not."""
        day = at.astimezone(zone).date()
        return any(start <= at < end for start, end in self.windows_on(day, zone))

    def windows_on(self, day: dt.date, zone: ZoneInfo) -> list[Interval]:
        """The hours of a calendar day of the zone as UTC intervals; a change of the clocks may shorten them."""
        return _intervals(self.days[day.weekday()], day, zone)

    def openings_between(self, start: dt.datetime, end: dt.datetime, zone: ZoneInfo) -> list[Interval]:
        """
        Whole opening intervals of the days that ``start`` to ``end`` touches.

        Hours that meet at midnight are one interval.
        """
        joined: list[Interval] = []
        for day in _days(start.astimezone(zone).date(), end.astimezone(zone).date()):
            for window in self.windows_on(day, zone):
                if joined and joined[-1][1] == window[0]:
                    joined[-1] = (joined[-1][0], window[1])
                else:
                    joined.append(window)
        return joined

    def text_on(self, day: dt.date) -> str:
        """The hours of a day for people, ``08:00-12:00, 14:00-18:00``; empty when closed."""
        return ", ".join(f"{_clock(opening)}-{_clock(closing)}" for opening, closing in self.days[day.weekday()])


@dataclass(frozen=True)
class ServiceCalendar:
    """
    When the clocks of a contract run: always, or in service hours with or without public holidays.

    ``hours`` is None if the clocks always run, ``holidays`` (a country) is None if holidays are service days.
    """

    hours: WeeklyHours | None
    zone: ZoneInfo
    holidays: str | None

    @classmethod
    def always(cls) -> "ServiceCalendar":
        """Day and night, holidays included."""
        return cls(None, ZoneInfo("UTC"), None)

    @classmethod
    def service_hours(cls, hours: WeeklyHours, zone: ZoneInfo, holidays: str | None = None) -> "ServiceCalendar":
        """
        The hours of each week but for the public holidays of a country.

        Raises UnknownHolidayCountry if the country's holidays are not known.
        """
        return cls(hours, zone, None if holidays is None else holiday_country_named(holidays))

    def windows_on(self, day: dt.date) -> list[Interval]:
        """The service hours of a calendar day of the zone as UTC intervals."""
        if self.hours is None:
            return _intervals(((0, 1440),), day, self.zone)
        return _intervals(self._hours_on(self.hours, day), day, self.zone)

    def add(self, start: dt.datetime, seconds: int) -> dt.datetime:
        """
        The moment at which ``seconds`` of service have passed since ``start``.

        A target that fills a day exactly ends at that day's closing, not at the next opening.
        Raises NotEnoughServiceHours when the calendar does not hold that much in ten years.
        """
        if seconds < 0:
            raise ValueError(f"Expected seconds >= 0, got {seconds}.")
        # Even clocks that always run would not get there.
        if seconds > SEARCH_YEARS * 365.25 * 86400:
            raise NotEnoughServiceHours(seconds=seconds, start=start.isoformat())
        return self.after(start, seconds * _SECOND)

    def after(self, start: dt.datetime, service: dt.timedelta) -> dt.datetime:
        """Do what ``add`` does, for a length of service that may have a fraction of a second."""
        # Python adds and subtracts wall times as long as both sides have the same zone.
        start = start.astimezone(dt.UTC)
        if self.hours is None or not service:
            return start + service
        since, left = _microseconds(start), service // _MICROSECOND
        hours = self._hours_around(since, since)
        while (wanted := hours.service_until(since) + left) > hours.total:
            if hours.last_year >= start.astimezone(self.zone).year + SEARCH_YEARS:
                raise NotEnoughServiceHours(seconds=service // _SECOND, start=start.isoformat())
            hours = self._hours_around(since, hours.end)
        return _EPOCH + hours.moment_of(wanted) * _MICROSECOND

    def working_seconds(self, start: dt.datetime, end: dt.datetime) -> int:
        """Whole seconds of service from ``start`` to ``end``; negative when ``end`` comes first."""
        if end < start:
            return -self.working_seconds(end, start)
        return self.service(start, end) // _SECOND

    def service(self, start: dt.datetime, end: dt.datetime) -> dt.timedelta:
        """Service from ``start`` to ``end``, to the microsecond; negative when ``end`` comes first."""
        start, end = start.astimezone(dt.UTC), end.astimezone(dt.UTC)
        if self.hours is None:
            return end - start
        since, until = _microseconds(start), _microseconds(end)
        hours = self._hours_around(since, until)
        return (hours.service_until(until) - hours.service_until(since)) * _MICROSECOND

    def _hours_around(self, one: int, other: int) -> "_ServiceHours":
        """The service hours of whole years that hold both moments; worked out when they are asked for first."""
        known = self._known_hours
        if known and known[-1].start <= one < known[-1].end and known[-1].start <= other < known[-1].end:
            return known[-1]
        years = {(_EPOCH + moment * _MICROSECOND).astimezone(self.zone).year for moment in (one, other)}
        if known:
            years |= {known[-1].first_year, known[-1].last_year}
        wider = _ServiceHours.of(self, min(years), max(years))
        # Whoever reads meanwhile has the narrower ones, which are whole as well.
        known.append(wider)
        return wider

    @functools.cached_property
    def _known_hours(self) -> list["_ServiceHours"]:
        """The widest at the end."""
        return []

    def _hours_on(self, hours: WeeklyHours, day: dt.date) -> tuple[Minutes, ...]:
        own = hours.days[day.weekday()]
        if self.holidays is None:
            return own
        year = _holidays_of_year(self.holidays, day.year)
        if day in year:
            return ()
        if year.is_weekend(day) and year.is_working_day(day):
            # A make-up working day stands in for a weekday that was given free, so it has a weekday's hours.
            return next((usual for usual in hours.days[:5] if usual), own)
        return own


@dataclass(frozen=True)
class _ServiceHours:
    """
    The service hours of some years on end, in microseconds since 1970, in order.

    ``before[i]`` is the service of these years before the i-th opening; one more entry at the end holds all of it.
    """

    first_year: int
    last_year: int
    start: int
    end: int
    opens: tuple[int, ...]
    closes: tuple[int, ...]
    before: tuple[int, ...]

    @classmethod
    def of(cls, calendar: ServiceCalendar, first_year: int, last_year: int) -> "_ServiceHours":
        first, following = dt.date(first_year, 1, 1), dt.date(last_year + 1, 1, 1)
        windows = [window for day in _days(first, following - _DAY) for window in calendar.windows_on(day)]
        opens = tuple(_microseconds(start) for start, _ in windows)
        closes = tuple(_microseconds(end) for _, end in windows)
        lengths = (end - start for start, end in zip(opens, closes, strict=True))
        start, end = (_microseconds(_moment(day, 0, calendar.zone)) for day in (first, following))
        return cls(first_year, last_year, start, end, opens, closes, tuple(itertools.accumulate(lengths, initial=0)))

    @property
    def total(self) -> int:
        return self.before[-1]

    def service_until(self, moment: int) -> int:
        """How much service has passed at a moment since the first of these years began."""
        following = bisect_right(self.opens, moment)
        if not following:
            return 0
        return self.before[following] - max(0, self.closes[following - 1] - moment)

    def moment_of(self, service: int) -> int:
        """The first moment at which so much service has passed; more than none, at most all of it."""
        following = bisect_left(self.before, service)
        return self.closes[following - 1] - (self.before[following] - service)


def zone_named(name: str) -> ZoneInfo:
    """The time zone with this name; raises UnknownZone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UnknownZone(zone=name) from error


def holiday_country_named(code: str) -> str:
    """The two-letter code of a country whose public holidays are known; raises UnknownHolidayCountry."""
    if code not in _countries():
        raise UnknownHolidayCountry(country=code)
    return code


def _parse_day(weekday: str, spans: object) -> tuple[Minutes, ...]:
    if not isinstance(spans, Sequence) or isinstance(spans, str):
        raise HoursNotUnderstood(field=weekday, got=repr(spans))
    day: list[Minutes] = []
    for position, span in enumerate(spans):
        field = f"{weekday}[{position}]"
        opening, closing = _parse_span(field, span)
        if day and opening < day[-1][1]:
            raise HoursOverlap(field=field, got=f"{_clock(opening)}-{_clock(closing)}")
        day.append((opening, closing))
    return tuple(day)


def _parse_span(field: str, span: object) -> Minutes:
    if not isinstance(span, Sequence) or isinstance(span, str) or len(span) != 2:
        raise HoursNotUnderstood(field=field, got=repr(span))
    opening, closing = (_parse_time(field, time) for time in span)
    if opening >= closing:
        raise ClosingNotAfterOpening(field=field, got=f"{span[0]}-{span[1]}")
    return opening, closing


def _parse_time(field: str, time: object) -> int:
    match = _TIME_OF_DAY.fullmatch(time) if isinstance(time, str) else None
    hour, minute = map(int, match.groups()) if match else (99, 99)
    if minute > 59 or hour * 60 + minute > 1440:
        raise TimeOfDayNotUnderstood(field=field, got=repr(time))
    return hour * 60 + minute


def _microseconds(moment: dt.datetime) -> int:
    """Microseconds since 1970; whole numbers are compared and searched fast."""
    return (moment - _EPOCH) // _MICROSECOND


def _clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    return (first + number * _DAY for number in range((last - first).days + 1))


def _intervals(spans: Sequence[Minutes], day: dt.date, zone: ZoneInfo) -> list[Interval]:
    moments = [(_moment(day, opening, zone), _moment(day, closing, zone)) for opening, closing in spans]
    # Hours that fall wholly into the hour skipped in spring do not take place.
    return [(start, end) for start, end in moments if start < end]


def _moment(day: dt.date, minutes: int, zone: ZoneInfo) -> dt.datetime:
    """
    The first moment at which the zone's wall clock shows this time or a later one.

    A time that comes twice in autumn is its first coming, a time that is skipped in spring is the moment of the change.
    So the order of wall times is kept, and hours never overlap.
    """
    wall = dt.datetime.combine(day + minutes // 1440 * _DAY, dt.time(minutes // 60 % 24, minutes % 60))
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(dt.UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    return _clock_change(wall.replace(tzinfo=zone, fold=1).astimezone(dt.UTC), moment, zone)


def _clock_change(before: dt.datetime, after: dt.datetime, zone: ZoneInfo) -> dt.datetime:
    """The first second with the later of two offsets from UTC, by halving."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > dt.timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle -= dt.timedelta(microseconds=middle.microsecond)
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after


@functools.cache
def _countries() -> frozenset[str]:
    return frozenset(public_holidays.list_supported_countries())


@functools.lru_cache(maxsize=256)
def _holidays_of_year(country: str, year: int) -> public_holidays.HolidayBase:
    # One object per year that never grows: the library's own growing calendars show another thread half-filled years.
    return public_holidays.country_holidays(country, years=year, expand=False)
