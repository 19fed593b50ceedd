"""
How times, numbers and money are written: in the reader's language.

A moment is told in the reader's zone. Where the place that it is about has another time, that one stands beside it
with the name of its zone, for that is the time which was told to the customer. A time of day and a date alone are
those of the place that is given, or of the firm, whose days are planned.
"""

import datetime as dt
import functools
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, get_timezone_location
from babel.numbers import format_currency, format_decimal
from flask import Flask
from flask_babel import get_locale, gettext, ngettext

from core import clock
from web.caller import firm, reader_zone


def register(app: Flask) -> None:
    """Add the filters and globals that templates write values with."""
    for writer in (day, day_and_weekday, weekday, time_of_day, moment, duration, money, signed_money, number, iso):
        app.add_template_filter(writer)
    app.add_template_global(clock.now, "now")
    app.add_template_filter(span, "until")
    app.add_template_global(zone_name)
    app.add_template_global(reader_zone)
    app.add_template_global(firm, "firm")


def locale() -> Locale:
    """Return the reader's locale; never None inside a request."""
    return get_locale() or Locale("en")


def zone_of(zone: str | ZoneInfo | None) -> ZoneInfo:
    """Return a zone given by name or as itself; the firm's when nothing is given."""
    if zone is None:
        return firm().zone
    return zone if isinstance(zone, ZoneInfo) else ZoneInfo(zone)


def time_of_day(at: dt.datetime, zone: str | ZoneInfo | None = None) -> str:
    """Write 14:30, on the 24-hour clock in every language: a schedule has no use for am and pm."""
    return f"{at.astimezone(zone_of(zone)):%H:%M}"


def day(at: dt.date | dt.datetime, zone: str | ZoneInfo | None = None) -> str:
    """Write a date, e.g. 23 Nov 2026."""
    return _written_date(_date(at, zone), str(locale()), "medium")


def day_and_weekday(at: dt.date | dt.datetime, zone: str | ZoneInfo | None = None) -> str:
    """Write a date with its weekday, e.g. Monday, November 23, 2026."""
    return _written_date(_date(at, zone), str(locale()), "full")


def weekday(at: dt.date) -> str:
    """Write the name of the day, e.g. Monday."""
    return _written_date(at, str(locale()), "weekday")


def moment(at: dt.datetime, zone: str | ZoneInfo | None = None) -> str:
    """
    Write a time with its date, the date left out when it is today, for the reader.

    Where the zone of the place has another time then, that follows with its name: 07:30 (15:30 in Shanghai).
    """
    here = reader_zone()
    return _with_place(_moment_in(at, here), at, None, zone)


def span(start: dt.datetime, end: dt.datetime, zone: str | ZoneInfo | None = None) -> str:
    """Write a window of time for the reader, as a moment is: 07:30–09:30 (15:30–17:30 in Shanghai)."""
    here = reader_zone()
    return _with_place(f"{_moment_in(start, here)}–{time_of_day(end, here)}", start, end, zone)


def zone_name(zone: str | ZoneInfo | None, at: dt.datetime | None = None) -> str:
    """Return the name of a zone whose clocks show another time than the reader's; "" where they show the same."""
    there, here, then = zone_of(zone), reader_zone(), at or clock.now()
    if then.astimezone(there).utcoffset() == then.astimezone(here).utcoffset():
        return ""
    return get_timezone_location(there, locale=locale(), return_city=True)


def _with_place(told: str, start: dt.datetime, end: dt.datetime | None, zone: str | ZoneInfo | None) -> str:
    """Add what the clocks of the place show, if that is another time."""
    if zone is None or not (name := zone_name(zone, start)):
        return told
    there, here = zone_of(zone), reader_zone()
    local = time_of_day(start, there)
    if _date(start, there) != _date(start, here):
        local = f"{_short_day(start, there)} {local}"
    if end is not None:
        local += f"–{time_of_day(end, there)}"
    return str(gettext("%(time)s (%(local)s in %(zone)s)", time=told, local=local, zone=name))


def _moment_in(at: dt.datetime, here: ZoneInfo) -> str:
    if at.astimezone(here).date() == clock.now().astimezone(here).date():
        return time_of_day(at, here)
    return f"{_short_day(at, here)} {time_of_day(at, here)}"


def _short_day(at: dt.datetime, zone: ZoneInfo) -> str:
    return _written_date(_date(at, zone), str(locale()), "short_day")


def duration(length: int | dt.timedelta) -> str:
    """Write a length of time given in seconds, e.g. 1 h 05 min; signs are the caller's."""
    seconds = int(length.total_seconds()) if isinstance(length, dt.timedelta) else int(length)
    minutes = round(abs(seconds) / 60)
    if minutes >= 48 * 60:
        days = minutes // (24 * 60)
        return str(ngettext("%(num)s day", "%(num)s days", days))
    hours, rest = divmod(minutes, 60)
    if hours:
        return str(gettext("%(hours)s h %(minutes)s min", hours=hours, minutes=f"{rest:02d}"))
    return str(gettext("%(minutes)s min", minutes=rest))


def money(cents: float) -> str:
    """Write an amount of the firm's currency given in cents."""
    return format_currency(cents / 100, firm().currency, locale=locale())


def signed_money(cents: float) -> str:
    """Write a difference of money with its sign."""
    return f"{'+' if cents > 0 else '−'}{money(abs(cents))}"


def number(value: float) -> str:
    """Write a number with the reader's separators."""
    return format_decimal(value, locale=locale())


def iso(at: dt.datetime | dt.date) -> str:
    """Write a time for programs, as the datetime attribute of a <time>."""
    return at.isoformat()


def _date(at: dt.date | dt.datetime, zone: str | ZoneInfo | None) -> dt.date:
    return at.astimezone(zone_of(zone)).date() if isinstance(at, dt.datetime) else at


# A page shows the same few dates hundreds of times.
@functools.lru_cache(maxsize=1024)
def _written_date(date: dt.date, locale_name: str, form: str) -> str:
    known = Locale.parse(locale_name)
    if form == "weekday":
        return format_date(date, "EEEE", locale=known)
    if form == "short_day":
        return format_date(date, "d MMM" if known.language == "en" else "M月d日", locale=known)
    return format_date(date, form, locale=known)
