"""Facts about defective pieces on their way back: cores, the bench, returns to suppliers, and what they come to."""

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session
from time_machine import travel

from core.errors import DomainError
from inventory import ledger, returns, rmas
from inventory.audit import find_differences
from inventory.errors import SerialElsewhere, TextNotUsable, WrongNumberOfSerials
from inventory.models import Core, CoreState, Movement, MovementKind, Part, Place, PlaceKind, Rma, RmaState
from inventory.places import place_of_kind
from inventory.returns_errors import (
    CoreAtOtherWarehouse,
    CoreNotInState,
    CoreNotOwed,
    NoCoreNamed,
    RmaNotInState,
    UnknownCore,
    UnknownRma,
)
from inventory.suppliers import add_supplier
from inventory.tracing import custody
from inventory.yields import AGES, ExpectedRepair, age_class, debts, expected_repairs, yields
from tests.inventory.stock import StockRoom, add_part

MONDAY = dt.datetime(2026, 11, 23, 9, tzinfo=dt.UTC)


@pytest.fixture
def printer(room: StockRoom) -> int:
    """The printer, which must come back."""
    room.session.get_one(Part, room.printer).core_due = True
    return room.printer


def used(room: StockRoom, part_id: int, *, reference: str = "J-1", quantity: int = 1) -> list[Core]:
    """Cores of pieces that were used at a shop from the van."""
    room.stock(room.van, part_id, quantity)
    ledger.consume(
        room.session, part_id=part_id, quantity=quantity, place_id=room.van, reference=reference, actor_id=None
    )
    return returns.owe(room.session, part_id=part_id, quantity=quantity, trunk_id=room.van, reference=reference)


def received(room: StockRoom, part_id: int, *, reference: str = "J-1") -> Core:
    """A core that lies in the northern quarantine."""
    [core] = used(room, part_id, reference=reference)
    returns.take(room.session, core_id=core.id, actor_id=None)
    receive(room, core.id)
    return core


def receive(room: StockRoom, core_id: int) -> list[Core]:
    return returns.receive(room.session, core_ids=[core_id], warehouse_id=room.north, actor_id=None)


def on_bench(room: StockRoom, part_id: int) -> Core:
    return returns.put_on_bench(room.session, core_id=received(room, part_id).id, actor_id=None)


def held(session: Session) -> dict[PlaceKind, int]:
    """Pieces on hand by kind of place, as the ledger sums up."""
    into = sa.select(Place.kind, Movement.quantity.label("pieces")).join(Place, Place.id == Movement.to_place_id)
    out = sa.select(Place.kind, (-Movement.quantity).label("pieces")).join(Place, Place.id == Movement.from_place_id)
    both = sa.union_all(into, out).subquery()
    rows = session.execute(sa.select(both.c.kind, sa.func.sum(both.c.pieces)).group_by(both.c.kind)).all()
    return {kind: pieces for kind, pieces in rows if pieces}


def last_movement(session: Session) -> Movement:
    return session.scalars(sa.select(Movement).order_by(Movement.id.desc()).limit(1)).one()


def test_a_used_part_that_must_come_back_is_owed_and_nothing_moves(room: StockRoom, printer: int) -> None:
    cores = used(room, printer, quantity=2)

    assert [(core.state, core.trunk_id, core.reference) for core in cores] == [(CoreState.DUE, room.van, "J-1")] * 2
    assert held(room.session) == {PlaceKind.SUPPLIER: -2, PlaceKind.CUSTOMER: 2}


def test_a_part_that_need_not_come_back_is_not_owed(room: StockRoom) -> None:
    with pytest.raises(CoreNotOwed, match="BAT-1"):
        returns.owe(room.session, part_id=room.battery, quantity=1, trunk_id=room.van, reference="J-1")


def test_a_core_goes_through_box_quarantine_and_bench_back_to_stock(room: StockRoom, printer: int) -> None:
    [core] = used(room, printer)
    way = []
    for step in (
        lambda: returns.take(room.session, core_id=core.id, actor_id=None),
        lambda: receive(room, core.id),
        lambda: returns.put_on_bench(room.session, core_id=core.id, actor_id=None),
        lambda: returns.repair(room.session, core_id=core.id, finding="roller replaced", actor_id=None),
    ):
        step()
        way.append((core.state, held(room.session)))

    outside = {PlaceKind.SUPPLIER: -1}
    assert way == [
        (CoreState.TAKEN, outside | {PlaceKind.CORE_BOX: 1}),
        (CoreState.RECEIVED, outside | {PlaceKind.QUARANTINE: 1}),
        (CoreState.ON_BENCH, outside | {PlaceKind.BENCH: 1}),
        (CoreState.REPAIRED, outside | {PlaceKind.WAREHOUSE: 1}),
    ]
    assert room.level(room.north, printer) == (1, 0)
    assert core.finding == "roller replaced"
    assert find_differences(room.session) == []


def test_a_defective_piece_is_worth_nothing_until_it_is_repaired(room: StockRoom, printer: int) -> None:
    core = on_bench(room, printer)
    before = last_movement(room.session).unit_cost_cents

    returns.repair(room.session, core_id=core.id, finding="cleaned", actor_id=None)

    repaired = last_movement(room.session)
    assert (before, repaired.kind, repaired.unit_cost_cents) == (0, MovementKind.REPAIR, 100)


@pytest.mark.parametrize("bench", [False, True])
def test_a_piece_beyond_repair_is_scrapped_with_its_reason(room: StockRoom, printer: int, bench: bool) -> None:
    core = on_bench(room, printer) if bench else received(room, printer)

    returns.scrap(room.session, core_id=core.id, finding="board corroded", actor_id=None)

    assert core.state is CoreState.SCRAPPED
    assert held(room.session) == {PlaceKind.SUPPLIER: -1, PlaceKind.SCRAP: 1}
    assert last_movement(room.session).reason == "board corroded"


def test_a_core_that_the_customer_kept_is_written_off_without_a_movement(room: StockRoom, printer: int) -> None:
    [core] = used(room, printer)
    before = last_movement(room.session).id

    returns.write_off(room.session, core_id=core.id, reason="customer kept it", actor_id=None)

    assert (core.state, core.finding, last_movement(room.session).id) == (CoreState.LOST, "customer kept it", before)


def test_a_core_that_is_lost_from_the_van_is_corrected(room: StockRoom, printer: int) -> None:
    [core] = used(room, printer)
    returns.take(room.session, core_id=core.id, actor_id=None)

    returns.write_off(room.session, core_id=core.id, reason="van was broken into", actor_id=None)

    assert last_movement(room.session).kind is MovementKind.CORRECTION
    assert held(room.session) == {PlaceKind.SUPPLIER: -1, PlaceKind.CORRECTION: 1}
    assert find_differences(room.session) == []


Act = Callable[[StockRoom, int], object]


@pytest.mark.parametrize(
    ("act", "refusal"),
    [
        (receive, CoreNotInState),
        (lambda room, core: returns.put_on_bench(room.session, core_id=core, actor_id=None), CoreNotInState),
        (lambda room, core: returns.repair(room.session, core_id=core, finding="x", actor_id=None), CoreNotInState),
        (lambda room, core: returns.scrap(room.session, core_id=core, finding="x", actor_id=None), CoreNotInState),
        (lambda room, core: returns.take(room.session, core_id=core + 99, actor_id=None), UnknownCore),
        (lambda room, core: returns.write_off(room.session, core_id=core, reason=" ", actor_id=None), TextNotUsable),
    ],
)  # fmt: skip
def test_a_step_that_is_not_next_is_refused_and_nothing_changes(
    room: StockRoom, printer: int, act: Act, refusal: type[DomainError]
) -> None:
    [core] = used(room, printer)
    before = held(room.session)

    with pytest.raises(refusal):
        act(room, core.id)

    room.session.expire_all()
    assert (core.state, held(room.session)) == (CoreState.DUE, before)


def test_a_core_is_taken_only_once(room: StockRoom, printer: int) -> None:
    [core] = used(room, printer)
    returns.take(room.session, core_id=core.id, actor_id=None)

    with pytest.raises(CoreNotInState, match="taken"):
        returns.take(room.session, core_id=core.id, actor_id=None)

    assert held(room.session)[PlaceKind.CORE_BOX] == 1


def test_of_several_cores_all_are_received_or_none(room: StockRoom, printer: int) -> None:
    first, second = used(room, printer, quantity=2)
    returns.take(room.session, core_id=first.id, actor_id=None)

    with pytest.raises(CoreNotInState):
        returns.receive(room.session, core_ids=[first.id, second.id], warehouse_id=room.north, actor_id=None)

    assert first.state is CoreState.TAKEN
    assert held(room.session)[PlaceKind.CORE_BOX] == 1


def test_pieces_that_were_damaged_on_the_way_become_cores_that_nobody_owes(room: StockRoom, printer: int) -> None:
    quarantine = place_of_kind(room.session, PlaceKind.QUARANTINE, home_id=room.north)
    moved = ledger.entry(
        MovementKind.TRANSFER, part_id=printer, quantity=2, from_place_id=room.north, to_place_id=quarantine.id,
        reference="T-1", actor_id=None,
    )  # fmt: skip
    room.stock(room.north, printer, 2)
    ledger.book(room.session, entries=[moved])

    first, second = returns.admit_damaged(
        room.session, part_id=printer, quantity=2, place_id=quarantine.id, reference="T-1"
    )
    returns.put_on_bench(room.session, core_id=first.id, actor_id=None)
    returns.repair(room.session, core_id=first.id, finding="case bent back", actor_id=None)

    assert (second.state, second.trunk_id) == (CoreState.RECEIVED, None)
    assert room.level(room.north, printer) == (1, 0)


@pytest.fixture
def tracked(room: StockRoom) -> int:
    """A part whose pieces have numbers and must come back."""
    part_id = add_part(room.session, "RDR-1", serial_tracked=True)
    room.session.get_one(Part, part_id).core_due = True
    return part_id


def owe_tracked(room: StockRoom, part_id: int) -> Core:
    ledger.receive(
        room.session, place_id=room.van, pieces={part_id: 1}, reference="DN-1", actor_id=None, serials={part_id: ["N1"]}
    )
    ledger.consume(
        room.session, part_id=part_id, quantity=1, place_id=room.van, reference="J-1", actor_id=None, serials=["N1"]
    )
    return returns.owe(room.session, part_id=part_id, quantity=1, trunk_id=room.van, reference="J-1")[0]


def test_a_tracked_core_keeps_its_number_all_the_way(room: StockRoom, tracked: int) -> None:
    core = owe_tracked(room, tracked)
    returns.take(room.session, core_id=core.id, serial="OLD-7", actor_id=None)
    receive(room, core.id)
    returns.put_on_bench(room.session, core_id=core.id, actor_id=None)
    returns.repair(room.session, core_id=core.id, finding="new slot", actor_id=None)

    way = custody(room.session, sku="RDR-1", number="OLD-7")
    assert [movement.to_place.kind for movement in way.movements] == [
        PlaceKind.CORE_BOX,
        PlaceKind.QUARANTINE,
        PlaceKind.BENCH,
        PlaceKind.WAREHOUSE,
    ]
    assert find_differences(room.session) == []


@pytest.mark.parametrize(
    ("gtin", "sku"),
    [
        ("05601234567892", "RDR-1"),
        # The reader of another maker, with the same number.
        ("05601234567908", "RDR-2"),
        # No part of the catalogue has this trade number, so the piece's own number has to do.
        ("05601234567915", "RDR-1"),
    ],
)
def test_a_label_that_names_part_and_piece_finds_no_core_of_another_part(room: StockRoom, gtin: str, sku: str) -> None:
    for name, barcode in (("RDR-1", "5601234567892"), ("RDR-2", "5601234567908")):
        part = room.session.get_one(Part, add_part(room.session, name, serial_tracked=True))
        part.core_due, part.barcode = True, barcode
        returns.take(room.session, core_id=owe_tracked(room, part.id).id, serial="OLD-7", actor_id=None)

    assert returns.core_scanned(room.session, f"(01){gtin}(21)OLD-7").part.sku == sku


@pytest.mark.parametrize("refusal", [WrongNumberOfSerials, SerialElsewhere])
def test_a_tracked_core_needs_a_number_that_is_at_the_customers(
    room: StockRoom, tracked: int, refusal: type[DomainError]
) -> None:
    core = owe_tracked(room, tracked)
    ledger.receive(
        room.session, place_id=room.north, pieces={tracked: 1}, reference="DN-2", actor_id=None,
        serials={tracked: ["N2"]},
    )  # fmt: skip
    serial = "N2" if refusal is SerialElsewhere else ""

    with pytest.raises(refusal):
        returns.take(room.session, core_id=core.id, serial=serial, actor_id=None)

    room.session.expire_all()
    assert (core.state, core.place_id) == (CoreState.DUE, None)


def open_rma(room: StockRoom, *cores: Core) -> Rma:
    supplier = add_supplier(room.session, code="PRINTCO", name="Print & Co")
    return rmas.open_rma(
        room.session, supplier_id=supplier.id, warehouse_id=room.north, core_ids=[core.id for core in cores]
    )


def shipped(room: StockRoom, *cores: Core) -> Rma:
    return rmas.ship(room.session, rma_id=open_rma(room, *cores).id, supplier_reference="A-77", actor_id=None)


def test_cores_on_an_rma_stay_until_they_are_shipped(room: StockRoom, printer: int) -> None:
    core = received(room, printer)

    rma = open_rma(room, core)
    waiting = held(room.session)
    rmas.ship(room.session, rma_id=rma.id, supplier_reference="A-77", actor_id=None)

    assert waiting == {PlaceKind.SUPPLIER: -1, PlaceKind.QUARANTINE: 1}
    assert held(room.session) == {}
    assert (rma.state, rma.supplier_reference, core.state) == (RmaState.SHIPPED, "A-77", CoreState.RETURNING)


def test_a_supplier_who_pays_keeps_the_pieces(room: StockRoom, printer: int) -> None:
    core = received(room, printer)

    rma = rmas.credit(room.session, rma_id=shipped(room, core).id, credit_cents=4200)

    assert (rma.state, rma.credit_cents, core.state) == (RmaState.CREDITED, 4200, CoreState.RETURNED)
    assert find_differences(room.session) == []


def test_a_credit_may_be_larger_than_any_number_of_pieces(room: StockRoom, printer: int) -> None:
    rma = shipped(room, received(room, printer))

    assert rmas.credit(room.session, rma_id=rma.id, credit_cents=1_250_000).credit_cents == 1_250_000


def test_a_supplier_who_replaces_fills_the_shelf(room: StockRoom, printer: int) -> None:
    cores = [received(room, printer), received(room, printer, reference="J-2")]

    rma = rmas.replace(room.session, rma_id=shipped(room, *cores).id, actor_id=None)

    assert (rma.state, {core.state for core in cores}) == (RmaState.REPLACED, {CoreState.RETURNED})
    assert room.level(room.north, printer) == (2, 0)
    assert find_differences(room.session) == []


def test_a_supplier_who_refuses_sends_the_pieces_back_into_quarantine(room: StockRoom, printer: int) -> None:
    core = on_bench(room, printer)

    rma = rmas.refuse(room.session, rma_id=shipped(room, core).id, actor_id=None)
    again = open_rma(room, core)

    assert (rma.state, again.state, core.state) == (RmaState.REFUSED, RmaState.OPEN, CoreState.RETURNING)
    assert held(room.session) == {PlaceKind.SUPPLIER: -1, PlaceKind.QUARANTINE: 1}


def test_a_cancelled_rma_leaves_its_cores_where_they_were(room: StockRoom, printer: int) -> None:
    lying, tested = received(room, printer), on_bench(room, printer)

    rmas.cancel(room.session, rma_id=open_rma(room, lying, tested).id)

    assert (lying.state, tested.state) == (CoreState.RECEIVED, CoreState.ON_BENCH)


def test_an_rma_takes_only_cores_of_its_own_warehouse(room: StockRoom, printer: int) -> None:
    core = received(room, printer)
    supplier = add_supplier(room.session, code="PRINTCO", name="Print & Co")

    with pytest.raises(CoreAtOtherWarehouse, match=r"NORTH.*SOUTH"):
        rmas.open_rma(room.session, supplier_id=supplier.id, warehouse_id=room.south, core_ids=[core.id])
    with pytest.raises(NoCoreNamed):
        rmas.open_rma(room.session, supplier_id=supplier.id, warehouse_id=room.south, core_ids=[])

    assert core.state is CoreState.RECEIVED


def test_an_rma_is_shipped_once_and_decided_after_that(room: StockRoom, printer: int) -> None:
    rma = open_rma(room, received(room, printer))

    with pytest.raises(RmaNotInState, match="open"):
        rmas.credit(room.session, rma_id=rma.id, credit_cents=1)
    rmas.ship(room.session, rma_id=rma.id, supplier_reference="A-77", actor_id=None)
    with pytest.raises(RmaNotInState, match="shipped"):
        rmas.ship(room.session, rma_id=rma.id, supplier_reference="A-78", actor_id=None)
    with pytest.raises(RmaNotInState):
        rmas.cancel(room.session, rma_id=rma.id)
    with pytest.raises(UnknownRma):
        rmas.cancel(room.session, rma_id=rma.id + 1)

    assert rma.supplier_reference == "A-77"


def test_yield_and_turnaround_follow_from_what_was_closed(room: StockRoom, printer: int) -> None:
    for days, finding in ((2, "repair"), (6, "repair"), (10, "repair"), (1, "scrap")):
        with travel(MONDAY, tick=False):
            core = on_bench(room, printer)
        with travel(MONDAY + dt.timedelta(days=days), tick=False):
            finish = returns.repair if finding == "repair" else returns.scrap
            finish(room.session, core_id=core.id, finding=finding, actor_id=None)

    found = yields(room.session)[printer]

    assert (found.closed, found.repaired, found.share, found.turnaround_days) == (4, 3, 0.75, 6.0)


def test_cores_on_the_way_are_expected_at_their_usual_yield(room: StockRoom, printer: int) -> None:
    for finish, days in ((returns.repair, 4), (returns.scrap, 1)):
        with travel(MONDAY, tick=False):
            core = on_bench(room, printer)
        with travel(MONDAY + dt.timedelta(days=days), tick=False):
            finish(room.session, core_id=core.id, finding="x", actor_id=None)
    with travel(MONDAY + dt.timedelta(days=2), tick=False):
        received(room, printer)
        [box] = used(room, printer)
        returns.take(room.session, core_id=box.id, actor_id=None)

    today = MONDAY.date() + dt.timedelta(days=5)
    found = expected_repairs(room.session, part_ids=[printer, room.battery], today=today)

    # One has been in quarantine for three days and one has yet to come in; half of both will be repaired.
    assert found == [
        ExpectedRepair(printer, today + dt.timedelta(days=1), 0.5),
        ExpectedRepair(printer, today + dt.timedelta(days=4), 0.5),
    ]


def test_nothing_is_expected_of_a_part_that_was_never_repaired(room: StockRoom, printer: int) -> None:
    received(room, printer)

    assert expected_repairs(room.session, part_ids=[printer], today=MONDAY.date()) == []


@pytest.mark.parametrize(("days", "nth"), [(0, 0), (7, 0), (8, 1), (14, 1), (15, 2), (30, 2), (31, 3)])
def test_debts_are_told_by_age(days: int, nth: int) -> None:
    assert age_class(days) == nth


def test_debts_are_counted_per_van(room: StockRoom, printer: int) -> None:
    with travel(MONDAY, tick=False):
        old, new = used(room, printer, quantity=2)
    new.due_since += dt.timedelta(days=12)

    owed = returns.cores(room.session, states=[CoreState.DUE], trunk_id=room.van)

    assert debts(owed, now=MONDAY + dt.timedelta(days=20)) == {room.van: [0, 1, 1, 0]}
    assert len(AGES) == 3
    assert [core.id for core in owed] == [old.id, new.id]
