"""The greedy engine: feasible whatever the problem, and sensible where the answer is plain."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings

from routing.check import check
from routing.engines import Progress, SolveOptions
from routing.problem import Depot, Pin, Previous, Problem, Shift, Visit
from routing.solution import Solution
from routing.solve import solve
from tests.routing.worlds import on_a_line, problems, shift, visit

SOME = settings(max_examples=50, deadline=None)


def plan(problem: Problem, **options: object) -> Solution:
    return solve(problem, "greedy", SolveOptions(**options))  # type: ignore[arg-type]


def stops(solution: Solution, shift_id: str) -> list[str]:
    return [stop.id for route in solution.routes if route.shift == shift_id for stop in route.stops]


@SOME
@given(problems())
def test_every_plan_passes_the_checker(problem: Problem) -> None:
    assert check(problem, plan(problem)) == []


def _later(problem: Problem, seconds: int) -> Problem:
    """The same problem with every clock set forward."""

    def move_shift(shift: Shift) -> Shift:
        breaks = tuple(
            replace(rest, earliest=rest.earliest + seconds, latest=rest.latest + seconds) for rest in shift.breaks
        )
        return replace(shift, start=shift.start + seconds, end=shift.end + seconds, breaks=breaks)

    def move_visit(visit: Visit) -> Visit:
        pin = visit.pin and Pin(
            visit.pin.technician,
            None if visit.pin.start is None else visit.pin.start + seconds,
            visit.pin.window and (visit.pin.window[0] + seconds, visit.pin.window[1] + seconds),
        )
        return replace(
            visit,
            windows=tuple((start + seconds, end + seconds) for start, end in visit.windows),
            due=None if visit.due is None else visit.due + seconds,
            release=visit.release + seconds,
            pin=pin,
            previous=visit.previous and replace(visit.previous, start=visit.previous.start + seconds),
        )

    return replace(
        problem, shifts=tuple(map(move_shift, problem.shifts)), visits=tuple(map(move_visit, problem.visits))
    )


@SOME
@given(problems())
def test_setting_the_clock_forward_changes_no_cost(problem: Problem) -> None:
    before, after = plan(problem), plan(_later(problem, 5000))

    assert after.cost == before.cost


@SOME
@given(problems())
def test_other_names_and_another_order_leave_the_plan_feasible(problem: Problem) -> None:
    renamed = replace(
        problem,
        visits=tuple(replace(visit, id=f"x{i}") for i, visit in enumerate(reversed(problem.visits))),
        shifts=tuple(reversed(problem.shifts)),
    )

    solution = plan(renamed)

    assert check(renamed, solution) == []


@SOME
@given(problems())
def test_a_problem_planned_twice_gives_the_same_plan(problem: Problem) -> None:
    assert plan(problem).routes == plan(problem).routes


def test_a_problem_without_shifts_leaves_everything_out() -> None:
    problem = on_a_line(0, 10, shifts=(), visits=(visit("v", 1),))

    solution = plan(problem)

    assert [left_out.visit for left_out in solution.unserved] == ["v"]
    assert solution.cost["total"] == 1000.0


def test_a_part_that_lacks_is_fetched_at_a_depot_on_the_way() -> None:
    problem = on_a_line(
        *(0, 10, 20),
        shifts=(shift(),),
        visits=(visit("v", 2, parts={"battery": 2}),),
        depots=(Depot(1, duration=5, parts={"battery": 3}),),
    )

    solution = plan(problem)

    depot, served = solution.routes[0].stops
    assert (depot.kind, depot.id, dict(depot.taken)) == ("depot", "0", {"battery": 2})
    assert served.start == 25


def test_one_depot_stop_serves_several_visits() -> None:
    visits = tuple(visit(f"v{i}", 2, parts={"battery": 1}) for i in range(3))
    problem = on_a_line(
        0, 10, 20, shifts=(shift(),), visits=visits, depots=(Depot(1, duration=5, parts={"battery": None}),)
    )

    solution = plan(problem)

    assert stops(solution, "A1") == ["0", *stops(solution, "A1")[1:]]
    assert len(stops(solution, "A1")) == 4
    assert dict(solution.routes[0].stops[0].taken) == {"battery": 3}


def test_the_last_pieces_of_a_depot_are_handed_out_once() -> None:
    problem = on_a_line(
        *(0, 10),
        shifts=(shift("A1"), shift("B1")),
        visits=tuple(visit(f"v{i}", 1, parts={"battery": 1}) for i in range(3)),
        depots=(Depot(0, parts={"battery": 2}),),
    )

    solution = plan(problem)

    assert len(solution.unserved) == 1
    assert check(problem, solution) == []


def test_a_tool_is_fetched_once_and_kept() -> None:
    visits = tuple(visit(f"v{i}", 2, tools=frozenset({"probe"})) for i in range(2))
    problem = on_a_line(0, 10, 20, shifts=(shift(),), visits=visits, depots=(Depot(1, tools=frozenset({"probe"})),))

    solution = plan(problem)

    assert solution.unserved == ()
    assert sum(stop.kind == "depot" for stop in solution.routes[0].stops) == 1


def test_what_is_left_in_the_trunk_moves_on_to_the_next_shift() -> None:
    problem = on_a_line(
        *(0, 10),
        shifts=(shift("A1", trunk={"battery": 2}), shift("A2", start=2000, end=3000, trunk={"battery": 9})),
        visits=(
            visit("today", 1, parts={"battery": 1}, windows=((0, 900),)),
            *(visit(f"tomorrow{i}", 1, parts={"battery": 1}, windows=((2000, 2900),)) for i in range(2)),
        ),
    )

    solution = plan(problem)

    assert len(solution.unserved) == 1
    assert solution.unserved[0].visit.startswith("tomorrow")


def test_the_visit_worth_more_goes_first_when_there_is_room_for_one() -> None:
    problem = on_a_line(
        *(0, 10),
        shifts=(shift(end=40),),
        visits=(visit("cheap", 1, 20, unserved_cost=100.0), visit("dear", 1, 20, unserved_cost=900.0)),
    )

    assert stops(plan(problem), "A1") == ["dear"]


def test_a_visit_that_costs_more_than_leaving_it_out_is_left_out() -> None:
    problem = on_a_line(0, 400, shifts=(shift(),), visits=(visit("far", 1, unserved_cost=799.0),))

    assert plan(problem).routes == ()


def test_the_previous_technician_keeps_a_visit_when_a_change_costs_more_than_the_detour() -> None:
    visits = (visit("v", 1, previous=Previous("B1", 0, technician_change_cost=500.0)),)
    problem = on_a_line(0, 10, 200, shifts=(shift("A1"), shift("B1", start_location=2, end_location=2)), visits=visits)

    assert stops(plan(problem), "B1") == ["v"]


def test_a_run_that_is_told_to_stop_returns_what_it_has() -> None:
    problem = on_a_line(0, 10, shifts=(shift(),), visits=tuple(visit(f"v{i}", 1) for i in range(5)))
    seen: list[Progress] = []

    solution = plan(problem, on_progress=seen.append, should_stop=lambda: len(seen) == 2)

    assert len(solution.unserved) == 3
    assert check(problem, solution) == []


def test_two_hundred_visits_take_part_in_one_plan() -> None:
    random = np.random.default_rng(7)
    places = random.integers(0, 2000, 221)
    problem = on_a_line(
        *places.tolist(),
        shifts=tuple(
            shift(f"T{i}", technician=f"T{i}", start_location=i, end_location=i, end=28800) for i in range(20)
        ),
        visits=tuple(visit(f"v{i}", 20 + i, 1200, unserved_cost=50_000.0) for i in range(200)),
    )

    solution = plan(problem)

    assert solution.unserved == ()
    assert check(problem, solution) == []
