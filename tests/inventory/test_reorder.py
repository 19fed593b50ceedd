"""Facts about where reorder points come from."""

import datetime as dt

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.orm import Session

from inventory import ledger, reorder
from inventory.models import PastDemand, ReorderRule, StockLevel
from inventory.reorder import Policy, compute_rules, follow_computed, read_policy, weekly_history, write_policy
from inventory.replenishment import restock_proposals, set_par_level
from tests.inventory.stock import DAY, StockRoom

WEEK = dt.timedelta(days=7)


def remember(session: Session, part_id: int, *quantities: int, until: dt.date = DAY) -> None:
    """Import what was used in the weeks before ``until``, the oldest first."""
    for back, quantity in enumerate(reversed(quantities), start=1):
        session.add(PastDemand(part_id=part_id, week=until - back * WEEK, quantity=quantity))
    session.flush()


def level(session: Session, place_id: int, part_id: int) -> tuple[int, int]:
    numbers = sa.select(StockLevel.minimum, StockLevel.target).where(
        StockLevel.place_id == place_id, StockLevel.part_id == part_id
    )
    minimum, target = session.execute(numbers).one()
    return minimum, target


def give_out(session: Session, room: StockRoom, place_id: int, quantity: int, weeks_ago: int) -> None:
    with time_machine.travel(dt.datetime.combine(DAY, dt.time(10), dt.UTC) - weeks_ago * WEEK, tick=False):
        ledger.consume(
            session, part_id=room.battery, quantity=quantity, place_id=place_id, reference="J-1", actor_id=None
        )


def test_the_ledger_counts_where_it_knows_and_the_import_before(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 20)
    remember(session, room.battery, 7, 0, 9, 9)
    give_out(session, room, room.north, 2, weeks_ago=2)
    give_out(session, room, room.north, 1, weeks_ago=2)
    # This week is not over and counts for nothing yet.
    give_out(session, room, room.north, 5, weeks_ago=0)

    history = weekly_history(session, today=DAY)

    assert history.demand.tolist() == [[7, 0, 3, 0]]


def test_a_week_begins_on_monday(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 20)
    for moment in ("2026-11-15T23:59:59+00:00", "2026-11-16T00:00:00+00:00"):
        with time_machine.travel(moment, tick=False):
            ledger.consume(
                session, part_id=room.battery, quantity=1, place_id=room.north, reference="J-1", actor_id=None
            )

    assert weekly_history(session, today=DAY).demand.tolist() == [[1, 1]]


def test_a_level_that_nobody_set_follows_what_is_computed(session: Session, room: StockRoom) -> None:
    room.stock(room.north, room.battery, 3)
    remember(session, room.battery, *[3, 3, 3, 3] * 5)
    give_out(session, room, room.north, 3, weeks_ago=0)

    [rule] = compute_rules(session, today=DAY)

    # Three a week, and a lead time of a week: three to seven cover it; an order lasts four weeks, in packs of five.
    assert (rule.method, rule.by_hand) == ("croston", False)
    assert rule.demand_per_week == pytest.approx(3.0)
    assert 4 <= rule.minimum <= 7
    assert rule.target == rule.minimum + 12
    assert level(session, room.north, room.battery) == (rule.minimum, rule.target)
    [proposal] = restock_proposals(session)
    assert proposal.reason.facts["per_week"] == "3.0"


def test_what_a_person_has_set_stays_and_the_computed_numbers_stand_beside(session: Session, room: StockRoom) -> None:
    remember(session, room.battery, *[3] * 20)
    set_par_level(session, place_id=room.north, part_id=room.battery, minimum=1, target=2)

    [rule] = compute_rules(session, today=DAY)

    assert rule.by_hand
    assert rule.minimum > 2
    assert level(session, room.north, room.battery) == (1, 2)

    follow_computed(session, place_id=room.north, part_id=room.battery)
    assert level(session, room.north, room.battery) == (rule.minimum, rule.target)

    set_par_level(session, place_id=room.north, part_id=room.battery, minimum=4, target=5)
    compute_rules(session, today=DAY)
    assert level(session, room.north, room.battery) == (4, 5)


def test_warehouses_share_the_demand_as_they_gave_it_out(session: Session, room: StockRoom) -> None:
    for place_id in (room.north, room.south):
        room.stock(place_id, room.battery, 20)
    remember(session, room.battery, *[8] * 20)
    give_out(session, room, room.north, 6, weeks_ago=0)
    give_out(session, room, room.south, 2, weeks_ago=0)

    rules = {rule.place_id: rule for rule in compute_rules(session, today=DAY)}

    assert rules[room.north].demand_per_week == pytest.approx(6.0)
    assert rules[room.south].demand_per_week == pytest.approx(2.0)


def test_a_higher_service_level_asks_for_more_stock(session: Session, room: StockRoom) -> None:
    remember(session, room.battery, *[0, 0, 5, 0, 1] * 6)
    set_par_level(session, place_id=room.north, part_id=room.battery, minimum=0, target=1)
    points = []
    for service_level in (0.8, 0.95, 0.99):
        write_policy(session, Policy(service_level=service_level))
        [rule] = compute_rules(session, today=DAY)
        points.append(rule.minimum)

    assert points == sorted(set(points))
    assert read_policy(session) == Policy(0.99, 28)


def test_nothing_is_computed_from_a_few_weeks(session: Session, room: StockRoom) -> None:
    remember(session, room.battery, *[3] * 7)
    set_par_level(session, place_id=room.north, part_id=room.battery, minimum=1, target=2)

    assert compute_rules(session, today=DAY) == []
    assert session.scalars(sa.select(ReorderRule)).all() == []


def test_a_part_that_is_kept_and_never_used_needs_nothing(session: Session, room: StockRoom) -> None:
    remember(session, room.battery, *[3] * 20)
    set_par_level(session, place_id=room.north, part_id=room.printer, minimum=1, target=2)

    [rule] = compute_rules(session, today=DAY)

    assert (rule.method, rule.minimum, rule.target, rule.by_hand) == ("none", 0, 0, True)
    assert level(session, room.north, room.printer) == (1, 2)


def test_a_policy_that_makes_no_sense_is_refused(session: Session) -> None:
    with pytest.raises(
        reorder.ServiceLevelOutOfRange, match=r"150 percent is no service level\. Choose from 50 to 99\.9 "
    ):
        write_policy(session, Policy(service_level=1.5))
    with pytest.raises(reorder.CoverOutOfRange):
        write_policy(session, Policy(cover_days=0))
    assert read_policy(session) == Policy()


def test_a_level_without_computed_numbers_cannot_follow_them(session: Session, room: StockRoom) -> None:
    with pytest.raises(reorder.NotComputed):
        follow_computed(session, place_id=room.north, part_id=room.battery)


def test_a_history_without_anything_is_empty(session: Session, room: StockRoom) -> None:
    history = weekly_history(session, today=DAY)

    assert (history.weeks, len(history.rows)) == (0, 0)
