"""A plan changed by hand: one visit elsewhere, everything else in its order, and what that breaks."""

from dataclasses import replace

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routing.amend import slots
from routing.check import ViolationCode, check
from routing.moves import Bent, NoWay, as_ordered, bent, moved, order_of
from routing.objective import cost_by_term
from routing.problem import NO_ROAD, Depot, Overtime, Pin, Problem, ProblemError
from routing.solution import Solution
from routing.solve import solve
from tests.routing.test_live import planned
from tests.routing.worlds import on_a_line, problems, shift, visit

SOME = settings(max_examples=150, deadline=None)


def orders(plan: Solution) -> dict[str, tuple[str | int, ...]]:
    return {route.shift: order_of(route) for route in plan.routes}


def breaks(problem: Problem, plan: Solution, move: str = "") -> list[tuple[ViolationCode, str, float]]:
    """What a plan breaks, having made sure that the bent problem is one which it solves."""
    found = bent(problem, plan, moved=move)
    assert violations_of(found, plan) == []
    return [(one.code, one.where, one.amount) for one in found.broken]


def violations_of(found: Bent, plan: Solution) -> list[object]:
    return list(check(found.problem, replace(plan, cost=cost_by_term(found.problem, plan))))


@pytest.fixture
def street() -> Problem:
    """Visits every hundred seconds down a street, at whose beginning A and B live."""
    return on_a_line(
        *(0, 100, 200, 300),
        shifts=(shift("A1"), shift("B1")),
        visits=(visit("a", 1), visit("b", 2), visit("c", 3)),
    )


def test_a_visit_goes_before_the_one_that_was_named(street: Problem) -> None:
    plan = planned(street, A1=["a", "b"], B1=["c"])

    after = moved(street, plan, "c", "A1", before="b")

    assert orders(after) == {"A1": ("a", "c", "b")}
    assert breaks(street, after) == []
    assert slots(street, after)["b"].start == 100 + 10 + 200 + 10 + 100


def test_without_a_name_a_visit_comes_last(street: Problem) -> None:
    plan = planned(street, A1=["a", "b", "c"])

    assert orders(moved(street, plan, "a", "A1")) == {"A1": ("b", "c", "a")}


def test_a_visit_that_nobody_makes_comes_in_and_one_that_somebody_makes_goes_out(street: Problem) -> None:
    plan = planned(street, A1=["a"])

    assert orders(moved(street, plan, "c", "B1")) == {"A1": ("a",), "B1": ("c",)}
    out = moved(street, plan, "a", None)
    assert orders(out) == {}
    assert [one.visit for one in out.unserved] == ["a", "b", "c"]
    assert out.cost["unserved"] == 3000.0


def test_who_comes_after_the_window_is_late_by_what_the_order_asks_for_and_no_more(street: Problem) -> None:
    tight = replace(street, visits=(*street.visits[:2], visit("c", 3, windows=((0, 305),))))
    plan = planned(tight, A1=["a", "b"], B1=["c"])

    after = moved(tight, plan, "c", "A1", before="b")

    # Straight to a, ten seconds of work, straight to c.
    assert slots(tight, after)["c"].start == 310
    assert breaks(tight, after) == [(ViolationCode.WINDOW, "c", 5)]


def test_between_two_windows_nobody_rings_at_a_closed_shop(street: Problem) -> None:
    lunch = replace(street, visits=(*street.visits[:2], visit("c", 3, windows=((0, 200), (400, 500)))))
    plan = planned(lunch, A1=["a", "b"])

    after = moved(lunch, plan, "c", "A1", before="b")

    assert slots(lunch, after)["c"].start == 400
    assert breaks(lunch, after) == []


def test_who_is_home_after_the_allowed_overtime_works_longer(street: Problem) -> None:
    short = replace(street, shifts=(shift("A1", end=420, overtime=Overtime(10, 2.0)), street.shifts[1]))
    plan = planned(short, A1=["b"], B1=["c"])

    after = moved(short, plan, "c", "A1")

    assert breaks(short, after) == [(ViolationCode.OVERTIME, "A1", 620 - 430)]
    assert bent(short, after).problem.shifts[0].overtime == Overtime(200, 2.0)


@pytest.mark.parametrize(
    ("asks", "code", "amount"),
    [
        ({"skills": {"printer": 2}}, ViolationCode.SKILL, 1),
        ({"forbidden": frozenset("A")}, ViolationCode.NOT_ALLOWED, 0),
        ({"technicians": frozenset("B")}, ViolationCode.NOT_ALLOWED, 0),
        ({"pin": Pin(technician="B")}, ViolationCode.PIN, 0),
        ({"pin": Pin(technician="B", start=300)}, ViolationCode.PIN, 0),
        ({"pin": Pin(start=205)}, ViolationCode.PIN, 95),
        ({"tools": frozenset({"probe"})}, ViolationCode.TOOL, 1),
        ({"parts": {"battery": 3}}, ViolationCode.PART, 2),
        # Whoever comes too early for it waits, so that this breaks nothing.
        ({"release": 600}, None, 0),
    ],
)
def test_what_the_rules_say_of_a_visit_is_told_and_bent(
    asks: dict[str, object], code: ViolationCode | None, amount: float
) -> None:
    problem = on_a_line(
        *(0, 300),
        shifts=(shift("A1", skills={"printer": 1}, trunk={"battery": 1}), shift("B1")),
        visits=(visit("a", 1, **asks),),
    )

    after = moved(problem, planned(problem), "a", "A1")

    assert breaks(problem, after) == ([(code, "a", amount)] if code else [])


def test_a_part_that_a_depot_has_is_fetched_on_the_shortest_way() -> None:
    problem = on_a_line(
        *(0, 100, 200, 300),
        shifts=(shift("A1"), shift("B1", trunk={"battery": 1})),
        visits=(visit("a", 1), visit("c", 3, parts={"battery": 1})),
        depots=(Depot(2, 5, parts={"battery": 1}),),
    )
    plan = planned(problem, A1=["a"], B1=["c"])

    after = moved(problem, plan, "c", "A1")

    assert orders(after) == {"A1": ("a", 0, "c")}
    assert breaks(problem, after) == []


def test_a_pick_up_that_is_planned_too_late_goes_forward() -> None:
    problem = on_a_line(
        *(0, 100, 200),
        shifts=(shift("A1"),),
        visits=(visit("a", 1), visit("b", 2, parts={"battery": 1})),
        depots=(Depot(1, 5, parts={"battery": 1}),),
    )
    plan = planned(problem, A1=["a", "0", "b"])

    after = moved(problem, plan, "b", "A1", before="a")

    assert orders(after) == {"A1": (0, "b", "a")}


def test_a_pick_up_that_nothing_needs_any_more_is_left_out() -> None:
    problem = on_a_line(
        *(0, 100, 200),
        shifts=(shift("A1"), shift("B1", trunk={"battery": 1})),
        visits=(visit("a", 1), visit("b", 2, parts={"battery": 1})),
        depots=(Depot(1, 5, parts={"battery": 1}),),
    )
    plan = planned(problem, A1=["a", "0", "b"])

    assert orders(moved(problem, plan, "b", "B1")) == {"A1": ("a",), "B1": ("b",)}


def test_who_had_the_last_piece_before_keeps_it() -> None:
    problem = on_a_line(
        *(0, 100, 200),
        shifts=(shift("A1", trunk={"battery": 1}), shift("B1")),
        visits=(visit("a", 1, parts={"battery": 1}), visit("b", 2, parts={"battery": 1})),
    )
    plan = planned(problem, A1=["a"])

    after = moved(problem, plan, "b", "A1", before="a")

    assert breaks(problem, after, "b") == [(ViolationCode.PART, "b", 1)]


def test_where_no_road_leads_nothing_can_be_bent() -> None:
    problem = on_a_line(0, 100, shifts=(shift("A1"),), visits=(visit("a", 1),))
    travel = problem.travel.copy()
    travel[0, 1] = NO_ROAD
    cut_off = replace(problem, travel=travel)

    with pytest.raises(NoWay, match="A1") as refused:
        moved(cut_off, planned(cut_off), "a", "A1")
    assert refused.value.shift == "A1"


@pytest.mark.parametrize(
    ("place", "field"), [(("x", "A1", None), "visit"), (("a", "X", None), "shift"), (("a", "A1", "c"), "before")]
)
def test_what_is_not_there_is_refused(street: Problem, place: tuple[str, str, str | None], field: str) -> None:
    plan = planned(street, A1=["a", "b"], B1=["c"])

    with pytest.raises(ProblemError, match=field):
        moved(street, plan, *place)


def test_a_day_that_can_no_longer_be_made_keeps_its_orders(street: Problem) -> None:
    plan = planned(street, A1=["a", "c"], B1=["b"])
    # A comes late, and does not know what b asks for.
    later = replace(
        street,
        shifts=(replace(street.shifts[0], start=400, end=500), street.shifts[1]),
        visits=(visit("a", 1, windows=((0, 150),)), visit("b", 2, skills={"printer": 1}), street.visits[2]),
    )

    after = as_ordered(later, plan)

    assert orders(after) == orders(plan)
    assert breaks(later, after) == [
        (ViolationCode.OVERTIME, "A1", 1020 - 500),
        (ViolationCode.WINDOW, "a", 350),
        (ViolationCode.SKILL, "b", 1),
    ]


@SOME
@given(problem=problems(), draw=st.data())
def test_whatever_is_moved_the_plan_is_one_of_the_problem_bent_by_what_the_checker_says(
    problem: Problem, draw: st.DataObject
) -> None:
    assume(problem.visits)
    plan = solve(problem, "greedy")
    visit_ = draw.draw(st.sampled_from([one.id for one in problem.visits]))
    to = draw.draw(st.sampled_from([None, *(one.id for one in problem.shifts)]))
    before = None
    if to is not None:
        others = [halt for halt in orders(plan).get(to, ()) if isinstance(halt, str) and halt != visit_]
        before = draw.draw(st.sampled_from([None, *others]))

    try:
        after = moved(problem, plan, visit_, to, before)
        found = bent(problem, after, moved=visit_)
    except NoWay:
        assume(False)

    assert violations_of(found, after) == []
    told = check(problem, after)
    assert [(one.code, one.amount) for one in found.broken] == [(one.code, one.amount) for one in told]
    _visits_keep_their_order(plan, after, visit_)
    if to is not None:
        assert slots(problem, after)[visit_].shift == to


def _visits_keep_their_order(plan: Solution, after: Solution, but: str) -> None:
    was = {shift: [h for h in order if isinstance(h, str) and h != but] for shift, order in orders(plan).items()}
    now = {shift: [h for h in order if isinstance(h, str) and h != but] for shift, order in orders(after).items()}
    assert {shift: order for shift, order in was.items() if order} == {s: o for s, o in now.items() if o}
