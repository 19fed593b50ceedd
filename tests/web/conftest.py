"""The pages as a person's browser sees them, without the browser."""

import datetime as dt
import html
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session
from time_machine import Traveller, travel
from werkzeug.test import TestResponse

from core import clock
from core.accounts import RoleName, User
from core.db import db
from dispatch.models import Job, LeftOut, Plan, PlannedRoute, PlannedStop, Technician, Visit
from dispatch.models.plans import PlanState, StopKind
from dispatch.models.visits import VisitStatus
from inventory.models import Place
from tests.factories import MONDAY, add_device, add_job, add_person, add_site, add_technician, at


@pytest.fixture(autouse=True)
def seven_thirty() -> Iterator[Traveller]:
    """Half past seven on a Monday, by the world's clock and the firm's."""
    clock.set_offset(dt.timedelta(0))
    with travel(at(7, 30), tick=False) as traveller:
        yield traveller


@dataclass(frozen=True)
class Page:
    """An answered page: its status, where it leads, its markup, and what a reader sees of it."""

    status: int
    location: str | None
    html: str

    @classmethod
    def of(cls, response: TestResponse) -> "Page":
        return cls(response.status_code, response.headers.get("Location"), response.text)

    @property
    def text(self) -> str:
        """The words without markup, in one line."""
        return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", self.html)).split())

    def part(self, start: str, end: str = "</section>") -> str:
        """The words between two pieces of markup."""
        _, _, rest = self.html.partition(start)
        assert rest, f"{start} is not on the page"
        return Page(200, None, rest.partition(end)[0]).text


class Visitor:
    """Somebody with a browser; what the test wrote is committed before each of their requests."""

    def __init__(self, session: Session, client: FlaskClient) -> None:
        self._session = session
        self.client = client

    def get(self, path: str, **headers: str) -> Page:
        self._session.commit()
        return Page.of(self.client.get(path, headers=headers, buffered=True))

    def post(self, path: str, **fields: str) -> Page:
        """Send a form with the token that every page holds."""
        self._session.commit()
        answer = self.client.post(path, data={"csrf_token": self.csrf_token(), **fields})
        # The test's own session reads what the request wrote.
        self._session.expire_all()
        return Page.of(answer)

    def follow(self, page: Page) -> Page:
        """Go where a page leads."""
        assert page.location is not None, page.text
        return self.get(page.location)

    def csrf_token(self) -> str:
        found = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', self.client.get("/no-such-page").text)
        assert found
        return found.group(1)


class World:
    """A database to fill, and people by role."""

    def __init__(self, app: Flask, session: Session) -> None:
        self.app = app
        self.session = session

    def visitor(self, user: User | None = None) -> Visitor:
        """Somebody who is signed in as ``user``, or nobody in particular."""
        client = self.app.test_client()
        if user is not None:
            with client.session_transaction() as kept:
                kept["_user_id"], kept["_fresh"] = user.fs_uniquifier, True
            # Only now: reading the person again would begin a transaction, which locks SQLite.
            self.session.commit()
        return Visitor(self.session, client)

    def signed_in(self, role: RoleName, *, language: str | None = None) -> Visitor:
        person = add_person(self.session, name=f"Alex {role.value}", roles=[role])
        person.language = language
        return self.visitor(person)


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    # No application context stays open: requests would share it, and with it the person who is signed in.
    with app.app_context():
        engine = db.engine
    with Session(engine) as session:
        yield World(app, session)


@pytest.fixture
def dispatcher(world: World) -> Visitor:
    return world.signed_in(RoleName.DISPATCHER)


@pytest.fixture
def technician(world: World) -> Technician:
    """Somebody with a van, a phone and an account."""
    user = add_person(world.session, name="Rui Costa", roles=[RoleName.TECHNICIAN])
    return add_technician(world.session, name="Rui Costa", user=user)


@pytest.fixture
def phone(world: World, technician: Technician) -> Visitor:
    """The technician's phone."""
    assert technician.user is not None
    return world.visitor(technician.user)


def add_plan(
    session: Session,
    routes: dict[Technician, list[tuple[Job, dt.datetime]]],
    *,
    day: dt.date = MONDAY,
    state: PlanState = PlanState.DRAFT,
    version: int = 1,
    left_out: dict[Job, str] | None = None,
) -> Plan:
    """Add a plan in which each job of a technician starts at the given time, ten minutes after the one before."""
    plan = Plan(
        day=day,
        version=version,
        state=state,
        engine="greedy",
        seed=1,
        seconds=1.0,
        cost={"travel": 1250.0, "total": 1250.0},
        created_at=clock.now(),
        routes=[_route(technician, stops) for technician, stops in routes.items()],
        left_out=[
            LeftOut(job=job, reason=reason, details=[{"technician_id": next(iter(routes)).id, "reason": reason}])
            for job, reason in (left_out or {}).items()
        ],
    )
    session.add(plan)
    session.flush()
    return plan


def _route(technician: Technician, stops: list[tuple[Job, dt.datetime]]) -> PlannedRoute:
    half_an_hour = dt.timedelta(minutes=30)
    return PlannedRoute(
        technician=technician,
        departs_at=stops[0][1] - half_an_hour,
        returns_at=stops[-1][1] + 2 * half_an_hour,
        travel_seconds=3600,
        path=[[41.15, -8.61], [41.16, -8.62]],
        stops=[
            PlannedStop(
                position=position,
                kind=StopKind.VISIT,
                job=job,
                job_version=job.version,
                arrives_at=start,
                starts_at=start,
                leaves_at=start + half_an_hour,
                parts=[],
            )
            for position, (job, start) in enumerate(stops, start=1)
        ],
    )


def publish_depot_stop(session: Session, technician: Technician, depot: Place) -> None:
    """Publish a plan with a stop at a depot at eight."""
    times = {"arrives_at": at(8), "starts_at": at(8), "leaves_at": at(8, 15)}
    stop = PlannedStop(position=0, kind=StopKind.DEPOT, warehouse_id=depot.id, parts=[], **times)
    publish_stops(session, technician, [stop])


def publish_stops(session: Session, technician: Technician, stops: list[PlannedStop]) -> None:
    """Publish a plan in which a technician makes these stops."""
    route = PlannedRoute(
        technician=technician, departs_at=at(7), returns_at=at(17), travel_seconds=0, path=[], stops=stops
    )
    facts = {"engine": "greedy", "seed": 1, "seconds": 1.0, "cost": {}, "created_at": at(7)}
    session.add(Plan(day=MONDAY, version=1, state=PlanState.PUBLISHED, routes=[route], **facts))
    session.flush()


def job_at(world: World, lon: float, **values: object) -> Job:
    """Add a job at a shop of its own, so far east."""
    site = add_site(world.session, position=(41.15, lon))
    return add_job(world.session, device=add_device(world.session, site=site), **values)  # type: ignore[arg-type]


def carried_by(world: World, job: Job) -> int:
    """The id of the technician who is sent to a job."""
    return world.session.scalars(
        sa.select(Visit.technician_id).where(Visit.job_id == job.id, Visit.status == VisitStatus.DISPATCHED)
    ).one()


def ask(visitor: Visitor, since: str = "", **query: str) -> dict[str, object]:
    """Ask what changed, as a page does that has no stream."""
    page = visitor.get("/stream/now?" + "&".join(f"{k}={v}" for k, v in {"since": since, **query}.items()))
    answer: dict[str, object] = json.loads(page.html)
    return answer


def topics_after(visitor: Visitor, since: dict[str, object], **query: str) -> object:
    """The topics that changed since an answer."""
    return ask(visitor, str(since["revision"]), **query)["topics"]
