"""How good the planner has to be, and how good it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import fmean

from benchmarks.routing.contests import Contest, Entry
from benchmarks.routing.ledger import Ledger
from benchmarks.routing.standing import Standing, geometric_mean


@dataclass(frozen=True)
class Bar:
    """
    One line of the summary: smaller is better throughout.

    Parameters
    ----------
    measure
        A way to boil a contest down to one number, by name; a reading's name if ``contest`` is empty.
    entry
        As in ``Entry.name``.
    """

    what: str
    budget: str
    measure: str
    at_least: float
    aim: float | None = None
    contest: str = ""
    entry: str = ""


BARS = (
    Bar("Pillac, mean gap of 29", "10 s", "mean gap", 0.002, -0.002, "pillac", "ours@10"),
    Bar("the same", "60 s", "mean gap", -0.001, -0.006, "pillac", "ours@60"),
    Bar("worst of the 29", "60 s", "worst gap", 0.02, 0.01, "pillac", "ours@60"),
    Bar("real days, worst of four", "5 s", "worst gap", 0.002, 0.0005, "real", "ours@5"),
    Bar("Solomon 100, DIMACS convention, mean of 56", "10 s", "mean gap", 0.004, 0.001, "solomon", "ours@10"),
    Bar("Homberger 200, against PyVRP", "30 s", "ratio", 1.01, 1.0, "homberger", "ours@30"),
    Bar("field-service days 120 × 20, against the best rival at 30 s", "5 s", "ratio", 1.0, 0.97, "field120", "ours@5"),
    Bar("the same", "30 s", "ratio", 0.97, 0.95, "field120", "ours@30"),
    Bar("field-service days 240 × 40, against the best rival at 30 s", "5 s", "ratio", 1.0, 0.97, "field240", "ours@5"),
    Bar("the same", "30 s", "ratio", 0.97, 0.95, "field240", "ours@30"),
    Bar("1,000 visits × 50 × 5 days, against OR-Tools at 300 s", "60 s", "ratio", 1.0, None, "thousand", "ours@60"),
    Bar("10,000 visits × 1,500 shifts, memory", "300 s", "memory", 4096, None, "tenthousand", "ours@300"),
    Bar("proven gap, 60 visits × 10 technicians", "60 s", "proven gap", 5, 1),
    Bar("insert into a plan of 150 technicians, 1,000 visits", "", "insert, plan kept ready", 20, 5),
    Bar("repair after an absence, 50 technicians, 400 visits", "", "repair", 2000, 500),
    Bar("stop at 1,000 visits", "", "stop", 100),
    Bar("import and first plan with the compiled cache", "", "import and first plan", 2000),
)


@dataclass(frozen=True)
class Measured:
    """A bar's number (None: nothing held), and answers held of those wanted."""

    value: float | None
    held: int
    wanted: int


def measured(bar: Bar, contests: Mapping[str, Contest], ledger: Ledger, threads: int) -> Measured:
    """Where the planner stands at a bar."""
    if not bar.contest:
        reading = ledger.readings.get(bar.measure)
        return Measured(reading.median, reading.times, reading.times) if reading else Measured(None, 0, 1)
    standing = Standing(contests[bar.contest], ledger, threads)
    entry = next((entry for entry in standing.contest.entries if entry.name == bar.entry), None)
    if entry is None:
        return Measured(None, 0, 1)
    values, boil_down = _MEASURES[bar.measure]
    found = values(standing, entry)
    return Measured(boil_down(found) if found else None, *standing.progress(entry))


def _memory(standing: Standing, entry: Entry) -> list[float]:
    return [result.peak_mb for result in standing.results(entry)]


_MEASURES: dict[str, tuple[Callable[[Standing, Entry], list[float]], Callable[[list[float]], float]]] = {
    "mean gap": (Standing.gaps, fmean),
    "worst gap": (Standing.gaps, max),
    "ratio": (Standing.ratios, geometric_mean),
    "memory": (_memory, max),
}
