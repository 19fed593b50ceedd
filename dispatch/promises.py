"""The window that is promised to a customer: which promises can be given."""

import datetime as dt

from customers.calendars import Interval, WeeklyHours, zone_named
from customers.models import Site
from dispatch.errors import (
    WindowInPast,
    WindowOnClosedDay,
    WindowOutOfOrder,
    WindowOutsideOpeningHours,
    WindowTooFar,
    WindowTooShort,
)

SHORTEST = dt.timedelta(minutes=15)
FURTHEST = dt.timedelta(days=366)


def check_window(window: Interval, site: Site, *, now: dt.datetime) -> None:
    """
    Refuse a window that cannot be kept: past, out of order, too short, too far ahead, or while the site is closed.

    A window over the lunch break of a shop is refused too, since the promise would hold in the break as well.
    """
    start, end = window
    zone = zone_named(site.zone)
    # Dates at the edge of the calendar cannot be told in the time of another zone.
    if not now - FURTHEST < start < now + FURTHEST or not now - FURTHEST < end < now + FURTHEST:
        raise WindowTooFar(start=start.isoformat(), end=end.isoformat(), days=FURTHEST.days)
    facts = {"window": _told(window, site), "site": site.name}
    if end <= start:
        raise WindowOutOfOrder(**facts)
    if start < now:
        raise WindowInPast(**facts, now=f"{now.astimezone(zone):%Y-%m-%d %H:%M}")
    if end - start < SHORTEST:
        raise WindowTooShort(**facts, least=SHORTEST // dt.timedelta(minutes=1))
    _check_opening_hours(window, site, facts)


def _check_opening_hours(window: Interval, site: Site, facts: dict[str, str]) -> None:
    start, end = window
    zone = zone_named(site.zone)
    hours = WeeklyHours.parse(site.opening_hours)
    if hours.is_never_open():
        # Nobody has said when the shop is open, and planning does not stay away from it either.
        return
    if any(opening <= start and end <= closing for opening, closing in hours.openings_between(start, end, zone)):
        return
    day = start.astimezone(zone).date()
    on_day = hours.text_on(day)
    if on_day:
        raise WindowOutsideOpeningHours(**facts, hours=on_day)
    while not hours.text_on(day):
        day += dt.timedelta(days=1)
    raise WindowOnClosedDay(**facts, hours=f"{day.isoformat()} {hours.text_on(day)}")


def _told(window: Interval, site: Site) -> str:
    start, end = (moment.astimezone(zone_named(site.zone)) for moment in window)
    same_day = start.date() == end.date()
    return f"{start:%Y-%m-%d %H:%M} - {end:{'%H:%M' if same_day else '%Y-%m-%d %H:%M'}}"
