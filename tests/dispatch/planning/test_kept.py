"""Answers that a process keeps for a moment."""

import itertools

from time_machine import Traveller

from dispatch.planning.kept import Kept
from tests.factories import at


def test_the_same_question_is_answered_once_while_nothing_happens(seven_thirty: Traveller) -> None:
    kept, answers = Kept(seconds=30), itertools.count()

    first = kept.get("day", 1, lambda: next(answers))

    assert kept.get("day", 1, lambda: next(answers)) == first
    assert kept.get("day", 2, lambda: next(answers)) != first
    assert kept.get("other", 2, lambda: next(answers)) == 2


def test_an_answer_is_too_old_at_some_time_though_nothing_happens(seven_thirty: Traveller) -> None:
    kept, answers = Kept(seconds=30), itertools.count()
    kept.get("day", 1, lambda: next(answers))

    seven_thirty.move_to(at(7, 31))

    assert kept.get("day", 1, lambda: next(answers)) == 1


def test_only_the_last_few_are_kept(seven_thirty: Traveller) -> None:
    kept, answers = Kept(seconds=30, most=2), itertools.count()
    for day in ("a", "b", "a", "c"):
        kept.get(day, 1, lambda: next(answers))

    assert kept.get("a", 1, lambda: next(answers)) == 0
    assert kept.get("b", 1, lambda: next(answers)) == 3


def test_without_an_age_nothing_is_kept(seven_thirty: Traveller) -> None:
    assert Kept().is_off
    assert not Kept(seconds=1).is_off
