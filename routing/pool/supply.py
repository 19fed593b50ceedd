"""Parts and tools of a choice of routes: nobody runs out of parts, no depot hands out more than it has."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from ortools.sat.python import cp_model

from routing.insertion import OpenPlan
from routing.search.world import PIECES, TRUNK, World
from routing.tables import UNLIMITED, Ints


class Candidate(NamedTuple):
    """A route that may be chosen for a shift, or for one that is alike."""

    shift: int
    order: list[int]
    chosen: cp_model.IntVar


class Supply:
    """
    The part of a CP-SAT model that is about parts and tools.

    A technician with one shift draws for each route what its stops are known to load. Where several shifts share a
    trunk, what one of them loads may be used on a later one, so there are variables for what each shift loads where.

    Parameters
    ----------
    model
        Gets the constraints.
    start
        The plan that the solver begins with.
    """

    def __init__(self, model: cp_model.CpModel, candidates: Sequence[Candidate], start: OpenPlan, world: World) -> None:
        self._model, self._start, self._world = model, start, world
        self._stock: Ints = world.nodes[world.num_visits :, PIECES : PIECES + world.num_parts]
        self._drawn = defaultdict[tuple[int, int], list[cp_model.LinearExprT]](list)
        self._loads = dict[tuple[int, int, int], cp_model.IntVar]()
        self._by_shift = defaultdict[int, list[Candidate]](list)
        for candidate in candidates:
            self._by_shift[candidate.shift].append(candidate)
        for technician, chain in start.problem.shifts_of.items():
            if len(chain) == 1:
                self._add_lone(chain[0])
            else:
                self._add_chain(technician, chain)
        for (depot, part), pieces in self._drawn.items():
            if self._stock[depot, part] < UNLIMITED:
                model.add(cp_model.LinearExpr.sum(pieces) <= int(self._stock[depot, part]))

    def taken(self, solver: cp_model.CpSolver, chosen: Mapping[int, Candidate]) -> Ints:
        """Technicians x depots x parts: what they load if each shift (key) runs the candidate."""
        problem = self._start.problem
        taken = np.zeros((len(problem.shifts_of), *self._stock.shape), np.int64)
        for t, chain in enumerate(problem.shifts_of.values()):
            if len(chain) == 1 and chain[0] in chosen:
                taken[t] = self._loaded(chosen[chain[0]])
        number = {technician: t for t, technician in enumerate(problem.shifts_of)}
        for (s, depot, part), load in self._loads.items():
            taken[number[problem.shifts[s].technician], depot, part] += solver.value(load)
        return taken

    def _add_lone(self, s: int) -> None:
        for candidate in self._by_shift[s]:
            loaded = self._loaded(candidate)
            for depot, part in np.argwhere(loaded).tolist():
                self._drawn[depot, part].append(int(loaded[depot, part]) * candidate.chosen)

    def _loaded(self, candidate: Candidate) -> Ints:
        """Depots x parts: what the stops of a technician with no other shift load."""
        loaded = np.zeros_like(self._stock)
        stops = np.array(candidate.order) - self._world.num_visits
        if (stops >= 0).any():
            timing, s = self._start.timing, candidate.shift
            technician = timing.problem.shifts[s].technician
            rows = timing.load(technician, {s: candidate.order}, timing.tables.depot_stock.copy())
            np.add.at(loaded, stops[stops >= 0], rows[stops >= 0])
        return loaded

    def _add_chain(self, technician: str, chain: Sequence[int]) -> None:
        for k, s in enumerate(chain):
            for candidate in self._by_shift[s]:
                self._require_tools(candidate, chain[:k])
        for part in range(self._world.num_parts):
            most = sum(max((self._needs(c, part) for c in self._by_shift[s]), default=0) for s in chain)
            if most > self._world.shifts[chain[0], TRUNK + part]:
                self._add_part(part, most, technician, chain)

    def _add_part(self, part: int, most: int, technician: str, chain: Sequence[int]) -> None:
        """What is in the trunk covers what is used, stop by stop; ``most`` is all that may be used."""
        carried: list[cp_model.LinearExprT] = [int(self._world.shifts[chain[0], TRUNK + part])]
        hints = self._loaded_at_start(technician, part)
        for s in chain:
            loads = self._load_variables(s, part, most, hints)
            for candidate in self._by_shift[s]:
                for passed, used in self._checkpoints(candidate, part):
                    if used:
                        at_hand = cp_model.LinearExpr.sum([*carried, *(loads[depot] for depot in passed)])
                        self._model.add(at_hand >= used).only_enforce_if(candidate.chosen)
            carried += loads.values()
            carried += [-self._needs(candidate, part) * candidate.chosen for candidate in self._by_shift[s]]
            self._model.add(cp_model.LinearExpr.sum(carried) >= 0)

    def _load_variables(
        self, s: int, part: int, most: int, hints: Mapping[tuple[int, int], int]
    ) -> dict[int, cp_model.IntVar]:
        """Pieces loaded by a shift at each depot where it can."""
        visitors = defaultdict[int, list[cp_model.IntVar]](list)
        for candidate in self._by_shift[s]:
            for depot in {node - self._world.num_visits for node in candidate.order if node >= self._world.num_visits}:
                if self._stock[depot, part] > 0:
                    visitors[depot].append(candidate.chosen)
        for depot, chosen in visitors.items():
            load = self._model.new_int_var(0, min(most, int(self._stock[depot, part])), "")
            self._model.add(load <= most * cp_model.LinearExpr.sum(chosen))
            self._model.add_hint(load, hints.get((s, depot), 0))
            self._loads[s, depot, part] = load
            self._drawn[depot, part].append(load)
        return {depot: self._loads[s, depot, part] for depot in visitors}

    def _loaded_at_start(self, technician: str, part: int) -> dict[tuple[int, int], int]:
        """What each shift loads at each depot in the plan to begin with."""
        nodes, owners = self._start.timing.chain(technician, self._start.orders)
        loaded = defaultdict[tuple[int, int], int](int)
        for node, s, pieces in zip(nodes.tolist(), owners.tolist(), self._start.loads[technician], strict=True):
            loaded[s, node - self._world.num_visits] += int(pieces[part])
        return loaded

    def _needs(self, candidate: Candidate, part: int) -> int:
        visits = [node for node in candidate.order if node < self._world.num_visits]
        return int(self._world.nodes[visits, PIECES + part].sum())

    def _checkpoints(self, candidate: Candidate, part: int) -> Iterator[tuple[list[int], int]]:
        """Before each depot where there is more, and at the end: the depots passed, and the pieces used by then."""
        passed, used = list[int](), 0
        for node in candidate.order:
            depot = node - self._world.num_visits
            if depot < 0:
                used += int(self._world.nodes[node, PIECES + part])
            elif self._stock[depot, part] > 0 and depot not in passed:
                yield list(passed), used
                passed.append(depot)
        yield passed, used

    def _require_tools(self, candidate: Candidate, earlier: Sequence[int]) -> None:
        """What a route itself neither has nor fetches was fetched on an earlier shift."""
        for word in range(PIECES + self._world.num_parts, self._world.nodes.shape[1]):
            lacking = self._lacking_tools(candidate, word)
            for bit in (1 << k for k in range(62) if lacking >> k & 1):
                fetching = [
                    other.chosen
                    for s in earlier
                    for other in self._by_shift[s]
                    if any(self._world.nodes[n, word] & bit for n in other.order if n >= self._world.num_visits)
                ]
                self._model.add_bool_or(fetching).only_enforce_if(candidate.chosen)

    def _lacking_tools(self, candidate: Candidate, word: int) -> int:
        held, lacking = int(self._world.shifts[candidate.shift, TRUNK - PIECES + word]), 0
        for node in candidate.order:
            tools = int(self._world.nodes[node, word])
            if node < self._world.num_visits:
                lacking |= tools & ~held
            else:
                held |= tools
        return lacking
