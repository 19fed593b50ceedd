"""
How long people wait for the living day: candidates for an urgent job, and the repaired plan after an event, over HTTP.

Run from the project's root: ``python -m benchmarks live``. The requests go through the whole service with its database
file, in one process; the planner is loaded before, as a web process does at its start.
"""

import datetime as dt
import gc
import random
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from flask.testing import FlaskClient

from benchmarks.town import DAY, Firmament, Town, job_of, moment, new_job, town_of
from core.accounts import User, issue_token
from customers.models import Priority, Site
from dispatch import fieldwork
from dispatch.jobs import take_in_job
from dispatch.models import Job, Plan, PlanRun, Technician, Visit
from dispatch.models.plans import PlanState
from dispatch.models.visits import VisitStatus
from dispatch.planning import publish, request_plan
from dispatch.planning.compute import compute_run
from routing.warm import load_answers

TECHNICIANS, JOBS = 50, 400
QUESTIONS, EVENTS = 20, 20
# When the first are on their way.
AT = 9.0


def report() -> None:
    """Print the figures as Markdown."""
    print("| what | target | p50 | p95 | most |")
    print("|---|--:|--:|--:|--:|")
    with tempfile.TemporaryDirectory() as folder, town_of(Town(TECHNICIANS, JOBS), Path(folder)) as firm:
        publish_day(firm)
        go_to_work(firm)
        load_answers()
        gc.collect()
        gc.freeze()
        call = _caller(firm)
        _print("candidates for an urgent job", "≤ 300 ms", list(_questions(firm, call)))
        _print("sending somebody: the plan of the day published anew", "–", list(_assignments(firm, call)))
        _print("a phone's position: expected arrivals renewed", "–", list(_positions(firm)))
        _print("event → repaired plan, written as a draft", "p95 ≤ 2 s", list(_events(firm, call)))


def publish_day(firm: Firmament, engine: str = "greedy", seconds: float = 3.0, seed: int = 1) -> None:
    """Plan the day and publish it."""
    with firm.session() as session:
        run = request_plan(session, day=DAY, engine=engine, seconds=seconds, seed=seed, actor_id=firm.dispatcher_id)
        session.commit()
        run_id = run.id
    compute_run(firm.bench, run_id)
    with firm.session() as session:
        plan_id = session.get_one(PlanRun, run_id).plan_id
        if plan_id is None:
            raise RuntimeError(f"The day was not planned: {session.get_one(PlanRun, run_id).problem}")
        publish(session, plan_id=plan_id, actor_id=firm.dispatcher_id)
        session.commit()


def go_to_work(firm: Firmament) -> None:
    """Let everybody whose first visit begins by nine set off, and those arrive who should be there."""
    with firm.session() as session:
        firsts = session.scalars(
            sa.select(Visit).where(Visit.position == 1, Visit.status == VisitStatus.DISPATCHED).order_by(Visit.id)
        ).all()
        for visit in firsts:
            if visit.planned_start > moment(AT):
                continue
            who = {"visit_id": visit.id, "technician_id": visit.technician_id, "actor_id": None}
            firm.clock.move_to(visit.planned_arrival - dt.timedelta(minutes=10))
            fieldwork.set_off(session, **who)
            firm.clock.move_to(visit.planned_start)
            fieldwork.arrive(session, **who)
            if visit.planned_end < moment(AT):
                firm.clock.move_to(visit.planned_end)
                fieldwork.complete(session, **who)
        session.commit()
    firm.clock.move_to(moment(AT))


Call = Callable[[str, str, Any], dict[str, Any]]


def _caller(firm: Firmament, email: str = "dispatcher@town.example") -> Call:
    with firm.session() as session:
        user = session.scalars(sa.select(User).where(User.email == email)).one()
        _, secret = issue_token(session, user, "benchmark")
        session.commit()
    client: FlaskClient = firm.app.test_client()

    def call(method: str, path: str, body: Any = None) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {secret}", "Idempotency-Key": uuid.uuid4().hex}
        answer = client.open(f"/api/v1{path}", method=method, json=body, headers=headers)
        if answer.status_code >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status_code} {answer.text}")
        found: dict[str, Any] = answer.json
        return found

    return call


def _timed(act: Callable[[], Any]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _questions(firm: Firmament, call: Call) -> Iterator[float]:
    """Urgent jobs at shops that nobody has been asked about: their travel times are not kept yet."""
    for number in _urgent_jobs(firm, QUESTIONS):
        yield _timed(lambda number=number: call("GET", f"/jobs/{number}/candidates", None))


def _assignments(firm: Firmament, call: Call) -> Iterator[float]:
    for number in _urgent_jobs(firm, 5):
        best = call("GET", f"/jobs/{number}/candidates", None)["candidates"][0]["technician"]
        yield _timed(lambda number=number, best=best: call("POST", f"/jobs/{number}/assign", {"technician": best}))


def _urgent_jobs(firm: Firmament, count: int) -> list[str]:
    dice = random.Random("urgent")  # noqa: S311
    numbers = []
    with firm.session() as session:
        for site_id in firm.spare_sites[:count]:
            site = session.get_one(Site, site_id)
            take_in_job(session, new=new_job(site, firm.part_ids, dice, firm.town, Priority.P1), actor_id=None)
            numbers.append(job_of(session, site_id).number)
        session.commit()
    del firm.spare_sites[:count]
    return numbers


def _events(firm: Firmament, call: Call) -> Iterator[float]:
    """Absences and delays in turn, each of another technician; between them the repaired plan is published."""
    with firm.session() as session:
        codes = session.scalars(sa.select(Technician.code).order_by(Technician.code)).all()
    for turn, code in enumerate(codes[:EVENTS]):
        if turn % 2:
            path, body = "/live/delays", {"technician": code, "until": moment(AT + 2.5).isoformat()}
        else:
            path, body = "/live/absences", {"technician": code, "ends_at": moment(AT + 4).isoformat(), "reason": "sick"}
        yield _timed(lambda path=path, body=body: call("POST", path, body))
        _publish_draft(firm)


def _publish_draft(firm: Firmament) -> None:
    """The dispatcher agrees to whatever the repair breaks."""
    with firm.session() as session:
        draft = session.scalar(sa.select(Plan.id).where(Plan.day == DAY, Plan.state == PlanState.DRAFT))
        if draft is None:
            return
        numbers = frozenset(session.scalars(sa.select(Job.number).where(Job.window_start.is_not(None))))
        publish(session, plan_id=draft, consent=numbers, actor_id=firm.dispatcher_id)
        session.commit()


def _positions(firm: Firmament) -> Iterator[float]:
    call = _caller(firm, "t30@town.example")
    for turn in range(20):
        firm.clock.shift(30)
        body = {"lat": 41.15 + turn / 500, "lon": -8.6}
        yield _timed(lambda body=body: call("POST", "/positions", body))


def _print(what: str, target: str, seconds: list[float]) -> None:
    ranked = sorted(seconds)
    p95 = ranked[min(len(ranked) - 1, int(0.95 * len(ranked)))]
    figures = (statistics.median(ranked), p95, ranked[-1])
    print(f"| {what} | {target} | {' | '.join(f'{1000 * figure:,.0f} ms' for figure in figures)} |", flush=True)
