"""
Facts about every order in which the commands of a visit may reach us.

Whatever is lost on the way, comes late, twice or out of order: in the end the records are those of the right order, or
what stands against them is kept as a conflict. No part is lost and none is booked twice.
"""

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest
import time_machine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from dispatch.fieldwork.late import PhoneAction, PhoneCommand
from tests.dispatch.phone import World
from tests.factories import at

# What a technician does at a visit, in the right order: when, what, and with which values.
Act = tuple[dt.datetime, PhoneAction, Mapping[str, Any]]
SKU: Mapping[str, Any] = {"sku": "P-1042", "quantity": 1}
GO: Act = (at(8, 30), PhoneAction.SET_OFF, {})
BE_THERE: Act = (at(8, 55), PhoneAction.ARRIVE, {})
USE: Act = (at(9, 10), PhoneAction.USE_PART, SKU)
USE_MORE: Act = (at(9, 15), PhoneAction.USE_PART, {"sku": "P-1042", "quantity": 2})
SWAP: Act = (at(9, 20), PhoneAction.TAKE_SERIALS, {"serial_in": "NEW-1"})
DONE: Act = (at(9, 40), PhoneAction.COMPLETE, {"note": "done", "signed_by": "Wang"})
NOBODY: Act = (at(9, 40), PhoneAction.CANNOT_COMPLETE, {"reason": "no_access"})
LACKS: Act = (at(9, 40), PhoneAction.CANNOT_COMPLETE, {"reason": "needs_part", **SKU})
WRONG: Act = (at(9, 40), PhoneAction.CANNOT_COMPLETE, {"reason": "wrong_part"})
ANOTHER: Act = (at(9, 40), PhoneAction.CANNOT_COMPLETE, {"reason": "needs_skill", "skill": "network", "level": 2})
ENDINGS = (DONE, NOBODY, LACKS, WRONG, ANOTHER)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(at(12), tick=False):
        yield


@pytest.fixture
def world(session: Session) -> World:
    return World.made(session)


def send(world: World, acts: Sequence[Act]) -> None:
    """Send acts in this order, the same act with the same id, and look whether any part went astray."""
    outcomes: dict[str, str] = {}
    for act in acts:
        happened_at, action, values = act
        command = PhoneCommand(
            id=f"act-{id(act)}", action=action, happened_at=happened_at, visit_id=world.visit.id, values=values
        )
        outcome = world.receive(command)
        assert (outcome == "done_before") == (outcomes.get(command.id) in {"done", "merged"}), (action, outcome)
        outcomes.setdefault(command.id, outcome)
    world.assert_books_agree()
    told = sum(act[2]["quantity"] for act in {id(act): act for act in acts}.values() if act[1] == "use_part")
    kept = sum(conflict.payload["quantity"] for conflict in world.conflicts() if conflict.action == "use_part")
    assert world.used() + kept == told
    assert world.van()[0] == 3 - world.used()


def ended(world: World, acts: Sequence[Act]) -> tuple[Mapping[str, Any], int]:
    """What is on record when acts were sent in this order, and how many conflicts; afterwards nothing of it stays."""
    session = world.session
    # Loaded before, so that undoing what happens next leaves them.
    session.flush()
    nested = session.begin_nested()
    try:
        send(world, acts)
        return world.state(), len(world.conflicts())
    finally:
        nested.rollback()
        session.expire_all()


# All orders on one database; the mixtures below are tried on both.
on_sqlite = pytest.mark.parametrize("engine", ["sqlite"], indirect=True)


@on_sqlite
@pytest.mark.parametrize("ending", ENDINGS, ids=lambda act: act[2].get("reason", "done"))
def test_every_order_of_a_visits_commands_ends_like_the_right_one(world: World, ending: Act) -> None:
    right, kept = ended(world, [GO, BE_THERE, USE, ending])
    assert kept == 0

    for acts in itertools.permutations([GO, BE_THERE, USE, ending]):
        assert ended(world, acts) == (right, 0), [action for _, action, _ in acts]


@on_sqlite
@pytest.mark.parametrize("missing", [(GO,), (BE_THERE,), (GO, BE_THERE), (GO, BE_THERE, USE)])
def test_every_order_ends_alike_when_steps_were_never_told(world: World, missing: tuple[Act, ...]) -> None:
    acts = [act for act in (GO, BE_THERE, USE, USE_MORE, DONE) if act not in missing]
    right, kept = ended(world, acts)
    assert kept == 0

    for mixed in itertools.permutations(acts):
        assert ended(world, mixed) == (right, 0), [action for _, action, _ in mixed]


@on_sqlite
def test_a_command_that_comes_twice_at_any_moment_acts_once(world: World) -> None:
    acts = [GO, BE_THERE, USE, DONE]
    right, _ = ended(world, acts)

    for twice, place in itertools.product(acts, range(5)):
        assert ended(world, [*acts[:place], twice, *acts[place:]]) == (right, 0)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_mixture_ends_like_the_right_order_or_in_conflicts(world: World, data: st.DataObject) -> None:
    ending = data.draw(st.sampled_from(ENDINGS))
    told = [*data.draw(st.lists(st.sampled_from([GO, BE_THERE, USE, USE_MORE, SWAP]), unique_by=id)), ending]
    right, _ = ended(world, sorted(told, key=lambda act: act[0]))
    again = data.draw(st.lists(st.sampled_from(told), max_size=4))
    mixed = data.draw(st.permutations([*told, *again]))

    state, kept = ended(world, mixed)

    assert kept or state == right


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mixed=st.permutations([GO, BE_THERE, USE, USE_MORE, DONE, NOBODY]))
def test_two_ends_that_contradict_each_other_leave_a_conflict_and_no_part_astray(
    world: World, mixed: list[Act]
) -> None:
    _, kept = ended(world, mixed)

    assert kept >= 1
