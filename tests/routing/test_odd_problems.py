"""Problems at the edge of what can be stated have a defined answer, the same from every engine."""

from dataclasses import replace

import numpy as np
import pytest

from routing.check import ViolationCode, check
from routing.engines import SolveOptions
from routing.problem import MAX_COST, MAX_TIME, NO_ROAD, Break, Depot, Overtime, Pin, Problem
from routing.solution import ReasonCode, Solution
from routing.solve import ENGINES, solve
from tests.routing.worlds import on_a_line, shift, visit

engines = pytest.mark.parametrize("engine", sorted(ENGINES))


def plan(problem: Problem, engine: str) -> Solution:
    """A short run whose plan passes the check."""
    solution = solve(problem, engine, SolveOptions(iterations=200))
    assert check(problem, solution) == []
    return solution


def reason(solution: Solution, visit_id: str) -> tuple[ReasonCode, str]:
    """The first reason why a visit was left out."""
    (left_out,) = (left_out for left_out in solution.unserved if left_out.visit == visit_id)
    return left_out.reasons[0].code, left_out.reasons[0].sentence


@engines
def test_without_shifts_everything_is_left_out_for_no_reason(engine: str) -> None:
    solution = plan(on_a_line(0, shifts=(), visits=(visit("v", 0),)), engine)

    assert (solution.routes, [left_out.reasons for left_out in solution.unserved]) == ((), [()])


@engines
def test_without_visits_nobody_drives(engine: str) -> None:
    solution = plan(on_a_line(0, 10, shifts=(shift(start_location=0, end_location=1),), visits=()), engine)

    assert (solution.routes, solution.unserved, solution.cost["total"]) == ((), (), 0.0)


@engines
def test_nobody_drives_where_no_road_leads(engine: str) -> None:
    # From the home 0 only 1 can be reached, from there everything; an island is 3.
    travel = np.array(
        [[0, 10, NO_ROAD, NO_ROAD], [10, 0, 10, NO_ROAD], [10, 10, 0, NO_ROAD], [NO_ROAD, NO_ROAD, NO_ROAD, 0]]
    )
    problem = Problem(
        travel=travel, shifts=(shift(end=MAX_TIME),), visits=(visit("near", 1), visit("far", 2), visit("island", 3))
    )

    solution = plan(problem, engine)

    assert [stop.id for stop in solution.routes[0].stops] == ["near", "far"]
    assert reason(solution, "island") == (ReasonCode.SHIFT, "No road leads there from where the shift starts.")


@engines
def test_there_must_be_a_road_back(engine: str) -> None:
    problem = Problem(travel=np.array([[0, 10], [NO_ROAD, 0]]), shifts=(shift(),), visits=(visit("v", 1),))

    sentence = "No road leads from there to where the shift ends."
    assert reason(plan(problem, engine), "v") == (ReasonCode.SHIFT, sentence)


def test_a_plan_over_a_road_that_is_not_there_fails_the_check() -> None:
    problem = on_a_line(0, 10, shifts=(shift(),), visits=(visit("v", 1),))
    solution = plan(problem, "greedy")
    travel = problem.travel.copy()
    travel[1, 0] = NO_ROAD

    found = {violation.code: violation.sentence for violation in check(replace(problem, travel=travel), solution)}

    assert found[ViolationCode.NO_ROAD] == "A1 drives from location 1 to 0, where no road leads."


@engines
@pytest.mark.parametrize(
    ("never", "code"),
    [
        # Before it is released.
        ({"windows": ((0, 50),), "release": 60}, ReasonCode.WINDOW),
        # Pinned to a time outside its windows.
        ({"windows": ((0, 50),), "pin": Pin(start=60)}, ReasonCode.PIN),
        # Pinned to a start and to a window without it.
        ({"pin": Pin(start=60, window=(70, 80))}, ReasonCode.PIN),
        # Pinned to somebody who may not come.
        ({"pin": Pin(technician="A"), "forbidden": frozenset("A")}, ReasonCode.NOT_ALLOWED),
        # Nobody is allowed.
        ({"technicians": frozenset()}, ReasonCode.NOT_ALLOWED),
        # After everybody has gone home.
        ({"windows": ((5000, 6000),)}, ReasonCode.WINDOW),
        # Longer than any shift.
        ({"duration": MAX_TIME}, ReasonCode.SHIFT),
        # A level, a tool and a number of pieces that nobody has.
        ({"skills": {"printer": 1}}, ReasonCode.SKILL),
        ({"tools": frozenset({"probe"})}, ReasonCode.TOOL),
        ({"parts": {"battery": 3}}, ReasonCode.PART),
    ],
)
def test_what_nobody_can_ever_do_is_left_out_and_the_rest_is_planned(
    never: dict[str, object], code: ReasonCode, engine: str
) -> None:
    problem = on_a_line(
        *(0, 10),
        shifts=(shift(trunk={"battery": 2}),),
        visits=(visit("never", 1, **({"duration": 10} | never)), visit("other", 1)),  # type: ignore[arg-type]
    )

    solution = plan(problem, engine)

    assert reason(solution, "never")[0] == code
    assert [stop.id for stop in solution.routes[0].stops] == ["other"]


@engines
def test_a_break_that_fits_nowhere_keeps_the_shift_at_home(engine: str) -> None:
    problem = on_a_line(
        0, 10, shifts=(shift(end=100, breaks=(Break(90, 5, 15),)),), visits=(visit("v", 1, windows=((60, 80),)),)
    )

    assert reason(plan(problem, engine), "v")[0] == ReasonCode.SHIFT


@engines
def test_the_last_moment_of_the_horizon_is_not_passed(engine: str) -> None:
    problem = on_a_line(
        0,
        10,
        shifts=(shift(start=MAX_TIME - 100, end=MAX_TIME, overtime=Overtime(MAX_TIME, 1.0)),),
        visits=(visit("in", 1, 80), visit("out", 1, 50)),
    )

    solution = plan(problem, engine)

    assert [route.return_ for route in solution.routes] == [MAX_TIME]
    assert [left_out.visit for left_out in solution.unserved] == ["out"]


@engines
def test_the_largest_rates_and_amounts_add_up_without_overflow(engine: str) -> None:
    dear = {"lateness_cost": MAX_COST, "breach_cost": MAX_COST, "due": -MAX_TIME}
    problem = on_a_line(
        *(0, 500_000_000),
        shifts=(
            shift(end=MAX_TIME, travel_cost=MAX_COST, work_cost=MAX_COST, fixed_cost=MAX_COST),
            shift("B1", end=MAX_TIME, travel_cost=0.0),
        ),
        visits=(
            visit("late", 1, 0, unserved_cost=MAX_COST, **dear),
            visit("free", 1, 0, unserved_cost=MAX_COST),
        ),
        depots=(Depot(0, MAX_TIME),),
    )

    solution = plan(problem, engine)

    assert solution.cost["total"] == MAX_COST
    assert [route.shift for route in solution.routes] == ["B1"]
    assert [left_out.visit for left_out in solution.unserved] == ["late"]
