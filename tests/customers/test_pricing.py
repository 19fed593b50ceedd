"""Facts about what chargeable work costs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.models import ChargeKind, PriceList
from customers.pricing import ExpectedPart, Work, price_of

ALL = frozenset(ChargeKind) - {ChargeKind.URGENT}


def prices(**changes: int) -> PriceList:
    usual = {
        "call_out_cents": 2000,
        "labour_cents_per_hour": 6000,
        "labour_step_minutes": 15,
        "travel_cents_per_km": 50,
        "parts_markup_percent": 20,
        "urgent_percent": 0,
        "tax_percent": 0,
    }
    return PriceList(**(usual | changes))


def part(cost_cents: int, percent: int = 100, quantity: int = 1) -> ExpectedPart:
    return ExpectedPart("BAT-1", "Battery", "电池", quantity, percent, cost_cents)


def work(minutes: int = 30, distance_km: int | None = 10, *parts: ExpectedPart, is_urgent: bool = False) -> Work:
    return Work(minutes, distance_km, is_urgent, parts)


@pytest.mark.parametrize(("minutes", "steps"), [(1, 1), (15, 1), (16, 2), (60, 4), (61, 5)])
def test_labour_is_counted_in_begun_steps(minutes: int, steps: int) -> None:
    (line,) = price_of(prices(), work(minutes), {ChargeKind.LABOUR}).lines

    assert (line.quantity, line.unit_cents, line.cents) == (steps, 1500, steps * 1500)


@pytest.mark.parametrize(
    ("cost", "percent", "quantity", "unit", "cents"),
    [
        # 20 % on 1.99 are 39.8 cents.
        (199, 100, 1, 239, 239),
        # Half a cent is rounded up, once for the unit and once for the line.
        (1250, 33, 1, 1500, 495),
        (1, 50, 1, 1, 1),
        (1000, 25, 3, 1200, 900),
    ],
)
def test_parts_cost_what_they_are_worth_to_us_and_the_markup_by_how_often_they_are_needed(
    cost: int, percent: int, quantity: int, unit: int, cents: int
) -> None:
    (line,) = price_of(prices(), work(30, 10, part(cost, percent, quantity)), {ChargeKind.PARTS}).lines

    assert (line.unit_cents, line.cents) == (unit, cents)


def test_only_what_is_charged_is_on_the_list() -> None:
    found = price_of(prices(), work(30, 10, part(100)), {ChargeKind.TRAVEL, ChargeKind.CALL_OUT})

    assert [line.kind for line in found.lines] == [ChargeKind.CALL_OUT, ChargeKind.TRAVEL]


def test_an_unknown_distance_is_not_charged() -> None:
    assert price_of(prices(), work(30, None), {ChargeKind.TRAVEL}).lines == ()


def test_an_urgent_visit_costs_more_for_call_out_and_labour_but_not_for_parts() -> None:
    found = price_of(prices(urgent_percent=25), work(30, 10, part(10_000), is_urgent=True), ALL)

    assert (found.lines[-1].kind, found.lines[-1].cents) == (ChargeKind.URGENT, 1250)


def test_a_surcharge_on_nothing_is_none() -> None:
    found = price_of(prices(urgent_percent=25), work(is_urgent=True), {ChargeKind.TRAVEL})

    assert [line.kind for line in found.lines] == [ChargeKind.TRAVEL]


def test_tax_is_rounded_once_on_the_sum() -> None:
    found = price_of(prices(tax_percent=23, call_out_cents=3, travel_cents_per_km=3), work(30, 1), ALL)

    # 23 % of 30.06 are 6.9138; line by line it would be 0.01 + 0.01 + 6.90.
    assert (found.net_cents, found.tax_cents, found.total_cents) == (3006, 691, 3697)


@given(
    st.integers(1, 1440),
    st.none() | st.integers(0, 900),
    st.booleans(),
    st.lists(st.builds(part, st.integers(0, 99_999), st.integers(1, 100), st.integers(1, 9)), max_size=4),
    st.integers(0, 300),
)
def test_lines_add_up_to_what_is_printed(
    minutes: int, km: int | None, is_urgent: bool, parts: list[ExpectedPart], percent: int
) -> None:
    found = price_of(
        prices(urgent_percent=percent, tax_percent=19), work(minutes, km, *parts, is_urgent=is_urgent), ALL
    )

    assert found.net_cents == sum(line.cents for line in found.lines)
    assert all(line.cents >= 0 and isinstance(line.cents, int) for line in found.lines)
    assert abs(found.tax_cents - found.net_cents * 0.19) <= 0.5
