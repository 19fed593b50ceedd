"""TRSP files: read, timed like the published plans, and refused when malformed."""

import json
from pathlib import Path

import pytest

from routing.check import check
from routing.formats import trsp
from routing.objective import cost_by_term
from routing.problem import ProblemError
from routing.solution import Solution
from routing.solve import solve
from routing.timing import Timing

DATA = Path(__file__).parents[3] / "shared" / "data"
KNOWN = DATA / "trsp_pillac" / "best_known.json"
needs_data = pytest.mark.skipif(not KNOWN.exists(), reason=f"the public TRSP files are not at {DATA}")

SMALL = """small

INFO
CREW COUNT  SKILLS  TOOLS   SPARE PARTS
1       2       1       1

DEPOT TECHNICIANS AND REQUESTS
ID   X     Y     TWS    TWE    Serv   SKILLS   TOOLS    SPARE PARTS
0    0     0     0      100    2      [] 	[] 	[]
1    3     4     10     90     0      [0] 	[] 	[2]
2    0     9.5   20     30     5      [0] 	[0] 	[3]
"""


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "small.txt"
    file.write_text(text)
    return file


def test_a_file_becomes_shifts_visits_and_one_unlimited_depot(tmp_path: Path) -> None:
    problem = trsp.read(written(tmp_path, SMALL))

    scale = problem.time_scale
    (shift,), (visit,), (depot,) = problem.shifts, problem.visits, problem.depots
    assert problem.travel[0, 1] == 5 * scale
    assert (shift.id, shift.technician, shift.start, shift.end) == ("1", "1", 10 * scale, 90 * scale)
    assert (shift.skills, shift.trunk, shift.work_cost, shift.travel_cost) == ({"0": 1}, {"0": 2}, 1.0, 0.0)
    assert (visit.id, visit.windows, visit.duration) == ("2", ((20 * scale, 30 * scale),), 5 * scale)
    assert (visit.skills, visit.tools, visit.parts) == ({"0": 1}, frozenset({"0"}), {"0": 3})
    assert (depot.location, depot.duration, depot.tools, depot.parts) == (0, 2 * scale, frozenset({"0"}), {"0": None})


def test_a_matrix_in_the_file_replaces_the_euclidean_distances(tmp_path: Path) -> None:
    rows = "0;0;7;8;9\n1;7;0;6;9\n2;8;6.5;0;9\n"

    problem = trsp.read(written(tmp_path, f"{SMALL}\nDISTANCES\n{rows}\nTRAVEL TIMES\n{rows.replace('8', '11')}"))

    assert problem.travel[0, 2] == 11 * problem.time_scale
    assert problem.distance is not None
    assert problem.distance[2].tolist() == [8.0, 6.5, 0.0]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("CREW COUNT", "TEAM", "the file: expected a line CREW COUNT"),
        ("1       2 ", "x       2 ", "line 5: expected the number of technicians"),
        ("1       2 ", "9       2 ", "small.txt: expected a depot and 9 technicians, got 3 nodes"),
        ("ID   X", "NODE X", "the file: expected a line ID  X  Y"),
        ("2    0     9.5", "3    0     9.5", "line 11: expected node 2, got 3"),
        ("9.5", "nine", "line 11: expected a number, got 'nine'"),
        ("9.5", "nan", "line 11: expected a number up to 100000, got nan"),
        ("[3]", "", "line 11: expected ID X Y TWS TWE Serv [skills] [tools] [parts], got"),
        ("30     5", "19     5", "visits[0].windows[0]: expected start <= end"),
        ("[3]\n", "[3]\n\nDISTANCES\n0;1;2\n", "line 14: expected a row number and 3 values, got 3 values"),
        ("[3]\n", "[3]\n\nTRAVEL TIMES\n0;0;2;3\n", "line 13: expected 3 rows under TRAVEL TIMES, got 1"),
    ],
)
def test_a_malformed_line_is_refused_by_number(old: str, new: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as refusal:
        trsp.read(written(tmp_path, SMALL.replace(old, new)))

    assert str(refusal.value).startswith(message)


@needs_data
def test_the_published_plans_take_the_published_working_time() -> None:
    for name, known in json.loads(KNOWN.read_text()).items():
        problem = trsp.read(KNOWN.parent / f"{name}.txt")
        orders = {
            problem.shift_index[technician]: [
                problem.visit_index[str(node)] if node else len(problem.visits) for node in nodes
            ]
            for technician, nodes in known["routes"].items()
        }

        cost = cost_by_term(problem, Solution(Timing(problem).routes(orders)))

        assert cost["work"] == pytest.approx(known["working_time"], rel=1e-6), name
        assert cost["unserved"] == 0.0, name


@needs_data
@pytest.mark.parametrize("name", ["R1", "R3", "R4", "R6"])
def test_a_real_day_is_planned_and_passes_the_checker(name: str) -> None:
    problem = trsp.read(DATA / "trsp_real_days" / f"{name}.txt")

    solution = solve(problem, "greedy")

    assert check(problem, solution) == []
    assert len(solution.unserved) <= 1
