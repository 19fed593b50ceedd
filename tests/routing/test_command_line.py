"""The planner's command line, from the files it reads to its exit code."""

import json
from pathlib import Path

import pytest

from routing.__main__ import main
from routing.engines import Progress, SolveOptions
from routing.formats.contract import write_problem
from routing.solve import solve
from tests.routing.test_trsp import SMALL
from tests.routing.worlds import on_a_line, shift, visit

GREEDY = ["--engine", "greedy"]


@pytest.fixture
def problem_file(tmp_path: Path) -> Path:
    problem = on_a_line(0, 10, shifts=(shift(),), visits=(visit("v", 1, due=5), visit("far", 1, 5000)))
    write_problem(problem, tmp_path / "problem.json")
    return tmp_path / "problem.json"


def test_a_problem_is_solved_and_its_plan_passes_the_check(
    problem_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = problem_file.with_name("plan.json")

    assert main(["solve", str(problem_file), "-o", str(plan), "--seconds", "1", "--seed", "3", *GREEDY]) == 0
    solved = capsys.readouterr().out
    assert main(["check", str(problem_file), str(plan)]) == 0
    checked = capsys.readouterr().out

    assert "1 visits served, 1 of them late, 1 left out" in solved
    assert "unserved           1,000.00" in checked
    assert checked.endswith("The plan is feasible and its cost is right.\n")
    assert json.loads(plan.read_text())["seed"] == 3


def test_a_plan_with_a_wrong_cost_fails_the_check(problem_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan = problem_file.with_name("plan.json")
    main(["solve", str(problem_file), "-o", str(plan), *GREEDY])
    document = json.loads(plan.read_text())
    document["cost"]["total"] += 1
    plan.write_text(json.dumps(document))
    capsys.readouterr()

    assert main(["check", str(problem_file), str(plan)]) == 1

    assert "cost: Cost term total is 1020.0, the plan says 1021.0." in capsys.readouterr().out


def test_a_plan_for_another_problem_fails_the_check(problem_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan, other = problem_file.with_name("plan.json"), problem_file.with_name("other.json")
    main(["solve", str(problem_file), "-o", str(plan), *GREEDY])
    write_problem(on_a_line(0, 10, shifts=(shift(),), visits=(visit("w", 1),)), other)
    capsys.readouterr()

    assert main(["check", str(other), str(plan)]) == 1

    assert "which is not in the problem" in capsys.readouterr().out


def test_a_public_file_is_converted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "small.txt").write_text(SMALL)

    assert main(["convert", "trsp", str(tmp_path / "small.txt"), "-o", str(tmp_path / "small.json")]) == 0

    assert "1 visits, 1 shifts, 1 depots" in capsys.readouterr().out


def test_a_folder_is_planned_into_a_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "small.txt").write_text(SMALL)
    (tmp_path / "best_known.json").write_text('{"small": {"working_time": 25}}')

    assert main(["bench", "trsp", str(tmp_path), "--seconds", "1", "--engines", "greedy"]) == 0

    row = capsys.readouterr().out.splitlines()[-1]
    assert row.startswith("| small | greedy | 27.77 | 25.00 | +11.06 % | 0 |")
    assert row.endswith("| ok |")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["solve", "none.json", "-o", "plan.json"], "none.json cannot be read: No such file or directory."),
        (["solve", "bad.json", "-o", "plan.json"], "bad.json: visits[0].duration: expected a whole number in"),
        (["check", "problem.json", "bad.json"], "bad.json: routes: expected a value"),
        (["convert", "trsp", "bad.json", "-o", "x.json"], "bad.json: the file: expected a line CREW COUNT"),
        (["bench", "trsp", "empty"], "empty holds no instances of trsp to plan."),
        (["solve", "problem.json", "-o", "none/plan.json", *GREEDY], "none/plan.json cannot be written: No such file"),
    ],
)
def test_bad_files_end_with_one_sentence(
    arguments: list[str],
    sentence: str,
    problem_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    document = json.loads(problem_file.read_text())
    document["visits"][0]["duration"] = -1
    if arguments[0] == "check":
        document = {"cost": {}}
    problem_file.with_name("bad.json").write_text(json.dumps(document))
    problem_file.with_name("empty").mkdir()
    monkeypatch.chdir(problem_file.parent)

    assert main(arguments) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"routing: {sentence}")


@pytest.mark.parametrize("budget", ["0", "-1", "nan", "soon"])
def test_a_budget_that_is_no_positive_number_is_refused(budget: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        main(["solve", "p.json", "-o", "s.json", "--seconds", budget])

    assert end.value.code == 2
    assert f"expected a number above 0, got '{budget}'" in capsys.readouterr().err


def test_compiling_ahead_says_when_it_is_done(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["compile"]) == 0

    assert capsys.readouterr().out.startswith("Planner kernels ready after ")


def test_an_unknown_engine_is_refused_by_name() -> None:
    problem = on_a_line(0, shifts=(), visits=())

    with pytest.raises(ValueError, match="Expected engine to be one of greedy, hybrid, ortools, got 'magic'"):
        solve(problem, "magic")


def test_progress_grows_to_one() -> None:
    problem = on_a_line(0, 10, shifts=(shift(),), visits=tuple(visit(f"v{i}", 1) for i in range(4)))
    seen: list[Progress] = []

    solution = solve(problem, "greedy", SolveOptions(on_progress=seen.append))

    assert [progress.elapsed for progress in seen] == [0.25, 0.5, 0.75, 1.0]
    assert seen[-1].best_cost == solution.cost["total"]
