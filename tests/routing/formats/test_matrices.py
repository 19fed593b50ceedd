"""Files of some size are read another way, with the same values and the same errors."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.formats import contract
from routing.formats.contract import problem_document, read_problem
from routing.problem import NO_ROAD, Problem, ProblemError
from tests.routing.worlds import on_a_line, problems, shift, visit

TRAVEL = '"travel": [[0, 310], [295, 0]]'
REST = '"shifts": [], "visits": [{"id": "[\\"travel\\": {", "location": 1, "duration": 60}]'


@pytest.fixture(params=[1, 10**9], ids=["large", "small"])
def path(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of some size, or not."""
    monkeypatch.setattr(contract, "LARGE", request.param)
    return tmp_path / "problem.json"


def error(path: Path, text: str) -> str:
    path.write_text(text)
    with pytest.raises(ProblemError) as caught:
        read_problem(path)
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        f"{{{TRAVEL}, {REST}}}",
        f"{{{REST}, {TRAVEL}}}",
        f"\n{{ {REST} ,\n\t{TRAVEL}\r\n}} \n",
        '{"travel":[[0,310],[295,0]],' + REST + "}",
        '{"travel" : [ [ 0 , 3.1e2 ] ,\n[295.0\t,0 ] ], ' + REST + "}",
    ],
)
def test_the_matrix_is_found_wherever_it_stands_and_however_it_is_spaced(path: Path, text: str) -> None:
    path.write_text(text)

    problem = read_problem(path)

    assert problem.travel.tolist() == [[0, 310], [295, 0]]
    assert problem.visits[0].id == '["travel": {'


def test_null_is_read_as_no_road(path: Path) -> None:
    path.write_text(f'{{"travel": [[0, null], [1000000000, 0]], {REST}}}')

    assert read_problem(path).travel.tolist() == [[0, NO_ROAD], [1_000_000_000, 0]]


@pytest.mark.parametrize(
    ("travel", "message"),
    [
        ("[[0, 1], [-1, 0]]", "travel[1][0]: expected a whole number in 0..1000000000, got -1"),
        ("[[0, 1], [1000000001, 0]]", "travel[1][0]: expected a whole number in 0..1000000000, got 1000000001"),
        ("[[0, 1], [true, 0]]", "travel[1][0]: expected a whole number in 0..1000000000, got true"),
        ('[[0, 1], ["1", 0]]', 'travel[1][0]: expected a whole number in 0..1000000000, got "1"'),
        ("[[0, 1.5], [1, 0]]", "travel[0][1]: expected a whole number in 0..1000000000, got 1.5"),
        ("[[0, 1], [1]]", "travel[1]: expected 2 values, one per row, got 1"),
        ("[[0, 1], [1, 0, 2]]", "travel[1]: expected 2 values, one per row, got 3"),
        ("[[0, 1], 7]", "travel[1]: expected 2 values, one per row, got no list"),
        ("[[0, 1], []]", "travel[1]: expected 2 values, one per row, got 0"),
        ("[[0]]", "visits[0].location: expected 0..0, got 1"),
        ("{}", "travel: expected a list, got {}"),
        ("null", "travel: expected a list, got null"),
        ("[[0, 1], [1, 5]]", "travel[1][1]: expected 0, from a place to itself, got 5"),
    ],
)
def test_what_is_wrong_with_a_matrix_is_said_with_its_place(path: Path, travel: str, message: str) -> None:
    assert error(path, f'{{"travel": {travel}, {REST}}}') == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'{{"travel": [[0, 01], [1, 0]], {REST}}}', "line 1 column"),
        (f'{{"travel": [[0 1], [1, 0]], {REST}}}', "line 1 column"),
        (f'{{"travel": [[0, 1], [1, 0],], {REST}}}', "line 1 column"),
        (f'{{"travel": [[0, 1]\n[1, 0]], {REST}}}', "line 2 column 1"),
        (f'{{"travel": [[0, 1], [1, 0]], {REST}', "line 1 column"),
        (f"{{{TRAVEL}, {REST}}} 5", "line 1 column"),
        (f"{{{TRAVEL}, {TRAVEL}, {REST}}}", "travel: expected a key that stands once in its object, got 2 times"),
        (f"{{{REST}}}", "travel: expected a value, it has no default"),
        (f"[{TRAVEL[10:]}]", "the document: expected an object"),
        (f'{{{TRAVEL}, {REST}, "more": 1}}', "more: expected one of"),
        ('{"travel": [[0, 1', "line 1 column"),
        ('{"travel": [["', "line 1 column"),
        ('{"trav', "line 1 column"),
        ("\ufeff{}", "shifts: expected a value, it has no default"),
    ],
)
def test_what_is_no_problem_is_refused_as_in_small_files(path: Path, text: str, message: str) -> None:
    assert error(path, text).startswith(message)


@pytest.mark.parametrize(
    ("distance", "read"),
    [("[[0, 31], [29.5, 0]]", [[0, 31], [29.5, 0]]), ("[[0, null], [1e3, 0]]", [[0, np.nan], [1000, 0]])],
)
def test_distances_are_found_before_and_behind_the_times(path: Path, distance: str, read: list[list[float]]) -> None:
    for text in (f'{{"distance": {distance}, {TRAVEL}, {REST}}}', f'{{{REST}, {TRAVEL}, "distance":{distance}}}'):
        path.write_text(text)

        problem = read_problem(path)

        assert np.array_equal(problem.distance, read, equal_nan=True)
        assert problem.travel.tolist() == [[0, 310], [295, 0]]


@pytest.mark.parametrize(
    ("distance", "message"),
    [
        ("[[0, 1], [-1.5, 0]]", "distance[1][0]: expected a number in 0..1e+12, got -1.5"),
        ("[[0, 1], [1]]", "distance[1]: expected 2 values, one per row, got 1"),
        ("[[0]]", "distance: expected 2 x 2, like travel, got 1x1"),
        ("{}", "distance: expected a list, got {}"),
    ],
)
def test_what_is_wrong_with_distances_is_said_with_its_place(path: Path, distance: str, message: str) -> None:
    assert error(path, f'{{{TRAVEL}, {REST}, "distance": {distance}}}') == message


def test_no_distances_may_be_written_as_null(path: Path) -> None:
    path.write_text(f'{{{TRAVEL}, "distance": null, {REST}}}')

    assert read_problem(path).distance is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(problems(), st.sampled_from([None, 1, "\t"]))
def test_every_problem_is_read_as_it_was_written(path: Path, problem: Problem, indent: Any) -> None:
    path.write_text(json.dumps(problem_document(problem), indent=indent))

    read = read_problem(path)

    assert np.array_equal(read.travel, problem.travel)
    assert (read.shifts, read.visits, read.depots) == (problem.shifts, problem.visits, problem.depots)


def test_rows_of_a_file_of_some_size_are_not_made_into_python_numbers(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contract, "LARGE", 1)
    problem = on_a_line(*range(0, 3000, 10), shifts=(shift(),), visits=(visit("v", 299),))
    contract.write_problem(replace(problem, distance=problem.travel.astype(np.float64).round()), path)
    path.write_text(path.read_text().replace(".0", ""))
    monkeypatch.setattr(contract, "_items", lambda *_, **__: pytest.fail("read as Python numbers"))

    read = read_problem(path)

    assert np.array_equal(read.travel, problem.travel)
    assert np.array_equal(read.distance, problem.travel)
