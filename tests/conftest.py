"""Fixtures that every test may use: the two databases, and a clock that stands still."""

import dataclasses
import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

import dispatch.models  # noqa: F401 -- registers every table
from app.config import Config
from app.factory import create_app
from core import commands, settings  # noqa: F401
from core.base import Base
from core.db import db, prepare_sqlite
from routing.warm import compile_kernels
from tests.made_once import made_once
from tests.temporary_postgres import temporary_postgres
from web.stream import EXTENSION as WATCH

BACKENDS = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The URL of a throwaway PostgreSQL that lives as long as the test run."""
    with temporary_postgres() as url:
        yield url


@pytest.fixture(scope="session", params=BACKENDS)
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """An engine with every table, once per database."""
    if request.param == "sqlite":
        folder: Path = tmp_path_factory.mktemp("sqlite")
        made = sa.create_engine(f"sqlite:///{folder / 'test.sqlite'}")
        prepare_sqlite(made)
    else:
        made = sa.create_engine(request.getfixturevalue("postgres_url"))
        # A database left by an earlier engine of this run would hide a missing table.
        Base.metadata.drop_all(made)
    Base.metadata.create_all(made)
    yield made
    made.dispose()


@pytest.fixture
def session(engine: sa.Engine) -> Iterator[Session]:
    """A session whose changes, commits included, are undone after the test."""
    with engine.connect() as connection:
        outer = connection.begin()
        with Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False) as made:
            yield made
        outer.rollback()


@pytest.fixture
def monday() -> dt.datetime:
    """Monday 23 November 2026, 08:00 in Lisbon, which is 08:00 UTC in winter."""
    return dt.datetime(2026, 11, 23, 8, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database brought forward by the migrations, to be copied."""

    def migrate(folder: Path) -> None:
        app = create_app(_test_config(folder))
        with app.app_context():
            flask_migrate.upgrade()
            db.engine.dispose()

    return made_once(tmp_path_factory, "migrated", migrate) / "test.sqlite"


@pytest.fixture(scope="session")
def compiled_planner(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The planner's kernels, compiled into the cache from which a worker's process takes them."""
    made_once(tmp_path_factory, "planner", lambda _folder: compile_kernels())


@pytest.fixture(scope="session")
def lent_app(tmp_path_factory: pytest.TempPathFactory) -> Flask:
    """The whole service, made once per process: making it takes longer than most tests."""
    return create_app(_test_config(tmp_path_factory.mktemp("service")))


@pytest.fixture
def app(lent_app: Flask, migrated_file: Path) -> Iterator[Flask]:
    """The whole service on an empty database, remembering nothing of the tests before."""
    folder: Path = lent_app.extensions["wrenchway"].data_dir
    shutil.rmtree(folder)
    folder.mkdir()
    shutil.copy(migrated_file, folder)
    config, extensions = dict(lent_app.config), dict(lent_app.extensions)
    lent_app.extensions[WATCH] = dataclasses.replace(lent_app.extensions[WATCH])
    for limiter in lent_app.extensions["limiter"]:
        limiter.reset()
    yield lent_app
    with lent_app.app_context():
        db.engine.dispose()
    for kept, before in ((lent_app.config, config), (lent_app.extensions, extensions)):
        kept.clear()
        kept.update(before)


@pytest.fixture
def own_app(migrated_file: Path, tmp_path: Path) -> Iterator[Flask]:
    """The same made anew, with its files in the folder of the test, for what goes on beside the test."""
    shutil.copy(migrated_file, tmp_path)
    made = create_app(_test_config(tmp_path))
    yield made
    with made.app_context():
        db.engine.dispose()


def _test_config(folder: Path) -> Config:
    return Config(
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'test.sqlite'}",
        secret_key="test",
        travel_provider="great_circle",
        testing=True,
    )
