"""The living day on pages: something happens, somebody is sent, something helps."""

import datetime as dt

import pytest
import sqlalchemy as sa
from time_machine import Traveller

from core.accounts import RoleName
from dispatch.models import DayEvent, Technician
from dispatch.models.jobs import JobStatus
from tests.factories import MONDAY, add_part, add_shift, add_stock, add_technician, at
from tests.monday import publish_monday
from tests.web.conftest import Visitor, World, carried_by, job_at


@pytest.fixture
def published(world: World) -> dict[str, Technician]:
    """Ana in the west and Ben in the east, each with a visit."""
    session = world.session
    people = {}
    for name, lon in (("Ana", -8.70), ("Ben", -8.50)):
        people[name] = add_technician(session, code=name.upper(), name=name, home=(41.15, lon))
        add_shift(session, people[name])
        job_at(world, lon)
    publish_monday(world.app, world.session)
    return people


def test_the_page_shows_who_is_where(world: World, dispatcher: Visitor, published: dict[str, Technician]) -> None:
    page = dispatcher.get("/live")

    assert page.status == 200
    assert "Everybody is expected in time" in page.text
    assert "Ana" in page.part('id="team"')
    assert "Ben" in page.part('id="team"')


def test_an_absence_is_kept_and_answered_by_a_draft(
    world: World, dispatcher: Visitor, published: dict[str, Technician]
) -> None:
    answer = dispatcher.post("/live/absent", command_id="c1", technician="ANA", reason="sick")
    page = dispatcher.follow(answer)

    assert "A repaired plan waits to be published. 1 visit moves." in page.text
    assert "Ben" in page.part('id="moved"')
    again = dispatcher.post("/live/absent", command_id="c1", technician="ANA", reason="sick")
    assert again.location == answer.location
    assert world.session.scalar(sa.select(sa.func.count(DayEvent.id))) == 1


def test_nonsense_is_refused_and_nothing_is_kept(
    world: World, dispatcher: Visitor, published: dict[str, Technician]
) -> None:
    page = dispatcher.post("/live/late", command_id="c1", technician="ANA", until="06:00")

    assert page.status == 422
    assert "is not after now" in page.text
    assert world.session.scalar(sa.select(sa.func.count(DayEvent.id))) == 0


def test_the_best_technician_is_sent_with_one_press(
    world: World, dispatcher: Visitor, published: dict[str, Technician]
) -> None:
    urgent = job_at(world, -8.51)
    page = dispatcher.get(f"/jobs/{urgent.number}/who")
    assert page.part('id="able"').index("Ben") < page.part('id="able"').index("Ana")

    sent = dispatcher.post(
        f"/jobs/{urgent.number}/assign", command_id="c1", technician=str(published["Ben"].id), day=MONDAY.isoformat()
    )

    assert "Ben is sent to job" in dispatcher.follow(sent).text
    assert carried_by(world, urgent) == published["Ben"].id
    # Sent twice by a nervous finger: the same answer, and nothing more happens.
    again = dispatcher.post(
        f"/jobs/{urgent.number}/assign", command_id="c1", technician=str(published["Ben"].id), day=MONDAY.isoformat()
    )
    assert again.location == sent.location


def test_why_nobody_comes_is_told_in_both_languages(
    world: World, dispatcher: Visitor, published: dict[str, Technician]
) -> None:
    job = job_at(world, -8.51, skills={"screen": 2})

    assert "at level 2, has level 0." in dispatcher.get(f"/jobs/{job.number}/why").text
    chinese = world.signed_in(RoleName.DISPATCHER, language="zh_Hans_CN")
    assert "2 级" in chinese.get(f"/jobs/{job.number}/why").text


def test_overtime_that_helps_is_granted_with_one_press(
    world: World, dispatcher: Visitor, published: dict[str, Technician], seven_thirty: Traveller
) -> None:
    seven_thirty.move_to(at(15, 30))
    job = job_at(world, -8.70, minutes=100)
    page = dispatcher.get(f"/jobs/{job.number}/why")
    assert "min overtime" in page.part('id="fixes"')
    key = next(part.split('"')[0] for part in page.html.split('name="fix" value="')[1:] if part.startswith("overtime"))

    done = dispatcher.post(f"/jobs/{job.number}/fix", command_id="c1", fix=key, day=MONDAY.isoformat())

    assert "min overtime" in dispatcher.follow(done).text
    world.session.refresh(job)
    assert job.status is JobStatus.DISPATCHED


def test_a_missing_part_is_told_by_the_warehouse(world: World, published: dict[str, Technician]) -> None:
    warehouse = world.signed_in(RoleName.WAREHOUSE)
    battery = add_part(world.session)
    add_stock(world.session, published["Ana"].trunk, battery, 1)
    job = job_at(world, -8.70)

    page = warehouse.post("/live/part-missing", command_id="c1", job=job.number, sku=battery.sku)

    assert page.status == 409
    assert "No piece of" in page.text


def test_a_day_without_a_plan_says_so(world: World, dispatcher: Visitor) -> None:
    job = job_at(world, -8.70)

    assert "No plan is published for this day." in dispatcher.get("/live").text
    assert "there is nothing to change by hand" in dispatcher.get(f"/jobs/{job.number}/who").text


def test_technicians_do_not_see_the_day_of_others(world: World) -> None:
    assert world.signed_in(RoleName.TECHNICIAN).get("/live").status == 403


def test_the_page_knows_yesterday(world: World, dispatcher: Visitor) -> None:
    yesterday = MONDAY - dt.timedelta(days=1)

    assert "Something happened" not in dispatcher.get(f"/live?day={yesterday.isoformat()}").text
