"""
The decision trees of the fault catalogue: what is asked or tried in order, and where each answer leads. Pure.

A yes or a no leads to another step of the same fault, to the end ("fixed" or "visit"), or with "fault:CODE" to the
tree of another fault.
"""

import enum
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter

OTHER_FAULT = "fault:"

Node = tuple[str, str]


class End(enum.StrEnum):
    """How a tree can end."""

    FIXED = "fixed"
    VISIT = "visit"


@dataclass(frozen=True)
class Tree:
    """The first step of a fault, None if there is nothing to try, and where yes and no lead from each step."""

    first: str | None = None
    steps: Mapping[str, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class TreeProblem:
    """What is wrong with the tree of a fault: a code, and the steps and targets concerned."""

    fault: str
    code: str
    facts: Mapping[str, str] = field(default_factory=dict)


def fault_named(target: str) -> str | None:
    """The code of the fault that a target goes on with, or None if it stays with its own."""
    return target.removeprefix(OTHER_FAULT) if target.startswith(OTHER_FAULT) else None


def tree_problems(trees: Mapping[str, Tree]) -> list[TreeProblem]:
    """
    Find everything by which somebody who follows the trees would get lost or never come to an end.

    Targets that do not exist, steps that nothing leads to, steps without a first one, and circles, also those through
    several faults. Nothing means: whatever is answered, every walk ends after a limited number of steps.
    """
    problems = [problem for code, tree in trees.items() for problem in _problems_within(code, tree, trees)]
    return problems or list(_circles(trees))


def in_order(tree: Tree) -> list[str]:
    """The steps as people come to them: first those near the beginning, a yes before a no."""
    found: list[str] = []
    ahead = [tree.first] if tree.first else []
    while ahead:
        key = ahead.pop(0)
        if key in tree.steps and key not in found:
            found.append(key)
            ahead += tree.steps[key]
    return found


def _problems_within(code: str, tree: Tree, trees: Mapping[str, Tree]) -> Iterator[TreeProblem]:
    if tree.first is None and tree.steps:
        yield TreeProblem(code, "first_step_missing")
    if tree.first is not None and tree.first not in tree.steps:
        yield TreeProblem(code, "no_such_step", {"step": "first_step", "target": tree.first})
    for key, targets in tree.steps.items():
        for target in targets:
            other = fault_named(target)
            if other is not None and other not in trees:
                yield TreeProblem(code, "no_such_fault", {"step": key, "target": other})
            if other is None and target not in tree.steps and target not in set(End):
                yield TreeProblem(code, "no_such_step", {"step": key, "target": target})
    reached = set(in_order(tree))
    for key in tree.steps:
        if tree.first is not None and key not in reached:
            yield TreeProblem(code, "never_reached", {"step": key})


def _circles(trees: Mapping[str, Tree]) -> Iterator[TreeProblem]:
    leads_to: dict[Node, set[Node]] = {
        (code, key): set(_next_nodes(code, targets, trees))
        for code, tree in trees.items()
        for key, targets in tree.steps.items()
    }
    try:
        TopologicalSorter(leads_to).prepare()
    except CycleError as error:
        # The sorter tells a circle against the direction in which it is walked.
        around = list(reversed(error.args[1]))
        steps = " → ".join(f"{code}/{key}" for code, key in around)
        yield TreeProblem(around[0][0], "goes_in_a_circle", {"steps": steps})


def _next_nodes(code: str, targets: tuple[str, str], trees: Mapping[str, Tree]) -> Iterator[Node]:
    for target in targets:
        other = fault_named(target)
        if other is not None:
            first = trees[other].first
            if first is not None:
                yield other, first
        elif target not in set(End):
            yield code, target
