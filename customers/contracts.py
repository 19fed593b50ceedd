"""What a contract owes: the calendar of its clocks, and by when a report is to be answered and solved."""

import datetime as dt
import functools
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from customers.calendars import ServiceCalendar, WeeklyHours, zone_named
from customers.errors import NoServiceTarget, NoServiceTargetAtAll
from customers.models import CalendarKind, Contract, Priority, ServiceTarget


@dataclass(frozen=True)
class DueTimes:
    """
    By when a technician is owed on site and the work done, and what each minute and the miss itself cost.

    The targets are counted in seconds of service.
    """

    response_seconds: int
    resolution_seconds: int
    response_due: dt.datetime
    resolution_due: dt.datetime
    late_cents_per_minute: int
    breach_cents: int


def calendar_of(contract: Contract | sa.Row[Any]) -> ServiceCalendar:
    """The calendar on which the clocks of the contract run; a row of its columns will do."""
    if contract.calendar is CalendarKind.ALWAYS:
        return ServiceCalendar.always()
    return _service_hours(json.dumps(contract.service_hours), contract.zone, contract.holidays)


@functools.lru_cache(maxsize=512)
def _service_hours(hours: str, zone: str, holidays: str | None) -> ServiceCalendar:
    """One calendar for all contracts that say the same; it keeps what it has worked out of its years."""
    return ServiceCalendar.service_hours(WeeklyHours.parse(json.loads(hours)), zone_named(zone), holidays)


def due_times(contract: Contract, priority: Priority, reported_at: dt.datetime) -> DueTimes:
    """
    What is owed for a report of this priority.

    Both targets run from the report. Raises NoServiceTarget if the contract has none for the priority.
    """
    target = _target(contract, priority)
    calendar = calendar_of(contract)
    response_seconds, resolution_seconds = target.response_minutes * 60, target.resolution_minutes * 60
    return DueTimes(
        response_seconds=response_seconds,
        resolution_seconds=resolution_seconds,
        response_due=calendar.add(reported_at, response_seconds),
        resolution_due=calendar.add(reported_at, resolution_seconds),
        late_cents_per_minute=target.late_cents_per_minute,
        breach_cents=target.breach_cents,
    )


def _target(contract: Contract, priority: Priority) -> ServiceTarget:
    for target in contract.targets:
        if target.priority is priority:
            return target
    known = ", ".join(sorted(target.priority for target in contract.targets))
    refusal = NoServiceTarget if known else NoServiceTargetAtAll
    raise refusal(contract=contract.code, priority=priority.value, known=known)
