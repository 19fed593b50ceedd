"""
How well reorder points cover demand that comes now and then, measured on the sales of car parts.

The data are the monthly sales of 2,674 slow-moving car parts over 51 months ("carparts", R. J. Hyndman, A. B. Koehler,
J. K. Ord and R. D. Snyder, Forecasting with Exponential Smoothing, 2008; in R's package expsmooth), of which 2,509 are
complete. They do not come with the project: put ``carparts_2674x51.csv.gz`` (a header, then a line per part) where
``CARPARTS`` says.

Each method sees the months up to a point and sets a reorder point for the lead time that follows; then the months
themselves tell whether the stock would have lasted. A month takes the place of a week.
"""

import csv
import gzip
import os
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from inventory import forecast
from inventory.forecast import Floats, LeadTimeDemand

CARPARTS = Path(os.environ.get("CARPARTS", "carparts_2674x51.csv.gz"))
# The first point at which a reorder point is set, and the months between two of them.
FIRST, STEP = 24, 3
LEAD_MONTHS = (1, 2, 3)
LEVELS = (0.90, 0.95, 0.98)


def naive(demand: Floats) -> Floats:
    """What was sold last is what will be sold."""
    return demand[:, -1]


def chosen(demand: Floats) -> Floats:
    """The method that the project chooses for each part by its pattern."""
    return forecast.forecast(demand, forecast.choose_methods(demand))


METHODS: Mapping[str, Callable[[Floats], Floats]] = {
    "Croston": forecast.croston,
    "SBA": forecast.sba,
    "TSB": forecast.tsb,
    "chosen by pattern": chosen,
    "naive": naive,
}


def report() -> None:
    """Print the accuracy of the forecasts, and the service that reorder points reach for the stock they hold."""
    if not CARPARTS.exists():
        print(f"Skipped: there is no {CARPARTS.name}. Name the file with CARPARTS=...; see benchmarks/forecast.py.")
        return
    demand = _read(CARPARTS)
    print(f"{len(demand):,} parts, {demand.shape[1]} months; demand every {_typical_interval(demand):.1f} months.\n")
    print("Forecast of the next month: mean absolute error and bias, in pieces.\n")
    print("| method | error | bias |\n|---|--:|--:|")
    for name, method in METHODS.items():
        errors = np.concatenate([method(past) - future for past, future in _windows(demand, 1)])
        print(f"| {name} | {np.abs(errors).mean():.3f} | {errors.mean():+.3f} |")
    print(
        "\nReorder points: share of lead times that the stock lasted (asked for at the head), "
        "and pieces left over in the end.\n"
    )
    heads = " | ".join(f"{level:.0%} | left" for level in LEVELS)
    print(f"| method | lead time | {heads} |\n|---|--:|{'--:|' * 2 * len(LEVELS)}")
    for name, method in METHODS.items():
        for months in LEAD_MONTHS:
            cells = " | ".join(_covered(demand, method, months, level) for level in LEVELS)
            print(f"| {name} | {months} | {cells} |")


def _covered(demand: Floats, method: Callable[[Floats], Floats], months: int, level: float) -> str:
    lasted, left = [], []
    for past, future in _windows(demand, months):
        points = forecast.reorder_points(_over(past, method(past), months), level)
        lasted.append(future <= points)
        left.append(np.maximum(points - future, 0))
    return f"{np.concatenate(lasted).mean():.1%} | {np.concatenate(left).mean():.2f}"


def _over(past: Floats, rate: Floats, months: int) -> LeadTimeDemand:
    return forecast.over_lead_time(rate, forecast.recent_variance(past), np.full(len(rate), float(months)))


def _windows(demand: Floats, months: int) -> list[tuple[Floats, Floats]]:
    """What is known at each point, and what is wanted in the months after it."""
    points = range(FIRST, demand.shape[1] - months + 1, STEP)
    return [(demand[:, :point], demand[:, point : point + months].sum(axis=1)) for point in points]


def _typical_interval(demand: Floats) -> float:
    return float(np.median(forecast.mean_interval(demand)))


def _read(path: Path) -> Floats:
    """Read the parts that were sold in all months; for the others there is no telling what a gap means."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))[1:]
    return np.array([[float(cell) for cell in row] for row in rows if all(cell not in {"", "NA"} for cell in row)])
