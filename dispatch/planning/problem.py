"""From a snapshot of the days to plan to a problem of `routing`, and from its seconds back to times of day."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from customers.calendars import Interval
from dispatch.planning.crew import ShiftToPlan
from dispatch.planning.prices import SECONDS_PER_HOUR, Prices
from dispatch.planning.snapshot import JobToPlan, Obstacle, Snapshot
from dispatch.planning.travel import KnownTravel
from dispatch.workforce import lacking_skills
from routing.problem import Break, Depot, Overtime, Pin, Previous, Problem, Shift, Visit, Window
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
    State the days as one routing problem.

    Shifts are named by the technician's code and the day, technicians by their code, visits by the job's number, parts
    by their SKU, depots by the order of ``snapshot.warehouses``. Seconds count from ``snapshot.origin``.
    """
    points = snapshot.points
    place = {point: index for index, point in enumerate(points)}
    matrix = travel.among(points)
    return Problem(
        travel=matrix.seconds.astype(np.int64),
        distance=matrix.metres.astype(np.float64),
        shifts=tuple(_shift(snapshot, shift, place, prices) for shift in snapshot.shifts),
        visits=tuple(_visit(snapshot, job, place, prices) for job in snapshot.jobs),
        depots=tuple(
            Depot(place[spot.point], PICK_UP_SECONDS, parts=_by_sku(snapshot, spot.parts))
            for spot in snapshot.warehouses
        ),
    )


def at(snapshot: Snapshot, seconds: int) -> dt.datetime:
    """The moment that a second of the problem is."""
    return snapshot.origin + dt.timedelta(seconds=seconds)


def _shift(snapshot: Snapshot, shift: ShiftToPlan, place: Mapping[Point, int], prices: Prices) -> Shift:
    rates = shift.rates
    return Shift(
        id=shift.id,
        technician=shift.technician,
        start_location=place[shift.start_point],
        end_location=place[shift.end_point],
        start=seconds_of(snapshot, shift.starts_at),
        end=seconds_of(snapshot, shift.ends_at),
        skills=shift.skills,
        trunk=_by_sku(snapshot, shift.trunk),
        overtime=Overtime(shift.overtime_seconds, prices.overtime_per_second) if shift.overtime_seconds else None,
        breaks=_breaks(snapshot, shift),
        fixed_cost=rates.shift_cents if rates else 0.0,
        travel_cost=rates.travel_cents_per_hour / SECONDS_PER_HOUR if rates else prices.travel_per_second,
        work_cost=rates.work_cents_per_hour / SECONDS_PER_HOUR if rates else prices.work_per_second,
    )


def _breaks(snapshot: Snapshot, shift: ShiftToPlan) -> tuple[Break, ...]:
    """The break of a shift, and each absence in its middle as a break that does not move."""
    found = []
    if shift.break_window is not None:
        earliest, latest = (seconds_of(snapshot, moment) for moment in shift.break_window)
        found.append(Break(shift.break_seconds, earliest, latest))
    for span in shift.away:
        begins, ends = (seconds_of(snapshot, moment) for moment in span)
        found.append(Break(ends - begins, begins, begins))
    return tuple(found)


def _visit(snapshot: Snapshot, job: JobToPlan, place: Mapping[Point, int], prices: Prices) -> Visit:
    return Visit(
        id=job.number,
        location=place[job.point],
        duration=job.duration_seconds,
        windows=_windows(snapshot, job.windows),
        due=seconds_of(snapshot, job.stake.due),
        lateness_cost=job.stake.late_cents_per_second,
        breach_cost=job.stake.breach_cents,
        unserved_cost=job.stake.unserved_cents(prices.unserved_base(job.stake.priority), snapshot.next_chance),
        skills=job.skills if not job.trusted else {},
        parts=_by_sku(snapshot, job.parts),
        previous=_previous(snapshot, job),
        technicians=None if _pinned_one_works(snapshot, job) else frozenset(),
        pin=_pin(snapshot, job),
        forbidden=_forbidden(snapshot, job),
        preferred=_preferred(snapshot, job),
    )


def _forbidden(snapshot: Snapshot, job: JobToPlan) -> frozenset[str]:
    """Whom the customer does not want, and who works in other territories, unless that has a price."""
    kept_away = job.excluded if snapshot.settings.outside_territory_cents else job.excluded | job.outside
    if job.trusted:
        # The visit asks for no skill then, so that those who lack it are named.
        lacking = {one.technician_id for one in snapshot.shifts if lacking_skills(one.skills, job.skills)}
        kept_away |= lacking - job.trusted
    return frozenset(shift.technician for shift in snapshot.shifts if shift.technician_id in kept_away)


def _preferred(snapshot: Snapshot, job: JobToPlan) -> dict[str, float]:
    """What it is worth that each technician comes: whom the customer prefers, and who works in the territory."""
    wish, outside = snapshot.settings.preferred_technician_cents, snapshot.settings.outside_territory_cents
    if not job.preferred and not (outside and job.outside):
        return {}
    return {
        shift.technician: float(
            (shift.technician_id in job.preferred) * wish + (shift.technician_id not in job.outside) * outside
        )
        for shift in snapshot.shifts
    }


def open_windows_of(snapshot: Snapshot, job: JobToPlan) -> tuple[Window, ...]:
    """When the service of a promised job may start if its promise is moved: while the site is open."""
    return _windows(snapshot, job.open_windows)


def _windows(snapshot: Snapshot, spans: Sequence[Interval]) -> tuple[Window, ...]:
    windows = [(max(0, seconds_of(snapshot, start)), seconds_of(snapshot, end)) for start, end in spans]
    # A window that closed before the first shift begins cannot be met and would be out of order.
    return tuple(window for window in windows if window[0] <= window[1])


def _pinned_one_works(snapshot: Snapshot, job: JobToPlan) -> bool:
    """Whether the technician whom a job is tied to, if any, has a shift at all; otherwise nobody may come."""
    if job.pin is None or job.pin.technician_id is None:
        return True
    return any(shift.technician_id == job.pin.technician_id for shift in snapshot.shifts)


def _pin(snapshot: Snapshot, job: JobToPlan) -> Pin | None:
    """What a dispatcher tied the job to; a technician without a shift cannot be named."""
    if job.pin is None:
        return None
    codes = {shift.technician_id: shift.technician for shift in snapshot.shifts}
    window = job.pin.window
    return Pin(
        technician=codes.get(job.pin.technician_id) if job.pin.technician_id is not None else None,
        start=seconds_of(snapshot, job.pin.start) if job.pin.start is not None else None,
        window=(seconds_of(snapshot, window[0]), seconds_of(snapshot, window[1])) if window is not None else None,
    )


def _previous(snapshot: Snapshot, job: JobToPlan) -> Previous | None:
    """
    Where the job was, and what moving it costs.

    Where the technician no longer works on these days somebody else has to come, and only another start is a change
    that could have been spared.
    """
    was = job.previous
    if was is None or not snapshot.shifts:
        return None
    own = [shift for shift in snapshot.shifts if shift.technician_id == was.technician_id]
    shift = next((shift for shift in own if shift.day == was.day), own[0] if own else snapshot.shifts[0])
    return Previous(
        shift=shift.id,
        start=seconds_of(snapshot, was.start),
        technician_change_cost=snapshot.settings.technician_change_cents if own else 0.0,
        start_change_cost=snapshot.settings.start_change_per_second,
    )


def seconds_of(snapshot: Snapshot, moment: dt.datetime) -> int:
    """The second of the problem that a moment is."""
    return int((moment - snapshot.origin).total_seconds())


def _by_sku(snapshot: Snapshot, pieces: Mapping[int, int]) -> dict[str, int]:
    return {snapshot.skus[part]: count for part, count in sorted(pieces.items()) if count > 0}
