"""The planner's command line, from the files it reads to its exit code."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from routing.__main__ import main
from routing.engines import Progress, SolveOptions
from routing.formats.contract import problem_document, write_problem
from routing.problem import Problem
from routing.solve import solve
from tests.routing.test_trsp import SMALL
from tests.routing.worlds import on_a_line, shift, visit

GREEDY = ["--engine", "greedy"]
EXAMPLE = Path(__file__).parents[2] / "docs" / "examples" / "morning.json"


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


def test_the_example_of_the_documents_is_planned_as_they_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = tmp_path / "plan.json"

    assert main(["solve", str(EXAMPLE), "-o", str(plan), "--iterations", "2000"]) == 0

    told = capsys.readouterr().out.splitlines()
    assert f"{'total':<11}{'204.60':>16}" in told
    assert told[-2].startswith("4 visits served, 0 of them late, 1 left out, after ")
    assert [route["depart"] for route in json.loads(plan.read_text())["routes"]] == [0, 4400]


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


@pytest.mark.parametrize("command", [["solve", "FILE", "-o", "plan.json"], ["check", "FILE", "plan.json"]])
@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "line 1 column 1: expected JSON, got Expecting value."),
        (b"\x00\xff", "byte 1: expected UTF-8 text, got invalid start byte."),
        ("{}".encode("utf-16"), "byte 0: expected UTF-8 text, got invalid start byte."),
        (b"[" * 1_000_000, "the document: expected lists and objects nested a few levels deep."),
        (b"7" * 1_000_000, "the document: expected numbers of reasonable size, got Exceeds the limit"),
        (b'{"travel": [[-Infinity]]}', "the document: expected finite numbers only, got -Infinity."),
        (b'{"travel": [], "shifts": [], "visits": []}', "travel: expected a square matrix"),
        (None, "Is a directory."),
    ],
    ids=["empty", "no text", "UTF-16", "deep", "long", "infinite", "no places", "directory"],
)
def test_a_file_that_is_no_problem_ends_with_one_sentence(
    content: bytes | None,
    sentence: str,
    command: list[str],
    *,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is None:
        Path("FILE").mkdir()
    else:
        Path("FILE").write_bytes(content)

    assert main(command) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("routing: FILE")
    assert sentence in line
    assert [file.name for file in tmp_path.iterdir()] == ["FILE"]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"location": 2}, "visit.json: visit.location: expected 0..1, got 2."),
        ({"id": "v"}, "visit.json: id: expected an id that no other visit of the problem has, got 'v'."),
        ({"windows": [[5, 3]]}, "visit.json: windows[0]: expected start <= end, got 5 > 3."),
        (
            {"pin": {"technician": "Z"}},
            "visit.json: visit.pin.technician: expected a technician with a shift, got 'Z'.",
        ),
        ({"duration": 1e12}, "visit.json: duration: expected a whole number in 0..1000000000, got 1000000000000.0."),
    ],
)
def test_a_visit_that_does_not_fit_the_problem_ends_with_one_sentence(
    changed: dict[str, object],
    sentence: str,
    problem_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(problem_file.parent)
    main(["solve", "problem.json", "-o", "plan.json", *GREEDY])
    Path("visit.json").write_text(json.dumps({"id": "new", "location": 1, "duration": 10} | changed))
    capsys.readouterr()

    assert main(["insert", "problem.json", "plan.json", "visit.json"]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"routing: {sentence}"


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc to see how far the program is")
@pytest.mark.usefixtures("compiled_planner")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)])
@pytest.mark.parametrize("engine", ["hybrid", "ortools"])
def test_a_run_that_is_ended_leaves_the_old_plan_and_nothing_else(
    number: signal.Signals, code: int, engine: str, tmp_path: Path
) -> None:
    plan, pipe = tmp_path / "plan.json", tmp_path / "problem"
    plan.write_text("the old plan")
    os.mkfifo(pipe)
    command = [sys.executable, "-m", "routing", "solve", str(pipe), "-o", str(plan), "--engine", engine]
    with subprocess.Popen([*command, "--seconds", "60"], stderr=subprocess.PIPE, text=True) as run:
        # Opens as soon as the program reads; then the search starts a thread.
        with pipe.open("w") as problem:
            before = _num_threads(run)
            problem.write(json.dumps(problem_document(_a_day())))
        while _num_threads(run) <= before:
            time.sleep(0.01)
        run.send_signal(number)
        _, told = run.communicate(timeout=30)

    assert (run.returncode, told) == (code, "" if number == signal.SIGKILL else "routing: told to stop.\n")
    assert {file.name for file in tmp_path.iterdir()} == {"problem", "plan.json"}
    assert plan.read_text() == "the old plan"


def test_nobody_needs_to_hear_what_is_printed(tmp_path: Path) -> None:
    problem, plan = tmp_path / "problem.json", tmp_path / "plan.json"
    problem.write_text(json.dumps(problem_document(_a_day())))
    solve = shlex.join([sys.executable, "-m", "routing", "solve", str(problem), "-o", str(plan), "--engine", "greedy"])

    run = subprocess.run(["sh", "-c", f"exec {solve} >&- 2>&-"], check=False)

    assert run.returncode == 0
    assert plan.exists()


def _a_day() -> Problem:
    visits = tuple(visit(f"v{i}", i) for i in range(1, 30))
    return on_a_line(*range(30), shifts=(shift("A1"), shift("B1")), visits=visits)


def _num_threads(run: subprocess.Popen[str]) -> int:
    return len(list(Path(f"/proc/{run.pid}/task").iterdir()))


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
