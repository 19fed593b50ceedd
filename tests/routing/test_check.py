"""The checker: silent on a right plan, and it names every mistake planted in one."""

from dataclasses import replace

import pytest

from routing.check import check, recompute_cost
from routing.objective import cost_by_term
from routing.problem import Break, Depot, Overtime, Pin, Previous, Problem
from routing.solution import Route, Solution, Stop, StopKind, Unserved
from tests.routing.worlds import on_a_line, shift, visit

PROBLEM = on_a_line(
    *(0, 10, 20),
    shifts=(
        shift(
            "A1",
            end=300,
            skills={"printer": 2},
            tools=frozenset({"loader"}),
            trunk={"battery": 1},
            overtime=Overtime(50, 2.0),
            breaks=(Break(30, 100, 120),),
            fixed_cost=7.0,
            work_cost=0.5,
        ),
        shift("B1"),
    ),
    visits=(
        visit("v1", 1, 20, windows=((20, 40), (60, 80)), skills={"printer": 2}, parts={"battery": 1}, release=15),
        visit(
            "v2", 2, 20, due=90, lateness_cost=3.0, breach_cost=11.0, tools=frozenset({"probe"}), parts={"screen": 2}
        ),
        visit("v3", 2, 20, pin=Pin("A", 200, (150, 250)), preferred={"B": 5.0}, previous=Previous("B1", 190, 9.0, 0.1)),
        visit("v4", 1, 20, technicians=frozenset({"B"}), forbidden=frozenset({"C"})),
    ),
    depots=(Depot(0, 5, frozenset({"probe"}), {"screen": 2}),),
)

STOPS = (
    Stop(StopKind.DEPOT, "0", 0, 5, 5, 10, {"screen": 2}),
    Stop(StopKind.VISIT, "v1", 1, 20, 20, 40),
    Stop(StopKind.VISIT, "v2", 2, 50, 95, 115),
    Stop(StopKind.BREAK, "0", 2, 115, 115, 145),
    Stop(StopKind.VISIT, "v3", 2, 145, 200, 220),
)
RIGHT = Solution(
    routes=(Route("A1", STOPS, 5, 240),),
    unserved=(Unserved("v4"),),
    cost={
        "fixed": 7.0,
        "travel": 40.0,
        "work": 117.5,
        "overtime": 0.0,
        "lateness": 15.0,
        "breach": 11.0,
        "unserved": 1000.0,
        "change": 10.0,
        "preference": 5.0,
        "total": 1205.5,
    },
)


def with_stop(position: int, **values: object) -> Solution:
    stops = list(STOPS)
    stops[position] = replace(stops[position], **values)  # type: ignore[arg-type]
    return replace(RIGHT, routes=(replace(RIGHT.routes[0], stops=tuple(stops)),))


def with_route(**values: object) -> Solution:
    return replace(RIGHT, routes=(replace(RIGHT.routes[0], **values),))  # type: ignore[arg-type]


def with_visit(position: int, **values: object) -> Problem:
    visits = list(PROBLEM.visits)
    visits[position] = replace(visits[position], **values)  # type: ignore[arg-type]
    return replace(PROBLEM, visits=tuple(visits))


def with_shift(**values: object) -> Problem:
    return replace(PROBLEM, shifts=(replace(PROBLEM.shifts[0], **values), PROBLEM.shifts[1]))  # type: ignore[arg-type]


def codes(problem: Problem, solution: Solution) -> set[str]:
    return {violation.code.value for violation in check(problem, solution)}


def test_a_right_plan_has_no_violation() -> None:
    assert check(PROBLEM, RIGHT) == []


def test_the_checker_and_the_objective_agree_term_by_term() -> None:
    assert recompute_cost(PROBLEM, RIGHT) == cost_by_term(PROBLEM, RIGHT) == RIGHT.cost


@pytest.mark.parametrize(
    ("code", "solution"),
    [
        ("unknown", with_route(shift="Z9")),
        ("unknown", with_stop(1, id="nobody")),
        ("unknown", with_stop(0, id="1")),
        ("unknown", with_stop(3, id="1")),
        ("unknown", replace(RIGHT, unserved=(Unserved("v4"), Unserved("nobody")))),
        ("unknown", with_route(stops=())),
        ("duplicate", replace(RIGHT, routes=RIGHT.routes * 2)),
        ("duplicate", with_route(stops=(*STOPS, STOPS[4]))),
        ("duplicate", with_route(stops=(*STOPS, STOPS[3]))),
        ("location", with_stop(1, location=2)),
        ("location", with_stop(0, location=1)),
        ("location", with_stop(3, location=0)),
        ("location", with_stop(1, location=99)),
        ("time", with_stop(1, arrive=19)),
        ("time", with_stop(2, start=45)),
        ("time", with_stop(1, leave=39)),
        ("time", with_stop(3, leave=140)),
        ("time", with_route(return_=239)),
        ("shift", with_route(depart=-1)),
        ("overtime", with_route(return_=351)),
        ("window", with_stop(1, start=50)),
        ("break", with_stop(3, start=121)),
        ("break", with_route(stops=(*STOPS[:3], STOPS[4]))),
        ("part", with_stop(0, taken={"screen": 1})),
        ("depot_stock", with_stop(0, taken={"screen": 3})),
        ("depot_stock", with_stop(0, taken={"paper": 1})),
        ("depot_stock", with_stop(0, taken={"screen": -1})),
        ("depot_stock", with_stop(1, taken={"screen": 1})),
        ("part", with_route(stops=STOPS[1:])),
        ("tool", with_route(stops=STOPS[1:])),
        ("unserved", replace(RIGHT, unserved=())),
        ("unserved", replace(RIGHT, unserved=(Unserved("v4"), Unserved("v4")))),
        ("unserved", replace(RIGHT, unserved=(Unserved("v4"), Unserved("v1")))),
        ("cost", replace(RIGHT, cost={**RIGHT.cost, "total": 1205.0})),
        ("cost", replace(RIGHT, cost={**RIGHT.cost, "total": float("nan")})),
        ("cost", replace(RIGHT, cost={})),
        ("cost", replace(RIGHT, cost={**RIGHT.cost, "charm": 0.0})),
        ("cost", replace(RIGHT, bound=1206.0)),
    ],
)
def test_a_mistake_in_the_plan_is_found(code: str, solution: Solution) -> None:
    assert code in codes(PROBLEM, solution)


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("skill", with_visit(0, skills={"printer": 3})),
        ("skill", with_visit(0, skills={"screen": 1})),
        ("tool", with_visit(0, tools=frozenset({"hammer"}))),
        ("part", with_visit(0, parts={"battery": 2})),
        ("release", with_visit(0, release=21)),
        ("window", with_visit(0, windows=((0, 19), (21, 50)))),
        ("not_allowed", with_visit(0, technicians=frozenset({"B"}))),
        ("not_allowed", with_visit(0, technicians=frozenset())),
        ("not_allowed", with_visit(0, forbidden=frozenset({"A"}))),
        ("pin", with_visit(0, pin=Pin(technician="B"))),
        ("pin", with_visit(0, pin=Pin(start=21))),
        ("pin", with_visit(0, pin=Pin(window=(0, 19)))),
        ("shift", with_shift(start=6)),
        ("overtime", with_shift(end=189)),
        ("break", with_shift(breaks=(Break(30, 100, 120), Break(5, 50, 60)))),
        ("part", with_shift(trunk={})),
    ],
)
def test_a_plan_that_breaks_a_rule_of_the_problem_is_refused(code: str, problem: Problem) -> None:
    assert code in codes(problem, RIGHT)


def test_the_amount_says_by_how_much() -> None:
    (violation,) = check(with_shift(end=180), replace(RIGHT, cost=recompute_cost(with_shift(end=180), RIGHT)))

    assert (violation.where, violation.amount) == ("A1", 10)
    assert violation.sentence == "A1 is back at 240, the shift ends at 180 with 50 of overtime allowed."


def test_overtime_within_its_limit_is_allowed_and_paid() -> None:
    problem = with_shift(end=200)
    solution = replace(RIGHT, cost={**RIGHT.cost, "overtime": 80.0, "total": 1285.5})

    assert check(problem, solution) == []


def test_two_shifts_of_a_technician_share_one_trunk_in_order_of_time() -> None:
    problem = on_a_line(
        *(0, 10),
        # Listed in the wrong order on purpose; the trunk of the later shift does not count.
        shifts=(shift("A2", start=2000, end=3000, trunk={"battery": 5}), shift("A1", trunk={"battery": 1})),
        visits=(visit("first", 1, parts={"battery": 1}), visit("second", 1, parts={"battery": 1})),
    )
    stops = [Stop(StopKind.VISIT, name, 1, at, at, at + 10) for name, at in (("first", 10), ("second", 2010))]
    routes = (Route("A1", (stops[0],), 0, 30), Route("A2", (stops[1],), 2000, 2030))
    solution = Solution(routes, cost=recompute_cost(problem, Solution(routes)))

    (violation,) = check(problem, solution)

    assert (violation.code, violation.where, violation.amount) == ("part", "second", 1)


@pytest.mark.parametrize(("location", "drive"), [(0, 0), (1, 10)])
def test_a_break_may_be_before_or_after_the_drive(location: int, drive: int) -> None:
    problem = on_a_line(0, 10, shifts=(shift(breaks=(Break(30, 0, 50),)),), visits=(visit("v", 1),))
    rest = Stop(StopKind.BREAK, "0", location, drive, drive, drive + 30)
    served = Stop(StopKind.VISIT, "v", 1, 40, 40, 50)
    solution = Solution((Route("A1", (rest, served), 0, 60),))

    assert check(problem, replace(solution, cost=recompute_cost(problem, solution))) == []
