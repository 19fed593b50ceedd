"""How Alembic reaches the service's database; runs inside the application context that Flask-Migrate opens."""

from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import current_app

from core.db import db


def run() -> None:
    """Bring the database forward (or back) in one transaction, checked for dangling references at its end."""
    settings: dict[str, Any] = current_app.extensions["migrate"].configure_args
    with db.engine.connect() as connection:
        on_sqlite = connection.dialect.name == "sqlite"
        if on_sqlite:
            # Rebuilding a table drops it for a moment; references to it must not follow it. Too late in a transaction.
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            # SQLite can undo table changes too; a start-up that is killed half-way leaves the old schema whole.
            transactional_ddl=True,
            **settings,
        )
        with context.begin_transaction():
            context.run_migrations()
            if on_sqlite:
                _refuse_dangling_references(connection)
        if on_sqlite:
            connection.commit()
            connection.connection.cursor().execute("PRAGMA foreign_keys=ON")


def _refuse_dangling_references(connection: sa.Connection) -> None:
    dangling = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
    if dangling:
        raise RuntimeError(
            f"The migration would leave {len(dangling)} references without a target, e.g. {dangling[0]}."
        )


run()
