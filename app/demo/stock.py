"""Draws what lies in the demonstration's warehouses and vans: enough for a usual day, short of a few things."""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from app.demo.addresses import Address, AddressBook
from app.demo.catalogue import PARTS, PartSpec
from app.demo.crew import CrewMember
from app.demo.day import Report
from app.demo.dice import dice
from app.demo.towns import Town
from customers.models import Priority
from inventory.models import PartFamily
from routing.travel.protocol import Point

# Jobs that are to find their part nowhere.
SHORTFALL = range(6, 10)


@dataclass(frozen=True)
class WarehouseSpec:
    """A warehouse; ``share`` is the part of the firm's use that it supplies."""

    code: str
    name: str
    town: Town
    share: float


WAREHOUSES = (
    WarehouseSpec("WH-N", "Armazém Norte", Town("Maia", Point(41.2250, -8.6300), 0, 0, 900), 0.6),
    WarehouseSpec("WH-S", "Armazém Sul", Town("Vila Nova de Gaia", Point(41.1030, -8.6200), 0, 0, 900), 0.4),
)


@dataclass(frozen=True)
class Shelf:
    """What one place holds of one part, and between which levels it is kept."""

    place_code: str
    sku: str
    on_hand: int
    minimum: int
    target: int
    bin: str = ""


def draw_warehouses(seed: int, book: AddressBook) -> list[tuple[WarehouseSpec, Address]]:
    """The warehouses with their addresses, one north and one south of the river."""
    chance = dice(seed, "warehouses")
    return [(warehouse, book.home(chance, warehouse.town)) for warehouse in WAREHOUSES]


def draw_stock(seed: int, crew: Sequence[CrewMember], reports: Sequence[Report]) -> list[Shelf]:
    """Shelves of all places. The day's reports decide what is scarce: of a few parts they want, too little is left."""
    chance = dice(seed, "stock")
    scarce = _scarce(chance, reports)
    shelves = []
    for warehouse in WAREHOUSES:
        for position, part in enumerate(PARTS):
            shelves.append(_warehouse_shelf(chance, warehouse, part, position, scarce))
    for member in crew:
        shelves.extend(_trunk_shelves(chance, f"VAN-{member.code}", scarce))
    return shelves


def _scarce(chance: random.Random, reports: Sequence[Report]) -> dict[str, int]:
    """
    Pieces left of each scarce part, so that in all about as many jobs as SHORTFALL says go without.

    Parts that are seldom used run short first. What a shop that cannot take money waits for is always there.
    """
    wanted = Counter(sku for report in reports for sku in report.fault.skus_on(report.machine.model))
    urgent = {
        sku
        for report in reports
        if report.fault.priority is Priority.P1
        for sku in report.fault.skus_on(report.machine.model)
    }
    candidates = [part for part in PARTS if 0 < wanted[part.sku] <= 4 and part.sku not in urgent]
    candidates.sort(key=lambda part: part.daily_use * chance.uniform(0.5, 1.5))
    shortfall = chance.choice(SHORTFALL)
    scarce: dict[str, int] = {}
    for part in candidates:
        if shortfall > 0:
            scarce[part.sku] = max(wanted[part.sku] // 3, wanted[part.sku] - shortfall)
            shortfall -= wanted[part.sku] - scarce[part.sku]
    return scarce


def _warehouse_shelf(
    chance: random.Random, warehouse: WarehouseSpec, part: PartSpec, position: int, scarce: Mapping[str, int]
) -> Shelf:
    """Reorder point: use over the lead time and half as much again; order-up-to: another two weeks of use."""
    daily = part.daily_use * warehouse.share
    reorder_point = ceil(daily * part.lead_time_days * 1.5)
    order_up_to = reorder_point + max(part.pack_size, ceil(daily * 14))
    if part.sku in scarce:
        # What is left of a scarce part lies in the first warehouse.
        on_hand = scarce[part.sku] if warehouse is WAREHOUSES[0] else 0
    elif chance.random() < 0.12:
        on_hand = chance.randint(ceil(reorder_point * 0.6), reorder_point)
    else:
        on_hand = chance.randint(reorder_point + 1, order_up_to)
    # Aisle by family, then shelf and box.
    aisle = "ABCDEFGH"[list(PartFamily).index(part.family)]
    return Shelf(warehouse.code, part.sku, on_hand, reorder_point, order_up_to, f"{aisle}-{position + 1:02}")


def _trunk_shelves(chance: random.Random, place_code: str, scarce: Mapping[str, int]) -> Iterator[Shelf]:
    for part in PARTS:
        minimum, target = _par_level(chance, part)
        if not target:
            continue
        if part.sku in scarce:
            on_hand = 0
        elif chance.random() < 0.06:
            on_hand = max(0, minimum - 1)
        else:
            # The better of two draws: most vans were filled up not long ago.
            on_hand = max(chance.randint(minimum, target), chance.randint(minimum, target))
        yield Shelf(place_code, part.sku, on_hand, minimum, target)


def _par_level(chance: random.Random, part: PartSpec) -> tuple[int, int]:
    """Everybody carries what is used most; dear and rare parts stay in the warehouses."""
    if part.family is PartFamily.CONSUMABLE:
        return 2, 6
    if part.cost_cents > 8_000 or part.daily_use < 1.0:
        return 0, 0
    if part.daily_use >= 2.5:
        return (1, 3) if chance.random() < 0.85 else (0, 0)
    return (1, 2) if chance.random() < 0.5 else (0, 0)
