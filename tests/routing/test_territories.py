"""Large problems in pieces: nothing is lost or doubled, and what is planned in pieces fits together."""

from collections import Counter
from dataclasses import replace
from time import monotonic

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.check import check
from routing.engines import Progress, SolveOptions, hybrid_territories
from routing.problem import NO_ROAD, Depot, Pin, Previous, Problem, Shift
from routing.solution import Solution
from routing.solve import solve
from routing.territories import Territory, apportion, merge, split
from tests.routing.worlds import on_a_line, problems, shift, visit

SOME = settings(max_examples=40, deadline=None)


@pytest.fixture(autouse=True)
def _small_territories(monkeypatch: pytest.MonkeyPatch) -> None:
    """Problems of a few dozen visits count as large."""
    monkeypatch.setattr(hybrid_territories, "VISITS", 15)
    monkeypatch.setattr(hybrid_territories, "LEAST_MOVES", 50)


def a_large_day(num_visits: int = 60, num_technicians: int = 6, days: int = 2) -> Problem:
    random = np.random.default_rng(5)
    places = random.integers(0, 3000, num_visits + num_technicians + 1).tolist()
    return on_a_line(
        *places,
        shifts=tuple(
            shift(
                f"T{t}/{day}",
                technician=f"T{t}",
                start_location=t,
                end_location=t,
                start=day * 40000,
                end=day * 40000 + 15000,
            )
            for t in range(num_technicians)
            for day in range(days)
        ),
        visits=tuple(
            visit(f"v{v}", num_technicians + v, 1000, parts={"printer": int(v % 5 == 0)}, unserved_cost=9000.0)
            for v in range(num_visits)
        ),
        depots=(Depot(num_technicians + num_visits, 300, parts={"printer": 9}),),
    )


def plan(problem: Problem, **options: object) -> Solution:
    return solve(problem, "hybrid", SolveOptions(**({"iterations": 400, "threads": 2} | options)))  # type: ignore[arg-type]


def together(problem: Problem, territories: list[Territory]) -> Solution:
    return merge(problem, [solve(t.problem, "greedy", SolveOptions(start=t.start())) for t in territories])


def test_technicians_without_time_still_make_territories() -> None:
    shifts = tuple(
        Shift(id=name, technician=name, start_location=0, end_location=0, start=0, end=end)
        for name, end in (("A", 0), ("B", 0), ("C", 1))
    )

    assert len(split(Problem(travel=np.zeros((1, 1), np.int64), shifts=shifts, visits=()), 3)) == 3


@SOME
@given(problems(), st.integers(1, 4))
def test_every_visit_and_shift_is_in_one_territory(problem: Problem, num: int) -> None:
    territories = split(problem, num)

    assert len(territories) == min(num, len(problem.shifts_of))
    visits = [own.id for territory in territories for own in territory.problem.visits]
    technicians = [name for territory in territories for name in territory.problem.shifts_of]
    assert sorted(visits) == sorted(problem.visit_index)
    assert sorted(technicians) == sorted(problem.shifts_of)
    assert sum(len(territory.problem.shifts) for territory in territories) == len(problem.shifts)


@SOME
@given(problems(), st.integers(1, 4))
def test_stock_that_may_run_out_is_shared_out_to_the_last_piece(problem: Problem, num: int) -> None:
    territories = split(problem, num)

    for d, depot in enumerate(problem.depots):
        for part, count in depot.parts.items():
            shares = [t.problem.depots[d].parts[part] for t in territories]
            wanted = any(visit.parts.get(part) for visit in problem.visits)
            if count is None:
                assert set(shares) == {None}
            elif wanted:
                assert sum(share or 0 for share in shares) == count


@SOME
@given(problems(), st.integers(1, 4))
def test_a_visit_costs_in_its_territory_what_it_costs_in_the_whole(problem: Problem, num: int) -> None:
    territories = split(problem, num)
    plans = [solve(t.problem, "greedy") for t in territories]

    whole = merge(problem, plans)

    assert check(problem, whole) == []
    assert whole.cost["total"] == pytest.approx(sum(plan.cost["total"] for plan in plans))


@SOME
@given(problems(), st.integers(2, 4))
def test_a_plan_that_is_split_and_merged_is_the_same_plan(problem: Problem, num: int) -> None:
    start = solve(problem, "greedy")

    whole = merge(problem, [territory.start() for territory in split(problem, num, start, seed=3)])

    assert check(problem, whole) == []
    assert whole.cost["total"] == pytest.approx(start.cost["total"])


def test_a_visit_goes_with_technicians_who_may_serve_it() -> None:
    visits = tuple(visit(f"v{i}", 1 + i, technicians=frozenset("AB"[i % 2])) for i in range(6))
    problem = on_a_line(*range(0, 70, 10), shifts=(shift("A1"), shift("B1")), visits=visits)

    for territory in split(problem, 2):
        for own in territory.problem.visits:
            assert own.technicians == set(territory.problem.shifts_of)


def test_a_visit_pinned_to_somebody_who_may_not_serve_it_stays_with_that_technician() -> None:
    visits = (visit("v", 1, pin=Pin(technician="B"), skills={"printer": 1}), visit("w", 1), visit("x", 2))
    problem = on_a_line(0, 10, 20, shifts=(shift("A1"), shift("B1"), shift("C1")), visits=visits)

    home = next(t for t in split(problem, 3) if "v" in t.problem.visit_index)

    assert "B" in home.problem.shifts_of


def test_whoever_comes_instead_of_a_technician_elsewhere_costs_the_change() -> None:
    visits = (visit("v", 1, preferred={"A": 7.0, "B": 2.0}, previous=Previous("B1", 10, 50.0, 1.0)), visit("w", 2))
    problem = on_a_line(0, 10, 20, shifts=(shift("A1"), shift("B1")), visits=visits)
    a_alone = replace(problem, visits=(replace(visits[0], technicians=frozenset("A")), visits[1]))

    whole = together(a_alone, split(a_alone, 2))

    assert whole.cost["change"] == 50.0
    assert whole.cost["preference"] == 0.0
    assert check(a_alone, whole) == []


def test_territories_are_about_as_large_as_each_other() -> None:
    problem = a_large_day(120, 12)

    sizes = [len(territory.problem.visits) for territory in split(problem, 4)]

    assert max(sizes) <= 2 * min(sizes)


def test_technicians_who_all_start_at_one_place_share_the_visits_around_it() -> None:
    problem = a_large_day(80, 8)
    problem = replace(problem, shifts=tuple(replace(s, start_location=0, end_location=0) for s in problem.shifts))

    sizes = [len(territory.problem.visits) for territory in split(problem, 4)]

    assert max(sizes) <= 2 * min(sizes)


def test_a_large_run_that_is_told_to_stop_at_any_moment_ends_with_a_plan() -> None:
    problem = a_large_day()
    for looks in (0, 1, 3, 10):
        asked: list[None] = []

        def should_stop(looks: int = looks, asked: list[None] = asked) -> bool:
            asked.append(None)
            return len(asked) > looks

        solution = plan(problem, iterations=None, seconds=60.0, should_stop=should_stop)

        assert check(problem, solution) == []
        assert solution.seconds < 30.0


def test_one_cluster_at_one_place_is_split_all_the_same() -> None:
    problem = a_large_day(60, 6)
    problem = replace(problem, visits=tuple(replace(v, location=0) for v in problem.visits))

    sizes = Counter(len(territory.problem.visits) for territory in split(problem, 3))

    assert sum(size * count for size, count in sizes.items()) == 60
    assert check(problem, plan(problem)) == []


def test_pieces_are_shared_out_by_need() -> None:
    assert apportion(10, np.array([3, 1, 0])).tolist() == [8, 2, 0]
    assert apportion(5, np.array([0, 0])).tolist() == [5, 0]
    assert apportion(0, np.array([2, 1])).tolist() == [0, 0]


def test_a_large_problem_is_planned_in_territories_and_passes_the_checker() -> None:
    problem = a_large_day()

    solution = plan(problem)

    assert hybrid_territories.num_territories(problem, 2) == 4
    assert check(problem, solution) == []
    assert solution.cost["total"] <= solve(problem, "greedy").cost["total"]


def test_iterations_make_a_run_in_territories_repeatable() -> None:
    first, second = (plan(a_large_day(), seed=3) for _ in range(2))

    assert first.routes == second.routes


def test_visits_nobody_can_reach_and_shifts_without_visits_do_no_harm() -> None:
    problem = a_large_day(40, 8, days=1)
    travel = problem.travel.copy()
    travel[8, np.arange(len(travel)) != 8] = NO_ROAD
    nobody = tuple(replace(v, skills={"none": 1}) for v in problem.visits[1:4])
    idle = tuple(shift(f"X{i}", technician=f"X{i}", start=0, end=1) for i in range(5))
    problem = replace(
        problem, travel=travel, visits=(*problem.visits[:1], *nobody, *problem.visits[4:]), shifts=problem.shifts + idle
    )

    solution = plan(problem)

    assert check(problem, solution) == []
    assert {left_out.visit for left_out in solution.unserved} >= {"v0", "v1", "v2", "v3"}


@pytest.mark.parametrize("looks", [0, 1, 30])
def test_a_run_in_territories_that_is_stopped_returns_a_checked_plan(looks: int) -> None:
    problem, seen = a_large_day(), []

    def should_stop() -> bool:
        seen.append(None)
        return len(seen) > looks

    solution = plan(problem, iterations=None, seconds=60.0, should_stop=should_stop)

    assert check(problem, solution) == []
    assert solution.seconds < 30.0


def test_an_exception_in_one_territory_ends_the_search_of_all_at_once() -> None:
    looks: list[None] = []

    def should_stop() -> bool:
        looks.append(None)
        if len(looks) == 20:
            raise KeyboardInterrupt
        return False

    began = monotonic()
    with pytest.raises(KeyboardInterrupt):
        plan(a_large_day(), iterations=None, seconds=200.0, should_stop=should_stop)

    assert monotonic() - began < 40.0


def test_going_on_from_a_plan_in_territories_never_makes_it_dearer() -> None:
    problem = a_large_day()
    start = plan(problem)

    assert plan(problem, start=start, iterations=20, seed=9).cost["total"] <= start.cost["total"] + 1e-6


def test_progress_of_territories_ends_at_one_with_the_cost_of_the_plan() -> None:
    seen: list[Progress] = []

    solution = plan(a_large_day(), on_progress=seen.append)

    assert seen[-1].elapsed == 1.0
    assert seen[-1].best_cost == pytest.approx(solution.cost["total"])
