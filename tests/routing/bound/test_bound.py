"""No plan costs less than the bound, and where nothing is relaxed the bound is what the best plan costs."""

from dataclasses import replace
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings

from benchmarks.field_days import Settings, generate
from routing.bound import relaxed
from routing.bound.certify import CONVERGED, Certificate, CertifyOptions, certify
from routing.engines import SolveOptions
from routing.formats import solomon
from routing.problem import Break, Depot, Overtime, Problem
from routing.solution import Solution, ValueKind
from routing.solve import solve
from tests.routing.bound.enumeration import least_cost
from tests.routing.bound.tiny import tiny_problems
from tests.routing.formats.data import DATA, needs
from tests.routing.worlds import on_a_line, problems, shift, visit

SOLOMON = DATA / "solomon_100"
# Enough to run to the end on a busy machine.
PATIENT = CertifyOptions(seconds=60.0)
# Of amounts that are sums of a few hundred floats in different orders.
NOISE = 1e-6


def certified(problem: Problem, options: CertifyOptions = PATIENT) -> Certificate:
    return certify(problem, solve(problem, "greedy"), options)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(tiny_problems())
def test_no_plan_of_a_tiny_problem_costs_less_than_the_bound(problem: Problem) -> None:
    assert certified(problem).bound <= least_cost(problem) + NOISE


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems())
def test_no_plan_an_engine_finds_costs_less_than_the_bound(problem: Problem) -> None:
    plan = solve(problem, "hybrid", SolveOptions(iterations=200))

    assert certify(problem, plan, PATIENT).bound <= plan.cost["total"] + NOISE


@pytest.mark.parametrize(
    "problem",
    [
        # The break falls into the second drive.
        on_a_line(
            0,
            30,
            shifts=(shift(end=100, travel_cost=1.0, breaks=(Break(10, 45, 60),)),),
            visits=(visit("v", 1, windows=((30, 40),)),),
        ),
        # Waiting at the visit costs working time unless the technician departs later.
        on_a_line(0, 30, shifts=(shift(work_cost=2.0),), visits=(visit("v", 1, windows=((300, 400),)),)),
        # Leaving sooner would be on time and cost working time in front of the second visit.
        on_a_line(
            0,
            30,
            shifts=(shift(work_cost=1.0),),
            visits=(
                visit("v", 1, due=100, lateness_cost=5.0, breach_cost=20.0),
                visit("w", 1, windows=((300, 400),)),
            ),
        ),
        # Overtime is dearer than the visit.
        on_a_line(
            0,
            30,
            shifts=(shift(end=50, overtime=Overtime(50, 3.0)),),
            visits=(visit("v", 1, unserved_cost=100.0),),
        ),
        # Two vans with time for one visit each, and one piece at the depot.
        on_a_line(
            0,
            30,
            shifts=(shift("A1"), shift("B1", end=900)),
            visits=(visit("v", 1, 600, parts={"fuse": 1}), visit("w", 1, 600, parts={"fuse": 1})),
            depots=(Depot(0, duration=5, parts={"fuse": 1}),),
        ),
    ],
    ids=["break", "departure", "lateness", "overtime", "stock"],
)
def test_the_bound_of_a_simple_problem_is_what_its_best_plan_costs(problem: Problem) -> None:
    assert certified(problem).bound == pytest.approx(least_cost(problem), rel=CONVERGED)


def test_without_visits_or_shifts_the_bound_is_what_is_left_out() -> None:
    nobody = on_a_line(0, 30, shifts=(), visits=(visit("v", 1),))
    nothing = on_a_line(0, 30, shifts=(shift(),), visits=())

    assert certified(nobody).bound == pytest.approx(1000.0)
    assert certified(nothing).bound == 0.0


def test_visits_that_take_no_time_at_one_place_end_the_search() -> None:
    visits = tuple(visit(f"v{i}", 1, duration=0) for i in range(6))

    problem = on_a_line(0, 30, shifts=(shift(),), visits=visits)

    assert certified(problem).bound == pytest.approx(60.0)


def test_forty_alike_technicians_cost_no_more_time_than_one() -> None:
    fleet = tuple(shift(f"{k}", technician=f"{k}") for k in range(40))
    visits = tuple(visit(f"v{i}", 1 + i % 3, windows=((100, 120),), duration=50) for i in range(6))

    certificate = certified(on_a_line(0, 30, 50, 70, shifts=fleet, visits=visits))

    assert certificate.bound == pytest.approx(2 * 2 * (30 + 50 + 70))


@pytest.fixture(scope="module")
def day() -> tuple[Problem, Solution]:
    problem = generate(Settings(visits=20, technicians=4, seed=1))
    return problem, solve(problem, "hybrid", SolveOptions(iterations=5000))


def test_a_day_of_twenty_visits_is_proven_to_half_a_percent(day: tuple[Problem, Solution]) -> None:
    certificate = certify(*day, CertifyOptions(seconds=20.0))

    total = day[1].cost["total"]
    assert 0.995 * total <= certificate.bound <= total + NOISE


def test_more_time_proves_no_less(day: tuple[Problem, Solution]) -> None:
    bounds = [certify(*day, CertifyOptions(seconds=seconds)).bound for seconds in (0.001, 0.3, 3.0)]

    assert bounds == sorted(bounds)
    assert bounds[-1] <= day[1].cost["total"] + NOISE


def test_a_proof_ends_soon_after_it_is_told_to(day: tuple[Problem, Solution]) -> None:
    asked = monotonic()

    certificate = certify(*day, CertifyOptions(seconds=600.0, should_stop=lambda: True))

    assert monotonic() - asked < 2.0
    assert 0.0 <= certificate.bound <= day[1].cost["total"]


@pytest.mark.parametrize("options", [CertifyOptions(), CertifyOptions(should_stop=lambda: True)], ids=["room", "time"])
def test_a_problem_too_large_to_be_laid_out_is_bound_by_what_its_visits_cost(
    options: CertifyOptions, monkeypatch: pytest.MonkeyPatch
) -> None:
    if options.should_stop is None:
        monkeypatch.setattr(relaxed, "MOST_PAIRS", 0)
    nobody, liked = visit("nobody", 1, skills={"none": 1}), visit("liked", 1, preferred={"A": 30.0})
    problem = on_a_line(0, 30, shifts=(shift("B1"), shift("C1")), visits=(nobody, liked))

    certificate = certified(problem, options)

    assert certificate.bound == pytest.approx(1000.0 + 30.0)
    assert (certificate.values, certificate.rounds) == ((), 0)


def test_what_more_is_worth_never_promises_too_little() -> None:
    """With one more hour, skill or part, no plan costs less than the bound minus the value."""
    problem = on_a_line(
        0,
        300,
        shifts=(shift("A1", end=1000, skills={"printer": 1}), shift("B1", end=1000)),
        visits=(
            visit("v", 1, duration=250, skills={"printer": 1}),
            visit("w", 1, duration=250, skills={"printer": 1}),
            visit("x", 0, duration=10, parts={"fuse": 1}),
        ),
    )
    certificate = certified(problem)
    worth = {(value.kind, value.name, value.shift): value.amount for value in certificate.values}
    first, second = problem.shifts

    for key, better in {
        (ValueKind.HOUR, "", "A1"): replace(problem, shifts=(replace(first, end=4600), second)),
        (ValueKind.SKILL, "printer", "B1"): replace(problem, shifts=(first, replace(second, skills={"printer": 1}))),
        (ValueKind.PART, "fuse", "A1"): replace(problem, shifts=(replace(first, trunk={"fuse": 1}), second)),
    }.items():
        assert worth[key] > 0
        assert least_cost(better) >= certificate.bound - worth[key] - NOISE


def test_the_example_of_the_documentation_is_proven_best() -> None:
    minutes, hours = 60, 3600
    problem = on_a_line(
        0,
        60 * minutes,
        shifts=tuple(
            shift(name, technician=name, end=8 * hours, skills=skills, travel_cost=0.5 / minutes)
            for name, skills in (("Ana", {"printer": 1}), ("Ben", {}))
        ),
        visits=tuple(
            visit(name, 1, duration=210 * minutes, unserved_cost=200.0, skills={"printer": 1}) for name in ("J1", "J2")
        ),
    )

    certificate = certified(problem)

    assert certificate.bound == pytest.approx(260.0)
    assert [(value.kind, value.shift, round(value.amount, 4)) for value in certificate.values] == [
        (ValueKind.HOUR, "Ana", 200.0),
        (ValueKind.SKILL, "Ben", 140.0),
    ]


# Value of the linear relaxation, where bounds begin, and of the best plan, where they end: Kohl, Desrosiers, Madsen,
# Solomon & Soumis (1999, doi:10.1287/trsc.33.1.101), the first 25 customers.
@needs(SOLOMON)
@pytest.mark.parametrize(
    ("name", "relaxed", "best"), [("R101", 617.1, 617.1), ("C101", 191.3, 191.3), ("RC101", 406.6, 461.1)]
)
def test_known_bounds_of_public_instances_are_reached(name: str, relaxed: float, best: float) -> None:
    whole = solomon.read(SOLOMON / f"{name}.txt")
    problem = replace(whole, visits=whole.visits[:25])

    bound = certified(problem, CertifyOptions(seconds=4.0)).bound

    assert relaxed - 0.05 <= bound <= best + NOISE
