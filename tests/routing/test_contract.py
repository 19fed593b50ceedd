"""The JSON contract, version 1: what is read, what is written, and how anything malformed is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

from routing.engines import SolveOptions
from routing.formats.contract import (
    problem_document,
    problem_from,
    read_problem,
    read_solution,
    solution_document,
    solution_from,
    write_problem,
    write_solution,
)
from routing.problem import MAX_COST, MAX_QUANTITY, MAX_TIME, NO_ROAD, Depot, Problem, ProblemError
from routing.solve import solve
from tests.routing.worlds import on_a_line, problems, shift, visit

FULL: dict[str, Any] = {
    "version": 1,
    "time_scale": 1,
    "travel": [[0, 310], [295, 0]],
    "shifts": [
        {
            "id": "T01/2026-11-23",
            "technician": "T01",
            "start_location": 0,
            "end_location": 0,
            "start": 0,
            "end": 28800,
            "skills": {"printer": 2},
            "tools": ["probe"],
            "trunk": {"battery": 2},
            "overtime": {"max": 3600, "cost": 1.5},
            "breaks": [{"duration": 1800, "earliest": 10800, "latest": 16200}],
            "fixed_cost": 0,
            "travel_cost": 1.0,
            "work_cost": 0.0,
        }
    ],
    "visits": [
        {
            "id": "J1",
            "location": 1,
            "duration": 1800,
            "windows": [[0, 28800]],
            "due": 7200,
            "lateness_cost": 3.0,
            "breach_cost": 600,
            "unserved_cost": 72000,
            "skills": {"printer": 1},
            "tools": [],
            "parts": {"battery": 1},
            "technicians": None,
            "forbidden": [],
            "preferred": {"T03": 300},
            "pin": None,
            "previous": None,
        }
    ],
    "depots": [{"location": 0, "duration": 300, "tools": ["probe"], "parts": {"battery": None}}],
}


def changed(path: str, value: object) -> dict[str, Any]:
    """The full document with one value replaced, or added."""
    document = json.loads(json.dumps(FULL))
    *parents, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    target = document
    for step in parents:
        target = target[step]
    target[last] = value
    return document  # type: ignore[no-any-return]


def same(one: Problem, other: Problem) -> bool:
    return (one.shifts, one.visits, one.depots, one.time_scale) == (
        *(other.shifts, other.visits, other.depots, other.time_scale),
    ) and np.array_equal(one.travel, other.travel)


def test_the_example_of_the_contract_is_read() -> None:
    problem = problem_from(FULL)

    assert problem.travel.tolist() == [[0, 310], [295, 0]]
    assert problem.shifts[0].latest_return == 32400
    assert problem.visits[0].due == 7200
    assert problem.depots[0].parts == {"battery": None}


def test_only_ids_places_and_durations_have_no_default() -> None:
    problem = problem_from(
        {
            "travel": [[0]],
            "shifts": [{"id": "a", "technician": "A", "start_location": 0, "end_location": 0}],
            "visits": [{"id": "v", "location": 0, "duration": 60}],
            "depots": [{"location": 0}],
        }
    )

    assert (problem.shifts[0].start, problem.shifts[0].end, problem.shifts[0].travel_cost) == (0, MAX_TIME, 1.0)
    assert problem.visits[0].start_windows == ((0, MAX_TIME),)
    assert problem.visits[0].technicians is None


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("visits/0/windows/0", [900, 600], "visits[0].windows[0]: expected start <= end, got 900 > 600"),
        ("visits/0/windows/0", [900], "visits[0].windows[0]: expected [start, end], got [900]"),
        ("visits/0/windows", 5, "visits[0].windows: expected a list, got 5"),
        ("visits/0/duration", -1, "visits[0].duration: expected a whole number in 0..1000000000, got -1"),
        ("visits/0/duration", True, "visits[0].duration: expected a whole number in 0..1000000000, got true"),
        ("visits/0/duration", 1.5, "visits[0].duration: expected a whole number in 0..1000000000, got 1.5"),
        ("visits/0/duration", "60", 'visits[0].duration: expected a whole number in 0..1000000000, got "60"'),
        ("visits/0/duration", 10**30, "visits[0].duration: expected a whole number in 0..1000000000, got 1000"),
        ("visits/0/duration", None, "visits[0].duration: expected a whole number in 0..1000000000, got null"),
        ("visits/0/lateness_cost", -3, "visits[0].lateness_cost: expected a number in 0..1e+12, got -3"),
        ("visits/0/lateness_cost", float("nan"), "visits[0].lateness_cost: expected a number in 0..1e+12, got NaN"),
        ("visits/0/lateness_cost", float("inf"), "visits[0].lateness_cost: expected a number in 0..1e+12, got Inf"),
        ("visits/0/breach_cost", False, "visits[0].breach_cost: expected a number in 0..1e+12, got false"),
        ("visits/0/location", 2, "visits[0].location: expected 0..1, got 2"),
        ("visits/0/due_time", 7200, "visits[0].due_time: expected one of breach_cost, due, duration, forbidden, id"),
        ("visits/0/parts/battery", -1, "visits[0].parts.battery: expected a whole number in 0..1000000, got -1"),
        ("visits/0/parts/battery", None, "visits[0].parts.battery: expected a whole number in 0..1000000, got null"),
        ("visits/0/tools", ["probe", "probe"], "visits[0].tools: expected names that stand once"),
        ("visits/0/skills", ["printer"], 'visits[0].skills: expected an object, got ["printer"]'),
        (
            "visits/0/pin",
            {"technician": "T9"},
            "visits[0].pin.technician: expected a technician with a shift, got",
        ),
        ("visits/0/pin", {"window": [9, 8]}, "visits[0].pin.window: expected start <= end, got 9 > 8"),
        ("visits/0/pin", {"shift": "x"}, "visits[0].pin.shift: expected one of start, technician, window"),
        (
            "visits/0/previous",
            {"shift": "x", "start": 0},
            "visits[0].previous.shift: expected the id of a shift, got",
        ),
        ("visits/0/previous", {"start": 0}, "visits[0].previous.shift: expected a value, it has no default"),
        ("visits/0/id", "", 'visits[0].id: expected a text that is not empty, got ""'),
        ("visits/0/id", 7, "visits[0].id: expected a text that is not empty, got 7"),
        ("visits", [FULL["visits"][0]] * 2, "visits[0].id: expected an id that stands once, got 'J1' 2 times"),
        ("shifts/0/end_location", 9, "shifts[0].end_location: expected 0..1, got 9"),
        ("shifts/0/start", 30000, "shifts[0]: expected start <= end, got 30000 > 28800"),
        ("shifts/0/overtime/max", -1, "shifts[0].overtime.max: expected a whole number in 0..1000000000, got -1"),
        ("shifts/0/breaks/0/latest", 1, "shifts[0].breaks[0]: expected earliest <= latest, got 10800 > 1"),
        ("shifts/0/technician", None, "shifts[0].technician: expected a text that is not empty, got null"),
        (
            "shifts",
            [FULL["shifts"][0]] * 2,
            "shifts[0].id: expected an id that stands once, got",
        ),
        (
            "shifts",
            [FULL["shifts"][0], {**FULL["shifts"][0], "id": "x", "start": 28800, "end": 57600}],
            "shifts[1].start: expected a start at or after 32400, when 'T01/2026-11-23' of 'T01' ends",
        ),
        ("travel", [[0, 310], [295]], "travel[1]: expected 2 values, one per row, got 1"),
        ("travel", [[0, 310], 5], "travel[1]: expected 2 values, one per row, got no list"),
        ("travel", [[0, -1], [295, 0]], "travel[0][1]: expected a whole number in 0..1000000000, got -1"),
        (
            "travel",
            [[0, 10**9 + 1], [295, 0]],
            "travel[0][1]: expected a whole number in 0..1000000000, got 1000000001",
        ),
        ("travel", [[None, 310], [295, 0]], "travel[0][0]: expected 0, from a place to itself, got 1000000001"),
        ("travel", [[0, True], [295, 0]], "travel[0][1]: expected a whole number in 0..1000000000, got true"),
        ("travel", [[0, 310], [295, 4]], "travel[1][1]: expected 0, from a place to itself, got 4"),
        ("travel", [], "travel: expected a square matrix"),
        ("distance", [[0]], "distance: expected 2 x 2, like travel, got 1x1"),
        ("depots/0/location", -1, "depots[0].location: expected a whole number in 0..1000000000, got -1"),
        ("depots/0/parts/battery", 0.5, "depots[0].parts.battery: expected a whole number in 0..1000000, got 0.5"),
        ("version", 2, "version: expected 1, got 2"),
        ("time_scale", 0, "time_scale: expected a whole number in 1..1000000, got 0"),
        ("vehicles", [], "vehicles: expected one of depots, distance, shifts, time_scale, travel, version, visits"),
    ],
)
def test_a_malformed_value_is_refused_with_its_path(path: str, value: object, message: str) -> None:
    with pytest.raises(ProblemError) as refusal:
        problem_from(changed(path, value))

    assert str(refusal.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1 column 1: expected JSON"),
        ('{"travel": [[0]],}', "line 1 column 18: expected JSON"),
        ("[]", "the document: expected an object, got []"),
        ('{"travel": NaN}', "the document: expected finite numbers only, got NaN"),
        ('{"travel": [], "travel": []}', "travel: expected a key that stands once in its object, got 2 times"),
        ('{"travel": ' + "9" * 5000 + "}", "the document: expected numbers of reasonable size"),
        ("[" * 100_000, "the document: expected lists and objects nested a few levels deep"),
        # About as deep as can be read, which depends on what else is on the stack: either refusal will do.
        ("[" * 950 + "]" * 950, "the document: expected "),
        ('{"travel": [[1e400]], "shifts": [], "visits": []}', "travel[0][0]: expected a whole number in"),
        (
            r'{"travel": [[0]], "shifts": [], "visits": [{"id": "\ud83d", "location": 0, "duration": 1}]}',
            "visits[0].id: expected a text of whole characters, none of them half of a surrogate pair",
        ),
        (
            r'{"travel": [[0]], "shifts": [], "visits": [], "depots": [{"location": 0, "parts": {"\ud83d": 1}}]}',
            "depots[0].parts: expected keys of whole characters, none of them half of a surrogate pair",
        ),
    ],
)
def test_a_file_that_is_no_such_json_is_refused(text: str, message: str, tmp_path: Path) -> None:
    file = tmp_path / "problem.json"
    file.write_text(text)

    with pytest.raises(ProblemError) as refusal:
        read_problem(file)

    assert str(refusal.value).startswith(message)


def test_a_file_that_is_no_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "problem.json"
    file.write_bytes(b'{"\xff')

    with pytest.raises(ProblemError, match="byte 2: expected UTF-8 text"):
        read_problem(file)


def test_the_mark_that_windows_puts_before_a_text_does_no_harm(tmp_path: Path) -> None:
    file = tmp_path / "problem.json"
    file.write_text(json.dumps(FULL), encoding="utf-8-sig")

    assert read_problem(file).visits[0].id == "J1"


@settings(max_examples=30, deadline=None)
@given(problems())
def test_what_is_written_reads_back_the_same(problem: Problem) -> None:
    document = json.loads(json.dumps(problem_document(problem)))

    assert same(problem_from(document), problem)


@settings(max_examples=20, deadline=None)
@given(problems())
def test_a_solution_reads_back_the_same(problem: Problem) -> None:
    solution = solve(problem, "greedy", SolveOptions())

    assert solution_from(json.loads(json.dumps(solution_document(solution)))) == solution


def test_null_in_the_matrices_is_where_no_road_leads() -> None:
    document = changed("travel", [[0, None], [295, 0]]) | {"distance": [[0, None], [3.5, 0]]}

    problem = problem_from(document)
    again = problem_document(problem)

    assert problem.travel.tolist() == [[0, NO_ROAD], [295, 0]]
    assert problem.distance is not None
    assert np.isnan(problem.distance).tolist() == [[False, True], [False, False]]
    assert (again["travel"], again["distance"]) == ([[0, None], [295, 0]], [[0.0, None], [3.5, 0.0]])


def test_sums_of_the_largest_amounts_read_back_the_same() -> None:
    dear = [visit(f"v{i}", 1, 5000, unserved_cost=MAX_COST) for i in range(2)]
    hungry = [visit(f"w{i}", 1, parts={"battery": MAX_QUANTITY}) for i in range(2)]
    problem = on_a_line(
        *(0, 10), shifts=(shift(),), visits=(*dear, *hungry), depots=(Depot(0, parts={"battery": None}),)
    )
    solution = solve(problem, "greedy")

    assert solution.cost["total"] > MAX_COST
    assert sum(sum(stop.taken.values()) for stop in solution.routes[0].stops) == 2 * MAX_QUANTITY
    assert solution_from(json.loads(json.dumps(solution_document(solution)))) == solution


def test_files_go_there_and_back(tmp_path: Path) -> None:
    problem = on_a_line(0, 10, shifts=(shift(),), visits=(visit("早班", 1), visit("far", 1, 5000)))
    solution = solve(problem, "greedy")

    write_problem(problem, tmp_path / "p.json")
    write_solution(solution, tmp_path / "s.json")

    assert same(read_problem(tmp_path / "p.json"), problem)
    assert read_solution(tmp_path / "s.json") == solution


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("routes/0/stops/0/kind", "lunch", 'routes[0].stops[0].kind: expected one of visit, depot, break, got "lunch"'),
        ("routes/0/stops/0/arrive", -5, "routes[0].stops[0].arrive: expected a whole number in 0..1000000000, got -5"),
        ("routes/0/back", 5, "routes[0].back: expected one of depart, return, shift, stops"),
        ("unserved/0/reasons/0/code", "mood", "unserved[0].reasons[0].code: expected one of not_allowed, pin, skill"),
        ("cost/total", "much", "cost.total: expected a number in -1e+30..1e+30"),
        ("version", 3, "version: expected 1, got 3"),
    ],
)
def test_a_malformed_solution_is_refused_with_its_path(path: str, value: object, message: str) -> None:
    problem = on_a_line(0, 10, shifts=(shift(),), visits=(visit("v", 1), visit("far", 1, 5000)))
    document = json.loads(json.dumps(solution_document(solve(problem, "greedy"))))
    *parents, last = [int(step) if step.isdigit() else step for step in path.split("/")]
    target = document
    for step in parents:
        target = target[step]
    target[last] = value

    with pytest.raises(ProblemError) as refusal:
        solution_from(document)

    assert str(refusal.value).startswith(message)
