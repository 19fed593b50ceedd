"""Visits moved by hand, as programs call it."""

import pytest
import sqlalchemy as sa

from core.accounts import RoleName
from dispatch.models import Job, Technician, Visit
from dispatch.models.visits import VisitStatus
from tests.api.conftest import World
from tests.factories import add_device, add_job, add_person, add_shift, add_site, add_technician
from tests.monday import publish_monday


@pytest.fixture
def job(world: World) -> Job:
    """A visit of Ana's, on a Monday on which Ben works, too."""
    session = world.session
    for name, lon in (("Ana", -8.70), ("Ben", -8.50)):
        user = add_person(session, name=name, roles=[RoleName.TECHNICIAN])
        add_shift(session, add_technician(session, code=name.upper(), name=name, home=(41.15, lon), user=user))
    made = add_job(session, device=add_device(session, site=add_site(session, position=(41.15, -8.70))))
    publish_monday(world.app, session)
    return made


def carried_by(world: World, job: Job) -> str:
    world.session.expire_all()
    return world.session.scalars(
        sa.select(Technician.code)
        .join(Visit, Visit.technician_id == Technician.id)
        .where(Visit.job_id == job.id, Visit.status == VisitStatus.DISPATCHED)
    ).one()


def test_a_move_is_weighed_made_once_and_undone(world: World, job: Job) -> None:
    wanted = {"job": job.number, "technician": "BEN"}

    told = world.dispatcher.post("/plans/moves/weigh", wanted).json
    assert (told["was"]["technician"], told["now"]["technician"]) == ("Ana", "Ben")
    assert (told["broken"], told["needs_consent"]) == ([], [])
    assert told["costs"]["total"] > 0
    assert carried_by(world, job) == "ANA"

    made = world.dispatcher.post("/plans/moves", wanted | {"basis": told["basis"]}, key="k1")
    assert (made.status_code, made.json["state"]) == (200, "published")
    again = world.dispatcher.post("/plans/moves", wanted | {"basis": told["basis"]}, key="k1")
    assert again.json == made.json
    assert carried_by(world, job) == "BEN"

    back = world.dispatcher.post("/plans/moves/undo", {"plan_id": made.json["plan_id"]}, key="k2")
    assert back.json["job"] == job.number
    assert carried_by(world, job) == "ANA"


def test_a_rule_is_told_with_its_facts_and_asks_for_a_reason(world: World, job: Job) -> None:
    job.skills = {"screen": 2}
    wanted = {"job": job.number, "technician": "BEN"}

    told = world.dispatcher.post("/plans/moves/weigh", wanted).json
    (rule,) = told["broken"]
    assert (rule["rule"], rule["job"], rule["amount"]) == ("skill", job.number, 2)
    assert rule["facts"] == {"skill": "screen", "needed": 2, "held": 0}
    assert told["parties"][job.number]["site"] == job.site.name

    refused = world.dispatcher.post("/plans/moves", wanted, key="k1")
    assert (refused.status_code, refused.json["title"]) == (409, "move_reason_missing")
    made = world.dispatcher.post("/plans/moves", wanted | {"reason": "Ana is on the phone."}, key="k2")
    assert made.status_code == 200


def test_a_move_agreed_to_on_another_day_is_refused(world: World, job: Job) -> None:
    refused = world.dispatcher.post(
        "/plans/moves", {"job": job.number, "technician": "BEN", "basis": "0" * 16}, key="k1"
    )

    assert (refused.status_code, refused.json["title"]) == (409, "move_outdated")
    assert carried_by(world, job) == "ANA"
