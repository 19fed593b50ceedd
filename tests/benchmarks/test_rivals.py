"""Other solvers on our problems: their models say what ours says, and their plans pass our check."""

from collections.abc import Callable
from functools import partial

import pytest
from hypothesis import given, settings

from benchmarks.field_days import Settings, generate
from benchmarks.rivals import ortools_samples, pyvrp_rival, vroom_rival
from benchmarks.rivals.completion import Proposal, complete
from benchmarks.rivals.simplified import Simplified
from routing.check import check
from routing.problem import Break, Depot, Overtime, Problem
from routing.solution import Solution
from routing.timing import Timing
from tests.routing.worlds import on_a_line, problems, shift, visit

Rival = Callable[[Timing], Proposal]
RIVALS: dict[str, Rival] = {
    "ortools": partial(ortools_samples.propose, seconds=0.2),
    "pyvrp": partial(pyvrp_rival.propose, seconds=0.2, seed=1),
    "vroom": partial(vroom_rival.propose, seconds=0.2, threads=1),
}
every_rival = pytest.mark.parametrize("rival", RIVALS.values(), ids=RIVALS)


def plan(rival: Rival, problem: Problem) -> Solution:
    timing = Timing(problem)
    return complete(timing, rival(timing), engine="rival", seed=1, seconds=0.2)


@every_rival
def test_a_day_with_everything_gets_a_plan_that_passes_the_check(rival: Rival) -> None:
    problem = generate(Settings(visits=30))

    solution = plan(rival, problem)

    assert check(problem, solution) == []
    assert len(solution.unserved) < 5


@every_rival
@settings(max_examples=8, deadline=None)
@given(problem=problems())
def test_whatever_is_asked_the_plan_passes_the_check(rival: Rival, problem: Problem) -> None:
    assert check(problem, plan(rival, problem)) == []


@every_rival
def test_breaks_may_be_stated_in_any_order(rival: Rival) -> None:
    breaks = (Break(0, 901, 901), Break(0, 900, 900))
    problem = on_a_line(0, 50, shifts=(shift(start=900, end=901, breaks=breaks),), visits=(visit("v", 0, 0),))

    assert check(problem, plan(rival, problem)) == []


@every_rival
def test_the_one_with_the_skill_comes(rival: Rival) -> None:
    problem = on_a_line(
        0,
        50,
        shifts=(shift("A"), shift("B", skills={"printer": 2})),
        visits=(visit("v", 1, skills={"printer": 2}),),
    )

    assert {s: visits for s, visits in rival(Timing(problem)).items() if visits} == {1: [0]}


@every_rival
def test_a_visit_comes_first_if_only_so_it_is_on_time(rival: Rival) -> None:
    problem = on_a_line(
        0,
        10,
        20,
        shifts=(shift("A"),),
        visits=(visit("near", 1, duration=100), visit("urgent", 2, due=60, lateness_cost=10.0)),
    )

    assert rival(Timing(problem))[0] == [1, 0]


@every_rival
def test_one_of_several_windows_is_enough(rival: Rival) -> None:
    problem = on_a_line(
        0,
        10,
        shifts=(shift("A"),),
        visits=(visit("v", 1, windows=((2, 5), (300, 310))),),
    )

    assert rival(Timing(problem))[0] == [0]


# VROOM serves whatever it can.
@pytest.mark.parametrize("rival", [RIVALS["ortools"], RIVALS["pyvrp"]])
def test_what_is_not_worth_its_way_is_left_out(rival: Rival) -> None:
    problem = on_a_line(0, 400, shifts=(shift("A"),), visits=(visit("v", 1, unserved_cost=5.0),))

    assert not any(rival(Timing(problem)).values())


@every_rival
def test_two_shifts_that_are_alike_serve_what_one_cannot(rival: Rival) -> None:
    problem = on_a_line(
        0,
        100,
        shifts=(shift("A", end=300), shift("B", end=300)),
        visits=tuple(visit(f"v{i}", 1, duration=80) for i in range(2)),
    )

    solution = plan(rival, problem)

    assert solution.unserved == ()
    assert len(solution.routes) == 2


def simplified(problem: Problem, *, clock_stops: bool = False) -> Simplified:
    return Simplified(Timing(problem), clock_stops=clock_stops)


def test_windows_end_when_a_visit_is_due() -> None:
    problem = on_a_line(
        0, 10, shifts=(shift("A"),), visits=(visit("v", 1, windows=((0, 500),), due=200, lateness_cost=1.0),)
    )

    assert simplified(problem).windows(0) == [(0, 200)]


def test_windows_stay_where_nobody_can_be_on_time() -> None:
    problem = on_a_line(
        0, 90, shifts=(shift("A"),), visits=(visit("v", 1, windows=((0, 500),), due=80, lateness_cost=1.0),)
    )

    assert simplified(problem).windows(0) == [(0, 500)]


def test_windows_stay_where_being_late_costs_nothing() -> None:
    problem = on_a_line(0, 10, shifts=(shift("A"),), visits=(visit("v", 1, windows=((0, 500),), due=200),))

    assert simplified(problem).windows(0) == [(0, 500)]


def test_a_visit_that_nobody_may_serve_has_no_windows() -> None:
    problem = on_a_line(0, 10, shifts=(shift("A"),), visits=(visit("v", 1, skills={"printer": 1}),))

    assert simplified(problem).windows(0) == []


def test_the_leg_to_what_lacks_a_part_goes_over_the_nearest_depot() -> None:
    problem = on_a_line(
        0,
        10,
        -30,
        15,
        shifts=(shift("A"),),
        visits=(visit("v", 1, parts={"battery": 1}),),
        depots=(Depot(2, 5, parts={"battery": None}), Depot(3, 7, parts={"battery": None})),
    )

    drives, stays = simplified(problem).legs(0)

    # From home (node 1): 15 to the nearer depot and 5 back to the visit.
    assert (drives[1, 0], stays[1, 0]) == (20, 7)


def test_a_part_that_the_van_carries_is_a_load_with_the_trunk_as_its_capacity() -> None:
    visits = tuple(visit(f"v{i}", 0, parts={"battery": 1}) for i in range(3))
    problem = on_a_line(0, shifts=(shift("A", trunk={"battery": 2}),), visits=visits)

    day = simplified(problem)

    assert day.loads.tolist() == [[1], [1], [1]]
    assert day.capacities(0) == [2]


def test_shifts_that_differ_in_nothing_a_solver_sees_are_one_group() -> None:
    alike = shift("A"), shift("B"), shift("C", skills={"unasked": 1}), shift("D", overtime=Overtime(10, 1.0))
    problem = on_a_line(0, 5, shifts=alike, visits=(visit("v", 1),))

    assert [vehicles.shifts for vehicles in simplified(problem).vehicles] == [(0, 1, 2), (3,)]


def test_a_clock_that_stops_for_breaks_ends_the_shift_earlier() -> None:
    problem = on_a_line(0, 5, shifts=(shift("A", breaks=(Break(30, 400, 500),)),), visits=(visit("v", 1),))

    assert simplified(problem, clock_stops=True).span(0) == (0, 970)
    assert simplified(problem).span(0) == (0, 1000)


def test_a_visit_is_required_only_if_leaving_it_out_costs_more_than_any_plan() -> None:
    problem = on_a_line(
        0,
        5,
        shifts=(shift("A"),),
        visits=(visit("dear", 1, unserved_cost=1001.0), visit("cheap", 1, unserved_cost=999.0)),
    )

    day = simplified(problem)

    assert [day.is_required(v) for v in range(2)] == [True, False]


def test_what_a_rival_proposes_against_the_rules_is_put_right() -> None:
    problem = on_a_line(
        0,
        10,
        20,
        shifts=(shift("A", end=80), shift("B", skills={"printer": 1})),
        visits=(
            visit("far", 2, duration=50),
            visit("printer", 1, skills={"printer": 1}),
            visit("part", 1, parts={"battery": 1}),
        ),
        depots=(Depot(0, 5, parts={"battery": None}),),
    )

    solution = complete(Timing(problem), {0: [0, 1, 2]}, engine="rival", seed=1, seconds=0.0)

    assert check(problem, solution) == []
    assert solution.unserved == ()
