"""
An independent checker: is a plan feasible, are its times right, does it cost what it says?

It shares no code with the searches, the timing or the objective, and reads nothing but the values of the problem and
the solution, so that a mistake there cannot hide here.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from routing.problem import NO_ROAD, Break, Problem, Shift, Visit
from routing.solution import Route, Solution, Stop, StopKind

# Stated costs are sums of floats in another order than here.
RELATIVE_TOLERANCE = 1e-6


class ViolationCode(StrEnum):
    UNKNOWN = "unknown"
    DUPLICATE = "duplicate"
    LOCATION = "location"
    TIME = "time"
    NO_ROAD = "no_road"
    SHIFT = "shift"
    OVERTIME = "overtime"
    WINDOW = "window"
    RELEASE = "release"
    BREAK = "break"
    NOT_ALLOWED = "not_allowed"
    PIN = "pin"
    SKILL = "skill"
    TOOL = "tool"
    PART = "part"
    DEPOT_STOCK = "depot_stock"
    LOAD = "load"
    UNSERVED = "unserved"
    COST = "cost"


@dataclass(frozen=True)
class Violation:
    """One broken rule: which, where (shift, visit or depot), a sentence with the facts, and by how much.

    ``amount`` is in time units, pieces, levels or currency, as the code implies; 0 where nothing can be measured.
    ``what`` names the skill or the part that lacks.
    """

    code: ViolationCode
    where: str
    sentence: str
    amount: float = 0.0
    what: str = ""


def check(problem: Problem, solution: Solution) -> list[Violation]:
    """Every broken rule of a plan; an empty list if it is feasible and its times and costs are right."""
    return _Checker(problem, solution).violations()


def recompute_cost(problem: Problem, solution: Solution) -> dict[str, float]:
    """The cost by term, and ``total``, of a plan whose ids are all known."""
    return _Checker(problem, solution).cost()


class _Checker:
    def __init__(self, problem: Problem, solution: Solution) -> None:
        self.problem, self.solution = problem, solution
        self.visits = {visit.id: visit for visit in problem.visits}
        self.shifts = {shift.id: shift for shift in problem.shifts}

    def violations(self) -> list[Violation]:
        found = list(self._unknown_things())
        if found:
            return found
        found += self._each_once()
        for route in self.solution.routes:
            shift = self.shifts[route.shift]
            found += self._times(shift, route)
            found += _breaks(shift, route)
            found += self._visits(shift, route)
        found += self._resources()
        found += self._depot_stock()
        found += self._stated_loads()
        found += self._stated_cost()
        return found

    def cost(self) -> dict[str, float]:
        terms = ("fixed", "travel", "work", "overtime", "lateness", "breach", "unserved", "change", "preference")
        cost = dict.fromkeys(terms, 0.0)
        served = set()
        for route in self.solution.routes:
            shift = self.shifts[route.shift]
            cost["fixed"] += shift.fixed_cost
            cost["travel"] += shift.travel_cost * self._driven(shift, route) / self.problem.time_scale
            cost["work"] += shift.work_cost * (route.return_ - route.depart) / self.problem.time_scale
            if shift.overtime and route.return_ > shift.end:
                cost["overtime"] += shift.overtime.cost * (route.return_ - shift.end) / self.problem.time_scale
            for stop in route.stops:
                if stop.kind == StopKind.VISIT:
                    served.add(stop.id)
                    self._add_visit_cost(cost, shift, stop)
        cost["unserved"] = sum(visit.unserved_cost for visit in self.problem.visits if visit.id not in served)
        return cost | {"total": sum(cost.values())}

    def _add_visit_cost(self, cost: dict[str, float], shift: Shift, stop: Stop) -> None:
        visit, start = self.visits[stop.id], stop.start
        if visit.due is not None and start > visit.due:
            cost["lateness"] += visit.lateness_cost * (start - visit.due) / self.problem.time_scale
            cost["breach"] += visit.breach_cost
        if visit.previous:
            moved = abs(start - visit.previous.start) / self.problem.time_scale
            cost["change"] += visit.previous.start_change_cost * moved
            if self.shifts[visit.previous.shift].technician != shift.technician:
                cost["change"] += visit.previous.technician_change_cost
        if visit.preferred:
            cost["preference"] += max(visit.preferred.values()) - visit.preferred.get(shift.technician, 0.0)

    def _driven(self, shift: Shift, route: Route) -> int:
        total, here = 0, shift.start_location
        for stop in route.stops:
            total += int(self.problem.travel[here, stop.location])
            here = stop.location
        return total + int(self.problem.travel[here, shift.end_location])

    def _unknown_things(self) -> Iterator[Violation]:
        for route in self.solution.routes:
            if route.shift not in self.shifts:
                sentence = f"There is no shift {route.shift!r} in the problem."
                yield Violation(ViolationCode.UNKNOWN, route.shift, sentence)
                continue
            known = {
                StopKind.VISIT: self.visits.keys(),
                StopKind.DEPOT: {str(d) for d in range(len(self.problem.depots))},
                StopKind.BREAK: {str(b) for b in range(len(self.shifts[route.shift].breaks))},
            }
            for stop in route.stops:
                if stop.id not in known[stop.kind]:
                    sentence = f"{route.shift} stops at {stop.kind} {stop.id!r}, which is not in the problem."
                    yield Violation(ViolationCode.UNKNOWN, stop.id, sentence)
                if not 0 <= stop.location < len(self.problem.travel):
                    sentence = f"{stop.kind} {stop.id} stands at location {stop.location}, which is not in the matrix."
                    yield Violation(ViolationCode.LOCATION, stop.id, sentence)
        for left_out in self.solution.unserved:
            if left_out.visit not in self.visits:
                sentence = f"{left_out.visit!r} is listed as unserved and is not in the problem."
                yield Violation(ViolationCode.UNKNOWN, left_out.visit, sentence)

    def _each_once(self) -> Iterator[Violation]:
        for shift, count in Counter(route.shift for route in self.solution.routes).items():
            if count > 1:
                yield Violation(ViolationCode.DUPLICATE, shift, f"{shift} has {count} routes, expected one.", count - 1)
        stops = [stop for route in self.solution.routes for stop in route.stops]
        served = Counter(stop.id for stop in stops if stop.kind == StopKind.VISIT)
        listed = Counter(left_out.visit for left_out in self.solution.unserved)
        for visit in self.problem.visits:
            times = served[visit.id]
            if times > 1:
                yield Violation(ViolationCode.DUPLICATE, visit.id, f"{visit.id} is served {times} times.", times - 1)
            if times and listed[visit.id]:
                yield Violation(ViolationCode.UNSERVED, visit.id, f"{visit.id} is served and listed as unserved.")
            if not times and listed[visit.id] != 1:
                sentence = f"{visit.id} is not served and listed as unserved {listed[visit.id]} times, expected once."
                yield Violation(ViolationCode.UNSERVED, visit.id, sentence)

    def _times(self, shift: Shift, route: Route) -> Iterator[Violation]:
        if not any(stop.kind == StopKind.VISIT for stop in route.stops):
            yield Violation(ViolationCode.UNKNOWN, shift.id, f"{shift.id} has a route that serves no visit.")
        if route.depart < shift.start:
            sentence = f"{shift.id} departs at {route.depart}, the shift starts at {shift.start}."
            yield Violation(ViolationCode.SHIFT, shift.id, sentence, shift.start - route.depart)
        time, here = route.depart, shift.start_location
        for position, stop in enumerate(route.stops):
            yield from self._place(shift, route, position)
            yield from self._road(shift, here, stop.location)
            expected = time + int(self.problem.travel[here, stop.location])
            if stop.arrive != expected:
                sentence = f"{shift.id} arrives at {stop.kind} {stop.id} at {expected}, the plan says {stop.arrive}."
                yield Violation(ViolationCode.TIME, stop.id, sentence, abs(stop.arrive - expected))
            yield from self._service(shift, stop)
            time, here = stop.leave, stop.location
        yield from self._road(shift, here, shift.end_location)
        yield from _return(shift, route, time + int(self.problem.travel[here, shift.end_location]))

    def _road(self, shift: Shift, here: int, there: int) -> Iterator[Violation]:
        if self.problem.travel[here, there] == NO_ROAD:
            sentence = f"{shift.id} drives from location {here} to {there}, where no road leads."
            yield Violation(ViolationCode.NO_ROAD, shift.id, sentence)

    def _place(self, shift: Shift, route: Route, position: int) -> Iterator[Violation]:
        """Visits and depots are where the problem says, breaks where the technician is before or after the drive."""
        stop = route.stops[position]
        if stop.kind == StopKind.VISIT:
            places = {self.visits[stop.id].location}
        elif stop.kind == StopKind.DEPOT:
            places = {self.problem.depots[int(stop.id)].location}
        else:
            before = [shift.start_location, *(other.location for other in route.stops[:position])]
            after = [other.location for other in route.stops[position + 1 :] if other.kind != StopKind.BREAK]
            places = {before[-1], (after or [shift.end_location])[0]}
        if stop.location not in places:
            expected = " or ".join(map(str, sorted(places)))
            sentence = f"{stop.kind} {stop.id} of {shift.id} is at location {expected}, the plan says {stop.location}."
            yield Violation(ViolationCode.LOCATION, stop.id, sentence)

    def _service(self, shift: Shift, stop: Stop) -> Iterator[Violation]:
        if stop.start < stop.arrive:
            sentence = f"{stop.kind} {stop.id} of {shift.id} starts at {stop.start}, it is reached at {stop.arrive}."
            yield Violation(ViolationCode.TIME, stop.id, sentence, stop.arrive - stop.start)
        if stop.kind == StopKind.VISIT:
            duration = self.visits[stop.id].duration
        elif stop.kind == StopKind.DEPOT:
            duration = self.problem.depots[int(stop.id)].duration
        else:
            duration = shift.breaks[int(stop.id)].duration
        if stop.leave != stop.start + duration:
            expected = stop.start + duration
            sentence = f"{stop.kind} {stop.id} of {shift.id} ends at {expected}, the plan says {stop.leave}."
            yield Violation(ViolationCode.TIME, stop.id, sentence, abs(stop.leave - stop.start - duration))

    def _visits(self, shift: Shift, route: Route) -> Iterator[Violation]:
        for stop in route.stops:
            if stop.kind == StopKind.VISIT:
                visit = self.visits[stop.id]
                yield from _start_time(visit, stop.start)
                yield from _who(visit, shift)
            if stop.taken and stop.kind != StopKind.DEPOT:
                sentence = f"{stop.kind} {stop.id} of {shift.id} loads parts, which only a depot stop can."
                yield Violation(ViolationCode.DEPOT_STOCK, stop.id, sentence)

    def _resources(self) -> Iterator[Violation]:
        """Walk every technician's shifts in order of time with one trunk and the tools fetched so far."""
        routes = {route.shift: route for route in self.solution.routes}
        for technician in sorted({shift.technician for shift in self.problem.shifts}):
            shifts = [shift for shift in self.problem.shifts if shift.technician == technician]
            shifts.sort(key=lambda shift: shift.start)
            trunk, fetched = Counter(shifts[0].trunk), set[str]()
            for shift in shifts:
                for stop in routes[shift.id].stops if shift.id in routes else ():
                    if stop.kind == StopKind.DEPOT:
                        trunk.update(stop.taken)
                        fetched |= self.problem.depots[int(stop.id)].tools
                    elif stop.kind == StopKind.VISIT:
                        visit = self.visits[stop.id]
                        yield from _use(visit, shift, trunk, fetched)

    def _depot_stock(self) -> Iterator[Violation]:
        taken: dict[int, Counter[str]] = {}
        for stop in (stop for route in self.solution.routes for stop in route.stops if stop.kind == StopKind.DEPOT):
            for part, count in stop.taken.items():
                if count < 0:
                    sentence = f"Depot {stop.id} is said to hand out {count} of {part}."
                    yield Violation(ViolationCode.DEPOT_STOCK, stop.id, sentence, -count)
                taken.setdefault(int(stop.id), Counter())[part] += count
        for d, counts in taken.items():
            for part, count in counts.items():
                available = self.problem.depots[d].parts.get(part, 0)
                if available is not None and count > available:
                    sentence = f"Depot {d} hands out {count} of {part}, it has {available}."
                    yield Violation(ViolationCode.DEPOT_STOCK, str(d), sentence, count - available)

    def _stated_loads(self) -> Iterator[Violation]:
        """The loads of the vans are what their stops take."""
        if self.solution.loads is None:
            return
        taken, stated = Counter[tuple[str, int, str]](), Counter[tuple[str, int, str]]()
        for route in self.solution.routes:
            for stop in (stop for stop in route.stops if stop.kind == StopKind.DEPOT):
                for part, count in stop.taken.items():
                    taken[route.shift, int(stop.id), part] += count
        for load in self.solution.loads:
            if load.shift not in self.shifts or self.shifts[load.shift].technician != load.technician:
                sentence = f"There is no shift {load.shift!r} of {load.technician!r} that could be loaded."
                yield Violation(ViolationCode.LOAD, load.shift, sentence)
            for part, count in load.parts.items():
                stated[load.shift, load.depot, part] += count
        for shift, depot, part in sorted({*taken, *stated}):
            expected, got = taken[shift, depot, part], stated[shift, depot, part]
            if expected != got:
                sentence = f"{shift} takes {expected} of {part} at depot {depot}, its load says {got}."
                yield Violation(ViolationCode.LOAD, shift, sentence, abs(expected - got))

    def _stated_cost(self) -> Iterator[Violation]:
        right = self.cost()
        for term in sorted({*right, *self.solution.cost}):
            stated, expected = self.solution.cost.get(term), right.get(term)
            if stated is None or expected is None:
                sentence = f"Cost term {term} is {'missing' if stated is None else 'not one of the formula'}."
                yield Violation(ViolationCode.COST, term, sentence)
            elif not abs(stated - expected) <= RELATIVE_TOLERANCE * max(1.0, abs(expected)):
                sentence = f"Cost term {term} is {expected}, the plan says {stated}."
                yield Violation(ViolationCode.COST, term, sentence, abs(stated - expected))
        bound, total = self.solution.bound, right["total"]
        if bound is not None and not bound - total <= RELATIVE_TOLERANCE * max(1.0, abs(total)):
            sentence = f"The lower bound {bound} is above the cost {total}."
            yield Violation(ViolationCode.COST, "bound", sentence, bound - total)


def _return(shift: Shift, route: Route, expected: int) -> Iterator[Violation]:
    if route.return_ != expected:
        sentence = f"{shift.id} is back at {expected}, the plan says {route.return_}."
        yield Violation(ViolationCode.TIME, shift.id, sentence, abs(route.return_ - expected))
    allowed = shift.overtime.max if shift.overtime else 0
    back = max(route.return_, expected)
    if back > shift.end + allowed:
        sentence = f"{shift.id} is back at {back}, the shift ends at {shift.end} with {allowed} of overtime allowed."
        yield Violation(ViolationCode.OVERTIME, shift.id, sentence, back - shift.end - allowed)


def _breaks(shift: Shift, route: Route) -> Iterator[Violation]:
    for index, rest in enumerate(shift.breaks):
        taken = [stop for stop in route.stops if stop.kind == StopKind.BREAK and stop.id == str(index)]
        if len(taken) > 1:
            sentence = f"{shift.id} takes break {index} {len(taken)} times."
            yield Violation(ViolationCode.DUPLICATE, shift.id, sentence, len(taken) - 1)
        if not taken and not _rests_outside(rest, route):
            sentence = f"{shift.id} has no break {index}, due between {rest.earliest} and {rest.latest}."
            yield Violation(ViolationCode.BREAK, shift.id, sentence, rest.duration)
        for stop in taken:
            if not rest.earliest <= stop.start <= rest.latest:
                allowed = f"allowed {rest.earliest} to {rest.latest}"
                sentence = f"Break {index} of {shift.id} starts at {stop.start}, {allowed}."
                off = max(rest.earliest - stop.start, stop.start - rest.latest)
                yield Violation(ViolationCode.BREAK, shift.id, sentence, off)


def _rests_outside(rest: Break, route: Route) -> bool:
    return route.return_ <= rest.latest or route.depart >= rest.earliest + rest.duration


def _start_time(visit: Visit, start: int) -> Iterator[Violation]:
    if visit.windows and not any(first <= start <= last for first, last in visit.windows):
        allowed = ", ".join(f"{first} to {last}" for first, last in visit.windows)
        off = min(max(first - start, start - last) for first, last in visit.windows)
        sentence = f"{visit.id} starts at {start}, allowed: {allowed}."
        yield Violation(ViolationCode.WINDOW, visit.id, sentence, off)
    if start < visit.release:
        sentence = f"{visit.id} starts at {start}, released at {visit.release}."
        yield Violation(ViolationCode.RELEASE, visit.id, sentence, visit.release - start)
    pin = visit.pin
    if pin and pin.start is not None and start != pin.start:
        sentence = f"{visit.id} starts at {start}, pinned to {pin.start}."
        yield Violation(ViolationCode.PIN, visit.id, sentence, abs(start - pin.start))
    if pin and pin.window and not pin.window[0] <= start <= pin.window[1]:
        sentence = f"{visit.id} starts at {start}, pinned to {pin.window[0]} to {pin.window[1]}."
        off = max(pin.window[0] - start, start - pin.window[1])
        yield Violation(ViolationCode.PIN, visit.id, sentence, off)


def _who(visit: Visit, shift: Shift) -> Iterator[Violation]:
    name = shift.technician
    if (visit.technicians is not None and name not in visit.technicians) or name in visit.forbidden:
        yield Violation(ViolationCode.NOT_ALLOWED, visit.id, f"{name} serves {visit.id} and is not allowed to.")
    if visit.pin and visit.pin.technician and visit.pin.technician != name:
        sentence = f"{name} serves {visit.id}, pinned to {visit.pin.technician}."
        yield Violation(ViolationCode.PIN, visit.id, sentence)
    for skill, level in visit.skills.items():
        held = shift.skills.get(skill, 0)
        if held < level:
            sentence = f"{visit.id} needs {skill} at level {level}, {name} has level {held}."
            yield Violation(ViolationCode.SKILL, visit.id, sentence, level - held, skill)


def _use(visit: Visit, shift: Shift, trunk: Counter[str], fetched: set[str]) -> Iterator[Violation]:
    missing = visit.tools - shift.tools - fetched
    if missing:
        sentence = f"{visit.id} needs {', '.join(sorted(missing))}, {shift.technician} does not have it by then."
        yield Violation(ViolationCode.TOOL, visit.id, sentence, len(missing))
    for part, count in visit.parts.items():
        if trunk[part] < count:
            sentence = f"{visit.id} needs {count} of {part}, {shift.technician} has {trunk[part]} left by then."
            yield Violation(ViolationCode.PART, visit.id, sentence, count - trunk[part], part)
        trunk[part] = max(0, trunk[part] - count)
