"""`flask plan`: plan a day from the command line, by the worker if one runs and otherwise here."""

import datetime as dt
import time

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from app.config import Config
from app.firm_clock import follow_firm_clock
from app.workbench import make_workbench
from core.db import db
from core.errors import DomainError
from core.firm import read_firm
from dispatch import planning
from dispatch.models import Plan, PlanRun
from dispatch.models.plans import RunState
from dispatch.planning.compute import compute_run


@click.command("plan")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="The day to plan; today if absent.")
@click.option("--days", type=int, default=1, show_default=True, help="So many days from then on, in one plan.")
@click.option("--seconds", type=float, help="How long to search; PLAN_SECONDS if absent.")
@click.option("--engine", help="hybrid, ortools or greedy; PLAN_ENGINE if absent.")
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--publish", is_flag=True, help="Publish the plan at once.")
@with_appcontext
def plan(
    day: dt.datetime | None, days: int, seconds: float | None, engine: str | None, seed: int, *, publish: bool
) -> None:
    """Plan a day, or several, and print what each costs. Ctrl-C cancels the run."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    config: Config = app.extensions["wrenchway"]
    session = db.session()
    follow_firm_clock(session)
    try:
        first = day.date() if day else read_firm(session).today()
        run = planning.request_plan(
            session,
            day=first,
            last_day=first + dt.timedelta(days=days - 1),
            engine=engine or config.plan_engine,
            seconds=seconds or config.plan_seconds,
            seed=seed,
            actor_id=None,
        )
        run_id = run.id
        session.commit()
        _follow(app, run_id)
        _print_result(run_id)
        if publish:
            planning.publish_run(session, run_id=run_id, actor_id=None)
            session.commit()
            click.echo("Published.")
    except DomainError as error:
        raise click.ClickException(str(error)) from error


def _follow(app: Flask, run_id: int) -> None:
    try:
        while _is_under_way(run_id):
            # A worker that is alive computes it; one that died holds it a little longer.
            if _worker_is_alive() or not _compute_here(app, run_id):
                time.sleep(1)
    except KeyboardInterrupt:
        db.session.rollback()
        planning.cancel_run(db.session(), run_id=run_id)
        db.session.commit()
        raise click.ClickException(f"Run {run_id} was cancelled.") from None


def _is_under_way(run_id: int) -> bool:
    """Print how far a run is, and return whether it goes on."""
    run = db.session.get_one(PlanRun, run_id)
    cost = "" if run.best_cost is None else f", cost {run.best_cost / 100:,.2f}"
    click.echo(f"Run {run_id}: {run.state}, {run.progress:.0%}{cost}")
    goes_on = run.state in {RunState.QUEUED, RunState.RUNNING}
    # On SQLite an open transaction keeps everybody from writing, the worker too.
    db.session.rollback()
    return goes_on


def _worker_is_alive() -> bool:
    alive = planning.worker_is_alive(db.session())
    db.session.rollback()
    return alive


def _compute_here(app: Flask, run_id: int) -> bool:
    click.echo(f"Run {run_id}: no worker is running, so it is computed here.")
    return compute_run(make_workbench(app), run_id)


def _print_result(run_id: int) -> None:
    db.session.expire_all()
    run = db.session.get_one(PlanRun, run_id)
    if run.plan is None:
        problem = run.problem or {"sentence": "The run was cancelled.", "facts": {}}
        raise click.ClickException(problem["sentence"] % problem["facts"])
    for made in planning.drafts_of_run(db.session(), run.plan):
        _print_plan(made)


def _print_plan(made: Plan) -> None:
    visits = sum(stop.job_id is not None for route in made.routes for stop in route.stops)
    click.echo(
        f"Plan {made.version} of {made.day} ({made.engine}, {made.seconds:.1f} s): {visits} visits by "
        f"{len(made.routes)} technicians, {len(made.left_out)} jobs left out."
    )
    for term, cents in made.cost.items():
        if cents:
            click.echo(f"  {term:<12}{cents / 100:>12,.2f}")
