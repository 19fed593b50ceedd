"""The OR-Tools engine: feasible whatever the problem, best where the best is known, stopped when asked to."""

import multiprocessing
import threading
from collections.abc import Iterator, Sequence
from itertools import permutations, product

import numpy as np
import pytest
from hypothesis import given, settings

from routing.check import check
from routing.engines import Progress, SolveOptions
from routing.engines.ortools_plan import plan_cost
from routing.engines.ortools_supply import Premises, Supply
from routing.problem import Break, Depot, Overtime, Pin, Previous, Problem
from routing.solution import Solution
from routing.solve import solve
from routing.timing import Timing
from tests.routing.worlds import on_a_line, problems, shift, visit

ITERATIONS = 60


def plan(problem: Problem, iterations: int | None = ITERATIONS, **options: object) -> Solution:
    return solve(problem, "ortools", SolveOptions(iterations=iterations, **options))  # type: ignore[arg-type]


def served_by(solution: Solution) -> dict[str, str]:
    return {stop.id: route.shift for route in solution.routes for stop in route.stops if stop.kind == "visit"}


def starts(solution: Solution) -> dict[str, int]:
    return {stop.id: stop.start for route in solution.routes for stop in route.stops if stop.kind == "visit"}


@settings(max_examples=25, deadline=None)
@given(problems())
def test_every_plan_passes_the_checker(problem: Problem) -> None:
    assert check(problem, plan(problem, iterations=10)) == []


def _all_orders(problem: Problem) -> Iterator[dict[int, Sequence[int]]]:
    """Every way to deal the visits out to the shifts, in every order, or to leave them out."""
    shifts = range(len(problem.shifts))
    for dealt in product([*shifts, None], repeat=len(problem.visits)):
        hands = [[v for v, s in enumerate(dealt) if s == own] for own in shifts]
        for orders in product(*(permutations(hand) for hand in hands)):
            yield {s: order for s, order in enumerate(orders) if order}


def _best_cost(problem: Problem) -> float:
    timing = Timing(problem)
    return min(plan_cost(timing, orders) for orders in _all_orders(problem))


def _scattered(seed: int, **values: object) -> Problem:
    """Five visits in a square with due times and windows, for two technicians."""
    random = np.random.default_rng(seed)
    places = random.integers(0, 60, size=(6, 2))
    travel = np.abs(places[:, None, :] - places[None, :, :]).sum(axis=2)
    visits = tuple(
        visit(
            f"v{i}",
            i + 1,
            duration=int(random.integers(5, 30)),
            due=int(random.integers(20, 200)),
            lateness_cost=2.0,
            unserved_cost=float(random.integers(60, 300)),
            windows=((0, 60), (110, 260)) if i % 2 else (),
        )
        for i in range(5)
    )
    shifts = (shift("A1", end=260, fixed_cost=20.0, **values), shift("B1", end=200, overtime=Overtime(60, 1.5)))
    return Problem(travel=travel, shifts=shifts, visits=visits)


@pytest.mark.parametrize("seed", range(4))
def test_small_days_are_planned_as_cheaply_as_possible(seed: int) -> None:
    problem = _scattered(seed)

    solution = plan(problem, iterations=300)

    assert solution.cost["total"] == pytest.approx(_best_cost(problem))


def test_working_time_with_waiting_is_kept_as_short_as_possible() -> None:
    problem = _scattered(7, work_cost=1.0, travel_cost=0.0)

    assert plan(problem, iterations=300).cost["total"] == pytest.approx(_best_cost(problem))


def test_a_level_of_a_skill_decides_who_comes() -> None:
    problem = on_a_line(
        *(0, 10, 50),
        shifts=(shift("A1", skills={"printer": 1}), shift("B1", start_location=2, skills={"printer": 2})),
        visits=(visit("hard", 1, skills={"printer": 2}), visit("easy", 1, skills={"printer": 1})),
    )

    assert served_by(plan(problem))["hard"] == "B1"


@pytest.mark.parametrize(
    "rule",
    [
        {"technicians": frozenset({"B"})},
        {"forbidden": frozenset({"A"})},
        {"pin": Pin("B")},
        {"preferred": {"B": 500.0}},
    ],
)
def test_who_may_or_should_come_is_respected(rule: dict[str, object]) -> None:
    problem = on_a_line(0, 10, 90, shifts=(shift("A1"), shift("B1", start_location=2)), visits=(visit("v", 1, **rule),))

    solution = plan(problem)

    assert served_by(solution) == {"v": "B1"}
    assert check(problem, solution) == []


@pytest.mark.parametrize(
    ("times", "start"),
    [
        ({"windows": ((0, 5), (40, 60))}, 40),
        ({"windows": ((0, 5), (7, 8), (15, 20), (300, 400))}, 15),  # more windows than the model takes apart
        ({"release": 70}, 70),
        ({"pin": Pin(start=33)}, 33),
        ({"pin": Pin(window=(80, 90))}, 80),
    ],
)
def test_starts_keep_to_windows_releases_and_pins(times: dict[str, object], start: int) -> None:
    problem = on_a_line(0, 10, shifts=(shift(work_cost=0.1),), visits=(visit("v", 1, **times),))

    assert starts(plan(problem)) == {"v": start}


def test_a_visit_that_would_come_too_late_for_every_window_is_left_out_with_reasons() -> None:
    problem = on_a_line(0, 10, shifts=(shift(),), visits=(visit("v", 1, windows=((0, 5),)), visit("w", 1)))

    solution = plan(problem)

    assert [left_out.visit for left_out in solution.unserved] == ["v"]
    assert solution.unserved[0].reasons


def test_a_visit_that_is_worth_less_than_the_way_to_it_is_left_out() -> None:
    problem = on_a_line(0, 100, shifts=(shift(),), visits=(visit("v", 1, unserved_cost=150.0),))

    assert plan(problem).routes == ()


def test_the_break_is_taken_within_its_window() -> None:
    visits = tuple(visit(f"v{i}", 1, duration=100) for i in range(3))
    problem = on_a_line(0, 10, shifts=(shift(end=400, breaks=(Break(30, 100, 220),)),), visits=visits)

    solution = plan(problem)

    assert solution.unserved == ()
    assert [stop.kind for stop in solution.routes[0].stops].count("break") == 1
    assert check(problem, solution) == []


def test_costs_far_beyond_each_other_do_not_overflow() -> None:
    visits = tuple(visit(f"v{i}", 1, unserved_cost=1e12, due=0, lateness_cost=1e-6) for i in range(4))
    problem = on_a_line(0, 10, shifts=(shift(travel_cost=1000.0),), visits=visits)

    solution = plan(problem)

    assert solution.unserved == ()


def test_a_previous_technician_is_kept_when_changing_costs_more_than_the_way() -> None:
    previous = Previous("B1", 100, technician_change_cost=500.0)
    problem = on_a_line(
        0, 10, 90, shifts=(shift("A1"), shift("B1", start_location=2)), visits=(visit("v", 1, previous=previous),)
    )

    assert served_by(plan(problem)) == {"v": "B1"}


def test_one_depot_stop_serves_all_who_lack_something() -> None:
    lacking = {"parts": {"battery": 1}, "tools": frozenset({"probe"})}
    depot = Depot(1, duration=5, tools=frozenset({"probe"}), parts={"battery": None})
    problem = on_a_line(
        0, 10, 40, shifts=(shift(),), visits=tuple(visit(f"v{i}", 2, **lacking) for i in range(4)), depots=(depot,)
    )

    solution = plan(problem)

    assert [stop.kind for stop in solution.routes[0].stops].count("depot") == 1
    assert solution.unserved == ()


def test_visits_go_to_the_vans_that_carry_the_part() -> None:
    shifts = (shift("A1", trunk={"battery": 2}), shift("B1", trunk={"battery": 1}))
    visits = tuple(visit(f"v{i}", 1, parts={"battery": 1}) for i in range(4))
    problem = on_a_line(0, 10, shifts=shifts, visits=visits)

    solution = plan(problem)

    assert sorted(served_by(solution).values()) == ["A1", "A1", "B1"]


def test_what_a_depot_has_too_little_of_is_handed_out_once() -> None:
    problem = on_a_line(
        *(0, 10),
        shifts=(shift("A1"), shift("B1")),
        visits=tuple(visit(f"v{i}", 1, parts={"battery": 1}) for i in range(5)),
        depots=(Depot(0, parts={"battery": 3}),),
    )

    solution = plan(problem)

    assert len(solution.unserved) == 2
    assert check(problem, solution) == []


def test_a_part_wanted_beyond_all_stock_is_rationed_in_the_next_round() -> None:
    visits = tuple(visit(f"v{i}", 0, parts={"battery": 1}) for i in range(4))
    problem = on_a_line(0, shifts=(shift("A1"), shift("B1")), visits=visits, depots=(Depot(0, parts={"battery": 2}),))
    supply = Supply(Timing(problem).tables)

    premises = supply.learn(Premises(), {0: [0, 1, 2], 1: [3]}, {0: [4, 0], 1: [4, 3]})

    assert supply.capacity(0, premises) == [1, 1]


def test_the_trunk_of_a_technician_is_shared_by_the_days() -> None:
    shifts = (shift("A1", end=100, trunk={"battery": 3}), shift("A2", start=500), shift("B1", trunk={"battery": 1}))
    problem = on_a_line(0, shifts=shifts, visits=(visit("v", 0, parts={"battery": 1}),))

    assert Supply(Timing(problem).tables).shares.tolist() == [[2], [1], [1]]


@pytest.mark.parametrize("shifts", [(), (shift(),)])
def test_nothing_to_plan_is_planned_at_once(shifts: tuple[object, ...]) -> None:
    problem = on_a_line(0, shifts=shifts, visits=())

    assert plan(problem, iterations=None, seconds=60.0).cost["total"] == 0.0


def test_the_same_seed_and_iterations_give_the_same_plan() -> None:
    problem = _scattered(3)

    assert plan(problem).routes == plan(problem).routes


def test_progress_rises_and_the_cost_never_does() -> None:
    seen: list[Progress] = []

    plan(_scattered(2), iterations=None, seconds=0.4, on_progress=seen.append)

    assert seen
    assert [p.elapsed for p in seen] == sorted(p.elapsed for p in seen)
    assert [p.best_cost for p in seen] == sorted((p.best_cost for p in seen), reverse=True)


def test_a_run_that_is_told_to_stop_asks_no_further() -> None:
    asked: list[int] = []

    def must_stop() -> bool:
        asked.append(threading.active_count())
        return len(asked) >= 10

    problem = _scattered(1)

    solution = plan(problem, iterations=None, seconds=3.0, should_stop=must_stop)

    assert len(asked) == 10
    assert solution.seconds < 3.0
    assert check(problem, solution) == []


def test_a_run_stopped_before_the_search_returns_what_is_planned_so_far() -> None:
    problem = _scattered(1)

    solution = plan(problem, iterations=None, seconds=60.0, should_stop=lambda: True)

    assert solution.engine == "greedy"
    assert check(problem, solution) == []


def test_copies_in_other_processes_end_with_the_run() -> None:
    problem = _scattered(5)

    solution = plan(problem, iterations=20, threads=2)

    assert solution.cost["total"] == pytest.approx(plan(problem, iterations=300).cost["total"], rel=0.2)
    assert multiprocessing.active_children() == []


def test_the_plan_says_which_engine_made_it() -> None:
    hopeless = on_a_line(0, 10, shifts=(shift(),), visits=(visit("v", 1, skills={"screen": 1}),))

    assert plan(hopeless).engine == "greedy"
    assert plan(_scattered(0), iterations=300).engine == "ortools"
