"""What must be there before the service starts. Each step returns what it did in a few words, or "" if nothing."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import flask_migrate
from flask import Flask

from app.config import ROOT, Config
from app.database import is_current, refuse_newer_schema
from app.demo import load as demonstration
from app.workbench import make_workbench
from core.db import db
from core.settings import read_setting
from dispatch.planning.travel import known_travel


def migrate(_config: Config, app: Flask) -> str:
    """Bring the database to the tables of this version; a database of a newer version is refused."""
    with app.app_context():
        if is_current(app):
            return ""
        refuse_newer_schema(app)
        print("Preparing the database ...")
        flask_migrate.upgrade()
    return "Database prepared"


def load_demonstration(config: Config, app: Flask) -> str:
    """Load the demonstration into a database in which there is no firm yet."""
    with app.app_context():
        if not demonstration.is_empty(db.session()):
            return ""
        print("Loading the demonstration: a firm in Porto, its shops, vans and today's jobs ...")
        demonstration.load(db.session(), config, seed=demonstration.DEFAULT_SEED)
        db.session.commit()
    return "Demonstration loaded"


def compile_planner(config: Config, _app: Flask) -> str:
    """Compile the planner's inner loops into the cache on disk."""
    mark = config.data_dir / f"compiled-{_digest_of(ROOT / 'routing')}"
    if mark.exists():
        return ""
    from routing.warm import compile_kernels  # noqa: PLC0415 -- loads the compiler

    print("Compiling the planner (once) ...")
    compile_kernels()
    mark.touch()
    return "Planner compiled"


def compute_travel_times(config: Config, app: Flask) -> str:
    """Read the map and compute the travel times between the places that are known so far."""
    mark = config.data_dir / f"travel-{config.travel_provider}"
    if mark.exists():
        return ""
    with app.app_context():
        points = demonstration.places(db.session())
        # The computation opens transactions of its own; this one is over.
        db.session.rollback()
        if not points:
            return ""
        print("Computing travel times on the roads (once) ...")
        bench = make_workbench(app)
        travel = known_travel(bench.sessions, bench.travel_times(), points)
    mark.touch()
    return f"Travel times between {len(travel.points)} places computed"


STEPS: tuple[Callable[[Config, Flask], str], ...] = (migrate, load_demonstration, compile_planner, compute_travel_times)


def logins(app: Flask) -> list[tuple[str, str, str]]:
    """E-mail, password and role of the demonstration's logins; empty in a real firm."""
    with app.app_context():
        kept = read_setting(db.session(), "demonstration")
        if not kept:
            return []
        return [(login["email"], kept["password"], login["role"]) for login in kept["logins"]]


def _digest_of(folder: Path) -> str:
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]
