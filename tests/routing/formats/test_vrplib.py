"""VRPLIB files: keys, roundings, prizes; what changes the problem beyond ours is refused by name."""

from pathlib import Path

import numpy as np
import pytest

from routing.check import check
from routing.formats import vrplib
from routing.formats.solomon import UNSERVED_COST
from routing.objective import cost_by_term
from routing.problem import MAX_QUANTITY, ProblemError
from routing.solution import Solution
from routing.solve import solve
from routing.timing import Timing

SMALL = """NAME : small
COMMENT : (two clients, one of them for a prize)
TYPE : PCVRPTW
DIMENSION : 3
VEHICLES : 2
CAPACITY : 10
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 1 1
3 3 4.5
DEMAND_SECTION
1 0
2 4
3 7
TIME_WINDOW_SECTION
1 0 100
2 5.5 20
3 0 50
SERVICE_TIME_SECTION
1 0
2 3
3 3
PRIZE_SECTION
1 0
2 0
3 7.25
DEPOT_SECTION
 1
 -1
EOF
"""
PLAIN = """DIMENSION : 3
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 1 1
3 3 4
"""


def written(tmp_path: Path, text: str) -> Path:
    (tmp_path / "small.vrp").write_text(text)
    return tmp_path / "small.vrp"


def matrix(form: str, numbers: str) -> str:
    kind = f"EDGE_WEIGHT_TYPE : EXPLICIT\nEDGE_WEIGHT_FORMAT : {form}\n"
    return f"DIMENSION : 3\n{kind}EDGE_WEIGHT_SECTION\n{numbers}\n"


def test_a_prize_is_what_leaving_out_costs_and_no_prize_means_must(tmp_path: Path) -> None:
    must, may = vrplib.read(written(tmp_path, SMALL)).visits

    assert must.unserved_cost == UNSERVED_COST
    assert may.unserved_cost == 7.25


def test_clients_and_vehicles_keep_their_published_numbers(tmp_path: Path) -> None:
    problem = vrplib.read(written(tmp_path, SMALL))

    visit, shift = problem.visits[1], problem.shifts[1]
    assert (visit.id, visit.windows, visit.duration, visit.parts) == ("2", ((0, 50),), 3, {"capacity": 7})
    assert (shift.id, shift.start, shift.end, shift.trunk) == ("2", 0, 100, {"capacity": 10})


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        # The roots of 2, 29.25 and 16.25 are 1.414, 5.408 and 4.031.
        ("EUC_2D", [[0, 1, 5], [1, 0, 4], [5, 4, 0]]),
        ("FLOOR_2D", [[0, 1, 5], [1, 0, 4], [5, 4, 0]]),
        ("CEIL_2D", [[0, 2, 6], [2, 0, 5], [6, 5, 0]]),
        ("EXACT_2D", [[0, 1414, 5408], [1414, 0, 4031], [5408, 4031, 0]]),
    ],
)
def test_distances_are_rounded_as_the_file_says(kind: str, expected: list[list[int]], tmp_path: Path) -> None:
    problem = vrplib.read(written(tmp_path, SMALL.replace("EUC_2D", kind)))

    assert problem.travel.tolist() == expected
    assert problem.time_scale == (1000 if kind == "EXACT_2D" else 1)


def test_the_dimacs_convention_cuts_after_the_first_decimal(tmp_path: Path) -> None:
    problem = vrplib.read_dimacs(written(tmp_path, SMALL))

    cost = cost_by_term(problem, Solution(Timing(problem).routes({0: [0]})))

    assert problem.travel.tolist() == [[0, 14, 54], [14, 0, 40], [54, 40, 0]]
    assert problem.visits[0].windows == ((55, 200),)
    assert cost["total"] == pytest.approx(2.8 + 7.25)


@pytest.mark.parametrize(
    ("form", "numbers", "expected"),
    [
        ("FULL_MATRIX", "0 1 2\n3 0 4\n5 6 0", [[0, 1, 2], [3, 0, 4], [5, 6, 0]]),
        ("LOWER_ROW", "1\n2 4", [[0, 1, 2], [1, 0, 4], [2, 4, 0]]),
        # Rows of the file need not be rows of the matrix.
        ("LOWER_DIAG_ROW", "9 1 9 2\n4 9", [[0, 1, 2], [1, 0, 4], [2, 4, 0]]),
        ("UPPER_ROW", "1 2\n4", [[0, 1, 2], [1, 0, 4], [2, 4, 0]]),
        ("UPPER_DIAG_ROW", "0 1 2\n0 4\n0", [[0, 1, 2], [1, 0, 4], [2, 4, 0]]),
    ],
)
def test_a_matrix_is_read_in_each_form(form: str, numbers: str, expected: list[list[int]], tmp_path: Path) -> None:
    problem = vrplib.read(written(tmp_path, matrix(form, numbers)))

    assert problem.travel.tolist() == expected


def test_what_is_not_stated_has_a_default(tmp_path: Path) -> None:
    problem = vrplib.read(written(tmp_path, PLAIN))

    assert len(problem.shifts) == 2
    assert problem.shifts[0].trunk == {"capacity": MAX_QUANTITY}
    assert problem.shifts[0].end == int(vrplib.LATEST)
    assert problem.visits[0].windows == ()
    assert problem.visits[0].technicians is None


def test_vehicles_differ_where_the_file_says_so(tmp_path: Path) -> None:
    text = """DIMENSION : 4
VEHICLES : 2
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 1 1
3 3 4
4 9 9
CAPACITY_SECTION
1 5
2 6
VEHICLES_DEPOT_SECTION
1 2
2 1
VEHICLES_FIXED_COST_SECTION
1 100
2 50
VEHICLES_UNIT_DISTANCE_COST_SECTION
1 1
2 0.5
VEHICLES_ALLOWED_CLIENTS_SECTION
1 3
2 3
DEPOT_SECTION
1
2
-1
"""
    problem = vrplib.read(written(tmp_path, text))

    first, second = problem.shifts
    assert (first.start_location, first.fixed_cost, first.travel_cost, first.trunk) == (1, 100, 1, {"capacity": 5})
    assert (second.end_location, second.fixed_cost, second.travel_cost) == (0, 50, 0.5)
    assert [(visit.id, visit.technicians) for visit in problem.visits] == [
        ("2", frozenset({"1", "2"})),
        ("3", frozenset()),
    ]


@pytest.mark.parametrize("key", ["VEHICLES_MAX_DURATION", "DISTANCE"])
def test_a_longest_duration_ends_the_shift(key: str, tmp_path: Path) -> None:
    problem = vrplib.read(written(tmp_path, f"{key} : 12\nSERVICE_TIME : 2\n{PLAIN}"))

    assert problem.shifts[0].end == 12
    assert problem.visits[0].duration == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("PRIZE_SECTION", "BACKHAUL_SECTION", "line 24: expected each once, of CAPACITY, DEMAND,"),
        ("PRIZE_SECTION", "DEMAND_SECTION", "line 24: expected each once, of CAPACITY, DEMAND,"),
        ("VEHICLES :", "VEHICLES_MAX_DISTANCE :", "line 5: expected one of"),
        ("VEHICLES : 2", "VEHICLES : none", "line 5: expected a number, got 'none'"),
        ("VEHICLES : 2", "VEHICLES_MAX_DURATION : 9", "VEHICLES_MAX_DURATION: expected no longest duration together"),
        ("VEHICLES : 2", "VEHICLES 2", "line 5: expected KEY : value or NAME_SECTION, got 'VEHICLES 2'"),
        ("DIMENSION : 3\n", "", "the file: expected DIMENSION : the number of depots and clients"),
        ("EUC_2D", "GEO", "EDGE_WEIGHT_TYPE: expected EXPLICIT, EUC_2D, FLOOR_2D, CEIL_2D, EXACT_2D, got GEO"),
        ("EDGE_WEIGHT_TYPE : EUC_2D\n", "", "EDGE_WEIGHT_TYPE: expected EXPLICIT, EUC_2D, FLOOR_2D,"),
        ("3 7\n", "", "DEMAND_SECTION: expected one row for each of 1..3, got 2 rows"),
        ("3 7\n", "2 7\n", "DEMAND_SECTION: expected one row for each of 1..3, got 3 rows"),
        ("3 7\n", "3 7.5\n", "DEMAND_SECTION: expected whole quantities, got 7.5"),
        ("3 7\n", "3 7 8\n", "line 15: expected an index and one number in 0..1e+06, got [7.0, 8.0]"),
        ("3 0 50", "3 0", "line 19: expected an index and two numbers in 0..900000, got [0.0]"),
        ("3 0 50", "3 50 0", "visits[1].windows[0]: expected start <= end"),
        ("3 0 50", "3 0 nan", "line 19: expected a number in"),
        (" 1\n -1", " 2\n -1", "DEPOT_SECTION: expected the first locations, 1, 2, ... in order, got [2]"),
    ],
)
def test_a_malformed_or_foreign_key_is_refused_by_name(old: str, new: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as refusal:
        vrplib.read(written(tmp_path, SMALL.replace(old, new, 1)))

    assert str(refusal.value).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (matrix("FULL_MATRIX", "0 1"), "EDGE_WEIGHT_SECTION: expected 9 numbers, a FULL_MATRIX of 3, got 2"),
        (matrix("FUNCTION", "0 1"), "EDGE_WEIGHT_FORMAT: expected one of FULL_MATRIX"),
        ("DIMENSION : 3\nEDGE_WEIGHT_TYPE : EUC_2D\n", "the file: expected a NODE_COORD_SECTION"),
    ],
)
def test_a_matrix_that_does_not_fit_is_refused(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as refusal:
        vrplib.read(written(tmp_path, text))

    assert str(refusal.value).startswith(message)


def test_known_costs_are_read_from_solutions_beside_the_files(tmp_path: Path) -> None:
    (tmp_path / "a.sol").write_text("Route #1: 1 2\nCost 27591\n")
    (tmp_path / "b.sol").write_text("Route #1: 1 2\nCost: 827.3\n")

    assert vrplib.known_values(tmp_path) == {"a": 27591, "b": 827.3}
    # Whole numbers count tenths in this convention.
    assert vrplib.known_dimacs_values(tmp_path) == {"a": 2759.1, "b": 827.3}


def test_a_solution_without_a_cost_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.sol").write_text("Route #1: 1 2\n")

    with pytest.raises(ProblemError, match=r"a\.sol: expected a line Cost"):
        vrplib.known_values(tmp_path)


def test_a_plan_leaves_out_what_its_prize_does_not_pay(tmp_path: Path) -> None:
    problem = vrplib.read_dimacs(written(tmp_path, SMALL))

    solution = solve(problem, "greedy")

    assert check(problem, solution) == []
    assert [left_out.visit for left_out in solution.unserved] == ["2"]
    assert np.isclose(solution.cost["total"], 2.8 + 7.25)
