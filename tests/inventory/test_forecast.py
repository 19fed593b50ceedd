"""Facts about the forecasts of demand that comes now and then."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from inventory.forecast import (
    LeadTimeDemand,
    Method,
    choose_methods,
    croston,
    forecast,
    mean_interval,
    over_lead_time,
    recent_variance,
    reorder_points,
    sba,
    size_variation,
    tsb,
)

# Sizes 3, 2 and 4, two, three and one weeks apart.
NOW_AND_THEN = [0, 3, 0, 0, 2, 4]


def weeks(*rows: list[int]) -> NDArray[np.float64]:
    return np.array(rows, dtype=np.float64)


def test_croston_divides_the_smoothed_size_by_the_smoothed_interval() -> None:
    size = 3 + 0.1 * (2 - 3)
    size += 0.1 * (4 - size)
    interval = 2 + 0.1 * (3 - 2)
    interval += 0.1 * (1 - interval)

    assert croston(weeks(NOW_AND_THEN)) == pytest.approx([size / interval])


def test_sba_takes_half_the_smoothing_off_croston() -> None:
    assert sba(weeks(NOW_AND_THEN), smoothing=0.2) == pytest.approx(croston(weeks(NOW_AND_THEN), smoothing=0.2) * 0.9)


def test_tsb_multiplies_the_smoothed_size_by_the_smoothed_probability() -> None:
    size = 3 + 0.1 * (2 - 3)
    size += 0.1 * (4 - size)
    probability = 0.0
    for wanted in (0, 1, 0, 0, 1, 1):
        probability += 0.1 * (wanted - probability)

    assert tsb(weeks(NOW_AND_THEN)) == pytest.approx([size * probability])


def test_the_forecast_of_a_dying_part_dies_away_with_tsb_alone() -> None:
    lively, dead = [0, 2] * 20, [0, 2] * 20 + [0] * 40

    assert croston(weeks(dead)) == pytest.approx(croston(weeks(lively)))
    assert tsb(weeks(dead))[0] < 0.05 * tsb(weeks(lively))[0]


@pytest.mark.parametrize("method", [croston, sba, tsb])
def test_what_was_never_wanted_is_not_forecast(method: object) -> None:
    assert callable(method)
    assert method(weeks([0] * 12)).tolist() == [0.0]
    assert method(np.zeros((2, 0))).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("method", [croston, tsb])
def test_steady_demand_is_forecast_as_it_is(method: object) -> None:
    assert callable(method)
    assert method(weeks([4] * 60)) == pytest.approx([4.0], rel=0.01)


@pytest.mark.parametrize(
    ("demand", "method"),
    [
        # Every week, and much the same.
        ([4, 5, 4, 5, 4, 5], Method.CROSTON),
        # Every week, but once in a while a lot.
        ([1, 1, 20, 1, 1, 1], Method.SBA),
        # Now and then.
        ([0, 3, 0, 0, 2, 4], Method.TSB),
        # Never.
        ([0, 0, 0, 0, 0, 0], Method.TSB),
    ],
)
def test_the_method_follows_the_pattern(demand: list[int], method: Method) -> None:
    assert choose_methods(weeks(demand)) == [method]


def test_each_part_is_forecast_by_its_own_method() -> None:
    demand = weeks(NOW_AND_THEN, NOW_AND_THEN, NOW_AND_THEN)

    found = forecast(demand, [Method.TSB, Method.CROSTON, Method.SBA])

    assert found == pytest.approx(np.concatenate([tsb(demand[:1]), croston(demand[:1]), sba(demand[:1])]))


def test_pattern_figures() -> None:
    demand = weeks(NOW_AND_THEN, [0] * 6)

    assert mean_interval(demand).tolist() == [2.0, np.inf]
    assert size_variation(demand) == pytest.approx([1 / 9, 0])


def test_what_was_long_ago_hardly_counts_for_the_variance() -> None:
    stormy, calm_since = [0, 20] * 10, [0, 20] * 10 + [10] * 60

    assert recent_variance(weeks(calm_since))[0] < 0.02 * recent_variance(weeks(stormy))[0]


def covered(mean: float, variance: float, level: float) -> int:
    return int(reorder_points(LeadTimeDemand(np.array([mean]), np.array([variance])), level)[0])


@pytest.mark.parametrize(
    ("mean", "variance", "level", "pieces"),
    [
        # Poisson tables: P(X <= 4 | 2) = 0.9473, P(X <= 5 | 2) = 0.9834.
        (2.0, 2.0, 0.94, 4),
        (2.0, 2.0, 0.95, 5),
        # Variance below the mean counts as Poisson.
        (2.0, 1.0, 0.95, 5),
        # Negative binomial with size 1 is geometric: P(X <= k) = 1 - 0.5 ** (k + 1).
        (1.0, 2.0, 0.95, 4),
        # Normal: 1000 + 1.645 * 40 = 1065.8.
        (1000.0, 1600.0, 0.95, 1066),
        (0.0, 0.0, 0.99, 0),
    ],
)
def test_reorder_points_are_quantiles(mean: float, variance: float, level: float, pieces: int) -> None:
    assert covered(mean, variance, level) == pieces


@given(
    mean=st.floats(0.01, 1500),
    spread=st.floats(1, 20),
    level=st.floats(0.5, 0.999),
    more=st.floats(1, 1.5),
)
def test_more_demand_and_a_higher_level_never_need_less_stock(
    mean: float, spread: float, level: float, more: float
) -> None:
    stock = covered(mean, mean * spread, level)

    assert stock >= covered(mean, mean * spread, level * 0.9)
    # The step from the discrete law to the normal one may take a hair off.
    assert covered(mean * more, mean * more * spread, level) >= stock * 0.9 - 1


def test_a_level_of_certainty_is_refused() -> None:
    with pytest.raises(ValueError, match="service_level"):
        covered(1, 1, 1.0)


def test_half_of_the_demand_needs_more_than_half_of_the_stock() -> None:
    mean, variance, lead_weeks = np.array([6.0]), np.array([9.0]), np.array([2.0])
    whole = reorder_points(over_lead_time(mean, variance, lead_weeks), 0.95)
    half = reorder_points(over_lead_time(mean, variance, lead_weeks, share=0.5), 0.95)

    assert whole[0] / 2 < half[0] < whole[0]


def test_the_methods_agree_with_statsforecast() -> None:
    models = pytest.importorskip("statsforecast.models", reason="too heavy to be required; see docs/decisions")
    random = np.random.default_rng(7)
    demand = random.poisson(0.4, (50, 80)) * random.integers(1, 9, (50, 80)).astype(np.float64)

    for row in demand:
        for ours, theirs in (
            (croston, models.CrostonClassic()),
            (sba, models.CrostonSBA()),
            (tsb, models.TSB(0.1, 0.1)),
        ):
            expected = theirs.forecast(y=row, h=1)["mean"][0]
            assert ours(row[None, :]) == pytest.approx([expected], rel=1e-5)
