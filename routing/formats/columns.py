"""Numbers in the columns of public text files, refused by line."""

import math
from collections.abc import Iterable

from routing.problem import ProblemError

# Larger than anything in a public set, small enough for any scale of time.
LARGEST = 1e6


def number(text: str, where: str, low: float = -LARGEST, high: float = LARGEST) -> float:
    """The number in one column; raises ``ProblemError`` with the line if it is none or out of range."""
    try:
        value = float(text)
    except ValueError:
        raise ProblemError(where, "a number", repr(text)) from None
    if not (math.isfinite(value) and low <= value <= high):
        raise ProblemError(where, f"a number in {low:g}..{high:g}", text)
    return value


def whole(text: str, where: str, low: int = 0, high: int = int(LARGEST)) -> int:
    """The whole number in one column; 10.0 counts as one."""
    value = number(text, where, low, high)
    if value != int(value):
        raise ProblemError(where, "a whole number", text)
    return int(value)


def numbers(texts: Iterable[str], where: str) -> list[float]:
    """All columns of a line."""
    return [number(text, where) for text in texts]
