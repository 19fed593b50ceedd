"""Going on from a given plan: what still holds is kept, the rest is planned anew, and nothing gets dearer."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.check import check
from routing.engines import SolveOptions
from routing.insertion import OpenPlan
from routing.problem import Depot, Problem
from routing.reuse import reuse
from routing.solution import Route, Solution, Stop, StopKind
from routing.solve import solve
from routing.timing import Timing
from tests.routing.worlds import on_a_line, problems, shift, visit

SOME = settings(max_examples=40, deadline=None)
ENGINES = ("hybrid", "greedy")


def plan(problem: Problem, start: Solution | None = None, engine: str = "hybrid", iterations: int = 60) -> Solution:
    return solve(problem, engine, SolveOptions(iterations=iterations, start=start))


def halts(*stops: str) -> tuple[Stop, ...]:
    """Stops at visits, or at a depot named by its number; the times say nothing."""
    kinds = [StopKind.DEPOT if stop.isdecimal() else StopKind.VISIT for stop in stops]
    return tuple(Stop(kind, stop, 0, 0, 0, 0) for kind, stop in zip(kinds, stops, strict=True))


def orders(problem: Problem, **by_shift: str) -> Solution:
    return Solution(tuple(Route(shift_id, halts(*stops.split()), 0, 0) for shift_id, stops in by_shift.items()))


def kept(problem: Problem, start: Solution) -> dict[str, list[str]]:
    ids = [visit.id for visit in problem.visits] + [str(d) for d in range(len(problem.depots))]
    found = reuse(Timing(problem), start).orders
    return {problem.shifts[s].id: [ids[node] for node in order] for s, order in found.items() if order}


def test_nobody_drives_to_a_depot_for_visits_that_are_gone() -> None:
    problem = on_a_line(
        *(0, 100),
        shifts=(shift("A1", end=400),),
        visits=(visit("a", 1, parts={"battery": 1}),),
        depots=(Depot(1, 0, parts={"battery": None}),),
    )

    assert kept(replace(problem, visits=()), orders(problem, A1="0 a")) == {}


@SOME
@given(problems(), problems())
def test_a_plan_of_any_problem_is_a_start_for_any_other(problem: Problem, other: Problem) -> None:
    start = plan(other)

    for engine in ENGINES:
        assert check(problem, plan(problem, start, engine)) == []


@SOME
@given(problems(), st.sampled_from(ENGINES))
def test_going_on_from_a_plan_never_makes_it_dearer(problem: Problem, engine: str) -> None:
    start = plan(problem, iterations=200)

    again = plan(problem, start, engine, iterations=1)

    assert check(problem, again) == []
    assert again.cost["total"] <= start.cost["total"] + 1e-6


@SOME
@given(problems())
def test_all_of_a_plan_of_the_same_problem_holds(problem: Problem) -> None:
    start = plan(problem)
    timing = Timing(problem)

    assert reuse(timing, start).routes() == OpenPlan(timing, timing.orders(start.routes)).routes()


def test_visits_and_shifts_that_are_gone_are_passed_over() -> None:
    problem = on_a_line(0, 10, shifts=(shift("A1"),), visits=(visit("v", 1), visit("w", 1)))

    assert kept(problem, orders(problem, A1="gone w v", B1="v")) == {"A1": ["w", "v"]}


def test_a_visit_that_stands_twice_stays_where_it_stands_first() -> None:
    problem = on_a_line(0, 10, shifts=(shift("A1"), shift("B1")), visits=(visit("v", 1), visit("w", 1)))

    assert kept(problem, orders(problem, A1="v", B1="w v")) == {"A1": ["v"], "B1": ["w"]}


def test_who_may_not_come_any_more_loses_the_visit() -> None:
    visits = (visit("v", 1, forbidden=frozenset("A")), visit("w", 1))
    problem = on_a_line(0, 10, shifts=(shift("A1"),), visits=visits)

    assert kept(problem, orders(problem, A1="v w")) == {"A1": ["w"]}


def test_what_no_longer_fits_into_a_shift_is_left_out_and_the_rest_stays() -> None:
    visits = (visit("v", 1, 400), visit("long", 1, 700), visit("w", 1, 400))
    problem = on_a_line(0, 10, shifts=(shift("A1"),), visits=visits)

    assert kept(problem, orders(problem, A1="v long w")) == {"A1": ["v", "w"]}


def test_who_loads_as_stated_comes_before_who_must_change() -> None:
    visits = tuple(visit(f"v{i}", 1, parts={"printer": 1}) for i in range(3))
    problem = on_a_line(
        *(0, 10), shifts=(shift("A1"), shift("B1")), visits=visits, depots=(Depot(0, parts={"printer": 2}),)
    )
    start = orders(problem, A1="0 v0", B1="0 v1 v2")
    depot = replace(start.routes[1].stops[0], taken={"printer": 2})
    stated = replace(start.routes[1], stops=(depot, *start.routes[1].stops[1:]))

    assert kept(problem, replace(start, routes=(start.routes[0], stated))) == {"B1": ["0", "v1", "v2"]}


def test_a_depot_stop_that_nobody_needs_any_more_is_dropped() -> None:
    visits = (visit("v", 1, parts={"printer": 9}), visit("w", 1))
    problem = on_a_line(0, 10, shifts=(shift("A1"),), visits=visits, depots=(Depot(0, parts={"printer": 2}),))

    assert kept(problem, orders(problem, A1="0 v w")) == {"A1": ["w"]}


@pytest.mark.parametrize("engine", ENGINES)
def test_what_was_dropped_comes_in_again_where_it_fits(engine: str) -> None:
    visits = (visit("v", 1, 600), visit("w", 1, 600))
    problem = on_a_line(0, 10, shifts=(shift("A1"), shift("B1")), visits=visits)

    solution = plan(problem, orders(problem, A1="v w"), engine)

    assert solution.unserved == ()
