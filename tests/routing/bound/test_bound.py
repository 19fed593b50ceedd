"""No plan costs less than the bound, and where nothing is relaxed the bound is what the best plan costs."""

from hypothesis import HealthCheck, given, settings

from routing.bound.certify import CertifyOptions, certify
from routing.problem import Problem
from routing.solve import solve
from tests.routing.bound.enumeration import least_cost
from tests.routing.bound.tiny import tiny_problems


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(tiny_problems())
def test_no_plan_of_a_tiny_problem_costs_less_than_the_bound(problem: Problem) -> None:
    certificate = certify(problem, solve(problem, "greedy"), CertifyOptions(seconds=20))

    assert certificate.bound <= least_cost(problem) + 1e-6
