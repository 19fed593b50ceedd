"""
How much of a part will be wanted: forecasts for demand that comes now and then. Pure: arrays in, arrays out.

Every function takes the weekly demand of many parts at once, one row per part and the oldest week first. Sources:

- J. D. Croston, Forecasting and Stock Control for Intermittent Demands, Operational Research Quarterly 23 (1972),
  289-303.
- A. A. Syntetos and J. E. Boylan, The accuracy of intermittent demand estimates, International Journal of Forecasting
  21 (2005), 303-314, doi:10.1016/j.ijforecast.2004.10.001 (SBA).
- R. H. Teunter, A. A. Syntetos and M. Z. Babai, Intermittent demand: Linking forecasting to inventory obsolescence,
  European Journal of Operational Research 214 (2011), 606-615, doi:10.1016/j.ejor.2011.05.018 (TSB).
- A. A. Syntetos, J. E. Boylan and J. D. Croston, On the categorization of demand patterns, Journal of the Operational
  Research Society 56 (2005), 495-503, doi:10.1057/palgrave.jors.2601841 (which method for which pattern).
"""

import enum
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

SMOOTHING = 0.1
# Between demands, in weeks, and of the sizes of demands (the square of their coefficient of variation).
INTERMITTENT_FROM, ERRATIC_FROM = 1.32, 0.49
# Above this mean the sum of many demands is as good as normal.
NORMAL_FROM = 400.0


class Method(enum.StrEnum):
    """How the demand of a part is forecast."""

    CROSTON = "croston"
    SBA = "sba"
    TSB = "tsb"


def croston(demand: Floats, smoothing: float = SMOOTHING) -> Floats:
    """
    Forecast by Croston's method: the smoothed size of demands over the smoothed interval between them.

    Parameters
    ----------
    demand
        ``n`` x weeks, pieces, not negative.
    smoothing
        Weight of the newest size and the newest interval, in (0, 1].

    Returns
    -------
    Floats
        ``n`` forecasts in pieces per week; 0 for a part without demand.
    """
    parts, weeks = demand.shape
    size, interval, since = np.zeros(parts), np.zeros(parts), np.zeros(parts)
    for week in range(weeks):
        now = demand[:, week]
        since += 1
        wanted = now > 0
        first = wanted & (interval == 0)
        # The first demand starts both averages.
        weight = np.where(first, 1.0, smoothing)
        size = np.where(wanted, size + weight * (now - size), size)
        interval = np.where(wanted, interval + weight * (since - interval), interval)
        since = np.where(wanted, 0.0, since)
    return np.divide(size, interval, out=np.zeros(parts), where=interval > 0)


def sba(demand: Floats, smoothing: float = SMOOTHING) -> Floats:
    """Forecast as ``croston`` does, without its bias upwards: times 1 - smoothing / 2."""
    return croston(demand, smoothing) * (1 - smoothing / 2)


def tsb(demand: Floats, smoothing: float = SMOOTHING, probability_smoothing: float = SMOOTHING) -> Floats:
    """
    Forecast as the smoothed size of demands times the smoothed probability of one.

    The probability falls in every week without demand, so that the forecast of a part that nobody wants any more dies
    away, while Croston's stands still.
    """
    parts, weeks = demand.shape
    size = np.zeros(parts)
    probability = (demand[:, 0] > 0).astype(np.float64) if weeks else np.zeros(parts)
    started = np.zeros(parts, dtype=bool)
    for week in range(weeks):
        now = demand[:, week]
        wanted = now > 0
        weight = np.where(started, smoothing, 1.0)
        size = np.where(wanted, size + weight * (now - size), size)
        started |= wanted
        probability += probability_smoothing * (wanted - probability)
    return size * probability


def mean_interval(demand: Floats) -> Floats:
    """Weeks per demand (ADI); infinite for a part without demand."""
    times = (demand > 0).sum(axis=1)
    intervals = np.full(len(times), np.inf)
    np.divide(demand.shape[1], times, out=intervals, where=times > 0)
    return intervals


def size_variation(demand: Floats) -> Floats:
    """Square of the coefficient of variation of the sizes of demands (CV²); 0 for a part with less than two."""
    times = (demand > 0).sum(axis=1)
    mean = np.divide(demand.sum(axis=1), times, out=np.ones(len(times)), where=times > 0)
    squares = np.where(demand > 0, (demand - mean[:, None]) ** 2, 0.0).sum(axis=1)
    variation = np.zeros(len(times))
    np.divide(squares, (times - 1) * mean**2, out=variation, where=times > 1)
    return variation


def recent_variance(demand: Floats, smoothing: float = SMOOTHING) -> Floats:
    """Variance of the demand of a week, smoothed so that what was long ago counts little; in pieces squared."""
    parts, weeks = demand.shape
    level = demand[:, 0].copy() if weeks else np.zeros(parts)
    variance = np.zeros(parts)
    for week in range(1, weeks):
        error = demand[:, week] - level
        variance = (1 - smoothing) * (variance + smoothing * error**2)
        level += smoothing * error
    return variance


def choose_methods(demand: Floats) -> list[Method]:
    """
    Choose a method per part by its pattern.

    TSB for demand that comes now and then, which had the best accuracy and service of the three on the sales of 2,674
    car parts (``python -m benchmarks forecast``); else SBA for sizes that vary much and Croston for smooth demand.
    """
    interval, variation = mean_interval(demand), size_variation(demand)
    return [
        Method.TSB if now_and_then else Method.SBA if erratic else Method.CROSTON
        for now_and_then, erratic in zip(interval >= INTERMITTENT_FROM, variation >= ERRATIC_FROM, strict=True)
    ]


def forecast(demand: Floats, methods: list[Method]) -> Floats:
    """Forecast each part by its method, in pieces per week."""
    by_method = {Method.CROSTON: croston, Method.SBA: sba, Method.TSB: tsb}
    chosen = np.array([method.value for method in methods], dtype=object)
    result = np.zeros(len(methods))
    for method, apply in by_method.items():
        rows = chosen == method.value
        if rows.any():
            result[rows] = apply(demand[rows])
    return result


@dataclass(frozen=True)
class LeadTimeDemand:
    """What is wanted of each part while an order for it is on its way: mean and variance, in pieces."""

    mean: Floats
    variance: Floats


def over_lead_time(
    weekly_mean: Floats, weekly_variance: Floats, weeks: Floats, share: Floats | float = 1.0
) -> LeadTimeDemand:
    """
    Add demand up over the weeks of the lead time, for the share of it that one warehouse serves.

    Weeks vary independently of each other, while the forecast is wrong by the same amount in each of them: its own
    variance, smoothing / (2 - smoothing) of a week's, counts with the square of the weeks. A share of the demand is as
    if each piece were asked for here or elsewhere by chance (binomial thinning), which brings the variance nearer to
    the mean.
    """
    mean = weekly_mean * share
    variance = np.maximum(share**2 * weekly_variance + share * (1 - share) * weekly_mean, mean)
    wrong_alike = SMOOTHING / (2 - SMOOTHING)
    return LeadTimeDemand(mean * weeks, variance * (weeks + wrong_alike * weeks**2))


def reorder_points(demand: LeadTimeDemand, service_level: float) -> Whole:
    """
    Return the smallest stock that covers the demand of a lead time with at least this probability.

    The demand is taken as negative binomial, the usual law of pieces that are wanted several at a time, or as Poisson
    where it varies no more than that; from NORMAL_FROM pieces on as normal.
    """
    if not 0 < service_level < 1:
        raise ValueError(f"Expected 0 < service_level < 1, got {service_level}.")
    mean = demand.mean
    points = np.zeros(len(mean), dtype=np.int64)
    large = mean >= NORMAL_FROM
    deviation = np.sqrt(np.maximum(demand.variance, mean))
    points[large] = np.ceil(mean + NormalDist().inv_cdf(service_level) * deviation)[large]
    rows = ~large & (mean > 0)
    points[rows] = _discrete_quantiles(mean[rows], demand.variance[rows], service_level)
    return points


def _discrete_quantiles(mean: Floats, variance: Floats, level: float) -> Whole:
    # With the variance a hair above the mean, the negative binomial law is the Poisson law for all purposes.
    spread = np.maximum(variance, mean * 1.000_001)
    size = mean**2 / (spread - mean)
    stay = mean / spread
    # P(0) = stay ** size, and P(k + 1) = P(k) * (size + k) / (k + 1) * (1 - stay).
    log_chance = size * np.log(stay)
    reached = np.exp(log_chance)
    result = np.zeros(len(mean), dtype=np.int64)
    pieces = 0
    open_rows = reached < level
    most = int(np.max(mean + 40 * np.sqrt(spread), initial=0)) + 10
    while open_rows.any() and pieces < most:
        log_chance += np.log((size + pieces) / (pieces + 1) * (1 - stay))
        pieces += 1
        reached += np.exp(log_chance)
        result[open_rows] = pieces
        open_rows = reached < level
    return result
