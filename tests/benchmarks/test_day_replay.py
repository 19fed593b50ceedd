"""The replayed day runs soundly: every invariant of the benchmark holds on a day small enough for a test."""

from benchmarks.day_replay import replay
from benchmarks.town import Town


def test_a_tiny_day_replayed_breaks_nothing() -> None:
    outcome = replay("ours", seed=1, town=Town(2, 6, spare_shops=1, seed=1), plan_seconds=0.5)

    assert outcome.problems == []
    assert outcome.completed > 0
    assert outcome.urgent == 1
