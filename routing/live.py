"""
Answers while somebody waits: who could take one more visit, and what one change does to a plan.

Nothing here searches. The plan given is taken as it is, and only the routes that a change touches are timed again.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from functools import lru_cache
from math import inf, isfinite

import numpy as np

from routing.explain import Explainer
from routing.insertion import quote
from routing.kernels import Fleet, Preview, preview_fleet
from routing.problem import Problem, ProblemError, Visit, check_visit
from routing.solution import Reason, Solution, StopKind
from routing.tables import Ints, with_visit
from routing.timing import Timing


class PartSource(StrEnum):
    """Where the parts and tools of an inserted visit come from; the last that applies."""

    NOTHING_NEEDED = "nothing_needed"
    VAN = "van"
    PLANNED_STOP = "planned_stop"
    NEW_STOP = "new_stop"


@dataclass(frozen=True)
class Pickup:
    """A stop at a depot that goes in together with a visit: position of the depot, of the stop, what is loaded."""

    depot: int
    position: int
    taken: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Delay:
    """A planned visit that gets late, or later than it was, by ``more`` time units."""

    visit: str
    start: int
    more: int


@dataclass(frozen=True)
class Candidate:
    """One shift as a home for a visit, and what that would do.

    ``position`` counts the stops of the route that are not breaks, a new pick-up included. ``cost`` is what the plan's
    total grows by, the price of leaving the visit out not counted; infinite, with a reason and without the rest, if the
    shift cannot take it. ``late`` and ``overtime`` are the visit's lateness and the overtime added, in time units.
    """

    shift: str
    technician: str
    cost: float = inf
    position: int = -1
    arrive: int = 0
    start: int = 0
    late: int = 0
    overtime: int = 0
    delays: tuple[Delay, ...] = ()
    parts: PartSource = PartSource.NOTHING_NEEDED
    pickup: Pickup | None = None
    reason: Reason | None = None


def rank_insertions(problem: Problem, solution: Solution, visit: Visit) -> list[Candidate]:
    """
    Every shift as a home for one more visit: the cheapest first, those that cannot take it last.

    Parameters
    ----------
    solution
        A plan of ``problem`` that passes the check.
    visit
        Not in the problem yet, or in it as it is and left out by the plan.

    Returns
    -------
    list[Candidate]
        One per shift. Equal costs, and shifts that cannot, keep the order of ``Problem.shifts``.

    Raises
    ------
    ProblemError
        If the plan serves the visit already, the problem has another one of that id, or the visit does not fit the
        problem (a location outside the matrix, say).
    """
    return LivePlan(problem, solution).rank(visit)


def candidate_document(candidate: Candidate) -> dict[str, object]:
    """A candidate as JSON values: either a reason, or where the visit goes and what that does."""
    document: dict[str, object] = {"shift": candidate.shift, "technician": candidate.technician}
    if candidate.reason:
        return document | {"reason": {"code": candidate.reason.code.value, "sentence": candidate.reason.sentence}}
    return document | {
        "cost": candidate.cost,
        "position": candidate.position,
        "arrive": candidate.arrive,
        "start": candidate.start,
        "late": candidate.late,
        "overtime": candidate.overtime,
        "delays": [asdict(delay) for delay in candidate.delays],
        "parts": candidate.parts.value,
        "pickup": asdict(candidate.pickup) if candidate.pickup else None,
    }


@lru_cache(maxsize=4)
def timing_of(problem: Problem) -> Timing:
    """The problem laid out for compiled code; the last few are kept, because questions come in rows."""
    return Timing(problem)


class LivePlan:
    """A plan kept ready for questions; worth keeping as long as it is the plan."""

    def __init__(self, problem: Problem, solution: Solution) -> None:
        self.problem = problem
        self.timing = timing_of(problem)
        self.explainer = Explainer(self.timing, solution)
        self.served = {stop.id for route in solution.routes for stop in route.stops if stop.kind is StopKind.VISIT}

    def rank(self, visit: Visit) -> list[Candidate]:
        """As ``rank_insertions``."""
        candidates = self._question(visit).candidates()
        return sorted(candidates, key=lambda candidate: candidate.cost)

    def _question(self, visit: Visit) -> "_Question":
        if visit.id in self.problem.visit_index:
            node = self.problem.visit_index[visit.id]
            if self.problem.visits[node] != visit:
                raise ProblemError("id", "an id that no other visit of the problem has", repr(visit.id))
            if visit.id in self.served:
                raise ProblemError("id", "a visit that the plan does not serve yet", repr(visit.id))
            return _Question(self, visit, node, self.timing, self.explainer.fleet)
        check_visit(self.problem, visit, "visit")
        return self._extended(visit)

    def _extended(self, visit: Visit) -> "_Question":
        node, fleet = len(self.problem.visits), self.explainer.fleet
        tables = with_visit(self.timing.tables, self.problem, visit, self.timing.parts)
        if tables is None:
            timing = Timing(replace(self.problem, visits=(*self.problem.visits, visit)))
            fleet = _renumbered(fleet, self.timing.parts, timing)
        else:
            timing = Timing(self.problem, tables)
        fleet = fleet._replace(nodes=fleet.nodes + (fleet.nodes >= node))
        return _Question(self, visit, node, timing, fleet)


class _Question:
    """One visit before all shifts of one plan."""

    def __init__(self, plan: LivePlan, visit: Visit, node: int, timing: Timing, fleet: Fleet) -> None:
        self.problem, self.explainer, self.visit, self.node = plan.problem, plan.explainer, visit, node
        self.tables, self.parts, self.fleet = timing.tables, timing.parts, fleet

    def candidates(self) -> Iterator[Candidate]:
        shifts = range(len(self.problem.shifts))
        quotes = quote(self.tables, self.fleet, [self.node], shifts)
        prices = quotes.prices[:, 0].tolist()
        able = [s for s in shifts if isfinite(prices[s])]
        self.preview = self._preview(able, np.ascontiguousarray(quotes.spots[:, 0]))
        delays = self._delays(able)
        for s, shift in enumerate(self.problem.shifts):
            if isfinite(prices[s]):
                yield self._candidate(s, prices[s], tuple(delays.get(s, ())))
            else:
                reason = self.explainer.reason(self.visit, s, inf, fits_alone=bool(quotes.alone[s, 0]))
                yield Candidate(shift.id, shift.technician, reason=reason)

    def _preview(self, able: list[int], spots: Ints) -> Preview:
        num_shifts, num_stops = len(self.problem.shifts), self.fleet.nodes.shape[0]
        preview = Preview(
            spots=spots,
            arrive=np.zeros(num_shifts, np.int64),
            start=np.zeros(num_shifts, np.int64),
            overtime=np.zeros(num_shifts, np.int64),
            taken=np.zeros((num_shifts, self.fleet.stock.shape[1]), np.int64),
            more=np.zeros(num_shifts, np.int64),
            before=np.zeros(num_stops, np.int64),
            after=np.zeros(num_stops, np.int64),
        )
        preview_fleet(self.node, np.array(able, dtype=np.int64), self.fleet, preview, self.tables)
        return preview

    def _delays(self, able: list[int]) -> dict[int, list[Delay]]:
        """By shift, the visits that get later than they should be because of this one."""
        stops = np.flatnonzero((self.fleet.nodes < len(self.problem.visits)) & np.isin(self.fleet.shifts, able))
        nodes = self.fleet.nodes[stops]
        due, after = self.tables.due[nodes], self.preview.after[stops]
        more = np.maximum(0, after - due) - np.maximum(0, self.preview.before[stops] - due)
        delays: dict[int, list[Delay]] = {}
        for k in np.flatnonzero(more > 0).tolist():
            delay = Delay(self.problem.visits[nodes[k]].id, int(after[k]), int(more[k]))
            delays.setdefault(int(self.fleet.shifts[stops[k]]), []).append(delay)
        return delays

    def _candidate(self, s: int, price: float, delays: tuple[Delay, ...]) -> Candidate:
        shift, start = self.problem.shifts[s], int(self.preview.start[s])
        return Candidate(
            shift.id,
            shift.technician,
            cost=price,
            position=int(self.preview.spots[s, 0]),
            arrive=int(self.preview.arrive[s]),
            start=start,
            late=0 if self.visit.due is None else max(0, start - self.visit.due),
            overtime=int(self.preview.overtime[s]),
            delays=delays,
            parts=self._source(s),
            pickup=self._pickup(s),
        )

    def _source(self, s: int) -> PartSource:
        if self.preview.spots[s, 1] >= 0:
            return PartSource.NEW_STOP
        if self.preview.more[s] > 0 or not self.visit.tools <= self.problem.shifts[s].tools:
            return PartSource.PLANNED_STOP
        return PartSource.VAN if self.visit.parts or self.visit.tools else PartSource.NOTHING_NEEDED

    def _pickup(self, s: int) -> Pickup | None:
        _, depot, position = self.preview.spots[s].tolist()
        if depot < 0:
            return None
        taken = self.preview.taken[s]
        loaded = {self.parts[p]: int(taken[p]) for p in np.flatnonzero(taken)}
        return Pickup(depot - self.tables.num_visits, position, loaded)


def _renumbered(fleet: Fleet, parts: list[str], timing: Timing) -> Fleet:
    """The fleet with columns for parts that nobody asked for before."""
    known = [timing.parts.index(part) for part in parts]
    loads = np.zeros((fleet.nodes.shape[0], len(timing.parts)), np.int64)
    stock = timing.tables.depot_stock.copy()
    loads[:, known], stock[:, known] = fleet.loads, fleet.stock
    return fleet._replace(loads=loads, stock=stock)
