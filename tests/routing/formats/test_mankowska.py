"""Home care: soft closing times at a third each, and no synchronised pairs."""

import io
import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from routing.check import check
from routing.formats import mankowska
from routing.objective import cost_by_term
from routing.problem import ProblemError
from routing.solution import Solution
from routing.solve import solve
from routing.timing import Timing
from tests.routing.formats.data import DATA, needs

FOLDER = DATA / "hhcrsp_mankowska"


def document() -> dict[str, Any]:
    """Two patients who need one caregiver and one who needs two."""
    patient = {"location": [0, 0], "required_caregivers": [{"service": "s1", "duration": 10}]}
    return {
        "patients": [
            {"id": "p1", "time_window": [20, 30], **patient},
            {"id": "p2", "time_window": [20, 30], "required_caregivers": [{"service": "s2"}]},
            {
                **patient,
                "id": "p3",
                "time_window": [0, 9],
                "required_caregivers": [{"service": "s1"}, {"service": "s2"}],
                "synchronization": {"type": "simultaneous"},
            },
        ],
        "services": [{"id": "s1", "default_duration": 14.0}, {"id": "s2", "default_duration": 15.5}],
        "caregivers": [{"id": "c1", "abilities": ["s1", "s2"]}, {"id": "c2", "abilities": ["s2"]}],
        "central_offices": [{"id": "d", "location": [1, 1]}],
        "distances": [[0, 6, 7.5, 1], [6, 0, 3.001, 1], [7.5, 3, 0, 1], [1, 1, 1, 0]],
    }


def singles() -> dict[str, Any]:
    whole = document()
    return {**whole, "patients": whole["patients"][:2], "distances": [row[:3] for row in whole["distances"][:3]]}


def written(tmp_path: Path, content: dict[str, Any], name: str = "day.json") -> Path:
    (tmp_path / name).write_text(json.dumps(content))
    return tmp_path / name


def archived(tmp_path: Path, content: dict[str, Any]) -> Path:
    text = json.dumps(content).encode()
    with tarfile.open(tmp_path / "days.tar.gz", "w:gz") as tar:
        member = tarfile.TarInfo("instances/day.json")
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))
    return tmp_path / "days.tar.gz"


def test_a_window_is_a_hard_opening_and_a_soft_closing(tmp_path: Path) -> None:
    problem = mankowska.read(written(tmp_path, singles()))

    visit, other = problem.visits
    assert (visit.release, visit.due, visit.windows, visit.duration) == (20_000, 30_000, (), 10_000)
    assert (visit.skills, other.skills, other.duration) == ({"s1": 1}, {"s2": 1}, 15_500)
    assert problem.travel[1].tolist() == [6000, 0, 3001]
    assert [shift.skills for shift in problem.shifts] == [{"s1": 1, "s2": 1}, {"s2": 1}]


def test_a_plan_costs_a_third_of_distance_and_of_lateness(tmp_path: Path) -> None:
    problem = mankowska.read(written(tmp_path, singles()))

    cost = cost_by_term(problem, Solution(Timing(problem).routes({0: [0, 1]})))

    # p1 starts at 20 and ends at 30; p2 starts at 33.001, late by 3.001; the way is 6 + 3.001 + 7.5.
    assert cost["lateness"] == pytest.approx(3.001 / 3)
    assert cost["travel"] == pytest.approx(16.501 / 3)
    assert cost["total"] == pytest.approx((16.501 + 3.001) / 3)


def test_a_patient_who_needs_two_caregivers_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(ProblemError) as refusal:
        mankowska.read(written(tmp_path, document()))

    assert str(refusal.value) == (
        "patients[2].required_caregivers: expected one caregiver: synchronised pairs are not planned "
        "(mankowska-singles leaves such patients out), got 2 caregivers"
    )


def test_singles_leaves_out_who_needs_two_caregivers_and_keeps_the_places(tmp_path: Path) -> None:
    problem = mankowska.read_singles(written(tmp_path, document()))

    assert [visit.id for visit in problem.visits] == ["p1", "p2"]
    assert problem.num_locations == 4


def test_an_archive_reads_like_a_folder(tmp_path: Path) -> None:
    archive = archived(tmp_path, singles())

    (file,) = mankowska.instances(archive)

    assert file == archive / "day.json"
    assert mankowska.instances(tmp_path) == [file]
    assert len(mankowska.read(file).visits) == 2


def test_an_archive_without_the_instance_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match=r"days\.tar\.gz: expected an instance night\.json in the archive"):
        mankowska.read(archived(tmp_path, singles()) / "night.json")


@pytest.mark.parametrize("kept", [0, 10, 100])
def test_a_damaged_archive_is_refused(kept: int, tmp_path: Path) -> None:
    archive = archived(tmp_path, singles())
    archive.write_bytes(archive.read_bytes()[:kept])

    with pytest.raises(ProblemError, match=r"days\.tar\.gz: expected a whole gzipped tar archive"):
        mankowska.read(archive / "day.json")


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("distances",), [[0]], "distances: expected 3 rows, the office and the patients, got 1"),
        (("distances", 1), [1, 0], "distances[1]: expected 3 distances, got 2"),
        (("distances", 1, 0), -1, "distances[1][0]: expected a number in 0..500000, got -1"),
        (("patients", 0, "time_window"), [1], "patients[0].time_window: expected [opens, closes], got [1]"),
        (("patients", 0, "time_window"), [9, 1], "patients[0].time_window: expected opens <= closes"),
        (("patients", 0, "required_caregivers"), [], "patients[0].required_caregivers: expected one caregiver"),
        (("patients", 0, "age"), 80, "patients[0].age: expected one of"),
        (
            ("patients", 0, "required_caregivers", 0, "service"),
            "s9",
            "patients[0].required_caregivers[0].service: expected one of the services s1, s2",
        ),
        (("central_offices",), [], "central_offices: expected one central office, got []"),
    ],
)
def test_a_malformed_field_is_refused_by_path(
    place: tuple[str | int, ...], value: object, message: str, tmp_path: Path
) -> None:
    content: Any = singles()
    target = content
    for key in place[:-1]:
        target = target[key]
    target[place[-1]] = value

    with pytest.raises(ProblemError) as refusal:
        mankowska.read(written(tmp_path, content))

    assert str(refusal.value).startswith(message)


def test_the_known_values_leave_the_largest_lateness_out(tmp_path: Path) -> None:
    table = "| instance | distance_traveled | max_tardiness | total_tardiness |\n|:--|--:|--:|--:|\n"
    (tmp_path / "mankowska_best.md").write_text(f"{table}| day.json | 60 | 7 | 9 |\n")

    assert mankowska.known_values(tmp_path) == {"day": pytest.approx(23.0)}
    assert mankowska.known_values(archived(tmp_path, singles())) == {"day": pytest.approx(23.0)}


def test_a_table_without_distances_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mankowska_best.md").write_text("| instance | cost |\n|:--|--:|\n")

    with pytest.raises(ProblemError, match=r"mankowska_best\.md: expected a table with instance, distance_traveled"):
        mankowska.known_values(tmp_path)


@needs(FOLDER)
def test_every_public_instance_has_pairs_and_singles() -> None:
    files = mankowska.instances(FOLDER)
    known = mankowska.known_values(FOLDER)

    assert len(files) == 70
    assert {file.stem for file in files} == known.keys()
    smallest = next(file for file in files if file.stem == "InstanzCPLEX_HCSRP_10_1")
    with pytest.raises(ProblemError, match="synchronised pairs are not planned"):
        mankowska.read(smallest)
    problem = mankowska.read_singles(smallest)
    assert len(problem.visits) == 7
    solution = solve(problem, "greedy")
    assert check(problem, solution) == []
    # A caregiver may always come late, so nobody is left out.
    assert solution.unserved == ()
