"""
Import of a firm's own files as CSV: price lists, contracts, sites, devices, faults, technicians, warehouses, parts,
suppliers, stock and jobs.

All or nothing: either every line is written, or the refusal lists every problem of every line and nothing is.
The columns are documented in docs/csv-import.md.
"""

import contextlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.errors import N_, DomainError
from desk.csv_import.contracts import CONTRACTS
from desk.csv_import.faults import FAULTS
from desk.csv_import.forms import Column, Form, Key, Row
from desk.csv_import.jobs import JOBS
from desk.csv_import.parts import PARTS, STOCK
from desk.csv_import.price_lists import PRICE_LISTS
from desk.csv_import.problems import CellRefused, ImportProblem, ImportRefused, Reason, UnknownImportKind
from desk.csv_import.sites import DEVICES, SITES
from desk.csv_import.suppliers import HISTORY, SUPPLIERS, SUPPLIES
from desk.csv_import.table import MAX_ROWS, RawRow, Unreadable, read_table
from desk.csv_import.technicians import TECHNICIANS
from desk.csv_import.warehouses import WAREHOUSES

__all__ = [
    "FORMS",
    "MAX_ROWS",
    "TEMPLATES",
    "ImportProblem",
    "ImportRefused",
    "ImportResult",
    "UnknownImportKind",
    "import_csv",
    "template_csv",
]

# In the order in which an empty firm needs them: each refers only to kinds before it.
FORMS: Mapping[str, Form] = {
    "price_lists": PRICE_LISTS,
    "contracts": CONTRACTS,
    "sites": SITES,
    "devices": DEVICES,
    "faults": FAULTS,
    "technicians": TECHNICIANS,
    "warehouses": WAREHOUSES,
    "parts": PARTS,
    "suppliers": SUPPLIERS,
    "supplies": SUPPLIES,
    "stock": STOCK,
    "history": HISTORY,
    "jobs": JOBS,
}
TEMPLATES: Mapping[str, tuple[str, ...]] = {
    kind: tuple(column.name for column in form.columns) for kind, form in FORMS.items()
}

EMPTY_CELL = Reason("empty_cell", N_("The cell is empty. Fill it in."))
DUPLICATE_ROW = Reason(
    "duplicate_row", N_("The same %(columns)s stands on line %(first)s already. Keep one of the two lines.")
)

OVERTAKEN = Reason("overtaken", N_("Somebody else wrote the same row at this very moment. Import the file again."))


@dataclass(frozen=True)
class ImportResult:
    """How many rows of ours were added and how many were written over."""

    kind: str
    added: int
    updated: int


def template_csv(kind: str) -> str:
    """Return an empty file of this kind: the header and nothing below it."""
    return ",".join(column.name for column in _form(kind).columns) + "\r\n"


def import_csv(session: Session, *, kind: str, text: str | bytes, actor_id: int | None) -> ImportResult:
    """
    Write every line of the file, or none.

    1. Read the file as a table.
    2. Read each cell, and find what the cells refer to.
    3. Compare the cells of each line with each other and the lines among themselves.
    4. Write the sound lines, though the file be refused already: some rules are known only to those who write.

    Raises ImportRefused with every problem found, and then leaves the database as it was.
    """
    form = _form(kind)
    try:
        table = read_table(text, required=form.required, optional=form.optional)
    except Unreadable as unreadable:
        raise ImportRefused(kind, unreadable.problems) from unreadable
    problems = list(table.problems)
    rows = [_read_row(form, raw, problems) for raw in table.rows]
    _resolve_references(session, form, rows, problems)
    for row in rows:
        problems += form.check(row)
    problems += [*form.compare(rows), *_duplicates(form, rows)]
    unsound = {problem.line for problem in problems}
    with session.begin_nested():
        result = _save(session, kind, [row for row in rows if row.line not in unsound], actor_id, problems)
        if problems:
            raise ImportRefused(kind, problems)
    return result


def _form(kind: str) -> Form:
    if kind not in FORMS:
        raise UnknownImportKind(kind=kind, kinds=", ".join(FORMS))
    return FORMS[kind]


def _read_row(form: Form, raw: RawRow, problems: list[ImportProblem]) -> Row:
    row = Row(raw.line, {})
    for column in form.columns:
        if column.name not in raw.cells:
            continue
        try:
            row.values[column.name] = _read_cell(column, raw.cells[column.name])
        except (CellRefused, DomainError) as refusal:
            problems.append(_problem(raw.line, column.name, refusal))
            row.refused.add(column.name)
    return row


def _read_cell(column: Column, cell: str) -> Any:
    if cell:
        return column.read(cell)
    if column.required:
        raise CellRefused(EMPTY_CELL)
    return column.empty


def _problem(line: int, column: str, refusal: CellRefused | DomainError) -> ImportProblem:
    if isinstance(refusal, CellRefused):
        return ImportProblem(line, column, refusal.why.code, refusal.why.sentence, refusal.facts)
    return ImportProblem(line, column, refusal.code, refusal.sentence, refusal.facts)


def _resolve_references(session: Session, form: Form, rows: Iterable[Row], problems: list[ImportProblem]) -> None:
    """Put what the cells name in the place of its code."""
    for column in form.columns:
        if column.refers_to is None:
            continue
        naming = [row for row in rows if row.is_filled(column.name)]
        found = column.refers_to.find(session, {row[column.name] for row in naming})
        for row in naming:
            value = row.values.pop(column.name)
            if value in found:
                row.values[column.name] = found[value]
            else:
                problems.append(ImportProblem.of(row.line, column.name, column.refers_to.unknown, value=value))
                row.refused.add(column.name)


def _duplicates(form: Form, rows: Iterable[Row]) -> Iterator[ImportProblem]:
    first_lines: dict[Key, int] = {}
    for row in rows:
        key = form.key_of(row)
        if key is None:
            continue
        first = first_lines.setdefault(key, row.line)
        if first != row.line:
            yield ImportProblem.of(row.line, form.key[0], DUPLICATE_ROW, columns=" + ".join(form.key), first=first)


def _save(
    session: Session, kind: str, rows: list[Row], actor_id: int | None, problems: list[ImportProblem]
) -> ImportResult:
    form = FORMS[kind]
    known = form.known(session, rows)
    updated, saved, line = 0, [], 1
    try:
        for row in rows:
            key, line = form.key_of(row), row.line
            ours = known.get(key) if key is not None else None
            try:
                saved.append(_save_row(session, form, row, ours, actor_id))
            except (CellRefused, DomainError) as refusal:
                problems.append(_problem(line, "", refusal))
            updated += ours is not None
        # What somebody else wrote meanwhile must be noticed while the refusal can still be told.
        session.flush()
    except IntegrityError:
        problems.append(ImportProblem.of(line, "", OVERTAKEN))
    if not problems:
        form.finish(session, saved, actor_id)
    return ImportResult(kind, added=len(rows) - updated, updated=updated)


def _save_row(session: Session, form: Form, row: Row, ours: Any, actor_id: int | None) -> Any:
    # A line that is refused halfway must not leave half of itself for the lines after it. A savepoint costs
    # milliseconds, so the kinds of many thousand rows, which are never refused halfway, go without.
    with session.begin_nested() if form.may_refuse else contextlib.nullcontext():
        return form.save(session, row, ours, actor_id)
