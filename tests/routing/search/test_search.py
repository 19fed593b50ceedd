"""What the compiled search believes about its routes, against the code that all engines share."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given, settings

from routing.kernels import make_draft, route_cost
from routing.problem import Depot, Problem
from routing.search.islands import Island, temperature, temperature_unit
from routing.search.resume import read_off
from routing.search.state import COST, VERSION, Plan
from routing.search.world import NEEDS, NO_NEEDS, build_world
from routing.territories import plan_of
from routing.timing import Timing
from tests.routing.worlds import on_a_line, problems, shift, visit

SOME = settings(max_examples=60, deadline=None)


def island_of(problem: Problem, num_moves: int, seed: int = 1) -> tuple[Island, Timing]:
    timing = Timing(problem)
    world = build_world(problem, timing.tables)
    island = Island(world, seed, 0)
    island.begin({}, np.zeros(island.best.taken.shape, np.int64))
    island.run(num_moves, temperature(0.5, temperature_unit(world)))
    return island, timing


def orders_of(plan: Plan, island: Island) -> dict[int, list[int]]:
    orders, _ = read_off(plan, island.world)
    return orders


def exact_cost(timing: Timing, s: int, order: list[int]) -> float:
    return float(route_cost(len(order), s, make_draft(np.array(order, np.int64), s, timing.tables), timing.tables))


def with_visit(order: list[int], visit: int, spot: tuple[int, int, int]) -> list[int]:
    position, depot, depot_position = spot
    longer = list(order)
    if depot >= 0:
        longer.insert(depot_position, depot)
    longer.insert(position, visit)
    return longer


def valid_prices(island: Island) -> Iterator[tuple[int, int, float, tuple[int, int, int]]]:
    """Visit, shift, price and spot of what the cache says about the present routes and visits without needs."""
    plan, cache = island.kept, island.cache
    for v in np.flatnonzero(plan.shift_of < 0).tolist():
        if island.world.nodes[v, NEEDS] != NO_NEEDS:
            continue
        for s in range(len(plan.figures) - 1):
            if cache.stamp[v, s] == plan.figures[s, VERSION] and np.isfinite(cache.price[v, s]):
                yield v, s, float(cache.price[v, s]), tuple(cache.spot[v, s].tolist())


@SOME
@given(problems())
def test_every_route_costs_what_the_shared_schedule_says(problem: Problem) -> None:
    if not problem.visits:
        return
    island, timing = island_of(problem, 20)

    for plan, orders in ((island.best, orders_of(island.best, island)), (island.kept, orders_of(island.kept, island))):
        for s, order in orders.items():
            assert plan.costs[s, COST] == pytest.approx(exact_cost(timing, s, order))


@SOME
@given(problems())
def test_every_plan_has_the_tools_and_parts_it_needs(problem: Problem) -> None:
    if not problem.visits:
        return
    island, timing = island_of(problem, 20)

    plan = plan_of(timing, *read_off(island.best, island.world))

    assert all((plan.stock_for(name) >= 0).all() for name in problem.shifts_of)


@SOME
@given(problems())
def test_a_price_is_never_less_than_what_the_insertion_costs(problem: Problem) -> None:
    if not problem.visits:
        return
    island, timing = island_of(problem, 20)
    orders = orders_of(island.kept, island)

    for v, s, price, spot in valid_prices(island):
        before = exact_cost(timing, s, orders[s]) if s in orders else 0.0
        after = exact_cost(timing, s, with_visit(orders.get(s, []), v, spot))
        assert price >= after - before - 1e-6


@SOME
@given(problems())
def test_the_cost_of_the_best_plan_is_the_sum_of_its_routes_and_of_whom_it_leaves_out(problem: Problem) -> None:
    if not problem.visits:
        return
    island, timing = island_of(problem, 30)
    orders = orders_of(island.best, island)
    served = {node for order in orders.values() for node in order if node < len(problem.visits)}

    left_out = sum(visit.unserved_cost for v, visit in enumerate(problem.visits) if v not in served)
    total = sum(exact_cost(timing, s, order) for s, order in orders.items()) + left_out

    assert island.cost == pytest.approx(total)


def test_the_plan_worked_on_equals_the_kept_one_between_rounds() -> None:
    visits = tuple(visit(f"v{i}", 1 + i % 5, 20, parts={"battery": i % 2}) for i in range(30))
    problem = on_a_line(
        *(0, 10, 25, 45, 70, 100),
        shifts=(shift("A1", trunk={"battery": 2}), shift("B1"), shift("C1", start=200)),
        visits=visits,
        depots=(Depot(0, 5, parts={"battery": 9}),),
    )
    island, _ = island_of(problem, 300)

    for mine, kept in zip(island.plan[2:9], island.kept[2:9], strict=True):
        rows = slice(0, -1) if len(mine) == len(problem.shifts) + 1 else slice(None)
        np.testing.assert_array_equal(mine[rows], kept[rows])


def test_a_search_that_is_told_to_stop_puts_nobody_in_and_makes_no_moves() -> None:
    problem = on_a_line(0, 10, shifts=(shift(),), visits=tuple(visit(f"v{i}", 1) for i in range(5)))
    world, stop = build_world(problem, Timing(problem).tables), np.ones(1, np.int64)
    island = Island(world, 1, 0, stop)
    nothing = np.zeros(island.best.taken.shape, np.int64)

    island.begin({}, nothing)
    island.run(1_000_000_000, 1.0)
    assert island.cost == pytest.approx(5000.0)

    stop[0] = 0
    island.begin({}, nothing)
    assert island.cost == pytest.approx(20.0)


def test_heat_is_measured_in_what_matters_where_ways_cost_nothing() -> None:
    late = tuple(visit(f"v{i}", 0, 60, due=10, lateness_cost=3.0) for i in range(4))
    dear = tuple(visit(f"v{i}", 1, preferred={"A": 7.0}) for i in range(4))
    for places, visits, unit in (
        ((0,), late, 180.0),
        ((0, 50), dear, 7.0),
        ((0, 50), (visit("v", 1, unserved_cost=0.0),), 1.0),
    ):
        problem = on_a_line(*places, shifts=(shift("A1", travel_cost=0.0), shift("B1", travel_cost=0.0)), visits=visits)

        assert temperature_unit(build_world(problem, Timing(problem).tables)) == pytest.approx(unit)
