"""The loads of the vans: listed with every plan, held against its stops by the checker, kept in files."""

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.loadout import PRINTER, first_come, fixed_stock, plan, together
from routing.check import ViolationCode, check
from routing.formats.contract import read_solution, solution_from, write_solution
from routing.loads import loads_of
from routing.problem import Depot, Problem, ProblemError
from routing.solution import Load, Solution
from routing.solve import solve
from tests.routing.worlds import on_a_line, shift, visit


def a_day() -> Problem:
    """Two batteries are wanted at 10 and 20; the van stands where they are kept."""
    return on_a_line(
        *(0, 10, 20),
        shifts=(shift("A1"),),
        visits=(visit("v", 1, parts={"battery": 1}), visit("w", 2, parts={"battery": 1})),
        depots=(Depot(0, 5, parts={"battery": 2}),),
    )


def a_plan() -> Solution:
    return solve(a_day(), "greedy")


def test_a_van_loads_where_it_starts_and_departs_after_loading() -> None:
    (route,) = a_plan().routes

    assert [(stop.id, stop.arrive, stop.start) for stop in route.stops] == [("0", 0, 0), ("w", 25, 25), ("v", 45, 45)]
    assert a_plan().loads == (Load("A1", "A", 0, {"battery": 2}),)


def test_what_a_van_takes_at_several_stops_at_one_depot_is_one_load() -> None:
    (route,) = a_plan().routes
    loading = replace(route.stops[0], taken={"battery": 1})

    loads = loads_of(a_day(), [replace(route, stops=(loading, route.stops[1], loading, route.stops[2]))])

    assert loads == (Load("A1", "A", 0, {"battery": 2}),)


@pytest.mark.parametrize(
    "loads",
    [
        (),  # nothing listed
        (Load("A1", "A", 0, {"battery": 1}),),  # less than the stops take
        (Load("A1", "A", 0, {"battery": 2, "screen": 1}),),  # something else besides
        (Load("A1", "A", 1, {"battery": 2}),),  # at another depot
        (Load("A1", "B", 0, {"battery": 2}),),  # in somebody else's van
    ],
)
def test_loads_that_differ_from_what_the_stops_take_are_a_violation(loads: tuple[Load, ...]) -> None:
    violations = check(a_day(), replace(a_plan(), loads=loads))

    assert {violation.code for violation in violations} == {ViolationCode.LOAD}


def test_a_plan_without_a_list_of_loads_is_judged_by_its_stops() -> None:
    assert check(a_day(), replace(a_plan(), loads=None)) == []


def test_loads_are_written_and_read_back(tmp_path: Path) -> None:
    solution = a_plan()

    write_solution(solution, tmp_path / "solution.json")

    assert read_solution(tmp_path / "solution.json").loads == solution.loads


def test_a_malformed_load_is_refused_with_its_path() -> None:
    document = {"routes": [], "cost": {}, "loads": [{"shift": "A1", "technician": "A", "depot": -1, "parts": {}}]}

    with pytest.raises(ProblemError, match=r"loads\[0\].depot: expected"):
        solution_from(document)


def test_deciding_what_each_van_loads_with_the_routes_beats_first_come_and_fixed_stock() -> None:
    cost = {make: plan(make(), 2000).cost["total"] for make in (together, first_come, fixed_stock)}

    assert cost[together] < min(cost[first_come], cost[fixed_stock])


def test_no_more_printers_leave_the_warehouse_than_there_are() -> None:
    loads = plan(together(), 2000).loads or ()

    assert sum(load.parts[PRINTER] for load in loads) <= 5
    assert len({load.shift for load in loads}) > 1
