"""Facts about starting: what stands in the way is told in a sentence, and nothing is changed."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask

from app.config import ROOT, Config
from app.database import SchemaError, is_current, refuse_wrong_schema
from app.factory import create_app
from app.run import StartError, refuse_taken_port
from core.db import db


def test_a_port_in_use_is_told_with_another_one(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config = Config(data_dir=tmp_path, database_url="sqlite://", secret_key="s", port=port)

        with pytest.raises(StartError, match=f"Port {port} .* PORT={port + 1} make run"):
            refuse_taken_port(config)


def test_a_database_of_a_newer_version_is_left_alone(app: Flask) -> None:
    with app.app_context():
        db.session.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
        db.session.commit()

    with pytest.raises(SchemaError, match="newer version of Wrenchway"):
        refuse_wrong_schema(app)


def test_an_older_database_is_told_how_to_come_forward(app: Flask) -> None:
    with app.app_context():
        db.session.execute(sa.text("DELETE FROM alembic_version"))
        db.session.commit()

    with pytest.raises(SchemaError, match="flask --app wsgi db upgrade"):
        refuse_wrong_schema(app)


def test_a_file_that_is_no_database_is_named(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        db.engine.dispose()
    (tmp_path / "test.sqlite").write_bytes(b"This is a shopping list, not a database. " * 100)

    with pytest.raises(SchemaError, match="cannot be used"):
        is_current(app)


def test_the_models_and_the_migrations_agree(app: Flask) -> None:
    with app.app_context():
        flask_migrate.check()


def test_migrations_run_backwards_and_forwards_on_postgresql(tmp_path: Path, postgres_url: str) -> None:
    admin = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text("CREATE DATABASE migrations"))
    admin.dispose()
    url = postgres_url.replace("/postgres?", "/migrations?")
    app = create_app(Config(data_dir=tmp_path, database_url=url, secret_key="s", testing=True))
    with app.app_context():
        flask_migrate.upgrade()
        flask_migrate.check()
        flask_migrate.downgrade(revision="base")
        flask_migrate.upgrade()
        db.engine.dispose()


def test_wrong_configuration_stops_the_start_with_every_fault(tmp_path: Path) -> None:
    environment = os.environ | {"DATA_DIR": str(tmp_path), "PORT": "0", "TRAVEL_PROVIDER": "teleport"}

    ended = subprocess.run(
        [sys.executable, "-m", "app.run"],
        check=False,
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert ended.returncode == 1
    assert "PORT: expected" in ended.stderr
    assert "TRAVEL_PROVIDER: expected one of osm" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_service_starts_revives_its_worker_and_stops(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        db.session.execute(sa.text("INSERT INTO settings (name, value) VALUES ('firm', '{\"name\": \"Real firm\"}')"))
        db.session.commit()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path / 'test.sqlite'}",
        "TRAVEL_PROVIDER": "great_circle",
        "PORT": str(port),
    }
    service = subprocess.Popen(
        [sys.executable, "-m", "app.run"], cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
    )
    try:
        assert service.stdout is not None
        said = []
        for line in service.stdout:
            said.append(line)
            if "is up" in line:
                break
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5) as answer:
            assert answer.status == 200
        worker = _child_of(service.pid, "app.worker")
        busy = _child_of(worker, "app.worker")
        os.kill(worker, signal.SIGKILL)
        for line in service.stdout:
            if "The worker ended" in line:
                break
        _wait_until_gone(busy)
        time.sleep(0.5)
        service.send_signal(signal.SIGINT)
        assert service.wait(30) == 0
    finally:
        service.kill()
        service.wait()
        if service.stdout is not None:
            service.stdout.close()
    assert any(f"http://127.0.0.1:{port}" in line for line in said)


def _child_of(parent: int, word: str) -> int:
    for _ in range(100):
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                status = (entry / "stat").read_text().rsplit(") ", 1)[1].split()
                if int(status[1]) == parent and word in (entry / "cmdline").read_text():
                    return int(entry.name)
            except (FileNotFoundError, ProcessLookupError):
                continue
        time.sleep(0.1)
    raise AssertionError(f"No child of {parent} runs {word}.")


def _wait_until_gone(pid: int) -> None:
    for _ in range(100):
        if not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.1)
    raise AssertionError(f"Process {pid} outlived the worker that started it.")
