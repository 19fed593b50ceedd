"""What a phone told this morning of yesterday: a technician finished work whose job had been cancelled meanwhile."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core import clock
from customers.models import Device, Priority
from dispatch.fieldwork.conflicts import take
from dispatch.fieldwork.late import PhoneAction, PhoneCommand
from dispatch.jobs import NewJob, apply, cancel_job, take_in_job
from dispatch.lifecycle import Action
from dispatch.models import Technician, Visit

REPORTED_AT, PLANNED_AT, ARRIVED_AT = dt.time(13, 10), dt.time(15, 0), dt.time(15, 20)
CANCELLED_AT, DONE_AT, TOLD_AT = dt.time(15, 30), dt.time(15, 45), dt.time(7, 10)
MINUTES = 30


def add_late_commands(
    session: Session, day: dt.date, *, actor_id: int, at: Callable[[dt.date, dt.time], AbstractContextManager[None]]
) -> None:
    """Let a phone tell at ten past seven what happened in yesterday's cellar; the dispatcher decides."""
    yesterday = day - dt.timedelta(days=1)
    technician = session.scalars(sa.select(Technician).order_by(Technician.code).limit(1)).one()
    device = session.scalars(sa.select(Device).order_by(Device.id.desc()).limit(1)).one()
    with at(yesterday, REPORTED_AT):
        new = NewJob(
            site=device.site,
            device=device,
            priority=Priority.P3,
            duration_seconds=MINUTES * 60,
            description="No signal.",
        )
        job = take_in_job(session, new=new, actor_id=actor_id)
        for move in (Action.PLAN, Action.DISPATCH):
            apply(session, job, move, actor_id=actor_id, facts={"technician": technician.name})
        session.flush()
    planned = _moment(at, yesterday, PLANNED_AT)
    visit = Visit(
        job=job,
        technician=technician,
        day=yesterday,
        position=1,
        planned_arrival=planned,
        planned_start=planned,
        planned_end=planned + dt.timedelta(minutes=MINUTES),
    )
    session.add(visit)
    session.flush()
    with at(yesterday, CANCELLED_AT):
        cancel_job(session, job_id=job.id, reason="The shop says that it works again.", actor_id=actor_id)
    session.flush()
    told: tuple[tuple[PhoneAction, dt.time, dict[str, Any]], ...] = (
        (PhoneAction.ARRIVE, ARRIVED_AT, {}),
        (PhoneAction.COMPLETE, DONE_AT, {"note": "SIM card was loose.", "signed_by": "Sra. Matos"}),
    )
    for action, time, values in told:
        happened_at = _moment(at, yesterday, time)
        command = PhoneCommand(
            id=f"demonstration-{action}", action=action, happened_at=happened_at, visit_id=visit.id, values=values
        )
        with at(day, TOLD_AT):
            take(session, command, technician, actor_id=technician.user_id)


def _moment(at: Callable[[dt.date, dt.time], AbstractContextManager[None]], day: dt.date, time: dt.time) -> dt.datetime:
    with at(day, time):
        return clock.now().replace(second=0, microsecond=0)
