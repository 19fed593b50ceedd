"""The people of the demonstration as a story meets them: at their pages, and through programs that call the API."""

import uuid
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from app.demo.founding import PASSWORD
from app.workbench import make_workbench
from core.accounts import issue_token, user_by_email
from core.base import Base
from dispatch.models import PlanRun
from dispatch.planning.compute import compute_run
from tests.factories import MONDAY
from tests.web.conftest import Page, Visitor
from tests.web.page_forms import send

DISPATCHER = "dispatcher@demo.example"
WAREHOUSE = "warehouse@demo.example"

Json = dict[str, Any]


class Program:
    """A program that calls the API with somebody's token."""

    def __init__(self, session: Session, client: FlaskClient, token: str) -> None:
        self._session = session
        self._client = client
        self._token = token

    def get(self, path: str, **query: Any) -> Json:
        return self._read(self.send("GET", path, query_string=query))

    def post(self, path: str, body: Json | None = None, *, key: str | None = None) -> Json:
        return self._read(self.send("POST", path, json=body or {}, key=key))

    def refused(self, path: str, body: Json | None = None, *, status: int, method: str = "POST") -> Json:
        """Send what must be refused; returns the problem."""
        answer = self.send(method, path, json=body or {})
        assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), answer.text
        problem: Json = answer.json
        return problem

    def send(self, method: str, path: str, *, key: str | None = None, **given: Any) -> TestResponse:
        self._session.commit()
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": key or uuid.uuid4().hex}
        answer = self._client.open(f"/api/v1{path}", method=method, headers=headers, **given)
        # The test's own session reads what the request wrote.
        self._session.expire_all()
        return answer

    def _read(self, answer: TestResponse) -> Json:
        assert answer.status_code < 300, answer.text
        body: Json = answer.json
        return body


class Firm:
    """The demonstration's firm on its day."""

    day = MONDAY

    def __init__(self, app: Flask, session: Session) -> None:
        self.app = app
        self.session = session

    def page_of(self, email: str) -> Visitor:
        """Somebody at a browser, signed in by the form."""
        visitor = Visitor(self.session, self.app.test_client())
        answered = send(visitor, visitor.get("/login"), "/login", email=email, password=PASSWORD)
        assert answered.location, answered.text
        return visitor

    def program_of(self, email: str) -> Program:
        """A program with somebody's token, asked for as programs do."""
        self.session.commit()
        client = self.app.test_client()
        signed_in = client.post("/api/v1/tokens", json={"email": email, "password": PASSWORD, "name": "story"})
        assert signed_in.status_code == 201, signed_in.text
        return Program(self.session, client, signed_in.json["token"])

    def equipped_program_of(self, email: str) -> Program:
        """The same with a token that was made beforehand: a whole crew that signs in at once looks like guessing."""
        user = user_by_email(self.session, email)
        assert user is not None
        _, token = issue_token(self.session, user, "story")
        self.session.commit()
        return Program(self.session, self.app.test_client(), token)

    def work_off(self, run_id: int) -> None:
        """Compute a plan run as the background worker does."""
        self.session.commit()
        with self.app.app_context():
            assert compute_run(make_workbench(self.app), run_id)
        self.session.expire_all()


def ask_for_plan(firm: Firm, dispatcher: Visitor, *, engine: str, seconds: int = 1) -> int:
    """Press the board's button; returns the number of the run."""
    asked = send(dispatcher, dispatcher.get("/board"), "/plan-runs", engine=engine, seconds=str(seconds))
    assert asked.location, asked.text
    run = firm.session.scalars(sa.select(PlanRun).order_by(PlanRun.id.desc())).first()
    assert run is not None
    return run.id


def draft(firm: Firm, dispatcher: Visitor, *, engine: str = "greedy", seconds: int = 1) -> int:
    """Have a plan of the day made; returns the number of the plan."""
    run_id = ask_for_plan(firm, dispatcher, engine=engine, seconds=seconds)
    firm.work_off(run_id)
    run = firm.session.get_one(PlanRun, run_id)
    assert run.plan_id is not None, run.problem
    return run.plan_id


def publish_plan(firm: Firm) -> int:
    """Make a plan of the day and publish it at the board; returns its number."""
    dispatcher = firm.page_of(DISPATCHER)
    plan_id = draft(firm, dispatcher)
    published = send(dispatcher, dispatcher.get("/board"), f"/plans/{plan_id}/publish")
    assert published.location, published.text
    return plan_id


class TechnicianOnTheRoad:
    """A technician who does what the phone says, by the API."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.used: dict[str, int] = {}
        self.completed: list[str] = []

    def stops(self, kind: str | None = None) -> list[Json]:
        found: list[Json] = self.program.get("/day")["stops"]
        return [stop for stop in found if kind in {None, stop["kind"]}]

    def load(self) -> None:
        """Load everything that waits at the warehouses on the way."""
        for stop in self.stops("depot"):
            for pick_list_id in stop["pick_list_ids"]:
                self.program.post(f"/loads/{pick_list_id}")

    def drive_to(self, visit_id: int) -> None:
        self.program.post(f"/visits/{visit_id}/set-off")
        self.program.post(f"/visits/{visit_id}/arrive")

    def repair(self, stop: Json) -> None:
        """Visit a shop, build in every part that is for its job, and complete it."""
        visit = stop["visit"]
        self.drive_to(visit["id"])
        for part in stop["parts"]:
            self.program.post(f"/visits/{visit['id']}/parts", {"sku": part["sku"], "quantity": part["quantity"]})
            self.used[part["sku"]] = self.used.get(part["sku"], 0) + part["quantity"]
        self.program.post(f"/visits/{visit['id']}/complete", {"note": "works again"})
        self.completed.append(visit["job"])


def pieces_on_hand(program: Program) -> dict[tuple[str, str], int]:
    """Pieces by place and part number."""
    return {(level["place"], level["sku"]): level["on_hand"] for level in program.get("/stock")["levels"]}


def in_order(page: Page, words: list[str]) -> bool:
    """Whether the words stand on a page in this order."""
    positions = list(_positions(page.text, words))
    return positions == sorted(positions)


def _positions(text: str, words: list[str]) -> Iterator[int]:
    for word in words:
        assert word in text, f"{word} is not on the page: {text}"
        yield text.index(word)


def row_counts(session: Session) -> dict[str, int]:
    """How many rows every table holds."""
    return {name: len(rows) for name, rows in everything_written(session).items()}


def everything_written(session: Session) -> dict[str, list[Any]]:
    """Every row of every table that keeps a firm's data."""
    session.commit()
    written = {
        table.name: list(session.execute(sa.select(table).order_by(*table.primary_key)))
        for table in Base.metadata.sorted_tables
    }
    session.commit()
    return written
