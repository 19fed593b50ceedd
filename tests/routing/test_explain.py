"""Why a visit is not in the plan."""

from typing import Any

import pytest

from routing.explain import Room, reasons_for, with_reasons
from routing.problem import Break, Depot, Pin, Problem, Visit
from routing.solve import solve
from routing.timing import Timing
from tests.routing.worlds import on_a_line, shift, visit


def reasons(problem: Problem, left_out: Visit) -> list[tuple[str, str]]:
    solution = solve(problem, "greedy")
    found = {unserved.visit: unserved.reasons for unserved in solution.unserved}[left_out.id]
    assert reasons_for(problem, solution, left_out) == found
    return [(reason.code.value, reason.sentence) for reason in found]


@pytest.mark.parametrize(
    ("values", "code", "sentence"),
    [
        ({"technicians": frozenset({"B"})}, "not_allowed", "A is not among the technicians allowed: B."),
        ({"technicians": frozenset()}, "not_allowed", "A is not among the technicians allowed: nobody."),
        ({"forbidden": frozenset({"A"})}, "not_allowed", "A is forbidden for this visit."),
        ({"skills": {"printer": 3}}, "skill", "printer is needed at level 3, A has level 2."),
        ({"tools": frozenset({"probe"})}, "tool", "A has no probe, and no depot has."),
        ({"parts": {"battery": 3}}, "part", "battery: 3 needed, A has 1 left and the depots 1."),
        ({"windows": ((0, 50),)}, "window", "A can start between 100 and 890, allowed: 0 to 50."),
        ({"release": 950}, "window", "A can start between 100 and 890, allowed: from 950."),
        ({"windows": ((0, 500),), "release": 600}, "window", "A can start between 100 and 890, allowed: never."),
        ({"pin": Pin(start=50)}, "pin", "A can start between 100 and 890, allowed: 50 to 50."),
        ({"duration": 801}, "shift", "Even alone it takes until 1001, the shift lasts until 1000."),
        ({"duration": 790}, "shift", "The breaks of A1 leave no room for it, even alone."),
        ({"unserved_cost": 3.0}, "full", "It fits for 200.00 more, leaving it out costs 3.00."),
    ],
)
def test_the_first_obstacle_is_named(values: dict[str, Any], code: str, sentence: str) -> None:
    left_out = Visit(**({"id": "v", "location": 1, "duration": 10, "unserved_cost": 1000.0} | values))
    problem = on_a_line(
        *(0, 100),
        shifts=(shift(skills={"printer": 2}, trunk={"battery": 1}, breaks=(Break(60, 400, 500),)),),
        visits=(left_out,),
        depots=(Depot(0, parts={"battery": 1}),),
    )

    assert reasons(problem, left_out) == [(code, sentence)]


def test_a_pin_to_somebody_else_is_named() -> None:
    left_out = visit("v", 1, pin=Pin(technician="B"), skills={"printer": 1})
    problem = on_a_line(0, 100, shifts=(shift("A1"), shift("B1")), visits=(left_out,))

    assert reasons(problem, left_out) == [
        ("pin", "The visit is pinned to B."),
        ("skill", "printer is needed at level 1, B has level 0."),
    ]


def test_a_full_shift_is_named() -> None:
    visits = (visit("dear", 1, 700, unserved_cost=5000.0), visit("v", 1, 400))
    problem = on_a_line(0, 100, shifts=(shift(),), visits=visits)

    ((code, sentence),) = reasons(problem, visits[1])

    assert code == "full"
    assert sentence == "No place between the stops of this plan is long enough, with what has to be fetched."


def test_parts_that_other_visits_used_up_are_named() -> None:
    visits = (
        visit("dear", 1, parts={"battery": 1}, unserved_cost=5000.0),
        visit("v", 1, parts={"battery": 1}),
    )
    problem = on_a_line(0, 100, shifts=(shift(trunk={"battery": 1}),), visits=visits)

    assert reasons(problem, visits[1]) == [("part", "battery: 1 needed, A has 0 left and the depots 0.")]


def test_in_a_large_plan_the_reasons_are_those_of_the_nearest_shifts() -> None:
    shifts = tuple(shift(f"{name}1", start_location=i, end_location=i) for i, name in enumerate("ABCDE"))
    visits = (visit("near C", 2, skills={"none": 1}), visit("near D", 3, skills={"none": 1}))
    problem = on_a_line(0, 110, 200, 290, 400, shifts=shifts, visits=visits)

    first, second = with_reasons(Timing(problem), solve(problem, "greedy"), Room(in_all=4, for_each=2)).unserved

    assert [reason.shift for reason in first.reasons] == ["B1", "C1"]
    assert [reason.shift for reason in second.reasons] == ["C1", "D1"]
