"""Tools and parts as the routing model sees them: who lacks what, and which depot makes up for it on the way."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from routing.tables import UNLIMITED, Ints, Tables

# Lacking something for so many of the visits it may serve, a shift is taken to call at a depot first.
LIKELY_SHARE = 0.4

# Nodes per shift, both by position, as in ``routing.timing``.
Orders = Mapping[int, Sequence[int]]


@dataclass(frozen=True)
class Premises:
    """
    What one round of the search takes for granted about supply; each round corrects what the last one got wrong.

    ``calls`` names the shifts that go to a depot before their first visit. ``limited`` are the parts whose use is held
    to what a shift carries. ``rations`` holds, for each part that depots ran out of, the pieces every shift may fetch.
    """

    calls: Mapping[int, int] = field(default_factory=dict)
    limited: frozenset[int] = frozenset()
    rations: Mapping[int, Ints] = field(default_factory=dict)


class Supply:
    """
    The supply side of one problem.

    The routing model has no depot stops. A visit that lacks something costs the detour over the best depot, unless the
    shift has called at one before; the exact plan, made afterwards, merges and moves the stops. Against one stock
    dimension per part with refills at optional stops, this was 30 times faster on days of 150 visits and 25 parts.
    """

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.needs = [
            list(zip(tables.part[low:high].tolist(), tables.quantity[low:high].tolist(), strict=True))
            for low, high in zip(tables.part_ptr[: tables.num_visits], tables.part_ptr[1:], strict=False)
        ]
        self.shares = _shares(tables)

    def ways(self, s: int, call: int | None) -> dict[int, tuple[int, ...]]:
        """The visits that shift ``s`` may serve: for each the depots that have all it lacks, none if nothing lacks."""
        ways: dict[int, tuple[int, ...]] = {}
        for v in np.flatnonzero(self.tables.allowed[:, s]).tolist():
            lacking = self.lacking(v, s)
            tools = self.tables.node_tools[v] & ~self.tables.shift_tools[s]
            if not (lacking or tools.any()) or (call is not None and self._has(call, lacking, tools)):
                ways[v] = ()
            elif depots := tuple(d for d in range(len(self.tables.depot_stock)) if self._has(d, lacking, tools)):
                ways[v] = depots
        return ways

    @cached_property
    def is_scarce(self) -> bool:
        """Whether any shift lacks something for a visit, or may run out of a part."""
        shifts = range(len(self.shares))
        return bool(self.short_parts()) or any(depots for s in shifts for depots in self.ways(s, None).values())

    def short_parts(self) -> list[int]:
        """Parts of which some shift carries less than all the visits that it may serve need."""
        wanted = np.zeros_like(self.shares)
        for s in range(len(self.shares)):
            for v in self.ways(s, None):
                for p, count in self.needs[v]:
                    wanted[s, p] += count
        return [int(p) for p in np.flatnonzero((wanted > self.shares).any(axis=0))]

    def lacking(self, visit: int, s: int) -> list[tuple[int, int]]:
        """Parts, and how many, that the visit needs and that shift ``s`` does not carry from the start."""
        return [(p, count) for p, count in self.needs[visit] if count > self.shares[s, p]]

    def capacity(self, part: int, premises: Premises) -> list[int]:
        """Pieces that each shift may use: what it carries, what it is granted, or as many as it likes."""
        limits = self.shares[:, part].copy()
        if part in premises.rations:
            return [int(limit) for limit in limits + premises.rations[part]]
        limits[limits == 0] = UNLIMITED
        for s, d in premises.calls.items():
            if self.tables.depot_stock[d, part] > 0:
                limits[s] = UNLIMITED
        return [int(limit) for limit in limits]

    def learn(self, premises: Premises, wanted: Orders, plan: Orders) -> Premises:
        """
        Better premises.

        Parameters
        ----------
        wanted
            What the search proposed under ``premises``: visits only.
        plan
            The feasible plan to go on from, depot stops included.
        """
        beyond = self._beyond(wanted)
        calls = self.calls(plan)
        stock = np.minimum(self.tables.depot_stock.sum(axis=0, dtype=np.float64), UNLIMITED).astype(np.int64)
        drawn = self._beyond(plan)
        rations = dict(premises.rations)
        for p in np.flatnonzero(beyond.sum(axis=0) > stock).tolist():
            rations[p] = drawn[:, p].copy()
            rations[p][int(np.argmax(beyond[:, p]))] += max(0, int(stock[p] - drawn[:, p].sum()))
        carried = np.where(self.shares > 0, beyond, 0)
        carried[list(premises.calls)] = 0
        limited = premises.limited | set(np.flatnonzero(carried.any(axis=0)).tolist()) | rations.keys()
        return Premises(calls, frozenset(limited), rations)

    def calls(self, plan: Orders) -> dict[int, int]:
        """The shifts whose first depot stop serves two visits or more: those are better off with one common stop."""
        num_visits = self.tables.num_visits
        calls: dict[int, int] = {}
        for s, order in plan.items():
            stops = [node - num_visits for node in order if node >= num_visits]
            ways = self.ways(s, None) if stops else {}
            if stops and sum(1 for node in order if ways.get(node)) > 1:
                calls[s] = stops[0]
        return calls

    def likely_calls(self) -> dict[int, int]:
        """The shifts that lack something for many visits they may serve, with the depot that makes up for most."""
        calls: dict[int, int] = {}
        for s in range(len(self.shares)):
            ways = self.ways(s, None)
            helped = Counter(d for depots in ways.values() for d in depots)
            if sum(1 for depots in ways.values() if depots) > LIKELY_SHARE * len(ways):
                calls[s] = max(helped, key=lambda d: (helped[d], -d))
        return calls

    def _has(self, depot: int, parts: Sequence[tuple[int, int]], tools: Ints) -> bool:
        if any(self.tables.depot_stock[depot, p] < count for p, count in parts):
            return False
        return not (tools & ~self.tables.node_tools[self.tables.num_visits + depot]).any()

    def _beyond(self, orders: Orders) -> Ints:
        """Shifts x parts: pieces that the visits need beyond what the shift carries."""
        used = np.zeros_like(self.shares)
        for s, order in orders.items():
            for node in order:
                for p, count in self.needs[node] if node < self.tables.num_visits else ():
                    used[s, p] += count
        beyond: Ints = np.maximum(0, used - self.shares)
        return beyond


def _shares(tables: Tables) -> Ints:
    """Shifts x parts: each technician's trunk dealt out over the shifts, so that each can be planned by itself."""
    first, place, count = np.unique(tables.first_shift, return_inverse=True, return_counts=True)
    shares = np.zeros_like(tables.trunk)
    dealt = np.zeros(len(first), np.int64)
    for s, technician in enumerate(place.tolist()):
        trunk = tables.trunk[first[technician]]
        shares[s] = trunk // count[technician] + (dealt[technician] < trunk % count[technician])
        dealt[technician] += 1
    return shares
