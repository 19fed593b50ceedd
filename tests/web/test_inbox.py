"""The inbox as its people see it."""

import pytest
from time_machine import Traveller

from core.accounts import RoleName
from core.firm import Firm, write_firm
from dispatch.models import DayEvent, Job
from dispatch.models.clocks import NoticeKind
from dispatch.models.jobs import JobStatus
from dispatch.models.live import DayEventKind
from dispatch.notices import raise_notice
from tests.factories import MONDAY, add_job, add_person, add_technician, at
from tests.web.conftest import Visitor, World, add_plan
from tests.web.page_forms import send


@pytest.fixture
def job(world: World, seven_thirty: Traveller) -> Job:
    write_firm(world.session, Firm("Wrench Ltd"))
    job = add_job(world.session, status=JobStatus.READY)
    facts = {"sign": "half", "due": at(9).isoformat()}
    raise_notice(
        world.session,
        kind=NoticeKind.CLOCK_WARNING,
        role=RoleName.DISPATCHER,
        facts=facts,
        job_id=job.id,
        about="response",
    )
    return job


def test_the_inbox_tells_what_waits_and_the_navigation_how_much(world: World, dispatcher: Visitor, job: Job) -> None:
    ana = add_technician(world.session, name="Ana Ribeiro")
    plan = add_plan(world.session, {ana: [(job, at(9))]})
    late = DayEvent(day=MONDAY, kind=DayEventKind.TECHNICIAN_LATE, at=at(7), technician=ana, facts={})
    late.facts = {"not_before": at(10).isoformat()}
    world.session.add(late)

    page = dispatcher.get("/inbox")

    listed = page.part('<ol class="inbox">', "</ol>")
    assert listed.index("Not answered") < listed.index("Time is short") < listed.index("Draft 1 of Monday")
    assert "Ana Ribeiro" in listed
    assert "Inbox 3" in page.part('<nav class="places"', "</nav>")
    assert f'href="/plans/{plan.id}"' in page.html
    assert dispatcher.get("/inbox/list").part('<ol class="inbox">', "</ol>") == listed


def test_what_somebody_takes_on_says_so_to_the_others(world: World, dispatcher: Visitor, job: Job) -> None:
    ben = world.visitor(add_person(world.session, name="Ben Costa", roles=[RoleName.DISPATCHER]))
    address = dispatcher.get("/inbox").html.split('action="/notices/')[1].split("/take-on")[0]

    answer = send(ben, ben.get("/inbox"), f"/notices/{address}/take-on")

    assert answer.location == "/inbox"
    assert "you see to it" in ben.get("/inbox").text
    assert "Ben Costa sees to it" in dispatcher.get("/inbox").text

    send(dispatcher, dispatcher.get("/inbox"), f"/notices/{address}/take-on")
    send(dispatcher, dispatcher.get("/inbox"), f"/notices/{address}/let-go")
    assert "sees to it" not in ben.get("/inbox").text


def test_what_is_done_leaves_the_inbox_and_leads_back_to_where_it_was_pressed(dispatcher: Visitor, job: Job) -> None:
    shown = dispatcher.get("/inbox/list?next=/board")
    address = shown.html.split('action="/notices/')[1].split("/take-on")[0]

    answer = send(dispatcher, shown, f"/notices/{address}/close")

    assert answer.location == "/board"
    assert "Nothing waits for you" in dispatcher.get("/inbox").text


def test_who_may_not_decide_sees_no_drafts(world: World, job: Job) -> None:
    add_plan(world.session, {add_technician(world.session): [(job, at(9))]})

    assert "Nothing waits for you" in world.signed_in(RoleName.WAREHOUSE).get("/inbox").text
    assert world.signed_in(RoleName.TECHNICIAN).get("/inbox").status == 403
