"""Facts about what to restock."""

import pytest
from sqlalchemy.orm import Session

from core import clock
from inventory import errors, ledger, picking, reservations, suppliers, transfers
from inventory.models import BackOrder, PlaceKind
from inventory.replenishment import (
    Position,
    ReasonCode,
    RestockProposal,
    Terms,
    draft_orders,
    draw_up_top_up,
    order,
    restock_proposals,
    set_par_level,
    top_up,
)
from tests.inventory.stock import DAY, StockRoom


@pytest.mark.parametrize(
    ("available", "coming", "in_warehouse", "expected"),
    [
        # At the minimum is enough.
        (2, 0, 9, None),
        (1, 0, 9, (4, ReasonCode.BELOW_MINIMUM)),
        (0, 0, 9, (5, ReasonCode.BELOW_MINIMUM)),
        # What is on an open pick list is as good as there.
        (0, 2, 9, None),
        (0, 1, 9, (4, ReasonCode.BELOW_MINIMUM)),
        # The warehouse has exactly enough, too few, none.
        (0, 0, 5, (5, ReasonCode.BELOW_MINIMUM)),
        (0, 0, 3, (3, ReasonCode.WAREHOUSE_SHORT)),
        (0, 0, 0, (0, ReasonCode.WAREHOUSE_EMPTY)),
        # More is promised on pick lists than the warehouse has.
        (0, 0, -2, (0, ReasonCode.WAREHOUSE_EMPTY)),
    ],
)
def test_a_trunk_below_its_minimum_is_filled_up_to_its_target(
    available: int, coming: int, in_warehouse: int, expected: tuple[int, ReasonCode] | None
) -> None:
    restock = top_up(available=available, coming=coming, minimum=2, target=5, in_warehouse=in_warehouse)

    assert (restock and (restock.quantity, restock.reason.code)) == expected


@pytest.mark.parametrize(
    ("available", "reorder_point", "target", "pack_size", "expected"),
    [
        # Above the reorder point nothing is ordered, at it and below it up to the target.
        (5, 4, 12, 1, None),
        (4, 4, 12, 1, 8),
        (2, 4, 12, 5, 10),
        # Whole packs that reach the target, even where they exceed it.
        (3, 4, 12, 5, 10),
        (0, 4, 12, 20, 20),
        # Not kept there, or no room above the reorder point.
        (0, 0, 0, 5, None),
        (4, 4, 4, 5, None),
    ],
)
def test_a_warehouse_at_its_reorder_point_orders_whole_packs(
    available: int, reorder_point: int, target: int, pack_size: int, expected: int | None
) -> None:
    restock = order(Position(available), reorder_point=reorder_point, target=target, terms=Terms(pack_size, 12))

    assert (restock and restock.quantity) == expected


@pytest.mark.parametrize(
    ("position", "target", "expected"),
    [
        # What is on order counts as there, what is waited for as gone.
        (Position(2, on_order=5), 12, None),
        (Position(9, waited_for=5), 12, 8),
        (Position(0, on_order=10, waited_for=7), 12, 9),
        # A part that is not kept is ordered for those who wait for it, as far as nothing is there for them.
        (Position(0, waited_for=2), 0, 2),
        (Position(1, on_order=1, waited_for=2), 0, None),
        (Position(1, waited_for=2), 0, 1),
    ],
)
def test_a_warehouse_orders_by_its_position(position: Position, target: int, expected: int | None) -> None:
    restock = order(position, reorder_point=4 if target else 0, target=target, terms=Terms(1, 12))

    assert (restock and restock.quantity) == expected


def test_what_nobody_sells_is_proposed_without_a_quantity() -> None:
    restock = order(Position(0), reorder_point=1, target=3, terms=None)

    assert restock is not None
    assert (restock.quantity, restock.reason.code) == (0, ReasonCode.NOBODY_SELLS)


def test_a_reason_can_be_read() -> None:
    ordered = order(Position(2), reorder_point=4, target=12, terms=Terms(5, 12), per_week=3.14)
    short = top_up(available=0, coming=1, minimum=2, target=5, in_warehouse=3)

    assert ordered is not None
    assert short is not None
    assert str(ordered.reason) == (
        "Lead time 12 days, 3.1 per week, 2 in hand, 0 on order, 0 waited for; reorder point 4, target 12, packs of 5."
    )
    assert "can spare only 3 of 4" in str(short.reason)


def summary(proposals: list[RestockProposal]) -> list[tuple[str, str, int, ReasonCode, str | None]]:
    return [
        (
            proposal.place.code,
            proposal.part.sku,
            proposal.quantity,
            proposal.reason.code,
            proposal.source.code if proposal.source else None,
        )
        for proposal in proposals
    ]


def test_a_place_without_par_levels_is_left_alone(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 1)

    assert restock_proposals(session) == []


def test_reserved_pieces_do_not_count_as_there(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 6)
    reservations.reserve_all(session, wants={room.battery: 4}, place_ids=[room.north], reference="J-1")
    set_par_level(session, place_id=room.north, part_id=room.battery, minimum=4, target=12)

    [proposal] = restock_proposals(session)

    assert (proposal.kind, proposal.quantity, dict(proposal.reason.facts)) == (
        PlaceKind.WAREHOUSE,
        10,
        {
            "in_hand": 2,
            "on_order": 0,
            "waited_for": 0,
            "reorder_point": 4,
            "target": 12,
            "pack_size": 5,
            "lead_time_days": 7,
            "per_week": "?",
        },
    )


def test_a_part_that_was_never_there_is_ordered(session: Session, room: StockRoom) -> None:
    set_par_level(session, place_id=room.south, part_id=room.printer, minimum=0, target=3)

    assert summary(restock_proposals(session)) == [("SOUTH", "PRN-1", 3, ReasonCode.AT_REORDER_POINT, None)]


def test_trunks_are_filled_up_from_the_warehouse_that_can_spare_most(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 3)
    room.stock(room.south, room.battery, 9)
    set_par_level(session, place_id=room.van, part_id=room.battery, minimum=2, target=4)

    assert summary(restock_proposals(session)) == [("VAN-1", "BAT-1", 4, ReasonCode.BELOW_MINIMUM, "SOUTH")]


def test_the_emptier_trunk_is_served_first_and_nothing_is_given_twice(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)
    room.stock(room.van, room.battery, 1)
    for trunk_id in (room.van, room.other_van):
        set_par_level(session, place_id=trunk_id, part_id=room.battery, minimum=2, target=4)

    assert summary(restock_proposals(session)) == [
        ("VAN-1", "BAT-1", 1, ReasonCode.WAREHOUSE_SHORT, "NORTH"),
        ("VAN-2", "BAT-1", 4, ReasonCode.BELOW_MINIMUM, "NORTH"),
    ]


def test_a_need_that_nobody_can_meet_is_shown(session: Session, room: StockRoom) -> None:
    set_par_level(session, place_id=room.van, part_id=room.battery, minimum=2, target=4)

    assert summary(restock_proposals(session)) == [("VAN-1", "BAT-1", 0, ReasonCode.WAREHOUSE_EMPTY, None)]


def test_a_top_up_is_drawn_up_once(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 9)
    set_par_level(session, place_id=room.van, part_id=room.battery, minimum=2, target=4)

    pick_list = draw_up_top_up(session, trunk_id=room.van, warehouse_id=room.north, day=DAY)
    again = draw_up_top_up(session, trunk_id=room.van, warehouse_id=room.north, day=DAY)

    assert pick_list is not None
    assert [(line.part_id, line.quantity, line.reservation_id) for line in pick_list.lines] == [(room.battery, 4, None)]
    assert again is None
    assert restock_proposals(session) == []


def test_two_top_ups_do_not_share_a_piece(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 5)
    for trunk_id in (room.van, room.other_van):
        set_par_level(session, place_id=trunk_id, part_id=room.battery, minimum=2, target=4)

    lists = [
        draw_up_top_up(session, trunk_id=trunk_id, warehouse_id=room.north, day=DAY)
        for trunk_id in (room.van, room.other_van)
    ]
    for pick_list in lists:
        assert pick_list is not None
        picking.confirm_list(session, pick_list_id=pick_list.id, actor_id=None)

    assert room.levels() == {(room.van, room.battery): (4, 0), (room.other_van, room.battery): (1, 0)}
    assert ledger.find_differences(session) == []


def test_nothing_to_bring_draws_up_nothing(session: Session, room: StockRoom) -> None:
    set_par_level(session, place_id=room.van, part_id=room.battery, minimum=2, target=4)

    assert draw_up_top_up(session, trunk_id=room.van, warehouse_id=room.north, day=DAY) is None


def test_a_par_level_is_in_order(session: Session, room: StockRoom) -> None:
    with pytest.raises(errors.ParLevelOutOfOrder, match="3 is below the minimum 4"):
        set_par_level(session, place_id=room.van, part_id=room.battery, minimum=4, target=3)
    with pytest.raises(errors.QuantityOutOfRange):
        set_par_level(session, place_id=room.van, part_id=room.battery, minimum=-1, target=3)


def test_what_is_on_the_way_to_a_trunk_counts_as_there(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 9)
    set_par_level(session, place_id=room.van, part_id=room.battery, minimum=2, target=4)
    wanted = [transfers.TransferWanted(room.battery, 3)]
    moved = transfers.request(
        session, from_place_id=room.north, to_place_id=room.van, lines=wanted, reason="Asked for", actor_id=None
    )

    assert restock_proposals(session) == []
    transfers.pick(session, transfer_id=moved.id)
    assert restock_proposals(session) == []
    transfers.ship(session, transfer_id=moved.id, actor_id=None)
    assert restock_proposals(session) == []


def test_what_is_to_leave_a_warehouse_does_not_count_as_in_hand(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 6)
    set_par_level(session, place_id=room.north, part_id=room.battery, minimum=4, target=12)
    assert restock_proposals(session) == []
    wanted = [transfers.TransferWanted(room.battery, 3)]
    moved = transfers.request(
        session, from_place_id=room.north, to_place_id=room.van, lines=wanted, reason="Asked for", actor_id=None
    )

    def in_hand() -> list[object]:
        return [proposal.reason.facts["in_hand"] for proposal in restock_proposals(session)]

    assert in_hand() == [3]
    transfers.pick(session, transfer_id=moved.id)
    assert in_hand() == [3]
    transfers.ship(session, transfer_id=moved.id, actor_id=None)
    assert in_hand() == [3]


def test_a_top_up_joins_the_open_list_of_the_day(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 9)
    room.stock(room.north, room.printer, 1)
    promised = reservations.reserve_all(session, wants={room.printer: 1}, place_ids=[room.north], reference="J-1")
    line = picking.PickWanted(room.printer, 1, promised[room.printer].id, "J-1")
    for_job = picking.draw_up(session, warehouse_id=room.north, trunk_id=room.van, day=DAY, lines=[line])
    set_par_level(session, place_id=room.van, part_id=room.battery, minimum=2, target=4)

    drawn = draw_up_top_up(session, trunk_id=room.van, warehouse_id=room.north, day=DAY)

    assert drawn is for_job
    assert [(line.part_id, line.quantity) for line in drawn.lines] == [(room.printer, 1), (room.battery, 4)]


def test_one_click_drafts_an_order_per_supplier(session: Session, room: StockRoom) -> None:
    other = suppliers.add_supplier(session, code="OTHER", name="Other")
    suppliers.set_supply(session, supplier_id=other.id, part_id=room.printer, lead_time_days=3, price_cents=4_000)
    set_par_level(session, place_id=room.north, part_id=room.battery, minimum=4, target=12)
    set_par_level(session, place_id=room.north, part_id=room.printer, minimum=1, target=2)

    drafts = draft_orders(session, actor_id=None)

    assert [(draft.supplier.code, [(line.part_id, line.quantity) for line in draft.lines]) for draft in drafts] == [
        ("MAKER", [(room.battery, 15)]),
        ("OTHER", [(room.printer, 2)]),
    ]
    assert drafts[0].lines[0].reason.startswith("Lead time 7 days")
    assert draft_orders(session, actor_id=None) == []


def test_what_jobs_wait_for_is_ordered_where_most_of_it_is_kept(session: Session, room: StockRoom) -> None:
    set_par_level(session, place_id=room.south, part_id=room.printer, minimum=1, target=3)
    set_par_level(session, place_id=room.north, part_id=room.printer, minimum=1, target=2)
    for place_id, pieces in ((room.south, 3), (room.north, 2)):
        room.stock(place_id, room.printer, pieces)
    session.add(BackOrder(part_id=room.printer, quantity=4, reference="J-9", created_at=clock.now()))
    session.flush()

    assert summary(restock_proposals(session)) == [("SOUTH", "PRN-1", 4, ReasonCode.AT_REORDER_POINT, None)]


def test_what_no_warehouse_keeps_is_ordered_for_those_who_wait(session: Session, room: StockRoom) -> None:
    session.add(BackOrder(part_id=room.battery, quantity=1, reference="J-9", created_at=clock.now()))
    session.flush()

    assert summary(restock_proposals(session)) == [("NORTH", "BAT-1", 5, ReasonCode.WAITED_FOR, None)]
    draft_orders(session, actor_id=None)
    assert restock_proposals(session) == []
