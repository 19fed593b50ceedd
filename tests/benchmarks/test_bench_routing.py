"""The comparison as a program: it runs what is missing, keeps every result, and says how much of a set it holds."""

from pathlib import Path

import pytest

from benchmarks.routing import tables
from benchmarks.routing.__main__ import main
from benchmarks.routing.bars import Bar, Measured, measured
from benchmarks.routing.contestants import Contestant
from benchmarks.routing.contests import Contest, Entry, contests, without_supply
from benchmarks.routing.ledger import Ledger, Reading, Result, Run
from benchmarks.routing.standing import Standing
from benchmarks.routing.tables import report
from routing.problem import Problem
from tests.routing.worlds import on_a_line

ENTRIES = (Entry("ours", 5), Entry("pyvrp", 30))


def empty() -> Problem:
    return on_a_line(0, shifts=(), visits=())


def contest(*, known: dict[str, float] | None = None, prices_left_out: bool = False) -> Contest:
    instances = {"one": empty, "two": empty}
    return Contest("set", "A set", instances, ENTRIES, known=known or {}, seeds=(1, 2), prices_left_out=prices_left_out)


def ledger(tmp_path: Path, *results: Result) -> Ledger:
    made = Ledger.open(tmp_path / "results.jsonl")
    for result in results:
        made.add(result)
    return made


def ours(instance: str, seed: int, cost: float, **values: float) -> Result:
    run = Run("set", instance, "ours@5", "hybrid", 5, seed, 2)
    return Result(run, **({"cost": cost, "total": cost} | values))  # type: ignore[arg-type]


def pyvrp(instance: str, seed: int, cost: float, copy: int) -> Result:
    run = Run("set", instance, "pyvrp@30", "pyvrp", 30, 2 * seed + copy, 1, copy)
    return Result(run, cost=cost, total=cost)


@pytest.mark.timeout(600)
def test_a_short_comparison_runs_once_and_is_continued_from_its_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = tmp_path / "results.jsonl"
    command = ["bare120", "--quick", "--instances", "1", "--threads", "1", "--results", str(results)]
    command += ["--entries", "ours@0.5", "vroom@3"]

    assert main(command) == 0
    first = capsys.readouterr()
    kept = results.read_text(encoding="utf-8")
    assert main(command) == 0
    again = capsys.readouterr()

    assert "bare120 day 1 ours@0.5 1: " in first.err
    assert "| day 1 | " in first.out
    assert "ours 0.5 s 1 of 1, VROOM 3 s 1 of 1." in first.out
    assert again.err == ""
    assert results.read_text(encoding="utf-8") == kept


def test_an_unknown_set_is_refused_with_the_sets_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["nonsense"])

    assert "no set nonsense; choose from pillac, real, solomon" in capsys.readouterr().err


def test_tables_are_put_between_the_marks_of_a_page(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("Before.\n<!-- measured -->\nold\n<!-- end of what was measured -->\nAfter.\n", encoding="utf-8")

    main(["--tables", "--results", str(tmp_path / "none.jsonl"), "--into", str(page)])

    text = page.read_text(encoding="utf-8")
    assert text.startswith("Before.\n<!-- measured -->\n\n")
    assert "## The bars" in text
    assert "old" not in text
    assert text.endswith("<!-- end of what was measured -->\nAfter.\n")


def test_reasons_written_by_hand_stand_below_the_bars_of_every_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reasons = tmp_path / "reasons.md"
    reasons.write_text("Rain stopped play.\n", encoding="utf-8")
    monkeypatch.setattr(tables, "REASONS", reasons)

    text = report(contests(), ledger(tmp_path), threads=2)

    assert text.index("## The bars") < text.index("\n\nRain stopped play.")


def test_a_proven_gap_is_stated_in_percent_whether_measured_or_not(tmp_path: Path) -> None:
    held = ledger(tmp_path)
    assert "| 60 s | 5.00 % | 1.00 % |  | not measured | 0 of 1 |" in report({}, held, threads=2)

    held.note(Reading("proven gap", 1.49, 2.01, "%", 3))

    assert "| 60 s | 5.00 % | 1.00 % | 1.49 % | met | 3 times |" in report({}, held, threads=2)
    assert "| proven gap | 1.49 % | 2.01 % | 3 |" in report({}, held, threads=2)


def test_results_are_read_back_and_a_line_cut_off_is_passed_over(tmp_path: Path) -> None:
    written = ledger(tmp_path, ours("one", 1, 10.0), ours("one", 2, 12.0))
    written.note(Reading("repair", 100.0, 200.0, "ms", 20))
    with written.path.open("a", encoding="utf-8") as file:
        file.write('{"run": {"contest": "se')

    read = Ledger.open(written.path)

    assert read.results == written.results
    assert read.readings == written.readings


def test_the_gap_is_that_of_the_mean_of_all_seeds(tmp_path: Path) -> None:
    standing = Standing(
        contest(known={"one": 10.0}), ledger(tmp_path, ours("one", 1, 10.0), ours("one", 2, 12.0)), threads=2
    )

    assert standing.gap(ENTRIES[0], "one") == pytest.approx(0.1)
    assert standing.gap(ENTRIES[0], "two") is None
    assert standing.progress(ENTRIES[0]) == (2, 4)


def test_a_plan_that_leaves_something_out_has_no_gap_where_everything_must_be_served(tmp_path: Path) -> None:
    standing = Standing(contest(known={"one": 10.0}), ledger(tmp_path, ours("one", 1, 9.0, left_out=1)), threads=2)

    assert standing.gap(ENTRIES[0], "one") is None


def test_the_better_of_two_copies_counts_once_both_are_there(tmp_path: Path) -> None:
    held = ledger(tmp_path, ours("one", 1, 9.0), pyvrp("one", 1, 12.0, copy=0))
    standing = Standing(contest(prices_left_out=True), held, threads=2)
    assert standing.ratio(ENTRIES[0], "one") is None

    held.add(pyvrp("one", 1, 10.0, copy=1))

    assert standing.ratio(ENTRIES[0], "one") == pytest.approx(0.9)


def test_a_plan_that_the_checker_refuses_does_not_count(tmp_path: Path) -> None:
    standing = Standing(contest(known={"one": 10.0}), ledger(tmp_path, ours("one", 1, 9.0, violations=1)), threads=2)

    outcome = standing.outcome(ENTRIES[0], "one")

    assert outcome is not None
    assert outcome.failures == 1
    assert standing.gaps(ENTRIES[0]) == []


def test_a_bar_holds_the_mean_of_what_there_is_and_says_how_much_that_is(tmp_path: Path) -> None:
    held = ledger(tmp_path, ours("one", 1, 11.0), ours("two", 1, 10.0))
    bar = Bar("a set", "5 s", "mean gap", 0.1, None, "set", "ours@5")

    found = measured(bar, {"set": contest(known={"one": 10.0, "two": 10.0})}, held, threads=2)

    assert found == Measured(pytest.approx(0.05), 2, 4)


def test_a_contestant_whose_package_is_missing_is_not_there() -> None:
    assert not Contestant("Nobody", ("nothing",), package=("no-such-package", "no_such_module")).is_there
    assert Contestant("PyVRP", ("pyvrp",), package=("pyvrp", "pyvrp")).is_there


def test_fewer_instances_are_spread_over_all() -> None:
    solomon = Contest("s", "s", {f"i{k}": empty for k in range(10)}, ENTRIES)

    assert list(solomon.shortened(3).instances) == ["i0", "i3", "i6"]
    assert list(solomon.shortened(99).instances) == list(solomon.instances)


def test_bare_days_lack_nothing_and_rest_nobody() -> None:
    problem = without_supply(contests()["field120"].instances["day 1"]())

    assert not any(visit.parts or visit.tools for visit in problem.visits)
    assert not any(shift.breaks for shift in problem.shifts)
    assert problem.depots == ()
