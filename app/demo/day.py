"""
Draws the reports of the demonstration's day: what breaks where, when it was reported, and what was promised.

Only shops that are open on the day report, so a Sunday is as full as a Wednesday: on it the supermarkets, fuel
stations, cafés and pharmacies on duty have the trouble, and the contracts without Sunday service are due on Monday.
"""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from app.demo.catalogue import FAULTS, FaultSpec
from app.demo.dice import dice
from app.demo.firm import ZONE, ContractSpec
from app.demo.shops import Machine, Shop
from customers.calendars import Interval, ServiceCalendar, WeeklyHours
from customers.models import CalendarKind, Priority

JOBS = range(146, 159)
SHARES = {Priority.P1: 0.08, Priority.P2: 0.25, Priority.P3: 0.47, Priority.P4: 0.20}
PROMISED_SHARE = 0.15
MOST_PER_SHOP = 2
FIRST_REPORT, LAST_REPORT = dt.time(6, 0), dt.time(7, 25)
# A response that is due earlier was seen to by the night shift and is no longer here.
EARLIEST_DUE = dt.time(8, 20)
TRIES = 40
# How far the due times of each priority reach from the earliest.
DUE_WITHIN_HOURS = {Priority.P1: 4, Priority.P2: 6, Priority.P3: 9, Priority.P4: 34}

LISBON = ZoneInfo(ZONE)
HALF_HOUR = dt.timedelta(minutes=30)


@dataclass(frozen=True)
class Report:
    """A fault reported for a machine, or work ordered for it."""

    shop: Shop
    machine: Machine
    fault: FaultSpec
    description: str
    reported_at: dt.datetime
    promise: Interval | None


def draw_reports(seed: int, shops: Sequence[Shop], day: dt.date) -> list[Report]:
    """The reports of the day in the order in which they came in; the shop that is not on the map has one of them."""
    chance = dice(seed, f"reports of {day}")
    faults = list(_faults(chance, shops, day))
    promised = set(chance.sample(range(len(faults)), round(PROMISED_SHARE * len(faults))))
    reports = [
        _report(chance, shop, machine, fault, day, promise=position in promised)
        for position, (shop, machine, fault) in enumerate(faults)
    ]
    return sorted(reports, key=lambda report: (report.reported_at, report.machine.serial))


def calendar_of(contract: ContractSpec) -> ServiceCalendar:
    """The calendar on which the contract's clocks will run."""
    if contract.calendar is CalendarKind.ALWAYS:
        return ServiceCalendar.always()
    return ServiceCalendar.service_hours(WeeklyHours.parse(contract.service_hours), LISBON, contract.holidays)


def _faults(chance: random.Random, shops: Sequence[Shop], day: dt.date) -> Iterator[tuple[Shop, Machine, FaultSpec]]:
    """What breaks where: each machine at most once, priorities in their shares."""
    open_shops = [shop for shop in shops if WeeklyHours.parse(shop.opening_hours).windows_on(day, LISBON)]
    machines = [(shop, machine) for shop in open_shops for machine in shop.machines]
    chance.shuffle(machines)
    # Sorting is stable: the shop without a position comes first, the others stay shuffled.
    machines.sort(key=lambda found: found[0].located)
    counts: dict[str, int] = {}
    for priority in _priorities(chance):
        for shop, machine in machines:
            fault = _fault_of(chance, machine, priority)
            if fault is not None and counts.get(shop.code, 0) < (MOST_PER_SHOP if shop.located else 1):
                counts[shop.code] = counts.get(shop.code, 0) + 1
                machines.remove((shop, machine))
                yield shop, machine, fault
                break


def _priorities(chance: random.Random) -> list[Priority]:
    count = chance.choice(JOBS)
    urgent = {priority: round(share * count) for priority, share in SHARES.items() if priority is not Priority.P3}
    counts = urgent | {Priority.P3: count - sum(urgent.values())}
    priorities = [priority for priority, number in counts.items() for _ in range(number)]
    chance.shuffle(priorities)
    return priorities


def _fault_of(chance: random.Random, machine: Machine, priority: Priority) -> FaultSpec | None:
    possible = [fault for fault in FAULTS if fault.priority is priority and fault.occurs_on(machine.model)]
    return chance.choices(possible, weights=[fault.weight for fault in possible])[0] if possible else None


def _report(
    chance: random.Random, shop: Shop, machine: Machine, fault: FaultSpec, day: dt.date, *, promise: bool
) -> Report:
    reported_at, due = _moment_of_report(chance, shop, fault.priority, day)
    return Report(
        shop=shop,
        machine=machine,
        fault=fault,
        description=chance.choice(fault.words),
        reported_at=reported_at,
        promise=_promise(chance, shop, fault, day, due) if promise else None,
    )


def _moment_of_report(
    chance: random.Random, shop: Shop, priority: Priority, day: dt.date
) -> tuple[dt.datetime, dt.datetime]:
    """
    When it was reported, and by when a response is due.

    Of some moments at which the shop could have called, one whose due time is close to a wanted one: so due times are
    spread over the day instead of crowding at the end of the service hours.
    """
    wanted = _at(day, EARLIEST_DUE) + dt.timedelta(hours=chance.uniform(0, DUE_WITHIN_HOURS[priority]))
    response = shop.trade.contract.targets[priority].response_minutes * 60
    calendar = calendar_of(shop.trade.contract)
    moments = [_moment_in(chance, chance.choice(_spans_of_report(shop, day))) for _ in range(TRIES)]
    calls = [(moment, calendar.add(moment, response)) for moment in moments]
    possible = [call for call in calls if call[1] >= _at(day, EARLIEST_DUE)]
    closest = min(abs(due - wanted) for _, due in possible)
    return chance.choice([call for call in possible if abs(call[1] - wanted) <= closest + HALF_HOUR])


def _moment_in(chance: random.Random, span: Interval) -> dt.datetime:
    return span[0] + dt.timedelta(minutes=chance.randint(0, (span[1] - span[0]) // dt.timedelta(minutes=1)))


def _spans_of_report(shop: Shop, day: dt.date) -> list[Interval]:
    """Yesterday's opening hours, and this morning: so late that no response was due before the day begins."""
    hours = WeeklyHours.parse(shop.opening_hours)
    this_morning = _at(day, FIRST_REPORT), _at(day, LAST_REPORT)
    return [*hours.windows_on(day - dt.timedelta(days=1), LISBON), this_morning]


def _promise(chance: random.Random, shop: Shop, fault: FaultSpec, day: dt.date, due: dt.datetime) -> Interval | None:
    """A window of two or three hours for the start of the visit, early enough to finish before the shop closes."""
    possible = list(_promises(shop, fault, day))
    in_time = [window for window in possible if window[0] <= due]
    return chance.choice(in_time or possible) if possible else None


def _promises(shop: Shop, fault: FaultSpec, day: dt.date) -> Iterator[Interval]:
    work = dt.timedelta(minutes=fault.minutes)
    openings = WeeklyHours.parse(shop.opening_hours).windows_on(day, LISBON)
    for half_hours in range(17, 33):
        start = _at(day, dt.time(half_hours // 2, half_hours % 2 * 30))
        for end in (start + 4 * HALF_HOUR, start + 6 * HALF_HOUR):
            if end <= _at(day, dt.time(18)) and any(
                opens <= start and end + work <= closes for opens, closes in openings
            ):
                yield start, end


def _at(day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, LISBON).astimezone(dt.UTC)
