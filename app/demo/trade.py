"""What the demonstration's warehouse has on order, on the way and on record: the weeks before, orders and transfers."""

import datetime as dt
import math
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.demo.catalogue import PARTS, PartSpec
from app.demo.dice import dice
from app.demo.draw import Demonstration
from app.demo.stock import WAREHOUSES
from inventory import purchasing, reorder, transfers
from inventory.models import Part, PartFamily, PastDemand, Place, PurchaseOrder, Supply, Transfer
from inventory.purchasing import Delivered, OrderWanted
from inventory.transfers import TransferWanted

WEEKS, WORKDAYS = 60, 5
# Orders under way for parts that jobs are short of; the others in each state.
ORDER_LINES = 4

At = Callable[[dt.date, dt.time], AbstractContextManager[None]]


@dataclass(frozen=True)
class Trade:
    """Whom and what the trade is between, by code."""

    part_ids: Mapping[str, int]
    place_ids: Mapping[str, int]
    actor_id: int
    day: dt.date


def add_history(session: Session, seed: int, day: dt.date) -> None:
    """Write down what was used in the weeks before, and compute reorder points from it."""
    chance = dice(seed, "history")
    part_ids = dict(session.execute(sa.select(Part.sku, Part.id)).all())
    monday = day - dt.timedelta(days=day.weekday())
    rows = [
        {"part_id": part_ids[part.sku], "week": monday - dt.timedelta(weeks=back), "quantity": quantity}
        for part in PARTS
        for back, quantity in enumerate(_weekly_use(chance, part), start=1)
    ]
    session.execute(sa.insert(PastDemand), rows)
    for rule in reorder.compute_rules(session, today=day):
        # Of what is used up every day the warehouse knows better than any formula.
        if rule.part.family is not PartFamily.CONSUMABLE:
            reorder.follow_computed(session, place_id=rule.place_id, part_id=rule.part_id)


def add_trade(session: Session, drawn: Demonstration, *, actor_id: int, at: At) -> None:
    """
    Order and send what is under way this morning.

    One order has arrived, of one a part is missing, one for scarce parts is on its way and one is a draft; one transfer
    is between the warehouses and one is asked for.
    """
    trade = Trade(
        dict(session.execute(sa.select(Part.sku, Part.id)).all()),
        dict(session.execute(sa.select(Place.code, Place.id)).all()),
        actor_id,
        drawn.day,
    )
    scarce, plenty = _scarce_and_plenty(drawn)
    by_supplier = _by_first_supplier(session)
    _add_orders(session, trade, at, by_supplier, scarce=scarce, plenty=plenty)
    north, south = (trade.place_ids[warehouse.code] for warehouse in WAREHOUSES)
    with at(_before(trade, 1), dt.time(17)):
        sent = _ask(session, trade, (north, south), plenty[:2], "Evens the shelves out")
        transfers.pick(session, transfer_id=sent.id)
        transfers.ship(session, transfer_id=sent.id, actor_id=actor_id)
    with at(_before(trade, 1), dt.time(17, 40)):
        van = trade.place_ids[f"VAN-{drawn.crew[0].code}"]
        _ask(session, trade, (south, van), plenty[2:3], "Asked for on the phone")


def _add_orders(
    session: Session,
    trade: Trade,
    at: At,
    by_supplier: Mapping[int, Sequence[Supply]],
    *,
    scarce: Sequence[str],
    plenty: Sequence[str],
) -> None:
    """Order from each supplier: what is scarce a few days ago, and of the rest an order in every other state."""
    stages = iter((_received, _partly_received, None))
    for supplier_id, supplies in sorted(by_supplier.items()):
        short = [supply for supply in supplies if supply.part.sku in scarce]
        usual = [supply for supply in supplies if supply.part.sku in plenty][:ORDER_LINES]
        if short:
            with at(_before(trade, 3), dt.time(10)):
                order = _draft(session, trade, supplier_id, short)
                purchasing.send(session, order_id=order.id, today=_before(trade, 3))
        stage = next(stages, None)
        if usual:
            with at(_before(trade, 9 if stage else 1), dt.time(11)):
                order = _draft(session, trade, supplier_id, usual)
                if stage is not None:
                    purchasing.send(session, order_id=order.id, today=_before(trade, 9))
            if stage is not None:
                with at(_before(trade, 1), dt.time(16)):
                    stage(session, trade, order.id)


def _received(session: Session, trade: Trade, order_id: int) -> None:
    _receive(session, trade, order_id, share=1.0)


def _partly_received(session: Session, trade: Trade, order_id: int) -> None:
    _receive(session, trade, order_id, share=0.5)


def _receive(session: Session, trade: Trade, order_id: int, *, share: float) -> None:
    order = purchasing.order_by_id(session, order_id)
    delivered = [Delivered(line.part_id, math.ceil(line.quantity * share)) for line in order.lines]
    purchasing.receive(session, order_id=order_id, delivered=delivered, actor_id=trade.actor_id)


def _draft(session: Session, trade: Trade, supplier_id: int, supplies: Sequence[Supply]) -> PurchaseOrder:
    warehouse_id = trade.place_ids[WAREHOUSES[0].code]
    lines = [OrderWanted(supply.part_id, max(supply.pack_size, 2)) for supply in supplies]
    return purchasing.draft(
        session, supplier_id=supplier_id, warehouse_id=warehouse_id, lines=lines, actor_id=trade.actor_id
    )


def _ask(session: Session, trade: Trade, way: tuple[int, int], skus: Sequence[str], reason: str) -> Transfer:
    return transfers.request(
        session,
        from_place_id=way[0],
        to_place_id=way[1],
        lines=[TransferWanted(trade.part_ids[sku], 1) for sku in skus],
        reason=reason,
        actor_id=trade.actor_id,
    )


def _scarce_and_plenty(drawn: Demonstration) -> tuple[list[str], list[str]]:
    """Tell the parts that too little is left of from those of which both warehouses have enough to spare."""
    on_shelves = {(shelf.place_code, shelf.sku): shelf for shelf in drawn.shelves}
    scarce, plenty = [], []
    for part in PARTS:
        shelves = [on_shelves[warehouse.code, part.sku] for warehouse in WAREHOUSES]
        if shelves[1].on_hand == 0:
            scarce.append(part.sku)
        elif all(shelf.on_hand > shelf.minimum for shelf in shelves):
            plenty.append(part.sku)
    return scarce, plenty


def _by_first_supplier(session: Session) -> dict[int, list[Supply]]:
    found = session.scalars(
        sa.select(Supply).join(Supply.supplier).join(Supply.part).where(Supply.rank == 1).order_by(Part.sku)
    )
    by_supplier: dict[int, list[Supply]] = {}
    for supply in found:
        by_supplier.setdefault(supply.supplier_id, []).append(supply)
    return by_supplier


def _before(trade: Trade, days: int) -> dt.date:
    return trade.day - dt.timedelta(days=days)


def _weekly_use(chance: random.Random, part: PartSpec) -> list[int]:
    """Draw the use of each week before, the newest first: by chance around the usual one."""
    mean = part.daily_use * WORKDAYS
    return [_poisson(chance, mean * chance.choice((0.7, 1.0, 1.0, 1.3))) for _ in range(WEEKS)]


def _poisson(chance: random.Random, mean: float) -> int:
    """Knuth's method, good for the small means of spare parts."""
    limit, pieces, product = math.exp(-mean), 0, chance.random()
    while product > limit:
        pieces += 1
        product *= chance.random()
    return pieces
