"""
Whatever is transferred, ordered, returned, counted and picked in whatever order, the books agree.

The machine of ``test_invariants`` goes on here with the documents of the stock room and with a part whose pieces have
numbers. A refusal must leave every table of the stock room as it was, to the last column.
"""

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from core.base import Base
from inventory import arrivals, counts, ledger, loans, models, picking, purchasing, returns, rmas, transfers
from inventory.models import (
    STOCKED,
    Core,
    Count,
    Loan,
    Part,
    PickLine,
    Place,
    PlaceKind,
    PurchaseOrder,
    PurchaseOrderLine,
    Rma,
    Serial,
    StockLevel,
    Supplier,
    Transfer,
    TransferLine,
)
from inventory.places import place_of_owner
from inventory.purchasing import Delivered, OrderWanted
from inventory.suppliers import set_supply
from inventory.transfers import Picked, TransferWanted
from tests.factories import add_person
from tests.inventory.stock import DAY, add_part
from tests.inventory.test_invariants import PARTS, PICKS, PLACES, StockMachine

# Numbers that pieces have or, the last ones, that nobody has seen.
NUMBERS = [f"M{number}" for number in range(8)]
# Sound more often than not.
QUANTITIES = st.sampled_from([1, 2, 3, 1, 2, 3, 0, -1, 6])
SOME_NUMBERS = st.lists(st.sampled_from(NUMBERS), max_size=3)
# The tables of the stock room: a refusal here has no way to the others.
COMPARED = {model.__tablename__ for name in models.__all__ if hasattr(model := getattr(models, name), "__tablename__")}


class LogisticsMachine(StockMachine):
    """Documents with sound and unsound arguments, in every state."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(engine)
        session = self.session
        self.board = add_part(session, "BRD-1", serial_tracked=True)
        for part_id in (self.board, self.parts[0]):
            session.get_one(Part, part_id).core_due = True
        self.supplier = session.scalars(sa.select(Supplier.id)).first() or 0
        for part_id in (*self.parts, self.board):
            set_supply(
                session,
                supplier_id=self.supplier,
                part_id=part_id,
                lead_time_days=7,
                price_cents=100,
                pack_size=1,
                rank=1,
            )
        self.counter, self.approver = (add_person(session, name=name).id for name in ("counter", "approver"))
        ledger.receive(
            session,
            place_id=self.room.north,
            pieces={self.board: 3},
            serials={self.board: NUMBERS[:3]},
            reference="DN-1",
            actor_id=None,
        )
        # Places that are made on first use would stay behind a refusal that a caller catches.
        for kind in (PlaceKind.TRANSIT, PlaceKind.SUPPLIER, PlaceKind.CUSTOMER, PlaceKind.SCRAP, PlaceKind.CORRECTION):
            ledger.place_of_kind(session, kind)
        for home, kinds in (
            (self.room.north, (PlaceKind.QUARANTINE, PlaceKind.BENCH)),
            (self.room.south, (PlaceKind.QUARANTINE, PlaceKind.BENCH)),
            (self.room.van, (PlaceKind.CORE_BOX,)),
            (self.room.other_van, (PlaceKind.CORE_BOX,)),
        ):
            for kind in kinds:
                ledger.place_of_kind(session, kind, home_id=home)
        for site in "12":
            place_of_owner(session, PlaceKind.SITE, owner=site, name=f"Shop {site}")

        self._begin_documents()

    def _begin_documents(self) -> None:
        """Let there be a document in every state from the start: a walk by chance would take long to get there."""
        session, room, battery = self.session, self.room, self.parts[0]
        room.stock(room.north, battery, 20)
        for lines in ([TransferWanted(battery, 2), TransferWanted(self.board, 1)], [TransferWanted(battery, 3)]):
            asked = transfers.request(
                session, from_place_id=room.north, to_place_id=room.van, lines=lines, reason="asked", actor_id=None
            )
        transfers.pick(session, transfer_id=asked.id)
        transfers.ship(session, transfer_id=asked.id, actor_id=None)
        for part_id in (battery, self.board):
            order = purchasing.draft(
                session,
                supplier_id=self.supplier,
                warehouse_id=room.north,
                lines=[OrderWanted(part_id, 4)],
                actor_id=None,
            )
            purchasing.send(session, order_id=order.id, today=DAY)
        cores = returns.owe(session, part_id=battery, quantity=4, trunk_id=room.van, reference="J-3")
        for core in cores[1:]:
            returns.take(session, core_id=core.id, actor_id=None)
        returns.receive(session, core_ids=[core.id for core in cores[2:]], warehouse_id=room.north, actor_id=None)
        returns.put_on_bench(session, core_id=cores[2].id, actor_id=None)
        rma = rmas.open_rma(session, supplier_id=self.supplier, warehouse_id=room.north, core_ids=[cores[3].id])
        rmas.ship(session, rma_id=rma.id, supplier_reference="R-1", actor_id=None)
        counts.open_count(session, place_id=room.north, part_ids=[battery], reason="plan", actor_id=self.counter)
        loans.lend(
            session,
            part_id=battery,
            quantity=3,
            from_place_id=room.north,
            site="1",
            site_name="Shop 1",
            reference="J-4",
            actor_id=None,
        )
        picking.draw_up(
            session,
            warehouse_id=room.north,
            trunk_id=room.van,
            day=DAY,
            lines=[picking.PickWanted(battery, 3), picking.PickWanted(self.board, 1)],
        )

    def _state(self) -> list[list[tuple[object, ...]]]:
        """Every row of the stock room; levels that hold and promise nothing may come and go."""
        dumps = []
        for table in Base.metadata.sorted_tables:
            if table.name not in COMPARED:
                continue
            rows = sa.select(table)
            if table.name == "stock_levels":
                rows = rows.where(sa.or_(table.c.on_hand > 0, table.c.target > 0))
            dumps.append(sorted((tuple(row) for row in self.session.execute(rows).all()), key=repr))
        return dumps

    def _latest(self, table: type[Any], pick: int) -> int:
        ids = self.session.scalars(sa.select(table.id).order_by(table.id.desc()).limit(4)).all()
        return ids[pick % len(ids)] if ids else 1_000_000

    def _part(self, part: int) -> int:
        return [*self.parts, self.board][part % 3]

    def _try(self, act: Callable[[], object]) -> None:
        with self.refusing():
            act()

    @rule(place=PLACES, numbers=SOME_NUMBERS)
    def receive_pieces(self, place: int, numbers: Sequence[str]) -> None:
        self._try(
            lambda: ledger.receive(
                self.session,
                place_id=self.places[place],
                pieces={self.board: len(numbers)},
                serials={self.board: numbers},
                reference="DN-2",
                actor_id=None,
            )
        )

    @rule(place=PLACES, numbers=SOME_NUMBERS, more=st.integers(0, 1))
    def consume_pieces(self, place: int, numbers: Sequence[str], more: int) -> None:
        self._try(
            lambda: ledger.consume(
                self.session,
                part_id=self.board,
                quantity=len(numbers) + more,
                place_id=self.places[place],
                reference="J-2",
                actor_id=None,
                serials=numbers,
            )
        )

    @rule(place=PLACES, numbers=st.lists(st.sampled_from(NUMBERS), max_size=4, unique=True))
    def count_pieces(self, place: int, numbers: Sequence[str]) -> None:
        self._try(
            lambda: ledger.correct(
                self.session,
                place_id=self.places[place],
                part_id=self.board,
                counted=len(numbers),
                reason="count",
                actor_id=None,
                serials=numbers,
            )
        )

    @rule(pick=PICKS, found=QUANTITIES, numbers=SOME_NUMBERS)
    def pick_short(self, pick: int, found: int, numbers: Sequence[str]) -> None:
        line = self.session.get(PickLine, self._pick(PickLine, pick))
        serials = numbers if line is not None and line.part_id == self.board else ()
        line_id = line.id if line else 0
        self._try(
            lambda: picking.pick_short(
                self.session, line_id=line_id, found=found, reason="not there", actor_id=None, serials=serials
            )
        )

    @rule(source=PLACES, destination=PLACES, part=st.integers(0, 2), quantity=QUANTITIES)
    def request_transfer(self, source: int, destination: int, part: int, quantity: int) -> None:
        self._try(
            lambda: transfers.request(
                self.session,
                from_place_id=self.places[source],
                to_place_id=self.places[destination],
                lines=[TransferWanted(self._part(part), quantity)],
                reason="asked",
                actor_id=None,
            )
        )

    @rule(pick=PICKS, fewer=st.integers(0, 2), numbers=SOME_NUMBERS)
    def pick_and_ship(self, pick: int, fewer: int, numbers: Sequence[str]) -> None:
        transfer_id = self._latest(Transfer, pick)
        transfer = self.session.get(Transfer, transfer_id)
        lines = transfer.lines if transfer else []
        picked = [Picked(line.id, line.requested - fewer, "fewer there") for line in lines] if fewer else []
        self._try(lambda: transfers.pick(self.session, transfer_id=transfer_id, picked=picked))
        serials = {line.id: numbers for line in lines if line.part_id == self.board}
        self._try(lambda: transfers.ship(self.session, transfer_id=transfer_id, serials=serials, actor_id=None))

    @rule(pick=PICKS, good=QUANTITIES, damaged=st.integers(0, 2), back=st.booleans(), whole=st.booleans())
    def take_transfer_in(self, pick: int, good: int, damaged: int, back: bool, whole: bool) -> None:
        transfer_id = self._latest(Transfer, pick)
        transfer = self.session.get(Transfer, transfer_id)
        arrived = [
            arrivals.Arrived(line.id, good, damaged, "not as sent") for line in (transfer.lines if transfer else [])
        ]
        self._try(
            lambda: arrivals.receive(
                self.session,
                transfer_id=transfer_id,
                arrived=[] if whole else arrived,
                turned_back=back,
                actor_id=None,
            )
        )

    @rule(pick=PICKS, quantity=QUANTITIES, place=PLACES, found=st.booleans())
    def settle_missing(self, pick: int, quantity: int, place: int, found: bool) -> None:
        line_id = self._latest(TransferLine, pick)
        if found:
            self._try(
                lambda: arrivals.find_missing(
                    self.session, line_id=line_id, quantity=quantity, place_id=self.places[place], actor_id=None
                )
            )
        else:
            self._try(
                lambda: arrivals.write_off_missing(
                    self.session, line_id=line_id, quantity=quantity, reason="gone", actor_id=None
                )
            )

    @rule(pick=PICKS)
    def cancel_transfer(self, pick: int) -> None:
        self._try(lambda: transfers.cancel(self.session, transfer_id=self._latest(Transfer, pick)))

    @rule(part=st.integers(0, 2), quantity=QUANTITIES)
    def order(self, part: int, quantity: int) -> None:
        self._try(
            lambda: purchasing.draft(
                self.session,
                supplier_id=self.supplier,
                warehouse_id=self.room.north,
                lines=[OrderWanted(self._part(part), quantity)],
                actor_id=None,
            )
        )

    @rule(pick=PICKS, quantity=QUANTITIES, numbers=SOME_NUMBERS)
    def receive_order(self, pick: int, quantity: int, numbers: Sequence[str]) -> None:
        order_id = self._latest(PurchaseOrder, pick)
        order = self.session.get(PurchaseOrder, order_id)
        part_id = order.lines[0].part_id if order and order.lines else self.board
        tracked = part_id == self.board
        delivered = Delivered(part_id, len(numbers) if tracked else quantity, numbers if tracked else ())
        self._try(lambda: purchasing.send(self.session, order_id=order_id, today=DAY))
        self._try(lambda: purchasing.receive(self.session, order_id=order_id, delivered=[delivered], actor_id=None))

    @rule(pick=PICKS, rest=st.booleans())
    def end_order(self, pick: int, rest: bool) -> None:
        end = purchasing.close if rest else purchasing.cancel
        self._try(lambda: end(self.session, order_id=self._latest(PurchaseOrder, pick)))

    @rule(part=PARTS, tracked=st.booleans(), quantity=QUANTITIES, van=st.integers(2, 3))
    def owe(self, part: int, tracked: bool, quantity: int, van: int) -> None:
        part_id = self.board if tracked else self.parts[part]
        self._try(
            lambda: returns.owe(
                self.session, part_id=part_id, quantity=quantity, trunk_id=self.places[van], reference="J-3"
            )
        )

    @rule(pick=PICKS, number=st.sampled_from(["", *NUMBERS]))
    def take_core(self, pick: int, number: str) -> None:
        self._try(lambda: returns.take(self.session, core_id=self._latest(Core, pick), serial=number, actor_id=None))

    @rule(pick=PICKS, place=PLACES)
    def receive_core(self, pick: int, place: int) -> None:
        self._try(
            lambda: returns.receive(
                self.session, core_ids=[self._latest(Core, pick)], warehouse_id=self.places[place], actor_id=None
            )
        )

    @rule(pick=PICKS, step=st.sampled_from(["bench", "repair", "scrap", "write_off"]))
    def treat_core(self, pick: int, step: str) -> None:
        core_id, session = self._latest(Core, pick), self.session
        steps: dict[str, Callable[[], object]] = {
            "bench": lambda: returns.put_on_bench(session, core_id=core_id, actor_id=None),
            "repair": lambda: returns.repair(session, core_id=core_id, finding="fixed", actor_id=None),
            "scrap": lambda: returns.scrap(session, core_id=core_id, finding="beyond repair", actor_id=None),
            "write_off": lambda: returns.write_off(session, core_id=core_id, reason="kept", actor_id=None),
        }
        self._try(steps[step])

    @rule(pick=PICKS, place=PLACES)
    def open_rma(self, pick: int, place: int) -> None:
        self._try(
            lambda: rmas.open_rma(
                self.session,
                supplier_id=self.supplier,
                warehouse_id=self.places[place],
                core_ids=[self._latest(Core, pick)],
            )
        )

    @rule(
        pick=PICKS,
        step=st.sampled_from(["ship", "cancel", "credit", "replace", "refuse"]),
        number=st.sampled_from(NUMBERS),
    )
    def treat_rma(self, pick: int, step: str, number: str) -> None:
        rma_id, session = self._latest(Rma, pick), self.session
        rma = session.get(Rma, rma_id)
        boards = [core for core in (rma.cores if rma else []) if core.part_id == self.board]
        serials = {self.board: [number]} if boards else {}
        steps: dict[str, Callable[[], object]] = {
            "ship": lambda: rmas.ship(session, rma_id=rma_id, supplier_reference="R-1", actor_id=None),
            "cancel": lambda: rmas.cancel(session, rma_id=rma_id),
            "credit": lambda: rmas.credit(session, rma_id=rma_id, credit_cents=100),
            "replace": lambda: rmas.replace(session, rma_id=rma_id, serials=serials, actor_id=None),
            "refuse": lambda: rmas.refuse(session, rma_id=rma_id, actor_id=None),
        }
        self._try(steps[step])

    @rule(place=PLACES, part=st.integers(0, 2), quantity=QUANTITIES, numbers=SOME_NUMBERS, site=st.sampled_from("12"))
    def lend(self, place: int, part: int, quantity: int, numbers: Sequence[str], site: str) -> None:
        part_id = self._part(part)
        tracked = part_id == self.board
        self._try(
            lambda: loans.lend(
                self.session,
                part_id=part_id,
                quantity=len(numbers) if tracked else quantity,
                from_place_id=self.places[place],
                site=site,
                site_name=f"Shop {site}",
                reference="J-4",
                serials=numbers if tracked else (),
                actor_id=None,
            )
        )

    @rule(pick=PICKS, place=PLACES, good=QUANTITIES, damaged=st.integers(0, 2), lost=st.booleans())
    def settle_loan(self, pick: int, place: int, good: int, damaged: int, lost: bool) -> None:
        loan_id, session = self._latest(Loan, pick), self.session
        if lost:
            self._try(lambda: loans.write_off(session, loan_id=loan_id, quantity=good, reason="gone", actor_id=None))
        else:
            to = self.places[place]
            self._try(
                lambda: loans.take_back(
                    session, loan_id=loan_id, place_id=to, good=good, damaged=damaged, actor_id=None
                )
            )

    @rule(place=PLACES, part=st.integers(0, 2))
    def open_count(self, place: int, part: int) -> None:
        self._try(
            lambda: counts.open_count(
                self.session,
                place_id=self.places[place],
                part_ids=[self._part(part)],
                reason="plan",
                actor_id=self.counter,
            )
        )

    @rule(pick=PICKS, pieces=QUANTITIES, numbers=SOME_NUMBERS)
    def record_count(self, pick: int, pieces: int, numbers: Sequence[str]) -> None:
        count = self.session.get(Count, self._latest(Count, pick))
        part_id = count.lines[0].part_id if count else self.board
        tracked = part_id == self.board
        self._try(
            lambda: counts.record(
                self.session,
                count_id=count.id if count else 0,
                part_id=part_id,
                pieces=len(numbers) if tracked else pieces,
                serials=numbers if tracked else (),
                actor_id=self.counter,
            )
        )

    @rule(pick=PICKS, step=st.sampled_from(["finish", "approve", "reject", "cancel"]), other=st.booleans())
    def treat_count(self, pick: int, step: str, other: bool) -> None:
        count_id, session = self._latest(Count, pick), self.session
        approver = self.approver if other else self.counter
        steps: dict[str, Callable[[], object]] = {
            "finish": lambda: counts.finish(session, count_id=count_id, actor_id=self.counter),
            "approve": lambda: counts.approve(session, count_id=count_id, actor_id=approver),
            "reject": lambda: counts.reject(session, count_id=count_id),
            "cancel": lambda: counts.cancel(session, count_id=count_id),
        }
        self._try(steps[step])

    @invariant()
    def no_piece_is_at_two_places(self) -> None:
        stocked = sa.select(Place.id).where(Place.kind.in_(STOCKED))
        pieces = self.session.scalar(
            sa.select(sa.func.count()).where(Serial.part_id == self.board, Serial.place_id.in_(stocked))
        )
        on_hand = self.session.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(StockLevel.on_hand), 0)).where(StockLevel.part_id == self.board)
        )
        assert pieces == on_hand

    @invariant()
    def sites_hold_what_is_lent(self) -> None:
        out = Loan.quantity - Loan.returned - Loan.lost
        lent = self.session.execute(
            sa.select(Loan.site_id, Loan.part_id, sa.func.sum(out)).where(out > 0).group_by(Loan.site_id, Loan.part_id)
        )
        held = self.session.execute(
            sa.select(StockLevel.place_id, StockLevel.part_id, StockLevel.on_hand)
            .join(StockLevel.place)
            .where(Place.kind == PlaceKind.SITE, StockLevel.on_hand > 0)
        )
        assert sorted(tuple(row) for row in lent) == sorted(tuple(row) for row in held)

    @invariant()
    def no_more_is_received_than_was_ordered(self) -> None:
        lines = self.session.execute(sa.select(PurchaseOrderLine.quantity, PurchaseOrderLine.received)).all()
        assert all(0 <= received <= quantity for quantity, received in lines)


# Each step dumps the stock room twice, which a server answers more slowly than a file; what is checked is the same.
EXAMPLES = {
    "sqlite": settings(max_examples=14, stateful_step_count=40, deadline=None, derandomize=True),
    "postgresql": settings(max_examples=3, stateful_step_count=25, deadline=None, derandomize=True),
}


def test_whatever_happens_to_documents_the_books_agree(engine: sa.Engine) -> None:
    examples = EXAMPLES[engine.dialect.name]
    run_state_machine_as_test(lambda: LogisticsMachine(engine), settings=examples)  # type: ignore[no-untyped-call]
