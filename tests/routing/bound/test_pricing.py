"""The search for the cheapest routes at some prices: what it leaves out makes no difference."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.bound import pricing
from routing.bound.prices import Column, Cut, Prices, violated_cuts
from routing.bound.pricing import Pricer
from routing.bound.relaxed import Relaxation
from routing.problem import Problem
from tests.routing.worlds import problems

NO_LIMIT = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def least(relaxation: Relaxation, prices: Prices, cuts: list[Cut]) -> list[float]:
    pricer = Pricer(relaxation, 1, lambda: False)
    found = [one.least for one in pricer.price(prices, cuts, exact=True)]
    pricer.close()
    return found


@NO_LIMIT
@given(problems(), st.integers(0, 1000))
def test_dropping_what_cannot_become_cheap_changes_no_least_cost(problem: Problem, seed: int) -> None:
    relaxation, random = Relaxation(problem), np.random.default_rng(seed)
    num_visits, num_groups = len(problem.visits), len(relaxation.groups)
    cuts: list[Cut] = [(0, 1, 2)] if num_visits > 3 else []
    visits, stocks = random.uniform(0, 300, num_visits), random.uniform(0, 50, len(relaxation.stocks))
    prices = Prices(visits, stocks, np.zeros(num_groups), np.full(len(cuts), 20.0))

    found = least(relaxation, prices, cuts)
    with pytest.MonkeyPatch.context() as patched:
        # Costs to go are worked out nowhere then, and nothing is dropped for them.
        patched.setattr(pricing, "MOST_BUCKETS", 0)
        anyway = least(relaxation, prices, cuts)

    assert found == pytest.approx(anyway)


def test_half_routes_between_three_visits_are_cut_and_whole_ones_are_not() -> None:
    halves = [(Column(0, visits, 1.0), 0.5) for visits in ((0, 5, 1), (1, 2), (0, 4, 2))]
    whole = [(column, 1.0) for column, _ in halves[:1]]

    assert violated_cuts(halves, 6, 10) == [(0, 1, 2)]
    assert violated_cuts(whole, 6, 10) == []


def test_whoever_serves_all_three_crosses_a_cut_once() -> None:
    some = [(Column(0, visits, 1.0), 0.4) for visits in ((0, 1, 2), (0, 1), (1, 2))]

    assert violated_cuts(some, 3, 10) == [(0, 1, 2)]
    assert violated_cuts(some[:2], 3, 10) == []
