"""A plan whose problem has moved on beneath it: what still holds stays, the rest is brought in elsewhere."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.amend import mend, settle, slots
from routing.check import check
from routing.objective import cost_by_term
from routing.problem import Depot, Problem
from routing.solution import Solution, StopKind
from routing.solve import solve
from routing.timing import Timing
from tests.routing.worlds import on_a_line, problems, shift, visit

SOME = settings(max_examples=60, deadline=None)


@pytest.fixture
def two_vans() -> tuple[Problem, Solution]:
    """A serves a and b, B serves c; all at 100 on a line, each for 10."""
    problem = on_a_line(
        *(0, 100),
        shifts=(shift("A1", end=400), shift("B1", end=400)),
        visits=(visit("a", 1), visit("b", 1), visit("c", 1)),
    )
    solution = Solution(Timing(problem).routes({0: [0, 1], 1: [2]}))
    return problem, replace(solution, cost=cost_by_term(problem, solution))


def test_where_everything_holds_nobody_moves(two_vans: tuple[Problem, Solution]) -> None:
    problem, solution = two_vans

    assert slots(problem, mend(problem, solution)) == slots(problem, solution)


def test_the_visits_of_a_shift_that_is_gone_go_to_others(two_vans: tuple[Problem, Solution]) -> None:
    problem, solution = two_vans
    alone = replace(problem, shifts=problem.shifts[1:])

    assert settle(alone, solution)[1] == ("a", "b")
    assert {visit: slot.shift for visit, slot in slots(alone, mend(alone, solution)).items()} == dict.fromkeys(
        ("a", "b", "c"), "B1"
    )


def test_of_a_late_technician_the_visits_stay_that_are_dearest_to_leave_out(
    two_vans: tuple[Problem, Solution],
) -> None:
    problem, solution = two_vans
    visits = (problem.visits[0], replace(problem.visits[1], unserved_cost=5000.0), problem.visits[2])
    # Both would take A until 505; B may do nothing but c.
    late = replace(
        problem,
        shifts=(replace(problem.shifts[0], start=285, end=500), problem.shifts[1]),
        visits=tuple(replace(v, forbidden=frozenset("B")) for v in visits[:2]) + visits[2:],
    )

    settled, homeless = settle(late, solution)

    assert homeless == ("a",)
    assert [stop.id for route in settled.routes for stop in route.stops] == ["b", "c"]


def test_nobody_drives_to_a_depot_for_a_visit_that_is_gone() -> None:
    problem = on_a_line(
        *(0, 100),
        shifts=(shift("A1", end=400),),
        visits=(visit("a", 1, parts={"battery": 1}),),
        depots=(Depot(1, 0, parts={"battery": None}),),
    )
    stale = solve(problem, "greedy")
    assert [stop.kind for stop in stale.routes[0].stops] == [StopKind.DEPOT, StopKind.VISIT]

    settled, homeless = settle(replace(problem, visits=()), stale)

    assert (settled.routes, homeless) == ((), ())


@SOME
@given(problems().filter(lambda problem: bool(problem.visits)), st.data())
def test_a_mended_plan_is_sound_whatever_changed(problem: Problem, data: st.DataObject) -> None:
    stale = solve(problem, "greedy")
    gone = data.draw(st.sampled_from([None, *problem.visits]))
    late = {shift.id: data.draw(st.integers(0, 60)) for shift in problem.shifts}
    now = replace(
        problem,
        visits=tuple(
            replace(v, duration=v.duration + data.draw(st.integers(0, 20)), previous=None)
            for v in problem.visits
            if v is not gone
        ),
        shifts=tuple(replace(s, start=min(s.end, s.start + late[s.id]), trunk={}) for s in problem.shifts),
    )

    settled, homeless = settle(now, stale)
    mended = mend(now, stale)

    assert check(now, settled) == []
    assert check(now, mended) == []
    planned = {v for v in slots(problem, stale) if v in now.visit_index}
    assert planned == {*slots(now, settled), *homeless}
    assert {*slots(now, settled)} <= {*slots(now, mended)}
    for visit_id, slot in slots(now, settled).items():
        assert slot.shift == slots(problem, stale)[visit_id].shift
