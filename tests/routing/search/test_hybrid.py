"""The hybrid engine: feasible whatever the problem, never worse than it should be, repeatable, quick to stop."""

from dataclasses import replace
from itertools import pairwise
from time import monotonic

import numpy as np
import pytest
from hypothesis import given, settings

from routing.check import check
from routing.engines import Progress, SolveOptions
from routing.problem import Break, Depot, Overtime, Previous, Problem
from routing.solution import Solution
from routing.solve import solve
from tests.routing.worlds import on_a_line, problems, shift, visit

SOME = settings(max_examples=50, deadline=None)


def plan(problem: Problem, **options: object) -> Solution:
    return solve(problem, "hybrid", SolveOptions(**({"iterations": 60} | options)))  # type: ignore[arg-type]


def stops(solution: Solution, shift_id: str) -> list[str]:
    return [stop.id for route in solution.routes if route.shift == shift_id for stop in route.stops]


def a_busy_day(num_visits: int = 60) -> Problem:
    random = np.random.default_rng(3)
    places = random.integers(0, 3000, num_visits + 5).tolist()
    return on_a_line(
        *places,
        shifts=tuple(
            shift(
                f"T{i}",
                technician=f"T{i}",
                start_location=i,
                end_location=i,
                end=28800,
                breaks=(Break(1800, 10000, 16000),),
                trunk={"battery": 2},
            )
            for i in range(5)
        ),
        visits=tuple(
            visit(f"v{i}", 5 + i, 1500, due=15000, lateness_cost=0.1, unserved_cost=9000.0, parts={"battery": i % 2})
            for i in range(num_visits)
        ),
        depots=(Depot(0, 300, parts={"battery": None}),),
    )


@SOME
@given(problems())
def test_every_plan_passes_the_checker(problem: Problem) -> None:
    assert check(problem, plan(problem)) == []


@settings(max_examples=25, deadline=None)
@given(problems())
def test_it_costs_no_more_than_cheapest_insertion(problem: Problem) -> None:
    greedy = solve(problem, "greedy").cost["total"]

    assert plan(problem, iterations=300).cost["total"] <= greedy + 1e-6 * max(1.0, greedy)


@settings(max_examples=25, deadline=None)
@given(problems())
def test_moving_the_whole_problem_in_time_changes_no_cost(problem: Problem) -> None:
    later = replace(
        problem,
        shifts=tuple(
            replace(
                shift,
                start=shift.start + 5000,
                end=shift.end + 5000,
                breaks=tuple(Break(r.duration, r.earliest + 5000, r.latest + 5000) for r in shift.breaks),
            )
            for shift in problem.shifts
        ),
        visits=tuple(
            replace(
                visit,
                windows=tuple((a + 5000, b + 5000) for a, b in visit.windows),
                release=visit.release + 5000,
                due=None if visit.due is None else visit.due + 5000,
                pin=None,
                previous=visit.previous and replace(visit.previous, start=visit.previous.start + 5000),
            )
            for visit in problem.visits
        ),
    )
    now = replace(problem, visits=tuple(replace(visit, pin=None) for visit in problem.visits))

    assert plan(later).cost == pytest.approx(plan(now).cost)


def test_iterations_make_a_run_repeatable_with_several_threads() -> None:
    problem = a_busy_day(30)

    first, second = (plan(problem, iterations=2000, threads=2) for _ in range(2))

    assert first.routes == second.routes


def test_another_seed_takes_another_way() -> None:
    costs = {plan(a_busy_day(), iterations=100, seed=seed).cost["total"] for seed in range(1, 6)}

    assert len(costs) > 1


def test_a_problem_without_shifts_leaves_everything_out() -> None:
    problem = on_a_line(0, 10, shifts=(), visits=(visit("v", 1),))

    assert [left_out.visit for left_out in plan(problem).unserved] == ["v"]


def test_a_problem_without_visits_has_no_routes() -> None:
    assert plan(on_a_line(0, 10, shifts=(shift(),), visits=())).routes == ()


def test_a_visit_that_can_never_start_is_left_out() -> None:
    problem = on_a_line(0, 10, shifts=(shift(),), visits=(visit("v", 1, windows=((0, 5),), release=50), visit("w", 1)))

    solution = plan(problem)

    assert [left_out.visit for left_out in solution.unserved] == ["v"]
    assert stops(solution, "A1") == ["w"]


def test_the_scarce_part_goes_where_it_is_worth_most() -> None:
    visits = (*(visit(f"cheap{i}", 1, parts={"printer": 1}, unserved_cost=200.0) for i in range(5)),)
    dear = tuple(visit(f"dear{i}", 2, parts={"printer": 1}, unserved_cost=900.0) for i in range(4))
    problem = on_a_line(
        *(0, 10, 20),
        shifts=(shift("A1"), shift("B1")),
        visits=visits + dear,
        depots=(Depot(0, 5, parts={"printer": 5}),),
    )

    solution = plan(problem, iterations=500)

    assert len(solution.unserved) == 4
    assert all(left_out.visit.startswith("cheap") for left_out in solution.unserved)
    assert check(problem, solution) == []


def test_parts_left_over_move_on_to_the_next_day() -> None:
    problem = on_a_line(
        *(0, 10),
        shifts=(shift("A1", trunk={"battery": 2}), shift("A2", start=2000, end=3000)),
        visits=(
            visit("today", 1, parts={"battery": 1}, windows=((0, 900),), unserved_cost=100.0),
            *(visit(f"tomorrow{i}", 1, parts={"battery": 1}, windows=((2000, 2900),)) for i in range(2)),
        ),
    )

    assert [left_out.visit for left_out in plan(problem).unserved] == ["today"]


def test_what_a_depot_has_counts_once_over_all_days_of_a_technician() -> None:
    problem = on_a_line(
        *(0, 10, 20, 40),
        shifts=(shift("A1"), shift("A2", start=2000, end=3000)),
        visits=(
            visit("today", 2, parts={"drive": 1}, windows=((0, 900),)),
            visit("tomorrow", 2, parts={"drive": 4}, windows=((2000, 2900),)),
        ),
        depots=(Depot(1, parts={"drive": 4}), Depot(3, parts={"drive": 1})),
    )

    solution = plan(problem)

    assert check(problem, solution) == []
    assert solution.unserved == ()


def test_a_depot_stop_is_made_only_where_it_is_needed() -> None:
    visits = tuple(visit(f"v{i}", 2, parts={"battery": 1}) for i in range(4))
    problem = on_a_line(
        *(0, 10, 20), shifts=(shift(trunk={"battery": 3}),), visits=visits, depots=(Depot(1, 5, parts={"battery": 9}),)
    )

    solution = plan(problem)

    assert stops(solution, "A1").count("0") == 1
    assert solution.unserved == ()


def test_two_breaks_and_overtime_are_kept_in_a_full_day() -> None:
    breaks = (Break(15, 300, 400), Break(15, 600, 700))
    problem = on_a_line(
        *(0, 10, 30),
        shifts=(shift(breaks=breaks, overtime=Overtime(100, 2.0)),),
        visits=tuple(visit(f"v{i}", 1 + i % 2, 90) for i in range(10)),
    )

    solution = plan(problem, iterations=400)

    assert solution.unserved == ()
    assert [stop.id for stop in solution.routes[0].stops if stop.kind == "break"] == ["0", "1"]
    assert check(problem, solution) == []


def test_an_old_plan_that_is_still_good_is_kept() -> None:
    visits = tuple(
        visit(f"v{i}", 1, 50, previous=Previous("AB"[i % 2] + "1", 10 + 50 * (i // 2), 100.0, 1.0)) for i in range(8)
    )
    problem = on_a_line(0, 10, shifts=(shift("A1"), shift("B1")), visits=visits)

    assert plan(problem, iterations=500).cost["change"] == 0.0


def test_a_run_stops_soon_after_it_is_told_to() -> None:
    problem, looks = a_busy_day(), []

    def should_stop() -> bool:
        looks.append(monotonic())
        return len(looks) > 5

    solution = plan(problem, iterations=None, seconds=60.0, should_stop=should_stop)

    assert check(problem, solution) == []
    assert max(later - earlier for earlier, later in pairwise(looks[1:])) < 1.0


def test_a_run_that_is_told_to_stop_before_it_begins_ends_with_a_plan_and_a_few_reasons() -> None:
    problem = a_busy_day(400)

    solution = plan(problem, iterations=None, seconds=60.0, should_stop=lambda: True)

    assert check(problem, solution) == []
    assert all(left_out.reasons for left_out in solution.unserved)
    assert sum(len(left_out.reasons) for left_out in solution.unserved) <= 400


def test_without_iterations_there_is_the_plan_to_go_on_from() -> None:
    problem = a_busy_day(20)
    start = plan(problem, iterations=50)

    again, anew = plan(problem, iterations=0, start=start), plan(problem, iterations=0)

    assert again.cost["total"] <= start.cost["total"]
    assert check(problem, anew) == []


def test_an_exception_while_it_waits_ends_the_search_at_once() -> None:
    def should_stop() -> bool:
        raise KeyboardInterrupt

    began = monotonic()
    with pytest.raises(KeyboardInterrupt):
        plan(a_busy_day(), iterations=None, seconds=100.0, should_stop=should_stop)

    assert monotonic() - began < 20.0


def test_progress_ends_at_one_with_the_cost_of_the_plan() -> None:
    seen: list[Progress] = []

    solution = plan(a_busy_day(20), iterations=1000, on_progress=seen.append)

    assert seen[-1].elapsed == 1.0
    assert seen[-1].best_cost == pytest.approx(solution.cost["total"])
    assert all(later.best_cost <= earlier.best_cost + 1e-6 for earlier, later in pairwise(seen))
