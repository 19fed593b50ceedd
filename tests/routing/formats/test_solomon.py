"""Solomon's files: read in two conventions, priced like published plans, and refused when malformed."""

import json
from pathlib import Path

import pytest

from routing.formats import solomon
from routing.objective import cost_by_term
from routing.problem import Problem, ProblemError
from routing.solution import Solution
from routing.timing import OrderError, Timing
from tests.routing.formats.data import DATA, needs

SOLOMON = DATA / "solomon_100"
needs_solomon = needs(SOLOMON)

SMALL = """SMALL

VEHICLE
NUMBER     CAPACITY
  2         30

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME

    0      0          0          0          0        100          0
    1      1          1         10          5         40         10
    2      3          4         25          0         90          2
"""
# The optimum of C101 in either convention, as printed in many papers.
C101 = (
    (5, 3, 7, 8, 10, 11, 9, 6, 4, 2, 1, 75),
    (13, 17, 18, 19, 15, 16, 14, 12),
    (20, 24, 25, 27, 29, 30, 28, 26, 23, 22, 21),
    (32, 33, 31, 35, 37, 38, 39, 36, 34),
    (43, 42, 41, 40, 44, 46, 45, 48, 51, 50, 52, 49, 47),
    (57, 55, 54, 53, 56, 58, 60, 59),
    (67, 65, 63, 62, 74, 72, 61, 64, 68, 66, 69),
    (81, 78, 76, 71, 70, 73, 77, 79, 80),
    (90, 87, 86, 83, 82, 84, 85, 88, 89, 91),
    (98, 96, 95, 94, 92, 93, 97, 100, 99),
)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    (tmp_path / "small.txt").write_text(SMALL)
    return tmp_path / "small.txt"


def cost_of(problem: Problem, routes: tuple[tuple[int, ...], ...]) -> dict[str, float]:
    orders = {s: [problem.visit_index[str(customer)] for customer in route] for s, route in enumerate(routes)}
    return cost_by_term(problem, Solution(Timing(problem).routes(orders)))


def test_distances_are_cut_after_the_first_decimal(small: Path) -> None:
    problem = solomon.read(small)

    # The root of 2 is 1.41421, of 13 it is 3.60555.
    assert problem.travel.tolist() == [[0, 14, 50], [14, 0, 36], [50, 36, 0]]
    assert problem.time_scale == 10
    assert problem.distance is not None
    assert problem.distance[0, 1] == 1.4


def test_exact_distances_are_rounded_up_to_a_ten_thousandth(small: Path) -> None:
    problem = solomon.read_sintef(small)

    assert problem.travel.tolist() == [[0, 14143, 50000], [14143, 0, 36056], [50000, 36056, 0]]
    assert problem.time_scale == 10_000


def test_vehicles_become_shifts_with_their_capacity_on_board(small: Path) -> None:
    problem = solomon.read(small)

    assert [shift.id for shift in problem.shifts] == ["1", "2"]
    shift, visit = problem.shifts[1], problem.visits[0]
    assert (shift.technician, shift.start, shift.end, shift.trunk) == ("2", 0, 1000, {"capacity": 30})
    assert (visit.id, visit.duration, visit.windows, visit.parts) == ("1", 100, ((50, 400),), {"capacity": 10})


def test_a_plan_costs_its_distance(small: Path) -> None:
    cost = cost_of(solomon.read(small), ((1,), (2,)))

    assert cost["travel"] == cost["total"] == pytest.approx(2 * 1.4 + 2 * 5.0)


def test_a_vehicle_serves_no_more_than_it_carries(small: Path) -> None:
    with pytest.raises(OrderError):
        cost_of(solomon.read(small), ((1, 2),))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("NUMBER", "COUNT", "the file: expected a line NUMBER  CAPACITY"),
        ("CUST NO.", "CLIENT", "the file: expected a line CUST NO."),
        ("  2         30", "  2", "line 5: expected the number of vehicles and their capacity, got '2'"),
        ("  2         30", "  0         30", "line 5: expected a number in 1..10000, got 0"),
        ("    1      1 ", "    3      1 ", "small.txt: expected customers numbered one by one from 0, 1 next, got 3"),
        ("         25 ", "        2.5 ", "line 12: expected a whole number, got 2.5"),
        ("         25 ", "        -25 ", "line 12: expected a number in 0..1e+06, got -25"),
        ("         90 ", "        inf ", "line 12: expected a number in 0..50000, got inf"),
        ("         90 ", "       late ", "line 12: expected a number, got 'late'"),
        ("         90 ", "            ", "line 12: expected CUST NO. XCOORD."),
        ("         40 ", "          4 ", "visits[0].windows[0]: expected start <= end, got 50 > 40"),
    ],
)
def test_a_malformed_file_is_refused_by_line(old: str, new: str, message: str, small: Path) -> None:
    small.write_text(SMALL.replace(old, new))

    with pytest.raises(ProblemError) as refusal:
        solomon.read(small)

    assert str(refusal.value).startswith(message)


def test_a_file_without_customers_is_refused(small: Path) -> None:
    small.write_text(SMALL[: SMALL.index("    0 ")])

    with pytest.raises(ProblemError, match=r"the file: expected a depot below the line CUST NO\."):
        solomon.read(small)


@needs_solomon
def test_the_optimum_of_c101_costs_what_both_tables_say() -> None:
    dimacs = cost_of(solomon.read(SOLOMON / "C101.txt"), C101)
    sintef = cost_of(solomon.read_sintef(SOLOMON / "C101.txt"), C101)

    assert dimacs["total"] == pytest.approx(solomon.known_values(SOLOMON)["C101"])
    assert sintef["total"] == pytest.approx(solomon.known_sintef_values(SOLOMON)["C101"], abs=0.01)


@needs_solomon
def test_every_instance_of_solomon_is_read_and_has_two_known_values() -> None:
    files = sorted(SOLOMON.glob("*.txt"))

    dimacs, sintef = solomon.known_values(SOLOMON), solomon.known_sintef_values(SOLOMON)

    assert len(files) == 56
    assert {file.stem for file in files} == dimacs.keys() == sintef.keys()
    for file in files:
        problem = solomon.read(file)
        assert (len(problem.visits), len(problem.shifts)) == (100, 25)


@needs(DATA / "homberger_200")
def test_every_instance_of_homberger_is_read_and_has_a_known_value() -> None:
    folder = DATA / "homberger_200"
    known = solomon.known_sintef_values(folder)

    for file in sorted(folder.glob("*.txt")):
        assert len(solomon.read_sintef(file).visits) == 200
        assert known[file.stem] > 0


def test_a_table_of_known_values_that_lacks_one_is_refused(tmp_path: Path) -> None:
    (tmp_path / "dimacs_bks_verified.json").write_text(json.dumps({"C101": {"costs": 1}}))

    with pytest.raises(ProblemError, match="C101: expected an object with 'cost'"):
        solomon.known_values(tmp_path)


def test_without_a_table_nothing_is_known(tmp_path: Path) -> None:
    assert solomon.known_values(tmp_path) == {}
