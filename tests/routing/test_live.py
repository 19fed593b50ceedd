"""Who could take one more visit, and a plan after one change."""

import json
from dataclasses import replace
from math import inf, isfinite
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from routing.__main__ import main
from routing.amend import Amended, Slot, delay, extend, hold, remove, repair, slots
from routing.check import check
from routing.formats.contract import write_problem, write_solution
from routing.live import Delay, PartSource, Pickup, rank_insertions
from routing.objective import cost_by_term
from routing.problem import Depot, Overtime, Pin, Problem, ProblemError, Visit
from routing.rehouse import ChangeLimit
from routing.solution import Solution, StopKind, Unserved, Value, ValueKind
from routing.solve import solve
from routing.timing import Timing
from tests.routing.worlds import on_a_line, problems, shift, visit

SOME = settings(max_examples=60, deadline=None)


def planned(problem: Problem, **orders: list[str]) -> Solution:
    """The plan that serves visits and depots ("0") in some order, by shift."""
    number = {v.id: i for i, v in enumerate(problem.visits)}
    nodes = {
        problem.shift_index[s]: [number.get(stop, len(problem.visits)) for stop in stops] for s, stops in orders.items()
    }
    solution = Solution(Timing(problem).routes(nodes))
    return replace(solution, cost=cost_by_term(problem, solution))


def test_the_shift_that_grows_least_comes_first() -> None:
    problem = on_a_line(
        *(0, 100, 150, 300),
        shifts=(shift("A1", end_location=2), shift("B1", start_location=3, end_location=3), shift("C1")),
        visits=(visit("a", 1), visit("b", 3)),
    )
    solution = planned(problem, A1=["a"], B1=["b"])

    first, second, last = rank_insertions(problem, solution, visit("new", 2, forbidden=frozenset({"C"})))

    # A comes by on the way home; B drives 150 there and back.
    assert (first.shift, first.cost, first.position, first.arrive, first.start) == ("A1", 0.0, 1, 160, 160)
    assert (second.technician, second.cost) == ("B", 300.0)
    assert last.cost == inf
    assert last.reason is not None
    assert (last.reason.code, last.reason.sentence) == ("not_allowed", "C is forbidden for this visit.")


def test_the_lateness_caused_elsewhere_is_listed() -> None:
    late = {"due": 120, "lateness_cost": 1.0}
    problem = on_a_line(0, 50, 100, shifts=(shift(),), visits=(visit("a", 2, **late), visit("b", 2)))
    solution = planned(problem, A1=["a", "b"])

    (candidate,) = rank_insertions(problem, solution, visit("new", 1, duration=60, due=40, pin=Pin(start=50)))

    assert (candidate.position, candidate.start, candidate.late, candidate.cost) == (0, 50, 10, 40.0)
    assert candidate.delays == (Delay("a", 160, 40),)


def test_overtime_that_a_visit_causes_is_told() -> None:
    problem = on_a_line(0, 100, shifts=(shift(end=250, overtime=Overtime(100, 2.0)),), visits=(visit("a", 1, 30),))

    (candidate,) = rank_insertions(problem, planned(problem, A1=["a"]), visit("new", 1, 60))

    assert (candidate.overtime, candidate.cost) == (40, 80.0)


@pytest.mark.parametrize(
    ("needs", "source"),
    [
        ({}, PartSource.NOTHING_NEEDED),
        ({"parts": {"battery": 1}}, PartSource.VAN),
        ({"parts": {"screen": 1}}, PartSource.PLANNED_STOP),
        ({"tools": frozenset({"probe"})}, PartSource.PLANNED_STOP),
    ],
)
def test_where_the_parts_come_from_is_told(needs: dict[str, object], source: PartSource) -> None:
    problem = on_a_line(
        *(0, 100),
        shifts=(shift(trunk={"battery": 1}),),
        visits=(visit("a", 1, parts={"screen": 1}),),
        depots=(Depot(1, parts={"screen": 2}, tools=frozenset({"probe"})),),
    )

    (candidate,) = rank_insertions(problem, planned(problem, A1=["0", "a"]), visit("new", 1, **needs))

    assert (candidate.parts, candidate.pickup) == (source, None)


def test_a_pick_up_stop_that_goes_in_with_the_visit_is_told() -> None:
    problem = on_a_line(
        *(0, 100),
        shifts=(shift(),),
        visits=(visit("a", 1),),
        depots=(Depot(0, 5, parts={"battery": 3}),),
    )

    (candidate,) = rank_insertions(problem, planned(problem, A1=["a"]), visit("new", 1, parts={"battery": 2}))

    assert candidate.parts is PartSource.NEW_STOP
    assert candidate.pickup == Pickup(0, 0, {"battery": 2})
    assert (candidate.position, candidate.start, candidate.cost) == (1, 105, 0.0)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (visit("a", 1), "id: expected a visit that the plan does not serve yet, got 'a'"),
        (visit("a", 1, due=3), "id: expected an id that no other visit of the problem has, got 'a'"),
        (visit("new", 7), "visit.location: expected 0..1, got 7"),
    ],
)
def test_a_visit_that_cannot_be_asked_about_is_refused(wrong: Visit, message: str) -> None:
    problem = on_a_line(0, 100, shifts=(shift(),), visits=(visit("a", 1),))

    with pytest.raises(ProblemError, match=message):
        rank_insertions(problem, planned(problem, A1=["a"]), wrong)


@SOME
@given(problems().filter(lambda problem: bool(problem.visits)))
def test_the_first_candidate_is_the_cheapest_of_all_positions(problem: Problem) -> None:
    problem = replace(problem, depots=())
    new, rest = problem.visits[-1], replace(problem, visits=problem.visits[:-1])
    solution = solve(rest, "greedy")

    found = rank_insertions(rest, solution, new)

    assert [candidate.cost for candidate in found] == sorted(candidate.cost for candidate in found)
    assert all(isfinite(candidate.cost) is (candidate.reason is None) for candidate in found)
    timing, node = Timing(problem), len(problem.visits) - 1
    orders = timing.orders(solution.routes)
    totals = [
        _total(timing, orders | {s: [*orders.get(s, ())[:i], node, *orders.get(s, ())[i:]]})
        for s in range(len(problem.shifts))
        for i in range(len(orders.get(s, ())) + 1)
    ]
    assert found[0].cost == pytest.approx(min(totals) - solution.cost["total"], abs=1e-6)


@SOME
@given(problems().filter(lambda problem: bool(problem.visits)))
def test_every_candidate_comes_true(problem: Problem) -> None:
    new, rest = problem.visits[-1], replace(problem, visits=problem.visits[:-1])
    solution = solve(rest, "greedy")
    timing, node = Timing(problem), len(problem.visits) - 1
    before = Timing(rest).orders(solution.routes)
    orders = {s: [stop + (stop >= node) for stop in order] for s, order in before.items()}

    for candidate in rank_insertions(rest, solution, new):
        if candidate.reason is None:
            s = problem.shift_index[candidate.shift]
            order = list(orders.get(s, ()))
            if candidate.pickup:
                order.insert(candidate.pickup.position, node + 1 + candidate.pickup.depot)
            order.insert(candidate.position, node)
            total = _total(timing, orders | {s: order})
            assert total - solution.cost["total"] == pytest.approx(candidate.cost, abs=1e-6)
            route = timing.route(s, order)
            stops = {stop.id: stop for stop in route.stops if stop.kind is StopKind.VISIT} if route else {}
            assert (stops[new.id].arrive, stops[new.id].start) == (candidate.arrive, candidate.start)


def _total(timing: Timing, orders: dict[int, list[int]]) -> float:
    try:
        solution = Solution(timing.routes(orders))
    except ValueError:
        return inf
    cost = cost_by_term(timing.problem, solution)
    left_out = {visit.id for visit in timing.problem.visits} - slots(timing.problem, solution).keys()
    whole = replace(solution, cost=cost, unserved=tuple(map(Unserved, left_out)))
    # A schedule alone does not say who may come.
    return inf if check(timing.problem, whole) else cost["total"]


def test_the_command_prints_the_ranking(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    problem = on_a_line(
        *(0, 100),
        shifts=(shift("A1"), shift("B1")),
        visits=(visit("a", 1),),
        depots=(Depot(0, 5, parts={"battery": 1}),),
    )
    files = [str(tmp_path / name) for name in ("problem.json", "solution.json", "visit.json")]
    solution = planned(problem, A1=["a"])
    write_problem(problem, Path(files[0]))
    write_solution(solution, Path(files[1]))
    new = {"id": "new", "location": 1, "duration": 20, "parts": {"battery": 1}, "due": 100, "forbidden": ["B"]}
    Path(files[2]).write_text(json.dumps(new))

    assert main(["insert", *files]) == 0
    first, second = json.loads(capsys.readouterr().out)

    assert first == {
        "shift": "A1",
        "technician": "A",
        "cost": 0.0,
        "position": 1,
        "arrive": 105,
        "start": 105,
        "late": 5,
        "overtime": 0,
        "delays": [],
        "parts": "new_stop",
        "pickup": {"depot": 0, "position": 0, "taken": {"battery": 1}},
    }
    assert second == {
        "shift": "B1",
        "technician": "B",
        "reason": {"code": "not_allowed", "sentence": "B is forbidden for this visit."},
    }

    Path(files[2]).write_text(json.dumps(new | {"location": 9}))
    assert main(["insert", *files]) == 2
    assert capsys.readouterr().err.endswith("location: expected 0..1, got 9.\n")
    write_solution(replace(solution, cost={}), Path(files[1]))
    assert main(["insert", *files]) == 1


def assert_sound(problem: Problem, solution: Solution, amended: Amended) -> None:
    assert check(amended.problem, amended.solution) == []
    was, now = slots(problem, solution), slots(amended.problem, amended.solution)
    listed = {change.visit: (change.was, change.now) for change in amended.difference.changes}
    assert listed == {v: (was.get(v), now.get(v)) for v in {*was, *now} if was.get(v) != now.get(v)}
    assert amended.difference.cost_before == pytest.approx(solution.cost)
    assert amended.difference.cost_after == amended.solution.cost


def test_a_cancelled_visit_takes_its_pick_up_along() -> None:
    problem = on_a_line(
        *(0, 100, 300),
        shifts=(shift(),),
        visits=(visit("a", 1), visit("b", 1, parts={"battery": 1})),
        depots=(Depot(2, 5, parts={"battery": 1}),),
    )
    solution = planned(problem, A1=["a", "0", "b"])

    amended = remove(problem, solution, "b")

    assert_sound(problem, solution, amended)
    (route,) = amended.solution.routes
    assert [stop.id for stop in route.stops] == ["a"]
    assert [(change.visit, change.now) for change in amended.difference.changes] == [("b", None)]


def test_what_was_proven_of_the_old_problem_is_not_said_of_the_new_one() -> None:
    problem = on_a_line(0, 100, shifts=(shift(),), visits=(visit("a", 1), visit("b", 1)))
    proven = replace(planned(problem, A1=["a", "b"]), bound=200.0, values=(Value(ValueKind.HOUR, 5.0, shift="A1"),))

    amended = remove(problem, proven, "b")

    assert (amended.solution.bound, amended.solution.values) == (None, ())


def test_a_longer_visit_moves_those_behind_it() -> None:
    problem = on_a_line(0, 100, shifts=(shift(),), visits=(visit("a", 1), visit("b", 1)))
    solution = planned(problem, A1=["a", "b"])

    amended = extend(problem, solution, "a", 25)

    assert_sound(problem, solution, amended)
    (change,) = amended.difference.changes
    assert (change.visit, change.was, change.now) == ("b", Slot("A", "A1", 110), Slot("A", "A1", 135))
    with pytest.raises(ProblemError, match=r"seconds: expected at least -10, the duration of 'a', got -11"):
        extend(problem, solution, "a", -11)


def test_a_late_departure_leaves_out_what_is_worth_least() -> None:
    visits = (visit("a", 1, 300), visit("cheap", 1, 300, unserved_cost=500.0), visit("c", 1, 100))
    problem = on_a_line(0, 100, shifts=(shift(),), visits=visits)
    solution = planned(problem, A1=["a", "cheap", "c"])

    amended = delay(problem, solution, "A1", 200)

    assert_sound(problem, solution, amended)
    assert slots(amended.problem, amended.solution) == {"a": Slot("A", "A1", 300), "c": Slot("A", "A1", 600)}
    assert [left_out.visit for left_out in amended.solution.unserved] == ["cheap"]
    assert_sound(problem, solution, delay(problem, solution, "A1", 5000))


def test_visits_of_an_absent_technician_go_to_the_others() -> None:
    problem = on_a_line(
        *(0, 100, 200),
        shifts=(shift("A1"), shift("B1"), shift("C1", start_location=2, end_location=2)),
        visits=(visit("a", 1), visit("b", 2), visit("mine", 1, pin=Pin(technician="A"))),
    )
    solution = planned(problem, A1=["a", "mine"], C1=["b"])

    amended = repair(problem, solution, absent=["A1"])

    assert_sound(problem, solution, amended)
    at = slots(amended.problem, amended.solution)
    assert (at["a"].technician, at["b"]) == ("B", Slot("C", "C1", 0)) or at["a"].technician == "C"
    assert "mine" not in at
    assert all(candidate.reason for candidate in rank_insertions(amended.problem, amended.solution, visit("n", 1))[2:])


def crowded() -> tuple[Problem, Solution]:
    """B has a visit at 100 at 100 and one at 200 at 210; A's visit fits cheapest between or before them."""
    problem = on_a_line(
        *(0, 100, 200),
        shifts=(shift("A1"), shift("B1")),
        visits=(visit("mine", 1, 50, windows=((0, 120),)), visit("x", 1), visit("y", 2)),
    )
    return problem, planned(problem, A1=["mine"], B1=["x", "y"])


def test_without_a_limit_others_make_room() -> None:
    problem, solution = crowded()

    amended = repair(problem, solution, absent=["A1"])

    assert_sound(problem, solution, amended)
    assert {change.visit for change in amended.difference.changes} >= {"mine", "y"}


@pytest.mark.parametrize(
    ("limit", "served"),
    [
        (ChangeLimit(0), False),
        (ChangeLimit(0, by=30), False),
        (ChangeLimit(0, by=50), True),
        (ChangeLimit(1), True),
        (ChangeLimit(2), True),
    ],
)
def test_a_limit_on_changes_is_kept(limit: ChangeLimit, served: bool) -> None:
    problem, solution = crowded()

    amended = repair(problem, solution, absent=["A1"], limit=limit)

    assert_sound(problem, solution, amended)
    assert ("mine" in slots(amended.problem, amended.solution)) is served
    assert num_changed(amended, {"mine"}, limit) <= limit.visits


def num_changed(amended: Amended, free: set[str], limit: ChangeLimit) -> int:
    return sum(
        change.now is None
        or change.was is None
        or change.was.technician != change.now.technician
        or abs(change.now.start - change.was.start) > limit.by
        for change in amended.difference.changes
        if change.visit not in free
    )


def test_held_visits_pay_for_another_technician() -> None:
    problem, solution = crowded()

    held = hold(problem, solution, technician_change_cost=7.0, start_change_cost=1.0)
    amended = repair(held, solution, absent=["A1"])

    # Behind x another technician does "mine" 10 later, and y starts 50 later; before x, both would start 50 later.
    assert amended.solution.cost["change"] == pytest.approx(7.0 + 10.0 + 50.0)


@SOME
@given(problems(), st.data())
def test_every_amended_plan_is_sound(problem: Problem, data: st.DataObject) -> None:
    solution = solve(problem, "greedy")
    assume(bool(problem.visits))
    ids = [shift.id for shift in problem.shifts]
    some_visit = data.draw(st.sampled_from([visit.id for visit in problem.visits]))
    some_shift = data.draw(st.sampled_from(ids))
    limit = data.draw(st.none() | st.builds(ChangeLimit, st.integers(0, 2), st.integers(0, 30)))
    absent = data.draw(st.sets(st.sampled_from(ids), max_size=2))
    late = data.draw(st.dictionaries(st.sampled_from(ids), st.integers(0, 1000), max_size=1))

    assert_sound(problem, solution, remove(problem, solution, some_visit))
    assert_sound(problem, solution, extend(problem, solution, some_visit, data.draw(st.integers(0, 60))))
    assert_sound(problem, solution, delay(problem, solution, some_shift, data.draw(st.integers(0, 1000))))
    amended = repair(problem, solution, absent=absent, late=late, limit=limit)
    assert_sound(problem, solution, amended)
    at = slots(problem, solution)
    free = {visit for visit, slot in at.items() if slot.shift in {*absent, *late}}
    if limit:
        assert num_changed(amended, free, limit) <= limit.visits
