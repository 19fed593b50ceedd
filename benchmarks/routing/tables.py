"""Markdown from the results that are held, whatever is still missing."""

import os
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import fmean

from benchmarks.routing.bars import BARS, Bar, Measured, measured
from benchmarks.routing.contestants import CONTESTANTS, version_of
from benchmarks.routing.contests import Contest, Entry
from benchmarks.routing.ledger import Ledger, Reading, Result
from benchmarks.routing.standing import Outcome, Standing, geometric_mean

UNITS = {"memory": "MB", "proven gap": "%"}
# Why bars were missed, or not measured: written by hand, kept from one set of tables to the next.
REASONS = Path(__file__).parent / "reasons.md"
LIBRARIES = ("numpy", "numba", "ortools")


def report(contests: Mapping[str, Contest], ledger: Ledger, threads: int) -> str:
    """Everything: where and with what it was measured, the bars and reasons, a table for each contest, the readings."""
    parts = [_circumstances(ledger, threads), _summary(contests, ledger, threads)]
    parts.append(REASONS.read_text(encoding="utf-8").strip())
    parts += [_table(Standing(contest, ledger, threads)) for contest in contests.values()]
    parts.append(_readings(ledger.readings.values()))
    return "\n\n".join(part for part in parts if part)


def _circumstances(ledger: Ledger, threads: int) -> str:
    own = [f"{name} {version(name)}" for name in LIBRARIES]
    others = [f"{CONTESTANTS[name].title} {found}" for name in ("pyvrp", "vroom") if (found := version_of(name))]
    lines = [
        f"{platform.system()} {platform.machine()}, {processor()}, {os.cpu_count()} cores, {threads} threads; "
        f"Python {platform.python_version()}, {', '.join([*own, *others])}.",
    ]
    held: list[Result | Reading] = [*ledger.results.values(), *ledger.readings.values()]
    if held:
        times, loads = sorted(entry.at for entry in held), sorted(entry.load for entry in held)
        commits = ", ".join(sorted({entry.revision for entry in held}))
        lines.append(
            f"{len(held)} results from {times[0]} to {times[-1]}, commit {commits}; load of the machine before a run "
            f"{loads[0]:.1f} to {loads[-1]:.1f}, {loads[len(loads) // 2]:.1f} in the middle."
        )
    return " ".join(lines)


def processor() -> str:
    """What the machine calls its processor."""
    found = Path("/proc/cpuinfo")
    lines = found.read_text(encoding="utf-8").splitlines() if found.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _summary(contests: Mapping[str, Contest], ledger: Ledger, threads: int) -> str:
    rows = []
    for bar in BARS:
        if not bar.contest or bar.contest in contests:
            rows.append(_bar_row(bar, measured(bar, contests, ledger, threads)))
    head = ["set", "budget", "at least", "aim", "measured", "", "answers"]
    return "## The bars\n\n" + _grid(head, rows, left=2)


def _bar_row(bar: Bar, found: Measured) -> list[str]:
    aim = "" if bar.aim is None else _number(bar, bar.aim)
    if found.value is None:
        return [bar.what, bar.budget, _number(bar, bar.at_least), aim, "", "not measured", f"0 of {found.wanted}"]
    verdict = "missed" if found.value > bar.at_least else "met"
    if bar.aim is not None and found.value <= bar.aim:
        verdict = "aim met"
    held = f"{found.held} of {found.wanted}" if bar.contest else f"{found.held} times"
    return [bar.what, bar.budget, _number(bar, bar.at_least), aim, _number(bar, found.value), verdict, held]


def _number(bar: Bar, value: float) -> str:
    if bar.contest and bar.measure.endswith("gap"):
        return f"{100 * value:+.2f} %"
    if bar.measure == "ratio":
        return f"{value:.3f}"
    return _amount(value, UNITS.get(bar.measure, "ms"))


def _amount(value: float, unit: str) -> str:
    return f"{value:,.2f} {unit}" if unit == "%" else f"{value:,.1f} {unit}"


def _table(standing: Standing) -> str:
    contest = standing.contest
    entries = [entry for entry in contest.entries if standing.progress(entry)[0]]
    if not entries:
        return ""
    shown = [name for name in contest.instances if any(standing.outcome(entry, name) for entry in entries)]
    heads = ["instance", *(["known"] if contest.known else []), *map(_head, entries)]
    rows = [[name, *_known(contest, name), *_cells(standing, entries, name)] for name in shown]
    rows += list(_feet(standing, entries))
    progress = ", ".join(f"{_head(entry)} {held} of {all_}" for entry, held, all_ in _progress(standing, entries))
    return f"## {contest.title}\n\nAnswers held: {progress}.\n\n" + _grid(heads, rows, left=1)


def _progress(standing: Standing, entries: Iterable[Entry]) -> Iterator[tuple[Entry, int, int]]:
    for entry in entries:
        yield entry, *standing.progress(entry)


def _head(entry: Entry) -> str:
    return f"{CONTESTANTS[entry.contestant].title} {entry.seconds:g} s"


def _known(contest: Contest, instance: str) -> list[str]:
    return [f"{contest.known[instance]:,.2f}" if instance in contest.known else ""] if contest.known else []


def _cells(standing: Standing, entries: Sequence[Entry], instance: str) -> list[str]:
    return [_cell(standing, entry, instance, standing.outcome(entry, instance)) for entry in entries]


def _cell(standing: Standing, entry: Entry, instance: str, outcome: Outcome | None) -> str:
    if outcome is None:
        return ""
    if outcome.failures:
        return f"{outcome.failures} failed"
    if outcome.left_out:
        return f"{outcome.left_out} left out"
    gap = standing.gap(entry, instance)
    return f"{outcome.cost:,.0f}" if gap is None else f"{100 * gap:+.2f} %"


def _feet(standing: Standing, entries: Sequence[Entry]) -> Iterator[list[str]]:
    blank = [""] if standing.contest.known else []
    if standing.contest.known:
        means = [f"{100 * fmean(gaps):+.2f} %" if (gaps := standing.gaps(entry)) else "" for entry in entries]
        yield ["**mean gap**", *blank, *means]
    if any(entry.contestant == "ours" for entry in entries) and standing.contest.rivals:
        ratios = [standing.ratios(entry) if entry.contestant == "ours" else [] for entry in entries]
        if any(ratios):
            means = [f"{geometric_mean(found):.3f} ({len(found)})" if found else "" for found in ratios]
            yield ["**ratio to the best rival, geometric mean (instances)**", *blank, *means]
    if standing.contest.prices_left_out:
        yield ["left out, on average", *blank, *[f"{fmean(standing.left_out(entry)):.1f}" for entry in entries]]


def _readings(readings: Iterable[Reading]) -> str:
    rows = [
        [
            reading.name,
            _amount(reading.median, reading.unit),
            _amount(reading.most, reading.unit),
            f"{reading.times}",
        ]
        for reading in readings
    ]
    return "## Answers while somebody waits\n\n" + _grid(["", "median", "most", "times"], rows, left=1) if rows else ""


def _grid(heads: Sequence[str], rows: Iterable[Sequence[str]], *, left: int) -> str:
    rule = "|" + "---|" * left + "--:|" * (len(heads) - left)
    return "\n".join([f"| {' | '.join(heads)} |", rule, *(f"| {' | '.join(row)} |" for row in rows)])
