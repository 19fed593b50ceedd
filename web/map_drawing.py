"""What the board's map draws, as JSON for its script."""

from typing import Any

from dispatch.board import MapView
from dispatch.models import Job, PlannedRoute
from dispatch.models.plans import StopKind
from web.wording import word

ATTRIBUTION = "© OpenStreetMap contributors"


def drawing(view: MapView) -> dict[str, Any]:
    """
    Return the places and lines of a day.

    Positions are ``[lat, lon]``. Jobs without a position are left to the queue, which says so.
    """
    assigned = {
        stop.job_id: (route.technician_id, number)
        for route in view.routes
        for number, stop in enumerate((stop for stop in route.stops if stop.kind is StopKind.VISIT), start=1)
    }
    return {
        "attribution": ATTRIBUTION,
        "jobs": [_job(job, assigned) for job in view.jobs if job.site.lat is not None],
        "routes": [_route(route) for route in view.routes],
        "warehouses": [
            {"name": place.name, "at": [place.lat, place.lon]} for place in view.warehouses if place.lat is not None
        ],
        "homes": [
            {"technician": person.id, "name": person.name, "at": [person.home_lat, person.home_lon]}
            for person in view.technicians
        ],
    }


def _job(job: Job, assigned: dict[int | None, tuple[int, int]]) -> dict[str, Any]:
    technician, order = assigned.get(job.id, (None, None))
    return {
        "number": job.number,
        "priority": job.priority.value,
        "status": word(job.status),
        "site": job.site.name,
        "at": [job.site.lat, job.site.lon],
        "technician": technician,
        "order": order,
    }


def _route(route: PlannedRoute) -> dict[str, Any]:
    return {"technician": route.technician_id, "path": route.path}
