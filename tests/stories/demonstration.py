"""The demonstration as a fixed day in files of its own: loaded once, then copied for every story."""

import contextlib
import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.orm import Session

from app.config import Config
from app.demo.load import load
from app.factory import create_app
from app.firm_clock import start_demonstration_clock
from core import clock
from core.db import db
from tests.factories import MONDAY, at


def story_config(folder: Path, **changes: Any) -> Config:
    """The configuration of a service whose files lie in a folder."""
    values: dict[str, Any] = {
        "data_dir": folder,
        "database_url": f"sqlite:///{folder / 'test.sqlite'}",
        "secret_key": "test",
        "travel_provider": "great_circle",
        "testing": True,
    }
    return Config(**values | changes)


def load_demonstration(folder: Path) -> None:
    """Load the demonstration of the test Monday into the migrated database of a folder."""
    config = story_config(folder)
    app = create_app(config)
    with closing_database(app), app.app_context():
        load(db.session(), config, seed=1, today=MONDAY)
        db.session.commit()


@contextlib.contextmanager
def demonstration_in(folder: Path, *, copy_of: Path, **changes: Any) -> Iterator[Flask]:
    """The service on a copy of a loaded demonstration, at half past seven of its day."""
    shutil.copytree(copy_of, folder, dirs_exist_ok=True)
    app = create_app(story_config(folder, **changes))
    with closing_database(app):
        with app.app_context():
            start_demonstration_clock(db.session(), at(7, 30))
            db.session.commit()
        yield app


@contextlib.contextmanager
def session_on(app: Flask) -> Iterator[Session]:
    """A session of the test's own on the database of a service."""
    with app.app_context():
        engine = db.engine
    # Rows stay readable after a commit: reading one again would begin a transaction, which locks SQLite.
    with Session(engine, expire_on_commit=False) as made:
        yield made


@contextlib.contextmanager
def closing_database(app: Flask) -> Iterator[None]:
    """Leave no open connection behind, and the world's time to the next test of this process."""
    try:
        yield
    finally:
        clock.set_offset(dt.timedelta(0))
        with app.app_context():
            db.engine.dispose()
