"""The service with people of every role, called as programs call it."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from time_machine import Traveller, travel
from werkzeug.test import TestResponse

from core.accounts import RoleName, User, issue_token
from core.db import db
from tests.factories import add_person, at


@pytest.fixture(autouse=True)
def seven_thirty() -> Iterator[Traveller]:
    """Half past seven on a Monday."""
    with travel(at(7, 30), tick=False) as clock:
        yield clock


class Caller:
    """A program with a token."""

    def __init__(self, world: "World", user_id: int, secret: str) -> None:
        self._world = world
        self._client: FlaskClient = world.app.test_client()
        self._secret = secret
        self.user_id = user_id

    def get(self, path: str, **query: Any) -> TestResponse:
        self._world.session.commit()
        return self._client.get(f"/api/v1{path}", query_string=query, headers=self._headers())

    def post(self, path: str, body: Any = None, *, key: str | None = None) -> TestResponse:
        return self.send("POST", path, json={} if body is None else body, key=key)

    def send(self, method: str, path: str, *, key: str | None = None, **given: Any) -> TestResponse:
        self._world.session.commit()
        headers = self._headers() | {"Idempotency-Key": key or uuid.uuid4().hex}
        return self._client.open(f"/api/v1{path}", method=method, headers=headers, **given)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._secret}"}


class World:
    """A database to fill, and callers by role. What was written is committed before each call."""

    def __init__(self, app: Flask, session: Session) -> None:
        self.app = app
        self.session = session
        self._callers: dict[RoleName, Caller] = {}

    def caller(self, role: RoleName) -> Caller:
        if role not in self._callers:
            self._callers[role] = self.caller_for(add_person(self.session, name=role.value, roles=[role]))
        return self._callers[role]

    def caller_for(self, user: User) -> Caller:
        _, secret = issue_token(self.session, user, "test")
        return Caller(self, user.id, secret)

    @property
    def dispatcher(self) -> Caller:
        return self.caller(RoleName.DISPATCHER)

    @property
    def warehouse(self) -> Caller:
        return self.caller(RoleName.WAREHOUSE)


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    # No application context stays open: requests would share it, and with it the person who is signed in.
    with app.app_context():
        engine = db.engine
    with Session(engine) as session:
        yield World(app, session)
