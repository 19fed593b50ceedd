"""What a kind of file consists of: its columns, what they refer to, and how a row is checked and written."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session

from desk.csv_import.cells import Reader
from desk.csv_import.problems import ImportProblem, Reason

Key = tuple[Any, ...]
# Below the number of variables that SQLite takes in one statement.
_CHUNK = 5000


@dataclass(frozen=True)
class Row:
    """
    The values of one line by column; references hold the rows they name.

    A column that the file does not have is absent, an empty cell holds what emptiness means for its column, and
    ``refused`` names the columns whose cells were no good.
    """

    line: int
    values: dict[str, Any]
    refused: set[str] = field(default_factory=set)

    def __getitem__(self, column: str) -> Any:
        return self.values[column]

    def __contains__(self, column: str) -> bool:
        return column in self.values

    def get(self, column: str) -> Any:
        return self.values.get(column)

    def is_filled(self, column: str) -> bool:
        return self.values.get(column) is not None


@dataclass(frozen=True)
class Reference:
    """What a column names by its code, and what to say when there is no such thing."""

    find: Callable[[Session, set[str]], Mapping[str, Any]]
    unknown: Reason


@dataclass(frozen=True)
class Column:
    """One column: its name, how a filled cell is read, an example, and what an empty cell means if it may be empty."""

    name: str
    read: Reader
    example: str
    required: bool = True
    empty: Any = None
    refers_to: Reference | None = None


def no_check(_row: Row) -> Iterable[ImportProblem]:
    """For kinds whose columns do not depend on each other."""
    return ()


def no_comparison(_rows: Sequence[Row]) -> Iterable[ImportProblem]:
    """For kinds whose lines do not depend on each other."""
    return ()


def nothing_more(_session: Session, _saved: Sequence[Any], _actor_id: int | None) -> None:
    """For kinds that are complete when their lines are."""


@dataclass(frozen=True)
class Form:
    """
    A kind of file.

    - ``known`` finds the rows of ours that lines of the file mean, by ``key``.
    - ``check`` compares the columns of one line with each other, ``compare`` the lines with each other.
    - ``save`` writes a sound line over the known row, or as a new one if that is None.
    - ``may_refuse`` tells that ``save`` goes through use cases of the rooms below that may refuse a line halfway.
    - ``finish`` gets what every ``save`` returned, when all lines are written.
    """

    columns: tuple[Column, ...]
    key: tuple[str, ...]
    known: Callable[[Session, Sequence[Row]], Mapping[Key, Any]]
    save: Callable[[Session, Row, Any, int | None], Any]
    check: Callable[[Row], Iterable[ImportProblem]] = no_check
    compare: Callable[[Sequence[Row]], Iterable[ImportProblem]] = no_comparison
    finish: Callable[[Session, Sequence[Any], int | None], None] = nothing_more
    may_refuse: bool = False

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.required)

    @property
    def optional(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if not column.required)

    def key_of(self, row: Row) -> Key | None:
        """What tells lines apart; None when a part of it is missing or no good."""
        key = tuple(row.get(column) for column in self.key)
        return None if None in key else key


def find_by(
    session: Session, attribute: InstrumentedAttribute[Any], values: Iterable[str], *options: Any
) -> dict[str, Any]:
    """Return the rows whose attribute has one of the values, by that value."""
    remaining = iter(sorted(set(values)))
    found: dict[str, Any] = {}
    while chunk := list(itertools.islice(remaining, _CHUNK)):
        rows = session.scalars(sa.select(attribute.class_).where(attribute.in_(chunk)).options(*options))
        found.update((getattr(row, attribute.key), row) for row in rows)
    return found


def known_by(column: str, attribute: InstrumentedAttribute[Any], *options: Any) -> Callable[..., dict[Key, Any]]:
    """Return a ``Form.known`` for files whose key is a single column."""

    def known(session: Session, rows: Sequence[Row]) -> dict[Key, Any]:
        codes = (row[column] for row in rows if row.is_filled(column))
        return {(code,): found for code, found in find_by(session, attribute, codes, *options).items()}

    return known


def reference(attribute: InstrumentedAttribute[Any], unknown: Reason, *options: Any) -> Reference:
    """Return a reference by a unique attribute."""
    return Reference(lambda session, values: find_by(session, attribute, values, *options), unknown)


def overwrite(target: object, row: Row, *columns: str) -> None:
    """Set the attributes that the file has a column of the same name for."""
    for column in columns:
        if column in row:
            setattr(target, column, row[column])
