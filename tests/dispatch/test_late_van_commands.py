"""Facts about what phones tell late of the van: parts that came, went, were asked for or found damaged."""

from collections.abc import Callable, Iterator

import pytest
import time_machine
from sqlalchemy.orm import Session

from dispatch import vanwork
from dispatch.fieldwork import conflicts
from inventory import ledger, picking, transfers
from inventory.models import Place, Transfer, TransferState
from inventory.picking import PickWanted
from inventory.transfers import TransferWanted
from tests import factories as make
from tests.dispatch.phone import World, told
from tests.factories import at


@pytest.fixture(autouse=True)
def noon() -> Iterator[time_machine.Traveller]:
    """The phone finds a signal at noon."""
    with time_machine.travel(at(12), tick=False) as clock:
        yield clock


@pytest.fixture
def world(session: Session) -> Iterator[World]:
    made = World.made(session)
    yield made
    made.assert_books_agree()


def requested(world: World, origin: Place, destination: Place) -> Transfer:
    """Two batteries that are to be brought from one place to the other."""
    return transfers.request(
        world.session,
        from_place_id=origin.id,
        to_place_id=destination.id,
        lines=[TransferWanted(world.battery.id, 2)],
        reason="For the van",
        actor_id=None,
    )


def brought(world: World) -> Transfer:
    """Two batteries on their way from the depot to the van."""
    transfer = requested(world, world.depot, world.technician.trunk)
    transfers.pick(world.session, transfer_id=transfer.id)
    return transfers.ship(world.session, transfer_id=transfer.id, actor_id=None)


def count_batteries(world: World, counted: int) -> None:
    """Correct the batteries of the van to what somebody counted."""
    ledger.correct(
        world.session,
        place_id=world.technician.trunk_id,
        part_id=world.battery.id,
        counted=counted,
        reason="Count",
        actor_id=None,
    )


def line(transfer: Transfer, *, good: int, damaged: int = 0, remark: str = "") -> dict[str, object]:
    return {
        "line": transfer.lines[0].id,
        "good": good,
        "damaged": damaged,
        "remark": remark,
        "serials": [],
        "damaged_serials": [],
    }


def test_what_was_received_without_a_signal_is_in_the_van(world: World) -> None:
    transfer = brought(world)

    answer = world.tell("receive_transfer", at(9), transfer=transfer.id, lines=[])

    assert (answer.outcome.value, transfer.state, world.van()) == ("done", TransferState.RECEIVED, (5, 1))


def test_what_was_missing_is_told_with_its_remark(world: World) -> None:
    transfer = brought(world)

    world.tell("receive_transfer", at(9), transfer=transfer.id, lines=[line(transfer, good=1, remark="One lacks")])

    assert (transfer.lines[0].missing, transfer.lines[0].remark, world.van()) == (1, "One lacks", (4, 1))


@pytest.mark.parametrize(
    ("good", "outcome"),
    [
        (2, "merged"),
        # Two people counted the same box differently: a dispatcher looks.
        (1, "conflict"),
    ],
)
def test_a_transfer_that_was_received_meanwhile_is_merged_if_the_numbers_agree(
    world: World, good: int, outcome: str
) -> None:
    transfer = brought(world)
    vanwork.receive(world.session, world.technician, transfer_id=transfer.id)

    answer = world.tell("receive_transfer", at(9), transfer=transfer.id, lines=[line(transfer, good=good, remark="?")])

    assert (answer.outcome.value, world.van()) == (outcome, (5, 1))


def test_handing_over_twice_gives_once(world: World) -> None:
    colleague = make.add_technician(world.session)
    transfer = requested(world, world.technician.trunk, colleague.trunk)

    answers = [world.tell("hand_over", at(9), transfer=transfer.id, serials={}) for _ in range(2)]

    assert (told(answers), transfer.state, world.van()) == (["done", "merged"], TransferState.SHIPPED, (1, 1))


def test_a_part_that_was_asked_for_is_on_a_transfer_to_the_van(world: World) -> None:
    world.tell("ask_parts", at(9), from_place=world.depot.code, sku="P-1042", quantity=2, reason="Runs low")

    [transfer] = vanwork.of_van(world.session, world.technician)
    assert (transfer.from_place_id, transfer.lines[0].requested, transfer.reason) == (world.depot.id, 2, "Runs low")


def test_damaged_pieces_leave_the_stock_of_the_van(world: World) -> None:
    answer = world.tell("report_damaged", at(9), sku="P-1042", quantity=1, serials=[], reason="Fell down")

    assert (answer.outcome.value, world.van()) == ("done", (2, 1))


def receive_of(world: World) -> tuple[str, dict[str, object]]:
    return "receive_transfer", {"transfer": brought(world).id, "lines": []}


def load_of(world: World) -> tuple[str, dict[str, object]]:
    pick_list = picking.draw_up(
        world.session,
        warehouse_id=world.depot.id,
        trunk_id=world.technician.trunk_id,
        day=at(9).date(),
        lines=[PickWanted(world.battery.id, 2)],
    )
    return "load", {"pick_list": pick_list.id, "serials": {}}


@pytest.mark.parametrize("coming", [receive_of, load_of])
def test_a_count_after_it_happened_may_have_the_pieces_already(
    world: World, coming: Callable[[World], tuple[str, dict[str, object]]]
) -> None:
    action, values = coming(world)
    count_batteries(world, 5)

    answer = world.tell(action, at(9), **values)

    assert answer.conflict is not None
    assert (answer.outcome.value, answer.conflict.refusal["code"], world.van()) == ("conflict", "counted_since", (5, 1))
    conflicts.accept(world.session, conflict_id=answer.conflict.id, actor_id=make.add_person(world.session).id)
    assert world.van() == (7, 1)


@pytest.mark.parametrize(
    ("action", "values"),
    [
        ("receive_transfer", {"transfer": 999, "lines": []}),
        ("hand_over", {"transfer": 999, "serials": {}}),
        ("ask_parts", {"from_place": "NOWHERE", "sku": "P-1042", "quantity": 1, "reason": "Low"}),
        ("ask_parts", {"from_place": "MAIN", "sku": "P-NONE", "quantity": 1, "reason": "Low"}),
        ("report_damaged", {"sku": "P-NONE", "quantity": 1, "serials": [], "reason": "Fell"}),
    ],
)
def test_what_there_is_not_is_refused_for_the_technician_to_correct(
    world: World, action: str, values: dict[str, object]
) -> None:
    answer = world.tell(action, at(9), **values)

    assert (answer.outcome.value, world.conflicts()) == ("refused", [])


@pytest.mark.parametrize(("action", "values"), [("receive_transfer", {"lines": []}), ("hand_over", {"serials": {}})])
def test_another_vans_transfer_is_refused_whatever_was_counted_since(
    world: World, action: str, values: dict[str, object]
) -> None:
    colleagues = [make.add_technician(world.session).trunk for _ in range(2)]
    transfer = requested(world, *colleagues)
    count_batteries(world, 5)

    assert world.tell(action, at(9), transfer=transfer.id, **values).outcome.value == "refused"
