"""Declarative base with the naming of constraints and the column types that both databases share."""

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event, orm

from core.errors import N_, DomainError

# So much of a text is repeated in a refusal.
QUOTED = 40
NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class TextTooLong(DomainError):
    code = "text_too_long"
    sentence = N_("“%(text)s…” is too long: %(most)s characters fit there. Shorten it and send it again.")


class TextNotUsable(DomainError):
    code = "text_not_usable"
    sentence = N_("“%(text)s” contains a character that cannot be kept (NUL). Type it anew and send it again.")


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


@event.listens_for(Base, "attribute_instrument", propagate=True)
def _guard_text(_: type[Base], key: str, attribute: orm.QueryableAttribute[Any]) -> None:
    """
    Let every text column refuse what it cannot hold at the moment it is set.

    Rules of the trade refuse earlier and in better words; this stands behind them, since PostgreSQL would fail the
    whole request and SQLite would keep any length.
    """
    column = getattr(attribute.property, "columns", [None])[0]
    if column is None or type(column.type) not in {sa.String, sa.Text}:
        return
    most = column.type.length

    @event.listens_for(attribute, "set")
    def refuse(_target: object, value: object, _old: object, _initiator: object) -> None:
        if not isinstance(value, str):
            return
        if most is not None and len(value) > most:
            raise TextTooLong(text=value[:QUOTED], most=most, column=key)
        if "\0" in value:
            raise TextNotUsable(text=value[:QUOTED].replace("\0", "␀"))


def index_of_open(name: str, *columns: str) -> sa.Index:
    """Index over the few rows that are still open, for tables that only grow; ``is_open`` asks so that it serves."""
    still_open = sa.text("state = 'open'")
    return sa.Index(name, *columns, postgresql_where=still_open, sqlite_where=still_open)


def is_open(state: orm.InstrumentedAttribute[Any]) -> sa.ColumnElement[bool]:
    """Whether a row is open, in the words of ``index_of_open``: SQLite would not recognise a parameter."""
    return state == sa.literal_column("'open'")


def enum_column(kind: type[enum.StrEnum]) -> sa.Enum:
    """
    Column type that stores the values of a string enum as text and takes no other.

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
