"""Answers that a process keeps for a moment, as long as nothing happens that would change them."""

import datetime as dt
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from core import clock

T = TypeVar("T")


class Kept:
    """
    A few answers, each good while the signs are those it was made from, and for some seconds at most.

    Parameters
    ----------
    seconds
        How long an answer is good by the firm's clock, which moves on while everything else stays; 0 keeps none.
    most
        How many are kept; the one that was not asked for the longest goes first.
    """

    def __init__(self, seconds: float = 0.0, most: int = 6) -> None:
        self._age, self._most = dt.timedelta(seconds=seconds), most
        self._answers: OrderedDict[Hashable, tuple[Hashable, dt.datetime, Any]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def is_off(self) -> bool:
        """Whether nothing is kept, so that nobody need ask for signs."""
        return not self._age

    def get(self, question: Hashable, signs: Hashable, make: Callable[[], T]) -> T:
        """Return the answer to a question, made anew unless the one that is kept still counts."""
        with self._lock:
            found = self._answers.get(question)
            if found is not None and found[0] == signs and abs(clock.now() - found[1]) <= self._age:
                self._answers.move_to_end(question)
                answer: T = found[2]
                return answer
        made_at, answer = clock.now(), make()
        with self._lock:
            self._answers[question] = signs, made_at, answer
            self._answers.move_to_end(question)
            while len(self._answers) > self._most:
                self._answers.popitem(last=False)
        return answer
