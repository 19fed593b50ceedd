"""
Tools and parts along the shifts of one technician.

What is carried or fetched by then must cover what is used by then, part by part. So a visit may come in behind the last
stop after which too little would be left, and anywhere later: one number says where it fits.
"""

from typing import cast

import numpy as np

from routing.search.compiling import compiled_part
from routing.search.state import CARRIED, ORDER, PASSED, SIZE, Plan
from routing.search.world import (
    CHAIN_HIGH,
    CHAIN_LOW,
    FIRST,
    NEEDS,
    NO_NEEDS,
    NUM_PARTS,
    PARTS,
    PIECES,
    TECHNICIAN,
    TRUNK,
    World,
)
from routing.tables import UNLIMITED, Ints

# A position behind every route.
NOWHERE = cast("int", np.int64(1 << 30))


@compiled_part
def available(depot: int, part: int, t: int, plan: Plan, world: World) -> int:
    """Pieces that a depot (by its number among depots) has for one technician."""
    if world.nodes[world.num_visits + depot, PIECES + part] >= UNLIMITED:
        return UNLIMITED
    return plan.left[depot, part] + plan.taken[t, depot, part]


@compiled_part
def visited_before(node: int, row: int, s: int, other: int, k: int, plan: Plan, world: World) -> bool:
    """Whether the depot at stop ``k`` of shift ``other`` was visited before, ``row`` standing for shift ``s``."""
    for c in range(world.shifts[s, CHAIN_LOW], world.shifts[s, CHAIN_HIGH]):
        r = row if world.lists[c, 0] == s else world.lists[c, 0]
        for i in range(k if world.lists[c, 0] == other else plan.figures[r, SIZE]):
            if plan.cells[r, ORDER, i] == node:
                return True
        if world.lists[c, 0] == other:
            break
    return False


@compiled_part
def earliest_with_part(part: int, pieces: int, extra: int, row: int, s: int, plan: Plan, world: World) -> int:
    """
    First position in a row of shift ``s`` where ``pieces`` of a part may be used up, or NOWHERE.

    ``extra`` is a depot (its number among depots) that would be visited just before, or -1.
    """
    t, shifts = world.shifts[s, TECHNICIAN], world.shifts
    balance, first, was_here = shifts[shifts[s, FIRST], TRUNK + part], 0, False
    bonus = available(extra, part, t, plan, world) if extra >= 0 else 0
    for c in range(shifts[s, CHAIN_LOW], shifts[s, CHAIN_HIGH]):
        other = world.lists[c, 0]
        r = row if other == s else other
        if other == s:
            was_here = True
            if balance + bonus < pieces:
                first = 1
        for i in range(plan.figures[r, SIZE]):
            node = plan.cells[r, ORDER, i]
            if node < world.num_visits:
                balance -= world.nodes[node, PIECES + part]
            else:
                depot = node - world.num_visits
                if depot == extra:
                    bonus = 0
                gain = available(depot, part, t, plan, world)
                if gain > 0 and not visited_before(node, row, s, other, i, plan, world):
                    balance = min(balance + gain, UNLIMITED)
            if was_here and balance + bonus < pieces:
                if other != s:
                    return NOWHERE
                first = i + 2
    return first


@compiled_part
def earliest_with_tools(node: int, extra: int, row: int, s: int, plan: Plan, world: World) -> int:
    """First position in a row of shift ``s`` where the tools of a visit are there, or NOWHERE; ``extra`` as above."""
    shifts, first = world.shifts, 0
    for word in range(PIECES + world.num_parts, world.nodes.shape[1]):
        missing = world.nodes[node, word] & ~world.shifts[s, TRUNK - PIECES + word]
        if extra >= 0:
            missing &= ~world.nodes[world.num_visits + extra, word]
        for c in range(shifts[s, CHAIN_LOW], shifts[s, CHAIN_HIGH]):
            other = world.lists[c, 0]
            r = row if other == s else other
            if missing == 0:
                break
            for i in range(plan.figures[r, SIZE]):
                stop = plan.cells[r, ORDER, i]
                if stop >= world.num_visits and missing & world.nodes[stop, word] != 0:
                    missing &= ~world.nodes[stop, word]
                    if missing == 0 and other == s:
                        first = max(first, i + 1)
            if other == s:
                break
        if missing != 0:
            return NOWHERE
    return first


@compiled_part
def earliest_supplied(node: int, extra: int, row: int, s: int, plan: Plan, world: World) -> int:
    """
    First position in a row of shift ``s`` where a visit finds its tools and leaves enough parts for all behind it.

    It may be behind the end of the row. ``extra`` is a depot visited just before, or -1.
    """
    if world.nodes[node, NEEDS] == NO_NEEDS:
        return 0
    first = 0
    for word in range(PIECES + world.num_parts, world.nodes.shape[1]):
        if world.nodes[node, word] & ~world.shifts[s, TRUNK - PIECES + word] != 0:
            first = earliest_with_tools(node, extra, row, s, plan, world)
    t, trunk = world.shifts[s, TECHNICIAN], world.shifts[s, FIRST]
    for q in range(world.nodes[node, PARTS], world.nodes[node, PARTS] + world.nodes[node, NUM_PARTS]):
        part, pieces = world.lists[q, 0], world.lists[q, 1]
        if plan.load[t, part] + pieces > world.shifts[trunk, TRUNK + part]:
            if plan.left.shape[0] == 0:
                return NOWHERE
            first = max(first, earliest_with_part(part, pieces, extra, row, s, plan, world))
    return first


@compiled_part
def load_trunk(s: int, plan: Plan, world: World) -> None:
    """Put on the desk how many pieces of each part the technician of a shift begins with."""
    first = world.shifts[s, FIRST]
    for part in range(world.num_parts):
        plan.desk[CARRIED, part] = world.shifts[first, TRUNK + part]


@compiled_part
def load_at_depot(row: int, s: int, other: int, k: int, plan: Plan, world: World) -> None:
    """Add what the depot at stop ``k`` of shift ``other`` has to what is carried on the desk, if that is new."""
    node = plan.cells[row if other == s else other, ORDER, k]
    if not visited_before(node, row, s, other, k, plan, world):
        for part in range(world.num_parts):
            gain = available(node - world.num_visits, part, world.shifts[s, TECHNICIAN], plan, world)
            plan.desk[CARRIED, part] = min(plan.desk[CARRIED, part] + gain, UNLIMITED)


@compiled_part
def first_lack(row: int, s: int, plan: Plan, world: World) -> int:
    """
    Position in a row of shift ``s`` of the first stop that lacks something there or later on, or NOWHERE if none.

    A lack in a later shift counts as one at the end of the row, one in an earlier shift as one at its start.
    """
    load_trunk(s, plan, world)
    balance, shifts = plan.desk[CARRIED], world.shifts
    at = 0
    for c in range(shifts[s, CHAIN_LOW], shifts[s, CHAIN_HIGH]):
        other = world.lists[c, 0]
        r = row if other == s else other
        for i in range(plan.figures[r, SIZE]):
            if other == s:
                at = i
            node = plan.cells[r, ORDER, i]
            if node >= world.num_visits:
                load_at_depot(row, s, other, i, plan, world)
                continue
            if lacks_tools_on_chain(node, row, s, other, i, plan, world):
                return at
            for q in range(world.nodes[node, PARTS], world.nodes[node, PARTS] + world.nodes[node, NUM_PARTS]):
                balance[world.lists[q, 0]] -= world.lists[q, 1]
                if balance[world.lists[q, 0]] < 0:
                    return at
        if other == s:
            at = plan.figures[r, SIZE]
    return NOWHERE


@compiled_part
def lacks_tools_on_chain(node: int, row: int, s: int, other: int, k: int, plan: Plan, world: World) -> bool:
    """Whether stop ``k`` of shift ``other`` has not got its tools by then, ``row`` standing for shift ``s``."""
    for word in range(PIECES + world.num_parts, world.nodes.shape[1]):
        missing = world.nodes[node, word] & ~world.shifts[other, TRUNK - PIECES + word]
        if missing == 0:
            continue
        for c in range(world.shifts[s, CHAIN_LOW], world.shifts[s, CHAIN_HIGH]):
            r = row if world.lists[c, 0] == s else world.lists[c, 0]
            for i in range(k if world.lists[c, 0] == other else plan.figures[r, SIZE]):
                if plan.cells[r, ORDER, i] >= world.num_visits:
                    missing &= ~world.nodes[plan.cells[r, ORDER, i], word]
            if world.lists[c, 0] == other:
                break
        if missing != 0:
            return True
    return False


@compiled_part
def draw(part: int, pieces: int, t: int, passed: Ints, plan: Plan) -> None:
    """Note pieces fetched at the depots passed so far, the fullest first; one that never runs out needs no note."""
    while pieces > 0:
        best = -1
        for d in range(plan.left.shape[0]):
            if passed[d] and (best < 0 or plan.left[d, part] > plan.left[best, part]):
                best = d
        if best < 0 or plan.left[best, part] <= 0 or plan.left[best, part] >= UNLIMITED:
            break
        count = min(pieces, plan.left[best, part])
        plan.left[best, part] -= count
        plan.taken[t, best, part] += count
        pieces -= count


@compiled_part
def give_back(t: int, plan: Plan) -> bool:
    """Put back what a technician fetches; whether that was anything."""
    was_any = False
    for d in range(plan.left.shape[0]):
        for part in range(plan.left.shape[1]):
            if plan.taken[t, d, part] > 0:
                plan.left[d, part] += plan.taken[t, d, part]
                plan.taken[t, d, part] = 0
                was_any = True
    return was_any


@compiled_part
def draw_again(s: int, plan: Plan, world: World) -> bool:
    """Work out what the technician of a shift fetches of the parts that may run out; whether it matters to others."""
    load_trunk(s, plan, world)
    t, carried, passed = world.shifts[s, TECHNICIAN], plan.desk[CARRIED], plan.desk[PASSED]
    matters, num_passed = give_back(t, plan), 0
    for d in range(plan.left.shape[0]):
        passed[d] = 0
    for c in range(world.shifts[s, CHAIN_LOW], world.shifts[s, CHAIN_HIGH]):
        r = world.lists[c, 0]
        for i in range(plan.figures[r, SIZE]):
            node = plan.cells[r, ORDER, i]
            if node >= world.num_visits:
                passed[node - world.num_visits] = 1
                num_passed += 1
                continue
            for q in range(world.nodes[node, PARTS], world.nodes[node, PARTS] + world.nodes[node, NUM_PARTS]):
                part = world.lists[q, 0]
                own = min(carried[part], world.lists[q, 1])
                carried[part] -= own
                if num_passed > 0 and own < world.lists[q, 1]:
                    draw(part, world.lists[q, 1] - own, t, passed, plan)
                    matters = True
    return matters
