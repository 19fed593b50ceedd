"""Why a visit is not in the plan: one reason per shift, the hardest obstacle first."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from routing.insertion import OpenPlan, quote
from routing.problem import MAX_TIME, NO_ROAD, Problem, Shift, Visit
from routing.solution import Reason, ReasonCode, Solution, StopKind, Unserved
from routing.timing import Timing


class Room(NamedTuple):
    """How many reasons there are in one solution at most, as long as each visit left out has so many."""

    in_all: int
    for_each: int


# What takes a second at most for hundreds of visits; and some milliseconds, where somebody waits.
MANY_REASONS, FEW_REASONS = Room(20_000, 10), Room(300, 1)


def reasons_for(problem: Problem, solution: Solution, visit: Visit) -> tuple[Reason, ...]:
    """Why no shift serves the visit in this plan; one reason per shift. For several visits keep an ``Explainer``."""
    return Explainer(Timing(problem), solution).reasons(visit)


def with_reasons(timing: Timing, solution: Solution, room: Room = MANY_REASONS) -> Solution:
    """
    The same plan, every visit it leaves out listed with its reasons.

    Where that would make too many, there are reasons for the shifts that have the shortest way to a visit.
    """
    served = {stop.id for route in solution.routes for stop in route.stops if stop.kind is StopKind.VISIT}
    left_out = [visit for visit in timing.problem.visits if visit.id not in served]
    explainer, most = Explainer(timing, solution), max(room.for_each, room.in_all // max(1, len(left_out)))
    unserved = tuple(Unserved(visit.id, explainer.reasons(visit, most)) for visit in left_out)
    return replace(solution, unserved=unserved)


class Explainer:
    """Answers for one plan."""

    def __init__(self, timing: Timing, solution: Solution) -> None:
        self.timing = timing
        self.problem = timing.problem
        self.solution = solution
        self.plan = OpenPlan(timing, timing.orders(solution.routes), timing.stated_loads(solution.routes))
        self.fleet = self.plan.fleet()
        self.left = self._parts_left()
        self._at_depots = self._depots_left()

    def reasons(self, visit: Visit, most: int | None = None) -> tuple[Reason, ...]:
        """One reason per shift, or for so many with the shortest way there, in the order of ``Problem.shifts``."""
        shifts = range(len(self.problem.shifts)) if most is None else self._nearest(visit, most)
        quotes = quote(self.timing.tables, self.fleet, [self.problem.visit_index[visit.id]], shifts)
        prices, alone = quotes.prices[:, 0].tolist(), quotes.alone[:, 0].tolist()
        return tuple(self.reason(visit, s, prices[k], fits_alone=alone[k]) for k, s in enumerate(shifts))

    def _nearest(self, visit: Visit, most: int) -> Sequence[int]:
        tables = self.timing.tables
        way = tables.travel[tables.start_location, visit.location] + tables.travel[visit.location, tables.end_location]
        return sorted(np.argsort(way, kind="stable")[:most].tolist())

    def reason(self, visit: Visit, s: int, price: float, *, fits_alone: bool) -> Reason:
        """Why shift ``s`` does not serve a visit, in the problem or not, that would add ``price`` to its cost."""
        shift = self.problem.shifts[s]
        for obstacle in (self._who, self._skill, self._tool, self._part, self._time):
            found = obstacle(visit, shift)
            if found:
                return Reason(shift.id, shift.technician, *found)
        if not fits_alone:
            sentence = f"The breaks of {shift.id} leave no room for it, even alone."
            return Reason(shift.id, shift.technician, ReasonCode.SHIFT, sentence)
        return Reason(shift.id, shift.technician, ReasonCode.FULL, _full(visit, price))

    def _who(self, visit: Visit, shift: Shift) -> tuple[ReasonCode, str] | None:
        name = shift.technician
        if visit.technicians is not None and name not in visit.technicians:
            return ReasonCode.NOT_ALLOWED, f"{name} is not among the technicians allowed: {_names(visit.technicians)}."
        if name in visit.forbidden:
            return ReasonCode.NOT_ALLOWED, f"{name} is forbidden for this visit."
        if visit.pin and visit.pin.technician not in {None, name}:
            return ReasonCode.PIN, f"The visit is pinned to {visit.pin.technician}."
        return None

    def _skill(self, visit: Visit, shift: Shift) -> tuple[ReasonCode, str] | None:
        for skill, level in sorted(visit.skills.items()):
            held = shift.skills.get(skill, 0)
            if held < level:
                return ReasonCode.SKILL, f"{skill} is needed at level {level}, {shift.technician} has level {held}."
        return None

    def _tool(self, visit: Visit, shift: Shift) -> tuple[ReasonCode, str] | None:
        missing = visit.tools - shift.tools.union(*(depot.tools for depot in self.problem.depots))
        if missing:
            return ReasonCode.TOOL, f"{shift.technician} has no {_names(missing)}, and no depot has."
        return None

    def _part(self, visit: Visit, shift: Shift) -> tuple[ReasonCode, str] | None:
        for part, needed in sorted(visit.parts.items()):
            own, depots = self.left[shift.technician].get(part, 0), self._at_depots.get(part, 0)
            if depots is not None and own + depots < needed:
                has = f"{shift.technician} has {own} left and the depots {depots}"
                return ReasonCode.PART, f"{part}: {needed} needed, {has}."
        return None

    def _time(self, visit: Visit, shift: Shift) -> tuple[ReasonCode, str] | None:
        """What stands against the visit even if the shift did nothing else."""
        there = int(self.problem.travel[shift.start_location, visit.location])
        back_again = int(self.problem.travel[visit.location, shift.end_location])
        if NO_ROAD in {there, back_again}:
            way = "there from where the shift starts" if there == NO_ROAD else "from there to where the shift ends"
            return ReasonCode.SHIFT, f"No road leads {way}."
        arrive, latest = shift.start + there, shift.latest_return - back_again - visit.duration
        if arrive > latest:
            back = arrive + visit.duration + back_again
            return ReasonCode.SHIFT, f"Even alone it takes until {back}, the shift lasts until {shift.latest_return}."
        if not any(start <= latest and end >= arrive for start, end in visit.start_windows):
            pinned = visit.pin is not None and (visit.pin.start is not None or visit.pin.window is not None)
            code = ReasonCode.PIN if pinned else ReasonCode.WINDOW
            return code, f"{shift.technician} can start between {arrive} and {latest}, allowed: {_spans(visit)}."
        return None

    def _parts_left(self) -> dict[str, dict[str, int]]:
        """By technician and part, at the end of the last shift."""
        left = {name: dict(self.problem.shifts[chain[0]].trunk) for name, chain in self.problem.shifts_of.items()}
        for route in self.solution.routes:
            trunk = left[self.problem.shifts[self.problem.shift_index[route.shift]].technician]
            for stop in route.stops:
                visit = stop.kind is StopKind.VISIT
                used = self.problem.visits[self.problem.visit_index[stop.id]].parts if visit else {}
                for part in {*stop.taken, *used}:
                    trunk[part] = trunk.get(part, 0) + stop.taken.get(part, 0) - used.get(part, 0)
        return left

    def _depots_left(self) -> dict[str, int | None]:
        """By part, None where some depot has any number."""
        left: dict[str, int | None] = {}
        for depot in self.problem.depots:
            for part, count in depot.parts.items():
                before = left.get(part, 0)
                left[part] = None if count is None or before is None else before + count
        for route in self.solution.routes:
            for part, count in (item for stop in route.stops for item in stop.taken.items()):
                before = left.get(part)
                left[part] = None if before is None else before - count
        return left


def _full(visit: Visit, price: float) -> str:
    if price < np.inf:
        return f"It fits for {price:.2f} more, leaving it out costs {visit.unserved_cost:.2f}."
    return "No place between the stops of this plan is long enough, with what has to be fetched."


def _names(names: Sequence[str] | frozenset[str]) -> str:
    return ", ".join(sorted(names)) or "nobody"


def _spans(visit: Visit) -> str:
    spans = [f"from {start}" if end >= MAX_TIME else f"{start} to {end}" for start, end in visit.start_windows]
    return ", ".join(spans) or "never"
