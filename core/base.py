"""Declarative base with the naming of constraints and the column types that both databases share."""

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class UtcDateTime(sa.types.TypeDecorator[dt.datetime]):
    """Aware UTC datetimes on both databases; SQLite itself forgets the zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:  # noqa: ARG002
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"Expected an aware datetime, got the naive {value.isoformat()}.")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:  # noqa: ARG002
        if value is None or value.tzinfo is not None:
            return value
        return value.replace(tzinfo=dt.UTC)


class Base(orm.DeclarativeBase):
    """Base of every table of the house."""

    registry = orm.registry(
        metadata=sa.MetaData(naming_convention=NAMING),
        type_annotation_map={
            dt.datetime: UtcDateTime(),
            dict[str, Any]: sa.JSON(),
            list[Any]: sa.JSON(),
        },
    )


def index_of_open(name: str, *columns: str) -> sa.Index:
    """Index over the few rows that are still open, for tables that only grow; ``is_open`` asks so that it serves."""
    still_open = sa.text("state = 'open'")
    return sa.Index(name, *columns, postgresql_where=still_open, sqlite_where=still_open)


def is_open(state: orm.InstrumentedAttribute[Any]) -> sa.ColumnElement[bool]:
    """Whether a row is open, in the words of ``index_of_open``: SQLite would not recognise a parameter."""
    return state == sa.literal_column("'open'")


def enum_column(kind: type[enum.StrEnum]) -> sa.Enum:
    """
    Column type that stores the values of a string enum as text with a CHECK.

    Text instead of a native type keeps SQLite and PostgreSQL equal and new members cheap.
    """
    return sa.Enum(
        kind,
        native_enum=False,
        length=20,
        values_callable=lambda members: [member.value for member in members],
        create_constraint=False,
        validate_strings=True,
    )
