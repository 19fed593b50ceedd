"""
Where technicians are, from when they are free, and what was told about it.

Planning and the living day ask here. A phone's position counts as the nearest place that the day knows anyway, a shop,
a home or a warehouse: travel times are kept for places, and would be computed anew for every step that somebody takes.
"""

import datetime as dt
from collections.abc import Collection, Iterable, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from core.firm import read_firm
from dispatch.distances import metres_between
from dispatch.models import DayEvent, Job, Position, Technician, Visit
from dispatch.models.live import DayEventKind
from dispatch.models.visits import UNDER_WAY
from inventory.models import Place, PlaceKind
from routing.travel import Point

# A position further than this from every place of the day says nothing about the day.
FURTHEST_METRES = 30_000
# Work that is over its time, and of which nobody said until when, takes this share of its planned length from now on.
STILL_TO_DO = 0.2


def whereabouts(
    session: Session, day: dt.date, now: dt.datetime, *, technician_ids: Collection[int] | None = None
) -> dict[int, tuple[Point, dt.datetime]]:
    """
    Where each technician of whom something is known is free next, and from when; only of some if they are named.

    1. Whoever is under way: at that shop, when the work there ends; longer if it was told to overrun, or runs over.
    2. Otherwise where the phone was seen since the last visit ended, or else at the shop visited last.
    """
    begun = session.scalars(
        sa.select(Visit)
        .where(Visit.day == day, Visit.set_off_at.is_not(None), _of(Visit.technician_id, technician_ids))
        .options(joinedload(Visit.job).joinedload(Job.site))
        .order_by(Visit.set_off_at)
    ).all()
    overruns = told_overruns(session, day)
    last = {visit.technician_id: visit for visit in begun if visit.job.site.lat is not None}
    found = {technician: (_site(visit), free_from(visit, now, overruns)) for technician, visit in last.items()}
    seen = _seen(session, day, now, technician_ids)
    places = _places(session, day) if seen else []
    for technician, position in seen.items():
        near = nearest(Point(position.lat, position.lon), places)
        if near is not None and _says_where(position, last.get(technician)):
            found[technician] = (near, now)
    return found


def free_from(visit: Visit, now: dt.datetime, overruns: dict[int, dt.datetime]) -> dt.datetime:
    """
    When the technician of a visit that was begun can go on to the next one.

    Work that should be over and is not ends when a fifth of its planned length has passed from now.
    """
    if visit.status not in UNDER_WAY:
        # It has ended, or was withdrawn on the way there.
        return now
    begins = visit.arrived_at or max(now, visit.expected_at or visit.planned_arrival)
    length = dt.timedelta(seconds=visit.job.duration_seconds)
    ends = max(begins + length, overruns.get(visit.job_id, now))
    return ends if ends > now else now + STILL_TO_DO * length


def told_late(session: Session, day: dt.date) -> dict[int, dt.datetime]:
    """Before when those technicians do not set off who said that they are late; the last word counts."""
    return {
        event.technician_id: dt.datetime.fromisoformat(event.facts["not_before"])
        for event in _events(session, day, DayEventKind.TECHNICIAN_LATE)
        # Somebody who set off too late is late, too, and is on the way by now.
        if event.technician_id is not None and "not_before" in event.facts
    }


def told_overruns(session: Session, day: dt.date) -> dict[int, dt.datetime]:
    """Until when work takes that was told to take longer, by job; the last word counts."""
    return {
        event.job_id: dt.datetime.fromisoformat(event.facts["until"])
        for event in _events(session, day, DayEventKind.VISIT_OVERRUNS)
        if event.job_id is not None
    }


def nearest(point: Point, places: Iterable[Point]) -> Point | None:
    """The place closest to a point; None if none is near enough to stand for it."""
    closest = min(places, key=lambda place: metres_between(point, place), default=None)
    return closest if closest is not None and metres_between(point, closest) <= FURTHEST_METRES else None


def _says_where(position: Position, last: Visit | None) -> bool:
    """Whether a position tells where the technician goes on from: not while under way, and not from before."""
    if last is None:
        return True
    return last.status not in UNDER_WAY and last.ended_at is not None and position.at > last.ended_at


def _events(session: Session, day: dt.date, kind: DayEventKind) -> Sequence[DayEvent]:
    return session.scalars(
        sa.select(DayEvent).where(DayEvent.day == day, DayEvent.kind == kind).order_by(DayEvent.id)
    ).all()


def _of(column: InstrumentedAttribute[int], technician_ids: Collection[int] | None) -> sa.ColumnElement[bool]:
    return sa.true() if technician_ids is None else column.in_(technician_ids)


def _seen(
    session: Session, day: dt.date, now: dt.datetime, technician_ids: Collection[int] | None
) -> dict[int, Position]:
    """The last position of each technician, of the present day only."""
    zone = read_firm(session).zone
    if now.astimezone(zone).date() != day:
        return {}
    begins = dt.datetime.combine(day, dt.time(), zone)
    seen = session.scalars(
        sa.select(Position).where(Position.at >= begins, _of(Position.technician_id, technician_ids))
    )
    return {position.technician_id: position for position in seen}


def _places(session: Session, day: dt.date) -> list[Point]:
    """The places of a day: the shops on it, everybody's home, and the warehouses."""
    shops = session.scalars(
        sa.select(Visit).where(Visit.day == day).options(joinedload(Visit.job).joinedload(Job.site))
    )
    places = [_site(visit) for visit in shops.unique() if visit.job.site.lat is not None]
    homes = session.execute(sa.select(Technician.home_lat, Technician.home_lon).where(Technician.active))
    stores = session.execute(sa.select(Place.lat, Place.lon).where(Place.kind == PlaceKind.WAREHOUSE))
    return places + [Point(lat, lon) for lat, lon in (*homes, *stores) if lat is not None and lon is not None]


def _site(visit: Visit) -> Point:
    site = visit.job.site
    assert site.lat is not None and site.lon is not None  # noqa: S101, PT018 -- the callers saw to it
    return Point(site.lat, site.lon)
