"""The same day on PostgreSQL: a small world reported, planned, published and worked, at pages and by the API."""

from collections.abc import Iterator
from pathlib import Path

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask
from flask_security import hash_password
from sqlalchemy.orm import Session

from app.demo.founding import PASSWORD
from app.factory import create_app
from app.firm_clock import start_demonstration_clock
from core.accounts import RoleName
from core.settings import write_setting
from dispatch.board import board
from inventory.ledger import find_differences
from inventory.models import PartFamily, PlaceKind
from tests import factories as make
from tests.factories import MONDAY, at
from tests.stories.demonstration import closing_database, session_on, story_config
from tests.stories.people import DISPATCHER, WAREHOUSE, Firm, TechnicianOnTheRoad, draft, pieces_on_hand
from tests.web.page_forms import send

TECHNICIAN = "rui@demo.example"
DATABASE = "stories"


@pytest.fixture
def firm(postgres_url: str, tmp_path: Path) -> Iterator[Firm]:
    """A firm of one technician in a PostgreSQL database of its own, made by the migrations."""
    _administer(postgres_url, f"CREATE DATABASE {DATABASE}")
    url = postgres_url.replace("/postgres?", f"/{DATABASE}?")
    app = create_app(story_config(tmp_path, database_url=url))
    with closing_database(app):
        with app.app_context():
            flask_migrate.upgrade()
        with session_on(app) as session:
            _found(app, session)
            yield Firm(app, session)
    _administer(postgres_url, f"DROP DATABASE {DATABASE} WITH (FORCE)")


def test_a_small_day_goes_from_the_report_to_the_last_shop(firm: Firm) -> None:
    dispatcher, office = firm.page_of(DISPATCHER), firm.program_of(DISPATCHER)
    clerk, phone = firm.page_of(WAREHOUSE), TechnicianOnTheRoad(firm.program_of(TECHNICIAN))
    reported = [
        office.post("/jobs", {"device_serial": serial, "fault_code": "BATTERY-DEAD"}) for serial in ("SN-1", "SN-2")
    ]
    assert [job["status"] for job in reported] == ["ready", "waiting_parts"]
    delivery = {"warehouse": "WH-1", "reference": "DN 1", "sku-0": "BAT-1", "quantity-0": "1"}
    received = send(clerk, clerk.get("/warehouse/deliveries/new"), "/warehouse/deliveries", **delivery)
    assert reported[1]["number"] in clerk.follow(received).text

    plan_id = draft(firm, dispatcher)
    published = send(dispatcher, dispatcher.get("/board"), f"/plans/{plan_id}/publish")
    assert "is published" in dispatcher.follow(published).text
    before = pieces_on_hand(office)
    phone.load()
    for stop in phone.stops("visit"):
        phone.repair(stop)

    assert sorted(phone.completed) == sorted(job["number"] for job in reported)
    assert before["VAN-T1", "BAT-1"] + before["WH-1", "BAT-1"] == phone.used["BAT-1"] == 2
    assert set(pieces_on_hand(office).values()) == {0}
    assert find_differences(firm.session) == []


def test_the_board_asks_postgresql_what_it_asks_sqlite(firm: Firm) -> None:
    dispatcher, office = firm.page_of(DISPATCHER), firm.program_of(DISPATCHER)
    for serial in ("SN-1", "SN-2"):
        office.post("/jobs", {"device_serial": serial, "fault_code": "BATTERY-DEAD"})
    draft(firm, dispatcher)

    view = board(firm.session, day=MONDAY)

    assert (view.counts.planned, view.counts.waiting_parts, len(view.left_out)) == (1, 1, 1)
    for question in ("", "?view=table", "?list=late", "?list=left_out", "?text=sn-2", "?status=ready&priority=P3"):
        assert dispatcher.get(f"/board{question}").status == 200, question
    assert dispatcher.get("/board/map.json").status == 200


def _found(app: Flask, session: Session) -> None:
    """One battery in the van, none at the warehouse, two shops with a terminal each."""
    write_setting(session, "firm", {"name": "Douro", "zone": make.ZONE, "currency": "EUR"})
    start_demonstration_clock(session, at(7, 30))
    people = {}
    for email, role in ((DISPATCHER, "dispatcher"), (WAREHOUSE, "warehouse"), (TECHNICIAN, "technician")):
        people[email] = make.add_person(session, name=role, roles=[RoleName(role)])
        people[email].email = email
        with app.app_context():
            people[email].password = hash_password(PASSWORD)
    technician = make.add_technician(session, code="T1", user=people[TECHNICIAN])
    make.add_shift(session, technician)
    warehouse = make.add_place(session, kind=PlaceKind.WAREHOUSE, code="WH-1")
    battery = make.add_part(session, sku="BAT-1", family=PartFamily.BATTERY)
    make.add_stock(session, technician.trunk, battery, 1)
    make.add_stock(session, warehouse, battery, 0)
    make.add_fault(session, code="BATTERY-DEAD", skills={"battery": 1}, parts={PartFamily.BATTERY: 1})
    for number, position in enumerate([(41.15, -8.61), (41.17, -8.63)], start=1):
        make.add_device(session, serial=f"SN-{number}", site=make.add_site(session, position=position))
    session.commit()


def _administer(url: str, statement: str) -> None:
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(statement))
    engine.dispose()
