"""Routes in hand: orders with everything that makes the price of a change quick to find."""

from typing import NamedTuple, cast

import numpy as np

from routing.search.compiling import compiled_part
from routing.search.world import FIRST, LATEST_RETURN, NUM_BREAKS, PIECES, TO, Steps, World, max_stops
from routing.tables import Floats, Ints

# Rows of ``Plan.cells``, one entry per stop and one for the return. LEG is the travel time from the stop before, 0 for
# the return of an empty route. DONE, WAITED and GIVE hold for a departure at the start of the shift and the route
# without its breaks: when the stop is done, how long was waited until then, and how much later the departure may
# be without making a start so far too late or later than due.
# The others look ahead: the latest arrival at the stop from which all is in time; the latest one that leaves nobody
# late; the earliest return if the stop is reached early; the time from the arrival to the return without waiting.
ORDER, PLACE, LEG, DONE, WAITED, GIVE, LATEST, CALM, BACK, LENGTH, NUM_CELL_ROWS = range(11)
# Columns of ``Plan.figures``. Equal versions mean equal orders; that of an empty route is 0.
SIZE, VERSION, TRAVEL, SERVICE = range(4)
# Columns of ``Plan.costs``: of the route, and of its visits' technicians.
COST, PAIR = range(2)
# Rows of ``Plan.desk``: an order on trial, its starts, the places of its breaks; parts carried, depots passed.
TRIAL, STARTS, PLACES, CARRIED, PASSED, NUM_DESK_ROWS = range(6)
# Entries of ``Plan.counters``.
NEXT_VERSION, STOCK_VERSION = range(2)

# The cost of what cannot be.
INFEASIBLE = np.inf
# Later or earlier than any time, and sums of a few of them stay inside int64.
FOREVER = cast("int", np.int64(1 << 60))

# As arguments: numba compiles a function once more for every plain number that stands in a call.
ZERO, ONE, NOBODY = cast("int", np.int64(0)), cast("int", np.int64(1)), cast("int", np.int64(-1))


class Plan(NamedTuple):
    """
    One row per shift and a spare one for trials.

    ``soft`` is the lateness and change cost up to a stop; ``shift_of`` the shift of a visit or -1. ``load`` is what the
    visits of a technician use up (technicians x parts), ``taken`` (technicians x depots x parts) who fetches what of
    the parts that may run out, and ``left`` what remains of them. ``chain_version`` is to a technician what a version
    is to a shift. ``desk`` and ``floors`` are room to write on, as compiled code
    allocates nothing.
    """

    cells: Ints
    soft: Floats
    figures: Ints
    costs: Floats
    shift_of: Ints
    load: Ints
    chain_version: Ints
    taken: Ints
    left: Ints
    counters: Ints
    desk: Ints
    floors: Floats


class Cache(NamedTuple):
    """
    The cheapest way to bring a visit (rows) into a shift (columns), valid while ``stamp`` is that of the shift.

    ``spot`` is the position, the depot node that goes in before it or -1, and the position of that. With the
    ``bound_stamp`` of the shift the price is only what it costs at least, and the spot unknown.
    """

    stamp: Ints
    price: Floats
    spot: Steps


def empty_plan(world: World) -> Plan:
    """A plan that serves nobody."""
    num_shifts, stops = len(world.shifts), max_stops(world)
    num_technicians = len(np.unique(world.shifts[:, FIRST]))
    width = max(stops + 2, world.num_parts, len(world.nodes) - world.num_visits, *world.shifts[:, NUM_BREAKS].tolist())
    stock = world.nodes[world.num_visits :, PIECES : PIECES + world.num_parts]
    cells = np.zeros((num_shifts + 1, NUM_CELL_ROWS, stops), np.int64)
    cells[:-1, PLACE, 0], cells[:-1, LATEST, 0] = world.shifts[:, TO], world.shifts[:, LATEST_RETURN]
    cells[:, CALM, 0], cells[:, BACK, 0] = FOREVER, -FOREVER
    return Plan(
        cells=cells,
        soft=np.zeros((num_shifts + 1, stops)),
        figures=np.zeros((num_shifts + 1, 4), np.int64),
        costs=np.zeros((num_shifts + 1, 2)),
        shift_of=np.full(world.num_visits, -1, np.int64),
        load=np.zeros((num_technicians, world.num_parts), np.int64),
        chain_version=np.zeros(num_technicians, np.int64),
        taken=np.zeros((num_technicians, *stock.shape), np.int64),
        left=stock.copy(),
        counters=np.array([1, 0], np.int64),
        desk=np.zeros((NUM_DESK_ROWS, width), np.int64),
        floors=np.zeros(stops + 2),
    )


def copy_plan(plan: Plan) -> Plan:
    """Another plan with the same routes."""
    return Plan._make(array.copy() for array in plan)


def replace_plan(target: Plan, source: Plan) -> None:
    """Make a plan equal to another one."""
    for mine, theirs in zip(target, source, strict=True):
        mine[...] = theirs


def empty_cache(world: World) -> Cache:
    """A cache that knows nothing."""
    shape = (world.num_visits, len(world.shifts))
    return Cache(np.full(shape, -1, np.int64), np.zeros(shape), np.zeros((*shape, 3), np.int32))


@compiled_part
def put(row: int, position: int, node: int, place: int, plan: Plan) -> None:
    """Put a stop into an order; the figures of the row are stale until it is refreshed."""
    cells, n = plan.cells, plan.figures[row, SIZE]
    for i in range(n + 1, position, -1):
        cells[row, ORDER, i] = cells[row, ORDER, i - 1]
        cells[row, PLACE, i] = cells[row, PLACE, i - 1]
    cells[row, ORDER, position], cells[row, PLACE, position] = node, place
    plan.figures[row, SIZE] = n + 1


@compiled_part
def take_out(row: int, position: int, plan: Plan) -> None:
    """The opposite of ``put``."""
    cells, n = plan.cells, plan.figures[row, SIZE] - 1
    for i in range(position, n + 1):
        cells[row, ORDER, i] = cells[row, ORDER, i + 1]
        cells[row, PLACE, i] = cells[row, PLACE, i + 1]
    plan.figures[row, SIZE] = n


@compiled_part
def copy_order(source: int, row: int, plan: Plan) -> None:
    """The order of one row into another."""
    n = plan.figures[source, SIZE]
    for i in range(n + 1):
        plan.cells[row, ORDER, i] = plan.cells[source, ORDER, i]
        plan.cells[row, PLACE, i] = plan.cells[source, PLACE, i]
    plan.figures[row, SIZE] = n


@compiled_part
def copy_row(row: int, source: Plan, target: Plan) -> None:
    """One row with all its figures from plan to plan."""
    n = source.figures[row, SIZE]
    for field in range(NUM_CELL_ROWS):
        for i in range(n + 1):
            target.cells[row, field, i] = source.cells[row, field, i]
    for i in range(n):
        target.soft[row, i] = source.soft[row, i]
    for k in range(4):
        target.figures[row, k] = source.figures[row, k]
    for k in range(2):
        target.costs[row, k] = source.costs[row, k]
