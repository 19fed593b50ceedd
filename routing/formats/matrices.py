"""
Reading the file of a large problem without its matrices ever being Python numbers.

Ten thousand places make a hundred million times and a file of half a gigabyte. The matrices are found in the bytes of
the file and read row by row into arrays; the rest of the document is parsed as usual. Whatever is not plainly right is
left to the reader of small files, which says what is wrong: a row with anything in it but whole numbers in range and
null, alone, and a document whose outside is not as expected, as a whole.
"""

import mmap
from collections.abc import Callable, Mapping, Sequence
from math import isqrt
from pathlib import Path

import numpy as np
import numpy.typing as npt

from routing.formats.fields import Field, load, parse
from routing.kernels import compiled
from routing.problem import MAX_TIME, NO_ROAD, ProblemError
from routing.tables import Floats, Ints, Steps

Bytes = npt.NDArray[np.uint8]
RowReader = Callable[[Field, int], list[float]]

# Rows read before the memory of their text is given back.
ROWS = 500
MOST_MEMBERS = 16

QUOTE, COMMA, COLON, BACKSLASH, ZERO, NINE = (ord(character) for character in '",:\\09')
LIST, LIST_END, OBJECT, OBJECT_END = (ord(character) for character in "[]{}")
NULL = np.frombuffer(b"null", np.uint8)
# Columns of the spans of members and items: where the key and the value begin and end.
KEY, KEY_END, VALUE, VALUE_END = range(4)


def load_problem(path: Path, readers: Mapping[str, RowReader]) -> Field:
    """
    A problem's file, which is not empty, as ``routing.formats.fields.load`` reads it, but with matrices as arrays.

    ``readers`` name the matrices; each reads a row of so many entries that is not plainly right, or refuses it.
    ``travel`` must be there and becomes whole numbers, with NO_ROAD for null; others become floats, with nan for null.
    """
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    return _load(content, readers) or load(path)


def _load(content: mmap.mmap, readers: Mapping[str, RowReader]) -> Field | None:
    """As ``load_problem``; None if the document is not as expected on the outside."""
    text = np.frombuffer(content, np.uint8)
    members = np.zeros((MOST_MEMBERS, 4), np.int64)
    count = find_items(text, 0, OBJECT_END, members) if content[:1] == b"{" else -1
    if not 0 <= count <= MOST_MEMBERS:
        return None
    spans = [(content[key:end], value) for key, end, *value in members[:count].tolist()]
    found = {name: [value for key, value in spans if key == f'"{name}"'.encode()] for name in readers}
    lists = {name: values[0] for name, values in found.items() if values and text[values[0][0]] == LIST}
    if "travel" not in lists or any(len(values) > 1 for values in found.values()):
        return None
    content.madvise(mmap.MADV_DONTNEED)
    try:
        document = parse(_without(content, sorted(lists.values())))
    except ProblemError:
        return None
    if not isinstance(document.value, dict):
        return None
    for name, span in lists.items():
        document.value[name] = matrix = _read_matrix(content, name, span, readers[name])
        if matrix is None:
            return None
    return document


def _without(content: mmap.mmap, spans: Sequence[Sequence[int]]) -> bytes:
    """The document with null in some places."""
    begins, ends = [0, *(end for _, end in spans)], [*(begin for begin, _ in spans), len(content)]
    return b"null".join(content[begin:end] for begin, end in zip(begins, ends, strict=True))


def _read_matrix(content: mmap.mmap, name: str, span: Sequence[int], read_row: RowReader) -> Steps | Floats | None:
    """The matrix between two places of a document; None if it is no list, or one of its rows no JSON."""
    text, (begin, end) = np.frombuffer(content, np.uint8), span
    rows = np.zeros((isqrt(end - begin) + 1, 4), np.int64)
    count = find_items(text, begin, LIST_END, rows)
    if not 0 <= count <= len(rows):
        return None
    times = np.empty(count, np.int32)
    matrix: Steps | Floats = np.empty((count, count), np.int32) if name == "travel" else np.empty((count, count))
    for i, (first, last) in enumerate(rows[:count, VALUE:].tolist()):
        if i % ROWS == 0:
            content.madvise(mmap.MADV_DONTNEED)
        if read_times(text, first, last, times):
            matrix[i] = times if name == "travel" else np.where(times == NO_ROAD, np.nan, times)
            continue
        try:
            row = Field(parse(content[first:last]).value, f"{name}[{i}]")
        except ProblemError:
            return None
        matrix[i] = read_row(row, count)
    return matrix


@compiled
def byte_at(text: Bytes, i: int) -> int:
    """A byte, or 0 behind the end."""
    return int(text[i]) if i < text.shape[0] else 0


@compiled
def is_blank(byte: int) -> bool:
    """Whether JSON passes over it."""
    return byte == 32 or 9 <= byte <= 10 or byte == 13


@compiled
def after_blanks(text: Bytes, i: int) -> int:
    """The next position without white space."""
    while is_blank(byte_at(text, i)):
        i += 1
    return i


@compiled
def text_end(text: Bytes, i: int) -> int:
    """Where the text that begins at a quote ends."""
    i += 1
    while i < text.shape[0] and text[i] != QUOTE:
        i += 2 if text[i] == BACKSLASH else 1
    return i + 1


@compiled
def value_end(text: Bytes, i: int) -> int:
    """Where the value that begins here ends, if it is well formed; behind the end of the document if it does not."""
    depth = 0
    while i < text.shape[0]:
        byte = text[i]
        # Brackets and braces differ in one bit.
        bracket = byte | 32
        if byte == QUOTE:
            i = text_end(text, i) - 1
        elif bracket == OBJECT:
            depth += 1
        elif bracket == OBJECT_END:
            depth -= 1
        if depth < 0 or (depth == 0 and (byte == COMMA or is_blank(byte))):
            return i
        i += 1
        if depth == 0 and (byte == QUOTE or bracket == OBJECT_END):
            return i
    return int(text.shape[0]) + 1


@compiled
def find_items(text: Bytes, begin: int, closing: int, spans: Ints) -> int:
    """
    Where the members of an object, or the items of a list, begin and end; how many there are, or -1 if it is malformed.

    Those that ``spans`` has no room for are only counted.
    """
    count, i = 0, after_blanks(text, begin + 1)
    while i < text.shape[0]:
        key, key_end = i, i
        if closing == OBJECT_END:
            key_end = value_end(text, i)
            i = after_blanks(text, key_end)
            if text[key] != QUOTE or byte_at(text, i) != COLON:
                return -1
            i = after_blanks(text, i + 1)
        value, i = i, value_end(text, i)
        if i <= value or i > text.shape[0]:
            return -1
        if count < spans.shape[0]:
            spans[count, KEY], spans[count, KEY_END], spans[count, VALUE], spans[count, VALUE_END] = (
                key,
                key_end,
                value,
                i,
            )
        count += 1
        i = after_blanks(text, i)
        if byte_at(text, i) == closing:
            return count
        if byte_at(text, i) != COMMA:
            return -1
        i = after_blanks(text, i + 1)
    return -1


@compiled
def read_times(text: Bytes, begin: int, end: int, row: Steps) -> bool:
    """Fill a row of times from a list; False if it is not as long, or anything but times and null stands in it."""
    if text[begin] != LIST:
        return False
    i = begin
    for k in range(row.shape[0]):
        i = after_blanks(text, i + 1)
        first, value = i, 0
        while i < end and ZERO <= text[i] <= NINE and value <= MAX_TIME:
            value = 10 * value + text[i] - ZERO
            i += 1
        if i == first and i + 4 < end and np.all(text[i : i + 4] == NULL):
            value, i = NO_ROAD, i + 4
        elif i == first or value > MAX_TIME or (text[first] == ZERO and i > first + 1):
            return False
        row[k] = value
        i = after_blanks(text, i)
        if text[i] != (COMMA if k + 1 < row.shape[0] else LIST_END):
            return False
    return i == end - 1
