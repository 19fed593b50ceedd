"""
What would help: why nobody takes a visit, or takes it in time, and the cheapest single rule that could give way.

Every relaxation returned was applied to the problem, the visit was brought in, and the checker passed the plan.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from math import isfinite

import numpy as np

from routing.check import check
from routing.explain import Explainer
from routing.insertion import OpenPlan, Spot, quote
from routing.kernels import Fleet
from routing.loads import loads_of
from routing.objective import cost_by_term
from routing.problem import MAX_TIME, Depot, Overtime, Problem, ProblemError, Shift, Visit, Window
from routing.solution import Reason, ReasonCode, Solution, StopKind, Unserved
from routing.tables import Tables, has_skills, with_windows
from routing.timing import OrderError, Timing

# Overtime beyond these hours is no relaxation but another shift.
MOST_OVERTIME = 4 * 3600
# A start that no visit can have.
NEVER: Window = (-1, -1)


class RelaxationKind(StrEnum):
    """Which rule gives way. ``NONE``: all hold, and it only costs more than leaving the visit out, or late."""

    NONE = "none"
    TECHNICIAN = "technician"
    SKILL = "skill"
    TOOL = "tool"
    PART_IN_VAN = "part_in_van"
    PART_AT_DEPOT = "part_at_depot"
    WINDOW = "window"
    NEXT_DAY = "next_day"
    OVERTIME = "overtime"


@dataclass(frozen=True)
class Relaxation:
    """One rule that gives way for a visit, which shift then serves it, when, and at what cost.

    ``cost`` is what the total of the plan grows by, the price of leaving the visit out not counted; for a late visit,
    against where it is now. ``problem`` is the relaxed problem, in which a late visit's windows end when it is due, and
    ``solution`` a plan of it that passes the check.
    """

    kind: RelaxationKind
    shift: str
    technician: str
    start: int
    cost: float
    sentence: str
    problem: Problem
    solution: Solution


@dataclass(frozen=True)
class Obstacle:
    """Why one technician does not serve a visit, in the shift that comes closest to it.

    ``cost`` is that of the cheapest insertion if this one reason did not stand, infinite if another then does.
    ``could_come`` says that no rule stands against it at all: it only costs more than leaving the visit out, or late.
    """

    technician: str
    reason: Reason
    cost: float
    could_come: bool = False


@dataclass(frozen=True)
class Advice:
    """What stands against a visit, technician by technician, and what would bring it in, cheapest first."""

    visit: str
    obstacles: tuple[Obstacle, ...]
    relaxations: tuple[Relaxation, ...]


def advise(problem: Problem, solution: Solution, visit: str, *, per_kind: int = 1) -> Advice:
    """
    Why a visit is left out, or late, and what would change that.

    Parameters
    ----------
    solution
        A plan of ``problem`` that passes the check.
    visit
        Left out by the plan, or served late: then everything is about serving it in time.
    per_kind
        How many relaxations of each kind to return at most.

    Raises
    ------
    ProblemError
        If there is no such visit, or the plan serves it in time.
    """
    advisor = _Advisor(_Case(problem, solution, visit))
    return Advice(visit, tuple(advisor.obstacles()), tuple(advisor.relaxations(per_kind)))


class _Case:
    """The plan without the visit, and the visit with windows that end when it is due if it is late."""

    def __init__(self, problem: Problem, solution: Solution, visit: str) -> None:
        if visit not in problem.visit_index:
            raise ProblemError("visit", "the id of a visit", repr(visit))
        self.given, self.node = problem, problem.visit_index[visit]
        self.visit = problem.visits[self.node]
        self.latest_start, self.problem, self.saving = MAX_TIME, problem, 0.0
        start = _start_of(solution, visit)
        if start is not None:
            self._ask_for_time(start)
        self.timing = Timing(self.problem)
        self.plan = OpenPlan(
            self.timing, self.timing.orders(solution.routes), self.timing.stated_loads(solution.routes)
        )
        self.solution = solution if start is None else self._without_visit(solution)
        self.fleet = self.plan.fleet()

    def _ask_for_time(self, start: int) -> None:
        due = self.visit.due
        if due is None or start <= due:
            raise ProblemError("visit", "one that is left out or late", repr(self.visit.id))
        self.latest_start = due
        cut = tuple((first, min(last, due)) for first, last in self.visit.start_windows if first <= due)
        self.visit = replace(self.visit, windows=cut or (NEVER,))
        self.problem = with_visit(self.given, self.visit)

    def _without_visit(self, solution: Solution) -> Solution:
        before = cost_by_term(self.given, solution)["total"]
        s = next(s for s, order in self.plan.orders.items() if self.node in order)
        chain = self.problem.shifts_of[self.problem.shifts[s].technician]
        self.plan.take_out(self.node, s)
        self.plan.drop_idle_depot_stops(chain)
        # A route of depot stops alone is none, unless a later shift needs what is loaded there.
        num_visits = len(self.problem.visits)
        if all(node >= num_visits for node in self.plan.orders[s]) and self.plan.is_supplied(s, []):
            self.plan.restore(s, [])
        rest = replace(solution, routes=self.plan.routes())
        self.saving = before - cost_by_term(self.given, rest)["total"] + self.visit.unserved_cost
        return rest


class _Advisor:
    """Prices the visit under one relaxed rule after the other."""

    def __init__(self, case: _Case) -> None:
        self.case, self.problem, self.visit, self.node = case, case.problem, case.visit, case.node
        self.tables = case.timing.tables
        self.explainer = Explainer(case.timing, case.solution)
        self.shifts = range(len(self.problem.shifts))
        self.plain = self._try(self.tables)
        self.trials: dict[RelaxationKind, _Trial] = {
            RelaxationKind.TECHNICIAN: self._try(self._allow(self._any_technician)),
            RelaxationKind.SKILL: self._try(self._allow(self._any_skill)),
            RelaxationKind.TOOL: self._try(self._with_all_tools()),
            RelaxationKind.PART_IN_VAN: self._try(self._with_all_parts()),
            RelaxationKind.WINDOW: self._try(self._at_any_time()),
            RelaxationKind.OVERTIME: self._try(self._with_overtime()),
        }

    def obstacles(self) -> Iterator[Obstacle]:
        """One per technician, in the order of their shifts."""
        hardness = {code: k for k, code in enumerate(ReasonCode)}
        reasons = [
            self.explainer.reason(self.visit, s, self.plain.price(s), fits_alone=bool(self.plain.alone[s]))
            for s in self.shifts
        ]
        for technician, chain in self.problem.shifts_of.items():
            closest = max(chain, key=lambda s: hardness[reasons[s].code])
            costs = (self._cost_without(reasons[s], s) for s in chain if reasons[s].code is reasons[closest].code)
            could_come = any(isfinite(self.plain.price(s)) for s in chain)
            yield Obstacle(technician, reasons[closest], min(costs) - self.case.saving, could_come)

    def _cost_without(self, reason: Reason, s: int) -> float:
        if isfinite(self.plain.price(s)):
            return self.plain.price(s)
        lifted = {
            ReasonCode.NOT_ALLOWED: (RelaxationKind.TECHNICIAN,),
            ReasonCode.PIN: (RelaxationKind.TECHNICIAN, RelaxationKind.WINDOW, RelaxationKind.OVERTIME),
            ReasonCode.SKILL: (RelaxationKind.SKILL,),
            ReasonCode.TOOL: (RelaxationKind.TOOL,),
            ReasonCode.PART: (RelaxationKind.PART_IN_VAN,),
            # What stands between a window and the end of a shift may give way at either.
            ReasonCode.WINDOW: (RelaxationKind.WINDOW, RelaxationKind.OVERTIME),
            ReasonCode.SHIFT: (RelaxationKind.OVERTIME,),
            ReasonCode.FULL: (RelaxationKind.WINDOW, RelaxationKind.OVERTIME),
        }
        return min(self.trials[kind].price(s) for kind in lifted[reason.code])

    def relaxations(self, per_kind: int) -> list[Relaxation]:
        """The cheapest of each kind that hold what they promise."""
        found: list[Relaxation] = []
        for kind, options in self._options().items():
            kept = 0
            for _, s, realise in sorted(options, key=lambda option: option[0]):
                relaxation = realise(kind, s)
                if relaxation:
                    found.append(relaxation)
                    kept += 1
                if kept == per_kind:
                    break
        return sorted(found, key=lambda relaxation: relaxation.cost)

    def _options(self) -> "dict[RelaxationKind, list[_Option]]":
        """By kind, the shifts that could serve the visit under it, with the price and what would carry it out."""
        options: dict[RelaxationKind, list[_Option]] = {kind: [] for kind in RelaxationKind}
        carry_out: dict[RelaxationKind, _Realise] = {
            RelaxationKind.TECHNICIAN: self._other_technician,
            RelaxationKind.SKILL: self._less_skill,
            RelaxationKind.TOOL: self._lent_tools,
            RelaxationKind.PART_IN_VAN: self._parts_in_van,
            RelaxationKind.WINDOW: self._wider_window,
            RelaxationKind.OVERTIME: self._more_overtime,
        }
        for s in self.shifts:
            if isfinite(self.plain.price(s)):
                options[RelaxationKind.NONE].append((self.plain.price(s), s, self._as_it_is))
                continue
            for kind, realise in carry_out.items():
                price = self.trials[kind].price(s)
                if isfinite(price):
                    options[self._kind_at(kind, s)].append((price, s, realise))
        options[RelaxationKind.PART_AT_DEPOT] = list(self._depot_options())
        return options

    def _kind_at(self, kind: RelaxationKind, s: int) -> RelaxationKind:
        windows = self.visit.start_windows
        later = bool(windows) and self.problem.shifts[s].start > windows[-1][1]
        return RelaxationKind.NEXT_DAY if kind is RelaxationKind.WINDOW and later else kind

    # The problem under one relaxed rule, for all shifts at once.

    def _try(self, tables: Tables, fleet: Fleet | None = None) -> "_Trial":
        quotes = quote(tables, fleet or self.case.fleet, [self.node], self.shifts)
        return _Trial(tables, quotes.prices[:, 0].tolist(), quotes.spots[:, 0].tolist(), quotes.alone[:, 0].tolist())

    def _allow(self, allows: Callable[[Shift], bool]) -> Tables:
        allowed = self.tables.allowed.copy()
        allowed[self.node] = [allows(shift) for shift in self.problem.shifts]
        return self.tables._replace(allowed=allowed)

    def _any_technician(self, shift: Shift) -> bool:
        return has_skills(shift, self.visit) and self._has_tools(shift)

    def _any_skill(self, shift: Shift) -> bool:
        return self.visit.admits(shift.technician) and self._has_tools(shift)

    def _has_tools(self, shift: Shift) -> bool:
        return self.visit.tools <= shift.tools.union(*(depot.tools for depot in self.problem.depots))

    def _with_all_tools(self) -> Tables:
        tables = self._allow(lambda shift: self.visit.admits(shift.technician) and has_skills(shift, self.visit))
        node_tools = tables.node_tools.copy()
        node_tools[self.node] = 0
        return tables._replace(node_tools=node_tools)

    def _with_all_parts(self) -> Tables:
        quantity = self.tables.quantity.copy()
        quantity[self.tables.part_ptr[self.node] : self.tables.part_ptr[self.node + 1]] = 0
        return self.tables._replace(quantity=quantity)

    def _at_any_time(self) -> Tables:
        windows = [visit.start_windows for visit in self.problem.visits]
        opened = (self.visit.release, min(MAX_TIME, self.case.latest_start))
        windows[self.node] = (opened if opened[0] <= opened[1] else NEVER,)
        return with_windows(self.tables, windows)

    def _with_overtime(self) -> Tables:
        latest = [shift.latest_return + self._overtime_left(s) for s, shift in enumerate(self.problem.shifts)]
        rates = [self._overtime_rate(shift) / self.problem.time_scale for shift in self.problem.shifts]
        return self.tables._replace(
            latest_return=np.array(latest, dtype=np.int64), overtime_rate=np.array(rates, dtype=np.float64)
        )

    def _overtime_left(self, s: int) -> int:
        """How much longer a shift could last at most: until the technician's next one starts."""
        shift = self.problem.shifts[s]
        chain = self.problem.shifts_of[shift.technician]
        following = chain[chain.index(s) + 1 :]
        most = MOST_OVERTIME * self.problem.time_scale
        return min(most, self.problem.shifts[following[0]].start - shift.latest_return) if following else most

    def _overtime_rate(self, shift: Shift) -> float:
        """What the shift pays; the highest rate of all if it has no overtime."""
        if shift.overtime:
            return shift.overtime.cost
        return max((other.overtime.cost for other in self.problem.shifts if other.overtime), default=0.0)

    # One relaxed rule in one shift: the problem that says so, and a sentence.

    def _as_it_is(self, kind: RelaxationKind, s: int) -> Relaxation | None:
        shift = self.problem.shifts[s]
        sentence = f"{shift.technician} can come for {self.plain.price(s) - self.case.saving:.2f} more."
        return self._realise(kind, s, self.plain, self.problem, sentence)

    def _other_technician(self, kind: RelaxationKind, s: int) -> Relaxation | None:
        name, visit = self.problem.shifts[s].technician, self.visit
        technicians = None if visit.technicians is None else visit.technicians | {name}
        pin = replace(visit.pin, technician=name) if visit.pin and visit.pin.technician else visit.pin
        relaxed = replace(visit, technicians=technicians, forbidden=visit.forbidden - {name}, pin=pin)
        problem = with_visit(self.problem, relaxed)
        return self._realise(kind, s, self.trials[kind], problem, f"{name} may come to {visit.id} as well.")

    def _less_skill(self, kind: RelaxationKind, s: int) -> Relaxation | None:
        shift, visit = self.problem.shifts[s], self.visit
        held = {skill: min(level, shift.skills.get(skill, 0)) for skill, level in visit.skills.items()}
        lowered = [
            f"{skill} {held[skill]} instead of {level}" for skill, level in visit.skills.items() if held[skill] < level
        ]
        problem = with_visit(self.problem, replace(visit, skills=held))
        sentence = f"{shift.technician} comes with {', '.join(sorted(lowered))}."
        return self._realise(kind, s, self.trials[kind], problem, sentence)

    def _lent_tools(self, kind: RelaxationKind, s: int) -> Relaxation | None:
        shift = self.problem.shifts[s]
        lent = self.visit.tools - shift.tools
        problem = with_shift(self.problem, s, replace(shift, tools=shift.tools | lent))
        sentence = f"{shift.technician} starts with {', '.join(sorted(lent))} in the van."
        return self._realise(kind, s, self.trials[kind], problem, sentence)

    def _parts_in_van(self, kind: RelaxationKind, s: int) -> Relaxation | None:
        technician = self.problem.shifts[s].technician
        missing = self._missing(technician)
        donor = self._donor(missing, technician)
        problem = self._with_trunk(self.problem, technician, missing)
        if donor:
            problem = self._with_trunk(problem, donor, {part: -count for part, count in missing.items()})
        origin = f"from {donor}'s van" if donor else "from elsewhere"
        sentence = f"{_pieces(missing)} {origin} in {technician}'s van."
        return self._realise(kind, s, self.trials[kind], problem, sentence)

    def _missing(self, technician: str) -> dict[str, int]:
        left = self.explainer.left[technician]
        missing = {part: count - max(0, left.get(part, 0)) for part, count in self.visit.parts.items()}
        return {part: count for part, count in missing.items() if count > 0}

    def _donor(self, missing: Mapping[str, int], technician: str) -> str | None:
        """Somebody whose van has the parts to spare all day."""
        for name, left in self.explainer.left.items():
            trunk = self.problem.shifts[self.problem.shifts_of[name][0]].trunk
            spare = (min(left.get(part, 0), trunk.get(part, 0)) >= count for part, count in missing.items())
            if name != technician and all(spare):
                return name
        return None

    def _with_trunk(self, problem: Problem, technician: str, more: Mapping[str, int]) -> Problem:
        s = problem.shifts_of[technician][0]
        trunk = dict(problem.shifts[s].trunk)
        for part, count in more.items():
            trunk[part] = trunk.get(part, 0) + count
        return with_shift(problem, s, replace(problem.shifts[s], trunk=trunk))

    def _depot_options(self) -> "Iterator[_Option]":
        """The visit's parts added to one depot after the other."""
        parts = self.case.timing.parts
        needed = {part: count for part, count in self.visit.parts.items() if count > 0}
        for d, depot in enumerate(self.problem.depots if needed else ()):
            more = {part: count for part, count in needed.items() if depot.parts.get(part, 0) is not None}
            if not more:
                continue
            stock, fleet_stock = self.tables.depot_stock.copy(), self.case.fleet.stock.copy()
            for part, count in more.items():
                stock[d, parts.index(part)] += count
                fleet_stock[d, parts.index(part)] += count
            fleet = self.case.fleet._replace(stock=fleet_stock)
            trial = self._try(self.tables._replace(depot_stock=stock), fleet)
            realise = self._at_depot(d, depot, more, trial)
            for s in self.shifts:
                if isfinite(trial.price(s)) and not isfinite(self.plain.price(s)):
                    yield trial.price(s), s, realise

    def _at_depot(self, d: int, depot: Depot, more: dict[str, int], trial: "_Trial") -> "_Realise":
        def realise(kind: RelaxationKind, s: int) -> Relaxation | None:
            stocked = {part: (depot.parts.get(part, 0) or 0) + count for part, count in more.items()}
            restocked = replace(depot, parts={**depot.parts, **stocked})
            depots = (*self.problem.depots[:d], restocked, *self.problem.depots[d + 1 :])
            sentence = f"{_pieces(more)} at depot {d}, where {self.problem.shifts[s].technician} can fetch it."
            return self._realise(kind, s, trial, replace(self.problem, depots=depots), sentence)

        return realise

    def _wider_window(self, kind: RelaxationKind, s: int) -> Relaxation | None:
        shift, start = self.problem.shifts[s], self._start(s, self.trials[RelaxationKind.WINDOW])
        windows, pin = self.visit.start_windows, self.visit.pin
        if kind is RelaxationKind.NEXT_DAY:
            wider: tuple[Window, ...] = (*windows, (shift.start, min(shift.latest_return, self.case.latest_start)))
            sentence = f"{shift.technician} comes in the next shift, {shift.id}, at {self._clock(start)}."
        else:
            wider = _widened(windows, start)
            spans = ", ".join(f"{self._clock(first)} to {self._clock(last)}" for first, last in wider)
            sentence = f"{self.visit.id} may start {spans}: {shift.technician} at {self._clock(start)}."
        pin = replace(pin, start=None, window=None) if pin else None
        problem = with_visit(self.problem, replace(self.visit, windows=wider, pin=pin))
        return self._realise(kind, s, self.trials[RelaxationKind.WINDOW], problem, sentence)

    def _more_overtime(self, kind: RelaxationKind, s: int) -> Relaxation | None:
        shift, trial = self.problem.shifts[s], self.trials[kind]
        route = Timing(self.problem, trial.tables).route(s, self._order(s, trial))
        if route is None:
            return None
        more = route.return_ - shift.latest_return
        longer = Overtime(route.return_ - shift.end, self._overtime_rate(shift))
        minutes = -(-more // (60 * self.problem.time_scale))
        sentence = f"{minutes} min more of overtime for {shift.id}, until {self._clock(route.return_)}."
        problem = with_shift(self.problem, s, replace(shift, overtime=longer))
        return self._realise(kind, s, trial, problem, sentence)

    # Bringing the visit in, and the proof.

    def _order(self, s: int, trial: "_Trial") -> list[int]:
        spot, order = trial.spot(s), list(self.case.plan.orders.get(s, ()))
        if spot.depot >= 0:
            order.insert(spot.depot_position, spot.depot)
        order.insert(spot.position, self.node)
        return order

    def _start(self, s: int, trial: "_Trial") -> int:
        route = Timing(self.problem, trial.tables).route(s, self._order(s, trial))
        return next(stop.start for stop in route.stops if stop.id == self.visit.id) if route else 0

    def _realise(
        self, kind: RelaxationKind, s: int, trial: "_Trial", relaxed: Problem, sentence: str
    ) -> Relaxation | None:
        """The relaxation with its plan, or None if that does not hold what the trial promised."""
        shift = relaxed.shifts[s]
        plan = OpenPlan(Timing(relaxed), self.case.plan.orders, self.case.plan.loads)
        try:
            plan.restore(s, self._order(s, trial))
            fresh = {route.shift: route for route in plan.routes_of([shift.technician])}
        except OrderError:
            return None
        routes = {route.shift: route for route in self.case.solution.routes} | fresh
        served = {stop.id for route in routes.values() for stop in route.stops if stop.kind is StopKind.VISIT}
        solution = replace(
            self.case.solution,
            routes=tuple(routes[shift.id] for shift in relaxed.shifts if shift.id in routes),
            unserved=tuple(Unserved(visit.id) for visit in relaxed.visits if visit.id not in served),
            bound=None,
            values=(),
        )
        solution = replace(solution, cost=cost_by_term(relaxed, solution), loads=loads_of(relaxed, solution.routes))
        if check(relaxed, solution):
            return None
        start = next(stop.start for stop in fresh[shift.id].stops if stop.id == self.visit.id)
        cost = solution.cost["total"] - self._total_without() - self.case.saving
        return Relaxation(kind, shift.id, shift.technician, start, cost, sentence, relaxed, solution)

    def _total_without(self) -> float:
        return cost_by_term(self.problem, self.case.solution)["total"] - self.visit.unserved_cost

    def _clock(self, time: int) -> str:
        """Hours and minutes since the start of the horizon."""
        minutes = time // (60 * self.problem.time_scale)
        return f"{minutes // 60:02}:{minutes % 60:02}"


@dataclass(frozen=True)
class _Trial:
    """The visit priced in every shift under some tables."""

    tables: Tables
    prices: list[float]
    spots: list[list[int]]
    alone: list[bool]

    def price(self, s: int) -> float:
        return self.prices[s]

    def spot(self, s: int) -> Spot:
        return Spot(*self.spots[s])


_Realise = Callable[[RelaxationKind, int], Relaxation | None]
_Option = tuple[float, int, _Realise]


def with_visit(problem: Problem, visit: Visit) -> Problem:
    """The problem with another version of one of its visits."""
    return replace(problem, visits=tuple(visit if old.id == visit.id else old for old in problem.visits))


def with_shift(problem: Problem, s: int, shift: Shift) -> Problem:
    """The problem with another version of shift ``s``."""
    return replace(problem, shifts=(*problem.shifts[:s], shift, *problem.shifts[s + 1 :]))


def _start_of(solution: Solution, visit: str) -> int | None:
    for stop in (stop for route in solution.routes for stop in route.stops):
        if stop.kind is StopKind.VISIT and stop.id == visit:
            return stop.start
    return None


def _widened(windows: Iterable[Window], start: int) -> tuple[Window, ...]:
    """The nearest window stretched to a start."""
    possible = [window for window in windows if window != NEVER]
    if not possible:
        return ((start, start),)
    nearest = min(possible, key=lambda window: max(window[0] - start, start - window[1]))
    stretched = (min(nearest[0], start), max(nearest[1], start))
    return tuple(stretched if window == nearest else window for window in possible)


def _pieces(parts: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {part}" for part, count in sorted(parts.items())) or "no parts"
