"""Facts about a database of an earlier version that is brought forward, with everything in it."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import flask_migrate
import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.config import Config
from app.factory import create_app
from core.db import db
from dispatch.models import JobPart
from inventory.ledger import find_differences
from inventory.models import Movement, Part, PickLine, Reservation, Supply
from tests.conftest import BACKENDS

AT = dt.datetime(2026, 11, 20, 8, 0, tzinfo=dt.UTC)

# What a firm had in the first version: a part that was delivered, promised to a job, and is to be picked for a van.
ROWS: dict[str, list[dict[str, Any]]] = {
    "users": [{"id": 1, "email": "a@b.example", "name": "Ana", "password": "x", "active": True, "fs_uniquifier": "u"}],
    "places": [
        {"id": 1, "code": "NORTH", "name": "Depot North", "kind": "warehouse", "address": "", "lat": 41.0, "lon": -8.0},
        {"id": 2, "code": "VAN-1", "name": "Rui", "kind": "trunk", "address": ""},
        {"id": 3, "code": "@supplier", "name": "Supplier", "kind": "supplier", "address": ""},
    ],
    "parts": [
        {
            "id": 1,
            "sku": "BAT-1",
            "name_en": "Battery",
            "name_zh": "电池",
            "family": "battery",
            "unit_cost_cents": 1250,
            "pack_size": 10,
            "lead_time_days": 12,
        }
    ],
    "stock_levels": [
        {"id": 1, "place_id": 1, "part_id": 1, "on_hand": 7, "reserved": 2, "minimum": 3, "target": 9, "bin": "A-1"}
    ],
    "movements": [
        {
            "id": 1,
            "at": AT,
            "kind": "receipt",
            "part_id": 1,
            "quantity": 7,
            "from_place_id": 3,
            "to_place_id": 1,
            "reference": "DN 7",
            "reason": "",
            "user_id": 1,
        }
    ],
    "reservations": [
        {
            "id": 1,
            "part_id": 1,
            "place_id": 1,
            "quantity": 2,
            "state": "open",
            "reference": "J-000001",
            "created_at": AT,
        }
    ],
    "pick_lists": [{"id": 1, "warehouse_id": 1, "trunk_id": 2, "day": AT.date(), "state": "open", "created_at": AT}],
    "pick_lines": [
        {
            "id": 1,
            "pick_list_id": 1,
            "part_id": 1,
            "quantity": 2,
            "reservation_id": 1,
            "reference": "J-000001",
            "state": "open",
        }
    ],
    "customers": [{"id": 1, "code": "C1", "name": "Shops"}],
    "contracts": [
        {"id": 1, "customer_id": 1, "code": "K1", "calendar": "24x7", "zone": "Europe/Lisbon", "service_hours": {}}
    ],
    "sites": [
        {
            "id": 1,
            "code": "S1",
            "name": "Shop",
            "customer_id": 1,
            "contract_id": 1,
            "address": "",
            "zone": "Europe/Lisbon",
            "opening_hours": {},
            "contact_name": "",
            "phone": "",
        }
    ],
    "jobs": [
        {
            "id": 1,
            "number": "J-000001",
            "kind": "repair",
            "status": "ready",
            "priority": "P2",
            "site_id": 1,
            "description": "",
            "skills": {},
            "duration_seconds": 1800,
            "reported_at": AT,
            "response_due": AT,
            "resolution_due": AT,
            "late_cents_per_minute": 1,
            "breach_cents": 1,
            "version": 1,
        }
    ],
    "job_parts": [{"id": 1, "job_id": 1, "part_id": 1, "quantity": 2, "used": 0, "reservation_id": 1}],
}


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database of its own: a file, or a schema that is dropped afterwards."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.sqlite'}"
        return
    server = sa.create_engine(request.getfixturevalue("postgres_url"))
    with server.begin() as connection:
        connection.execute(sa.schema.CreateSchema("old"))
    yield f"{request.getfixturevalue('postgres_url')}&options=-csearch_path%3Dold"
    with server.begin() as connection:
        connection.execute(sa.schema.DropSchema("old", cascade=True))
    server.dispose()


@pytest.fixture
def old(url: str, tmp_path: Path) -> Iterator[Flask]:
    """The service on a database of the first version that is in use."""
    service = create_app(Config(data_dir=tmp_path, database_url=url, secret_key="test", testing=True))
    with service.app_context():
        flask_migrate.upgrade(revision="0001")
        tables = sa.MetaData()
        tables.reflect(db.engine)
        with db.engine.begin() as connection:
            for name, rows in ROWS.items():
                for row in rows:
                    connection.execute(sa.insert(tables.tables[name]).values(row))
        yield service
        db.engine.dispose()


def test_everything_is_still_there_and_the_new_columns_have_a_meaning(old: Flask) -> None:
    assert old
    flask_migrate.upgrade()

    with Session(db.engine) as session:
        part = session.get_one(Part, 1)
        assert (part.sku, part.barcode, part.serial_tracked, part.core_due) == ("BAT-1", None, False, False)
        supply = session.scalars(sa.select(Supply)).one()
        assert (supply.pack_size, supply.lead_time_days, supply.price_cents) == (10, 12, 1250)
        movement = session.get_one(Movement, 1)
        assert (movement.quantity, movement.unit_cost_cents, movement.serials) == (7, 1250, [])
        promise = session.get_one(Reservation, 1)
        assert (promise.quantity, promise.needed_at, promise.expires_at) == (2, None, None)
        assert session.get_one(PickLine, 1).remark == ""
        assert session.get_one(JobPart, 1).instead_of is None
        assert find_differences(session) == []


def test_the_way_back_keeps_what_the_first_version_knew(old: Flask) -> None:
    assert old
    flask_migrate.upgrade()
    flask_migrate.downgrade(revision="0001")

    tables = sa.MetaData()
    tables.reflect(db.engine)
    with db.engine.begin() as connection:
        part = connection.execute(sa.select(tables.tables["parts"])).one()
        assert (part.sku, part.pack_size, part.lead_time_days) == ("BAT-1", 10, 12)
        assert connection.scalar(sa.select(tables.tables["movements"].c.quantity)) == 7
    assert "serials" not in tables.tables
