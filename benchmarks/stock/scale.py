"""
A large firm's stock room on PostgreSQL: 5,000 parts at 60 places, 200,000 levels, 5 million movements.

The rows are made by the database itself, from generated numbers, with two years of promises and pick lists behind them.
Every level begins with one large receipt, so that the ledger, the levels and the promises agree as in a real one;
``audit-stock`` is run over them too.
"""

import datetime as dt
import random
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from inventory import picking, reservations
from inventory.audit import find_differences
from inventory.models import Place, PlaceKind, StockLevel
from inventory.queries import availability
from inventory.reorder import compute_rules
from inventory.replenishment import draw_up_top_up, restock_proposals
from inventory.supply_curve import supply_curves

DAY = dt.date(2026, 11, 23)
WAREHOUSES, VANS = 10, 50
# Pieces that every level begins with; more than the movements after it can take away.
OPENING = 1_000
JOBS_PER_VAN = 8
# One movement in so many had a promise and a pick line of its own.
PAST = 10


@dataclass(frozen=True)
class Size:
    """How large the stock room is made; a van keeps three of five parts, a warehouse all."""

    parts: int = 5_000
    movements: int = 5_000_000

    @property
    def parts_in_van(self) -> int:
        return self.parts * 3 // 5

    @property
    def levels(self) -> int:
        return WAREHOUSES * self.parts + VANS * self.parts_in_van


@dataclass(frozen=True)
class Measured:
    """One question with how long its answers took."""

    what: str
    target: str
    seconds: Sequence[float]

    def row(self) -> str:
        many = len(self.seconds) > 1
        half, most = (_told(value) for value in (statistics.median(self.seconds), _p95(self.seconds)))
        return f"| {self.what} | {self.target} | {half if many else '–'} | {most} | {len(self.seconds)} |"


def furnish(session: Session, size: Size) -> None:
    """Fill an empty schema; the heavy work is done by the database."""
    facts = {
        "parts": size.parts,
        "in_van": size.parts_in_van,
        "warehouses": WAREHOUSES,
        "places": WAREHOUSES + VANS,
        "movements": size.movements - size.levels,
        "opening": OPENING,
        "past": size.movements // PAST,
    }
    for statement in _ROWS:
        session.execute(sa.text(statement), facts)
    session.commit()
    session.execute(sa.text("ANALYZE"))
    session.commit()


def measure(session: Session, size: Size, *, rounds: int, seed: int = 1) -> Iterator[Measured]:
    """Ask what the warehouse, the desk and the planner ask all day, each many times."""
    dice = random.Random(seed)  # noqa: S311 -- the same questions every time
    part_ids = range(1, size.parts + 1)
    stores = session.scalars(sa.select(Place.id).where(Place.kind == PlaceKind.WAREHOUSE)).all()
    vans = session.scalars(sa.select(Place.id).where(Place.kind == PlaceKind.TRUNK)).all()

    def reserve() -> None:
        wants = {part_id: dice.randint(1, 2) for part_id in dice.sample(part_ids, dice.choice((1, 2, 3)))}
        reservations.reserve_all(session, wants=wants, place_ids=[dice.choice(vans), *stores], reference="J-1")
        session.commit()

    yield Measured("reserve, one to three lines", "≤ 10 ms p95", _times(session, reserve, rounds))
    yield Measured(
        "availability of a part over all places",
        "≤ 30 ms p95",
        _times(session, lambda: availability(session, part_ids=[dice.choice(part_ids)]), rounds),
    )
    yield Measured(
        "when there will be more of a part (availability over time)",
        "≤ 30 ms p95",
        _times(session, lambda: supply_curves(session, [dice.choice(part_ids)], today=DAY), rounds),
    )
    promised = {van_id: _promised_lines(session, stores, number) for number, van_id in enumerate(vans)}
    session.commit()
    yield Measured(
        f"morning pick lists for {VANS} vans", "≤ 2 s", _times(session, lambda: _morning(session, stores, promised), 1)
    )
    yield Measured(
        f"replenishment proposals, {size.parts:,} parts × {WAREHOUSES + VANS} places",
        "≤ 20 s",
        _times(session, lambda: restock_proposals(session), 1),
    )
    yield Measured(
        f"reorder points of {size.parts:,} parts in {WAREHOUSES} warehouses, from two years of use",
        "–",
        _times(session, lambda: compute_rules(session, today=DAY), 1),
    )
    yield Measured("audit of the whole ledger", "–", _times(session, lambda: _audit(session), 1))


def _morning(session: Session, stores: Sequence[int], promised: Mapping[int, list[picking.PickWanted]]) -> None:
    """Draw up for each van what its jobs were promised, and what fills its shelves, from the warehouse it calls at."""
    for number, (van_id, lines) in enumerate(promised.items()):
        store_id = stores[number % len(stores)]
        picking.draw_up(session, warehouse_id=store_id, trunk_id=van_id, day=DAY, lines=lines)
        draw_up_top_up(session, trunk_id=van_id, warehouse_id=store_id, day=DAY)
    session.commit()


def _promised_lines(session: Session, stores: Sequence[int], number: int) -> list[picking.PickWanted]:
    """Promise a part to each of a van's jobs at the warehouse that it calls at."""
    first, store_id = 1 + number * JOBS_PER_VAN, stores[number % len(stores)]
    wanted = [
        reservations.Wanted(part_id, 1, store_id, f"J-{part_id}") for part_id in range(first, first + JOBS_PER_VAN)
    ]
    return [
        picking.PickWanted(held.part_id, held.quantity, held.id, held.reference)
        for held in reservations.reserve_at(session, wanted)
    ]


def _audit(session: Session) -> None:
    if differences := find_differences(session):
        raise AssertionError(f"{len(differences)} differences, the first: {differences[0]}")


def _times(session: Session, ask: Callable[[], object], rounds: int) -> list[float]:
    """Ask so many times, each in a fresh transaction, and return the seconds of each."""
    seconds = []
    for _ in range(rounds):
        session.expunge_all()
        began = time.perf_counter()
        ask()
        seconds.append(time.perf_counter() - began)
        session.rollback()
    return seconds


def level_count(session: Session) -> int:
    """Return how many levels there are."""
    return session.scalar(sa.select(sa.func.count()).select_from(StockLevel)) or 0


def _p95(seconds: Sequence[float]) -> float:
    return sorted(seconds)[int(len(seconds) * 0.95)] if len(seconds) > 1 else seconds[0]


def _told(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms" if seconds < 1 else f"{seconds:.1f} s"


_ROWS = (
    """
    INSERT INTO places (code, name, kind, address)
    SELECT CASE WHEN n <= :warehouses THEN 'W' ELSE 'V' END || n, 'Place ' || n,
           CASE WHEN n <= :warehouses THEN 'warehouse' ELSE 'trunk' END, ''
    FROM generate_series(1, :places) AS n
    """,
    """
    INSERT INTO places (code, name, kind, address)
    VALUES ('@supplier', 'Supplier', 'supplier', ''), ('@customer', 'Customer', 'customer', '')
    """,
    """
    INSERT INTO parts (sku, name_en, name_zh, family, unit_cost_cents, serial_tracked, core_due)
    SELECT 'P' || n, 'Part ' || n, '备件 ' || n, 'battery', 100 + n, false, false
    FROM generate_series(1, :parts) AS n
    """,
    # Vans keep different thirds of the catalogue.
    """
    INSERT INTO stock_levels (place_id, part_id, on_hand, reserved, minimum, target, bin)
    SELECT place, part, :opening, 0, 0, 0, ''
    FROM generate_series(1, :places) AS place, generate_series(1, :parts) AS part
    WHERE place <= :warehouses OR (part + place * 97) % :parts < :in_van
    """,
    """
    INSERT INTO movements (at, kind, part_id, quantity, from_place_id, to_place_id, reference, reason, unit_cost_cents)
    SELECT timestamptz '2024-11-20', 'receipt', part_id, :opening, :places + 1, place_id, 'OPENING', '', 100
    FROM stock_levels
    """,
    # Two years of use, every level's share by chance.
    """
    INSERT INTO movements (at, kind, part_id, quantity, from_place_id, to_place_id, reference, reason, unit_cost_cents)
    SELECT timestamptz '2024-11-23' + (n::float8 / :movements) * interval '730 days', 'consumption',
           level.part_id, 1 + n % 2, level.place_id, :places + 2, 'J-' || n, '', 100
    FROM (
        SELECT n, 1 + floor(random() * (SELECT count(*) FROM stock_levels))::int AS level_id
        FROM generate_series(1, :movements) AS n
    ) AS drawn
    JOIN stock_levels AS level ON level.id = drawn.level_id
    """,
    """
    UPDATE stock_levels AS level SET on_hand = booked.pieces
    FROM (
        SELECT place_id, part_id, sum(pieces) AS pieces FROM (
            SELECT to_place_id AS place_id, part_id, quantity AS pieces FROM movements
            UNION ALL SELECT from_place_id, part_id, -quantity FROM movements
        ) AS both_sides GROUP BY place_id, part_id
    ) AS booked
    WHERE booked.place_id = level.place_id AND booked.part_id = level.part_id
    """,
    # What was promised and picked in that time, long since used.
    """
    INSERT INTO reservations (part_id, place_id, quantity, state, reference, created_at, needed_at, expires_at)
    SELECT part_id, from_place_id, quantity, 'used', reference, at, at, at + interval '7 days'
    FROM movements WHERE kind = 'consumption' LIMIT :past
    """,
    """
    INSERT INTO pick_lists (warehouse_id, trunk_id, day, state, created_at)
    SELECT 1 + n % :warehouses, :warehouses + 1 + n % (:places - :warehouses), date '2024-11-23' + n / 50, 'confirmed',
           timestamptz '2024-11-23'
    FROM generate_series(1, :past / 40) AS n
    """,
    """
    INSERT INTO pick_lines (pick_list_id, part_id, quantity, reservation_id, reference, state, remark)
    SELECT 1 + id % (:past / 40), part_id, quantity, id, reference, 'confirmed', '' FROM reservations
    """,
    # One part in ten has reached its reorder point in a warehouse; a van is short of about thirty.
    """
    UPDATE stock_levels
    SET minimum = on_hand + CASE WHEN short THEN 5 ELSE -5 END, target = on_hand + CASE WHEN short THEN 20 ELSE 5 END
    FROM (
        SELECT id AS level_id, id % CASE WHEN place_id <= :warehouses THEN 10 ELSE 100 END = 0 AS short
        FROM stock_levels
    ) AS drawn
    WHERE id = level_id
    """,
    """
    INSERT INTO suppliers (code, name, email, place_id) VALUES ('ACME', 'Acme', '', :places + 1)
    """,
    """
    INSERT INTO supplies (part_id, supplier_id, rank, supplier_sku, lead_time_days, pack_size, price_cents)
    SELECT n, 1, 1, '', 7, 5, 100 FROM generate_series(1, :parts) AS n
    """,
)
