"""
A seeded firm in a real database, for benchmarks of the living day: shops, technicians, parts, and jobs of a morning.

Drives are as the crow flies, with the detour and the speed of greater Porto. Everything goes through the use cases, so
that the ledger, the clocks and the promises of parts are those of a firm that works with the service.
"""

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import flask_migrate
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session, sessionmaker
from time_machine import Traveller, travel

from app.config import Config
from app.factory import create_app
from core import clock
from core.accounts import RoleName, add_user
from core.db import db
from core.firm import Firm, write_firm
from customers.calendars import Interval
from customers.models import CalendarKind, Contract, Customer, Device, Priority, ServiceTarget, Site
from dispatch.jobs import NewJob, take_in_job
from dispatch.models import Job, Technician
from dispatch.planning.compute import Workbench
from dispatch.workforce import Break, NewTechnician, add_shift, add_technician
from inventory import ledger
from inventory.models import Part, PartFamily, Place, PlaceKind, StockLevel
from routing.travel import travel_times

ZONE = ZoneInfo("Europe/Lisbon")
DAY = dt.date(2026, 11, 23)
# Nobody signs in to the benchmark's firm from outside.
UNUSED = "x"
WEST, EAST, SOUTH, NORTH = -8.72, -8.52, 41.08, 41.24
HOURS = {day: [["08:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}
FAMILIES = (PartFamily.PRINTER, PartFamily.BATTERY, PartFamily.SCREEN, PartFamily.CARD_READER, PartFamily.KEYBOARD)
SKILLS = ("printer", "screen", "card_reader")
# Response and resolution in minutes, cents per minute late and for being late at all.
OWED = {
    Priority.P1: (120, 360, 60, 6_000),
    Priority.P2: (240, 600, 25, 3_000),
    Priority.P3: (480, 1_440, 8, 1_200),
    Priority.P4: (1_440, 2_880, 3, 500),
}
PRIORITIES = (Priority.P1, Priority.P2, Priority.P3, Priority.P4)
SHARES = (8, 25, 47, 20)


@dataclass(frozen=True)
class Town:
    """How large the firm is, and by which dice it is drawn; ``spare_shops`` are those that call during the day."""

    technicians: int
    jobs: int
    spare_shops: int = 60
    seed: int = 1
    promised: float = 0.15
    skilled: float = 0.4


@dataclass
class Firmament:
    """A firm in a database of its own, with its clock in our hands."""

    app: Flask
    bench: Workbench
    clock: Traveller
    town: Town
    spare_sites: list[int]
    part_ids: list[int]
    dispatcher_id: int

    def session(self) -> AbstractContextManager[Session]:
        return self.bench.sessions()


def moment(hour: float) -> dt.datetime:
    """A time of the day, in hours."""
    return (dt.datetime.combine(DAY, dt.time(), ZONE) + dt.timedelta(hours=hour)).astimezone(dt.UTC)


@contextmanager
def town_of(town: Town, folder: Path, database_url: str = "") -> Iterator[Firmament]:
    """Build a firm at half past seven of its day; the clock of the process stands still and is moved by hand."""
    url = database_url or f"sqlite:///{folder / 'town.sqlite'}"
    config = Config(
        data_dir=folder,
        database_url=url,
        secret_key=UNUSED,
        travel_provider="great_circle",
        testing=True,
    )
    clock.set_offset(dt.timedelta(0))
    with travel(moment(7.5), tick=False) as traveller:
        app = create_app(config)
        app.config["WTF_CSRF_ENABLED"] = False
        with app.app_context():
            flask_migrate.upgrade()
            engine = db.engine
            with Session(engine) as session:
                dispatcher, spare, parts = _found(session, town)
                session.commit()
        bench = Workbench(
            sessions=sessionmaker(engine), travel_times=lambda: travel_times("great_circle"), lease_seconds=60.0
        )
        yield Firmament(app, bench, traveller, town, spare, parts, dispatcher)
        engine.dispose()


def _found(session: Session, town: Town) -> tuple[int, list[int], list[int]]:
    dice = random.Random(f"town {town.seed}")  # noqa: S311
    write_firm(session, Firm("Benchmark", ZONE, "EUR"))
    dispatcher = add_user(
        session,
        email="dispatcher@town.example",
        name="Dispatcher",
        password_hash=UNUSED,
        roles={RoleName.DISPATCHER},
    )
    sites = [_shop(session, contract, number, dice) for number, contract in _shops(session, town)]
    parts = [_part(session, family) for family in FAMILIES]
    session.flush()
    stores = [_warehouse(session, name, dice) for name in ("North", "South")]
    crew = [_technician(session, number, dice) for number in range(1, town.technicians + 1)]
    session.flush()
    _fill(session, _shelves(stores, crew, [part.id for part in parts], town, dice))
    for site in sites[: town.jobs]:
        take_in_job(session, new=new_job(site, [part.id for part in parts], dice, town), actor_id=dispatcher.id)
    session.flush()
    return dispatcher.id, [site.id for site in sites[town.jobs :]], [part.id for part in parts]


def new_job(
    site: Site, part_ids: Sequence[int], dice: random.Random, town: Town, priority: Priority | None = None
) -> NewJob:
    """Work at a shop: what it needs is drawn."""
    wants = {dice.choice(part_ids): 1} if dice.random() < 0.5 else {}
    skills = {dice.choice(SKILLS): 1} if dice.random() < town.skilled else {}
    promise = _promise(dice) if priority is None and dice.random() < town.promised else None
    return NewJob(
        site=site,
        device=site.devices[0],
        priority=priority or dice.choices(PRIORITIES, SHARES)[0],
        duration_seconds=60 * dice.choice((20, 25, 30, 35, 40, 50, 60)),
        skills=skills,
        parts=wants,
        window=promise,
    )


def _promise(dice: random.Random) -> Interval:
    starts = dice.choice((9, 10, 11, 13, 14, 15))
    return moment(starts), moment(starts + 2)


def _shops(session: Session, town: Town) -> Iterator[tuple[int, Contract]]:
    contracts = []
    for number in range(1, 5):
        customer = Customer(code=f"C{number}", name=f"Customer {number}")
        contract = Contract(
            code=f"K{number}",
            customer=customer,
            calendar=CalendarKind.ALWAYS,
            zone=ZONE.key,
            service_hours={},
            targets=[
                ServiceTarget(
                    priority=priority,
                    response_minutes=response,
                    resolution_minutes=resolution,
                    late_cents_per_minute=late,
                    breach_cents=breach,
                )
                for priority, (response, resolution, late, breach) in OWED.items()
            ],
        )
        session.add(contract)
        contracts.append(contract)
    session.flush()
    for number in range(1, town.jobs + town.spare_shops + 1):
        yield number, contracts[number % len(contracts)]


def _place(dice: random.Random) -> tuple[float, float]:
    return round(dice.uniform(SOUTH, NORTH), 5), round(dice.uniform(WEST, EAST), 5)


def _shop(session: Session, contract: Contract, number: int, dice: random.Random) -> Site:
    lat, lon = _place(dice)
    site = Site(
        code=f"S{number:04}",
        name=f"Shop {number}",
        customer_id=contract.customer_id,
        contract=contract,
        address=f"Street {number}",
        lat=lat,
        lon=lon,
        zone=ZONE.key,
        opening_hours=HOURS,
        devices=[Device(serial=f"SN{number:05}", model="A920")],
    )
    session.add(site)
    return site


def _part(session: Session, family: PartFamily) -> Part:
    part = Part(
        sku=f"P-{family.value}", name_en=family.value, name_zh=family.value, family=family, unit_cost_cents=2_000
    )
    session.add(part)
    return part


def _warehouse(session: Session, name: str, dice: random.Random) -> Place:
    lat, lon = _place(dice)
    place = Place(code=name.upper(), name=f"Warehouse {name}", kind=PlaceKind.WAREHOUSE, lat=lat, lon=lon)
    session.add(place)
    return place


def _technician(session: Session, number: int, dice: random.Random) -> Technician:
    lat, lon = _place(dice)
    user = add_user(
        session,
        email=f"t{number:02}@town.example",
        name=f"Technician {number:02}",
        password_hash=UNUSED,
        roles={RoleName.TECHNICIAN},
    )
    session.flush()
    new = NewTechnician(
        code=f"T{number:02}",
        name=user.name,
        home_lat=lat,
        home_lon=lon,
        zone=ZONE.key,
        user_id=user.id,
    )
    technician = add_technician(session, new, skills={skill: 1 for skill in SKILLS if dice.random() < 0.7})
    starts = dice.choice((8, 8, 8.5, 9))
    add_shift(
        session,
        technician,
        starts_at=moment(starts),
        ends_at=moment(starts + 9),
        rest=Break(2_700, moment(12), moment(13.5)),
        overtime_seconds=3_600,
    )
    return technician


def _shelves(
    stores: Sequence[Place], crew: Sequence[Technician], part_ids: Sequence[int], town: Town, dice: random.Random
) -> Iterator[tuple[int, dict[int, int]]]:
    """Shelves for the day in the warehouses; in each van one or two of most parts."""
    for store in stores:
        yield store.id, dict.fromkeys(part_ids, max(4, town.jobs // 4))
    for technician in crew:
        yield technician.trunk_id, {part_id: dice.choice((0, 1, 1, 2)) for part_id in part_ids}


def _fill(session: Session, shelves: Iterator[tuple[int, dict[int, int]]]) -> None:
    for place_id, shelf in shelves:
        session.add_all(StockLevel(place_id=place_id, part_id=part_id) for part_id in shelf)
        session.flush()
        brought = {part_id: count for part_id, count in shelf.items() if count}
        if brought:
            ledger.receive(session, place_id=place_id, pieces=brought, reference="opening", actor_id=None)


def job_of(session: Session, site_id: int) -> Job:
    """The job at a shop, the latest if there are several."""
    return session.scalars(sa.select(Job).where(Job.site_id == site_id).order_by(Job.id.desc()).limit(1)).one()
