"""Where a visit can go: everybody who still works on a day, with the visits they have yet to make."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from core.db import reading
from dispatch.models import Job, Technician
from dispatch.moves.opening import open_day
from dispatch.planning.compute import Workbench
from routing.solution import StopKind


@dataclass(frozen=True)
class Halt:
    """A visit to come, and when it is expected to begin by the clocks of its site's zone."""

    number: str
    site: str
    zone: str
    start: dt.datetime


@dataclass(frozen=True)
class Lane:
    """A technician with what is still to be done."""

    technician_id: int
    name: str
    halts: tuple[Halt, ...]


def lanes_of(bench: Workbench, day: dt.date, plan_id: int | None = None) -> tuple[Lane, ...]:
    """Return everybody who still works on a day, by name; raises as ``open_day``."""
    opened = open_day(bench, day, plan_id)
    stops = {route.shift: [stop for stop in route.stops if stop.kind is StopKind.VISIT] for route in opened.plan.routes}
    numbers = {stop.id for row in stops.values() for stop in row}
    with reading(), bench.sessions() as session:
        names = {row.id: row.name for row in session.execute(sa.select(Technician.id, Technician.name))}
        rows = session.scalars(sa.select(Job).where(Job.number.in_(numbers)).options(joinedload(Job.site)))
        sites = {row.number: row.site for row in rows}
    lanes = [
        Lane(
            shift.technician_id,
            names[shift.technician_id],
            tuple(
                Halt(stop.id, sites[stop.id].name, sites[stop.id].zone, opened.present.at(stop.start))
                for stop in stops.get(shift.id, ())
            ),
        )
        for shift in opened.present.snapshot.shifts
    ]
    return tuple(sorted(lanes, key=lambda lane: lane.name))
