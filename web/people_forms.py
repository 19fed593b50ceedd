"""Reading the forms about technicians: skills row by row, a week weekday by weekday, hours of a day."""

import datetime as dt
from collections.abc import Mapping
from zoneinfo import ZoneInfo

from customers.calendars import WEEKDAYS, WeeklyHours
from dispatch.workforce.patterns import Week
from dispatch.workforce.shifts import Break, Hours
from web.forms import at_local, read_day, read_time, read_whole

# Rows of the skills form beyond those that are filled.
SPARE_ROWS = 3
MOST_ROWS = 60


def read_optional_day(text: str) -> dt.date | None:
    """Read a date, or None if none was given."""
    return read_day(text) if text.strip() else None


def read_skills(values: Mapping[str, str]) -> tuple[dict[str, int], dict[str, dt.date | None]]:
    """Read the rows ``skill-0``, ``level-0``, ``until-0`` and so on as levels and last days; empty rows are skipped."""
    levels: dict[str, int] = {}
    last_days: dict[str, dt.date | None] = {}
    for row in range(MOST_ROWS):
        skill = values.get(f"skill-{row}", "").strip()
        if skill:
            levels[skill] = read_whole(values.get(f"level-{row}", ""), least=1)
            last_days[skill] = read_optional_day(values.get(f"until-{row}", ""))
    return levels, last_days


def read_week(values: Mapping[str, str]) -> Week:
    """Read ``mon-begin`` to ``sun-end``, the break, overtime and the days between which the week holds."""
    hours: dict[str, list[list[str]]] = {}
    for weekday in WEEKDAYS:
        begin, end = values.get(f"{weekday}-begin", "").strip(), values.get(f"{weekday}-end", "").strip()
        if begin or end:
            hours[weekday] = [[f"{read_time(begin):%H:%M}", "24:00" if end == "24:00" else f"{read_time(end):%H:%M}"]]
    minutes = read_whole(values.get("week_break", "") or "0")
    return Week(
        valid_from=read_day(values.get("valid_from", "")),
        valid_until=read_optional_day(values.get("valid_until", "")),
        hours=WeeklyHours.parse(hours),
        break_minutes=minutes,
        break_earliest=read_time(values.get("week_earliest", "")) if minutes else None,
        break_latest=read_time(values.get("week_latest", "")) if minutes else None,
        overtime_minutes=read_whole(values.get("week_overtime", "") or "0"),
        holidays=values.get("holidays", "").strip().upper() or None,
    )


def read_hours(values: Mapping[str, str], zone: ZoneInfo) -> Hours:
    """Read the hours of one day, in the time of the technician."""
    day = read_day(values.get("day", ""))

    def moment(name: str) -> dt.datetime:
        return at_local(day, read_time(values.get(name, "")), zone)

    minutes = read_whole(values.get("break_minutes", "") or "0")
    rest = Break(minutes * 60, moment("break_earliest"), moment("break_latest")) if minutes else None
    overtime = read_whole(values.get("overtime_minutes", "") or "0")
    return Hours(moment("begin"), moment("end"), rest, overtime * 60)


def read_span(values: Mapping[str, str], zone: ZoneInfo) -> tuple[dt.datetime, dt.datetime]:
    """
    Read from when until when somebody is absent.

    Without times the whole of the first day until the whole of the last; without a last day the first alone.
    """
    first = read_day(values.get("first_day", ""))
    last = read_optional_day(values.get("last_day", "")) or first
    begin, end = values.get("absent_from", "").strip(), values.get("absent_until", "").strip()
    starts_at = at_local(first, read_time(begin) if begin else dt.time(), zone)
    if end:
        return starts_at, at_local(last, read_time(end), zone)
    return starts_at, at_local(last + dt.timedelta(days=1), dt.time(), zone)
