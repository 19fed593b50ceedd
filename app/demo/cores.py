"""The demonstration's defective parts, from those that are owed to those that were mended, and its count."""

import datetime as dt
from collections.abc import Callable
from contextlib import AbstractContextManager
from itertools import cycle, islice

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.demo.catalogue import CORE_FAMILIES
from app.demo.draw import Demonstration
from app.demo.stock import WAREHOUSES
from inventory import counts, ledger, returns, rmas
from inventory.models import Core, Part, Place, StockLevel
from inventory.suppliers import first_supplies

# Days ago that each piece was swapped at a shop, by how far it has come.
OWED, IN_VANS, QUARANTINE, BENCH, MENDED, SCRAPPED, RETURNED = (
    (1, 3, 17),
    (1, 2, 9, 36),
    (6, 8),
    (7, 11),
    (20, 24, 29),
    (22,),
    (12, 13),
)
FIRST_ORDER = 90_001

At = Callable[[dt.date, dt.time], AbstractContextManager[None]]


class _Weeks:
    """The weeks before the demonstration's day, in which pieces were swapped and came back."""

    def __init__(self, session: Session, drawn: Demonstration, actor_id: int, at: At) -> None:
        self.session, self.day, self.actor_id, self._at = session, drawn.day, actor_id, at
        codes = [WAREHOUSES[0].code, *(f"VAN-{member.code}" for member in drawn.crew)]
        ids = dict(session.execute(sa.select(Place.code, Place.id).where(Place.code.in_(codes))).all())
        self.depot_id = ids[codes[0]]
        self._vans = cycle(ids[code] for code in codes[1:])
        worth = sa.select(Part.id).where(Part.family.in_(CORE_FAMILIES)).order_by(Part.sku)
        self._parts = cycle(session.scalars(worth).all())
        self._order = FIRST_ORDER

    def ago(self, days: int, hour: int = 11) -> AbstractContextManager[None]:
        return self._at(self.day - dt.timedelta(days=days), dt.time(hour))

    def swap(self, days: int) -> Core:
        """Swap a piece at a shop so many days ago."""
        part_id, van_id, reference = next(self._parts), next(self._vans), f"J-{self._order:06}"
        self._order += 1
        with self.ago(days):
            ledger.receive(
                self.session, place_id=van_id, pieces={part_id: 1}, reference="Opening stock", actor_id=self.actor_id
            )
            ledger.consume(
                self.session,
                part_id=part_id,
                quantity=1,
                place_id=van_id,
                reference=reference,
                actor_id=self.actor_id,
            )
            [core] = returns.owe(self.session, part_id=part_id, quantity=1, trunk_id=van_id, reference=reference)
        return core

    def take(self, days: int) -> Core:
        core = self.swap(days)
        with self.ago(days):
            return returns.take(self.session, core_id=core.id, actor_id=self.actor_id)

    def receive(self, days: int) -> Core:
        core = self.take(days)
        with self.ago(days - 1, 17):
            returns.receive(self.session, core_ids=[core.id], warehouse_id=self.depot_id, actor_id=self.actor_id)
        return core

    def test(self, days: int) -> Core:
        core = self.receive(days)
        with self.ago(days - 3):
            return returns.put_on_bench(self.session, core_id=core.id, actor_id=self.actor_id)


def add_cores(session: Session, drawn: Demonstration, *, actor_id: int, at: At) -> None:
    """Let pieces of the weeks before be owed, carried, tested, mended, scrapped and sent back."""
    weeks = _Weeks(session, drawn, actor_id, at)
    for days in OWED:
        weeks.swap(days)
    for days in IN_VANS:
        weeks.take(days)
    for days in QUARANTINE:
        weeks.receive(days)
    for days in BENCH:
        weeks.test(days)
    for days in MENDED:
        core = weeks.test(days)
        with weeks.ago(days - 6):
            returns.repair(session, core_id=core.id, finding="Cleaned, worn part replaced", actor_id=actor_id)
    for days in SCRAPPED:
        core = weeks.test(days)
        with weeks.ago(days - 5):
            returns.scrap(session, core_id=core.id, finding="Board corroded", actor_id=actor_id)
    _send_back(weeks)


def add_count(session: Session, drawn: Demonstration, *, actor_id: int, at: At) -> None:
    """Let some shelves have been counted yesterday, and agreed with the books."""
    depot_id = session.scalars(sa.select(Place.id).where(Place.code == WAREHOUSES[0].code)).one()
    shelves = sa.select(StockLevel.part_id, StockLevel.on_hand).where(
        StockLevel.place_id == depot_id, StockLevel.on_hand > 0
    )
    with at(drawn.day - dt.timedelta(days=1), dt.time(18, 30)):
        found = dict(islice(session.execute(shelves.order_by(StockLevel.bin)).all(), 4))
        count = counts.open_count(session, place_id=depot_id, part_ids=found, reason="Cycle count", actor_id=actor_id)
        for part_id, pieces in found.items():
            counts.record(session, count_id=count.id, part_id=part_id, pieces=pieces, actor_id=actor_id)
        counts.finish(session, count_id=count.id, actor_id=actor_id)


def _send_back(weeks: _Weeks) -> None:
    """Send pieces back to whoever sells the first of them."""
    cores = [weeks.receive(days) for days in RETURNED]
    [first, *_] = first_supplies(weeks.session, [core.part_id for core in cores]).values()
    with weeks.ago(5):
        rma = rmas.open_rma(
            weeks.session,
            supplier_id=first.supplier_id,
            warehouse_id=weeks.depot_id,
            core_ids=[core.id for core in cores],
        )
        rmas.ship(weeks.session, rma_id=rma.id, supplier_reference="RET-2231", actor_id=weeks.actor_id)
