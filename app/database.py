"""The service's database: how it is opened, and whether it has the tables that this version works with."""

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import Migrate
from sqlalchemy.orm import Session

from app.config import ROOT, Config
from app.migration_types import render_item
from core.accounts import User
from core.db import db, prepare_sqlite
from core.settings import Setting
from customers.models import Customer
from dispatch.models import Technician
from inventory.models import Part


class SchemaError(Exception):
    """The database was made by another version of the service."""


def open_database(app: Flask, config: Config) -> None:
    """Let an app use the database, and bring it forward and back."""
    config.data_dir.mkdir(parents=True, exist_ok=True)
    app.config["SQLALCHEMY_DATABASE_URI"] = config.database_url
    # Beside the five that are kept open, one for each thread: a pool that is smaller than the threads lets them wait
    # for each other until some give up.
    app.config["SQLALCHEMY_ENGINE_OPTIONS"] = {"max_overflow": config.web_threads}
    db.init_app(app)
    Migrate(app, db, directory=str(ROOT / "migrations"), render_as_batch=True, render_item=render_item)
    if config.uses_sqlite:
        with app.app_context():
            prepare_sqlite(db.engine)


def is_current(app: Flask) -> bool:
    """Whether the database is exactly at this version's revision."""
    with app.app_context():
        return _found_revision() == _script().get_current_head()


def refuse_newer_schema(app: Flask) -> None:
    """Raise SchemaError if the database is at a revision that this version has never heard of, or is unreadable."""
    with app.app_context():
        found = _found_revision()
        if found is not None and found not in {revision.revision for revision in _script().walk_revisions()}:
            raise SchemaError(
                f"The database at {_shown_url()} was made by a newer version of Wrenchway (its revision is {found}). "
                "Install that version, or name another database in DATABASE_URL. Nothing was changed."
            )


def refuse_wrong_schema(app: Flask) -> None:
    """Raise SchemaError, saying what to do, unless the database is exactly at this version's revision."""
    refuse_newer_schema(app)
    if not is_current(app):
        with app.app_context():
            raise SchemaError(
                f"The database at {_shown_url()} is older than this version of Wrenchway. "
                "Bring it forward: flask --app wsgi db upgrade"
            )


def is_empty(session: Session) -> bool:
    """Whether nobody has begun to use this database: no accounts, customers, parts or technicians, and no firm."""
    beginnings = (User.id, Customer.id, Part.id, Technician.id, Setting.name)
    return not any(session.scalar(sa.select(key).limit(1)) for key in beginnings)


def _found_revision() -> str | None:
    try:
        with db.engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision()
    except sa.exc.DatabaseError as error:
        raise SchemaError(f"The database at {_shown_url()} cannot be used: {error.orig}.") from error


def _script() -> ScriptDirectory:
    return ScriptDirectory(str(ROOT / "migrations"))


def _shown_url() -> str:
    """The address of the database without its password."""
    return db.engine.url.render_as_string(hide_password=True)
