"""A problem laid out as flat arrays, the form compiled code reads."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from routing.problem import MAX_TIME, Break, Depot, Problem, Shift, Visit, Window

Ints = npt.NDArray[np.int64]
# A travel matrix is the one large table; its times, and sums of two of them, fit.
Steps = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# More than any sum of demands, and taking from it never matters.
UNLIMITED = 1 << 60


class Tables(NamedTuple):
    """
    The arrays of one problem.

    A *node* is a visit (``0..V-1``, its position in ``Problem.visits``) or a depot (``V`` plus its position in
    ``Problem.depots``). Rates are already divided by the time scale. Ragged rows are cut by pointers:
    row ``k`` is ``[ptr[k]:ptr[k + 1]]``.
    """

    num_visits: int
    travel: Steps
    node_location: Ints
    node_duration: Ints
    window_ptr: Ints
    window_start: Ints
    window_end: Ints
    # Per visit. ``due`` is MAX_TIME and ``previous_start`` 0 with rate 0 when the feature is off.
    due: Ints
    lateness_rate: Floats
    breach_cost: Floats
    previous_start: Ints
    start_change_rate: Floats
    # Per shift; ``first_shift`` is the technician's first, whose trunk counts.
    first_shift: Ints
    start_location: Ints
    end_location: Ints
    shift_start: Ints
    shift_end: Ints
    latest_return: Ints
    overtime_rate: Floats
    travel_rate: Floats
    work_rate: Floats
    fixed_cost: Floats
    break_ptr: Ints
    break_duration: Ints
    break_earliest: Ints
    break_latest: Ints
    # Per visit and shift: preference and technician-change cost, and whether the shift may ever serve the visit.
    pair_cost: Floats
    allowed: Bools
    # Resources: parts by number, tools as bits. ``trunk`` is zero except on a technician's first shift.
    part_ptr: Ints
    part: Ints
    quantity: Ints
    trunk: Ints
    depot_stock: Ints
    node_tools: Ints
    shift_tools: Ints


def sorted_breaks(shift: Shift) -> list[tuple[int, Break]]:
    """
    The breaks of a shift in the order compiled code places them, each with its position in ``shift.breaks``.

    In that order they are taken at one stop: first whichever must begin soonest, unless another is late then.
    """
    left, order = list(enumerate(shift.breaks)), list[tuple[int, Break]]()
    while left:
        first = [
            item for item in left if all(_leaves_time(item[1], other) for _, other in left if other is not item[1])
        ]
        soonest = min(first, key=lambda item: (item[1].latest, item[1].earliest, item[0]), default=None)
        order.append(soonest or min(left, key=lambda item: (item[1].earliest, item[1].latest, item[0])))
        left.remove(order[-1])
    return order


def _leaves_time(rest: Break, other: Break) -> bool:
    return rest.earliest + rest.duration <= other.latest


def build_tables(problem: Problem) -> Tables:
    """Lay out ``problem``; worth keeping for the length of a run."""
    visits, shifts, depots = problem.visits, problem.shifts, problem.depots
    nodes: tuple[Visit | Depot, ...] = (*visits, *depots)
    windows = [visit.start_windows for visit in visits] + [((0, MAX_TIME),)] * len(depots)
    breaks = [[rest for _, rest in sorted_breaks(shift)] for shift in shifts]
    scale = problem.time_scale
    parts, demands = _number_parts(problem)
    tools = _number_tools(problem)
    return Tables(
        num_visits=len(visits),
        travel=np.ascontiguousarray(problem.travel, dtype=np.int32),
        node_location=_ints(node.location for node in nodes),
        node_duration=_ints(node.duration for node in nodes),
        window_ptr=_pointers(windows),
        window_start=_ints(start for row in windows for start, _ in row),
        window_end=_ints(end for row in windows for _, end in row),
        due=_ints(MAX_TIME if visit.due is None else visit.due for visit in visits),
        lateness_rate=_floats(visit.lateness_cost / scale for visit in visits),
        breach_cost=_floats(visit.breach_cost for visit in visits),
        previous_start=_ints(visit.previous.start if visit.previous else 0 for visit in visits),
        start_change_rate=_floats(v.previous.start_change_cost / scale if v.previous else 0.0 for v in visits),
        first_shift=_ints(problem.shifts_of[shift.technician][0] for shift in shifts),
        start_location=_ints(shift.start_location for shift in shifts),
        end_location=_ints(shift.end_location for shift in shifts),
        shift_start=_ints(shift.start for shift in shifts),
        shift_end=_ints(shift.end for shift in shifts),
        latest_return=_ints(shift.latest_return for shift in shifts),
        overtime_rate=_floats(shift.overtime.cost / scale if shift.overtime else 0.0 for shift in shifts),
        travel_rate=_floats(shift.travel_cost / scale for shift in shifts),
        work_rate=_floats(shift.work_cost / scale for shift in shifts),
        fixed_cost=_floats(shift.fixed_cost for shift in shifts),
        break_ptr=_pointers(breaks),
        break_duration=_ints(rest.duration for row in breaks for rest in row),
        break_earliest=_ints(rest.earliest for row in breaks for rest in row),
        break_latest=_ints(rest.latest for row in breaks for rest in row),
        pair_cost=pair_costs(problem, visits),
        allowed=allowed_pairs(problem, visits),
        part_ptr=_pointers(demands),
        part=_ints(parts[name] for row in demands for name, _ in row),
        quantity=_ints(count for row in demands for _, count in row),
        trunk=_trunks(problem, parts),
        depot_stock=_depot_stock(problem, parts),
        node_tools=_tool_bits([node.tools for node in nodes], tools),
        shift_tools=_tool_bits([shift.tools for shift in shifts], tools),
    )


def with_windows(tables: Tables, windows: Sequence[Sequence[Window]]) -> Tables:
    """The same tables with other windows, a row for each visit."""
    depots = tables.node_location.shape[0] - tables.num_visits
    rows = [*windows, *[((0, MAX_TIME),)] * depots]
    return tables._replace(
        window_ptr=_pointers(rows),
        window_start=_ints(start for row in rows for start, _ in row),
        window_end=_ints(end for row in rows for _, end in row),
    )


def with_visit(tables: Tables, problem: Problem, visit: Visit, parts: Sequence[str]) -> Tables | None:
    """
    The tables of ``problem`` and one more visit, the last; every depot moves up by one node.

    ``parts`` are the ``part_names`` of the problem. None if the visit asks for a part or tool that no other visit asks
    for, which has no number yet.
    """
    tools, wanted = _number_tools(problem), [(name, count) for name, count in sorted(visit.parts.items()) if count > 0]
    if not {name for name, _ in wanted} <= set(parts) or not visit.tools <= tools.keys():
        return None
    demands = [(parts.index(name), count) for name, count in wanted]
    v, windows, previous, scale = tables.num_visits, visit.start_windows, visit.previous, problem.time_scale
    after = [tables.window_ptr[v]] * len(windows)
    return tables._replace(
        num_visits=v + 1,
        node_location=np.insert(tables.node_location, v, visit.location),
        node_duration=np.insert(tables.node_duration, v, visit.duration),
        window_ptr=np.concatenate([tables.window_ptr[: v + 1], tables.window_ptr[v:] + len(windows)]),
        window_start=np.insert(tables.window_start, after, [start for start, _ in windows]),
        window_end=np.insert(tables.window_end, after, [end for _, end in windows]),
        due=np.append(tables.due, MAX_TIME if visit.due is None else visit.due),
        lateness_rate=np.append(tables.lateness_rate, visit.lateness_cost / scale),
        breach_cost=np.append(tables.breach_cost, visit.breach_cost),
        previous_start=np.append(tables.previous_start, previous.start if previous else 0),
        start_change_rate=np.append(tables.start_change_rate, previous.start_change_cost / scale if previous else 0.0),
        pair_cost=np.concatenate([tables.pair_cost, pair_costs(problem, [visit])]),
        allowed=np.concatenate([tables.allowed, allowed_pairs(problem, [visit])]),
        part_ptr=np.append(tables.part_ptr, tables.part_ptr[-1] + len(demands)),
        part=np.append(tables.part, _ints(part for part, _ in demands)),
        quantity=np.append(tables.quantity, _ints(count for _, count in demands)),
        node_tools=np.insert(tables.node_tools, v, _tool_bits([visit.tools], tools), axis=0),
    )


def part_names(problem: Problem) -> list[str]:
    """Parts that some visit needs, in the order of their numbers in the tables."""
    return sorted({name for visit in problem.visits for name, count in visit.parts.items() if count > 0})


def has_skills(shift: Shift, visit: Visit) -> bool:
    """Whether the technician holds every skill at the level the visit asks for or above."""
    return all(shift.skills.get(skill, 0) >= level for skill, level in visit.skills.items())


def _ints(values: Iterable[int]) -> Ints:
    return np.fromiter(values, dtype=np.int64)


def _floats(values: Iterable[float]) -> Floats:
    return np.fromiter(values, dtype=np.float64)


def _pointers(rows: Sequence[Sequence[object]]) -> Ints:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(_ints(len(row) for row in rows), dtype=np.int64)])


def _number_parts(problem: Problem) -> tuple[dict[str, int], list[list[tuple[str, int]]]]:
    parts = {name: i for i, name in enumerate(part_names(problem))}
    return parts, [[(name, n) for name, n in sorted(visit.parts.items()) if n > 0] for visit in problem.visits]


def _number_tools(problem: Problem) -> dict[str, int]:
    return {name: i for i, name in enumerate(sorted({tool for visit in problem.visits for tool in visit.tools}))}


def _trunks(problem: Problem, parts: Mapping[str, int]) -> Ints:
    trunk = np.zeros((len(problem.shifts), len(parts)), np.int64)
    for chain in problem.shifts_of.values():
        for name, count in problem.shifts[chain[0]].trunk.items():
            if name in parts:
                trunk[chain[0], parts[name]] = count
    return trunk


def _depot_stock(problem: Problem, parts: Mapping[str, int]) -> Ints:
    stock = np.zeros((len(problem.depots), len(parts)), np.int64)
    for d, depot in enumerate(problem.depots):
        for name, count in depot.parts.items():
            if name in parts:
                stock[d, parts[name]] = UNLIMITED if count is None else count
    return stock


def _tool_bits(rows: Sequence[frozenset[str]], tools: Mapping[str, int]) -> Ints:
    # 62 tools to a word keeps clear of the sign.
    bits = np.zeros((len(rows), max(1, -(-len(tools) // 62))), np.int64)
    for k, row in enumerate(rows):
        for tool in row & tools.keys():
            bits[k, tools[tool] // 62] |= 1 << (tools[tool] % 62)
    return bits


def pair_costs(problem: Problem, visits: Sequence[Visit]) -> Floats:
    """Visits x shifts: preference and technician-change cost."""
    costs = np.zeros((len(visits), len(problem.shifts)))
    names = np.array([shift.technician for shift in problem.shifts], dtype=object)
    for v, visit in enumerate(visits):
        if visit.preferred:
            costs[v] += max(visit.preferred.values())
            for name, worth in visit.preferred.items():
                costs[v, names == name] -= worth
        if visit.previous and visit.previous.technician_change_cost:
            was_with = problem.shifts[problem.shift_index[visit.previous.shift]].technician
            costs[v] += np.where(names == was_with, 0.0, visit.previous.technician_change_cost)
    return costs


def allowed_pairs(problem: Problem, visits: Sequence[Visit]) -> Bools:
    """Visits x shifts: whether the shift may ever serve the visit."""
    allowed = np.zeros((len(visits), len(problem.shifts)), np.bool_)
    at_depots = {tool for depot in problem.depots for tool in depot.tools}
    # Most visits ask for the same few things.
    rows: dict[object, Bools] = {}
    for v, visit in enumerate(visits):
        pinned = visit.pin and visit.pin.technician
        wishes = (frozenset(visit.skills.items()), visit.tools, visit.technicians, visit.forbidden, pinned)
        if wishes not in rows:
            rows[wishes] = np.array([_may_serve(shift, visit, at_depots) for shift in problem.shifts], np.bool_)
        allowed[v] = rows[wishes]
    return allowed


def _may_serve(shift: Shift, visit: Visit, at_depots: set[str]) -> bool:
    has_tools = visit.tools <= shift.tools | at_depots
    return has_tools and visit.admits(shift.technician) and has_skills(shift, visit)
