"""What would bring a visit in, or bring it in on time."""

from math import inf, isfinite
from typing import Any

import pytest
from hypothesis import given, settings

from routing.check import check
from routing.objective import cost_by_term
from routing.problem import Break, Depot, Overtime, Pin, Problem, ProblemError, Visit
from routing.relax import Advice, RelaxationKind, advise
from routing.solution import Solution, StopKind
from routing.solve import solve
from tests.routing.test_live import planned
from tests.routing.worlds import on_a_line, problems, shift, visit

SOME = settings(max_examples=60, deadline=None)


def left_out(new: Visit, **values: Any) -> Problem:
    """A's shift of 1000 at 0, with a visit "a" at 100 that lasts 10 and comes first; the new one is not planned."""
    defaults = {"shifts": (shift(),), "visits": (visit("a", 1, windows=((0, 100),)), new)}
    return on_a_line(0, 100, 200, **(defaults | values))


def told(problem: Problem, **orders: list[str]) -> Advice:
    solution = planned(problem, **(orders or {"A1": ["a"]}))
    advice = advise(problem, solution, "new")
    for relaxation in advice.relaxations:
        assert check(relaxation.problem, relaxation.solution) == []
    return advice


@pytest.mark.parametrize(
    ("values", "kind", "sentence"),
    [
        ({"forbidden": frozenset({"A"})}, "technician", "A may come to new as well."),
        ({"technicians": frozenset({"B"})}, "technician", "A may come to new as well."),
        ({"skills": {"printer": 2}}, "skill", "A comes with printer 1 instead of 2."),
        ({"tools": frozenset({"probe"})}, "tool", "A starts with probe in the van."),
        ({"parts": {"screen": 2}}, "part_in_van", "1 screen from elsewhere in A's van."),
    ],
)
def test_a_rule_about_who_and_what_gives_way(values: dict[str, Any], kind: str, sentence: str) -> None:
    problem = left_out(visit("new", 2, **values), shifts=(shift(skills={"printer": 1}, trunk={"screen": 1}),))

    advice = told(problem)

    # To the visit at 100 and back it was 200; to 200 and back it is 400.
    (relaxation,) = advice.relaxations
    assert (relaxation.kind.value, relaxation.sentence) == (kind, sentence)
    assert (relaxation.shift, relaxation.start, relaxation.cost) == ("A1", 210, 200.0)
    (obstacle,) = advice.obstacles
    assert (obstacle.technician, obstacle.cost) == ("A", 200.0)


def test_a_part_to_spare_moves_from_another_van() -> None:
    shifts = (shift("A1"), shift("B1", trunk={"screen": 1}, skills={}))
    problem = left_out(visit("new", 2, parts={"screen": 1}, forbidden=frozenset({"B"})), shifts=shifts)

    first, second = told(problem).relaxations

    assert (first.kind, first.cost, first.sentence) == (
        RelaxationKind.PART_IN_VAN,
        200.0,
        "1 screen from B's van in A's van.",
    )
    assert [dict(shift.trunk) for shift in first.problem.shifts] == [{"screen": 1}, {"screen": 0}]
    assert (second.kind, second.technician, second.cost) == (RelaxationKind.TECHNICIAN, "B", 400.0)


def test_a_part_at_a_depot_is_fetched_on_the_way() -> None:
    problem = left_out(visit("new", 2, parts={"screen": 1}), depots=(Depot(1, 5),))

    van, depot = sorted(told(problem).relaxations, key=lambda relaxation: relaxation.kind, reverse=True)

    assert (van.kind, van.start, van.cost) == (RelaxationKind.PART_IN_VAN, 210, 200.0)
    assert (depot.kind, depot.start, depot.cost) == (RelaxationKind.PART_AT_DEPOT, 215, 200.0)
    assert depot.sentence == "1 screen at depot 0, where A can fetch it."
    assert depot.problem.depots[0].parts == {"screen": 1}


def test_a_window_is_stretched_to_the_cheapest_start() -> None:
    problem = left_out(visit("new", 2, windows=((0, 60), (900, 950))))

    kinds = {relaxation.kind: relaxation for relaxation in told(problem).relaxations}

    # Waiting for the second window would need overtime.
    assert kinds.keys() == {RelaxationKind.WINDOW, RelaxationKind.OVERTIME}
    relaxation = kinds[RelaxationKind.WINDOW]
    assert (relaxation.start, relaxation.cost) == (210, 200.0)
    assert relaxation.problem.visits[1].windows == ((0, 210), (900, 950))
    assert relaxation.sentence == "new may start 00:00 to 00:03, 00:15 to 00:15: A at 00:03."


def test_a_pinned_time_can_be_given_up() -> None:
    (relaxation,) = told(left_out(visit("new", 2, pin=Pin(technician="A", start=50)))).relaxations

    assert (relaxation.kind, relaxation.start) == (RelaxationKind.WINDOW, 210)
    assert relaxation.problem.visits[1].pin == Pin(technician="A")


def test_overtime_is_as_long_as_needed() -> None:
    problem = left_out(visit("new", 1, 400), shifts=(shift(end=500, overtime=Overtime(60, 2.0)), shift("B1", end=10)))

    advice = told(problem)

    # Back at 100 + 10 + 400 + 100 = 610: 110 of overtime, 50 more than allowed.
    (relaxation,) = (relaxation for relaxation in advice.relaxations if relaxation.shift == "A1")
    assert (relaxation.kind, relaxation.cost) == (RelaxationKind.OVERTIME, 220.0)
    assert relaxation.problem.shifts[0].overtime == Overtime(110, 2.0)
    assert relaxation.sentence == "1 min more of overtime for A1, until 00:10."
    assert [(obstacle.reason.code.value, obstacle.cost) for obstacle in advice.obstacles] == [
        ("shift", 220.0),
        ("shift", 200.0 + 2.0 * 590),
    ]


def test_overtime_ends_when_the_next_shift_begins() -> None:
    shifts = (shift(end=500), shift("A2", start=600, end=600))
    problem = left_out(visit("new", 1, 400, windows=((0, 500),)), shifts=shifts)

    assert told(problem).relaxations == ()
    assert [obstacle.cost for obstacle in told(problem).obstacles] == [inf]


def test_the_next_day_is_offered() -> None:
    shifts = (shift(), shift("A2", start=5000, end=6000))
    problem = left_out(visit("new", 2, 595, windows=((0, 900),)), shifts=shifts)

    kinds = {relaxation.kind: relaxation for relaxation in told(problem).relaxations}

    next_day = kinds[RelaxationKind.NEXT_DAY]
    assert (next_day.shift, next_day.start, next_day.cost) == ("A2", 5200, 400.0)
    assert next_day.problem.visits[1].windows == ((0, 900), (5000, 6000))


def test_a_visit_that_is_only_dear_needs_no_rule_to_give_way() -> None:
    (relaxation,) = told(left_out(visit("new", 2, unserved_cost=5.0))).relaxations

    assert (relaxation.kind, relaxation.cost) == (RelaxationKind.NONE, 200.0)
    assert relaxation.sentence == "A can come for 200.00 more."


def test_a_late_visit_is_brought_in_on_time() -> None:
    late = visit("new", 2, due=150, lateness_cost=2.0, breach_cost=10.0, skills={"printer": 1})
    shifts = (shift(skills={"printer": 1}), shift("B1", start_location=1, end_location=1))
    problem = left_out(late, shifts=shifts)

    advice = told(problem, A1=["a", "new"])

    # A would be there at 200 even without "a"; B drives 200 there and back. A spares 200 of travel, 60 late and 10.
    (relaxation,) = advice.relaxations
    assert (relaxation.kind, relaxation.technician, relaxation.start) == (RelaxationKind.SKILL, "B", 100)
    assert relaxation.cost == pytest.approx(200.0 - 200.0 - 2.0 * 60 - 10.0)
    assert [obstacle.reason.code.value for obstacle in advice.obstacles] == ["window", "skill"]


@pytest.mark.parametrize("due", [None, 500])
def test_a_visit_on_time_needs_no_advice(due: int | None) -> None:
    problem = left_out(visit("new", 2, due=due))
    solution = planned(problem, A1=["a", "new"])

    with pytest.raises(ProblemError, match="visit: expected one that is left out or late, got 'new'"):
        advise(problem, solution, "new")
    with pytest.raises(ProblemError, match="visit: expected the id of a visit, got 'nobody'"):
        advise(problem, solution, "nobody")


def test_a_break_in_the_way_is_no_rule_of_the_visit() -> None:
    problem = left_out(visit("new", 1, 700), shifts=(shift(breaks=(Break(100, 400, 400),)),))

    kinds = {relaxation.kind for relaxation in told(problem).relaxations}

    assert kinds <= {RelaxationKind.OVERTIME}


def test_the_example_of_the_documentation_is_right() -> None:
    hour, rate = 3600, {"start": 8 * 3600, "end": 16 * 3600, "travel_cost": 1 / 120}
    problem = on_a_line(
        *(0, 1200, 3000),
        shifts=(
            shift("Ana", technician="Ana", skills={"printer": 2}, overtime=Overtime(1800, 0.0125), **rate),
            shift("Ben", technician="Ben", skills={"printer": 1}, **rate),
        ),
        visits=(
            visit("J1", 1, 2 * hour),
            visit("J2", 2, 3 * hour),
            visit("new", 2, 2 * hour, windows=((13 * hour, 14 * hour),), skills={"printer": 2}),
        ),
    )

    advice = told(problem, Ana=["J1", "J2"])

    assert [(obstacle.reason.code.value, obstacle.cost) for obstacle in advice.obstacles] == [
        ("full", pytest.approx(30.0)),
        ("skill", pytest.approx(50.0)),
    ]
    assert [(relaxation.sentence, relaxation.cost) for relaxation in advice.relaxations] == [
        ("10 min more of overtime for Ana, until 16:40.", pytest.approx(30.0)),
        ("Ben comes with printer 1 instead of 2.", pytest.approx(50.0)),
    ]


@SOME
@given(problems())
def test_every_relaxation_holds_what_it_promises(problem: Problem) -> None:
    solution = solve(problem, "greedy")
    starts = {stop.id: stop.start for route in solution.routes for stop in route.stops if stop.kind is StopKind.VISIT}

    for some in problem.visits:
        is_late = some.id in starts and some.due is not None and starts[some.id] > some.due
        if is_late or some.id not in starts:
            advice = advise(problem, solution, some.id, per_kind=2)
            assert [obstacle.technician for obstacle in advice.obstacles] == list(problem.shifts_of)
            assert_kept(problem, solution, some, advice, is_late=is_late)


def assert_kept(problem: Problem, solution: Solution, some: Visit, advice: Advice, *, is_late: bool) -> None:
    assert [r.cost for r in advice.relaxations] == sorted(r.cost for r in advice.relaxations)
    for relaxation in advice.relaxations:
        assert check(relaxation.problem, relaxation.solution) == []
        found = {
            stop.id: (route.shift, stop.start)
            for route in relaxation.solution.routes
            for stop in route.stops
            if stop.kind is StopKind.VISIT
        }
        assert found[some.id] == (relaxation.shift, relaxation.start)
        grown = cost_by_term(relaxation.problem, relaxation.solution)["total"] - solution.cost["total"]
        assert relaxation.cost == pytest.approx(grown if is_late else grown + some.unserved_cost, abs=1e-6)
        assert isfinite(relaxation.cost)
        if is_late and some.due is not None:
            assert relaxation.start <= some.due
        # Nobody else is dropped for it.
        assert len(relaxation.solution.unserved) == len(solution.unserved) - (not is_late)
