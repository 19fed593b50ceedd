"""
Where each part of each planned visit comes from: the technician's trunk, or a warehouse on the way.

The solver only says how many pieces a van loads at which stop; a promise is made piece by piece, and a line of a job
comes from one place. The trunk is used first, in the order of the visits, as the checker counts.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from dispatch.planning.crew import ShiftToPlan
from dispatch.planning.snapshot import Snapshot
from routing.solution import Route, Solution, StopKind

# Pieces by part, by place.
Stock = dict[int, Counter[int]]


@dataclass(frozen=True)
class PartSource:
    """``quantity`` pieces of a part from a place."""

    part_id: int
    quantity: int
    place_id: int

    def as_json(self) -> dict[str, Any]:
        return {"part_id": self.part_id, "quantity": self.quantity, "place_id": self.place_id}


def part_sources(snapshot: Snapshot, solution: Solution) -> dict[str, list[PartSource]]:
    """
    Return the sources of every served visit by its id.

    A visit is absent if only trunk and warehouse together have one of its lines: that line can be promised nowhere.
    """
    shifts = {shift.id: shift for shift in snapshot.shifts}
    spare = _left_at_warehouses(snapshot, solution)
    found: dict[str, list[PartSource]] = {}
    for route in solution.routes:
        found |= _sources_of_route(snapshot, shifts[route.shift], route, spare)
    return found


def _left_at_warehouses(snapshot: Snapshot, solution: Solution) -> Stock:
    """Pieces that no van of the plan loads."""
    part_ids = {sku: part for part, sku in snapshot.skus.items()}
    left = {warehouse.place_id: Counter(warehouse.parts) for warehouse in snapshot.warehouses}
    for route in solution.routes:
        for stop in route.stops:
            if stop.kind is StopKind.DEPOT:
                warehouse = snapshot.warehouses[int(stop.id)].place_id
                left[warehouse].subtract({part_ids[sku]: count for sku, count in stop.taken.items()})
    return left


def _sources_of_route(
    snapshot: Snapshot, shift: ShiftToPlan, route: Route, spare: Stock
) -> dict[str, list[PartSource]]:
    jobs = {job.number: job for job in snapshot.jobs}
    carried: Stock = {shift.trunk_id: Counter(shift.trunk)}
    part_ids = {sku: part for part, sku in snapshot.skus.items()}
    found: dict[str, list[PartSource]] = {}
    for stop in route.stops:
        if stop.kind is StopKind.DEPOT:
            warehouse = snapshot.warehouses[int(stop.id)].place_id
            loaded = carried.setdefault(warehouse, Counter())
            loaded.update({part_ids[sku]: count for sku, count in stop.taken.items()})
        elif stop.kind is StopKind.VISIT:
            drawn = [_draw(carried, spare, part, count) for part, count in jobs[stop.id].parts.items()]
            sources = [source for source in drawn if source is not None]
            if len(sources) == len(drawn):
                found[stop.id] = sources
    return found


def _draw(carried: Stock, spare: Stock, part: int, wanted: int) -> PartSource | None:
    """
    Take ``wanted`` pieces from what is carried: trunk first, then the warehouses in the order of the pick-ups.

    When only trunk and warehouse together have enough, the whole line comes from a warehouse that can spare the rest,
    because a promise is made at one place; the pieces in the trunk stay there. None if no warehouse can.
    """
    origin = next((place for place, pieces in carried.items() if pieces[part] >= wanted), None)
    if origin is None:
        origin = _load_more(carried, spare, part, wanted)
    if origin is None:
        return None
    carried[origin][part] -= wanted
    return PartSource(part, wanted, origin)


def _load_more(carried: Stock, spare: Stock, part: int, wanted: int) -> int | None:
    """Load so much more at one of the warehouses called at that it has the whole line; returns its place."""
    for place, pieces in carried.items():
        missing = wanted - pieces[part]
        if place in spare and spare[place][part] >= missing:
            spare[place][part] -= missing
            pieces[part] += missing
            return place
    return None
