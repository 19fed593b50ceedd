"""Whatever stands in a problem or a plan, the answer is a value or a refusal that names the place; nothing else."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from routing.check import check
from routing.formats.contract import problem_document, problem_from, solution_document, solution_from
from routing.formats.fields import parse
from routing.problem import ProblemError
from routing.solve import solve
from tests.routing.worlds import problems

MANY = settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])

Step = str | int
numbers = st.sampled_from([-1, 0, 1, 2, 0.5, 10**9, 10**9 + 1, 2**31, 2**63, 2**64, 10**30, 1e12, 1e308, -0.0])
# As JSON text, so that what no JSON value can be is among it.
texts = st.sampled_from(
    ["NaN", "Infinity", "1e999", "null", "true", '""', '" "', '"A"', '"\\ud800"', "[]", "[[0]]", "{}", '{"": 0}']
)
anything = st.one_of(numbers.map(json.dumps), texts, st.just("[" * 40 + "]" * 40))


def places(document: object, path: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    """The paths to everything in a document but the document itself."""
    items: list[tuple[Step, object]] = []
    if isinstance(document, dict):
        items = list(document.items())
    elif isinstance(document, list):
        items = list(enumerate(document))
    for step, item in items:
        yield (*path, step)
        yield from places(item, (*path, step))


@st.composite
def spoiled(draw: st.DrawFn, document: dict[str, Any]) -> bytes:
    """A document as JSON with a few values replaced, gone, doubled or added under another's name."""
    marks: dict[str, str] = {}
    document = json.loads(json.dumps(document))
    for _ in range(draw(st.integers(1, 3))):
        *parents, last = draw(st.sampled_from(list(places(document))))
        holder: Any = document
        for step in parents:
            holder = holder[step]
        match draw(st.sampled_from(["replaced", "replaced", "replaced", "gone", "doubled", "added"])):
            case "gone":
                del holder[last]
            case "doubled" if isinstance(holder, list):
                holder.insert(last, holder[last])
            case "added" if isinstance(holder, dict):
                holder[draw(st.sampled_from(["due", "pin", "previous", "windows", "overtime", "speed"]))] = holder[last]
            case _:
                marks[f"<{len(marks)}>"] = draw(anything)
                holder[last] = f"<{len(marks) - 1}>"
    text = json.dumps(document)
    for mark, value in marks.items():
        text = text.replace(f'"{mark}"', value)
    return text.encode()


@MANY
@given(st.data())
def test_a_spoiled_problem_is_planned_or_refused(data: st.DataObject) -> None:
    content = data.draw(spoiled(problem_document(data.draw(problems()))))
    try:
        problem = problem_from(parse(content).value)
    except ProblemError as refusal:
        names_a_place(refusal)
        return

    solution = solve(problem, "greedy")

    assert check(problem, solution) == []
    assert solution_from(json.loads(json.dumps(solution_document(solution), allow_nan=False))) == solution


@MANY
@given(st.data())
def test_a_spoiled_plan_is_checked_or_refused(data: st.DataObject) -> None:
    problem = data.draw(problems())
    content = data.draw(spoiled(solution_document(solve(problem, "greedy"))))
    try:
        solution = solution_from(parse(content).value)
    except ProblemError as refusal:
        names_a_place(refusal)
        return

    assert all(violation.sentence for violation in check(problem, solution))


@settings(max_examples=200, deadline=None)
@given(
    st.binary(max_size=200)
    | st.text(max_size=200).map(str.encode)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ).map(lambda value: json.dumps(value).encode())
)
def test_what_is_no_problem_at_all_is_refused(content: bytes) -> None:
    with pytest.raises(ProblemError) as refusal:
        problem_from(parse(content).value)

    names_a_place(refusal.value)


def test_a_line_of_many_megabytes_is_refused_in_a_moment() -> None:
    for content in (
        b"9" * 20_000_000,
        b"[" * 20_000_000,
        b" " * 20_000_000,
        b'{"travel": "' + b"x" * 20_000_000 + b'"}',
    ):
        with pytest.raises(ProblemError):
            problem_from(parse(content).value)


def names_a_place(refusal: ProblemError) -> None:
    """A path such as ``visits[3].windows[0]``, ``line 3 column 7``, or the document; and what is expected there."""
    known = r"the document|line \d+ column \d+|byte \d+|[^.\[\]]+(\[\d+\])*(\.[^.]*(\[\d+\])*)*"
    assert re.fullmatch(known, refusal.path, re.DOTALL), refusal.path
    assert refusal.expected
    assert len(str(refusal)) < 1000
