"""
What a cell may say, one reader per sort of column.

Each function here returns a reader: it takes the text of a cell that is not empty and returns its value, or raises
CellRefused (or a DomainError of the rooms below) for what is no such value.
"""

import datetime as dt
import enum
import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeVar

from core.errors import N_
from customers.calendars import WEEKDAYS, WeeklyHours, holiday_country_named, zone_named
from desk.csv_import.problems import CellRefused, Reason
from inventory.models import PartFamily

Reader = Callable[[str], Any]
Member = TypeVar("Member", bound=enum.StrEnum)

TOO_LONG = Reason("too_long", N_("The text has %(length)s characters; at most %(limit)s fit. Shorten it."))
CONTROL_CHARACTER = Reason(
    "control_character", N_("The text holds a line break or another invisible character. Remove it.")
)
NOT_WHOLE = Reason("not_a_whole_number", N_("“%(value)s” is no whole number. Write digits only, like 12."))
NOT_A_NUMBER = Reason("not_a_number", N_("“%(value)s” is no number. Write it like 41.1496."))
OUT_OF_RANGE = Reason("out_of_range", N_("%(value)s is not between %(lowest)s and %(highest)s."))
NEGATIVE = Reason("negative", N_("%(value)s is negative. Write 0 or more."))
NOT_ON_EARTH = Reason(
    "not_on_earth",
    N_(
        "%(value)s is off the earth: a degree here lies between -%(limit)s and %(limit)s. Check latitude and longitude."
    ),
)
NOT_MONEY = Reason("not_money", N_("“%(value)s” is no amount. Write it without currency and thousands, like 12.50."))
NOT_A_DATE = Reason("not_a_date", N_("“%(value)s” is no date. Write year-month-day, like 2027-05-31."))
NOT_A_TIME = Reason("not_a_time", N_("“%(value)s” is no time of day. Write it like 08:00."))
NOT_A_MOMENT = Reason(
    "not_a_moment", N_("“%(value)s” is no date with time. Write it like 2026-11-23 09:00, in the time of the site.")
)
NOT_A_CHOICE = Reason("not_a_choice", N_("“%(value)s” is not known here. Choose one of: %(choices)s."))
NOT_HOURS = Reason(
    "not_weekly_hours",
    N_("“%(value)s” is not part of opening hours. Write them like mon-fri 08:00-18:00 sat 09:00-13:00, or always."),
)
NOT_SKILLS = Reason(
    "not_skills", N_("“%(value)s” is no skill with a level from 1 to 3. Write skills like printer:2;battery:1.")
)
NOT_PIECES = Reason(
    "not_pieces",
    N_(
        "“%(value)s” is no part family with a number of pieces from 1 to %(limit)s and per cent of the cases. "
        "Write them like printer:1;battery:1:40, with the families: %(families)s."
    ),
)
NOT_YES_OR_NO = Reason("not_yes_or_no", N_("“%(value)s” is neither yes nor no. Write yes or no."))
NAMED_TWICE = Reason("named_twice", N_("“%(value)s” stands twice in the cell. Remove one of them."))
TOO_MANY_DAYS = Reason("too_many_days", N_("The cell names more than %(limit)s days. Import the shifts in pieces."))
DAYS_BACKWARDS = Reason("days_backwards", N_("“%(value)s” ends before it begins. Write the earlier day first."))

MAX_QUANTITY = 1_000_000
MAX_CENTS = 1_000_000_000
MAX_SHIFT_DAYS = 366
MAX_PIECES = 99
# Far enough for any warranty, near enough that no sum of dates overflows.
FIRST_DAY, LAST_DAY = dt.date(1970, 1, 1), dt.date(2199, 12, 31)
_LIST_MARKS = re.compile(r"[;,|]")


def text(limit: int) -> Reader:
    """One line of text that fits its table column."""

    def read(cell: str) -> str:
        return _fitting(cell, limit, allowed="")

    return read


def long_text(limit: int) -> Reader:
    """Text that may have several lines."""

    def read(cell: str) -> str:
        return _fitting(cell, limit, allowed="\n\t")

    return read


def _fitting(cell: str, limit: int, *, allowed: str) -> str:
    if any(unicodedata.category(char) == "Cc" and char not in allowed for char in cell):
        raise CellRefused(CONTROL_CHARACTER)
    if len(cell) > limit:
        raise CellRefused(TOO_LONG, length=len(cell), limit=limit)
    return cell


def whole(lowest: int = 0, highest: int = MAX_QUANTITY) -> Reader:
    """A whole number; below 0 is refused in its own words, because it is the commonest mistake of counts."""

    def read(cell: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,15}", cell):
            raise CellRefused(NOT_WHOLE, value=_short(cell))
        number = int(cell)
        if number < 0:
            raise CellRefused(NEGATIVE, value=cell)
        if not lowest <= number <= highest:
            raise CellRefused(OUT_OF_RANGE, value=cell, lowest=lowest, highest=highest)
        return number

    return read


def degrees(limit: int) -> Reader:
    """Latitude (limit 90) or longitude (limit 180), with a point or a comma before the decimals."""

    def read(cell: str) -> float:
        if not re.fullmatch(r"[+-]?[0-9]{1,9}([.,][0-9]{1,20})?", cell):
            raise CellRefused(NOT_A_NUMBER, value=_short(cell))
        number = float(cell.replace(",", "."))
        if abs(number) > limit:
            raise CellRefused(NOT_ON_EARTH, value=cell, limit=limit)
        return number

    return read


def cents(cell: str) -> int:
    """An amount of money with at most two decimals, so that 1,250 is not taken for 1.25."""
    if re.fullmatch(r"-[0-9.,]+", cell):
        raise CellRefused(NEGATIVE, value=_short(cell))
    if not re.fullmatch(r"[0-9]{1,12}([.,][0-9]{1,2})?", cell):
        raise CellRefused(NOT_MONEY, value=_short(cell))
    amount = int(Decimal(cell.replace(",", ".")) * 100)
    if amount > MAX_CENTS:
        raise CellRefused(OUT_OF_RANGE, value=cell, lowest=0, highest=MAX_CENTS // 100)
    return amount


def date(cell: str) -> dt.date:
    # Narrower than fromisoformat, which also reads 20270531 and week numbers.
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", cell):
        raise CellRefused(NOT_A_DATE, value=_short(cell))
    try:
        day = dt.date.fromisoformat(cell)
    except ValueError as error:
        raise CellRefused(NOT_A_DATE, value=cell) from error
    _refuse_far_off(day, cell)
    return day


def _refuse_far_off(day: dt.date, cell: str) -> None:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise CellRefused(OUT_OF_RANGE, value=cell, lowest=FIRST_DAY.isoformat(), highest=LAST_DAY.isoformat())


def time_of_day(cell: str) -> dt.time:
    if not re.fullmatch(r"[0-9]{1,2}:[0-9]{2}", cell):
        raise CellRefused(NOT_A_TIME, value=_short(cell))
    hour, minute = map(int, cell.split(":"))
    if hour > 23 or minute > 59:
        raise CellRefused(NOT_A_TIME, value=cell)
    return dt.time(hour, minute)


def moment(cell: str) -> dt.datetime:
    """A date with time; naive when it has no offset from UTC, for whoever knows the site to place in its zone."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?", cell):
        raise CellRefused(NOT_A_MOMENT, value=_short(cell))
    try:
        at = dt.datetime.fromisoformat(cell)
    except ValueError as error:
        raise CellRefused(NOT_A_MOMENT, value=cell) from error
    _refuse_far_off(at.date(), cell)
    return at


def choice(members: type[Member]) -> Reader:
    """One of the values of an enum, however it is capitalised."""
    by_name = {member.value.lower(): member for member in members}

    def read(cell: str) -> Member:
        try:
            return by_name[cell.lower()]
        except KeyError as error:
            choices = ", ".join(member.value for member in members)
            raise CellRefused(NOT_A_CHOICE, value=_short(cell), choices=choices) from error

    return read


def zone(cell: str) -> str:
    return zone_named(cell).key


def holiday_country(cell: str) -> str:
    """A country whose public holidays are known, however it is capitalised."""
    return holiday_country_named(cell.upper())


def weekly_hours(cell: str) -> dict[str, Any]:
    """
    Opening hours like ``mon-fri 08:00-12:00 14:00-18:00 sat 09:00-13:00``, in the form that WeeklyHours reads.

    A word that names weekdays begins a group, the times after it belong to the group.
    """
    if cell.lower() in ("always", "24x7"):
        return WeeklyHours.always().as_json()
    hours: dict[str, list[list[str]]] = {}
    days: list[str] = []
    for word in _LIST_MARKS.sub(" ", cell.lower()).split():
        if re.fullmatch(r"[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}", word) and days:
            for day in days:
                hours[day].append(word.split("-"))
            continue
        days = _weekdays(word)
        for day in days:
            if day in hours:
                raise CellRefused(NAMED_TWICE, value=day)
            hours[day] = []
    if not hours:
        raise CellRefused(NOT_HOURS, value=_short(cell))
    for day, spans in hours.items():
        # A closed day is left out; one that is named without hours is more likely half a sentence.
        if not spans:
            raise CellRefused(NOT_HOURS, value=day)
    # Raises a kind of HoursNotUnderstood for times that overlap or close before they open.
    return WeeklyHours.parse(hours).as_json()


def _weekdays(word: str) -> list[str]:
    """Read ``sat`` or ``mon-fri``."""
    first, _, last = word.partition("-")
    last = last or first
    if first not in WEEKDAYS or last not in WEEKDAYS or WEEKDAYS.index(first) > WEEKDAYS.index(last):
        raise CellRefused(NOT_HOURS, value=_short(word))
    return list(WEEKDAYS[WEEKDAYS.index(first) : WEEKDAYS.index(last) + 1])


def skills(cell: str) -> dict[str, int]:
    """Free words with a level from 1 to 3, ``printer:2;battery``; without a level it is 1."""
    found: dict[str, int] = {}
    for entry in _entries(cell):
        skill, colon, level = (piece.strip() for piece in entry.partition(":"))
        if not skill or len(skill) > 40 or (level not in ("1", "2", "3") if colon else level):
            raise CellRefused(NOT_SKILLS, value=_short(entry))
        if skill in found:
            raise CellRefused(NAMED_TWICE, value=skill)
        found[skill] = int(level or 1)
    return found


def _number_of(text: str) -> int:
    return int(text) if re.fullmatch(r"[0-9]{1,3}", text) else 0


def likely_pieces(cell: str) -> dict[PartFamily, tuple[int, int]]:
    """Families of parts with pieces and per cent of the cases, ``printer:1:40;battery``; without them 1 and 100."""
    by_name = {family.value: family for family in PartFamily}
    found: dict[PartFamily, tuple[int, int]] = {}
    for entry in _entries(cell):
        name, *numbers = (piece.strip() for piece in entry.split(":"))
        family = by_name.get(name.lower())
        pieces, percent = (_number_of(number) for number in (*numbers, *("1", "100")[len(numbers) :])[:2])
        if family is None or len(numbers) > 2 or not (0 < pieces <= MAX_PIECES and 0 < percent <= 100):
            raise CellRefused(NOT_PIECES, value=_short(entry), limit=MAX_PIECES, families=", ".join(PartFamily))
        if family in found:
            raise CellRefused(NAMED_TWICE, value=family.value)
        found[family] = pieces, percent
    return found


def certified_skills(cell: str) -> dict[str, tuple[int, dt.date | None]]:
    """Skills as above, each with the last day on which it counts if it expires: ``power:3@2027-05-31``."""
    found: dict[str, tuple[int, dt.date | None]] = {}
    for entry in _entries(cell):
        named, mark, last_day = (piece.strip() for piece in entry.partition("@"))
        if mark and not last_day:
            raise CellRefused(NOT_SKILLS, value=_short(entry))
        [(skill, level)] = skills(named).items() if named else [("", 0)]
        if not skill:
            raise CellRefused(NOT_SKILLS, value=_short(entry))
        if skill in found:
            raise CellRefused(NAMED_TWICE, value=skill)
        found[skill] = (level, date(last_day) if last_day else None)
    return found


def yes_or_no(cell: str) -> bool:
    """Whether something is so, in the words that people and spreadsheets use."""
    said = {"yes": True, "true": True, "1": True, "是": True, "no": False, "false": False, "0": False, "否": False}
    if cell.lower() not in said:
        raise CellRefused(NOT_YES_OR_NO, value=_short(cell))
    return said[cell.lower()]


def words(limit: int) -> Reader:
    """A list like ``A920;V200``; naming one twice does no harm."""

    def read(cell: str) -> list[str]:
        return list(dict.fromkeys(_fitting(entry, limit, allowed="") for entry in _entries(cell)))

    return read


def days(cell: str) -> list[dt.date]:
    """Days and spans of days, ``2026-11-23..2026-11-27;2026-11-30``."""
    found: list[dt.date] = []
    for entry in _entries(cell):
        first, dots, last = (piece.strip() for piece in entry.partition(".."))
        begin = date(first)
        end = date(last) if dots else begin
        if end < begin:
            raise CellRefused(DAYS_BACKWARDS, value=entry)
        if (end - begin).days + len(found) >= MAX_SHIFT_DAYS:
            raise CellRefused(TOO_MANY_DAYS, limit=MAX_SHIFT_DAYS)
        found += [begin + dt.timedelta(days=number) for number in range((end - begin).days + 1)]
    if len(set(found)) < len(found):
        twice = next(day for day in found if found.count(day) > 1)
        raise CellRefused(NAMED_TWICE, value=twice.isoformat())
    return found


def _entries(cell: str) -> list[str]:
    return [entry.strip() for entry in _LIST_MARKS.split(cell) if entry.strip()]


def _short(cell: str) -> str:
    """What a message quotes of a cell: enough to find it again, not a page of it."""
    return cell if len(cell) <= 40 else cell[:39] + "…"
