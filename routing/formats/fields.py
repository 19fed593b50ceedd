"""Reading JSON with the path of each value at hand, so that whatever is malformed is refused by name and place."""

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from routing.problem import ProblemError

T = TypeVar("T")

# Longer text in an error helps nobody.
SHOWN = 60


class Field:
    """
    One value of a JSON document and its path.

    Every reader returns a checked value or raises ``ProblemError`` naming the path and the expected range.
    """

    def __init__(self, value: object, path: str = "") -> None:
        self.value, self.path = value, path

    def refuse(self, expected: str) -> ProblemError:
        """The error for this value."""
        return ProblemError(self.path or "the document", expected, _beginning(self.value))

    def integer(self, low: int, high: int) -> int:
        """A whole number in ``low..high``; 3.0 counts as one, true does not."""
        value = self.value
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not whole or not low <= value <= high:  # type: ignore[operator]
            raise self.refuse(f"a whole number in {low}..{high}")
        return int(value)  # type: ignore[call-overload, no-any-return]

    def number(self, low: float, high: float) -> float:
        """A number in ``low..high``; neither NaN nor infinite nor true."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            raise self.refuse(f"a number in {low:g}..{high:g}")
        if not math.isfinite(value):
            raise self.refuse("a finite number")
        return float(value)

    def text(self) -> str:
        """A text that is not empty."""
        if not isinstance(self.value, str) or not self.value.strip():
            raise self.refuse("a text that is not empty")
        if not _is_unicode(self.value):
            raise self.refuse("a text of whole characters, none of them half of a surrogate pair")
        return self.value

    def items(self) -> list["Field"]:
        """The items of a list."""
        if not isinstance(self.value, list):
            raise self.refuse("a list")
        return [Field(item, f"{self.path}[{i}]") for i, item in enumerate(self.value)]

    def names(self) -> frozenset[str]:
        """A list of texts, each standing once."""
        names = [item.text() for item in self.items()]
        if len(set(names)) < len(names):
            raise self.refuse("names that stand once")
        return frozenset(names)

    def entries(self) -> dict[str, "Field"]:
        """The entries of an object with free keys."""
        if not isinstance(self.value, dict):
            raise self.refuse("an object")
        if "" in self.value:
            raise self.refuse("keys that are not empty")
        if not all(map(_is_unicode, self.value)):
            raise self.refuse("keys of whole characters, none of them half of a surrogate pair")
        return {key: Field(item, self._under(key)) for key, item in self.value.items()}

    def members(self, required: set[str], optional: set[str]) -> "Members":
        """The members of an object whose keys the contract names."""
        entries = self.entries()
        for key in sorted(entries.keys() - required - optional):
            raise ProblemError(self._under(key), f"one of {', '.join(sorted(required | optional))}", f"key {key!r}")
        for key in sorted(required - entries.keys()):
            raise ProblemError(self._under(key), "a value, it has no default")
        return Members(entries)

    def _under(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key


class Members:
    """The members of an object that are there, by key."""

    def __init__(self, entries: Mapping[str, Field]) -> None:
        self._entries = entries

    def __getitem__(self, key: str) -> Field:
        return self._entries[key]

    def read(self, key: str, reader: Callable[[Field], T], default: T) -> T:
        """What the reader makes of a member, or the default if it is absent."""
        return reader(self._entries[key]) if key in self._entries else default

    def read_or_none(self, key: str, reader: Callable[[Field], T]) -> T | None:
        """As ``read``; None if the member is absent or null."""
        field = self._entries.get(key)
        return None if field is None or field.value is None else reader(field)


def load(path: Path) -> Field:
    """A JSON file; raises as ``parse``, and OSError if it cannot be read."""
    return parse(path.read_bytes())


def parse(content: bytes) -> Field:
    """
    A JSON document in UTF-8, perhaps after the mark that some editors put before it.

    Raises
    ------
    ProblemError
        If it is no JSON, names a key twice in one object, or holds NaN or an infinite number.
    """
    try:
        text = content.decode("utf-8-sig")
        return Field(json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant))
    except ProblemError:
        raise
    except json.JSONDecodeError as error:
        raise ProblemError(f"line {error.lineno} column {error.colno}", "JSON", error.msg) from None
    except UnicodeDecodeError as error:
        raise ProblemError(f"byte {error.start}", "UTF-8 text", error.reason) from None
    except ValueError as error:
        # Python refuses to parse whole numbers of thousands of digits.
        raise ProblemError("the document", "numbers of reasonable size", error) from None
    except RecursionError:
        raise ProblemError("the document", "lists and objects nested a few levels deep") from None


def _beginning(value: object) -> str:
    """As much of a value as JSON as helps; one that is large or deep is not written to its end."""
    text = ""
    for piece in json.JSONEncoder(ensure_ascii=False, default=str).iterencode(value):
        text += piece
        if len(text) > SHOWN:
            return text[:SHOWN] + "..."
    return text


def _is_unicode(text: str) -> bool:
    """Whether the text can be written; JSON can spell half a character, which no file holds."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ProblemError(twice, "a key that stands once in its object", f"{keys.count(twice)} times")
    return members


def _no_constant(name: str) -> object:
    raise ProblemError("the document", "finite numbers only", name)
