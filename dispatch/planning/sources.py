"""
Where each part of each planned visit comes from: the technician's trunk, or a warehouse on the way.

The solver only says how many pieces a van loads at which stop; a promise is made piece by piece, and a line of a job
comes from one place. The trunk is used first, in the order of the visits, as the checker counts.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from dispatch.planning.snapshot import ShiftToPlan, Snapshot
from routing.solution import Route, Solution, StopKind


@dataclass(frozen=True)
class PartSource:
    """``quantity`` pieces of a part from a place."""

    part_id: int
    quantity: int
    place_id: int

    def as_json(self) -> dict[str, Any]:
        return {"part_id": self.part_id, "quantity": self.quantity, "place_id": self.place_id}


def part_sources(snapshot: Snapshot, solution: Solution) -> dict[str, list[PartSource]]:
    """Return the sources of every served visit by its id."""
    shifts = {shift.technician: shift for shift in snapshot.shifts}
    found: dict[str, list[PartSource]] = {}
    for route in solution.routes:
        found |= _sources_of_route(snapshot, shifts[route.shift], route)
    return found


def _sources_of_route(snapshot: Snapshot, shift: ShiftToPlan, route: Route) -> dict[str, list[PartSource]]:
    jobs = {job.number: job for job in snapshot.jobs}
    carried: dict[int, Counter[int]] = {shift.trunk_id: Counter(shift.trunk)}
    part_ids = {sku: part for part, sku in snapshot.skus.items()}
    found: dict[str, list[PartSource]] = {}
    for stop in route.stops:
        if stop.kind is StopKind.DEPOT:
            warehouse = snapshot.warehouses[int(stop.id)].place_id
            loaded = carried.setdefault(warehouse, Counter())
            loaded.update({part_ids[sku]: count for sku, count in stop.taken.items()})
        elif stop.kind is StopKind.VISIT:
            found[stop.id] = [_draw(carried, part, count) for part, count in jobs[stop.id].parts.items()]
    return found


def _draw(carried: dict[int, Counter[int]], part: int, wanted: int) -> PartSource:
    """
    Take ``wanted`` pieces from what is carried: trunk first, then the warehouses in the order of the pick-ups.

    When only trunk and warehouse together have enough, the whole line comes from the warehouse that is called at last,
    because a promise is made at one place; the pieces in the trunk stay there.
    """
    origin = next((place for place, pieces in carried.items() if pieces[part] >= wanted), list(carried)[-1])
    carried[origin][part] -= wanted
    return PartSource(part, wanted, origin)
