"""`flask demo`: load the demonstration, load it anew, or make another day of it."""

import time

import click
import sqlalchemy as sa
from flask import current_app
from flask.cli import with_appcontext

from app.config import Config
from app.database import SchemaError, refuse_wrong_schema
from app.demo import load as demonstration
from app.workbench import make_workbench
from core.db import db
from core.errors import DomainError
from dispatch.models import TravelMatrixCache
from dispatch.planning.travel import known_travel
from routing.travel.errors import TravelError


@click.command("demo")
@click.option("--seed", type=click.IntRange(1, 999_999), help="Another firm and another day, drawn from this number.")
@click.option("--reset", is_flag=True, help="The same demonstration anew, as of this morning.")
@with_appcontext
def demo(seed: int | None, *, reset: bool) -> None:
    """
    Load the demonstration: a repair firm in Porto with its shops, vans, stock and the jobs of today.

    Loads once; with --seed or --reset what was done in the demonstration is thrown away. A database with the data of a
    firm is never touched.
    """
    try:
        refuse_wrong_schema(current_app)
        _load(seed, reset=reset)
    except (DomainError, TravelError, SchemaError) as error:
        raise click.ClickException(str(error)) from error


def _load(seed: int | None, *, reset: bool) -> None:
    session = db.session()
    config: Config = current_app.extensions["wrenchway"]
    loaded = demonstration.loaded_demonstration(session)
    if loaded and seed is None and not reset:
        click.echo(
            f"The demonstration of {loaded[1]} (seed {loaded[0]}) is loaded; nothing was changed. "
            "The same anew: flask demo --reset. Another one: flask demo --seed 2"
        )
        return
    new_seed = seed or (loaded[0] if loaded else demonstration.DEFAULT_SEED)
    started = time.monotonic()
    if loaded:
        demonstration.clear(session)
        if loaded[0] != new_seed:
            # The shops of another seed stand elsewhere; the matrix would grow with every seed ever tried.
            session.execute(sa.delete(TravelMatrixCache))
    demonstration.load(session, config, seed=new_seed)
    session.commit()
    click.echo(f"Demonstration loaded with seed {new_seed} ({time.monotonic() - started:.1f} s).")
    _compute_travel_times()


def _compute_travel_times() -> None:
    """Compute now what the first plan would wait for."""
    bench = make_workbench(current_app)
    points = demonstration.places(db.session())
    # The computation opens transactions of its own; this one is over.
    db.session.rollback()
    travel = known_travel(bench.sessions, bench.travel_times(), points)
    click.echo(f"Travel times between {len(travel.points)} places are known.")
