"""
Loads the demonstration into a database, and clears it away again.

What is loaded was drawn beforehand as plain values; here it goes through the use cases of the house, at the moments at
which it is said to have happened: deliveries arrived yesterday evening, each report at its own time.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.config import Config
from app.database import is_empty
from app.demo import desk, firm, founding
from app.demo.clocks import add_pauses_and_signs
from app.demo.cores import add_cores, add_count
from app.demo.day import Report
from app.demo.draw import Demonstration, draw
from app.demo.field import add_late_commands
from app.demo.live import add_positions
from app.demo.people import add_people
from app.demo.promises import add_promises_and_ties
from app.demo.road_sketch import write_road_sketch
from app.demo.stock import Shelf
from app.demo.supply import add_suppliers
from app.demo.tracked import add_tracked_parts
from app.demo.trade import add_history, add_trade
from app.firm_clock import start_demonstration_clock
from core import clock
from core.accounts import RoleName
from core.base import Base
from core.errors import N_, DomainError, Kind
from core.firm import Firm, write_firm
from core.settings import read_setting, write_setting
from customers.models import Customer, Site
from customers.queries import device_by_serial
from desk.intake import FaultReport, report_fault
from dispatch.faults import fault_by_code
from dispatch.jobs import NewJob, take_in_job
from dispatch.models import Job, Technician
from dispatch.models.jobs import JobKind
from inventory import ledger
from inventory.models import Part, Place, PlaceKind, StockLevel
from routing.travel import Point
from routing.travel.places import read_streets

DEFAULT_SEED = 1
SETTING = "demonstration"
DAY_BEGINS = dt.time(7, 30)
DELIVERIES_AT = dt.time(18)
# What no firm leaves behind: the cache of travel times and the sign of life of the workers.
NO_FIRMS_DATA = frozenset({"travel_matrices", "worker_pulse"})


class DatabaseHoldsFirm(DomainError):
    code = "database_holds_firm"
    kind = Kind.CONFLICT
    sentence = N_(
        "This database holds the data of a firm (%(customers)s customers, %(jobs)s jobs), not a demonstration. Nothing "
        "was changed. Give the demonstration a database of its own with DATA_DIR or DATABASE_URL."
    )


def loaded_demonstration(session: Session) -> tuple[int, dt.date] | None:
    """Seed and day of the demonstration in this database, or None if it holds none."""
    kept = read_setting(session, SETTING)
    return None if kept is None else (int(kept["seed"]), dt.date.fromisoformat(kept["day"]))


def load(session: Session, config: Config, *, seed: int, today: dt.date | None = None) -> None:
    """
    Load the demonstration of ``today`` (the real one in Lisbon if None) into an empty database; the caller commits.

    Raises DatabaseHoldsFirm if the database is not empty, and MapFileError if the map cannot be read.
    """
    if not is_empty(session):
        raise _holds_firm(session)
    day = today or dt.datetime.now(ZoneInfo(firm.ZONE)).date()
    drawn = draw(read_streets(config.map_file), seed=seed, day=day)
    write_road_sketch(config.map_file, config.data_dir / "map" / "roads.json")
    write(session, drawn)


def write(session: Session, drawn: Demonstration) -> None:
    """Write a demonstration into an empty database. The firm's clock is then half past seven of its day."""
    logins = founding.add_accounts(session, drawn.crew)
    founding.add_customers(session)
    desk.add_prices(session)
    founding.add_shops(session, drawn.shops)
    founding.add_catalogue(session)
    add_suppliers(session)
    founding.add_warehouses(session, drawn.warehouses)
    founding.add_crew(session, drawn.crew)
    with clock_at(_moment(drawn.day - dt.timedelta(days=1), DELIVERIES_AT)):
        _fill_shelves(session, drawn.shelves, actor_id=founding.user_id(session, RoleName.WAREHOUSE))
        add_history(session, drawn.seed, drawn.day)
    for add in (add_trade, add_cores, add_count, add_tracked_parts):
        add(
            session,
            drawn,
            actor_id=founding.user_id(session, RoleName.WAREHOUSE),
            at=lambda day, time: clock_at(_moment(day, time)),
        )
    dispatcher_id = founding.user_id(session, RoleName.DISPATCHER)
    _take_in_all(session, drawn.reports, actor_id=dispatcher_id)
    desk_id = founding.user_id(session, RoleName.DESK)
    desk.add_tickets(session, drawn.day, actor_id=desk_id, at=lambda day, time: clock_at(_moment(day, time)))
    add_pauses_and_signs(session, drawn.day, actor_id=dispatcher_id, at=lambda day, time: clock_at(_moment(day, time)))

    write_firm(session, Firm(firm.NAME, ZoneInfo(firm.ZONE), firm.CURRENCY))
    with clock_at(_moment(drawn.day, DAY_BEGINS)):
        add_people(session, drawn, actor_id=dispatcher_id)
    add_promises_and_ties(session, drawn.day, actor_id=dispatcher_id, at=lambda day, time: clock_at(_moment(day, time)))
    add_late_commands(session, drawn.day, actor_id=dispatcher_id, at=lambda day, time: clock_at(_moment(day, time)))
    add_positions(session, drawn.day)
    about = {"seed": drawn.seed, "day": drawn.day.isoformat(), "password": founding.PASSWORD, "logins": logins}
    write_setting(session, SETTING, about)
    start_demonstration_clock(session, _moment(drawn.day, DAY_BEGINS))


def clear(session: Session) -> None:
    """
    Take the demonstration out of the database, with everything that was done in it since; the caller commits.

    Raises DatabaseHoldsFirm if what is there is no demonstration.
    """
    if loaded_demonstration(session) is None:
        raise _holds_firm(session)
    session.flush()
    tables = [table for table in reversed(Base.metadata.sorted_tables) if table.name not in NO_FIRMS_DATA]
    if session.get_bind().dialect.name == "postgresql":
        # Numbers of jobs follow from ids, which begin anew like those of an emptied SQLite table.
        names = ", ".join(table.name for table in tables)
        session.execute(sa.text(f"TRUNCATE {names} RESTART IDENTITY"))
    else:
        for table in tables:
            session.execute(table.delete())
    session.expunge_all()


def places(session: Session) -> list[Point]:
    """Every place that a day's routes can touch: shops, homes and warehouses."""
    rows = [
        *session.execute(sa.select(Site.lat, Site.lon).order_by(Site.id)),
        *session.execute(sa.select(Technician.home_lat, Technician.home_lon).order_by(Technician.id)),
        *session.execute(sa.select(Place.lat, Place.lon).where(Place.kind == PlaceKind.WAREHOUSE).order_by(Place.id)),
    ]
    return [Point(lat, lon) for lat, lon in rows if lat is not None and lon is not None]


def _holds_firm(session: Session) -> DatabaseHoldsFirm:
    customers, jobs = (session.scalar(sa.select(sa.func.count()).select_from(table)) for table in (Customer, Job))
    return DatabaseHoldsFirm(customers=customers, jobs=jobs)


def _moment(day: dt.date, time: dt.time) -> dt.datetime:
    return dt.datetime.combine(day, time, ZoneInfo(firm.ZONE)).astimezone(dt.UTC)


@contextmanager
def clock_at(moment: dt.datetime) -> Iterator[None]:
    """Let things happen at another moment than the present."""
    before = clock.offset()
    clock.set_offset(moment - dt.datetime.now(dt.UTC))
    try:
        yield
    finally:
        clock.set_offset(before)


def _fill_shelves(session: Session, shelves: Sequence[Shelf], *, actor_id: int) -> None:
    """Set the levels between which every shelf is kept, and receive what lies on it."""
    place_ids = dict(session.execute(sa.select(Place.code, Place.id)).all())
    part_ids = dict(session.execute(sa.select(Part.sku, Part.id)).all())
    pieces: defaultdict[int, dict[int, int]] = defaultdict(dict)
    for shelf in shelves:
        place_id, part_id = place_ids[shelf.place_code], part_ids[shelf.sku]
        session.add(
            StockLevel(place_id=place_id, part_id=part_id, minimum=shelf.minimum, target=shelf.target, bin=shelf.bin)
        )
        if shelf.on_hand:
            pieces[place_id][part_id] = shelf.on_hand
    # The ledger looks levels up by statements, which do not see rows that are still pending.
    session.flush()
    for number, (place_id, delivery) in enumerate(pieces.items(), start=1):
        reference = f"Opening stock {number:02}"
        ledger.receive(session, place_id=place_id, pieces=delivery, reference=reference, actor_id=actor_id)


def _take_in_all(session: Session, reports: Sequence[Report], *, actor_id: int) -> None:
    repairs = [report for report in reports if report.fault.kind is JobKind.REPAIR]
    desk_id = founding.user_id(session, RoleName.DESK)
    for report in reports:
        with clock_at(report.reported_at):
            if report in repairs[: desk.TALKED_THROUGH]:
                desk.take_in_call(session, report, repairs.index(report), actor_id=desk_id)
            else:
                take_in(session, report, actor_id=actor_id)


def take_in(session: Session, report: Report, *, actor_id: int) -> None:
    """A fault goes through the desk, work that was ordered straight into the queue."""
    if report.fault.kind is JobKind.REPAIR:
        fault_report = FaultReport(
            device_serial=report.machine.serial,
            fault_code=report.fault.code,
            description=report.description,
            window=report.promise,
            reported_at=report.reported_at,
        )
        report_fault(session, fault_report, actor_id=actor_id)
        return
    device = device_by_serial(session, report.machine.serial)
    order = NewJob(
        site=device.site,
        priority=report.fault.priority,
        device=device,
        fault=fault_by_code(session, report.fault.code),
        kind=report.fault.kind,
        description=report.description,
        reported_at=report.reported_at,
        window=report.promise,
    )
    take_in_job(session, new=order, actor_id=actor_id)
