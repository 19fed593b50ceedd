"""What the board's map draws, as JSON for its script."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask_babel import gettext

from core import clock
from dispatch.daymap import MapJob, MapView
from dispatch.models import Position
from web.formats import duration
from web.wording import word

ATTRIBUTION = "© OpenStreetMap contributors"
# Routes are drawn with so many steps to a degree, about a metre each, and no point nearer to the one before than this.
STEPS = 100_000
NEAREST_STEPS = 15
# After so long a position says little about where somebody is.
OLD = dt.timedelta(minutes=15)


def drawing(view: MapView) -> dict[str, Any]:
    """Return the places and lines of a day. Positions are ``[lat, lon]``, paths as ``thinned`` writes them."""
    return {
        "attribution": ATTRIBUTION,
        "jobs": [_job(job) for job in view.jobs],
        "routes": [{"technician": technician_id, "path": thinned(path)} for technician_id, path in view.routes],
        "warehouses": [
            {"name": place.name, "at": [place.lat, place.lon]} for place in view.warehouses if place.lat is not None
        ],
        "homes": [
            {"technician": person.id, "name": person.name, "at": [person.home_lat, person.home_lon]}
            for person in view.technicians
        ],
        "positions": [_position(position) for position in view.positions],
    }


def thinned(path: Sequence[Sequence[float]]) -> list[int]:
    """
    Write a line as whole steps: latitude and longitude of its first point, then the way to each next one.

    Points that nobody could tell from their neighbours are left out, but for the last. So the routes of sixty
    technicians take a quarter of what they would as pairs of degrees.
    """
    found: list[int] = []
    at = (0, 0)
    for number, (lat, lon) in enumerate(path, start=1):
        here = (round(lat * STEPS), round(lon * STEPS))
        step = (here[0] - at[0], here[1] - at[1])
        if not found or number == len(path) or max(abs(step[0]), abs(step[1])) >= NEAREST_STEPS:
            found += step
            at = here
    return found


def _job(job: MapJob) -> dict[str, Any]:
    return {
        "number": job.number,
        "priority": job.priority.value,
        "status": word(job.status),
        "site": job.site,
        "at": [job.lat, job.lon],
        "technician": job.technician_id,
        "order": job.order,
    }


def _position(position: Position) -> dict[str, Any]:
    age = clock.now() - position.at
    return {
        "technician": position.technician_id,
        "name": position.technician.name,
        "at": [position.lat, position.lon],
        "seen": gettext("seen %(time)s ago", time=duration(max(age, dt.timedelta(0)))),
        "old": age > OLD,
    }
