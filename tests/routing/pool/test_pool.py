"""Plans put together from routes seen: the best there is among them, parts and tools shared out, repeatable."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from routing.assemble import assemble
from routing.check import check
from routing.engines import SolveOptions
from routing.insertion import OpenPlan
from routing.pool import joins
from routing.pool.choice import Choice, Choosing
from routing.pool.seen import Routes, gather
from routing.problem import Depot, Problem
from routing.search.islands import Island, temperature, temperature_unit
from routing.search.pool import shift_classes
from routing.search.resume import read_off
from routing.search.world import build_world
from routing.solve import solve
from routing.territories import plan_of
from routing.timing import OrderError, Timing
from tests.routing.worlds import on_a_line, problems, shift, visit

SOME = settings(max_examples=25, deadline=None)


def islands_of(timing: Timing, num_moves: int = 150, num_islands: int = 2) -> list[Island]:
    """Islands that have seen much and kept little."""
    world = build_world(timing.problem, timing.tables)
    islands = [Island(world, 1, k) for k in range(num_islands)]
    for island in islands:
        island.begin({}, np.zeros(island.best.taken.shape, np.int64))
        island.run(num_moves, 20 * temperature(0.0, temperature_unit(world)))
    return islands


def best_plan(timing: Timing, island: Island) -> OpenPlan:
    return plan_of(timing, *read_off(island.best, island.world))


def best_of(islands: list[Island]) -> Island:
    return min(islands, key=lambda island: island.cost)


def choose(timing: Timing, islands: list[Island]) -> Choice | None:
    return Choosing(islands, best_plan(timing, best_of(islands))).best(10.0)


def cost_of(timing: Timing, orders: dict[int, list[int]]) -> float:
    return OpenPlan(timing, orders, {name: np.zeros((0, 0), np.int64) for name in timing.problem.shifts_of}).total()


def combinations(timing: Timing, routes: Routes, classes: list[int]) -> Iterator[dict[int, list[int]]]:
    """Every way to serve visits by routes, each once at most, and no shift twice; parts aside."""
    num_visits = len(timing.problem.visits)
    visits = [frozenset(n for n in routes.order(r) if n < num_visits) for r in range(len(routes.costs))]

    def extend(orders: dict[int, list[int]], served: frozenset[int], first: int) -> Iterator[dict[int, list[int]]]:
        yield orders
        for r in range(first, len(visits)):
            free = [s for s, kind in enumerate(classes) if kind == classes[routes.shifts[r]] and s not in orders]
            if free and not visits[r] & served:
                yield from extend(orders | {free[0]: routes.order(r)}, served | visits[r], r + 1)

    return extend({}, frozenset(), 0)


@SOME
@given(problems())
def test_every_route_of_the_pool_costs_what_the_shared_schedule_says(problem: Problem) -> None:
    if not problem.visits:
        return
    timing = Timing(problem)
    (island,) = islands_of(timing, num_islands=1)

    routes, _ = gather([island])

    for r, s in enumerate(routes.shifts.tolist()):
        assert routes.costs[r] == pytest.approx(timing.cost(s, routes.order(r)))


@SOME
@given(problems())
def test_the_plan_is_the_cheapest_of_all_that_the_routes_seen_allow(problem: Problem) -> None:
    # With one depot it is plain what a route of it loads.
    problem = replace(problem, visits=problem.visits[:4], depots=problem.depots[:1])
    if not problem.visits:
        return
    timing = Timing(problem)
    islands = islands_of(timing)
    routes, _ = gather(islands)
    classes = shift_classes(islands[0].world).tolist()

    choice = choose(timing, islands)

    found = best_of(islands).cost if choice is None else cost_of(timing, dict(choice.orders))
    for orders in combinations(timing, routes, classes):
        if cost_of(timing, orders) < found - 1e-6 * max(1.0, found):
            with pytest.raises(OrderError):
                timing.loads(orders)


@SOME
@given(problems())
def test_an_island_goes_on_from_a_plan_that_passes_the_checker(problem: Problem) -> None:
    if not problem.visits:
        return
    timing = Timing(problem)
    islands = islands_of(timing)
    choice, best = choose(timing, islands), best_of(islands)
    if choice is None:
        return
    expected = cost_of(timing, dict(choice.orders))
    assert expected < best.cost

    best.go_on_from(choice.orders, choice.taken)

    solution = assemble(best_plan(timing, best), engine="hybrid", seed=1, seconds=0.0)
    assert check(problem, solution) == []
    assert best.cost <= expected + 1e-6 * max(1.0, expected)


def test_alike_shifts_of_different_technicians_stand_for_each_other() -> None:
    problem = on_a_line(
        *(0, 10, 20),
        shifts=(shift("A1"), shift("B1"), shift("C1", end=900), shift("D1"), shift("D2", start=1000, end=2000)),
        visits=(visit("v", 1), visit("w", 2, forbidden=frozenset("B"))),
    )
    unlike, alike = build_world(problem, Timing(problem).tables), replace(problem, visits=problem.visits[:1])

    assert shift_classes(unlike).tolist() == [0, 1, 2, 3, 4]
    assert shift_classes(build_world(alike, Timing(alike).tables)).tolist() == [0, 0, 2, 3, 4]


def a_busy_day() -> Problem:
    """Forty visits for five vans, every second one with a battery, of which the depot has ten."""
    random = np.random.default_rng(3)
    places = random.integers(0, 3000, 45).tolist()
    vans = (shift(f"T{i}", technician=f"T{i}", start_location=i, end_location=i, end=20000) for i in range(5))
    visits = (
        visit(f"v{i}", 5 + i, 1500, due=15000, lateness_cost=0.1, unserved_cost=9000.0, parts={"battery": i % 2})
        for i in range(40)
    )
    return on_a_line(*places, shifts=tuple(vans), visits=tuple(visits), depots=(Depot(0, 300, parts={"battery": 10}),))


def test_with_moves_as_the_budget_the_plan_put_together_is_the_same_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joins, "MIN_MOVES", 1)
    problem, options = a_busy_day(), SolveOptions(iterations=600, threads=2)

    plans = [solve(problem, "hybrid", options) for _ in range(2)]

    assert plans[0].routes == plans[1].routes
    assert check(problem, plans[0]) == []


def test_pieces_that_several_vans_want_are_handed_out_once() -> None:
    problem = a_busy_day()
    timing = Timing(problem)
    islands = islands_of(timing, 2000)

    choice = choose(timing, islands)

    assert choice is not None
    assert choice.taken.sum() <= 10


def test_a_search_for_a_plan_that_is_stopped_ends_without_one() -> None:
    timing = Timing(a_busy_day())
    islands = islands_of(timing, 300)
    choosing = Choosing(islands, best_plan(timing, best_of(islands)))

    choosing.stop()

    assert choosing.best(10.0) is None


def test_a_cancelled_run_does_not_wait_for_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joins, "MIN_MOVES", 1)
    problem, looks = a_busy_day(), iter(range(1000))

    # By the fourth look, after 600 moves, the plan is being put together.
    solution = solve(problem, "hybrid", SolveOptions(iterations=1000, should_stop=lambda: next(looks) > 3))

    assert check(problem, solution) == []
