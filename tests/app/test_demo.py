"""The demonstration: believable whatever the weekday, the same for the same seed, and never in a firm's way."""

import datetime as dt
import json
import math
import re
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_security import verify_password
from sqlalchemy.orm import Session

from app.config import Config
from app.database import is_empty
from app.demo import load as demonstration
from app.demo.catalogue import FAMILIES_OF_MODEL, FAULTS, MODELS, PARTS, SHIPPED
from app.demo.draw import Demonstration, draw
from app.demo.load import DatabaseHoldsFirm, clear, write
from app.demo.road_sketch import write_road_sketch
from app.demo.tracked import VARIANTS
from app.factory import create_app
from core import clock
from core.accounts import RoleName, User
from core.base import Base
from core.db import db
from core.settings import read_setting, write_setting
from customers.calendars import WeeklyHours
from customers.models import Customer, Device, Priority, Site
from dispatch.models import FieldConflict, Job, MaintenanceJob, Shift, Technician
from dispatch.models.clocks import ClockPause, Notice, NoticeKind
from dispatch.models.jobs import JobStatus
from dispatch.workforce import shifts_of_day, working_times
from dispatch.workforce.partners import partners
from dispatch.workforce.technicians import expiring_skills
from dispatch.workforce.territories import territories
from inventory.ledger import find_differences
from inventory.models import (
    OrderState,
    Part,
    PlaceKind,
    PurchaseOrder,
    ReorderRule,
    Reservation,
    StockLevel,
    Transfer,
    TransferState,
)
from inventory.replenishment import restock_proposals
from routing.travel.places import Street, read_streets
from tests import factories

# One process reads the streets and writes the demonstration.
pytestmark = pytest.mark.xdist_group("demonstration")

LISBON = ZoneInfo("Europe/Lisbon")
MAP_FILE = Config.map_file
WEDNESDAY = dt.date(2026, 11, 25)
DAYS = [
    WEDNESDAY,
    dt.date(2026, 11, 23),  # A Monday: hairdressers and some cafés are closed.
    dt.date(2026, 11, 22),  # A Sunday: most contracts have no service.
    dt.date(2026, 12, 25),  # A public holiday on a Friday.
    dt.date(2026, 10, 25),  # The night before, the clocks went back.
]
# Set anew by every load: made at random for every account, or an offset to the world's clock.
BY_CHANCE = {"fs_uniquifier", "password"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*")


@pytest.fixture(scope="session")
def streets() -> list[Street]:
    """The streets of greater Porto, which take seconds to read."""
    return read_streets(MAP_FILE)


@pytest.fixture(scope="session")
def drawn(streets: list[Street]) -> Demonstration:
    return draw(streets, seed=1, day=WEDNESDAY)


@pytest.fixture(autouse=True)
def _worlds_clock() -> Iterator[None]:
    """Give the process its clock back: loading sets it to the demonstration's."""
    yield
    clock.set_offset(dt.timedelta(0))


@pytest.fixture(scope="session")
def loaded_file(migrated_file: Path, drawn: Demonstration, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database that holds the demonstration, to be copied."""
    folder = tmp_path_factory.mktemp("loaded")
    file = Path(shutil.copy(migrated_file, folder / "loaded.sqlite"))
    made = create_app(Config(data_dir=folder, database_url=f"sqlite:///{file}", secret_key="test", testing=True))
    with made.app_context():
        write(db.session(), drawn)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()
    return file


@pytest.fixture
def demo_app(app: Flask, loaded_file: Path) -> Flask:
    """The service on a demonstration of its own."""
    config: Config = app.extensions["wrenchway"]
    shutil.copy(loaded_file, config.data_dir / "test.sqlite")
    return app


@pytest.fixture
def firm(demo_app: Flask) -> Iterator[Session]:
    """A session on a demonstration of its own."""
    with demo_app.app_context():
        yield db.session()


def everything_in(session: Session) -> dict[str, list[dict[str, object]]]:
    """Every row of every table but for what is made by chance; moments to the minute."""
    return {
        table.name: [_plain(row) for row in session.execute(sa.select(table).order_by(*table.primary_key))]
        for table in Base.metadata.sorted_tables
    }


def _plain(row: sa.Row[tuple[object, ...]]) -> dict[str, object]:
    return {
        name: _to_the_minute(value)
        for name, value in row._mapping.items()
        if name not in BY_CHANCE and row._mapping.get("name") != "demonstration_clock"
    }


def _to_the_minute(value: object) -> object:
    """Cut the seconds off a moment; facts hold moments as text. The clock goes on while the demonstration is made."""
    if isinstance(value, dt.datetime):
        return value.replace(second=0, microsecond=0)
    if isinstance(value, dict):
        return {name: _to_the_minute(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_to_the_minute(one) for one in value]
    if isinstance(value, str) and MOMENT.fullmatch(value):
        return _to_the_minute(dt.datetime.fromisoformat(value))
    return value


# --- the catalogue ---


def test_every_family_of_a_model_has_exactly_one_part() -> None:
    counts = Counter((model, part.family) for part in PARTS for model in part.fits)

    assert set(counts.values()) == {1}
    assert {model for model, _ in counts} == set(MODELS)


def test_every_fault_occurs_on_a_model_and_finds_its_parts_there() -> None:
    for fault in FAULTS:
        models = [model for model in MODELS if fault.occurs_on(model)]

        assert models, fault.code
        assert all(len(fault.skus_on(model)) == len(fault.parts) for model in models)
        assert all(FAMILIES_OF_MODEL[model] >= set(fault.parts) for model in models)


def test_the_catalogue_has_the_size_of_a_real_one() -> None:
    assert len(PARTS) == 32
    assert len(FAULTS) == 30
    assert len(MODELS) == 8


# --- the firm that is drawn ---


def test_shops_stand_on_streets_of_the_map_with_a_door_of_their_own(
    drawn: Demonstration, streets: list[Street]
) -> None:
    names = {street.name for street in streets}

    assert len(drawn.shops) == 260
    assert len({str(shop.address) for shop in drawn.shops}) == 260
    assert len({shop.name for shop in drawn.shops}) == 260
    for shop in drawn.shops:
        assert shop.address.street in names
        assert 40.9 < shop.address.point.lat < 41.4
        assert -8.8 < shop.address.point.lon < -8.3
        assert shop.address.number > 0
        assert 1 <= len(shop.machines) <= 3


def test_shops_are_a_few_metres_off_a_position_of_their_street(drawn: Demonstration, streets: list[Street]) -> None:
    positions = defaultdict(list)
    for street in streets:
        positions[street.name] += [at.point for at in street.points]

    for shop in drawn.shops:
        here = shop.address.point
        metres = [
            111_195 * math.hypot(p.lat - here.lat, (p.lon - here.lon) * 0.753) for p in positions[shop.address.street]
        ]
        assert 1 < min(metres) < 8


def test_serial_numbers_are_unique(drawn: Demonstration) -> None:
    serials = [machine.serial for shop in drawn.shops for machine in shop.machines]

    assert len(set(serials)) == len(serials)
    assert 300 <= len(serials) <= 480


def test_every_fault_can_be_repaired_by_several_technicians(drawn: Demonstration) -> None:
    for fault in FAULTS:
        able = [
            member
            for member in drawn.crew
            if all(member.skills.get(skill, 0) >= level for skill, level in SHIPPED[fault.code].skills.items())
        ]
        assert len(able) >= 3, fault.code


def test_one_warehouse_stands_north_and_one_south_of_the_river(drawn: Demonstration) -> None:
    north, south = (address.point.lat for _, address in drawn.warehouses)

    assert south < 41.14 < north


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_whatever_the_day_it_is_a_full_working_day(streets: list[Street], day: dt.date) -> None:
    found = draw(streets, seed=1, day=day)
    count = len(found.reports)
    share = {priority: number / count for priority, number in _priorities(found).items()}

    assert 130 <= count <= 160
    assert len(found.crew) == 20
    assert all(any(hours.starts_at.astimezone(LISBON).date() == day for hours in m.duty) for m in found.crew)
    assert 0.06 <= share[Priority.P1] <= 0.10
    assert 0.22 <= share[Priority.P2] <= 0.28
    for report in found.reports:
        assert WeeklyHours.parse(report.shop.opening_hours).windows_on(day, LISBON)


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_reports_came_in_between_yesterday_and_this_morning(streets: list[Street], day: dt.date) -> None:
    found = draw(streets, seed=1, day=day)
    yesterday = dt.datetime.combine(day - dt.timedelta(days=1), dt.time(), LISBON)
    deadline = dt.datetime.combine(day, dt.time(7, 25), LISBON)

    assert all(yesterday <= report.reported_at <= deadline for report in found.reports)
    assert all(one.reported_at <= next_.reported_at for one, next_ in pairwise(found.reports))
    assert max(Counter(report.reported_at for report in found.reports).values()) <= 6


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_promises_leave_time_to_finish_before_the_shop_closes(streets: list[Street], day: dt.date) -> None:
    found = draw(streets, seed=1, day=day)
    promised = [report for report in found.reports if report.promise is not None]

    assert 0.10 <= len(promised) / len(found.reports) <= 0.20
    for report in promised:
        assert report.promise is not None
        start, end = report.promise
        work = dt.timedelta(minutes=report.fault.minutes)
        openings = WeeklyHours.parse(report.shop.opening_hours).windows_on(day, LISBON)
        assert any(opens <= start and end + work <= closes for opens, closes in openings)


def test_one_shop_with_a_job_is_not_on_the_map(streets: list[Street]) -> None:
    for day in DAYS:
        found = draw(streets, seed=2, day=day)

        assert sum(not shop.located for shop in found.shops) == 1
        assert sum(not report.shop.located for report in found.reports) == 1


def test_the_same_seed_draws_the_same_and_another_another(streets: list[Street], drawn: Demonstration) -> None:
    assert draw(streets, seed=1, day=WEDNESDAY) == drawn
    assert draw(streets, seed=2, day=WEDNESDAY).shops != drawn.shops


def _priorities(found: Demonstration) -> Counter[Priority]:
    return Counter(report.fault.priority for report in found.reports)


# --- in the database ---


def test_everything_drawn_is_written(firm: Session, drawn: Demonstration) -> None:
    def count(table: type[Base]) -> int | None:
        return firm.scalar(sa.select(sa.func.count()).select_from(table))

    assert count(Customer) == 7
    assert count(Site) == 260
    assert count(Device) == sum(len(shop.machines) for shop in drawn.shops)
    assert count(Part) == 32 + len(VARIANTS)
    assert count(Technician) == 20
    # One more is told of by a phone that was offline.
    assert count(Job) == len(drawn.reports) + (count(MaintenanceJob) or 0) + 1
    assert len(shifts_of_day(firm, WEDNESDAY)) == 20


def test_whom_the_weeks_would_let_work_on_a_free_day_is_on_leave(firm: Session, drawn: Demonstration) -> None:
    days = [WEDNESDAY + dt.timedelta(days=later) for later in range(13)]

    working = {(time.technician.code, time.day) for time in working_times(firm, days[0], days[-1])}

    on_duty = {(member.code, duty.starts_at.astimezone(LISBON).date()) for member in drawn.crew for duty in member.duty}
    assert {one for one in working if one[1] < days[-1]} == {one for one in on_duty if one[1] < days[-1]}
    # Weeks reach further than what was drawn.
    assert firm.scalar(sa.select(sa.func.max(Shift.day))) == WEDNESDAY + dt.timedelta(days=27)


def test_people_and_maintenance_are_shown_alive(firm: Session) -> None:
    assert [row.technician.code for row in expiring_skills(firm, today=WEDNESDAY)] == ["T02", "T11"]
    assert [partner.code for partner, lent in partners(firm) if len(lent) == 2] == ["RDM"]
    assert all(row.sites for row in territories(firm))
    turns = firm.scalars(sa.select(MaintenanceJob)).all()
    assert turns
    assert all(turn.together_with is not None for turn in turns)


def test_stock_agrees_with_its_ledger_and_is_tight(firm: Session) -> None:
    levels = list(firm.scalars(sa.select(StockLevel)))
    proposals = Counter(proposal.kind for proposal in restock_proposals(firm))

    assert find_differences(firm) == []
    assert all(0 <= level.reserved <= level.on_hand for level in levels)
    assert 20 <= proposals[PlaceKind.TRUNK] <= 140
    assert 5 <= proposals[PlaceKind.WAREHOUSE] <= 30
    assert all(level.bin for level in levels if level.place.kind is PlaceKind.WAREHOUSE)


def test_the_warehouse_has_orders_and_transfers_in_every_state(firm: Session) -> None:
    assert set(firm.scalars(sa.select(PurchaseOrder.state))) == set(OrderState) - {OrderState.CANCELLED}
    assert {TransferState.REQUESTED, TransferState.SHIPPED} <= set(firm.scalars(sa.select(Transfer.state)))


def test_most_reorder_points_follow_from_what_was_used(firm: Session) -> None:
    rules = firm.scalars(sa.select(ReorderRule)).all()

    assert sum(not rule.by_hand for rule in rules) > len(rules) / 2
    assert all(rule.demand_per_week > 0 for rule in rules)


def test_some_jobs_wait_for_parts_and_the_others_are_ready(firm: Session) -> None:
    statuses = Counter(firm.scalars(sa.select(Job.status).where(Job.status != JobStatus.CANCELLED)))

    assert set(statuses) == {JobStatus.READY, JobStatus.WAITING_PARTS}
    assert 5 <= statuses[JobStatus.WAITING_PARTS] <= 12


def test_parts_are_promised_in_vans_and_in_warehouses(firm: Session) -> None:
    kinds = Counter(reservation.place.kind for reservation in firm.scalars(sa.select(Reservation)))

    assert kinds[PlaceKind.TRUNK] > 40
    assert kinds[PlaceKind.WAREHOUSE] >= 5


def test_responses_are_due_all_day_long_and_none_before_the_day_begins(firm: Session) -> None:
    owed = sa.select(Job.response_due).where(Job.status != JobStatus.CANCELLED)
    due = [moment.astimezone(LISBON) for moment in firm.scalars(owed)]
    hours = Counter(moment.hour for moment in due if moment.date() == WEDNESDAY)

    assert min(due) >= dt.datetime.combine(WEDNESDAY, dt.time(8, 20), LISBON)
    assert sum(hours[hour] for hour in (8, 9)) >= 3
    assert len([hour for hour in range(8, 18) if hours[hour]]) >= 8


def test_clocks_are_paused_warn_and_run_out_in_the_morning(firm: Session) -> None:
    pauses = firm.scalars(sa.select(ClockPause)).all()
    assert [pause.ended_at is None for pause in pauses] == [True, False]

    told = firm.scalars(sa.select(Notice)).all()
    assert {notice.kind for notice in told} >= {NoticeKind.CLOCK_WARNING}
    assert len([notice for notice in told if notice.closed_at is None]) < 100


def test_a_phone_has_told_of_work_that_awaits_a_decision(firm: Session) -> None:
    arrived, done = firm.scalars(sa.select(FieldConflict).order_by(FieldConflict.id))

    assert (arrived.action, done.action) == ("arrive", "complete")
    assert done.refusal["code"] == "visit_withdrawn"
    assert done.job is not None
    assert done.job.status is JobStatus.CANCELLED


def test_history_begins_when_the_fault_was_reported(firm: Session) -> None:
    for job in firm.scalars(sa.select(Job)):
        assert job.events[0].action == "take_in"
        assert dt.timedelta(0) <= job.events[0].at - job.reported_at < dt.timedelta(minutes=1)


def test_it_is_written_on_both_databases_and_its_clock_shows_half_past_seven(
    app: Flask, session: Session, drawn: Demonstration
) -> None:
    # The passwords are hashed with the settings of the service.
    with app.app_context():
        write(session, drawn)

    present = clock.now().astimezone(LISBON)
    assert (present.date(), present.hour, present.minute) == (WEDNESDAY, 7, 30)
    made = session.scalar(sa.select(sa.func.count()).select_from(MaintenanceJob)) or 0
    assert session.scalar(sa.select(sa.func.count()).select_from(Job)) == len(drawn.reports) + made + 1
    assert find_differences(session) == []


def test_every_login_that_is_shown_works(firm: Session) -> None:
    kept = read_setting(firm, "demonstration")

    assert kept is not None
    assert [login["role"] for login in kept["logins"]] == [
        "dispatcher",
        "desk",
        "technician",
        "warehouse",
        "manager",
        "admin",
    ]
    for login in kept["logins"]:
        user = firm.scalars(sa.select(User).where(User.email == login["email"])).one()
        assert user.role_names == {RoleName(login["role"])}
        assert verify_password(kept["password"], user.password)
    assert firm.scalar(sa.select(sa.func.count()).select_from(User)) == 25


def test_every_technician_signs_in(firm: Session) -> None:
    for technician in firm.scalars(sa.select(Technician)):
        assert technician.user is not None
        assert technician.user.name == technician.name


def test_loaded_anew_it_is_the_same_to_the_last_row(firm: Session, drawn: Demonstration) -> None:
    before = everything_in(firm)

    clear(firm)
    assert is_empty(firm)
    write(firm, drawn)

    assert everything_in(firm) == before


# --- clearing and refusing, on both databases ---


def test_clearing_lets_numbers_begin_anew(session: Session) -> None:
    factories.add_job(session)
    write_setting(session, "demonstration", {"seed": 1, "day": "2026-11-25"})

    clear(session)
    job = factories.add_job(session)

    assert demonstration.loaded_demonstration(session) is None
    assert (job.id, job.site.id) == (1, 1)


def test_the_data_of_a_firm_is_never_cleared(session: Session) -> None:
    factories.add_job(session)

    with pytest.raises(DatabaseHoldsFirm, match="1 customers, 1 jobs"):
        clear(session)

    assert session.scalar(sa.select(sa.func.count()).select_from(Job)) == 1


def test_a_database_with_one_account_is_not_empty(session: Session) -> None:
    assert is_empty(session)

    factories.add_person(session)

    assert not is_empty(session)


# --- the command ---


def test_the_command_does_nothing_where_a_demonstration_is_loaded(demo_app: Flask) -> None:
    with demo_app.app_context():
        db.session.execute(sa.update(Site).values(name="changed by a visitor"))
        db.session.commit()

    result = demo_app.test_cli_runner().invoke(args=["demo"])

    assert result.exit_code == 0
    assert "2026-11-25 (seed 1) is loaded; nothing was changed" in result.output
    with demo_app.app_context():
        assert set(db.session.scalars(sa.select(Site.name))) == {"changed by a visitor"}


def test_the_command_makes_another_day_of_today(demo_app: Flask) -> None:
    today = dt.datetime.now(LISBON).date()

    result = demo_app.test_cli_runner().invoke(args=["demo", "--seed", "3"])

    assert result.exit_code == 0, result.output
    config: Config = demo_app.extensions["wrenchway"]
    assert (config.data_dir / "map" / "roads.json").exists()
    with demo_app.app_context():
        assert demonstration.loaded_demonstration(db.session()) == (3, today)
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Site)) == 260
        assert len(shifts_of_day(db.session(), today)) == 20


@pytest.mark.parametrize("options", [[], ["--reset"], ["--seed", "4"]])
def test_the_command_leaves_a_real_firm_alone(app: Flask, options: list[str]) -> None:
    with app.app_context():
        factories.add_job(db.session())
        db.session.commit()

    result = app.test_cli_runner().invoke(args=["demo", *options])

    assert result.exit_code == 1
    assert "not a demonstration. Nothing was changed" in result.output
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Job)) == 1


# --- the roads behind the board ---


def test_the_road_sketch_is_small_and_drawn_in_the_area_of_the_map(tmp_path: Path) -> None:
    file = tmp_path / "map" / "roads.json"

    write_road_sketch(MAP_FILE, file)
    roads = json.loads(file.read_text())

    assert file.stat().st_size < 300_000
    assert {road["class"] for road in roads} == {"motorway", "primary", "secondary", "tertiary"}
    assert all(len(road["line"]) >= 2 for road in roads)
    assert all(40.8 < lat < 41.5 and -9 < lon < -8.2 for road in roads for lat, lon in road["line"])
