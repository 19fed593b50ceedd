"""
The published days as a plan of the problem that is to be solved: where a search goes on, and what may not move.

What is published is worth going on from: a re-plan then changes only what it gains by. And what begins soon is frozen:
its technician and its start are pinned, as far as the day still allows it.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from dispatch.planning.problem import seconds_of
from dispatch.planning.snapshot import JobToPlan, Snapshot, StandingStop
from routing.assemble import assemble
from routing.problem import Pin, Problem, Visit
from routing.reuse import reuse
from routing.solution import Route, Solution, Stop, StopKind
from routing.timing import Timing

# In cents, on top of what leaving a job out costs: no saving is worth taking back a visit that is about to begin.
TOO_LATE_TO_DROP = 1e8


@dataclass(frozen=True)
class Standing:
    """
    What is published, in the terms of a problem.

    ``problem`` is the one to solve: frozen visits are pinned in it. ``plan`` is what of the published days can still
    be carried out, and what that costs; None if nothing was published. ``frozen`` are the visits that may not move.
    """

    problem: Problem
    plan: Solution | None
    frozen: frozenset[str]

    @property
    def frozen_part(self) -> Solution | None:
        """The plan without all that may still move; for an engine that takes nothing back."""
        if self.plan is None:
            return None
        routes = [replace(route, stops=tuple(self._kept(route.stops))) for route in self.plan.routes]
        return replace(self.plan, routes=tuple(route for route in routes if route.stops))

    def _kept(self, stops: Sequence[Stop]) -> list[Stop]:
        last = max((i for i, stop in enumerate(stops) if stop.id in self.frozen and _is_visit(stop)), default=-1)
        # The pick-ups on the way to a frozen visit may be for it.
        return [
            stop
            for i, stop in enumerate(stops)
            if (stop.id in self.frozen if _is_visit(stop) else stop.kind is StopKind.DEPOT and i < last)
        ]


def stand(snapshot: Snapshot, problem: Problem, keep: Collection[str] | None = None) -> Standing:
    """
    Find what of the published days still holds, and pin what begins within the freeze horizon.

    ``keep`` are the visits to pin instead, by number of the job.

    1. Pin technician and start of every frozen visit.
    2. Where the day ran late and a start can no longer be met, pin the technician alone.
    3. Where not even that is possible (absent, another skill needed), let the visit go.
    """
    if not snapshot.standing:
        return Standing(problem, None, frozenset())
    published = as_published(snapshot, problem)
    exact = {job.number for job in snapshot.jobs if snapshot.is_frozen(job)} if keep is None else set(keep)
    with_technician: set[str] = set()
    while True:
        pinned = _with_pins(snapshot, problem, exact, with_technician)
        plan = _carried_out(pinned, published)
        lost = (exact | with_technician) - _served(plan)
        if not lost:
            return Standing(pinned, plan, frozenset(exact | with_technician))
        with_technician = (with_technician | lost & exact) - (lost - exact)
        exact -= lost


def _carried_out(problem: Problem, published: Solution) -> Solution:
    return assemble(reuse(Timing(problem), published), engine="standing", seed=0, seconds=0.0)


def _served(plan: Solution) -> set[str]:
    return {stop.id for route in plan.routes for stop in route.stops if _is_visit(stop)}


def _is_visit(stop: Stop) -> bool:
    return stop.kind is StopKind.VISIT


def _with_pins(
    snapshot: Snapshot, problem: Problem, exact: Collection[str], with_technician: Collection[str]
) -> Problem:
    jobs = {job.number: job for job in snapshot.jobs}
    codes = {shift.technician_id: shift.technician for shift in snapshot.shifts}
    visits = []
    for visit in problem.visits:
        was = jobs[visit.id].previous
        if was is None or visit.id not in {*exact, *with_technician}:
            visits.append(visit)
            continue
        start = seconds_of(snapshot, was.start) if visit.id in exact else None
        visits.append(_frozen(visit, codes.get(was.technician_id), start))
    return replace(problem, visits=tuple(visits))


def _frozen(visit: Visit, technician: str | None, start: int | None) -> Visit:
    pin = visit.pin or Pin()
    return replace(
        visit,
        # A technician without a shift cannot be named; nobody is then allowed, and the visit is let go of.
        technicians=visit.technicians if technician is not None else frozenset(),
        pin=replace(pin, technician=technician, start=start if start is not None else pin.start),
        unserved_cost=visit.unserved_cost + TOO_LATE_TO_DROP,
    )


def as_published(snapshot: Snapshot, problem: Problem) -> Solution:
    """The stops of the published days by shift, as far as shift, job and warehouse are still there."""
    jobs = {job.id: job for job in snapshot.jobs}
    routes = []
    for shift in snapshot.shifts:
        own = [
            stop
            for stop in snapshot.standing
            if (stop.technician_id, stop.day) == (shift.technician_id, shift.day)
            and (stop.job_id is None or stop.job_id in jobs)
        ]
        stops = _stops(snapshot, problem, own, jobs)
        if stops:
            routes.append(Route(shift.id, tuple(stops), stops[0].arrive, stops[-1].leave))
    return Solution(routes=tuple(routes))


def _stops(
    snapshot: Snapshot, problem: Problem, standing: Sequence[StandingStop], jobs: Mapping[int, JobToPlan]
) -> list[Stop]:
    depots = {place.place_id: position for position, place in enumerate(snapshot.warehouses)}
    stops = []
    for position, stop in enumerate(standing):
        at = seconds_of(snapshot, stop.at)
        if stop.job_id is not None:
            job = jobs[stop.job_id]
            location = problem.visits[problem.visit_index[job.number]].location
            stops.append(Stop(StopKind.VISIT, job.number, location, at, at, at + job.duration_seconds))
        elif stop.warehouse_id in depots:
            depot = depots[stop.warehouse_id]
            taken = _loaded(snapshot, standing[position + 1 :], stop.warehouse_id)
            stops.append(Stop(StopKind.DEPOT, str(depot), problem.depots[depot].location, at, at, at, taken))
    return stops


def _loaded(snapshot: Snapshot, later: Iterable[StandingStop], warehouse_id: int | None) -> dict[str, int]:
    """What the visits until the next call at the same warehouse take from there."""
    pieces = Counter[str]()
    for stop in later:
        if stop.warehouse_id == warehouse_id:
            break
        for (place_id, part_id), count in stop.sources.items():
            if place_id == warehouse_id and part_id in snapshot.skus:
                pieces[snapshot.skus[part_id]] += count
    return dict(pieces)
