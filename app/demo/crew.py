"""Draws the demonstration's technicians: who they are, what they can do, where they live, and when they work."""

import datetime as dt
import random
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.demo.addresses import Address, AddressBook
from app.demo.dice import dice
from app.demo.firm import ZONE
from app.demo.names import TECHNICIANS
from app.demo.towns import TOWNS

SHIFT_DAYS = 14
BASICS: Mapping[str, int] = {"battery": 1, "keyboard": 1, "printer": 1, "power": 1, "software": 1}
# What somebody can do beyond the basics, and how many of the twenty are like that. The highest levels are scarce.
PROFILES: tuple[tuple[int, Mapping[str, int]], ...] = (
    (4, {"printer": 2, "screen": 1, "card_reader": 1}),
    (3, {"printer": 2, "screen": 2, "battery": 2, "keyboard": 2}),
    (3, {"card_reader": 2, "printer": 2, "network": 1, "keyboard": 2}),
    (3, {"network": 2, "software": 2, "card_reader": 1, "power": 2}),
    (2, {"network": 3, "software": 3, "power": 2, "screen": 1}),
    (2, {"screen": 3, "power": 2, "battery": 2, "card_reader": 2, "network": 1}),
    (2, {"printer": 3, "screen": 2, "card_reader": 2, "power": 3, "software": 2}),
    (1, {"card_reader": 3, "network": 1, "software": 3, "screen": 2, "battery": 2}),
)


@dataclass(frozen=True)
class WorkingTime:
    """Hours of a working day, with a lunch break that may begin in a window, in wall time."""

    begins: dt.time
    ends: dt.time
    break_minutes: int
    break_earliest: dt.time
    break_latest: dt.time
    overtime_minutes: int


WORKING_TIMES = (
    WorkingTime(dt.time(7, 30), dt.time(16, 0), 30, dt.time(11, 30), dt.time(13, 0), 60),
    WorkingTime(dt.time(8, 0), dt.time(17, 0), 45, dt.time(12, 0), dt.time(13, 30), 90),
    WorkingTime(dt.time(8, 0), dt.time(17, 0), 30, dt.time(12, 0), dt.time(13, 30), 0),
    WorkingTime(dt.time(9, 0), dt.time(18, 0), 45, dt.time(12, 30), dt.time(14, 0), 60),
)


@dataclass(frozen=True)
class DutyHours:
    """One working day of a technician, in UTC."""

    starts_at: dt.datetime
    ends_at: dt.datetime
    break_seconds: int
    break_earliest: dt.datetime
    break_latest: dt.datetime
    overtime_seconds: int


@dataclass(frozen=True)
class CrewMember:
    """A technician; ``duty`` lists the working days of the next two weeks."""

    code: str
    name: str
    email: str
    phone: str
    home: Address
    skills: Mapping[str, int]
    duty: tuple[DutyHours, ...]


def draw_crew(seed: int, book: AddressBook, day: dt.date) -> list[CrewMember]:
    """All technicians; on ``day`` itself everybody works, whatever weekday it is."""
    chance = dice(seed, "crew")
    profiles = [extra for count, extra in PROFILES for _ in range(count)]
    chance.shuffle(profiles)
    towns = chance.sample(TOWNS, counts=[town.homes for town in TOWNS], k=len(TECHNICIANS))
    return [
        CrewMember(
            code=f"T{number:02}",
            name=name,
            email=f"{plain_letters(name)}@demo.example",
            phone=f"+351 000 900 {number:03}",
            home=book.home(chance, town),
            skills=dict(sorted({**BASICS, **extra}.items())),
            duty=tuple(_duty(chance, number, day)),
        )
        for number, (name, town, extra) in enumerate(zip(TECHNICIANS, towns, profiles, strict=True), start=1)
    ]


def plain_letters(name: str) -> str:
    """A name as it stands in an e-mail address: ``inês quintela`` becomes ``ines.quintela``."""
    letters = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return letters.lower().replace(" ", ".")


def _duty(chance: random.Random, number: int, day: dt.date) -> Iterator[DutyHours]:
    usual = chance.choice(WORKING_TIMES)
    for ahead in range(SHIFT_DAYS):
        date = day + dt.timedelta(days=ahead)
        off_duty = number % 4 != date.toordinal() // 7 % 4 if date.weekday() >= 5 else chance.random() < 0.06
        if ahead == 0 or not off_duty:
            yield on_day(usual, date)


def on_day(usual: WorkingTime, date: dt.date) -> DutyHours:
    """Wall times of a date as moments."""

    def moment(time: dt.time) -> dt.datetime:
        return dt.datetime.combine(date, time, ZoneInfo(ZONE)).astimezone(dt.UTC)

    return DutyHours(
        starts_at=moment(usual.begins),
        ends_at=moment(usual.ends),
        break_seconds=usual.break_minutes * 60,
        break_earliest=moment(usual.break_earliest),
        break_latest=moment(usual.break_latest),
        overtime_seconds=usual.overtime_minutes * 60,
    )
