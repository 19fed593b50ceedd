"""From orders to routes: exact times, breaks in their place, what is loaded at each depot stop."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from routing.kernels import INFEASIBLE, Draft, make_draft, route_cost, schedule, supply
from routing.problem import Problem
from routing.solution import Route, Stop, StopKind
from routing.tables import Ints, Tables, build_tables, part_names, sorted_breaks


class OrderError(ValueError):
    """An order that no schedule serves: a window, a break, the shift's end, a tool or a part stands against it."""


class Timing:
    """
    Schedules for the orders of one problem.

    An order is a sequence of nodes: a visit's position in ``Problem.visits``, or ``len(visits)`` plus the position of
    a depot in ``Problem.depots``. Breaks are not part of it; they are placed here.

    Parameters
    ----------
    problem
        Kept, and laid out once as ``tables`` for compiled code.
    tables
        The problem already laid out, perhaps under stricter rules; worked out if None.
    """

    def __init__(self, problem: Problem, tables: Tables | None = None) -> None:
        self.problem = problem
        self.tables: Tables = build_tables(problem) if tables is None else tables
        self.parts = part_names(problem)

    def route(self, s: int, order: Sequence[int], taken: Ints | None = None) -> Route | None:
        """
        The schedule of one shift, or None if the times allow none.

        Parameters
        ----------
        s
            Position of the shift in ``Problem.shifts``.
        order
            Nodes in the order they are served, at least one.
        taken
            ``len(order)`` x parts: what each depot stop loads; None loads nothing.
        """
        draft = make_draft(np.array(order, dtype=np.int64), s, self.tables)
        cost, depart, back = schedule(len(order), s, draft, self.tables)
        if cost == INFEASIBLE:
            return None
        return Route(self.problem.shifts[s].id, tuple(self._stops(s, depart, draft, taken)), depart, back)

    def cost(self, s: int, order: Sequence[int]) -> float:
        """What a shift costs in some order, parts and tools not asked for; infinite if the times allow none."""
        draft = make_draft(np.array(order, dtype=np.int64), s, self.tables)
        return route_cost(len(order), s, draft, self.tables)

    def loads(self, orders: Mapping[int, Sequence[int]]) -> dict[str, Ints]:
        """
        What every technician's stops load, stops x parts over all shifts in order of time; depot stock is shared out.

        Raises
        ------
        OrderError
            If some stop lacks a tool or a part.
        """
        stock = self.tables.depot_stock.copy()
        loads: dict[str, Ints] = {}
        for technician in self.problem.shifts_of:
            loads[technician] = self.load(technician, orders, stock)
        return loads

    def load(self, technician: str, orders: Mapping[int, Sequence[int]], stock: Ints) -> Ints:
        """As ``loads``, for one technician and out of ``stock`` (depots x parts), which is drawn down."""
        nodes, shifts = self.chain(technician, orders)
        taken = np.zeros((len(nodes), len(self.parts)), np.int64)
        if not supply(nodes, shifts, stock, taken, self.tables):
            raise OrderError(f"The stops of {technician} lack a tool or a part in that order.")
        return taken

    def routes(self, orders: Mapping[int, Sequence[int]], loads: Mapping[str, Ints] | None = None) -> tuple[Route, ...]:
        """
        Routes of all used shifts, in the order of ``Problem.shifts``.

        Raises
        ------
        OrderError
            If one of the orders cannot be run, or (when ``loads`` is None and computed here) lacks a tool or a part.
        """
        return self.routes_of(self.problem.shifts_of, orders, self.loads(orders) if loads is None else loads)

    def routes_of(
        self, technicians: Iterable[str], orders: Mapping[int, Sequence[int]], loads: Mapping[str, Ints]
    ) -> tuple[Route, ...]:
        """As ``routes``, of some technicians only."""
        routes: dict[int, Route] = {}
        for technician in technicians:
            _, owners = self.chain(technician, orders)
            for s in np.unique(owners).tolist():
                route = self.route(s, orders[s], loads[technician][owners == s])
                if route is None:
                    stops, shift = len(orders[s]), self.problem.shifts[s].id
                    raise OrderError(f"No schedule serves the {stops} stops of {shift} in that order.")
                routes[s] = route
        return tuple(routes[s] for s in sorted(routes))

    def orders(self, routes: Iterable[Route]) -> dict[int, list[int]]:
        """The orders behind some routes, by position of the shift; breaks are left out."""
        return {
            self.problem.shift_index[route.shift]: [self._node(stop) for stop in _served(route)] for route in routes
        }

    def stated_loads(self, routes: Iterable[Route]) -> dict[str, Ints]:
        """What the depot stops of some routes say they load, in the form of ``loads``."""
        by_shift = {self.problem.shift_index[route.shift]: _served(route) for route in routes}
        number = {part: p for p, part in enumerate(self.parts)}
        loads: dict[str, Ints] = {}
        for technician, chain in self.problem.shifts_of.items():
            stops = [stop for s in chain for stop in by_shift.get(s, [])]
            loads[technician] = np.zeros((len(stops), len(self.parts)), np.int64)
            for row, stop in enumerate(stops):
                for part in stop.taken.keys() & number.keys():
                    loads[technician][row, number[part]] = stop.taken[part]
        return loads

    def chain(self, technician: str, orders: Mapping[int, Sequence[int]]) -> tuple[Ints, Ints]:
        """The nodes of a technician's shifts one after the other, and the shift of each."""
        shifts = self.problem.shifts_of[technician]
        nodes = [node for s in shifts for node in orders.get(s, ())]
        owners = [s for s in shifts for _ in orders.get(s, ())]
        return np.array(nodes, dtype=np.int64), np.array(owners, dtype=np.int64)

    def _node(self, stop: Stop) -> int:
        if stop.kind is StopKind.DEPOT:
            return len(self.problem.visits) + int(stop.id)
        return self.problem.visit_index[stop.id]

    def _stops(self, s: int, depart: int, draft: Draft, taken: Ints | None) -> list[Stop]:
        stops: list[Stop] = []
        time, here = depart, self.problem.shifts[s].start_location
        for i, node in enumerate(draft.order.tolist()):
            location = int(self.tables.node_location[node])
            time, here = time + int(self.tables.travel[here, location]), location
            rests = self._rests(s, 2 * i, time, here, draft)
            arrive = rests[-1].leave if rests else time
            stops += rests
            stops.append(self._stop(node, arrive, int(draft.starts[i]), None if taken is None else taken[i]))
            stops += self._rests(s, 2 * i + 1, stops[-1].leave, here, draft)
            time = stops[-1].leave
        return stops

    def _rests(self, s: int, place: int, time: int, location: int, draft: Draft) -> list[Stop]:
        rests: list[Stop] = []
        for b, (i, rest) in enumerate(sorted_breaks(self.problem.shifts[s])):
            if draft.places[b] == place:
                start = int(draft.rests[b])
                rests.append(Stop(StopKind.BREAK, str(i), location, time, start, start + rest.duration))
                time = start + rest.duration
        return rests

    def _stop(self, node: int, arrive: int, start: int, taken: Ints | None) -> Stop:
        num_visits = len(self.problem.visits)
        if node < num_visits:
            visit = self.problem.visits[node]
            return Stop(StopKind.VISIT, visit.id, visit.location, arrive, start, start + visit.duration)
        depot = self.problem.depots[node - num_visits]
        loaded = {} if taken is None else {self.parts[p]: int(taken[p]) for p in np.flatnonzero(taken)}
        stop_id = str(node - num_visits)
        return Stop(StopKind.DEPOT, stop_id, depot.location, arrive, start, start + depot.duration, loaded)


def _served(route: Route) -> list[Stop]:
    return [stop for stop in route.stops if stop.kind is not StopKind.BREAK]
