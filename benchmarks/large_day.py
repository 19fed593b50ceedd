"""
A large firm's day in a folder: 60 technicians with 500 visits on the road at ten o'clock, and 120 jobs in the queue.

Run from the project's root: ``python -m benchmarks.large_day FOLDER``, then ``DATA_DIR=FOLDER make run``. Run again on
the same folder, the day stays as it is and its clock goes back to ten.

Five demonstrations that share one town are drawn and put together: the shops of all, the crews of three. The day goes
through the use cases of the house like any other: reports, a published plan, technicians who set off, arrive and
complete, calls of the morning that are not planned yet, and a draft that would take them in.
"""

import argparse
import datetime as dt
import itertools
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import flask_migrate
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.config import Config
from app.database import is_empty
from app.demo.addresses import AddressBook
from app.demo.crew import CrewMember, draw_crew, plain_letters
from app.demo.day import Report, draw_reports
from app.demo.draw import Demonstration
from app.demo.firm import ZONE
from app.demo.load import clock_at, take_in, write
from app.demo.names import FIRST_NAMES, SURNAMES, TECHNICIANS
from app.demo.road_sketch import write_road_sketch
from app.demo.shops import Machine, Shop, draw_shops, fictional_phone
from app.demo.stock import draw_stock, draw_warehouses
from app.factory import create_app
from app.firm_clock import start_demonstration_clock
from app.workbench import make_workbench
from core.accounts import User
from core.db import db
from dispatch import fieldwork
from dispatch.models import PlanRun, Position, Visit
from dispatch.models.visits import CannotComplete, VisitStatus
from dispatch.planning import publish_run, request_plan
from dispatch.planning.compute import compute_run
from dispatch.signs import sweep_clocks
from routing.travel.places import Street, read_streets

DAY = dt.date(2026, 11, 23)
BEGINS, NOW = dt.time(7, 30), dt.time(10)
CALLS_FROM, CALLS_UNTIL = dt.time(7, 40), dt.time(9, 55)
DISPATCHER = "dispatcher@demo.example"
ACCURACY_METRES = 12.0
# From one shop to the next, and how many of them are found locked.
WAY = dt.timedelta(minutes=11)
LOCKED = 0.03


@dataclass(frozen=True)
class Size:
    """How large the firm is: ``calls`` come in after the day was planned."""

    technicians: int = 60
    jobs: int = 505
    calls: int = 120
    towns: int = 5
    seed: int = 1
    plan_seconds: float = 5.0


def main() -> None:
    """Make the day in the folder that is named, or only set its clock."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large_day", description="A large firm's day.")
    parser.add_argument("folder", type=Path, help="where its files go; to be named in DATA_DIR afterwards")
    for name in ("technicians", "jobs", "calls", "towns"):
        parser.add_argument(f"--{name}", type=int, default=getattr(Size, name))
    asked = parser.parse_args()
    size = Size(technicians=asked.technicians, jobs=asked.jobs, calls=asked.calls, towns=asked.towns)
    for line in large_day_in(asked.folder.resolve(), size):
        print(line)


def large_day_in(folder: Path, size: Size) -> list[str]:
    """See that a folder holds the large day with its clock at ten; returns what stands on it, in a few lines."""
    app = create_app(Config.from_environment({"DATA_DIR": str(folder)}))
    with app.app_context():
        flask_migrate.upgrade()
        if is_empty(db.session()):
            make_large_day(app, size)
        start_demonstration_clock(db.session(), moment(NOW))
        db.session.commit()
        lines = list(describe(db.session()))
        db.session.remove()
        db.engine.dispose()
    return lines


def make_large_day(app: Flask, size: Size) -> None:
    """Let the firm come into being and work until ten; must be called inside the application context."""
    config: Config = app.extensions["wrenchway"]
    streets = read_streets(config.map_file)
    write_road_sketch(config.map_file, config.data_dir / "map" / "roads.json")
    session = db.session()
    drawn = draw_large(streets, size)
    write(session, replace(drawn, reports=drawn.reports[: size.jobs]))
    session.commit()
    _plan(app, size, BEGINS, published=True)
    _work(session, random.Random(f"work {size.seed}"))  # noqa: S311 -- the same day at every run
    _call(session, drawn.reports[size.jobs :], size)
    session.commit()
    _plan(app, size, NOW, published=False)


def describe(session: Session) -> Iterator[str]:
    """What stands on the day, in a few lines."""
    yield f"{DAY} at {NOW:%H:%M}, sign in as {DISPATCHER}"
    counted = session.execute(
        sa.select(Visit.status, sa.func.count()).where(Visit.day == DAY).group_by(Visit.status).order_by(Visit.status)
    ).all()
    routes = session.scalar(sa.select(sa.func.count(Visit.technician_id.distinct())).where(Visit.day == DAY))
    yield f"{sum(count for _, count in counted)} visits of {routes} technicians: " + ", ".join(
        f"{count} {status}" for status, count in counted
    )


def moment(time: dt.time) -> dt.datetime:
    """A time of the day in Porto, as UTC."""
    return dt.datetime.combine(DAY, time, ZoneInfo(ZONE)).astimezone(dt.UTC)


def draw_large(streets: Sequence[Street], size: Size) -> Demonstration:
    """Draw the firm: several demonstrations in one town, with numbers and names of their own."""
    book = AddressBook(streets)
    seeds = [size.seed + 100 * town for town in range(size.towns)]
    warehouses = draw_warehouses(size.seed, book)
    shops: list[Shop] = []
    reports: list[Report] = []
    crew: list[CrewMember] = []
    for seed in seeds:
        drawn = draw_shops(seed, book, DAY)
        renamed = {shop.code: _renumber(shop, len(shops) + number) for number, shop in enumerate(drawn, start=1)}
        reports += [_moved(report, renamed) for report in draw_reports(seed, drawn, DAY)]
        shops += renamed.values()
        crew += draw_crew(seed, book, DAY)
    crew = list(_named_anew(crew[: size.technicians]))
    # Every so many of each town, in the order in which they came in; the rest calls later.
    random.Random(f"reports {size.seed}").shuffle(reports)  # noqa: S311
    wanted = reports[: size.jobs + size.calls]
    if len(wanted) < size.jobs + size.calls:
        raise ValueError(f"Expected at most {len(reports)} jobs and calls of {size.towns} towns, got {size}.")
    shelves = draw_stock(size.seed, crew, wanted)
    return Demonstration(size.seed, DAY, shops, crew, warehouses, shelves, wanted)


def _renumber(shop: Shop, number: int) -> Shop:
    """The same shop with codes, serials and a telephone number that no other town has."""
    code = f"{shop.trade.customer_code}-{number:04}"
    machines = tuple(_with_serial(machine, number) for machine in shop.machines)
    return replace(shop, code=code, phone=fictional_phone(number), machines=machines)


def _with_serial(machine: Machine, shop_number: int) -> Machine:
    head, tail = machine.serial.split("-")
    return replace(machine, serial=f"{head}-{tail[:2]}{shop_number:04}{tail[5:]}")


def _moved(report: Report, renamed: Mapping[str, Shop]) -> Report:
    shop = renamed[report.shop.code]
    machine = shop.machines[report.shop.machines.index(report.machine)]
    return replace(report, shop=shop, machine=machine)


def _named_anew(crew: Iterable[CrewMember]) -> Iterator[CrewMember]:
    """The demonstration's twenty keep their names, so that its sign-ins work here too."""
    others = (f"{first} {last}" for first, last in zip(itertools.cycle(FIRST_NAMES), SURNAMES, strict=False))
    names = itertools.chain(TECHNICIANS, others)
    for number, (member, name) in enumerate(zip(crew, names, strict=False), start=1):
        yield replace(
            member,
            code=f"T{number:02}",
            name=name,
            email=f"{plain_letters(name)}@demo.example",
            phone=f"+351 000 900 {number:03}",
        )


def _plan(app: Flask, size: Size, time: dt.time, *, published: bool) -> None:
    session = db.session()
    actor_id = _dispatcher(session)
    with clock_at(moment(time)):
        run = request_plan(
            session, day=DAY, engine="hybrid", seconds=size.plan_seconds, seed=size.seed, actor_id=actor_id
        )
        run_id = run.id
        session.commit()
        compute_run(make_workbench(app), run_id)
        run = session.get_one(PlanRun, run_id, populate_existing=True)
        if run.problem:
            raise RuntimeError(f"The day could not be planned: {run.problem}")
        if published:
            publish_run(session, run_id=run_id, actor_id=actor_id)
        session.commit()


def _dispatcher(session: Session) -> int:
    return session.scalars(sa.select(User.id).where(User.email == DISPATCHER)).one()


def _work(session: Session, dice: random.Random) -> None:
    """Let the morning happen: visits are a little early or late, a few shops are locked, phones say where they are."""
    visits = session.scalars(
        sa.select(Visit).where(Visit.status == VisitStatus.DISPATCHED, Visit.day == DAY).order_by(Visit.planned_arrival)
    ).all()
    free_at: dict[int, dt.datetime] = {}
    for visit in visits:
        late = dt.timedelta(minutes=dice.randint(-6, 9))
        leaves = max(visit.planned_arrival - WAY + late, free_at.get(visit.technician_id, moment(BEGINS)))
        arrives = max(leaves + WAY, visit.planned_start)
        ends = arrives + (visit.planned_end - visit.planned_start) * dice.uniform(0.8, 1.2)
        free_at[visit.technician_id] = ends
        steps = (leaves, _set_off), (arrives, _arrive), (ends, _give_up if dice.random() < LOCKED else _complete)
        for at, step in steps:
            if at <= moment(NOW):
                with clock_at(at):
                    step(session, visit)
    _tell_positions(session)
    with clock_at(moment(NOW)):
        while sweep_clocks(session):
            session.flush()


def _set_off(session: Session, visit: Visit) -> None:
    fieldwork.set_off(session, visit_id=visit.id, technician_id=visit.technician_id, actor_id=None)


def _arrive(session: Session, visit: Visit) -> None:
    fieldwork.arrive(session, visit_id=visit.id, technician_id=visit.technician_id, actor_id=None)


def _give_up(session: Session, visit: Visit) -> None:
    fieldwork.cannot_complete(
        session,
        visit_id=visit.id,
        reason=CannotComplete.NO_ACCESS,
        technician_id=visit.technician_id,
        actor_id=None,
    )


def _complete(session: Session, visit: Visit) -> None:
    """Use what the van holds for the job, and be done."""
    for line in visit.job.parts:
        if line.reservation is not None and line.reservation.place_id == visit.technician.trunk_id:
            fieldwork.use_part(
                session,
                visit_id=visit.id,
                part_id=line.part_id,
                quantity=line.quantity,
                technician_id=visit.technician_id,
                actor_id=None,
            )
    fieldwork.complete(session, visit_id=visit.id, technician_id=visit.technician_id, actor_id=None)


def _tell_positions(session: Session) -> None:
    """Each phone was seen where its visit is, a few minutes ago, unless it has not left home."""
    under_way = session.scalars(sa.select(Visit).where(Visit.day == DAY, Visit.set_off_at.is_not(None)))
    last = {visit.technician_id: visit.job.site for visit in under_way.all()}
    for position in session.scalars(sa.select(Position)):
        site = last.get(position.technician_id)
        if site is not None and site.lat is not None and site.lon is not None:
            position.lat, position.lon, position.accuracy = site.lat, site.lon, ACCURACY_METRES
            position.at = moment(NOW) - dt.timedelta(minutes=position.technician_id % 7)


def _call(session: Session, reports: Sequence[Report], size: Size) -> None:
    """Reports of the morning, of which nobody has planned any yet."""
    dice = random.Random(f"calls {size.seed}")  # noqa: S311 -- the same day at every run
    actor_id = _dispatcher(session)
    between = moment(CALLS_UNTIL) - moment(CALLS_FROM)
    moments = sorted(moment(CALLS_FROM) + between * dice.random() for _ in reports)
    for at, report in zip(moments, reports, strict=True):
        with clock_at(at):
            take_in(session, replace(report, reported_at=at, promise=None), actor_id=actor_id)


if __name__ == "__main__":
    main()
