"""Facts about the clocks on pages: the panel, pausing, and the inbox of a role."""

import datetime as dt

import pytest
from sqlalchemy.orm import Session
from time_machine import Traveller

from core.accounts import RoleName
from customers.models import Priority
from dispatch.jobs import NewJob, take_in_job
from dispatch.models import Job
from dispatch.signs import MOST_AT_ONCE, sweep_clocks
from tests.factories import add_contract, add_device, add_fault, add_job, add_site, add_technician, at
from tests.web.conftest import Page, Visitor, World, add_plan


@pytest.fixture
def session(world: World) -> Session:
    return world.session


def take_in(session: Session) -> Job:
    """A job that is due at 11:30 and at 15:30."""
    device = add_device(session, site=add_site(session, name="Padaria"))
    new = NewJob(site=device.site, device=device, fault=add_fault(session), priority=Priority.P2)
    return take_in_job(session, new=new, actor_id=None)


def panel(page: Page) -> str:
    return page.part('id="clocks"')


def test_the_job_page_tells_how_both_clocks_stand(dispatcher: Visitor, session: Session) -> None:
    job = take_in(session)

    text = panel(dispatcher.get(f"/jobs/{job.number}"))

    assert "Response 11:30 4 h 00 min left" in text
    assert "Response: 0 % of the time are used; the next warning comes at 09:30." in text


def test_after_the_last_warning_the_page_tells_when_the_time_is_over(
    dispatcher: Visitor, session: Session, seven_thirty: Traveller
) -> None:
    job = take_in(session)
    seven_thirty.move_to(at(11, 20))

    english = panel(dispatcher.get(f"/jobs/{job.number}"))
    dispatcher.post("/language", language="zh_Hans_CN", next="/")
    chinese = panel(dispatcher.get(f"/jobs/{job.number}"))

    assert "Response: 95 % of the time are used; it is over at 11:30." in english
    assert "响应时限：时间已用 95 %，11:30 到期。" in chinese


def test_a_dispatcher_pauses_the_clocks_and_lets_them_run_on(
    dispatcher: Visitor, session: Session, seven_thirty: Traveller
) -> None:
    job = take_in(session)
    session.commit()
    paused = dispatcher.post(
        f"/jobs/{job.number}/clocks/pause",
        command_id="a",
        reason="customer_asked",
        note="after ten",
        version=str(job.version),
        next="job",
    )
    assert paused.location == f"/jobs/{job.number}"
    seven_thirty.move_to(at(8, 30))
    text = panel(dispatcher.get(f"/jobs/{job.number}"))
    assert "Response 12:30 paused with 4 h 00 min left" in text
    assert "The clocks stand still since 07:30: The customer asked for it. after ten" in text

    session.refresh(job)
    dispatcher.post(f"/jobs/{job.number}/clocks/resume", command_id="b", version=str(job.version), next="job")

    text = panel(dispatcher.get(f"/jobs/{job.number}"))
    assert "Response 12:30 4 h 00 min left" in text
    assert "Response: Runs on · Alex dispatcher due 11:30, now 12:30" in text


def test_a_pause_from_an_older_page_is_refused_with_the_clocks_as_they_are(
    dispatcher: Visitor, session: Session
) -> None:
    job = take_in(session)
    session.commit()
    path, version = f"/jobs/{job.number}/clocks/pause", str(job.version)
    dispatcher.post(path, command_id="a", reason="no_access", version=version)

    answer = dispatcher.post(path, command_id="b", reason="no_access", version=version)

    assert answer.status == 409
    assert "was changed by Alex dispatcher" in answer.text
    assert "The clocks stand still since" in answer.text


def test_a_pause_without_a_reason_is_refused(dispatcher: Visitor, session: Session) -> None:
    job = take_in(session)
    session.commit()

    answer = dispatcher.post(f"/jobs/{job.number}/clocks/pause", command_id="a", version=str(job.version))

    assert answer.status == 422
    assert "No access" in answer.text


def test_the_desk_sees_and_pauses_the_clocks_and_a_manager_only_sees_them(world: World, session: Session) -> None:
    job = take_in(session)
    path = f"/jobs/{job.number}/clocks"

    assert "Pause the clocks" in world.signed_in(RoleName.DESK).get(path).text
    manager = world.signed_in(RoleName.MANAGER).get(path)
    assert "What happened to the clocks" in manager.text
    assert "Pause the clocks" not in manager.text


def test_a_breach_waits_in_the_inbox_of_its_role_until_somebody_puts_it_away(
    world: World, dispatcher: Visitor, session: Session, seven_thirty: Traveller
) -> None:
    job = take_in(session)
    seven_thirty.move_to(at(11, 31))
    sweep_clocks(session)
    manager = world.signed_in(RoleName.MANAGER)

    page = dispatcher.get("/notices")

    assert f"Response: the time is over since 11:30. {job.number} Padaria dispatcher" in page.text
    assert "Notices 2" in page.text
    assert "Response: the time is over" in manager.get("/notices").text
    assert "Nothing waits for you" in world.signed_in(RoleName.WAREHOUSE).get("/notices").text

    notice_id = page.html.split("/notices/")[1].split("/close")[0]
    assert dispatcher.post(f"/notices/{notice_id}/close", command_id="c").location == "/notices"

    assert "the time is over" not in dispatcher.get("/notices").text
    assert "the time is over" in manager.get("/notices").text


def test_nobody_puts_away_what_another_role_was_told(
    world: World, session: Session, dispatcher: Visitor, seven_thirty: Traveller
) -> None:
    take_in(session)
    seven_thirty.move_to(at(11, 31))
    sweep_clocks(session)
    notice_id = dispatcher.get("/notices").html.split("/notices/")[1].split("/close")[0]

    answer = world.signed_in(RoleName.WAREHOUSE).post(f"/notices/{notice_id}/close", command_id="c")

    assert answer.status == 404


def test_signs_that_nobody_watched_are_one_line(dispatcher: Visitor, session: Session, seven_thirty: Traveller) -> None:
    contract, fault = add_contract(session), add_fault(session)
    for _ in range(MOST_AT_ONCE + 1):
        device = add_device(session, site=add_site(session, contract=contract))
        new = NewJob(site=device.site, device=device, fault=fault, priority=Priority.P2)
        take_in_job(session, new=new, actor_id=None)
    seven_thirty.move_to(at(16) + dt.timedelta(days=1))
    sweep_clocks(session)

    text = dispatcher.get("/notices").text

    assert f"{MOST_AT_ONCE + 1} jobs missed a due time while nobody watched their clocks." in text


def test_the_plan_tells_the_penalty_it_expects(dispatcher: Visitor, session: Session) -> None:
    late, out = add_job(session, response_due=at(8)), add_job(session, response_due=at(7))
    add_plan(session, {add_technician(session): [(late, at(9))]}, left_out={out: "full"})

    text = dispatcher.get("/board").part('class="plan-summary')

    # An hour at 10 cents a minute and 10.00 for the miss; 25 hours until eight tomorrow and the miss.
    assert "Expected penalty €176.00" in text
    assert "Lateness €156.00, missed targets €20.00; of that €160.00 for jobs left out" in text
