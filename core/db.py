"""The database session of the service, and how each database is opened."""

import contextlib
import contextvars
import sqlite3
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import event

from core.base import Base

db = SQLAlchemy(model_class=Base)

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
        connection.exec_driver_sql(f"BEGIN {_sqlite_begin.get()}")


def returned_rows(session: Any, statement: sa.Executable) -> list[sa.Row[Any]]:
    """
    Execute an UPDATE or INSERT ... RETURNING and fetch all its rows at once.

    SQLite refuses to commit while rows of a RETURNING statement are unread.
    """
    return list(session.execute(statement, execution_options={"synchronize_session": False}).all())
