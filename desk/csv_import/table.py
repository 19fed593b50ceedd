"""From the bytes of a file to rows of named cells; knows what a table is, not what the columns mean."""

import csv
import io
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from core.errors import N_
from desk.csv_import.problems import ImportProblem, Reason

MAX_ROWS = 20_000
DELIMITERS = (",", ";")

EMPTY_FILE = Reason("empty_file", N_("The file is empty. Start from the template: its first line names the columns."))
NO_ROWS = Reason("no_rows", N_("The file has a header but no rows below it. Add at least one row."))
TOO_MANY_ROWS = Reason(
    "too_many_rows", N_("The file has more than %(limit)s rows. Split it and import one file after the other.")
)
WORKBOOK = Reason(
    "workbook", N_("This is a spreadsheet workbook, not a CSV file. Save it as “CSV UTF-8” and import that file.")
)
NOT_UTF8 = Reason(
    "not_utf8", N_("The text is not in UTF-8 from this line on. Save the file as “CSV UTF-8” and import it again.")
)
NOT_TEXT = Reason("not_text", N_("The file holds characters that are no text. Save it as “CSV UTF-8”."))
WRONG_DELIMITER = Reason(
    "wrong_delimiter", N_("The columns are not separated by a comma or a semicolon. Save the file with one of the two.")
)
BAD_QUOTING = Reason(
    "bad_quoting",
    N_("The quotation marks of this line do not match. Put text that holds a quotation mark in quotes and double it."),
)
MISSING_COLUMN = Reason(
    "missing_column", N_("The column %(column)s is missing in the header. Add it as in the template.")
)
UNKNOWN_COLUMN = Reason(
    "unknown_column", N_("There is no column “%(column)s”. Rename or remove it. The columns are: %(columns)s.")
)
DUPLICATE_COLUMN = Reason(
    "duplicate_column", N_("The column %(column)s stands twice in the header. Remove one of them.")
)
WRONG_WIDTH = Reason(
    "wrong_width",
    N_("The line has %(cells)s cells but the header has %(columns)s. Put text that holds the separator in quotes."),
)


@dataclass(frozen=True)
class RawRow:
    """The cells of one line by column name, without the blanks around them; ``line`` is where the row starts."""

    line: int
    cells: dict[str, str]


@dataclass(frozen=True)
class Table:
    """What could be read of a file, and what is wrong with its form."""

    columns: tuple[str, ...]
    rows: list[RawRow]
    problems: list[ImportProblem]


class Unreadable(Exception):
    """The file is no table at all, so that nothing after the problem can be looked at."""

    def __init__(self, *problems: ImportProblem) -> None:
        super().__init__(*(problem.reason for problem in problems))
        self.problems = list(problems)


def read_table(content: str | bytes, *, required: Collection[str], optional: Collection[str]) -> Table:
    """
    Read a file whose first line names its columns.

    Accepted is UTF-8 with or without byte order mark, separated by commas or semicolons. Blank lines are skipped.
    Raises Unreadable when the file or its header is no good; problems of single lines come with the table.
    """
    text = _decoded(content)
    if not text.strip():
        raise Unreadable(ImportProblem.of(1, "", EMPTY_FILE))
    problems: list[ImportProblem] = []
    lines = _records(text, problems)
    header_line, header = next(lines, (1, []))
    if problems:
        raise Unreadable(*problems)
    columns = _without_empty_end(tuple(name.strip().lower() for name in header))
    _check_header(header_line, columns, required, optional)
    rows = list(_rows(lines, columns, problems))
    if not rows and not problems:
        raise Unreadable(ImportProblem.of(header_line, "", NO_ROWS))
    return Table(columns, rows, problems)


def _decoded(content: str | bytes) -> str:
    text = _from_utf8(content) if isinstance(content, bytes) else content
    # NUL and lone surrogates come from broken exports, and no database takes them.
    if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in text):
        raise Unreadable(ImportProblem.of(1, "", NOT_TEXT))
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _from_utf8(content: bytes) -> str:
    if content.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Unreadable(ImportProblem.of(1, "", WORKBOOK))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise Unreadable(ImportProblem.of(line, "", NOT_UTF8)) from error


def _records(text: str, problems: list[ImportProblem]) -> Iterator[tuple[int, list[str]]]:
    """Yield the line on which each record that is not blank starts, and its cells."""
    reader = csv.reader(io.StringIO(text), delimiter=_delimiter(text), strict=True)
    line = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        # Past a quotation mark that is never closed, where the next row starts is anybody's guess.
        problems.append(ImportProblem.of(line, "", BAD_QUOTING))


def _delimiter(text: str) -> str:
    """Return the one of the two separators that the first line with text in it uses more often."""
    header = text.lstrip().split("\n", 1)[0]
    return max(DELIMITERS, key=header.count)


def _check_header(line: int, columns: tuple[str, ...], required: Collection[str], optional: Collection[str]) -> None:
    known = [*required, *optional]
    if len(columns) == 1 and len(required) > 1 and any(mark in columns[0] for mark in "\t|"):
        raise Unreadable(ImportProblem.of(line, "", WRONG_DELIMITER))
    found: list[ImportProblem] = []
    for name, times in Counter(columns).items():
        if name not in known:
            found.append(ImportProblem.of(line, name, UNKNOWN_COLUMN, column=name, columns=", ".join(known)))
        elif times > 1:
            found.append(ImportProblem.of(line, name, DUPLICATE_COLUMN, column=name))
    found += [ImportProblem.of(line, name, MISSING_COLUMN, column=name) for name in required if name not in columns]
    if found:
        raise Unreadable(*found)


def _rows(
    lines: Iterator[tuple[int, list[str]]], columns: tuple[str, ...], problems: list[ImportProblem]
) -> Iterator[RawRow]:
    for number, (line, cells) in enumerate(lines, start=1):
        if number > MAX_ROWS:
            raise Unreadable(ImportProblem.of(line, "", TOO_MANY_ROWS, limit=MAX_ROWS))
        if len(cells) < len(columns) or any(cell.strip() for cell in cells[len(columns) :]):
            problems.append(ImportProblem.of(line, "", WRONG_WIDTH, cells=len(cells), columns=len(columns)))
        else:
            yield RawRow(line, {name: cell.strip() for name, cell in zip(columns, cells, strict=False)})


def _without_empty_end(columns: tuple[str, ...]) -> tuple[str, ...]:
    """Drop nameless columns at the end, which spreadsheets leave behind."""
    while columns and not columns[-1]:
        columns = columns[:-1]
    return columns
