"""Technician scheduling with levels and outsourcing: two files make a problem."""

from pathlib import Path

import pytest

from routing.check import check
from routing.formats import kovacs
from routing.problem import ProblemError
from routing.solve import solve
from tests.routing.formats.data import DATA, needs

TASKS = DATA / "strsp_kovacs" / "tasks_noTeam"

HEAD = "CUST NO.\tXCOORD.\tYCOORD.\tDEMAND\tREADY TIME\tDUE DATE\tSERVICE TIME\tcost\td11\td12\td21\td22\n"
TASKS_FILE = f"""Capacity: 200
Customer: 3

{HEAD}1\t0\t0\t0\t0\t100\t0\t0\t0\t0\t0\t0
2\t3\t4\t10\t5\t40\t10\t100\t1\t1\t1\t0
3\t1\t1\t10\t0\t90\t10\t600\t0\t0\t0\t0
"""
TECHNICIANS_FILE = """Technicians
Number of Technicians: 2
domains: 2
proficiency level: 2

ID\tdomain1\tdomain2
1\t2\t0
2\t2\t1
"""


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    (tmp_path / "tasks_noTeam").mkdir()
    (tmp_path / "technicians_noTeam").mkdir()
    (tmp_path / "technicians_noTeam" / "technicians_small.txt").write_text(TECHNICIANS_FILE)
    (tmp_path / "tasks_noTeam" / "small.txt").write_text(TASKS_FILE)
    return tmp_path / "tasks_noTeam" / "small.txt"


def test_a_task_asks_for_the_highest_level_of_each_domain(tasks: Path) -> None:
    problem = kovacs.read(tasks)

    demanding, plain = problem.visits
    assert demanding.skills == {"domain1": 2, "domain2": 1}
    assert plain.skills == {}
    assert [shift.skills for shift in problem.shifts] == [{"domain1": 2}, {"domain1": 2, "domain2": 1}]


def test_outsourcing_costs_what_the_source_says_and_not_the_cost_column(tasks: Path) -> None:
    demanding, plain = kovacs.read(tasks).visits

    assert demanding.unserved_cost == pytest.approx(200 + 3**1.5)
    assert plain.unserved_cost == 200


def test_times_are_scaled_and_demand_is_no_part(tasks: Path) -> None:
    problem = kovacs.read(tasks)

    visit, shift = problem.visits[0], problem.shifts[0]
    assert problem.travel[0].tolist() == [0, 50_000, 14_143]
    assert (visit.id, visit.duration, visit.windows, visit.parts) == ("2", 100_000, ((50_000, 400_000),), {})
    assert (shift.id, shift.start, shift.end, shift.trunk) == ("1", 0, 1_000_000, {})


def test_the_technicians_may_lie_beside_the_tasks(tasks: Path) -> None:
    other = tasks.parent.with_name("technicians_noTeam") / "technicians_small.txt"
    other.rename(tasks.with_name("technicians_small.txt"))

    assert len(kovacs.read(tasks).shifts) == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("2\t3\t4", "2\t3", "line 6: expected 8 columns and 2 x 2 counts of technicians, got 11 columns"),
        ("\t1\t1\t1\t0\n", "\t2\t1\t1\t0\n", "line 6: expected tasks for one technician (teams are not planned), got"),
        ("CUST", "TASK", "the file: expected a line CUST NO."),
        ("\t40\t", "\tnever\t", "line 6: expected a number, got 'never'"),
        (TASKS_FILE, HEAD, "the file: expected a depot below the line CUST NO."),
    ],
)
def test_malformed_tasks_are_refused_by_line(old: str, new: str, message: str, tasks: Path) -> None:
    tasks.write_text(TASKS_FILE.replace(old, new))

    with pytest.raises(ProblemError) as refusal:
        kovacs.read(tasks)

    assert str(refusal.value).startswith(message)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("domains: 2", "fields: 2", "technicians_small.txt: expected a line 'domains: ...'"),
        (
            "Technicians: 2",
            "Technicians: 3",
            "technicians_small.txt: expected 3 technicians, each with an ID of its own",
        ),
        ("2\t2\t1", "1\t2\t1", "technicians_small.txt: expected 2 technicians, each with an ID of its own, got 1"),
        ("2\t2\t1", "2\t3\t1", "technicians_small.txt line 8: expected a number in 0..2, got 3"),
        ("2\t2\t1", "2\t2", "technicians_small.txt line 8: expected an ID and 2 levels"),
    ],
)
def test_malformed_technicians_are_refused_by_line(old: str, new: str, message: str, tasks: Path) -> None:
    file = tasks.parent.with_name("technicians_noTeam") / "technicians_small.txt"
    file.write_text(TECHNICIANS_FILE.replace(old, new))

    with pytest.raises(ProblemError) as refusal:
        kovacs.read(tasks)

    assert str(refusal.value).startswith(message)


def test_without_technicians_the_file_is_named(tasks: Path) -> None:
    (tasks.parent.with_name("technicians_noTeam") / "technicians_small.txt").unlink()

    with pytest.raises(FileNotFoundError, match=r"technicians_small\.txt"):
        kovacs.read(tasks)


@needs(TASKS)
def test_every_public_instance_is_read() -> None:
    for file in sorted(TASKS.glob("*.txt")):
        problem = kovacs.read(file)

        assert len(problem.visits) == 100
        assert all(visit.unserved_cost >= 201 for visit in problem.visits)


@needs(TASKS)
def test_a_public_instance_is_planned_and_passes_the_checker() -> None:
    problem = kovacs.read(TASKS / "R103_5x4_noTeam.txt")

    assert check(problem, solve(problem, "greedy")) == []
