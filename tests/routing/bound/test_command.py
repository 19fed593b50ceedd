"""``solve --certify`` puts a bound, a gap and values into the solution, which reads back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from routing.__main__ import main
from routing.formats import contract
from routing.solution import Solution, Value, ValueKind
from tests.routing.worlds import on_a_line, shift, visit


def test_a_certified_solution_states_bound_gap_and_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    far = visit("far", 1, duration=600)
    problem = on_a_line(0, 300, shifts=(shift("A1", end=1000, start=0),), visits=(far,))
    contract.write_problem(problem, tmp_path / "problem.json")
    arguments = [str(tmp_path / "problem.json"), "-o", str(tmp_path / "solution.json"), "--engine", "greedy"]

    code = main(["solve", *arguments, "--seconds", "1", "--certify", "--certify-seconds", "60"])

    document = json.loads((tmp_path / "solution.json").read_text(encoding="utf-8"))
    assert code == 0
    assert document["bound"] == pytest.approx(1000.0)
    assert document["gap"] == pytest.approx(0.0, abs=1e-6)
    # An hour more would let it be served, for 600 of travel.
    assert document["values"] == [{"kind": "hour", "amount": pytest.approx(400.0), "shift": "A1"}]
    # Of the bound 10⁻⁹ is taken off for rounding, and no more is said than is proven.
    assert "No plan costs less than 999.99; the gap is at most 0.01 %." in capsys.readouterr().out


def test_a_solution_without_a_bound_has_no_gap(tmp_path: Path) -> None:
    contract.write_solution(Solution(routes=(), cost={"total": 10.0}), tmp_path / "solution.json")

    document = json.loads((tmp_path / "solution.json").read_text(encoding="utf-8"))
    assert document["bound"] is None
    assert "gap" not in document


def test_bound_and_values_are_read_back(tmp_path: Path) -> None:
    found = (
        Value(ValueKind.SKILL, 30.0, name="printer", level=2, shift="A1"),
        Value(ValueKind.HOUR, 20.0, shift="A1"),
        Value(ValueKind.PART, 10.0, name="battery", depot=0),
    )
    solution = Solution(routes=(), cost={"total": 100.0}, bound=90.0, values=found)

    contract.write_solution(solution, tmp_path / "solution.json")
    again = contract.read_solution(tmp_path / "solution.json")

    assert again == solution
    assert again.gap == pytest.approx(0.1)
    assert replace(again, bound=None).gap is None
