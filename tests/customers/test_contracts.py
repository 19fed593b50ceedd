"""Facts about what a contract owes."""

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from customers.contracts import DueTimes, due_times
from customers.errors import HoursNotUnderstood, NoServiceTarget, UnknownHolidayCountry, UnknownZone
from customers.models import CalendarKind, Priority
from tests.factories import add_contract

LISBON = ZoneInfo("Europe/Lisbon")
OFFICE_HOURS = {day: [["08:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
FRIDAY_EVENING = dt.datetime(2026, 12, 4, 17, 0, tzinfo=LISBON)


def test_targets_run_on_the_service_calendar_of_the_contract(session: Session) -> None:
    contract = add_contract(
        session,
        calendar=CalendarKind.SERVICE_HOURS,
        hours=OFFICE_HOURS,
        holidays="PT",
        targets={Priority.P2: (240, 1020)},
        late_cents_per_minute=100,
        breach_cents=8_000,
    )

    due = due_times(contract, Priority.P2, FRIDAY_EVENING)

    # One hour on Friday, ten on Monday; Tuesday 8 December is a holiday in Portugal.
    assert due == DueTimes(
        response_seconds=14_400,
        resolution_seconds=61_200,
        response_due=dt.datetime(2026, 12, 7, 11, 0, tzinfo=LISBON),
        resolution_due=dt.datetime(2026, 12, 9, 14, 0, tzinfo=LISBON),
        late_cents_per_minute=100,
        breach_cents=8_000,
    )


def test_round_the_clock_contracts_ignore_service_hours(session: Session) -> None:
    contract = add_contract(session, calendar=CalendarKind.ALWAYS, hours={})

    assert due_times(contract, Priority.P1, FRIDAY_EVENING).response_due == FRIDAY_EVENING + dt.timedelta(hours=2)


def test_a_priority_without_target_is_refused_with_those_that_have_one(session: Session) -> None:
    contract = add_contract(session, code="K-GOLD", targets={Priority.P1: (60, 90), Priority.P3: (60, 90)})

    with pytest.raises(NoServiceTarget, match=r"K-GOLD has no target for priority P4. Choose one of P1, P3"):
        due_times(contract, Priority.P4, FRIDAY_EVENING)


def test_a_contract_without_targets_says_what_to_add(session: Session) -> None:
    with pytest.raises(NoServiceTarget, match="Add a target for P1"):
        due_times(add_contract(session, targets={}), Priority.P1, FRIDAY_EVENING)


@pytest.mark.parametrize(
    ("fact", "refusal"),
    [
        ({"hours": {"mon": [["18:00", "08:00"]]}}, HoursNotUnderstood),
        ({"zone": "Europe/Porto"}, UnknownZone),
        ({"holidays": "XX"}, UnknownHolidayCountry),
    ],
)
def test_a_contract_with_nonsense_terms_is_refused_by_name(
    session: Session, fact: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        due_times(add_contract(session, calendar=CalendarKind.SERVICE_HOURS, **fact), Priority.P1, FRIDAY_EVENING)
