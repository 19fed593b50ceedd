"""What the results of a contest say: costs, gaps to known values, ratios to rivals."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import exp, log
from statistics import fmean

from benchmarks.routing.arena import heat
from benchmarks.routing.contests import Contest, Entry
from benchmarks.routing.ledger import Ledger, Result


@dataclass(frozen=True)
class Outcome:
    """What all seeds of one entry came to on one instance: mean cost, and how often something failed."""

    cost: float
    num_seeds: int
    left_out: int = 0
    failures: int = 0

    @property
    def counts(self) -> bool:
        return not (self.left_out or self.failures)


class Standing:
    """One contest as far as it got."""

    def __init__(self, contest: Contest, ledger: Ledger, threads: int) -> None:
        self.contest, self._ledger, self._threads = contest, ledger, threads

    def outcome(self, entry: Entry, instance: str) -> Outcome | None:
        """What is known of an entry on an instance, or None if nothing is."""
        answers = [self._answer(entry, instance, seed) for seed in self.contest.seeds_of(entry)]
        held = [answer for answer in answers if answer is not None]
        if not held:
            return None
        good = [answer for answer in held if not (answer.error or answer.violations)]
        priced = self.contest.prices_left_out
        costs = [answer.total if priced else answer.cost for answer in good]
        left_out = 0 if priced else sum(answer.left_out for answer in good)
        return Outcome(fmean(costs) if costs else 0.0, len(held), left_out, len(held) - len(good))

    def results(self, entry: Entry) -> list[Result]:
        """Every result that an entry holds."""
        return [result for result in self._ledger.results.values() if self._is_of(result, entry)]

    def gap(self, entry: Entry, instance: str) -> float | None:
        """Share of the known value by which the cost is above it; None without either, or if something is left out."""
        outcome, known = self.outcome(entry, instance), self.contest.known.get(instance)
        return outcome.cost / known - 1 if outcome and outcome.counts and known else None

    def gaps(self, entry: Entry) -> list[float]:
        return _there(self.gap(entry, instance) for instance in self.contest.instances)

    def ratio(self, entry: Entry, instance: str) -> float | None:
        """Cost against the best rival's; None until all have planned the instance, or if one has less time for it."""
        own = self.outcome(entry, instance)
        others = [self.outcome(rival, instance) for rival in self.contest.rivals]
        hurried = any(rival.seconds < entry.seconds for rival in self.contest.rivals)
        if own is None or not own.counts or not others or None in others or hurried:
            return None
        costs = [other.cost for other in others if other and other.counts]
        return own.cost / min(costs) if costs else None

    def ratios(self, entry: Entry) -> list[float]:
        return _there(self.ratio(entry, instance) for instance in self.contest.instances)

    def left_out(self, entry: Entry) -> list[int]:
        """How many visits each answer leaves out."""
        heats = [(name, seed) for name in self.contest.instances for seed in self.contest.seeds_of(entry)]
        answers = [self._answer(entry, instance, seed) for instance, seed in heats]
        return [answer.left_out for answer in answers if answer]

    def progress(self, entry: Entry) -> tuple[int, int]:
        """Answers held, and answers that the whole contest asks of an entry."""
        outcomes = [self.outcome(entry, instance) for instance in self.contest.instances]
        held = sum(outcome.num_seeds for outcome in outcomes if outcome)
        return held, len(self.contest.instances) * len(self.contest.seeds_of(entry))

    def _answer(self, entry: Entry, instance: str, seed: int) -> Result | None:
        """The best of the runs that make one answer, once all are there."""
        runs = heat(self.contest, instance, entry, seed, self._threads)
        results = [self._ledger.results.get(run) for run in runs]
        held = [result for result in results if result is not None]
        if len(held) < len(runs):
            return None
        return min(held, key=lambda result: (bool(result.error), result.violations > 0, result.total))

    def _is_of(self, result: Result, entry: Entry) -> bool:
        run = result.run
        return (run.contest, run.entry, run.seconds) == (self.contest.name, entry.name, entry.seconds)


def geometric_mean(ratios: Iterable[float]) -> float:
    """Of at least one ratio."""
    return exp(fmean(log(ratio) for ratio in ratios))


def _there(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]
