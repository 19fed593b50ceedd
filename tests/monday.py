"""The tests' Monday planned as the service plans it: asked for, computed, recorded, published."""

from flask import Flask
from sqlalchemy.orm import Session

from core.db import db
from dispatch.planning import publish
from dispatch.planning.compute import compute_run
from dispatch.planning.requests import request_plan
from tests.factories import MONDAY


def draft_monday(app: Flask, session: Session) -> int:
    """Let Monday be planned, and return the draft."""
    run = request_plan(session, day=MONDAY, engine="greedy", seconds=1, actor_id=None)
    session.flush()
    run_id = run.id
    session.commit()
    with app.app_context():
        compute_run(app.extensions["workbench"](), run_id)
        db.session.remove()
    session.refresh(run)
    assert run.plan_id is not None
    return run.plan_id


def publish_monday(app: Flask, session: Session) -> None:
    """Let Monday be planned, and put the plan in force."""
    publish(session, plan_id=draft_monday(app, session), actor_id=None)
    session.commit()
