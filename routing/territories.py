"""
Large problems in pieces: technicians who work near each other, with the visits around them.

A territory is a problem of its own: all shifts of some technicians, visits that somebody there may serve, the part of
the travel matrix they need, and a share of the stock at the depots. Nothing is shared between territories, so they can
be planned side by side, in threads or on other machines, and what they find always fits together:

    territories = split(problem, 8)
    plan = merge(problem, [solve(territory.problem, "hybrid", options) for territory in territories])

Splitting a plan again along other lines moves the borders; each territory then goes on from its part of the plan:

    territories = split(problem, 8, plan, seed=2)
    options = [replace(options, start=territory.start()) for territory in territories]

Places need no coordinates: they are laid out by their travel times from and to a few landmarks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from routing.assemble import assemble
from routing.insertion import OpenPlan
from routing.problem import Depot, Previous, Problem, Shift, Visit
from routing.reuse import Orders, reuse
from routing.solution import Solution
from routing.tables import UNLIMITED, Bools, Floats, Ints, Steps, part_names
from routing.timing import Timing

Random = np.random.Generator

NUM_LANDMARKS, NUM_DIMENSIONS = 12, 3
# Places without a road between them count as so many times farther apart than places are on average.
FARTHEST = 5.0


@dataclass(frozen=True, eq=False)
class Territory:
    """
    A part of a problem as a problem of its own, with the same ids, and its part of a plan.

    ``visits``, ``shifts``, ``technicians`` and ``parts`` say which number of the whole each of its own numbers stands
    for. ``orders`` and ``taken`` (technicians x depots x parts) are in its own.
    """

    problem: Problem
    visits: Ints
    shifts: Ints
    technicians: Ints
    parts: Ints
    orders: Orders
    taken: Ints

    def start(self) -> Solution:
        """Its part of the plan, for an engine to go on from."""
        return Solution(self.plan(Timing(self.problem)).routes())

    def plan(self, timing: Timing) -> OpenPlan:
        """As ``start``, in the form engines work on; ``timing`` is of the territory's problem."""
        return plan_of(timing, self.orders, self.taken)


def plan_of(timing: Timing, orders: Orders, taken: Ints) -> OpenPlan:
    """The plan of some orders; ``taken`` (technicians x depots x parts) is what each technician may load."""
    technicians = enumerate(timing.problem.shifts_of)
    return OpenPlan(timing, orders, {name: timing.load(name, orders, taken[t].copy()) for t, name in technicians})


@dataclass(frozen=True, eq=False)
class Draft:
    """A plan of a whole problem: orders by shift, and what they take (technicians x depots x parts)."""

    orders: Orders
    taken: Ints

    @staticmethod
    def of(plan: OpenPlan) -> "Draft":
        """What a plan says."""
        taken = [plan.taken_by(technician) for technician in plan.problem.shifts_of]
        return Draft(dict(plan.orders), np.stack(taken))

    def copy(self) -> "Draft":
        """Another one that says the same."""
        return Draft(dict(self.orders), self.taken.copy())

    def put(self, territory: Territory, plan: OpenPlan, num_visits: int) -> None:
        """Take over a plan of a territory; ``num_visits`` are there in the whole."""
        depots = num_visits + np.arange(len(territory.problem.depots))
        nodes = np.concatenate([territory.visits, depots])
        for i, s in enumerate(territory.shifts.tolist()):
            self.orders[s] = nodes[plan.orders.get(i, [])].tolist()
        self.taken[territory.technicians] = 0
        own = np.stack([plan.taken_by(technician) for technician in territory.problem.shifts_of])
        self.taken[np.ix_(territory.technicians, np.arange(len(depots)), territory.parts)] = own


@dataclass(frozen=True, eq=False)
class Group:
    """Technicians and visits by number."""

    technicians: Ints
    visits: Ints


def split(problem: Problem, num_territories: int, start: Solution | None = None, seed: int = 1) -> list[Territory]:
    """
    Every technician and every visit in one territory of about equal size, all scarce stock shared out.

    Parameters
    ----------
    num_territories
        As many come back if there are as many technicians.
    start
        A plan of the problem, whose routes stay whole; other seeds draw other borders. None: nobody has visits yet.
    """
    timing = Timing(problem)
    draft = Draft.of(reuse(timing, start))
    return Atlas(timing).split(draft, num_territories, np.random.default_rng(seed))


def merge(problem: Problem, plans: Sequence[Solution]) -> Solution:
    """The plans of all territories as one plan of the whole problem."""
    together = Solution(tuple(route for plan in plans for route in plan.routes))
    first, seconds = plans[0] if plans else together, max((plan.seconds for plan in plans), default=0.0)
    return assemble(reuse(Timing(problem), together), engine=first.engine, seed=first.seed, seconds=seconds)


class Atlas:
    """Where everybody is and who may serve whom, worked out once for any number of splits."""

    def __init__(self, timing: Timing) -> None:
        self.timing = timing
        self._tables = tables = timing.tables
        self._chains = [np.array(chain) for chain in timing.problem.shifts_of.values()]
        self._number = {technician: t for t, technician in enumerate(timing.problem.shifts_of)}
        self._technician_of = np.empty(len(timing.problem.shifts), np.int64)
        for t, chain in enumerate(self._chains):
            self._technician_of[chain] = t
        places = lay_out(tables.travel, tables.node_location[: tables.num_visits])
        self.places = places[tables.node_location[: tables.num_visits]]
        ends = (places[tables.start_location] + places[tables.end_location]) / 2
        self.homes = np.array([ends[chain].mean(axis=0) for chain in self._chains]).reshape(-1, places.shape[1])
        length = tables.latest_return - tables.shift_start
        self.capacity = np.array([length[chain].sum() for chain in self._chains], dtype=np.float64)
        self.can = self._who_can()

    def split(self, draft: Draft, num_territories: int, random: Random) -> list[Territory]:
        """As the function ``split``."""
        owner = np.full(self._tables.num_visits, -1, np.int64)
        for s, order in draft.orders.items():
            owner[[node for node in order if node < len(owner)]] = self._technician_of[s]
        everybody = Group(np.arange(len(self._chains)), np.arange(len(owner)))
        groups = _Division(self, owner, random).divide(everybody, num_territories)
        shares = self._share_out(groups, draft.taken)
        return [self._territory(group, share, draft) for group, share in zip(groups, shares, strict=True)]

    def _who_can(self) -> Bools:
        """Visits x technicians: who may serve whom; whom nobody may serve goes with the one it is pinned to, if any."""
        problem, allowed = self.timing.problem, self._tables.allowed
        can = np.stack([allowed[:, chain].any(axis=1) for chain in self._chains], axis=1)
        for v in np.flatnonzero(~can.any(axis=1)).tolist():
            pin = problem.visits[v].pin
            can[v, slice(None) if pin is None or pin.technician is None else self._number[pin.technician]] = True
        return can

    def _share_out(self, groups: Sequence[Group], taken: Ints) -> list[Ints]:
        """Depots x parts for each group: what it takes already, and of the rest as its visits ask for it."""
        stock = self._tables.depot_stock
        needs = np.stack([self._need(group) for group in groups])
        shares = np.stack([taken[group.technicians].sum(axis=0) for group in groups])
        left = stock - shares.sum(axis=0)
        for d, p in np.argwhere(stock < UNLIMITED).tolist():
            shares[:, d, p] += apportion(int(left[d, p]), needs[:, p])
        return list(np.where(stock >= UNLIMITED, UNLIMITED, shares))

    def _need(self, group: Group) -> Ints:
        """Pieces of each part that the visits of a group use up."""
        tables = self._tables
        rows = [np.arange(tables.part_ptr[v], tables.part_ptr[v + 1]) for v in group.visits]
        lines = np.concatenate([np.zeros(0, np.int64), *rows])
        return np.bincount(tables.part[lines], tables.quantity[lines], tables.depot_stock.shape[1]).astype(np.int64)

    def _territory(self, group: Group, share: Ints, draft: Draft) -> Territory:
        shifts, visits = np.sort(np.concatenate([self._chains[t] for t in group.technicians])), np.sort(group.visits)
        problem = self._problem(visits, shifts, share)
        technicians = np.array([self._number[name] for name in problem.shifts_of], dtype=np.int64)
        parts = np.searchsorted(self.timing.parts, part_names(problem))
        orders, taken = self._own(visits, shifts, draft.orders), draft.taken[technicians][:, :, parts]
        return Territory(problem, visits, shifts, technicians, parts, orders, taken)

    def _own(self, visits: Ints, shifts: Ints, orders: Orders) -> Orders:
        """Orders of some shifts in the numbers of their territory."""
        num_nodes = len(self._tables.node_location)
        number = np.empty(num_nodes, np.int64)
        number[visits] = np.arange(len(visits))
        number[self._tables.num_visits :] = len(visits) + np.arange(num_nodes - self._tables.num_visits)
        return {i: number[orders[s]].tolist() for i, s in enumerate(shifts.tolist()) if orders.get(s)}

    def _problem(self, visits: Ints, shifts: Ints, share: Ints) -> Problem:
        whole = self.timing.problem
        own_shifts, own_visits = [whole.shifts[s] for s in shifts], [whole.visits[v] for v in visits]
        used = [place for shift in own_shifts for place in (shift.start_location, shift.end_location)]
        used += [place.location for place in (*own_visits, *whole.depots)]
        places = np.unique(np.array(used, dtype=np.int64))
        number = {place: i for i, place in enumerate(places.tolist())}
        technicians = {shift.technician: shift.id for shift in own_shifts}
        return Problem(
            travel=whole.travel[np.ix_(places, places)],
            shifts=tuple(_moved(shift, number) for shift in own_shifts),
            visits=tuple(self._visit(visit, number, technicians) for visit in own_visits),
            depots=tuple(self._depot(d, depot, number, share) for d, depot in enumerate(whole.depots)),
            time_scale=whole.time_scale,
        )

    def _visit(self, visit: Visit, number: Mapping[int, int], technicians: Mapping[str, str]) -> Visit:
        visit = replace(visit, location=number[visit.location])
        previous, whole = visit.previous, self.timing.problem
        if previous is None:
            return visit
        before = whole.shifts[whole.shift_index[previous.shift]].technician
        return visit if before in technicians else _strange(visit, previous, before, next(iter(technicians.values())))

    def _depot(self, d: int, depot: Depot, number: Mapping[int, int], share: Ints) -> Depot:
        parts = dict(depot.parts)
        for p, name in enumerate(self.timing.parts):
            if parts.get(name) is not None:
                parts[name] = int(share[d, p])
        return replace(depot, location=number[depot.location], parts=parts)


class _Division:
    """One way to draw the borders."""

    def __init__(self, atlas: Atlas, owner: Ints, random: Random) -> None:
        self._atlas, self._owner, self._random = atlas, owner, random
        served = owner >= 0
        count = np.bincount(owner[served], minlength=len(atlas.homes))
        total = np.zeros_like(atlas.homes)
        np.add.at(total, owner[served], atlas.places[served])
        # A technician is where the visits are, or at home with none.
        self._whereabouts = np.where(count[:, None] > 0, total / np.maximum(count, 1)[:, None], atlas.homes)

    def divide(self, group: Group, num: int) -> list[Group]:
        """A group in so many, or in as many as there are technicians."""
        if num < 2 or len(group.technicians) < 2:
            return [group]
        first = num // 2
        one, other = self._halve(group, first, num)
        return self.divide(one, first) + self.divide(other, num - first)

    def _halve(self, group: Group, num_first: int, num: int) -> tuple[Group, Group]:
        """Two groups on either side of a line, the first with about its share of the work and technicians for all."""
        technicians, visits, share = group.technicians, group.visits, num_first / num
        where = self._whereabouts[technicians]
        points = np.concatenate([where, self._atlas.places[visits]])
        # Across the longer side of the area, more often than not.
        direction = (points - points.mean(axis=0)).T @ self._random.normal(size=len(points))
        along = where @ direction
        order = np.argsort(along, kind="stable")
        capacity = np.cumsum(self._atlas.capacity[technicians[order]])
        # Each territory to come needs a technician, also where all the capacity is on one side.
        least = min(num_first, len(order) - 1)
        most = max(least, len(order) - (num - num_first))
        cut = int(np.clip(np.searchsorted(capacity, share * capacity[-1]) + 1, least, most))
        first, second = technicians[order[:cut]], technicians[order[cut:]]
        border = (along[order[cut - 1]] + along[order[cut]]) / 2
        near_first = self._near_first(visits, self._atlas.places[visits] @ direction, border, share)
        goes_first = self._choose(visits, near_first, first, second)
        return Group(first, visits[goes_first]), Group(second, visits[~goes_first])

    def _near_first(self, visits: Ints, along: Floats, border: float, share: float) -> Bools:
        """Which visits are on the first side of the line."""
        if len(visits) and (self._owner[visits] < 0).all():
            # Nobody has visits yet, and technicians may all live in one place: draw the line so that work is balanced.
            border = float(np.quantile(along, share))
        return np.asarray(along < border)

    def _choose(self, visits: Ints, near_first: Bools, first: Ints, second: Ints) -> Bools:
        """Which visits go with the first technicians: their own, and of the others those on their side."""
        can, owner = self._atlas.can, self._owner[visits]
        can_first, can_second = can[np.ix_(visits, first)].any(axis=1), can[np.ix_(visits, second)].any(axis=1)
        free = np.where(can_first & can_second, near_first, can_first)
        return np.where(owner < 0, free, np.isin(owner, first))


def lay_out(travel: Steps, landmarks: Ints) -> Floats:
    """
    Coordinates of all locations: near each other where the travel times are short.

    Principal components of the times from and to some of ``landmarks``.
    """
    if not len(landmarks):
        return np.zeros((len(travel), 1))
    random = np.random.default_rng(0)
    chosen = random.choice(landmarks, min(NUM_LANDMARKS, len(landmarks)), replace=False)
    away = travel[chosen].T.astype(np.float64) + travel[:, chosen]
    away = np.minimum(away, FARTHEST * np.median(away[landmarks]))
    away -= away[landmarks].mean(axis=0)
    _, axes = np.linalg.eigh(away[landmarks].T @ away[landmarks])
    return np.asarray(away @ axes[:, -NUM_DIMENSIONS:])


def apportion(count: int, weights: Ints) -> Ints:
    """Pieces shared out in proportion to weights, by largest remainder; to the first if all weights are 0."""
    if not weights.sum():
        weights = np.eye(1, len(weights), dtype=np.int64)[0]
    exact = count * weights / weights.sum()
    shares: Ints = np.floor(exact).astype(np.int64)
    most = np.argsort(shares - exact, kind="stable")[: count - int(shares.sum())]
    shares[most] += 1
    return shares


def _moved(shift: Shift, number: Mapping[int, int]) -> Shift:
    return replace(shift, start_location=number[shift.start_location], end_location=number[shift.end_location])


def _strange(visit: Visit, previous: Previous, before: str, shift: str) -> Visit:
    """
    A visit in a territory without the technician of the previous plan.

    Whoever comes pays for the change: as much as if that technician, who cannot come, were preferred by as much more.
    """
    preferred = dict(visit.preferred)
    preferred[before] = max(preferred.values(), default=0.0) + previous.technician_change_cost
    return replace(visit, preferred=preferred, previous=replace(previous, shift=shift, technician_change_cost=0.0))
