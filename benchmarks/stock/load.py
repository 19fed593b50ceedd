"""
Many clients who book the same few parts at the same moment.

Every operation runs in a transaction of its own, as a request does. Refusals of the trade ("there are not enough
pieces") are part of the game and are counted; anything else, a deadlock for instance, is a failure that a user would
have seen.
"""

import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

import dispatch.models  # noqa: F401 -- a spawned process must know every table that ours point at
from core.db import prepare_sqlite
from core.errors import DomainError
from inventory import arrivals, ledger, reservations, transfers
from inventory.audit import find_differences
from inventory.models import (
    Movement,
    MovementKind,
    Part,
    PartFamily,
    Place,
    PlaceKind,
    Reservation,
    ReservationState,
    Serial,
    StockLevel,
    Transfer,
    TransferState,
)
from inventory.transfers import TransferWanted

WAREHOUSES, VANS, PARTS, TRACKED = 2, 4, 6, 2
# Pieces of each part that a warehouse begins with: few enough that clients compete for them.
OPENING = 60
# How often each operation is chosen.
MIX = {"reserve": 30, "release": 12, "use": 18, "consume": 8, "ship": 8, "arrive": 8, "receive": 11, "count": 5}
# Latest promises and transfers that any client may take up, not only the one who made them.
REMEMBERED = 64


@dataclass(frozen=True)
class World:
    """The ids of what the clients fight for."""

    warehouses: Sequence[int]
    vans: Sequence[int]
    parts: Sequence[int]
    tracked: Sequence[int]


@dataclass
class Tally:
    """What clients did: how long each operation took, how it ended, and which promises were used up."""

    seconds: list[float] = field(default_factory=list)
    endings: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    # Pieces that ``use`` said it used, by reservation; one that stands here twice was consumed twice.
    used: list[tuple[int, int]] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.seconds += other.seconds
        self.endings += other.endings
        self.failures += other.failures
        self.used += other.used


def furnish(session: Session) -> World:
    """Set up two warehouses, four vans and six parts, two of them tracked by serial number, with their stock."""
    warehouses = [Place(code=f"W{number}", name=f"Warehouse {number}", kind=PlaceKind.WAREHOUSE) for number in (1, 2)]
    vans = [Place(code=f"V{number}", name=f"Van {number}", kind=PlaceKind.TRUNK) for number in range(VANS)]
    parts = [
        Part(
            sku=f"P{number}",
            name_en=f"Part {number}",
            name_zh=f"备件 {number}",
            family=PartFamily.BATTERY,
            unit_cost_cents=100 * number,
            serial_tracked=number >= PARTS - TRACKED,
        )
        for number in range(PARTS)
    ]
    session.add_all([*warehouses, *vans, *parts])
    session.flush()
    world = World(
        [place.id for place in warehouses],
        [place.id for place in vans],
        [part.id for part in parts if not part.serial_tracked],
        [part.id for part in parts if part.serial_tracked],
    )
    for place_id in world.warehouses:
        ledger.receive(
            session,
            place_id=place_id,
            pieces=dict.fromkeys([*world.parts, *world.tracked], OPENING),
            serials={part_id: _new_numbers(OPENING, f"{place_id}-{part_id}") for part_id in world.tracked},
            reference="OPENING",
            actor_id=None,
        )
    return world


def run(engine: sa.Engine, world: World, *, clients: int, operations: int, seed: int, processes_id: str = "") -> Tally:
    """Let clients do so many operations between them, all starting at once."""
    line = threading.Barrier(clients)
    shared = _Shared()

    def work(number: int) -> Tally:
        dice = random.Random(f"{seed}/{processes_id}/{number}")  # noqa: S311 -- the same load every time
        client = _Client(engine, world, dice, shared)
        line.wait()
        for _ in range(operations // clients):
            client.act()
        return client.tally

    tally = Tally()
    with ThreadPoolExecutor(clients) as pool:
        for done in pool.map(work, range(clients)):
            tally.add(done)
    return tally


def open_engine(url: str, clients: int) -> sa.Engine:
    """Open a database as the service does, with a connection for every client."""
    engine = sa.create_engine(url, pool_size=clients)
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine)
    return engine


def share(url: str, world: World, clients: int, operations: int, number: int) -> Tally:
    """Do the share of one process of several; here, because a spawned process finds it only in a module."""
    engine = open_engine(url, clients)
    tally = run(engine, world, clients=clients, operations=operations, seed=1, processes_id=str(number))
    engine.dispose()
    return tally


def faults(session: Session, used: Iterable[tuple[int, int]]) -> Iterator[str]:
    """Say what is wrong in the end: differences of the audit, promises used up twice, use that the ledger lacks."""
    yield from map(str, find_differences(session))
    used = list(used)
    times = Counter(reservation_id for reservation_id, _ in used)
    yield from (f"reservation {number} was used {count} times" for number, count in times.items() if count > 1)
    booked = sa.select(sa.func.coalesce(sa.func.sum(Movement.quantity), 0)).where(
        Movement.kind == MovementKind.CONSUMPTION, Movement.reference.startswith("J-")
    )
    told, found = sum(pieces for _, pieces in used), session.scalar(booked)
    if told != found:
        yield f"{told} promised pieces were used, the ledger has {found}"
    below = session.scalar(sa.select(sa.func.count()).where(StockLevel.on_hand < 0))
    if below:
        yield f"{below} levels are below zero"


class _Shared:
    """What clients know of each other's promises and transfers; appending to a deque needs no lock."""

    def __init__(self) -> None:
        self.promises: deque[int] = deque(maxlen=REMEMBERED)
        self.transfers: deque[int] = deque(maxlen=REMEMBERED)


class _Client:
    """One client: chooses operations by chance, carries each out in a transaction, and keeps the score."""

    def __init__(self, engine: sa.Engine, world: World, dice: random.Random, shared: _Shared) -> None:
        self.tally = Tally()
        self._engine, self._world, self._dice, self._shared = engine, world, dice, shared
        self._acts: dict[str, Callable[[Session], Callable[[], None]]] = {
            "reserve": self._reserve,
            "release": self._release,
            "use": self._use,
            "consume": self._consume,
            "ship": self._ship,
            "arrive": self._arrive,
            "receive": self._receive,
            "count": self._count,
        }

    def act(self) -> None:
        name = self._dice.choices(list(MIX), list(MIX.values()))[0]
        began = time.perf_counter()
        try:
            with Session(self._engine, expire_on_commit=False) as session:
                afterwards = self._acts[name](session)
                session.commit()
            afterwards()
            ending = "done"
        except DomainError as refused:
            ending = refused.code
        except sa.exc.SQLAlchemyError as failure:
            ending = "failed"
            self.tally.failures.append(f"{name}: {failure}")
        self.tally.seconds.append(time.perf_counter() - began)
        self.tally.endings[f"{name} {ending}"] += 1

    def _reserve(self, session: Session) -> Callable[[], None]:
        parts = self._dice.sample([*self._world.parts, *self._world.tracked], self._dice.choice((1, 1, 2)))
        places = [self._dice.choice(self._world.vans), *self._world.warehouses]
        held = reservations.reserve_all(
            session,
            wants={part_id: self._dice.randint(1, 3) for part_id in parts},
            place_ids=places,
            reference=f"J-{self._dice.randrange(10**6)}",
        )
        ids = [reservation.id for reservation in held.values()]
        return lambda: self._shared.promises.extend(ids)

    def _release(self, session: Session) -> Callable[[], None]:
        reservations.release(session, [self._some(self._shared.promises)])
        return _nothing

    def _use(self, session: Session) -> Callable[[], None]:
        reservation_id = self._some(self._shared.promises)
        held = reservations.find_reservation(session, reservation_id)
        quantity = self._dice.randint(1, held.quantity)
        used = reservations.use(
            session,
            reservation_id=reservation_id,
            quantity=quantity,
            actor_id=None,
            serials=self._numbers(session, held.part_id, held.place_id, quantity),
        )
        pieces = used.quantity
        return lambda: self.tally.used.append((reservation_id, pieces))

    def _consume(self, session: Session) -> Callable[[], None]:
        part_id, place_id = self._any_part(), self._any_place()
        ledger.consume(
            session,
            part_id=part_id,
            quantity=1,
            place_id=place_id,
            reference="FREE",
            actor_id=None,
            serials=self._numbers(session, part_id, place_id, 1),
        )
        return _nothing

    def _ship(self, session: Session) -> Callable[[], None]:
        part_id, quantity = self._any_part(), self._dice.randint(1, 3)
        origin, destination = self._dice.choice(self._world.warehouses), self._dice.choice(self._world.vans)
        asked = transfers.request(
            session,
            from_place_id=origin,
            to_place_id=destination,
            lines=[TransferWanted(part_id, quantity)],
            reason="load",
            actor_id=None,
        )
        transfers.pick(session, transfer_id=asked.id)
        numbers = self._numbers(session, part_id, origin, quantity)
        transfers.ship(session, transfer_id=asked.id, serials={asked.lines[0].id: numbers}, actor_id=None)
        transfer_id = asked.id
        return lambda: self._shared.transfers.append(transfer_id)

    def _arrive(self, session: Session) -> Callable[[], None]:
        arrivals.receive(session, transfer_id=self._some(self._shared.transfers), actor_id=None)
        return _nothing

    def _receive(self, session: Session) -> Callable[[], None]:
        part_id, quantity = self._any_part(), self._dice.randint(1, 6)
        fresh = _new_numbers(quantity, f"{self._dice.getrandbits(60):x}") if self._is_tracked(part_id) else ()
        ledger.receive(
            session,
            place_id=self._dice.choice(self._world.warehouses),
            pieces={part_id: quantity},
            serials={part_id: fresh},
            reference="DELIVERY",
            actor_id=None,
        )
        return _nothing

    def _count(self, session: Session) -> Callable[[], None]:
        part_id, place_id = self._any_part(), self._any_place()
        on_hand = session.scalar(
            sa.select(StockLevel.on_hand).where(StockLevel.place_id == place_id, StockLevel.part_id == part_id)
        )
        counted = max(0, (on_hand or 0) + self._dice.randint(-2, 2))
        numbers: Sequence[str] = ()
        if self._is_tracked(part_id):
            numbers = self._numbers(session, part_id, place_id, counted)
            counted = len(numbers)
        ledger.correct(
            session,
            place_id=place_id,
            part_id=part_id,
            counted=counted,
            reason="load",
            actor_id=None,
            serials=numbers,
        )
        return _nothing

    def _numbers(self, session: Session, part_id: int, place_id: int, quantity: int) -> Sequence[str]:
        """Read some labels on the shelf; somebody may take a piece away before it is booked."""
        if not self._is_tracked(part_id):
            return ()
        there = session.scalars(
            sa.select(Serial.number).where(Serial.part_id == part_id, Serial.place_id == place_id).limit(40)
        ).all()
        return self._dice.sample(there, min(quantity, len(there)))

    def _is_tracked(self, part_id: int) -> bool:
        return part_id in self._world.tracked

    def _any_part(self) -> int:
        return self._dice.choice([*self._world.parts, *self._world.tracked])

    def _any_place(self) -> int:
        return self._dice.choice([*self._world.warehouses, *self._world.vans])

    def _some(self, ids: deque[int]) -> int:
        """One of the latest, by whomever; an unknown one when there is none."""
        try:
            return self._dice.choice(ids)
        except IndexError:
            return 0


def open_promises(session: Session) -> int:
    """Return how many promises are still open."""
    open_ones = sa.select(sa.func.count()).where(Reservation.state == ReservationState.OPEN)
    return session.scalar(open_ones) or 0


def in_transit(session: Session) -> int:
    """Return how many transfers are still on their way."""
    return session.scalar(sa.select(sa.func.count()).where(Transfer.state == TransferState.SHIPPED)) or 0


def _new_numbers(quantity: int, lot: str) -> list[str]:
    return [f"{lot}-{number}" for number in range(quantity)]


def _nothing() -> None:
    """For operations that leave nothing for others to take up."""
