"""What must be there before the service starts. Each step returns what it did in a few words, or "" if nothing."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import flask_migrate
from flask import Flask

from app.config import ROOT, Config
from app.database import is_current, is_empty, refuse_newer_schema
from core.db import db
from core.settings import read_setting


class StepFailed(Exception):
    """A step of the preparation went wrong; its own messages stand above."""


def migrate(_config: Config, app: Flask) -> str:
    """Bring the database to the tables of this version; a database of a newer version is refused."""
    if is_current(app):
        return ""
    refuse_newer_schema(app)
    print("Preparing the database ...")
    with app.app_context():
        flask_migrate.upgrade()
    return "Database prepared"


def load_demonstration(config: Config, app: Flask) -> str:
    """Load the demonstration into a database in which there is no firm yet, or say how to set up a real one."""
    with app.app_context():
        if not is_empty(db.session()):
            return ""
    if not config.demonstration:
        print("There is no firm yet. How to set it up, in another terminal: .venv/bin/flask --app wsgi found --help")
        return ""
    print("Loading the demonstration: a firm in Porto, its shops, vans and today's jobs ...")
    _run("the demonstration could not be loaded", "-m", "flask", "--app", "wsgi", "demo")
    return "Demonstration loaded"


def compile_planner(config: Config, _app: Flask) -> str:
    """Compile the planner's inner loops into the cache on disk."""
    mark = config.data_dir / f"compiled-{_digest_of(ROOT / 'routing')}"
    if mark.exists():
        return ""
    print("Compiling the planner (once) ...")
    _run("the planner could not be compiled", "-m", "routing", "compile")
    for old in config.data_dir.glob("compiled-*"):
        old.unlink()
    mark.touch()
    return "Planner compiled"


STEPS: tuple[Callable[[Config, Flask], str], ...] = (migrate, load_demonstration, compile_planner)


def logins(app: Flask) -> list[tuple[str, str, str]]:
    """E-mail, password and role of the demonstration's logins; empty in a real firm."""
    with app.app_context():
        kept = read_setting(db.session(), "demonstration")
        if not kept:
            return []
        return [(login["email"], kept["password"], login["role"]) for login in kept["logins"]]


def _run(what_failed: str, *arguments: str) -> None:
    """Run heavy work in a process of its own, which takes what it loaded with it when it ends."""
    ended = subprocess.run([sys.executable, *arguments], cwd=ROOT, check=False)
    if ended.returncode != 0:
        raise StepFailed(f"The service was not started: {what_failed}; the messages above say why.")


def _digest_of(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
