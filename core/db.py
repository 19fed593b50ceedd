"""The database session of the service, and how each database is opened."""

import contextlib
import contextvars
import random
import sqlite3
import time
from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite

from core.base import Base

db = SQLAlchemy(model_class=Base)

# How long a transaction waits for its turn to write before it gives up, and how long it sleeps before it asks again.
TURN_SECONDS = 30.0
SLEEP_SECONDS = (0.001, 0.005)

_sqlite_begin: contextvars.ContextVar[str] = contextvars.ContextVar("sqlite_begin", default="IMMEDIATE")


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """
    Mark the transactions begun inside as read-only.

    SQLite then takes no write lock for them, so that pages do not queue behind a writer.
    """
    token = _sqlite_begin.set("DEFERRED")
    try:
        yield
    finally:
        _sqlite_begin.reset(token)


def prepare_sqlite(engine: sa.Engine) -> None:
    """
    Open SQLite for concurrent use: WAL, foreign keys on, and BEGIN IMMEDIATE.

    The driver's own deferred transactions fail with "database is locked" when two of them read first and write later;
    taking the write lock at the start makes the second wait instead.
    """

    @event.listens_for(engine, "connect")
    def on_connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=15000"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: sa.Connection) -> None:
        how = _sqlite_begin.get()
        if how == "DEFERRED" or not _begin_in_turn(connection):
            connection.exec_driver_sql(f"BEGIN {how}")


def _begin_in_turn(connection: sa.Connection) -> bool:
    """
    Begin a transaction that may write as soon as nobody else does; tells whether it did in time.

    SQLite's own waiting sleeps longer the longer it has waited, so under load a newcomer is nearly always faster and
    the same few transactions starve until they fail. Asking again after short random times gives all the same chance.
    """
    driver: Any = connection.connection.dbapi_connection
    deadline = time.monotonic() + TURN_SECONDS
    driver.execute("PRAGMA busy_timeout=0")
    try:
        while time.monotonic() < deadline:
            try:
                driver.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as busy:
                if busy.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
                # Chance only spreads the callers; nobody's secrets depend on it.
                time.sleep(random.uniform(*SLEEP_SECONDS))  # noqa: S311
            else:
                return True
    finally:
        driver.execute("PRAGMA busy_timeout=15000")
    return False


def insert_missing(session: Any, table: type[Base], rows: list[dict[str, Any]]) -> None:
    """Insert the rows that are not there yet, whoever inserts them at the same time."""
    if rows:
        # The connection knows nothing of what the session has not written yet, and rows may refer to that.
        session.flush()
        # One short statement for all rows: a long one with all the values takes longer to write than to execute.
        session.connection().execute(_insert_of(session)(table.__table__).on_conflict_do_nothing(), rows)


def insert_or_update(session: Any, table: type[Base], row: dict[str, Any], *, key: Sequence[str], only: str) -> Any:
    """
    Insert a row and return it, or give the one that has the same ``key`` already the values of this one.

    ``only`` is the condition of the partial unique index over the key, in its words.
    """
    session.flush()
    statement = _insert_of(session)(table).values(row)
    newer = {column: statement.excluded[column] for column in row if column not in key}
    upsert = statement.on_conflict_do_update(index_elements=key, index_where=sa.text(only), set_=newer)
    return session.scalars(upsert.returning(table), execution_options={"populate_existing": True}).one()


def write_over(session: Any, table: type[Base], rows: list[dict[str, Any]], key: str, column: str) -> None:
    """Set one column of many rows to values of their own; rows that are not there are inserted."""
    statement = _insert_of(session)(table.__table__)
    over = statement.on_conflict_do_update(index_elements=[key], set_={column: statement.excluded[column]})
    session.connection().execute(over, rows)


def _insert_of(session: Any) -> Any:
    """The INSERT of this database that can say what is to happen with rows that are there already."""
    return {"postgresql": postgresql.insert, "sqlite": sqlite.insert}[session.get_bind().dialect.name]


def take_turn(session: Any, what: str) -> None:
    """
    Let one transaction at a time go on with what no row stands for, until it ends.

    On SQLite the transaction itself is the turn.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtext(what))))


def returned_rows(session: Any, statement: sa.Executable) -> list[sa.Row[Any]]:
    """
    Execute an UPDATE or INSERT ... RETURNING and fetch all its rows at once.

    SQLite refuses to commit while rows of a RETURNING statement are unread.
    """
    return list(session.execute(statement, execution_options={"synchronize_session": False}).all())
