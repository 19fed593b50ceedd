"""
What the map of a day shows: where everything is, and the routes along the streets.

Rows instead of objects: a large day has hundreds of places, of which the map needs a few columns each.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, raiseload

from core.firm import read_firm
from customers.models import Priority, Site
from dispatch.dayplans import plans_of_board
from dispatch.lanes import moved_elsewhere
from dispatch.models import Job, Plan, PlannedRoute, PlannedStop, Position, Shift, Technician, Visit
from dispatch.models.jobs import JobStatus
from dispatch.models.visits import VisitStatus
from dispatch.queries import UNPLANNED
from inventory.models import Place, PlaceKind

# What is asked of each job; the columns of ``MapJob`` that do not depend on who goes there.
_COLUMNS = (Job.id, Job.number, Job.priority, Job.status, Site.name.label("site"), Site.lat, Site.lon)


@dataclass(frozen=True)
class MapJob:
    """A job on the map, and who comes as which of their stops; None for one in the queue."""

    number: str
    priority: Priority
    status: JobStatus
    site: str
    lat: float
    lon: float
    technician_id: int | None = None
    order: int | None = None


@dataclass(frozen=True)
class MapView:
    """Everything on the map of a day; ``technicians`` are those with a lane on the board, in its order."""

    jobs: Sequence[MapJob]
    warehouses: Sequence[Place]
    technicians: Sequence[Technician]
    # By technician, the line along the streets as positions.
    routes: Sequence[tuple[int, Sequence[Sequence[float]]]]
    # Where technicians were last seen today.
    positions: Sequence[Position]


def map_of(session: Session, *, day: dt.date, published: bool = False) -> MapView:
    """Return what the map of a day shows; the same plan as on the board. Jobs without a position are left out."""
    plan = plans_of_board(session, day).shown(published=published)
    routes = _routes(session, plan)
    placed = _placed(session, day, plan)
    warehouses = session.scalars(sa.select(Place).where(Place.kind == PlaceKind.WAREHOUSE).order_by(Place.code)).all()
    busy = {technician_id for technician_id, _ in routes} | {row.technician_id for row in placed}
    return MapView(
        jobs=[*_numbered(placed), *_queue(session, {row.id for row in placed})],
        warehouses=warehouses,
        technicians=_technicians(session, day, busy),
        routes=routes,
        positions=_positions(session, day),
    )


def _routes(session: Session, plan: Plan | None) -> list[tuple[int, Sequence[Sequence[float]]]]:
    if plan is None:
        return []
    rows = session.execute(
        sa.select(PlannedRoute.technician_id, PlannedRoute.path).where(PlannedRoute.plan_id == plan.id)
    )
    return [(row.technician_id, row.path) for row in rows]


def _placed(session: Session, day: dt.date, plan: Plan | None) -> list[Any]:
    """The jobs that somebody is to do or has done on a day, each once, by when they are begun."""
    begun = session.execute(
        sa.select(*_COLUMNS, Visit.technician_id, Visit.planned_start.label("starts_at"))
        .join(Visit.job)
        .join(Job.site)
        .where(
            Visit.day == day,
            Visit.set_off_at.is_not(None),
            Visit.status.not_in((VisitStatus.WITHDRAWN, VisitStatus.INCOMPLETE)),
        )
    ).all()
    found = {row.id: row for row in [*_planned(session, plan), *begun]}
    return sorted(found.values(), key=lambda row: row.starts_at)


def _planned(session: Session, plan: Plan | None) -> Iterator[Any]:
    if plan is None:
        return
    moved = {job_id for _, job_id in moved_elsewhere(session, [plan])}
    rows = session.execute(
        sa.select(*_COLUMNS, PlannedRoute.technician_id, PlannedStop.starts_at)
        .join(PlannedStop.route)
        .join(PlannedStop.job)
        .join(Job.site)
        .where(PlannedRoute.plan_id == plan.id, Job.status != JobStatus.CANCELLED)
    )
    yield from (row for row in rows if row.id not in moved)


def _numbered(rows: Iterable[Any]) -> Iterator[MapJob]:
    """The jobs with their place in the order of whoever does them."""
    stops: Counter[int] = Counter()
    for row in rows:
        stops[row.technician_id] += 1
        if row.lat is not None:
            yield _job(row, technician_id=row.technician_id, order=stops[row.technician_id])


def _queue(session: Session, placed: Collection[int]) -> Iterator[MapJob]:
    rows = session.execute(
        sa.select(*_COLUMNS).join(Job.site).where(Job.status.in_(UNPLANNED), Site.lat.is_not(None)).order_by(Job.id)
    )
    return (_job(row) for row in rows if row.id not in placed)


def _job(row: Any, *, technician_id: int | None = None, order: int | None = None) -> MapJob:
    return MapJob(row.number, row.priority, row.status, row.site, row.lat, row.lon, technician_id, order)


def _technicians(session: Session, day: dt.date, busy: Collection[int]) -> Sequence[Technician]:
    works = sa.select(Shift.technician_id).where(Shift.day == day)
    return session.scalars(
        sa.select(Technician)
        .where(sa.or_(Technician.id.in_(busy), sa.and_(Technician.active, Technician.id.in_(works))))
        .options(raiseload("*"))
        .order_by(Technician.code)
    ).all()


def _positions(session: Session, day: dt.date) -> Sequence[Position]:
    """Where technicians were last seen, on the present day alone: another day's map shows no present."""
    firm = read_firm(session)
    if firm.today() != day:
        return ()
    begins = dt.datetime.combine(day, dt.time(), firm.zone)
    return session.scalars(
        sa.select(Position).where(Position.at >= begins).options(joinedload(Position.technician), raiseload("*"))
    ).all()
