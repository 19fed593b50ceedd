"""The living day as programs and phones call it."""

import pytest
import sqlalchemy as sa
from time_machine import Traveller

from core.accounts import RoleName
from dispatch.models import DayEvent, Job, Plan, Position, Technician, Visit
from tests.api.conftest import World
from tests.factories import add_device, add_job, add_person, add_shift, add_site, add_technician, at
from tests.monday import publish_monday


@pytest.fixture
def team(world: World) -> dict[str, Technician]:
    """Ana in the west and Ben in the east, each with a visit on a published Monday."""
    session = world.session
    people = {}
    for name, lon in (("Ana", -8.70), ("Ben", -8.50)):
        user = add_person(session, name=name, roles=[RoleName.TECHNICIAN])
        people[name] = add_technician(session, code=name.upper(), name=name, home=(41.15, lon), user=user)
        add_shift(session, people[name])
        job_at(world, lon)
    publish_monday(world.app, session)
    return people


def job_at(world: World, lon: float, **values: object) -> Job:
    site = add_site(world.session, position=(41.15, lon))
    return add_job(world.session, device=add_device(world.session, site=site), **values)  # type: ignore[arg-type]


def test_an_absence_is_answered_in_the_same_call(world: World, team: dict[str, Technician]) -> None:
    body = {"technician": "ANA", "ends_at": at(23).isoformat(), "reason": "sick"}
    answer = world.dispatcher.post("/live/absences", body, key="k1")

    assert answer.status_code == 201
    told = answer.json
    assert (told["kind"], told["technician"], told["answer"]) == ("technician_absent", "ANA", "draft")
    assert world.session.scalars(sa.select(Plan.engine).where(Plan.id == told["plan_id"])).one() == "repair"
    # The same command again: the same event, and no second answer.
    again = world.dispatcher.post("/live/absences", body, key="k1")
    assert (again.json["id"], again.json["plan_id"]) == (told["id"], told["plan_id"])
    assert world.session.scalar(sa.select(sa.func.count(DayEvent.id))) == 1


def test_a_delay_that_harms_nobody_needs_no_plan(world: World, team: dict[str, Technician]) -> None:
    answer = world.dispatcher.post("/live/delays", {"technician": "ANA", "until": at(9).isoformat()})

    assert (answer.json["answer"], answer.json["plan_id"]) == ("holds", None)


def test_candidates_are_ranked_and_one_is_sent(world: World, team: dict[str, Technician]) -> None:
    urgent = job_at(world, -8.51)

    ranking = world.dispatcher.get(f"/jobs/{urgent.number}/candidates").json
    assert [one["technician"] for one in ranking["candidates"]] == ["BEN", "ANA"]
    assert ranking["candidates"][0]["cost_cents"] < ranking["candidates"][1]["cost_cents"]

    sent = world.dispatcher.post(f"/jobs/{urgent.number}/assign", {"technician": "BEN"}, key="k1")
    assert sent.status_code == 200
    assert world.dispatcher.post(f"/jobs/{urgent.number}/assign", {"technician": "BEN"}, key="k1").json == sent.json
    visit = world.session.scalars(sa.select(Visit).where(Visit.job_id == urgent.id)).one()
    assert visit.technician_id == team["Ben"].id


def test_why_and_what_would_help(world: World, team: dict[str, Technician], seven_thirty: Traveller) -> None:
    seven_thirty.move_to(at(15, 30))
    job = job_at(world, -8.70, minutes=100)

    told = world.dispatcher.get(f"/jobs/{job.number}/why").json
    assert told["state"] == "left_out"
    assert {one["why"]["code"] for one in told["against"]} <= {"shift", "full", "window"}
    fix = next(one for one in told["fixes"] if one["kind"] == "overtime")
    assert fix["applicable"]

    done = world.dispatcher.post(f"/jobs/{job.number}/fix", {"fix": fix["key"]})
    assert done.json == {"job": job.number, "status": "dispatched"}


def test_a_phone_tells_where_it_is_and_older_positions_change_nothing(
    world: World, team: dict[str, Technician], seven_thirty: Traveller
) -> None:
    seven_thirty.move_to(at(9))
    ana = world.caller_for(team["Ana"].user)  # type: ignore[arg-type]

    first = ana.post("/positions", {"lat": 41.15, "lon": -8.65, "at": at(8, 59).isoformat()})
    assert first.status_code == 200
    assert [visit["status"] for visit in first.json["visits"]] == ["dispatched"]
    ana.post("/positions", {"lat": 41.0, "lon": -8.0, "at": at(8, 50).isoformat()})

    seen = world.session.get_one(Position, team["Ana"].id)
    assert (seen.at, seen.lon) == (at(8, 59), -8.65)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"lat": 91, "lon": 0}, 422),
        ({"lat": 41.15, "lon": -8.65, "at": at(12).isoformat()}, 422),
        ({"lat": 41.15}, 422),
    ],
)
def test_positions_that_cannot_be_are_refused(
    world: World, team: dict[str, Technician], body: dict[str, object], status: int
) -> None:
    ana = world.caller_for(team["Ana"].user)  # type: ignore[arg-type]

    assert ana.post("/positions", body).status_code == status


def test_the_day_and_its_events_can_be_read(world: World, team: dict[str, Technician]) -> None:
    world.dispatcher.post("/live/delays", {"technician": "ANA", "until": at(16, 55).isoformat()})

    day = world.dispatcher.get("/live").json
    assert [one["technician"] for one in day["team"]] == ["ANA", "BEN"]
    assert day["team"][0]["late_until"] == at(16, 55).isoformat()
    assert [risk["what"] for risk in day["at_risk"]] == ["response"]
    events = world.dispatcher.get("/live/events").json["events"]
    assert [event["kind"] for event in events] == ["technician_late"]
    assert world.dispatcher.get(f"/live/events/{events[0]['id']}").json["id"] == events[0]["id"]
