"""
Recurring days by RFC 5545 rules, such as ``FREQ=MONTHLY;INTERVAL=3;BYDAY=1TU``. Pure.

Only what names days is taken: no times of day, no DTSTART (the first day is told beside the rule). Every rule is looked
through before it is used, because some that can be written never occur, and some never stop.
"""

import calendar
import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from dateutil.rrule import rrule, rrulestr

from core.errors import N_, DomainError

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
MOST_INTERVAL = 1_000
MOST_OCCURRENCES = 1_000
# A rule that names no day for so long names none.
SEARCH_YEARS = 10
LONGEST = 200
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_WEEKDAY = rf"[+-]?\d{{0,2}}({'|'.join(_WEEKDAYS)})"


class RuleNotUnderstood(DomainError):
    code = "rule_not_understood"
    sentence = N_(
        "“%(part)s” is not understood in a rule for recurring work. "
        "Write rules like FREQ=MONTHLY;INTERVAL=3 or FREQ=YEARLY;BYMONTH=4;BYDAY=1TU."
    )


class RuleTooOften(DomainError):
    code = "rule_too_often"
    sentence = N_("Work cannot recur %(frequency)s. Choose one of: %(frequencies)s.")


class RuleTooLong(DomainError):
    code = "rule_too_long"
    sentence = N_(
        "The rule stands for %(count)s occurrences. Give at most %(most)s, or no COUNT and a last day instead."
    )


class RuleNeverOccurs(DomainError):
    code = "rule_never_occurs"
    sentence = N_(
        "“%(rule)s” names no day within %(years)s years from %(first)s. Check its days and months, and the last day."
    )


@dataclass(frozen=True)
class Recurrence:
    """A rule that was looked through, from its first day on; ``until`` is the last day it may name, None if none is."""

    rule: str
    starts_on: dt.date
    until: dt.date | None = None

    def between(self, first: dt.date, last: dt.date) -> list[dt.date]:
        """The days that the rule names from the first to the last, both included, in order."""
        last = min(last, self.until or last)
        if last < max(first, self.starts_on):
            return []
        # Without an end the library would look for the next day of a rule that has none until the year 9999.
        named = self._rule.replace(until=_midnight(last))
        if self._count is None:
            return [moment.date() for moment in named.between(_midnight(first), _midnight(last), inc=True)]
        days = [moment.date() for moment in named.xafter(_midnight(self.starts_on), count=self._count, inc=True)]
        return [day for day in days if first <= day]

    def next_days(self, since: dt.date, count: int) -> list[dt.date]:
        """The next days that the rule names from a day on, at most ``count``."""
        years = 1
        while True:
            last = _years_later(since, years)
            found = self.between(since, last)[:count]
            if len(found) == count or years >= SEARCH_YEARS:
                return found
            years *= 2

    def occurs(self) -> bool:
        """Whether the rule names any day within ten years."""
        try:
            first = next(iter(self._rule), None)
        except ValueError:
            # Such as a fifth Monday of a week: the library refuses combinations that no day meets.
            return False
        last = min(_years_later(self.starts_on, SEARCH_YEARS), self.until or dt.date.max)
        return first is not None and first.date() <= last

    def shortest_gap(self) -> int | None:
        """The fewest days between two of its next occurrences; None if there is only one."""
        days = self.next_days(self.starts_on, 60)
        return min(((later - earlier).days for earlier, later in pairwise(days)), default=None)

    @cached_property
    def _rule(self) -> rrule:
        without_count = ";".join(part for part in self.rule.split(";") if not part.startswith("COUNT="))
        return rrulestr(without_count, dtstart=_midnight(self.starts_on))

    @cached_property
    def _count(self) -> int | None:
        return int(_parts(self.rule)["COUNT"]) if "COUNT=" in self.rule else None


def read_rule(text: str, *, starts_on: dt.date, ends_on: dt.date | None = None) -> Recurrence:
    """
    Read a rule that names days; an UNTIL in it and ``ends_on`` end it, whichever comes first.

    Raises RuleNotUnderstood, RuleTooOften, RuleTooLong and RuleNeverOccurs.
    """
    parts = _parts(text.strip().upper().removeprefix("RRULE:"))
    frequency = parts.get("FREQ", "")
    if frequency in ("SECONDLY", "MINUTELY", "HOURLY"):
        raise RuleTooOften(frequency=frequency, frequencies=", ".join(FREQUENCIES))
    for name, value in parts.items():
        if name not in _CHECKS or not _CHECKS[name](value):
            raise RuleNotUnderstood(part=f"{name}={value}"[:60])
    if "FREQ" not in parts or ("COUNT" in parts and "UNTIL" in parts):
        raise RuleNotUnderstood(part=text[:60])
    if int(parts.get("COUNT", "1")) > MOST_OCCURRENCES:
        raise RuleTooLong(count=parts["COUNT"], most=MOST_OCCURRENCES)
    said = parts.pop("UNTIL", None)
    ends = [day for day in (ends_on, dt.date.fromisoformat(said[:8]) if said else None) if day is not None]
    rule = ";".join(f"{name}={value}" for name, value in parts.items())
    read = Recurrence(rule, starts_on, min(ends, default=None))
    if not _may_occur(parts, starts_on) or not read.occurs():
        raise RuleNeverOccurs(rule=text[:LONGEST], years=SEARCH_YEARS, first=starts_on.isoformat())
    return read


def _may_occur(parts: Mapping[str, str], starts_on: dt.date) -> bool:
    """
    Whether there is a day at all in the months, on the dates and weekdays that a rule names.

    The library looks for a 30 February until the year 9999, which takes it many seconds.
    """
    months, dates, weekdays = (parts.get(name, "").split(",") for name in ("BYMONTH", "BYMONTHDAY", "BYDAY"))
    ahead = (starts_on + dt.timedelta(days=number) for number in range(366 * SEARCH_YEARS))
    return any(
        (months == [""] or str(day.month) in (month.lstrip("+0") for month in months))
        and (dates == [""] or bool(_dates_of(day) & {int(date) for date in dates}))
        and (weekdays == [""] or _WEEKDAYS[day.weekday()] in (weekday[-2:] for weekday in weekdays))
        for day in ahead
    )


def _dates_of(day: dt.date) -> set[int]:
    """The number of a day in its month, from the beginning and, negative, from the end."""
    return {day.day, day.day - calendar.monthrange(day.year, day.month)[1] - 1}


def _parts(text: str) -> dict[str, str]:
    if not text or len(text) > LONGEST:
        raise RuleNotUnderstood(part=text[:60] or "-")
    parts: dict[str, str] = {}
    for part in text.rstrip(";").split(";"):
        name, equals, value = part.partition("=")
        if not equals or not value or name in parts:
            raise RuleNotUnderstood(part=part[:60])
        parts[name] = value
    return parts


def _whole(low: int, high: int) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(r"\d{1,6}", text, re.ASCII) is not None and low <= int(text) <= high


def _list_of(most: int) -> Callable[[str], bool]:
    """Numbers from 1 to most, or from the end as -1 to -most."""

    def check(text: str) -> bool:
        numbers = text.split(",")
        return all(re.fullmatch(r"[+-]?\d{1,3}", one, re.ASCII) and 1 <= abs(int(one)) <= most for one in numbers)

    return check


def _one_of(choices: Sequence[str]) -> Callable[[str], bool]:
    return lambda text: text in choices


def _is_month_list(text: str) -> bool:
    return "-" not in text and _list_of(12)(text)


def _is_day(text: str) -> bool:
    if not re.fullmatch(r"\d{8}(T\d{6}Z?)?", text, re.ASCII):
        return False
    try:
        return dt.date.fromisoformat(text[:8]) < dt.date(9000, 1, 1)
    except ValueError:
        return False


_CHECKS: Mapping[str, Callable[[str], bool]] = {
    "FREQ": _one_of(FREQUENCIES),
    "INTERVAL": _whole(1, MOST_INTERVAL),
    "COUNT": _whole(1, 999_999),
    "UNTIL": _is_day,
    "BYMONTH": _is_month_list,
    "BYMONTHDAY": _list_of(31),
    "BYYEARDAY": _list_of(366),
    "BYWEEKNO": _list_of(53),
    "BYSETPOS": _list_of(366),
    "BYDAY": lambda text: all(re.fullmatch(_WEEKDAY, one, re.ASCII) for one in text.split(",")),
    "WKST": _one_of(_WEEKDAYS),
}


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time())


def _years_later(day: dt.date, years: int) -> dt.date:
    return day + dt.timedelta(days=366 * years)
