"""Reading forms: days, times and the page to go back to."""

import datetime as dt
import enum
import re
from typing import TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import request

from core.errors import N_, DomainError
from web.caller import firm

# In an address that is to mean the same on every day.
TOMORROW = "tomorrow"


class NotADate(DomainError):
    code = "not_a_date"
    sentence = N_("%(text)s is not a date. Write it as year-month-day, for example 2026-11-23.")


class NotATime(DomainError):
    code = "not_a_time"
    sentence = N_("%(text)s is not a time of day. Write hours and minutes, for example 14:30.")


class NotAWholeNumber(DomainError):
    code = "not_a_whole_number"
    sentence = N_("%(text)s is not a whole number of at least %(least)s.")


class NumberMissing(DomainError):
    code = "number_missing"
    sentence = N_("A number is missing here. Give a whole number of at least %(least)s.")


class NotADecimal(DomainError):
    code = "not_a_decimal"
    sentence = N_("%(text)s is not a number. Write it like 41.1532.")


class NotAnAmount(DomainError):
    code = "not_an_amount"
    sentence = N_("%(text)s is not an amount of money. Write it with at most two decimals, for example 42.50.")


class NotAPair(DomainError):
    code = "not_a_pair"
    sentence = N_("“%(text)s” is not understood. Write one word and one number on each line, and no word twice.")


class NotAChoice(DomainError):
    code = "not_a_choice"
    sentence = N_("%(text)s is not one of the choices: %(choices)s.")


Choice = TypeVar("Choice", bound=enum.StrEnum)


def back_to(path: str, default: str = "/") -> str:
    """Return the path if it is one of this site, else the default: a link from outside must not lead outside."""
    # Browsers read "//host" and "/\host" as another site.
    own = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if own else default


def own_path(address: str | None) -> str:
    """Return path and query of an address of any host; the front door's if there is none."""
    try:
        parts = urlsplit(address or "/")
    except ValueError:
        # Whoever calls names any referrer they like, such as "http://[".
        return back_to("")
    return back_to(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def read_day(text: str) -> dt.date:
    """Read a date such as 2026-11-23; raises NotADate."""
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError:
        raise NotADate(text=text) from None


def day_asked_for() -> dt.date:
    """Return the day of the address or form: a date, "tomorrow", or today where the firm is; raises NotADate."""
    text = request.values.get("day", "")
    if text == TOMORROW:
        return firm().today() + dt.timedelta(days=1)
    return read_day(text) if text else firm().today()


def read_time(text: str) -> dt.time:
    """Read a time of day such as 14:30; raises NotATime."""
    try:
        return dt.time.fromisoformat(text.strip())
    except ValueError:
        raise NotATime(text=text) from None


def read_whole(text: str, *, least: int = 0) -> int:
    """Read a whole number of at least ``least``; raises NumberMissing and NotAWholeNumber."""
    if not text.strip():
        raise NumberMissing(least=least)
    try:
        value = int(text)
    except ValueError:
        raise NotAWholeNumber(text=text, least=least) from None
    if value < least:
        raise NotAWholeNumber(text=text, least=least)
    return value


def read_decimal(text: str) -> float:
    """Read a number such as 41.1532 or -8,61; raises NotADecimal."""
    if re.fullmatch(r"[+-]?\d{1,9}([.,]\d{1,20})?", text.strip(), re.ASCII) is None:
        raise NotADecimal(text=text)
    return float(text.strip().replace(",", "."))


def read_money(text: str) -> int:
    """Read an amount such as 42.50 or 42,50 as cents; raises NotAnAmount."""
    found = re.fullmatch(r"(\d{1,9})(?:[.,](\d{1,2}))?", text.strip(), re.ASCII)
    if found is None:
        raise NotAnAmount(text=text)
    return int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))


def read_codes(text: str) -> list[str]:
    """Read SKUs or serial numbers as they were scanned or typed: between them blanks, line breaks or commas, 、 too."""
    return [code for code in re.split(r"[\s,;，；、]+", text) if code]


def read_pairs(text: str) -> dict[str, int]:
    """
    Read lines like ``BAT-920 2``: a code or word, and a number that is 1 if it is missing.

    Raises NotAPair for what is no such line, and for a code that comes twice.
    """
    found: dict[str, int] = {}
    for line in re.split(r"[\n;；]+", text):
        if not line.strip():
            continue
        name, _, number = line.strip().rpartition(" ")
        name, number = (name.strip(), number) if name else (number, "1")
        if not re.fullmatch(r"\d{1,4}", number, re.ASCII) or name in found:
            raise NotAPair(text=line.strip()[:60])
        found[name] = int(number)
    return found


def at_local(day: dt.date, time: dt.time, zone: ZoneInfo) -> dt.datetime:
    """Return the moment at which clocks of the zone show this time on this day."""
    return dt.datetime.combine(day, time.replace(tzinfo=None), zone).astimezone(dt.UTC)


def read_choice(text: str, choices: type[Choice]) -> Choice | None:
    """Read a member of one of our enums, or None if nothing was chosen; raises NotAChoice."""
    if not text:
        return None
    try:
        return choices(text)
    except ValueError:
        raise NotAChoice(text=text, choices=", ".join(choices)) from None
