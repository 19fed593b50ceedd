"""Plans as they are stated outside the search, in and out."""

from collections.abc import Mapping

import numpy as np

from routing.search.changes import Work, count_load, empty_row, settle_versions, touch
from routing.search.compiling import compiled_part
from routing.search.recreate import list_pending, sort_pending
from routing.search.routes import refresh
from routing.search.state import ONE, ORDER, PLACE, SIZE, Plan
from routing.search.world import LOCATION, PIECES, World
from routing.tables import UNLIMITED, Ints


def fill(plan: Plan, orders: Mapping[int, list[int]], taken: Ints, world: World) -> None:
    """
    Put orders by shift into an empty plan; its figures are stale until it is resumed.

    ``taken`` (technicians x depots x parts) is what the stops load.
    """
    for s, order in orders.items():
        # A route may carry more idle depot stops than there is room for; its visits are planned anew then.
        if len(order) < plan.cells.shape[2]:
            plan.cells[s, ORDER, : len(order)] = order
            plan.cells[s, PLACE, : len(order)] = world.nodes[order, LOCATION]
            plan.figures[s, SIZE] = len(order)
            plan.shift_of[[node for node in order if node < world.num_visits]] = s
    stock = world.nodes[world.num_visits :, PIECES : PIECES + world.num_parts]
    plan.taken[...] = np.where(stock < UNLIMITED, taken, 0)
    plan.left[...] = stock - plan.taken.sum(axis=0)


def read_off(plan: Plan, world: World) -> tuple[dict[int, list[int]], Ints]:
    """
    The opposite of ``fill``: orders by shift, and what each technician may load so that all others have enough.

    Stock that cannot run out counts as UNLIMITED for everybody.
    """
    sizes = plan.figures[:-1, SIZE].tolist()
    orders = {s: plan.cells[s, ORDER, :size].tolist() for s, size in enumerate(sizes) if size}
    stock = world.nodes[world.num_visits :, PIECES : PIECES + world.num_parts]
    return orders, np.where(stock < UNLIMITED, plan.taken, UNLIMITED)


@compiled_part
def resume(plan: Plan, work: Work, world: World) -> None:
    """Work out the figures of a plan that holds nothing but orders, and list whom it leaves out."""
    for s in range(world.shifts.shape[0]):
        if plan.figures[s, SIZE] == 0:
            continue
        touch(s, plan, work, world)
        for i in range(plan.figures[s, SIZE]):
            if plan.cells[s, ORDER, i] < world.num_visits:
                count_load(plan.cells[s, ORDER, i], s, ONE, plan, world)
        if not refresh(s, s, plan, world):
            empty_row(s, plan, work, world)
            refresh(s, s, plan, world)
            settle_versions(s, plan, world)
    list_pending(plan, work, world)
    sort_pending(work, world)
