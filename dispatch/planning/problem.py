"""From a day's snapshot to a problem of `routing`, and from its seconds back to times of day."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from dispatch.planning.prices import Prices
from dispatch.planning.snapshot import JobToPlan, Obstacle, ShiftToPlan, Snapshot
from dispatch.planning.travel import KnownTravel
from routing.problem import Break, Depot, Overtime, Previous, Problem, Shift, Visit
from routing.travel import Point

# Parking, signing and loading at a warehouse.
PICK_UP_SECONDS = 600


def reachable_part(snapshot: Snapshot, travel: KnownTravel) -> Snapshot:
    """Move the jobs, technicians and warehouses that no road comes near out of the problem; jobs become obstacles."""
    stranded = tuple(Obstacle(job.id, "off_road") for job in snapshot.jobs if not travel.covers(job.point))
    return replace(
        snapshot,
        jobs=tuple(job for job in snapshot.jobs if travel.covers(job.point)),
        shifts=tuple(
            shift for shift in snapshot.shifts if travel.covers(shift.start_point) and travel.covers(shift.end_point)
        ),
        warehouses=tuple(place for place in snapshot.warehouses if travel.covers(place.point)),
        obstacles=snapshot.obstacles + stranded,
    )


def to_problem(snapshot: Snapshot, travel: KnownTravel, prices: Prices) -> Problem:
    """
    State the day as a routing problem.

    Shifts are named by the technician's code, visits by the job's number, parts by their SKU, depots by the order of
    ``snapshot.warehouses``. Seconds count from ``snapshot.origin``.
    """
    points = snapshot.points
    place = {point: index for index, point in enumerate(points)}
    matrix = travel.among(points)
    next_start = min((shift.starts_at for shift in snapshot.shifts), default=snapshot.origin) + dt.timedelta(days=1)
    return Problem(
        travel=matrix.seconds.astype(np.int64),
        distance=matrix.metres.astype(np.float64),
        shifts=tuple(_shift(snapshot, shift, place, prices) for shift in snapshot.shifts),
        visits=tuple(_visit(snapshot, job, place, prices, next_start) for job in snapshot.jobs),
        depots=tuple(
            Depot(place[spot.point], PICK_UP_SECONDS, parts=_by_sku(snapshot, spot.parts))
            for spot in snapshot.warehouses
        ),
    )


def at(snapshot: Snapshot, seconds: int) -> dt.datetime:
    """The moment that a second of the problem is."""
    return snapshot.origin + dt.timedelta(seconds=seconds)


def _shift(snapshot: Snapshot, shift: ShiftToPlan, place: Mapping[Point, int], prices: Prices) -> Shift:
    rest = shift.break_window
    return Shift(
        id=shift.technician,
        technician=shift.technician,
        start_location=place[shift.start_point],
        end_location=place[shift.end_point],
        start=_seconds(snapshot, shift.starts_at),
        end=_seconds(snapshot, shift.ends_at),
        skills=shift.skills,
        trunk=_by_sku(snapshot, shift.trunk),
        overtime=Overtime(shift.overtime_seconds, prices.overtime_per_second) if shift.overtime_seconds else None,
        breaks=(Break(shift.break_seconds, _seconds(snapshot, rest[0]), _seconds(snapshot, rest[1])),) if rest else (),
        travel_cost=prices.travel_per_second,
        work_cost=prices.work_per_second,
    )


def _visit(
    snapshot: Snapshot, job: JobToPlan, place: Mapping[Point, int], prices: Prices, next_start: dt.datetime
) -> Visit:
    windows = [(max(0, _seconds(snapshot, start)), _seconds(snapshot, end)) for start, end in job.windows]
    return Visit(
        id=job.number,
        location=place[job.point],
        duration=job.duration_seconds,
        # A window that closed before the first shift begins cannot be met and would be out of order.
        windows=tuple(window for window in windows if window[0] <= window[1]),
        due=_seconds(snapshot, job.due),
        lateness_cost=job.late_cents_per_minute / 60,
        breach_cost=job.breach_cents,
        unserved_cost=prices.unserved(
            job.priority,
            job.due,
            next_start,
            late_cents_per_minute=job.late_cents_per_minute,
            breach_cents=job.breach_cents,
        ),
        skills=job.skills,
        parts=_by_sku(snapshot, job.parts),
        previous=_previous(snapshot, job, prices),
    )


def _previous(snapshot: Snapshot, job: JobToPlan, prices: Prices) -> Previous | None:
    """Where the job was, if the technician it was with still works today."""
    if job.previous is None:
        return None
    for shift in snapshot.shifts:
        if shift.technician_id == job.previous.technician_id:
            return Previous(
                shift=shift.technician,
                start=_seconds(snapshot, job.previous.start),
                technician_change_cost=prices.technician_change_cents,
                start_change_cost=prices.start_change_per_second,
            )
    return None


def _seconds(snapshot: Snapshot, moment: dt.datetime) -> int:
    return int((moment - snapshot.origin).total_seconds())


def _by_sku(snapshot: Snapshot, pieces: Mapping[int, int]) -> dict[str, int]:
    return {snapshot.skus[part]: count for part, count in sorted(pieces.items()) if count > 0}
